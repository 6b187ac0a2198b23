"""The reconstruction term of a VAE: independent Bernoulli pixels, and what grey pixels change."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import differentiate, expand
from derivations.rules.information import log_of_product
from derivations.rules.likelihoods import added_first, log_of_index_product, log_of_power
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term
from language.types import PROBABILITY, REAL, Array
from language.vocabulary import (
    argmax,
    derivative,
    exp,
    index_product,
    index_sum,
    let,
    log,
    logistic,
    names,
    number,
    softplus,
)

__all__ = ["bernoulli"]

HALF = number(1, 2)
UNIT = Apply("interval", (number(0), number(1)))
m, j, pixels, guesses = names("m j pixels guesses")
x, a, guess, t = names("x a guess t")

PIXELS = Notation(
    (
        Symbol("pixels", Array(("m",)), latex="x", domain=PROBABILITY, words="the image"),
        Symbol(
            "guesses",
            Array(("m",)),
            latex=r"\hat{x}",
            domain=PROBABILITY,
            words="the decoder's outputs",
            spellings=("xhat", "x_hat"),
        ),
    )
)

#: One pixel, with what the decoder says before and after its last logistic function.
NOTATION = Notation(
    (
        Symbol("x", REAL, domain=PROBABILITY, words="one pixel"),
        Symbol("a", REAL, words="the decoder's logit"),
        Symbol(
            "guess",
            REAL,
            latex=r"\hat{x}",
            domain=PROBABILITY,
            words="its output",
            spellings=("xhat", "x_hat"),
        ),
        Symbol("t", REAL, domain=PROBABILITY, words="a shade of grey"),
        *PIXELS,
    )
)


def cross_entropy_terms(value: Term, probability: Term) -> Term:
    """x log p + (1 - x) log(1 - p): the log likelihood of one pixel."""
    return value * log(probability) + (1 - value) * log(1 - probability)


def _at(probability: Term, value: Term) -> Term:
    """p^x (1 - p)^(1 - x), written with exponentials: a function of a real x, too."""
    return exp(value * log(probability) + (1 - value) * log(1 - probability))


#: The integral of the likelihood over all shades of grey, and what makes it a density.
MASS = (2 * guess - 1) / log(guess / (1 - guess))
CONSTANT = log((1 - guess) / guess) / (1 - 2 * guess)
_LIKELIHOOD = index_product("j", m, guesses[j] ** pixels[j] * (1 - guesses[j]) ** (1 - pixels[j]))
_LOGIT_LOSS = cross_entropy_terms(x, logistic(a))


def _bce() -> Derivation:
    return (
        Chain(
            "bce",
            PIXELS,
            log(_LIKELIHOOD),
            "Given the latent vector the pixels are independent, each the flip of a coin that "
            "shows one with the probability that the decoder says.",
        )
        .then("The logarithm of a product is a sum.", log_of_index_product)
        .then("So it is for the two factors of a pixel.", log_of_product)
        .then("Exponents come out of logarithms.", log_of_power)
        .derivation()
    )


def _gradient() -> Derivation:
    return (
        Chain(
            "gradient-logit",
            NOTATION,
            derivative(_LOGIT_LOSS, a),
            "One pixel, as a function of the number that goes into the logistic function.",
        )
        .then(
            "The derivative of the logistic function is the function times its complement, so one "
            "factor cancels in each term.",
            differentiate,
            NOTATION,
            "a",
        )
        .then("Multiply out; the products cancel.", expand, NOTATION)
        .then("Write first what is added.", added_first)
        .derivation()
    )


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _facts() -> tuple[Fact, ...]:
    one = cross_entropy_terms(x, guess)
    slope = (x - logistic(a)) * logistic(a) * (1 - logistic(a))
    antiderivative = _at(guess, t) / log(guess / (1 - guess))
    divergence = x * log(x / guess) + (1 - x) * log((1 - x) / (1 - guess))
    likelihood = log(_LIKELIHOOD)
    only_ones = index_sum("j", m, pixels[j] * log(guesses[j]))
    swapped = index_sum("j", m, cross_entropy_terms(guesses[j], pixels[j]))
    return (
        _fact("logit-form", _LOGIT_LOSS, x * a - softplus(a)),
        _fact(
            "curvature",
            derivative(derivative(_LOGIT_LOSS, a), a),
            -logistic(a) * (1 - logistic(a)),
        ),
        _fact("gradient-output", derivative(one, guess), (x - guess) / (guess * (1 - guess))),
        _fact("squared-error", derivative(-((x - logistic(a)) ** 2 / 2), a), slope),
        _fact("best-output", argmax("y", UNIT, cross_entropy_terms(x, Name("y"))), x),
        _fact("split", one, cross_entropy_terms(x, x) - divergence),
        _fact("two-values", _at(guess, number(0)) + _at(guess, number(1)), number(1)),
        _fact("antiderivative", derivative(antiderivative, t), _at(guess, t)),
        _fact("mass", let("t", 1, antiderivative) - let("t", 0, antiderivative), MASS),
        _fact("constant", CONSTANT * MASS, number(1)),
        _fact("at-half", _at(HALF, t), HALF),
        _fact("normalized", MASS, number(1), holds=False),
        _fact("zero-at-best", cross_entropy_terms(x, x), number(0), holds=False),
        _fact("sign", derivative(_LOGIT_LOSS, a), logistic(a) - x, holds=False),
        _fact("extra-factor", derivative(_LOGIT_LOSS, a), slope, holds=False),
        Fact(Claim("only-ones", PIXELS, likelihood, only_ones), holds=False),
        Fact(Claim("swapped", PIXELS, likelihood, swapped), holds=False),
    )


def bernoulli() -> Solution:
    """log P(x|z) for independent Bernoulli pixels, and its derivative in a logit."""
    white = index_sum("j", m, pixels[j] * log(guesses[j]))
    black = index_sum("j", m, (1 - pixels[j]) * log(1 - guesses[j]))
    odds = pixels[j] * log(guesses[j] / (1 - guesses[j])) + log(1 - guesses[j])
    bits = 1 / log(2)
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "bce",
                _bce(),
                (white + black, index_sum("j", m, odds)),
                asks="log P(x|z) for independent Bernoulli pixels",
                mistakes=(
                    Mistake("only-ones", "Only the pixels that are one are counted.", 1),
                    Mistake("swapped", "Pixels and outputs are mixed up.", 2),
                ),
            ),
            Answer(
                "gradient-logit",
                _gradient(),
                (
                    x - 1 / (1 + exp(-a)),
                    x * (1 - logistic(a)) - (1 - x) * logistic(a),
                    x * logistic(-a) - (1 - x) * logistic(a),
                ),
                asks="the derivative of x log sigma(a) + (1 - x) log(1 - sigma(a)) by a",
                mistakes=(
                    Mistake("sign", "The sign is wrong.", 1),
                    Mistake(
                        "extra-factor",
                        "The derivative of the logistic function cancels; it is left over here.",
                        1,
                    ),
                ),
            ),
        ),
        facts=_facts(),
        formulas={
            "pixel": pixels[j],
            "output": guesses[j],
            "one-pixel": x,
            "one-output": guess,
            "logit": a,
            "logistic": logistic(a),
            "size": m,
            "likelihood": _LIKELIHOOD,
            "log-likelihood": cross_entropy_terms(x, guess),
            "factor": guess**x * (1 - guess) ** (1 - x),
            "mass-of-grey": MASS,
            "constant-of-grey": CONSTANT,
            "grey": t,
            "half": HALF,
            "at-best": cross_entropy_terms(x, x),
        },
        experiments=("pixel_likelihood",),
        figures=("grey_pixels",),
        conventions=(
            Convention("reduction", "mean", scale={"bce": 1 / m}),
            Convention("logarithm", "binary", scale={"bce": bits, "gradient-logit": bits}),
        ),
    )
