"""The ten statements: their reasons exist, and numbers computed in another way agree with them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from derivations.topics import gan_statements as topic
from language.terms import Number
from numerics.comparisons import claims_of, predict
from numerics.experiments.gan_statements import run

Vector = NDArray[np.float64]

SOLUTION = topic.statements()
CLAIMS = claims_of(SOLUTION)


def numbers(law: tuple[Number, ...]) -> Vector:
    return np.array([float(part.value) for part in law])


def test_all_ten_are_decided_and_each_has_a_reason_that_was_checked() -> None:
    assert [choice.id for choice in SOLUTION.choices] == [str(k) for k in range(1, 11)]
    measured = {f"gan_statements.{m.name}" for m in run(0).measurements}
    for choice in SOLUTION.choices:
        assert choice.option in ("true", "false")
        assert choice.because
        assert set(choice.because) <= CLAIMS.keys() | measured


def test_the_two_criteria_disagree_on_the_three_points() -> None:
    data, broad, narrow = map(numbers, (topic.DATA, topic.BROAD, topic.NARROW))

    def kl(p: Vector, q: Vector) -> float:
        return float((p * np.log(p / q)).sum())

    def jsd(p: Vector, q: Vector) -> float:
        return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2

    assert all(law.sum() == pytest.approx(1) for law in (data, broad, narrow))
    assert kl(data, broad) < kl(data, narrow)
    assert jsd(data, narrow) < jsd(data, broad)


@given(st.integers(1, 60))
def test_the_ramp_enters_the_gap_as_often_as_said(steepness: int) -> None:
    mass = predict(SOLUTION.formulas["gap-mass"], topic.LINE, {"alpha": Fraction(steepness)})
    edge = math.atanh(0.5) / steepness  # uniform noise on (-1, 1): half of the interval's length
    assert mass == pytest.approx(edge)


@given(st.floats(-6, 6), st.floats(-3, 3), st.floats(-3, 3))
def test_the_slope_of_a_token_is_a_difference_quotient(logit: float, on: float, off: float) -> None:
    def loss(at: float) -> float:
        share = 1 / (1 + math.exp(-at))
        return share * on + (1 - share) * off

    claim = CLAIMS["token-slope"]
    values = {"theta": logit, "on": on, "off": off}
    slope = predict(claim.closed_form, claim.notation, values)
    assert slope == pytest.approx((loss(logit + 1e-5) - loss(logit - 1e-5)) / 2e-5, abs=1e-6)


@given(st.floats(0.1, 30))
def test_a_separating_discriminator_still_moves_but_hardly(weight: float) -> None:
    claim = CLAIMS["two-point-slope"]
    slope = predict(claim.closed_form, claim.notation, {"w": weight})
    assert 0 < slope < 2 * math.exp(-weight)


def test_the_games_fit_drops_a_mode_and_the_likelihoods_does_not() -> None:
    series = run(0).series
    x = series["x"]
    middle, right = np.abs(x) < 1, np.abs(x - 2) < 0.5
    assert series["game"][right].mean() > 2 * series["data"][right].mean() * 0.9
    assert series["game"][middle].max() < 0.2
    assert series["likelihood"][middle].min() > series["data"][middle].min()
