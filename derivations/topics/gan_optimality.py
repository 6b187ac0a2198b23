"""The optimal discriminator of a GAN: at one number, at one point, and the criterion it attains."""

from __future__ import annotations

from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.adversarial import (
    complement_of_share,
    differentiate_inside,
    expectation_under_image,
    integral_as_expectations,
    use_result,
    value_at_maximizer,
)
from derivations.rules.calculus import at_the_point
from derivations.rules.information import expectation_as_integral, join_integrals
from derivations.rules.pointwise import (
    clear_denominators,
    differentiate_termwise,
    pointwise_maximum,
    solve_linear,
)
from derivations.topics.gan_objective import BINARY, DENSITIES, NOTATION, criterion
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Liftable, Name, Term, lift
from language.types import POSITIVE, PROBABILITY, REAL, Interval
from language.vocabulary import (
    TRUE,
    argmax,
    call,
    density,
    derivative,
    equal,
    expectation,
    integral,
    less,
    let,
    log,
    names,
    number,
    relation,
    spaces,
)

__all__ = [
    "criterion_as_integrals",
    "optimal_discriminator",
    "pointwise_objective",
    "virtual_criterion",
]

UNIT = Apply("interval", (number(0), number(1)))
HALF = number(1, 2)
x, y, a, b, t = names("x y a b t")
real, fake = density("p_data", x), density("p_g", x)
best, other = call("best", x), call("D", x)


def value(first: Liftable, second: Liftable, said: Liftable) -> Term:
    """The objective a log y + b log(1 - y) at one point."""
    return lift(first) * log(said) + lift(second) * log(1 - lift(said))


def share(first: Term, second: Term) -> Term:
    return first / (first + second)


def bernoulli_divergence(p: Term, q: Term) -> Term:
    """KL between two Bernoulli laws with these means."""
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def statement(
    name: str,
    notation: Notation,
    said: Term,
    same_as: Term = TRUE,
    conditions: tuple[Term, ...] = (),
    *,
    holds: bool = True,
) -> Fact:
    """A fact that says that a statement holds, or that two hold together."""
    claim = Claim(name, notation, said, same_as, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


def binary(*answers: str) -> tuple[Convention, ...]:
    """The question with the base-2 logarithm, by which these answers are scaled."""
    return (Convention("logarithm", "binary", scale=dict.fromkeys(answers, BINARY)),)


# --------------------------------------------------------------------------- at one point

WEIGHTS = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE, words="the weight of the first logarithm"),
        Symbol("b", REAL, domain=POSITIVE, words="the weight of the second logarithm"),
        Symbol("y", REAL, domain=PROBABILITY, words="the variable"),
    )
)
TANGENT = Notation((Symbol("t", REAL, domain=POSITIVE, words="any positive number"),))
NEGATIVE = Notation(
    (
        Symbol("a", REAL, domain=Interval(None, Fraction(0)), words="a negative weight"),
        Symbol("b", REAL, domain=Interval(None, Fraction(0)), words="a negative weight"),
        WEIGHTS["y"],
    )
)


def maximizer() -> Derivation:
    """Where a log t + b log(1 - t) is largest."""
    return (
        Chain(
            "argmax",
            WEIGHTS,
            argmax("t", UNIT, value(a, b, "t")),
            "The place of the maximum on the open unit interval.",
        )
        .then(
            "The function is strictly concave, so its one stationary point is its one maximum.",
            pointwise_maximum,
            WEIGHTS,
        )
        .derivation()
    )


def maximum() -> Derivation:
    """How large a log t + b log(1 - t) becomes."""
    return (
        Chain(
            "max-value",
            WEIGHTS,
            Bind("maximal", "t", UNIT, value(a, b, "t")),
            "The largest value on the open unit interval.",
        )
        .then(
            "It is the value at the place of the maximum.",
            value_at_maximizer,
            maximizer().claim,
        )
        .then("Put the place in.", at_the_point)
        .then("What a share leaves is the other share.", complement_of_share)
        .derivation()
    )


def _second_derivative() -> Derivation:
    return (
        Chain(
            "second-derivative",
            WEIGHTS,
            derivative(derivative(value(a, b, y), y), y),
            "The curvature.",
        )
        .then(
            "The slope of the first logarithm is the reciprocal, that of the second minus the "
            "reciprocal of the complement.",
            differentiate_inside,
            WEIGHTS,
        )
        .then("Once more.", differentiate_termwise, WEIGHTS)
        .derivation()
    )


def _stationary() -> Derivation:
    return (
        Chain(
            "stationary",
            WEIGHTS,
            equal(derivative(value(a, b, y), y), 0),
            "A maximum inside the interval is a stationary point.",
        )
        .then("Differentiate both logarithms.", differentiate_termwise, WEIGHTS)
        .then("Both denominators are positive; multiply by them.", clear_denominators, WEIGHTS)
        .then(
            "This is linear in the unknown, and the sum of the weights is not zero.",
            solve_linear,
            WEIGHTS,
            "y",
        )
        .derivation(Equality.CONDITION)
    )


def pointwise_objective() -> Solution:
    """3.optimality.1: the maximum of a log y + b log(1 - y), and what happens at the edges."""
    top = share(a, b)
    curvature = derivative(derivative(value(a, b, y), y), y)
    gap = (a + b) * bernoulli_divergence(top, y)
    below = a * log(y / top) + b * log((1 - y) / (1 - top))
    facts = (
        fact("gap", WEIGHTS, value(a, b, top) - value(a, b, y), gap),
        fact("excess", WEIGHTS, value(a, b, y) - value(a, b, top), below),
        statement("tangent", TANGENT, relation("less_equal", log(t), t - 1)),
        fact("tangents", WEIGHTS, a * (y / top - 1) + b * ((1 - y) / (1 - top) - 1), lift(0)),
        statement("one-weight", WEIGHTS, less(a * log(y), 0)),
        fact("one-weight-at-one", WEIGHTS, let("y", 1, a * log(y)), lift(0)),
        statement("negative-weights", NEGATIVE, less(0, curvature)),
        statement(
            "opposite-signs",
            WEIGHTS,
            less(0, derivative(value(a, -b, y), y)),
        ),
        fact(
            "shares-swapped", WEIGHTS, argmax("t", UNIT, value(a, b, "t")), b / (a + b), holds=False
        ),
        fact("without-complement", WEIGHTS, curvature, -a / y**2 - b / y**2, holds=False),
    )
    top_value = maximum()
    return Solution(
        WEIGHTS.extended(*TANGENT),
        answers=(
            Answer(
                "argmax",
                maximizer(),
                (1 / (1 + b / a), 1 - b / (a + b)),
                asks="where a log y + b log(1 - y) is largest",
                mistakes=(Mistake("shares-swapped", "The weights are the wrong way round.", 1),),
            ),
            Answer(
                "max-value",
                top_value,
                (a * log(a) + b * log(b) - (a + b) * log(a + b), -gap_to_one(a, b)),
                asks="its largest value",
            ),
            Answer(
                "second-derivative",
                _second_derivative(),
                (-a / y**2 - b / (1 - y) ** 2,),
                asks="its second derivative by y",
                mistakes=(
                    Mistake(
                        "without-complement",
                        "The second logarithm has another argument than the first.",
                        1,
                    ),
                ),
            ),
        ),
        lemmas=(_stationary(),),
        facts=facts,
        formulas={
            "objective": value(a, b, y),
            "place": top,
            "variable": y,
            "first": a,
            "second": b,
            "without-second": a * log(y),
        },
        figures=("pointwise_objectives",),
        conventions=binary("max-value", "second-derivative"),
    )


def gap_to_one(first: Term, second: Term) -> Term:
    """What sharing costs: a log((a + b)/a) + b log((a + b)/b)."""
    whole = first + second
    return first * log(whole / first) + second * log(whole / second)


# --------------------------------------------------------------------------- the criterion

SPACE = spaces("d")


def _as_integrals() -> Derivation:
    return (
        Chain("V", NOTATION, criterion(), "The criterion, over data and noise.")
        .then(
            "What the generator makes of noise follows the law of its samples: that is how this "
            "law is defined.",
            expectation_under_image,
            "p_g",
            "p_z",
            "G",
            "x",
        )
        .then("An expectation is an integral against the density.", expectation_as_integral, "d")
        .derivation()
    )


def criterion_as_integrals() -> Solution:
    """3.optimality.2: both expectations as integrals over the data space."""
    joined = integral("x", real * log(other) + fake * log(1 - other), SPACE)
    over_noise = integral(
        "z", density("p_z", "z") * log(1 - call("D", call("G", "z"))), spaces("k")
    )
    apart = integral("x", real * log(other), SPACE) + over_noise
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "V",
                _as_integrals(),
                (joined, apart),
                asks="the criterion as integrals",
                mistakes=(
                    Mistake(
                        "densities-missing", "Both logarithms stand under the same density.", 1
                    ),
                ),
            ),
        ),
        facts=(
            fact(
                "change-of-law",
                NOTATION,
                expectation("z", "p_z", log(1 - call("D", call("G", "z")))),
                expectation("x", "p_g", log(1 - other)),
            ),
            fact(
                "densities-missing",
                NOTATION,
                criterion(),
                integral("x", real * (log(other) + log(1 - other)), SPACE),
                holds=False,
            ),
        ),
        formulas={
            "criterion": criterion(),
            "pushed": Apply("pushforward", (Name("G"), Name("p_z"))),
            "model-law": Name("p_g"),
            "model-density": fake,
            "generator": Name("G"),
        },
        conventions=binary("V"),
    )


def _best_at_a_point() -> Derivation:
    return (
        Chain(
            "D-star",
            DENSITIES,
            argmax("t", UNIT, value(real, fake, "t")),
            "At one point the integrand depends on one number, what the discriminator says there.",
        )
        .then(
            "This is the function of the first part, with the two densities at this point as its "
            "weights.",
            use_result,
            maximizer().claim,
            "a",
            "b",
        )
        .derivation()
    )


def _one_integral() -> Derivation:
    """The criterion under one integral sign."""
    return (
        Chain(
            "one-integral",
            DENSITIES,
            expectation("x", "p_data", log(other)) + expectation("x", "p_g", log(1 - other)),
            "What the discriminator maximizes.",
        )
        .then("An expectation is an integral against the density.", expectation_as_integral, "d")
        .then("Both run over the same space, so they are one integral.", join_integrals)
        .derivation()
    )


def objective(discriminator: Term) -> Term:
    """The criterion of a discriminator in terms of the two laws."""
    return expectation("x", "p_data", log(discriminator)) + expectation(
        "x", "p_g", log(1 - discriminator)
    )


def optimal_discriminator() -> Solution:
    """3.optimality.3: the discriminator that is best against a given generator."""
    excess = integral("x", (real + fake) * bernoulli_divergence(best, other), SPACE)
    at_point = WEIGHTS.extended(Symbol("c", REAL, domain=PROBABILITY, words="any share"))
    c = Name("c")
    return Solution(
        DENSITIES.extended(at_point["c"], at_point["a"]),
        answers=(
            Answer(
                "D-star",
                _best_at_a_point(),
                (1 / (1 + fake / real), 1 - fake / (real + fake)),
                asks="the optimal discriminator at x, for a fixed generator",
                mistakes=(
                    Mistake("upside-down", "The shares of data and model are exchanged.", 1),
                ),
            ),
        ),
        lemmas=(_one_integral(),),
        facts=(
            fact("excess", DENSITIES, objective(best) - objective(other), excess),
            fact("posterior", DENSITIES, HALF * real / (HALF * real + HALF * fake), best),
            fact("odds", DENSITIES, best / (1 - best), real / fake),
            fact("nothing-there", at_point, share(c * a, (1 - c) * a), c),
            fact(
                "upside-down",
                DENSITIES,
                argmax("t", UNIT, value(real, fake, "t")),
                fake / (real + fake),
                holds=False,
            ),
        ),
        formulas={
            "best": best,
            "any-share": c,
            "integrand": value(real, fake, other),
            "data-density": real,
            "model-density": fake,
            "generator": Name("G"),
        },
        experiments=("gan_optimality",),
        figures=("optimal_discriminators",),
    )


# --------------------------------------------------------------------------- the virtual criterion


def best_value(name: str, data: str, model: str, notation: Notation) -> Chain:
    """max_D V in terms of two laws, from the maximum at each point to two expectations."""
    pointwise = value(density(data, x), density(model, x), "t")
    return (
        Chain(
            name,
            notation,
            integral("x", Bind("maximal", "t", UNIT, pointwise), SPACE),
            "The largest value over all discriminators: what they say at different points is not "
            "tied together, so it is the integral of the largest values at each point.",
        )
        .then(
            "At each point this is the maximum of the first part, with the densities as weights.",
            use_result,
            maximum().claim,
            "a",
            "b",
        )
        .then(
            "An integral against a density is an expectation.",
            integral_as_expectations,
        )
    )


def virtual_criterion() -> Solution:
    """3.optimality.4: C(G), the criterion of the best discriminator."""
    chain = best_value("C", "p_data", "p_g", DENSITIES).derivation()
    mean = expectation("x", "mu", best * log(other) + (1 - best) * log(1 - other))
    joined = integral("x", value(real, fake, best), SPACE)
    return Solution(
        MIXED,
        answers=(
            Answer(
                "C",
                chain,
                (objective(best), joined),
                asks="the largest value of the criterion, from the two densities",
                also=("kl", "jsd"),
                mistakes=(
                    Mistake("without-second-share", "The same share stands in both logarithms.", 1),
                ),
            ),
        ),
        facts=(
            fact("log-likelihood", MIXED, objective(other), 2 * mean),
            fact("posterior", MIXED, HALF * real / density("mu", x), best),
            fact(
                "without-second-share",
                MIXED,
                chain.claim.closed_form,
                expectation("x", "p_data", log(share(real, fake)))
                + expectation("x", "p_g", log(share(real, fake))),
                holds=False,
            ),
        ),
        formulas={
            "any": other,
            "data-law": Name("p_data"),
            "model-law": Name("p_g"),
            "mixture": Name("mu"),
            "mean": mean,
            "one": lift(1),
            "zero": lift(0),
        },
        conventions=binary("C"),
    )


MIXED = DENSITIES.extended(
    Symbol(
        "mu",
        DENSITIES["p_data"].type,
        latex=r"\mu",
        definition=(real + fake) / 2,
        parameters=("x",),
        words="the equal mixture of the two laws",
        spellings=("m", "M", "p_m"),
    )
)
