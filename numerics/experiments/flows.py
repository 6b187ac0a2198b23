"""The divergence seen from both ends of several flows, one of them decreasing.

Each side is computed from its own definition: the data side with the inverse and its Jacobian on
the data space, the base side with the flow and its Jacobian on the base space. The base law is
standard normal throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.flows import kl_under_a_flow
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean_with_variance, experiment_budget

__all__ = ["DECREASING", "run"]

Reals: TypeAlias = NDArray[np.float64]

#: F(u) = a u + b with a = -c < 0, and data N(m, s^2).
DECREASING = MappingProxyType(
    {
        "a": Fraction(-2),
        "b": Fraction(1),
        "c": Fraction(2),
        "m": Fraction(1, 2),
        "s": Fraction(3, 2),
    }
)
A, B, M, S = (float(DECREASING[name]) for name in ("a", "b", "m", "s"))
POINTS = 4001  # of a rule on the line
GRID = 401  # of a rule in the plane, along each axis
EPSILON = 0.01  # nats


def _normal(at: Reals, mean: float = 0.0, deviation: float = 1.0) -> Reals:
    result: Reals = np.exp(-0.5 * ((at - mean) / deviation) ** 2) / (
        deviation * math.sqrt(2 * math.pi)
    )
    return result


@dataclass(frozen=True, slots=True)
class _Line:
    """A flow of the line with its inverse and both derivatives, and data N(mean, deviation^2).

    ``points`` and ``images`` are ranges of the base and data space outside of which both
    integrands are below 1e-15.
    """

    flow: Callable[[Reals], Reals]
    slope: Callable[[Reals], Reals]
    inverse: Callable[[Reals], Reals]
    inverse_slope: Callable[[Reals], Reals]
    mean: float
    deviation: float
    images: tuple[float, float]
    points: tuple[float, float]

    def from_the_data(self) -> float:
        """KL(p_X || p_F(U)), integrated over the data space."""
        x = np.linspace(*self.images, POINTS)
        data = _normal(x, self.mean, self.deviation)
        flow = _normal(self.inverse(x)) * np.abs(self.inverse_slope(x))
        return _integral(_weighted_log_ratio(data, flow), x)

    def from_the_base(self) -> float:
        """KL(p_Finv(X) || p_U), integrated over the base space."""
        u = np.linspace(*self.points, POINTS)
        pulled = _normal(self.flow(u), self.mean, self.deviation) * np.abs(self.slope(u))
        return _integral(_weighted_log_ratio(pulled, _normal(u)), u)


def _weighted_log_ratio(p: Reals, q: Reals) -> Reals:
    """p log(p/q), zero where p has underflowed."""
    inside = (p > 1e-290) & (q > 1e-290)
    result: Reals = np.zeros_like(p)
    result[inside] = p[inside] * np.log(p[inside] / q[inside])
    return result


def _integral(values: Reals, at: Reals) -> float:
    return float(np.trapezoid(values, at))


AFFINE = _Line(
    flow=lambda u: A * u + B,
    slope=lambda u: np.full_like(u, A),
    inverse=lambda x: (x - B) / A,
    inverse_slope=lambda x: np.full_like(x, 1 / A),
    mean=M,
    deviation=S,
    images=(M - 12 * S, M + 12 * S),
    points=((M - 12 * S - B) / A, (M + 12 * S - B) / A)[::-1],
)
#: F(u) = sinh(u): heavy tails.
SINH = _Line(
    flow=np.sinh,
    slope=np.cosh,
    inverse=np.arcsinh,
    inverse_slope=lambda x: 1 / np.sqrt(1 + x**2),
    mean=1.0,
    deviation=0.5,
    images=(-5.0, 7.0),
    points=(-2.4, 2.7),
)


def _cubic_inverse(x: Reals) -> Reals:
    """The real root of u + u^3/3 = x, by Cardano's formula."""
    half = 1.5 * x
    root = np.sqrt(half**2 + 1)
    result: Reals = np.cbrt(half + root) + np.cbrt(half - root)
    return result


#: F(u) = -(u + u^3/3): decreasing, and not affine.
CUBIC = _Line(
    flow=lambda u: -(u + u**3 / 3),
    slope=lambda u: -(1 + u**2),
    inverse=lambda x: -_cubic_inverse(x),
    inverse_slope=lambda x: -1 / (1 + _cubic_inverse(x) ** 2),
    mean=-0.5,
    deviation=1.0,
    images=(-10.5, 9.5),
    points=(-3.0, 3.2),
)


# A planar flow: F(u) = u + v tanh(w.u + c), invertible because w.v > -1. Its inverse is found along
# one direction: a = w.u solves a + w.v tanh(a + c) = w.x.
PLANAR_V: Reals = np.array([0.9, -0.4])
PLANAR_W: Reals = np.array([1.2, 0.7])
PLANAR_C = 0.3
DATA_MEAN: Reals = np.array([0.4, -0.2])
DATA_DEVIATION = 0.8


def _planar(u: Reals) -> tuple[Reals, Reals]:
    """Images of points of shape (2, k), and the Jacobian determinant there."""
    inside = np.tanh(PLANAR_W @ u + PLANAR_C)
    determinant = 1 + (1 - inside**2) * (PLANAR_W @ PLANAR_V)
    return u + PLANAR_V[:, None] * inside, determinant


def _planar_inverse(x: Reals) -> tuple[Reals, Reals]:
    """Preimages of points of shape (2, k), and the inverse's Jacobian determinant.

    The determinant is taken from central differences of the inverse itself, so that nothing of the
    flow's own Jacobian enters.
    """
    step = 1e-4
    columns = [
        (_preimage(x + step * axis[:, None]) - _preimage(x - step * axis[:, None])) / (2 * step)
        for axis in np.eye(2)
    ]
    (a, c), (b, d) = columns
    return _preimage(x), a * d - b * c


def _preimage(x: Reals) -> Reals:
    target, gain = PLANAR_W @ x, float(PLANAR_W @ PLANAR_V)
    along = target.copy()
    for _ in range(60):
        inside = np.tanh(along + PLANAR_C)
        along -= (along + gain * inside - target) / (1 + gain * (1 - inside**2))
    result: Reals = x - PLANAR_V[:, None] * np.tanh(along + PLANAR_C)
    return result


def _plane_normal(at: Reals, mean: Reals, deviation: float) -> Reals:
    squares = ((at - mean[:, None]) ** 2).sum(axis=0) / deviation**2
    result: Reals = np.exp(-0.5 * squares) / (2 * math.pi * deviation**2)
    return result


def _plane(centre: Reals, reach: float) -> tuple[Reals, float]:
    """Points of a square grid, shape (2, GRID^2), and the area of a cell."""
    line = np.linspace(-reach, reach, GRID)
    grid = np.stack(np.meshgrid(line, line)).reshape(2, -1)
    return grid + centre[:, None], float((line[1] - line[0]) ** 2)


def _planar_sides() -> tuple[float, float]:
    x, area = _plane(DATA_MEAN, 8 * DATA_DEVIATION)
    preimage, stretch = _planar_inverse(x)
    data = _plane_normal(x, DATA_MEAN, DATA_DEVIATION)
    flow = _plane_normal(preimage, np.zeros(2), 1.0) * np.abs(stretch)
    u, cell = _plane(DATA_MEAN, 8.5)
    image, growth = _planar(u)
    pulled = _plane_normal(image, DATA_MEAN, DATA_DEVIATION) * np.abs(growth)
    base = _plane_normal(u, np.zeros(2), 1.0)
    from_the_data = float(_weighted_log_ratio(data, flow).sum() * area)
    return from_the_data, float(_weighted_log_ratio(pulled, base).sum() * cell)


def run(seed: int) -> Experiment:
    """Compute both sides for every flow, and what goes wrong without |det| or without det."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (
        *_decreasing(),
        _both_sides("sinh", SINH, "sinh"),
        _both_sides("cubic", CUBIC, "a decreasing cubic"),
        _planar_agreement(),
        *_mistakes(),
        _sampled(generator, seed),
    )
    u = np.linspace(-3, 3, 201)
    x = np.linspace(-7, 7, 281)
    series = {
        "u": u,
        "base": _normal(u),
        "image": A * u + B,
        "x": x,
        "data": _normal(x, M, S),
        "pulled": _normal(A * u + B, M, S) * abs(A),
        "cubic": _normal(CUBIC.inverse(x)) * np.abs(CUBIC.inverse_slope(x)),
    }
    return Experiment(
        "flows", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


_CLAIM = claims_of(kl_under_a_flow())["decreasing-flow"]


def _closed_form() -> float:
    """KL(N(m, s^2) || N(b, a^2)), derived for two normal laws."""
    return predict(_CLAIM.closed_form, _CLAIM.notation, dict(DECREASING))


def _decreasing() -> tuple[Measurement, ...]:
    value = _closed_form()
    return (
        agreement(
            "decreasing-data-side",
            "a decreasing affine flow, integrated over the data",
            value,
            AFFINE.from_the_data(),
            POINTS,
            "quadrature",
        ),
        agreement(
            "decreasing-base-side",
            "the same flow, integrated over the base",
            value,
            AFFINE.from_the_base(),
            POINTS,
            "quadrature",
        ),
    )


def _both_sides(name: str, flow: _Line, words: str) -> Measurement:
    return agreement(
        name,
        f"the base side for {words}, against the data side",
        flow.from_the_data(),
        flow.from_the_base(),
        POINTS,
        "quadrature",
    )


def _planar_agreement() -> Measurement:
    from_the_data, from_the_base = _planar_sides()
    words = "the base side for a planar flow in the plane, against the data side"
    return agreement(
        "planar", words, from_the_data, from_the_base, GRID**2, "quadrature in the plane"
    )


def _mistakes() -> tuple[Measurement, ...]:
    x = np.linspace(*AFFINE.images, POINTS)
    signed = _normal(AFFINE.inverse(x)) * AFFINE.inverse_slope(x)
    without = _weighted_log_ratio(_normal(x, M, S), _normal(AFFINE.inverse(x)))
    return (
        agreement(
            "signed-mass",
            "total mass of the decreasing flow's density without the absolute value",
            -1.0,
            _integral(signed, np.linspace(*AFFINE.images, POINTS)),
            POINTS,
            "quadrature",
        ),
        agreement(
            "without-jacobian",
            "the data side without the Jacobian, off by the log of the slope's size",
            _closed_form() - math.log(abs(A)),
            _integral(without, x),
            POINTS,
            "quadrature",
        ),
    )


def _sampled(generator: np.random.Generator, seed: int) -> Measurement:
    """The data side by sampling the data, with a guarantee.

    The log ratio is quadratic in a standard normal variable, c + alpha (e^2 - 1) + beta e, so its
    variance 2 alpha^2 + beta^2 is known.
    """

    def sampler(count: int) -> Reals:
        x = M + S * generator.normal(size=count)
        ratio = _normal(x, M, S) / (_normal(AFFINE.inverse(x)) * np.abs(AFFINE.inverse_slope(x)))
        result: Reals = np.log(ratio)
        return result

    alpha = S**2 / (2 * A**2) - 0.5
    beta = S * (M - B) / A**2
    value = _closed_form()
    level = experiment_budget("sampled")["sampled"]
    decision = decide_mean_with_variance(sampler, value, 2 * alpha**2 + beta**2, level, EPSILON)
    words = "the decreasing flow's divergence, by sampling the data"
    return decision.measurement("sampled", words, value, seed)
