"""Ridge regression: the minimizer, its dual form, and the Gaussian prior that it comes from.

Source: Hoerl and Kennard (1970); the dual form as in Saunders, Gammerman and Vovk (1998); the
identity behind it in the Matrix Cookbook, section 3.2.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution
from derivations.rules.matrix_calculus import (
    collect_unknown,
    gradient_of_squared_norm,
    linearity_of_gradient,
    minimizer_of_quadratic,
    push_through,
    solve_linear_system,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Term
from language.types import POSITIVE, REAL, Array
from language.vocabulary import (
    argmin,
    equal,
    gradient,
    identity,
    inverse,
    names,
    norm,
    number,
    spaces,
)

__all__ = ["dual", "gaussian_prior", "primal"]

HALF = number(1, 2)
X, y, w, lam, u, sigma, tau, n, d = names("X y w lambda u sigma tau n d")

NOTATION = Notation(
    (
        Symbol("X", Array(("n", "d")), latex=r"\mathbf{X}", words="the data, one row for each"),
        Symbol("y", Array(("n",)), latex=r"\mathbf{y}", words="the targets"),
        Symbol("w", Array(("d",)), latex=r"\mathbf{w}", words="the weights"),
        Symbol("u", Array(("d",)), latex=r"\mathbf{u}", words="a new input"),
        Symbol("lambda", REAL, latex=r"\lambda", domain=POSITIVE, words="the penalty's weight"),
        Symbol("sigma", REAL, latex=r"\sigma", domain=POSITIVE, words="the spread of the noise"),
        Symbol("tau", REAL, latex=r"\tau", domain=POSITIVE, words="the spread of the prior"),
    )
)

LOSS = norm(y - X @ w) ** 2 + lam * norm(w) ** 2
PRIMAL = inverse(X.T @ X + lam * identity(d)) @ X.T @ y
DUAL = X.T @ inverse(X @ X.T + lam * identity(n)) @ y


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


_PENALTIES = (
    Convention("penalty", "lambda/2", replace={"lambda": lam / 2}),
    Convention("penalty", "lambda/n", replace={"lambda": lam / n}),
)


def _minimizer(name: str, loss: Term, reason: str) -> Derivation:
    return (
        Chain(name, NOTATION, argmin("w", spaces(d), loss), reason)
        .then(
            "The loss is strictly convex, so its minimizer is where its gradient vanishes.",
            minimizer_of_quadratic,
            NOTATION,
        )
        .derivation()
    )


def _gradient() -> Derivation:
    return (
        Chain("gradient", NOTATION, gradient(LOSS, w), "The gradient of the loss.")
        .then("The gradient of a sum is the sum of the gradients.", linearity_of_gradient, NOTATION)
        .then("Differentiate both squared norms.", gradient_of_squared_norm, NOTATION)
        .derivation()
    )


def _stationary(slope: Term) -> Derivation:
    """The vanishing gradient, solved for the weights."""
    zero = Apply("zeros", (d,))
    return (
        Chain("stationary", NOTATION, equal(slope, zero), "At the minimizer the gradient vanishes.")
        .then("Collect what multiplies the weights.", collect_unknown, "w", NOTATION)
        .then(
            "With a positive penalty the matrix is positive definite, hence invertible.",
            solve_linear_system,
        )
        .derivation(Equality.CONDITION)
    )


def primal() -> Solution:
    """The minimizer of |y - X w|^2 + lambda |w|^2."""
    slope = _gradient()
    mean_loss = (1 / n) * norm(y - X @ w) ** 2 + lam * norm(w) ** 2
    mean_minimizer = inverse(X.T @ X + n * lam * identity(d)) @ X.T @ y
    facts = (
        _fact(
            "mean-reduction",
            argmin("w", spaces(d), mean_loss),
            mean_minimizer,
        ),
        _fact("inverse-forgotten", PRIMAL, inverse(X.T @ X) @ X.T @ y, holds=False),
        _fact(
            "twice-lambda",
            PRIMAL,
            inverse(X.T @ X + 2 * lam * identity(d)) @ X.T @ y,
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("minimizer", _minimizer("minimizer", LOSS, "What is to be found."), (DUAL,)),
        ),
        lemmas=(slope, _stationary(slope.claim.closed_form)),
        facts=facts,
        formulas={"loss": LOSS, "mean-loss": mean_loss, "penalty": lam},
        conventions=_PENALTIES,
    )


def dual() -> Solution:
    """The dual form, with an inverse of the size of the data, and predictions by inner products."""
    weights = (
        Chain(
            "dual", NOTATION, PRIMAL, "The minimizer, with an inverse of the size of the weights."
        )
        .then(
            "Push the data through the inverse; what is left to invert has the size of the data.",
            push_through,
            NOTATION,
        )
        .derivation()
    )
    prediction = (
        Chain("prediction", NOTATION, u.T @ PRIMAL, "What is predicted at a new input.")
        .then("Push the data through the inverse.", push_through, NOTATION)
        .derivation()
    )
    facts = (
        _fact(
            "push-through",
            (X.T @ X + lam * identity(d)) @ X.T,
            X.T @ (X @ X.T + lam * identity(n)),
        ),
        _fact(
            "residual",
            y - X @ PRIMAL,
            lam * (inverse(X @ X.T + lam * identity(n)) @ y),
        ),
        _fact(
            "same-inverse",
            inverse(X.T @ X + lam * identity(d)) @ X.T,
            inverse(X @ X.T + lam * identity(n)) @ X.T,
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(Answer("dual", weights), Answer("prediction", prediction)),
        facts=facts,
        formulas={"gram": X @ X.T, "scatter": X.T @ X, "data": n, "weights": d, "input": u},
    )


def gaussian_prior() -> Solution:
    """The posterior mode under Gaussian noise and a Gaussian prior is ridge regression."""
    loss = 1 / (2 * sigma**2) * norm(y - X @ w) ** 2 + 1 / (2 * tau**2) * norm(w) ** 2
    ratio = sigma**2 / tau**2
    form = inverse(X.T @ X + ratio * identity(d)) @ X.T @ y
    facts = (
        _fact(
            "equal-weights",
            form,
            inverse(X.T @ X + tau**2 / sigma**2 * identity(d)) @ X.T @ y,
            holds=False,
        ),
        _fact(
            "not-squared", form, inverse(X.T @ X + sigma / tau * identity(d)) @ X.T @ y, holds=False
        ),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "mode",
                _minimizer("mode", loss, "Minus the log posterior, up to a constant."),
                (form, X.T @ inverse(X @ X.T + ratio * identity(n)) @ y),
            ),
        ),
        facts=facts,
        formulas={"loss": loss, "ratio": ratio, "noise": sigma, "prior": tau},
    )
