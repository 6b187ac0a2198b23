"""The divergence of a normal law with independent coordinates from the standard normal law."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import collect, differentiate
from derivations.rules.gaussian import (
    collect_summands,
    coordinate_divergences,
    divergence_from_standard,
    gaussian_moments,
    log_normal_density,
    normal,
    standard_normal,
)
from derivations.rules.information import divergence_as_expectation, linearity
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Term
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array
from language.vocabulary import (
    TRUE,
    density,
    derivative,
    determinant,
    diagonal,
    entry,
    exp,
    gradient,
    index_sum,
    kl,
    log,
    names,
    norm,
    number,
    relation,
    sqrt,
    trace,
    variance,
)

__all__ = ["diagonal_against_standard"]

HALF = number(1, 2)
p, j, mu, sigma, ell, s = names("p j mu sigma ell s")
m, u, t, z = names("m u t z")

NOTATION = Notation(
    (
        Symbol("p", INTEGER, domain=NATURALS, words="a size", spellings=("n",)),
        Symbol("mu", Array(("p",)), latex=r"\mu", words="the encoder's means"),
        Symbol(
            "sigma",
            Array(("p",)),
            latex=r"\sigma",
            domain=POSITIVE,
            words="the encoder's standard deviations",
            spellings=("std",),
        ),
        Symbol(
            "ell",
            Array(("p",)),
            latex=r"\ell",
            words="the logarithms of the variances",
            spellings=("l", "logvar", "log_var"),
        ),
        Symbol(
            "s",
            Array(("p",)),
            words="the logarithms of the standard deviations",
            spellings=("logstd", "log_std", "logsigma", "log_sigma"),
        ),
        Symbol("j", INTEGER, words="the number of a coordinate"),
        Symbol("z", REAL, words="one latent coordinate"),
    )
)

#: One coordinate alone, its names without indices.
ONE = Notation(
    (
        Symbol("mu", REAL, latex=r"\mu", words="the mean"),
        Symbol(
            "sigma",
            REAL,
            latex=r"\sigma",
            domain=POSITIVE,
            words="the standard deviation",
            spellings=("std",),
        ),
        Symbol(
            "ell",
            REAL,
            latex=r"\ell",
            words="the logarithm of the variance",
            spellings=("l", "logvar", "log_var", r"\ell_j", "l_j", r"\ell_i", "l_i"),
        ),
        Symbol(
            "s",
            REAL,
            words="the logarithm of the standard deviation",
            spellings=("logstd", "log_std", "logsigma", "log_sigma"),
        ),
        Symbol("u", REAL, domain=POSITIVE, words="a variance"),
        Symbol("z", REAL, words="the latent number"),
    )
)

STANDARD = standard_normal(p)
#: What a coordinate adds to twice the divergence, by the parametrization.
SUMMANDS = {
    "sigma": mu[j] ** 2 + sigma[j] ** 2 - 1 - log(sigma[j] ** 2),
    "log-variance": mu[j] ** 2 + exp(ell[j]) - 1 - ell[j],
    "log-std": mu[j] ** 2 + exp(2 * s[j]) - 1 - 2 * s[j],
}
VARIANCES = {"sigma": sigma**2, "log-variance": exp(ell), "log-std": exp(2 * s)}


def _divergence(name: str) -> Term:
    return kl(normal(mu, VARIANCES[name]), STANDARD)


def _half_sum(summand: Term) -> Term:
    return HALF * index_sum("j", p, summand)


def _sigma() -> Derivation:
    """From the definition: coordinates, log densities, moments."""
    return (
        Chain("sigma", NOTATION, _divergence("sigma"), "What is to be computed.")
        .then(
            "Both densities are products over the coordinates, so their log ratio is a sum.",
            coordinate_divergences,
            NOTATION,
            "j",
        )
        .then(
            "A divergence is, by definition, an expected difference of log densities.",
            divergence_as_expectation,
            "z",
        )
        .then("Write the logarithms of the normal densities.", log_normal_density)
        .then("Expectations are linear.", linearity)
        .then(
            "The mean squared distance from the mean is the variance; the second moment is the "
            "squared mean and the variance.",
            gaussian_moments,
        )
        .then("Collect.", collect_summands, NOTATION)
        .derivation()
    )


def _by_coordinates(name: str) -> Derivation:
    """The other parametrizations, from the divergence of two normal laws on the line."""
    return (
        Chain(name, NOTATION, _divergence(name), "The same divergence.")
        .then(
            "It is the sum of the divergences of the coordinates.",
            coordinate_divergences,
            NOTATION,
            "j",
        )
        .then(
            "Each is a divergence of two normal laws on the line, computed above.",
            divergence_from_standard,
        )
        .then("The logarithm undoes the exponential.", collect_summands, NOTATION)
        .derivation()
    )


def _gradient() -> Derivation:
    divergence = kl(normal(mu, exp(ell)), normal(0, 1))
    return (
        Chain(
            "gradient-log-variance",
            ONE,
            derivative(divergence, ell),
            "One coordinate, with the logarithm of the variance as the parameter.",
        )
        .then("The divergence of two normal laws on the line.", divergence_from_standard)
        .then("Differentiate; the mean drops out.", differentiate, ONE)
        .then("Collect.", collect, ONE)
        .derivation()
    )


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _one(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, ONE, left, right), holds)


def _facts() -> tuple[Fact, ...]:
    whole = _divergence("sigma")
    line = kl(normal(mu, sigma**2), normal(0, 1))
    log_ratio = log(density(normal(mu, sigma**2), z)) - log(density(normal(0, 1), z))
    positive = relation("greater_equal", u - 1 - log(u), 0)
    return (
        _fact("gradient-mu", gradient(whole, mu), mu),
        _fact("gradient-sigma", derivative(whole, sigma[j]), sigma[j] - 1 / sigma[j]),
        _fact("gradient-s", derivative(_divergence("log-std"), s[j]), exp(2 * s[j]) - 1),
        _fact(
            "gradient-ell",
            derivative(_divergence("log-variance"), ell[j]),
            (exp(ell[j]) - 1) / 2,
        ),
        Fact(Claim("never-negative", ONE, positive, TRUE, Equality.CONDITION)),
        _one("curvature-sigma", derivative(derivative(line, sigma), sigma), 1 + 1 / sigma**2),
        _one(
            "curvature-ell",
            derivative(derivative(kl(normal(mu, exp(ell)), normal(0, 1)), ell), ell),
            exp(ell) / 2,
        ),
        _one(
            "collapsed-variance",
            HALF * (sigma**2 - 1 - log(sigma**2)),
            (sigma**2 - 1) / 2 - log(sigma),
        ),
        _one(
            "one-draw-variance",
            variance("z", normal(mu, sigma**2), log_ratio),
            mu**2 * sigma**2 + HALF * (sigma**2 - 1) ** 2,
        ),
        _fact(
            "other-direction",
            kl(STANDARD, normal(mu, sigma**2)),
            _half_sum((1 + mu[j] ** 2) / sigma[j] ** 2 - 1 + log(sigma[j] ** 2)),
        ),
        _fact("symmetric", whole, kl(STANDARD, normal(mu, sigma**2)), holds=False),
        _fact(
            "deviation-for-variance",
            whole,
            _half_sum(mu[j] ** 2 + sigma[j] - 1 - log(sigma[j])),
            holds=False,
        ),
        _fact(
            "sign-of-logarithm",
            whole,
            _half_sum(mu[j] ** 2 + sigma[j] ** 2 - 1 + log(sigma[j] ** 2)),
            holds=False,
        ),
        _fact("without-half", whole, index_sum("j", p, SUMMANDS["sigma"]), holds=False),
        _fact(
            "one-for-all",
            whole,
            HALF * (norm(mu) ** 2 + norm(sigma) ** 2 - 1) - index_sum("j", p, log(sigma[j])),
            holds=False,
        ),
        _one(
            "gradient-of-the-variance",
            derivative(kl(normal(mu, u), normal(0, 1)), u),
            HALF * (1 - 1 / u),
        ),
    )


def _forms() -> dict[str, tuple[Term, ...]]:
    covariance = diagonal(sigma**2)
    return {
        "sigma": (
            HALF * (mu.T @ mu + trace(covariance) - p - log(determinant(covariance))),
            HALF * (norm(mu) ** 2 + norm(sigma) ** 2 - p) - index_sum("j", p, log(sigma[j])),
            index_sum("j", p, (mu[j] ** 2 + sigma[j] ** 2 - 1) / 2 - log(sigma[j])),
        ),
        "log-variance": (
            -HALF * index_sum("j", p, 1 + ell[j] - mu[j] ** 2 - exp(ell[j])),
            HALF * (mu.T @ mu - p) + HALF * index_sum("j", p, exp(ell[j]) - ell[j]),
        ),
        "log-std": (HALF * (norm(mu) ** 2 - p) + index_sum("j", p, exp(2 * s[j]) / 2 - s[j]),),
        "gradient-log-variance": (exp(ell) / 2 - HALF,),
    }


_ASKS = {
    "sigma": "the divergence, from mu and sigma",
    "log-variance": "the divergence, from mu and the log variance l = log sigma^2",
    "log-std": "the divergence, from mu and s = log sigma",
    "gradient-log-variance": "its derivative by l = log sigma^2, in one dimension",
}

_MISTAKES = (
    Mistake("sign-of-logarithm", "The logarithm has the wrong sign.", 1),
    Mistake("without-half", "The factor one half is missing.", 1),
    Mistake("one-for-all", "The one is taken away once, not once for each coordinate.", 1),
    Mistake("deviation-for-variance", "The standard deviation stands where the variance belongs."),
)


def diagonal_against_standard() -> Solution:
    """The divergence of N(mu, diag sigma^2) from N(0, I), in three parametrizations."""
    forms = _forms()
    derivations = (
        _sigma(),
        _by_coordinates("log-variance"),
        _by_coordinates("log-std"),
        _gradient(),
    )
    bits = {derivation.claim.name: 1 / log(2) for derivation in derivations}
    return Solution(
        NOTATION,
        answers=tuple(
            Answer(
                d.claim.name,
                d,
                forms[d.claim.name],
                asks=_ASKS[d.claim.name],
                mistakes=_MISTAKES if d.claim.name == "sigma" else (),
            )
            for d in derivations
        ),
        facts=_facts(),
        formulas={
            "law": normal(mu, sigma**2),
            "standard": STANDARD,
            "divergence": _divergence("sigma"),
            "dimension": p,
            "mean": mu,
            "deviation": sigma,
            "variance": sigma**2,
            "log-variance-name": ell,
            "log-deviation-name": s,
            "ell-defined": log(sigma**2),
            "s-defined": log(sigma),
            "coordinate": j,
            "root": sqrt(entry(sigma, j) ** 2),
        },
        experiments=("gaussian_kl",),
        figures=("three_parametrizations",),
        conventions=(
            Convention("spread", "variance", replace={"sigma": sqrt(sigma)}),
            Convention("logarithm", "binary", scale=bits),
        ),
    )
