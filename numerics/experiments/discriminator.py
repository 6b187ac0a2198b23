"""The optimal discriminator at work: discrete pairs exactly, a Gaussian pair by rule and by chance.

For N(0, 1) against N(1, 1) the optimal discriminator is logistic(x - 1/2), so a logistic regression
can be fitted to it. The divergence is bounded by log 2 and is the mean, under the equal mixture, of
a variable between 0 and log 2; so the samples carry a guarantee without any assumed variance.
"""

from __future__ import annotations

import math
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.comparisons import agreement
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

#: Pairs (p0, p1) on a few points.
DISCRETE = (
    ((1 / 2, 1 / 4, 1 / 4), (1 / 6, 1 / 3, 1 / 2)),
    ((0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.2, 0.1)),
    ((0.5, 0.5), (0.5, 0.5)),
)
LINE: Reals = np.linspace(-12.0, 13.0, 5001)
STEP = float(LINE[1] - LINE[0])
SLOPES: Reals = np.linspace(0.0, 2.5, 51)
EPSILON = 0.005  # nats


def _normal(at: Reals, mean: float) -> Reals:
    result: Reals = np.exp(-0.5 * (at - mean) ** 2) / math.sqrt(2 * math.pi)
    return result


F0, F1 = _normal(LINE, 0.0), _normal(LINE, 1.0)


def _optimal(f0: Reals, f1: Reals) -> Reals:
    """The optimal discriminator, as it was derived."""
    return f1 / (f0 + f1)


def _definition(f0: Reals, f1: Reals, weight: float = 1.0) -> float:
    """The divergence by its definition: mean divergence from the equal mixture."""
    middle = (f0 + f1) / 2
    halves = f0 * np.log(f0 / middle) + f1 * np.log(f1 / middle)
    return float(halves.sum() * weight / 2)


def _estimate(f0: Reals, f1: Reals, discriminator: Reals, weight: float = 1.0) -> float:
    """What a discriminator says: log 2 and half of its objective."""
    objective = f1 * np.log(discriminator) + f0 * np.log1p(-discriminator)
    return math.log(2) + float(objective.sum() * weight / 2)


def _shortfall(f0: Reals, f1: Reals, discriminator: Reals, weight: float = 1.0) -> float:
    """Mean Bernoulli divergence of the optimal discriminator from this one, under the mixture."""
    best = _optimal(f0, f1)
    inside = best * np.log(best / discriminator)
    inside += (1 - best) * np.log((1 - best) / (1 - discriminator))
    return float((inside * (f0 + f1)).sum() * weight / 2)


def _logistic(z: Reals) -> Reals:
    result: Reals = 1 / (1 + np.exp(-z))
    return result


def _regression() -> tuple[float, float]:
    """Slope and intercept of the logistic regression that maximizes the objective, by Newton."""
    inputs = np.stack((LINE, np.ones_like(LINE)))
    weights = np.zeros(2)
    for _ in range(30):
        said = _logistic(weights @ inputs)
        gradient = inputs @ (F1 * (1 - said) - F0 * said)
        curvature = (inputs * ((F0 + F1) * said * (1 - said))) @ inputs.T
        weights = weights + np.linalg.solve(curvature, gradient)
    return float(weights[0]), float(weights[1])


def run(seed: int) -> Experiment:
    """Compare a discriminator's estimate with the definition, exactly, by rule and by sampling."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (
        *_discrete(),
        *_gaussian(),
        *_fitted(),
        _sampled(generator, seed),
    )
    best = _logistic(LINE - 0.5)
    too_flat = _logistic(0.4 * (LINE - 0.5))
    shown = slice(int((-4 + 12) / STEP), int((5 + 12) / STEP) + 1, 10)
    bounds = [_estimate(F0, F1, _logistic(slope * (LINE - 0.5)), STEP) for slope in SLOPES]
    series = {
        "x": LINE[shown],
        "f0": F0[shown],
        "f1": F1[shown],
        "rebuilt": (F0 * best / (1 - best))[shown],
        "rebuilt-flat": (F0 * too_flat / (1 - too_flat))[shown],
        "slopes": SLOPES,
        "bounds": np.array(bounds),
        "divergence": np.array([_definition(F0, F1, STEP)]),
    }
    return Experiment(
        "discriminator", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


def _discrete() -> tuple[Measurement, ...]:
    found = []
    for number, pair in enumerate(DISCRETE, 1):
        f0, f1 = (np.array(law) for law in pair)
        found.append(
            agreement(
                f"discrete-{number}",
                f"definition against estimate, a pair of laws on {f0.size} points",
                _estimate(f0, f1, _optimal(f0, f1)),
                _definition(f0, f1),
                f0.size,
                "finite sums",
                wanted=12,
            )
        )
    return tuple(found)


def _gaussian() -> tuple[Measurement, ...]:
    best = _logistic(LINE - 0.5)
    worse = _logistic(0.4 * LINE + 0.3)
    value = _estimate(F0, F1, best, STEP)
    density = float(np.abs(F0 * best / (1 - best) - F1).max())
    return (
        agreement(
            "gaussian",
            "N(0, 1) against N(1, 1): the definition against the estimate",
            value,
            _definition(F0, F1, STEP),
            LINE.size,
            "quadrature",
        ),
        agreement(
            "shortfall",
            "the same pair with a worse discriminator: definition minus estimate",
            _shortfall(F0, F1, worse, STEP),
            _definition(F0, F1, STEP) - _estimate(F0, F1, worse, STEP),
            LINE.size,
            "quadrature",
        ),
        agreement(
            "rebuilt-density",
            "largest error of the second density rebuilt from the first",
            0.0,
            density,
            LINE.size,
            "evaluation",
        ),
    )


def _fitted() -> tuple[Measurement, ...]:
    slope, intercept = _regression()
    words = "of the logistic regression that maximizes the objective"
    return (
        agreement("slope", f"slope {words}", 1.0, slope, LINE.size, "Newton's method"),
        agreement("intercept", f"intercept {words}", -0.5, intercept, LINE.size, "Newton's method"),
    )


def _sampled(generator: np.random.Generator, seed: int) -> Measurement:
    """The divergence as a mean under the mixture, of log 2 + D log D + (1 - D) log(1 - D)."""

    def sampler(count: int) -> Reals:
        x = generator.normal(size=count) + generator.integers(0, 2, size=count)
        said = _logistic(x - 0.5)
        result: Reals = math.log(2) + said * np.log(said) + (1 - said) * np.log1p(-said)
        return result

    value = _estimate(F0, F1, _logistic(LINE - 0.5), STEP)
    level = experiment_budget("sampled")["sampled"]
    decision = decide_mean(sampler, value, (0.0, math.log(2)), level, EPSILON)
    words = "N(0, 1) against N(1, 1): the divergence from samples of the mixture"
    return decision.measurement("sampled", words, value, seed)
