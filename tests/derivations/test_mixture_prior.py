"""The mixture prior: against numerical differentiation, its symmetries and its limiting cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from derivations.topics import mixture_prior as topic
from language.claims import Claim
from language.terms import Apply
from numerics.comparisons import Value, claims_of, predict

Reals: TypeAlias = "NDArray[np.float64]"
Values: TypeAlias = "dict[str, Value]"

CLAIMS = {
    name: claim
    for function in (
        topic.regularizer,
        topic.posterior,
        topic.weight_gradient,
        topic.mean_gradient,
        topic.spread_gradient,
    )
    for name, claim in claims_of(function()).items()
}


def _penalty(w: Reals, mu: Reals, sigma: Reals, pi: Reals) -> float:
    return float(-np.log((pi * norm.pdf(w[:, None], mu, sigma)).sum(axis=1)).sum())


def _drawn(seed: int, n: int = 4, m: int = 3) -> tuple[Reals, Reals, Reals, Reals]:
    generator = np.random.default_rng(seed)
    weights = generator.uniform(0.2, 1.0, m)
    return (
        generator.normal(size=n),
        generator.normal(size=m),
        generator.uniform(0.4, 1.5, m),
        weights / weights.sum(),
    )


def _values(w: Reals, mu: Reals, sigma: Reals, pi: Reals) -> Values:
    named: Values = {"n": w.size, "m": mu.size, "w": w.tolist(), "mu": mu.tolist()}
    return {
        **named,
        "sigma": sigma.tolist(),
        "pi": pi.tolist(),
        "v": (sigma**2).tolist(),
        "eta": (2 * np.log(sigma)).tolist(),
        "a": np.log(pi).tolist(),
    }


def _found(name: str, values: Values) -> float:
    claim: Claim = CLAIMS[name]
    return predict(claim.closed_form, claim.notation, values)


def _slope(function: Callable[[Reals], float], at: Reals, place: int) -> float:
    """A central difference."""
    step = np.zeros_like(at)
    step[place] = 1e-5
    return (function(at + step) - function(at - step)) / 2e-5


@pytest.mark.parametrize("seed", range(3))
def test_the_regularizer_is_minus_the_log_likelihood_of_the_mixture(seed: int) -> None:
    state = _drawn(seed)
    assert _found("R", _values(*state)) == pytest.approx(_penalty(*state), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("place", [0, 2])
def test_every_derivative_is_a_slope_of_the_regularizer(seed: int, place: int) -> None:
    w, mu, sigma, pi = _drawn(seed)

    def softmax(a: Reals) -> Reals:
        shares: Reals = np.exp(a) / np.exp(a).sum()
        return shares

    expected = {
        "dR-dw": _slope(lambda x: _penalty(x, mu, sigma, pi), w, place),
        "dR-dmu": _slope(lambda x: _penalty(w, x, sigma, pi), mu, place),
        "dR-dsigma": _slope(lambda x: _penalty(w, mu, x, pi), sigma, place),
        "dR-dsigma2": _slope(lambda x: _penalty(w, mu, np.sqrt(x), pi), sigma**2, place),
        "dR-deta": _slope(lambda x: _penalty(w, mu, np.exp(x / 2), pi), 2 * np.log(sigma), place),
        "dR-dpi": _slope(lambda x: _penalty(w, mu, sigma, x), pi, place),
        "dR-da": _slope(lambda x: _penalty(w, mu, sigma, softmax(x)), np.log(pi), place),
    }
    values = {**_values(w, mu, sigma, pi), "i": place + 1, "j": place + 1}
    for name, slope in expected.items():
        assert _found(name, values) == pytest.approx(slope, abs=1e-7), name


@given(st.floats(-8, 8), st.integers(0, 5))
def test_responsibilities_are_probabilities(w: float, seed: int) -> None:
    _, mu, sigma, pi = _drawn(seed)
    values: Values = {**_values(np.zeros(1), mu, sigma, pi), "w": w}
    shares = [_found("posterior", {**values, "j": j}) for j in (1, 2, 3)]
    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) == pytest.approx(1)


def test_far_out_the_widest_component_answers() -> None:
    values: Values = {
        "m": 2,
        "mu": [0.0, 0.0],
        "sigma": [1.0, 2.0],
        "pi": [0.99, 0.01],
        "w": 12.0,
        "j": 2,
    }
    assert _found("posterior", values) > 1 - 1e-9
    assert _found("posterior", {**values, "w": 0.0}) < 0.01


def test_equal_components_leave_the_mixing_weights_where_they_are() -> None:
    w, _, _, pi = _drawn(1)
    same = _values(w, np.zeros(3), np.ones(3), pi)
    for j in (1, 2, 3):
        assert _found("dR-da", {**same, "j": j}) == pytest.approx(0, abs=1e-12)


def test_one_tight_component_pulls_as_a_spring() -> None:
    """Where one component answers alone, the pull is that of weight decay around its centre."""
    values: Values = {
        "n": 1,
        "m": 2,
        "w": [1.1],
        "mu": [1.0, -9.0],
        "sigma": [0.5, 0.5],
        "pi": [0.5, 0.5],
        "i": 1,
    }
    assert _found("dR-dw", values) == pytest.approx(0.1 / 0.5**2)


@pytest.mark.parametrize("seed", range(3))
def test_a_spread_is_at_rest_at_the_weighted_variance(seed: int) -> None:
    w, mu, sigma, pi = _drawn(seed)
    for _ in range(400):  # expectation-maximization in the spreads alone
        parts = pi * norm.pdf(w[:, None], mu, sigma)
        shares = parts / parts.sum(axis=1, keepdims=True)
        sigma = np.sqrt((shares * (w[:, None] - mu) ** 2).sum(axis=0) / shares.sum(axis=0))
    values = _values(w, mu, sigma, pi)
    for name in ("dR-dsigma2", "dR-dsigma", "dR-deta"):
        for j in (1, 2, 3):
            assert _found(name, {**values, "j": j}) == pytest.approx(0, abs=1e-4), name


@pytest.mark.parametrize("factor", [1e-2, 1e-4, 1e-8])
def test_the_regularizer_has_no_lower_bound(factor: float) -> None:
    w, mu, sigma, pi = _drawn(0)
    shrunk = _found("R", _values(factor * w, factor * mu, factor * sigma, pi))
    assert shrunk == pytest.approx(_penalty(w, mu, sigma, pi) + 4 * math.log(factor))


def test_a_group_rests_only_where_the_data_scatter_it_enough() -> None:
    """Iterating the stationary equation: to the larger root, or down to zero."""
    c = 1.0

    def iterate(variance: float) -> float:
        q = variance
        for _ in range(5000):
            q = variance * (q / (q + c)) ** 2
        return q

    larger = _variance_at_rest({"V": 5.0, "c": c})
    assert iterate(5.0) == pytest.approx(larger)
    assert iterate(3.9) == pytest.approx(0, abs=1e-6)


def _variance_at_rest(values: Values) -> float:
    claim = CLAIMS["one-group"]
    match claim.closed_form:
        case Apply("equal", (_, root)):
            return predict(root, claim.notation, values)
    raise AssertionError


def test_the_drawn_mixture_has_area_one_and_three_peaks() -> None:
    line = np.linspace(-8, 8, 16001)
    height = sum(
        float(share) * norm.pdf(line, float(mean), float(spread))
        for share, mean, spread in topic.THREE
    )
    assert height.sum() * (line[1] - line[0]) == pytest.approx(1, abs=1e-9)
    inner = height[1:-1]
    assert int(((inner > height[:-2]) & (inner > height[2:])).sum()) == 3
