"""Statements on GANs; Gaussian and mixture priors on the weights of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from corpus.meanings import AnySetting, Names, Setting, normal, true_false

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator

STEP = 1e-30

# ------------------------------------------------------------------ III.1, III.2: Gaussian priors


def draw_weights(rng: Rng) -> Names:
    """A vector of weights and the spread of its prior, on both sides of 1."""
    n = int(rng.integers(3, 6))
    return {"n": n, "w": rng.normal(size=n), "sigma": rng.uniform(0.4, 2.5)}


def draw_layers(rng: Rng) -> Names:
    """Two layers of different sizes, a spread and a penalty for each, and factors to rescale by."""
    n1, n2 = 3, 5
    return {
        "n1": n1,
        "n2": n2,
        "w1": rng.normal(size=n1),
        "w2": rng.normal(size=n2),
        "sigma1": rng.uniform(0.4, 0.9),
        "sigma2": rng.uniform(1.3, 2.5),
        "lambda1": rng.uniform(0.2, 0.8),
        "lambda2": rng.uniform(1.2, 2.5),
        "a": rng.uniform(1.3, 2.5),
        "b": rng.uniform(0.3, 0.8),
    }


def gaussian_penalty(w: Array, variance: float) -> Any:
    """-ln of the product of the densities of independent weights."""
    return -np.sum(np.log(normal(w, 0, variance)))


def quadratic_factor(w: Array, penalty: Callable[[Array], Any]) -> Any:
    """The factor of w^T w in a penalty: what is left of it without its value at 0."""
    return (penalty(w) - penalty(0 * w)) / np.sum(w**2)


def layer_factors(power: int) -> Callable[[Any], tuple[Any, Any]]:
    """(lambda_1, lambda_2), if sigma_k to this power is the variance."""
    return lambda v: (
        quadratic_factor(v.w1, lambda w: gaussian_penalty(w, v.sigma1**power)),
        quadratic_factor(v.w2, lambda w: gaussian_penalty(w, v.sigma2**power)),
    )


def layer_penalty(power: int) -> Callable[[Any], Any]:
    """R(w), if sigma_k to this power is the variance."""
    return lambda v: (
        gaussian_penalty(v.w1, v.sigma1**power) + gaussian_penalty(v.w2, v.sigma2**power)
    )


def rescaled_factors(v: Any) -> tuple[Any, Any]:
    """What must stand before the squared norms of w1/a and b w2 to leave each penalty as it was."""
    return (
        v.lambda1 * np.sum(v.w1**2) / np.sum((v.w1 / v.a) ** 2),
        v.lambda2 * np.sum(v.w2**2) / np.sum((v.b * v.w2) ** 2),
    )


# ------------------------------------------------------------------ III.3: a mixture prior


def draw_components(rng: Rng) -> Names:
    """A mixture: means `mu`, spreads `s`, weights `mix` = softmax(`a`), `eta` = ln s^2.

    `M`, `S`, `P` are means, spreads and weights as columns.  `i` and `j` count from 0.
    """
    m = 3
    a = rng.normal(size=m)
    mix = np.exp(a) / np.sum(np.exp(a))
    mu, s = rng.normal(scale=1.5, size=m), rng.uniform(0.5, 1.9, size=m)
    return {
        "m": m,
        "j": int(rng.integers(m)),
        "a": a,
        "mix": mix,
        "mu": mu,
        "s": s,
        "eta": 2 * np.log(s),
        "M": mu[:, None],
        "S": s[:, None],
        "P": mix[:, None],
    }


def draw_mixture(rng: Rng) -> Names:
    """A mixture and weights; `Nm[k, i]` is the density of w_i in component k, `g[k, i]` gamma."""
    n, names = 5, draw_components(rng)
    w = rng.normal(scale=1.5, size=n)
    densities = normal(w, names["M"], names["S"] ** 2)
    joint = names["P"] * densities
    weights = {"n": n, "i": int(rng.integers(n)), "w": w}
    return names | weights | {"Nm": densities, "g": joint / joint.sum(axis=0)}


def draw_single_weight(rng: Rng) -> Names:
    """A mixture and one weight; `Nk[k]` is its density in component k."""
    names = draw_components(rng)
    w = rng.normal(scale=1.5)
    return names | {"w": w, "Nk": normal(w, names["mu"], names["s"] ** 2)}


def regularizer(w: Array, mix: Array, mu: Array, variance: Array) -> Any:
    """R(w), one weight and one component after the other."""
    total: Any = 0
    for weight in w:
        density: Any = 0
        for share, mean, spread in zip(mix, mu, variance, strict=True):
            density = density + share * normal(weight, mean, spread)
        total = total - np.log(density)
    return total


def posterior(v: Any) -> Any:
    """By Bayes, from the joint density of the component and the weight."""
    joint = [share * normal(v.w, mu, s**2) for share, mu, s in zip(v.mix, v.mu, v.s, strict=True)]
    return joint[v.j] / np.sum(joint)


def softmax(a: Array) -> Array:
    return np.asarray(np.exp(a) / np.sum(np.exp(a)))


def derivative(function: Callable[[Array], Any], point: Array, entry: int) -> Any:
    """By a complex step, which is exact to rounding."""
    shifted = point.astype(complex)
    shifted[entry] += STEP * 1j
    return np.imag(function(shifted)) / STEP


def by_weight(v: Any) -> Any:
    return derivative(lambda w: regularizer(w, v.mix, v.mu, v.s**2), v.w, v.i)


def by_share(v: Any) -> Any:
    return derivative(lambda mix: regularizer(v.w, mix, v.mu, v.s**2), v.mix, v.j)


def by_logit(v: Any) -> Any:
    return derivative(lambda a: regularizer(v.w, softmax(a), v.mu, v.s**2), v.a, v.j)


def by_mean(v: Any) -> Any:
    return derivative(lambda mu: regularizer(v.w, v.mix, mu, v.s**2), v.mu, v.j)


def by_variance(v: Any) -> Any:
    return derivative(lambda variance: regularizer(v.w, v.mix, v.mu, variance), v.s**2, v.j)


def by_spread(v: Any) -> Any:
    return derivative(lambda s: regularizer(v.w, v.mix, v.mu, s**2), v.s, v.j)


def by_log_variance(v: Any) -> Any:
    return derivative(lambda eta: regularizer(v.w, v.mix, v.mu, np.exp(eta)), v.eta, v.j)


# ------------------------------------------------------------------ the sheet

FALSE_STATEMENTS = (1, 2, 4)

SETTINGS: dict[str, AnySetting] = {
    **{f"exam/II/{k}": true_false(right=k not in FALSE_STATEMENTS) for k in range(1, 11)},
    "exam/III.1.1/lambda": Setting(
        draw_weights,
        lambda v: quadratic_factor(v.w, lambda w: gaussian_penalty(w, v.sigma**2)),
    ),
    "exam/III.1.1/R": Setting(draw_weights, lambda v: gaussian_penalty(v.w, v.sigma**2)),
    "exam/III.2.1/consistent": true_false(right=False),
    "exam/III.2.2/lambdas-variance": Setting(draw_layers, layer_factors(1)),
    "exam/III.2.2/lambdas-std": Setting(draw_layers, layer_factors(2)),
    "exam/III.2.2/R-variance": Setting(draw_layers, layer_penalty(1)),
    "exam/III.2.2/R-std": Setting(draw_layers, layer_penalty(2), up_to=("w1", "w2")),
    "exam/III.2.3/lambdas-rescaled": Setting(draw_layers, rescaled_factors),
    "exam/III.3/R": Setting(draw_mixture, lambda v: regularizer(v.w, v.mix, v.mu, v.s**2)),
    "exam/III.3.3/posterior": Setting(draw_single_weight, posterior),
    "exam/III.3.3/dR-dpi": Setting(draw_mixture, by_share),
    "exam/III.3.3/dR-da": Setting(draw_mixture, by_logit),
    "exam/III.3.3.1/dR-dw": Setting(draw_mixture, by_weight),
    "exam/III.3.3.2/dR-dmu": Setting(draw_mixture, by_mean),
    "exam/III.3.3.3/dR-dsigma2": Setting(draw_mixture, by_variance),
    "exam/III.3.3.3/dR-dsigma": Setting(draw_mixture, by_spread),
    "exam/III.3.3.3/dR-deta": Setting(draw_mixture, by_log_variance),
}
