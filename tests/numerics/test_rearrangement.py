"""What is called a rearrangement is equal, and the usual ways to rearrange are seen."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings, strategies as st

from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, lift
from language.types import INTEGER, REAL, Array, Law
from language.vocabulary import names, number, sqrt
from numerics import balls
from numerics.rearrangement import Rearrangements
from numerics.valuations import draw

NOTATION = Notation(
    (
        Symbol("a", REAL),
        Symbol("b", REAL),
        Symbol("A", Array(("n", "n"))),
        Symbol("B", Array(("n", "n"))),
        Symbol("w", Array(("n",))),
        Symbol("i", INTEGER),
        Symbol("q", Law(REAL)),
        Symbol("c", REAL, definition=Name("a") + 1),
    )
)
a, b, c, A, B, w, i, j, x, n = names("a b c A B w i j x n")


def total(variable: str, body: Term) -> Term:
    return Bind("sum", variable, Apply("range", (lift(1), n)), body)


def mean(variable: str, body: Term) -> Term:
    return Bind("expectation", variable, Name("q"), body)


ALIKE = [
    (a + b, b + a),
    (a * b, b * a),
    (a - b, -(b - a)),
    (2 * (a + b), (b + a) / number(1, 2)),
    (a / b, a * b ** lift(-1)),
    (a * a * b, b * a**2),
    (sqrt(a), a ** number(1, 2)),
    (sqrt(a) * sqrt(a), a),
    (a + a - 3 * a, -a),
    (a + (b - 3 * a * b), (a - 3 * a * b) + b),
    (A + (B - A @ B), (A - A @ B) + B),
    (2 * (a + 2 * (b + a * b)), 2 * a + 4 * b + 4 * a * b),
    (total("i", w[i] * a), total("j", a * w[j])),
    (total("i", 2 * w[i]), 2 * total("j", w[j])),
    (mean("x", x * b), mean("a", b * a)),
    (A @ B + a * A, A * a + A @ B),
    ((a * A) @ (B * b), (a * b) * (A @ B)),
]
UNLIKE = [
    (A @ B, B @ A),
    (sqrt(a**2), a),
    ((a * b) ** number(1, 2), sqrt(a) * sqrt(b)),
    (mean("x", x * a), mean("a", a * a)),
    (total("i", total("j", w[i])), total("i", total("j", w[j]))),
    (total("i", total("i", w[i])), total("j", total("i", w[j]))),
    (
        Bind("derivative", "a", a, c),
        Bind("derivative", "b", b, c),
    ),
    (Bind("let", "a", lift(2), c), Bind("let", "b", lift(2), c)),
    (a - b, b - a),
    (a / b, b / a),
    (Apply("kl", (Name("q"), Name("p"))), Apply("kl", (Name("p"), Name("q")))),
    (Apply("less", (a, b)), Apply("less", (b, a))),
]


@pytest.mark.parametrize(("left", "right"), ALIKE, ids=str)
def test_rearrangements_are_seen(left: Term, right: Term) -> None:
    assert right in Rearrangements([left], NOTATION)
    assert left in Rearrangements([b, right], NOTATION)


@pytest.mark.parametrize(("left", "right"), UNLIKE, ids=str)
def test_what_may_differ_is_no_rearrangement(left: Term, right: Term) -> None:
    assert right not in Rearrangements([left], NOTATION)
    assert left not in Rearrangements([right], NOTATION)


def test_a_term_does_not_change_what_is_known() -> None:
    known = Rearrangements([a * b], NOTATION)
    assert a + b not in known
    assert a + b not in known
    assert b * a in known


def test_numbers_do_not_grow_without_bound() -> None:
    huge = lift(9) ** lift(10) ** lift(9)
    assert huge in Rearrangements([huge], NOTATION)
    assert huge not in Rearrangements([lift(9)], NOTATION)


LEAVES = st.sampled_from([a, b, lift(0), lift(1), lift(2), number(-1, 3), w[lift(1)]])


def grown(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
        pairs.map(lambda pair: pair[0] / pair[1]),
        inner.map(lambda term: -term),
        inner.map(lambda term: term**2),
        inner.map(lambda term: term ** lift(-1)),
        inner.map(sqrt),
        inner.map(lambda term: Apply("exp", (term,))),
        inner.map(lambda term: total("i", term * w[i])),
    )


TERMS = st.recursive(LEAVES, grown, max_leaves=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(TERMS, min_size=2, max_size=20))
def test_rearrangements_have_one_value(terms: list[Term]) -> None:
    for first, second in combinations(terms, 2):
        if second in Rearrangements([first], NOTATION):
            for seed in range(2):
                try:
                    values = [balls.evaluate(one, draw(NOTATION, seed)) for one in (first, second)]
                except balls.Undefined:
                    continue
                assert not balls.disjoint(*values), (first, second)
