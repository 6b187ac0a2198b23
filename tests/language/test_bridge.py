"""Across to SymPy and back, with the same values on both sides."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy
from hypothesis import assume, given, strategies as st

from language.bridge import BridgeError, from_sympy, to_sympy
from language.notation import Notation, Symbol
from language.terms import Apply, Name, free_names, same
from language.typecheck import typecheck
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    IMAGINARY,
    PI,
    call,
    delta,
    density,
    derivative,
    determinant,
    diagonal,
    divide,
    entry,
    exp,
    expectation,
    hadamard,
    identity,
    index_product,
    index_sum,
    inner,
    integral,
    inverse,
    kl,
    let,
    log,
    logistic,
    matrix,
    names,
    norm,
    number,
    power,
    softplus,
    sqrt,
    tanh,
    trace,
    tuple_of,
    vector,
)
from tests.strategies import NOTATION, indexed_terms, rational_terms, scalar_terms

x, y, s, n = names("x y s n")
POINT = {"x": -0.7, "y": 1.3, "s": 0.4, "t": 2.1, "p": 0.6}
SMALL = Notation(
    (
        Symbol("x", REAL),
        Symbol("s", REAL, domain=POSITIVE),
        Symbol("n", INTEGER, domain=NATURALS),
        Symbol("v", Array((2,))),
        Symbol("M", Array((2, 2))),
        Symbol("w", Array(("n",)), domain=POSITIVE),
        Symbol("f", Law(REAL)),
        Symbol("h", Function((REAL,), REAL)),
    )
)
v, M, w = names("v M w")


def _number(expression):
    values = {symbol: sympy.Float(POINT[symbol.name], 30) for symbol in expression.free_symbols}
    return sympy.N(expression.subs(values), 30)


@given(scalar_terms(leaves=6))
def test_there_and_back_keeps_the_value(term):
    expression = to_sympy(term, NOTATION)
    assume(not expression.has(sympy.zoo, sympy.nan, sympy.oo))
    back = from_sympy(expression)
    expected, found = _number(expression), _number(to_sympy(back, NOTATION))
    assume(abs(expected) < 1e50)
    assert abs(found - expected) <= 1e-15 * (1 + abs(expected))


@given(rational_terms(leaves=6))
def test_values_agree_with_python(term):
    """SymPy sees what was written: its value is the one of plain arithmetic."""
    expression = to_sympy(term, NOTATION)
    exact = {name: sympy.Rational(str(value)) for name, value in POINT.items()}
    assume(not expression.has(sympy.zoo, sympy.nan))
    at_point = expression.subs({symbol: exact[symbol.name] for symbol in expression.free_symbols})
    assume(not at_point.has(sympy.zoo, sympy.nan))
    assert at_point.is_Rational
    assert from_sympy(at_point) == from_sympy(sympy.Rational(at_point.p, at_point.q))


@given(indexed_terms())
def test_sums_stay_sums_with_the_same_free_names(term):
    expression = to_sympy(term, NOTATION)
    assume(not expression.has(sympy.zoo, sympy.nan))
    back = from_sympy(expression)
    assert free_names(back) <= free_names(term)
    assert typecheck(back, NOTATION) in (REAL, INTEGER)


@pytest.mark.parametrize(
    "term",
    [
        log(s) + power(x, 2),
        divide(x, s),
        sqrt(s),
        tanh(x),
        logistic(x),
        power(logistic(-x), 1),
        softplus(x),
        IMAGINARY * x,
        PI * x,
        entry("w", n),
        delta(2, n),
        call("h", x),
        log(density("f", x)),
        index_sum("i", "n", power(entry("w", "i"), 2)),
        index_product("i", "n", entry("w", "i")),
        integral("z", density("f", "z")),
        derivative(call("h", x), x),
        tuple_of(x, s),
        matrix((x, 0), (1, s)),
        vector(x, s),
    ],
)
def test_round_trips(term):
    back = from_sympy(to_sympy(term, SMALL))
    assert to_sympy(back, SMALL) == to_sympy(term, SMALL)
    if term.head != "power":
        assert same(back, term) or term.head in ("add", "multiply")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (M * v, "[[M_{1,1} v_1 + M_{1,2} v_2], [M_{2,1} v_1 + M_{2,2} v_2]]"),
        (v.T * v, "v_1^2 + v_2^2"),
        (inner(v, v), "v_1^2 + v_2^2"),
        (trace(M * M), None),
        (determinant(M), None),
        (norm(v), None),
        (inverse(matrix((2, 0), (0, 4))), None),
        (diagonal(v) * v - hadamard(v, v), None),
        (identity(2) * v - v, None),
        (power(v, 2) - hadamard(v, v), None),
        (exp(v), None),
    ],
)
def test_finite_matrices(term, expected):
    value = to_sympy(term, SMALL)
    shape = typecheck(term, SMALL)
    if isinstance(shape, Array):
        assert value.shape[: len(shape.shape)] == shape.shape
    else:
        assert value.is_real
    assert to_sympy(from_sympy(value), SMALL) == value


def test_zero_matrices_are_zero():
    for term in (diagonal(v) * v - hadamard(v, v), power(v, 2) - hadamard(v, v)):
        assert to_sympy(term, SMALL).is_zero_matrix


def test_assumptions_come_from_the_domains():
    assert to_sympy(Name("s"), SMALL).is_positive
    assert to_sympy(x, SMALL).is_real
    assert to_sympy(x, SMALL).is_positive is None
    assert to_sympy(Name("n"), SMALL).is_integer
    assert to_sympy(entry("w", n), SMALL).is_positive


def test_a_derivative_does_not_capture_the_bound_index():
    total = index_sum("i", "n", power(entry("w", "i"), 2))
    i = sympy.Symbol("i", integer=True)
    notation = SMALL.extended(Symbol("i", INTEGER))
    slope = to_sympy(total, notation).diff(to_sympy(entry("w", "i"), notation))
    at_three = slope.subs({sympy.Symbol("n", integer=True, positive=True): 3, i: 2}).doit()
    assert at_three == 2 * to_sympy(entry("w", 2), notation)


def test_let_is_carried_out():
    assert to_sympy(let("x", number(3), power(x, 2)), SMALL) == 9


def test_negative_powers_go_below_the_bar():
    assert same(from_sympy(-sympy.Symbol("x") / 2), Apply("negative", (x / 2,)))
    assert same(from_sympy(1 / sympy.Symbol("x") ** 2), 1 / power(x, 2))


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (kl("f", "f"), "no counterpart across the bridge to SymPy for f, a law"),
        (expectation("z", "f", Name("z")), "expectation over this domain"),
        (w * x, "w, a vector of length n"),
        (Name("unknown"), "'unknown' is not declared"),
        (log(v.T) + M, "cannot form this add in SymPy"),
        (entry(M * M, n, 1), "an entry of a formula at a symbolic index"),
        (entry(x, 1), "an entry of x, a number"),
        (identity("n"), "identity of a symbolic size"),
    ],
)
def test_what_has_no_counterpart(term, message):
    with pytest.raises(BridgeError, match=message):
        to_sympy(term, SMALL)


@pytest.mark.parametrize(
    "expression", [sympy.Float(0.5), sympy.gamma(sympy.Symbol("x")), sympy.Symbol("x") > 0, "x"]
)
def test_what_cannot_come_back(expression):
    with pytest.raises(BridgeError):
        from_sympy(expression)


@given(st.integers(-5, 5))
def test_python_integers_are_numbers(value):
    assert from_sympy(value) == from_sympy(sympy.Integer(value))


def test_sympy_is_not_loaded_before_it_is_needed():
    code = "import sys, language.bridge; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
