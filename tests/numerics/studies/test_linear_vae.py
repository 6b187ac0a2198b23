"""Linear autoencoders: in one pixel the closed forms are the derived ones, and faults are seen."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from derivations.topics.gaussian_divergences import kl_full
from derivations.topics.variational import amortization
from language.claims import Status
from numerics import balls
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.models.principal_components import (
    LinearModel,
    decorrelating,
    greatest_likelihood,
    most_likely,
    stand_ins,
)
from numerics.settings import Setting
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA
from numerics.studies import linear_vae as study
from numerics.valuations import Valuation

torch = pytest.importorskip("torch")
SETTING = Setting(seed=5)
CLAIMS = claims_of(amortization())
W, B, S = 1.5, 0.5, 0.75
DATA = [0.5, -1.0, 2.0, 1.25]
LINE = LinearModel(np.array([[W]]), np.array([B]), S**2)


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(SETTING)


def _predicted(name: str) -> float:
    claim = CLAIMS[name]
    values = {"w": W, "b": B, "s": S, "n": len(DATA), "data": DATA, "x": DATA[2], "i": 1, "z": 0.5}
    return predict(claim.closed_form, claim.notation, values)


def test_measurements_agree(outcome: Experiment) -> None:
    assert len(outcome.measurements) == 6
    for found in outcome.measurements:
        assert found.verdict.status in (Status.STATISTICAL, Status.EVIDENCE), found
    spent = sum(found.verdict.alpha or 0 for found in outcome.measurements)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)
    gaps = outcome.series["amortization-gaps"]
    assert gaps == pytest.approx(outcome.series["predicted-gaps"], abs=1e-4)


def test_in_one_pixel_the_posterior_is_the_derived_one() -> None:
    assert LINE.posterior_means(np.array([[DATA[2]]]))[0, 0] == pytest.approx(
        _predicted("linear-mean")
    )
    assert 1 / LINE.precision()[0, 0] == pytest.approx(_predicted("linear-variance"))
    evidence = _predicted("linear-bayes") - _log_posterior(0.5, DATA[2])
    assert LINE.log_evidence(np.array([[DATA[2]]]))[0] == pytest.approx(evidence)


def _log_posterior(z: float, x: float) -> float:
    mean, variance = W * (x - B) / (W**2 + S**2), S**2 / (W**2 + S**2)
    return -0.5 * (z - mean) ** 2 / variance - 0.5 * float(np.log(2 * np.pi * variance))


def test_in_one_pixel_the_gap_of_amortization_is_the_derived_one() -> None:
    gaps = study.origin_gaps(LINE, np.array(DATA)[:, None])
    assert gaps.sum() == pytest.approx(_predicted("total-gap"))


def test_the_mean_field_gap_is_the_divergence_of_normal_laws() -> None:
    model = LinearModel(np.array([[1.0, 0.5], [0.25, -1.0], [2.0, 1.0]]), np.zeros(3), 0.5)
    precision = model.precision()
    root = np.linalg.cholesky(np.linalg.inv(precision))
    values = {
        "d": Fraction(2),
        **{name: ((Fraction(0),),) * 2 for name in ("mu", "nu")},
        "L": _exact(np.diag(np.diag(precision) ** -0.5)),
        "M": _exact(root),
    }
    claim = claims_of(kl_full())["kl"]
    ball = balls.evaluate(claim.closed_form, Valuation(claim.notation, 0, values), 64)
    assert model.mean_field_gap() == pytest.approx(float(ball.real.mid()))


def _exact(matrix: np.ndarray) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(Fraction(float(entry)) for entry in row) for row in matrix)


def test_the_greatest_likelihood_is_reached_and_not_exceeded() -> None:
    generator = np.random.default_rng(1)
    images = generator.standard_normal((200, 6)) @ generator.standard_normal((6, 6))
    best, top = most_likely(images, 2), greatest_likelihood(images, 2)
    assert best.log_evidence(images).mean() == pytest.approx(top)
    assert best.mean_field_gap() == pytest.approx(0, abs=1e-12)
    for _ in range(20):
        moved = LinearModel(
            best.matrix + 0.05 * generator.standard_normal(best.matrix.shape),
            best.offset + 0.05 * generator.standard_normal(6),
            best.variance * np.exp(0.05 * generator.standard_normal()),
        )
        assert moved.log_evidence(images).mean() < top


def test_points_stand_for_images() -> None:
    images = np.random.default_rng(1).standard_normal((40, study.PIXELS)) + 1
    points = stand_ins(images)
    assert points.mean(0) == pytest.approx(images.mean(0))
    assert np.cov(points.T, bias=True) == pytest.approx(np.cov(images.T, bias=True), abs=1e-12)
    seen = images @ decorrelating(images)
    assert seen.T @ seen / len(seen) == pytest.approx(np.eye(seen.shape[1]), abs=1e-6)


def test_the_bound_in_closed_form_is_the_mean_of_its_estimates() -> None:
    torch.manual_seed(2)
    networks = study._networks(torch, SETTING, 3)
    images, seen = torch.rand(2, study.PIXELS).double(), torch.rand(2, 3).double()
    many = 4000
    drawn = networks.estimates(images.repeat(many, 1), seen.repeat(many, 1)).reshape(many, 2)
    error = drawn.std(0) / many**0.5
    distance = (drawn.mean(0) - networks.bounds(images, seen)).abs()
    assert bool((distance < 6 * error).all())


def _instance() -> tuple[LinearModel, np.ndarray]:
    """A decoder whose columns are much alike, so that the posterior's coordinates depend."""
    generator = np.random.default_rng(4)
    columns = generator.standard_normal((study.PIXELS, 1 + study.SIZE))
    model = LinearModel(columns[:, :1] + columns[:, 1:], np.ones(study.PIXELS), 16.0)
    return model, generator.standard_normal((80, study.PIXELS)) + 1


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_gap_is_noticed(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    model, images = _instance()
    own = study._own_bounds(torch, SETTING, model, images[:5])

    def statuses() -> list[Status]:
        found = study._mean_field(model, images[:5], own, SETTING)
        return [measurement.verdict.status for measurement in found]

    assert statuses() == [Status.EVIDENCE, Status.STATISTICAL]
    wrong = factor * model.mean_field_gap()
    monkeypatch.setattr(LinearModel, "mean_field_gap", lambda self: wrong)
    assert statuses() == [Status.UNDECIDED, Status.UNDECIDED]


def test_a_wrong_price_of_amortization_is_noticed() -> None:
    model, images = _instance()
    # turned, so that nothing is lost to the family
    _, turn = np.linalg.eigh(model.precision())
    model = LinearModel(model.matrix @ turn, model.offset, model.variance)
    bounds = study._through_the_origin(torch, SETTING, model, images)
    gaps = study.origin_gaps(model, images)
    for wrong, status in ((0 * gaps, Status.EVIDENCE), (gaps, Status.UNDECIDED)):
        found = study._amortization(model, images, bounds + wrong, SETTING.seed)
        assert found.verdict.status is status
