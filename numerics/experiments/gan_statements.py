"""What decides some of the ten statements on GANs by measurement, on the smallest models that can.

A ramp that never leaves a gap empty (1); the score of a drawn token (2); the likelihood's fit and
the game's fit of a normal model to two modes (4); the slope of a discriminator that separates (6);
a classifier trained on two samples of one law (7); one law from two kinds of noise (8); the
minibatch objective (10).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtr

from derivations.topics.gan_statements import LINE as MODELS, statements
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

#: The data of statement 4: the equal mixture of N(-2, 1/4) and N(2, 1/4).
MODE, WIDTH = 2.0, 0.5
#: The pair of statement 10: N(0, 1) generated, N(1, 1) real, on a grid.
LINE: Reals = np.linspace(-12.0, 12.0, 4801)
STEP = float(LINE[1] - LINE[0])
STEEPNESS = Fraction(4)
LOGIT, LOSSES = Fraction(1, 2), (Fraction(2), Fraction(1, 2))
SEPARATING = Fraction(5)
BATCH = 8
#: The largest error left open of a share, which lies between 0 and 1.
EPSILON = 0.02
_CHECKS = (
    "gap-mass",
    "token-score",
    "equilibrium-accuracy",
    "from-uniform-noise",
    "from-normal-noise",
    "minibatch",
)


def _normal(at: Reals, mean: float, deviation: float) -> Reals:
    z = (at - mean) / deviation
    result: Reals = np.exp(-0.5 * z**2) / (deviation * math.sqrt(2 * math.pi))
    return result


DATA: Reals = (_normal(LINE, -MODE, WIDTH) + _normal(LINE, MODE, WIDTH)) / 2


def _divergence(first: Reals, second: Reals) -> float:
    """The Jensen-Shannon divergence by its definition, on the grid."""
    tiny = 1e-300
    middle = (first + second) / 2 + tiny
    halves = first * np.log((first + tiny) / middle) + second * np.log((second + tiny) / middle)
    return float(halves.sum()) * STEP / 2


def _value(data: Reals, model: Reals) -> float:
    """The value of the game at the best discriminator."""
    tiny = 1e-300
    best = (data + tiny) / (data + model + 2 * tiny)
    other = (model + tiny) / (data + model + 2 * tiny)
    return float((data * np.log(best) + model * np.log(other)).sum()) * STEP


def _log_likelihood(mean: float, deviation: float) -> float:
    logs = -0.5 * ((LINE - mean) / deviation) ** 2 - math.log(deviation)
    return float((DATA * logs).sum()) * STEP - 0.5 * math.log(2 * math.pi)


def _fits() -> tuple[tuple[float, float], tuple[float, float]]:
    """Mean and deviation of the normal model that is best for the likelihood, and for the game."""
    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 2000}
    start = np.array([1.0, 0.0])
    likelihood = minimize(
        lambda at: -_log_likelihood(at[0], math.exp(at[1])),
        start,
        method="Nelder-Mead",
        options=options,
    )
    game = minimize(
        lambda at: _value(DATA, _normal(LINE, at[0], math.exp(at[1]))),
        start,
        method="Nelder-Mead",
        options=options,
    )
    first, second = likelihood.x, game.x
    return (float(first[0]), math.exp(float(first[1]))), (
        float(second[0]),
        math.exp(float(second[1])),
    )


_SOLUTION = statements()
_CLAIMS = claims_of(_SOLUTION)


def _predicted(name: str, values: Mapping[str, Fraction]) -> float:
    """The closed form of a claim, or a formula of the one-dimensional models, at these values."""
    if name in _CLAIMS:
        return predict(_CLAIMS[name].closed_form, _CLAIMS[name].notation, values)
    return predict(_SOLUTION.formulas[name], MODELS, values)


def run(seed: int) -> Experiment:
    """Measure what the statements rely on."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    likelihood, game = _fits()
    measurements = (
        _gap(generator, seed),
        _token(generator, seed),
        *_two_criteria(likelihood, game),
        _separating(),
        _equilibrium(generator, seed),
        *_two_noises(generator, seed),
        _minibatch(generator, seed),
    )
    shown = slice(1400, 3401, 10)
    series = {
        "x": LINE[shown],
        "data": DATA[shown],
        "likelihood": _normal(LINE, *likelihood)[shown],
        "game": _normal(LINE, *game)[shown],
    }
    return Experiment(
        "gan_statements", measurements, MappingProxyType(series), seconds=perf_counter() - began
    )


def _share(name: str) -> float:
    return experiment_budget(*_CHECKS)[name]


def _gap(generator: np.random.Generator, seed: int) -> Measurement:
    """How often a steep ramp of uniform noise lands between -1/2 and 1/2."""
    wanted = _predicted("gap-mass", {"alpha": STEEPNESS})

    def sampler(count: int) -> Reals:
        noise = generator.uniform(-1.0, 1.0, size=count)
        return (np.abs(np.tanh(float(STEEPNESS) * noise)) < 0.5).astype(np.float64)

    decision = decide_mean(sampler, wanted, (0.0, 1.0), _share("gap-mass"), EPSILON)
    words = "1: share of a ramp of steepness 4 in the gap from -1/2 to 1/2"
    return decision.measurement("gap-mass", words, wanted, seed)


def _token(generator: np.random.Generator, seed: int) -> Measurement:
    """The score-function estimate of the slope that back-propagation does not see."""
    on, off = LOSSES
    slope = _predicted("token-slope", {"theta": LOGIT, "on": on, "off": off})
    mean = float(expit(float(LOGIT)))

    def sampler(count: int) -> Reals:
        token = (generator.uniform(size=count) < mean).astype(np.float64)
        result: Reals = np.where(token > 0, float(on), float(off)) * (token - mean)
        return result

    bounds = (-float(on), float(on))
    decision = decide_mean(sampler, slope, bounds, _share("token-score"), 0.02)
    words = "2: slope of the expected loss of one token, from its score"
    return decision.measurement("token-score", words, slope, seed)


def _two_criteria(
    likelihood: tuple[float, float], game: tuple[float, float]
) -> tuple[Measurement, ...]:
    model = _normal(LINE, *game)
    return (
        agreement(
            "likelihood-fit-mean",
            "4: mean of the normal model of largest likelihood, data with modes at -2 and 2",
            0.0,
            likelihood[0],
            LINE.size,
            "numerical optimization",
            wanted=5,
        ),
        agreement(
            "likelihood-fit-variance",
            "4: its variance, against that of the data",
            MODE**2 + WIDTH**2,
            likelihood[1] ** 2,
            LINE.size,
            "numerical optimization",
            wanted=5,
        ),
        agreement(
            "game-fit",
            "4: value of the game at its own best normal model, by the divergence",
            -math.log(4) + 2 * _divergence(DATA, model),
            _value(DATA, model),
            LINE.size,
            "quadrature",
        ),
    )


def _separating() -> Measurement:
    """Slope of the criterion of a discriminator that separates two points, by differences."""
    weight, width = float(SEPARATING), 1e-4

    def criterion(at: float) -> float:
        return 2 * float(-np.logaddexp(0.0, -at))

    slope = (criterion(weight + width) - criterion(weight - width)) / (2 * width)
    return agreement(
        "separating-slope",
        "6: slope at weight 5, where both points are told apart",
        _predicted("two-point-slope", {"w": SEPARATING}),
        slope,
        2,
        "finite differences",
    )


def _equilibrium(generator: np.random.Generator, seed: int) -> Measurement:
    """A classifier is trained on two samples of one law, and tried on fresh ones."""
    labels = np.repeat([1.0, 0.0], 500)
    inputs = np.stack((np.ones(1000), generator.normal(size=1000)))
    inputs = np.vstack((inputs, inputs[1] ** 2))
    weights = np.zeros(3)
    for _ in range(20):
        said = expit(weights @ inputs)
        curvature = (inputs * (said * (1 - said))) @ inputs.T
        weights = weights + np.linalg.solve(curvature, inputs @ (labels - said))

    def sampler(count: int) -> Reals:
        x = generator.normal(size=count)
        truth = generator.integers(0, 2, size=count)
        guess = weights[0] + weights[1] * x + weights[2] * x**2 > 0
        right: Reals = (guess == truth).astype(np.float64)
        return right

    wanted = _predicted("no-test-helps", {})
    decision = decide_mean(sampler, wanted, (0.0, 1.0), _share("equilibrium-accuracy"), EPSILON)
    words = "7: accuracy of a classifier trained on two samples of one law"
    return decision.measurement("equilibrium-accuracy", words, wanted, seed)


def _two_noises(generator: np.random.Generator, seed: int) -> tuple[Measurement, ...]:
    """P(X < 1) of the exponential law, generated from uniform and from normal noise."""
    wanted = _predicted("exponential-share", {"t": Fraction(1)})

    def uniform(count: int) -> Reals:
        x = -np.log1p(-generator.uniform(size=count))
        return (x < 1).astype(np.float64)

    def normal(count: int) -> Reals:
        x: Reals = -np.log(ndtr(-generator.normal(size=count)))
        return (x < 1).astype(np.float64)

    found = []
    for kind, sampler in (("uniform", uniform), ("normal", normal)):
        name = f"from-{kind}-noise"
        decision = decide_mean(sampler, wanted, (0.0, 1.0), _share(name), EPSILON)
        words = f"8: share below 1 of an exponential law generated from {kind} noise"
        found.append(decision.measurement(name, words, wanted, seed))
    return tuple(found)


def _minibatch(generator: np.random.Generator, seed: int) -> Measurement:
    """The mean of the minibatch objective, against the value by quadrature."""

    def says(at: Reals) -> Reals:
        result: Reals = 0.1 + 0.8 * expit(at - 0.5)
        return result

    first = _normal(LINE, 1.0, 1.0) * np.log(says(LINE))
    second = _normal(LINE, 0.0, 1.0) * np.log1p(-says(LINE))
    wanted = float((first + second).sum()) * STEP

    def sampler(count: int) -> Reals:
        real = generator.normal(1.0, 1.0, size=(count, BATCH))
        fake = generator.normal(size=(count, BATCH))
        result: Reals = (np.log(says(real)) + np.log1p(-says(fake))).mean(axis=1)
        return result

    bounds = (2 * math.log(0.1), 0.0)
    decision = decide_mean(sampler, wanted, bounds, _share("minibatch"), 0.02, samples=1 << 17)
    words = "10: mean of the objective over minibatches of 8 and 8"
    return decision.measurement("minibatch", words, wanted, seed)
