"""Training a GAN between two point masses: its dynamics, and what a gradient penalty does.

Data sit at 0 and the generator's one sample at theta. The critic is C(x) = psi_0 x + psi_1, the
objective the standard one, E log sigma(C) under the data plus E log sigma(-C) under the generator;
the critic ascends it and the generator descends it. Coordinates come in the order
(psi_0, psi_1, theta) throughout. The setting is that of Mescheder, Geiger and Nowozin, "Which
training methods for GANs do actually converge?" (2018), with a bias added to the critic.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution
from derivations.rules.calculus import (
    differentiate,
    expand,
    expectation_under_a_point_mass,
    linearize,
    logistic_at_zero,
    reflect_logistic,
    substitute_result,
    tidy,
    unfold,
)
from derivations.rules.dynamics import (
    block_determinant,
    cancel_injective,
    complete_radicals,
    drop_positive_factors,
    every_eigenvalue,
    gather,
    half_steps,
    isolate,
    multiply_matrices,
    put_in,
    quadratic_formula,
    real_roots,
    reorder,
    solve_for,
    work_out_determinants,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Term, lift, substitute
from language.types import POSITIVE, REAL, Function, Interval
from language.vocabulary import (
    FALSE,
    IMAGINARY,
    TRUE,
    absolute,
    add,
    both,
    call,
    derivative,
    determinant,
    eigenvalues as spectrum,
    equal,
    exp,
    expectation,
    gradient,
    greater,
    identity,
    jacobian,
    less,
    let,
    log,
    logistic,
    matrix,
    multiset,
    names,
    number,
    power,
    real_part,
    relation,
    sqrt,
    tuple_of,
    variance,
    vector,
)

__all__ = [
    "discrete_time",
    "eigenvalues",
    "jacobian_at_equilibrium",
    "regularized_eigenvalues",
    "regularized_jacobian",
    "regularized_velocity_field",
    "velocity_field",
]

PSI_0, PSI_1, THETA, GAMMA, ETA, X, LAMBDA = names("psi_0 psi_1 theta gamma eta x lambda")
COORDINATES = tuple_of(PSI_0, PSI_1, THETA)
#: The coordinates anew, with psi_1 first: it decouples from the other two at equilibrium.
BIAS_FIRST = (1, 0, 2)

DATA, GENERATED = Apply("dirac", (lift(0),)), Apply("dirac", (THETA,))
OBJECTIVE, PENALTY = names("L R_1")
PENALIZED = OBJECTIVE - GAMMA / 2 * PENALTY

PLAIN = Notation(
    (
        Symbol(
            "psi_0",
            REAL,
            r"\psi_0",
            words="the critic's slope",
            spellings=("psi0", r"\psi_0^*", r"\psi_0^\star"),
        ),
        Symbol(
            "psi_1",
            REAL,
            r"\psi_1",
            words="the critic's bias",
            spellings=("psi1", r"\psi_1^*", r"\psi_1^\star"),
        ),
        Symbol(
            "theta",
            REAL,
            r"\theta",
            words="where the generator puts its sample",
            spellings=(r"\theta^*", r"\theta^\star"),
        ),
        Symbol("x", REAL, words="a sample"),
        Symbol(
            "C",
            Function((REAL,), REAL),
            r"C_\psi",
            definition=PSI_0 * X + PSI_1,
            parameters=("x",),
            words="the critic",
        ),
        Symbol(
            "L",
            REAL,
            r"\mathcal{L}",
            definition=expectation("x", DATA, log(logistic(call("C", X))))
            + expectation("x", GENERATED, log(logistic(-call("C", X)))),
            words="the objective",
        ),
    )
)
REGULARIZED = PLAIN.extended(
    Symbol("gamma", REAL, r"\gamma", POSITIVE, words="the weight of the gradient penalty"),
    Symbol(
        "R_1",
        REAL,
        r"\mathcal{R}_1",
        definition=expectation("x", DATA, derivative(call("C", X), X) ** 2),
        words="the gradient penalty",
    ),
)
OVERDAMPED = PLAIN.extended(
    Symbol("gamma", REAL, r"\gamma", Interval(Fraction(1)), words="a weight above one")
)
DISCRETE = REGULARIZED.extended(Symbol("eta", REAL, r"\eta", POSITIVE, words="the learning rate"))
UNKNOWN = Symbol("lambda", REAL, r"\lambda", words="the unknown of a characteristic polynomial")

SQUARED_RADIUS = PSI_0**2 + THETA**2


def _whole_weight(*weights: str) -> Convention:
    """The weight itself before the penalty, not half of it; the formulas named are weights."""
    return Convention("gamma", "gamma", {"gamma": 2 * GAMMA}, dict.fromkeys(weights, number(1, 2)))


# Derivations that several questions use.


def _definition(notation: Notation, name: str) -> Term:
    definition = notation[name].definition
    assert definition is not None
    return definition


def _objective() -> Derivation:
    return (
        Chain("objective", PLAIN, OBJECTIVE, "The objective of the two players.")
        .then("One expectation for the data, one for the generated sample.", unfold, PLAIN, "L")
        .then("The critic is affine.", unfold, PLAIN, "C")
        .then(
            "Under a point mass, an expectation is the value at the point.",
            expectation_under_a_point_mass,
        )
        .derivation()
    )


def _penalty() -> Derivation:
    return (
        Chain("penalty", REGULARIZED, PENALTY, "The penalty.")
        .then("The critic's squared slope, at the data.", unfold, REGULARIZED, "R_1")
        .then("The critic is affine.", unfold, REGULARIZED, "C")
        .then("Its slope is the same everywhere.", differentiate, REGULARIZED, "x")
        .then(
            "What is averaged is the same for every sample.",
            expectation_under_a_point_mass,
        )
        .derivation()
    )


def _velocity(name: str, defined: Term, notation: Notation, reason: str) -> Derivation:
    """From a partial derivative of an objective (or a vector of them) to its closed form."""
    known = (_objective().claim, _penalty().claim)
    return (
        Chain(name, notation, defined, reason)
        .then("With the expectations worked out.", substitute_result, *known)
        .then(
            "The logarithm of the logistic function at u has the derivative one minus the "
            "logistic function at u; then the chain rule.",
            differentiate,
            notation,
        )
        .then("One minus the logistic function mirrors its argument.", reflect_logistic)
        .derivation()
    )


def _plain_velocities() -> tuple[Derivation, Derivation, Derivation]:
    return (
        _velocity(
            "v-psi0",
            derivative(OBJECTIVE, PSI_0),
            PLAIN,
            "The critic ascends the objective in its slope.",
        ),
        _velocity(
            "v-psi1",
            derivative(OBJECTIVE, PSI_1),
            PLAIN,
            "The critic ascends the objective in its bias.",
        ),
        _velocity(
            "v-theta",
            -derivative(OBJECTIVE, THETA),
            PLAIN,
            "The generator descends the same objective.",
        ),
    )


def _regularized_velocities() -> tuple[Derivation, Derivation, Derivation]:
    _, _, generator = _plain_velocities()
    slope, bias = (
        _velocity(
            name,
            derivative(PENALIZED, coordinate),
            REGULARIZED,
            "The critic ascends the objective less half the weighted penalty.",
        )
        for name, coordinate in (("v-psi0", PSI_0), ("v-psi1", PSI_1))
    )
    return slope, bias, generator


def _defined(velocities: tuple[Derivation, ...]) -> tuple[Term, ...]:
    return tuple(velocity.claim.defined for velocity in velocities)


def _closed(velocities: tuple[Derivation, ...]) -> tuple[Term, ...]:
    return tuple(velocity.claim.closed_form for velocity in velocities)


def _stationary(velocities: tuple[Derivation, ...], notation: Notation) -> Derivation:
    """Where all three velocities vanish; the equivalence says that this is nowhere else."""
    chain = Chain(
        "stationary-point",
        notation,
        both(*(equal(velocity, 0) for velocity in _defined(velocities))),
        "Stationary means that all three velocities vanish.",
    ).then("The velocities were found above.", substitute_result, *(v.claim for v in velocities))
    divide = "The logistic function is never zero, so it can be divided out."
    chain.then(divide, drop_positive_factors)
    chain.then("What is zero is put into the other equations.", put_in)
    if "gamma" in notation:
        # Only now that psi_0 is known to be zero does the first equation say what theta is.
        chain.then("Now the logistic function can be divided out again.", drop_positive_factors)
    return (
        chain.then(
            "The logistic function strictly increases, so equal values have equal arguments.",
            cancel_injective,
        )
        .then("Only zero equals its opposite.", solve_for, notation, "psi_1")
        .then("So there is exactly one stationary point.", gather, "psi_0", "psi_1", "theta")
        .derivation(Equality.CONDITION)
    )


def _at_equilibrium(body: Term) -> Term:
    """``body`` at psi_0 = psi_1 = theta = 0."""
    return let("psi_0", 0, let("psi_1", 0, let("theta", 0, body)))


def _jacobian(name: str, velocities: tuple[Derivation, ...], notation: Notation) -> Derivation:
    """The Jacobian of a velocity field at equilibrium, from the objective."""
    return (
        Chain(
            name,
            notation,
            _at_equilibrium(jacobian(vector(*_defined(velocities)), COORDINATES)),
            "The partial derivatives of the field, at the stationary point.",
        )
        .then("The velocities were found above.", substitute_result, *(v.claim for v in velocities))
        .then(
            "Row by row, by the product and the chain rule; at the stationary point most terms "
            "vanish.",
            linearize,
            notation,
        )
        .then("The logistic function is one half at zero.", logistic_at_zero)
        .derivation()
    )


def _plain_jacobian() -> Derivation:
    return _jacobian("jacobian", _plain_velocities(), PLAIN)


def _regularized_jacobian() -> Derivation:
    return _jacobian("jacobian", _regularized_velocities(), REGULARIZED)


def _spectrum(name: str, array: Term, notation: Notation) -> Derivation:
    """The eigenvalues of a 3 x 3 matrix in which psi_1 decouples."""
    return (
        Chain(name, notation, spectrum(array), "The eigenvalues of the matrix.")
        .then(
            "Writing the bias first changes no eigenvalue and leaves two diagonal blocks.",
            reorder,
            BIAS_FIRST,
        )
        .then(
            "The single entry is an eigenvalue; those of the block follow from its trace and "
            "determinant by the quadratic formula.",
            quadratic_formula,
            notation,
        )
        .then("The square root is worked out.", complete_radicals, notation)
        .derivation(Equality.MULTISET)
    )


def _characteristic_polynomial(array: Term, notation: Notation) -> Derivation:
    extended = notation.extended(UNKNOWN)
    return (
        Chain(
            "characteristic-polynomial",
            extended,
            determinant(_shifted(array)),
            "Its zeros are the eigenvalues.",
        )
        .then("The bias is written first.", reorder, BIAS_FIRST)
        .then(
            "The determinant of two diagonal blocks is the product of theirs.",
            block_determinant,
            extended,
        )
        .derivation()
    )


def _shifted(array: Term) -> Term:
    """``lambda I - array``, entry by entry, for a written matrix."""
    assert isinstance(array, Apply)
    rows = [row.args for row in array.args if isinstance(row, Apply)]
    return matrix(
        *(
            tuple(tidy(LAMBDA - part if i == j else -part) for j, part in enumerate(row))
            for i, row in enumerate(rows)
        )
    )


def _energy(name: str, velocities: tuple[Derivation, ...], notation: Notation) -> Derivation:
    """The rate of psi_0^2 + theta^2 along the flow."""
    field = _closed(velocities)
    rates = (
        derivative(SQUARED_RADIUS, coordinate) * velocity
        for coordinate, velocity in zip((PSI_0, PSI_1, THETA), field, strict=True)
    )
    return (
        Chain(
            name,
            notation,
            add(*rates),
            "The rate of a function along the flow: its partial derivatives times the velocities.",
        )
        .then("The partial derivatives of the squared radius.", differentiate, notation)
        .then("Multiplied out, the two exchange terms cancel.", expand, notation)
        .derivation()
    )


def _statement(
    name: str,
    notation: Notation,
    statement: Term,
    means: Term = TRUE,
    *,
    holds: bool = True,
    conditions: tuple[Term, ...] = (),
) -> Fact:
    """That ``statement`` holds exactly where ``means`` does (everywhere, unless one is given)."""
    claim = Claim(name, notation, statement, means, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


def _identity(
    name: str, notation: Notation, left: Term, right: Term | int, *, holds: bool = True
) -> Fact:
    return Fact(Claim(name, notation, left, lift(right)), holds)


def _every_eigenvalue(array: Term, condition: Term) -> Term:
    """That all eigenvalues of ``array`` satisfy ``condition``, a statement on lambda."""
    return Bind("forall", "lambda", spectrum(array), condition)


# The questions.


def velocity_field() -> Solution:
    """Question 5.1: the field of gradient ascent-descent and its only stationary point."""
    velocities = _plain_velocities()
    stationary = _stationary(velocities, PLAIN)
    logit = PSI_0 * THETA + PSI_1
    answers = (
        Answer(
            "v-psi0",
            velocities[0],
            (-THETA / (1 + exp(-logit)), THETA * logistic(-logit) - THETA),
            asks="the velocity of psi_0",
        ),
        Answer(
            "v-psi1",
            velocities[1],
            (1 - logistic(PSI_1) - logistic(logit),),
            asks="the velocity of psi_1",
        ),
        Answer(
            "v-theta", velocities[2], (PSI_0 / (1 + exp(-logit)),), asks="the velocity of theta"
        ),
        Answer(
            "stationary-point",
            stationary,
            asks="where the field vanishes, as (psi_0, psi_1, theta)",
        ),
    )
    facts = (
        _identity(
            "value-at-equilibrium",
            PLAIN,
            _at_equilibrium(OBJECTIVE),
            -2 * log(2),
        ),
        _identity("point-mass-mean", PLAIN, expectation("x", GENERATED, X), THETA),
        _identity("point-mass-variance", PLAIN, variance("x", GENERATED, X), 0),
    )
    return Solution(
        PLAIN,
        answers,
        lemmas=(_objective(),),
        facts=facts,
        formulas={
            "critic": PSI_0 * X + PSI_1,
            "objective-defined": _definition(PLAIN, "L"),
            "equilibrium-value": -2 * log(2),
        },
    )


def jacobian_at_equilibrium() -> Solution:
    """Question 5.2: the Jacobian of the field at the stationary point."""
    velocities = _plain_velocities()
    first, second, _ = closed = _closed(velocities)
    derived = _plain_jacobian()
    # The generator ascends the logarithm of the probability that its sample is taken for data.
    heuristic = derivative(log(logistic(PSI_0 * THETA + PSI_1)), THETA)
    rows = tuple(
        Chain(f"row-{name}", PLAIN, gradient(velocity, COORDINATES), "One row, at any point.")
        .then("By the product and the chain rule.", differentiate, PLAIN)
        .derivation()
        for name, velocity in zip(("psi0", "psi1", "theta"), closed, strict=True)
    )
    return Solution(
        PLAIN,
        (
            Answer(
                "jacobian",
                derived,
                asks="the Jacobian there; rows and columns in the order psi_0, psi_1, theta",
            ),
        ),
        lemmas=rows,
        facts=(
            _identity(
                "non-saturating-jacobian",
                PLAIN,
                _at_equilibrium(jacobian(vector(first, second, heuristic), COORDINATES)),
                derived.claim.closed_form,
            ),
        ),
        formulas={"v": vector(*closed)},
    )


def eigenvalues() -> Solution:
    """Question 5.3: the spectrum, and what the linearization leaves open decided exactly."""
    array = _plain_jacobian().claim.closed_form
    derived = _spectrum("eigenvalues", array, PLAIN)
    velocities = _plain_velocities()
    first, second, third = _closed(velocities)
    logit = PSI_0 * THETA + PSI_1
    half = SQUARED_RADIUS / 2
    # What the same objective gives if the generator ascended it too, a sign slip worth a look.
    both_ascend = vector(first, second, -third)
    facts = (
        _statement(
            "no-eigenvalue-to-the-right",
            PLAIN,
            _every_eigenvalue(array, relation("less_equal", real_part(LAMBDA), 0)),
        ),
        _statement(
            "all-eigenvalues-to-the-left",
            PLAIN,
            _every_eigenvalue(array, less(real_part(LAMBDA), 0)),
            holds=False,
        ),
        _identity(
            "rotation",
            PLAIN,
            PSI_0 * third - THETA * first,
            SQUARED_RADIUS * logistic(logit),
        ),
        _statement("bias-sign", PLAIN, less(second, 0), greater(2 * PSI_1 + PSI_0 * THETA, 0)),
        _statement(
            "product-bound",
            PLAIN,
            both(
                relation("less_equal", PSI_0 * THETA, half),
                relation("less_equal", -(PSI_0 * THETA), half),
            ),
        ),
        Fact(
            Claim(
                "both-ascend-spectrum",
                PLAIN,
                spectrum(_at_equilibrium(jacobian(both_ascend, COORDINATES))),
                multiset(-number(1, 2), -number(1, 2), number(1, 2)),
                Equality.MULTISET,
            )
        ),
    )
    return Solution(
        PLAIN,
        (
            Answer(
                "eigenvalues",
                derived,
                (multiset(-IMAGINARY / 2, IMAGINARY / 2, -number(1, 2)),),
                asks="its eigenvalues, each as often as it occurs",
            ),
        ),
        lemmas=(
            _characteristic_polynomial(array, PLAIN),
            _energy("conserved-quantity", velocities, PLAIN),
        ),
        facts=facts,
        formulas={
            "jacobian-matrix": array,
            "squared-radius": SQUARED_RADIUS,
            "rotation-speed": logistic(logit),
            "bias-target": -(PSI_0 * THETA) / 2,
            "both-ascend-eigenvalues": multiset(-number(1, 2), -number(1, 2), number(1, 2)),
        },
    )


def regularized_velocity_field() -> Solution:
    """Question 5.4: the field with the penalty, and its only stationary point."""
    velocities = _regularized_velocities()
    whole = _velocity(
        "v",
        vector(*_defined(velocities)),
        REGULARIZED,
        "The critic ascends the penalized objective; the generator's part is as before.",
    )
    slope = velocities[0]
    logit = PSI_0 * THETA + PSI_1
    return Solution(
        REGULARIZED,
        (
            Answer(
                "v-psi0",
                slope,
                (-GAMMA * PSI_0 - THETA / (1 + exp(-logit)),),
                asks="the velocity of psi_0 with the penalty",
            ),
            Answer("v", whole, asks="the whole field, in the order psi_0, psi_1, theta"),
            Answer(
                "stationary-point",
                _stationary(velocities, REGULARIZED),
                asks="where the field vanishes, as (psi_0, psi_1, theta)",
                also=("gamma",),
            ),
        ),
        lemmas=(_penalty(),),
        formulas={
            "weight": GAMMA / 2,
            "penalized-objective": PENALIZED,
            "penalty-defined": _definition(REGULARIZED, "R_1"),
        },
        conventions=(_whole_weight(),),
    )


def regularized_jacobian() -> Solution:
    """Question 5.5: the Jacobian with the penalty."""
    derived = _regularized_jacobian()
    facts = (
        _identity(
            "penalty-only-damps-the-slope",
            REGULARIZED,
            derived.claim.closed_form,
            _plain_jacobian().claim.closed_form + matrix((-GAMMA, 0, 0), (0, 0, 0), (0, 0, 0)),
        ),
    )
    return Solution(
        REGULARIZED,
        (
            Answer(
                "jacobian",
                derived,
                asks="its Jacobian; rows and columns in the order psi_0, psi_1, theta",
            ),
        ),
        facts=facts,
        formulas={"rate": GAMMA},
        conventions=(_whole_weight(),),
    )


def regularized_eigenvalues() -> Solution:
    """Question 5.6: the spectrum with the penalty, and stability for every weight."""
    array = _regularized_jacobian().claim.closed_form
    derived = _spectrum("eigenvalues", array, REGULARIZED)
    root = sqrt(GAMMA**2 - 1)
    other = sqrt(1 - GAMMA**2)
    slow, fast = (root - GAMMA) / 2, (-GAMMA - root) / 2
    forms = (
        multiset(
            -number(1, 2),
            -GAMMA / 2 + IMAGINARY * other / 2,
            -GAMMA / 2 - IMAGINARY * other / 2,
        ),
        multiset(
            -number(1, 2),
            (-GAMMA + sqrt(GAMMA**2 - 4 * number(1, 4))) / 2,
            (-GAMMA - sqrt(GAMMA**2 - 4 * number(1, 4))) / 2,
        ),
    )
    return Solution(
        REGULARIZED,
        (
            Answer(
                "eigenvalues", derived, forms, asks="its eigenvalues, each as often as it occurs"
            ),
            Answer(
                "gamma-real",
                _real_spectrum(array, derived.claim),
                asks="for which gamma > 0 every eigenvalue is real",
            ),
        ),
        lemmas=(
            _characteristic_polynomial(array, REGULARIZED),
            _energy("dissipation", _regularized_velocities(), REGULARIZED),
        ),
        facts=(
            *_stability_facts(array),
            _identity("pair-has-product", REGULARIZED, slow * fast, number(1, 4)),
            _identity("pair-has-sum", REGULARIZED, slow + fast, -GAMMA),
            *_critical_facts(array),
            *_slow_facts(array),
        ),
        formulas={
            "jacobian-matrix": array,
            "squared-radius": SQUARED_RADIUS,
            "root": root,
            "slow-eigenvalue": slow,
            "fast-eigenvalue": fast,
            "bias-eigenvalue": -number(1, 2),
            "critical-weight": lift(1),
            "underdamped-abscissa": -GAMMA / 2,
            "slow-rate-limit": 1 / (4 * GAMMA),
            "slow-rate-upper": GAMMA / (4 * GAMMA**2 - 2),
            "pair-product": number(1, 4),
            "pair-sum": -GAMMA,
            "penalty-added-eigenvalues": multiset(
                -number(1, 2), (GAMMA + root) / 2, (GAMMA - root) / 2
            ),
        },
        figures=("eigenvalue_paths",),
        conventions=(_whole_weight("critical-weight"),),
    )


def _real_spectrum(array: Term, known: Claim) -> Derivation:
    return (
        Chain(
            "gamma-real",
            REGULARIZED,
            _every_eigenvalue(array, equal(real_part(LAMBDA), LAMBDA)),
            "A number is real if it equals its real part.",
        )
        .then("The eigenvalues were found above.", substitute_result, known)
        .then("All three are asked to be real.", every_eigenvalue)
        .then(
            "Only the square root can fail to be real, and does where its radicand is negative.",
            real_roots,
        )
        .then("The weight is positive, so one factor settles it.", isolate, REGULARIZED, "gamma")
        .derivation(Equality.CONDITION)
    )


def _stability_facts(array: Term) -> tuple[Fact, ...]:
    first, second, _ = _closed(_regularized_velocities())
    # The slip: the penalty added to the objective that is ascended.
    slip = _at_equilibrium(
        jacobian(
            vector(
                derivative(OBJECTIVE + GAMMA / 2 * PENALTY, PSI_0),
                derivative(OBJECTIVE + GAMMA / 2 * PENALTY, PSI_1),
                -derivative(OBJECTIVE, THETA),
            ),
            COORDINATES,
        )
    )
    root = sqrt(GAMMA**2 - 1)
    return (
        _statement(
            "stable-for-every-weight",
            REGULARIZED,
            _every_eigenvalue(array, less(real_part(LAMBDA), 0)),
        ),
        _statement(
            "bias-sign", REGULARIZED, less(second, 0), greater(2 * PSI_1 + PSI_0 * THETA, 0)
        ),
        _statement(
            "leaves-the-plane",
            REGULARIZED,
            Apply("implies", (both(equal(PSI_0, 0), equal(first, 0)), equal(THETA, 0))),
        ),
        Fact(
            Claim(
                "penalty-added-spectrum",
                REGULARIZED,
                spectrum(slip),
                multiset(-number(1, 2), (GAMMA + root) / 2, (GAMMA - root) / 2),
                Equality.MULTISET,
            )
        ),
    )


def _critical_facts(array: Term) -> tuple[Fact, ...]:
    """What happens at gamma = 1."""
    half = number(1, 2)
    defect = substitute(array, {"gamma": lift(1)}) + half * identity(3)
    nothing = matrix((0, 0, 0), (0, 0, 0), (0, 0, 0))
    return (
        Fact(
            Claim(
                "triple-eigenvalue",
                REGULARIZED,
                spectrum(let("gamma", 1, array)),
                multiset(-half, -half, -half),
                Equality.MULTISET,
            )
        ),
        _identity("diagonalizable-when-critical", REGULARIZED, defect, nothing, holds=False),
        _identity("jordan-block", REGULARIZED, defect @ defect, nothing),
        _statement(
            "fastest-weight",
            REGULARIZED,
            _every_eigenvalue(array, relation("less_equal", real_part(LAMBDA), -half)),
            equal(GAMMA, 1),
        ),
    )


def _slow_facts(array: Term) -> tuple[Fact, ...]:
    """How slow the slow eigenvalue becomes for large weights."""
    root = sqrt(GAMMA**2 - 1)
    rate = (GAMMA - root) / 2
    return (
        _identity("slow-rate", REGULARIZED, rate, 1 / (2 * (GAMMA + root))),
        _statement(
            "slow-rate-at-least",
            OVERDAMPED,
            _every_eigenvalue(array, less(real_part(LAMBDA), -1 / (4 * GAMMA))),
        ),
        _statement(
            "slow-rate-more-than",
            OVERDAMPED,
            _every_eigenvalue(array, less(real_part(LAMBDA), -GAMMA / (4 * GAMMA**2 - 2))),
            FALSE,
        ),
    )


# The discrete-time algorithm.


def _step(field: tuple[Term, ...]) -> tuple[Term, ...]:
    """One simultaneous step: every parameter moves by eta times its velocity."""
    return tuple(
        coordinate + ETA * velocity
        for coordinate, velocity in zip((PSI_0, PSI_1, THETA), field, strict=True)
    )


def _half_steps(field: tuple[Term, ...]) -> tuple[Term, Term]:
    """The critic's half of an alternating step, and the generator's."""
    slope, bias, place = _step(field)
    return vector(slope, bias, THETA), vector(PSI_0, PSI_1, place)


def _alternating_step(field: tuple[Term, ...]) -> tuple[Term, Notation]:
    """One alternating step, and the notation in which the critic's new parameters have names.

    The generator moves by the velocity at these new parameters.
    """
    slope, bias, place = _step(field)
    new_slope, new_bias = names("psi_0_new psi_1_new")
    notation = DISCRETE.extended(
        Symbol("psi_0_new", REAL, r"\psi_0^+", definition=slope, words="the critic's new slope"),
        Symbol("psi_1_new", REAL, r"\psi_1^+", definition=bias, words="the critic's new bias"),
    )
    seen = substitute(place, {"psi_0": new_slope, "psi_1": new_bias})
    return vector(new_slope, new_bias, seen), notation


def _simultaneous_map(name: str, field: tuple[Term, ...]) -> Derivation:
    return (
        Chain(
            name,
            DISCRETE,
            _at_equilibrium(jacobian(vector(*_step(field)), COORDINATES)),
            "Both players step from the old parameters; near equilibrium the step is linear.",
        )
        .then("Row by row, at the stationary point.", linearize, DISCRETE)
        .then("The logistic function is one half at zero.", logistic_at_zero)
        .derivation()
    )


def _alternating_map(name: str, field: tuple[Term, ...]) -> Derivation:
    step, notation = _alternating_step(field)
    return (
        Chain(
            name,
            notation,
            _at_equilibrium(jacobian(step, COORDINATES)),
            "The generator sees the critic's new parameters.",
        )
        .then(
            "The step is the generator's after the critic's, and both leave the stationary point "
            "where it is: their Jacobians multiply.",
            half_steps,
            *_half_steps(field),
        )
        .then("Row by row, at the stationary point.", linearize, DISCRETE)
        .then("The logistic function is one half at zero.", logistic_at_zero)
        .then("The product of the two.", multiply_matrices, DISCRETE)
        .derivation()
    )


def _members(derivation: Derivation) -> tuple[Term, ...]:
    closed = derivation.claim.closed_form
    assert isinstance(closed, Apply)
    return closed.args


def _spectral_radius(derivation: Derivation) -> Term:
    """The largest modulus in a derived multiset of eigenvalues."""
    return Apply("maximum", tuple(absolute(member) for member in _members(derivation)))


def discrete_time() -> Solution:
    """The programming part: what either discrete-time algorithm does near the equilibrium."""
    plain, regularized = _closed(_plain_velocities()), _closed(_regularized_velocities())
    maps = {
        "simultaneous-plain": _simultaneous_map("simultaneous-plain", plain),
        "alternating-plain": _alternating_map("alternating-plain", plain),
        "simultaneous": _simultaneous_map("simultaneous", regularized),
        "alternating": _alternating_map("alternating", regularized),
    }
    arrays = {name: derivation.claim.closed_form for name, derivation in maps.items()}
    spectra = {
        name: _spectrum(f"{name}-spectrum", array, DISCRETE) for name, array in arrays.items()
    }
    radii = {f"{name}-radius": _spectral_radius(found) for name, found in spectra.items()}
    return Solution(
        DISCRETE,
        lemmas=(
            *maps.values(),
            *spectra.values(),
            _oscillation("alternating-oscillates", arrays["alternating"], "gamma"),
            _oscillation("alternating-plain-oscillates", arrays["alternating-plain"], "eta"),
        ),
        facts=(
            *_nonlinear_facts(plain),
            *_modulus_facts(arrays, spectra),
            *_discrete_stability_facts(arrays),
        ),
        formulas={
            **radii,
            "critical-weight": 1 - ETA / 4,
            "critical-modulus": 1 - ETA / 2,
            "underdamped-modulus": sqrt(1 - ETA * GAMMA),
            "growth": sqrt(1 + ETA**2 / 4),
            "weight-floor": ETA / 4,
            "simultaneous-critical-weight": lift(1),
            "large-weight": number(9, 2),
        },
        experiments=("dirac_gan",),
        studies=("dirac_gan_basin",),
        figures=("phase_portraits", "moduli"),
        conventions=(
            _whole_weight(
                "critical-weight", "weight-floor", "simultaneous-critical-weight", "large-weight"
            ),
        ),
    )


def _pair(array: Term) -> tuple[Term, Term]:
    """Trace and determinant of the block of psi_0 and theta."""
    assert isinstance(array, Apply)
    rows = [row.args for row in array.args if isinstance(row, Apply)]
    (a, _, b), _, (c, _, d) = rows
    return a + d, determinant(matrix((a, b), (c, d)))


def _oscillation(name: str, array: Term, solved: str) -> Derivation:
    """Where the pair of eigenvalues is not real, solved for one of the two parameters."""
    total, product = _pair(array)
    return (
        Chain(
            name,
            DISCRETE,
            less(total**2 - 4 * product, 0),
            "The pair of eigenvalues is not real where the discriminant is negative.",
        )
        .then("The determinant of the block.", work_out_determinants, DISCRETE)
        .then(
            "In factors, all but one of them positive.",
            isolate,
            DISCRETE,
            solved,
        )
        .derivation(Equality.CONDITION)
    )


def _nonlinear_facts(plain: tuple[Term, ...]) -> tuple[Fact, ...]:
    """What holds of the algorithm itself, not only of its linearization."""
    slope, _, place = _step(plain)
    logit = PSI_0 * THETA + PSI_1
    # The linear part of the alternating step, and the ellipse that it keeps.
    half = ETA / 2
    new_slope = PSI_0 - half * THETA
    new_place = THETA + half * new_slope

    def ellipse(slope: Term, place: Term) -> Term:
        return slope**2 + place**2 - half * slope * place

    return (
        _identity(
            "simultaneous-radius-grows",
            DISCRETE,
            slope**2 + place**2,
            (1 + ETA**2 * power(logistic(logit), 2)) * SQUARED_RADIUS,
        ),
        _identity(
            "alternating-ellipse", DISCRETE, ellipse(new_slope, new_place), ellipse(PSI_0, THETA)
        ),
        _statement(
            "ellipse-positive",
            DISCRETE,
            greater(ellipse(PSI_0, THETA), 0),
            conditions=(less(ETA, 4), greater(SQUARED_RADIUS, 0)),
        ),
    )


def _modulus_facts(arrays: dict[str, Term], spectra: dict[str, Derivation]) -> tuple[Fact, ...]:
    """The product of the pair is its squared modulus where the two are conjugate."""
    products: dict[str, Term] = {
        "simultaneous-plain": 1 + ETA**2 / 4,
        "alternating-plain": lift(1),
        "simultaneous": 1 - ETA * GAMMA + ETA**2 / 4,
        "alternating": 1 - ETA * GAMMA,
    }
    facts = []
    for name, product in products.items():
        _, first, second = _members(spectra[name])
        facts.append(_identity(f"{name}-product", DISCRETE, first * second, product))
    half = 1 - ETA / 2
    return (
        *facts,
        Fact(
            Claim(
                "alternating-critical",
                DISCRETE,
                spectrum(let("gamma", 1 - ETA / 4, arrays["alternating"])),
                multiset(half, half, half),
                Equality.MULTISET,
            )
        ),
        Fact(
            Claim(
                "simultaneous-critical",
                DISCRETE,
                spectrum(let("gamma", 1, arrays["simultaneous"])),
                multiset(half, half, half),
                Equality.MULTISET,
            )
        ),
    )


def _discrete_stability_facts(arrays: dict[str, Term]) -> tuple[Fact, ...]:
    """For which learning rates every eigenvalue lies within the unit circle."""
    inside = less(absolute(LAMBDA), 1)
    return (
        _statement(
            "simultaneous-plain-unstable",
            DISCRETE,
            _every_eigenvalue(
                arrays["simultaneous-plain"], relation("less_equal", absolute(LAMBDA), 1)
            ),
            FALSE,
        ),
        _statement(
            "simultaneous-stable",
            DISCRETE,
            _every_eigenvalue(arrays["simultaneous"], inside),
            both(less(ETA, 4), less(ETA / 4, GAMMA), less(GAMMA, 2 / ETA + ETA / 8)),
        ),
        _statement(
            "alternating-stable",
            DISCRETE,
            _every_eigenvalue(arrays["alternating"], inside),
            less(GAMMA, 2 / ETA - ETA / 8),
        ),
    )
