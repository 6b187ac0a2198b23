"""Softplus, the logistic function and tanh: inverses, derivatives, and how they are related."""

from __future__ import annotations

from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Solution
from derivations.rules.activations import (
    absorb_exponential,
    exponential_of_log,
    in_exponentials,
    multiply_through,
    over_one_bar,
    read_tanh,
)
from derivations.rules.calculus import differentiate, reflect_logistic, substitute_result
from derivations.rules.conjugates import factor_scalars
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Term
from language.types import POSITIVE, PROBABILITY, REAL, Interval
from language.vocabulary import (
    TRUE,
    derivative,
    exp,
    greater,
    let,
    log,
    logistic,
    names,
    number,
    relation,
    softplus,
    sqrt,
    tanh,
)

__all__ = ["hyperbolic_tangent", "loss_from_logits", "sigmoid", "softplus_function"]

HALF = number(1, 2)
x, y, z, r, a, b = names("x y z r a b")

NOTATION = Notation(
    (
        Symbol("x", REAL, words="a number"),
        Symbol("y", REAL, domain=PROBABILITY, words="a value of the logistic function"),
        Symbol("z", REAL, domain=POSITIVE, words="a value of softplus"),
        Symbol("r", REAL, domain=Interval(Fraction(-1), Fraction(1)), words="a value of tanh"),
        Symbol("a", REAL, words="a logit"),
        Symbol("b", REAL, words="another logit"),
    )
)


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, statement, TRUE, Equality.CONDITION), holds)


def _by_exponentials(name: str, defined: Term) -> Derivation:
    return (
        Chain(name, NOTATION, defined, "What is to be worked out.")
        .then("Write it with exponentials.", in_exponentials)
        .then("Collect.", factor_scalars, NOTATION)
        .derivation()
    )


def _inverse(name: str, defined: Term) -> Derivation:
    return (
        Chain(name, NOTATION, defined, "The function, at what is claimed to be its inverse.")
        .then("Write it with exponentials.", in_exponentials)
        .then("Exponential and logarithm undo each other.", exponential_of_log)
        .then("Collect.", factor_scalars, NOTATION)
        .derivation()
    )


def softplus_function() -> Solution:
    """Softplus: its odd part, its derivative and its inverse."""
    slope = (
        Chain("derivative", NOTATION, derivative(softplus(x), x), "The slope.")
        .then("Write softplus with exponentials.", in_exponentials)
        .then("Differentiate the logarithm.", differentiate, NOTATION)
        .then("The exponential turns the point around.", absorb_exponential)
        .derivation()
    )
    facts = (
        _fact("logarithm-of-sigmoid", log(logistic(x)), -softplus(-x)),
        _fact("stable", softplus(x), x + log(1 + exp(-x))),
        _statement("above-zero", greater(softplus(x), 0)),
        _statement("above-x", greater(softplus(x), x)),
        _fact("even", softplus(-x), softplus(x), holds=False),
        _fact("own-derivative", derivative(softplus(x), x), softplus(x), holds=False),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("difference", _by_exponentials("difference", softplus(x) - softplus(-x))),
            Answer("derivative", slope, (1 - logistic(-x),)),
            Answer("inverse", _inverse("inverse", softplus(log(exp(z) - 1)))),
        ),
        facts=facts,
        formulas={
            "softplus": softplus(x),
            "inverse-function": log(exp(z) - 1),
            "stable-inverse": z + log(1 - exp(-z)),
        },
    )


def sigmoid() -> Solution:
    """The logistic function: reflection, derivative, inverse and logarithm."""
    slope = (
        Chain("derivative", NOTATION, derivative(logistic(x), x), "The slope.")
        .then("Differentiate the quotient.", differentiate, NOTATION)
        .then("The complement is the value at the opposite point.", reflect_logistic)
        .derivation()
    )
    quarter = number(1, 4)
    facts = (
        _fact("slope-by-value", derivative(logistic(x), x), logistic(x) * (1 - logistic(x))),
        _statement(
            "at-most-a-quarter",
            relation("less_equal", logistic(x) * (1 - logistic(x)), quarter),
        ),
        _fact("two-classes", exp(a) / (exp(a) + exp(b)), logistic(a - b)),
        _fact("by-tanh", logistic(x), (1 + tanh(x / 2)) / 2),
        _fact(
            "curvature",
            derivative(derivative(logistic(x), x), x),
            logistic(x) * (1 - logistic(x)) * (1 - 2 * logistic(x)),
        ),
        _fact(
            "wrong-slope", derivative(logistic(x), x), logistic(x) * (1 + logistic(x)), holds=False
        ),
        _fact("odd", logistic(-x), -logistic(x), holds=False),
    )
    logit = log(y / (1 - y))
    return Solution(
        NOTATION,
        answers=(
            Answer("reflection", _by_exponentials("reflection", 1 - logistic(x))),
            Answer("derivative", slope, (logistic(x) * (1 - logistic(x)),)),
            Answer("inverse", _inverse("inverse", logistic(logit))),
            Answer("logarithm", _by_exponentials("logarithm", log(logistic(x))), (-softplus(-x),)),
        ),
        facts=facts,
        formulas={"sigmoid": logistic(x), "logit": logit, "value": y},
    )


def _tanh_by_sigmoid() -> Derivation:
    return (
        Chain("by-sigmoid", NOTATION, 2 * logistic(2 * x) - 1, "A stretched logistic function.")
        .then("Write it with exponentials.", in_exponentials)
        .then("Bring both parts over one bar.", over_one_bar)
        .then(
            "Multiply above and below by the same exponential.", multiply_through, exp(x), NOTATION
        )
        .then("This is the definition of tanh.", read_tanh)
        .derivation()
    )


def hyperbolic_tangent() -> Solution:
    """tanh: by the logistic function, its derivative and its inverse."""
    identity = Claim("sigmoid-by-tanh", NOTATION, logistic(2 * x), (1 + tanh(x)) / 2)
    by_sigmoid = _tanh_by_sigmoid()
    stretched = Claim("tanh-by-sigmoid", NOTATION, tanh(x), 2 * logistic(2 * x) - 1)
    slope = (
        Chain("derivative", NOTATION, derivative(tanh(x), x), "The slope.")
        .then("Write tanh by the logistic function.", substitute_result, stretched)
        .then("Differentiate.", differentiate, NOTATION)
        .then("Write the logistic function by tanh.", substitute_result, identity)
        .then("Collect.", factor_scalars, NOTATION)
        .derivation()
    )
    ratio = (1 + r) / (1 - r)
    inverse = (
        Chain(
            "inverse",
            NOTATION,
            tanh(HALF * log(ratio)),
            "The function, at what is claimed to be its inverse.",
        )
        .then("Write it with exponentials.", in_exponentials)
        .then("The exponential of half a logarithm is a root.", exponential_of_log)
        .then("Multiply above and below by that root.", multiply_through, sqrt(ratio), NOTATION)
        .then("Collect.", factor_scalars, NOTATION)
        .derivation()
    )
    facts = (
        Fact(identity),
        _statement("slope-at-most-one", relation("less_equal", 1 - tanh(x) ** 2, 1)),
        _fact("odd", tanh(-x), -tanh(x)),
        _fact("unstretched", tanh(x), 2 * logistic(x) - 1, holds=False),
        _fact("wrong-slope", derivative(tanh(x), x), tanh(x) * (1 - tanh(x)), holds=False),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("by-sigmoid", by_sigmoid),
            Answer("derivative", slope, (1 - tanh(x) ** 2, 4 * logistic(2 * x) * logistic(-2 * x))),
            Answer("inverse", inverse),
        ),
        facts=facts,
        formulas={"tanh": tanh(x), "inverse-function": HALF * log(ratio)},
    )


def loss_from_logits() -> Solution:
    """The cross-entropy of a coin flip, from the logit: softplus(x) - x y, with slope sigma - y."""
    entropy = -y * log(logistic(x)) - (1 - y) * log(1 - logistic(x))
    slope = (
        Chain("gradient", NOTATION, derivative(softplus(x) - x * y, x), "The slope in the logit.")
        .then("Differentiate.", differentiate, NOTATION)
        .then("The exponential turns the point around.", absorb_exponential)
        .derivation()
    )
    facts = (
        _fact("stable", entropy, (1 - y) * x + log(1 + exp(-x))),
        _fact(
            "convex",
            derivative(derivative(softplus(x) - x * y, x), x),
            logistic(x) * (1 - logistic(x)),
        ),
        _fact("least-at-the-logit", let("x", log(y / (1 - y)), logistic(x) - y), number(0)),
        _fact(
            "extra-slope",
            derivative(softplus(x) - x * y, x),
            (logistic(x) - y) * logistic(x) * (1 - logistic(x)),
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("loss", _by_exponentials("loss", entropy), (softplus(-x) + (1 - y) * x,)),
            Answer("gradient", slope),
        ),
        facts=facts,
        formulas={"logit": x, "target": y, "loss-name": softplus(x) - x * y},
    )
