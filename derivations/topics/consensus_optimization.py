"""Consensus optimization of the Dirac-GAN: the gradient of half the squared speed.

Data sit at 0 and the generator's one sample at theta; the critic is D(x) = psi x and has no bias.
It ascends f(D(theta)) + f(-D(0)) and the generator descends it, where f(t) = -log(1 + exp(-t)).
Coordinates come in the order (theta, psi). Consensus optimization lets both players descend, beside
their own objectives, half the squared length of the velocity field.

Sources: Mescheder, Nowozin and Geiger, "The numerics of GANs" (2017), section 4, for the method;
Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually converge?" (2018),
definition 2.1, for the Dirac-GAN. The published formula that is refuted here is in the code beside
the second: github.com/LMescheder/GAN_stability, notebooks/diracgan/gans.py, class GAN_Consensus,
commit d9bd7a9.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import (
    collect,
    differentiate,
    expectation_under_a_point_mass,
    linearize,
    logistic_at_zero,
    reflect_logistic,
    substitute_result,
    unfold,
)
from derivations.rules.dynamics import complete_radicals
from derivations.rules.networks import spectrum
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Term, children, lift
from language.types import POSITIVE, REAL, Function
from language.vocabulary import (
    IMAGINARY,
    TRUE,
    call,
    derivative,
    eigenvalues,
    expectation,
    gradient,
    jacobian,
    less,
    let,
    log,
    logistic,
    multiset,
    names,
    number,
    real_part,
    tuple_of,
    vector,
)

__all__ = ["regularizer"]

THETA, PSI, GAMMA, X, OBJECTIVE, SPEED, LAMBDA = names("theta psi gamma x L R lambda")
COORDINATES = tuple_of(THETA, PSI)
HALF = number(1, 2)

NOTATION = Notation(
    (
        Symbol("theta", REAL, r"\theta", words="where the generator puts its sample"),
        Symbol("psi", REAL, r"\psi", words="the critic's slope"),
        Symbol("gamma", REAL, r"\gamma", POSITIVE, words="the regularizer's weight"),
        Symbol("x", REAL, words="a sample"),
        Symbol(
            "D",
            Function((REAL,), REAL),
            r"D_\psi",
            definition=PSI * X,
            parameters=("x",),
            words="the critic",
        ),
        Symbol(
            "L",
            REAL,
            r"\mathcal{L}",
            definition=expectation("x", Apply("dirac", (THETA,)), log(logistic(call("D", X))))
            + expectation("x", Apply("dirac", (lift(0),)), log(logistic(-call("D", X)))),
            words="the objective",
        ),
        Symbol(
            "R",
            REAL,
            r"\mathcal{R}",
            definition=(derivative(OBJECTIVE, THETA) ** 2 + derivative(OBJECTIVE, PSI) ** 2) / 2,
            words="half the squared length of the velocity field",
        ),
    )
)

PRODUCT = PSI * THETA
RADIUS = PSI**2 + THETA**2
#: The slope of f(t) = log logistic(t) at psi theta; the curvature is minus SLOPE times RISE.
SLOPE = logistic(-PRODUCT)
RISE = logistic(PRODUCT)
CROSS = RADIUS * SLOPE**2 * RISE
PUBLISHED = (THETA * SLOPE**2 - PSI * CROSS / 2, PSI * SLOPE**2 - THETA * CROSS / 2)


def _definition(name: str) -> Term:
    definition = NOTATION[name].definition
    assert definition is not None
    return definition


def _objective() -> Derivation:
    return (
        Chain("objective", NOTATION, OBJECTIVE, "The objective of the two players.")
        .then("One expectation for each of the two samples.", unfold, NOTATION, "L")
        .then("The critic is linear.", unfold, NOTATION, "D")
        .then(
            "Under a point mass, an expectation is the value at the point.",
            expectation_under_a_point_mass,
        )
        .derivation()
    )


def _velocity() -> Derivation:
    defined = vector(-derivative(OBJECTIVE, THETA), derivative(OBJECTIVE, PSI))
    return (
        Chain("velocity", NOTATION, defined, "The generator descends, the critic ascends.")
        .then("With the expectations worked out.", substitute_result, _objective().claim)
        .then("By the chain rule.", differentiate, NOTATION)
        .then("One minus the logistic function mirrors its argument.", reflect_logistic)
        .derivation()
    )


def _speed() -> Derivation:
    return (
        Chain("regularizer", NOTATION, SPEED, "Half the squared length of the field.")
        .then("The sign of a velocity does not matter here.", unfold, NOTATION, "R")
        .then("With the expectations worked out.", substitute_result, _objective().claim)
        .then("By the chain rule.", differentiate, NOTATION)
        .then("One minus the logistic function mirrors its argument.", reflect_logistic)
        .then("Both squares share the same factor.", collect, NOTATION)
        .derivation()
    )


def _gradient() -> Derivation:
    return (
        Chain("gradient", NOTATION, gradient(SPEED, COORDINATES), "Its two partial derivatives.")
        .then("The regularizer was found above.", substitute_result, _speed().claim)
        .then(
            "By the product rule: one summand from the squared radius, and one, the cross term, "
            "from the squared logistic function, whose exponent two cancels the half in front.",
            differentiate,
            NOTATION,
        )
        .then("One minus the logistic function mirrors its argument.", reflect_logistic)
        .derivation()
    )


#: The entries of the gradient, and of the formula that was published for it, as names.
ENTRIES = tuple(names("g_theta g_psi"))
PRINTED = tuple(names("p_theta p_psi"))


def _with_entries(found: Claim) -> Notation:
    """The notation in which the entries of the gradient, and the published ones, have names."""
    first, second = children(found.closed_form)
    return NOTATION.extended(
        Symbol("g_theta", REAL, r"g_\theta", definition=first, words="the gradient in theta"),
        Symbol("g_psi", REAL, r"g_\psi", definition=second, words="the gradient in psi"),
        Symbol("p_theta", REAL, r"p_\theta", definition=PUBLISHED[0], words="published for it"),
        Symbol("p_psi", REAL, r"p_\psi", definition=PUBLISHED[1], words="published for it"),
    )


def _regularized(pull: tuple[Term, ...]) -> tuple[Term, Term]:
    """The two velocities less gamma times those of ``pull``."""
    first, second = pull
    return -PSI * SLOPE - GAMMA * first, THETA * SLOPE - GAMMA * second


def _at_equilibrium(field: tuple[Term, Term]) -> Term:
    """The Jacobian of a field where theta and psi are zero."""
    return let("theta", 0, let("psi", 0, jacobian(vector(*field), COORDINATES)))


def _spectrum(notation: Notation) -> Derivation:
    return (
        Chain(
            "eigenvalues",
            notation,
            eigenvalues(_at_equilibrium(_regularized(ENTRIES))),
            "The eigenvalues of the Jacobian of the regularized field at the equilibrium.",
        )
        .then("The first entry of the gradient was found above.", unfold, notation, "g_theta")
        .then("So was the second one.", unfold, notation, "g_psi")
        .then("Row by row; most terms vanish there.", linearize, notation)
        .then("The logistic function is one half at zero.", logistic_at_zero)
        .then("The roots of the characteristic polynomial.", spectrum, notation)
        .then("The root of minus one is the imaginary unit.", complete_radicals, notation)
        .derivation(Equality.MULTISET)
    )


def _facts(notation: Notation) -> tuple[Fact, ...]:
    right, printed = _regularized(ENTRIES), _regularized(PRINTED)
    damping = GAMMA * RADIUS * SLOPE**2
    bend = GAMMA * SLOPE * RISE * (THETA**2 - PSI**2)
    stable = Bind(
        "forall", "lambda", eigenvalues(_at_equilibrium(right)), less(real_part(LAMBDA), 0)
    )

    def fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
        return Fact(Claim(name, notation, left, right), holds)

    def radius(field: tuple[Term, Term]) -> Term:
        """The rate of half the squared distance from the equilibrium."""
        return THETA * field[0] + PSI * field[1]

    def angle(field: tuple[Term, Term]) -> Term:
        """The rate of the angle, times the squared distance."""
        return THETA * field[1] - PSI * field[0]

    def mixed(entries: tuple[Term, ...]) -> tuple[Term, Term]:
        return derivative(entries[0], PSI), derivative(entries[1], THETA)

    return (
        fact("published", gradient(SPEED, COORDINATES), vector(*PUBLISHED), holds=False),
        fact("mixed-derivatives", *mixed(ENTRIES)),
        fact("published-is-a-gradient", *mixed(PRINTED), holds=False),
        fact("same-linearization", _at_equilibrium(printed), _at_equilibrium(right)),
        Fact(Claim("stable-for-every-weight", notation, stable, TRUE, Equality.CONDITION)),
        fact("radius", radius(right), -damping * (1 - 2 * PRODUCT * RISE)),
        fact("published-radius", radius(printed), -damping * (1 - PRODUCT * RISE)),
        fact("angle", angle(right), RADIUS * SLOPE * (1 + bend)),
        fact("published-angle", angle(printed), RADIUS * SLOPE * (1 + bend / 2)),
    )


def regularizer() -> Solution:
    """Half the squared speed, its gradient, and what the regularized field does."""
    found = _gradient()
    notation = _with_entries(found.claim)
    curvature = -(SLOPE * RISE)
    return Solution(
        notation,
        answers=(
            Answer("velocity", _velocity(), asks="the velocities of theta and of psi"),
            Answer("regularizer", _speed(), asks="half the squared length of the velocity field"),
            Answer(
                "gradient",
                found,
                (
                    vector(
                        THETA * SLOPE**2 + PSI * RADIUS * SLOPE * curvature,
                        PSI * SLOPE**2 + THETA * RADIUS * SLOPE * curvature,
                    ),
                    SLOPE**2 * vector(THETA - PSI * RADIUS * RISE, PSI - THETA * RADIUS * RISE),
                ),
                asks="its gradient in (theta, psi)",
                mistakes=(Mistake("published", "The cross term has a wrong factor."),),
            ),
            Answer(
                "eigenvalues",
                _spectrum(notation),
                (multiset((-GAMMA + 2 * IMAGINARY) / 4, (-GAMMA - 2 * IMAGINARY) / 4),),
                asks="the eigenvalues of the regularized field's Jacobian at the equilibrium",
            ),
        ),
        lemmas=(_objective(),),
        facts=_facts(notation),
        formulas={
            "weight": GAMMA,
            "critic": PSI * X,
            "objective-defined": _definition("L"),
            "regularizer-defined": _definition("R"),
            "published-entries": vector(*PRINTED),
            "entries": vector(*ENTRIES),
            "product": PRODUCT,
            "growth": 2 * PRODUCT * RISE,
            "published-growth": PRODUCT * RISE,
        },
        studies=("published_mistakes",),
        conventions=(Convention("gamma", "gamma", replace={"gamma": 2 * GAMMA}),),
    )
