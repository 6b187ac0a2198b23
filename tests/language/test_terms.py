"""Laws of substitution and renaming."""

from __future__ import annotations

from hypothesis import given, strategies as st

from language.terms import (
    Apply,
    Bind,
    Name,
    depth,
    free_names,
    replace,
    same,
    size,
    substitute,
    walk,
)
from language.vocabulary import index_sum, names
from tests.strategies import SCALARS, rename_bound, scalar_terms, terms

x, y = names("x y")


@given(terms(), st.sampled_from(SCALARS))
def test_substituting_a_name_for_itself_changes_nothing(term, name):
    assert same(substitute(term, {name: Name(name)}), term)


@given(terms(), scalar_terms(leaves=3))
def test_free_names_after_a_substitution(term, value):
    expected = free_names(term)
    if "x" in expected:
        expected = expected - {"x"} | free_names(value)
    assert free_names(substitute(term, {"x": value})) == expected


@given(terms(), scalar_terms(("y", "i", "z"), leaves=3))
def test_substitution_and_renaming_commute(term, value):
    """Bound names may be renamed first, to names that cannot capture."""
    renamed = rename_bound(term, free_names(term) | free_names(value))
    assert same(substitute(renamed, {"x": value}), substitute(term, {"x": value}))


@given(terms(), scalar_terms(("y",), leaves=3), scalar_terms(("z",), leaves=3))
def test_substitutions_compose(term, first, second):
    one_by_one = substitute(substitute(term, {"x": first}), {"y": second})
    at_once = substitute(term, {"x": substitute(first, {"y": second}), "y": second})
    assert same(one_by_one, at_once)


@given(terms())
def test_renaming_leaves_the_term_the_same_with_distinct_binders(term):
    taken = frozenset({"i", "z", "x"})
    renamed = rename_bound(term, taken)
    bound = [part.variable for part in walk(renamed) if isinstance(part, Bind)]
    assert same(renamed, term)
    assert len(set(bound)) == len(bound)
    assert not taken & set(bound)


@given(terms())
def test_replacing_nothing_changes_nothing(term):
    assert replace(term, lambda _: None) == term


@given(terms())
def test_depth_and_size_bound_each_other(term):
    assert 1 <= depth(term) <= size(term)


def test_constructors_do_not_evaluate():
    assert x - x == Apply("add", (x, Apply("negative", (x,))))
    assert size(x * 0 + 1) == 5


def test_a_free_index_is_not_captured():
    total = index_sum("i", "n", x["i"] * y)
    moved = substitute(total, {"y": Name("i")})
    assert "i" in free_names(moved)
    assert not same(moved, index_sum("i", "n", x["i"] * Name("i")))


def test_the_same_name_bound_elsewhere_is_another_variable():
    assert same(index_sum("i", "n", x["i"]), index_sum("j", "n", x["j"]))
    assert not same(index_sum("i", "n", x["j"]), index_sum("j", "n", x["j"]))
