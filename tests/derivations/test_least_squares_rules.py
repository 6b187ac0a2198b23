"""Rules on weighted squares: minimizers beat competitors, rewriting keeps values at drawn laws."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from derivations.rules.least_squares import (
    bring_inside,
    common_factor,
    expand_square_over,
    over_one_bar,
    recognise_chi_square,
    regroup,
    square_of_quotient,
    total_mass,
    weighted_mean,
    work_out_coefficients,
)
from language.notation import Notation, Symbol
from language.terms import Name, Term, substitute
from language.types import POSITIVE, REAL, Law
from language.vocabulary import (
    argmin,
    chi_square,
    density,
    equal,
    expectation,
    integral,
    names,
    number,
    spaces,
)
from numerics.balls import disjoint, evaluate, exactly
from numerics.engine import decide_equal
from numerics.valuations import draw

p, q = (density(law, "x") for law in ("p", "q"))
a, b, c, y, v, w = names("a b c y v w")
NOTATION = Notation(
    (
        Symbol("p", Law(REAL)),
        Symbol("q", Law(REAL)),
        Symbol("x", REAL),
        Symbol("a", REAL),
        Symbol("b", REAL),
        Symbol("c", REAL),
        Symbol("v", REAL, domain=POSITIVE),
        Symbol("w", REAL, domain=POSITIVE),
        Symbol("twice", Law(REAL), definition=2 * q, parameters=("x",)),
        Symbol("both", Law(REAL), definition=p + q, parameters=("x",)),
    )
)
SEEDS = st.integers(0, 50)


def same_value(before: Term, after: Term, seed: int) -> bool:
    valuation = draw(NOTATION, seed)
    return not disjoint(evaluate(before, valuation), evaluate(after, valuation))


@given(SEEDS, st.fractions(-9, 9, max_denominator=20))
def test_no_number_beats_the_weighted_mean(seed: int, competitor: object) -> None:
    loss = number(1, 2) * v * (y - a) ** 2 + number(1, 2) * w * (y - b) ** 2
    mean = weighted_mean(argmin("y", spaces(), loss))
    valuation = draw(NOTATION, seed)
    best = exactly(substitute(loss, {"y": mean}), valuation)
    other = exactly(substitute(loss, {"y": number(1) * competitor}), valuation)
    assert best is not None and other is not None and best <= other


def test_what_is_not_a_squared_distance_has_no_weighted_mean() -> None:
    with pytest.raises(ValueError, match="squared distances"):
        weighted_mean(argmin("y", spaces(), v * (y - a) ** 2 + w * y))
    with pytest.raises(ValueError, match="squared distances"):
        weighted_mean(argmin("y", spaces(), v * (y - a) ** 2 + y * (y - b) ** 2))


@given(SEEDS)
def test_regrouped_forms_have_the_old_value(seed: int) -> None:
    squared = ((a - c) * p - b * (q - p)) ** 2
    for first, second in ((p + q, p - q), (p + q, q), (p, 3 * p + 2 * q)):
        assert same_value(squared, regroup(squared, NOTATION, first, second), seed)


def test_proportional_forms_do_not_span_the_others() -> None:
    with pytest.raises(ValueError, match="proportional"):
        regroup((a * p + b * q) ** 2, NOTATION, p + q, 2 * p + 2 * q)


@given(SEEDS)
def test_each_rewriting_keeps_the_value(seed: int) -> None:
    over = p + q
    pairs = (
        (bring_inside, number(1, 2) * expectation("x", "p", Name("x") - a)),
        (common_factor, p * (a - c) ** 2 + q * (a - c) ** 2),
        (over_one_bar, (b * p + a * q) / over - c),
        (square_of_quotient, over * ((b * p + a * q) / over) ** 2),
        (expand_square_over, (a * over + b * (p - q)) ** 2 / over),
        (expand_square_over, (a * over - b * (p - q)) ** 2 / over),
        (total_mass, integral("x", p - q) + a * integral("x", p + q)),
    )
    for rule, term in pairs:
        after = rule(term)
        assert after != term, rule.__name__
        assert same_value(term, after, seed), rule.__name__


def test_only_densities_of_the_variable_have_mass_one() -> None:
    moved = integral("x", density("p", Name("x") / 2))
    assert total_mass(moved) == moved
    weighted = integral("x", p * a)
    assert total_mass(weighted) == weighted


def test_coefficients_are_worked_out_and_densities_left_alone() -> None:
    term = (b - (b - 1)) * (p + q) - (b - (b - 2)) * q
    assert work_out_coefficients(term, NOTATION) == p + q - 2 * q


def test_the_divisor_of_a_chi_square_is_its_second_argument() -> None:
    squares = integral("x", (p + q - 2 * q) ** 2 / (p + q))
    read = recognise_chi_square(squares, NOTATION, "twice", "both")
    assert read == chi_square("twice", "both")
    assert recognise_chi_square(squares, NOTATION, "both", "twice") == squares
    assert decide_equal(squares, read, NOTATION).status.value == "proved"


def test_names_without_a_definition_are_no_measures() -> None:
    with pytest.raises(ValueError, match="definition"):
        recognise_chi_square(integral("x", (p - q) ** 2 / p), NOTATION, "q", "p")


def test_statements_are_left_alone() -> None:
    statement = equal(a, b)
    assert common_factor(statement) == statement
