"""The R1 and R2 gradient penalties of a critic that is linear, and of one that is quadratic.

R1 is gamma/2 times the mean squared norm of the critic's gradient under the data, R2 the same under
the model. Source: Mescheder, Geiger and Nowozin (2018), section 4.1.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution
from derivations.rules.information import linearity
from derivations.rules.penalties import expected_norm_of_affine, gradient_of_quadratic
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term
from language.types import POSITIVE, REAL, Array, Law
from language.vocabulary import (
    expectation,
    gradient,
    logistic,
    names,
    norm,
    number,
    trace,
)

__all__ = ["r1", "r2"]

POINT = Array(("d",))
HALF = number(1, 2)
w, A, b, x, m, s, theta, t, gamma, d = names("w A b x m s theta t gamma d")
LINEAR = w.T @ x + b
QUADRATIC = w.T @ x + HALF * (x.T @ A @ x) + b

NOTATION = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the sample space"),
        Symbol("p", Law(POINT), words="the law of the data"),
        Symbol("q", Law(POINT), words="the law of the model"),
        Symbol("w", POINT, latex=r"\mathbf{w}", words="the slope of the critic"),
        Symbol("b", REAL, words="its offset"),
        Symbol(
            "A",
            Array(("d", "d")),
            latex=r"\mathbf{A}",
            traits=frozenset({"symmetric"}),
            words="its curvature, a symmetric matrix",
        ),
        Symbol("gamma", REAL, latex=r"\gamma", domain=POSITIVE, words="the penalty's weight"),
        Symbol("m", POINT, latex=r"\mathbf{m}", words="the mean of the data"),
        Symbol("s", REAL, domain=POSITIVE, words="the spread of the data"),
        Symbol("theta", POINT, latex=r"\boldsymbol{\theta}", words="the mean of the model"),
        Symbol("t", REAL, domain=POSITIVE, words="the spread of the model"),
    )
)


def _isotropic(mean: Term, spread: Term) -> Term:
    return Apply("normal", (mean, spread**2 * Apply("ones", (d,))))


DATA, MODEL = _isotropic(m, s), _isotropic(theta, t)


def _penalty(law: str | Term, critic: Term) -> Term:
    """gamma/2 E |grad D|^2 under a law."""
    return gamma / 2 * expectation("x", law, norm(gradient(critic, x)) ** 2)


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _linear(law: str) -> Derivation:
    return (
        Chain("linear", NOTATION, _penalty(law, LINEAR), "The penalty, for a linear critic.")
        .then(
            "The gradient of a linear function is the same at every point.",
            gradient_of_quadratic,
            NOTATION,
        )
        .then("The expectation of a constant is that constant.", linearity)
        .derivation()
    )


def _quadratic(law: Term) -> Derivation:
    return (
        Chain(
            "quadratic",
            NOTATION,
            _penalty(law, QUADRATIC),
            "The penalty, for a quadratic critic and a normal law.",
        )
        .then("The gradient of a quadratic function is affine.", gradient_of_quadratic, NOTATION)
        .then(
            "The mean squared norm is that of the mean, plus what the spread adds.",
            expected_norm_of_affine,
        )
        .derivation()
    )


def _solution(law: str, normal_law: Term, facts: tuple[Fact, ...]) -> Solution:
    return Solution(
        NOTATION,
        answers=(
            Answer("linear", _linear(law)),
            Answer("quadratic", _quadratic(normal_law)),
        ),
        facts=facts,
        formulas={
            "critic": LINEAR,
            "curved": QUADRATIC,
            "weight": gamma,
            "law": Name(law),
            "normal-law": normal_law,
            "slope": w,
            "curvature": A,
        },
        conventions=(Convention("gamma", "gamma", replace={"gamma": 2 * gamma}),),
    )


def r1() -> Solution:
    """R1: the gradient of the critic is penalized at the data."""
    squashed = gradient(logistic(LINEAR), x)
    slope = logistic(LINEAR) * (1 - logistic(LINEAR))
    facts = (
        _fact("weight-decay", gradient(gamma / 2 * norm(w) ** 2, w), gamma * w),
        _fact("squashed", squashed, slope * w),
        _fact("not-squared", _penalty("p", LINEAR), gamma / 2 * norm(w), holds=False),
        _fact("without-the-half", _penalty("p", LINEAR), gamma * norm(w) ** 2, holds=False),
        _fact(
            "only-the-mean",
            _penalty(DATA, QUADRATIC),
            gamma / 2 * norm(w + A @ m) ** 2,
            holds=False,
        ),
    )
    return _solution("p", DATA, facts)


def r2() -> Solution:
    """R2: the gradient of the critic is penalized at the samples of the model."""
    difference = norm(w + A @ theta) ** 2 - norm(w + A @ m) ** 2
    facts = (
        _fact("same-if-linear", _penalty("q", LINEAR), _penalty("p", LINEAR)),
        _fact(
            "difference",
            _penalty(MODEL, QUADRATIC) - _penalty(DATA, QUADRATIC),
            gamma / 2 * (difference + (t**2 - s**2) * trace(A @ A)),
        ),
        _fact("same-if-curved", _penalty(MODEL, QUADRATIC), _penalty(DATA, QUADRATIC), holds=False),
        _fact(
            "pull-on-the-model",
            gradient(gamma / 2 * norm(w + A @ theta) ** 2, theta),
            gamma * (A @ (w + A @ theta)),
        ),
    )
    return _solution("q", MODEL, facts)
