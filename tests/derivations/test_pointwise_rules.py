"""Pointwise rules: maxima beat every competitor, solutions solve, derivatives are slopes."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from derivations.rules.pointwise import (
    around_its_zero,
    clear_denominators,
    collect_pointwise,
    differentiate_termwise,
    pointwise_maximum,
    solve_linear,
)
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Number, Term, free_names, substitute
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function
from language.vocabulary import (
    argmax,
    call,
    derivative,
    entry,
    equal,
    index_sum,
    log,
    number,
)
from numerics.balls import disjoint, evaluate
from numerics.valuations import Valuation, draw

NOTATION = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("y", REAL, domain=PROBABILITY),
        Symbol("t", REAL),
        Symbol("n", REAL),
        Symbol("w", Array(("m",))),
        Symbol("g", Function((REAL,), REAL), domain=POSITIVE),
    )
)
UNIT = Apply("interval", (number(0), number(1)))
WEIGHTS = st.builds(Fraction, st.integers(1, 50), st.integers(1, 9))
Y = Name("y")


def value(term: Term, **values: Fraction) -> float:
    return float(evaluate(term, Valuation(NOTATION, 0, values)).real.mid())


@given(WEIGHTS, WEIGHTS, st.floats(0.001, 0.999))
def test_no_competitor_beats_the_pointwise_maximum(
    a: Fraction, b: Fraction, competitor: float
) -> None:
    weighted = Name("a") * log("v") + Name("b") * log(1 - Name("v"))
    best = value(pointwise_maximum(argmax("v", UNIT, weighted), NOTATION), a=a, b=b)

    def objective(at: float) -> float:
        return float(a) * math.log(at) + float(b) * math.log1p(-at)

    assert 0 < best < 1
    assert objective(competitor) <= objective(best) + 1e-12


def test_a_convex_function_has_no_pointwise_maximum() -> None:
    with pytest.raises(ValueError, match="strictly concave"):
        pointwise_maximum(argmax("v", UNIT, (Name("v") - number(1, 2)) ** 2), NOTATION)


def test_two_stationary_points_are_refused() -> None:
    v = Name("v")
    with pytest.raises(ValueError, match="found 2"):
        pointwise_maximum(argmax("v", UNIT, v**3 / 3 - v**2 / 2 + v * 3 / 16), NOTATION)


def test_a_maximum_outside_of_the_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        pointwise_maximum(argmax("v", UNIT, -((Name("v") - 2) ** 2)), NOTATION)


@given(WEIGHTS, WEIGHTS, st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9)))
def test_the_solution_of_a_linear_equation_solves_it(
    a: Fraction, b: Fraction, shift: Fraction
) -> None:
    statement = equal(Name("a") * Name("t") + Number(shift), Name("b") * (1 - Name("t")))
    solved = solve_linear(statement, NOTATION, "t")
    assert isinstance(solved, Apply) and isinstance(statement, Apply)
    root = Fraction(solved_value(solved.args[1], a=a, b=b))
    left, right = (substitute(side, {"t": Number(root)}) for side in statement.args)
    assert value(left, a=a, b=b) == pytest.approx(value(right, a=a, b=b), abs=1e-9)


def solved_value(term: Term, **values: Fraction) -> float:
    assert "t" not in free_names(term)
    return value(term, **values)


def test_an_equation_of_second_degree_is_refused() -> None:
    with pytest.raises(ValueError, match="linear in t"):
        solve_linear(equal(Name("t") ** 2, number(2)), NOTATION, "t")


@given(st.integers(0, 6))
def test_a_sum_around_its_zero_is_the_same_sum(seed: int) -> None:
    at = entry("w", "i")
    residuals = index_sum("i", "m", (Name("t") * at - call("g", at)) ** 2 / Name("a"))
    slope = differentiate_termwise(derivative(residuals, "t"), NOTATION)
    around = around_its_zero(slope, NOTATION, "t")
    valuation = draw(NOTATION, seed)
    assert not disjoint(evaluate(slope, valuation), evaluate(around, valuation))
    match around:
        case Apply("multiply", (factor, Apply("add", (Name("t"), _)))):
            assert "t" not in free_names(factor)
        case _:
            raise AssertionError("expected a slope times a distance from zero")


@given(WEIGHTS, WEIGHTS, st.builds(Fraction, st.integers(1, 8), st.just(9)))
def test_cleared_denominators_are_equivalent(a: Fraction, b: Fraction, y: Fraction) -> None:
    before = Name("a") / Y - Name("b") / (1 - Y)
    cleared = clear_denominators(equal(before, 0), NOTATION)
    assert isinstance(cleared, Apply)
    left, right = (value(side, a=a, b=b, y=y) for side in cleared.args)
    # Multiplying by y (1 - y), which is positive, keeps the difference's sign and zeros.
    assert left - right == pytest.approx(value(before, a=a, b=b, y=y) * float(y * (1 - y)))


@given(st.integers(0, 6))
def test_collecting_keeps_the_value(seed: int) -> None:
    g = call("g", Name("t"))
    term = (g - Name("a")) ** 2 / (2 * Name("b")) - (g**2 - 2 * g * Name("a")) / (2 * Name("b"))
    valuation = draw(NOTATION, seed)
    collected = collect_pointwise(term, NOTATION)
    assert not disjoint(evaluate(term, valuation), evaluate(collected, valuation))
    assert "t" not in free_names(collected)


def test_a_variable_inside_a_call_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="outside of calls"):
        differentiate_termwise(derivative(call("g", Name("t")) * 2, "t"), NOTATION)
