"""Generative adversarial networks, least squares and Wasserstein: the tutorial's questions 3 and 4.

Laws have densities on finitely many cells of different volumes, the generator maps the cells of
the noise onto those of the data, and what a question maximizes or integrates is maximized and
integrated here by numbers: bisection, a parabola through three points, Gauss-Legendre quadrature.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from corpus.meanings import AnySetting, Names, Setting, normal

CELLS = 5
NOISE_CELLS = 9

# ------------------------------------------------------------------ numbers from definitions


def derivative(function: Callable[[Any], Any], at: float) -> float:
    """f'(at) of a real-analytic function, without cancellation: the step is imaginary."""
    return float(np.imag(function(at + 1e-30j)) / 1e-30)


def root_of_decreasing(function: Callable[[Any], Any], cells: int = 1) -> Any:
    """Where a function of (0, 1) that decreases from + to - is zero, cell by cell, by bisection."""
    low, high = np.zeros(cells), np.ones(cells)
    for _ in range(80):
        middle = (low + high) / 2
        rises = function(middle) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return (low + high) / 2


def bottom_of_parabola(function: Callable[[Any], Any]) -> Any:
    """Where a convex quadratic function is least: through its values at -1, 0 and 1."""
    left, middle, right = function(-1.0), function(0.0), function(1.0)
    return (left - right) / (2 * (left - 2 * middle + right))


def integral(function: Callable[[Any], Any], *corners: float) -> float:
    """The integral of a function that is smooth between the corners (20 pieces for each)."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    total = 0.0
    for start, stop in pairwise(corners):
        edges = np.linspace(start, stop, 21)
        for a, b in pairwise(edges):
            points = (a + b) / 2 + (b - a) / 2 * nodes
            total += float((b - a) / 2 * np.sum(weights * function(points)))
    return total


# ------------------------------------------------------------------ densities on cells


def random_density(rng: np.random.Generator, volumes: Any) -> Any:
    """A density that is constant on cells of these volumes."""
    density = rng.uniform(0.2, 2.0, len(volumes))
    return density / np.sum(density * volumes)


def divergences(volumes: Any) -> Names:
    """Integral, KL, JSD, entropy and the sheet's Pearson divergence of densities on these cells."""

    def over(values: Any) -> Any:
        return np.sum(values * volumes)

    def kl(p: Any, q: Any) -> Any:
        return over(p * np.log(p / q))

    return {
        "I": over,
        "KL": kl,
        "JSD": lambda p, q: (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2,
        "H": lambda p: -over(p * np.log(p)),
        "chi2": lambda p, q: over((p - q) ** 2 / q),
    }


def two_densities(rng: np.random.Generator) -> Names:
    """p_data, p_g (`pd`, `pg`) and what integrates over x: `I`, and expectations `Ed` and `Eg`."""
    volumes = rng.uniform(0.3, 2.0, CELLS)
    pd, pg = random_density(rng, volumes), random_density(rng, volumes)
    return {
        "dx": volumes,
        "pd": pd,
        "pg": pg,
        "Ed": lambda values: np.sum(pd * values * volumes),
        "Eg": lambda values: np.sum(pg * values * volumes),
        **divergences(volumes),
    }


def game(rng: np.random.Generator) -> Names:
    """A generator, a discriminator, and the laws of data, of noise and of what is generated.

    `x` and `z` are the places of the cells, so that `D(x)`, `G(z)`, `D(G(z))` and also `D(z)`
    can be computed; `pg` is the push-forward of `pz`.
    """
    names = two_densities(rng)
    x = np.sort(rng.uniform(-2, 2, CELLS))
    z = np.sort(rng.uniform(-2, 2, NOISE_CELLS))
    noise_volumes = rng.uniform(0.3, 2.0, NOISE_CELLS)
    pz = random_density(rng, noise_volumes)
    hit = rng.permutation(np.arange(NOISE_CELLS) % CELLS)
    mass = np.bincount(hit, weights=pz * noise_volumes, minlength=CELLS)
    slope, bend, shift = rng.uniform(0.3, 0.9, 3)
    return names | {
        "x": x,
        "z": z,
        "pz": pz,
        "pg": mass / names["dx"],
        "Eg": lambda values: np.sum(mass * values),
        "Ez": lambda values: np.sum(pz * values * noise_volumes),
        "Iz": lambda values: np.sum(values * noise_volumes),
        "G": lambda points: x[hit[np.searchsorted(z, points)]],
        "D": lambda points: 1 / (1 + np.exp(-(slope * points + bend * np.sin(points) + shift))),
    }


def equal_densities(rng: np.random.Generator) -> Names:
    """The same with p_g = p_data."""
    names = two_densities(rng)
    return names | {"pg": names["pd"], "Eg": names["Ed"]}


def best_discriminator(v: Any) -> Any:
    """The t that maximizes p_data log t + p_g log(1 - t), cell by cell."""
    return root_of_decreasing(lambda t: v.pd * (1 - t) - v.pg * t, len(v.pd))


def virtual_criterion(v: Any) -> Any:
    """C(G) = max_D V(D, G)."""
    best = best_discriminator(v)
    return v.I(v.pd * np.log(best) + v.pg * np.log(1 - best))


def integrated_criterion(v: Any) -> Any:
    """V(D, G): each sample of the data labelled 1, each generated one labelled 0."""
    return v.Ed(np.log(v.D(v.x))) + v.Ez(np.log(1 - v.D(v.G(v.z))))


def disjoint_divergence(v: Any) -> Any:
    """The JSD of p_data on one half of the cells and p_g on the other half."""
    nowhere = np.zeros(CELLS)
    p, q = np.concatenate([v.pd, nowhere]), np.concatenate([nowhere, v.pg])
    volumes = np.tile(v.dx, 2)

    def against_mixture(law: Any) -> Any:
        there = law > 0
        mixture = (p + q) / 2
        return np.sum((law * np.log(law / mixture, where=there, out=np.zeros_like(law))) * volumes)

    return (against_mixture(p) + against_mixture(q)) / 2


# ------------------------------------------------------------------ one function of y, one logit


def pointwise(rng: np.random.Generator) -> Names:
    """a, b > 0 and a place y between 0 and 1."""
    a, b = rng.uniform(0.2, 3.0, 2)
    return {"a": a, "b": b, "y": rng.uniform(0.1, 0.9)}


def highest_point(v: Any) -> float:
    """The y that maximizes a log y + b log(1 - y)."""
    return float(root_of_decreasing(lambda t: v.a * (1 - t) - v.b * t)[0])


def highest_value(v: Any) -> float:
    """The maximum of a log y + b log(1 - y)."""
    y = highest_point(v)
    return float(v.a * np.log(y) + v.b * np.log(1 - y))


def curvature(v: Any) -> float:
    """Its second derivative at y: the slope of its slope."""
    return derivative(lambda t: v.a / t - v.b / (1 - t), v.y)


def logit(rng: np.random.Generator) -> Names:
    """A logit of either sign."""
    return {"s": rng.choice([-1, 1]) * rng.uniform(0.2, 2.0)}


def saturating(v: Any) -> float:
    """d/ds log(1 - sigma(s))."""
    return derivative(lambda s: np.log(1 - 1 / (1 + np.exp(-s))), v.s)


def nonsaturating(v: Any) -> float:
    """d/ds (-log sigma(s))."""
    return derivative(lambda s: -np.log(1 / (1 + np.exp(-s))), v.s)


# ------------------------------------------------------------------ least squares


def least_squares(rng: np.random.Generator) -> Names:
    """Two densities and the labels a (fake), b (real) and c."""
    a, b, c = rng.uniform(-2, 2, 3)
    return two_densities(rng) | {"a": a, "b": b, "c": c}


def least_squares_at_optimum(rng: np.random.Generator) -> Names:
    """The same with p_g = p_data."""
    names = least_squares(rng)
    return names | {"pg": names["pd"], "Eg": names["Ed"]}


def pearson_labels(rng: np.random.Generator) -> Names:
    """The same with b - c = 1 and b - a = 2."""
    names = least_squares(rng)
    return names | {"a": names["b"] - 2, "c": names["b"] - 1}


def best_critic(v: Any) -> Any:
    """The D that minimizes the least-squares loss, cell by cell."""
    return bottom_of_parabola(lambda t: v.pd * (t - v.b) ** 2 / 2 + v.pg * (t - v.a) ** 2 / 2)


def twice_generator_criterion(v: Any) -> Any:
    """2 C(G), the generator's loss with the data's term added."""
    best = best_critic(v)
    return v.Ed((best - v.c) ** 2) + v.Eg((best - v.c) ** 2)


# ------------------------------------------------------------------ Wasserstein


def shift(rng: np.random.Generator) -> Names:
    """A shift of either sign, below 1 and above 1."""
    return {"theta": rng.choice([-1, 1]) * rng.choice([0.4, 1.9]) * rng.uniform(0.8, 1.2)}


def shifted_uniforms(v: Any) -> float:
    """W_1 between U[0, 1] and U[theta, 1 + theta]: the area between the distribution functions."""
    corners = sorted({0.0, 1.0, float(v.theta), float(1 + v.theta)})
    return integral(lambda t: np.abs(np.clip(t, 0, 1) - np.clip(t - v.theta, 0, 1)), *corners)


def spreads(rng: np.random.Generator) -> Names:
    """Two standard deviations, in either order."""
    sigma_1, sigma_2 = rng.uniform(0.3, 3.0, 2)
    return {"sigma_1": sigma_1, "sigma_2": sigma_2}


def centred_gaussians(v: Any) -> float:
    """W_1 between N(0, sigma_1^2) and N(0, sigma_2^2): the monotone coupling x = sigma z."""
    return integral(
        lambda z: np.abs(v.sigma_1 * z - v.sigma_2 * z) * normal(z, 0.0, 1.0), -12.0, 0.0, 12.0
    )


def rates(rng: np.random.Generator) -> Names:
    """Two rates, in either order."""
    lambda_1, lambda_2 = rng.uniform(0.4, 3.0, 2)
    return {"lambda_1": lambda_1, "lambda_2": lambda_2}


def exponentials(v: Any) -> float:
    """W_1 between two exponentials: the area between the distribution functions."""
    end = 60 / min(v.lambda_1, v.lambda_2)
    return integral(
        lambda t: np.abs(np.exp(-v.lambda_1 * t) - np.exp(-v.lambda_2 * t)), 0.0, end / 6, end
    )


SETTINGS: dict[str, AnySetting] = {
    "tutorial/3.1/V": Setting(game, integrated_criterion),
    "tutorial/3.2/saturating-gradient": Setting(logit, saturating, samples=8),
    "tutorial/3.2/nonsaturating-gradient": Setting(logit, nonsaturating, samples=8),
    "tutorial/3.optimality.1/argmax": Setting(pointwise, highest_point),
    "tutorial/3.optimality.1/max-value": Setting(pointwise, highest_value),
    "tutorial/3.optimality.1/second-derivative": Setting(pointwise, curvature),
    "tutorial/3.optimality.2/V": Setting(game, integrated_criterion),
    "tutorial/3.optimality.3/D-star": Setting(two_densities, best_discriminator),
    "tutorial/3.optimality.4/C": Setting(two_densities, virtual_criterion),
    "tutorial/3.optimality.5a/C": Setting(equal_densities, virtual_criterion),
    "tutorial/3.optimality.5b/kl": Setting(two_densities, lambda v: v.Ed(np.log(v.pd / v.pg))),
    "tutorial/3.optimality.5c/C": Setting(two_densities, virtual_criterion),
    "tutorial/3.optimality.5c/jsd": Setting(two_densities, lambda v: v.JSD(v.pd, v.pg)),
    "tutorial/3.optimality.5d/jsd-disjoint": Setting(two_densities, disjoint_divergence),
    "tutorial/4.lsgan.1/D-star": Setting(least_squares, best_critic),
    "tutorial/4.lsgan.1/D-star-at-optimum": Setting(
        least_squares_at_optimum, lambda v: best_critic(v)[0]
    ),
    "tutorial/4.lsgan.2/two-C": Setting(least_squares, twice_generator_criterion),
    "tutorial/4.lsgan.3/chi-square": Setting(pearson_labels, twice_generator_criterion),
    "tutorial/4.wgan.1/uniform-shift": Setting(shift, shifted_uniforms, samples=12),
    "tutorial/4.wgan.1/centred-gaussians": Setting(spreads, centred_gaussians, samples=8),
    "tutorial/4.wgan.1/exponentials": Setting(rates, exponentials, samples=8),
}
