"""Forward and reverse divergence, each estimated and minimized with only what its scenario offers.

With a density and no samples: the reverse divergence, whose expectation is over the flow's own
samples. With samples and no density: the forward one, whose minimizer is the maximum of the
likelihood. The flow is x = shift + scale u with u ~ N(0, 1). The target is normal first, where both
must recover it, and then an even mixture of two normal laws, where they differ.
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
from scipy.optimize import minimize

from derivations.topics.flows import direction_of_kl
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean_with_variance, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]
LogDensity: TypeAlias = Callable[[Reals], Reals]

#: The normal target and the flow at which both divergences are estimated.
TARGET = MappingProxyType({"m": Fraction(1), "s": Fraction(3, 2)})
FLOW = MappingProxyType({"c": Fraction(1, 2), "k": Fraction(1)})
MEAN, DEVIATION = float(TARGET["m"]), float(TARGET["s"])
SHIFT, SCALE = float(FLOW["c"]), float(FLOW["k"])
#: The mixture of N(-2, 1/4) and N(2, 1/4).
MODE, WIDTH = 2.0, 0.5
EPSILON = 0.02
NODES, _raw = hermegauss(120)
WEIGHTS: Reals = _raw / _raw.sum()


def _log_normal(at: Reals, mean: float, deviation: float) -> Reals:
    z = (at - mean) / deviation
    result: Reals = -0.5 * z**2 - math.log(deviation) - 0.5 * math.log(2 * math.pi)
    return result


def _log_mixture(at: Reals) -> Reals:
    halves = (_log_normal(at, -MODE, WIDTH), _log_normal(at, MODE, WIDTH))
    result: Reals = np.logaddexp(*halves) - math.log(2)
    return result


def _reverse(target: LogDensity, shift: float, log_scale: float) -> float:
    """KL(flow || target) from the target's density alone: E over the base, at the flow's points."""
    own = _log_normal(NODES, 0.0, 1.0) - log_scale
    return float(WEIGHTS @ (own - target(shift + math.exp(log_scale) * NODES)))


def _fit(objective: Callable[[Reals], float], start: tuple[float, float]) -> tuple[float, float]:
    """The minimizing shift and scale; the scale is searched by its logarithm."""
    options = {"xatol": 1e-11, "fatol": 1e-15, "maxiter": 2000, "maxfev": 4000}
    found = minimize(objective, np.array(start), method="Nelder-Mead", options=options)
    return float(found.x[0]), math.exp(float(found.x[1]))


def _reverse_fit(target: LogDensity, start: tuple[float, float]) -> tuple[float, float]:
    return _fit(lambda at: _reverse(target, float(at[0]), float(at[1])), start)


def _forward_fit(nodes: Reals, weights: Reals) -> tuple[float, float]:
    """The flow of largest likelihood for data at ``nodes`` with these weights."""

    def loss(at: Reals) -> float:
        return -float(weights @ _log_normal(nodes, float(at[0]), math.exp(float(at[1]))))

    return _fit(loss, (0.0, 0.0))


def run(seed: int) -> Experiment:
    """Estimate and minimize both divergences, for a normal and for a bimodal target."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    forward = _forward_fit(*_mixture_nodes())
    right = _reverse_fit(_log_mixture, (1.5, -0.5))
    measurements = (
        *_density_only(generator, seed),
        *_samples_only(generator, seed),
        *_bimodal(forward, right),
    )
    x = np.linspace(-6, 6, 241)
    series = {
        "x": x,
        "target": np.exp(_log_mixture(x)),
        "forward": np.exp(_log_normal(x, *forward)),
        "reverse": np.exp(_log_normal(x, *right)),
    }
    return Experiment(
        "kl_direction", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


_CLAIMS = claims_of(direction_of_kl())


def _predicted(name: str) -> float:
    claim = _CLAIMS[name]
    return predict(claim.closed_form, claim.notation, {**TARGET, **FLOW})


def _density_only(generator: np.random.Generator, seed: int) -> tuple[Measurement, ...]:
    """Only the target's log density is used."""

    def target(at: Reals) -> Reals:
        return _log_normal(at, MEAN, DEVIATION)

    shift, scale = _reverse_fit(target, (0.0, 0.0))
    value = _predicted("normal-reverse")

    def sampler(count: int) -> Reals:
        u = generator.normal(size=count)
        return _log_normal(u, 0.0, 1.0) - math.log(SCALE) - target(SHIFT + SCALE * u)

    variance = _quadratic_variance(SCALE**2 / DEVIATION**2, SCALE * (SHIFT - MEAN) / DEVIATION**2)
    decision = decide_mean_with_variance(
        sampler, value, variance, _share("reverse-estimate"), EPSILON
    )
    return (
        agreement(
            "reverse-fit-mean",
            "mean of the flow that minimizes the reverse divergence, from the density",
            MEAN,
            shift,
            NODES.size,
            "numerical optimization",
            wanted=5,
        ),
        agreement(
            "reverse-fit-deviation",
            "its standard deviation",
            DEVIATION,
            scale,
            NODES.size,
            "numerical optimization",
            wanted=5,
        ),
        decision.measurement(
            "reverse-estimate",
            "the reverse divergence, from the flow's samples and the target's density",
            value,
            seed,
        ),
    )


def _quadratic_variance(ratio: float, slope: float) -> float:
    """The variance of (ratio - 1)/2 e^2 + slope e with e standard normal."""
    return (ratio - 1) ** 2 / 2 + slope**2


def _samples_only(generator: np.random.Generator, seed: int) -> tuple[Measurement, ...]:
    """Only samples of the target are used."""

    def draws(count: int) -> Reals:
        return MEAN + DEVIATION * generator.normal(size=count)

    cross = _predicted("normal-cross-entropy")
    slope = DEVIATION * (MEAN - SHIFT) / SCALE**2
    variance = DEVIATION**4 / (2 * SCALE**4) + slope**2
    estimate = decide_mean_with_variance(
        lambda count: -_log_normal(draws(count), SHIFT, SCALE),
        cross,
        variance,
        _share("forward-estimate"),
        0.05,
    )
    centre = decide_mean_with_variance(
        draws, MEAN, DEVIATION**2, _share("forward-fit-mean"), EPSILON * 2
    )
    spread = decide_mean_with_variance(
        lambda count: (draws(count) - MEAN) ** 2,
        DEVIATION**2,
        2 * DEVIATION**4,
        _share("forward-fit-variance"),
        0.1,
    )
    return (
        centre.measurement(
            "forward-fit-mean",
            "mean of the flow of largest likelihood, from samples",
            MEAN,
            seed,
        ),
        spread.measurement(
            "forward-fit-variance", "its variance, around the true mean", DEVIATION**2, seed
        ),
        estimate.measurement(
            "forward-estimate",
            "the forward divergence up to the data's entropy, from samples",
            cross,
            seed,
        ),
    )


_CHECKS = experiment_budget(
    "reverse-estimate", "forward-estimate", "forward-fit-mean", "forward-fit-variance"
)


def _share(check: str) -> float:
    return _CHECKS[check]


def _mixture_nodes() -> tuple[Reals, Reals]:
    """Gauss-Hermite nodes of the mixture, and their weights."""
    nodes = np.concatenate((-MODE + WIDTH * NODES, MODE + WIDTH * NODES))
    return nodes, np.concatenate((WEIGHTS, WEIGHTS)) / 2


def _bimodal(forward: tuple[float, float], reverse: tuple[float, float]) -> tuple[Measurement, ...]:
    return (
        agreement(
            "covering-mean",
            "bimodal target: mean of the forward fit, which is that of the target",
            0.0,
            forward[0],
            2 * NODES.size,
            "numerical optimization",
            wanted=5,
        ),
        agreement(
            "covering-deviation",
            "bimodal target: deviation of the forward fit, which is that of the target",
            math.sqrt(MODE**2 + WIDTH**2),
            forward[1],
            2 * NODES.size,
            "numerical optimization",
            wanted=5,
        ),
        agreement(
            "seeking-mean",
            "bimodal target: mean of the reverse fit, close to one mode",
            MODE,
            reverse[0],
            NODES.size,
            "numerical optimization",
            wanted=2,
        ),
        agreement(
            "seeking-divergence",
            "bimodal target: its reverse divergence, close to log 2 for a missed half",
            math.log(2),
            _reverse(_log_mixture, reverse[0], math.log(reverse[1])),
            NODES.size,
            "quadrature",
            wanted=2,
        ),
    )
