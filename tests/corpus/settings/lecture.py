"""The lecture's evidence bound, Gaussian KL, likelihoods and the five small networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from corpus.meanings import AnySetting, Names, Setting, condition, multiset, true_false

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator


def derivative(function: Callable[[Any], Any], at: float) -> float:
    """f'(at) of a real-analytic function, without cancellation: the step is imaginary."""
    return float(np.imag(function(at + 1e-30j)) / 1e-30)


# ------------------------------------------------------------------ the evidence bound


def random_density(rng: Rng, volumes: Array) -> Array:
    """A density that is constant on cells of these volumes."""
    density = rng.uniform(0.2, 2.0, len(volumes))
    return np.asarray(density / np.sum(density * volumes))


def draw_latent(rng: Rng) -> Names:
    """Q(z|x), P(z), P(x|z), P(x), P(z|x) on cells of z, and what integrates over them."""
    volumes = rng.uniform(0.3, 2.0, 5)
    q, prior = random_density(rng, volumes), random_density(rng, volumes)
    lik = rng.uniform(0.1, 2.0, 5)
    px = np.sum(volumes * lik * prior)
    return {
        "q": q,
        "prior": prior,
        "lik": lik,
        "px": px,
        "post": lik * prior / px,
        "integral": lambda f: np.sum(volumes * f),
        "E": lambda law, f: np.sum(volumes * law * f),
        "KL": lambda left, right: np.sum(volumes * left * np.log(left / right)),
    }


def lower_bound(v: Any) -> Any:
    """What Jensen's inequality leaves of log P(x)."""
    return v.integral(v.q * np.log(v.lik * v.prior / v.q))


def gap(v: Any) -> Any:
    return np.log(v.px) - lower_bound(v)


# ------------------------------------------------------------------ Gaussians


def draw_gaussian(rng: Rng) -> Names:
    """Means, log variances and noise in three dimensions."""
    p = 3
    ell = rng.uniform(-1.5, 1.5, p)
    return {
        "p": p,
        "mu": rng.normal(size=p),
        "ell": ell,
        "s": ell / 2,
        "sigma": np.sqrt(np.exp(ell)),
        "eps": rng.normal(size=p),
    }


def draw_single_gaussian(rng: Rng) -> Names:
    return {"mu": rng.normal(), "ell": rng.uniform(-1.5, 1.5)}


def kl_to_standard(mean: Any, variance: Any) -> Any:
    """KL(N(mean, variance) || N(0, 1)), by a quadrature that is exact for such integrands."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / np.sum(weights)
    z = mean + np.sqrt(variance) * nodes
    own = -((z - mean) ** 2) / (2 * variance) - np.log(variance) / 2
    return np.sum(weights * (own + z**2 / 2))


def gaussian_kl(v: Any) -> Any:
    """Independent components: the divergences add up."""
    return sum(kl_to_standard(m, d**2) for m, d in zip(v.mu, v.sigma, strict=True))


def gaussian_kl_slope(v: Any) -> float:
    return derivative(lambda ell: kl_to_standard(v.mu, np.exp(ell)), v.ell)


def sampled(v: Any) -> Array:
    """The z whose standardized value is epsilon."""
    return np.asarray(np.linalg.solve(np.diag(1 / v.sigma), v.eps) + v.mu)


# ------------------------------------------------------------------ likelihoods


def draw_pixels(rng: Rng) -> Names:
    m = 4
    return {"m": m, "x": rng.uniform(0.1, 0.9, m), "xhat": rng.uniform(0.1, 0.9, m)}


def pixel_likelihood(v: Any) -> Any:
    """The log of the product of the pixels' masses."""
    masses = [h**x * (1 - h) ** (1 - x) for x, h in zip(v.x, v.xhat, strict=True)]
    return np.log(np.prod(masses))


def draw_logit(rng: Rng) -> Names:
    return {"x": rng.uniform(0.1, 0.9), "a": rng.normal()}


def logit_slope(v: Any) -> float:
    def log_likelihood(a: Any) -> Any:
        guess = 1 / (1 + np.exp(-a))
        return v.x * np.log(guess) + (1 - v.x) * np.log(1 - guess)

    return derivative(log_likelihood, v.a)


def draw_minibatch(rng: Rng) -> Names:
    """The discriminator's outputs on m data, `Dx`, and on m generated examples, `DG`."""
    m = 4
    return {"m": m, "Dx": rng.uniform(0.1, 0.9, m), "DG": rng.uniform(0.1, 0.9, m)}


def minibatch_objective(v: Any) -> Any:
    """The mean log likelihood of the label 1 on the data and of the label 0 on the rest."""
    real, fake = np.ones(v.m), np.zeros(v.m)
    outputs, labels = np.concatenate([v.Dx, v.DG]), np.concatenate([real, fake])
    return 2 * np.mean(np.log(np.where(labels == 1, outputs, 1 - outputs)))


# ------------------------------------------------------------------ small networks


def draw_slope(rng: Rng) -> Names:
    x = rng.normal()
    return {"x": x, "z": np.tanh(x)}


def draw_activations(rng: Rng) -> Names:
    return {"a": np.concatenate([[-2.0, 0.0, 0.1, 0.3, 2.0], rng.normal(size=20)])}


def last_layers(v: Any) -> Array:
    """A ReLU, then a sigmoid, one number after the other."""
    return np.array([1 / (1 + np.exp(-(a if a > 0 else 0.0))) for a in v.a])


def draw_output(rng: Rng) -> Names:
    corners = [-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5]
    return {"yhat": rng.choice([*corners, rng.uniform(-0.5, 1.5)])}


def is_output(v: Any) -> bool:
    """Whether some nonnegative number is sent to yhat by the sigmoid."""
    return bool(0 < v.yhat < 1 and np.log(v.yhat / (1 - v.yhat)) >= 0)


def draw_autoencoder(rng: Rng) -> Names:
    x = rng.normal(size=3)
    return {"x": x, "m": np.mean(x**2), "w1": rng.normal(), "w2": rng.normal()}


def draw_weights(rng: Rng) -> Names:
    """Weights for conditions: binary fractions, so that every comparison is exact."""
    choices = [-4.0, -2.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0]
    first = rng.choice(choices)
    inverse = 1 / first if first else 0.0
    second = rng.choice([*choices, inverse, inverse, -inverse, first, -first, 1 - first])
    return {"x": np.array([1.0, -2.0, 0.5, 3.0]), "w1": first, "w2": second}


def loss(v: Any, w1: Any, w2: Any) -> Any:
    return np.mean((v.x - w2 * w1 * v.x) ** 2)


def gradient(v: Any) -> Array:
    by_first = derivative(lambda w1: loss(v, w1, v.w2), v.w1)
    return np.array([by_first, derivative(lambda w2: loss(v, v.w1, w2), v.w2)])


def hessian(v: Any, w1: float, w2: float) -> Array:
    """The second derivatives of the mean square of x - w2 w1 x, by the product rule."""
    residual = v.x - w2 * w1 * v.x
    slopes = np.array([-w2 * v.x, -w1 * v.x])
    curvature = np.array([[0, -1], [-1, 0]])[:, :, None] * v.x
    return np.asarray(np.mean(2 * (slopes[:, None] * slopes + residual * curvature), axis=-1))


def is_saddle(v: Any) -> bool:
    residual = v.x - v.w2 * v.w1 * v.x
    slopes = np.mean(2 * residual * np.array([[-v.w2], [-v.w1]]) * v.x, axis=-1)
    (a, b), (c, d) = hessian(v, v.w1, v.w2)
    return bool(np.all(slopes == 0) and a * d - b * c < 0)


SETTINGS: dict[str, AnySetting] = {
    "lecture/elbo/elbo": Setting(draw_latent, lower_bound),
    "lecture/elbo/gap": Setting(draw_latent, gap),
    "lecture/gaussian-kl/sigma": Setting(draw_gaussian, gaussian_kl),
    "lecture/gaussian-kl/log-variance": Setting(draw_gaussian, gaussian_kl),
    "lecture/gaussian-kl/log-std": Setting(draw_gaussian, gaussian_kl),
    "lecture/gaussian-kl/gradient-log-variance": Setting(draw_single_gaussian, gaussian_kl_slope),
    "lecture/reparametrization/z": Setting(draw_gaussian, sampled),
    "lecture/reparametrization/z-log-variance": Setting(draw_gaussian, sampled),
    "lecture/likelihood/bce": Setting(draw_pixels, pixel_likelihood),
    "lecture/likelihood/gradient-logit": Setting(draw_logit, logit_slope),
    "lecture/gan-objective/minibatch": Setting(draw_minibatch, minibatch_objective),
    "lecture/cs230.1/derivative": Setting(draw_slope, lambda v: derivative(np.tanh, v.x)),
    "lecture/cs230.1/true-false": true_false(right=True),
    "lecture/cs230.2/true-false": true_false(right=True),
    "lecture/cs230.3/output": Setting(draw_activations, last_layers),
    "lecture/cs230.3/range": Setting(draw_output, is_output, condition, 200),
    "lecture/cs230.4/zero-loss-set": Setting(
        draw_weights, lambda v: loss(v, v.w1, v.w2) == 0, condition, 200
    ),
    "lecture/cs230.4/loss": Setting(draw_autoencoder, lambda v: loss(v, v.w1, v.w2)),
    "lecture/cs230.4/gradient": Setting(draw_autoencoder, gradient),
    "lecture/cs230.5/hessian": Setting(draw_autoencoder, lambda v: hessian(v, 0.0, 0.0)),
    "lecture/cs230.5/saddle": Setting(draw_weights, is_saddle, condition, 200),
    "lecture/cs230.5/eigenvalues": Setting(
        draw_autoencoder, lambda v: np.linalg.eigvals(hessian(v, 0.0, 0.0)), multiset
    ),
}
