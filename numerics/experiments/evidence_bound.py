"""The evidence lower bound of a model with one latent number, every integral by quadrature.

The latent number has the prior N(0, 1), and the observation is a coin flip that came up heads:
its probability given z is logistic(2 z - 1). The posterior is not normal, so every normal encoder
leaves a gap.
"""

from __future__ import annotations

import math
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from numerics.comparisons import agreement
from numerics.measurements import Experiment
from numerics.statistics import decide_mean, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

SLOPE, OFFSET = 2.0, -1.0
LINE: Reals = np.linspace(-12.0, 12.0, 4801)
STEP = float(LINE[1] - LINE[0])
#: An encoder that is not the best one: mean and standard deviation.
ENCODER = (1.0, 1.0)
MEANS: Reals = np.linspace(-0.5, 2.0, 51)
EPSILON = 0.01


def _log_likelihood(z: Reals) -> Reals:
    """log P(x|z), the logarithm of a logistic function."""
    result: Reals = -np.logaddexp(0.0, -(SLOPE * z + OFFSET))
    return result


def _log_normal(z: Reals, mean: float, deviation: float) -> Reals:
    result: Reals = -0.5 * ((z - mean) / deviation) ** 2 - math.log(
        deviation * math.sqrt(2 * math.pi)
    )
    return result


def _integral(values: Reals) -> float:
    """The trapezoidal rule, which is exact to rounding for what decays like a normal density."""
    return float(values.sum() * STEP)


LOG_JOINT = _log_likelihood(LINE) + _log_normal(LINE, 0.0, 1.0)
LOG_EVIDENCE = math.log(_integral(np.exp(LOG_JOINT)))
LOG_POSTERIOR = LOG_JOINT - LOG_EVIDENCE


def _divergence(mean: float, deviation: float, log_other: Reals) -> float:
    """KL of the encoder from a law that is given by its log density on the line."""
    log_q = _log_normal(LINE, mean, deviation)
    return _integral(np.exp(log_q) * (log_q - log_other))


def _from_prior(mean: float, deviation: float) -> float:
    """KL(N(m, s^2) || N(0, 1)), in closed form."""
    return 0.5 * (mean**2 + deviation**2 - 1) - math.log(deviation)


def _bound(mean: float, deviation: float) -> float:
    """The evidence lower bound: expected log likelihood less the divergence from the prior."""
    weights = np.exp(_log_normal(LINE, mean, deviation))
    return _integral(weights * _log_likelihood(LINE)) - _from_prior(mean, deviation)


def _best() -> tuple[float, float]:
    """Mean and deviation of the encoder with the largest bound."""
    found = minimize(lambda at: -_bound(at[0], math.exp(at[1])), (0.5, 0.0), tol=1e-12)
    return float(found.x[0]), math.exp(float(found.x[1]))


def _above() -> float:
    """How often a bound estimated from one draw lies above the log evidence, by quadrature.

    The estimate log P(x|z) - KL increases with z, so it is above where z exceeds one number.
    """
    mean, deviation = ENCODER
    needed = LOG_EVIDENCE + _from_prior(mean, deviation)  # of log P(x|z)
    threshold = (math.log(math.exp(needed) / -math.expm1(needed)) - OFFSET) / SLOPE
    return 0.5 * math.erfc((threshold - mean) / (deviation * math.sqrt(2)))


def run(seed: int) -> Experiment:
    """Compare the gap with the divergence from the posterior, for two encoders; one draw."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    best = _best()
    mean, deviation = ENCODER
    regularizer = _from_prior(*ENCODER)

    def above(size: int) -> Reals:
        z = mean + deviation * generator.standard_normal(size)
        return (_log_likelihood(z) - regularizer > LOG_EVIDENCE).astype(np.float64)

    measurements = (
        *(
            agreement(
                name,
                f"log evidence less bound, for the {words} encoder",
                _divergence(*encoder, LOG_POSTERIOR),
                LOG_EVIDENCE - _bound(*encoder),
                LINE.size,
                "quadrature",
                wanted=9,
            )
            for name, words, encoder in (
                ("gap", "chosen", ENCODER),
                ("smallest-gap", "best normal", best),
            )
        ),
        decide_mean(
            above,
            _above(),
            (0.0, 1.0),
            experiment_budget("above")["above"],
            EPSILON,
        ).measurement("above", "how often a one-draw estimate exceeds log P(x)", _above(), seed),
    )
    shown = slice(int(9 / STEP), int(16 / STEP) + 1, 10)  # from -3 to 4
    series = {
        "z": LINE[shown],
        "posterior": np.exp(LOG_POSTERIOR[shown]),
        "prior": np.exp(_log_normal(LINE[shown], 0.0, 1.0)),
        "encoder": np.exp(_log_normal(LINE[shown], *best)),
        "means": MEANS,
        "bounds": np.array([_bound(float(at), best[1]) for at in MEANS]),
        "log-evidence": np.array([LOG_EVIDENCE]),
        "best": np.array(best),
    }
    return Experiment(
        "evidence_bound",
        measurements,
        MappingProxyType(series),
        seconds=perf_counter() - began,
    )
