"""Dropout on linear regression, sampled: the expected loss, its minimizer, the rate of an average.

The predictions are the derived closed forms, evaluated in exact arithmetic at the same inputs,
targets and weights. What is measured uses the definitions only: masks are drawn, or all of them are
listed. Nothing is trained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from flint import acb, acb_mat
from numpy.typing import NDArray

from derivations.topics import dropout as topic
from language.claims import Status, Verdict
from language.notation import Notation
from language.terms import Term
from numerics import balls
from numerics.comparisons import claims_of
from numerics.measurements import Experiment, Measurement
from numerics.statistics import RUN_ALPHA, Decision, decide_mean, experiment_budget
from numerics.valuations import Rows, Valuation

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

#: Rows, columns and keep probability of the problems whose expected loss is sampled.
SHAPES = ((2, 3, Fraction(1, 2)), (3, 2, Fraction(4, 5)), (1, 4, Fraction(1, 4)))
#: The error left open, as a part of the range that the loss can take.
EPSILON = 0.01
#: Averages for the rate: sizes 2^4, ..., 2^13, each repeated this often.
SIZES = tuple(1 << exponent for exponent in range(4, 14))
REPEATS = 256
DIGITS_WANTED = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Inputs, targets, weights and keep probability, as exact numbers (multiples of 1/8)."""

    inputs: Rows
    targets: Rows
    weights: Rows
    keep: Fraction

    @property
    def arrays(self) -> tuple[Reals, Reals, Reals]:
        """Inputs (n, d), targets (n,) and weights (d,) as floats, without rounding."""
        inputs, targets, weights = (
            np.array(rows, dtype=np.float64) for rows in (self.inputs, self.targets, self.weights)
        )
        return inputs, targets[:, 0], weights[:, 0]

    def value(self, term: Term, notation: Notation, **further: Fraction) -> Reals:
        """A derived term at this problem: its entries in a flat array, rounded once."""
        known: Mapping[str, Fraction | Rows] = {
            "n": Fraction(len(self.inputs)),
            "d": Fraction(len(self.weights)),
            "X": self.inputs,
            "y": self.targets,
            "w": self.weights,
            "p": self.keep,
            **further,
        }
        ball = balls.evaluate(term, Valuation(notation, 0, known))
        entries = ball.entries() if isinstance(ball, acb_mat) else [ball]
        return np.array([_float(entry) for entry in entries])


def _float(ball: object) -> float:
    if not isinstance(ball, acb) or not ball.real.rel_accuracy_bits() > 60:
        raise ArithmeticError(f"expected a number known to 60 bits, found {ball}")
    return float(ball.real)


def _draw_problem(
    generator: np.random.Generator, rows: int, columns: int, keep: Fraction
) -> Problem:
    """A problem without a zero column: entries are nonzero multiples of 1/8 up to 2."""

    def numbers(height: int, width: int) -> Rows:
        sizes = generator.integers(1, 17, size=(height, width))
        signs = generator.choice((-1, 1), size=(height, width))
        return tuple(tuple(Fraction(int(n), 8) for n in row) for row in sizes * signs)

    return Problem(numbers(rows, columns), numbers(rows, 1), numbers(columns, 1), keep)


# The loss of drawn masks.


def _losses(problem: Problem, masks: Reals) -> Reals:
    """The squared errors for masks of shape (m, n, d)."""
    inputs, targets, weights = problem.arrays
    residuals = targets - (inputs * masks) @ weights
    losses: Reals = (residuals**2).sum(axis=1)
    return losses


def _bounds(problem: Problem) -> tuple[float, float]:
    """The least and the largest loss that any mask can give, row by row."""
    inputs, targets, weights = problem.arrays
    parts = inputs * weights
    low = targets - np.maximum(parts, 0).sum(axis=1)
    high = targets - np.minimum(parts, 0).sum(axis=1)
    nearest = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(low**2, high**2))
    return float(nearest.sum()), float(np.maximum(low**2, high**2).sum())


def _decide_loss(
    problem: Problem, generator: np.random.Generator, alpha: float, *, shared: bool
) -> tuple[Decision, float]:
    """The mean loss against its closed form; ``shared`` draws one mask for all rows."""
    predicted = float(problem.value(topic.EXPECTED_LOSS, topic.NOTATION)[0])
    rows, columns = problem.arrays[0].shape

    def sampler(count: int) -> Reals:
        shape = (count, 1 if shared else rows, columns)
        kept = generator.random(shape) < float(problem.keep)
        return _losses(problem, kept.astype(np.float64))

    low, high = _bounds(problem)
    decision = decide_mean(sampler, predicted, (low, high), alpha, EPSILON * (high - low))
    return decision, predicted


# All masks of a small problem.


def _all_masks(problem: Problem) -> tuple[Reals, Reals]:
    """Every mask, shape (2^(n d), n, d), and its probability."""
    rows, columns = problem.arrays[0].shape
    masks = np.array(list(product((0.0, 1.0), repeat=rows * columns)))
    keep = float(problem.keep)
    probabilities = np.where(masks == 1, keep, 1 - keep).prod(axis=1)
    return masks.reshape(-1, rows, columns), probabilities


def _deviation(problem: Problem) -> float:
    """The standard deviation of the loss over all masks."""
    masks, probabilities = _all_masks(problem)
    losses = _losses(problem, masks)
    mean = float(probabilities @ losses)
    return math.sqrt(float(probabilities @ (losses - mean) ** 2))


def _minimizer(problem: Problem) -> Reals:
    """The minimizer of the average loss, as least squares with one copy of the data per mask."""
    inputs, targets, _ = problem.arrays
    masks, probabilities = _all_masks(problem)
    factors: Reals = np.sqrt(probabilities)[:, None]
    stacked = (factors[:, :, None] * (inputs * masks)).reshape(-1, inputs.shape[1])
    return _least_squares(stacked, (factors * targets).reshape(-1))


def _decayed_minimizer(problem: Problem, coefficient: float) -> Reals:
    """The minimizer with an L2 penalty, as least squares with one more row per weight."""
    inputs, targets, _ = problem.arrays
    columns = inputs.shape[1]
    stacked: Reals = np.vstack((inputs, math.sqrt(coefficient) * np.eye(columns)))
    return _least_squares(stacked, np.concatenate((targets, np.zeros(columns))))


def _least_squares(inputs: Reals, targets: Reals) -> Reals:
    return np.asarray(np.linalg.lstsq(inputs, targets, rcond=None)[0], dtype=np.float64)


def _compare_weights(name: str, words: str, predicted: Reals, found: Reals) -> Measurement:
    """Two vectors by their digits of agreement, shown by their norms."""
    size = float(np.linalg.norm(predicted))
    error = float(np.linalg.norm(found - predicted))
    digits = 15 if error == 0 else min(15, math.floor(-math.log10(error / size)))
    agrees = digits >= DIGITS_WANTED
    verdict = Verdict(
        Status.EVIDENCE if agrees else Status.UNDECIDED,
        "least squares",
        "the sampled instance",
        f"The vectors agree to {digits} digits in the Euclidean norm"
        + ("." if agrees else f"; {DIGITS_WANTED} were expected."),
        digits=max(digits, 0),
    )
    norm = float(np.linalg.norm(found))
    return Measurement(name, words, size, norm, norm - error, norm + error, 0, None, verdict)


# The rate of an average.


def _errors(problem: Problem, generator: np.random.Generator) -> Reals:
    """The root mean square error of averages over masks, one for each of ``SIZES``."""
    predicted = float(problem.value(topic.EXPECTED_LOSS, topic.NOTATION)[0])
    masks, probabilities = _all_masks(problem)
    losses = _losses(problem, masks)
    # The mean of N draws is known from how often each mask was drawn.
    counts = (generator.multinomial(size, probabilities, size=REPEATS) for size in SIZES)
    means = (count @ losses / size for count, size in zip(counts, SIZES, strict=True))
    return np.array([math.sqrt(float(((mean - predicted) ** 2).mean())) for mean in means])


def _slope(errors: Reals, seed: int) -> Measurement:
    """The slope of log error in log N by least squares, with its standard error.

    A mean of M squares of centred normal errors has relative variance 2/M, its root half of that
    in the logarithm, so each log error has standard deviation 1 / sqrt(2 M).
    """
    x = np.log(np.array(SIZES, dtype=np.float64))
    x -= x.mean()
    slope = float(x @ np.log(errors) / (x @ x))
    error = 1 / math.sqrt(2 * REPEATS * float(x @ x))
    quantile = math.sqrt(2 * math.log(2 / RUN_ALPHA))
    low, high = slope - quantile * error, slope + quantile * error
    inside = low <= -0.5 <= high
    verdict = Verdict(
        Status.EVIDENCE if inside else Status.UNDECIDED,
        "least squares in logarithms",
        "the sampled instance",
        f"The slope is {abs(slope + 0.5) / error:.1f} standard errors from -1/2.",
        digits=max(0, math.floor(-math.log10(max(abs(slope + 0.5) / 0.5, 1e-15)))),
    )
    words = "the slope of the error of an average in the number of masks, both as logarithms"
    samples = REPEATS * sum(SIZES)
    return Measurement("slope", words, -0.5, slope, low, high, samples, seed, verdict)


# All together.


def run(seed: int) -> Experiment:
    """Sample the expected loss at several shapes, solve for the minimizers, measure the rate.

    Args:
        seed: of the one generator from which problems and masks are drawn.
    """
    started = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    problems = [_draw_problem(generator, *shape) for shape in SHAPES]
    measurements = [
        *_sampled_losses(problems, generator, seed),
        *_solved_minimizers(problems[0]),
    ]
    errors = _errors(problems[0], generator)
    measurements.append(_slope(errors, seed))
    sizes = np.array(SIZES, dtype=np.float64)
    series = {
        "sizes": sizes,
        "errors": errors,
        "deviation": np.array([_deviation(problems[0])]),
    }
    return Experiment(
        "dropout",
        tuple(measurements),
        MappingProxyType(series),
        seconds=perf_counter() - started,
    )


def _sampled_losses(
    problems: list[Problem], generator: np.random.Generator, seed: int
) -> list[Measurement]:
    names = [f"loss-{rows}x{columns}" for rows, columns, _ in SHAPES]
    budget = experiment_budget(*names, "shared-mask")
    found = []
    for name, problem, (rows, columns, keep) in zip(names, problems, SHAPES, strict=True):
        words = f"the mean loss over masks of shape {rows} x {columns}, keeping {keep}"
        decision, predicted = _decide_loss(problem, generator, budget[name], shared=False)
        found.append(decision.measurement(name, words, predicted, seed))
    words = "the mean loss when all rows share one mask"
    decision, predicted = _decide_loss(problems[1], generator, budget["shared-mask"], shared=True)
    return [*found, decision.measurement("shared-mask", words, predicted, seed)]


def _solved_minimizers(problem: Problem) -> list[Measurement]:
    claim = claims_of(topic.dropout_minimizer())["w-dropout"]
    other = claims_of(topic.weight_decay_minimizer())["w-l2"]
    coefficient = Fraction(3, 4)
    return [
        _compare_weights(
            "minimizer",
            "the norm of the weights that minimize the average over all masks",
            problem.value(claim.closed_form, claim.notation),
            _minimizer(problem),
        ),
        _compare_weights(
            "minimizer-l2",
            "the norm of the weights that minimize the loss with an L2 penalty",
            problem.value(other.closed_form, other.notation, **{"lambda": coefficient}),
            _decayed_minimizer(problem, float(coefficient)),
        ),
    ]
