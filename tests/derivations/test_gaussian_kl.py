"""The divergence of normal laws: against quadrature, and one parametrization by another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from derivations.topics.gaussian_kl import diagonal_against_standard
from numerics.comparisons import claims_of, predict

CLAIMS = claims_of(diagonal_against_standard())
MEANS = st.floats(-3, 3)
DEVIATIONS = st.floats(0.2, 4)


def divergence(name: str, variable: str, means: list[float], spreads: list[float]) -> float:
    claim = CLAIMS[name]
    values = {"p": len(means), "mu": means, variable: spreads}
    return predict(claim.closed_form, claim.notation, values)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.7, 0.4), (-1.5, 2.0)])
def test_one_coordinate_is_the_integral_of_its_definition(mean: float, deviation: float) -> None:
    law, standard = norm(mean, deviation), norm(0, 1)
    expected, _ = quad(
        lambda z: law.pdf(z) * (law.logpdf(z) - standard.logpdf(z)),
        mean - 12 * deviation,
        mean + 12 * deviation,
    )
    assert divergence("sigma", "sigma", [mean], [deviation]) == pytest.approx(expected, abs=1e-8)


@given(st.lists(st.tuples(MEANS, DEVIATIONS), min_size=1, max_size=4))
def test_three_parametrizations_name_one_number(coordinates: list[tuple[float, float]]) -> None:
    means = [mean for mean, _ in coordinates]
    spreads = [spread for _, spread in coordinates]
    first = divergence("sigma", "sigma", means, spreads)
    second = divergence("log-variance", "ell", means, [2 * math.log(s) for s in spreads])
    third = divergence("log-std", "s", means, [math.log(s) for s in spreads])
    assert first == pytest.approx(second, rel=1e-9, abs=1e-12)
    assert first == pytest.approx(third, rel=1e-9, abs=1e-12)
    assert first >= -1e-12


@given(MEANS, st.floats(-3, 3))
def test_the_gradient_is_the_slope_of_the_divergence(mean: float, ell: float) -> None:
    claim, step = CLAIMS["gradient-log-variance"], 1e-5
    above, below = (
        divergence("log-variance", "ell", [mean], [ell + change]) for change in (step, -step)
    )
    slope = predict(claim.closed_form, claim.notation, {"ell": ell})
    assert slope == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_coordinates_add_up() -> None:
    joint = divergence("sigma", "sigma", [0.5, -1.0], [0.5, 2.0])
    alone = [divergence("sigma", "sigma", [m], [s]) for m, s in ((0.5, 0.5), (-1.0, 2.0))]
    assert joint == pytest.approx(sum(alone), rel=1e-12)
