"""The exercise sheet: codes with noise, covariances that are positive, the best discriminator."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.meanings import AnySetting, Choice, Names, Setting

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator


def necessary(answer: str) -> Choice:
    """Is the reparametrization necessary?"""
    return Choice(answer, ("yes", "no"))


# ------------------------------------------------------------------ codes with noise


def draw_code(rng: Rng) -> Names:
    """An input of 4 entries, an encoder `g`, its code `h` of L = 3 entries, and noise."""
    L, x, weights = 3, rng.normal(size=4), rng.normal(size=(3, 4))

    def g(point: Array) -> Array:
        return np.asarray(np.tanh(weights @ point) + weights[:, 0])

    return {"L": L, "x": x, "g": g, "h": g(x), "eps": rng.normal(size=L)}


def with_covariance(noise: Array, mean: Array, covariance: Array) -> Array:
    """Standard noise turned into a sample of N(mean, covariance)."""
    return np.asarray(mean + np.linalg.cholesky(covariance) @ noise)


def noisy_code(v: Any) -> Array:
    return with_covariance(v.eps, v.h, np.eye(v.L))


def centred_code(v: Any, variances: Array) -> Array:
    return with_covariance(v.eps, np.zeros(v.L), np.diag(variances))


def draw_reals(rng: Rng) -> Names:
    """Many real numbers for h: large ones of both signs, and where a square can be zero."""
    return {"h": np.concatenate([np.linspace(-30, 30, 241), rng.normal(size=20)])}


def is_variance(meant: Any, _expected: Any, _rtol: float) -> bool:
    """Whether what is meant is a positive number for every h."""
    return bool(np.all(np.asarray(meant) > 0))


# ------------------------------------------------------------------ the best discriminator


def best_output(real: Any, fake: Any) -> Any:
    """The t in [0, 1] that maximizes real log t + fake log(1 - t), by bisection of the slope."""
    low, high = np.zeros(np.shape(real)), np.ones(np.shape(real))
    for _ in range(80):
        middle = (low + high) / 2
        rises = real * (1 - middle) > fake * middle
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return (low + high) / 2


def random_density(rng: Rng, volumes: Array) -> Array:
    """A density that is constant on cells of these volumes."""
    density = rng.uniform(0.2, 2.0, len(volumes))
    return np.asarray(density / np.sum(density * volumes))


def draw_densities(rng: Rng) -> Names:
    """p^* and p_theta (`ps`, `pt`) on cells, and what integrates over them."""
    volumes = rng.uniform(0.3, 2.0, 5)

    def kl(p: Array, q: Array) -> Any:
        return np.sum(volumes * p * np.log(p / q))

    return {
        "ps": random_density(rng, volumes),
        "pt": random_density(rng, volumes),
        "integral": lambda f: np.sum(volumes * f),
        "E": lambda law, f: np.sum(volumes * law * f),
        "KL": kl,
        "JSD": lambda p, q: (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2,
    }


def optimal_value(v: Any) -> Any:
    best = best_output(v.ps, v.pt)
    return v.integral(v.ps * np.log(best) + v.pt * np.log(1 - best))


def draw_values(rng: Rng) -> Names:
    """p^*(x) and p_theta(x) at one x, `a` and `b`."""
    return {"a": rng.uniform(1.1, 3), "b": rng.uniform(0.2, 0.9)}


SETTINGS: dict[str, AnySetting] = {
    "exercises/1.a/necessary": necessary("no"),
    "exercises/1.b/necessary": necessary("yes"),
    "exercises/1.b/z": Setting(draw_code, noisy_code),
    "exercises/1.c/necessary": necessary("no"),
    "exercises/2/variance-map": Setting(draw_reals, lambda v: True, is_variance),
    "exercises/2/z-exp": Setting(draw_code, lambda v: centred_code(v, np.exp(v.h))),
    "exercises/2/z-softplus": Setting(
        draw_code, lambda v: centred_code(v, np.log(1 + np.exp(v.h)))
    ),
    "exercises/3.a/optimal-value": Setting(draw_densities, optimal_value),
    "exercises/3.b/i": Setting(draw_values, lambda v: best_output(v.a, v.a)),
    "exercises/3.b/ii": Setting(draw_values, lambda v: best_output(v.a, 0.0)),
    "exercises/3.b/iii": Setting(draw_values, lambda v: best_output(0.0, v.b)),
}
