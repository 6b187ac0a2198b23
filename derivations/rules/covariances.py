"""Rules for normal laws with a covariance matrix: log densities, quadratic forms, traces.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Source: Petersen and Pedersen, "The Matrix Cookbook" (2012), sections 8.1.1 and 8.2.2.
"""

from __future__ import annotations

from derivations.rules.information import signed_sum, summands
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names, lift, replace
from language.typecheck import typecheck
from language.types import Array
from language.vocabulary import PI, determinant, expectation, inverse, log, number, trace

__all__ = [
    "expect_each_summand",
    "expected_quadratic_form",
    "join_log_determinants",
    "log_density_with_covariance",
    "trace_of_identity",
]

HALF = number(1, 2)


def log_density_with_covariance(term: Term, notation: Notation) -> Term:
    """log N(x; m, S) = -(x - m)^T S^-1 (x - m)/2 - log(det S)/2 - d log(2 pi)/2.

    ``notation`` gives the dimension d of the mean. Side condition: S is positive definite.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("density", (Apply("normal", (mean, spread)), point)),)):
                kind = typecheck(mean, notation)
                if not isinstance(kind, Array):
                    return None
                gap = point - mean
                square = gap.T @ inverse(spread) @ gap
                size = lift(kind.shape[0])
                return -(HALF * square) - HALF * log(determinant(spread)) - size / 2 * log(2 * PI)
        return None

    return _flat(replace(term, write))


def _flat(term: Term) -> Term:
    """Sums within sums, and negated sums, as one flat sum."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("negative", (Apply("add", parts),)):
                return signed_sum([(-sign, p) for part in parts for sign, p in summands(part)])
            case Apply("add"):
                return signed_sum(summands(here))
        return None

    return replace(term, rule)


def expect_each_summand(term: Term) -> Term:
    """The expectation of a sum, summand by summand; numbers and what is constant come out."""

    def each(x: str, law: Term, part: Term) -> Term:
        match part:
            case _ if x not in free_names(part):
                return part
            case Apply("multiply", (Number() as factor, inner)):
                return factor * expectation(x, law, inner)
        return expectation(x, law, part)

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", x, law, body):
                return signed_sum([(sign, each(x, law, part)) for sign, part in summands(body)])
        return None

    return _flat(replace(term, write))


def expected_quadratic_form(term: Term) -> Term:
    """E (x - n)^T A (x - n) = (m - n)^T A (m - n) + tr(A S) for x drawn from N(m, S)."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", x, Apply("normal", (mean, spread)), body):
                found = _form(body, x)
                if found is None:
                    return None
                matrix, centre = found
                scatter = trace(matrix @ spread)
                gap = mean - centre
                return scatter if mean == centre else gap.T @ matrix @ gap + scatter
        return None

    return replace(term, write)


def _form(body: Term, x: str) -> tuple[Term, Term] | None:
    """The matrix and the centre n of (x - n)^T A (x - n)."""
    match body:
        case Apply(
            "multiply", (Apply("multiply", (Apply("transpose", (left,)), matrix)), right)
        ) if left == right:
            match right:
                case Apply("add", (Name(name), Apply("negative", (centre,)))) if name == x:
                    return matrix, centre
    return None


def trace_of_identity(term: Term, notation: Notation) -> Term:
    """tr(S^-1 S) is the size of S."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("trace", (Apply("multiply", (Apply("inverse", (inner,)), same)),)):
                kind = typecheck(inner, notation)
                return lift(kind.shape[0]) if inner == same and isinstance(kind, Array) else None
        return None

    return replace(term, write)


def join_log_determinants(term: Term) -> Term:
    """-c log det S + c log det T is c log(det T/det S); what cancels is dropped."""
    parts = summands(term)
    kept: list[tuple[int, Term]] = []
    for sign, part in parts:
        twin = next((k for k, pair in enumerate(kept) if pair == (-sign, part)), None)
        if twin is None:
            kept.append((sign, part))
        else:
            del kept[twin]
    logs = {sign: k for k, (sign, part) in enumerate(kept) if _log_determinant(part) is not None}
    if set(logs) != {1, -1}:
        return signed_sum(kept)
    above, below = (_log_determinant(kept[logs[sign]][1]) for sign in (1, -1))
    assert above is not None and below is not None
    joined = HALF * log(above / below)
    return signed_sum([*(p for k, p in enumerate(kept) if k not in logs.values()), (1, joined)])


def _log_determinant(term: Term) -> Term | None:
    """det S of half of log det S."""
    match term:
        case Apply("multiply", (half, Apply("log", (Apply("determinant") as inside,)))):
            return inside if half == HALF else None
    return None
