"""Weight decay: the posterior's variances from its curvature, and planted faults that show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from language.claims import Status
from numerics.measurements import Experiment
from numerics.models import gaussian_regression
from numerics.models.gaussian_regression import GaussianRegression
from numerics.settings import Setting
from numerics.studies import weight_decay_training as study

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def problem() -> GaussianRegression:
    return study._data()


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(Setting(seed=3))


def test_every_prediction_holds(outcome: Experiment) -> None:
    expected = {"posterior-mean": Status.STATISTICAL, "posterior-spread": Status.STATISTICAL}
    for measurement in outcome.measurements:
        assert measurement.verdict.status is expected.get(measurement.name, Status.EVIDENCE)


def test_adamw_does_not_end_at_the_mode(outcome: Experiment) -> None:
    found = {one.name: one.estimate for one in outcome.observations}
    assert found["adamw"] > 10 * found["adam"]


def test_the_posterior_has_the_curvature_of_its_logarithm(problem: GaussianRegression) -> None:
    """Mode and covariance by differentiating the product of likelihood and prior."""
    x, y = torch.tensor(problem.inputs), torch.tensor(problem.targets)

    def surprise(w):
        fit = ((y - x @ w) ** 2).sum() / (2 * study.NOISE**2)
        return fit + (w**2).sum() / (2 * study.PRIOR**2)

    slope = torch.func.grad(surprise)
    curvature = torch.func.jacrev(slope)(torch.zeros(10, dtype=torch.float64))
    assert problem.covariance == pytest.approx(torch.linalg.inv(curvature).numpy(), abs=1e-12)
    assert slope(torch.tensor(problem.mode())).abs().max() < 1e-10


def test_the_heavy_ball_is_no_faster_at_another_pace(problem: GaussianRegression) -> None:
    """The spectral radius of a step on the flattest and the steepest direction."""

    def radius(lr: float, momentum: float) -> float:
        ends = problem.curvatures[[0, -1]] / problem.targets.size + problem.decay
        steps = [np.array([[1 + momentum - lr * h, -momentum], [1, 0]]) for h in ends]
        return max(abs(np.linalg.eigvals(step)).max() for step in steps)

    pace = problem.pace()
    best = radius(**pace)
    assert best == pytest.approx(math.sqrt(pace["momentum"]), rel=1e-6)
    assert best**study.STEPS < 1e-15
    for factor in (0.9, 1.1):
        assert radius(factor * pace["lr"], pace["momentum"]) >= best - 1e-9


def test_twice_the_factor_is_noticed(monkeypatch: pytest.MonkeyPatch, problem: GaussianRegression):
    monkeypatch.setattr(gaussian_regression, "penalty_factor", lambda prior: 1 / prior**2)
    with study.reproducible(Setting()):
        paths = study._descend(torch, Setting(), problem)
        series = {
            f"distance-{name}": np.abs(path - problem.mode()).max(axis=1)
            for name, path in paths.items()
        }
        series |= {"curvatures": problem.curvatures, "left-decay": np.ones(10)}
        found = {m.name: m.verdict.status for m in study._at_the_mode(series)}
        followed, _ = study._posterior(torch, Setting(), problem, problem.mode())
    assert found["posterior-distance"] is Status.EVIDENCE
    assert found["decay-distance"] is Status.UNDECIDED
    assert found["flattest-direction"] is Status.UNDECIDED
    assert followed.verdict.status is Status.UNDECIDED


def test_an_upside_down_change_of_units_is_noticed(
    monkeypatch: pytest.MonkeyPatch, problem: GaussianRegression
) -> None:
    inverse = {name: 1 / factor for name, factor in study.FACTORS.items()}
    plain = study.predict

    def wrong(term, notation, values):
        swapped = {**values, **inverse} if "lambda1" in values else values
        return plain(term, notation, swapped)

    monkeypatch.setattr(study, "predict", wrong)
    measurements, _ = study._change_of_units(torch, Setting(), problem)
    assert all(m.verdict.status is Status.UNDECIDED for m in measurements)
