"""A mixture prior at work: derivatives by complex steps, weights that cluster, a collapse.

A linear model with twelve weights, whose true values lie in three groups, is trained with the
squared error over twice the noise variance plus the regularizer of a mixture of three components.
The derived formulas are the predictions; they are compared with derivatives by complex steps and
with where descent comes to rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from derivations.topics import mixture_prior as topic
from language.claims import Claim
from language.terms import Apply, Term
from numerics.comparisons import Value, agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

WEIGHTS, COMPONENTS, EXAMPLES = 12, 3, 60
#: The true weights: three groups, each with a spread of its own.
TRUE: Reals = np.repeat([-1.5, 0.0, 2.0], [3, 6, 3]) + np.array(
    [-0.3, 0.0, 0.3, -0.4, -0.25, -0.1, 0.1, 0.25, 0.4, -0.3, 0.0, 0.3]
)
NOISE = 0.3
STEPS, RATE = 2000, 1e-3
#: The steps that are kept for figures, evenly on a logarithmic scale.
KEPT: NDArray[np.int64] = np.unique(np.geomspace(1, STEPS + 1, 90).astype(np.int64)) - 1
#: One group on its own: the noise variance of its weights, over the variance of their targets.
SHARE = 0.2
#: The imaginary part of a complex step: its square is below the last digit.
TINY = 1e-30


@dataclass(frozen=True, slots=True)
class _State:
    """Weights, and a mixture by means, standard deviations and mixing weights."""

    w: Reals
    mu: Reals
    sigma: Reals
    pi: Reals

    def values(self) -> dict[str, Value]:
        """What the names of the derived formulas stand for here."""
        return {
            "n": self.w.size,
            "m": self.mu.size,
            "w": self.w.tolist(),
            "mu": self.mu.tolist(),
            "sigma": self.sigma.tolist(),
            "pi": self.pi.tolist(),
        }


def _regularizer(w: Reals, mu: Reals, variance: Reals, pi: Reals) -> Reals:
    """Minus the summed log density of the mixture; complex arguments keep it analytic."""
    squares = (w[:, None] - mu) ** 2 / variance
    parts = pi * np.exp(-squares / 2) / np.sqrt(2 * math.pi * variance)
    total: Reals = -np.log(parts.sum(axis=1)).sum()
    return total


def _responsibilities(state: _State) -> Reals:
    squares = (state.w[:, None] - state.mu) ** 2 / state.sigma**2
    parts = state.pi * np.exp(-squares / 2) / state.sigma
    shares: Reals = parts / parts.sum(axis=1, keepdims=True)
    return shares


def _softmax(logits: Reals) -> Reals:
    exponentials = np.exp(logits)
    shares: Reals = exponentials / exponentials.sum()
    return shares


def _complex_step(function: Callable[[Reals], Reals], at: Reals, place: int) -> float:
    """The derivative of an analytic function in one coordinate, without cancellation."""
    moved = at.astype(complex)
    moved[place] += 1j * TINY
    return float(np.imag(function(moved)) / TINY)


def run(seed: int) -> Experiment:
    """Derivatives at a drawn point, a trained mixture, the scaling and the collapse."""
    began = perf_counter()
    generator = np.random.default_rng(seed)
    claims = _claims()
    trained, series = _train(generator)
    drawn, series["drawn"] = _drawn_to_a_fixed_mixture()
    measurements = (
        *_derivatives(generator, claims),
        drawn,
        *_at_rest(trained),
        _em_step(trained),
        _one_group(generator, claims),
        *_degenerate(generator),
    )
    return Experiment(
        "mixture_prior", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


def _claims() -> Mapping[str, Claim]:
    solutions = (
        topic.posterior(),
        topic.weight_gradient(),
        topic.mean_gradient(),
        topic.spread_gradient(),
    )
    return {name: claim for solution in solutions for name, claim in claims_of(solution).items()}


def _derivatives(
    generator: np.random.Generator, claims: Mapping[str, Claim]
) -> tuple[Measurement, ...]:
    """Each derived derivative at a drawn point, against a complex step."""
    w = generator.normal(size=4)
    mu = generator.normal(size=COMPONENTS)
    sigma = generator.uniform(0.4, 1.2, COMPONENTS)
    logits = generator.normal(size=COMPONENTS)
    pi, variance = _softmax(logits), sigma**2
    values = {**_State(w, mu, sigma, pi).values(), "i": 2, "j": 2}
    given: dict[str, tuple[str, Reals, Callable[[Reals], Reals], Value]] = {
        "dR-dw": ("a weight", w, lambda at: _regularizer(at, mu, variance, pi), w.tolist()),
        "dR-dmu": ("a mean", mu, lambda at: _regularizer(w, at, variance, pi), mu.tolist()),
        "dR-dsigma2": (
            "a variance",
            variance,
            lambda at: _regularizer(w, mu, at, pi),
            variance.tolist(),
        ),
        "dR-dsigma": (
            "a standard deviation",
            sigma,
            lambda at: _regularizer(w, mu, at**2, pi),
            sigma.tolist(),
        ),
        "dR-deta": (
            "a log variance",
            np.log(variance),
            lambda at: _regularizer(w, mu, np.exp(at), pi),
            np.log(variance).tolist(),
        ),
        "dR-dpi": ("a mixing weight", pi, lambda at: _regularizer(w, mu, variance, at), 0),
        "dR-da": (
            "a logit",
            logits,
            lambda at: _regularizer(w, mu, variance, _softmax(at)),
            logits.tolist(),
        ),
    }
    free = {"dR-dsigma2": "v", "dR-deta": "eta", "dR-da": "a"}
    found = []
    for name, (words, at, function, value) in given.items():
        here = values if name not in free else {**values, free[name]: value}
        predicted = predict(claims[name].closed_form, claims[name].notation, here)
        found.append(
            agreement(
                name,
                f"derivative of the regularizer in {words}",
                predicted,
                _complex_step(function, at, 1),
                1,
                "complex step",
                wanted=10,
            )
        )
    return tuple(found)


# training ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Training:
    """Least squares plus the regularizer, in weights, means, log variances and logits.

    Attributes:
        inputs: shape (examples, weights).
        targets: shape (examples,).
        noise: the standard deviation of the targets' noise.
        components: of the mixture.
    """

    inputs: Reals
    targets: Reals
    noise: float
    components: int

    def unpack(self, parameters: Reals) -> _State:
        weights, m = self.inputs.shape[1], self.components
        w, mu, eta, logits = np.split(parameters, [weights, weights + m, weights + 2 * m])
        return _State(w, mu, np.exp(eta / 2), _softmax(logits))

    def __call__(self, parameters: Reals) -> tuple[float, Reals]:
        """The objective and its gradient."""
        state = self.unpack(parameters)
        residual = self.inputs @ state.w - self.targets
        shares = _responsibilities(state)
        distances = (state.w[:, None] - state.mu) / state.sigma
        penalty = _regularizer(state.w, state.mu, state.sigma**2, state.pi)
        pulls = shares * distances / state.sigma
        slopes = (
            self.inputs.T @ residual / self.noise**2 + pulls.sum(axis=1),
            -pulls.sum(axis=0),
            (shares * (1 - distances**2)).sum(axis=0) / 2,
            (state.pi - shares).sum(axis=0),
        )
        value = residual @ residual / (2 * self.noise**2) + penalty
        return float(value), np.concatenate(slopes)

    def polish(self, parameters: Reals) -> _State:
        """Quasi-Newton steps down to the minimum close by."""
        result = minimize(self, parameters, jac=True, method="BFGS", options={"gtol": 1e-10})
        return self.unpack(np.asarray(result.x, dtype=np.float64))


def _train(generator: np.random.Generator) -> tuple[_State, dict[str, Reals]]:
    """Plain gradient descent for the record, then quasi-Newton steps down to the minimum."""
    inputs = generator.normal(size=(EXAMPLES, WEIGHTS))
    targets = inputs @ TRUE + NOISE * generator.normal(size=EXAMPLES)
    training = _Training(inputs, targets, NOISE, COMPONENTS)
    start = generator.normal(size=WEIGHTS)
    at = np.concatenate([start, [-1.0, 0.0, 1.0], np.log([0.25] * 3), np.zeros(3)])
    path = [at]
    for _ in range(STEPS):
        at = at - RATE * training(at)[1]
        path.append(at)
    states = [training.unpack(path[step]) for step in KEPT]
    series = {
        "steps": KEPT.astype(np.float64),
        "weights": np.array([state.w for state in states]),
        "means": np.array([state.mu for state in states]),
        "spreads": np.array([state.sigma for state in states]),
    }
    return training.polish(at), series


def _drawn_to_a_fixed_mixture() -> tuple[Measurement, Reals]:
    """Weights that feel nothing but the regularizer of a fixed mixture, and where one settles."""
    pi, mu, sigma = (np.array([float(part[k]) for part in topic.THREE]) for k in range(3))
    w = np.linspace(-4.0, 4.0, 17)
    path = [w]
    for _ in range(STEPS):
        state = _State(w, mu, sigma, pi)
        pulls = _responsibilities(state) * (w[:, None] - mu) / sigma**2
        w = w - 10 * RATE * pulls.sum(axis=1)
        path.append(w)
    solution = topic.fixed_mixture()
    values = {**_State(w, mu, sigma, pi).values(), "w": float(w[-1])}
    measurement = agreement(
        "settled",
        "where a weight settles in a fixed mixture, against the place that its centres aim at",
        predict(solution.formulas["aim"], solution.notation, values),
        float(w[-1]),
        STEPS,
        "gradient descent",
    )
    return measurement, np.array([path[step] for step in KEPT])


def _one_group(generator: np.random.Generator, claims: Mapping[str, Claim]) -> Measurement:
    """One component, each weight measured once: the variance at which training comes to rest."""
    targets = generator.normal(size=WEIGHTS)
    variance = float(targets.var())
    noise = SHARE * variance
    training = _Training(np.eye(WEIGHTS), targets, math.sqrt(noise), 1)
    start = np.concatenate([targets, [targets.mean(), math.log(variance), 0.0]])
    claim = claims["one-group"]
    predicted = predict(_right(claim.closed_form), claim.notation, {"V": variance, "c": noise})
    return agreement(
        "one-group",
        "one component: the variance at which training comes to rest",
        predicted,
        float(training.polish(start).sigma[0] ** 2),
        WEIGHTS,
        "BFGS",
    )


def _at_rest(trained: _State) -> tuple[Measurement, ...]:
    """Where training ended: each parameter against the average that was derived for it."""
    values = {**trained.values(), "j": 3}
    expected = (
        ("mean-at-rest", "mean", topic.mean_gradient().formulas["average"], trained.mu),
        (
            "variance-at-rest",
            "variance",
            topic.spread_gradient().formulas["average"],
            trained.sigma**2,
        ),
        ("share-at-rest", "mixing weight", topic.posterior().formulas["mean-share"], trained.pi),
    )
    return tuple(
        agreement(
            name,
            f"after training, the {words} of the third component against its average",
            predict(average, topic.MIXTURE, values),
            float(found[2]),
            STEPS,
            "gradient descent and BFGS",
        )
        for name, words, average, found in expected
    )


def _right(statement: Term) -> Term:
    """The right side of an equation."""
    assert isinstance(statement, Apply) and statement.head == "equal"
    return statement.args[1]


def _em_step(trained: _State) -> Measurement:
    """How far one step of expectation-maximization moves the trained mixture."""
    shares = _responsibilities(trained)
    counts = shares.sum(axis=0)
    mu = shares.T @ trained.w / counts
    variance = (shares * (trained.w[:, None] - mu) ** 2).sum(axis=0) / counts
    moved = np.concatenate(
        [mu - trained.mu, variance - trained.sigma**2, counts / WEIGHTS - trained.pi]
    )
    return agreement(
        "em-step",
        "how far one step of expectation-maximization moves the trained mixture",
        0.0,
        float(np.abs(moved).max()),
        STEPS,
        "gradient descent and BFGS",
    )


def _degenerate(generator: np.random.Generator) -> tuple[Measurement, ...]:
    """The whole configuration shrunk, and one component shrunk onto a weight."""
    w, mu = generator.normal(size=WEIGHTS), generator.normal(size=COMPONENTS)
    variance, pi = generator.uniform(0.2, 1.0, COMPONENTS), np.full(COMPONENTS, 1 / COMPONENTS)
    small = 1e-3
    shrunk = _regularizer(small * w, small * mu, small**2 * variance, pi)
    plain = _regularizer(w, mu, variance, pi)
    mu[0] = w[0]
    widths = np.geomspace(1e-6, 1.0, 61)
    heights = np.array([_regularizer(w, mu, np.append(s**2, variance[1:]), pi) for s in widths])
    slope = float((heights[1] - heights[0]) / math.log(widths[1] / widths[0]))
    return (
        agreement(
            "shrunk",
            "change of the regularizer when weights, means and deviations shrink a thousandfold",
            WEIGHTS * math.log(small),
            float(shrunk - plain),
            1,
            "evaluation",
            wanted=10,
        ),
        agreement(
            "collapse",
            "slope of the regularizer in the log deviation of a component that sits on a weight",
            1.0,
            slope,
            2,
            "difference quotient",
            wanted=4,
        ),
    )
