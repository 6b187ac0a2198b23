"""Trained discriminators: the identity holds for any of them, and a missing term is noticed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from derivations.topics.discriminator import jensen_shannon_estimate
from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.models.pairs import NORMALS, PAIRS, Grid, Pair
from numerics.settings import Setting
from numerics.studies import discriminator_training as study
from quick_studies import quick

WORSE = {"mixtures": 0.3, "normals": 0.5, "plane": -0.2}


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return quick("discriminator_training")


def test_the_divergence_is_right_to_ten_digits() -> None:
    def inside(x: float) -> float:
        f0, f1 = norm.pdf(x), norm.pdf(x, 1)
        return (f0 * math.log(2 * f0 / (f0 + f1)) + f1 * math.log(2 * f1 / (f0 + f1))) / 2

    value, _ = quad(inside, -9, 10, epsabs=1e-13)
    assert study.divergence(NORMALS.grid()) == pytest.approx(value, abs=1e-11)
    assert value == pytest.approx(0.11142148, abs=5e-9)


def test_both_laws_have_mass_one() -> None:
    for pair in PAIRS:
        grid = pair.grid()
        assert grid.integral(grid.first) == pytest.approx(1, abs=1e-12)
        assert grid.integral(grid.second) == pytest.approx(1, abs=1e-12)


def test_the_optimal_discriminator_is_the_derived_one() -> None:
    claim = claims_of(jensen_shannon_estimate())["gaussian"]
    grid = NORMALS.grid()
    for place in (6_000, 8_000, 10_000):
        t = float(grid.points[place, 0])
        assert grid.share[place] == pytest.approx(
            predict(claim.closed_form, claim.notation, {"t": t}), abs=1e-14
        )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_bound_misses_the_divergence_by_the_shortfall(pair: Pair) -> None:
    grid = pair.grid()
    logits = WORSE[pair.name] * grid.points.sum(axis=1) + 0.1
    missed = study.divergence(grid) - study.bound(grid, logits)
    assert missed == pytest.approx(study.shortfall(grid, logits), abs=1e-12)
    assert missed > 0.01


def test_every_comparison_agrees(experiment: Experiment) -> None:
    for measurement in experiment.measurements:
        wanted = Status.EVIDENCE if "identity" in measurement.name else Status.STATISTICAL
        assert measurement.verdict.status is wanted, measurement


def test_bounds_stay_below_the_divergence(experiment: Experiment) -> None:
    for case in study.CASES:
        gaps = experiment.series[f"gaps-{case.name}"]
        assert (gaps > 0).all()
        if case.fresh:
            assert gaps[-1] < gaps[0]


def says_too_little(points: np.ndarray) -> np.ndarray:
    return 0.2 * (points[:, 0] - 0.5)


def compared(predicted: float) -> Status:
    return study.held_out(study.CASES[0], says_too_little, predicted, Setting()).verdict.status


def test_a_missing_shortfall_is_noticed() -> None:
    grid = NORMALS.grid()
    divergence = study.divergence(grid)
    shortfall = study.shortfall(grid, says_too_little(grid.points))
    assert compared(divergence - shortfall) is Status.STATISTICAL
    assert compared(divergence) is Status.UNDECIDED
    assert compared(divergence - 2 * shortfall) is Status.UNDECIDED


def test_classes_mixed_up_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def swapped(grid: Grid, logits: np.ndarray) -> float:
        return right(Grid(grid.points, grid.second, grid.first, grid.cell), logits)

    right = study.bound
    case = study.CASES[0]
    trained = study.Trained(says_too_little, np.ones(1), np.ones(1), None)
    assert study._compared(case, trained, Setting())[1].verdict.status is Status.EVIDENCE
    monkeypatch.setattr(study, "bound", swapped)
    assert study._compared(case, trained, Setting())[1].verdict.status is Status.UNDECIDED


def test_observations_name_their_limits(experiment: Experiment) -> None:
    observed: Mapping[str, float | None] = {
        observation.name: observation.predicted for observation in experiment.observations
    }
    assert observed["trained-normals"] == pytest.approx(0.11142148, abs=5e-9)
    assert observed["seen-few"] == observed["trained-normals"]
