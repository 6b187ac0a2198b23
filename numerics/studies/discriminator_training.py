"""Networks trained as discriminators on pairs of laws whose densities are known.

What a discriminator D says of the Jensen-Shannon divergence is, as derived,

    log 2 + E_{p1}[log D] / 2 + E_{p0}[log(1 - D)] / 2
        = JSD(p0, p1) - E_mu[KL(Bernoulli(D*) || Bernoulli(D))],    mu = (p0 + p1) / 2,

with D* = f1 / (f0 + f1) (Goodfellow et al., "Generative adversarial nets", NeurIPS 2014,
Proposition 1 and Theorem 1). The identity holds for every D, so for a network at any stage of its
training: its held-out draws are compared with the right side by quadrature. How near the network
comes to D*, to the density ratio and to the divergence is observed only. The logit is squashed into
(-LIMIT, LIMIT) by construction, so what is averaged is bounded, and its mean carries a guarantee.
"""

from __future__ import annotations

import math
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
from numerics.models.pairs import NORMALS, PAIRS, Grid, Pair
from numerics.settings import Setting
from numerics.statistics import decide_mean, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
#: The logits of a discriminator at points of shape (n, d).
Logits: TypeAlias = Callable[[Reals], Reals]

LIMIT = 8.0  # of logits, in nats; larger than those of D* wherever there is mass
RATE = 0.01
#: Where the density of the mixture is at least this part of its largest value, there is mass.
MASS = 0.02
#: How many draws of each law are too few.
FEW = 25
#: The error left open, in nats.
EPSILON = {"quick": 0.02, "full": 0.004}
#: The same where a network has memorized a few draws: its logits then spread over all that LIMIT
#: allows, so that the standard deviation is many times as large.
COARSE = {"quick": 0.02, "full": 0.016}
MOST_DRAWS = 1 << 23
#: The digits to which integrals must agree: one more than matter to any comparison here.
DIGITS = 4
#: How many points of a grid have one point in a figure.
THINNED = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A network to train: on fresh draws in every step, or always on the same few.

    Attributes:
        name: for measurements.
        words: for readers.
        pair: the two laws; the second is class one.
        fresh: whether every step has its own draws.
    """

    name: str
    words: str
    pair: Pair
    fresh: bool = True


CASES = (
    *(Case(pair.name, pair.words, pair) for pair in PAIRS),
    Case("few", f"{NORMALS.words}, only {FEW} draws of each", NORMALS, fresh=False),
)
BUDGET = experiment_budget(*(f"bound-{case.name}" for case in CASES))


def divergence(grid: Grid) -> float:
    """The Jensen-Shannon divergence by its definition, in nats."""
    middle = (grid.first + grid.second) / 2
    halves = grid.first * np.log(grid.first / middle) + grid.second * np.log(grid.second / middle)
    return grid.integral(halves) / 2


def bound(grid: Grid, logits: Reals) -> float:
    """What a discriminator says of the divergence: log 2 and half of its objective."""
    objective = grid.second * _softplus(-logits) + grid.first * _softplus(logits)
    return math.log(2) - grid.integral(objective) / 2


def shortfall(grid: Grid, logits: Reals) -> float:
    """Mean Bernoulli divergence of D* from a discriminator, under the mixture of both laws."""
    best = grid.share
    inside = best * (np.log(best) + _softplus(-logits))
    inside += (1 - best) * (np.log(grid.first / (grid.first + grid.second)) + _softplus(logits))
    return grid.integral(inside * (grid.first + grid.second)) / 2


def held_out(case: Case, says: Logits, predicted: float, setting: Setting) -> Measurement:
    """The bound of a discriminator on fresh draws, one of each law at a time."""
    name = f"bound-{case.name}"
    generator = setting.generator(name)

    def sampler(count: int) -> Reals:
        first, second = _draws(case.pair, generator, count)
        return math.log(2) - (_softplus(-says(second)) + _softplus(says(first))) / 2

    bounds = (math.log(2) - float(_softplus(np.array(LIMIT))), math.log(2))
    epsilon = setting.choose(**(EPSILON if case.fresh else COARSE))
    decision = decide_mean(sampler, predicted, bounds, BUDGET[name], epsilon, MOST_DRAWS)
    words = f"{case.words}: bound on fresh draws, predicted from its shortfall"
    return decision.measurement(name, words, predicted, setting.seed)


def _draws(pair: Pair, generator: np.random.Generator, count: int) -> tuple[Reals, Reals]:
    return pair.first.draw(generator, count), pair.second.draw(generator, count)


def _logistic(x: Reals) -> Reals:
    result: Reals = 1 / (1 + np.exp(-x))
    return result


def _softplus(x: Reals) -> Reals:
    result: Reals = np.logaddexp(0.0, x)
    return result


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after its training, and how it came there.

    Attributes:
        says: its logits.
        steps: at which it was looked at, shape (k,).
        gaps: by how much its bound fell short of the divergence then, in nats, shape (k,).
        seen: the draws of either law that all steps had in common; None if there were none.
    """

    says: Logits
    steps: Reals
    gaps: Reals
    seen: tuple[Reals, Reals] | None


def train(torch: Any, setting: Setting, case: Case, progress: Callable[[float], None]) -> Trained:
    """Maximize the discriminator's objective, a minibatch a step."""
    width, batch, steps = setting.choose(quick=(16, 256, 160), full=(64, 1024, 4000))
    pair, generator = case.pair, setting.generator(f"training on {case.name}")
    network = perceptron(torch, (pair.dimension, width, width, 1)).to(setting.device)
    grid = pair.grid(coarser=2)
    softplus = torch.nn.functional.softplus
    seen = None if case.fresh else _draws(pair, generator, FEW)

    def logits(points: Any) -> Any:
        return LIMIT * torch.tanh(network(points) / LIMIT)

    def says(points: Reals) -> Reals:
        return values(torch, logits, points, setting.device)

    def loss() -> Any:
        drawn = seen or _draws(pair, generator, batch)
        first, second = (torch.as_tensor(points, device=setting.device) for points in drawn)
        return softplus(-logits(second)).mean() + softplus(logits(first)).mean()

    stops, gaps = milestones(steps), []

    def watch(step: int) -> None:
        if step in stops:
            gaps.append(shortfall(grid, says(grid.points)))
            progress(step / steps)

    descend(torch, network.parameters(), loss, steps, RATE, watch)
    return Trained(says, np.array(stops, dtype=np.float64), np.array(gaps), seen)


def _observed(case: Case, trained: Trained, seed: int) -> tuple[Observation, ...]:
    """How near a trained network is to its limits, by quadrature."""
    grid = case.pair.grid()
    logits = trained.says(grid.points)
    said = _logistic(logits)
    mixture = (grid.first + grid.second) / 2
    massive = mixture >= MASS * mixture.max()
    ratio_error = np.abs(logits - np.log(grid.second / grid.first))
    value = divergence(grid)
    found = [
        ("trained", "the trained network's bound", bound(grid, logits), value),
        ("gap", "by how much it misses the divergence", float(trained.gaps[-1]), 0.0),
        (
            "largest-error",
            "largest distance from the optimal one where there is mass",
            float(np.abs(said - grid.share)[massive].max()),
            0.0,
        ),
        (
            "ratio",
            "mean error of the log density ratio, under the mixture",
            grid.integral(mixture * ratio_error),
            0.0,
        ),
        (
            "mass",
            "mass of the second density, rebuilt from the first",
            grid.integral(grid.first * said / (1 - said)),
            1.0,
        ),
    ]
    if trained.seen is not None:
        first, second = (trained.says(drawn) for drawn in trained.seen)
        seen = math.log(2) - float(_softplus(first).mean() + _softplus(-second).mean()) / 2
        found.append(("seen", "its bound on the draws it was trained on", seen, value))
    steps = int(trained.steps[-1])
    return tuple(
        Observation(
            f"{name}-{case.name}", f"{case.words}: {words}", estimate, None, steps, seed, predicted
        )
        for name, words, estimate, predicted in found
    )


def _compared(case: Case, trained: Trained, setting: Setting) -> tuple[Measurement, ...]:
    """The network's bound against the divergence less its shortfall, two ways."""
    grid = case.pair.grid()
    logits = trained.says(grid.points)
    promised = divergence(grid) - shortfall(grid, logits)
    coarse = case.pair.grid(coarser=2)
    by_quadrature = agreement(
        f"identity-{case.name}",
        f"{case.words}: bound by a coarser quadrature, predicted from its shortfall",
        promised,
        bound(coarse, trained.says(coarse.points)),
        len(grid.points),
        "quadrature",
        wanted=DIGITS,
        seed=setting.seed,
    )
    return held_out(case, trained.says, promised, setting), by_quadrature


def _plotted(case: Case, trained: Trained) -> dict[str, Reals]:
    grid = case.pair.grid()
    series = {
        "steps": trained.steps,
        "gaps": trained.gaps,
        "divergence": np.array([divergence(grid)]),
    }
    if case.pair.dimension == 1:
        series |= {
            "x": grid.points[::THINNED, 0],
            "best": grid.share[::THINNED],
            "said": _logistic(trained.says(grid.points[::THINNED])),
        }
    return {f"{name}-{case.name}": values for name, values in series.items()}


def run(setting: Setting) -> Experiment:
    """Train a discriminator for each case, and compare it with what is known of it."""
    began = perf_counter()
    measurements: list[Measurement] = []
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
        "discriminator_training",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
