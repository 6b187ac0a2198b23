"""Trained least-squares discriminators: the identity holds for any, a missing term is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from derivations.topics.least_squares_gan import RATIO, generator_criterion, pearson_chi_square
from language.claims import Status
from numerics.comparisons import predict
from numerics.measurements import Experiment
from numerics.models.pairs import MIXTURES, NORMALS, Grid
from numerics.settings import Setting
from numerics.studies import least_squares_training as study
from quick_studies import quick

USUAL, SYMMETRIC = study.CASES[:2]


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return quick("least_squares_training")


def on_two_points(share: float) -> Grid:
    """A fair coin as data, and a generator's share of heads."""
    return Grid(np.zeros((2, 1)), np.array((0.5, 0.5)), np.array((share, 1 - share)), 1.0)


def test_the_divergence_is_the_derived_one() -> None:
    solution = pearson_chi_square()
    for share in (0.1, 0.75, 1.0):
        value = predict(solution.formulas["two-points-triangular"], RATIO, {"q": share})
        assert study.chi_square(on_two_points(share)) == pytest.approx(value, abs=1e-14)


def test_the_divergence_is_right_to_ten_digits() -> None:
    def inside(x: float) -> float:
        f0, f1 = norm.pdf(x), norm.pdf(x, 1)
        return (f0 - f1) ** 2 / (f0 + f1)

    value, _ = quad(inside, -9, 10, epsabs=1e-13)
    assert study.chi_square(NORMALS.grid()) == pytest.approx(value, abs=1e-11)


def test_what_the_generator_minimizes_is_the_derived_criterion() -> None:
    """On two points, where it is known without the added term."""
    grid, share = on_two_points(0.3), 0.3
    labels = {"a": USUAL.fake, "b": USUAL.real, "c": USUAL.wish}
    solution = generator_criterion()
    own = predict(
        solution.formulas["without-term-on-two-points"],
        RATIO,
        {**labels, "q": share},
    )
    said = study.optimal(USUAL, grid)
    added = float(((said - USUAL.wish) ** 2) @ grid.first)
    assert study.twice_criterion(USUAL, grid, said) == pytest.approx(own + added, abs=1e-14)


@pytest.mark.parametrize("case", study.CASES, ids=lambda case: case.name)
def test_the_identity_holds_for_any_discriminator(case: study.Case) -> None:
    grid = case.pair.grid()
    said = np.sin(grid.points.sum(axis=1)) + 0.2
    direct = study.loss_by_quadrature(case, grid, said)
    assert study.promised(case, grid, said) == pytest.approx(direct, abs=1e-12)


def test_the_criterion_is_the_divergence_where_both_conditions_hold() -> None:
    grid = MIXTURES.grid()
    said = study.optimal(SYMMETRIC, grid)
    divergence = study.chi_square(grid)
    assert study.twice_criterion(SYMMETRIC, grid, said) == pytest.approx(divergence, abs=1e-12)
    loss = study.promised(SYMMETRIC, grid, said)
    assert study.lower_bound(SYMMETRIC, loss) == pytest.approx(divergence, abs=1e-12)


def test_every_comparison_agrees(experiment: Experiment) -> None:
    for measurement in experiment.measurements:
        wanted = Status.EVIDENCE if "identity" in measurement.name else Status.STATISTICAL
        assert measurement.verdict.status is wanted, measurement


def test_what_happens_between_the_points_of_the_grid_is_noticed() -> None:
    """A network that is steeper than the grid is fine would have a wrong prediction."""

    def oscillates(points: np.ndarray) -> np.ndarray:
        return np.cos(points[:, 0] * np.pi / NORMALS.step) + 0.5

    trained = study.Trained(oscillates, np.ones(1), np.ones(1))
    (_, by_quadrature) = study._compared(SYMMETRIC, trained, Setting())
    assert by_quadrature.verdict.status is Status.UNDECIDED


def test_bounds_stay_below_the_divergence(experiment: Experiment) -> None:
    for case in study.CASES:
        bounds = experiment.series[f"bounds-{case.name}"]
        (divergence,) = experiment.series[f"divergence-{case.name}"]
        assert (bounds < divergence).all()
        if case.fresh:
            assert bounds[-1] > bounds[0]


def says_too_little(points: np.ndarray) -> np.ndarray:
    return -0.1 * points[:, 0]


def test_faults_are_noticed() -> None:
    """No excess; twice of it; the divergence of the two laws themselves, in either order."""
    grid = NORMALS.grid()
    said = says_too_little(grid.points)
    right = study.promised(SYMMETRIC, grid, said)
    missing = study.excess(SYMMETRIC, grid, said)
    between = grid.integral((grid.first - grid.second) ** 2 / grid.second)
    wrong = right + (study.chi_square(grid) - between) / 2

    def status(predicted: float) -> Status:
        return study.held_out(SYMMETRIC, says_too_little, predicted, Setting()).verdict.status

    assert status(right) is Status.STATISTICAL
    for predicted in (right - missing, right + missing, wrong):
        assert status(predicted) is Status.UNDECIDED
    half = study.sampled(NORMALS, study.chi_square(grid) / 2, Setting())
    assert half.verdict.status is Status.UNDECIDED
