"""Spellings: one key for each way of writing a name, and the table that finds its symbol."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from grading.reading.nodes import NOTHING, Node, walk
from grading.reading.spellings import indices, key, near, table_of, with_index
from grading.reading.syntax import parse
from language.notation import Notation, Symbol
from language.types import REAL, Array, Function, Law

NOTATION = Notation(
    (
        Symbol("w", Array(("n",)), r"\mathbf{w}"),
        Symbol("sigma1", REAL, r"\sigma_1"),
        Symbol("p_data", Law(REAL), r"p_{\mathrm{data}}", spellings=("p_d",)),
        Symbol("likelihood", Function((REAL,), REAL), r"p_\theta(x\mid {})"),
        Symbol("gamma", Function((REAL, REAL), REAL), r"\gamma_{}({})"),
        Symbol("sample", Function((REAL,), REAL), r"x^{({})}"),
    )
)
TABLE = table_of(NOTATION, frozenset(("w", "p_data")), parse)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\mathbf{w}", "w"),
        (r"\vec w", r"\boldsymbol{w}"),
        (r"p_{\text{data}}", "p_data"),
        (r"p_{data}", r"p_{\mathrm{data}}"),
        (r"\sigma_1^2", "\u03c3_1\u00b2"),
        (r"D_G^*", r"D^*_G"),
        (r"\lambda'", "lambda'"),
        (r"w^{(1)}", r"\mathbf{w}^{(1)}"),
    ],
)
def test_one_key_for_all_ways_of_writing_a_name(one: str, other: str) -> None:
    assert key(parse(one)) == key(parse(other))


@pytest.mark.parametrize(
    ("one", "other"), [(r"\hat x", "x"), ("x_1", "x^1"), ("x_{12}", "x_1"), (r"\sigma", r"\Sigma")]
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert key(parse(one)) != key(parse(other))


@pytest.mark.parametrize(
    ("written", "name"),
    [(r"\mathbf{w}", "w"), (r"\sigma_1", "sigma1"), ("p_{data}", "p_data"), ("p_d", "p_data")],
)
def test_a_whole_name_is_found(written: str, name: str) -> None:
    assert TABLE.plain[key(parse(written))][0].name == name


@pytest.mark.parametrize(
    ("head", "name", "below", "above", "parts"),
    [
        ("p_theta", "likelihood", False, False, ("x", "")),
        ("gamma", "gamma", True, False, ("",)),
        ("x", "sample", False, True, ()),
    ],
)
def test_a_name_with_arguments_is_a_pattern(
    head: str, name: str, below: bool, above: bool, parts: tuple[str, ...]
) -> None:
    (pattern,) = TABLE.patterns[head]
    found = (pattern.symbol.name, pattern.below, pattern.above, pattern.parts)
    assert found == (name, below, above, parts)


@pytest.mark.parametrize(
    ("written", "letters"),
    [("jk", "j k"), ("j,k", "j k"), ("{j k}", "j k"), ("i", "i"), (r"\mu", "mu")],
)
def test_a_subscript_lists_its_indices(written: str, letters: str) -> None:
    below = parse(f"x_{{{written}}}").children[1]
    assert [key(part) for part in indices(below)] == letters.split()


@given(st.sampled_from("ijkm"), st.integers(0, 9))
def test_an_index_becomes_a_number_everywhere(index: str, value: int) -> None:
    node = with_index(parse(rf"\frac{{a_{index}}}{{2 b_{index}}} + c_l"), index, value)
    names = [part.value for part in walk(node) if part.kind == "name"]
    assert index not in names
    assert "l" in names


def test_nothing_has_an_empty_key() -> None:
    assert key(NOTHING) == key(Node("juxtapose", "", (NOTHING,))) == ""


def test_near_names_come_first() -> None:
    assert near("sigma_3", ["mu", "sigma_1", "sigma_2"]) == "sigma_2, sigma_1"
    assert near("beta", ["mu", "w"]) == "mu, w"
