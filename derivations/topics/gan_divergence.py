"""What the best discriminator's criterion measures: a Jensen-Shannon divergence."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Mistake, Solution
from derivations.rules.adversarial import (
    against_midpoint,
    collect_divergences,
    collect_jensen_shannon,
    complement_of_share,
    merge_number_logarithms,
    share_of_equals,
)
from derivations.rules.calculus import at_the_point
from derivations.rules.information import (
    cancel_factors,
    collect_constants,
    divergence_as_expectation,
    divisor_of_divisor,
    expectation_as_integral,
    jensen_shannon_definition,
    linearity,
    log_of_product,
    unfold_definition,
)
from derivations.topics.gan_objective import DENSITIES, NOTATION
from derivations.topics.gan_optimality import (
    HALF,
    MIXED,
    SPACE,
    TANGENT,
    bernoulli_divergence,
    best,
    best_value,
    binary,
    fact,
    fake,
    gap_to_one,
    objective,
    other,
    real,
    share,
    statement,
)
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import POSITIVE, REAL
from language.vocabulary import (
    both,
    density,
    equal,
    expectation,
    integral,
    jsd,
    kl,
    less,
    let,
    log,
    mixture,
    names,
    number,
    relation,
)

__all__ = [
    "interpretation",
    "jensen_shannon",
    "kullback_leibler",
    "value_at_equilibrium",
]

a, b, m, t, v = names("a b m t v")
#: Two densities at one point, as numbers.
AT_A_POINT = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE, words="the first density at one point"),
        Symbol("b", REAL, domain=POSITIVE, words="the second density at that point"),
    )
)
#: Two normal laws on the line.
SHIFTED = Notation(
    (
        Symbol("m", REAL, words="the distance of the means"),
        Symbol("v", REAL, domain=POSITIVE, words="the variance of the model"),
    )
)
#: The names of the criterion where the generator has learned the law of the data.
EQUILIBRIUM = DENSITIES.where("p_g", real, "x")


# --------------------------------------------------------------------------- equal laws


def _at_equilibrium() -> Derivation:
    return (
        Chain("C", EQUILIBRIUM, objective(best), "The criterion of the optimal discriminator.")
        .then(
            "Write the optimal discriminator as the share of the first density.",
            unfold_definition,
            EQUILIBRIUM,
            "best",
        )
        .then("What a share leaves is the other share.", complement_of_share)
        .then("The two densities are the same.", unfold_definition, EQUILIBRIUM, "p_g")
        .then("Of two equal parts each is one half of the sum.", share_of_equals)
        .then("The expectation of a constant is that constant.", linearity)
        .then("Add up the two logarithms.", merge_number_logarithms)
        .derivation()
    )


def _best_at_equilibrium() -> Derivation:
    return (
        Chain("one-half", EQUILIBRIUM, best, "The optimal discriminator.")
        .then(
            "Write it as the share of the first density.",
            unfold_definition,
            EQUILIBRIUM,
            "best",
        )
        .then("The two densities are the same.", unfold_definition, EQUILIBRIUM, "p_g")
        .then("Of two equal parts each is one half of the sum.", share_of_equals)
        .derivation()
    )


def value_at_equilibrium() -> Solution:
    """3.optimality.5a: the criterion where the generator has learned the law of the data."""
    coin = expectation("x", "p_data", log(HALF)) + expectation("x", "p_g", log(1 - HALF))
    scope = EQUILIBRIUM.extended(*AT_A_POINT)
    return Solution(
        scope,
        answers=(
            Answer(
                "C",
                _at_equilibrium(),
                (-2 * log(2), 2 * log(HALF), log(number(1, 4))),
                asks="C(G) where both laws agree",
                mistakes=(Mistake("one-logarithm", "This is one of two logarithms.", 1),),
            ),
        ),
        lemmas=(_best_at_equilibrium(),),
        facts=(
            fact("coin", DENSITIES, coin, -log(4)),
            statement("only-if", AT_A_POINT, equal(share(a, b), HALF), equal(a, b)),
            fact("one-logarithm", EQUILIBRIUM, objective(best), -log(2), holds=False),
        ),
        formulas={
            "half": HALF,
            "minimum": -log(4),
        },
        conventions=binary("C"),
    )


# --------------------------------------------------------------------------- divergences


def normal(mean: Liftable, spread: Liftable) -> Term:
    """The normal law with this mean and variance."""
    return Apply("normal", (lift(mean), lift(spread)))


def _kullback_leibler() -> Derivation:
    return (
        Chain("kl", DENSITIES, kl("p_data", "p_g"), "The divergence of the model from the data.")
        .then(
            "By definition it is an expected log ratio, under the first law.",
            divergence_as_expectation,
            "x",
            quotient=True,
        )
        .then("An expectation is an integral against the density.", expectation_as_integral, "d")
        .derivation()
    )


def kullback_leibler() -> Solution:
    """3.optimality.5b: the Kullback-Leibler divergence, its sign and its two directions."""
    ratio = log(real) - log(fake)
    return Solution(
        MIXED.extended(*AT_A_POINT, *SHIFTED),
        answers=(
            Answer(
                "kl",
                _kullback_leibler(),
                (expectation("x", "p_data", ratio), integral("x", real * ratio, SPACE)),
                asks="KL(p_data || p_g), written out",
                mistakes=(
                    Mistake(
                        "without-weight", "The logarithm is weighted with the wrong density.", 1
                    ),
                ),
            ),
        ),
        facts=(
            statement("one-point", AT_A_POINT, relation("less_equal", a * log(b / a), b - a)),
            fact(
                "negative",
                DENSITIES,
                -kl("p_data", "p_g"),
                integral("x", real * log(fake / real), SPACE),
            ),
            fact("both-integrate", DENSITIES, integral("x", fake - real, SPACE), lift(0)),
            fact("equal-laws", DENSITIES, kl("p_data", "p_data"), lift(0)),
            statement(
                "never-negative", DENSITIES, relation("greater_equal", kl("p_data", "p_g"), 0)
            ),
            statement("touches", TANGENT, equal(log(t), t - 1), equal(t, 1)),
            fact("directions", DENSITIES, kl("p_data", "p_g"), kl("p_g", "p_data"), holds=False),
            fact(
                "normals",
                SHIFTED,
                kl(normal(0, 1), normal(m, v)),
                HALF * (log(v) + (1 + m**2) / v - 1),
            ),
            fact(
                "normals-reversed",
                SHIFTED,
                kl(normal(m, v), normal(0, 1)),
                HALF * (v + m**2 - 1 - log(v)),
            ),
            fact("from-the-midpoint", MIXED, kl("p_data", "mu"), _from_midpoint()),
            fact(
                "from-the-discriminator",
                DENSITIES,
                expectation("x", "p_g", log((1 - best) / best)),
                kl("p_g", "p_data"),
            ),
            fact(
                "without-weight",
                DENSITIES,
                kl("p_data", "p_g"),
                integral("x", fake * log(real / fake), SPACE),
                holds=False,
            ),
        ),
        formulas={
            "data-law": Name("p_data"),
            "model-law": Name("p_g"),
            "midpoint": Name("mu"),
            "first": a,
            "second": b,
            "standard": normal(0, 1),
            "shifted": normal(m, v),
        },
        conventions=binary("kl"),
    )


def _from_midpoint() -> Term:
    return log(2) + expectation("x", "p_data", log(best))


def to_jensen_shannon(chain: Chain, notation: Notation, midpoint: str) -> Derivation:
    """From the criterion of the best discriminator to a constant and a divergence."""
    return (
        chain.then(
            "Compare each density with the mean of both, not with their sum: with the density of "
            "the equal mixture.",
            against_midpoint,
            notation,
            midpoint,
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then("Expectations are linear.", linearity)
        .then("Two expected log ratios are two divergences from the mixture.", collect_divergences)
        .then(
            "Half their sum is the Jensen-Shannon divergence.",
            collect_jensen_shannon,
            midpoint,
        )
        .then("Add up the two logarithms.", merge_number_logarithms)
        .derivation()
    )


def _jensen_shannon() -> Derivation:
    return (
        Chain("jsd", MIXED, jsd("p_data", "p_g"), "The Jensen-Shannon divergence.")
        .then(
            "By definition it is the mean divergence of the two laws from their equal mixture.",
            jensen_shannon_definition,
            "mu",
        )
        .then(
            "Each divergence is an expected log ratio.",
            divergence_as_expectation,
            "x",
            quotient=True,
        )
        .then("Write the density of the mixture out.", unfold_definition, MIXED, "mu")
        .then("Dividing by a half of the sum is multiplying by two.", divisor_of_divisor)
        .derivation()
    )


def jensen_shannon() -> Solution:
    """3.optimality.5c: C(G) = -log 4 + 2 JSD(p_data || p_g)."""
    chain = to_jensen_shannon(best_value("C", "p_data", "p_g", MIXED), MIXED, "mu")
    divergences = kl("p_data", "mu") + kl("p_g", "mu")
    mixed = mixture(HALF, "p_data", HALF, "p_g")
    tangents = a * ((a + b) / (2 * a) - 1) + b * ((a + b) / (2 * b) - 1)
    return Solution(
        MIXED.extended(*AT_A_POINT, *TANGENT),
        answers=(
            Answer(
                "C",
                chain,
                (-log(4) + divergences, -2 * log(2) + 2 * jsd("p_g", "p_data")),
                asks="C(G) in terms of a divergence",
            ),
            Answer(
                "jsd",
                _jensen_shannon(),
                (
                    HALF * kl("p_data", "mu") + HALF * kl("p_g", "mu"),
                    HALF * kl("p_data", mixed) + HALF * kl("p_g", mixed),
                    log(2) + HALF * objective(best),
                ),
                asks="JSD(p_data || p_g), written out",
                also=("integral", "entropy"),
            ),
        ),
        facts=(
            statement("tangent", TANGENT, relation("less_equal", log(t), t - 1)),
            fact("tangents", AT_A_POINT, tangents, lift(0)),
            fact(
                "negative",
                DENSITIES,
                -2 * jsd("p_data", "p_g"),
                integral("x", _lost(real, fake), SPACE),
            ),
            statement("touches", AT_A_POINT, equal(_lost(a, b), 0), equal(a, b)),
            fact("symmetric", DENSITIES, jsd("p_data", "p_g"), jsd("p_g", "p_data")),
            fact(
                "without-two",
                DENSITIES,
                objective(best),
                -log(4) + jsd("p_data", "p_g"),
                holds=False,
            ),
            fact(
                "without-constant",
                DENSITIES,
                objective(best),
                2 * jsd("p_data", "p_g"),
                holds=False,
            ),
            fact("sum-for-mean", MIXED, _against_sum(), jsd("p_data", "p_g"), holds=False),
            fact(
                "mean-of-directions",
                DENSITIES,
                HALF * (kl("p_data", "p_g") + kl("p_g", "p_data")),
                jsd("p_data", "p_g"),
                holds=False,
            ),
        ),
        formulas={
            "divergence": jsd("p_data", "p_g"),
            "mixture": Name("mu"),
            "minimum": -log(4),
            "first": a,
            "second": b,
            "sum": real + fake,
        },
        experiments=("gan_optimality",),
        conventions=binary("C", "jsd"),
    )


def _lost(first: Term, second: Term) -> Term:
    whole = first + second
    return first * log(whole / (2 * first)) + second * log(whole / (2 * second))


def _against_sum() -> Term:
    """The divergences from p_data + p_g, which is no law: its total mass is two."""
    return HALF * objective(best)


# --------------------------------------------------------------------------- interpretation

DISJOINT = DENSITIES.extended(
    Symbol("q", REAL, words="the density of the other law at the same point")
)


def _disjoint() -> Derivation:
    q = Name("q")

    def part(law: str) -> Term:
        own = density(law, "x")
        return let("q", 0, expectation("x", law, log(own / ((own + q) / 2))))

    return (
        Chain(
            "jsd-disjoint",
            DISJOINT,
            HALF * part("p_data") + HALF * part("p_g"),
            "Each law is compared with the mean of its own density and the other one; an "
            "expectation sees only points of its own law, where the other density is zero.",
        )
        .then("Put the zero in.", at_the_point)
        .then("Dividing by a half is multiplying by two.", divisor_of_divisor)
        .then("The density cancels, at every point of its law.", cancel_factors)
        .then("The expectation of a constant is that constant.", linearity)
        .then("Two halves of a number are that number.", collect_constants)
        .derivation()
    )


def interpretation() -> Solution:
    """3.optimality.5d: what the generator minimizes, and where its signal ends."""
    return Solution(
        DISJOINT.extended(*AT_A_POINT, *SHIFTED, NOTATION["p_z"], NOTATION["G"]),
        answers=(
            Answer(
                "jsd-disjoint",
                _disjoint(),
                (log(4) / 2,),
                asks="the JSD of two laws with disjoint supports",
            ),
        ),
        facts=(
            statement(
                "bounds",
                DENSITIES,
                both(
                    relation("less_equal", 0, jsd("p_data", "p_g")),
                    relation("less_equal", jsd("p_data", "p_g"), log(2)),
                ),
            ),
            statement("below", AT_A_POINT, less(0, log((a + b) / a))),
            fact(
                "as-integral",
                DENSITIES,
                2 * jsd("p_data", "p_g"),
                integral("x", _whole(real, fake), SPACE),
            ),
            fact("shifted", SHIFTED, kl(normal(0, 1), normal(m, 1)), m**2 / 2),
            fact("total", DENSITIES, integral("x", (real + fake) * log(2), SPACE), 2 * log(2)),
            fact(
                "price",
                DENSITIES,
                objective(best) - objective(other),
                integral("x", (real + fake) * bernoulli_divergence(best, other), SPACE),
            ),
        ),
        formulas={
            "largest": log(2),
            "minimum": -log(4),
            "zero": lift(0),
            "data-law": Name("p_data"),
            "model-law": Name("p_g"),
            "first": a,
            "second": b,
            "shift": m,
        },
        experiments=("gan_optimality",),
        studies=("gan_on_mixtures",),
        figures=("divergence_of_shifted_laws",),
        conventions=binary("jsd-disjoint"),
    )


def _whole(first: Term, second: Term) -> Term:
    return (first + second) * log(2) - gap_to_one(first, second)
