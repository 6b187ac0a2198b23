"""What experiments compare: values of derived terms, and measured numbers beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from flint import acb
from numpy.typing import NDArray
from scipy.stats import t as student

from derivations.derivation import Solution
from language.claims import Claim, Status, Verdict
from language.notation import Notation
from language.terms import Term
from numerics import balls
from numerics.measurements import Measurement
from numerics.valuations import Exact, Valuation

__all__ = ["Value", "agreement", "claims_of", "predict", "replicated"]

#: A number, or the entries of a vector.
Value: TypeAlias = "float | Fraction | Sequence[float]"

_MOST_DIGITS = 15


def predict(term: Term, notation: Notation, values: Mapping[str, Value]) -> float:
    """The value of a derived scalar ``term`` at these values of its free names, to 1e-15.

    Floating-point numbers are taken as the exact binary fractions that they are.
    """
    exact = {name: _exact(value) for name, value in values.items()}
    ball = balls.evaluate(term, Valuation(notation, 0, exact), 64)
    if not isinstance(ball, acb):
        raise TypeError("expected a term with one number as its value, found an array or a set")
    return float(ball.real.mid())


def _exact(value: Value) -> Exact:
    if isinstance(value, Sequence):
        return tuple((Fraction(entry),) for entry in value)
    return Fraction(value)


def agreement(
    name: str,
    words: str,
    predicted: float,
    estimate: float,
    samples: int,
    stage: str,
    *,
    wanted: int = 6,
    seed: int | None = None,
) -> Measurement:
    """A deterministic comparison: EVIDENCE to the digits that agree, if these are ``wanted``.

    Digits count relative to the prediction, absolutely where that is smaller than one.

    Args:
        name: what the measurement is called.
        words: what was measured.
        predicted: the value of the derived closed form.
        estimate: the measured value.
        samples: points, steps or draws that went into it.
        stage: how it was measured ("quadrature", "numerical optimization").
        wanted: the digits below which the comparison is left UNDECIDED.
        seed: of the generator, where something was drawn.
    """
    error = abs(estimate - predicted) / max(1.0, abs(predicted))
    digits = _MOST_DIGITS
    if not error <= 10.0**-_MOST_DIGITS:  # so that nan agrees with nothing
        digits = max(0, math.floor(-math.log10(error))) if math.isfinite(error) else 0
    status = Status.EVIDENCE if digits >= wanted else Status.UNDECIDED
    reason = f"Measured and predicted agree to {digits} digits"
    reason += "." if digits >= wanted else f", where {wanted} are wanted."
    verdict = Verdict(
        status, stage, "the instance that was computed", reason, digits=digits, valuations=1
    )
    return Measurement(name, words, predicted, estimate, estimate, estimate, samples, seed, verdict)


def replicated(
    name: str,
    words: str,
    predicted: float,
    estimates: NDArray[np.float64],
    alpha: float,
    epsilon: float,
    stage: str,
    *,
    samples: int,
    seed: int,
) -> Measurement:
    """The mean of independent replicates against a prediction: EVIDENCE, by Student's t interval.

    The interval holds at level ``alpha`` if the replicates are normal, which nobody guarantees; so
    it is never STATISTICAL. The prediction must lie inside, and the interval within ``epsilon`` of
    it, else the comparison is left UNDECIDED.

    Args:
        name: what the measurement is called.
        words: what was measured.
        predicted: the value of the derived closed form.
        estimates: one estimate for each replicate, at least two.
        alpha: the part of the run's budget that this comparison may use.
        epsilon: the largest error left open.
        stage: how it was measured ("stochastic gradient descent").
        samples: draws, or steps, that went into it, in all.
        seed: of the generators.
    """
    count = estimates.size
    mean, error = float(estimates.mean()), float(estimates.std(ddof=1)) / math.sqrt(count)
    reach = float(student.isf(alpha / 2, count - 1)) * error
    inside = abs(mean - predicted) <= reach
    close = abs(mean - predicted) + reach <= epsilon
    where = f"[{mean - reach:.6g}, {mean + reach:.6g}] of {count} replicates"
    reason = f"{where} lies within {epsilon:.3g} of the prediction {predicted:.6g}."
    if not inside:
        reason = f"The prediction {predicted:.6g} lies outside {where}."
    elif not close:
        reason = f"{where} holds the prediction {predicted:.6g} but reaches beyond {epsilon:.3g}."
    scale = max(1.0, abs(predicted))
    verdict = Verdict(
        Status.EVIDENCE if inside and close else Status.UNDECIDED,
        stage,
        "the instance that was computed",
        reason,
        digits=max(0, math.floor(-math.log10((abs(mean - predicted) + reach) / scale)))
        if mean != predicted or reach
        else _MOST_DIGITS,
        valuations=1,
    )
    lower, upper = mean - reach, mean + reach
    return Measurement(
        name, words, predicted, mean, lower, upper, samples, seed, verdict, standard_error=error
    )


def claims_of(solution: Solution) -> Mapping[str, Claim]:
    """The claims of a solution by name: its answers, lemmas and true facts."""
    derivations = [answer.derivation for answer in solution.answers] + list(solution.lemmas)
    claims = [derivation.claim for derivation in derivations]
    claims += [fact.claim for fact in solution.facts if fact.holds]
    return MappingProxyType({claim.name: claim for claim in claims})
