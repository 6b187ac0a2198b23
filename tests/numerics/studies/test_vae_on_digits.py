"""The autoencoder of digits: its terms are the derived ones, and faults do not pass."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from derivations.topics.gaussian_kl import diagonal_against_standard
from derivations.topics.pixel_likelihood import bernoulli
from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.models.autoencoders import (
    LATENT,
    PIXELS,
    Autoencoder,
    Plane,
    divergence,
    exact_bounds,
    log_normal,
    plane,
    untrained,
)
from numerics.settings import Setting
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA
from numerics.studies import vae_on_digits as study

torch = pytest.importorskip("torch")
SETTING = Setting(seed=5)
MEAN, DEVIATION = np.array([[0.5, -1.0], [1.0, 0.25]]), np.array([[0.25, 0.5], [1.0, 0.75]])


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(SETTING)


@pytest.fixture(scope="module")
def vae() -> Autoencoder:
    torch.manual_seed(1)
    return untrained(torch, SETTING)


@pytest.fixture(scope="module")
def images() -> Any:
    return torch.tensor(np.random.default_rng(2).integers(0, 2, (2, PIXELS)).astype(float))


@pytest.fixture(scope="module")
def grid(vae: Autoencoder, images: Any) -> Plane:
    return plane(vae, images, 0.1)


def test_measurements_agree_and_series_are_small(outcome: Experiment) -> None:
    assert {found.name for found in outcome.measurements} == {"divergence", "mean-weight", "gap"}
    for found in outcome.measurements:
        assert found.verdict.status in (Status.STATISTICAL, Status.EVIDENCE), found
    spent = sum(found.verdict.alpha or 0 for found in outcome.measurements)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)
    assert sum(values.nbytes for values in outcome.series.values()) < 2_000_000


def test_no_bound_is_above_the_evidence(outcome: Experiment) -> None:
    series = outcome.series
    assert (series["evidence"] >= series["own-bounds"]).all()
    assert (series["evidence"] >= series["bounds"]).all()
    assert (series["own-bounds"] - series["bounds"]).mean() > 0


def test_the_divergence_is_the_derived_one() -> None:
    claim = claims_of(diagonal_against_standard())["sigma"]
    for mean, deviation in zip(MEAN, DEVIATION, strict=True):
        values = {"p": LATENT, "mu": mean.tolist(), "sigma": deviation.tolist()}
        found = divergence(torch.tensor(mean), torch.tensor(deviation))
        assert float(found) == pytest.approx(predict(claim.closed_form, claim.notation, values))


def test_the_log_likelihood_is_the_derived_one() -> None:
    claim = claims_of(bernoulli())["bce"]
    logits, pixels = np.array([0.5, -2.0, 1.0]), [1.0, 0.0, 0.0]
    small = Autoencoder(torch, None, lambda latent: torch.tensor(logits))
    found = float(small.log_likelihood(torch.tensor(pixels), None))
    guesses = (1 / (1 + np.exp(-logits))).tolist()
    values = {"m": 3, "pixels": pixels, "guesses": guesses}
    assert found == pytest.approx(predict(claim.closed_form, claim.notation, values))


def test_a_decoder_that_ignores_its_input_leaves_the_prior(images: Any) -> None:
    blank = torch.nn.Linear(LATENT, PIXELS, dtype=torch.float64)
    torch.nn.init.zeros_(blank.weight)
    torch.nn.init.zeros_(blank.bias)
    plain = Autoencoder(torch, None, blank)
    found = plane(plain, images, 0.1)
    assert found.log_evidence() == pytest.approx(-PIXELS * math.log(2))
    laws = torch.tensor(MEAN), torch.tensor(DEVIATION)
    exact = divergence(*laws).numpy()
    assert found.gap(MEAN, DEVIATION) == pytest.approx(exact, abs=1e-6)
    assert exact_bounds(plain, images, *laws) == pytest.approx(-PIXELS * math.log(2) - exact)


def test_quadrature_has_converged(vae: Autoencoder, images: Any, grid: Plane) -> None:
    assert plane(vae, images, 0.05).log_evidence() == pytest.approx(grid.log_evidence(), abs=1e-9)


def _gap(grid: Plane, bounds: np.ndarray) -> Status:
    return study._gap(grid, bounds, MEAN, DEVIATION).verdict.status


def test_a_bound_with_half_the_divergence_is_noticed(
    vae: Autoencoder, images: Any, grid: Plane
) -> None:
    laws = torch.tensor(MEAN), torch.tensor(DEVIATION)
    bounds = exact_bounds(vae, images, *laws)
    assert _gap(grid, bounds) is Status.EVIDENCE
    assert _gap(grid, bounds + divergence(*laws).numpy() / 2) is Status.UNDECIDED


def test_a_wrong_evidence_is_noticed(vae: Autoencoder, images: Any, grid: Plane) -> None:
    def status(grid: Plane) -> Status:
        found = study._evidence(SETTING, vae, images, grid, MEAN, DEVIATION)
        return found.verdict.status

    assert status(grid) is Status.STATISTICAL
    unnormalized = grid.log_joint - log_normal(np.zeros((1, LATENT)), np.zeros(2), np.ones(2))
    assert status(replace(grid, log_joint=unnormalized)) is Status.UNDECIDED


def test_a_wrong_divergence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def status() -> Status:
        return study._divergence(SETTING, MEAN, DEVIATION).verdict.status

    assert status() is Status.STATISTICAL
    claims = dict(study._KL)
    doubled = replace(claims["sigma"], closed_form=2 * claims["sigma"].closed_form)
    monkeypatch.setattr(study, "_KL", MappingProxyType({**claims, "sigma": doubled}))
    assert status() is Status.UNDECIDED
