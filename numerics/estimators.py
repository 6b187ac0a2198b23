"""Estimates of a mean with less variance than plain draws, and with no bias.

Each function here returns a sampler: a function from a number to that many independent values whose
mean is the one that is wanted. So the values go where plain draws go: to
:func:`numerics.statistics.decide_mean`, with the bounds that the new values have, or, as
replicates, to :func:`numerics.comparisons.replicated`. How much variance each saves is derived in
:mod:`derivations.topics.sampling`.

Sources: Asmussen and Glynn, "Stochastic Simulation" (2007), sections V.2 (control variates) and V.3
(antithetic sampling); Owen, "Scrambled net variance for integrals of smooth functions", Ann. Stat.
25 (1997).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from numerics.statistics import Sampler

__all__ = [
    "antithetic",
    "best_coefficient",
    "scrambled_sobol",
    "with_control",
]

Reals: TypeAlias = NDArray[np.float64]

#: Draws a given number of points; the first axis counts them.
Points: TypeAlias = "Callable[[int], Reals]"
#: Binary digits of a scrambled point; the others are drawn beside them.
_BITS = 30

#: The values of a function at points, one for each.
Integrand: TypeAlias = "Callable[[Reals], Reals]"


def with_control(
    points: Points,
    function: Integrand,
    control: Integrand,
    control_mean: float,
    coefficient: float,
) -> Sampler:
    """Values f(z) - c (g(z) - E g) of independent points, where g is the control.

    The mean is that of f for every ``coefficient`` that does not depend on the same points: one
    known in closed form, or :func:`best_coefficient` of a pilot sample of its own. The variance is
    V - 2 c C + c^2 W, for the variances V of f and W of g and their covariance C.

    Args:
        points: draws independent points.
        function: what is to be averaged.
        control: another function of the same points.
        control_mean: its mean, in closed form.
        coefficient: how much of the control's deviation is taken off.
    """

    def draw(count: int) -> Reals:
        z = points(count)
        return function(z) - coefficient * (control(z) - control_mean)

    return draw


def best_coefficient(function_values: Reals, control_values: Reals) -> float:
    """C / W as a sample estimates it; the sample must not be used again for the mean.

    Args:
        function_values: of a pilot sample, at least two.
        control_values: of the control at the same points, not all equal.
    """
    centred = control_values - control_values.mean()
    weight = float(centred @ centred)
    if function_values.size < 2 or not weight > 0:
        raise ValueError("expected a pilot sample in which the control varies; draw more")
    return float(centred @ function_values) / weight


def antithetic(points: Points, function: Integrand, mirror: Callable[[Reals], Reals]) -> Sampler:
    """Values (f(z) + f(z'))/2 of independent points and their mirror images z'.

    The mean is that of f if the mirror image of a point has the same law as the point: -z for
    standard normal z, 1 - u for uniform u. The variance is (V + C)/2, where C is the covariance of
    f(z) and f(z').

    Args:
        points: draws independent points.
        function: what is to be averaged; it is evaluated twice for each value.
        mirror: a map of points that leaves their law as it is.
    """

    def draw(count: int) -> Reals:
        z = points(count)
        return (function(z) + function(mirror(z))) / 2

    return draw


def scrambled_sobol(
    function: Integrand, dimension: int, exponent: int, generator: np.random.Generator
) -> Sampler:
    """Means of f over 2^exponent Sobol' points, each over a scrambling of its own.

    Every single point is uniform on the unit cube, so each mean is an unbiased draw, within the
    bounds of f, and independent of the others: an interval around the mean of the means has a
    meaning, which one around a single mean over dependent points has not.

    Args:
        function: of points of shape (2^exponent, dimension), all in [0, 1).
        dimension: of the cube.
        exponent: each mean is over two to this power of points.
        generator: of the scramblings.
    """

    def draw(count: int) -> Reals:
        return np.array([_mean_over_net() for _ in range(count)])

    def _mean_over_net() -> float:
        net = qmc.Sobol(dimension, bits=_BITS, rng=generator)
        points = net.random_base2(exponent)
        # So far a point is uniform on the multiples of 2^-bits only.
        points += generator.random(points.shape) * 2.0**-_BITS
        return float(function(points).mean())

    return draw
