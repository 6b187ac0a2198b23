"""Grey pixels under a Bernoulli likelihood: the lecture's five pixels, and masses by quadrature."""

from __future__ import annotations

from time import perf_counter
from types import MappingProxyType

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from derivations.topics.pixel_likelihood import NOTATION, bernoulli
from numerics.comparisons import Value, agreement, claims_of, predict
from numerics.measurements import Experiment

__all__ = ["run"]

#: The image and the reconstruction of the lecture.
IMAGE = (0.1, 0.8, 0.7, 0.23, 0.5)
RECONSTRUCTION = (0.08, 0.83, 0.58, 0.21, 0.42)
SHADES = np.linspace(0.02, 0.98, 49)


def _log_likelihood(values: tuple[float, ...], outputs: tuple[float, ...]) -> float:
    """The logarithm of the product itself, not of its closed form."""
    x, p = np.array(values), np.array(outputs)
    return float(np.log(np.prod(p**x * (1 - p) ** (1 - x))))


def _mass(output: float) -> float:
    """The integral of the likelihood of one pixel over all shades of grey."""
    found, _ = quad(lambda t: output**t * (1 - output) ** (1 - t), 0.0, 1.0, epsabs=1e-13)
    return float(found)


def run(seed: int) -> Experiment:
    """The lecture's example by the closed form, the best output, and masses that are not one."""
    began = perf_counter()
    solution = bernoulli()
    claims = claims_of(solution)
    closed = claims["bce"]
    mass = claims["mass"].closed_form

    def summed(outputs: tuple[float, ...]) -> float:
        values: dict[str, Value] = {"m": len(IMAGE), "pixels": IMAGE, "guesses": outputs}
        return predict(closed.closed_form, closed.notation, values)

    best = minimize_scalar(
        lambda p: -(IMAGE[0] * np.log(p) + (1 - IMAGE[0]) * np.log1p(-p)),
        bounds=(1e-6, 1 - 1e-6),
        method="bounded",
        options={"xatol": 1e-12},
    )
    measurements = (
        agreement(
            "lecture",
            "log likelihood of the lecture's reconstruction",
            summed(RECONSTRUCTION),
            _log_likelihood(IMAGE, RECONSTRUCTION),
            len(IMAGE),
            "the product itself",
        ),
        agreement(
            "perfect",
            "log likelihood of a perfect reconstruction",
            summed(IMAGE),
            _log_likelihood(IMAGE, IMAGE),
            len(IMAGE),
            "the product itself",
        ),
        agreement(
            "best-output",
            "best output for a pixel of 0.1",
            IMAGE[0],
            float(best.x),
            int(best.nfev),
            "numerical optimization",
        ),
        *(
            agreement(
                f"mass-{name}",
                f"mass of all shades of grey at the output {output}",
                predict(mass, NOTATION, {"guess": output}),
                _mass(output),
                1,
                "quadrature",
            )
            for name, output in (("dark", 0.08), ("middle", 0.42))
        ),
    )
    series = {"outputs": SHADES, "masses": np.array([_mass(float(p)) for p in SHADES])}
    return Experiment(
        "pixel_likelihood",
        measurements,
        MappingProxyType(series),
        seconds=perf_counter() - began,
    )
