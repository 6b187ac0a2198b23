"""The simulated algorithms: how their rates are measured, and that what comes out is determined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from language.claims import Status
from numerics.experiments import dirac_gan as experiment
from numerics.measurements import Experiment


# Rotations as slow as those of a learning rate of one half; near a quarter turn, say, the phase
# would come back to where it was after a few steps and average out slowly.
@given(st.floats(0.9, 1.1), st.floats(0.25, 1.0), st.floats(0.8, 1.25))
def test_the_weighted_average_sees_the_growth_and_not_the_phase(
    growth: float, angle: float, stretch: float
) -> None:
    steps = np.arange(1201)
    ellipse = np.hypot(np.cos(angle * steps), stretch * np.sin(angle * steps))
    logs = np.log(growth) * steps + np.log(ellipse)
    measured = experiment._birkhoff(np.diff(logs)[:, None])
    assert measured[0] == pytest.approx(np.log(growth), abs=1e-6)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.floats(0, 3), st.floats(0.01, 1))
@settings(max_examples=25)
def test_both_algorithms_move_the_critic_alike(
    state: list[float], weight: float, rate: float
) -> None:
    start = np.array(state)[:, None]
    weights = np.array([weight])
    simultaneous = experiment._simultaneous(start, rate, weights)
    alternating = experiment._alternating(start, rate, weights)
    assert (simultaneous[:2] == alternating[:2]).all()
    # The generator's two moves differ by the critic's step, hence to second order in the rate.
    assert abs(simultaneous[2] - alternating[2]) <= 30 * rate**2


@given(st.floats(-0.1, 0.1).filter(lambda error: abs(error) > 1e-3))
def test_a_prediction_that_is_off_is_not_evidence(error: float) -> None:
    measurement = experiment._measurement("rate", "a rate", 1.0, 1.0 + error, 10)
    assert measurement.verdict.status is Status.UNDECIDED


@pytest.fixture(scope="module")
def outcomes() -> list[Experiment]:
    return [experiment.run(seed) for seed in (3, 3, 4)]


def test_every_measurement_agrees(outcomes: list[Experiment]) -> None:
    for outcome in outcomes:
        for measurement in outcome.measurements:
            assert measurement.verdict.status is Status.EVIDENCE, measurement
            assert (measurement.verdict.digits or 0) >= 9, measurement


def test_the_seed_determines_everything(outcomes: list[Experiment]) -> None:
    first, again, other = outcomes
    assert first.measurements == again.measurements
    assert first.measurements[1:] == other.measurements[1:]  # only the field is drawn at random
    for name, values in first.series.items():
        assert (values == again.series[name]).all()


def test_the_algorithms_part_company_without_penalty(
    outcomes: list[Experiment],
) -> None:
    series = outcomes[0].series
    without = list(series["weights"]).index(0.0)
    assert series["simultaneous"][without] > 1.03
    assert abs(series["alternating"][without] - 1) < 1e-9


def test_the_penalty_pulls_every_trajectory_inwards(
    outcomes: list[Experiment],
) -> None:
    for place in (0, 1):
        slope, _, sample = outcomes[0].series[f"damped-{place}"]
        radius = np.hypot(slope, sample)
        assert (np.diff(radius) <= 1e-9).all()
        assert radius[-1] < 1e-2 * radius[0]
