"""Amortized and per-instance fits: bounds are what they should be, and every seed agrees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics.experiments import amortization as experiment
from numerics.measurements import Experiment


@pytest.fixture(scope="module")
def outcomes() -> list[Experiment]:
    return [experiment.run(seed) for seed in (1, 2)]


def test_no_observation_prefers_the_encoder(outcomes: list[Experiment]) -> None:
    for outcome in outcomes:
        assert (outcome.series["gap"] >= -1e-12).all()


@given(st.floats(-4, 4), st.floats(-3, 3))
@settings(max_examples=25)
def test_a_bound_is_below_the_evidence(x: float, mean: float) -> None:
    bound = float(experiment._bound(np.array([mean]), np.array([x]))[0])
    assert bound <= experiment._log_evidence(x) + 1e-9
