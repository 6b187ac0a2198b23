"""The Dirac-GAN: its rules keep values, its spectra are those of the matrices they come from."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.strategies import SearchStrategy

from derivations.derivation import Derivation, Solution
from derivations.rules import calculus, dynamics
from derivations.topics import dirac_gan as topic
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Number, Term, lift
from language.typecheck import typecheck
from language.types import POSITIVE, REAL, Function
from language.vocabulary import (
    both,
    call,
    derivative,
    eigenvalues,
    equal,
    expectation,
    less,
    logistic,
    matrix,
)

A, B = Name("a"), Name("b")
NOTATION = Notation((Symbol("a", REAL), Symbol("b", REAL), Symbol("s", REAL, domain=POSITIVE)))

SOLUTIONS = [
    topic.velocity_field,
    topic.jacobian_at_equilibrium,
    topic.eigenvalues,
    topic.regularized_velocity_field,
    topic.regularized_jacobian,
    topic.regularized_eigenvalues,
    topic.discrete_time,
]


def value(term: Term, **values: float) -> complex:
    """The value of a scalar term, in floating point."""

    def visit(here: Term) -> complex:
        match here:
            case Number(exact):
                return complex(exact)
            case Name(name):
                return complex(values[name])
            case Apply("add", parts):
                return sum(map(visit, parts))
            case Apply("multiply", parts):
                return math.prod(map(visit, parts))
            case Apply("negative", (part,)):
                return -visit(part)
            case Apply("divide", (above, below)):
                return visit(above) / visit(below)
            case Apply("power", (base, exponent)):
                return visit(base) ** visit(exponent)
            case Apply("sqrt", (part,)):
                return cmath.sqrt(visit(part))
            case Apply("imaginary"):
                return 1j
            case Apply("logistic", (part,)):
                return 1 / (1 + cmath.exp(-visit(part)))
        raise AssertionError(f"not a scalar of these tests: {here}")

    return visit(term)


def scalars() -> SearchStrategy[Term]:
    """Sums, products, squares and logistic functions of a, b and small fractions."""
    numbers = st.fractions(-2, 2, max_denominator=4).map(Number)
    leaves = st.one_of(st.sampled_from([A, B, lift(0), lift(1)]), numbers)

    def larger(inner: SearchStrategy[Term]) -> SearchStrategy[Term]:
        pairs = st.tuples(inner, inner)
        return st.one_of(
            pairs.map(lambda p: p[0] + p[1]),
            pairs.map(lambda p: p[0] - p[1]),
            pairs.map(lambda p: p[0] * p[1]),
            inner.map(lambda t: -t),
            inner.map(lambda t: t**2),
            inner.map(logistic),
        )

    return st.recursive(leaves, larger, max_leaves=8)


points = st.floats(-1.5, 1.5)


@given(scalars(), points, points)
def test_tidying_crossing_to_sympy_and_reflecting_keep_the_value(
    term: Term, a: float, b: float
) -> None:
    before = value(term, a=a, b=b)
    crossed = calculus.from_sympy(calculus.to_sympy(term, NOTATION))
    reflected = calculus.reflect_logistic(1 - logistic(term))
    for after, wanted in (
        (calculus.tidy(term), before),
        (crossed, before),
        (reflected, 1 / (1 + cmath.exp(before))),
    ):
        assert value(after, a=a, b=b) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@given(scalars(), points, points)
def test_derivatives_are_slopes(term: Term, a: float, b: float) -> None:
    derived = calculus.differentiate(derivative(term, A), NOTATION)
    step = 1e-20
    shifted = value(term, a=a + step * 1j, b=b)  # type: ignore[arg-type]
    assert value(derived, a=a, b=b).real == pytest.approx(shifted.imag / step, rel=1e-9, abs=1e-9)


@given(scalars(), st.fractions(-2, 2, max_denominator=3), points)
def test_a_mean_under_a_point_mass_is_the_value_there(term: Term, a: Fraction, b: float) -> None:
    mean = calculus.expectation_under_a_point_mass(
        expectation("a", Apply("dirac", (Number(a),)), term)
    )
    assert value(mean, b=b) == pytest.approx(value(term, a=float(a), b=b), rel=1e-9, abs=1e-9)


entries = st.fractions(-3, 3, max_denominator=3).map(Number)


@given(entries, entries, entries, entries, entries)
def test_the_quadratic_formula_finds_the_eigenvalues(
    alone: Number, a: Number, b: Number, c: Number, d: Number
) -> None:
    array = matrix((alone, 0, 0), (0, a, b), (0, c, d))
    formula = dynamics.quadratic_formula(eigenvalues(array), NOTATION)
    worked_out = dynamics.complete_radicals(formula, NOTATION)
    assert isinstance(worked_out, Apply)
    wanted = np.poly(np.array([[float(alone.value), 0, 0], [0, *floats(a, b)], [0, *floats(c, d)]]))
    found = np.poly(np.array([value(member) for member in worked_out.args]))
    assert found == pytest.approx(wanted, rel=1e-7, abs=1e-7)


def floats(*numbers: Number) -> list[float]:
    return [float(number.value) for number in numbers]


@cache
def discrete_lemmas() -> dict[str, Term]:
    """What was derived of the algorithms, by name."""
    return {d.claim.name: d.claim.closed_form for d in topic.discrete_time().lemmas}


@given(st.floats(0.05, 3.9), st.floats(0.05, 5))
def test_spectra_of_the_algorithms_are_those_of_their_matrices(eta: float, gamma: float) -> None:
    lemmas = discrete_lemmas()
    for name in ("simultaneous-plain", "alternating-plain", "simultaneous", "alternating"):
        rows = lemmas[name]
        spectrum = lemmas[f"{name}-spectrum"]
        assert isinstance(rows, Apply) and isinstance(spectrum, Apply)
        array = np.array(
            [
                [value(part, eta=eta, gamma=gamma).real for part in row.args]
                for row in rows.args
                if isinstance(row, Apply)
            ]
        )
        members = np.array([value(part, eta=eta, gamma=gamma) for part in spectrum.args])
        assert np.poly(members) == pytest.approx(np.poly(array), rel=1e-9, abs=1e-9)


@given(st.floats(0.05, 3.9), st.floats(0.05, 5))
def test_learning_rates_of_local_convergence(eta: float, gamma: float) -> None:
    lemmas = discrete_lemmas()
    regions = {
        "simultaneous": eta < 4 * gamma and eta**2 + 16 > 8 * eta * gamma,
        "alternating": eta**2 + 8 * eta * gamma < 16,
    }
    for name, stable in regions.items():
        spectrum = lemmas[f"{name}-spectrum"]
        assert isinstance(spectrum, Apply)
        radius = max(abs(value(part, eta=eta, gamma=gamma)) for part in spectrum.args)
        if abs(radius - 1) > 1e-9:
            assert (radius < 1) == stable


@pytest.mark.parametrize("solve", SOLUTIONS, ids=lambda f: f.__name__)
def test_every_chain_is_typed_and_has_a_reason_for_each_step(solve: object) -> None:
    assert callable(solve)
    solution: Solution = solve()
    chains: list[Derivation] = [a.derivation for a in solution.answers] + list(solution.lemmas)
    for chain in chains:
        kinds = {type(typecheck(step.term, chain.claim.notation)) for step in chain.steps}
        assert len(kinds) == 1
        assert all(step.reason.endswith(".") for step in chain.steps)
        assert chain.steps[-1].term == chain.claim.closed_form


def test_rules_refuse_what_they_cannot_do() -> None:
    function = Notation((Symbol("f", Function((REAL,), REAL)),))
    with pytest.raises(ValueError, match="without one"):
        calculus.unfold(call("f", 1), function, "f")
    with pytest.raises(ValueError, match="block diagonal"):
        dynamics.quadratic_formula(eigenvalues(matrix((1, 2, 3), (4, 5, 6), (7, 8, 9))), NOTATION)
    with pytest.raises(ValueError, match="slope"):
        dynamics.solve_for(both(equal(A**2, B)), NOTATION, "a")
    with pytest.raises(ValueError, match="increasing linear factor"):
        dynamics.isolate(less((A - 1) * (A + 1), 0), NOTATION, "a")


def test_one_positive_factor_is_isolated() -> None:
    s = Name("s")
    solved = dynamics.isolate(less((s - 1) * (s + 1) * (A**2 + 1) ** 2, 0), NOTATION, "s")
    assert solved == less(s, 1)
