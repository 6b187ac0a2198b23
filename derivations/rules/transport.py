"""Rules on transport along the line: distances of coupled points, and their integrals.

Integrals over intervals are worked out by SymPy; what is left of them is a number.
"""

from __future__ import annotations

import sympy

from derivations.rules.information import signed_sum, summands
from language.bridge import from_sympy, to_sympy
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, free_names, replace, same, substitute
from language.types import REAL
from language.vocabulary import (
    INFINITY,
    PI,
    absolute,
    divide,
    exp,
    multiply,
    negative,
    number,
    power,
    product_of,
    sqrt,
)

__all__ = [
    "difference_of_shifts",
    "factor_distance",
    "fold_even",
    "integrate_over_interval",
    "length_of_interval",
    "logarithm_below_one",
    "mirror_unit_interval",
    "standard_normal_density",
]

ZERO, ONE, TWO = number(0), number(1), number(2)
UNIT = Apply("interval", (ZERO, ONE))
HALF_LINE = Apply("interval", (ZERO, INFINITY))


def difference_of_shifts(term: Term) -> Term:
    """``|v - (v + s)|`` is ``|s|``: two points that are moved together keep their distance."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("absolute", (Apply("add", (v, Apply("negative", (moved,)))),)):
                rest = [part for part in summands(moved) if not same(part[1], v)]
                if len(rest) == len(summands(moved)) - 1:
                    return absolute(signed_sum(rest))
        return None

    return replace(term, rule)


def factor_distance(term: Term, notation: Notation, factor: Term) -> Term:
    """``|a m - b m|`` is ``|a - b| |m|``.

    Args:
        term: holds such distances.
        notation: what the names in a and b mean.
        factor: m, which stands in both summands.

    Raises:
        ValueError: where a summand is not a multiple of ``factor``.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("absolute", (Apply("add", (left, Apply("negative", (right,)))),)):
                first, second = (_multiple(part, factor, notation) for part in (left, right))
                if all(part.could_extract_minus_sign() for part in (first, second)):
                    first, second = -first, -second
                apart = absolute(from_sympy(first) - from_sympy(second))
                return multiply(apart, absolute(factor))
        return None

    return replace(term, rule)


def _multiple(term: Term, factor: Term, notation: Notation) -> sympy.Expr:
    """``a`` where ``term`` is ``a factor``."""
    scope = notation.extended(Symbol("factor_", REAL))
    named = replace(term, lambda here: Name("factor_") if same(here, factor) else None)
    expression, unit = to_sympy(named, scope), to_sympy(Name("factor_"), scope)
    coefficient = sympy.expand(expression).coeff(unit, 1)
    if sympy.expand(expression - coefficient * unit) != 0:
        raise ValueError("expected a multiple of the factor")
    return coefficient


def length_of_interval(term: Term) -> Term:
    """The integral of a constant over an interval is its length times the constant."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", x, Apply("interval", (low, high)), body):
                if x in free_names(body) or high == INFINITY:
                    return None
                return body if (low, high) == (ZERO, ONE) else multiply(high - low, body)
        return None

    return replace(term, rule)


def mirror_unit_interval(term: Term) -> Term:
    """Over the unit interval, put ``1 - u`` in place of ``u``; ``1 - (1 - u)`` is ``u`` again."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", u, domain, body) if domain == UNIT:
                mirrored = substitute(body, {u: 1 - Name(u)})
                twice = 1 - (1 - Name(u))
                again = replace(mirrored, lambda part: Name(u) if part == twice else None)
                return Bind("integral", u, domain, again)
        return None

    return replace(term, rule)


def logarithm_below_one(term: Term) -> Term:
    """``|log u|`` is ``-log u`` for u between 0 and 1."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", u, domain, body) if domain == UNIT:
                below = Apply("log", (Name(u),))

                def signed(part: Term) -> Term | None:
                    return negative(below) if part == absolute(below) else None

                return Bind("integral", u, domain, replace(body, signed))
        return None

    return replace(term, rule)


def standard_normal_density(term: Term) -> Term:
    """Write the density of the standard normal law out."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("density", (Apply("normal", (mean, variance)), z)):
                if (mean, variance) == (ZERO, ONE):
                    return divide(exp(negative(divide(power(z, TWO), TWO))), sqrt(2 * PI))
        return None

    return replace(term, rule)


def fold_even(term: Term) -> Term:
    """The integral over the line of ``f(z) |z|``, f even, is twice that of ``f(z) z`` over z > 0.

    Raises:
        ValueError: where f is not even, so that the rule does not apply.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", z, Apply("reals", (one,)), Apply("multiply", (f, distance))):
                if one != ONE or distance != absolute(Name(z)):
                    return None
                if not _even(f, z):
                    raise ValueError("expected an even function")
                return multiply(TWO, Bind("integral", z, HALF_LINE, multiply(f, Name(z))))
        return None

    return replace(term, rule)


def _even(body: Term, variable: str) -> bool:
    scope = Notation((Symbol(variable, REAL),))
    mirrored = substitute(body, {variable: -Name(variable)})
    return bool(sympy.expand(to_sympy(body, scope) - to_sympy(mirrored, scope)) == 0)


def integrate_over_interval(term: Term) -> Term:
    """Work out, by SymPy, each integral over an interval that mentions no other name.

    Raises:
        ValueError: where SymPy finds no antiderivative, or the integral is infinite.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", x, Apply("interval", ends), body) if free_names(body) <= {x}:
                low, high = (to_sympy(end, Notation()) for end in ends)
                scope = Notation((Symbol(x, REAL),))
                at = to_sympy(Name(x), scope)
                value = sympy.integrate(to_sympy(body, scope), (at, low, high))
                if value.has(sympy.Integral) or not value.is_finite:
                    raise ValueError("expected an integral with a finite value in closed form")
                return from_sympy(value)
        return None

    return _numbers_together(replace(term, rule))


def _numbers_together(term: Term) -> Term:
    """Products with the numbers that no name stands in worked out, and in front."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("multiply", factors):
                closed = [factor for factor in factors if not free_names(factor)]
                others = [factor for factor in factors if free_names(factor)]
                if not closed:
                    return None
                value = from_sympy(to_sympy(product_of(closed), Notation()))
                return product_of([*([] if value == ONE and others else [value]), *others])
            case Apply("negative", (inside,)) if not free_names(inside):
                return from_sympy(to_sympy(here, Notation()))
        return None

    return replace(replace(term, rule), _one_root)


def _one_root(here: Term) -> Term | None:
    match here:
        case Apply("divide", (Apply("sqrt", (above,)), Apply("sqrt", (below,)))):
            return sqrt(divide(above, below))
    return None
