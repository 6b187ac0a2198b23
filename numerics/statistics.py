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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from language.claims import Status, Verdict
from numerics.measurements import Measurement

__all__ = [
    "EXPERIMENTS_AT_MOST",
    "RUN_ALPHA",
    "ConfidenceSequence",
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

#: Draws a given number of independent values.
Sampler = Callable[[int], NDArray[np.float64]]


class Interval(NamedTuple):
    """The ends of an interval, both included."""

    lower: float
    upper: float

    def within(self, epsilon: float, of: float) -> bool:
        """Whether the whole interval lies within ``epsilon`` of the value ``of``."""
        return of - epsilon <= self.lower and self.upper <= of + epsilon

    def excludes(self, value: float) -> bool:
        """Whether ``value`` lies outside."""
        return not self.lower <= value <= self.upper


class ConfidenceSequence:
    """The running intersection of the intervals C_t of the module's docstring.

    It may be looked at after every batch. Values lie in ``bounds``; alpha is in (0, 1).
    """

    def __init__(self, bounds: tuple[float, float], alpha: float) -> None:
        self._low, self._span = _checked_bounds(bounds)
        self._log = math.log(2 / _checked_alpha(alpha))
        self.samples = 0
        self.interval = Interval(*bounds)
        self._total = 0.0
        self._squares = 0.0
        self._bets = 0.0
        self._weighted = 0.0
        self._penalty = 0.0

    @property
    def estimate(self) -> float:
        """The plain mean of what was drawn."""
        if not self.samples:
            raise ValueError("expected at least one observation, found none; add a batch first")
        return self._low + self._span * self._total / self.samples

    def add(self, batch: NDArray[np.float64]) -> Interval:
        """Take in a batch (one-dimensional, not empty) and return the interval after it.

        The interval is intersected after every single observation, not only at the batch's end.
        An empty intersection (lower above upper) can happen only where coverage has failed, or
        the assumptions have; it excludes every claim.
        """
        x = self._scaled(batch)
        t = self.samples + np.arange(1, x.size + 1, dtype=np.float64)
        totals = self._total + np.cumsum(x)
        means = (0.5 + totals) / (t + 1)
        before = np.concatenate(([(0.5 + self._total) / (self.samples + 1)], means[:-1]))
        squares = self._squares + np.cumsum((x - means) ** 2)
        variances = (0.25 + np.concatenate(([self._squares], squares[:-1]))) / t
        bets = np.minimum(np.sqrt(2 * self._log / (variances * t * np.log1p(t))), _LARGEST_BET)
        psi = (-np.log1p(-bets) - bets) / 4
        sums = self._bets + np.cumsum(bets)
        weighted = self._weighted + np.cumsum(bets * x)
        penalties = self._penalty + np.cumsum(4 * (x - before) ** 2 * psi)
        self._total, self._squares = float(totals[-1]), float(squares[-1])
        self._bets, self._weighted = float(sums[-1]), float(weighted[-1])
        self._penalty = float(penalties[-1])
        self.samples += x.size
        self._intersect(weighted / sums, (self._log + penalties) / sums)
        return self.interval

    def _scaled(self, batch: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.asarray(batch, dtype=np.float64)
        if values.ndim != 1 or not values.size:
            raise ValueError(
                f"expected a batch of one dimension with values in it, found shape {values.shape}"
            )
        x = (values - self._low) / self._span
        # One rounding of the bound itself is not an observation out of bounds.
        slack = 1e-12
        if not (x.min() >= -slack and x.max() <= 1 + slack):
            raise ValueError(
                f"expected observations within [{self._low:g}, {self._low + self._span:g}], "
                f"found {values.min():g} to {values.max():g}; give bounds that hold"
            )
        return np.clip(x, 0.0, 1.0)

    def _intersect(self, centres: NDArray[np.float64], half_widths: NDArray[np.float64]) -> None:
        lower = self._low + self._span * float((centres - half_widths).max())
        upper = self._low + self._span * float((centres + half_widths).min())
        self.interval = Interval(max(self.interval.lower, lower), min(self.interval.upper, upper))


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
    """How a claimed mean came out, with the estimate and its interval."""

    verdict: Verdict
    estimate: float
    lower: float
    upper: float
    samples: int

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

    Batches (1,024 draws, then as many again as there are) are drawn until the confidence sequence
    lies within ``epsilon`` of the claim (STATISTICAL), the claim has left it, or ``samples`` draws
    are spent (both UNDECIDED, told apart by the reason). A true claim leaves with probability at
    most ``alpha``; one that is wrong by more than ``epsilon`` passes with at most that.

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
        size = min(sequence.samples, samples - sequence.samples)
        if settled or size <= 0:
            verdict = _verdict(
                "confidence sequence", interval, claimed, alpha, epsilon, sequence.samples
            )
            return Decision(verdict, sequence.estimate, *interval, sequence.samples)


def catoni_interval(
    sample: NDArray[np.float64], variance: float, alpha: float
) -> tuple[float, Interval]:
    """Catoni's estimate of a mean, and an interval that misses it with probability <= ``alpha``.

    The root theta of sum psi(a (X_i - theta)) = 0 with psi(x) = sign(x) log(1 + |x| + x^2/2) is
    within eta = sqrt(2 v L / (n - 2 L)) of the mean, where L = log(2/alpha), v >= Var(X) and
    a = sqrt(2 L / (n (v + eta^2))). Source: Catoni, "Challenging the empirical mean and empirical
    variance", Ann. Inst. H. Poincare 48 (2012), Proposition 2.4 (its epsilon is alpha / 2).

    Args:
        sample: independent draws, one-dimensional, more than 2 log(2/alpha) of them.
        variance: the variance, or an upper bound on it, known beforehand; positive.
        alpha: in (0, 1).
    """
    x = np.asarray(sample, dtype=np.float64)
    level = math.log(2 / _checked_alpha(alpha))
    if not 0 < variance < math.inf:
        raise ValueError(f"expected a positive finite variance, found {variance}")
    if x.ndim != 1 or x.size <= 2 * level:
        raise ValueError(
            f"expected more than {2 * level:.0f} draws for alpha = {alpha:g}, "
            f"found shape {x.shape}; draw more"
        )
    eta = math.sqrt(2 * variance * level / (x.size - 2 * level))
    scale = math.sqrt(2 * level / (x.size * (variance + eta**2)))
    estimate = _root_of_influence(x, scale)
    return estimate, Interval(estimate - eta, estimate + eta)


def _root_of_influence(x: NDArray[np.float64], scale: float) -> float:
    """The zero of the decreasing sum of Catoni's influence function, by bisection."""
    low, high = float(x.min()), float(x.max())
    for _ in range(100):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        z = scale * (x - middle)
        if float((np.sign(z) * np.log1p(np.abs(z) + z * z / 2)).sum()) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


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
    closed form, never from the draws.
    """
    _checked_epsilon(epsilon)
    drawn = sampler(min(1024, samples))
    look = 1
    interval = Interval(-math.inf, math.inf)
    while True:
        estimate, found = catoni_interval(drawn, variance, alpha / (look * (look + 1)))
        interval = Interval(max(interval.lower, found.lower), min(interval.upper, found.upper))
        more = min(drawn.size, samples - drawn.size)
        if interval.excludes(claimed) or interval.within(epsilon, claimed) or more <= 0:
            verdict = _verdict("Catoni's estimator", interval, claimed, alpha, epsilon, drawn.size)
            return Decision(verdict, estimate, *interval, drawn.size)
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
        _checked_alpha(self.alpha)
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


def _checked_alpha(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"expected alpha between 0 and 1, found {alpha}")
    return alpha


def _checked_epsilon(epsilon: float) -> None:
    if not epsilon > 0:
        raise ValueError(f"expected a positive epsilon, found {epsilon}")


def _checked_bounds(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"expected finite bounds (low, high) with low < high, found {bounds}")
    return low, high - low
