"""Intervals around a mean from a number of draws that was fixed beforehand.

Every interval misses the mean with probability at most ``alpha``, whatever the law, as long as the
range (:func:`hoeffding_interval`, :func:`empirical_bernstein_interval`) or the variance
(:func:`catoni_interval`, :func:`median_of_means_interval`) that it is told holds. Neither is ever
estimated from the same draws. Whoever wants to look more than once needs the confidence sequence
of :mod:`numerics.statistics`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Interval",
    "catoni_interval",
    "catoni_radius",
    "check_within",
    "checked_alpha",
    "checked_bounds",
    "empirical_bernstein_interval",
    "empirical_bernstein_radius",
    "hoeffding_interval",
    "hoeffding_radius",
    "influence",
    "median_of_means_interval",
    "median_of_means_radius",
]


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

    def intersect(self, other: Interval) -> Interval:
        """What both hold; lower lies above upper where that is nothing."""
        return Interval(max(self.lower, other.lower), min(self.upper, other.upper))


def _around(estimate: float, radius: float) -> Interval:
    return Interval(estimate - radius, estimate + radius)


# Bounded variables.


def hoeffding_interval(
    sample: NDArray[np.float64], bounds: tuple[float, float], alpha: float
) -> tuple[float, Interval]:
    """The plain mean of bounded draws, and Hoeffding's interval around it.

    Args:
        sample: independent draws, one-dimensional, all within ``bounds``.
        bounds: where the variable certainly lies.
        alpha: in (0, 1).
    """
    x = _checked_sample(sample, 1)
    check_within(x, bounds)
    mean = float(x.mean())
    return mean, _around(mean, hoeffding_radius(x.size, bounds, alpha)).intersect(Interval(*bounds))


def hoeffding_radius(size: int, bounds: tuple[float, float], alpha: float) -> float:
    """(b - a) sqrt(log(2/alpha) / (2 n)) for draws in [a, b].

    Source: Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58
    (1963), Theorem 2, on both sides.
    """
    _, span = checked_bounds(bounds)
    return span * math.sqrt(math.log(2 / checked_alpha(alpha)) / (2 * size))


def empirical_bernstein_interval(
    sample: NDArray[np.float64], bounds: tuple[float, float], alpha: float
) -> tuple[float, Interval]:
    """The plain mean of bounded draws, and an interval that is short where they vary little.

    Args:
        sample: independent draws, one-dimensional, at least two, all within ``bounds``.
        bounds: where the variable certainly lies.
        alpha: in (0, 1).
    """
    x = _checked_sample(sample, 2)
    check_within(x, bounds)
    mean, variance = float(x.mean()), float(x.var(ddof=1))
    radius = float(empirical_bernstein_radius(x.size, variance, bounds, alpha))
    return mean, _around(mean, radius).intersect(Interval(*bounds))


def empirical_bernstein_radius(
    size: int,
    variance: NDArray[np.float64] | float,
    bounds: tuple[float, float],
    alpha: float,
) -> NDArray[np.float64]:
    """sqrt(2 v L / n) + 7 (b - a) L / (3 (n - 1)), where L = log(4/alpha).

    Here v is the sample's variance, with n - 1 below the line. Source: Maurer and Pontil,
    "Empirical Bernstein bounds and sample variance penalization", COLT 2009, Theorem 4, on both
    sides (its delta is alpha / 2).
    """
    _, span = checked_bounds(bounds)
    level = math.log(4 / checked_alpha(alpha))
    spread: NDArray[np.float64] = np.sqrt(2 * np.asarray(variance) * level / size)
    return spread + 7 * span * level / (3 * (size - 1))


# Unbounded variables whose variance is known in closed form.


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
    level = math.log(2 / checked_alpha(alpha))
    _checked_variance(variance)
    if x.ndim != 1 or x.size <= 2 * level:
        raise ValueError(
            f"expected more than {2 * level:.0f} draws for alpha = {alpha:g}, "
            f"found shape {x.shape}; draw more"
        )
    radius, scale = catoni_radius(x.size, variance, alpha)
    estimate = _root_of_influence(x, scale)
    return estimate, _around(estimate, radius)


def catoni_radius(size: int, variance: float, alpha: float) -> tuple[float, float]:
    """The eta and the a of :func:`catoni_interval`; more than 2 log(2/alpha) draws are needed."""
    level = math.log(2 / alpha)
    eta = math.sqrt(2 * variance * level / (size - 2 * level))
    return eta, math.sqrt(2 * level / (size * (variance + eta**2)))


def influence(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Catoni's psi(x) = sign(x) log(1 + |x| + x^2/2), entry by entry."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x) + x * x / 2), dtype=np.float64)


def _root_of_influence(x: NDArray[np.float64], scale: float) -> float:
    """The zero of the decreasing sum of Catoni's influence function, by bisection."""
    low, high = float(x.min()), float(x.max())
    for _ in range(100):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if float(influence(scale * (x - middle)).sum()) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def median_of_means_interval(
    sample: NDArray[np.float64], variance: float, alpha: float
) -> tuple[float, Interval]:
    """The median of the means of equal blocks, and an interval around it.

    Draws that fill no block are left out.

    Args:
        sample: independent draws, one-dimensional, at least 8 log(1/alpha) of them.
        variance: the variance, or an upper bound on it, known beforehand; positive.
        alpha: in (0, 1).
    """
    blocks, radius = median_of_means_radius(np.size(sample), variance, alpha)
    x = _checked_sample(sample, blocks)
    size = x.size // blocks
    estimate = float(np.median(x[: blocks * size].reshape(blocks, size).mean(axis=1)))
    return estimate, _around(estimate, radius)


def median_of_means_radius(size: int, variance: float, alpha: float) -> tuple[int, float]:
    """The number of blocks k = ceil(8 log(1/alpha)), and the radius sqrt(4 v / m).

    Here m = floor(n / k) draws are in each block. By Chebyshev a block's mean is farther off than
    the radius with probability at most 1/4, and by Hoeffding half of the blocks are with
    probability at most exp(-k/8). Source: Lugosi and Mendelson, "Mean estimation and regression
    under heavy-tailed distributions: a survey", Found. Comput. Math. 19 (2019), Theorem 2.
    """
    _checked_variance(variance)
    blocks = math.ceil(8 * math.log(1 / checked_alpha(alpha)))
    if size < blocks:
        raise ValueError(
            f"expected at least {blocks} draws for alpha = {alpha:g}, found {size}; draw more"
        )
    return blocks, math.sqrt(4 * variance / (size // blocks))


# What callers must respect.


def checked_alpha(alpha: float) -> float:
    """``alpha``, if it is a probability that can be promised."""
    if not 0 < alpha < 1:
        raise ValueError(f"expected alpha between 0 and 1, found {alpha}")
    return alpha


def checked_bounds(bounds: tuple[float, float]) -> tuple[float, float]:
    """The lower of two finite bounds, and how far the other lies above it."""
    low, high = bounds
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"expected finite bounds (low, high) with low < high, found {bounds}")
    return low, high - low


def check_within(x: NDArray[np.float64], bounds: tuple[float, float]) -> None:
    """Raise ValueError unless all of ``x`` lies within ``bounds``."""
    low, span = checked_bounds(bounds)
    # One rounding of the bound itself is not an observation out of bounds.
    slack = 1e-12 * span
    if not (x.min() >= low - slack and x.max() <= low + span + slack):
        raise ValueError(
            f"expected observations within [{low:g}, {low + span:g}], "
            f"found {x.min():g} to {x.max():g}; give bounds that hold"
        )


def _checked_variance(variance: float) -> None:
    if not 0 < variance < math.inf:
        raise ValueError(f"expected a positive finite variance, found {variance}")


def _checked_sample(sample: NDArray[np.float64], least: int) -> NDArray[np.float64]:
    x = np.asarray(sample, dtype=np.float64)
    if x.ndim != 1 or x.size < least:
        raise ValueError(
            f"expected a sample of one dimension with at least {least} draws, found shape {x.shape}"
        )
    return x
