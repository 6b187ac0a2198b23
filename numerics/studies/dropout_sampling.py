"""The expected loss under dropout at sizes where its masks can only be sampled.

For n examples and d features there are 2^(n d) masks. Their mean loss has the closed form
||y - p X w||^2 + p (1 - p) ||Gamma w||^2 (Srivastava et al., "Dropout", JMLR 15, 2014, section
9.1), which is derived in :func:`derivations.topics.dropout.expected_loss` and evaluated here from
that term. Beside it the loss of independent masks is averaged, with half of the units kept, with
nearly all, with nearly none, with more features than examples and the other way round.

Each mean is decided by Catoni's interval, because the variance of the loss has a closed form, too
(:func:`variance`). The confidence sequence for bounded variables would be wider: the loss is a sum
over many examples, and the range of such a sum is many times its standard deviation. Where few
units are dropped most of the variance is linear in the mask, and a control variate takes it off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from flint import acb
from numpy.typing import NDArray

from derivations.topics import dropout as topic
from language.notation import Notation
from numerics import balls
from numerics.comparisons import claims_of, replicated
from numerics.estimators import with_control
from numerics.masks import losses
from numerics.measurements import Experiment, Measurement
from numerics.settings import Setting
from numerics.statistics import (
    ErrorBudget,
    Sampler,
    decide_mean_with_variance,
    experiment_budget,
)
from numerics.training import device_name
from numerics.valuations import Rows, Valuation

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A keep probability, and the rows and columns at each level."""

    name: str
    words: str
    keep: Fraction
    quick: tuple[int, int]
    full: tuple[int, int]


CASES = (
    Case("even", "half of the units kept", Fraction(1, 2), (40, 20), (200, 100)),
    Case("wide", "more features than examples", Fraction(4, 5), (20, 80), (100, 400)),
    Case("tall", "more examples than features", Fraction(1, 4), (80, 10), (800, 25)),
    Case("few-kept", "one unit in 64 kept", Fraction(1, 64), (40, 20), (200, 100)),
    Case("few-dropped", "one unit in 64 dropped", Fraction(63, 64), (40, 20), (200, 100)),
)
#: The most masks for one mean; sampling stops as soon as the interval is narrow enough.
MOST = 1 << 19
#: Independent batches for the spread of the loss, and masks in each.
BATCHES = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """Inputs (n, d), targets (n,), weights (d,) and the probability of keeping a unit."""

    inputs: Reals
    targets: Reals
    weights: Reals
    keep: Fraction

    def sampler(self, generator: np.random.Generator, device: str) -> Sampler:
        """Draws the losses of independent masks."""
        return lambda count: losses(
            self.inputs, self.targets, self.weights, float(self.keep), count, generator, device
        )


def _draw(generator: np.random.Generator, shape: tuple[int, int], keep: Fraction) -> Problem:
    """Normal inputs and weights; the targets are what the scaled weights predict, with noise."""
    inputs = generator.standard_normal(shape)
    weights = generator.standard_normal(shape[1]) / math.sqrt(shape[1])
    noise = generator.standard_normal(shape[0]) / 2
    return Problem(inputs, float(keep) * inputs @ weights + noise, weights, keep)


# What is predicted.


def _notation() -> Notation:
    """The question's names, with Gamma a matrix that is given.

    By its definition it has d^2 entries that are sums over n, more than is worked out term by term.
    """
    claim = claims_of(topic.expected_loss())["expected-loss"]
    symbols = (replace(symbol, definition=None, parameters=()) for symbol in claim.notation)
    return Notation(tuple(symbols))


def predicted(problem: Problem) -> float:
    """The derived expected loss."""
    rows, columns = problem.inputs.shape
    values: dict[str, Fraction | Rows] = {
        "n": Fraction(rows),
        "d": Fraction(columns),
        "p": problem.keep,
        "X": _exact(problem.inputs),
        "y": _exact(problem.targets[:, None]),
        "w": _exact(problem.weights[:, None]),
        "Gamma": _exact(np.diag(np.linalg.norm(problem.inputs, axis=0))),
    }
    term = claims_of(topic.expected_loss())["expected-loss"].closed_form
    ball = balls.evaluate(term, Valuation(_notation(), 0, values), 64)
    if not isinstance(ball, acb):
        raise TypeError(f"expected the loss to be a number, found {ball}")
    return float(ball.real.mid())


def _exact(matrix: Reals) -> Rows:
    return tuple(tuple(Fraction(float(entry)) for entry in row) for row in matrix)


def _penalty(problem: Problem) -> float:
    """p (1 - p) ||Gamma w||^2: what the randomness of the mask adds to the loss."""
    keep = float(problem.keep)
    return keep * (1 - keep) * float(((problem.inputs * problem.weights) ** 2).sum())


def _moments(problem: Problem) -> tuple[Reals, Reals, Reals, Reals]:
    """For each example: m, E S^2, E S^3 and the excess E S^4 - 3 (E S^2)^2, in closed form.

    The residual is m - S, where m = y - p sum_j a_j with a_j = x_j w_j, and S = sum_j a_j (R_j - p)
    has independent centred terms. A centred Bernoulli variable has the cumulants v = p (1 - p),
    v (1 - 2 p) and v (1 - 6 v); those of a sum add, the k-th with the factors a_j^k.
    """
    keep = float(problem.keep)
    parts = problem.inputs * problem.weights
    v = keep * (1 - keep)
    return (
        problem.targets - keep * parts.sum(axis=1),
        v * (parts**2).sum(axis=1),
        v * (1 - 2 * keep) * (parts**3).sum(axis=1),
        v * (1 - 6 * v) * (parts**4).sum(axis=1),
    )


def variance(problem: Problem) -> float:
    """The variance of the loss over masks.

    That of (m - S)^2 is 4 m^2 E S^2 - 4 m E S^3 + E S^4 - (E S^2)^2, and those of the examples
    add, their masks being independent.
    """
    m, second, third, excess = _moments(problem)
    return float((4 * m**2 * second - 4 * m * third + 2 * second**2 + excess).sum())


def control(problem: Problem) -> tuple[float, float]:
    """The best coefficient of the control -2 sum m S, and the variance that it leaves.

    The control is the part of the loss that is linear in the mask; its mean is zero. Its variance
    is W = 4 sum m^2 E S^2, and its covariance with the loss C = W - 2 sum m E S^3.
    """
    m, second, third, _ = _moments(problem)
    weight = float((4 * m**2 * second).sum())
    covariance = weight - float((2 * m * third).sum())
    return covariance / weight, variance(problem) - covariance**2 / weight


# What is measured.


def _controlled(problem: Problem, generator: np.random.Generator) -> Sampler:
    """Draws losses less the best multiple of their control."""
    keep = float(problem.keep)
    parts = problem.inputs * problem.weights
    centred = problem.targets - keep * parts.sum(axis=1)

    def sums(count: int) -> Reals:
        """The sums S, of shape (count, n)."""
        kept = [generator.random((count, row.size)) < keep for row in parts]
        return np.column_stack([(one - keep) @ row for one, row in zip(kept, parts, strict=True)])

    return with_control(
        sums,
        function=lambda s: ((centred - s) ** 2).sum(axis=1),
        control=lambda s: -2 * s @ centred,
        control_mean=0.0,
        coefficient=control(problem)[0],
    )


def _mean(
    name: str,
    words: str,
    problem: Problem,
    sampler: Sampler,
    spread: float,
    setting: Setting,
    alpha: float,
) -> Measurement:
    """The mean loss by a sampler whose values have the variance ``spread``.

    A tenth (at full length a fiftieth) of the penalty is left open, so that no formula without it,
    or with a wrong factor, can pass.
    """
    claimed = predicted(problem)
    epsilon = setting.choose(quick=1 / 10, full=1 / 50) * _penalty(problem)
    decision = decide_mean_with_variance(sampler, claimed, spread, alpha, epsilon, MOST)
    rows, columns = problem.inputs.shape
    words = f"mean loss of masks of {rows} x {columns} entries, {words}"
    found = decision.measurement(name, words, claimed, setting.seed)
    return replace(found, standard_error=math.sqrt(spread / decision.samples))


def _means(problems: list[Problem], setting: Setting, budget: ErrorBudget) -> list[Measurement]:
    """The mean loss of each case, and of the last one with its control."""
    found = []
    for done, (case, problem) in enumerate(zip(CASES, problems, strict=True)):
        setting.progress(done / (len(CASES) + 1))
        generator = setting.generator(f"masks of {case.name}")
        sampler = problem.sampler(generator, setting.device)
        spread, alpha = variance(problem), budget[case.name]
        found.append(_mean(case.name, case.words, problem, sampler, spread, setting, alpha))
    case, problem = CASES[-1], problems[-1]
    _, left = control(problem)
    controlled = _controlled(problem, setting.generator("control"))
    words = f"{case.words}, less what is linear in the mask (on the CPU)"
    alpha = budget["controlled"]
    return [*found, _mean("controlled", words, problem, controlled, left, setting, alpha)]


def _spread(drawn: Reals, problem: Problem, setting: Setting, alpha: float) -> Measurement:
    """The mean squared distance from the closed form, in parts of the closed variance.

    The error left open excludes a factor of two at both levels.
    """
    squares = (drawn - predicted(problem)) ** 2 / variance(problem)
    return replicated(
        "variance",
        "variance of the loss over its closed form, half of the units kept",
        1.0,
        squares.reshape(BATCHES, -1).mean(axis=1),
        alpha,
        setting.choose(quick=0.4, full=0.05),
        "sampled masks",
        samples=drawn.size,
        seed=setting.seed,
    )


def _errors(drawn: Reals, claimed: float) -> tuple[Reals, Reals, Reals]:
    """Numbers of masks; the error of their mean, root mean square over batches; its own error.

    The mean of M squares of centred normal errors has relative variance 2 / M, its root half of
    that standard deviation.
    """
    sizes = [1 << k for k in range(4, drawn.size.bit_length()) if drawn.size >> k >= BATCHES // 2]
    means = [drawn.reshape(-1, size).mean(axis=1) - claimed for size in sizes]
    errors = np.array([math.sqrt(float((mean**2).mean())) for mean in means])
    own = errors / np.sqrt([2.0 * mean.size for mean in means])
    return np.array(sizes, dtype=np.float64), errors, own


def run(setting: Setting) -> Experiment:
    """Sample the mean loss of each case, and the rate at which its error falls."""
    started = perf_counter()
    names = [case.name for case in CASES]
    budget = experiment_budget(*names, "controlled", "variance")
    problems = [
        _draw(
            setting.generator(f"problem of {case.name}"),
            setting.choose(quick=case.quick, full=case.full),
            case.keep,
        )
        for case in CASES
    ]
    measurements = _means(problems, setting, budget)
    setting.progress(len(CASES) / (len(CASES) + 1))
    even = problems[0]
    sampler = even.sampler(setting.generator("spread"), setting.device)
    drawn = sampler(setting.choose(quick=1 << 14, full=1 << 18))
    measurements.append(_spread(drawn, even, setting, budget["variance"]))
    sizes, errors, own = _errors(drawn, predicted(even))
    series = {
        "sizes": sizes,
        "errors": errors,
        "errors-deviation": own,
        "deviation": np.array([math.sqrt(variance(even))]),
    }
    return Experiment(
        "dropout_sampling",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - started,
    )
