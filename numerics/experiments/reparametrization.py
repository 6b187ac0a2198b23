"""What back-propagation computes for models with noise, beside the exact gradients.

Encoder and decoder multiply one number each: the code is lambda x, the output psi z. Every pass is
differentiated twice: by the chain rule written out here, and, where PyTorch is installed, by its
automatic differentiation of the very programs that the document shows (``numerics.listings``).
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.derivation import Solution
from derivations.topics import reparametrization as topic
from language.notation import Notation
from language.terms import Term
from language.vocabulary import variance
from numerics.comparisons import Value, agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import (
    Sampler,
    decide_mean,
    decide_mean_with_variance,
    experiment_budget,
)

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]
#: Draws the given number of gradients in lambda and in psi.
Gradients = Callable[[int], tuple[Reals, Reals]]

X, LAMBDA, PSI = 1.5, 0.5, 0.75
CODE = LAMBDA * X
VALUES: dict[str, Value] = {
    "D": 1,
    "L": 1,
    "k": 1,
    "i": 1,
    "x": [X],
    "h": [CODE],
    "Lam": [LAMBDA],
    "Psi": [PSI],
}
EPSILON = 0.1
#: Lengths of the code at which a draw of it is looked at for negative entries.
LENGTHS = (2, 10)
#: One number drawn from N(m, 1), and the function (y - m)^2 of it.
SPREAD_EPSILONS = {"pathwise": 0.2, "score": 1.5}

_PASSES = (
    "model-1-lambda",
    "model-1-psi",
    "model-2-psi-printed",
    "model-2-lambda-repaired",
    "model-2-lambda-score",
    "model-3-lambda",
    "model-3-psi",
    "variance-exp",
    "variance-softplus",
)
_PROGRAMS = (
    "model_1:lambda",
    "model_1:psi",
    "model_2_printed:psi",
    "model_2_repaired:lambda",
    "model_2_repaired:psi",
    "model_3:lambda",
    "model_3:psi",
    "variance_exp:lambda",
    "variance_softplus:lambda",
)
BUDGET = experiment_budget(
    *_PASSES,
    *_PROGRAMS,
    *SPREAD_EPSILONS,
    *(f"negative-{length}" for length in LENGTHS),
)

# --------------------------------------------------------------------------- the chain rule


def _noisy_input(noise: Reals) -> tuple[Reals, Reals]:
    """Model 1: z = x + noise, h = lambda z, output psi h."""
    z = X + noise
    code = LAMBDA * z
    slope = -2 * (X - PSI * code)  # of the loss in the output
    return slope * PSI * z, slope * code


def _noisy_code(noise: Reals) -> tuple[Reals, Reals]:
    """Model 2 as printed: the drawn code is a number, so nothing reaches lambda."""
    z = CODE + noise
    slope = -2 * (X - PSI * z)
    return np.zeros_like(z), slope * z


def _added_noise(noise: Reals) -> tuple[Reals, Reals]:
    """Model 3, and Model 2 repaired: z = lambda x + noise."""
    z = LAMBDA * X + noise
    slope = -2 * (X - PSI * z)
    return slope * PSI * X, slope * z


def _score(noise: Reals) -> tuple[Reals, Reals]:
    """Model 2 by its density: the loss itself times the score, which is the noise times x."""
    z = CODE + noise
    residual = X - PSI * z
    return residual**2 * noise * X, -2 * residual * z


def _scaled(noise: Reals, deviation: float, slope: float) -> tuple[Reals, Reals]:
    """The repaired model of the second exercise: z = s(h) noise, with the slope of s at h."""
    z = deviation * noise
    of_output = -2 * (X - PSI * z)
    return of_output * PSI * noise * slope * X, of_output * z


def _exponential(noise: Reals) -> tuple[Reals, Reals]:
    """The variance is exp(h), so the deviation is exp(h/2)."""
    deviation = math.exp(CODE / 2)
    return _scaled(noise, deviation, deviation / 2)


def _softplus(noise: Reals) -> tuple[Reals, Reals]:
    """The variance is softplus(h) = log(1 + exp(h)), whose slope is the logistic function."""
    deviation = math.sqrt(math.log1p(math.exp(CODE)))
    return _scaled(noise, deviation, 1 / (1 + math.exp(-CODE)) / (2 * deviation))


# --------------------------------------------------------------------------- predictions


@cache
def _solution(name: str) -> Solution:
    found: Solution = getattr(topic, name)()
    return found


def _value(term: Term, notation: Notation = topic.LINEAR) -> float:
    return predict(term, notation, VALUES)


def _claimed(model: str, fact: str) -> Term:
    """The closed form of a fact of one model's page."""
    return claims_of(_solution(model))[fact].closed_form


def _of_a_draw(model: str, term: Term) -> float:
    """The variance of ``term`` under a model's noise, exactly."""
    variable, law = topic.LAWS[model]
    return _value(variance(variable, law, term))


@cache
def _predictions() -> MappingProxyType[str, tuple[float, float]]:
    """Exact gradient, and variance of what one draw gives, for each pass."""
    first, second, third = "noisy_input", "noisy_code", "added_noise"
    code, noisy = topic.h, topic.z
    score = topic.LOSSES["code"] * (noisy[1] - code[1]) * topic.x[1]
    repaired = _claimed(third, "slope-lambda")
    return MappingProxyType(
        {
            "model-1-lambda": (
                _value(_claimed(first, "exact-lambda")),
                _of_a_draw("input", _claimed(first, "slope-lambda")),
            ),
            "model-1-psi": (
                _value(_claimed(first, "exact-psi")),
                _of_a_draw("input", _claimed(first, "slope-psi")),
            ),
            "model-2-psi-printed": (
                _value(_claimed(second, "exact-psi")),
                _of_a_draw("code", _claimed(second, "slope-psi")),
            ),
            "model-2-lambda-repaired": (
                _value(_claimed(second, "exact-lambda")),
                _of_a_draw("added", repaired),
            ),
            "model-2-lambda-score": (
                _value(_claimed(second, "exact-lambda")),
                _of_a_draw("code", score),
            ),
            "model-3-lambda": (
                _value(_claimed(third, "exact-lambda")),
                _of_a_draw("added", repaired),
            ),
            "model-3-psi": (
                _value(_claimed(third, "exact-psi")),
                _of_a_draw("added", _claimed(third, "slope-psi")),
            ),
            "variance-exp": _scaled_prediction("exp"),
            "variance-softplus": _scaled_prediction("softplus"),
        }
    )


def _scaled_prediction(name: str) -> tuple[float, float]:
    """The derivative in lambda is x times that in the code."""
    broken = "covariance_map"
    slope = variance("eps", topic.CODE_NOISE, _claimed(broken, f"slope-{name}"))
    exact = _value(_claimed(broken, f"gradient-{name}"), topic.CODES)
    return X * exact, X**2 * _value(slope, topic.CODES)


# --------------------------------------------------------------------------- what is measured


def run(seed: int) -> Experiment:
    """Mean gradients of every model, the spread of two estimators, and negative variances."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (
        *_by_hand(generator, seed),
        *_spreads(generator, seed),
        *_negative(generator, seed),
        *(_by_torch(seed) if find_spec("torch") is not None else ()),
    )
    noise = generator.standard_normal(20_000)
    series = {
        "pathwise": _added_noise(noise)[0],
        "score": _score(noise)[0],
        "exact": np.array([_predictions()["model-2-lambda-repaired"][0]]),
        "lengths": np.array(LENGTHS, dtype=np.float64),
        "failures": np.array([m.estimate for m in measurements if m.name.startswith("negative-")]),
    }
    return Experiment(
        "reparametrization",
        measurements,
        MappingProxyType(series),
        seconds=perf_counter() - began,
    )


def _decided(name: str, words: str, of: str, sampler: Sampler, seed: int) -> Measurement:
    """The mean of a gradient against the exact one; ``of`` names the pass that predicts it."""
    exact, spread = _predictions()[of]
    decision = decide_mean_with_variance(sampler, exact, spread, BUDGET[name], EPSILON)
    return decision.measurement(name, words, exact, seed)


def _by_hand(generator: np.random.Generator, seed: int) -> Iterator[Measurement]:
    def pick(model: Callable[[Reals], tuple[Reals, Reals]], place: int) -> Sampler:
        return lambda size: model(generator.standard_normal(size))[place]

    passes = {
        "model-1-lambda": ("Model 1, gradient in lambda", pick(_noisy_input, 0)),
        "model-1-psi": ("Model 1, gradient in psi", pick(_noisy_input, 1)),
        "model-2-psi-printed": ("Model 2 as printed, in psi", pick(_noisy_code, 1)),
        "model-2-lambda-repaired": ("Model 2 repaired, in lambda", pick(_added_noise, 0)),
        "model-2-lambda-score": ("Model 2 by its score, in lambda", pick(_score, 0)),
        "model-3-lambda": ("Model 3, in lambda", pick(_added_noise, 0)),
        "model-3-psi": ("Model 3, in psi", pick(_added_noise, 1)),
        "variance-exp": ("variance exp(h), in lambda", pick(_exponential, 0)),
        "variance-softplus": ("variance softplus(h), in lambda", pick(_softplus, 0)),
    }
    blind = np.abs(_noisy_code(generator.standard_normal(1024))[0])
    yield agreement(
        "model-2-lambda-printed",
        "Model 2 as printed, in lambda (largest of all draws)",
        _value(_claimed("noisy_code", "blind")),
        float(blind.max()),
        blind.size,
        "the chain rule",
        seed=seed,
    )
    for name, (words, sampler) in passes.items():
        yield _decided(name, words, name, sampler, seed)


def _spreads(generator: np.random.Generator, seed: int) -> Iterator[Measurement]:
    """The variances of the two estimators of d/dm E (y - c)^2, at m = c and s = 1."""
    claims = claims_of(_solution("sample"))
    at = {"m": 0.0, "s": 1.0, "target": 0.0}
    powers = {"pathwise": (1, 4.0), "score": (3, 1.0)}
    for name, (power, factor) in powers.items():
        claim = claims[f"{name}-variance"]
        predicted = predict(claim.closed_form, claim.notation, at)
        even = factor**2 * _moment(4 * power) - predicted**2

        def squares(size: int, power: int = power, factor: float = factor) -> Reals:
            result: Reals = factor * generator.standard_normal(size) ** (2 * power)
            return result

        decision = decide_mean_with_variance(
            squares, predicted, even, BUDGET[name], SPREAD_EPSILONS[name]
        )
        words = f"variance of the {name.replace('score', 'score-function')} estimate"
        yield decision.measurement(name, words, predicted, seed)


def _moment(order: int) -> float:
    """An even moment of a standard normal: 1, 3, 15, ..."""
    return float(np.prod(np.arange(1, order, 2, dtype=np.float64)))


def _negative(generator: np.random.Generator, seed: int) -> Iterator[Measurement]:
    """How often a code with standard normal entries has a negative one."""
    claim = claims_of(_solution("covariance_map"))["failure"]
    for length in LENGTHS:
        predicted = predict(claim.closed_form, claim.notation, {"L": length})

        def negative(size: int, length: int = length) -> Reals:
            codes = generator.standard_normal((size, length))
            found: Reals = np.any(codes < 0, axis=1).astype(np.float64)
            return found

        name = f"negative-{length}"
        decision = decide_mean(negative, predicted, (0.0, 1.0), BUDGET[name], 0.01)
        words = f"codes of length {length} with a negative entry"
        yield decision.measurement(name, words, predicted, seed)


# --------------------------------------------------------------------------- PyTorch


def _by_torch(seed: int) -> Iterator[Measurement]:
    """Each program executed and differentiated by PyTorch."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        printed = _gradients("model_2_printed")(1024)[0]
        yield agreement(
            "model_2_printed:lambda",
            "gradient in lambda (largest of all draws)",
            _value(_claimed("noisy_code", "blind")),
            float(np.abs(printed).max()),
            printed.size,
            "automatic differentiation",
            seed=seed,
        )
        passes = {
            "model_1:lambda": "model-1-lambda",
            "model_1:psi": "model-1-psi",
            "model_2_printed:psi": "model-2-psi-printed",
            "model_2_repaired:lambda": "model-2-lambda-repaired",
            "model_2_repaired:psi": "model-2-psi-printed",
            "model_3:lambda": "model-3-lambda",
            "model_3:psi": "model-3-psi",
            "variance_exp:lambda": "variance-exp",
            "variance_softplus:lambda": "variance-softplus",
        }
        for name, of in passes.items():
            program, _, parameter = name.partition(":")
            place = 0 if parameter == "lambda" else 1
            gradients = _gradients(program)

            def one(size: int, gradients: Gradients = gradients, place: int = place) -> Reals:
                return gradients(size)[place]

            yield _decided(name, f"mean gradient in {parameter}", of, one, seed)


def _gradients(program: str) -> Gradients:
    """Gradients of the loss of a listing, each row with parameters of its own."""
    import torch

    loss = importlib.import_module(f"numerics.listings.{program}").loss

    def draw(size: int) -> tuple[Reals, Reals]:
        rows = {"size": (size, 1), "dtype": torch.float64}
        encoder = torch.full(fill_value=LAMBDA, requires_grad=True, **rows)
        decoder = torch.full(fill_value=PSI, requires_grad=True, **rows)
        x = torch.full(fill_value=X, **rows)
        loss(x, lambda seen: encoder * seen, lambda code: decoder * code).backward()
        return _entries(encoder.grad, size), _entries(decoder.grad, size)

    return draw


def _entries(gradient: Any, size: int) -> Reals:
    """A tensor's entries; where nothing was propagated there is no tensor, only zeros."""
    return np.zeros(size) if gradient is None else np.asarray(gradient.numpy()).reshape(size)
