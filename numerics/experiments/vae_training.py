"""The single-sample estimate of a bound, on a model where bound and evidence are known.

z ~ N(0, 1), x | z ~ N(z, 1). Its mean and its variance are compared with the closed forms, and so
is how often it lies above the log evidence, which the bound never does.
"""

from __future__ import annotations

import math
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import ndtr

from derivations.topics.vae_training import training
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean, decide_mean_with_variance, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

#: An observation, and an encoder's law that is not the posterior.
VALUES = MappingProxyType({"x": Fraction(3, 2), "mu": Fraction(1, 2), "tau": Fraction(1)})
X, MEAN, DEVIATION = (float(VALUES[name]) for name in ("x", "mu", "tau"))
NODES, _raw = hermegauss(60)
WEIGHTS: Reals = _raw / _raw.sum()
_CHECKS = ("mean", "above-the-evidence")
_CLAIMS = claims_of(training())


def _predicted(name: str) -> float:
    claim = _CLAIMS[name]
    return predict(claim.closed_form, claim.notation, VALUES)


def _estimate(noise: Reals, mean: float, deviation: float) -> Reals:
    """What the loop computes for one example: log likelihood at one draw, minus the divergence."""
    z = mean + deviation * noise
    divergence = 0.5 * (mean**2 + deviation**2 - 1) - math.log(deviation)
    result: Reals = -0.5 * (X - z) ** 2 - 0.5 * math.log(2 * math.pi) - divergence
    return result


def _log_evidence() -> float:
    return -(X**2) / 4 - 0.5 * math.log(4 * math.pi)


def run(seed: int) -> Experiment:
    """Mean, variance and excesses of the single-sample estimate."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (_mean(generator, seed), _variance(), _above(generator, seed))
    drawn = _estimate(generator.normal(size=4000), MEAN, DEVIATION)
    series = {
        "estimates": drawn,
        "evidence": np.array([_log_evidence()]),
        "mean": np.array([float(WEIGHTS @ _estimate(NODES, MEAN, DEVIATION))]),
    }
    return Experiment(
        "vae_training", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


def _mean(generator: np.random.Generator, seed: int) -> Measurement:
    wanted = _predicted("single-sample-mean")
    decision = decide_mean_with_variance(
        lambda count: _estimate(generator.normal(size=count), MEAN, DEVIATION),
        wanted,
        _predicted("single-sample-variance"),
        experiment_budget(*_CHECKS)["mean"],
        0.02,
    )
    words = "mean of the single-sample estimate, against the bound"
    return decision.measurement("mean", words, wanted, seed)


def _variance() -> Measurement:
    values = _estimate(NODES, MEAN, DEVIATION)
    centred = values - float(WEIGHTS @ values)
    return agreement(
        "variance",
        "its variance, by quadrature",
        _predicted("single-sample-variance"),
        float(WEIGHTS @ centred**2),
        NODES.size,
        "quadrature",
    )


def _above(generator: np.random.Generator, seed: int) -> Measurement:
    """With the exact posterior as encoder: how often one estimate exceeds the log evidence."""
    reach = math.sqrt(2 * _predicted("above-the-evidence"))
    root = math.sqrt(2)
    wanted = float(ndtr(root * (X / 2 + reach)) - ndtr(root * (X / 2 - reach)))

    def sampler(count: int) -> Reals:
        drawn = _estimate(generator.normal(size=count), X / 2, math.sqrt(0.5))
        return (drawn > _log_evidence()).astype(np.float64)

    level = experiment_budget(*_CHECKS)["above-the-evidence"]
    decision = decide_mean(sampler, wanted, (0.0, 1.0), level, 0.02)
    words = "share of estimates above the log evidence, with the exact posterior as encoder"
    return decision.measurement("above-the-evidence", words, wanted, seed)
