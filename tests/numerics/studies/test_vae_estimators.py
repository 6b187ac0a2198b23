"""Estimates of bounds: the exact importance weighted bound, and faults that do not pass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from language.claims import Status
from numerics.measurements import Experiment
from numerics.models.autoencoders import PIXELS, exact_bounds, untrained
from numerics.settings import Setting
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA
from numerics.studies import vae_estimators as study

torch = pytest.importorskip("torch")
SETTING = Setting(seed=5)


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(SETTING)


@pytest.fixture(scope="module")
def laws() -> study._Laws:
    torch.manual_seed(1)
    vae = untrained(torch, SETTING)
    images = torch.tensor(np.random.default_rng(2).integers(0, 2, (3, PIXELS)).astype(float))
    with torch.no_grad():
        return study._Laws(vae, images, *vae.law(images))


@pytest.fixture(scope="module")
def bounds(laws: study._Laws) -> np.ndarray:
    return exact_bounds(laws.vae, laws.images, laws.mean, laws.deviation)


def test_measurements_agree(outcome: Experiment) -> None:
    assert outcome.measurements
    for found in outcome.measurements:
        assert found.verdict.status in (Status.STATISTICAL, Status.EVIDENCE), found
    spent = sum(found.verdict.alpha or 0 for found in outcome.measurements)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)


def test_bounds_rise_towards_the_evidence(outcome: Experiment) -> None:
    exact = outcome.series["importance-bounds"]
    assert (np.diff(exact) > 0).all()
    assert exact[-1] < outcome.series["evidence"].mean()


@pytest.mark.parametrize("count", [1, 10, 100])
def test_two_weights_follow_the_binomial_law(count: int) -> None:
    low, high, share = -3.0, 1.5, 0.25
    hits = np.arange(count + 1)
    averages = (hits * math.exp(high) + (count - hits) * math.exp(low)) / count
    exact = float(binom.pmf(hits, count, share) @ np.log(averages))
    nodes = np.array([low, high]), np.array([1 - share, share])
    assert study.importance_bounds(*nodes, (count,))[0] == pytest.approx(exact, abs=1e-9)


def test_one_draw_has_the_bound_of_quadrature(laws: study._Laws, bounds: np.ndarray) -> None:
    points, shares = study.normal_nodes(0.25)
    found = study.importance_bounds(laws.log_weights(0, points), shares, (1,))
    assert found[0] == pytest.approx(bounds[0], abs=1e-8)


def test_a_wrong_bound_is_noticed(laws: study._Laws, bounds: np.ndarray) -> None:
    kl = study.divergence(laws.mean, laws.deviation).numpy() + 3
    for wrong, status in ((0 * kl, Status.STATISTICAL), (kl, Status.UNDECIDED)):
        assert study._one_draw(SETTING, laws, bounds + wrong).verdict.status is status


def test_a_wrong_count_is_noticed(laws: study._Laws, monkeypatch: pytest.MonkeyPatch) -> None:
    def statuses() -> set[Status]:
        _, found = study._importance(SETTING, laws, np.zeros(3))
        return {measurement.verdict.status for measurement in found}

    assert statuses() == {Status.EVIDENCE}
    right = study.importance_bounds

    def summed(log_weights: np.ndarray, shares: np.ndarray, counts: tuple[int, ...]) -> np.ndarray:
        """The logarithm of the sum instead of the average."""
        return right(log_weights, shares, counts) + np.log(counts) + 1

    monkeypatch.setattr(study, "importance_bounds", summed)
    assert statuses() == {Status.UNDECIDED}
