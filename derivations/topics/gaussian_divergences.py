"""Divergences, entropies and overlaps of normal laws in closed form.

Sources: Kullback, "Information Theory and Statistics" (1959), chapter 9; Cover and Thomas,
"Elements of Information Theory" (2006), chapter 8; Gil, Alajaji and Linder, "Renyi divergence
measures for commonly used univariate continuous distributions" (2013), table 2.
"""

from __future__ import annotations

from dataclasses import replace

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Fact, Solution
from derivations.rules.conjugates import factor_scalars
from derivations.rules.covariances import (
    expect_each_summand,
    expected_quadratic_form,
    join_log_determinants,
    log_density_with_covariance,
    trace_of_identity,
)
from derivations.rules.divergences import (
    chi_square_as_integral,
    complete_the_square,
    entropy_as_expectation,
    log_of_powers,
    read_divergences,
)
from derivations.rules.gaussian import (
    coordinate_divergences,
    gaussian_moments,
    log_normal_density,
    normal,
)
from derivations.rules.information import (
    divergence_as_expectation,
    divergence_between_normals,
    linearity,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term
from language.types import POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    PI,
    TRUE,
    argmin,
    chi_square,
    density,
    determinant,
    entropy,
    exp,
    expectation,
    greater,
    index_sum,
    integral,
    inverse,
    kl,
    less,
    log,
    names,
    norm,
    number,
    spaces,
    sqrt,
    trace,
)

__all__ = [
    "chi_square_univariate",
    "cross_entropy",
    "entropy_univariate",
    "hellinger_univariate",
    "kl_diagonal",
    "kl_full",
    "kl_univariate",
    "renyi_univariate",
]

HALF = number(1, 2)
mu, nu, sigma, tau, alpha, V, x, j = names("mu nu sigma tau alpha V x j")
P, Q = normal(mu, sigma**2), normal(nu, tau**2)
p, q = density(P, x), density(Q, x)
SHIFT = (mu - nu) ** 2

#: Two normal laws on the line.
LINE = Notation(
    (
        Symbol("x", REAL, words="a point of the line"),
        Symbol("mu", REAL, latex=r"\mu_1", words="the mean of the first law"),
        Symbol("nu", REAL, latex=r"\mu_2", words="the mean of the second law"),
        Symbol(
            "sigma",
            REAL,
            latex=r"\sigma_1",
            domain=POSITIVE,
            words="the standard deviation of the first law",
        ),
        Symbol(
            "tau",
            REAL,
            latex=r"\sigma_2",
            domain=POSITIVE,
            words="the standard deviation of the second law",
        ),
        Symbol("alpha", REAL, latex=r"\alpha", domain=PROBABILITY, words="the order"),
        Symbol(
            "V",
            REAL,
            domain=POSITIVE,
            definition=alpha * tau**2 + (1 - alpha) * sigma**2,
            words="a mixture of the two variances",
        ),
    )
)

#: Two normal laws with independent coordinates.
SPACE = Notation(
    (
        Symbol("mu", Array(("d",)), latex=r"\boldsymbol{\mu}", words="the means of the first law"),
        Symbol("nu", Array(("d",)), latex=r"\boldsymbol{\nu}", words="the means of the second law"),
        Symbol(
            "sigma",
            Array(("d",)),
            latex=r"\boldsymbol{\sigma}",
            domain=POSITIVE,
            words="the standard deviations of the first law",
        ),
        Symbol(
            "tau",
            Array(("d",)),
            latex=r"\boldsymbol{\tau}",
            domain=POSITIVE,
            words="the standard deviations of the second law",
        ),
    )
)

#: Two normal laws with covariance matrices L L^T and M M^T, which is what positive definite means.
COVARIANCE = Notation(
    (
        Symbol("x", Array(("d",)), latex=r"\mathbf{x}", words="a point of the space"),
        replace(SPACE["mu"], latex=r"\boldsymbol{\mu}_1"),
        replace(SPACE["nu"], latex=r"\boldsymbol{\mu}_2"),
        *(
            Symbol(name, Array(("d", "d")), traits=frozenset({"invertible"}), words="a root")
            for name in "LM"
        ),
        Symbol(
            "Sigma",
            Array(("d", "d")),
            latex=r"\boldsymbol{\Sigma}_1",
            definition=Name("L") @ Name("L").T,
            traits=frozenset({"symmetric"}),
            words="the covariance of the first law",
        ),
        Symbol(
            "Rho",
            Array(("d", "d")),
            latex=r"\boldsymbol{\Sigma}_2",
            definition=Name("M") @ Name("M").T,
            traits=frozenset({"symmetric"}),
            words="the covariance of the second law",
        ),
    )
)
SIGMA, RHO, d = names("Sigma Rho d")
FIRST, SECOND = normal(mu, SIGMA), normal(nu, RHO)

_VARIANCES = Convention("spread", "variance", replace={"sigma": sqrt(sigma), "tau": sqrt(tau)})


def _fact(name: str, left: Term, right: Term, *conditions: Term, holds: bool = True) -> Fact:
    return Fact(Claim(name, LINE, left, right, conditions=conditions), holds)


def _statement(name: str, left: Term, right: Term = TRUE, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, LINE, left, right, Equality.CONDITION), holds)


def _solution(
    answer: Answer,
    facts: tuple[Fact, ...],
    notation: Notation = LINE,
    *,
    logarithmic: bool = True,
    **formulas: Term,
) -> Solution:
    """The page of one answer; ``logarithmic`` where it is measured in nats or bits."""
    bits = Convention("logarithm", "binary", scale={answer.id: 1 / log(2)})
    return Solution(
        notation,
        answers=(answer,),
        facts=facts,
        formulas={"first": P, "second": Q, **formulas},
        conventions=(_VARIANCES, bits) if logarithmic else (_VARIANCES,),
    )


def kl_univariate() -> Solution:
    """KL(N(mu1, sigma1^2) || N(mu2, sigma2^2))."""
    derivation = (
        Chain("kl", LINE, kl(P, Q), "The divergence of one normal law from another.")
        .then("It is an expected difference of log densities.", divergence_as_expectation, "x")
        .then("Write the log densities out.", log_normal_density)
        .then("Expectations are linear.", linearity)
        .then(
            "The mean square distance from the own mean is the variance; from another point it is "
            "larger by the squared distance of the two.",
            gaussian_moments,
        )
        .then("Collect.", factor_scalars, LINE, SHIFT)
        .derivation()
    )
    closed = log(tau / sigma) + (sigma**2 + SHIFT) / (2 * tau**2) - HALF
    forms = (
        closed,
        HALF * (sigma**2 / tau**2 - 1 - log(sigma**2 / tau**2) + SHIFT / tau**2),
    )
    best = argmin("c", spaces(), kl(P, normal("c", tau**2)))
    facts = (
        _fact("jeffreys", kl(P, Q) + kl(Q, P), _jeffreys()),
        _fact("equal-spreads", kl(P, normal(nu, sigma**2)), SHIFT / (2 * sigma**2)),
        _fact("best-mean", best, mu),
        _fact("symmetric", kl(P, Q), kl(Q, P), holds=False),
        _fact(
            "ratio-upside-down",
            kl(P, Q),
            log(sigma / tau) + (sigma**2 + SHIFT) / (2 * tau**2) - HALF,
            holds=False,
        ),
        _fact(
            "wrong-spread-below",
            kl(P, Q),
            log(tau / sigma) + (tau**2 + SHIFT) / (2 * sigma**2) - HALF,
            holds=False,
        ),
    )
    return _solution(Answer("kl", derivation, forms), facts)


def _jeffreys() -> Term:
    """The sum of both divergences, in which the logarithms cancel."""
    ratio = (sigma**2 - tau**2) ** 2 / (2 * sigma**2 * tau**2)
    return ratio + SHIFT / 2 * (1 / sigma**2 + 1 / tau**2)


def kl_diagonal() -> Solution:
    """KL between normal laws with independent coordinates, for every dimension."""
    derivation = (
        Chain("kl", SPACE, kl(P, Q), "The divergence of one normal law from another.")
        .then(
            "Both densities are products over the coordinates, so the divergence is the sum of the "
            "divergences of the coordinates.",
            coordinate_divergences,
            SPACE,
            "j",
        )
        .then("Each of them is known from the real line.", divergence_between_normals)
        .derivation()
    )
    spread = index_sum("j", "d", log(tau[j] / sigma[j]) + sigma[j] ** 2 / (2 * tau[j] ** 2) - HALF)
    shift = HALF * index_sum("j", "d", ((mu[j] - nu[j]) / tau[j]) ** 2)
    against_prior = HALF * (norm(mu) ** 2 + norm(sigma) ** 2 - Name("d")) - index_sum(
        "j", "d", log(sigma[j])
    )
    standard = kl(P, _standard())
    facts = (
        Fact(Claim("against-standard", SPACE, standard, against_prior)),
        Fact(Claim("symmetric", SPACE, kl(P, Q), kl(Q, P)), holds=False),
        Fact(Claim("once-the-half", SPACE, kl(P, Q), 2 * (spread + shift)), holds=False),
    )
    return _solution(Answer("kl", derivation, (spread + shift,)), facts, SPACE)


def _standard() -> Term:
    return normal(Apply("zeros", (Name("d"),)), Apply("ones", (Name("d"),)))


def kl_full() -> Solution:
    """KL between normal laws with any positive definite covariances, for every dimension."""
    derivation = (
        Chain("kl", COVARIANCE, kl(FIRST, SECOND), "The divergence of one normal law from another.")
        .then("It is an expected difference of log densities.", divergence_as_expectation, "x")
        .then("Write the log densities out.", log_density_with_covariance, COVARIANCE)
        .then("Expectations are linear.", expect_each_summand)
        .then(
            "The mean of a quadratic form is its value at the mean, plus a trace.",
            expected_quadratic_form,
        )
        .then("The trace of the identity is the dimension.", trace_of_identity, COVARIANCE)
        .then("Join the logarithms; the other constants cancel.", join_log_determinants)
        .derivation()
    )
    gap = nu - mu
    ratio = log(determinant(RHO) / determinant(SIGMA))
    closed = HALF * (trace(inverse(RHO) @ SIGMA) + gap.T @ inverse(RHO) @ gap - d + ratio)
    facts = (
        _full(
            "equal-covariances", kl(FIRST, normal(nu, SIGMA)), HALF * (gap.T @ inverse(SIGMA) @ gap)
        ),
        _full(
            "entropy", entropy(FIRST), d / 2 * (1 + log(2 * PI)) + HALF * log(determinant(SIGMA))
        ),
        _full(
            "cross-entropy",
            -expectation("x", FIRST, log(density(SECOND, x))),
            entropy(FIRST) + kl(FIRST, SECOND),
        ),
        _full(
            "wrong-inverse",
            kl(FIRST, SECOND),
            HALF * (trace(inverse(SIGMA) @ RHO) + gap.T @ inverse(SIGMA) @ gap - d + ratio),
            holds=False,
        ),
        _full(
            "ratio-upside-down",
            kl(FIRST, SECOND),
            HALF * (trace(inverse(RHO) @ SIGMA) + gap.T @ inverse(RHO) @ gap - d - ratio),
            holds=False,
        ),
        _full("symmetric", kl(FIRST, SECOND), kl(SECOND, FIRST), holds=False),
    )
    return Solution(
        COVARIANCE,
        answers=(Answer("kl", derivation, (closed,)),),
        facts=facts,
        formulas={
            "first": FIRST,
            "second": SECOND,
            "covariance": SIGMA,
            "other-covariance": RHO,
            "dimension": d,
        },
        conventions=(Convention("logarithm", "binary", scale={"kl": 1 / log(2)}),),
    )


def _full(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, COVARIANCE, left, right), holds)


def entropy_univariate() -> Solution:
    """The differential entropy of N(mu, sigma^2), on the line and coordinate by coordinate."""
    derivation = (
        Chain("entropy", LINE, entropy(P), "The differential entropy.")
        .then("It is minus the expected log density.", entropy_as_expectation, "x")
        .then("Write the log density out.", log_normal_density)
        .then("Expectations are linear.", linearity)
        .then("The mean square distance from the mean is the variance.", gaussian_moments)
        .then("Collect.", factor_scalars, LINE)
        .derivation()
    )
    forms = (
        HALF * log(2 * PI * exp(1) * sigma**2),
        HALF * (1 + log(2 * PI * sigma**2)),
    )
    facts = (
        _fact("zero", entropy(normal(mu, 1 / (2 * PI * exp(1)))), number(0)),
        _fact("scaling", entropy(normal(mu, (tau * sigma) ** 2)), entropy(P) + log(tau)),
        _fact(
            "maximal",
            kl(normal(nu, sigma**2), P) + entropy(normal(nu, sigma**2)),
            -expectation("x", normal(nu, sigma**2), log(p)),
        ),
        _fact("without-e", entropy(P), HALF * log(2 * PI * sigma**2), holds=False),
        Fact(
            Claim(
                "diagonal",
                SPACE,
                entropy(P),
                Name("d") / 2 * (1 + log(2 * PI)) + index_sum("j", "d", log(sigma[j])),
            )
        ),
    )
    return _solution(Answer("entropy", derivation, forms), facts)


def cross_entropy() -> Solution:
    """The cross-entropy -E_p log q of two normal laws: entropy plus divergence."""
    derivation = (
        Chain(
            "cross-entropy",
            LINE,
            -expectation("x", P, log(q)),
            "The cross-entropy, as it is defined.",
        )
        .then("Write the log density out.", log_normal_density)
        .then("Expectations are linear.", linearity)
        .then(
            "The mean square distance from a point is the variance plus the squared distance from "
            "the mean.",
            gaussian_moments,
        )
        .then("Collect.", factor_scalars, LINE, SHIFT)
        .derivation()
    )
    forms = (entropy(P) + kl(P, Q), HALF * log(2 * PI * tau**2) + (sigma**2 + SHIFT) / (2 * tau**2))
    fixed = argmin("c", spaces(), -expectation("x", P, log(density(normal("c", tau**2), x))))
    facts = (
        _fact("decomposition", -expectation("x", P, log(q)), entropy(P) + kl(P, Q)),
        _fact("fit", fixed, mu),
        _fact("swapped", -expectation("x", P, log(q)), -expectation("x", Q, log(p)), holds=False),
        _fact(
            "squared-error",
            -expectation("x", P, log(density(normal(nu, 1), x))),
            HALF * expectation("x", P, (x - nu) ** 2) + HALF * log(2 * PI),
        ),
    )
    return _solution(Answer("cross-entropy", derivation, forms), facts)


def chi_square_univariate() -> Solution:
    """The Pearson divergence of two normal laws, finite where sigma1^2 < 2 sigma2^2."""
    finite = less(sigma**2, 2 * tau**2)
    derivation = (
        Chain("chi-square", LINE, chi_square(P, Q), "The Pearson divergence.")
        .under(finite)
        .then("Multiply the square out.", chi_square_as_integral, "x")
        .then(
            "Complete the square: the integrand is a number times a normal density. This is where "
            "the condition is used.",
            complete_the_square,
            LINE,
        )
        .then("Densities integrate to one.", read_divergences)
        .derivation()
    )
    forms = (
        tau**2 / (sigma * sqrt(2 * tau**2 - sigma**2)) * exp(SHIFT / (2 * tau**2 - sigma**2)) - 1,
    )
    facts = (
        _statement("finite", greater(2 / sigma**2 - 1 / tau**2, 0), finite),
        _fact("equal-spreads", chi_square(P, normal(nu, sigma**2)), exp(SHIFT / sigma**2) - 1),
        _fact(
            "half-the-exponent",
            chi_square(P, normal(nu, sigma**2)),
            exp(SHIFT / (2 * sigma**2)) - 1,
            holds=False,
        ),
    )
    return _solution(Answer("chi-square", derivation, forms), facts, logarithmic=False)


def hellinger_univariate() -> Solution:
    """The Bhattacharyya coefficient of two normal laws, and the squared Hellinger distance."""
    derivation = (
        Chain("overlap", LINE, integral("x", sqrt(p * q)), "The Bhattacharyya coefficient.")
        .then(
            "Complete the square: the integrand is a number times a normal density.",
            complete_the_square,
            LINE,
        )
        .then("Densities integrate to one.", read_divergences)
        .derivation()
    )
    spreads = sigma**2 + tau**2
    closed = sqrt(2 * sigma * tau / spreads) * exp(-(SHIFT / (4 * spreads)))
    squared = integral("x", (sqrt(p) - sqrt(q)) ** 2)
    product = exp(-(SHIFT / (2 * spreads))) / sqrt(2 * PI * spreads)
    facts = (
        _fact("squared-hellinger", squared, 2 - 2 * closed),
        _fact("product", integral("x", p * q), product),
        _fact("convolution", integral("x", p * q), density(normal(nu, spreads), mu)),
        _fact("square-missing", integral("x", sqrt(p * q)), closed**2, holds=False),
    )
    return _solution(Answer("overlap", derivation, (closed,)), facts, logarithmic=False)


def renyi_univariate() -> Solution:
    """The Renyi divergence of order alpha of two normal laws, for 0 < alpha < 1."""
    divergence = log(integral("x", p**alpha * q ** (1 - alpha))) / (alpha - 1)
    derivation = (
        Chain("renyi", LINE, divergence, "The divergence of order alpha, as it is defined.")
        .then(
            "Complete the square: the integrand is a number times a normal density.",
            complete_the_square,
            LINE,
            "V",
        )
        .then("Densities integrate to one.", read_divergences)
        .then("The logarithm turns products into sums and powers into factors.", log_of_powers)
        .derivation()
    )
    width = 2 * tau**2 - sigma**2
    mixed = alpha * tau**2 + (1 - alpha) * sigma**2
    closed = log(tau / sigma) + log(tau**2 / V) / (2 * (alpha - 1)) + alpha * SHIFT / (2 * V)
    facts = (
        _statement("spread-positive", greater(mixed, 0)),
        _fact("equal-spreads", _order(normal(nu, sigma**2)), alpha * SHIFT / (2 * sigma**2)),
        _fact("skew", (1 - alpha) * _order(Q), alpha * _other_order()),
        _fact(
            "order-two",
            log(1 + chi_square(P, Q)),
            log(tau**2 / sigma) - log(width) / 2 + SHIFT / width,
            less(sigma**2, 2 * tau**2),
        ),
    )
    return _solution(
        Answer("renyi", derivation, (closed,)), facts, spread=V, mixed=mixed, order=alpha
    )


def _order(second: Term) -> Term:
    """The Renyi divergence of order alpha of the first law from another."""
    overlap = integral("x", p**alpha * density(second, x) ** (1 - alpha))
    return log(overlap) / (alpha - 1)


def _other_order() -> Term:
    """The Renyi divergence of order 1 - alpha, with the laws exchanged."""
    return log(integral("x", q ** (1 - alpha) * p**alpha)) / (-alpha)
