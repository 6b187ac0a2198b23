"""Flows on the line and in the plane: their inverses invert, and both ends agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics.experiments import flows as experiment
from numerics.measurements import Experiment

POINTS = st.lists(st.floats(-2, 2), min_size=1, max_size=8).map(np.array)
LINES = st.sampled_from([experiment.AFFINE, experiment.SINH, experiment.CUBIC])


@given(LINES, POINTS)
def test_inverses_invert_and_their_slopes_are_reciprocal(line: object, u: np.ndarray) -> None:
    assert isinstance(line, experiment._Line)
    assert line.inverse(line.flow(u)) == pytest.approx(u, abs=1e-9)
    assert line.slope(u) * line.inverse_slope(line.flow(u)) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=6))
def test_the_planar_flow_is_inverted(points: list[tuple[float, float]]) -> None:
    u = np.array(points).T
    image, growth = experiment._planar(u)
    preimage, stretch = experiment._planar_inverse(image)
    assert preimage == pytest.approx(u, abs=1e-9)
    assert growth * stretch == pytest.approx(np.ones_like(growth), abs=1e-6)


@pytest.fixture(scope="module")
def outcomes() -> list[Experiment]:
    return [experiment.run(5)]


def test_leaving_out_the_jacobian_shows(outcomes: list[Experiment]) -> None:
    found = {m.name: m.estimate for m in outcomes[0].measurements}
    assert abs(found["without-jacobian"] - found["decreasing-data-side"]) > 0.5
    assert found["signed-mass"] == pytest.approx(-1)
