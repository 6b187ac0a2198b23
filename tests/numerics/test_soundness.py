"""False verdicts are the worst bug: near-misses are never proved, true identities never refuted.

Two tables hold a case for every hole that was ever found. The properties below them check proofs
and witnesses with an evaluator of their own, in floating point, without the engine's code.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, strategies as st

from language.claims import Claim, Equality, Status
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Liftable, Name, Number, Term, lift
from language.types import (
    COMPLEX,
    INTEGER,
    POSITIVE,
    PROBABILITY,
    REAL,
    Array,
    Function,
    Interval,
    Law,
    Space,
)
from language.vocabulary import (
    FALSE,
    IMAGINARY,
    INFINITY,
    PI,
    TRUE,
    absolute,
    argmin,
    both,
    call,
    delta,
    density,
    derivative,
    diagonal,
    entropy,
    equal,
    exp,
    expectation,
    greater,
    identity,
    index_product,
    index_sum,
    integral,
    inverse,
    kl,
    let,
    limit,
    log,
    names,
    norm,
    number,
    spaces,
    sqrt,
    sum_of,
    tanh,
)
from numerics.calculus import differentiate
from numerics.engine import decide
from numerics.kernels import TooLarge
from numerics.lowering import Outside
from numerics.normal_form import equal_scalars

HALF = number(1, 2)
CONDITION, UP_TO = Equality.CONDITION, Equality.UP_TO_CONSTANT

x, y, c, a, p, q, r, u, n, d, i, j = names("x y c a p q r u n d i j")
g, h, k, s, t, v, w, A, D, R, X, P, Q, Y, mu = names("g h k s t v w A D R X P Q Y mu")


def ranged(index: str, low: Liftable, high: Liftable, body: Liftable) -> Term:
    return Bind("sum", index, Apply("range", (lift(low), lift(high))), lift(body))


def bernoulli(mean: Term) -> Term:
    return Apply("bernoulli", (mean,))


def definite(matrix: Term, origin: Term) -> Term:
    """That the quadratic form of a matrix is positive everywhere but at ``origin``."""
    form = greater(v.T @ matrix @ v, 0)
    return Bind("forall", "v", spaces(n), Apply("implies", (Apply("unequal", (v, origin)), form)))


NUMBERS = Notation(
    (
        Symbol("x", REAL),
        Symbol("y", REAL),
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("u", REAL, domain=Interval(None, Fraction(0))),
        Symbol("q", REAL, domain=Interval(Fraction(1, 4), Fraction(1, 2))),
        Symbol("t", REAL, domain=Interval(Fraction(2), None)),
        Symbol("c", COMPLEX),
        Symbol("k", INTEGER),
        Symbol("g", REAL, definition=x**2),
        Symbol("h", REAL, definition=g + 1),
        Symbol("f", Function((REAL,), COMPLEX)),
        Symbol("v", REAL, domain=POSITIVE, definition=y + 1),
    )
)
INDEXED = Notation(
    (
        Symbol("x", Array(("n",))),
        Symbol("y", Array(("m",))),
        Symbol("s", Array(("n",)), domain=POSITIVE),
        Symbol("t", Array(("n",))),
        Symbol("c", REAL),
        Symbol("_1", INTEGER),
        Symbol("i", INTEGER),
        Symbol("j", INTEGER),
        Symbol("k", INTEGER),
    )
)
MATRICES = Notation(
    (
        Symbol("A", Array(("n", "n"))),
        Symbol("S", Array(("n", "n")), traits=frozenset({"symmetric"})),
        Symbol("D", Array(("n", "n")), traits=frozenset({"diagonal"}), domain=POSITIVE),
        Symbol("X", Array(("n", "d"))),
        Symbol("y", Array(("n",))),
        Symbol("v", Array(("n",))),
        Symbol("b", Array(("n",))),
        Symbol("w", Array(("d",))),
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("q", REAL, domain=Interval(Fraction(1, 4), Fraction(1, 2))),
        Symbol("c", REAL),
        Symbol("x", REAL),
    )
)
LAWS = Notation(
    (
        Symbol("p", Law(REAL)),
        Symbol("q", Law(REAL)),
        Symbol("f", Function((REAL,), REAL)),
        Symbol("S", Space(REAL)),
        Symbol("c", REAL),
        Symbol("mu", Array(("n",))),
        Symbol("i", INTEGER),
    )
)
b = Name("b")
PDEF = Name("v")
TINY = q**HALF - number(3, 5)


def claim(name: str, notation: Notation, left: Liftable, right: Liftable) -> Claim:
    return Claim(name, notation, lift(left), lift(right))


def equivalence(name: str, notation: Notation, left: Term, right: Term, *conditions: Term) -> Claim:
    return Claim(name, notation, left, right, CONDITION, (), conditions)


def up_to(name: str, left: Term, right: Term, *free: str, notation: Notation = LAWS) -> Claim:
    return Claim(name, notation, left, right, UP_TO, free)


VECTORS = Notation(
    (
        Symbol("mu", Array(("n",))),
        Symbol("p", Law(Array(("n",)))),
        Symbol("h", Function((Array(("n",)),), REAL)),
        Symbol("g", Function((REAL,), REAL), domain=POSITIVE),
        Symbol("A", Array(("n", "n")), traits=frozenset({"symmetric", "invertible"})),
        Symbol("q", Law(REAL)),
        Symbol("Q", Law(REAL), definition=2 * density("q", "t"), parameters=("t",)),
    )
)
ONES = Apply("ones", (n,))
NOISE = Apply("normal", (Apply("zeros", (n,)), ONES))
SHIFTED = Apply("normal", (mu, ONES))
LINE = Apply("normal", (lift(0), lift(1)))
HALF_LINE = Apply("interval", (lift(0), INFINITY))


def drawn(law: Term, body: Liftable) -> Term:
    return expectation("e", law, body)


#: A diagonal matrix that holds the norms of the rows, where columns are meant.
GRAM = Notation(
    (
        Symbol("X", Array(("n", "n"))),
        Symbol("w", Array(("n",))),
        Symbol(
            "D",
            Array(("n", "n")),
            definition=delta(i, j) * sqrt(index_sum("k", n, X[i, "k"] ** 2)),
            parameters=("i", "j"),
            traits=frozenset({"diagonal"}),
        ),
    )
)
POINT = Array(("n",))
FLOW = Notation(
    (
        Symbol("p", Law(POINT)),
        Symbol("q", Law(POINT)),
        Symbol(
            "F",
            Function((POINT,), POINT),
            inverse="G",
            jacobian="JF",
            traits=frozenset({"diffeomorphism"}),
        ),
        Symbol(
            "G",
            Function((POINT,), POINT),
            inverse="F",
            jacobian="JG",
            traits=frozenset({"diffeomorphism"}),
        ),
        Symbol("JF", Function((POINT,), Array(("n", "n")))),
        Symbol("JG", Function((POINT,), Array(("n", "n")))),
    )
)

e = Name("e")
AT_LEAST = "greater_equal"

#: Statements that are false, if often only at few points: none may be proved.
NEAR_MISSES = (
    # draws of vectors
    claim(
        "a law's shift",
        VECTORS,
        drawn(SHIFTED, log(density("p", e))),
        drawn(NOISE, log(density("p", e))),
    ),
    claim(
        "an opaque function's shift",
        VECTORS,
        drawn(SHIFTED, call("h", e)),
        drawn(NOISE, call("h", e)),
    ),
    claim(
        "exp of summed draws",
        VECTORS,
        drawn(NOISE, exp(index_sum("k", n, e["k"]))),
        drawn(LINE, exp(n * e)),
    ),
    claim(
        "summed draws",
        VECTORS,
        drawn(NOISE, call("g", index_sum("k", n, e["k"]))),
        drawn(LINE, call("g", n * e)),
    ),
    claim(
        "log-determinant",
        VECTORS,
        log(Apply("determinant", (A,))),
        log(absolute(Apply("determinant", (A,)))),
    ),
    claim("derivative of an opaque function", VECTORS, derivative(call("h", mu), mu[1]), 0),
    equivalence("KL of a measure", VECTORS, Apply(AT_LEAST, (kl("q", "Q"), lift(0))), TRUE),
    # integrals and limits in closed form
    claim(
        "absolute value, sign lost",
        NUMBERS,
        drawn(LINE, absolute(x * e)),
        x * sqrt(2 / Apply("pi")),
    ),
    claim("a tail that may grow", NUMBERS, integral("e", exp(-x * e), HALF_LINE), 1 / x),
    claim("an empty interval", NUMBERS, integral("e", 1, Apply("interval", (x, y))), y - x),
    claim("a limit for most parameters", NUMBERS, limit("a", 0, tanh(x * a) / tanh(y * a)), x / y),
    claim("a one-sided limit", NUMBERS, limit("x", 0, absolute(x) / x), 1),
    claim("case without its condition", NUMBERS, Apply("relu", (x,)), x),
    equivalence(
        "for all numbers",
        NUMBERS,
        Bind("forall", "e", spaces(), equal(x**2 * e**2, e**2)),
        equal(x, 1),
    ),
    # branches
    claim("log of exp, complex", NUMBERS, log(exp(c)), c),
    claim("log of exp, complex function", NUMBERS, log(exp(call("f", x))), call("f", x)),
    claim("root of exp, complex", NUMBERS, sqrt(exp(c)), exp(c / 2)),
    claim("root of exp(i x)", NUMBERS, sqrt(exp(IMAGINARY * x)), exp(IMAGINARY * x / 2)),
    claim("log of a square", NUMBERS, log(x**2), 2 * log(x)),
    claim("log of a negative square", NUMBERS, log(u * u), 2 * log(u)),
    claim("root of a product", NUMBERS, sqrt(x * y), sqrt(x) * sqrt(y)),
    claim("root of a reciprocal", NUMBERS, 1 / sqrt(x), sqrt(1 / x)),
    claim("cube root", NUMBERS, (x**3) ** number(1, 3), x),
    claim("power of a power", NUMBERS, (a**c) ** y, a ** (c * y)),
    claim("absolute square, complex", NUMBERS, absolute(c) ** 2, c**2),
    claim("a tiny difference", NUMBERS, x + number(1, 10**300), x),
    # index ranges
    claim(
        "a bound index lends its range",
        INDEXED,
        index_sum("k", "n", delta("k", i)) * y[i],
        y[i] + 0 * index_sum("i", "n", x[i]),
    ),
    claim("delta out of range", INDEXED, index_sum("k", "n", delta("k", i)), 1),
    claim("an empty range has no size", INDEXED, ranged("k", 3, n, 1), n - 2),
    claim("an empty range at one", INDEXED, ranged("k", 1, n - 2, 1), n - 2),
    claim("a range that ends first", INDEXED, ranged("k", 1, -3, c), -3 * c),
    claim(
        "an empty inner range",
        INDEXED,
        index_sum("i", "n", ranged("j", i + 2, n, 1)),
        index_sum("i", "n", n - i - 1),
    ),
    claim(
        "square of a sum", INDEXED, index_sum("i", "n", x[i]) ** 2, index_sum("i", "n", x[i] ** 2)
    ),
    claim("derivative at equal indices", INDEXED, derivative(x[i] * x[j], x[i]), x[j]),
    claim(
        "a name like a bound one",
        INDEXED,
        index_sum("i", "n", x[Name("_1")]),
        index_sum("i", "n", x[i]),
    ),
    equivalence(
        "a sum that may be empty", INDEXED, equal(c * ranged("k", 1, n - 1, s["k"]), 0), equal(c, 0)
    ),
    # let, definitions
    claim(
        "let keeps an older shape",
        INDEXED,
        let("v", x, norm(v) ** 2) + let("v", y, norm(v) ** 2),
        norm(x) ** 2 + index_sum("k", "n", y["k"] ** 2),
    ),
    claim("let of a defined name", NUMBERS, let("g", 3, g**2), x**4),
    claim(
        "point mass of a defined name",
        NUMBERS,
        expectation("g", Apply("dirac", (number(3),)), g**2),
        x**4,
    ),
    claim("let of both a name and its definition", NUMBERS, let("g", 3, let("x", 4, h)), 4),
    claim("derivative in a defined name", NUMBERS, derivative(g**2, g), 0),
    claim("derivative by way of a definition", NUMBERS, derivative(h, g), 0),
    claim(
        "derivative of a symmetric entry", MATRICES, derivative(Name("S")[1, 2], Name("S")[2, 1]), 0
    ),
    # laws and spaces
    claim("a part of the line", LAWS, integral("x", density("p", x), "S"), 1),
    claim("divergence swapped", LAWS, kl("p", "q"), kl("q", "p")),
    up_to(
        "a constant that hides a law", kl("q", "p"), -expectation("x", q, log(density("p", x))), "q"
    ),
    up_to("a constant that hides a function", expectation("x", p, call("f", x)) + c, lift(c), "f"),
    up_to("a constant that hides a definition", g**2, number(0), "g", notation=NUMBERS),
    up_to("a constant in nothing", lift(c), number(0)),
    # equivalences
    equivalence(
        "a factor that may vanish", MATRICES, equal(TINY * (A @ v), TINY * b), equal(A @ v, b)
    ),
    equivalence("a zero off the diagonal", MATRICES, equal(D[1, 2] * x, 0), equal(x, 0)),
    equivalence(
        "a zero off the diagonal, vectors",
        MATRICES,
        equal(D[1, 2] * (A @ v), D[1, 2] * b),
        equal(A @ v, b),
    ),
    equivalence("a singular factor", MATRICES, equal(A @ v, A @ b), equal(v, b)),
    equivalence("a square", NUMBERS, equal(x**2, y**2), equal(x, y)),
    equivalence("positive but at b", MATRICES, definite(X @ X.T + a * identity(n), b), TRUE),
    equivalence(
        "positive but at ones",
        MATRICES,
        definite(X @ X.T + a * identity(n), Apply("ones", (n,))),
        TRUE,
    ),
    equivalence("semidefinite", MATRICES, definite(X @ X.T, Apply("zeros", (n,))), TRUE),
    equivalence(
        "contradictory conditions",
        NUMBERS,
        Apply("less", (x, x)),
        TRUE,
        Apply("less", (x, lift(0))),
        greater(x, 0),
    ),
    # optima and limits
    claim(
        "one of two minima", NUMBERS, argmin("z", spaces(1), Name("z") ** 2 + 1 / Name("z") ** 2), 1
    ),
    claim(
        "convex on each side of a pole",
        NUMBERS,
        argmin("z", spaces(1), Name("z") ** 2 - log(Name("z") ** 2)),
        1,
    ),
    claim(
        "a complex stationary point",
        NUMBERS,
        argmin("z", spaces(1), Name("z") ** 4 / 12 + Name("z") ** 2 / 2),
        IMAGINARY * sqrt(3),
    ),
    claim("a maximum for a minimum", NUMBERS, argmin("z", spaces(1), -((Name("z") - x) ** 2)), x),
    claim(
        "outside the interval",
        NUMBERS,
        argmin("z", Apply("interval", (number(0), number(1))), (Name("z") - x) ** 2),
        x,
    ),
    claim("infinite for most parameters", NUMBERS, limit("p", 0, (p + x**2) / p), INFINITY),
    claim("domain of a limit's variable", NUMBERS, limit("t", INFINITY, 1 - t), INFINITY),
    claim("a two-sided pole", NUMBERS, limit("x", 0, 1 / x), INFINITY),
    # found while grading
    claim("another root of unity", NUMBERS, exp(IMAGINARY * PI / 3), (sqrt(3) + IMAGINARY) / 2),
    claim("a turn that is none", NUMBERS, exp(IMAGINARY * PI * x), lift(-1)),
    claim(
        "the exponential of a diagonal matrix",
        MATRICES,
        exp(diagonal(v)),
        diagonal(exp(v)),
    ),
    claim(
        "the root of more than a diagonal",
        MATRICES,
        sqrt(diagonal(v) + A),
        diagonal(sqrt(v)) + A,
    ),
    claim(
        "a diagonal by another definition",
        GRAM,
        inverse(X.T @ X + diagonal(X.T @ X)) @ w,
        inverse(X.T @ X + D**2) @ w,
    ),
    claim(
        "entropies before and after a flow",
        FLOW,
        integral("u", density("p", "u") * log(density("p", "u")), spaces(n)),
        integral("u", density("p", call("F", "u")) * log(density("p", call("F", "u"))), spaces(n)),
    ),
    claim(
        "entropies of two laws under a flow",
        FLOW,
        integral("u", density("p", "u") * log(density("p", "u")), spaces(n)),
        integral("u", density("q", "u") * log(density("q", "u")), spaces(n)),
    ),
)

#: Statements that hold wherever both sides are defined: none may be refuted.
TRUE_IDENTITIES = (
    claim(
        "a function of an index",
        Notation((Symbol("f", Function((INTEGER,), REAL)),)),
        index_sum("i", 2, call("f", i)),
        call("f", 1) + call("f", 2),
    ),
    claim("delta picks an entry", INDEXED, index_sum("k", "n", delta("k", i) * x["k"]), x[i]),
    claim("an empty range", INDEXED, ranged("k", 1, -3, c), 0),
    claim(
        "triangles",
        INDEXED,
        index_sum("i", "n", ranged("j", i, n, 1)),
        index_sum("i", "n", n - i + 1),
    ),
    claim(
        "order of triangular sums",
        INDEXED,
        index_sum("i", "n", ranged("j", 1, i, x[i] * x[j])),
        index_sum("j", "n", ranged("i", j, n, x[i] * x[j])),
    ),
    claim(
        "delta under a triangular sum",
        INDEXED,
        index_sum("i", "n", index_sum("j", "n", delta(i, j) * x[i] * ranged("k", 1, j, x["k"]))),
        index_sum("i", "n", x[i] * ranged("k", 1, i, x["k"])),
    ),
    claim(
        "derivative of a product over i",
        INDEXED,
        derivative(index_product("i", "n", exp(x[i])), x[i]),
        index_product("k", "n", exp(x["k"])),
    ),
    claim("derivative in i", INDEXED, derivative(index_sum("i", "n", x[i] ** 2), x[i]), 2 * x[i]),
    claim(
        "let of two shapes",
        INDEXED,
        let("v", x, norm(v) ** 2) + let("v", y, norm(v) ** 2),
        norm(x) ** 2 + norm(y) ** 2,
    ),
    claim("let of a defined name", NUMBERS, let("g", 3, g**2), 9),
    claim("let within a definition", NUMBERS, let("x", 3, h), 10),
    claim("let of both a name and its definition", NUMBERS, let("g", 3, let("x", 4, h)), 17),
    claim(
        "a point mass leaves definitions alone",
        NUMBERS,
        expectation("x", Apply("dirac", (number(3),)), g),
        x**2,
    ),
    claim("derivative in a defined name", NUMBERS, derivative(h**2, g), 2 * h),
    claim("a declared bound of a definition", NUMBERS, absolute(PDEF), y + 1),
    # measures on cells know no translations
    claim("shifted density", LAWS, integral("x", density("p", x + 1)), 1),
    claim("mirrored density", LAWS, integral("x", density("p", -x)), 1),
    claim("scaled density", LAWS, integral("x", density("p", 2 * x)), HALF),
    claim(
        "shifted expectation",
        LAWS,
        expectation("x", p, call("f", x + 1)),
        integral("x", call("f", x) * density("p", x - 1)),
    ),
    up_to(
        "a constant in q",
        kl("q", "p"),
        -expectation("x", q, log(density("p", x))) - entropy("q"),
        "q",
    ),
    # equivalences under hypotheses
    equivalence(
        "a condition on the solved name", NUMBERS, equal(y, x), equal(sqrt(y**2), x), greater(y, 0)
    ),
    equivalence(
        "an assumption on the solved name",
        NUMBERS.assuming(greater(y, 0)),
        equal(exp(y), exp(x)),
        equal(y, x),
    ),
    equivalence(
        "a condition that z3 cannot see",
        INDEXED,
        equal(c, index_sum("k", "n", x["k"])),
        equal(absolute(c), index_sum("k", "n", x["k"])),
        greater(c, 0),
    ),
    equivalence("contradictory values", NUMBERS, both(equal(y, 1), equal(y, 2)), FALSE),
    equivalence("a defined name is no unknown", NUMBERS, equal(h, x**2), FALSE),
    equivalence("no integer is a half", NUMBERS, equal(k, HALF), FALSE),
    equivalence(
        "positive vectors",
        INDEXED,
        equal(s, t),
        both(equal(s, t), greater(index_sum("i", "n", s[i]), 0)),
    ),
    # optima where the answer is not always defined
    claim(
        "least squares",
        MATRICES,
        argmin("w", spaces(d), norm(y - X @ w) ** 2),
        inverse(X.T @ X) @ X.T @ y,
    ),
    claim(
        "an index that may be out of range",
        LAWS,
        argmin("z", spaces(1), (Name("z") - mu[i]) ** 4),
        mu[i],
    ),
    claim("down to minus infinity", NUMBERS, limit("t", INFINITY, 1 - t), -INFINITY),
    # found while grading
    equivalence(
        "undefined where it need not hold",
        NUMBERS,
        Apply(AT_LEAST, (x, lift(1))),
        Apply(AT_LEAST, (sqrt(x - 1), lift(0))),
    ),
)


def by_name(case: Claim) -> str:
    return case.name


@pytest.mark.parametrize("case", NEAR_MISSES, ids=by_name)
def test_a_near_miss_is_never_proved(case: Claim) -> None:
    verdict = decide(case)
    assert verdict.status is not Status.PROVED, str(verdict)


@pytest.mark.parametrize(
    "case", [case for case in NEAR_MISSES if case.equality is Equality.EXACT], ids=by_name
)
def test_no_prover_relies_on_balls_to_catch_a_near_miss(case: Claim) -> None:
    try:
        proved = equal_scalars(case.defined, case.closed_form, case.notation)
    except (Outside, TooLarge):
        return  # the prover passes on
    assert not proved


@pytest.mark.parametrize("case", TRUE_IDENTITIES, ids=by_name)
def test_a_true_identity_is_never_refuted(case: Claim) -> None:
    verdict = decide(case)
    assert verdict.status is not Status.REFUTED, str(verdict)


def test_a_constant_is_no_evidence() -> None:
    kinked = Apply("relu", (x,)) + log(1 + exp(-absolute(x)))
    unproved = up_to("softplus", Apply("softplus", (x,)), kinked, "x", notation=NUMBERS)
    assert decide(unproved).status is Status.UNDECIDED


def test_differentiation_renames_every_clashing_binder() -> None:
    whole = index_product("i", n, x[i])
    env = {"x": [2.0, 3.0, 5.0], "n": 3, "i": 2}
    assert value(differentiate(whole, x[i]), env) == pytest.approx(10)


# An evaluator of its own -------------------------------------------------------------------------


def value(term: Term, env: Mapping[str, object]) -> complex:
    """A scalar term in floating point: complex numbers, lists as vectors, sums as loops."""
    match term:
        case Number(exact):
            return complex(exact.numerator / exact.denominator)
        case Name(name):
            return complex(env[name])  # type: ignore[call-overload,no-any-return]
        case Bind("sum" | "product" as head, index, Apply("range", (low, high)), body):
            parts = [
                value(body, {**env, index: place})
                for place in range(round(value(low, env).real), round(value(high, env).real) + 1)
            ]
            return sum(parts, 0j) if head == "sum" else math.prod(parts, start=1 + 0j)
        case Apply("entry", (Name(name), *indices)):
            found: object = env[name]
            for index_term in indices:
                place = round(value(index_term, env).real)
                if not isinstance(found, list) or not 1 <= place <= len(found):
                    raise ZeroDivisionError("outside")
                found = found[place - 1]
            return complex(found)  # type: ignore[call-overload,no-any-return]
        case Apply("delta", (left, right)):
            return complex(value(left, env) == value(right, env))
        case Apply("imaginary"):
            return 1j
        case Apply(head, args):
            return _applied(head, [value(arg, env) for arg in args])
    raise AssertionError(f"the evaluator lacks {term}")


def _applied(head: str, args: list[complex]) -> complex:
    first = args[0]
    match head:
        case "add":
            return sum(args, 0j)
        case "multiply":
            return math.prod(args, start=1 + 0j)
        case "negative":
            return complex(-first.real, -first.imag if first.imag else 0.0)
        case "divide":
            return first / args[1]
        case "power":
            exponent = args[1].real
            if args[1].imag == 0 and exponent == int(exponent):
                return first ** int(exponent)
            return cmath.exp(args[1] * _logarithm(first))
        case "log":
            return _logarithm(first)
        case "sqrt":
            return cmath.sqrt(complex(first.real, first.imag or 0.0))
        case "exp":
            return cmath.exp(first)
        case "absolute":
            return complex(abs(first))
    raise AssertionError(f"the evaluator lacks {head}")


def _logarithm(z: complex) -> complex:
    # Minus zero would put a negative number below the branch cut.
    return cmath.log(complex(z.real, z.imag or 0.0))


def agree(left: complex, right: complex) -> bool:
    return abs(left - right) <= 1e-6 * max(1.0, abs(left), abs(right))


# Scalars: rules that hold on some branches only ---------------------------------------------------

_LEAVES = st.sampled_from(
    [x, y, a, p, u, number(2), number(-1), HALF, number(-3, 2), IMAGINARY, 1 - p, 1 + a, x - y]
)
_SMALL = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] / pair[1]),
        inner.map(lambda part: -part),
        inner.map(sqrt),
        inner.map(exp),
        inner.map(lambda part: part**2),
    ),
    max_leaves=3,
)
_RULES = (
    lambda f, h: (log(f * h), log(f) + log(h)),
    lambda f, h: (log(f / h), log(f) - log(h)),
    lambda f, h: (log(f**2), 2 * log(f)),
    lambda f, h: (log(f**2 * h), 2 * log(absolute(f)) + log(h)),
    lambda f, h: (log(exp(f)), f),
    lambda f, h: (log(sqrt(f)), log(f) / 2),
    lambda f, h: (exp(log(f) + log(h)), f * h),
    lambda f, h: (exp(HALF * log(f)), sqrt(f)),
    lambda f, h: (sqrt(f * h), sqrt(f) * sqrt(h)),
    lambda f, h: (sqrt(f / h), sqrt(f) / sqrt(h)),
    lambda f, h: (sqrt(f**2 * h), f * sqrt(h)),
    lambda f, h: (sqrt(f**2 * h), absolute(f) * sqrt(h)),
    lambda f, h: (sqrt(f**2), absolute(f)),
    lambda f, h: (sqrt(-f), IMAGINARY * sqrt(f)),
    lambda f, h: (sqrt(exp(f)), exp(f / 2)),
    lambda f, h: (absolute(f * h), absolute(f) * absolute(h)),
    lambda f, h: (absolute(f) ** 2, f**2),
    lambda f, h: ((f**3) ** number(1, 3), f),
    lambda f, h: ((f**2) ** number(1, 3), f ** number(2, 3)),
    lambda f, h: (f**h * f**h, f ** (2 * h)),
)


def _point(numbers: list[float]) -> dict[str, object]:
    """A point of the domains from five numbers in (0, 1)."""
    one, two, three, four, five = numbers
    return {
        "x": 6 * one - 3, "y": 6 * two - 3, "a": 3 * three, "p": four, "u": -3 * five,
    }  # fmt: skip


_UNIT = st.floats(0.05, 0.95).map(lambda z: round(z, 3) + 0.0001234)
_POINTS = st.lists(st.lists(_UNIT, min_size=5, max_size=5).map(_point), min_size=8, max_size=8)


def _compare(left: Term, right: Term, env: Mapping[str, object]) -> bool | None:
    try:
        one, two = value(left, env), value(right, env)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    if not (cmath.isfinite(one) and cmath.isfinite(two)) or max(abs(one), abs(two)) > 1e6:
        return None
    return agree(one, two)


@given(st.sampled_from(_RULES), _SMALL, _SMALL, _POINTS)
def test_a_proved_rule_holds_at_random_points(rule, f, other, points) -> None:  # type: ignore[no-untyped-def]
    left, right = rule(f, other)
    verdict = decide(Claim("rule", NUMBERS, left, right))
    if verdict.status is Status.PROVED:
        assert all(_compare(left, right, point) is not False for point in points), str(verdict)


@given(st.sampled_from(_RULES), _SMALL, _SMALL)
def test_a_witness_is_one(rule, f, other) -> None:  # type: ignore[no-untyped-def]
    left, right = rule(f, other)
    verdict = decide(Claim("rule", NUMBERS, left, right))
    witness = verdict.witness
    if verdict.status is Status.REFUTED and witness and "undefined" not in witness.right:
        env = {name: float(Fraction(text)) for name, text in witness.values}
        assert _compare(left, right, env) is not True, str(verdict)


# Index sums ---------------------------------------------------------------------------------------

_SIZES = st.sampled_from(["n", "m"])
_INDEX = st.sampled_from(["i", "j", "k"])
_FACTORS = st.lists(
    st.one_of(
        st.tuples(_INDEX, _INDEX).map(lambda pair: delta(*pair)),
        _INDEX.map(lambda index: x[index]),
        _INDEX.map(lambda index: y[index]),
        st.just(lift(c)),
    ),
    min_size=1,
    max_size=3,
)
_BINDER = st.one_of(
    st.tuples(_INDEX, st.just(lift(1)), _SIZES.map(lift)),
    st.tuples(_INDEX, _INDEX.map(lift), _SIZES.map(lift)),
    st.tuples(_INDEX, st.just(lift(1)), _INDEX.map(lift)),
)


def _nested(binders: list[tuple[str, Term, Term]], factors: list[Term]) -> Term:
    body: Term = Apply("multiply", (*factors, lift(1)))
    for index, low, high in binders:
        body = ranged(index, low, high, body)
    return body


_BINDERS = st.lists(_BINDER, min_size=1, max_size=3)


@given(_BINDERS, _BINDERS, _FACTORS, st.randoms(use_true_random=False))
def test_a_proved_index_identity_holds_at_every_small_size(first, second, factors, random) -> None:  # type: ignore[no-untyped-def]
    left, right = _nested(first, factors), _nested(second, factors)
    if decide(Claim("sums", INDEXED, left, right)).status is not Status.PROVED:
        return
    for rows, columns, free, other in product((1, 2, 3), (1, 2, 3), (-1, 1, 3), (1, 2)):
        env: dict[str, object] = {
            "n": rows, "m": columns, "c": 1.5, "i": free, "j": other, "k": 1,
            "x": [random.uniform(1, 2) for _ in range(rows)],
            "y": [random.uniform(1, 2) for _ in range(columns)],
        }  # fmt: skip
        assert _compare(left, right, env) is not False, (left, right, env)


# Masks: expectations by enumeration ---------------------------------------------------------------

MASKS = Notation(
    (
        Symbol("R", Array((2, 2))),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("c", REAL),
    )
)
_PLACES = list(product((1, 2), repeat=2))
_WORDS = st.lists(
    st.tuples(st.integers(-2, 2), st.lists(st.sampled_from(_PLACES), max_size=4)),
    min_size=1,
    max_size=3,
)


@given(_WORDS, st.booleans())
def test_mask_moments_are_those_of_enumeration(words, spoiled) -> None:  # type: ignore[no-untyped-def]
    body = sum_of(
        [Apply("multiply", (number(e), *(R[place] for place in ps), c)) for e, ps in words]
    )
    # R takes the values 0 and 1, so a product is the chance that all its different entries are 1.
    mean = sum_of([number(e) * p ** len(set(ps)) * c for e, ps in words])
    if spoiled:
        mean = mean + p * (1 - p) * c
    verdict = decide(Claim("mask", MASKS, expectation("R", bernoulli(p), body), mean))
    assert verdict.status is (Status.REFUTED if spoiled else Status.PROVED), str(verdict)
