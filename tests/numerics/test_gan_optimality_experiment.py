"""Climbing finds the best discriminator at every point, for laws that were not tried before."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, strategies as st

from numerics.experiments import gan_optimality as experiment

laws = st.lists(st.floats(1e-6, 1), min_size=6, max_size=6).map(lambda p: np.array(p) / sum(p))


@given(laws, laws)
def test_every_point_finds_its_own_optimum(data: np.ndarray, model: np.ndarray) -> None:
    said = experiment._logistic(experiment._climb(data, model))
    assert np.abs(said - data / (data + model)).max() < 1e-9


@given(laws, laws)
def test_the_divergence_is_symmetric_and_bounded(data: np.ndarray, model: np.ndarray) -> None:
    divergence = experiment._divergence(data, model, 1.0)
    assert abs(divergence - experiment._divergence(model, data, 1.0)) < 1e-12
    assert -1e-12 < divergence < math.log(2)


def test_a_zero_in_a_law_costs_nothing() -> None:
    half, all_of_it = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    expected = (0.5 * math.log(2 / 3) + 0.5 * math.log(2) + math.log(4 / 3)) / 2
    assert abs(experiment._divergence(half, all_of_it, 1.0) - expected) < 1e-12
