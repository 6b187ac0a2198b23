"""The best discriminator, found by climbing: what it says, and the criterion that it attains.

On a fine grid a discriminator is free to say any number at each point. Newton's method on its
logits knows neither the optimal discriminator nor the divergence. The data are N(0, 1); the
generator's law is an equal mixture of N(-1, 1/4) and N(2, 1). A second part averages minibatches
for a fixed discriminator with values in (0.1, 0.9), whose objective is therefore bounded.
"""

from __future__ import annotations

import math
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.gan_divergence import interpretation, value_at_equilibrium
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

LINE: Reals = np.linspace(-12.0, 24.0, 4801)
STEP = float(LINE[1] - LINE[0])
#: Distances of the means of two normal laws.
SHIFTS: Reals = np.linspace(0.0, 12.0, 97)
#: Two laws on six points that have no point in common.
APART = ((0.2, 0.5, 0.3, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.6, 0.1, 0.3))
SIZE, NEWTON_STEPS, EPSILON = 16, 200, 0.01
LEAST, MOST = 0.1, 0.9  # what the fixed discriminator says at the two ends of the line


def _normal(at: Reals, mean: float, spread: float = 1.0) -> Reals:
    result: Reals = np.exp(-0.5 * ((at - mean) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
    return result


DATA = _normal(LINE, 0.0)
MODEL = (_normal(LINE, -1.0, 0.5) + _normal(LINE, 2.0)) / 2


def _logistic(at: Reals) -> Reals:
    result: Reals = 1 / (1 + np.exp(-at))
    return result


def _climb(data: Reals, model: Reals) -> Reals:
    """The logits that maximize the criterion, each by Newton's method from zero."""
    logits = np.zeros_like(data)
    for _ in range(NEWTON_STEPS):
        said = _logistic(logits)
        slope = data - (data + model) * said
        logits += np.clip(slope / ((data + model) * said * (1 - said)), -1.0, 1.0)
    return logits


def _criterion(data: Reals, model: Reals, logits: Reals) -> float:
    """E_data log D + E_model log(1 - D) by quadrature, D given by its logits."""
    gain = -data * np.logaddexp(0, -logits) - model * np.logaddexp(0, logits)
    return float(gain.sum() * STEP)


def _divergence(data: Reals, model: Reals, weight: float) -> float:
    """The Jensen-Shannon divergence by its definition, with 0 log 0 = 0."""
    middle = (data + model) / 2
    total = 0.0
    for law in (data, model):
        inside = law > 0
        total += float((law[inside] * np.log(law[inside] / middle[inside])).sum())
    return total * weight / 2


def run(seed: int) -> Experiment:
    """Climb to the best discriminator, take laws apart, and average minibatches."""
    start = perf_counter()
    generator = np.random.default_rng(seed)
    best = DATA / (DATA + MODEL)
    logits = _climb(DATA, MODEL)
    shifted = [_divergence(DATA, _normal(LINE, shift), STEP) for shift in SHIFTS]
    series = {
        "x": LINE,
        "data": DATA,
        "model": MODEL,
        "best": best,
        "trained": _logistic(logits),
        "shifts": SHIFTS,
        "divergences": np.array(shifted),
    }
    measurements = (*_climbed(best, logits), *_apart(), _sampled(generator, seed))
    return Experiment(
        "gan_optimality",
        measurements,
        MappingProxyType(series),
        seconds=perf_counter() - start,
    )


def _climbed(best: Reals, logits: Reals) -> tuple[Measurement, ...]:
    minimum = claims_of(value_at_equilibrium())["C"]
    return (
        agreement(
            "trained-discriminator",
            "what the trained discriminator says of made points, on average",
            float((MODEL * best).sum() * STEP),
            float((MODEL * _logistic(logits)).sum() * STEP),
            LINE.size,
            "Newton's method",
        ),
        agreement(
            "attained",
            "criterion of the trained discriminator, against the divergence by its definition",
            -math.log(4) + 2 * _divergence(DATA, MODEL, STEP),
            _criterion(DATA, MODEL, logits),
            LINE.size,
            "quadrature",
        ),
        agreement(
            "equilibrium",
            "the same where the model is the law of the data",
            predict(minimum.closed_form, minimum.notation, {}),
            _criterion(DATA, DATA, _climb(DATA, DATA)),
            LINE.size,
            "quadrature",
        ),
    )


def _apart() -> tuple[Measurement, ...]:
    claim = claims_of(interpretation())["jsd-disjoint"]
    largest = predict(claim.closed_form, claim.notation, {})
    first, second = (np.array(law) for law in APART)
    return (
        agreement(
            "disjoint",
            "divergence of two laws on six points with no point in common",
            largest,
            _divergence(first, second, 1.0),
            first.size,
            "summation",
        ),
        agreement(
            "far-apart",
            "divergence of N(0, 1) and N(12, 1), which overlap everywhere",
            largest,
            _divergence(DATA, _normal(LINE, float(SHIFTS[-1])), STEP),
            LINE.size,
            "quadrature",
        ),
    )


def _fixed(at: Reals) -> Reals:
    """A discriminator that is never sure."""
    result: Reals = LEAST + (MOST - LEAST) * _logistic(at)
    return result


def _sampled(generator: np.random.Generator, seed: int) -> Measurement:
    """Minibatches of data from N(0, 1) and of samples z + 1 with z from N(0, 1)."""

    def sampler(count: int) -> Reals:
        real = _fixed(generator.normal(size=(count, SIZE)))
        fake = _fixed(generator.normal(size=(count, SIZE)) + 1)
        result: Reals = (np.log(real) + np.log1p(-fake)).mean(axis=1)
        return result

    said = _fixed(LINE)
    gain = DATA * np.log(said) + _normal(LINE, 1.0) * np.log1p(-said)
    value = float(gain.sum() * STEP)
    # Largest if both are sure and right, smallest if both are sure and wrong.
    bounds = (2 * math.log(LEAST), 2 * math.log(MOST))
    level = experiment_budget("minibatches")["minibatches"]
    decision = decide_mean(sampler, value, bounds, level, EPSILON)
    words = "mean objective of minibatches of 16, a fixed discriminator"
    return decision.measurement("minibatches", words, value, seed)
