"""Laws at a known Wasserstein distance, and the best penalized critic of two of them.

On the line, with g the distribution function of what is generated, less that of the data, the gap
of a critic f is int g f', and W_1 is int |g|. The interpolates of Gulrajani et al. ("Improved
training of Wasserstein GANs", NeurIPS 2017) have a density rho. Where g >= 0, the objective with
the two-sided penalty of weight lambda is, the square completed,

    W_1 + int g^2 / (4 lambda rho) - lambda int rho ((f' - s)^2 - 4 max(-f', 0)),

for every critic, with the derived best slope s = 1 + g / (2 lambda rho) at each point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from derivations.topics.wasserstein import distance_and_duality, reading
from language.claims import Claim
from numerics.comparisons import Value, claims_of, predict

__all__ = [
    "SHIFT",
    "Draws",
    "Laws",
    "LineLaws",
    "Optimum",
    "derived",
    "known_laws",
    "line_laws",
    "optimum",
]

Reals: TypeAlias = NDArray[np.float64]
#: Data and generated points, each of shape (n, d).
Draws: TypeAlias = tuple[Reals, Reals]

SHIFT = 1.0
CELLS = 2000


@cache
def _claims() -> Mapping[str, Claim]:
    """What was derived about distances and critics."""
    return {**claims_of(distance_and_duality()), **claims_of(reading())}


def derived(name: str, **at: Value) -> float:
    """The value of a derived closed form of the topic."""
    claim = _claims()[name]
    return predict(claim.closed_form, claim.notation, at)


@dataclass(frozen=True, slots=True)
class Laws:
    """Data and generated points at a known distance.

    Attributes:
        words: for readers.
        dimension: of the points.
        distance: W_1, as derived.
        draw: so many of both, data first.
    """

    words: str
    dimension: int
    distance: float
    draw: Callable[[np.random.Generator, int], Draws]


@dataclass(frozen=True, slots=True)
class LineLaws(Laws):
    """The same on the line.

    Attributes:
        span: an interval that holds both laws, all but 1e-14 of them.
        passing: the distribution function of what is generated, less that of the data: g.
    """

    span: tuple[float, float]
    passing: Callable[[Reals], Reals]

    @property
    def length(self) -> float:
        """Of the span."""
        return self.span[1] - self.span[0]

    @property
    def edges(self) -> Reals:
        """Of the cells in which critics are integrated."""
        return np.linspace(*self.span, CELLS + 1)

    @property
    def middles(self) -> Reals:
        """Of these cells."""
        result: Reals = (self.edges[1:] + self.edges[:-1]) / 2
        return result

    def gap(self, critic: Reals) -> float:
        """int g f', from a critic's values at the edges."""
        return float(self.passing(self.middles) @ np.diff(critic))


@cache
def known_laws() -> dict[str, Laws]:
    """A shift on the line, a change of spread there, and a shift in the plane."""
    aside = np.array((0.6, 0.8)) * SHIFT

    def shifted(generator: np.random.Generator, count: int) -> Draws:
        return generator.random((count, 1)) + SHIFT, generator.random((count, 1))

    def spread(generator: np.random.Generator, count: int) -> Draws:
        return 2 * generator.normal(size=(count, 1)), generator.normal(size=(count, 1))

    def moved(generator: np.random.Generator, count: int) -> Draws:
        data, made = generator.normal(size=(2, count, 2))
        return data + aside, made

    return {
        "shift": LineLaws(
            f"uniform laws, {SHIFT:g} apart",
            1,
            derived("uniform-shift", theta=SHIFT),
            shifted,
            (0.0, 1.0 + SHIFT),
            lambda x: np.clip(x, 0, 1) - np.clip(x - SHIFT, 0, 1),
        ),
        "spread": LineLaws(
            "N(0, 4) and N(0, 1)",
            1,
            derived("centred-gaussians", sigma_1=2, sigma_2=1),
            spread,
            (-16.0, 16.0),
            lambda x: ndtr(x) - ndtr(x / 2),
        ),
        "plane": Laws(
            f"normal laws in the plane, {SHIFT:g} apart",
            2,
            derived("weighted-norm", theta=aside.tolist(), s=(1.0, 1.0), n=2),
            moved,
        ),
    }


def line_laws(name: str) -> LineLaws:
    """Those of the known laws that are on the line."""
    found = known_laws()[name]
    if not isinstance(found, LineLaws):
        raise TypeError(f"expected laws on the line, found {found.words}")
    return found


def interpolates(x: Reals, nodes: int = 2000) -> Reals:
    """The density of the interpolates of the shifted uniform laws, by quadrature over the share.

    At share u they are u (SHIFT + U) + (1 - u) V with U and V uniform: the density is the overlap
    of two intervals, of lengths u and 1 - u, over the product of these lengths. Nodes crowd near
    zero and one, since near the ends of the line only such shares matter.
    """
    angles = (np.arange(nodes) + 0.5) * np.pi / nodes
    u, weights = (1 - np.cos(angles)) / 2, np.sin(angles) * np.pi / 2
    beyond = x[:, None] - u * SHIFT
    overlap = np.minimum(beyond, u) - np.maximum(beyond - (1 - u), 0)
    result: Reals = (weights * np.maximum(overlap, 0) / (u * (1 - u))).mean(axis=1)
    return result


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best critic of the shifted uniform laws under a penalty, cell by cell.

    Attributes:
        weight: of the penalty.
        passing: g at the middles of the cells.
        density: rho there.
        width: of a cell.
        falling: whether it is the best of the critics that fall, not of all.
    """

    weight: float
    passing: Reals
    density: Reals
    width: float
    falling: bool = False

    @property
    def slopes(self) -> Reals:
        """At each point, as derived: the best one, or the spurious one, which is less by two."""
        best = 1 + self.passing / (2 * self.weight * self.density)
        return best - 2 if self.falling else best

    @property
    def gap(self) -> float:
        """What it says of the distance."""
        return float(self.passing @ self.slopes) * self.width

    def objective(self, slopes: Reals) -> float:
        """What the two-sided penalty leaves of the gap of any critic, with these slopes."""
        sign = -1 if self.falling else 1
        best = sign * self.passing + self.passing**2 / (4 * self.weight * self.density)
        lost = (slopes - self.slopes) ** 2 - 4 * np.maximum(-sign * slopes, 0)
        return float((best - self.weight * self.density * lost).sum()) * self.width

    def distance(self, slopes: Reals) -> float:
        """Of the slopes of a critic from these, root of the mean square at interpolates."""
        squares = self.density * (slopes - self.slopes) ** 2
        return math.sqrt(squares.sum() * self.width)


@cache
def _density() -> Reals:
    return interpolates(line_laws("shift").middles)


def optimum(weight: float, *, falling: bool = False) -> Optimum:
    """The best critic under a penalty of this weight, or the best of those that fall."""
    laws = line_laws("shift")
    return Optimum(weight, laws.passing(laws.middles), _density(), laws.length / CELLS, falling)
