"""Importance weighted bounds on a log evidence: one sample, two, three, and what separates them.

With w(z) = p(x|z) p(z) / q(z) the bound of K samples is the expectation of the logarithm of the
average of K independent weights. Source: Burda, Grosse and Salakhutdinov, "Importance Weighted
Autoencoders" (2016), theorem 1.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Solution
from derivations.rules.bounds import divergence_of_log_ratio, set_apart
from derivations.rules.calculus import substitute_result, unfold
from derivations.rules.importance import (
    draws_are_alike,
    excess_of_log_average,
    expect_in_each_draw,
    over_all_choices,
    read_second_moment,
    variance_as_moments,
)
from derivations.rules.information import (
    bayes,
    cancel_factors,
    expectation_as_integral,
    fold_definition,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Name, Term
from language.types import POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    call,
    chi_square,
    density,
    expectation,
    integral,
    kl,
    log,
    names,
    number,
    relation,
    spaces,
    sum_of,
    variance,
)

__all__ = ["average_weight", "single_sample", "spread_of_weights", "three_samples", "two_samples"]

LATENT = Array(("k",))
HALF = number(1, 2)
z, y, v, f, g, h = names("z y v f g h")
likelihood, prior, q = call("likelihood", z), density("prior", z), density("q", z)
evidence = Name("evidence")

NOTATION = Notation(
    (
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="the latent vector"),
        Symbol("y", LATENT, latex=r"\mathbf{z}'", words="another draw of it"),
        Symbol("v", LATENT, latex=r"\mathbf{z}''", words="a third draw of it"),
        Symbol("prior", Law(LATENT), latex="p", words="the prior"),
        Symbol(
            "q", Law(LATENT), words="the encoder's law of the latent vector, given the observation"
        ),
        Symbol(
            "likelihood",
            Function((LATENT,), REAL),
            latex=r"p(\mathbf{x}\mid {})",
            domain=POSITIVE,
            words="the decoder's likelihood of the observation",
        ),
        Symbol(
            "evidence",
            REAL,
            latex=r"p(\mathbf{x})",
            domain=POSITIVE,
            definition=integral("z", likelihood * prior, spaces("k")),
            words="the evidence",
        ),
        Symbol(
            "posterior",
            Law(LATENT),
            latex=r"p({}\mid\mathbf{x})",
            definition=likelihood * prior / evidence,
            parameters=("z",),
            words="the posterior",
        ),
        Symbol(
            "w",
            Function((LATENT,), REAL),
            latex="w_{{}}",
            domain=POSITIVE,
            definition=likelihood * prior / q,
            parameters=("z",),
            words="the weight of a draw",
        ),
        Symbol("f", REAL, domain=POSITIVE, latex="w_1", words="a weight"),
        Symbol("g", REAL, domain=POSITIVE, latex="w_2", words="another weight"),
        Symbol("h", REAL, domain=POSITIVE, latex="w_3", words="a third weight"),
    )
)


def _weight(at: Term) -> Term:
    return call("w", at)


def _bound(*draws: Term) -> Term:
    """The bound of as many samples as there are draws."""
    weights = [_weight(draw) for draw in draws]
    return _over(log(weights[0] if len(weights) == 1 else _average(weights)), *draws)


def _average(weights: list[Term]) -> Term:
    return sum_of(weights) / len(weights)


def _over(body: Term, *draws: Term) -> Term:
    """The expectation of a function of independent draws."""
    for draw in reversed(draws):
        assert isinstance(draw, Name)
        body = expectation(draw.name, "q", body)
    return body


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, statement, TRUE, Equality.CONDITION), holds)


_FORMULAS = {
    "weight": _weight(z),
    "weight-written-out": likelihood * prior / q,
    "draw": z,
    "another-draw": y,
    "log-evidence": log(evidence),
    "evidence": evidence,
    "one": _bound(z),
    "two": _bound(z, y),
    "three": _bound(z, y, v),
    "encoder": q,
}


def _mean_weight() -> Derivation:
    return (
        Chain("mean-weight", NOTATION, expectation("z", "q", _weight(z)), "The mean of one weight.")
        .then("Write the weight out.", unfold, NOTATION, "w")
        .then("The expectation is an integral against the density.", expectation_as_integral, "k")
        .then("The density of the encoder cancels.", cancel_factors)
        .then("This integral is the evidence.", fold_definition, NOTATION, "evidence")
        .derivation()
    )


def average_weight() -> Solution:
    """The average of independent weights is an unbiased estimate of the evidence."""
    one = _mean_weight()
    average = _average([_weight(draw) for draw in (z, y, v)])
    three = (
        Chain(
            "average-of-three",
            NOTATION,
            _over(average, z, y, v),
            "The mean of the average of three weights.",
        )
        .then(
            "Expectations are linear, and each weight depends on one draw only.",
            expect_in_each_draw,
        )
        .then("The draws follow one law, so the three means are alike.", draws_are_alike)
        .then("The mean of one weight is known.", substitute_result, one.claim)
        .derivation()
    )
    facts = (
        _fact("of-two", _over((_weight(z) + _weight(y)) / 2, z, y), evidence),
        _fact("of-the-logarithm", _bound(z), log(evidence), holds=False),
    )
    return Solution(
        NOTATION,
        answers=(Answer("mean-weight", one), Answer("average-of-three", three)),
        facts=facts,
        formulas=_FORMULAS,
    )


def single_sample() -> Solution:
    """With one sample the bound is the evidence lower bound."""
    derivation = (
        Chain("bound", NOTATION, _bound(z), "The bound of one sample.")
        .then("Write the weight out.", unfold, NOTATION, "w")
        .then("Set the likelihood apart.", set_apart, "likelihood")
        .then(
            "The expected log ratio of prior and encoder is minus a divergence.",
            divergence_of_log_ratio,
        )
        .derivation()
    )
    facts = (
        _fact("gap", log(evidence) - _bound(z), kl("q", "posterior")),
        _statement("never-negative", relation("greater_equal", kl("q", "posterior"), 0)),
        _fact(
            "plus-the-divergence",
            _bound(z),
            expectation("z", "q", log(likelihood)) + kl("q", "prior"),
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(Answer("bound", derivation, (log(evidence) - kl("q", "posterior"),)),),
        facts=facts,
        formulas=_FORMULAS,
    )


def two_samples() -> Solution:
    """The second sample raises the bound, by an expectation that is never negative."""
    gain = (
        Chain("gain", NOTATION, _bound(z, y) - _bound(z), "What the second sample adds.")
        .then(
            "Either draw may serve for the bound of one sample; take the average over both.",
            over_all_choices,
        )
        .then("Write the difference of the logarithms as one.", excess_of_log_average)
        .derivation()
    )
    gap = (f - g) ** 2
    facts = (
        _fact(
            "excess", log((f + g) / 2) - HALF * (log(f) + log(g)), HALF * log(1 + gap / (4 * f * g))
        ),
        _statement("never-negative", relation("greater_equal", log(1 + gap / (4 * f * g)), 0)),
        _fact(
            "gap",
            log(evidence) - _bound(z, y),
            _over(-log((_weight(z) + _weight(y)) / (2 * evidence)), z, y),
        ),
        _statement("tangent", relation("less_equal", log(f), f - 1)),
        _fact(
            "tangent-has-mean-zero",
            _over((_weight(z) + _weight(y)) / (2 * evidence) - 1, z, y),
            number(0),
        ),
        _fact("no-gain", _bound(z, y), _bound(z), holds=False),
        _fact("tight", _bound(z, y), log(evidence), holds=False),
    )
    return Solution(
        NOTATION,
        answers=(Answer("gain", gain),),
        facts=facts,
        formulas={**_FORMULAS, "first-weight": f, "second-weight": g},
    )


def three_samples() -> Solution:
    """The third sample raises the bound again: the average of three is an average of pairs."""
    gain = (
        Chain("gain", NOTATION, _bound(z, y, v) - _bound(z, y), "What the third sample adds.")
        .then(
            "Any two of the three draws may serve for the bound of two samples; take the average "
            "over the three pairs.",
            over_all_choices,
        )
        .derivation()
    )
    total = f + g + h
    third, pairs = total / 3, (f + g, g + h, f + h)
    shares = [number(3, 2) * (pair / total) for pair in pairs]
    mean_of_pairs = number(1, 3) * sum_of([log(pair / 2) for pair in pairs])
    facts = (
        _fact("average-of-pairs", third, number(1, 3) * sum_of([pair / 2 for pair in pairs])),
        _fact(
            "excess",
            log(third) - mean_of_pairs,
            -(number(1, 3) * sum_of([log(share) for share in shares])),
        ),
        _statement("tangent", relation("less_equal", log(f), f - 1)),
        _fact("tangents-cancel", sum_of([share - 1 for share in shares]), number(0)),
        _fact("no-gain", _bound(z, y, v), _bound(z, y), holds=False),
    )
    return Solution(
        NOTATION,
        answers=(Answer("gain", gain),),
        facts=facts,
        formulas={**_FORMULAS, "weights": f + g + h, "average": third, "pair": pairs[0] / 2},
    )


def spread_of_weights() -> Solution:
    """The variance of a weight is the squared evidence times a Pearson divergence."""
    derivation = (
        Chain("variance", NOTATION, variance("z", "q", _weight(z)), "The variance of one weight.")
        .then("It is the mean square minus the squared mean.", variance_as_moments)
        .then("The mean weight is the evidence.", substitute_result, _mean_weight().claim)
        .then("Write the weight out.", unfold, NOTATION, "w")
        .then(
            "By Bayes' rule, likelihood times prior is posterior times evidence.",
            bayes,
            "likelihood",
            "prior",
            "posterior",
            "evidence",
        )
        .then(
            "The mean squared density ratio is one more than a Pearson divergence.",
            read_second_moment,
        )
        .derivation()
    )
    relative = expectation("z", "q", _weight(z) ** 2) / evidence**2
    facts = (
        _fact("second-moment", relative, 1 + chi_square("posterior", "q")),
        _fact(
            "other-order",
            variance("z", "q", _weight(z)),
            evidence**2 * chi_square("q", "posterior"),
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer("variance", derivation, (expectation("z", "q", (_weight(z) - evidence) ** 2),)),
        ),
        facts=facts,
        formulas={**_FORMULAS, "divergence": chi_square("posterior", "q")},
    )
