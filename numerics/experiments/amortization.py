"""Amortized against per-instance inference on a linear-Gaussian model, both optima known exactly.

The model is z ~ N(0, 1), x | z ~ N(w z + b, s^2); the family holds the N(mu, tau^2) with tau fixed,
and the encoder is mu = phi x. Nothing measured here uses the derived optima: bounds are
Gauss-Hermite sums of log p(x|z) p(z) - log q(z), and are climbed by gradient ascent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.integrate import quad

from derivations.topics.variational import amortization, amortized_against_per_instance
from numerics.comparisons import Value, agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean_with_variance, experiment_budget

__all__ = ["MODEL", "run"]

Reals: TypeAlias = NDArray[np.float64]

#: Slope, offset and deviation of the decoder, and the family's deviation.
MODEL = MappingProxyType(
    {"w": Fraction(3, 2), "b": Fraction(1), "s": Fraction(4, 5), "tau": Fraction(3, 4)}
)
INSTANCES = 24
RATE = Fraction(1, 10)  # of the per-instance ascent
ENCODER_RATE = 1 / 40  # of the encoder's ascent, on the mean bound
STEPS = 400
CLOSE = 1e-6  # the distance from the optimum, relative to the start's, that counts as arrived
EPSILON = 0.03  # nats

SLOPE, OFFSET, NOISE, TAU = (float(MODEL[name]) for name in ("w", "b", "s", "tau"))
NODES, _raw = hermegauss(8)
WEIGHTS: Reals = _raw / _raw.sum()


def _log_normal(at: Reals, mean: Reals | float, deviation: float) -> Reals:
    z = (at - mean) / deviation
    result: Reals = -0.5 * z**2 - math.log(deviation) - 0.5 * math.log(2 * math.pi)
    return result


def _log_joint(x: Reals, z: Reals) -> Reals:
    return _log_normal(x, SLOPE * z + OFFSET, NOISE) + _log_normal(z, 0.0, 1.0)


def _bound(mean: Reals, x: Reals) -> Reals:
    """The evidence lower bound of N(mean, tau^2) at each x; shapes (n,)."""
    z = mean + TAU * NODES[:, None]
    return WEIGHTS @ (_log_joint(x, z) - _log_normal(z, mean, TAU))


def _slope(function: Callable[[Reals], Reals], at: Reals) -> Reals:
    """The derivative of a quadratic function, by its central difference, which is exact."""
    return (function(at + 1.0) - function(at - 1.0)) / 2


def _ascend(function: Callable[[Reals], Reals], start: Reals, rate: float) -> Reals:
    """The path of gradient ascent, shape (STEPS + 1, *start.shape)."""
    path = [start]
    for _ in range(STEPS):
        path.append(path[-1] + rate * _slope(function, path[-1]))
    return np.stack(path)


def _log_evidence(x: float) -> float:
    """log p(x) by adaptive quadrature over the latent variable."""

    def joint(z: float) -> float:
        return float(np.exp(_log_joint(np.array(x), np.array(z))))

    return math.log(quad(joint, -12, 12, epsabs=0, epsrel=1e-11, limit=200)[0])


def run(seed: int) -> Experiment:
    """Fit both kinds of approximate posterior to the same data and compare their bounds."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    latent = generator.normal(size=INSTANCES)
    x = SLOPE * latent + OFFSET + NOISE * generator.normal(size=INSTANCES)
    paths = _ascend(lambda mean: _bound(mean, x), np.zeros(INSTANCES), float(RATE))
    slopes = _ascend(lambda phi: _bound(phi * x, x).mean(keepdims=True), np.zeros(1), ENCODER_RATE)
    means, slope = paths[-1], float(slopes[-1, 0])
    own, shared = _bound(means, x), _bound(slope * x, x)
    evidence = np.array([_log_evidence(float(value)) for value in x])
    values: dict[str, Value] = {**MODEL, "n": Fraction(INSTANCES), "data": x.tolist()}
    gaps = _predicted_gaps(values)
    measurements = (
        *_optima(values, x, means, slope, seed),
        *_gaps(values, own, shared, evidence, seed),
        _sampled_gap(x, gaps, values, generator, seed),
        *_costs(paths, means, slopes, seed),
    )
    return Experiment(
        "amortization",
        measurements,
        MappingProxyType(
            {"x": x, "means": means, "slope": slopes[-1], "gap": own - shared, "predicted": gaps}
        ),
        seconds=perf_counter() - began,
    )


_CLAIMS = claims_of(amortization())
_COSTS = claims_of(amortized_against_per_instance())


def _predicted(name: str, values: dict[str, Value]) -> float:
    claim = _CLAIMS[name]
    return predict(claim.closed_form, claim.notation, values)


def _predicted_gaps(values: dict[str, Value]) -> Reals:
    numbers = range(1, INSTANCES + 1)
    return np.array([_predicted("gap", {**values, "i": Fraction(i)}) for i in numbers])


def _optima(
    values: dict[str, Value], x: Reals, means: Reals, slope: float, seed: int
) -> tuple[Measurement, ...]:
    farthest = int(np.argmax(np.abs(x)))
    mean = _predicted("per-instance-optimum", {**values, "x": float(x[farthest])})
    best = _predicted("least-squares", values)
    climbing = "gradient ascent"
    return (
        agreement(
            "best-slope",
            "the encoder's slope after ascent on the summed bounds",
            best,
            slope,
            STEPS,
            climbing,
            seed=seed,
        ),
        agreement(
            "best-mean",
            "the own mean of the observation farthest from zero, after ascent on its bound",
            mean,
            float(means[farthest]),
            STEPS,
            climbing,
            seed=seed,
        ),
    )


def _gaps(
    values: dict[str, Value], own: Reals, shared: Reals, evidence: Reals, seed: int
) -> tuple[Measurement, ...]:
    total = _predicted("total-gap", values)
    family = _predicted("per-instance-divergence", {**values, "i": Fraction(1)})
    quadrature = "quadrature at the fitted optima"
    return (
        agreement(
            "total-gap",
            "per-instance minus amortized bound, summed over the observations",
            total,
            float((own - shared).sum()),
            INSTANCES,
            quadrature,
            seed=seed,
        ),
        agreement(
            "per-instance-bias",
            "mean log evidence minus the mean per-instance bound",
            family,
            float((evidence - own).mean()),
            INSTANCES,
            quadrature,
            seed=seed,
        ),
        agreement(
            "amortized-bias",
            "mean log evidence minus the mean amortized bound",
            family + total / INSTANCES,
            float((evidence - shared).mean()),
            INSTANCES,
            quadrature,
            seed=seed,
        ),
    )


def _sampled_gap(
    x: Reals,
    gaps: Reals,
    values: dict[str, Value],
    generator: np.random.Generator,
    seed: int,
) -> Measurement:
    """The mean gap by sampling an observation and a latent value, with a guarantee.

    Both laws are sampled with the same noise, so that log q cancels and the difference of the log
    joints is delta (delta + 2 tau epsilon) / (2 v); its variance is that of the gaps
    delta^2 / (2 v) plus 2 tau^2 / v times their mean.
    """
    best = _predicted("least-squares", values)
    own = np.array([_predicted("per-instance-optimum", {**values, "x": float(v)}) for v in x])
    spread = predict(_CLAIMS["linear-variance"].closed_form, _CLAIMS["gap"].notation, values)

    def sampler(count: int) -> Reals:
        which = generator.integers(0, INSTANCES, size=count)
        noise = TAU * generator.normal(size=count)
        at = x[which]
        return _log_joint(at, own[which] + noise) - _log_joint(at, best * at + noise)

    variance = float(gaps.var() + 2 * TAU**2 / spread * gaps.mean())
    alpha = experiment_budget("sampled-gap")["sampled-gap"]
    decision = decide_mean_with_variance(sampler, float(gaps.mean()), variance, alpha, EPSILON)
    words = "mean gap of the two optimal laws, by sampling their log density ratios"
    return decision.measurement("sampled-gap", words, float(gaps.mean()), seed)


def _costs(paths: Reals, means: Reals, slopes: Reals, seed: int) -> tuple[Measurement, ...]:
    claim = _COSTS["contraction"]
    factor = predict(claim.closed_form, claim.notation, {**MODEL, "eta": RATE})
    distances = np.abs(paths - means)
    seen = float(distances[6, 0] / distances[5, 0])
    arrived = int(np.argmax((distances <= CLOSE * distances[0]).all(axis=1)))
    expected = math.ceil(math.log(CLOSE) / math.log(abs(factor)))
    return (
        agreement(
            "contraction",
            "factor by which one ascent step shrinks the distance to an instance's optimum",
            factor,
            seen,
            1,
            "gradient ascent",
            seed=seed,
        ),
        agreement(
            "steps",
            "ascent steps until every instance is a millionth of its first distance away",
            expected,
            arrived,
            arrived,
            "gradient ascent",
            seed=seed,
        ),
        agreement(
            "stored-per-instance",
            "numbers stored by per-instance inference",
            INSTANCES,
            means.size,
            INSTANCES,
            "count",
            seed=seed,
        ),
        agreement(
            "stored-amortized",
            "numbers stored by the encoder",
            1,
            slopes[-1].size,
            INSTANCES,
            "count",
            seed=seed,
        ),
    )
