"""The least squares and the hinge losses of a GAN, at their optimal discriminators.

Sources: Mao et al., "Least Squares Generative Adversarial Networks" (2017), section 3.2; Lim and
Ye, "Geometric GAN" (2017), section 4, for the hinge.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Solution
from derivations.rules.calculus import tidy, unfold
from derivations.rules.conjugates import curved_optimum, factor_scalars
from derivations.rules.information import expectation_as_integral, join_integrals, linearity
from derivations.rules.penalties import open_hinges, square_over_absolute
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift
from language.types import POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    absolute,
    argmin,
    call,
    density,
    expectation,
    integral,
    less,
    let,
    names,
    number,
    relation,
    spaces,
)

__all__ = ["hinge", "least_squares"]

POINT = Array(("d",))
HALF = number(1, 2)
x, y, a, b, f, g = names("x y a b f g")
p, q = density("p", x), density("q", x)

NOTATION = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the sample space"),
        Symbol("p", Law(POINT), words="the law of the data"),
        Symbol("q", Law(POINT), words="the law of the model"),
        Symbol("a", REAL, words="the label of the model's samples"),
        Symbol("b", REAL, words="the label of the data"),
        Symbol("f", REAL, domain=POSITIVE, words="the data's density at a point"),
        Symbol("g", REAL, domain=POSITIVE, words="the model's density there"),
        Symbol("y", REAL, words="what the discriminator says there"),
        Symbol("any", Function((POINT,), REAL), latex="D", words="any discriminator"),
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex="D^*",
            definition=(b * p + a * q) / (p + q),
            parameters=("x",),
            words="the optimal discriminator of least squares",
        ),
        Symbol(
            "sign",
            Function((POINT,), REAL),
            latex="T^*",
            definition=(p - q) / absolute(p - q),
            parameters=("x",),
            words="the optimal critic of the hinge loss",
        ),
    )
)
best, sign = call("best", x), call("sign", x)


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _statement(name: str, statement: Term, *conditions: Term, holds: bool = True) -> Fact:
    claim = Claim(name, NOTATION, statement, TRUE, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


def _squares(discriminator: Term) -> Term:
    """The discriminator's loss: half of the mean squared distances from the labels."""
    return HALF * (
        expectation("x", "p", (discriminator - b) ** 2)
        + expectation("x", "q", (discriminator - a) ** 2)
    )


def _least_discriminator() -> Derivation:
    pointwise = HALF * p * (Name("v") - b) ** 2 + HALF * q * (Name("v") - a) ** 2
    return (
        Chain(
            "discriminator",
            NOTATION,
            argmin("v", spaces(), pointwise),
            "At one point the loss is a function of the single number that is said there.",
        )
        .then(
            "It is strictly convex, so its one stationary point is its one minimum.",
            curved_optimum,
            NOTATION,
        )
        .derivation()
    )


def _least_value() -> Derivation:
    return (
        Chain("minimum", NOTATION, _squares(best), "The loss, at the optimal discriminator.")
        .then("Write the discriminator out.", unfold, NOTATION, "best")
        .then("Expectations are integrals against densities.", expectation_as_integral, "d")
        .then("Both run over the same space.", join_integrals)
        .then("Collect what stands under the integral.", factor_scalars, NOTATION)
        .then("The labels do not depend on the point.", linearity)
        .derivation()
    )


def least_squares() -> Solution:
    """The least squares loss: its discriminator and its value there."""
    overlap = integral("x", p * q / (p + q), spaces("d"))
    gap = integral("x", (p - q) ** 2 / (p + q), spaces("d"))
    facts = (
        _fact("overlap", overlap, HALF - number(1, 4) * gap),
        _fact("equal-laws", p * p / (p + p), p / 2),
        _fact("without-labels", call("best", x), p / (p + q), holds=False),
        _fact("labels-swapped", call("best", x), (a * p + b * q) / (p + q), holds=False),
        _fact("half-forgotten", _squares(best), (b - a) ** 2 * overlap, holds=False),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("discriminator", _least_discriminator()),
            Answer(
                "minimum", _least_value(), ((b - a) ** 2 * (number(1, 4) - number(1, 8) * gap),)
            ),
        ),
        facts=facts,
        formulas={
            "loss": _squares(call("any", x)),
            "data-label": b,
            "model-label": a,
        },
    )


def _relu(term: Term) -> Term:
    return Apply("relu", (term,))


def _hinge(critic: Term) -> Term:
    """The hinge loss of a critic: E_p relu(1 - T) + E_q relu(1 + T)."""
    return expectation("x", "p", _relu(1 - critic)) + expectation("x", "q", _relu(1 + critic))


def hinge() -> Solution:
    """The hinge loss: no critic does better than the sign of p - q, which gives 2 - |p - q|_1."""
    value = (
        Chain("minimum", NOTATION, _hinge(sign), "The loss, at the sign of the difference.")
        .then(
            "A sign is never above one and never below minus one, so nothing is clipped.",
            open_hinges,
        )
        .then("Expectations are linear.", linearity)
        .then("Add up the constants.", tidy)
        .then("Expectations are integrals against densities.", expectation_as_integral, "d")
        .then("Both run over the same space.", join_integrals)
        .then("Write the sign out.", unfold, NOTATION, "sign")
        .then(
            "A number times its sign is its absolute value.",
            square_over_absolute,
        )
        .then("Take the sign out.", linearity)
        .derivation()
    )
    distance = integral("x", absolute(p - q), spaces("d"))
    overlap = integral("x", Apply("minimum", (p, q)), spaces("d"))
    pointwise = f * _relu(1 - y) + g * _relu(1 + y)
    least = 2 * Apply("minimum", (f, g))
    facts = (
        _statement("no-critic-below", relation("greater_equal", pointwise, least)),
        _fact("attained-above", let("y", lift(1), pointwise), 2 * g),
        _fact("attained-below", let("y", lift(-1), pointwise), 2 * f),
        _fact("overlap", 2 * overlap, 2 - distance),
        _statement("clipping-never-helps", less(pointwise, least), holds=False),
        _fact("one-minus-distance", 2 * overlap, 1 - distance, holds=False),
    )
    return Solution(
        NOTATION,
        answers=(Answer("minimum", value, (2 - distance, 2 * overlap)),),
        facts=facts,
        formulas={
            "loss": _hinge(call("any", x)),
            "pointwise": pointwise,
            "sign": sign,
            "says": y,
            "distance": distance,
            "generator": -expectation("x", "q", sign),
        },
    )
