"""The vocabulary: every head that a term may carry, with how many arguments it takes.

How a head is typed stands in :mod:`language.typecheck`, how it is printed in
:mod:`language.latex` and :mod:`language.text`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from language.terms import Apply, Bind, Liftable, Name, Number, Term, lift

__all__ = [
    "BINDERS",
    "ELEMENTARY",
    "FALSE",
    "IMAGINARY",
    "INFINITY",
    "PI",
    "RELATIONS",
    "TRUE",
    "VOCABULARY",
    "Head",
    "VocabularyError",
    "absolute",
    "add",
    "argmax",
    "argmin",
    "both",
    "call",
    "chi_square",
    "delta",
    "density",
    "derivative",
    "determinant",
    "diagonal",
    "divide",
    "eigenvalues",
    "entropy",
    "entry",
    "equal",
    "exp",
    "expectation",
    "gradient",
    "greater",
    "hadamard",
    "hessian",
    "identity",
    "index_product",
    "index_sum",
    "inner",
    "integral",
    "inverse",
    "jacobian",
    "jsd",
    "kl",
    "less",
    "let",
    "limit",
    "log",
    "logistic",
    "matrix",
    "mixture",
    "multiply",
    "multiset",
    "names",
    "negative",
    "norm",
    "number",
    "power",
    "product_of",
    "real_part",
    "relation",
    "softplus",
    "spaces",
    "sqrt",
    "sum_of",
    "tanh",
    "term_set",
    "trace",
    "transpose",
    "tuple_of",
    "validate",
    "variance",
    "vector",
]


@dataclass(frozen=True, slots=True)
class Head:
    """How many arguments a head takes (``most`` is None where there is no limit)."""

    least: int
    most: int | None
    words: str


def _heads(least: int, most: int | None, **words: str) -> dict[str, Head]:
    return {name: Head(least, most, text) for name, text in words.items()}


#: Functions of one real or complex number; of an array they act entry by entry.
ELEMENTARY = _heads(
    1,
    1,
    log="natural logarithm",
    exp="exponential",
    sqrt="square root",
    logistic="logistic function 1/(1 + exp(-x))",
    softplus="log(1 + exp(x))",
    tanh="hyperbolic tangent",
    sinh="hyperbolic sine",
    cosh="hyperbolic cosine",
    relu="max(x, 0)",
    absolute="absolute value",
    real_part="real part",
)

RELATIONS = _heads(
    2,
    2,
    equal="left equals right",
    unequal="left differs from right",
    less="left < right",
    less_equal="left <= right",
    greater="left > right",
    greater_equal="left >= right",
)

VOCABULARY: dict[str, Head] = {
    **_heads(
        0, 0, pi="the circle constant", imaginary="the square root of -1", infinity="infinity"
    ),
    **_heads(1, None, add="sum", multiply="product, of matrices where they are"),
    **_heads(1, 1, negative="minus"),
    **_heads(2, 2, divide="quotient", power="power"),
    **_heads(1, None, maximum="the largest of several numbers", minimum="the smallest"),
    **ELEMENTARY,
    # indices
    **_heads(2, 3, entry="entry of a vector or matrix"),
    **_heads(2, 2, delta="Kronecker delta", range="integers from the first to the second"),
    # vectors and matrices
    **_heads(1, None, vector="column of entries", matrix="rows, each a vector"),
    **_heads(
        1,
        1,
        transpose="transpose",
        inverse="matrix inverse",
        trace="trace",
        determinant="determinant",
        diagonal="diagonal matrix of a vector, or of the diagonal of a matrix",
        norm="Euclidean norm",
        eigenvalues="multiset of eigenvalues",
        identity="identity matrix of a size",
        ones="vector of ones of a size",
        zeros="vector of zeros of a size",
    ),
    **_heads(2, 2, hadamard="entrywise product", inner="inner product"),
    # functions and laws
    **_heads(2, None, call="declared function at arguments"),
    **_heads(2, 2, density="density of a law at a point"),
    **_heads(2, 2, normal="normal law with mean and variance, for vectors variances or covariance"),
    **_heads(1, 1, bernoulli="law of independent 0/1 entries with this mean", dirac="point mass"),
    **_heads(2, None, mixture="weights and laws in turn"),
    **_heads(2, 2, pushforward="law of a function of a draw"),
    **_heads(2, 2, kl="Kullback-Leibler divergence", jsd="Jensen-Shannon divergence"),
    **_heads(2, 2, chi_square="Pearson chi-square divergence"),
    **_heads(1, 1, entropy="differential entropy", reals="Euclidean space of a dimension"),
    # calculus
    **_heads(2, 2, derivative="partial derivative of a scalar, in an entry or name"),
    **_heads(2, 2, gradient="gradient in a vector", hessian="Hessian in a vector"),
    **_heads(2, 2, jacobian="matrix of partial derivatives of a vector in a vector"),
    # collections and conditions
    **_heads(1, None, tuple="ordered tuple"),
    **_heads(0, None, set="set", multiset="collection with multiplicity"),
    **_heads(2, 2, interval="open interval", element="membership"),
    **_heads(0, 0, true="true", false="false"),
    **_heads(1, None, both="conjunction", either="disjunction"),
    **_heads(1, 1, negation="not"),
    **_heads(2, 2, implies="implication"),
    **RELATIONS,
}

#: Heads that bind a variable, with what their domain is.
BINDERS: dict[str, str] = {
    "sum": "a range of integers",
    "product": "a range of integers",
    "integral": "a space",
    "expectation": "a law",
    "variance": "a law",
    "argmax": "a space",
    "argmin": "a space",
    "maximal": "a space",
    "minimal": "a space",
    "let": "a value",
    "limit": "a point",
    "forall": "a space",
}


class VocabularyError(ValueError):
    """A term uses an unknown head, or a head with too few or too many arguments."""


def validate(term: Term) -> None:
    """Raise :class:`VocabularyError` unless ``term``'s own head is known and its count right."""
    match term:
        case Apply(head, args):
            if head not in VOCABULARY:
                raise VocabularyError(f"expected a head of the vocabulary, found {head!r}")
            least, most = VOCABULARY[head].least, VOCABULARY[head].most
            if len(args) < least or (most is not None and len(args) > most):
                wanted = str(least) if least == most else f"{least} to {most or 'any number'}"
                raise VocabularyError(f"{head} takes {wanted} arguments, found {len(args)}")
        case Bind(head):
            if head not in BINDERS:
                raise VocabularyError(f"expected a binder of the vocabulary, found {head!r}")


# Constructors with names from the field. Each builds one node and evaluates nothing.

PI = Apply("pi")
IMAGINARY = Apply("imaginary")
INFINITY = Apply("infinity")
TRUE = Apply("true")
FALSE = Apply("false")


def _apply(head: str, *args: Liftable) -> Term:
    return Apply(head, tuple(lift(arg) for arg in args))


def number(numerator: int, denominator: int = 1) -> Term:
    """The exact rational ``numerator / denominator``."""
    return Number(Fraction(numerator, denominator))


def add(*args: Liftable) -> Term:
    return _apply("add", *args)


def multiply(*args: Liftable) -> Term:
    return _apply("multiply", *args)


def negative(x: Liftable) -> Term:
    return _apply("negative", x)


def divide(numerator: Liftable, denominator: Liftable) -> Term:
    return _apply("divide", numerator, denominator)


def power(base: Liftable, exponent: Liftable) -> Term:
    return _apply("power", base, exponent)


def sum_of(terms: list[Term]) -> Term:
    """The sum of a list; zero for none, and the term itself for one."""
    return Apply("add", tuple(terms)) if len(terms) > 1 else (terms[0] if terms else lift(0))


def product_of(factors: list[Term]) -> Term:
    """The product of a list; one for none, and the factor itself for one."""
    if len(factors) > 1:
        return Apply("multiply", tuple(factors))
    return factors[0] if factors else lift(1)


def log(x: Liftable) -> Term:
    return _apply("log", x)


def exp(x: Liftable) -> Term:
    return _apply("exp", x)


def sqrt(x: Liftable) -> Term:
    return _apply("sqrt", x)


def logistic(x: Liftable) -> Term:
    return _apply("logistic", x)


def softplus(x: Liftable) -> Term:
    return _apply("softplus", x)


def tanh(x: Liftable) -> Term:
    return _apply("tanh", x)


def absolute(x: Liftable) -> Term:
    return _apply("absolute", x)


def real_part(x: Liftable) -> Term:
    return _apply("real_part", x)


def entry(array: Liftable, *indices: Liftable) -> Term:
    return _apply("entry", array, *indices)


def delta(i: Liftable, j: Liftable) -> Term:
    return _apply("delta", i, j)


def vector(*entries: Liftable) -> Term:
    return _apply("vector", *entries)


def matrix(*rows: tuple[Liftable, ...]) -> Term:
    return _apply("matrix", *(_apply("vector", *row) for row in rows))


def transpose(x: Liftable) -> Term:
    return _apply("transpose", x)


def inverse(x: Liftable) -> Term:
    return _apply("inverse", x)


def trace(x: Liftable) -> Term:
    return _apply("trace", x)


def determinant(x: Liftable) -> Term:
    return _apply("determinant", x)


def diagonal(x: Liftable) -> Term:
    return _apply("diagonal", x)


def norm(x: Liftable) -> Term:
    return _apply("norm", x)


def identity(size: Liftable) -> Term:
    return _apply("identity", size)


def hadamard(x: Liftable, y: Liftable) -> Term:
    return _apply("hadamard", x, y)


def inner(x: Liftable, y: Liftable) -> Term:
    return _apply("inner", x, y)


def eigenvalues(x: Liftable) -> Term:
    return _apply("eigenvalues", x)


def call(function: Liftable, *args: Liftable) -> Term:
    return _apply("call", function, *args)


def density(law: Liftable, point: Liftable) -> Term:
    return _apply("density", law, point)


def mixture(*parts: Liftable) -> Term:
    return _apply("mixture", *parts)


def kl(left: Liftable, right: Liftable) -> Term:
    return _apply("kl", left, right)


def jsd(left: Liftable, right: Liftable) -> Term:
    return _apply("jsd", left, right)


def chi_square(left: Liftable, right: Liftable) -> Term:
    return _apply("chi_square", left, right)


def entropy(law: Liftable) -> Term:
    return _apply("entropy", law)


def derivative(body: Liftable, variable: Liftable) -> Term:
    return _apply("derivative", body, variable)


def gradient(body: Liftable, variable: Liftable) -> Term:
    return _apply("gradient", body, variable)


def hessian(body: Liftable, variable: Liftable) -> Term:
    return _apply("hessian", body, variable)


def jacobian(field: Liftable, variable: Liftable) -> Term:
    return _apply("jacobian", field, variable)


def tuple_of(*items: Liftable) -> Term:
    return _apply("tuple", *items)


def term_set(*items: Liftable) -> Term:
    return _apply("set", *items)


def multiset(*items: Liftable) -> Term:
    return _apply("multiset", *items)


def relation(head: str, left: Liftable, right: Liftable) -> Term:
    return _apply(head, left, right)


def equal(left: Liftable, right: Liftable) -> Term:
    return _apply("equal", left, right)


def less(left: Liftable, right: Liftable) -> Term:
    return _apply("less", left, right)


def greater(left: Liftable, right: Liftable) -> Term:
    return _apply("greater", left, right)


def both(*conditions: Liftable) -> Term:
    return _apply("both", *conditions)


def spaces(dimension: Liftable = 1) -> Term:
    """Euclidean space of a dimension, which may be symbolic."""
    return _apply("reals", dimension)


def _bind(head: str, variable: str, domain: Liftable, body: Liftable) -> Term:
    return Bind(head, variable, lift(domain), lift(body))


def index_sum(index: str, size: Liftable, body: Liftable) -> Term:
    """Sum of ``body`` over ``index`` = 1, ..., ``size``."""
    return _bind("sum", index, _apply("range", 1, size), body)


def index_product(index: str, size: Liftable, body: Liftable) -> Term:
    """Product of ``body`` over ``index`` = 1, ..., ``size``."""
    return _bind("product", index, _apply("range", 1, size), body)


def integral(variable: str, body: Liftable, space: Liftable | None = None) -> Term:
    """Integral of ``body`` over the whole space (the real line unless one is given)."""
    return _bind("integral", variable, spaces() if space is None else space, body)


def expectation(variable: str, law: Liftable, body: Liftable) -> Term:
    """Expectation of ``body`` with ``variable`` drawn from ``law``."""
    return _bind("expectation", variable, law, body)


def variance(variable: str, law: Liftable, body: Liftable) -> Term:
    """Variance of ``body`` with ``variable`` drawn from ``law``."""
    return _bind("variance", variable, law, body)


def argmax(variable: str, space: Liftable, body: Liftable) -> Term:
    return _bind("argmax", variable, space, body)


def argmin(variable: str, space: Liftable, body: Liftable) -> Term:
    return _bind("argmin", variable, space, body)


def let(variable: str, value: Liftable, body: Liftable) -> Term:
    """``body`` at ``variable`` = ``value``."""
    return _bind("let", variable, value, body)


def limit(variable: str, point: Liftable, body: Liftable) -> Term:
    return _bind("limit", variable, point, body)


def names(text: str) -> tuple[Name, ...]:
    """Several names at once: ``x, y = names("x y")``."""
    return tuple(Name(word) for word in text.split())
