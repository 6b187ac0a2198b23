"""A GAN on digits: densities by hand, comparisons that hold, and faults that are noticed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from derivations.topics.gan_objective import saturation
from language.claims import Status
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from numerics.models.adversarial import log_mixture, shortfall_part
from numerics.settings import Setting
from numerics.studies import gan_on_digits as study
from numerics.training import reproducible


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    pytest.importorskip("torch")
    return study.run(Setting())


def test_every_comparison_agrees(experiment: Experiment) -> None:
    for measurement in experiment.measurements:
        drawn = not measurement.name.startswith("slope")
        wanted = Status.STATISTICAL if drawn else Status.EVIDENCE
        assert measurement.verdict.status is wanted, measurement


def test_the_limits_are_the_derived_ones(experiment: Experiment) -> None:
    limits = {observation.name: observation.predicted for observation in experiment.observations}
    assert limits["value-saturating-1"] == pytest.approx(-math.log(4), abs=1e-14)
    assert limits["accuracy-saturating-1"] == 0.5


def test_no_discriminator_beats_the_best_one(experiment: Experiment) -> None:
    for rule in study.RULES:
        criterion = experiment.series[f"criterion-{rule.name}"]
        assert (criterion <= 1e-12).all()
        assert (criterion >= -math.log(4) - 1e-12).all()


def test_the_density_of_a_mixture() -> None:
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(1)
    points, centres = generator.normal(size=(600, 3)), generator.normal(size=(4, 3))
    found = log_mixture(torch, torch.as_tensor(points), torch.as_tensor(centres), 0.7)
    laws = [multivariate_normal(centre, 0.49 * np.eye(3)).pdf(points) for centre in centres]
    assert found.numpy() == pytest.approx(np.log(np.mean(laws, axis=0)), abs=1e-10)


def test_half_of_what_is_missed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    setting = Setting(seed=5)
    with reproducible(setting) as torch:
        images = study._images(torch, setting)
        game = study._game(torch, images, setting)
        right = study._identity(game, images, study.RULES[0], setting, 1e-6)
        monkeypatch.setattr(study, "shortfall_part", lambda *said: shortfall_part(*said) / 2)
        wrong = study._identity(game, images, study.RULES[0], setting, 1e-6)
    assert right.verdict.status is Status.STATISTICAL
    assert wrong.verdict.status is Status.UNDECIDED
    assert "left the interval" in wrong.verdict.reason


def test_slopes_of_the_other_loss_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    claims = claims_of(saturation())
    names = ("saturating-gradient", "nonsaturating-gradient")
    swapped = dict(zip(names, reversed([claims[name] for name in names]), strict=True))
    monkeypatch.setattr(study, "claims_of", lambda solution: swapped)
    setting = Setting(seed=5)
    with reproducible(setting) as torch:
        images = study._images(torch, setting)
        slopes, _ = study._start(torch, images, setting)
    assert {slope.verdict.status for slope in slopes} == {Status.UNDECIDED}


def test_another_law_is_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(study, "_LIMIT", -math.log(2))
    monkeypatch.setattr(study, "_HALF", 0.7)
    setting = Setting(seed=5)
    with reproducible(setting) as torch:
        images = study._images(torch, setting)
        found = study._settled(torch, images, setting, (1e-6, 1e-6))
    assert {item.verdict.status for item in found} == {Status.UNDECIDED}


def test_a_settled_value_needs_what_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(study, "shortfall_part", lambda best, logits: 0 * logits)
    setting = Setting(seed=5)
    with reproducible(setting) as torch:
        images = study._images(torch, setting)
        value, _ = study._settled(torch, images, setting, (1e-6, 1e-6))
    assert value.verdict.status is Status.UNDECIDED


def test_what_a_trained_pair_misses_exceeds_the_error_left_open(experiment: Experiment) -> None:
    for rule in study.RULES:
        best, value = (
            experiment.series[f"{name}-{rule.name}"][-1] for name in ("criterion", "value")
        )
        identity = next(m for m in experiment.measurements if m.name == f"identity-{rule.name}")
        assert identity.verdict.epsilon is not None
        assert identity.verdict.epsilon < best - value
