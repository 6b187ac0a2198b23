"""Normalizing flows: a divergence seen from both ends, and which direction can be optimized."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from derivations.chain import Chain
from derivations.derivation import Answer, Choice, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.information import (
    cancel_factors,
    change_of_variables,
    collect_divergence,
    divergence_as_expectation,
    divergence_as_integral,
    expectation_under_pushforward,
    inverse_function_theorem,
    inverse_undoes,
    linearity,
    log_of_product,
    log_of_quotient,
    unfold_definition,
)
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import POSITIVE, REAL, Array, Function, Interval, Law
from language.vocabulary import (
    PI,
    absolute,
    argmax,
    call,
    density,
    determinant,
    entropy,
    expectation,
    integral,
    kl,
    log,
    names,
    number,
    spaces,
)

__all__ = ["direction_of_kl", "kl_under_a_flow"]

POINT = Array(("d",))
JACOBIAN = Array(("d", "d"))
SPACE = spaces("d")
x, u = names("x u")


def volume(jacobian: str, at: Term) -> Term:
    """The factor |det J(at)| by which a map stretches volumes."""
    return absolute(determinant(call(jacobian, at)))


def normal(mean: Liftable, spread: Liftable) -> Term:
    """The normal law with this mean and variance."""
    return Apply("normal", (lift(mean), lift(spread)))


def _map(name: str, latex: str, inverse: str, jacobian: str, words: str) -> Symbol:
    return Symbol(
        name,
        Function((POINT,), POINT),
        latex=latex,
        traits=frozenset({"diffeomorphism"}),
        inverse=inverse,
        jacobian=jacobian,
        words=words,
    )


NOTATION = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the data space"),
        Symbol("u", POINT, latex=r"\mathbf{u}", words="a point of the base space"),
        _map("F", "F", "Finv", "JF", "the flow, a diffeomorphism"),
        _map("Finv", "F^{-1}", "F", "JFinv", "its inverse"),
        Symbol(
            "JF",
            Function((POINT,), JACOBIAN),
            latex="J_F",
            words="the Jacobian of the flow",
            spellings=("DF", r"\frac{\partial F}{\partial \mathbf{u}}"),
        ),
        Symbol(
            "JFinv",
            Function((POINT,), JACOBIAN),
            latex="J_{F^{-1}}",
            words="the Jacobian of the inverse",
            spellings=("DF^{-1}", r"\frac{\partial F^{-1}}{\partial \mathbf{x}}"),
        ),
        Symbol("data", Law(POINT), latex="p_X", words="the law of the data", spellings=("p_x",)),
        Symbol("base", Law(POINT), latex="p_U", words="the base law", spellings=("p_u",)),
        Symbol(
            "flow",
            Law(POINT),
            latex="p_{F(U)}",
            definition=density("base", call("Finv", x)) * volume("JFinv", x),
            parameters=("x",),
            words="the law of the flow's samples",
        ),
        Symbol(
            "pulled",
            Law(POINT),
            latex="p_{F^{-1}(X)}",
            definition=density("data", call("F", u)) * volume("JF", u),
            parameters=("u",),
            words="the law of the data pulled back to the base space",
        ),
    )
)

_LINE = Notation(
    (
        Symbol("m", REAL, words="the mean of the data"),
        Symbol("s", REAL, domain=POSITIVE, words="the standard deviation of the data"),
        Symbol("a", REAL, domain=Interval(None, Fraction(0)), words="a negative slope"),
        Symbol("b", REAL, words="a shift"),
        Symbol("c", REAL, domain=POSITIVE, words="the size of a negative slope"),
    )
)


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right), holds)


def _from_the_data_side() -> Derivation:
    return (
        Chain("kl", NOTATION, kl("data", "flow"), "The divergence of the flow from the data.")
        .then(
            "By definition it is the integral of the log ratio against the first density.",
            divergence_as_integral,
            "x",
            "d",
        )
        .then(
            "The density of the flow at a point is that of the base at the preimage, times the "
            "factor by which the inverse stretches volumes there.",
            unfold_definition,
            NOTATION,
            "flow",
        )
        .derivation()
    )


def _from_the_base_side() -> Derivation:
    return (
        Chain(
            "pulled-back",
            NOTATION,
            kl("pulled", "base"),
            "The divergence of the base from the pulled-back data.",
        )
        .then(
            "By definition it is the integral of the log ratio against the first density.",
            divergence_as_integral,
            "u",
            "d",
        )
        .then(
            "The density of the pulled-back data at a point is that of the data at its image, "
            "times the factor by which the flow stretches volumes there.",
            unfold_definition,
            NOTATION,
            "pulled",
        )
        .then(
            "Integrate over the data space instead: every point is the image of one base point, "
            "and the volume element changes by the absolute Jacobian determinant.",
            change_of_variables,
            NOTATION,
            "F",
            "x",
        )
        .then("The flow undoes its inverse.", inverse_undoes, NOTATION, "F")
        .then(
            "The two Jacobians at corresponding points are inverse matrices, so their "
            "determinants are reciprocal.",
            inverse_function_theorem,
            NOTATION,
            "F",
        )
        .then(
            "The volume factors cancel in front of the logarithm, and inside it the one that is "
            "left belongs below the line.",
            cancel_factors,
        )
        .derivation()
    )


def kl_under_a_flow() -> Solution:
    """3.1: the two divergences are one integral, for every diffeomorphism of R^d."""
    derivation = _from_the_data_side()
    at_data, stretch = density("data", x), volume("JFinv", x)
    at_base = density("base", call("Finv", x))
    over_base = density("data", call("F", u)) * volume("JF", u)
    forms = (
        expectation("x", "data", log(at_data) - log(at_base) - log(stretch)),
        expectation("x", "data", log(at_data) - log(at_base) + log(volume("JF", call("Finv", x)))),
        integral("u", over_base * log(over_base / density("base", u)), SPACE),
        expectation("x", "data", log(at_data / (at_base * stretch))),
    )
    facts = (
        _fact("both-ends", kl("data", "flow"), kl("pulled", "base")),
        _fact("flow-is-a-law", integral("x", density("flow", x), SPACE), number(1)),
        _fact("without-the-jacobian", kl("data", "flow"), _without_jacobian(), holds=False),
        _fact("wrong-jacobian", kl("data", "flow"), _with_forward_jacobian(), holds=False),
        _fact("other-direction", kl("data", "flow"), kl("base", "pulled"), holds=False),
        _decreasing_line(absolute(lift("a")), holds=True),
        _decreasing_line(lift("a"), holds=False),
        _decreasing_divergence(),
    )
    return Solution(
        NOTATION.extended(_LINE["a"], _LINE["b"], _LINE["c"], Symbol("u1", REAL, latex="u")),
        answers=(
            Answer(
                "kl",
                derivation,
                forms,
                asks="both divergences' value, as an integral or an expectation, with the Jacobian",
                mistakes=(
                    Mistake(
                        "without-the-jacobian",
                        "A change of variables brings in the volume element.",
                        3,
                    ),
                    Mistake(
                        "wrong-jacobian",
                        "The Jacobian is that of the other direction.",
                        2,
                    ),
                ),
            ),
        ),
        lemmas=(_from_the_base_side(),),
        facts=facts,
        formulas={
            "at-the-data": kl("data", "flow"),
            "at-the-base": kl("pulled", "base"),
            "flow-density": density("flow", x),
            "base-at-preimage": at_base,
            "stretch": stretch,
            "stretch-of-the-flow": volume("JF", u),
            "determinant": determinant(call("JFinv", x)),
            "slope": Name("a"),
            "decreasing": Name("b") - Name("c") * Name("u1"),
            "image": call("F", u),
            "preimage": call("Finv", x),
        },
        experiments=("flows",),
        studies=("flow_training",),
        figures=("densities_under_a_flow",),
        conventions=(
            Convention(
                "logarithm", "binary", scale=dict.fromkeys(("kl", "pulled-back"), 1 / log(2))
            ),
        ),
    )


def _without_jacobian() -> Term:
    ratio = density("data", x) / density("base", call("Finv", x))
    return integral("x", density("data", x) * log(ratio), SPACE)


def _with_forward_jacobian() -> Term:
    """The Jacobian of F at x, where that of its inverse belongs."""
    pushed = density("base", call("Finv", x)) * volume("JF", x)
    return integral("x", density("data", x) * log(density("data", x) / pushed), SPACE)


def _decreasing_line(stretch: Term, *, holds: bool) -> Fact:
    """The density of a U + b with U standard normal: the slope enters by its absolute value."""
    notation = _LINE.extended(Symbol("t", REAL, words="a point of the line"))
    a, b, t = names("a b t")
    pushed = density(normal(0, 1), (t - b) / a) / stretch
    name = "decreasing-density" if holds else "signed-determinant"
    return Fact(Claim(name, notation, density(normal(b, a**2), t), pushed), holds)


def _decreasing_divergence() -> Fact:
    """Data N(m, s^2) and the decreasing flow F(u) = b - c u: both ends in closed form."""
    b, c, m, s = names("b c m s")
    claim = Claim(
        "decreasing-flow",
        _LINE,
        kl(normal(m, s**2), normal(b, c**2)),
        kl(normal((b - m) / c, (s / c) ** 2), normal(0, 1)),
    )
    return Fact(claim)


def _reverse() -> Derivation:
    """What minimizing the reverse divergence needs."""
    return (
        Chain("reverse", NOTATION, kl("flow", "data"), "The reverse divergence.")
        .then(
            "By definition it is an expected difference of log densities, under the flow.",
            divergence_as_expectation,
            "x",
        )
        .then(
            "To draw from the flow, draw from the base and apply the flow.",
            expectation_under_pushforward,
            "flow",
            "base",
            "F",
            "u",
        )
        .then(
            "Write the flow's density at its own sample.",
            unfold_definition,
            NOTATION,
            "flow",
        )
        .then("The inverse undoes the flow.", inverse_undoes, NOTATION, "F")
        .then(
            "The inverse's volume factor at the image is the reciprocal of the flow's.",
            inverse_function_theorem,
            NOTATION,
            "F",
        )
        .then("A product of a number and a reciprocal is a quotient.", cancel_factors)
        .then("The logarithm of a quotient is a difference.", log_of_quotient)
        .derivation()
    )


#: The same laws, the flow's being any law that has a density.
_ANY_MODEL = Notation(
    (
        NOTATION["x"],
        NOTATION["data"],
        replace(NOTATION["flow"], definition=None, parameters=()),
    )
)


def _forward() -> Derivation:
    """What minimizing the forward divergence needs, whatever the model."""
    return (
        Chain("forward", _ANY_MODEL, kl("data", "flow"), "The forward divergence.")
        .then(
            "By definition it is an expected difference of log densities, under the data.",
            divergence_as_expectation,
            "x",
        )
        .then("Expectations are linear.", linearity)
        .then("The first expectation is minus the entropy of the data.", collect_divergence)
        .derivation()
    )


def _log_likelihood() -> Derivation:
    """The expected log likelihood of a flow by its inverse."""
    return (
        Chain(
            "log-likelihood",
            NOTATION,
            expectation("x", "data", log(density("flow", x))),
            "The expected log likelihood of the flow.",
        )
        .then(
            "Write the flow's density by the base, the inverse and its Jacobian.",
            unfold_definition,
            NOTATION,
            "flow",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .derivation()
    )


def _normal_divergences() -> tuple[Fact, ...]:
    """Both directions for a target N(m, s^2) and the affine flow c + k u."""
    notation = Notation(
        (
            Symbol("m", REAL, words="the mean of the target"),
            Symbol("s", REAL, domain=POSITIVE, words="its standard deviation"),
            Symbol("c", REAL, words="the flow's shift"),
            Symbol("k", REAL, domain=POSITIVE, words="the flow's scale"),
        )
    )
    m, s, c, k = names("m s c k")
    half = number(1, 2)
    target, flow = normal(m, s**2), normal(c, k**2)
    return (
        Fact(
            Claim(
                "normal-reverse",
                notation,
                kl(flow, target),
                log(s / k) + half * ((k**2 + (c - m) ** 2) / s**2 - 1),
            )
        ),
        Fact(
            Claim(
                "normal-cross-entropy",
                notation,
                -expectation("x", target, log(density(flow, "x"))),
                half * log(2 * PI * k**2) + (s**2 + (m - c) ** 2) / (2 * k**2),
            )
        ),
        Fact(
            Claim(
                "moment-matching",
                notation,
                argmax("c", spaces(), expectation("x", target, log(density(flow, "x")))),
                m,
            )
        ),
    )


_DIRECTIONS = MappingProxyType(
    {
        "forward": (
            "the forward",
            "forward kl",
            "the forward kl",
            "forward kl divergence",
            "the forward kl divergence",
            "the forward divergence",
            "forward divergence",
            "fkl",
            "maximum likelihood",
            "mass covering",
        ),
        "reverse": (
            "the reverse",
            "reverse kl",
            "the reverse kl",
            "reverse kl divergence",
            "the reverse kl divergence",
            "the reverse divergence",
            "reverse divergence",
            "rkl",
            "backward",
            "backward kl",
            "mode seeking",
        ),
    }
)


def direction_of_kl() -> Solution:
    """3.2: reverse where only the density is known, forward where only samples are."""
    at_base = density("base", u)
    needed = log(at_base) - log(volume("JF", u))
    energy = call("g", x)
    unnormalized = NOTATION.extended(
        Symbol("g", Function((POINT,), REAL), domain=POSITIVE, words="an unnormalized density"),
        Symbol(
            "Z",
            REAL,
            domain=POSITIVE,
            definition=integral("x", energy, SPACE),
            words="its unknown total mass",
        ),
        Symbol(
            "target",
            Law(POINT),
            latex="p_X",
            definition=energy / Name("Z"),
            parameters=("x",),
            words="the law of the data, known up to its mass",
        ),
    )
    facts = (
        _fact(
            "density-at-own-samples",
            density("flow", call("F", u)),
            at_base / volume("JF", u),
        ),
        Fact(
            Claim(
                "unnormalized",
                unnormalized,
                kl("flow", "target"),
                log("Z") + expectation("x", "flow", log(density("flow", x)) - log(energy)),
            )
        ),
        *_normal_divergences(),
        _fact("not-symmetric", kl("data", "flow"), kl("flow", "data"), holds=False),
    )
    return Solution(
        unnormalized,
        choices=(
            Choice(
                "density-only",
                "reverse",
                (
                    "reverse",
                    "density-at-own-samples",
                    "unnormalized",
                ),
                asks="which divergence, when only the density of the data can be evaluated",
                options=_DIRECTIONS,
            ),
            Choice(
                "samples-only",
                "forward",
                (
                    "forward",
                    "log-likelihood",
                ),
                asks="which divergence, when there are only samples of the data",
                options=_DIRECTIONS,
            ),
        ),
        lemmas=(_reverse(), _forward(), _log_likelihood()),
        facts=facts,
        formulas={
            "forward-divergence": kl("data", "flow"),
            "reverse-divergence": kl("flow", "data"),
            "log-data-density": log(density("data", call("F", u))),
            "entropy": entropy("data"),
            "flow-at-own-sample": needed,
            "data-density": density("data", x),
            "log-flow-density": log(density("flow", x)),
            "energy": energy,
            "mass": Name("Z"),
            "log-mass": log("Z"),
        },
        experiments=("kl_direction",),
        figures=("forward_and_reverse_fits",),
    )
