"""Fits by either divergence: what each finds, from what it may use."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics.experiments import kl_direction as experiment


@given(st.floats(-2, 2), st.floats(0.4, 2.5))
@settings(max_examples=15)
def test_the_reverse_fit_recovers_a_normal_target(mean: float, deviation: float) -> None:
    def target(at: np.ndarray) -> np.ndarray:
        return experiment._log_normal(at, mean, deviation)

    shift, scale = experiment._reverse_fit(target, (0.0, 0.0))
    assert shift == pytest.approx(mean, abs=1e-5)
    assert scale == pytest.approx(deviation, abs=1e-5)


def test_the_reverse_fit_stays_with_the_mode_that_it_starts_at() -> None:
    left, _ = experiment._reverse_fit(experiment._log_mixture, (-1.5, -0.5))
    right, _ = experiment._reverse_fit(experiment._log_mixture, (1.5, -0.5))
    assert left == pytest.approx(-right, abs=1e-4)
    assert abs(right - experiment.MODE) < 0.01
    middle = experiment._reverse(experiment._log_mixture, 0.0, math.log(2.06))
    assert middle > experiment._reverse(experiment._log_mixture, right, math.log(0.5))
