"""The checks themselves, audited: how often they cry wolf, and what they miss.

A check by sampling promises that a true claim fails with probability at most alpha however often
one looks, and that a claim that is wrong by more than epsilon passes with at most that
(:func:`numerics.statistics.decide_mean`; the closed forms behind it are derived in
:func:`derivations.topics.sampling.sampled_check`). Here both are counted over many runs on laws
whose means are known, and tested by an exact binomial interval: the promise must not lie below its
upper end. The same draws are then given to what is done elsewhere: a fixed tolerance, three
standard errors, and a test of significance repeated after each batch.

The alphas here are 0.05 and 0.01, so that there is something to count; a run's own is 1e-6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial, reduce
from itertools import count as count_from
from operator import add
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from derivations.topics import sampling as topic
from numerics.audit import Watched, catoni_excludes, rate_below, watch
from numerics.comparisons import predict
from numerics.intervals import (
    empirical_bernstein_radius,
    hoeffding_radius,
    median_of_means_radius,
)
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting
from numerics.statistics import experiment_budget
from numerics.training import device_name

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]
#: Draws of a shape.
Draw: TypeAlias = "Callable[[np.random.Generator, tuple[int, int]], Reals]"


@dataclass(frozen=True, slots=True)
class KnownLaw:
    """A law with its mean and variance, and its bounds if it has such."""

    name: str
    words: str
    mean: float
    variance: float
    draw: Draw
    bounds: tuple[float, float] = (0.0, 1.0)

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)


def _two_points(low: float, chance: float) -> Draw:
    """1 with this chance, else ``low``."""
    return lambda rng, shape: np.where(rng.random(shape) < chance, 1.0, low)


BOUNDED = (
    KnownLaw("fair", "a fair coin", 1 / 2, 1 / 4, _two_points(0, 1 / 2)),
    KnownLaw(
        "rare", "a coin that shows heads once in a hundred", 0.01, 0.0099, _two_points(0, 0.01)
    ),
    KnownLaw("uniform", "a uniform law", 1 / 2, 1 / 12, lambda rng, shape: rng.random(shape)),
    KnownLaw("beta", "a beta law", 1 / 5, 4 / 275, lambda rng, shape: rng.beta(2, 8, shape)),
    KnownLaw("skewed", "a skewed law of two points", 0.28, 0.0576, _two_points(0.2, 0.1)),
)
UNBOUNDED = (
    KnownLaw(
        "student",
        "Student's law with three degrees of freedom",
        0.0,
        3.0,
        lambda rng, shape: rng.standard_t(3, shape),
        (-math.inf, math.inf),
    ),
    KnownLaw(
        "log-normal",
        "a log-normal law",
        math.sqrt(math.e),
        math.e * (math.e - 1),
        lambda rng, shape: rng.lognormal(size=shape),
        (0.0, math.inf),
    ),
)

#: Promised probabilities of false alarms, large enough to see some.
ALPHA, STRICT = 0.05, 0.01
#: Draws between looks. Decisions look for the first time after ``FIRST``, then at twice as many.
BATCH, FIRST = 64, 256
#: By how much claims are wrong, in units of the error that decisions leave open.
SHIFTS = np.arange(13) / 4
#: What else is done: significance at the level 0.05, three standard errors, relative tolerances.
SIGNIFICANT, ERRORS, NARROW, BROAD = float(norm.isf(ALPHA / 2)), 3.0, 0.01, 0.1
#: Draws for the intervals whose number of draws is fixed.
FIXED = 256
#: Runs that are carried out together: few enough to stay in the cache.
TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        runs: for each law.
        draws: the most in each run.
        epsilon: the error that decisions leave open, in standard deviations of the law.
    """

    runs: int
    draws: int
    epsilon: float


QUICK = Size(2_000, 1024, 1 / 4)
FULL = Size(20_000, 4096, 1 / 8)


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many runs something happened.

    Attributes:
        runs: of how many.
        left: the true mean had left its interval, at each look.
        significant: a test had been significant at this look or before.
        wide: the mean had been three standard errors off at this look or before.
        caught: decisions against a claim, for each planted shift.
        passed: decisions for it.
        samples: draws that the decisions took, in all.
        once: the mean was three standard errors off when all was drawn, for each shift.
        narrow: it was off by more than the narrow tolerance.
        broad: it was off by more than the broad one.
    """

    runs: int
    left: Reals
    significant: Reals
    wide: Reals
    caught: Reals
    passed: Reals
    samples: Reals
    once: Reals
    narrow: Reals
    broad: Reals

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def count(watched: Watched, law: KnownLaw, epsilon: float) -> Tally:
    """What became of runs, for the true mean and for claims that are off by each shift."""
    claims = law.mean + epsilon * SHIFTS
    doubling = np.isin(watched.sizes, FIRST << np.arange(watched.sizes.size))
    outcomes = [watched.at(doubling).decide(claim, epsilon) for claim in claims]
    final = watched.means[:, -1]
    off = [np.abs(final - claim) for claim in claims]
    return Tally(
        len(final),
        watched.left(law.mean).sum(axis=0, dtype=np.float64),
        _ever(watched.beyond(law.mean, SIGNIFICANT)),
        _ever(watched.beyond(law.mean, ERRORS)),
        np.array([outcome.left.sum() for outcome in outcomes], dtype=np.float64),
        np.array([outcome.passed.sum() for outcome in outcomes], dtype=np.float64),
        np.array([outcome.samples.sum() for outcome in outcomes], dtype=np.float64),
        np.array([watched.beyond(claim, ERRORS)[:, -1].sum() for claim in claims], np.float64),
        np.array([(d > NARROW * c).sum() for d, c in zip(off, claims, strict=True)], np.float64),
        np.array([(d > BROAD * c).sum() for d, c in zip(off, claims, strict=True)], np.float64),
    )


def _ever(happened: NDArray[np.bool_]) -> Reals:
    """In how many runs it had happened by each look."""
    so_far: NDArray[np.bool_] = np.logical_or.accumulate(happened, axis=1)
    return np.asarray(so_far.sum(axis=0), dtype=np.float64)


def _tally(law: KnownLaw, alpha: float, size: Size, rng: np.random.Generator) -> Iterator[Tally]:
    """The tallies of the runs, some of them at a time."""
    sizes = np.arange(BATCH, size.draws + 1, BATCH)
    for together in _groups(size.runs):
        draw = partial(_rows, law, rng, together)
        watched = watch(draw, together, sizes, law.bounds, alpha)
        yield count(watched, law, size.epsilon * law.deviation)


def _groups(runs: int) -> list[int]:
    """How many runs are carried out together, one group after the other."""
    return [min(TOGETHER, runs - start) for start in range(0, runs, TOGETHER)]


def _rows(law: KnownLaw, rng: np.random.Generator, runs: int, size: int) -> Reals:
    return law.draw(rng, (runs, size))


def _fixed_misses(law: KnownLaw, runs: int, rng: np.random.Generator) -> dict[str, int]:
    """How often each interval for a fixed number of draws misses the mean."""
    misses = dict.fromkeys(_methods(law), 0)
    for together in _groups(runs):
        sample = law.draw(rng, (together, FIXED))
        for name, method in _methods(law).items():
            misses[name] += int(method(sample, law).sum())
    return misses


def _methods(law: KnownLaw) -> dict[str, Callable[[Reals, KnownLaw], NDArray[np.bool_]]]:
    if math.isinf(law.bounds[1]):
        return {"catoni": _catoni, "median-of-means": _median_of_means}
    return {"hoeffding": _hoeffding, "empirical-bernstein": _empirical_bernstein}


def _catoni(sample: Reals, law: KnownLaw) -> NDArray[np.bool_]:
    return catoni_excludes(sample, law.mean, law.variance, ALPHA)


def _median_of_means(sample: Reals, law: KnownLaw) -> NDArray[np.bool_]:
    blocks, radius = median_of_means_radius(FIXED, law.variance, ALPHA)
    parts = sample[:, : blocks * (FIXED // blocks)].reshape(len(sample), blocks, -1)
    off: Reals = np.abs(np.median(parts.mean(axis=2), axis=1) - law.mean)
    return off > radius


def _hoeffding(sample: Reals, law: KnownLaw) -> NDArray[np.bool_]:
    off: Reals = np.abs(sample.mean(axis=1) - law.mean)
    return off > hoeffding_radius(FIXED, law.bounds, ALPHA)


def _empirical_bernstein(sample: Reals, law: KnownLaw) -> NDArray[np.bool_]:
    variances = sample.var(axis=1, ddof=1)
    off: Reals = np.abs(sample.mean(axis=1) - law.mean)
    return off > empirical_bernstein_radius(FIXED, variances, law.bounds, ALPHA)


def clairvoyant(alpha: float, epsilon: float) -> Reals:
    """Draws that whoever knew the variance would need for each shift, by the derived formula.

    A claim that is off by delta leaves an interval of half the width delta, and passes with one of
    epsilon - delta; whichever takes fewer draws comes first. ``epsilon`` is in standard deviations.
    """
    margins = epsilon * np.maximum(SHIFTS, 1 - SHIFTS)
    formula = topic.sampled_check().formulas["draws-with-variance"]
    level = math.log(2 / alpha)
    return np.array(
        [predict(formula, topic.STOPPING, {"V": 1, "L": level, "epsilon": e}) for e in margins]
    )


# What is said of the counts.


class Count(NamedTuple):
    """How often something happened that was promised to be no more probable than ``promised``."""

    name: str
    words: str
    promised: float
    hits: float
    runs: int

    def measurement(self, alpha: float, seed: int) -> Measurement:
        """The promise against an exact interval."""
        return rate_below(
            self.name, self.words, self.promised, int(self.hits), self.runs, alpha, seed
        )


def _sequence_counts(usual: Mapping[str, Tally], strict: Tally) -> Iterator[Count]:
    """False alarms of the sequences and of decisions, and wrong claims that passed."""
    often = "however often one looks"
    for law in BOUNDED:
        words = f"false alarms {often}, for {law.words}"
        one = usual[law.name]
        yield Count(f"false-alarms-{law.name}", words, ALPHA, one.left[-1], one.runs)
    words = f"false alarms {often}, all laws together"
    yield Count("false-alarms-strict", words, STRICT, strict.left[-1], strict.runs)
    every = reduce(add, usual.values())
    words = "true claims that decisions find wrong"
    yield Count("decisions-false-alarms", words, ALPHA, every.caught[0], every.runs)
    words = "claims wrong by more than the error left open that pass"
    wrong = np.flatnonzero(SHIFTS > 1)[0]
    yield Count("decisions-missed", words, ALPHA, every.passed[wrong], every.runs)


_METHODS = {
    "hoeffding": "Hoeffding's interval",
    "empirical-bernstein": "the empirical Bernstein interval",
    "catoni": "Catoni's interval",
    "median-of-means": "the interval around a median of means",
}


def _fixed_counts(rng_of: Callable[[str], np.random.Generator], runs: int) -> Iterator[Count]:
    """How often the intervals for a fixed number of draws miss the mean."""
    for law in (BOUNDED[0], *UNBOUNDED):
        for method, misses in _fixed_misses(law, runs, rng_of(f"{law.name} fixed")).items():
            words = f"{_METHODS[method]} misses the mean of {law.words}"
            yield Count(f"{method}-{law.name}", words, ALPHA, misses, runs)


def _observations(usual: Mapping[str, Tally], epsilon: float, seed: int) -> Iterator[Observation]:
    """How decisions on a fair coin compare with what else is done on the same draws."""
    fair = usual["fair"]

    def share(name: str, words: str, hits: float, predicted: float | None = None) -> Observation:
        rate = float(hits) / fair.runs
        error = math.sqrt(rate * (1 - rate) / fair.runs)
        return Observation(name, words, rate, error, fair.runs, seed, predicted)

    true, wrong, twice = np.searchsorted(SHIFTS, (0, 1, 2))
    yield share("passed-true", "true claims that pass", fair.passed[true])
    yield share("caught", "claims wrong by the error left open, caught", fair.caught[wrong])
    yield share("caught-twice", "claims wrong by twice that, caught", fair.caught[twice])
    words = "draws until a true claim is decided, on average"
    yield Observation(
        "draws",
        words,
        float(fair.samples[true] / fair.runs),
        None,
        fair.runs,
        seed,
        float(clairvoyant(ALPHA, epsilon)[true]),
    )
    words = f"false alarms of a test at the level {ALPHA}, repeated after each batch"
    yield share("peeking", words, fair.significant[-1], ALPHA)
    words = "false alarms of three standard errors, repeated after each batch"
    yield share("peeking-wide", words, fair.wide[-1], 2 * float(norm.sf(ERRORS)))
    words = "false alarms of three standard errors, looked at once"
    yield share("once", words, fair.once[true], 2 * float(norm.sf(ERRORS)))
    words = f"false alarms of a relative tolerance of {NARROW}"
    yield share("narrow", words, fair.narrow[true])
    words = f"false alarms of a relative tolerance of {BROAD}"
    yield share("broad", words, fair.broad[true])
    words = "the same for a coin that shows heads once in a hundred"
    yield share("broad-rare", words, usual["rare"].broad[true])
    words = f"claims wrong by the error left open that pass by a tolerance of {BROAD}"
    yield share("broad-missed", words, fair.runs - fair.broad[wrong])


def _series(fair: Tally, epsilon: float) -> dict[str, Reals]:
    """For the figures: shares of the runs, by look and by shift."""
    by_look = ("left", "significant", "wide")
    by_shift = ("caught", "passed", "once", "narrow", "broad")
    shares = {name: getattr(fair, name) / fair.runs for name in (*by_look, *by_shift)}
    return {
        **shares,
        "looks": np.arange(1.0, fair.left.size + 1),
        "shifts": SHIFTS,
        "draws": fair.samples / fair.runs,
        "clairvoyant": clairvoyant(ALPHA, epsilon),
        "alpha": np.array([ALPHA]),
    }


def run(setting: Setting) -> Experiment:
    """Count false alarms, missed faults and draws, of these checks and of others."""
    started = perf_counter()
    size = setting.choose(QUICK, FULL)
    shorter = replace(size, draws=size.draws // 4)
    steps = count_from(1)
    in_all = 2 * len(BOUNDED) * len(_groups(size.runs))

    def tally(law: KnownLaw, alpha: float, size: Size) -> Tally:
        found = []
        for part in _tally(law, alpha, size, setting.generator(f"{law.name} {alpha}")):
            found.append(part)
            setting.progress(next(steps) / in_all)
        return reduce(add, found)

    usual = {law.name: tally(law, ALPHA, size) for law in BOUNDED}
    strict = reduce(add, [tally(law, STRICT, shorter) for law in BOUNDED])
    counts = [*_sequence_counts(usual, strict), *_fixed_counts(setting.generator, size.runs)]
    budget = experiment_budget(*(one.name for one in counts))
    return Experiment(
        "audit",
        tuple(one.measurement(budget[one.name], setting.seed) for one in counts),
        MappingProxyType(_series(usual["fair"], size.epsilon)),
        device=device_name("cpu"),
        seconds=perf_counter() - started,
        observations=tuple(_observations(usual, size.epsilon, setting.seed)),
    )
