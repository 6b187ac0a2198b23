"""Networks trained as least-squares discriminators on pairs of laws with known densities.

With label b for the data and a for what is generated, the loss of a discriminator D is, as derived,

    E_data[(D - b)^2] / 2 + E_g[(D - a)^2] / 2
        = (b - a)^2 / 4 - (b - a)^2 X / 8 + int (p_data + p_g) (D - D*)^2 / 2,

with D* = (b p_data + a p_g) / (p_data + p_g) and X = chi^2(2 p_g || p_data + p_g), Pearson's
divergence with the second measure below the bar (Mao et al., "Least squares generative adversarial
networks", ICCV 2017, equations 2, 5 and 8). The identity holds for every D, so for a network at any
stage of its training: its loss on fresh draws is compared with the right side by quadrature. Turned
round, the loss gives a lower bound of X; how near it comes is observed only. Outputs are squashed
into the midpoint of the labels plus or minus REACH times their distance by construction, so what is
averaged is bounded, and its mean carries a guarantee.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.comparisons import agreement
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.networks import descend, milestones, perceptron, values
from numerics.models.pairs import MIXTURES, NORMALS, PAIRS, PLANE, Grid, Pair
from numerics.settings import Setting
from numerics.statistics import decide_mean, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
#: What a discriminator says at points of shape (n, d).
Discriminator: TypeAlias = Callable[[Reals], Reals]

REACH = 1.0  # outputs may leave the labels, as without squashing, by half of their distance
RATE = 0.01
#: The error left open, for labels two apart.
EPSILON = {"quick": 0.02, "full": 0.002}
#: The same where a network has memorized a few draws: its outputs then are at the ends of their
#: range, so that the standard deviation is three times as large.
COARSE = {"quick": 0.02, "full": 0.008}
MOST_DRAWS = 1 << 25
#: Where the density of the mixture is at least this part of its largest value, there is mass.
MASS = 0.02
#: How many draws of each law are too few.
FEW = 25
#: The digits to which integrals must agree: one more than matter to any comparison here.
DIGITS = 4
#: How many points of a grid have one point in a figure.
THINNED = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A network to train; the first law of the pair is the data.

    Attributes:
        name: for measurements.
        pair: the two laws.
        fake: the label a of what is generated.
        real: the label b of the data.
        wish: what the generator wants to hear, c.
        fresh: whether every step has its own draws, or all the same few.
    """

    name: str
    pair: Pair
    fake: float
    real: float
    wish: float
    fresh: bool = True

    @property
    def words(self) -> str:
        """For readers."""
        laws = self.pair.words if self.fresh else f"{self.pair.words}, only {FEW} draws of each"
        return f"{laws}, labels {self.fake:g}, {self.real:g}"


#: The usual labels, and those that meet both conditions: b - c = 1 and b - a = 2.
CASES = (
    Case("zero-one", NORMALS, 0.0, 1.0, 1.0),
    Case("normals", NORMALS, -1.0, 1.0, 0.0),
    Case("mixtures", MIXTURES, -1.0, 1.0, 0.0),
    Case("plane", PLANE, -1.0, 1.0, 0.0),
    Case("few", NORMALS, -1.0, 1.0, 0.0, fresh=False),
)
BUDGET = experiment_budget(
    *(f"loss-{case.name}" for case in CASES), *(f"chi-square-{pair.name}" for pair in PAIRS)
)


def chi_square(grid: Grid) -> float:
    """Pearson's divergence of twice the second law from the sum of both."""
    total = grid.first + grid.second
    return grid.integral((2 * grid.second - total) ** 2 / total)


def optimal(case: Case, grid: Grid) -> Reals:
    """The optimal discriminator, as it was derived."""
    return (case.real * grid.first + case.fake * grid.second) / (grid.first + grid.second)


def excess(case: Case, grid: Grid, said: Reals) -> float:
    """By how much the loss of a discriminator is larger than the least one."""
    return grid.integral((grid.first + grid.second) * (said - optimal(case, grid)) ** 2) / 2


def promised(case: Case, grid: Grid, said: Reals) -> float:
    """The loss of a discriminator, by the identity."""
    square = (case.real - case.fake) ** 2
    return square / 4 - square * chi_square(grid) / 8 + excess(case, grid, said)


def loss_by_quadrature(case: Case, grid: Grid, said: Reals) -> float:
    """The loss of a discriminator, by its definition."""
    squares = grid.first * (said - case.real) ** 2 + grid.second * (said - case.fake) ** 2
    return grid.integral(squares) / 2


def lower_bound(case: Case, loss: float) -> float:
    """What a loss says of the divergence: the least loss, solved for it."""
    return 2 - 8 * loss / (case.real - case.fake) ** 2


def twice_criterion(case: Case, grid: Grid, said: Reals) -> float:
    """Twice what the generator minimizes, the added term included."""
    return grid.integral((grid.first + grid.second) * (said - case.wish) ** 2)


def held_out(case: Case, says: Discriminator, predicted: float, setting: Setting) -> Measurement:
    """The loss of a discriminator on fresh draws, one of each law at a time."""
    name = f"loss-{case.name}"
    generator = setting.generator(name)

    def sampler(count: int) -> Reals:
        real, fake = _draws(case.pair, generator, count)
        return ((says(real) - case.real) ** 2 + (says(fake) - case.fake) ** 2) / 2

    distance = case.real - case.fake
    bounds = (0.0, ((0.5 + REACH) * distance) ** 2)
    epsilon = setting.choose(**(EPSILON if case.fresh else COARSE)) * distance**2 / 4
    decision = decide_mean(sampler, predicted, bounds, BUDGET[name], epsilon, MOST_DRAWS)
    words = f"{case.words}: loss on fresh draws"
    return decision.measurement(name, words, predicted, setting.seed)


def _draws(pair: Pair, generator: np.random.Generator, count: int) -> tuple[Reals, Reals]:
    return pair.first.draw(generator, count), pair.second.draw(generator, count)


def sampled(pair: Pair, predicted: float, setting: Setting) -> Measurement:
    """The divergence, as twice the mean of D*^2 under the equal mixture; labels -1 and 1."""
    name = f"chi-square-{pair.name}"
    generator = setting.generator(name)

    def sampler(count: int) -> Reals:
        points = np.where(generator.random((count, 1)) < 0.5, *_draws(pair, generator, count))
        halves = (pair.first.log_density(points) - pair.second.log_density(points)) / 2
        result: Reals = 2 * np.tanh(halves) ** 2
        return result

    epsilon = setting.choose(**EPSILON)
    decision = decide_mean(sampler, predicted, (0.0, 2.0), BUDGET[name], epsilon, MOST_DRAWS)
    words = f"{pair.words}: the divergence from draws of the mixture"
    return decision.measurement(name, words, predicted, setting.seed)


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after its training, and how it came there.

    Attributes:
        says: its outputs.
        steps: at which it was looked at, shape (k,).
        bounds: what its loss said of the divergence then, by quadrature, shape (k,).
    """

    says: Discriminator
    steps: Reals
    bounds: Reals


def train(torch: Any, setting: Setting, case: Case, progress: Callable[[float], None]) -> Trained:
    """Minimize the loss on minibatches of fresh draws."""
    width, batch, steps = setting.choose(quick=(16, 256, 160), full=(64, 1024, 4000))
    pair, generator = case.pair, setting.generator(f"training on {case.name}")
    network = perceptron(torch, (pair.dimension, width, width, 1)).to(setting.device)
    grid = pair.grid(coarser=2)
    seen = None if case.fresh else _draws(pair, generator, FEW)
    middle, reach = (case.real + case.fake) / 2, REACH * (case.real - case.fake)

    def outputs(points: Any) -> Any:
        return middle + reach * torch.tanh(network(points) / reach)

    def says(points: Reals) -> Reals:
        return values(torch, outputs, points, setting.device)

    def loss() -> Any:
        drawn = seen or _draws(pair, generator, batch)
        real, fake = (torch.as_tensor(points, device=setting.device) for points in drawn)
        errors = (
            ((outputs(real) - case.real) ** 2).mean(),
            ((outputs(fake) - case.fake) ** 2).mean(),
        )
        return sum(errors) / 2

    stops, bounds = milestones(steps), []

    def watch(step: int) -> None:
        if step in stops:
            bounds.append(lower_bound(case, promised(case, grid, says(grid.points))))
            progress(step / steps)

    descend(torch, network.parameters(), loss, steps, RATE, watch)
    return Trained(says, np.array(stops, dtype=np.float64), np.array(bounds))


def _compared(case: Case, trained: Trained, setting: Setting) -> tuple[Measurement, ...]:
    """The network's loss against the identity, two ways."""
    grid, coarse = case.pair.grid(), case.pair.grid(coarser=2)
    predicted = promised(case, grid, trained.says(grid.points))
    by_quadrature = agreement(
        f"identity-{case.name}",
        f"{case.words}: loss by a coarser quadrature, against the identity",
        predicted,
        loss_by_quadrature(case, coarse, trained.says(coarse.points)),
        len(grid.points),
        "quadrature",
        wanted=DIGITS,
        seed=setting.seed,
    )
    return held_out(case, trained.says, predicted, setting), by_quadrature


def _observed(case: Case, trained: Trained, seed: int) -> tuple[Observation, ...]:
    """How near a trained network is to its limits, by quadrature."""
    grid = case.pair.grid()
    said = trained.says(grid.points)
    best = optimal(case, grid)
    total = grid.first + grid.second
    massive = total >= MASS * total.max()
    found = (
        (
            "bound",
            "what its loss says of the divergence",
            float(trained.bounds[-1]),
            chi_square(grid),
        ),
        (
            "largest-error",
            "largest error where there is mass",
            float(np.abs(said - best)[massive].max()),
            0.0,
        ),
        (
            "criterion",
            "twice the generator's criterion, beside its limit",
            twice_criterion(case, grid, said),
            twice_criterion(case, grid, best),
        ),
    )
    steps = int(trained.steps[-1])
    return tuple(
        Observation(
            f"{name}-{case.name}", f"{case.words}: {words}", estimate, None, steps, seed, predicted
        )
        for name, words, estimate, predicted in found
    )


def _plotted(case: Case, trained: Trained) -> dict[str, Reals]:
    grid = case.pair.grid()
    series = {
        "steps": trained.steps,
        "bounds": trained.bounds,
        "divergence": np.array([chi_square(grid)]),
    }
    if case.pair.dimension == 1:
        series |= {
            "x": grid.points[::THINNED, 0],
            "best": optimal(case, grid)[::THINNED],
            "said": trained.says(grid.points[::THINNED]),
        }
    return {f"{name}-{case.name}": values for name, values in series.items()}


def run(setting: Setting) -> Experiment:
    """Train a discriminator for each case, and compare it with what is known of it."""
    began = perf_counter()
    measurements = [sampled(pair, chi_square(pair.grid()), setting) for pair in PAIRS]
    observations: list[Observation] = []
    series: dict[str, Reals] = {}
    with reproducible(setting) as torch:
        for done, case in enumerate(CASES):

            def progress(share: float, done: int = done) -> None:
                setting.progress((done + share) / len(CASES))

            trained = train(torch, setting, case, progress)
            measurements += _compared(case, trained, setting)
            observations += _observed(case, trained, setting.seed)
            series |= _plotted(case, trained)
    return Experiment(
        "least_squares_training",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
