"""How decisions by sampling come out, over many runs at once.

One run is what :func:`numerics.statistics.decide_mean` does: draws, looked at after each batch. The
runs stand side by side in arrays here, in the same :class:`ConfidenceSequences` that decides a
single one. The intervals at each look do not depend on what is claimed, so each run answers for
every claim at once, and for every other rule that looks at the same draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from language.claims import Status, Verdict
from numerics.intervals import Interval, catoni_radius, influence
from numerics.measurements import Measurement
from numerics.statistics import ConfidenceSequences

__all__ = ["Outcomes", "Watched", "catoni_excludes", "clopper_pearson", "rate_below", "watch"]

Reals: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How runs came out, each array of shape (runs,).

    Attributes:
        left: whether the claim left the interval.
        passed: whether the interval came to lie within epsilon of the claim.
        samples: draws until then, or all.
    """

    left: Bools
    passed: Bools
    samples: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Watched:
    """Runs as they were seen at each look.

    Attributes:
        sizes: draws so far, of shape (looks,).
        lower: lower ends of the confidence sequences, of shape (runs, looks).
        upper: their upper ends.
        means: the plain means.
        errors: their standard errors, from the sample.
    """

    sizes: NDArray[np.int64]
    lower: Reals
    upper: Reals
    means: Reals
    errors: Reals

    def left(self, claimed: float) -> Bools:
        """Whether the claim lies outside the interval, of shape (runs, looks)."""
        return (claimed < self.lower) | (self.upper < claimed)

    def decide(self, claimed: float, epsilon: float) -> Outcomes:
        """What ``decide_mean`` makes of a claim when it looks when these runs were looked at."""
        left = self.left(claimed)
        within = (claimed - epsilon <= self.lower) & (self.upper <= claimed + epsilon)
        settled = left | within
        settled[:, -1] = True
        look = settled.argmax(axis=1)
        runs = np.arange(len(look))
        return Outcomes(left[runs, look], (within & ~left)[runs, look], self.sizes[look])

    def beyond(self, claimed: float, errors: float) -> Bools:
        """Whether the mean is more than so many standard errors off, of shape (runs, looks)."""
        return np.abs(self.means - claimed) > errors * self.errors

    def at(self, looks: NDArray[np.bool_]) -> Watched:
        """The same runs, looked at less often."""
        arrays = (self.lower, self.upper, self.means, self.errors)
        return Watched(self.sizes[looks], *(array[:, looks] for array in arrays))


def watch(
    draw: Callable[[int], Reals],
    runs: int,
    sizes: NDArray[np.int64],
    bounds: tuple[float, float],
    alpha: float,
) -> Watched:
    """Carry out ``runs`` runs and look at them when they have as many draws as ``sizes`` says.

    Args:
        draw: returns draws of shape (runs, given number), all within ``bounds``.
        runs: how many there are.
        sizes: increasing; the first is at least 2.
        bounds: where the variable certainly lies.
        alpha: of each run.
    """
    sequences = ConfidenceSequences(bounds, alpha, runs)
    seen = []
    for size in np.diff(sizes, prepend=0):
        sequences.add(draw(int(size)))
        errors = np.sqrt(sequences.variances / sequences.samples)
        seen.append((sequences.lower, sequences.upper, sequences.means, errors))
    return Watched(sizes, *(np.stack(parts, axis=1) for parts in zip(*seen, strict=True)))


def catoni_excludes(sample: Reals, claimed: float, variance: float, alpha: float) -> Bools:
    """Whether Catoni's interval of each row excludes ``claimed``, for draws of shape (runs, n).

    The sum of the influences falls in the centre, and the estimate is its zero: so the estimate is
    more than the radius away if the sum has not yet, or already, changed its sign there.
    """
    radius, scale = catoni_radius(sample.shape[1], variance, alpha)
    above = influence(scale * (sample - (claimed + radius))).sum(axis=1) > 0
    below = influence(scale * (sample - (claimed - radius))).sum(axis=1) < 0
    return np.asarray(above | below, dtype=np.bool_)


def clopper_pearson(hits: int, runs: int, alpha: float) -> Interval:
    """An interval for a probability that misses it with probability at most ``alpha``.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika 26 (1934).
    """
    lower = float(beta.ppf(alpha / 2, hits, runs - hits + 1)) if hits else 0.0
    upper = float(beta.isf(alpha / 2, hits + 1, runs - hits)) if hits < runs else 1.0
    return Interval(lower, upper)


def rate_below(
    name: str, words: str, promised: float, hits: int, runs: int, alpha: float, seed: int
) -> Measurement:
    """How often something happened that was promised to happen with at most this probability.

    STATISTICAL if the whole exact interval lies at or below the promise: were the probability
    larger than promised, this would be said with probability at most ``alpha``.
    """
    rate = hits / runs
    interval = clopper_pearson(hits, runs, alpha)
    where = f"{hits:,} of {runs:,} runs, so the probability is in "
    where += f"[{interval.lower:.3g}, {interval.upper:.3g}]"
    kept = interval.upper <= promised
    status = Status.STATISTICAL if kept else Status.UNDECIDED
    if kept:
        reason = f"{where}, not above the promised {promised:g}."
    elif interval.lower > promised:
        reason = f"{where}, above the promised {promised:g}."
    else:
        reason = f"{where}, which does not tell whether the promised {promised:g} is kept."
    verdict = Verdict(status, "exact binomial interval", "the laws drawn from", reason, alpha=alpha)
    error = float(np.sqrt(rate * (1 - rate) / runs))
    return Measurement(
        name, words, promised, rate, interval.lower, interval.upper, runs, seed, verdict, error
    )
