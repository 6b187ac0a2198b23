"""Wasserstein distances by linear programming, and linear critics trained with a penalty.

The primal program chooses a coupling, the dual one a critic; both are solved apart, so that their
agreement is not built in.
"""

from __future__ import annotations

from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.wasserstein import reading
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

LINE: Reals = np.linspace(-2.0, 3.0, 51)
PLACE, PENALTIES = 1.0, (1.0, 10.0)
RATE, STEPS = 0.02, 4000


def _distances(xs: Reals, ys: Reals) -> Reals:
    """Euclidean distances of the rows, shape (n, m)."""
    result: Reals = np.linalg.norm(xs[:, None, :] - ys[None, :, :], axis=2)
    return result


def _primal(p: Reals, q: Reals, cost: Reals) -> float:
    """The least cost of a coupling with margins p and q."""
    from scipy.optimize import linprog

    n, m = cost.shape
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    solved = linprog(
        cost.ravel(),
        A_eq=np.vstack((rows, columns)),
        b_eq=np.concatenate((p, q)),
        bounds=(0, None),
        method="highs",
    )
    return float(solved.fun)


def _dual(p: Reals, q: Reals, points: Reals) -> float:
    """The largest gap of a function on all points whose differences are at most the distances."""
    from scipy.optimize import linprog

    apart = _distances(points, points)
    first, second = np.nonzero(~np.eye(len(points), dtype=bool))
    bounds = np.zeros((first.size, len(points)))
    bounds[np.arange(first.size), first] = 1
    bounds[np.arange(first.size), second] = -1
    gain = np.concatenate((p, -q))
    solved = linprog(
        -gain,
        A_ub=bounds,
        b_ub=apart[first, second],
        bounds=(None, None),
        method="highs",
    )
    return -float(solved.fun)


def _by_distribution_functions(p: Reals, q: Reals, xs: Reals, ys: Reals) -> float:
    """int |F - G| on the line."""
    places = np.concatenate((xs, ys))
    order = np.argsort(places)
    jumps = np.concatenate((p, -q))[order]
    gaps = np.diff(places[order])
    return float(np.abs(np.cumsum(jumps)[:-1]) @ gaps)


def _programs(generator: np.random.Generator, seed: int) -> list[Measurement]:
    """Couplings against critics, on the line and in the plane."""
    p, q = generator.dirichlet(np.ones(6)), generator.dirichlet(np.ones(7))

    def compared(name: str, words: str, coupled: float, other: float) -> Measurement:
        words = f"cost of the best coupling (predicted) against {words}"
        return agreement(name, words, coupled, other, 13, "linear programming", seed=seed)

    found = []
    for dimension, where in enumerate(("on the line", "in the plane"), 1):
        xs, ys = (generator.normal(size=(k, dimension)) for k in (6, 7))
        coupled = _primal(p, q, _distances(xs, ys))
        gap = _dual(p, q, np.vstack((xs, ys)))
        found.append(
            compared(f"duality-{dimension}", f"gap of the best critic, {where}", coupled, gap)
        )
        if dimension == 1:
            area = _by_distribution_functions(p, q, xs[:, 0], ys[:, 0])
            words = "area between the distribution functions"
            found.append(compared("distribution-functions", words, coupled, area))
    return found


def _ascent(start: float, weight: float, *, one_sided: bool) -> float:
    """The slope that gradient ascent on the penalized objective ends at."""
    slope = start
    rate = RATE / weight
    for _ in range(STEPS):
        excess = abs(slope) - 1
        if one_sided:
            excess = max(excess, 0.0)
        slope += rate * (PLACE - 2 * weight * excess * float(np.sign(slope)))
    return slope


def _slopes() -> list[Measurement]:
    """Where training ends: above one, or below minus one half, by the sign of the first slope."""
    claims = claims_of(reading())
    best, spurious = claims["best-slope"], claims["spurious-slope"]
    found = []
    for weight in PENALTIES:
        values = {"theta": PLACE, "lambda": weight}
        for claim, start, one_sided, name in (
            (best, 0.5, False, "from-above"),
            (spurious, -0.5, False, "from-below"),
            (best, -0.5, True, "one-sided-from-below"),
        ):
            predicted = predict(claim.closed_form, claim.notation, values)
            sides = "one-sided" if one_sided else "two-sided"
            words = f"final slope, {sides} penalty of weight {weight:g}, first slope {start:g}"
            reached = _ascent(start, weight, one_sided=one_sided)
            found.append(
                agreement(
                    f"slope-{name}-{weight:g}", words, predicted, reached, STEPS, "gradient ascent"
                )
            )
    return found


def _slope_along_the_line(weight: float) -> Reals:
    """The penalized critic's slope for N(0, 1) against N(1, 1), by the pointwise result."""
    from scipy.special import ndtr

    claim = claims_of(reading())["anywhere"]
    passing = np.abs(ndtr(LINE) - ndtr(LINE - 1))
    shares = (np.arange(400) + 0.5) / 400
    spreads = np.sqrt(shares**2 + (1 - shares) ** 2)
    scores = (LINE[:, None] - shares) / spreads
    interpolates = (np.exp(-(scores**2) / 2) / (spreads * np.sqrt(2 * np.pi))).mean(axis=1)
    return np.array(
        [
            predict(claim.closed_form, claim.notation, {"g": g, "rho": rho, "lambda": weight})
            for g, rho in zip(passing.tolist(), interpolates.tolist(), strict=True)
        ]
    )


def run(seed: int) -> Experiment:
    """Both linear programs, and the slopes at which penalized critics end."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (*_programs(generator, seed), *_slopes())
    series = {
        "x": LINE,
        **{f"slopes-{weight:g}": _slope_along_the_line(weight) for weight in PENALTIES},
    }
    return Experiment(
        "wasserstein", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )
