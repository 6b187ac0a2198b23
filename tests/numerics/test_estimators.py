"""Estimators with less variance, on laws that can be enumerated, against the derived variances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from derivations.topics import sampling as topic
from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.estimators import antithetic, best_coefficient, scrambled_sobol, with_control
from numerics.statistics import decide_mean

CONTROL = claims_of(topic.control_variate())
PAIR = claims_of(topic.antithetic_pairs())["pair"]

numbers = st.floats(-10, 10).map(lambda x: round(x, 3))
tables = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=9)


def moments(f: np.ndarray, g: np.ndarray) -> dict[str, float]:
    covariance = float(((f - f.mean()) * (g - g.mean())).mean())
    return {"V": float(f.var()), "W": float(g.var()), "C": covariance}


def every(count: int) -> np.ndarray:
    """All points of a uniform law, each once: what is averaged over them is exact."""
    return np.arange(count)


@given(tables, numbers)
@settings(max_examples=40)
def test_a_control_moves_no_mean_and_leaves_the_derived_variance(table, coefficient):
    f, g = np.array(table).T
    assume(min(f.var(), g.var()) > 1e-3)
    sampler = with_control(every, f.__getitem__, g.__getitem__, float(g.mean()), coefficient)
    values = sampler(f.size)
    assert values.mean() == pytest.approx(f.mean(), abs=1e-9)
    known = {**moments(f, g), "c": coefficient}
    wanted = predict(CONTROL["variance"].closed_form, topic.MISSED, known)
    assert values.var() == pytest.approx(wanted, abs=1e-7)


@given(tables)
@settings(max_examples=40)
def test_the_best_coefficient_leaves_the_least_variance(table):
    f, g = np.array(table).T
    assume(min(f.var(), g.var()) > 1e-3)
    known = moments(f, g)
    best = best_coefficient(f, g)
    assert best == pytest.approx(predict(CONTROL["best"].closed_form, topic.MOMENTS, known))
    values = with_control(every, f.__getitem__, g.__getitem__, float(g.mean()), best)(f.size)
    least = predict(CONTROL["least"].closed_form, topic.MOMENTS, known)
    assert values.var() == pytest.approx(least, abs=1e-9)


def test_a_pilot_needs_a_control_that_varies():
    with pytest.raises(ValueError, match="draw more"):
        best_coefficient(np.array([1.0, 2.0]), np.array([3.0, 3.0]))


@given(st.lists(numbers, min_size=2, max_size=9))
@settings(max_examples=40)
def test_pairs_move_no_mean_and_leave_the_derived_variance(table):
    f = np.array(table)
    assume(f.var() > 1e-3)
    values = antithetic(every, f.__getitem__, lambda z: f.size - 1 - z)(f.size)
    assert values.mean() == pytest.approx(f.mean(), abs=1e-9)
    wanted = predict(PAIR.closed_form, topic.MOMENTS, moments(f, f[::-1]))
    assert values.var() == pytest.approx(wanted, abs=1e-7)


# scrambled Sobol' points


@pytest.mark.parametrize("exponent", [0, 3, 6])
def test_each_coordinate_has_one_point_in_each_stratum(exponent):
    seen = []
    draw = scrambled_sobol(
        lambda u: seen.append(u) or u[:, 0], 3, exponent, np.random.default_rng(1)
    )
    draw(5)
    count = 1 << exponent
    for points in seen:
        assert points.shape == (count, 3)
        for coordinate in points.T:
            assert sorted(np.floor(coordinate * count)) == list(range(count))


def test_scramblings_are_independent():
    values = scrambled_sobol(lambda u: u[:, 0], 1, 2, np.random.default_rng(2))(50)
    assert len(set(values)) == 50


@pytest.mark.parametrize(("factor", "passes"), [(1, True), (2, False)])
def test_means_over_two_points_have_the_variance_of_strata(factor, passes):
    """Squared deviations are bounded by 1/16, so their mean can be decided with a guarantee."""
    generator = np.random.default_rng(3)
    draw = scrambled_sobol(lambda u: u[:, 0], 1, 1, generator)
    variance = predict(claims_of(topic.strata())["stratified"].closed_form, topic.MOMENTS, {"n": 2})
    assert variance == pytest.approx(1 / 96)
    found = decide_mean(
        lambda n: (draw(n) - 0.5) ** 2,
        factor * variance,
        (0, 1 / 16),
        1e-6,
        0.4 * variance,
        1 << 12,
    )
    assert (found.verdict.status is Status.STATISTICAL) == passes


# one integral, by every estimate


def exponential(name: str) -> float:
    return predict(topic.EXPONENTIAL[name], topic.MOMENTS, {})


def _samplers() -> dict[str, tuple[object, tuple[float, float], float]]:
    """A sampler of the integral of exp over the unit interval, its bounds and its variance."""
    rng = np.random.default_rng(4)
    c = exponential("coefficient")
    ends = np.exp([0, math.log(c), 1]) - c * (np.array([0, math.log(c), 1]) - 0.5)
    return {
        "plain": (lambda n: np.exp(rng.random(n)), (1, math.e), exponential("plain")),
        "control": (
            with_control(rng.random, np.exp, lambda u: u, 0.5, c),
            (float(ends.min()), float(ends.max())),
            exponential("control"),
        ),
        "antithetic": (
            antithetic(rng.random, np.exp, lambda u: 1 - u),
            (math.exp(0.5), (1 + math.e) / 2),
            exponential("antithetic"),
        ),
        "sobol": (scrambled_sobol(lambda u: np.exp(u[:, 0]), 1, 4, rng), (1, math.e), math.nan),
    }


def test_every_estimate_finds_the_integral_with_its_derived_variance():
    draws = {}
    for name, (sampler, bounds, variance) in _samplers().items():
        found = decide_mean(sampler, math.e - 1, bounds, 1e-6, 0.05, samples=1 << 15)
        assert found.verdict.status is Status.STATISTICAL, name
        draws[name] = found.samples
        if name != "sobol":
            most = (bounds[1] - bounds[0]) ** 2
            square = decide_mean(
                lambda n, draw=sampler: (draw(n) - (math.e - 1)) ** 2,
                variance,
                (0, most),
                1e-6,
                variance / 2,
                1 << 15,
            )
            assert square.verdict.status is Status.STATISTICAL, name
    assert max(draws["control"], draws["antithetic"], draws["sobol"]) < draws["plain"]
