"""Networks as critics, beside what holds for every critic and beside the known distance.

On the line (see :mod:`numerics.models.transport`) the gap of a critic is an integral over its
slopes, and its penalized objective falls short of the derived maximum by a square. Both are
compared on fresh draws, with a guarantee, for laws on intervals, where gaps and slopes are bounded.
How near a network comes to the distance is observed only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.measurements import Measurement, Observation
from numerics.models.critics import Constraint, Slopes, slopes_of, train_critic
from numerics.models.networks import values
from numerics.models.transport import SHIFT, known_laws, line_laws, optimum
from numerics.settings import Setting
from numerics.statistics import Sampler, decide_mean, experiment_budget

__all__ = ["BUDGET", "CASES", "COMPARED", "PENALTIES", "TWO_SIDED", "Case", "Outcome", "measure"]

Reals: TypeAlias = NDArray[np.float64]
#: A function of points of shape (n, d).
Function: TypeAlias = Callable[[Reals], Reals]

#: The weights of the penalty, and those of them that are looked at more closely.
PENALTIES = (0.75, 1.0, 2.0, 5.0, 10.0)
COMPARED = (1.0, 10.0)
#: The error left open: what a standard deviation near a half and some 2^16 or 2^19 draws resolve.
EPSILON = {"quick": 0.03, "full": 0.006}
MOST_DRAWS = 1 << 22
STEPS = {"quick": 150, "full": 2000}
RATE = 0.01


@dataclass(frozen=True, slots=True)
class Case:
    """A network to train.

    Attributes:
        name: for measurements.
        laws: the name of the laws.
        hidden: the widths of its hidden layers.
        activation: between the layers.
        constraint: on its slopes.
        falling: whether it is made to say less of data at first.
        quick: whether it is trained at the quick level too.
    """

    name: str
    laws: str
    hidden: tuple[int, ...]
    activation: str
    constraint: Constraint
    falling: bool = False
    quick: bool = False

    @property
    def words(self) -> str:
        """For readers."""
        start = ", falling at first" if self.falling else ""
        return f"{known_laws()[self.laws].words}, {self.constraint.words}{start}"


def _penalized(weight: float, start: str = "", *, one_sided: bool = False) -> Case:
    name = f"{'one' if one_sided else 'two'}-sided-{start}{weight:g}"
    constraint = Constraint(penalty=weight, one_sided=one_sided)
    return Case(name, "shift", (64,), "Tanh", constraint, bool(start), quick=weight == 1)


def _spectral(laws: str, *, quick: bool) -> Case:
    constraint = Constraint(spectral=True)
    return Case(f"spectral-{laws}", laws, (32, 32), "ReLU", constraint, quick=quick)


TWO_SIDED = (
    *(_penalized(weight) for weight in PENALTIES),
    *(_penalized(weight, "falling-") for weight in COMPARED),
)
SPECTRAL = _spectral("shift", quick=True)
CASES = (
    *TWO_SIDED,
    _penalized(1.0, one_sided=True),
    Case("clipped", "shift", (16, 16), "ReLU", Constraint(clip=0.1), quick=True),
    SPECTRAL,
    _spectral("spread", quick=True),
    _spectral("plane", quick=False),
    Case("two-sided-plane", "plane", (64,), "Tanh", Constraint(penalty=10.0)),
)
#: For these and for one more comparison of the study.
BUDGET = experiment_budget("minibatches", *(case.name for case in (SPECTRAL, *TWO_SIDED)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found with one network, as an experiment reports it."""

    measurements: tuple[Measurement, ...] = ()
    observations: tuple[Observation, ...] = ()
    series: Mapping[str, Reals] = field(default_factory=lambda: MappingProxyType({}))


def held_out(
    case: Case,
    sampler: Sampler,
    bounds: tuple[float, float],
    predicted: float,
    words: str,
    setting: Setting,
) -> Measurement:
    """A mean over fresh draws against what holds for every critic."""
    decision = decide_mean(
        sampler, predicted, bounds, BUDGET[case.name], setting.choose(**EPSILON), MOST_DRAWS
    )
    words = f"{case.words}: {words}"
    return decision.measurement(f"held-out-{case.name}", words, predicted, setting.seed)


def held_out_gap(case: Case, says: Function, predicted: float, setting: Setting) -> Measurement:
    """The gap of a critic whose slopes are at most one, against the integral over its slopes."""
    laws, generator = line_laws(case.laws), setting.generator(f"held out {case.name}")

    def sampler(count: int) -> Reals:
        data, made = laws.draw(generator, count)
        return says(data) - says(made)

    words = "gap on fresh draws"
    return held_out(case, sampler, (-laws.length, laws.length), predicted, words, setting)


def held_out_objective(
    case: Case, says: Function, slopes: Slopes, predicted: float, setting: Setting
) -> Measurement:
    """The two-sided penalized objective of a critic, against its derived maximum less a square."""
    laws, generator = line_laws(case.laws), setting.generator(f"held out {case.name}")
    weight, steepest = case.constraint.penalty, slopes.steepest(laws.edges)

    def sampler(count: int) -> Reals:
        data, made = laws.draw(generator, count)
        shares = generator.random((count, 1))
        excess = np.abs(slopes.at(shares * data + (1 - shares) * made)) - 1
        return says(data) - says(made) - weight * excess**2

    farthest = steepest * laws.length
    bounds = (-farthest - weight * max(1.0, steepest - 1) ** 2, farthest)
    words = "penalized objective on fresh draws"
    return held_out(case, sampler, bounds, predicted, words, setting)


def on_fresh_draws(case: Case, says: Function, setting: Setting) -> Observation:
    """What a critic finds between fresh draws, beside a distance.

    On the line this is the distance of the draws themselves, which no critic with slopes of at most
    one exceeds; in the plane that of the laws.
    """
    laws = known_laws()[case.laws]
    count = setting.choose(quick=500, full=20_000)
    data, made = laws.draw(setting.generator(f"fresh draws for {case.name}"), count)
    gaps = says(data) - says(made)
    of, distance = "the laws", laws.distance
    if laws.dimension == 1:
        from scipy.stats import wasserstein_distance

        of, distance = "these draws", float(wasserstein_distance(data[:, 0], made[:, 0]))
    return Observation(
        f"draws-{case.name}",
        f"{case.words}: gap between fresh draws, beside the distance of {of}",
        float(gaps.mean()),
        float(gaps.std(ddof=1)) / count**0.5,
        count,
        setting.seed,
        distance,
    )


def measure(torch: Any, setting: Setting, case: Case) -> Outcome:
    """Train a network, and compare it with what is known of it."""
    says, network = trained(torch, setting, case)
    if known_laws()[case.laws].dimension > 1:
        return Outcome(observations=(on_fresh_draws(case, says, setting),))
    laws = line_laws(case.laws)
    at_edges = says(laws.edges[:, None])
    gap = laws.gap(at_edges)
    found = [("gap", "gap, beside the distance", gap, laws.distance)]
    compared: tuple[Measurement, ...] = ()
    if case.constraint.penalty:
        best = optimum(case.constraint.penalty, falling=case.falling)
        slopes = slopes_of(torch, network, setting.device)
        at_middles = slopes.at(laws.middles[:, None])
        apart = best.distance(at_middles)
        which = "best falling" if case.falling else "best"
        found += [
            ("best-gap", f"gap, beside that of the derived {which} critic", gap, best.gap),
            ("slope-error", "root mean squared error of its slopes, interpolated", apart, 0.0),
        ]
        if case in TWO_SIDED:
            predicted = best.objective(at_middles)
            compared = (held_out_objective(case, says, slopes, predicted, setting),)
    if case.constraint.clip is not None:
        most = case.constraint.clip ** (len(case.hidden) + 1) * math.prod(case.hidden) * SHIFT
        found.append(("allowed-gap", "gap, beside the most that its weights allow", gap, most))
    if case is SPECTRAL:
        compared = (held_out_gap(case, says, gap, setting),)
    steps = setting.choose(**STEPS)
    integrated = tuple(
        Observation(
            f"{name}-{case.name}", f"{case.words}: {words}", value, None, steps, setting.seed, limit
        )
        for name, words, value, limit in found
    )
    if case.constraint.spectral:
        integrated += (on_fresh_draws(case, says, setting),)
    series = {f"slopes-of-{case.name}": np.diff(at_edges) / np.diff(laws.edges)}
    return Outcome(compared, integrated, MappingProxyType(series))


def trained(torch: Any, setting: Setting, case: Case) -> tuple[Function, Any]:
    """A critic as a function of points, and the network itself."""
    laws = known_laws()[case.laws]
    batch = setting.choose(quick=128, full=256)
    generator = setting.generator(f"training {case.name}")
    network = train_critic(
        torch,
        (laws.dimension, *case.hidden, 1),
        case.activation,
        case.constraint,
        lambda: laws.draw(generator, batch),
        setting.choose(**STEPS),
        RATE,
        setting.device,
        falling=case.falling,
    )
    return lambda points: values(torch, network, points, setting.device), network
