"""Pairs of laws with known densities, to draw from and to integrate against.

A law is a mixture of isotropic normal laws, and what is integrated falls like a normal density. The
trapezoidal rule on a box of eight spreads around every centre is exact almost to rounding for what
is smooth on the scale of its step. A network need not be: one that has memorized a few draws jumps
between them. So integrals of networks are compared at two steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIXTURES", "NORMALS", "PAIRS", "PLANE", "Grid", "Mixture", "Pair"]

_SPREADS = 8.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture, in equal parts, of normal laws with covariance ``spread`` squared times identity.

    Attributes:
        centres: the k means, each of d coordinates.
        spread: the standard deviation of every coordinate around them.
    """

    centres: tuple[tuple[float, ...], ...]
    spread: float

    def log_density(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """At n points, shape (n, d); shape (n,)."""
        apart = points[:, None, :] - np.array(self.centres)
        exponents = -0.5 * (apart**2).sum(axis=2) / self.spread**2
        count, dimension = apart.shape[1:]
        constant = np.log(count) + dimension * np.log(self.spread * np.sqrt(2 * np.pi))
        result: NDArray[np.float64] = np.logaddexp.reduce(exponents, axis=1) - constant
        return result

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Independent points, shape (count, d)."""
        centres = np.array(self.centres)
        chosen = centres[generator.integers(len(centres), size=count)]
        return chosen + self.spread * generator.normal(size=chosen.shape)


@dataclass(frozen=True, slots=True)
class Grid:
    """Points that cover a pair of laws, and what the trapezoidal rule needs there.

    Attributes:
        points: shape (n, d).
        first: density of the first law at the points, shape (n,).
        second: density of the second law.
        cell: the volume that belongs to one point.
    """

    points: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    cell: float

    def integral(self, values: NDArray[np.float64]) -> float:
        """Of a function that falls off within the box, from its values at the points."""
        return float(values.sum() * self.cell)

    @property
    def share(self) -> NDArray[np.float64]:
        """The second density's share of the sum of both."""
        result: NDArray[np.float64] = self.second / (self.first + self.second)
        return result


@dataclass(frozen=True, slots=True)
class Pair:
    """Two laws in the same space.

    Attributes:
        name: for measurements.
        words: for readers.
        first: one law.
        second: the other.
        step: between neighbours of the grid, in each coordinate.
    """

    name: str
    words: str
    first: Mixture
    second: Mixture
    step: float

    @property
    def dimension(self) -> int:
        """Of the space."""
        return len(self.first.centres[0])

    def grid(self, coarser: int = 1) -> Grid:
        """Points with ``coarser`` times the step between neighbours, all but 1e-14 of both laws."""
        step = coarser * self.step
        laws = (self.first, self.second)
        axes = []
        for place in range(self.dimension):
            low = min(c[place] - _SPREADS * law.spread for law in laws for c in law.centres)
            high = max(c[place] + _SPREADS * law.spread for law in laws for c in law.centres)
            axes.append(np.arange(low, high + step, step))
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, self.dimension)
        first, second = (np.exp(law.log_density(points)) for law in laws)
        return Grid(points, first, second, step**self.dimension)


NORMALS = Pair(
    "normals",
    "N(0, 1) and N(1, 1)",
    Mixture(((0.0,),), 1.0),
    Mixture(((1.0,),), 1.0),
    0.001,
)
MIXTURES = Pair(
    "mixtures",
    "N(0, 4) and a mixture of two normal laws",
    Mixture(((0.0,),), 2.0),
    Mixture(((-2.0,), (2.0,)), 0.6),
    0.001,
)
PLANE = Pair(
    "plane",
    "a normal law in the plane and a mixture of four",
    Mixture(((0.0, 0.0),), 1.2),
    Mixture(((-1.5, 0.0), (1.5, 0.0), (0.0, -1.5), (0.0, 1.5)), 0.6),
    0.1,
)
PAIRS = (NORMALS, MIXTURES, PLANE)
