"""Variational inference: complete-data likelihood, and amortized against per-instance bounds."""

from __future__ import annotations

from dataclasses import replace

from derivations.chain import Chain
from derivations.derivation import Answer, Choice, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.information import (
    add_and_subtract_log_density,
    bayes,
    collect_divergence,
    collect_logarithms,
    constants_out,
    divergence_as_expectation,
    divergence_between_normals,
    evidence_decomposition,
    join_expectations,
    linearity,
    log_of_product,
    unfold_definition,
)
from derivations.rules.pointwise import (
    around_its_zero,
    collect_pointwise,
    differentiate_termwise,
)
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    argmax,
    call,
    density,
    derivative,
    entropy,
    entry,
    expectation,
    greater,
    index_sum,
    integral,
    kl,
    let,
    log,
    names,
    number,
    relation,
    spaces,
)

__all__ = ["amortization", "amortized_against_per_instance", "complete_data_likelihood"]

LATENT = Array(("K",))
HALF = number(1, 2)
z = Name("z")

#: One observation x, a latent vector z, a model with parameters theta, and any q.
NOTATION = Notation(
    (
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="the latent vector"),
        Symbol(
            "prior", Law(LATENT), latex="p", words="the prior", spellings=("p({})", r"p_\theta({})")
        ),
        Symbol(
            "q",
            Law(LATENT),
            latex=r"q({}\mid\mathbf{x})",
            words="the variational law",
            spellings=(
                "q",
                r"q_\phi",
                r"q_\phi({}\mid\mathbf{x})",
                r"q_\varphi",
                r"q_\varphi({}\mid\mathbf{x})",
            ),
        ),
        Symbol("r", Law(LATENT), latex="r", words="another variational law"),
        Symbol(
            "likelihood",
            Function((LATENT,), REAL),
            latex=r"p_\theta(\mathbf{x}\mid {})",
            domain=POSITIVE,
            words="the likelihood of the observation",
            spellings=(r"p(\mathbf{x}\mid {})",),
        ),
        Symbol(
            "joint",
            Function((LATENT,), REAL),
            latex=r"p_\theta(\mathbf{x},{})",
            domain=POSITIVE,
            definition=call("likelihood", z) * density("prior", z),
            parameters=("z",),
            words="the joint density of observation and latent vector",
            spellings=(r"p(\mathbf{x},{})", r"p_\theta({},\mathbf{x})", r"p({},\mathbf{x})"),
        ),
        Symbol(
            "evidence",
            REAL,
            latex=r"p_\theta(\mathbf{x})",
            domain=POSITIVE,
            definition=integral("z", call("likelihood", z) * density("prior", z), spaces("K")),
            words="the marginal likelihood",
            spellings=(r"p(\mathbf{x})",),
        ),
        Symbol(
            "posterior",
            Law(LATENT),
            latex=r"p_\theta({}\mid\mathbf{x})",
            definition=call("likelihood", z) * density("prior", z) / Name("evidence"),
            parameters=("z",),
            words="the exact posterior",
            spellings=(r"p({}\mid\mathbf{x})",),
        ),
        Symbol(
            "other_likelihood",
            Function((LATENT,), REAL),
            latex=r"p_{\theta'}(\mathbf{x}\mid {})",
            domain=POSITIVE,
            words="the likelihood under other parameters",
        ),
        Symbol(
            "other_evidence",
            REAL,
            latex=r"p_{\theta'}(\mathbf{x})",
            domain=POSITIVE,
            definition=integral(
                "z", call("other_likelihood", z) * density("prior", z), spaces("K")
            ),
            words="the marginal likelihood under other parameters",
        ),
        Symbol(
            "other_posterior",
            Law(LATENT),
            latex=r"p_{\theta'}({}\mid\mathbf{x})",
            definition=call("other_likelihood", z) * density("prior", z) / Name("other_evidence"),
            parameters=("z",),
            words="the posterior under other parameters",
        ),
        Symbol(
            "elbo",
            REAL,
            latex=r"\mathcal{L}(q)",
            definition=expectation("z", "q", log(call("likelihood", z))) - kl("q", "prior"),
            words="the evidence lower bound",
            spellings=(
                r"\mathcal{L}",
                "L",
                "ELBO",
                "ELBO(q)",
                r"ELBO(\mathbf{x})",
                r"\mathcal{L}(\mathbf{x})",
                r"\mathcal{L}(\theta,\phi)",
                r"\mathcal{L}(\theta,\phi;\mathbf{x})",
                r"\mathcal{L}(\theta,\phi,\mathbf{x})",
                r"\mathcal{L}_{\theta,\phi}(\mathbf{x})",
                r"\mathcal{L}(q,\theta)",
                r"\mathcal{L}(\theta,q)",
                r"\mathcal{L}(q;\mathbf{x})",
            ),
        ),
        Symbol(
            "elbo_r",
            REAL,
            latex=r"\mathcal{L}(r)",
            definition=expectation("z", "r", log(call("likelihood", z))) - kl("r", "prior"),
            words="the evidence lower bound of the other law",
        ),
    )
)


#: How the names print where they belong to the i-th observation.
_OF_AN_INSTANCE = {
    "q": r"q_{\phi^*}({}\mid\mathbf{x}_i)",
    "r": "q_i^*",
    "likelihood": r"p_\theta(\mathbf{x}_i\mid {})",
    "evidence": r"p_\theta(\mathbf{x}_i)",
    "posterior": r"p_\theta({}\mid\mathbf{x}_i)",
    "elbo": r"\mathcal{L}(q_{\phi^*}(\cdot\mid\mathbf{x}_i))",
    "elbo_r": r"\mathcal{L}(q_i^*)",
}
INSTANCE = Notation(tuple(replace(s, latex=_OF_AN_INSTANCE.get(s.name, s.latex)) for s in NOTATION))


def _ecll(law: str = "q") -> Term:
    """The expected complete-data log likelihood under ``law``."""
    return expectation("z", law, log(call("likelihood", z) * density("prior", z)))


def _bound(law: str) -> Term:
    """The evidence lower bound of ``law``, as it is defined."""
    return expectation("z", law, log(call("likelihood", z))) - kl(law, "prior")


def normal(mean: Liftable, spread: Liftable) -> Term:
    """The normal law with this mean and variance."""
    return Apply("normal", (lift(mean), lift(spread)))


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


# --------------------------------------------------------------------------- 2.1


def _ecll_derivation() -> Derivation:
    return (
        Chain("ecll", NOTATION, _ecll(), "What is maximized over the model for a fixed law.")
        .then(
            "By Bayes' rule, likelihood times prior is posterior times evidence.",
            bayes,
            "likelihood",
            "prior",
            "posterior",
            "evidence",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then(
            "Add and subtract the logarithm of the variational density.",
            add_and_subtract_log_density,
        )
        .then(
            "Expectations are linear, and the evidence does not depend on the latent vector.",
            linearity,
        )
        .then(
            "The two expectations are a Kullback-Leibler divergence and minus an entropy.",
            collect_divergence,
        )
        .derivation()
    )


def _elbo_derivation() -> Derivation:
    return (
        Chain("elbo", NOTATION, _bound("q"), "The evidence lower bound as it is defined.")
        .then(
            "Write the divergence from the prior as an expectation.",
            divergence_as_expectation,
            "z",
        )
        .then("Both expectations are under the same law.", join_expectations)
        .then("Two logarithms that are added are the logarithm of a product.", collect_logarithms)
        .then(
            "By Bayes' rule, likelihood times prior is posterior times evidence.",
            bayes,
            "likelihood",
            "prior",
            "posterior",
            "evidence",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then("The evidence does not depend on the latent vector.", constants_out)
        .then("What is left is minus a divergence.", collect_divergence)
        .derivation()
    )


#: The model of the remarks: z ~ N(0, 1), x | z ~ N(z + theta, 1), all on the real line.
_SHIFT = Notation(
    (
        Symbol("x", REAL, words="the observation"),
        Symbol("theta", REAL, latex=r"\theta", words="the model's shift"),
        Symbol("start", REAL, latex=r"\theta_0", words="the current shift"),
        Symbol("z", REAL, words="the latent variable"),
    )
)
_x, _theta, _start = names("x theta start")


def _shift_joint(at: Term) -> Term:
    """p(x|z) p(z) of the shift model at theta = ``at``."""
    return density(normal(z + at, 1), "x") * density(normal(0, 1), z)


def _shift_posterior(at: Term) -> Term:
    """The posterior of the shift model at theta = ``at``."""
    return normal((_x - at) / 2, HALF)


def _shift_ecll(law: Term) -> Term:
    return expectation("z", law, log(_shift_joint(_theta)))


def _shift_fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, _SHIFT, left, right), holds)


def _shift_facts() -> tuple[Fact, ...]:
    """The erratum: a shared maximizer does not need q to be the posterior, nor the converse."""
    prior = normal(0, 1)
    log_evidence = log(density(normal(_theta, 2), "x"))
    at_start = _shift_ecll(_shift_posterior(_start))
    return (
        _shift_fact(
            "shift-bayes",
            _shift_joint(_theta),
            density(_shift_posterior(_theta), z) * density(normal(_theta, 2), "x"),
        ),
        _shift_fact("shift-ecll-maximizer", argmax("theta", spaces(), _shift_ecll(prior)), _x),
        _shift_fact("shift-evidence-maximizer", argmax("theta", spaces(), log_evidence), _x),
        _shift_fact(
            "shift-posterior",
            let("theta", _x, density(_shift_posterior(_theta), z)),
            density(normal(0, HALF), z),
        ),
        _shift_fact("shift-same-law", density(prior, z), density(normal(0, HALF), z), holds=False),
        _shift_fact("shift-divergence", kl(prior, normal(0, HALF)), HALF * (1 - log(2))),
        _shift_fact("shift-em-step", argmax("theta", spaces(), at_start), (_x + _start) / 2),
        _shift_fact(
            "shift-same-slope",
            let("theta", _start, derivative(at_start, "theta")),
            let("theta", _start, derivative(log_evidence, "theta")),
        ),
    )


def complete_data_likelihood() -> Solution:
    """2.1: the complete-data likelihood is log evidence, minus a divergence, minus an entropy."""
    evidence = log("evidence")
    objective = evidence - kl("q", "posterior")
    forms = (
        Name("elbo") - entropy("q"),
        evidence - kl("q", "posterior") + expectation("z", "q", log(density("q", z))),
        evidence + expectation("z", "q", log(density("posterior", z))),
        evidence - (kl("q", "posterior") + entropy("q")),
    )
    facts = (
        _fact("difference", _ecll() - objective, -entropy("q")),
        _fact("at-the-posterior", _ecll("posterior"), evidence - entropy("posterior")),
        _fact(
            "at-a-maximizer",
            _ecll("posterior")
            - expectation("z", "posterior", log(call("other_likelihood", z) * density("prior", z))),
            evidence - log("other_evidence") + kl("posterior", "other_posterior"),
        ),
        _fact("entropy-dropped", _ecll(), objective, holds=False),
        _fact(
            "brackets-dropped",
            expectation("z", "q", log(call("likelihood", z)) * density("prior", z)),
            _ecll(),
            holds=False,
        ),
        *_shift_facts(),
    )
    shift = (
        Symbol("scalar_x", REAL, latex="x"),
        Symbol("scalar_z", REAL, latex="z"),
        _SHIFT["theta"],
        _SHIFT["start"],
    )
    return Solution(
        NOTATION.extended(*shift),
        answers=(
            Answer(
                "ecll",
                _ecll_derivation(),
                forms,
                asks="the expected complete-data log likelihood, from log p(x), a KL and more",
                also=("likelihood", "prior", "joint", "integral"),
                mistakes=(
                    Mistake(
                        "entropy-dropped",
                        "As an equality this lacks a term that does not depend on the model.",
                        1,
                    ),
                ),
            ),
        ),
        lemmas=(_elbo_derivation(),),
        facts=facts,
        formulas={
            "objective": objective,
            "defined": _ecll(),
            "log-evidence": evidence,
            "divergence": kl("q", "posterior"),
            "entropy": entropy("q"),
            "posterior-density": density("posterior", z),
            "q-density": density("q", z),
            "likelihood-density": call("likelihood", z),
            "complete-data": call("likelihood", z) * density("prior", z),
            "elbo-name": Name("elbo"),
            "shift-prior": normal(0, 1),
            "shift-decoder": normal(Name("scalar_z") + _theta, 1),
            "shift-posterior-law": normal((Name("scalar_x") - _theta) / 2, HALF),
            "shift-parameter": _theta,
            "shift-start": _start,
            "shift-observation": Name("scalar_x"),
        },
        conventions=(
            Convention(
                "logarithm",
                "binary",
                scale=dict.fromkeys(
                    ("ecll", "elbo", "difference", "objective", "defined"), 1 / log(2)
                ),
            ),
        ),
    )


# --------------------------------------------------------------------------- 2.2 and 2.3

_i = Name("i")
_w, _b, _s, _tau, _phi, _mu, _n = names("w b s tau phi mu n")
_at = entry("data", _i)


def _mean(at: Term) -> Term:
    return call("m", at)


#: z ~ N(0, 1), x | z ~ N(w z + b, s^2); the family Q holds the N(mu, tau^2) with tau fixed.
LINEAR = Notation(
    (
        Symbol("n", INTEGER, domain=NATURALS, words="the number of observations"),
        Symbol("i", INTEGER, domain=NATURALS, words="the number of an observation"),
        Symbol("data", Array(("n",)), latex="x", words="the observations"),
        Symbol("x", REAL, words="one observation"),
        Symbol("z", REAL, words="the latent variable"),
        Symbol("w", REAL, words="the decoder's slope"),
        Symbol("b", REAL, words="the decoder's offset"),
        Symbol("s", REAL, domain=POSITIVE, words="the decoder's standard deviation"),
        Symbol("tau", REAL, latex=r"\tau", domain=POSITIVE, words="the family's deviation"),
        Symbol("mu", REAL, latex=r"\mu", words="a variational mean"),
        Symbol("phi", REAL, latex=r"\phi", words="the encoder's slope"),
        Symbol(
            "v",
            REAL,
            domain=POSITIVE,
            definition=_s**2 / (_w**2 + _s**2),
            words="the variance of the posterior",
        ),
        Symbol(
            "m",
            Function((REAL,), REAL),
            definition=_w * (Name("x") - _b) / (_w**2 + _s**2),
            parameters=("x",),
            words="the mean of the posterior",
        ),
        Symbol(
            "elbo",
            Function((REAL, REAL), REAL),
            latex=r"\mathcal{L}({};{})",
            definition=expectation(
                "z",
                normal(_mu, _tau**2),
                log(density(normal(_w * z + _b, _s**2), "x")),
            )
            - kl(normal(_mu, _tau**2), normal(0, 1)),
            parameters=("mu", "x"),
            words="the evidence lower bound of N(mu, tau^2) at x",
            spellings=(
                r"\mathcal{L}",
                "L",
                "ELBO",
                "ELBO(q)",
                r"ELBO(\mathbf{x})",
                r"\mathcal{L}(\mathbf{x})",
                r"\mathcal{L}(\theta,\phi)",
                r"\mathcal{L}(\theta,\phi;\mathbf{x})",
                r"\mathcal{L}(\theta,\phi,\mathbf{x})",
                r"\mathcal{L}_{\theta,\phi}(\mathbf{x})",
                r"\mathcal{L}(q,\theta)",
                r"\mathcal{L}(\theta,q)",
                r"\mathcal{L}(q;\mathbf{x})",
            ),
        ),
        Symbol(
            "S1",
            REAL,
            latex="S_1",
            definition=index_sum("i", "n", _at),
            words="the sum of the data",
        ),
        Symbol(
            "S2",
            REAL,
            latex="S_2",
            domain=POSITIVE,
            definition=index_sum("i", "n", _at**2),
            words="their sum of squares",
        ),
        Symbol(
            "best",
            REAL,
            latex=r"\phi^*",
            definition=_w / (_w**2 + _s**2) * (1 - _b * Name("S1") / Name("S2")),
            words="the amortized optimum",
        ),
    )
)

#: Some observation is not zero, so that the encoder's slope matters.
_NONZERO = greater(index_sum("i", "n", _at**2), 0)


def _linear_fact(name: str, left: Term, right: Term, *conditions: Term, holds: bool = True) -> Fact:
    return Fact(Claim(name, LINEAR, left, right, conditions=conditions), holds)


def _family(mean: Term) -> Term:
    """The member of Q with this mean."""
    return normal(mean, _tau**2)


def _posterior(at: Term) -> Term:
    return normal(_mean(at), "v")


def _marginal(at: Term) -> Term:
    return density(normal(_b, _w**2 + _s**2), at)


def _bound_derivation() -> Derivation:
    x = Name("x")
    return (
        Chain(
            "linear-bound",
            LINEAR,
            call("elbo", _mu, x),
            "The bound of one member of the family at one observation.",
        )
        .then("Write its definition.", unfold_definition, LINEAR, "elbo")
        .then(
            "By the lemma of question 2.1 it is the log evidence minus the divergence from the "
            "posterior; both are normal here.",
            evidence_decomposition,
            _marginal(x),
            _posterior(x),
        )
        .then("The divergence between two normal laws.", divergence_between_normals)
        .derivation()
    )


def _amortized_bounds() -> Term:
    """What the encoder maximizes: the sum of the bounds at means phi x_i."""
    return index_sum("i", "n", call("elbo", _phi * _at, _at))


def _slope_derivation() -> Derivation:
    return (
        Chain(
            "amortized-slope",
            LINEAR,
            derivative(_amortized_bounds(), "phi"),
            "What vanishes at the amortized optimum: the slope of the summed bounds.",
        )
        .under(_NONZERO)
        .then("Write the definition of the bounds.", unfold_definition, LINEAR, "elbo")
        .then(
            "Each is a log evidence minus a divergence from the posterior.",
            evidence_decomposition,
            _marginal(_at),
            _posterior(_at),
        )
        .then("These are divergences between normal laws.", divergence_between_normals)
        .then(
            "Differentiate term by term; only the squared distances of the means depend on the "
            "encoder.",
            differentiate_termwise,
            LINEAR,
        )
        .then(
            "This is linear in the encoder's slope: write it around its zero.",
            around_its_zero,
            LINEAR,
            "phi",
        )
        .derivation()
    )


def _gap_derivation() -> Derivation:
    amortized = kl(_family(Name("best") * _at), _posterior(_at))
    per_instance = kl(_family(_mean(_at)), _posterior(_at))
    return (
        Chain(
            "gap",
            LINEAR,
            amortized - per_instance,
            "How much larger the amortized divergence is at one observation.",
        )
        .then("Both are divergences between normal laws.", divergence_between_normals)
        .then("All but the squared distance of the means cancels.", collect_pointwise, LINEAR)
        .then(
            "Write the two means and the variance.",
            unfold_definition,
            LINEAR,
            "best",
            "m",
            "v",
        )
        .then("Collect: a square times positive numbers.", collect_pointwise, LINEAR)
        .derivation()
    )


def _linear_facts() -> tuple[Fact, ...]:
    ratio = _tau**2 / Name("v")
    spread = HALF * (ratio - 1 - log(ratio))
    s1, s2 = Name("S1"), Name("S2")
    total = _w**2 * _b**2 * (_n - s1**2 / s2) / (2 * _s**2 * (_w**2 + _s**2))
    amortized = kl(_family(Name("best") * _at), _posterior(_at))
    per_instance = kl(_family(_mean(_at)), _posterior(_at))
    squares = index_sum("i", "n", (1 - _at * s1 / s2) ** 2)
    x = Name("x")
    return (
        _linear_fact("linear-mean", _mean(x), _w * (x - _b) / (_w**2 + _s**2)),
        _linear_fact("linear-variance", Name("v"), _s**2 / (_w**2 + _s**2)),
        _linear_fact(
            "linear-bayes",
            log(density(normal(_w * z + _b, _s**2), "x")) + log(density(normal(0, 1), z)),
            log(density(_posterior(x), z)) + log(_marginal(x)),
        ),
        _linear_fact(
            "per-instance-optimum",
            argmax("mu", spaces(), call("elbo", _mu, x)),
            _mean(x),
        ),
        _linear_fact(
            "amortized-excess",
            index_sum("i", "n", call("elbo", Name("best") * _at, _at)) - _amortized_bounds(),
            s2 * (_phi - Name("best")) ** 2 / (2 * Name("v")),
            _NONZERO,
        ),
        _linear_fact("per-instance-divergence", per_instance, spread),
        _linear_fact("total-gap", index_sum("i", "n", amortized - per_instance), total, _NONZERO),
        _linear_fact("cauchy-schwarz", _n - s1**2 / s2, squares, _NONZERO),
        _linear_fact(
            "distance-of-means",
            Name("best") * _at - _mean(_at),
            _w * _b / (_w**2 + _s**2) * (1 - _at * s1 / s2),
            _NONZERO,
        ),
        _linear_fact(
            "least-squares",
            index_sum("i", "n", _at * _mean(_at)) / index_sum("i", "n", _at**2),
            Name("best"),
            _NONZERO,
        ),
        _linear_fact(
            "tie-at-one-point",
            Name("best") * (s2 / s1),
            _mean(s2 / s1),
            _NONZERO,
            relation("unequal", s1, 0),
        ),
        _linear_fact("never-a-gap", amortized, per_instance, holds=False),
    )


def amortization() -> Solution:
    """2.2: the amortized divergence is never smaller, and by how much on a linear model."""
    order = Fact(
        Claim(
            "same-order",
            INSTANCE,
            kl("q", "posterior") - kl("r", "posterior"),
            Name("elbo_r") - Name("elbo"),
        )
    )
    total = next(fact for fact in _linear_facts() if fact.claim.name == "total-gap")
    laws = ("q", "r", "posterior")
    shown = (replace(INSTANCE[name], name=f"law_{name}", definition=None) for name in laws)
    return Solution(
        LINEAR.extended(*shown),
        choices=(
            Choice(
                "larger",
                "amortized",
                ("same-order", "gap", "total-gap"),
                asks="which divergence is larger, with an amortized or a per-instance law",
                options={
                    "amortized": (
                        "amortised",
                        "amortized inference",
                        "amortization",
                        "the amortized one",
                        "the amortized kl",
                        "amortized kl",
                        "vae",
                        "encoder",
                    ),
                    "per-instance": (
                        "per instance",
                        "instance",
                        "per-instance inference",
                        "the per-instance one",
                        "individual",
                        "non-amortized",
                        "non-amortised",
                        "not amortized",
                        "per-sample",
                        "per-example",
                    ),
                },
            ),
        ),
        lemmas=(_bound_derivation(), _slope_derivation(), _gap_derivation()),
        facts=(order, *_linear_facts()),
        formulas={
            "amortized": kl("law_q", "law_posterior"),
            "per-instance": kl("law_r", "law_posterior"),
            "shared-law": Name("law_q"),
            "own-law": Name("law_r"),
            "prior": normal(0, 1),
            "decoder": normal(_w * z + _b, _s**2),
            "posterior": _posterior(Name("x")),
            "posterior-mean": _mean(Name("x")),
            "posterior-variance": Name("v"),
            "member": _family(_mu),
            "encoder-mean": _phi * _at,
            "amortized-kl": kl(_family(Name("best") * _at), _posterior(_at)),
            "per-instance-kl": kl(_family(_mean(_at)), _posterior(_at)),
            "total": total.claim.closed_form,
            "best-slope": Name("best"),
            "sum-of-data": Name("S1"),
            "sum-of-squares": Name("S2"),
            "tie": Name("S2") / Name("S1"),
            "one": _at,
            "offset": _b,
            "slope": _w,
        },
        experiments=("amortization",),
        studies=("linear_vae",),
        figures=("amortization_gap",),
    )


def amortized_against_per_instance() -> Solution:
    """2.3: bias of the bound, computation and memory, on the same linear model."""
    rate = Name("eta")
    learning = LINEAR.extended(
        Symbol("eta", REAL, latex=r"\eta", domain=POSITIVE, words="the step size")
    )
    x = Name("x")
    step = _mu + rate * derivative(call("elbo", _mu, x), "mu")
    factor = 1 - rate / Name("v")
    facts = (
        _linear_fact(
            "bias",
            log(_marginal(x)) - call("elbo", _mu, x),
            kl(_family(_mu), _posterior(x)),
        ),
        Fact(
            Claim(
                "one-step",
                learning,
                step - _mean(x),
                factor * (_mu - _mean(x)),
            )
        ),
        Fact(Claim("contraction", learning, derivative(step, "mu"), factor)),
        *(
            fact
            for fact in _linear_facts()
            if fact.claim.name in ("per-instance-divergence", "total-gap")
        ),
    )
    return Solution(
        learning,
        facts=facts,
        formulas={
            "bound": call("elbo", _mu, x),
            "count": _n,
            "mean": _mu,
            "slope": _phi,
            "rate": rate,
            "contraction-factor": factor,
            "variance": Name("v"),
            "family-variance": _tau**2,
        },
        experiments=("amortization",),
    )
