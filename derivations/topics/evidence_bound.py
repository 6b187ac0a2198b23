"""The evidence lower bound of a latent variable model for one observation, and what it loses."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.bounds import (
    average_of_constant,
    bayes_quotient,
    divergence_of_log_ratio,
    insert_law,
    set_apart,
)
from derivations.rules.calculus import substitute_result
from derivations.rules.information import (
    collect_constants,
    linearity,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Name, Term
from language.types import INTEGER, POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    call,
    density,
    entropy,
    entry,
    expectation,
    index_sum,
    integral,
    kl,
    log,
    names,
    relation,
    spaces,
)

__all__ = ["lower_bound"]

LATENT = Array(("p",))
z, u = names("z u")
likelihood, other_likelihood = call("likelihood", z), call("other_likelihood", z)
prior, posterior, q = density("prior", z), density("posterior", z), density("Q", z)
joint = likelihood * prior
log_evidence = log(Name("evidence"))

#: One observation x, a latent vector z with a prior, a decoder, and any encoder's law of z given x.
NOTATION = Notation(
    (
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="the latent vector"),
        Symbol(
            "prior",
            Law(LATENT),
            latex="P",
            words="the prior",
            spellings=("P({})", r"P_\theta({})", "p({})", r"p_\theta({})"),
        ),
        Symbol(
            "Q",
            Law(LATENT),
            latex=r"Q({}\mid\mathbf{x})",
            words="the encoder's law",
            spellings=(
                "Q",
                r"Q_\phi",
                r"Q_\phi({}\mid\mathbf{x})",
                "q",
                r"q({}\mid\mathbf{x})",
                r"q_\phi",
                r"q_\phi({}\mid\mathbf{x})",
            ),
        ),
        Symbol("R", Law(LATENT), latex=r"R({}\mid\mathbf{x})", words="another encoder's law"),
        Symbol(
            "likelihood",
            Function((LATENT,), REAL),
            latex=r"P(\mathbf{x}\mid {})",
            domain=POSITIVE,
            words="the decoder's likelihood of the observation",
            spellings=(
                r"P_\theta(\mathbf{x}\mid {})",
                r"p(\mathbf{x}\mid {})",
                r"p_\theta(\mathbf{x}\mid {})",
            ),
        ),
        Symbol(
            "joint",
            Function((LATENT,), REAL),
            latex=r"P(\mathbf{x},{})",
            domain=POSITIVE,
            definition=joint,
            parameters=("z",),
            words="the joint density of observation and latent vector",
            spellings=tuple(
                law + arguments
                for law in ("P", r"P_\theta", "p", r"p_\theta")
                for arguments in (r"(\mathbf{x},{})", r"({},\mathbf{x})")
            ),
        ),
        Symbol(
            "evidence",
            REAL,
            latex=r"P(\mathbf{x})",
            domain=POSITIVE,
            definition=integral("z", joint, spaces("p")),
            words="the evidence",
            spellings=(r"P_\theta(\mathbf{x})", r"p(\mathbf{x})", r"p_\theta(\mathbf{x})"),
        ),
        Symbol(
            "posterior",
            Law(LATENT),
            latex=r"P({}\mid\mathbf{x})",
            definition=joint / Name("evidence"),
            parameters=("z",),
            words="the posterior",
            spellings=(
                r"P_\theta({}\mid\mathbf{x})",
                r"p({}\mid\mathbf{x})",
                r"p_\theta({}\mid\mathbf{x})",
            ),
        ),
        Symbol("u", REAL, domain=POSITIVE, words="a positive number"),
        Symbol("beta", REAL, latex=r"\beta", domain=POSITIVE, words="a weight"),
        Symbol("a", Array(("n",)), words="the expected log likelihoods of all observations"),
        Symbol("i", INTEGER, words="the number of an observation"),
        Symbol("x", Array(("m",)), latex=r"\mathbf{x}", words="the observation"),
    )
)

#: What Jensen's inequality leaves of the log evidence.
JENSEN = expectation("z", "Q", log(joint / q))
BOUND = expectation("z", "Q", log(likelihood)) - kl("Q", "prior")

#: The expected log likelihood of one observation, and what the lecture's sum over all estimates.
_ONE = entry("a", "i")
_ALL = index_sum("i", "n", entry("a", "i")) / Name("n")


def _bound(law: str) -> Term:
    return expectation("z", law, log(likelihood)) - kl(law, "prior")


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, statement, TRUE, Equality.CONDITION), holds)


def _elbo() -> Derivation:
    return (
        Chain("elbo", NOTATION, JENSEN, "The mean log weight, which Jensen's inequality leaves.")
        .then(
            "The logarithm of a product is a sum, and expectations are linear. The likelihood is "
            "set apart.",
            set_apart,
            "likelihood",
        )
        .then(
            "The expected log ratio of prior and encoder is minus a divergence, by definition.",
            divergence_of_log_ratio,
        )
        .derivation()
    )


def _decomposition() -> Derivation:
    """The log evidence as the bound and a divergence: Jensen's step with nothing thrown away."""
    return (
        Chain("evidence", NOTATION, log_evidence, "What is to be maximized.")
        .then(
            "A number is its own mean, whatever the law.",
            average_of_constant,
            log_evidence,
            "Q",
            "z",
        )
        .then(
            "Bayes' rule, solved for the evidence, holds at every latent vector.",
            bayes_quotient,
            "evidence",
            "likelihood",
            "prior",
            "posterior",
            "z",
        )
        .then(
            "Multiply and divide by the encoder's density, and split the logarithm there.",
            insert_law,
            "Q",
        )
        .then("Expectations are linear.", linearity)
        .then(
            "The second expectation is a divergence, by definition.",
            divergence_of_log_ratio,
        )
        .derivation()
    )


def _gap(elbo: Derivation, decomposition: Derivation) -> Derivation:
    return (
        Chain("gap", NOTATION, log_evidence - BOUND, "What the bound leaves out.")
        .then("Put in what was found for the log evidence.", substitute_result, decomposition.claim)
        .then("Put in what was found for the mean log weight.", substitute_result, elbo.claim)
        .then("The bound cancels.", collect_constants)
        .derivation()
    )


def _facts() -> tuple[Fact, ...]:
    ratio = posterior / q
    reconstruction = expectation("z", "Q", log(likelihood))
    beta = Name("beta")
    return (
        _fact("gibbs", kl("Q", "posterior"), expectation("z", "Q", ratio - 1 - log(ratio))),
        _statement("tangent", relation("greater_equal", u - 1 - log(u), 0)),
        _fact("tight", expectation("z", "posterior", log(joint / posterior)), log_evidence),
        _fact("mean-weight", expectation("z", "Q", joint / q), Name("evidence")),
        _fact("under-the-prior", expectation("z", "prior", likelihood), Name("evidence")),
        _fact(
            "any-encoder",
            _bound("Q") + kl("Q", "posterior"),
            _bound("R") + kl("R", "posterior"),
        ),
        _fact(
            "better-encoder",
            _bound("Q") - _bound("R"),
            kl("R", "posterior") - kl("Q", "posterior"),
        ),
        _fact(
            "weighted",
            reconstruction - beta * kl("Q", "prior"),
            log_evidence - kl("Q", "posterior") + (1 - beta) * kl("Q", "prior"),
        ),
        _fact("equality-in-jensen", log_evidence, JENSEN, holds=False),
        _fact("log-of-mean", log(expectation("z", "Q", likelihood)), reconstruction, holds=False),
        _fact("one-or-all", _ONE, _ALL, holds=False),
        _fact("plus-divergence", BOUND, reconstruction + kl("Q", "prior"), holds=False),
        _fact("turned-round", BOUND, reconstruction - kl("prior", "Q"), holds=False),
        _fact("gap-turned-round", log_evidence - BOUND, kl("posterior", "Q"), holds=False),
        _fact("gap-from-the-prior", log_evidence - BOUND, kl("Q", "prior"), holds=False),
    )


def lower_bound() -> Solution:
    """The evidence lower bound for one observation, and its gap."""
    elbo, decomposition = _elbo(), _decomposition()
    gap = _gap(elbo, decomposition)
    elbo_forms = (
        JENSEN,
        expectation("z", "Q", log(likelihood) + log(prior) - log(q)),
        expectation("z", "Q", log(joint)) + entropy("Q"),
        integral("z", q * log(joint / q), spaces("p")),
        log_evidence - kl("Q", "posterior"),
    )
    gap_forms = (
        expectation("z", "Q", log(q) - log(posterior)),
        integral("z", q * log(q / posterior), spaces("p")),
        log_evidence - JENSEN,
    )
    bits = 1 / log(2)
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "elbo",
                elbo,
                elbo_forms,
                asks="the evidence lower bound for one x",
                also=("joint",),
                mistakes=(
                    Mistake("plus-divergence", "The divergence has the wrong sign.", 2),
                    Mistake("turned-round", "The arguments of the divergence are exchanged.", 2),
                ),
            ),
            Answer(
                "gap",
                gap,
                gap_forms,
                asks="log P(x) minus the bound",
                also=("joint", "entropy"),
                mistakes=(
                    Mistake(
                        "gap-turned-round", "The arguments of the divergence are exchanged.", 1
                    ),
                    Mistake("gap-from-the-prior", "The divergence is taken from the wrong law.", 2),
                ),
            ),
        ),
        lemmas=(decomposition,),
        facts=_facts(),
        formulas={
            "encoder": q,
            "likelihood": likelihood,
            "prior-density": prior,
            "posterior-density": posterior,
            "evidence": Name("evidence"),
            "log-evidence": log_evidence,
            "observation": Name("x"),
            "latent": z,
            "weight": joint / q,
            "bound": BOUND,
            "jensen": JENSEN,
            "divergence": kl("Q", "posterior"),
            "regularizer": kl("Q", "prior"),
            "reconstruction": expectation("z", "Q", log(likelihood)),
            "one-sample": log(likelihood) - kl("Q", "prior"),
            "ratio": posterior / q,
            "beta": Name("beta"),
            "beta-bound": (
                expectation("z", "Q", log(likelihood)) - Name("beta") * kl("Q", "prior")
            ),
        },
        experiments=("evidence_bound",),
        figures=("bound_and_gap",),
        conventions=(Convention("logarithm", "binary", scale={"elbo": bits, "gap": bits}),),
    )
