"""A GAN on eight modes: quadrature by another way, the derived parts, and a price left out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from derivations.topics.gan_optimality import pointwise_objective
from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.models import adversarial
from numerics.settings import Setting
from numerics.studies import gan_on_mixtures as study
from numerics.training import reproducible


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    pytest.importorskip("torch")
    return study.run(Setting())


@pytest.fixture(scope="module")
def course() -> study.Course:
    pytest.importorskip("torch")
    with reproducible(Setting(seed=3)) as torch:
        return study._course(torch, Setting(seed=3), study.RULES[2], 0)


def test_every_comparison_carries_a_guarantee(experiment: Experiment) -> None:
    assert {item.verdict.status for item in experiment.measurements} == {Status.STATISTICAL}


@pytest.mark.parametrize(("a", "b", "y"), [(0.3, 0.7, 0.2), (2.0, 0.5, 0.9), (0.1, 0.1, 0.4)])
def test_the_parts_are_the_derived_ones(a: float, b: float, y: float) -> None:
    claims = claims_of(pointwise_objective())
    values = {"a": a, "b": b, "y": y}
    best = np.array([math.log(a / b)])
    logit = np.array([math.log(y / (1 - y))])
    top = claims["max-value"]
    assert (a + b) * (adversarial.divergence_part(best)[0] - math.log(2)) == pytest.approx(
        predict(top.closed_form, top.notation, values), abs=1e-13
    )
    gap = claims["gap"]
    assert (a + b) * adversarial.shortfall_part(best, logit)[0] == pytest.approx(
        predict(gap.closed_form, gap.notation, values), abs=1e-13
    )


def test_the_value_is_that_of_its_definition(course: study.Course) -> None:
    plane = study._plane(course.game.alone(1))
    real, generated = np.exp(plane.log_data), np.exp(plane.log_generated)
    assert real.sum() * plane.cell == pytest.approx(1, abs=1e-7)
    assert generated.sum() * plane.cell == pytest.approx(1, abs=1e-7)
    said = 1 / (1 + np.exp(-plane.logits))
    value = (real * np.log(said) + generated * np.log(1 - said)).sum() * plane.cell
    assert plane.value == pytest.approx(value, abs=1e-7)
    assert plane.value == course.values[-1, 1]


def test_half_the_step_changes_nothing(course: study.Course) -> None:
    game = course.game.alone(0)
    fine = study._plane(game, study.NOISE / 2)
    assert fine.value == pytest.approx(course.values[-1, 0], abs=1e-4)
    assert fine.divergence == pytest.approx(course.divergences[-1, 0], abs=1e-4)


def test_a_share_near_the_modes_is_that_of_a_normal_law() -> None:
    found = study._discs(study.MODES[None, None])
    radius = 3 * study.SPREAD / study.NOISE
    assert found.shape == (1, 1, 8)
    assert found.sum() == pytest.approx(1 - math.exp(-(radius**2) / 2), abs=1e-12)


def test_a_value_without_the_price_is_noticed(course: study.Course) -> None:
    setting = Setting(seed=3)
    with reproducible(setting):
        value, divergence = study._sampled(course, setting, 1e-6)
        assert value.verdict.status is divergence.verdict.status is Status.STATISTICAL
        best = -math.log(4) + 2 * course.divergences
        wrong, halved = study._sampled(
            replace(course, values=best, divergences=course.divergences / 2), setting, 1e-6
        )
    assert wrong.verdict.status is halved.verdict.status is Status.UNDECIDED
