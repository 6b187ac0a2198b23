"""Optima: an ``argmin`` or ``argmax`` is proved by stationarity and strict curvature.

Neither uses the derivations' rules. For a sum of squares ``sum_k c_k |b_k + A_k w|^2`` the gradient
``sum_k 2 c_k A_k^T (b_k + A_k w)`` is read off, checked entry by entry against the derivative, and
shown to vanish at the answer by the matrix prover; the Hessian ``sum_k 2 c_k A_k^T A_k`` is
positive definite. For one real variable the second derivative has one sign on the whole domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from language.notation import Notation, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    free_names,
    fresh,
    lift,
    rebuild,
    substitute,
    walk,
)
from language.typecheck import typecheck
from language.types import INTEGER, REAL, Array, Interval, Type
from language.vocabulary import (
    FALSE,
    INFINITY,
    both,
    derivative,
    diagonal,
    gradient,
    identity,
    less,
    let,
    number,
    product_of,
    relation,
    spaces,
    sum_of,
)
from numerics import matrices, signs, stationary
from numerics.kernels import Ratio, TooLarge
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, equal_scalars, with_normalizer

__all__ = ["affine", "better_competitor", "prove_definite", "prove_optimum", "with_values"]


def prove_optimum(optimum: Term, answer: Term, notation: Notation) -> str | None:
    """Why ``answer`` is the one optimum, in a sentence; None where that is not proved.

    ``optimum`` binds ``argmin`` or ``argmax`` over the real line, an interval with rational or
    infinite ends, or a Euclidean space of symbolic dimension.
    """
    match optimum:
        case Bind("argmin" | "argmax" as head, variable, Apply("reals", (size,)), body):
            if size == number(1):
                return _scalar_optimum(head, variable, Interval(), body, answer, notation)
            if head == "argmin":
                return _least_squares(variable, size, body, answer, notation)
        case Bind("argmin" | "argmax" as head, variable, Apply("interval", (low, high)), body):
            domain = _interval(low, high)
            if domain is not None:
                return _scalar_optimum(head, variable, domain, body, answer, notation)
    return None


def _interval(low: Term, high: Term) -> Interval | None:
    """An interval whose ends are rational numbers or infinite."""
    if not (isinstance(low, Number) or low == -INFINITY):
        return None
    if not (isinstance(high, Number) or high == INFINITY):
        return None
    return Interval(
        low.value if isinstance(low, Number) else None,
        high.value if isinstance(high, Number) else None,
    )


def with_values(term: Term, notation: Notation) -> Term:
    """A term with the largest and smallest values in it that can be found: the body at the optimum.

    Only those over the line or an interval, at an optimum that is proved.
    """
    match term:
        case Bind("maximal" | "minimal" as head, variable, domain, body):
            found = _extreme_value(head, variable, domain, with_values(body, notation), notation)
            return term if found is None else found
        case Bind("integral" | "sum" as head, variable, domain, body):
            inner = _with_point(notation, variable, domain)
            return term if inner is None else Bind(head, variable, domain, with_values(body, inner))
        case Bind():
            return term
    parts = children(term)
    return rebuild(term, tuple(with_values(part, notation) for part in parts)) if parts else term


def _with_point(notation: Notation, variable: str, domain: Term) -> Notation | None:
    """A notation with the variable of a binder declared; None where it is otherwise."""
    match domain:
        case Apply("reals", (size,)):
            dimension = size.name if isinstance(size, Name) else 0
            if isinstance(size, Number) and size.value.denominator == 1:
                dimension = int(size.value)
            kind: Type = REAL if dimension == 1 else Array((dimension,))
        case Apply("range"):
            kind = INTEGER
        case _:
            return None
    known = notation.get(variable)
    if known is None:
        return notation.extended(Symbol(variable, kind))
    return notation if known.type == kind and known.definition is None else None


def _extreme_value(
    head: str, variable: str, domain: Term, body: Term, notation: Notation
) -> Term | None:
    if any(isinstance(part, Apply) and part.head in _CALCULUS for part in walk(body)):
        return None
    name = fresh(variable, {symbol.name for symbol in notation} | free_names(body))
    kind = Interval()
    match domain:
        case Apply("interval", (low, high)):
            found = _interval(low, high)
            if found is None:
                return None
            kind = found
        case Apply("reals", (size,)) if size == number(1):
            pass
        case _:
            return None
    inner = notation.extended(Symbol(name, REAL, domain=kind))
    here = substitute(body, {variable: Name(name)})
    where = Bind("argmax" if head == "maximal" else "argmin", variable, domain, body)
    for point in stationary.candidates(derivative(here, Name(name)), name, inner):
        try:
            if prove_optimum(where, point, notation) is not None:
                return substitute(body, {variable: point})
        except (Outside, TooLarge):
            continue
    return None


_CALCULUS = frozenset({"derivative", "gradient", "hessian", "jacobian"})


def _scalar_optimum(
    head: str, variable: str, domain: Interval, body: Term, answer: Term, notation: Notation
) -> str | None:
    free = f"{variable}_"
    while free in notation:
        free += "_"
    point = Name(free)
    inner = notation.extended(Symbol(free, REAL, domain=domain))
    value = substitute(body, {variable: point})
    slope = derivative(value, point)
    curvature = derivative(slope, point)

    def stationary(normalizer: Normalizer) -> bool:
        return normalizer.normal(Bind("let", free, answer, slope)).num == 0

    def curved(normalizer: Normalizer) -> bool:
        wanted = curvature if head == "argmin" else -curvature
        lowered = normalizer.lowering.scalar(wanted)
        return signs.is_positive(lowered, inner) or _positive(normalizer, normalizer.ratio(lowered))

    def inside(normalizer: Normalizer) -> bool:
        gaps = []
        if domain.lower is not None:
            gaps.append(answer - lift(domain.lower))
        if domain.upper is not None:
            gaps.append(lift(domain.upper) - answer)
        real = normalizer.table.real(normalizer.table.key(normalizer.normal(answer)))
        return real and all(
            signs.is_positive(normalizer.lowering.scalar(gap), inner)
            or _positive(normalizer, normalizer.normal(gap))
            for gap in gaps
        )

    def smooth(normalizer: Normalizer) -> bool:
        return _smooth(normalizer, value, free)

    checks = (stationary, curved, smooth, inside)
    if not all(with_normalizer(inner, check, body, answer) for check in checks):
        return None
    shape = "convex" if head == "argmin" else "concave"
    return (
        "The derivative vanishes at the answer, which lies in the domain, and the function is "
        f"strictly {shape} there: the second derivative has one sign on the whole domain."
    )


def _smooth(normalizer: Normalizer, value: Term, variable: str) -> bool:
    """Whether a number is defined and real for every value of a variable: it has no poles there.

    Otherwise the second derivative may have one sign on each of several pieces.
    """
    notation = normalizer.table.notation

    def positive(term: Term) -> bool:
        return signs.is_positive(term, notation) or _positive(normalizer, normalizer.ratio(term))

    def sound(part: Term) -> bool:
        match part:
            case Apply("divide", (_, base)) | Apply(
                "power", (base, Number(Fraction(denominator=1)))
            ):
                exponent = part.args[1]
                if part.head == "power" and isinstance(exponent, Number) and exponent.value >= 0:
                    return True
                return signs.is_nonzero(base, notation) or positive(base) or positive(-base)
            case Apply("log" | "sqrt", (base,)) | Apply("power", (base, _)):
                return positive(base)
        return True

    lowered = normalizer.lowering.scalar(value)
    return all(sound(part) for part in walk(lowered) if variable in free_names(part))


def _positive(normalizer: Normalizer, ratio: Ratio) -> bool:
    return normalizer.positive(ratio)


def better_competitor(optimum: Term, answer: Term) -> list[tuple[Term, Term, Term]]:
    """Points that beat ``answer`` if it is not stationary, with conditions to check by balls.

    Each is (point, statement that it is better, statement that the answer is outside the domain or
    FALSE): one step along the gradient, of several lengths.
    """
    if not isinstance(optimum, Bind):
        return []
    variable, domain, body = optimum.variable, optimum.domain, optimum.body
    scalar = domain == spaces(1) or (isinstance(domain, Apply) and domain.head == "interval")
    slope = (derivative if scalar else gradient)(body, Name(variable))
    uphill = let(variable, answer, slope)
    found = []
    for bits in (1, 4, 10, 24):
        step = number(1, 2**bits) * uphill
        point = answer - step if optimum.head == "argmin" else answer + step
        sides = (let(variable, point, body), let(variable, answer, body))
        better = less(*sides) if optimum.head == "argmin" else less(*sides[::-1])
        if isinstance(domain, Apply) and domain.head == "interval":
            better = both(better, less(domain.args[0], point), less(point, domain.args[1]))
        found.append((point, better, _outside(domain, answer)))
    return found


def _outside(domain: Term, answer: Term) -> Term:
    match domain:
        case Apply("interval", (low, high)):
            beyond = (relation("less_equal", answer, low), relation("less_equal", high, answer))
            return Apply("either", beyond)
    return FALSE


@dataclass(frozen=True)
class _Square:
    """``weight * |shift + slope w|^2``; the shift is None where it is zero."""

    weight: Term
    slope: Term
    shift: Term | None


def _least_squares(
    variable: str, size: Term, body: Term, answer: Term, notation: Notation
) -> str | None:
    if variable not in notation:
        dimension = size.name if isinstance(size, Name) else str(size)
        notation = notation.extended(Symbol(variable, Array((dimension,))))
    squares = _squares(body, variable, identity(size))
    if not squares:
        return None
    hessian = sum_of([2 * s.weight * (s.slope.T @ s.slope) for s in squares])
    constant = [2 * s.weight * (s.slope.T @ s.shift) for s in squares if s.shift is not None]
    if not constant:
        return None
    slope = hessian @ Name(variable) + sum_of(constant)
    if not equal_scalars(gradient(body, Name(variable)), slope, notation):
        return None
    if matrices.prove_equal(hessian @ answer, -sum_of(constant), notation) is None:
        return None
    definite = matrices.prove_positive_definite(hessian, notation)
    if definite is None:
        return None
    return (
        "The gradient, checked entry by entry, vanishes at the answer, and the Hessian is positive "
        f"definite: {definite.reason}"
    )


def _squares(body: Term, variable: str, unit: Term) -> list[_Square] | None:
    """The weighted squared norms that ``body`` is a sum of; None where it is something else."""
    match body:
        case Apply("add", args):
            parts = [_squares(arg, variable, unit) for arg in args]
            if any(part is None for part in parts):
                return None
            return [square for part in parts if part is not None for square in part]
        case Apply("power", (Apply("norm", (x,)), exponent)) if exponent == number(2):
            found = affine(x, variable, unit)
            if found is None:
                return None
            slope, shift = found
            if slope is None:
                return []
            return [_Square(number(1), slope, shift)]
        case Apply("multiply", args):
            *weights, last = args
            inner = _squares(last, variable, unit)
            if inner is None or any(variable in free_names(weight) for weight in weights):
                return None
            return [
                _Square(product_of([*weights, square.weight]), square.slope, square.shift)
                for square in inner
            ]
    return [] if variable not in free_names(body) else None


def affine(x: Term, variable: str, unit: Term) -> tuple[Term | None, Term | None] | None:
    """``x`` as slope @ variable + shift, each None for zero; None where it is not affine.

    ``unit`` is the slope of the variable itself, an identity matrix.
    """
    if variable not in free_names(x):
        return None, x
    match x:
        case Name(name) if name == variable:
            return unit, None
        case Apply("negative", (inside,)):
            found = affine(inside, variable, unit)
            return None if found is None else _scaled(found, number(-1), unit)
        case Apply("add", args):
            parts = [affine(arg, variable, unit) for arg in args]
            if any(part is None for part in parts):
                return None
            slopes = [part[0] for part in parts if part is not None and part[0] is not None]
            shifts = [part[1] for part in parts if part is not None and part[1] is not None]
            return (sum_of(slopes) if slopes else None), (sum_of(shifts) if shifts else None)
        case Apply("multiply", args):
            *factors, last = args
            found = affine(last, variable, unit)
            if found is None or any(variable in free_names(factor) for factor in factors):
                return None
            return _scaled(found, product_of(list(factors)), unit)
        case Apply("divide", (above, below)) if variable not in free_names(below):
            found = affine(above, variable, unit)
            return None if found is None else _scaled(found, number(1) / below, unit)
        case Apply("hadamard", (left, right)) if variable not in free_names(left):
            found = affine(right, variable, unit)
            return None if found is None else _scaled(found, diagonal(left), unit)
        case Apply("hadamard", (left, right)) if variable not in free_names(right):
            return affine(Apply("hadamard", (right, left)), variable, unit)
    return None


def _scaled(
    found: tuple[Term | None, Term | None], factor: Term, unit: Term
) -> tuple[Term | None, Term | None]:
    slope, shift = found
    if slope is not None:
        slope = factor if slope == unit and not isinstance(factor, Number) else factor * slope
    return slope, None if shift is None else factor * shift


def prove_definite(statement: Term, notation: Notation) -> str | None:
    """Why ``v^T H v > 0`` for every v != 0, from ``forall v: v != 0 implies v^T H v > 0``."""
    match statement:
        case Bind(
            "forall",
            variable,
            Apply("reals", (size,)),
            Apply("implies", (Apply("unequal", (Name(v), origin)), Apply("greater", (form, zero)))),
        ) if variable == v and zero == number(0) and origin == Apply("zeros", (size,)):
            match form:
                case Apply("multiply", (Apply("multiply", (left, square)), right)) | Apply(
                    "multiply", (left, square, right)
                ) if left == Name(v).T and right == Name(v):
                    if not isinstance(typecheck(square, notation), Array):
                        raise Outside("expected a square matrix between the vectors")
                    proof = matrices.prove_positive_definite(square, notation)
                    return None if proof is None else proof.reason
    return None
