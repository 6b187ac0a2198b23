"""Training flows: couplings invert, quadrature has converged, and planted faults show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from language.claims import Status
from numerics.measurements import Experiment
from numerics.models.couplings import LAYERS, SHAPES, Couplings, log_determinant
from numerics.settings import Setting
from numerics.studies import flow_training as study

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(Setting(seed=4))


@pytest.fixture(scope="module")
def flow() -> Couplings:
    """Couplings that do something, drawn at random."""
    generator = np.random.default_rng(0)
    weights = [0.3 * generator.normal(size=shape) for _ in range(LAYERS) for shape in SHAPES]
    return Couplings(torch, tuple(map(torch.tensor, weights)))


def test_every_prediction_holds(outcome: Experiment) -> None:
    sampled = {"forward", "reverse", "forward-without", "reverse-without"}
    for measurement in outcome.measurements:
        wanted = Status.STATISTICAL if measurement.name in sampled else Status.EVIDENCE
        assert measurement.verdict.status is wanted, measurement.name


def test_collapse_comes_near_its_bound_and_stays_above(outcome: Experiment) -> None:
    found = {one.name: one for one in outcome.observations}
    for direction in study.DIRECTIONS:
        lost = found[f"{direction}-lost-objective"]
        assert lost.predicted is not None
        assert lost.predicted < lost.estimate < lost.predicted + 0.5
        assert found[f"{direction}-divergence-{direction}"].estimate > 0


def test_couplings_invert(flow: Couplings) -> None:
    u = torch.tensor(np.random.default_rng(1).normal(size=(50, 2)))
    x, growth = flow.forward(u)
    again, stretch = flow.inverse(x)
    assert (again - u).abs().max() < 1e-10
    assert (growth + stretch).abs().max() < 1e-10
    assert (log_determinant(flow, u) - growth).abs().max() < 1e-10


def test_the_curved_law_is_a_law() -> None:
    """Its density integrates to that of its first coordinate."""

    def density(second: float) -> float:
        point = torch.tensor([[0.7, second]], dtype=torch.float64)
        return float(torch.exp(study._log_data(point)))

    marginal = np.exp(-(0.7**2) / 2) / np.sqrt(2 * np.pi)
    assert quad(density, -6, 6)[0] == pytest.approx(marginal, rel=1e-8)


def test_the_rule_has_converged(monkeypatch: pytest.MonkeyPatch, flow: Couplings) -> None:
    coarse = study._by_quadrature(torch, Setting(), flow, jacobian=True)
    monkeypatch.setattr(study, "NODES", 241)
    fine = study._by_quadrature(torch, Setting(), flow, jacobian=True)
    assert coarse == pytest.approx(fine, rel=1e-8)


def test_a_forgotten_jacobian_is_noticed(monkeypatch: pytest.MonkeyPatch, flow: Couplings) -> None:
    """Log determinants of the wrong sign, or none, on the line and in the plane."""
    right = study._log_ratio

    def without(torch: Any, flow: Any, e: Any, direction: str, *, jacobian: bool = True) -> Any:
        return right(torch, flow, e, direction, jacobian=False)

    truth = study._by_quadrature(torch, Setting(), flow, jacobian=True)
    monkeypatch.setattr(study, "_log_ratio", without)
    for direction in study.DIRECTIONS:
        found = study._replicated(torch, Setting(), flow, direction, truth[direction])
        assert found.verdict.status is Status.UNDECIDED
    monkeypatch.setattr(study, "log_determinant", lambda flow, u: -flow.forward(u)[1])
    faults = study._pointwise(torch, Setting(), flow, "forward")
    assert {fault.verdict.status for fault in faults} == {Status.UNDECIDED}


def test_a_wrong_closed_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = study.predict
    monkeypatch.setattr(study, "predict", lambda *given: 2 * plain(*given) + 0.1)
    found = study._sampled(Setting(), 0.5, 1.2)
    assert {one.verdict.status for one in found} == {Status.UNDECIDED}
