"""Types and shapes, and what the errors say."""

from __future__ import annotations

import pytest
from hypothesis import given

from language.notation import Notation, NotationError, Symbol
from language.terms import Apply, Bind, Name, free_names, lift, substitute
from language.typecheck import TypeMismatch, agree, typecheck
from language.types import COMPLEX, INTEGER, REAL, TRUTH, Array, Collection, Law, Space
from language.vocabulary import (
    IMAGINARY,
    PI,
    argmin,
    both,
    call,
    delta,
    density,
    derivative,
    determinant,
    diagonal,
    eigenvalues,
    entropy,
    entry,
    equal,
    exp,
    expectation,
    gradient,
    hadamard,
    hessian,
    identity,
    index_product,
    index_sum,
    inner,
    integral,
    inverse,
    jacobian,
    jsd,
    kl,
    less,
    let,
    limit,
    log,
    matrix,
    mixture,
    multiset,
    names,
    norm,
    power,
    spaces,
    trace,
    tuple_of,
    variance,
    vector,
)
from tests.strategies import (
    NOTATION,
    array_terms,
    rename_bound,
    scalars_of_all_kinds,
    statements,
    terms,
)

x, y, s, p, u, w, v, X, A, f, n = names("x y s p u w v X A f n")
D_BY_D = Array(("d", "d"))
BITS = NOTATION.extended(
    Symbol("R", Array(("n", "d"))), Symbol("q", Law(Array(("d",)))), Symbol("J", Array((3, 3)))
)


@given(terms())
def test_terms_keep_their_type_when_bound_names_change(term):
    renamed = rename_bound(term, frozenset({"i", "j", "x", "z"}) | free_names(term))
    assert typecheck(renamed, NOTATION) == typecheck(term, NOTATION)


@given(scalars_of_all_kinds())
def test_scalars_are_scalars(term):
    assert typecheck(term, NOTATION) in (REAL, INTEGER)


@given(statements())
def test_statements_are_statements(term):
    assert typecheck(term, NOTATION) == TRUTH


@given(array_terms(("n", "d")))
def test_transposing_twice_gives_the_shape_back(term):
    assert typecheck(term.T, NOTATION) == Array(("d", "n"))
    assert typecheck(term.T.T, NOTATION) == typecheck(term, NOTATION)


@given(scalars_of_all_kinds())
def test_a_number_may_stand_for_a_real_name(term):
    assert typecheck(substitute(term, {"x": lift(2)}), NOTATION) in (REAL, INTEGER)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (lift(2) + n, INTEGER),
        (lift(2) / 3, REAL),
        (x + 1, REAL),
        (x * IMAGINARY, COMPLEX),
        (Apply("real_part", (IMAGINARY * x,)), REAL),
        (power(n, 2), INTEGER),
        (power(2, x), REAL),
        (PI * n, REAL),
        (X * w, Array(("n",))),
        (X.T * X, D_BY_D),
        (w.T * u, REAL),
        (w * u.T, D_BY_D),
        (v.T * X, Array((1, "d"))),
        ((v.T * X).T, Array(("d",))),
        (2 * X * x * w, Array(("n",))),
        (power(A, -1) + inverse(A), D_BY_D),
        (power(w, 2), Array(("d",))),
        (exp(X), Array(("n", "d"))),
        (X / s, Array(("n", "d"))),
        (diagonal(w), D_BY_D),
        (diagonal(A), D_BY_D),
        (identity("d") + A, D_BY_D),
        (hadamard(X, X), Array(("n", "d"))),
        (inner(w, u) + trace(A) + determinant(A) + norm(v), REAL),
        (entry(X, 1, 2), REAL),
        (delta(n, 2), INTEGER),
        (vector(1, x), Array((2,))),
        (matrix((1, x, 2), (0, 0, 0)), Array((2, 3))),
        (matrix((1, x), (0, 2)) * vector(x, y), Array((2,))),
        (call("h", 2), REAL),
        (density("f", x), REAL),
        (kl("f", "g") + jsd("f", mixture(p, "f", 1 - p, "g")) + entropy("f"), REAL),
        (Apply("normal", (x, s)), Law(REAL)),
        (Apply("normal", (w, u)), Law(Array(("d",)))),
        (Apply("pushforward", (Name("h"), f)), Law(REAL)),
        (index_sum("i", "n", X["i", 1] * v["i"]), REAL),
        (index_product("i", "n", v["i"]), REAL),
        (index_sum("i", "n", n * 2), INTEGER),
        (expectation("z", "f", Name("z") * w), Array(("d",))),
        (variance("z", "f", Name("z")), REAL),
        (expectation("R", Apply("bernoulli", (p,)), Name("R") * w), Array(("n",))),
        (expectation("b", Apply("bernoulli", (p,)), Name("b") * p), REAL),
        (expectation("z", "q", Name("z").T * w), REAL),
        (integral("z", density("q", "z"), spaces("d")), REAL),
        (argmin("z", spaces("d"), power(norm(v - X * Name("z")), 2)), Array(("d",))),
        (argmin("z", spaces(), x * Name("z")), REAL),
        (Bind("minimal", "z", Apply("interval", (lift(0), lift(1))), x * Name("z")), REAL),
        (let("z", w, X * Name("z")), Array(("n",))),
        (limit("z", 0, x * Name("z")), REAL),
        (derivative(power(norm(w), 2), entry(w, 1)), REAL),
        (gradient(power(norm(w), 2), w), Array(("d",))),
        (hessian(power(norm(w), 2), w), D_BY_D),
        (jacobian(tuple_of(x * y, x, y), tuple_of(x, y)), Array((3, 2))),
        (jacobian(X * w, w), Array(("n", "d"))),
        (eigenvalues("J"), Collection("multiset", (COMPLEX,))),
        (multiset(0, x, IMAGINARY), Collection("multiset", (COMPLEX,))),
        (tuple_of(x, w), Collection("tuple", (REAL, Array(("d",))))),
        (spaces("d"), Space(Array(("d",)))),
        (both(less(0, p), equal(X * w, v)), TRUTH),
        (Bind("forall", "z", spaces("d"), less(0, density("q", "z"))), TRUTH),
        (Apply("element", (p, Apply("interval", (lift(0), lift(1))))), TRUTH),
        (equal(eigenvalues("J"), multiset(0, x)), TRUTH),
    ],
)
def test_types(term, expected):
    assert typecheck(term, BITS) == expected


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (X + w, "cannot add a matrix of shape n x d to a vector of length d"),
        (x + w, "cannot add a number to a vector of length d"),
        (X * X, "cannot multiply a matrix of shape n x d by a matrix of shape n x d"),
        (w * w, "cannot multiply a vector of length d by a vector of length d"),
        (x / w, "cannot divide a number by a vector of length d"),
        (power(X, 2), "cannot raise a matrix of shape n x d to the power of an integer"),
        (power(A, x), "a power that is not a written integer"),
        (inverse(X), "an inverse takes a square matrix, found a matrix of shape n x d"),
        (trace(w), "a trace takes a square matrix, found a vector of length d"),
        (log("f"), "cannot take log of a law"),
        (
            hadamard(X, X.T),
            "cannot multiply a matrix of shape n x d entrywise by a matrix of shape d",
        ),
        (inner(w, v), "inner product of a vector of length d with a vector of length n"),
        (entry(w, x), "an index takes an integer, found a number"),
        (entry(w, 1, 2), "an entry of a vector of length d takes 1, found 2 indices"),
        (entry("J", 1, 4), "index 4 lies outside 1, ..., 3"),
        (entry(w, 0), "index 0 lies outside 1, ..., d"),
        (entry(x, 1), "an entry takes a vector or a matrix, found a number"),
        (vector(w, w), "an entry of a vector takes a number"),
        (matrix((1, 2), (3,)), "cannot put a row of 1 below a row of 2 entries"),
        (
            w + Name("J") * vector(1, 2, 3),
            "cannot add a vector of length d to a vector of length 3",
        ),
        (call("h", w), "argument 1 of h takes a number, found a vector of length d"),
        (call("h", x, y), "h is a function of 1 argument, found 2 in its call"),
        (call("h", IMAGINARY), "argument 1 of h takes a number, found a complex number"),
        (call("x", y), "the call of x takes a function, found a number"),
        (density("x", y), "a density takes a law, found a number"),
        (density("f", w), "the point of the density of f takes a number, found a vector"),
        (kl("f", "q"), "cannot compare a law of a number with a law of a vector of length d by kl"),
        (mixture(p, "f", 1 - p), "a mixture takes weights and laws in turn"),
        (index_sum("i", x, entry(v, "i")), "a range takes an integer, found a number"),
        (Bind("sum", "i", spaces(), x), "the domain of i in a sum takes a range of integers"),
        (expectation("z", "x", Name("z")), "the expectation over z takes a law, found a number"),
        (index_product("i", "n", A), "the body of a product takes a number, found a matrix"),
        (
            argmin("z", spaces(), less(x, "z")),
            "the body of an argmin takes a real number, found a st",
        ),
        (gradient(w, w), "a gradient takes a number, found a vector of length d"),
        (gradient(x, x + y), "a gradient is taken in a name or an entry of one"),
        (derivative(x, w), "the variable of a derivative takes a number, found a vector"),
        (less(IMAGINARY, x), "cannot order a complex number and a number"),
        (equal(w, 0), "cannot equate a vector of length d with an integer"),
        (both(x, less(x, y)), r"a condition \(both\) takes a statement, found a number"),
        (identity(x), "an identity matrix takes an integer, found a number"),
        (spaces(power(n, 2)), "must be a positive integer or the name of one"),
        (tuple_of(x, y) + x, "cannot add a tuple of 2"),
    ],
)
def test_mismatches_name_both_sides(term, message):
    with pytest.raises(TypeMismatch, match=message):
        typecheck(term, BITS)


def test_bound_types_hide_declared_ones():
    with pytest.raises(TypeMismatch):
        typecheck(x + w, NOTATION)
    assert typecheck(x + w, NOTATION, {"x": Array(("d",))}) == Array(("d",))


def test_the_domain_lies_outside_the_scope():
    with pytest.raises(NotationError, match="'i' is not declared"):
        typecheck(index_sum("i", "i", x), NOTATION)


def test_one_entry_agrees_with_a_number():
    assert agree(Array((1,)), REAL)
    assert agree(Array(("n", 1)), Array(("n",)))
    assert not agree(Array(("n",)), Array(("d",)))
    notation = Notation((Symbol("a", Array((1,))),))
    assert typecheck(Name("a") * 2 + 1, notation) == REAL


def test_depth_beyond_the_interpreter_is_an_ordinary_error():
    term = x
    for _ in range(3000):
        term = -term
    with pytest.raises(TypeMismatch, match="nested too deeply"):
        typecheck(term, NOTATION)
