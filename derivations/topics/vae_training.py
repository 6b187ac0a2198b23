"""The training loop of a variational autoencoder: what a minibatch estimates, and how well.

Everything that the loop does is worked out on the smallest model: z ~ N(0, 1), x | z ~ N(z, 1), and
an encoder N(mu, tau^2). There the evidence, the posterior and every bound are known.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Derivation, Fact, Solution
from derivations.rules.information import (
    bayes,
    collect_divergence,
    collect_logarithms,
    constants_out,
    divergence_as_expectation,
    join_expectations,
    log_of_product,
)
from derivations.rules.statements import inclusion_probability
from derivations.topics.variational import NOTATION as BOUND
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, NATURALS, POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    TRUE,
    argmax,
    call,
    density,
    derivative,
    exp,
    expectation,
    greater,
    index_sum,
    kl,
    less,
    log,
    names,
    number,
    spaces,
    sqrt,
    variance,
)

__all__ = ["MODEL", "bound", "exact_bound", "single_sample", "single_sample_variance", "training"]

HALF = number(1, 2)
_x, _z, _e, _mu, _tau, _phi = names("x z e mu tau phi")

#: The model on the line.
MODEL = Notation(
    (
        Symbol("x", REAL, latex="x", words="an observation"),
        Symbol("z", REAL, latex="z", words="the latent variable"),
        Symbol("e", REAL, latex=r"\epsilon", words="standard normal noise"),
        Symbol("mu", REAL, latex=r"\mu", words="the mean that the encoder gives"),
        Symbol("tau", REAL, latex=r"\sigma", domain=POSITIVE, words="its standard deviation"),
        Symbol("phi", REAL, latex=r"\phi", words="the slope of the encoder"),
    )
)

#: A training set of n bounds, of which a minibatch holds each with the same probability.
BATCH = Notation(
    (
        Symbol("bounds", Array(("n",)), latex=r"\mathcal{L}", words="the bounds of all examples"),
        Symbol("chosen", Array(("n",)), latex="B", words="1 for the examples of the minibatch"),
        Symbol("p", REAL, latex="p", domain=PROBABILITY, words="the share of a minibatch"),
        Symbol("i", INTEGER, latex="i", words="the number of an example"),
        Symbol("m", INTEGER, latex="m", domain=NATURALS, words="the number of pixels"),
        Symbol("rec", REAL, latex="R", words="the summed reconstruction term"),
        Symbol("div", REAL, latex="K", domain=POSITIVE, words="the divergence term"),
    )
)


def _normal(mean: Liftable, spread: Liftable) -> Term:
    return Apply("normal", (lift(mean), lift(spread)))


_STANDARD = _normal(0, 1)


def _log_likelihood(latent: Term) -> Term:
    """log P(x | z) at z = ``latent``."""
    return log(density(_normal(latent, 1), "x"))


def bound() -> Term:
    """The bound of one example: expected log likelihood minus divergence."""
    law = _normal(_mu, _tau**2)
    return expectation("z", law, _log_likelihood(Name("z"))) - kl(law, _STANDARD)


def single_sample(noise: Term) -> Term:
    """The estimate of the bound from a single draw of the noise."""
    law = _normal(_mu, _tau**2)
    return _log_likelihood(_mu + _tau * noise) - kl(law, _STANDARD)


def single_sample_variance() -> Term:
    """The variance of the single-sample estimate, in closed form."""
    return _tau**4 / 2 + _tau**2 * (_x - _mu) ** 2


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, MODEL, left, right), holds)


def _statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, MODEL, statement, TRUE, Equality.CONDITION), holds)


def _batch(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, BATCH, left, right), holds)


def _log_evidence() -> Term:
    return log(density(_normal(0, 2), "x"))


def _bound_of(slope: Term) -> Term:
    """The bound for an encoder N(slope x, 1/2)."""
    law = _normal(slope * _x, HALF)
    return expectation("z", law, _log_likelihood(Name("z"))) - kl(law, _STANDARD)


def exact_bound() -> Derivation:
    """The bound is the log evidence minus a divergence; so it is one."""
    return (
        Chain(
            "bound-and-gap",
            BOUND,
            expectation("z", "q", log(call("likelihood", "z"))) - kl("q", "prior"),
            "What the loop climbs, for one example.",
        )
        .then(
            "Write the divergence from the prior as an expectation.", divergence_as_expectation, "z"
        )
        .then("Both expectations are under the encoder's law.", join_expectations)
        .then("Two logarithms that are added are one of a product.", collect_logarithms)
        .then(
            "Likelihood times prior is posterior times evidence.",
            bayes,
            "likelihood",
            "prior",
            "posterior",
            "evidence",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then("The evidence does not depend on the latent variable.", constants_out)
        .then("What is left is minus a divergence.", collect_divergence)
        .derivation()
    )


def _minibatch() -> Derivation:
    """The rescaled sum over a random minibatch has the sum over all examples as its mean."""
    bounds, chosen, p = names("bounds chosen p")
    picked = index_sum("i", "n", chosen["i"] * bounds["i"])
    return (
        Chain(
            "minibatch-sum",
            BATCH,
            expectation("chosen", Apply("bernoulli", (p,)), 1 / p * picked),
            "The mean of the rescaled sum over a minibatch.",
        )
        .then(
            "Each example is in the minibatch with the same probability; the expectation of a sum "
            "is the sum of the expectations.",
            inclusion_probability,
        )
        .derivation()
    )


def _loop_facts() -> tuple[Fact, ...]:
    draw = expectation("e", _STANDARD, single_sample(Name("e")))
    through = _mu + _tau * Name("e")
    square = expectation("z", _normal(_mu, _tau**2), Name("z") ** 2)
    return (
        _fact("single-sample-mean", draw, bound()),
        _fact(
            "single-sample-variance",
            variance("e", _STANDARD, single_sample(Name("e"))),
            single_sample_variance(),
        ),
        _fact(
            "pathwise",
            derivative(square, "mu"),
            expectation("e", _STANDARD, 2 * through),
        ),
        _fact(
            "score",
            derivative(square, "mu"),
            1
            / _tau**2
            * expectation("z", _normal(_mu, _tau**2), Name("z") ** 2 * (Name("z") - _mu)),
        ),
        _fact("spread-of-a-draw", variance("e", _STANDARD, through), _tau**2),
        _fact(
            "variance-for-deviation",
            variance("e", _STANDARD, _mu + _tau**2 * Name("e")),
            _tau**2,
            holds=False,
        ),
    )


def _errata() -> tuple[Fact, ...]:
    best = _normal(_x / 2, HALF)
    at_data = _log_likelihood(_x) - kl(best, _STANDARD)
    prior_bound = expectation("z", _STANDARD, _log_likelihood(Name("z")))
    n, x_i = Name("n"), Name("obs")["i"]
    sample = MODEL.extended(
        Symbol("obs", Array(("n",)), latex="x", words="the training set"),
    )
    over_data = (
        1
        / n
        * index_sum(
            "i",
            "n",
            expectation("z", _normal(x_i / 2, HALF), log(density(_normal(Name("z"), 1), x_i))),
        )
    )
    one = expectation("z", best, _log_likelihood(Name("z")))
    rec, div, m = names("rec div m")
    return (
        _fact(
            "above-the-evidence",
            at_data - _log_evidence(),
            number(1, 4) + _x**2 / 8,
        ),
        _fact(
            "estimate-against-evidence",
            _at_best(Name("e")) - _log_evidence(),
            number(1, 4) + _x**2 / 8 - (_x / 2 - Name("e") / sqrt(2)) ** 2 / 2,
        ),
        _fact("evidence-ignores-encoder", derivative(_log_evidence(), "phi"), lift(0)),
        _fact(
            "bound-sees-encoder",
            derivative(_bound_of(_phi), "phi"),
            _x**2 * (1 - 2 * _phi),
        ),
        _fact("best-divergence", kl(best, _STANDARD), HALF * (log(2) - HALF + _x**2 / 4)),
        _statement("best-divergence-positive", less(HALF, log(2))),
        _fact("no-divergence", kl(_STANDARD, _STANDARD), lift(0)),
        _fact(
            "price-of-no-divergence",
            _log_evidence() - prior_bound,
            HALF * (1 - log(2) + _x**2 / 2),
        ),
        _statement("price-is-positive", less(log(2), 1)),
        _fact(
            "best-mean",
            argmax("mu", spaces(), _bound_in_mean()),
            _x / 2,
        ),
        Fact(Claim("examples-for-draws", sample, one, over_data), holds=False),
        _batch("mean-over-pixels", rec / m - div, 1 / m * (rec - m * div)),
        _batch("mean-is-the-sum", rec / m - div, 1 / m * (rec - div), holds=False),
        _statement("sigma-stays-positive", greater(exp(_mu), 0)),
        _statement("square-stays-positive", greater(_mu**2, 0), holds=False),
    )


def _at_best(noise: Term) -> Term:
    """The single-sample estimate with the exact posterior as the encoder's law."""
    law = _normal(_x / 2, HALF)
    return _log_likelihood(_x / 2 + noise / sqrt(2)) - kl(law, _STANDARD)


def _bound_in_mean() -> Term:
    law = _normal(Name("mu"), HALF)
    return expectation("z", law, _log_likelihood(Name("z"))) - kl(law, _STANDARD)


def training() -> Solution:
    """Lecture: the minibatch loop of a VAE and what it relies on, checked but not trained."""
    return Solution(
        MODEL.extended(
            *(BATCH[name] for name in ("p", "m", "rec", "div")),
            Symbol("q_phi", REAL, latex=r"Q_\phi", words="the encoder"),
            Symbol("p_theta", REAL, latex=r"P_\theta", words="the decoder"),
            Symbol("theta", REAL, latex=r"\theta", words="the decoder's parameters"),
        ),
        lemmas=(exact_bound(), _minibatch()),
        facts=(*_loop_facts(), *_errata()),
        formulas={
            "prior-law": _STANDARD,
            "decoder-law": _normal(Name("z"), 1),
            "encoder-law": _normal(_mu, _tau**2),
            "reparametrized": _mu + _tau * Name("e"),
            "estimate": single_sample(Name("e")),
            "best-law": _normal(_x / 2, HALF),
            "linear-encoder": _normal(_phi * _x, HALF),
            "variance-of-estimate": single_sample_variance(),
            "pixels": Name("m"),
        },
        experiments=("vae_training",),
        studies=("vae_on_digits", "vae_estimators"),
        figures=("single_sample",),
    )
