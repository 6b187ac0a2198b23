"""The divergence of a normal law from the standard one, by drawing: how noisy is one draw?

In a VAE the expected log ratio of encoder and prior could be estimated like the expected log
likelihood, from the one draw of the latent vector that is there anyway. The closed form has no
noise; the variance of the estimate that it replaces is a closed form, too.
"""

from __future__ import annotations

from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.gaussian_kl import diagonal_against_standard
from numerics.comparisons import Value, claims_of, predict
from numerics.measurements import Experiment
from numerics.statistics import decide_mean_with_variance, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

MEANS = (0.5, -1.0, 0.0, 1.5)
DEVIATIONS = (0.5, 1.0, 1.25, 0.75)
EPSILON = 0.02  # nats


def _log_ratio(generator: np.random.Generator, size: int) -> Reals:
    """log Q(z|x) - log P(z) at draws of z from the encoder's law."""
    noise = generator.standard_normal((size, len(MEANS)))
    z = np.array(MEANS) + np.array(DEVIATIONS) * noise
    result: Reals = (z**2 / 2 - noise**2 / 2 - np.log(DEVIATIONS)).sum(axis=1)
    return result


def run(seed: int) -> Experiment:
    """The mean of one-draw estimates, and their mean squared error, against the closed forms."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    claims = claims_of(diagonal_against_standard())
    divergence = claims["sigma"]
    values: dict[str, Value] = {"p": len(MEANS), "mu": MEANS, "sigma": DEVIATIONS}
    predicted = predict(divergence.closed_form, divergence.notation, values)
    spread = claims["one-draw-variance"]
    variance = sum(
        predict(spread.closed_form, spread.notation, {"mu": mean, "sigma": deviation})
        for mean, deviation in zip(MEANS, DEVIATIONS, strict=True)
    )
    decided = decide_mean_with_variance(
        lambda size: _log_ratio(generator, size),
        predicted,
        variance,
        experiment_budget("mean")["mean"],
        EPSILON,
    )
    words = "mean of one-draw estimates of the divergence (four coordinates)"
    return Experiment(
        "gaussian_kl",
        (decided.measurement("mean", words, predicted, seed),),
        MappingProxyType({"one-draw-deviation": np.array([variance**0.5])}),
        seconds=perf_counter() - began,
    )
