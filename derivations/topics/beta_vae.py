"""The beta-VAE: a weight on the divergence from the prior, what it optimizes, and annealing it.

Sources: Higgins et al., "beta-VAE" (2017), section 2; Bowman et al., "Generating Sentences from a
Continuous Space" (2016), section 3.1, for annealing the weight from zero to one.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution
from derivations.rules.conjugates import curved_optimum
from derivations.rules.gaussian import gaussian_moments, log_normal_density, normal
from derivations.rules.information import (
    divergence_as_expectation,
    divergence_between_normals,
    evidence_decomposition,
    linearity,
)
from derivations.rules.tempering import (
    collect_multiples,
    differentiate_multiples,
    divergence_from_constant,
    drop_trivial,
    join_weighted_logarithms,
    mean_for_point,
    split_weight,
    tempered_bayes,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift, substitute
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    TRUE,
    argmax,
    call,
    density,
    derivative,
    expectation,
    integral,
    kl,
    let,
    log,
    names,
    number,
    relation,
    spaces,
    sqrt,
)

__all__ = ["annealing", "linear_model", "objective", "tempered_posterior"]

LATENT = Array(("k",))
z, beta, alpha, x, m, v, s = names("z beta alpha x m v s")
likelihood, prior = call("likelihood", z), density("prior", z)
evidence, partition = Name("evidence"), Name("partition")
tempered = likelihood ** (1 / beta)

NOTATION = Notation(
    (
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="the latent vector"),
        Symbol("prior", Law(LATENT), latex="p", words="the prior"),
        Symbol("q", Law(LATENT), latex=r"q({}\mid\mathbf{x})", words="the encoder's law"),
        Symbol(
            "likelihood",
            Function((LATENT,), REAL),
            latex=r"p(\mathbf{x}\mid {})",
            domain=POSITIVE,
            words="the decoder's likelihood of the observation",
        ),
        Symbol("beta", REAL, latex=r"\beta", domain=POSITIVE, words="the divergence's weight"),
        Symbol("alpha", REAL, latex=r"\alpha", domain=PROBABILITY, words="a weight below one"),
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
            "partition",
            REAL,
            latex=r"Z_\beta(\mathbf{x})",
            domain=POSITIVE,
            definition=integral("z", tempered * prior, spaces("k")),
            words="what makes the tempered posterior a density",
        ),
        Symbol(
            "tempered",
            Law(LATENT),
            latex=r"p_\beta({}\mid\mathbf{x})",
            definition=tempered * prior / partition,
            parameters=("z",),
            words="the posterior with a tempered likelihood",
        ),
    )
)
REWARD = expectation("z", "q", log(likelihood))
ELBO = REWARD - kl("q", "prior")


def _objective(weight: Term) -> Term:
    return REWARD - weight * kl("q", "prior")


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _statement(name: str, statement: Term, *conditions: Term, holds: bool = True) -> Fact:
    claim = Claim(name, NOTATION, statement, TRUE, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


_FORMULAS = {
    "objective": _objective(beta),
    "weight": beta,
    "bound": ELBO,
    "divergence": kl("q", "prior"),
    "log-evidence": log(evidence),
    "encoder": density("q", z),
    "below-one": alpha,
}


def objective() -> Solution:
    """The weighted objective is the evidence bound minus beta - 1 times the divergence."""
    derivation = (
        Chain("decomposition", NOTATION, _objective(beta), "The objective, as it is defined.")
        .then("Split one divergence off.", split_weight)
        .then(
            "What stands in front is the evidence lower bound, which is the log evidence minus the "
            "divergence from the posterior.",
            evidence_decomposition,
            evidence,
            Name("posterior"),
        )
        .derivation()
    )
    facts = (
        _fact(
            "gap",
            log(evidence) - _objective(beta),
            kl("q", "posterior") + (beta - 1) * kl("q", "prior"),
        ),
        _statement("never-negative", relation("greater_equal", kl("q", "prior"), 0)),
        _fact("at-one", let("beta", lift(1), _objective(beta)), ELBO),
        _fact("whole-bound-weighted", _objective(beta), beta * ELBO, holds=False),
        _fact(
            "still-tight",
            let("beta", lift(2), log(evidence) - _objective(beta)),
            kl("q", "posterior"),
            holds=False,
        ),
    )
    return Solution(
        NOTATION,
        answers=(Answer("decomposition", derivation, (ELBO - (beta - 1) * kl("q", "prior"),)),),
        facts=facts,
        formulas=_FORMULAS,
    )


def tempered_posterior() -> Solution:
    """The best encoder is the posterior of a tempered likelihood."""
    derivation = (
        Chain("optimum", NOTATION, _objective(beta), "The objective, as it is defined.")
        .then(
            "The divergence is an expected log ratio.",
            divergence_as_expectation,
            "z",
            quotient=True,
        )
        .then(
            "Take the weight out in front and join the logarithms; the likelihood is raised to its "
            "inverse.",
            join_weighted_logarithms,
        )
        .then(
            "Likelihood to that power, times prior, is the tempered posterior times its constant.",
            tempered_bayes,
            tempered * prior,
            "tempered",
            "partition",
            "z",
        )
        .then("What is left is minus a divergence.", divergence_from_constant)
        .derivation()
    )
    facts = (
        _fact("at-one", let("beta", lift(1), partition), evidence),
        _fact(
            "temper-the-whole",
            _objective(beta),
            beta * log(evidence) - beta * kl("q", "posterior"),
            holds=False,
        ),
        _fact("normalized", integral("z", density("tempered", z), spaces("k")), number(1)),
    )
    form = beta * log(partition) - beta * kl("q", "tempered")
    return Solution(
        NOTATION,
        answers=(Answer("optimum", derivation, (form,)),),
        facts=facts,
        formulas={
            **_FORMULAS,
            "tempered": density("tempered", z),
            "tempered-joint": tempered * prior,
            "best-value": beta * log(partition),
        },
    )


def annealing() -> Solution:
    """Annealing: with a weight below one the objective lies above the evidence bound."""
    kept = (REWARD, kl("q", "prior"))
    excess = (
        Chain("excess", NOTATION, _objective(alpha) - ELBO, "What a smaller weight adds.")
        .then("The reconstruction terms cancel.", collect_multiples, NOTATION, *kept)
        .derivation()
    )
    slope = (
        Chain(
            "slope",
            NOTATION,
            derivative(_objective(alpha), alpha),
            "How the objective changes with the weight.",
        )
        .then("It is linear in the weight.", differentiate_multiples, NOTATION, *kept)
        .derivation()
    )
    facts = (
        _fact("between", _objective(alpha), (1 - alpha) * REWARD + alpha * ELBO),
        _fact(
            "gap",
            log(evidence) - _objective(alpha),
            kl("q", "posterior") - (1 - alpha) * kl("q", "prior"),
        ),
        _statement("never-negative", relation("greater_equal", kl("q", "prior"), 0)),
        _statement(
            "still-a-bound", relation("less_equal", _objective(alpha), log(evidence)), holds=False
        ),
    )
    return Solution(
        NOTATION,
        answers=(Answer("excess", excess), Answer("slope", slope)),
        facts=facts,
        formulas={**_FORMULAS, "weighted": _objective(alpha), "reward": REWARD},
    )


#: z ~ N(0, 1), x | z ~ N(z, s^2), and a normal encoder, all on the real line.
_MODEL = Notation(
    (
        Symbol("x", REAL, words="the observation"),
        Symbol("s", REAL, domain=POSITIVE, words="the spread of the decoder"),
        Symbol("beta", REAL, latex=r"\beta", domain=POSITIVE, words="the divergence's weight"),
        Symbol("m", REAL, words="the encoder's mean"),
        Symbol("v", REAL, domain=POSITIVE, words="the encoder's variance"),
        Symbol("z", REAL, words="the latent variable"),
    )
)


def _model_objective(mean: Term, spread: Term) -> Term:
    encoder = normal(mean, spread)
    reward = expectation("z", encoder, log(density(normal(z, s**2), x)))
    return reward - beta * kl(encoder, normal(0, 1))


def linear_model() -> Solution:
    """A linear Gaussian model: the best mean and variance of the encoder, for every beta."""
    value = (
        Chain("value", _MODEL, _model_objective(m, v), "The objective for a normal encoder.")
        .then("A normal density is symmetric in its point and its mean.", mean_for_point)
        .then("Write the log density out.", log_normal_density)
        .then("Expectations are linear.", linearity)
        .then("The mean square distance is a variance plus a squared shift.", gaussian_moments)
        .then("The divergence of two normal laws is known.", divergence_between_normals)
        .then("Drop the zeros and ones.", drop_trivial)
        .derivation()
    )
    worked_out = value.claim.closed_form
    half_line = Apply("interval", (lift(0), INFINITY))
    mean = _best("mean", argmax("c", spaces(), substitute(worked_out, {"m": Name("c")})))
    spread = _best("variance", argmax("u", half_line, substitute(worked_out, {"v": Name("u")})))
    share = beta * s**2
    facts = (
        Fact(
            Claim(
                "mean-from-the-definition",
                _MODEL,
                argmax("c", spaces(), _model_objective(Name("c"), v)),
                x / (1 + share),
            )
        ),
        Fact(
            Claim("posterior-mean", _MODEL, let("beta", lift(1), x / (1 + share)), x / (1 + s**2))
        ),
        Fact(Claim("prior-in-the-limit", _MODEL, 1 - share / (1 + share), 1 / (1 + share))),
        Fact(Claim("mean-unmoved", _MODEL, x / (1 + share), x / (1 + s**2)), holds=False),
    )
    return Solution(
        _MODEL,
        answers=(Answer("value", value), Answer("mean", mean), Answer("variance", spread)),
        facts=facts,
        formulas={
            "prior": normal(0, 1),
            "decoder": normal(z, s**2),
            "encoder": normal(m, v),
            "weight": beta,
            "objective": _model_objective(m, v),
            "noise": s**2,
            "scaled-noise": share,
        },
        conventions=(Convention("spread", "variance", replace={"s": sqrt(s)}),),
    )


def _best(name: str, optimum: Term) -> Derivation:
    return (
        Chain(name, _MODEL, optimum, "The best parameter, with the other one held fixed.")
        .then(
            "The function is strictly concave, so its stationary point is its one maximum.",
            curved_optimum,
            _MODEL,
        )
        .derivation()
    )
