"""Dropout, the evidence bound, flows, discriminators and the Dirac-GAN: questions 1 to 5."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np

from corpus.meanings import (
    AnySetting,
    Choice,
    Names,
    Setting,
    condition,
    jsd,
    kl,
    multiset,
    random_law,
)

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator

# ------------------------------------------------------------------ 1: dropout

SHAPES = ((3, 2), (2, 3), (4, 2), (1, 3))


def draw_regression(rng: Rng) -> Names:
    """Data of a shape that is never square, and Gamma as the sheet defines it."""
    n, d = SHAPES[rng.integers(len(SHAPES))]
    X = rng.normal(size=(n, d))
    return {
        "n": n,
        "d": d,
        "X": X,
        "y": rng.normal(size=n),
        "w": rng.normal(size=d),
        "p": rng.uniform(0.55, 0.9),
        "G": np.diag(np.sqrt(np.diag(X.T @ X))),
    }


def draw_penalized(rng: Rng) -> Names:
    """The same with the sheet's lambda for dropout."""
    names = draw_regression(rng)
    return names | {"lam": 1 / names["p"] - 1}


def draw_ridge(rng: Rng) -> Names:
    """Data and a free positive penalty."""
    return draw_regression(rng) | {"lam": rng.uniform(0.2, 3)}


def average_over_masks(v: Any, value: Any) -> Any:
    """The expectation of `value(X * R)`, all masks R enumerated."""
    total = 0.0
    for bits in product((0, 1), repeat=v.n * v.d):
        mask = np.reshape(bits, (v.n, v.d))
        total = total + v.p ** mask.sum() * (1 - v.p) ** (1 - mask).sum() * value(v.X * mask)
    return total


def expected_loss(v: Any) -> Any:
    return average_over_masks(v, lambda X: np.sum((v.y - X @ v.w) ** 2))


def second_moment(v: Any) -> Array:
    return np.asarray(average_over_masks(v, lambda X: X.T @ X))


def dropout_minimizer(v: Any) -> Array:
    return np.linalg.solve(second_moment(v), average_over_masks(v, lambda X: X.T @ v.y))


def dropout_gradient(v: Any) -> Any:
    return average_over_masks(v, lambda X: -2 * X.T @ (v.y - X @ v.w))


def dropout_penalty(v: Any) -> Any:
    """What stands before Gamma^2 once the second moment is divided by p^2."""
    return (second_moment(v) / v.p**2 - v.X.T @ v.X)[0, 0] / np.sum(v.X[:, 0] ** 2)


def ridge_loss(v: Any) -> Any:
    return sum((v.y - v.X @ v.w) ** 2) + v.lam * sum(v.w**2)


def ridge_minimizer(v: Any) -> Array:
    """Least squares with the penalty as further rows."""
    rows = np.vstack([v.X, np.sqrt(v.lam) * np.eye(v.d)])
    return np.linalg.lstsq(rows, np.concatenate([v.y, np.zeros(v.d)]))[0]


# ------------------------------------------------------------------ 2 to 4: laws


def draw_latent(rng: Rng) -> Names:
    """A latent variable with finitely many values, and two sets of parameters."""
    prior, q = random_law(rng, 5), random_law(rng, 5)
    lik = rng.uniform(0.1, 2, 5)
    joint = lik * prior
    post = joint / joint.sum()
    return {
        "prior": prior,
        "q": q,
        "lik": lik,
        "joint": joint,
        "ev": joint.sum(),
        "post": post,
        "elbo": np.sum(q * np.log(joint / q)),
    }


def complete_data_likelihood(v: Any) -> Any:
    return sum(v.q * np.log(v.lik * v.prior))


def draw_flow(rng: Rng) -> Names:
    """Cells with volumes, a bijection between them, and its Jacobian determinant with signs.

    `vx`, `vu` are the volumes, `PX`, `PU` the probabilities, `pX`, `pU` the densities, `F` and
    `Fi` the map and its inverse on cells, `JF` and `JFi` the determinants, `pF` and `pB` the
    densities of F(U) and of F^{-1}(X).
    """
    cells = 6
    vx, vu = rng.uniform(0.3, 2, cells), rng.uniform(0.3, 2, cells)
    PX, PU = random_law(rng, cells), random_law(rng, cells)
    F = rng.permutation(cells)
    while np.all(F[F] == np.arange(cells)):
        F = rng.permutation(cells)
    Fi = np.argsort(F)
    JF = rng.choice([-1, 1], cells) * vx[F] / vu
    return {
        "vx": vx,
        "vu": vu,
        "PX": PX,
        "PU": PU,
        "pX": PX / vx,
        "pU": PU / vu,
        "F": F,
        "Fi": Fi,
        "JF": JF,
        "JFi": 1 / JF[Fi],
        "pF": PU[Fi] / vx,
        "pB": PX[F] / vu,
    }


def flow_divergence(v: Any) -> Any:
    """Between the laws of the cells: the volumes are not needed."""
    return kl(v.PX, v.PU[v.Fi])


def draw_two_laws(rng: Rng) -> Names:
    p0, p1 = random_law(rng, 6), random_law(rng, 6)
    return {"p0": p0, "p1": p1, "D": p1 / (p0 + p1), "mu": (p0 + p1) / 2}


def draw_densities(rng: Rng) -> Names:
    return {"f0": rng.uniform(0.1, 2, 6), "f1": rng.uniform(0.1, 2, 6)}


def best_discriminator(v: Any) -> Array:
    """The root in y of the derivative of f_1 log y + f_0 log(1 - y), by bisection."""
    low, high = np.zeros(6), np.ones(6)
    for _ in range(60):
        y = (low + high) / 2
        rising = v.f1 / y - v.f0 / (1 - y) > 0
        low, high = np.where(rising, y, low), np.where(rising, high, y)
    return (low + high) / 2


def draw_ratio(rng: Rng) -> Names:
    return {"f0": rng.uniform(0.1, 2, 6), "D": rng.uniform(0.1, 0.9, 6)}


def density_from_discriminator(v: Any) -> Array:
    """Solves D (f_0 + f_1) = f_1, which is linear in f_1."""
    return np.asarray(
        [np.linalg.solve([[D - 1]], [-D * f])[0] for f, D in zip(v.f0, v.D, strict=True)]
    )


# ------------------------------------------------------------------ 5: the Dirac-GAN


def draw_parameters(rng: Rng) -> Names:
    names = ("psi_0", "psi_1", "theta")
    return {name: rng.normal() for name in names} | {"gamma": rng.uniform(0.2, 2)}


def draw_damping(rng: Rng) -> Names:
    """Below and above the damping at which the eigenvalues become real."""
    return {"gamma": rng.choice([rng.uniform(0.1, 0.9), rng.uniform(1.1, 3)])}


def draw_near_equilibrium(rng: Rng) -> Names:
    """Zero and other values, in every combination sooner or later."""
    values = [0.0, 0.0, -1.0, 1.0, rng.normal()]
    names = ("psi_0", "psi_1", "theta")
    return {name: float(rng.choice(values)) for name in names} | {"gamma": rng.uniform(0.2, 2)}


def draw_damping_grid(rng: Rng) -> Names:
    return {"gamma": float(rng.choice([0.1, 0.25, 0.5, 0.7, 0.9, 0.99, 1, 1.01, 1.5, 2, 4, 9]))}


def log_logistic(t: Any) -> Any:
    return -np.log(1 + np.exp(-t))


def game(psi_0: Any, psi_1: Any, theta: Any, gamma: float) -> Any:
    """The critic's objective: data at 0, the generator at theta, the R1 penalty at the data."""
    real, fake = log_logistic(psi_1), log_logistic(-(psi_0 * theta + psi_1))
    return real + fake - gamma / 2 * psi_0**2


def velocity(at: Any, gamma: float) -> Array:
    """Ascent for the critic and descent for the generator, by complex steps."""
    slopes = [
        game(*(np.asarray(at) + 1e-30j * np.eye(3)[k]), gamma=gamma).imag / 1e-30 for k in range(3)
    ]
    return np.asarray([slopes[0], slopes[1], -slopes[2]])


def jacobian(gamma: float) -> Array:
    """At the equilibrium, column by column, by the five-point rule."""
    columns = []
    for step in 1e-3 * np.eye(3):
        near = velocity(step, gamma) - velocity(-step, gamma)
        far = velocity(2 * step, gamma) - velocity(-2 * step, gamma)
        columns.append((8 * near - far) / (12 * 1e-3))
    return np.column_stack(columns)


def component(v: Any, which: int, *, damped: bool) -> Any:
    return velocity((v.psi_0, v.psi_1, v.theta), v.gamma if damped else 0.0)[which]


def at_rest(v: Any, *, damped: bool) -> bool:
    speed = velocity((v.psi_0, v.psi_1, v.theta), v.gamma if damped else 0.0)
    return bool(np.all(np.abs(speed) < 1e-12))


def is_real(v: Any) -> bool:
    return bool(np.all(np.abs(np.linalg.eigvals(jacobian(v.gamma)).imag) < 1e-3))


SETTINGS: dict[str, AnySetting] = {
    "assignment/1.1/expected-loss": Setting(draw_regression, expected_loss),
    "assignment/1.2/lambda-dropout": Setting(draw_regression, dropout_penalty),
    "assignment/1.2/pw-dropout": Setting(draw_penalized, lambda v: v.p * dropout_minimizer(v)),
    "assignment/1.2/w-dropout": Setting(draw_regression, dropout_minimizer),
    "assignment/1.2/gradient": Setting(draw_regression, dropout_gradient),
    "assignment/1.3/loss-l2": Setting(draw_ridge, ridge_loss),
    "assignment/1.3/w-l2": Setting(draw_ridge, ridge_minimizer),
    "assignment/2.1/ecll": Setting(draw_latent, complete_data_likelihood),
    "assignment/2.2/larger": Choice("amortized", ("amortized", "per-instance")),
    "assignment/3.1/kl": Setting(draw_flow, flow_divergence),
    "assignment/3.2/density-only": Choice("reverse", ("forward", "reverse")),
    "assignment/3.2/samples-only": Choice("forward", ("forward", "reverse")),
    "assignment/4.1/jsd": Setting(draw_two_laws, lambda v: jsd(v.p0, v.p1)),
    "assignment/4.2/D-star": Setting(draw_densities, best_discriminator),
    "assignment/4.2/f1": Setting(draw_ratio, density_from_discriminator),
    "assignment/5.1/v-psi0": Setting(draw_parameters, partial(component, which=0, damped=False)),
    "assignment/5.1/v-psi1": Setting(draw_parameters, partial(component, which=1, damped=False)),
    "assignment/5.1/v-theta": Setting(draw_parameters, partial(component, which=2, damped=False)),
    "assignment/5.1/stationary-point": Setting(
        draw_near_equilibrium, partial(at_rest, damped=False), condition, samples=200
    ),
    "assignment/5.2/jacobian": Setting(lambda rng: {}, lambda v: jacobian(0.0), samples=1),
    "assignment/5.3/eigenvalues": Setting(
        lambda rng: {}, lambda v: np.linalg.eigvals(jacobian(0.0)), multiset, samples=1
    ),
    "assignment/5.4/v-psi0": Setting(draw_parameters, partial(component, which=0, damped=True)),
    "assignment/5.4/v": Setting(
        draw_parameters, lambda v: velocity((v.psi_0, v.psi_1, v.theta), v.gamma)
    ),
    "assignment/5.4/stationary-point": Setting(
        draw_near_equilibrium, partial(at_rest, damped=True), condition, samples=200
    ),
    "assignment/5.5/jacobian": Setting(draw_damping, lambda v: jacobian(v.gamma)),
    "assignment/5.6/eigenvalues": Setting(
        draw_damping, lambda v: np.linalg.eigvals(jacobian(v.gamma)), multiset, samples=8
    ),
    "assignment/5.6/gamma-real": Setting(draw_damping_grid, is_real, condition, samples=100),
}
