"""Trained critics: what holds for every critic, bounds that hold, and faults that are noticed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from language.claims import Status
from numerics.measurements import Experiment, Measurement
from numerics.models import critic_networks, transport
from numerics.models.critics import Slopes
from numerics.settings import Setting
from numerics.studies import wasserstein_training as study
from quick_studies import quick

SHIFTED = transport.line_laws("shift")
GENERATOR = np.random.default_rng(5)
TWO_SIDED, SPECTRAL = critic_networks.TWO_SIDED[1], critic_networks.SPECTRAL


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return quick("wasserstein_training")


def bent(x: np.ndarray) -> np.ndarray:
    """A critic that falls, then rises."""
    return 0.8 * (x - 0.3) ** 2


def slope_of_bent(x: np.ndarray) -> np.ndarray:
    return 1.6 * (x - 0.3)


BENT = Slopes(lambda points: slope_of_bent(points[:, 0]), 1.6)


@pytest.mark.parametrize("name", ["shift", "spread"])
def test_the_area_between_the_distribution_functions_is_the_derived_distance(name: str) -> None:
    laws = transport.line_laws(name)
    area = np.abs(laws.passing(laws.middles)).mean() * laws.length
    assert area == pytest.approx(laws.distance, abs=1e-5)
    data, made = laws.draw(GENERATOR, 100_000)
    apart = wasserstein_distance(data[:, 0], made[:, 0])
    assert apart == pytest.approx(laws.distance, abs=0.03)


def test_a_gap_is_an_integral_over_the_slopes() -> None:
    mean = 0.8 * ((1.2**2 + 1 / 12) - (0.2**2 + 1 / 12))
    assert SHIFTED.gap(bent(SHIFTED.edges)) == pytest.approx(mean, abs=1e-6)


def test_the_density_of_interpolates() -> None:
    density = transport.interpolates(SHIFTED.middles)
    assert density.mean() * SHIFTED.length == pytest.approx(1, abs=1e-5)
    (data, made), shares = SHIFTED.draw(GENERATOR, 200_000), GENERATOR.random((200_000, 1))
    drawn = np.histogram(shares * data + (1 - shares) * made, bins=20, range=SHIFTED.span)[0]
    assert density.reshape(20, -1).mean(axis=1) == pytest.approx(drawn / 20_000, abs=0.02)


def test_the_best_slopes_are_the_derived_ones() -> None:
    best = transport.optimum(2.0)
    for place in (10, 700, 1500):
        at = {"g": float(best.passing[place]), "rho": float(best.density[place]), "lambda": 2.0}
        assert best.slopes[place] == pytest.approx(transport.derived("anywhere", **at), abs=1e-12)
        ratio = {"theta": at["g"] / at["rho"], "lambda": 2.0}
        falling = transport.optimum(2.0, falling=True).slopes[place]
        assert falling == pytest.approx(transport.derived("spurious-slope", **ratio), abs=1e-12)


def test_the_objective_of_any_critic() -> None:
    """Directly, for a critic with slopes of both signs; and the best critic has the largest."""
    best = transport.optimum(1.0)
    slopes = slope_of_bent(SHIFTED.middles)
    direct = best.passing * slopes - best.density * (np.abs(slopes) - 1) ** 2
    assert best.objective(slopes) == pytest.approx(direct.mean() * SHIFTED.length, abs=1e-12)
    assert best.objective(best.slopes) > best.objective(best.slopes + 0.01)
    assert best.distance(best.slopes) == 0
    spurious = transport.optimum(1.0, falling=True)
    assert spurious.objective(slopes) == pytest.approx(best.objective(slopes), abs=1e-12)
    assert spurious.gap == pytest.approx(best.gap - 2 * SHIFTED.distance, abs=1e-6)


def test_every_comparison_agrees(experiment: Experiment) -> None:
    for measurement in experiment.measurements:
        drawn = measurement.name.startswith("held-out")
        wanted = Status.STATISTICAL if drawn else Status.EVIDENCE
        assert measurement.verdict.status is wanted, measurement


def test_bounds_hold(experiment: Experiment) -> None:
    found = {item.name: item for item in experiment.observations}
    for name in ("gap-spectral-shift", "gap-spectral-spread", "draws-spectral-shift"):
        assert found[name].estimate <= (found[name].predicted or 0) + 1e-9
    assert found["allowed-gap-clipped"].estimate <= 0.256
    for name in ("spectral-shift", "spectral-spread"):
        assert np.abs(experiment.series[f"slopes-of-{name}"]).max() <= 1 + 1e-9


def test_no_point_is_steeper_than_said() -> None:
    torch = pytest.importorskip("torch")
    from numerics.models.critics import slopes_of
    from numerics.models.networks import perceptron, values

    torch.manual_seed(1)
    network = perceptron(torch, (1, 8, 1))
    slopes = slopes_of(torch, network, "cpu")
    fine = np.linspace(0, 2, 5001)
    measured = np.diff(values(torch, network, fine[:, None], "cpu")) / np.diff(fine)
    middles = (fine[1:] + fine[:-1]) / 2
    assert slopes.at(middles[:, None]) == pytest.approx(measured, abs=1e-6)
    assert np.abs(measured).max() <= slopes.steepest(np.linspace(0, 2, 5))
    assert np.abs(np.diff(measured) / np.diff(middles)).max() <= slopes.bend


def objective(predicted: float) -> Measurement:
    return critic_networks.held_out_objective(
        TWO_SIDED, lambda points: bent(points[:, 0]), BENT, predicted, Setting()
    )


def test_faults_in_the_objective_are_noticed() -> None:
    """The square, or what negative slopes add to it, left out."""
    best, slopes = transport.optimum(1.0), slope_of_bent(SHIFTED.middles)
    right = best.objective(slopes)
    forgotten = right - 4 * float((best.density * np.maximum(-slopes, 0)).sum() * best.width)
    assert objective(right).verdict.status is Status.STATISTICAL
    assert objective(forgotten).verdict.status is Status.UNDECIDED
    assert objective(best.objective(best.slopes)).verdict.status is Status.UNDECIDED


def test_a_gap_without_a_part_is_noticed() -> None:
    def says(points: np.ndarray) -> np.ndarray:
        return np.minimum(points[:, 0], 1.5)

    right = SHIFTED.gap(np.minimum(SHIFTED.edges, 1.5))
    assert right == pytest.approx(7 / 8, abs=1e-6)
    for predicted, wanted in ((right, Status.STATISTICAL), (1.0, Status.UNDECIDED)):
        found = critic_networks.held_out_gap(SPECTRAL, says, predicted, Setting())
        assert found.verdict.status is wanted


def test_a_wrong_slope_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bias twice as large: linear critics and minibatches both tell."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(study, "derived", lambda name, **at: 1 + at["theta"] / at["lambda"])
    monkeypatch.setattr(study, "STARTS", study.STARTS[:1])
    (slope, *_), _ = study.linear(torch, Setting())
    for measurement in (slope, study.minibatches(torch, Setting())):
        assert measurement.verdict.status is Status.UNDECIDED
