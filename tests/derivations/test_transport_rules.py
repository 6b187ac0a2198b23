"""Rules on transport along the line, against numerical integrals and at drawn values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from derivations.rules.transport import (
    difference_of_shifts,
    factor_distance,
    fold_even,
    integrate_over_interval,
    length_of_interval,
    logarithm_below_one,
    mirror_unit_interval,
    standard_normal_density,
)
from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Apply, Term, free_names
from language.types import POSITIVE, REAL
from language.vocabulary import INFINITY, absolute, density, exp, integral, log, names, number
from numerics.balls import disjoint, evaluate
from numerics.comparisons import predict
from numerics.engine import decide_equal
from numerics.valuations import draw

a, b, m, s, u, z = names("a b m s u z")
UNIT = Apply("interval", (number(0), number(1)))
HALF_LINE = Apply("interval", (number(0), INFINITY))
STANDARD = Apply("normal", (number(0), number(1)))
NOTATION = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("m", REAL),
        Symbol("s", REAL),
    )
)


@pytest.mark.parametrize(
    "distance",
    [absolute(a * m - b * m), absolute(m / a - m / b), absolute(-m / a - (-m / b))],
    ids=["spreads", "rates", "negative rates"],
)
@given(seed=st.integers(0, 50))
def test_what_two_points_have_in_common_leaves_their_distance(distance: Term, seed: int) -> None:
    factored = factor_distance(distance, NOTATION, m)
    assert isinstance(factored, Apply)
    assert factored.head == "multiply"
    assert "m" not in free_names(factored.args[0])
    valuation = draw(NOTATION, seed)
    assert not disjoint(evaluate(distance, valuation), evaluate(factored, valuation))


def test_a_distance_without_a_common_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        factor_distance(absolute(a * m - (b * m + s)), NOTATION, m)
    with pytest.raises(ValueError, match="multiple"):
        factor_distance(absolute(a * m**2 - b * m), NOTATION, m)


def test_only_a_common_shift_leaves_the_distance() -> None:
    assert difference_of_shifts(absolute(m - (m + s))) == absolute(s)
    assert difference_of_shifts(absolute(m - (a + s))) == absolute(m - (a + s))


def test_the_length_belongs_to_constants_on_bounded_intervals() -> None:
    whole = Apply("interval", (number(1), number(4)))
    length = length_of_interval(integral("u", a, whole))
    assert predict(length, NOTATION, {"a": 2.0}) == 6
    for term in (integral("u", a * u, UNIT), integral("u", a, HALF_LINE)):
        assert length_of_interval(term) == term


@pytest.mark.parametrize(
    ("body", "domain", "value"),
    [
        (-log(u), UNIT, 1.0),
        (u**3, UNIT, 0.25),
        (exp(-u) * u, HALF_LINE, 1.0),
        (exp(-(u**2) / 2) * u, HALF_LINE, 1.0),
        (exp(-(u**2)), HALF_LINE, math.sqrt(math.pi) / 2),
    ],
    ids=["logarithm", "cube", "exponential", "normal", "half a bell"],
)
def test_integrals_over_intervals(body: Term, domain: Term, value: float) -> None:
    worked_out = integrate_over_interval(integral("u", body, domain))
    assert predict(worked_out, Notation(), {}) == pytest.approx(value, rel=1e-12)


def test_an_infinite_integral_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        integrate_over_interval(integral("u", 1 / u, UNIT))


def test_an_integral_with_other_names_stays() -> None:
    term = integral("u", a * u, UNIT)
    assert integrate_over_interval(term) == term


def test_mirroring_keeps_the_integral() -> None:
    term = integral("u", log(1 - u) + u**2, UNIT)
    mirrored = mirror_unit_interval(term)
    assert mirrored == integral("u", log(u) + (1 - u) ** 2, UNIT)
    assert mirror_unit_interval(integral("u", u, HALF_LINE)) == integral("u", u, HALF_LINE)


def test_only_logarithms_below_one_change_their_sign() -> None:
    inside = integral("u", absolute(log(u)), UNIT)
    assert logarithm_below_one(inside) == integral("u", -log(u), UNIT)
    outside = integral("u", absolute(log(u)), HALF_LINE)
    assert logarithm_below_one(outside) == outside


def test_an_even_density_is_folded_and_an_uneven_one_refused() -> None:
    moment = integral("z", density(STANDARD, z) * absolute(z))
    folded = fold_even(standard_normal_density(moment))
    assert decide_equal(moment, folded, Notation()).status is Status.PROVED
    with pytest.raises(ValueError, match="even"):
        fold_even(integral("z", exp(-((z - 1) ** 2)) * absolute(z)))


def test_other_normal_densities_are_not_the_standard_one() -> None:
    term = density(Apply("normal", (number(1), number(1))), z)
    assert standard_normal_density(term) == term
