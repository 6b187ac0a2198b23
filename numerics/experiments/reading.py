"""A linear autoencoder, trained, against principal components.

Its encoder and decoder are free matrices that start at random; the optimizer knows the squared
error and nothing else.
"""

from __future__ import annotations

from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from numerics.comparisons import agreement
from numerics.measurements import Experiment, Measurement

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

POINTS, DIMENSION, CODE = 200, 6, 2
#: Standard deviations along the axes, before the data are turned.
SPREADS: Reals = np.array([3.0, 2.0, 1.0, 0.8, 0.5, 0.3])


def _data(generator: np.random.Generator) -> Reals:
    turn, _ = np.linalg.qr(generator.normal(size=(DIMENSION, DIMENSION)))
    data = generator.normal(size=(POINTS, DIMENSION)) * SPREADS @ turn.T
    centred: Reals = data - data.mean(axis=0)
    return centred


def _trained(data: Reals, start: Reals) -> tuple[Reals, Reals, float]:
    """Encoder (CODE x DIMENSION), decoder (DIMENSION x CODE) and mean squared error."""
    half = CODE * DIMENSION

    def loss(parameters: Reals) -> tuple[float, Reals]:
        encoder = parameters[:half].reshape(CODE, DIMENSION)
        decoder = parameters[half:].reshape(DIMENSION, CODE)
        codes = data @ encoder.T
        wrong = codes @ decoder.T - data
        to_decoder = 2 * wrong.T @ codes / POINTS
        to_encoder = 2 * (wrong @ decoder).T @ data / POINTS
        return float((wrong**2).sum()) / POINTS, np.concatenate(
            (to_encoder.ravel(), to_decoder.ravel())
        )

    options = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-16, "gtol": 1e-12}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    encoder: Reals = found.x[:half].reshape(CODE, DIMENSION)
    decoder: Reals = found.x[half:].reshape(DIMENSION, CODE)
    return encoder, decoder, float(found.fun)


def run(seed: int) -> Experiment:
    """Train a linear autoencoder, and compare its error and its plane with those of PCA."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    data = _data(generator)
    start = 0.3 * generator.normal(size=2 * CODE * DIMENSION)
    encoder, decoder, error = _trained(data, start)
    _, singular, axes = np.linalg.svd(data, full_matrices=False)
    return Experiment(
        "reading",
        (
            _error(error, singular),
            _plane(encoder, decoder, axes[:CODE]),
        ),
        MappingProxyType({}),
        seconds=perf_counter() - began,
    )


def _error(error: float, singular: Reals) -> Measurement:
    return agreement(
        "error",
        "mean squared error of a trained linear autoencoder, against the discarded variance",
        float((singular[CODE:] ** 2).sum()) / POINTS,
        error,
        POINTS,
        "numerical optimization",
    )


def _plane(encoder: Reals, decoder: Reals, axes: Reals) -> Measurement:
    distance = float(np.abs(decoder @ encoder - axes.T @ axes).max())
    return agreement(
        "plane",
        "largest entry of decoder times encoder, minus the projection on the leading components",
        0.0,
        distance,
        POINTS,
        "numerical optimization",
        wanted=4,
    )
