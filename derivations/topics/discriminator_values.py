"""The optimal discriminator of a parametrized GAN: that it is optimal, and what it says."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Mistake, Solution
from derivations.rules.adversarial import share_of_equals, use_result, zero_share
from derivations.rules.calculus import at_the_point
from derivations.rules.information import cancel_factors
from derivations.topics.gan_divergence import to_jensen_shannon
from derivations.topics.gan_optimality import (
    HALF,
    SPACE,
    UNIT,
    bernoulli_divergence,
    best_value,
    binary,
    fact,
    maximizer,
    share,
    statement,
    value,
)
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    argmax,
    call,
    density,
    expectation,
    integral,
    jsd,
    kl,
    less,
    let,
    log,
    names,
    relation,
)

__all__ = ["discriminator_is_optimal", "three_values"]

POINT, NOISE = Array(("d",)), Array(("k",))
x, z = names("x z")
true, learned = density("p_star", x), density("p_theta", x)
best, other = call("best", x), call("D", x)
pushed = Apply("pushforward", (Name("f"), Name("p_z")))

LAWS = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the data space"),
        Symbol(
            "p_star",
            Law(POINT),
            latex="p^*",
            words="the true law of the data",
            spellings=(r"p^\star", "p_*", r"p_\star", "p_{data}"),
        ),
        Symbol(
            "p_theta", Law(POINT), latex=r"p_\theta", words="the law of the generator's samples"
        ),
        Symbol(
            "D",
            Function((POINT,), REAL),
            latex=r"D_\phi",
            domain=PROBABILITY,
            words="the discriminator with the parameters phi",
        ),
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex=r"D_{\phi^*}",
            domain=PROBABILITY,
            definition=true / (true + learned),
            parameters=("x",),
            words="the discriminator in question",
            spellings=("D^*", r"D^\star", r"D_{\phi^\star}", r"D_\phi^*"),
        ),
        Symbol(
            "mu",
            Law(POINT),
            latex=r"\mu",
            definition=(true + learned) / 2,
            parameters=("x",),
            words="the equal mixture of the two laws",
            spellings=("m", "M"),
        ),
    )
)
#: The generator and its noise, as the objective is written.
GENERATOR = Notation(
    (
        LAWS["x"],
        LAWS["p_star"],
        Symbol("z", NOISE, latex=r"\mathbf{z}", words="a noise vector"),
        Symbol("p_z", Law(NOISE), latex="p", words="the law of the noise"),
        Symbol("f", Function((NOISE,), POINT), latex=r"f_\theta", words="the generator"),
        Symbol("p_theta", Law(POINT), latex=r"p_\theta", definition=pushed),
        LAWS["D"],
    )
)


def objective(discriminator: Term) -> Term:
    """What a discriminator maximizes, in terms of the two laws."""
    return expectation("x", "p_star", log(discriminator)) + expectation(
        "x", "p_theta", log(1 - discriminator)
    )


def _pointwise() -> Derivation:
    return (
        Chain(
            "pointwise",
            LAWS,
            argmax("t", UNIT, value(true, learned, "t")),
            "The best number that a discriminator can say at one point.",
        )
        .then(
            "This is the hint, with the two densities at this point as its weights.",
            use_result,
            maximizer().claim,
            "a",
            "b",
        )
        .derivation()
    )


def discriminator_is_optimal() -> Solution:
    """Exercise 3.a: no discriminator does better, and how well this one does."""
    chain = to_jensen_shannon(best_value("optimal-value", "p_star", "p_theta", LAWS), LAWS, "mu")
    excess = integral("x", (true + learned) * bernoulli_divergence(best, other), SPACE)
    over_noise = expectation("z", "p_z", log(1 - call("D", call("f", "z"))))
    criterion = expectation("x", "p_star", log(other)) + over_noise
    shares = expectation("x", "p_star", log(share(true, learned))) + expectation(
        "x", "p_theta", log(share(learned, true))
    )
    return Solution(
        LAWS.extended(GENERATOR["z"], GENERATOR["p_z"], GENERATOR["f"], *EDGE),
        answers=(
            Answer(
                "optimal-value",
                chain,
                (
                    objective(best),
                    shares,
                    kl("p_star", "mu") + kl("p_theta", "mu") - log(4),
                    integral("x", value(true, learned, best), SPACE),
                ),
                asks="the largest value over phi of L(theta, phi)",
            ),
        ),
        lemmas=(_pointwise(),),
        facts=(
            fact(
                "as-integral",
                GENERATOR,
                criterion,
                integral("x", true * log(other) + learned * log(1 - other), SPACE),
            ),
            fact("shortfall", LAWS, objective(best) - objective(other), excess),
            statement("hint-at-the-edge", EDGE, less(Name("c") * log(Name("y")), 0)),
            fact("hint-at-one", EDGE, let("y", 1, Name("c") * log(Name("y"))), lift(0)),
            fact("other-way-round", LAWS, objective(best), objective(1 - best), holds=False),
            fact(
                "half-of-it", LAWS, objective(best), -log(4) + jsd("p_star", "p_theta"), holds=False
            ),
        ),
        formulas={
            "criterion": criterion,
            "best": best,
            "share": share(true, learned),
            "any": other,
            "true-density": true,
            "learned-density": learned,
            "learned-law": Name("p_theta"),
            "integrand": value(true, learned, other),
            "generator": Name("f"),
            "point": x,
            "weight": Name("c"),
        },
        conventions=binary("optimal-value"),
    )


# --------------------------------------------------------------------------- three values

a, b, c, r = names("a b c r")
EDGE = Notation(
    (
        Symbol("c", REAL, domain=POSITIVE, words="the one positive weight"),
        Symbol("y", REAL, domain=PROBABILITY, words="the variable"),
    )
)
#: The two densities at one point, as numbers.
AT_A_POINT = Notation(
    (
        Symbol(
            "a",
            REAL,
            latex=r"p^*(\mathbf{x})",
            domain=POSITIVE,
            words="the true density there",
            spellings=("p^*", r"p^\star", r"p^\star(\mathbf{x})"),
        ),
        Symbol(
            "b",
            REAL,
            latex=r"p_\theta(\mathbf{x})",
            domain=POSITIVE,
            words="the learned density there",
            spellings=(r"p_\theta",),
        ),
        Symbol("c", REAL, domain=PROBABILITY, words="any number between zero and one"),
        Symbol("r", REAL, domain=POSITIVE, words="the total density, as small as one likes"),
    )
)


def _said(name: str, given: Term, reason: str) -> Chain:
    """What the discriminator says where something is known of the two densities."""
    return Chain(name, AT_A_POINT, given, reason)


def _equal_densities() -> Derivation:
    return (
        _said("i", let("b", a, share(a, b)), "The two densities are equal.")
        .then("Put it in.", at_the_point)
        .then("Of two equal parts each is one half of the sum.", share_of_equals)
        .derivation()
    )


def _never_generated() -> Derivation:
    return (
        _said("ii", let("b", 0, share(a, b)), "The generator never makes such a point.")
        .then("Put it in.", at_the_point)
        .then("What is left above and below the line is the same.", cancel_factors)
        .derivation()
    )


def _never_seen() -> Derivation:
    return (
        _said("iii", let("a", 0, share(a, b)), "There are no such data.")
        .then("Put it in.", at_the_point)
        .then("Nothing, shared, is nothing.", zero_share)
        .derivation()
    )


def three_values() -> Solution:
    """Exercise 3.b: one half, one and zero, and a point that neither law reaches."""
    return Solution(
        AT_A_POINT,
        answers=(
            Answer(
                "i",
                _equal_densities(),
                asks="the optimal discriminator's value in case i",
                also=("a",),
            ),
            Answer(
                "ii",
                _never_generated(),
                asks="its value in case ii",
                also=("a",),
                mistakes=(Mistake("fake-for-real", "This is the value of another case.", 1),),
            ),
            Answer("iii", _never_seen(), asks="its value in case iii", also=("b",)),
        ),
        facts=(
            fact("anything", AT_A_POINT, share(c * r, (1 - c) * r), c),
            statement("inside", AT_A_POINT, less(0, share(a, b))),
            statement("below-one", AT_A_POINT, less(share(a, b), 1)),
            statement(
                "half-only-if",
                AT_A_POINT,
                relation("equal", share(a, b), HALF),
                relation("equal", a, b),
            ),
            fact(
                "nothing-to-gain", AT_A_POINT, let("a", 0, let("b", 0, value(a, b, "c"))), lift(0)
            ),
            fact("fake-for-real", AT_A_POINT, let("b", 0, share(a, b)), lift(0), holds=False),
        ),
        formulas={
            "share": share(a, b),
            "true-density": a,
            "learned-density": b,
            "any": c,
            "total": r,
        },
    )
