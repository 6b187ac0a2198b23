"""Valuations satisfy what the notation says, and are drawn from every stratum."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift
from language.types import (
    INTEGER,
    POSITIVE,
    PROBABILITY,
    REAL,
    Array,
    Function,
    Interval,
    Law,
)
from language.vocabulary import equal, less, names
from numerics.valuations import Cell, Key, Valuation, ValuationError, describe, draw

seeds = st.integers(min_value=0, max_value=300)

ARRAYS = Notation(
    (
        Symbol("X", Array(("n", "d"))),
        Symbol("D", Array(("d", "d")), domain=POSITIVE, traits=frozenset({"diagonal"})),
        Symbol("S", Array(("d", "d")), traits=frozenset({"symmetric", "invertible"})),
        Symbol("pi", Array(("m",)), domain=PROBABILITY, traits=frozenset({"simplex"})),
        Symbol("w", Array(("d",)), domain=Interval(Fraction(-2), Fraction(3))),
    )
)


def rows(valuation: Valuation, name: str) -> list[list[Fraction]]:
    """The value of an array by rows, also where it has one entry."""
    value = valuation.values[name]
    return [[value]] if isinstance(value, Fraction) else [list(row) for row in value]


@given(seeds)
def test_arrays_have_their_shapes_domains_and_traits(seed: int) -> None:
    valuation = draw(ARRAYS, seed)
    n, d, m = (valuation.size(size) for size in "ndm")
    assert (len(rows(valuation, "X")), len(rows(valuation, "X")[0])) == (n, d)
    diagonal = rows(valuation, "D")
    assert all((x > 0) if i == j else x == 0 for i, r in enumerate(diagonal)
               for j, x in enumerate(r))  # fmt: skip
    symmetric = rows(valuation, "S")
    assert symmetric == [list(column) for column in zip(*symmetric, strict=True)]
    weights = [row[0] for row in rows(valuation, "pi")]
    assert len(weights) == m
    assert sum(weights) == 1
    assert min(weights) > 0
    assert all(-2 < row[0] < 3 for row in rows(valuation, "w"))


def test_sizes_are_never_all_one_and_mostly_differ() -> None:
    drawn = [tuple(draw(ARRAYS, seed).size(s) for s in "nd") for seed in range(40)]
    assert all(1 <= size <= 4 for sizes in drawn for size in sizes)
    assert (1, 1) not in drawn
    assert any(n > d for n, d in drawn[:8])
    assert any(n < d for n, d in drawn[:8])
    assert sum(n == d for n, d in drawn) < len(drawn) // 3


def test_the_first_eight_seeds_cover_signs_orders_boundaries_and_magnitudes() -> None:
    notation = Notation(
        (Symbol("u", REAL), Symbol("v", REAL), Symbol("p", REAL, domain=PROBABILITY))
    )
    values = [draw(notation, seed).values for seed in range(8)]
    numbers = [x for v in values for x in (v["u"], v["v"]) if isinstance(x, Fraction)]
    assert min(numbers) < 0 < max(numbers)
    assert any(0 < abs(x) < Fraction(1, 40) for x in numbers)
    assert any(abs(x) > 10 for x in numbers)
    assert {v["u"] < v["v"] for v in values} == {True, False}  # type: ignore[operator]
    chances = [v["p"] for v in values if isinstance(v["p"], Fraction)]
    assert all(0 < p < 1 for p in chances)
    assert min(chances) < Fraction(1, 90)
    assert max(chances) > Fraction(98, 100)


@given(seeds)
def test_the_same_seed_draws_the_same(seed: int) -> None:
    assert draw(ARRAYS, seed) == draw(ARRAYS, seed)
    part = draw(ARRAYS, seed, frozenset({"w"}))
    assert part.values["w"] == draw(ARRAYS, seed).values["w"]
    assert "X" not in part.values


# assumptions -----------------------------------------------------------------------------------

a, b, c, j, m = names("a b c j m")


@given(seeds)
def test_assumptions_hold(seed: int) -> None:
    notation = Notation(
        (Symbol("a", REAL), Symbol("b", REAL), Symbol("c", REAL), Symbol("j", INTEGER),
         Symbol("s", Array(("m",)))),
        (equal(b - c, 1), equal(b - a, 2), Apply("less_equal", (j, m)), less(0, j)),
    )  # fmt: skip
    values = draw(notation, seed).values
    assert values["b"] - values["c"] == 1  # type: ignore[operator]
    assert values["b"] - values["a"] == 2  # type: ignore[operator]
    assert 0 < values["j"] <= values["m"]  # type: ignore[operator]


@pytest.mark.parametrize("assumption", [less(a, a), equal(a, a + 1)])
def test_what_cannot_be_met_is_said(assumption: Term) -> None:
    with pytest.raises(ValuationError, match="satisfy the 1 assumptions"):
        draw(Notation((Symbol("a", REAL),), (assumption,)), 0)


def test_an_empty_domain_is_said() -> None:
    empty = Symbol("k", INTEGER, domain=PROBABILITY)
    with pytest.raises(ValuationError, match="no integer"):
        draw(Notation((empty,)), 0)


# laws, functions and flows ---------------------------------------------------------------------

POINT = Array(("d",))
FLOWS = Notation(
    (
        Symbol("F", Function((POINT,), POINT), traits=frozenset({"diffeomorphism"}),
               inverse="Finv", jacobian="JF"),
        Symbol("Finv", Function((POINT,), POINT), traits=frozenset({"diffeomorphism"}),
               inverse="F", jacobian="JFinv"),
        Symbol("JF", Function((POINT,), Array(("d", "d")))),
        Symbol("JFinv", Function((POINT,), Array(("d", "d")))),
        Symbol("p", Law(POINT)),
        Symbol("q", Law(REAL)),
        Symbol("D", Function((POINT,), REAL), domain=PROBABILITY),
    )
)  # fmt: skip


@given(seeds)
def test_laws_sum_to_one_on_weighted_cells(seed: int) -> None:
    valuation = draw(FLOWS, seed)
    for law, space in (("p", valuation.size("d")), ("q", 1)):
        cells = valuation.cells(space)
        assert 3 <= len(cells) <= 4
        assert len({cell.weight for cell in cells}) > 1
        densities = [valuation.density(law, (), cell) for cell in cells]
        assert min(densities) > 0
        assert sum(x * cell.weight for x, cell in zip(densities, cells, strict=True)) == 1


@given(seeds)
def test_a_flow_permutes_the_cells_and_its_inverse_undoes_it(seed: int) -> None:
    valuation = draw(FLOWS, seed)
    cells = valuation.cells(valuation.size("d"))
    images = [valuation.apply("F", (cell,)) for cell in cells]
    assert set(images) == set(cells)
    assert images != list(cells)
    for cell, image in zip(cells, images, strict=True):
        assert isinstance(image, Cell)
        assert valuation.apply("Finv", (image,)) is cell


@given(seeds)
def test_functions_stay_in_their_domain_on_and_off_the_cells(seed: int) -> None:
    valuation = draw(FLOWS, seed)
    size = valuation.size("d")
    points: list[Key] = [*valuation.cells(size), (Fraction(1, 17),) * size]
    again = draw(FLOWS, seed)
    for point in points:
        value = valuation.apply("D", (point,))
        assert isinstance(value, Fraction)
        assert 0 < value < 1
        coordinates = point.point if isinstance(point, Cell) else point
        assert value == again.apply("D", (again.locate(size, coordinates),))


# descriptions ----------------------------------------------------------------------------------


def test_a_description_gives_what_names_stand_on() -> None:
    notation = Notation(
        (
            Symbol("x", REAL),
            Symbol("y", REAL),
            Symbol("twice", REAL, definition=lift(2) * Name("x")),
            Symbol("q", Law(REAL)),
        )
    )
    valuation = draw(notation, 0)
    assert describe(valuation, ["twice"]) == (("x", str(valuation.values["x"])),)
    ((name, words),) = describe(valuation, ["q", "undeclared"])
    assert name == "q"
    assert "on cells of weight" in words
