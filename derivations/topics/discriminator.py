"""What an optimal discriminator knows: the Jensen-Shannon divergence and the density ratio."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.information import (
    cancel_factors,
    collect_constants,
    divergence_as_expectation,
    divide_through,
    divisor_of_divisor,
    expectation_as_integral,
    fold_definition,
    fold_share,
    jensen_shannon_definition,
    join_integrals,
    linearity,
    log_of_product,
    multiply_and_divide,
    write_densities,
)
from derivations.rules.pointwise import (
    clear_denominators,
    differentiate_termwise,
    pointwise_maximum,
    solve_linear,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    argmax,
    call,
    density,
    derivative,
    equal,
    exp,
    expectation,
    integral,
    jsd,
    let,
    log,
    logistic,
    names,
    number,
    softplus,
    spaces,
)

__all__ = ["density_ratio", "jensen_shannon_estimate"]

POINT = Array(("d",))
UNIT = Apply("interval", (number(0), number(1)))
HALF = number(1, 2)
x, y = names("x y")
f0, f1 = call("f0", x), call("f1", x)
best, other = call("best", x), call("D", x)

NOTATION = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the sample space"),
        Symbol("p0", Law(POINT), latex="p_0", words="the law of the first class"),
        Symbol("p1", Law(POINT), latex="p_1", words="the law of the second class"),
        Symbol(
            "f0",
            Function((POINT,), REAL),
            latex="f_0",
            domain=POSITIVE,
            definition=density("p0", "x"),
            parameters=("x",),
            words="the density of the first law",
        ),
        Symbol(
            "f1",
            Function((POINT,), REAL),
            latex="f_1",
            domain=POSITIVE,
            definition=density("p1", "x"),
            parameters=("x",),
            words="the density of the second law",
        ),
        Symbol(
            "mu",
            Law(POINT),
            latex=r"\mu",
            definition=(f0 + f1) / 2,
            parameters=("x",),
            words="the equal mixture of the two laws",
            spellings=("m", "M"),
        ),
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex="D^*",
            domain=PROBABILITY,
            definition=f1 / (f0 + f1),
            parameters=("x",),
            words="the optimal discriminator",
            spellings=(r"D^\star", "D_*", "D^{opt}", "D"),
        ),
        Symbol(
            "D",
            Function((POINT,), REAL),
            latex="D",
            domain=PROBABILITY,
            words="any discriminator",
        ),
        Symbol(
            "C",
            Function((POINT,), REAL),
            latex="C^*",
            definition=log(f1 / f0),
            parameters=("x",),
            words="the optimal critic, the logit of the optimal discriminator",
            spellings=(r"C^\star",),
        ),
        Symbol("n0", REAL, latex="n_0", domain=POSITIVE, words="the size of the first class"),
        Symbol("n1", REAL, latex="n_1", domain=POSITIVE, words="the size of the second class"),
    )
)


def _objective(discriminator: Term) -> Term:
    """What a discriminator maximizes: E_{p1} log D + E_{p0} log(1 - D)."""
    return expectation("x", "p1", log(discriminator)) + expectation(
        "x", "p0", log(1 - discriminator)
    )


def _estimate(discriminator: Term) -> Term:
    """What a discriminator says of the divergence: log 2 + half of its objective."""
    return (
        log(2)
        + HALF * expectation("x", "p1", log(discriminator))
        + HALF * expectation("x", "p0", log(1 - discriminator))
    )


def _bernoulli_divergence(p: Term, q: Term) -> Term:
    """KL between two Bernoulli laws with these means."""
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def _fact(name: str, left: Term, right: Term, *conditions: Term, holds: bool = True) -> Fact:
    return Fact(Claim(name, NOTATION, left, right, conditions=conditions), holds)


def _statement(name: str, statement: Term, *conditions: Term, holds: bool = True) -> Fact:
    claim = Claim(name, NOTATION, statement, TRUE, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


def _jensen_shannon() -> Derivation:
    return (
        Chain("jsd", NOTATION, jsd("p0", "p1"), "What is to be estimated.")
        .then(
            "By definition it is the mean divergence of the two laws from their equal mixture.",
            jensen_shannon_definition,
            "mu",
        )
        .then(
            "Each divergence is, by definition, an expected log ratio of densities.",
            divergence_as_expectation,
            "x",
            quotient=True,
        )
        .then(
            "Write the three densities out; that of the mixture is the mean of the other two.",
            write_densities,
            NOTATION,
            ("mu",),
            ("f0", "f1"),
        )
        .then("Dividing by a half of the sum is multiplying by two.", divisor_of_divisor)
        .then(
            "The share of the second density in the sum is what the optimal discriminator says, "
            "and the share of the first is its complement.",
            fold_share,
            NOTATION,
            "best",
        )
        .then("The logarithm turns products of positive numbers into sums.", log_of_product)
        .then(
            "Expectations are linear, and the expectation of a constant is that constant.",
            linearity,
        )
        .then("Two halves of the same constant are one of it.", collect_constants)
        .derivation()
    )


def _objective_as_integral() -> Derivation:
    """What a discriminator maximizes is one integral, so it can be maximized point by point."""
    return (
        Chain(
            "objective-as-integral",
            NOTATION,
            _objective(other),
            "What the discriminator maximizes.",
        )
        .then(
            "An expectation is an integral against the density.",
            expectation_as_integral,
            "d",
        )
        .then(
            "Both run over the same space, so they are one integral.",
            join_integrals,
        )
        .then(
            "Write the densities by their names.",
            fold_definition,
            NOTATION,
            "f0",
            "f1",
        )
        .derivation()
    )


def _optimal() -> Derivation:
    """The maximum at one point: answer D-star."""
    return (
        Chain(
            "D-star",
            NOTATION,
            argmax("y", UNIT, _pointwise(y)),
            "At one point the integrand is a function of the single number that the "
            "discriminator says there.",
        )
        .then(
            "It is strictly concave, so its one stationary point is its one maximum.",
            pointwise_maximum,
            NOTATION,
        )
        .derivation()
    )


def _pointwise(value: Term) -> Term:
    """The integrand of the objective where the discriminator says ``value``."""
    return f1 * log(value) + f0 * log(1 - value)


#: The number that a discriminator says at one point, as a free name.
AT_A_POINT = NOTATION.extended(
    Symbol("y", REAL, latex="y", domain=PROBABILITY, words="what the discriminator says there")
)


def _stationary() -> Derivation:
    """Where the derivative of the integrand vanishes, as a chain of equivalent equations."""
    return (
        Chain(
            "stationary",
            AT_A_POINT,
            equal(derivative(_pointwise(y), y), 0),
            "A maximum inside the interval is a stationary point.",
        )
        .then("Differentiate both logarithms.", differentiate_termwise, AT_A_POINT)
        .then(
            "Both denominators are positive; multiply by them.",
            clear_denominators,
            AT_A_POINT,
        )
        .then(
            "This is linear in the unknown, with a positive coefficient.",
            solve_linear,
            AT_A_POINT,
            "y",
        )
        .derivation(Equality.CONDITION)
    )


def _ratio() -> Derivation:
    """One density from the other: answer f1."""
    return (
        Chain("f1", NOTATION, f1, "What is to be expressed.")
        .then(
            "The first density is not zero here, so it can be taken out.",
            multiply_and_divide,
            f0,
        )
        .then(
            "Divide above and below the line by the sum of the two densities.",
            divide_through,
            f0 + f1,
        )
        .then(
            "The two shares are the optimal discriminator and its complement.",
            fold_share,
            NOTATION,
            "best",
        )
        .then("Write it as one quotient.", cancel_factors)
        .derivation()
    )


def jensen_shannon_estimate() -> Solution:
    """4.1: the Jensen-Shannon divergence as log 2 plus half of the discriminator's objective."""
    derivation = _jensen_shannon()
    excess = integral("x", (f0 + f1) / 2 * _bernoulli_divergence(best, other), spaces("d"))
    logit = call("C", x)
    forms = (
        _estimate(best),
        HALF * (log(4) + _objective(best)),
        log(2)
        - HALF * expectation("x", "p1", softplus(-logit))
        - HALF * expectation("x", "p0", softplus(logit)),
    )
    facts = (
        _fact("shortfall", jsd("p0", "p1") - _estimate(other), excess),
        _fact(
            "bounded-variable",
            jsd("p0", "p1"),
            log(2) + expectation("x", "mu", best * log(best) + (1 - best) * log(1 - best)),
        ),
        _fact("symmetric", jsd("p0", "p1"), jsd("p1", "p0")),
        _fact("equal-laws", jsd("p0", "p0"), number(0)),
        _fact("constant-discriminator", let("c", HALF, _estimate(Name("c"))), number(0)),
        _fact("mixed-up-classes", jsd("p0", "p1"), _swapped(best), holds=False),
        _fact("without-log-two", jsd("p0", "p1"), HALF * _objective(best), holds=False),
        _gaussian_discriminator(),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "jsd",
                derivation,
                forms,
                asks="the Jensen-Shannon divergence, from the optimal discriminator",
                also=("f0", "f1", "mu", "integral"),
                mistakes=(
                    Mistake("mixed-up-classes", "The two classes are mixed up."),
                    Mistake("without-log-two", "The constant is missing.", 1),
                ),
            ),
        ),
        facts=facts,
        formulas={
            "objective": _objective(other),
            "estimate": _estimate(other),
            "excess": excess,
            "pointwise-divergence": _bernoulli_divergence(best, other),
            "best": best,
            "any": other,
            "best-defined": f1 / (f0 + f1),
            "divergence": jsd("p0", "p1"),
            "first-law": Name("p0"),
            "second-law": Name("p1"),
            "mixture": Name("mu"),
            "largest": log(2),
            "logit": logit,
        },
        experiments=("discriminator",),
        studies=("discriminator_training",),
        figures=("discriminator_and_divergence",),
        conventions=(
            Convention(
                "logarithm",
                "binary",
                scale=dict.fromkeys(
                    (
                        "jsd",
                        "objective",
                        "estimate",
                        "excess",
                        "pointwise-divergence",
                        "divergence",
                        "largest",
                        "shortfall",
                        "bounded-variable",
                        "symmetric",
                        "mixed-up-classes",
                        "without-log-two",
                    ),
                    1 / log(2),
                ),
            ),
        ),
    )


def _swapped(discriminator: Term) -> Term:
    """The estimate with the classes mixed up."""
    return (
        log(2)
        + HALF * expectation("x", "p0", log(discriminator))
        + HALF * expectation("x", "p1", log(1 - discriminator))
    )


def normal(mean: Liftable, spread: Liftable) -> Term:
    """The normal law with this mean and variance."""
    return Apply("normal", (lift(mean), lift(spread)))


def _gaussian_discriminator() -> Fact:
    """For N(0, 1) against N(1, 1) the optimal discriminator is a logistic regression."""
    notation = Notation((Symbol("t", REAL, words="a point of the line"),))
    first, second = density(normal(0, 1), "t"), density(normal(1, 1), "t")
    claim = Claim("gaussian", notation, second / (first + second), logistic(Name("t") - HALF))
    return Fact(claim)


def density_ratio() -> Solution:
    """4.2: the optimal discriminator in closed form, and one density from the other."""
    stationary = _stationary()
    n0, n1 = names("n0 n1")
    weighted = n1 * f1 * log(y) + n0 * f0 * log(1 - y)
    gap = integral("x", (f0 + f1) * _bernoulli_divergence(best, other), spaces("d"))
    facts = (
        Fact(
            Claim(
                "concave",
                AT_A_POINT,
                derivative(derivative(_pointwise(y), y), y),
                -(f1 / y**2) - f0 / (1 - y) ** 2,
            )
        ),
        _fact("excess", _objective(best) - _objective(other), gap),
        _fact("complement", 1 - best, f0 / (f0 + f1)),
        _fact("logit", best, logistic(log(f1 / f0))),
        _fact(
            "unequal-classes",
            argmax("y", UNIT, weighted),
            n1 * f1 / (n0 * f0 + n1 * f1),
        ),
        Fact(
            Claim(
                "sensitivity",
                AT_A_POINT,
                derivative(f0 * y / (1 - y), y),
                f0 / (1 - y) ** 2,
            )
        ),
        _fact("with-any-discriminator", f1, f0 * other / (1 - other), holds=False),
        _fact("upside-down", f1, f0 * (1 - best) / best, holds=False),
    )
    return Solution(
        AT_A_POINT,
        answers=(
            Answer(
                "D-star",
                _optimal(),
                (1 / (1 + f0 / f1), logistic(log(f1) - log(f0)), 1 - f0 / (f0 + f1)),
                asks="the optimal discriminator at x, from both densities",
                also=("p0", "p1"),
            ),
            Answer(
                "f1",
                _ratio(),
                (f0 * exp(log(best) - log(1 - best)), f0 / (1 / best - 1)),
                asks="f_1(x), from f_0(x) and the optimal discriminator",
                also=("p0",),
                mistakes=(Mistake("upside-down", "The ratio is upside down.", 2),),
            ),
        ),
        lemmas=(_objective_as_integral(), stationary),
        facts=facts,
        formulas={
            "objective": _objective(other),
            "integrand": _pointwise(y),
            "value": y,
            "best": best,
            "any": other,
            "first": f0,
            "second": f1,
            "first-size": n0,
            "second-size": n1,
            "sum": f0 + f1,
            "odds": best / (1 - best),
            "point": x,
        },
        experiments=("discriminator",),
        figures=("reconstructed_density",),
    )
