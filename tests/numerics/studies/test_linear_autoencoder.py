"""The flow of the linear autoencoder: its closed forms by other means, and planted faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.topics import small_networks as topic
from language.claims import Status
from language.terms import children
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.settings import Setting
from numerics.studies import linear_autoencoder as study

LOSS = topic.saddle_point().formulas["loss"]
GRADIENT = claims_of(topic.linear_autoencoder())["gradient"].closed_form


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(Setting(seed=1))


def _status(measured: list[Measurement], name: str) -> Status:
    (one,) = (measurement for measurement in measured if measurement.name == name)
    return one.verdict.status


def test_everything_is_as_predicted(outcome: Experiment) -> None:
    assert len(outcome.measurements) == 9
    assert {one.verdict.status for one in outcome.measurements} == {Status.EVIDENCE}
    assert sum(array.nbytes for array in outcome.series.values()) < 2e6


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_an_end_has_no_loss_and_keeps_what_is_conserved(first: float, second: float) -> None:
    (end,) = study.end_point(np.array([[first], [second]])).T.tolist()
    if first + second == 0:
        assert end == [0, 0]
        return
    assert predict(LOSS, topic.SADDLE, {"w1": end[0], "w2": end[1], "m": 1.0}) < 1e-24
    assert end[0] ** 2 - end[1] ** 2 == pytest.approx(first**2 - second**2, abs=1e-9)
    assert end[0] * (first + second) > 0


@pytest.mark.parametrize("rising", [True, False])
def test_the_flow_on_a_line_has_the_derived_velocity(rising: bool) -> None:
    time, width, mean_square = 0.7, 1e-5, 0.5
    times = np.array([time - width, time, time + width])
    before, now, after = study.on_a_line(0.3, times, mean_square, rising=rising).tolist()
    slope, _ = children(GRADIENT)
    values = {"w1": now, "w2": now if rising else -now, "m": mean_square}
    velocity = -predict(slope, topic.SADDLE, values)
    assert (after - before) / (2 * width) == pytest.approx(velocity, rel=1e-8)


def test_a_wrong_end_is_noticed(outcome: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    starts, ends = outcome.series["starts"], outcome.series["ends"]
    assert _status(study._ends(starts, ends), "end-points") is Status.EVIDENCE
    predict_end = study.end_point
    monkeypatch.setattr(study, "end_point", lambda start: predict_end(1.001 * start))
    assert _status(study._ends(starts, ends), "end-points") is Status.UNDECIDED


def test_a_flow_that_conserves_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder learns a little slower than the encoder."""
    starts, gradient = np.array([[1.5, 0.2], [0.5, 0.7]]), study.measured_gradient
    slower = np.array([[1.0], [0.99]])
    monkeypatch.setattr(study, "measured_gradient", lambda data, at: slower * gradient(data, at))
    ends = study._flow(study.examples(), starts, np.array([0.0, 30.0]))[:, :, -1]
    for name in ("conserved", "end-points"):
        assert _status(study._ends(starts, ends), name) is Status.UNDECIDED


def test_wrong_curvatures_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The factor two of a square forgotten."""
    data = study.examples()
    mean_square = float((data**2).mean())
    monkeypatch.setattr(study, "_curvatures", lambda m: (-m, m))
    growth, _ = study._descent(data, mean_square, np.array([[1.0], [0.5]]))
    found = [*study._hessian(data, mean_square), study._escape(data, mean_square), growth]
    assert {one.verdict.status for one in found} == {Status.UNDECIDED}
