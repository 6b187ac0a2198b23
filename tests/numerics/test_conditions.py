"""Statements about real numbers: the ones the questions need, and false ones beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from language.claims import Status, Verdict
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, lift, substitute
from language.types import INTEGER, POSITIVE, PROBABILITY, REAL, Array, Function
from language.vocabulary import (
    FALSE,
    IMAGINARY,
    TRUE,
    absolute,
    both,
    call,
    eigenvalues,
    equal,
    exp,
    greater,
    less,
    log,
    logistic,
    matrix,
    multiset,
    names,
    number,
    real_part,
    relation,
    softplus,
    spaces,
    sqrt,
    tanh,
    term_set,
    tuple_of,
    vector,
)
from numerics import balls
from numerics.conditions import prove_equivalent, prove_statement
from numerics.valuations import Valuation, draw

NOTATION = Notation(
    (
        Symbol("psi0", REAL),
        Symbol("psi1", REAL),
        Symbol("theta", REAL),
        Symbol("x", REAL),
        Symbol("y", REAL),
        Symbol("z", REAL),
        Symbol("gamma", REAL, domain=POSITIVE),
        Symbol("eta", REAL, domain=POSITIVE),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("m", INTEGER, domain=POSITIVE),
        Symbol("strength", REAL, domain=POSITIVE, definition=(1 - Name("p")) / Name("p")),
        Symbol("h", Function((REAL,), REAL), domain=POSITIVE),
        Symbol("A", Array(("d", "d"))),
    )
)
psi0, psi1, theta, x, y, z, gamma, eta, p, m, strength, h, A, lam = names(
    "psi0 psi1 theta x y z gamma eta p m strength h A lambda"
)
HALF = number(1, 2)


def at_least(left: Term, right: Term | int) -> Term:
    return relation("greater_equal", left, right)


def at_most(left: Term, right: Term | int | Fraction) -> Term:
    return relation("less_equal", left, right)


def every_eigenvalue(square: Term, condition: Term) -> Term:
    return Bind("forall", "lambda", eigenvalues(square), condition)


LOGIT = psi0 * theta + psi1
V0, V1, VT = (
    -(logistic(LOGIT) * theta),
    logistic(-psi1) - logistic(LOGIT),
    logistic(LOGIT) * psi0,
)
EQUILIBRIUM = both(equal(psi0, 0), equal(psi1, 0), equal(theta, 0))
PLAIN = matrix((0, 0, -HALF), (0, -HALF, 0), (HALF, 0, 0))
DAMPED = matrix((-gamma, 0, -HALF), (0, -HALF, 0), (HALF, 0, 0))
SIMULTANEOUS = matrix((1 - eta * gamma, 0, -eta / 2), (0, 1 - eta / 2, 0), (eta / 2, 0, 1))
ROOT = sqrt(gamma**2 - 1)
SLOW, FAST = (-gamma + ROOT) / 2, (-gamma - ROOT) / 2

EQUIVALENT: dict[str, tuple[Term, Term]] = {
    "stationary point": (both(equal(V0, 0), equal(V1, 0), equal(VT, 0)), EQUILIBRIUM),
    "damped stationary point": (
        both(equal(V0 - gamma * psi0, 0), equal(V1, 0), equal(VT, 0)),
        EQUILIBRIUM,
    ),
    "stationary point of a vector field": (
        equal(vector(V0, V1, VT), Apply("zeros", (lift(3),))),
        Apply("element", (tuple_of(psi0, psi1, theta), term_set(tuple_of(0, 0, 0)))),
    ),
    "direction of the bias": (less(V1, 0), greater(2 * psi1 + psi0 * theta, 0)),
    "real spectrum": (every_eigenvalue(DAMPED, equal(real_part(lam), lam)), at_least(gamma, 1)),
    "real spectrum by roots": (
        Bind("forall", "lambda", multiset(-HALF, SLOW, FAST), equal(real_part(lam), lam)),
        at_least(gamma**2 - 1, 0),
    ),
    "fastest rate": (every_eigenvalue(DAMPED, at_most(real_part(lam), -HALF)), equal(gamma, 1)),
    "stable steps": (
        every_eigenvalue(SIMULTANEOUS, less(absolute(lam), 1)),
        both(less(eta, 4), less(eta, 4 * gamma), greater(eta**2 + 16, 8 * eta * gamma)),
    ),
    "clearing a positive denominator": (less(x / p, y), less(x, p * y)),
    "an interval": (
        Apply("element", (gamma, Apply("interval", (lift(0), lift(2))))),
        less(gamma, 2),
    ),
    "a definition": (less(strength, 1), greater(p, HALF)),
    "injective functions": (equal(tanh(x), tanh(y)), equal(exp(x), exp(y))),
    "softplus": (less(softplus(x), softplus(-x)), less(x, 0)),
}
INEQUIVALENT: dict[str, tuple[Term, Term]] = {
    "an equation missing": (both(equal(V0, 0), equal(V1, 0)), EQUILIBRIUM),
    "another equation missing": (both(equal(V0, 0), equal(VT, 0)), EQUILIBRIUM),
    "another threshold": (at_least(gamma**2 - 1, 0), at_least(gamma, 2)),
    "the other direction": (less(V1, 0), less(2 * psi1 + psi0 * theta, 0)),
    "a denominator of either sign": (less(x / y, 1), less(x, y)),
    "steps too large": (
        every_eigenvalue(SIMULTANEOUS, less(absolute(lam), 1)),
        both(less(eta, 4), less(eta, 4 * gamma), greater(eta**2 + 15, 8 * eta * gamma)),
    ),
    "not injective": (equal(x**2, y**2), equal(x, y)),
}
TRUE_STATEMENTS: dict[str, tuple[Term, tuple[Term, ...]]] = {
    "stable for every weight": (every_eigenvalue(DAMPED, less(real_part(lam), 0)), ()),
    "slow eigenvalue": (less(real_part(SLOW), 0), ()),
    "fast eigenvalue": (less(real_part(FAST), 0), ()),
    "nothing to the right": (every_eigenvalue(PLAIN, at_most(real_part(lam), 0)), ()),
    "two on the axis": (
        Apply(
            "negation",
            (every_eigenvalue(PLAIN, Apply("unequal", (real_part(lam), lift(0)))),),
        ),
        (),
    ),
    "an irreducible cubic": (
        every_eigenvalue(
            matrix((0, 1, 0), (0, 0, 1), (-1, -2 - gamma, -1)), less(real_part(lam), 0)
        ),
        (),
    ),
    "sum of squares": (at_least(x**2 + y**2 + z**2 - x * y - y * z, z * x), ()),
    "slow rate": (
        both(
            less(1 / (4 * gamma), (gamma - ROOT) / 2),
            less((gamma - ROOT) / 2, gamma / (4 * gamma**2 - 2)),
        ),
        (greater(gamma, 1),),
    ),
    "leaves the plane": (
        Apply("implies", (both(equal(psi0, 0), equal(V0 - gamma * psi0, 0)), equal(theta, 0))),
        (),
    ),
    "a tangent": (Bind("forall", "x", spaces(1), at_least(exp(x), 1 + x)), ()),
    "over an interval": (
        Bind("forall", "x", Apply("interval", (lift(0), p)), less(x**2, x)),
        (),
    ),
    "a logarithm": (at_most(log(p), p - 1), ()),
    "a mean": (at_least(x + 1 / x, 2), (greater(x, 0),)),
    "an opaque function": (greater(call("h", x) ** 2 + call("h", y), 0), ()),
    "complex numbers": (equal((x + IMAGINARY * y) * (x - IMAGINARY * y), x**2 + y**2), ()),
    "the largest": (at_least(Apply("maximum", (x, y)), (x + y) / 2), ()),
    "whole numbers": (at_least(m**2, m), ()),
}
FALSE_STATEMENTS: dict[str, Term] = {
    "stable without damping": every_eigenvalue(PLAIN, less(real_part(lam), 0)),
    "a uniform rate": every_eigenvalue(DAMPED, less(real_part(lam), number(-1, 10))),
    "too large a product": at_least(x**2 + y**2, 3 * x * y),
    "a bound on logistic": less(logistic(x), number(3, 4)),
    "a root of a square": equal(sqrt(x**2), x),
    "a chord": less(exp(x), 1 + 2 * x**2),
    "always false": FALSE,
}


def status(verdict: Verdict | None) -> Status | None:
    return None if verdict is None else verdict.status


@pytest.mark.parametrize(("left", "right"), EQUIVALENT.values(), ids=list(EQUIVALENT))
def test_equivalent_statements_are_proved(left: Term, right: Term) -> None:
    assert status(prove_equivalent(left, right, NOTATION)) is Status.PROVED
    assert status(prove_equivalent(right, left, NOTATION)) is Status.PROVED
    # ... and so not equivalent to the opposite.
    opposite = Apply("negation", (right,))
    assert status(prove_equivalent(left, opposite, NOTATION)) in (Status.REFUTED, None)


@pytest.mark.parametrize(("left", "right"), INEQUIVALENT.values(), ids=list(INEQUIVALENT))
def test_inequivalent_statements_are_refuted(left: Term, right: Term) -> None:
    verdict = prove_equivalent(left, right, NOTATION)
    assert verdict is not None
    assert verdict.status is Status.REFUTED
    assert verdict.witness is not None
    assert {verdict.witness.left, verdict.witness.right} == {"true", "false"}


@pytest.mark.parametrize(
    ("statement", "conditions"), TRUE_STATEMENTS.values(), ids=list(TRUE_STATEMENTS)
)
def test_true_statements_are_proved(statement: Term, conditions: tuple[Term, ...]) -> None:
    assert status(prove_statement(statement, NOTATION, conditions)) is Status.PROVED
    opposite = Apply("negation", (statement,))
    assert status(prove_statement(opposite, NOTATION, conditions)) is not Status.PROVED


@pytest.mark.parametrize("statement", FALSE_STATEMENTS.values(), ids=list(FALSE_STATEMENTS))
def test_false_statements_are_refuted(statement: Term) -> None:
    verdict = prove_statement(statement, NOTATION)
    assert verdict is not None
    assert verdict.status is Status.REFUTED
    assert verdict.witness is not None


def test_a_spectrum_is_the_same_question() -> None:
    verdict = prove_statement(
        Bind("forall", "lambda", eigenvalues(DAMPED), less(real_part(lam), 0)), NOTATION
    )
    assert status(verdict) is Status.PROVED


def test_contradictory_hypotheses_prove_nothing() -> None:
    contradiction = (less(x, 0), greater(x, 0))
    assert prove_statement(less(x, x - 1), NOTATION, contradiction) is None
    assert prove_equivalent(TRUE, FALSE, NOTATION, contradiction) is None
    assert prove_statement(less(x, 0), NOTATION.assuming(*contradiction)) is None


def test_what_is_defined_nowhere_is_not_proved() -> None:
    assert prove_statement(equal(1 / (x - x), 1 / (x - x)), NOTATION) is None
    assert prove_statement(equal(log(-gamma), log(-gamma)), NOTATION) is None


def test_assumptions_and_domains_are_hypotheses() -> None:
    statement = less(x, 1)
    assert status(prove_statement(statement, NOTATION)) is Status.REFUTED
    assert status(prove_statement(statement, NOTATION.assuming(less(x, p)))) is Status.PROVED
    assert status(prove_statement(less(p, 1), NOTATION)) is Status.PROVED


def test_division_by_zero_is_not_a_number() -> None:
    # z3 gives 1/0 a value, and so could "prove" that the product is always one.
    assert status(prove_statement(equal(x * (1 / x), 1), NOTATION)) is Status.PROVED
    assert status(prove_equivalent(equal(x * (1 / y), 0), equal(x, 0), NOTATION)) is Status.PROVED


def test_assumptions_that_cannot_be_read_prevent_refutations() -> None:
    opaque = NOTATION.assuming(greater(Apply("determinant", (A,)), 5 * x))
    assert status(prove_statement(less(x, 1), opaque)) is not Status.PROVED


def test_an_irrational_counterexample_is_not_shown_as_a_rational_one() -> None:
    assert prove_statement(Apply("unequal", (x**2, lift(2))), NOTATION) is None


def test_other_kinds_of_statements_are_passed_on() -> None:
    for statement in (
        equal(A, A),
        Bind("forall", "x", spaces(lift(2)), equal(lift(1), lift(1))),
        less(absolute(A[1, 1] ** 1000), 1),
        every_eigenvalue(A, less(real_part(lam), 0)),
    ):
        assert status(prove_statement(statement, NOTATION)) is not Status.PROVED


polynomials = st.recursive(
    st.one_of(
        st.sampled_from([x, y, gamma, p]), st.integers(-3, 3).map(lift), st.just(logistic(x))
    ),
    lambda part: st.one_of(
        st.builds(lambda a, b: a + b, part, part),
        st.builds(lambda a, b: a * b, part, part),
        st.builds(lambda a, b: a / b, part, part),
        st.builds(lambda a: a**2, part),
        st.builds(lambda a: sqrt(a), part),
        st.builds(lambda a: absolute(a), part),
    ),
    max_leaves=5,
)
RELATIONS = st.sampled_from(["less", "less_equal", "equal", "unequal"])
VALUATIONS: list[Valuation] = [draw(NOTATION, seed) for seed in range(8)]


@given(RELATIONS, polynomials, polynomials)
def test_verdicts_agree_with_exact_values(head: str, left: Term, right: Term) -> None:
    statement = relation(head, left, right)
    verdict = prove_statement(statement, NOTATION)
    if verdict is None:
        return
    if verdict.status is Status.PROVED:
        for valuation in VALUATIONS:
            try:
                assert balls.holds(statement, valuation) is not False
            except (balls.Undefined, balls.Unsupported, balls.TooLarge):
                continue
        return
    assert verdict.witness is not None
    values = {name: lift(Fraction(value)) for name, value in verdict.witness.values}
    there = substitute(statement, values)
    assert balls.holds(there, VALUATIONS[0]) is not True


def test_nested_powers_are_passed_on() -> None:
    term: Term = x + 9
    for _ in range(40):
        term = term**12
    assert prove_statement(less(term, 0), NOTATION) is None


def test_z3_is_loaded_when_it_is_needed() -> None:
    code = "import sys, numerics.conditions; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="interrupts are sent otherwise")
def test_an_interrupt_is_no_verdict() -> None:
    letters = a, b, c, d, e, f = names("a b c d e f")
    notation = Notation(tuple(Symbol(letter.name, REAL) for letter in letters))
    squares = a**6 + b**6 + c**6 + d**4 + e**4 + f**6
    hard = greater(squares - 3 * a**2 * b**2 * c**2 - a * b * c * d * e * f + 1, -5)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        prove_statement(hard, notation)
    timer.join()
