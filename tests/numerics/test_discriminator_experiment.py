"""Discriminators and the divergence: bounds never exceed it, and every seed agrees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics.experiments import discriminator as experiment
from numerics.measurements import Experiment

PROBABILITIES = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(
    lambda weights: np.array(weights) / sum(weights)
)
DISCRIMINATORS = st.lists(st.floats(0.01, 0.99), min_size=4, max_size=4).map(np.array)


@given(PROBABILITIES, PROBABILITIES, DISCRIMINATORS)
def test_no_discriminator_says_more_than_the_divergence(
    f0: np.ndarray, f1: np.ndarray, discriminator: np.ndarray
) -> None:
    divergence = experiment._definition(f0, f1)
    assert -1e-12 <= divergence <= math.log(2)
    assert experiment._estimate(f0, f1, discriminator) <= divergence + 1e-12
    best = experiment._optimal(f0, f1)
    assert experiment._estimate(f0, f1, best) == pytest.approx(divergence, abs=1e-12)


@pytest.fixture(scope="module")
def outcomes() -> list[Experiment]:
    return [experiment.run(seed) for seed in (11, 11, 12)]


def test_the_seed_determines_everything(outcomes: list[Experiment]) -> None:
    first, again, other = outcomes
    assert first.measurements == again.measurements
    assert first.measurements[:-1] == other.measurements[:-1]  # only the last is drawn at random


def test_a_worse_discriminator_says_less(outcomes: list[Experiment]) -> None:
    series = outcomes[0].series
    bounds, slopes = series["bounds"], series["slopes"]
    assert slopes[int(np.argmax(bounds))] == pytest.approx(1.0)
    assert bounds.max() == pytest.approx(float(series["divergence"][0]), abs=1e-9)
