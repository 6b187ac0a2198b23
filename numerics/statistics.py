"""Means by sampling, with guarantees that hold however often one looks.

Bounded variables get the predictable plug-in empirical-Bernstein confidence sequence of
Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86
(2024; online 2023), Theorem 2. For observations X_1, X_2, ... in [0, 1] with conditional mean mu,

    C_t = ( sum lambda_i X_i  +-  (log(2/alpha) + sum v_i psi(lambda_i)) ) / sum lambda_i,
    v_i = 4 (X_i - m_{i-1})^2,    psi(l) = (-log(1 - l) - l) / 4,

contains mu for all t at once with probability at least 1 - alpha, for every predictable sequence
lambda_i in (0, 1). The sequence used is the one recommended there,

    lambda_t = min( sqrt(2 log(2/alpha) / (s_{t-1} t log(1 + t))), 1/2 ),
    m_t = (1/2 + sum X_i) / (t + 1),    s_t = (1/4 + sum (X_i - m_i)^2) / (t + 1).

Unbounded variables whose variance is known in closed form get Catoni's M-estimator. The range or
the variance is never estimated from the same draws.

Nothing here fails a check by accident: a claimed value that leaves its interval is reported with
status UNDECIDED (REFUTED is kept for proofs), and whoever asked for STATISTICAL has a finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from language.claims import Status, Verdict
from numerics.intervals import (
    Interval,
    catoni_interval,
    check_within,
    checked_alpha,
    checked_bounds,
)
from numerics.measurements import Measurement

__all__ = [
    "EXPERIMENTS_AT_MOST",
    "RUN_ALPHA",
    "ConfidenceSequence",
    "ConfidenceSequences",
    "Decision",
    "ErrorBudget",
    "Interval",
    "Sampler",
    "catoni_interval",
    "confidence_sequence",
    "decide_mean",
    "decide_mean_with_variance",
    "experiment_budget",
]

#: Probability that any statistical check of a whole run raises a false alarm.
RUN_ALPHA = 1e-6
#: The run's budget has room for this many experiments, whichever of them are run.
EXPERIMENTS_AT_MOST = 64

_LARGEST_BET = 0.5
#: Draws taken in at a time, at most: what they need of memory is some hundred bytes each.
_LARGEST_BATCH = 1 << 20

#: Draws a given number of independent values.
Sampler: TypeAlias = "Callable[[int], NDArray[np.float64]]"


class ConfidenceSequences:
    """The running intersections of the intervals C_t of the module's docstring, for many runs.

    The runs are independent of each other and as long as each other. They may be looked at after
    every batch. Values lie in ``bounds``; alpha is in (0, 1), for each run.

    Attributes:
        samples: how many draws each run has had.
        lower: the lower ends so far, of shape (runs,).
        upper: the upper ends.
        means: the plain means of what was drawn.
    """

    def __init__(self, bounds: tuple[float, float], alpha: float, runs: int) -> None:
        self._low, self._span = checked_bounds(bounds)
        self._log = math.log(2 / checked_alpha(alpha))
        self.samples = 0
        self.lower = np.full(runs, self._low)
        self.upper = np.full(runs, self._low + self._span)
        self.means = np.full(runs, math.nan)
        self._deviations = np.zeros(runs)
        # The sums of X_i, (X_i - m_i)^2, lambda_i, lambda_i X_i and v_i psi(lambda_i).
        self._sums = np.zeros((5, runs))

    @property
    def variances(self) -> NDArray[np.float64]:
        """The sample variances, with n - 1 below the line; at least two draws are needed."""
        return self._deviations / (self.samples - 1)

    def add(self, batch: NDArray[np.float64]) -> None:
        """Take in a batch of shape (runs, draws).

        The intervals are intersected after every single observation, not only at the batch's end.
        An empty intersection (lower above upper) can happen only where coverage has failed, or
        the assumptions have; it excludes every claim.
        """
        x = self._scaled(batch)
        totals, squares, bets, weighted, penalties = self._sums[:, :, None]
        t = self.samples + np.arange(1, x.shape[1] + 1, dtype=np.float64)
        first = (0.5 + totals) / (self.samples + 1)
        totals = totals + np.cumsum(x, axis=1)
        means = (0.5 + totals) / (t + 1)
        before = np.hstack((first, means[:, :-1]))
        later = squares + np.cumsum((x - means) ** 2, axis=1)
        spreads = (0.25 + np.hstack((squares, later[:, :-1]))) / t
        bet = np.minimum(np.sqrt(2 * self._log / (spreads * t * np.log1p(t))), _LARGEST_BET)
        psi = (-np.log1p(-bet) - bet) / 4
        bets = bets + np.cumsum(bet, axis=1)
        weighted = weighted + np.cumsum(bet * x, axis=1)
        penalties = penalties + np.cumsum(4 * (x - before) ** 2 * psi, axis=1)
        self._sums = np.stack([part[:, -1] for part in (totals, later, bets, weighted, penalties)])
        self._describe(x)
        self._intersect(weighted / bets, (self._log + penalties) / bets)

    def _scaled(self, batch: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.asarray(batch, dtype=np.float64)
        if values.ndim != 2 or not values.size or len(values) != len(self.lower):
            raise ValueError(
                f"expected a batch with values for {len(self.lower)} runs, found {values.shape}"
            )
        check_within(values, (self._low, self._low + self._span))
        return np.clip((values - self._low) / self._span, 0.0, 1.0)

    def _describe(self, x: NDArray[np.float64]) -> None:
        """Means and sums of squared deviations, put together from those of the parts."""
        size, before = x.shape[1], self.samples
        mean = x.mean(axis=1)
        deviations = self._span**2 * ((x - mean[:, None]) ** 2).sum(axis=1)
        centres = self._low + self._span * mean
        self.samples = before + size
        if not before:
            self.means, self._deviations = centres, deviations
            return
        gap = centres - self.means
        self._deviations = self._deviations + deviations + gap**2 * (before * size / self.samples)
        self.means = self.means + gap * (size / self.samples)

    def _intersect(self, centres: NDArray[np.float64], half_widths: NDArray[np.float64]) -> None:
        lower = self._low + self._span * (centres - half_widths).max(axis=1)
        upper = self._low + self._span * (centres + half_widths).min(axis=1)
        self.lower, self.upper = np.maximum(self.lower, lower), np.minimum(self.upper, upper)


class ConfidenceSequence:
    """The running intersection of the intervals C_t of the module's docstring: one run.

    It may be looked at after every batch. Values lie in ``bounds``; alpha is in (0, 1).
    """

    def __init__(self, bounds: tuple[float, float], alpha: float) -> None:
        self._run = ConfidenceSequences(bounds, alpha, 1)

    @property
    def samples(self) -> int:
        """How many values were drawn."""
        return self._run.samples

    @property
    def interval(self) -> Interval:
        """The interval so far."""
        return Interval(float(self._run.lower[0]), float(self._run.upper[0]))

    @property
    def estimate(self) -> float:
        """The plain mean of what was drawn."""
        if not self.samples:
            raise ValueError("expected at least one observation, found none; add a batch first")
        return float(self._run.means[0])

    @property
    def standard_error(self) -> float:
        """Of the plain mean: the sample's standard deviation over the root of its size."""
        if self.samples < 2:
            raise ValueError("expected at least two observations; add a batch first")
        return math.sqrt(float(self._run.variances[0]) / self.samples)

    def add(self, batch: NDArray[np.float64]) -> Interval:
        """Take in a batch (one-dimensional, not empty) and return the interval after it."""
        values = np.asarray(batch, dtype=np.float64)
        if values.ndim != 1 or not values.size:
            raise ValueError(
                f"expected a batch of one dimension with values in it, found shape {values.shape}"
            )
        self._run.add(values[None, :])
        return self.interval


def confidence_sequence(
    batches: Iterable[NDArray[np.float64]], bounds: tuple[float, float], alpha: float
) -> Iterator[Interval]:
    """The running interval after each batch of observations with values in ``bounds``.

    With probability at least 1 - ``alpha`` the mean lies in all of them.

    >>> intervals = list(confidence_sequence([np.full(100, 0.5), np.full(100, 0.5)], (0, 1), 0.05))
    >>> intervals[0].lower < intervals[1].lower < 0.5 < intervals[1].upper < intervals[0].upper
    True
    """
    sequence = ConfidenceSequence(bounds, alpha)
    for batch in batches:
        yield sequence.add(batch)


class Decision(NamedTuple):
    """How a claimed mean came out, with the estimate, its interval and its standard error."""

    verdict: Verdict
    estimate: float
    lower: float
    upper: float
    samples: int
    standard_error: float | None = None

    def measurement(self, name: str, words: str, predicted: float, seed: int) -> Measurement:
        """The decision as a measurement of an experiment."""
        return Measurement(
            name,
            words,
            predicted,
            self.estimate,
            self.lower,
            self.upper,
            self.samples,
            seed,
            self.verdict,
            self.standard_error,
        )


def decide_mean(
    sampler: Sampler,
    claimed: float,
    bounds: tuple[float, float],
    alpha: float,
    epsilon: float,
    samples: int = 1 << 19,
) -> Decision:
    """Decide whether the mean of a bounded variable is ``claimed``, up to ``epsilon``.

    Batches (1,024 draws, then as many again as there are, up to a million) are drawn until the
    confidence sequence lies within ``epsilon`` of the claim (STATISTICAL), the claim has left it,
    or ``samples`` draws are spent (both UNDECIDED, told apart by the reason). A true claim leaves
    with probability at most ``alpha``; one that is wrong by more than ``epsilon`` passes with at
    most that. The standard error is that of the plain mean, from the sample's own standard
    deviation; the verdict does not rest on it.

    Args:
        sampler: returns the given number of independent draws, all within ``bounds``.
        claimed: the mean that the closed form predicts.
        bounds: where the variable certainly lies; never estimated from the draws.
        alpha: probability of a false alarm, in (0, 1).
        epsilon: the largest error left open, in the variable's units.
        samples: the most draws to spend.
    """
    _checked_epsilon(epsilon)
    sequence = ConfidenceSequence(bounds, alpha)
    size = min(1024, samples)
    while True:
        interval = sequence.add(sampler(size))
        settled = interval.excludes(claimed) or interval.within(epsilon, claimed)
        size = min(sequence.samples, samples - sequence.samples, _LARGEST_BATCH)
        if settled or size <= 0:
            verdict = _verdict(
                "confidence sequence", interval, claimed, alpha, epsilon, sequence.samples
            )
            error = sequence.standard_error if sequence.samples > 1 else None
            return Decision(verdict, sequence.estimate, *interval, sequence.samples, error)


def decide_mean_with_variance(
    sampler: Sampler,
    claimed: float,
    variance: float,
    alpha: float,
    epsilon: float,
    samples: int = 1 << 19,
) -> Decision:
    """Decide whether the mean of an unbounded variable of known variance is ``claimed``.

    Like :func:`decide_mean`, by Catoni's interval at sample sizes that double; the k-th look may
    err with probability alpha / (k (k + 1)), which sums to ``alpha``. ``variance`` comes from a
    closed form, never from the draws; so does the standard error, sqrt(variance / n).
    """
    _checked_epsilon(epsilon)
    drawn = sampler(min(1024, samples))
    look = 1
    interval = Interval(-math.inf, math.inf)
    while True:
        estimate, found = catoni_interval(drawn, variance, alpha / (look * (look + 1)))
        interval = interval.intersect(found)
        more = min(drawn.size, samples - drawn.size)
        if interval.excludes(claimed) or interval.within(epsilon, claimed) or more <= 0:
            verdict = _verdict("Catoni's estimator", interval, claimed, alpha, epsilon, drawn.size)
            error = math.sqrt(variance / drawn.size)
            return Decision(verdict, estimate, *interval, drawn.size, error)
        drawn = np.concatenate((drawn, sampler(more)))
        look += 1


def _verdict(
    stage: str, interval: Interval, claimed: float, alpha: float, epsilon: float, samples: int
) -> Verdict:
    """PASS as STATISTICAL, and both failures as UNDECIDED with the reason that tells them apart."""
    where = f"[{interval.lower:.6g}, {interval.upper:.6g}] after {samples:,} draws"
    if interval.excludes(claimed):
        status = Status.UNDECIDED
        reason = f"the claimed value {claimed:.6g} left the interval {where}."
    elif interval.within(epsilon, claimed):
        status = Status.STATISTICAL
        reason = f"{where} lies within {epsilon:.3g} of the claimed value {claimed:.6g}."
    else:
        status = Status.UNDECIDED
        reason = f"{where} holds the claimed value {claimed:.6g} but is wider than {epsilon:.3g}."
    return Verdict(status, stage, "the sampled instance", reason, alpha=alpha, epsilon=epsilon)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """A false-alarm probability ``alpha``, divided evenly over named checks (a union bound)."""

    alpha: float
    checks: tuple[str, ...]

    def __post_init__(self) -> None:
        checked_alpha(self.alpha)
        if not self.checks or len(set(self.checks)) != len(self.checks):
            raise ValueError(f"expected distinct names of checks, found {self.checks}")

    def __getitem__(self, check: str) -> float:
        if check not in self.checks:
            known = ", ".join(self.checks)
            raise KeyError(f"no share for {check!r}; the budget is for {known}")
        return self.alpha / len(self.checks)


def experiment_budget(*checks: str) -> ErrorBudget:
    """One experiment's part of the run's budget, for its statistical checks by name.

    The part does not depend on which other experiments are run.

    >>> experiment_budget("a", "b")["a"] == RUN_ALPHA / EXPERIMENTS_AT_MOST / 2
    True
    """
    return ErrorBudget(RUN_ALPHA / EXPERIMENTS_AT_MOST, checks)


def _checked_epsilon(epsilon: float) -> None:
    if not epsilon > 0:
        raise ValueError(f"expected a positive epsilon, found {epsilon}")
