"""Rules that SymPy carries out pointwise: derivatives, linear equations, pointwise maxima.

What SymPy does not know (densities at a point, entries of a vector, calls of declared functions) is
treated as one number each. Every rule takes the term before and returns the term after.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy

from language.bridge import from_sympy, to_sympy
from language.notation import Notation, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    rebuild,
    replace,
    substitute,
)
from language.types import POSITIVE, REAL, REALS, Interval
from language.vocabulary import ELEMENTARY, equal, multiply

__all__ = [
    "around_its_zero",
    "clear_denominators",
    "collect_pointwise",
    "differentiate_termwise",
    "pointwise_maximum",
    "solve_linear",
]

_SCALAR_HEADS = frozenset(("add", "multiply", "negative", "divide", "power", *ELEMENTARY))


class _Numbers:
    """Stands in a fresh number for each subterm that SymPy does not know."""

    def __init__(self, notation: Notation) -> None:
        self._given = notation
        self._stands_for: dict[str, Term] = {}
        self._names: dict[Term, str] = {}
        self._symbols: list[Symbol] = []

    def to_sympy(self, term: Term) -> sympy.Expr:
        plain = self._plain(term)
        return to_sympy(plain, self._given.extended(*self._symbols))

    def variable(self, name: str) -> sympy.Symbol:
        """The symbol of ``name``, on which none of the numbers may depend."""
        hidden = [term for term in self._names if name in free_names(term)]
        if hidden:
            raise ValueError(f"expected {name} outside of calls and entries, found {hidden[0]}")
        return self.to_sympy(Name(name))

    def free_of(self, expression: sympy.Expr, name: str) -> bool:
        """Whether no part of ``expression`` stands for something that depends on ``name``."""
        return name not in free_names(self.from_sympy(expression))

    def from_sympy(self, expression: sympy.Expr) -> Term:
        return substitute(from_sympy(expression), self._stands_for)

    def _plain(self, term: Term) -> Term:
        match term:
            case Number():
                return term
            case Name(name) if name in self._given:
                return term
            case Apply(head, args) if head in _SCALAR_HEADS:
                return rebuild(term, tuple(self._plain(arg) for arg in args))
        if term not in self._names:
            name = f"number_{len(self._names)}"
            self._names[term] = name
            self._stands_for[name] = term
            self._symbols.append(Symbol(name, REAL, domain=self._domain(term)))
        return Name(self._names[term])

    def _domain(self, term: Term) -> Interval:
        match term:
            case Apply("density"):
                return POSITIVE
            case Apply("call", (Name(function), *_)):
                return self._given[function].domain
        return REALS


def _by_sympy(term: Term, notation: Notation, change: Callable[[sympy.Expr], sympy.Expr]) -> Term:
    numbers = _Numbers(notation)
    return numbers.from_sympy(change(numbers.to_sympy(term)))


def differentiate_termwise(term: Term, notation: Notation) -> Term:
    """Carry out the partial derivatives in ``term``, those of index sums under the sum."""

    def partial(body: Term, variable: str) -> Term:
        match body:
            case Bind("sum", index, domain, summand):
                return Bind("sum", index, domain, partial(summand, variable))
        numbers = _Numbers(notation)
        expression = numbers.to_sympy(body)
        slope = sympy.diff(expression, numbers.variable(variable))
        return numbers.from_sympy(sympy.factor_terms(slope))

    def carry_out(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (body, Name(variable))):
                return partial(body, variable)
        return None

    return replace(term, carry_out)


def collect_pointwise(term: Term, notation: Notation) -> Term:
    """``term`` as a product of irreducible factors."""
    return _by_sympy(term, notation, sympy.factor)


def clear_denominators(statement: Term, notation: Notation) -> Term:
    """Multiply ``u/a - v/b = 0``, with positive a and b, by their product: ``u b = v a``.

    Raises:
        ValueError: where the statement is not of this form.
    """
    match statement:
        case Apply("equal", (left, Number(zero))) if zero == 0:
            numbers = _Numbers(notation)
            first, second = _positive_part_first(numbers.to_sympy(left))
            (u, a), (v, b) = sympy.fraction(first), sympy.fraction(-second)
            return equal(
                multiply(numbers.from_sympy(u), numbers.from_sympy(b)),
                multiply(numbers.from_sympy(v), numbers.from_sympy(a)),
            )
    raise ValueError("expected a difference of two quotients that is zero")


def _positive_part_first(difference: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    parts = sorted(
        sympy.Add.make_args(difference), key=lambda part: part.could_extract_minus_sign()
    )
    if len(parts) != 2:
        raise ValueError(f"expected two quotients, found {len(parts)} summands")
    return parts[0], parts[1]


def solve_linear(statement: Term, notation: Notation, name: str) -> Term:
    """Solve an equation that is linear in ``name``.

    The coefficient of ``name`` must not vanish, which the caller states as a side condition.

    Raises:
        ValueError: where the statement is not such an equation.
    """
    match statement:
        case Apply("equal", (left, right)):
            numbers = _Numbers(notation)
            slope, rest = _line(numbers, left - right, name)
            return equal(name, numbers.from_sympy(sympy.cancel(-rest / slope)))
    raise ValueError("expected an equation")


def around_its_zero(term: Term, notation: Notation, name: str) -> Term:
    """An index sum that is linear in ``name``, as its slope times the distance from its zero.

    The slope must not vanish, which the caller states as a side condition.

    Raises:
        ValueError: where the term is not such a sum.
    """
    match term:
        case Bind("sum", index, domain, summand):
            numbers = _Numbers(notation)
            parts = _line(numbers, summand, name)
            (slope, slopes), (rest, rests) = (_constant_factor(numbers, p, index) for p in parts)
            total, others = (
                numbers.to_sympy(Bind("sum", index, domain, numbers.from_sympy(part)))
                for part in (slopes, rests)
            )
            zero = numbers.from_sympy(-rest * others / (slope * total))
            return multiply(numbers.from_sympy(slope * total), Name(name) - zero)
    raise ValueError("expected an index sum")


def _line(numbers: _Numbers, term: Term, name: str) -> tuple[sympy.Expr, sympy.Expr]:
    """Slope and constant of a term that is linear in ``name``."""
    expression = sympy.expand(numbers.to_sympy(term))
    unknown = numbers.variable(name)
    slope = expression.coeff(unknown, 1)
    rest = sympy.expand(expression - slope * unknown)
    if rest.has(unknown):
        raise ValueError(f"expected something linear in {name}")
    return sympy.factor(slope), sympy.factor(rest)


def _constant_factor(
    numbers: _Numbers, product: sympy.Expr, index: str
) -> tuple[sympy.Expr, sympy.Expr]:
    """A product as the factors that do not depend on ``index``, and the others."""
    factors = sympy.Mul.make_args(product)
    constant = [factor for factor in factors if numbers.free_of(factor, index)]
    varying = [factor for factor in factors if not numbers.free_of(factor, index)]
    return sympy.Mul(*constant), sympy.Mul(*varying)


def pointwise_maximum(term: Term, notation: Notation) -> Term:
    """Work out ``argmax`` over an open interval of a strictly concave differentiable function.

    SymPy solves for the stationary point; the rule checks that the second derivative is negative
    on the whole interval, which makes that point the only maximum.

    Raises:
        ValueError: where there is not exactly one stationary point, or where it is not seen to lie
            in the interval, or the function to be concave.
    """

    def work_out(here: Term) -> Term | None:
        match here:
            case Bind("argmax", variable, Apply("interval", (Number(low), Number(high))), body):
                return _maximum(body, notation, variable, low, high)
        return None

    return replace(term, work_out)


def _maximum(body: Term, notation: Notation, variable: str, low: Fraction, high: Fraction) -> Term:
    if variable in notation:
        raise ValueError(f"expected a variable of its own, found {variable!r} declared")
    scope = notation.extended(Symbol(variable, REAL, domain=Interval(low, high)))
    numbers = _Numbers(scope)
    objective = numbers.to_sympy(body)
    at = numbers.variable(variable)
    stationary = sympy.solve(sympy.diff(objective, at), at)
    if len(stationary) != 1:
        raise ValueError(f"expected one stationary point, found {len(stationary)}")
    point = sympy.factor(stationary[0])
    if not all(sympy.factor(gap).is_positive for gap in (point - low, high - point)):
        raise ValueError(f"expected a stationary point between {low} and {high}, found {point}")
    if not _negative(sympy.diff(objective, at, 2)):
        raise ValueError("expected a strictly concave function")
    return numbers.from_sympy(point)


def _negative(expression: sympy.Expr) -> bool:
    """Whether each summand is minus a product of even powers and positive numbers."""

    def positive(factor: sympy.Expr) -> bool:
        base, exponent = factor.as_base_exp()
        return bool(factor.is_positive) or bool(exponent.is_even and base.is_real)

    return all(
        all(positive(factor) for factor in sympy.Mul.make_args(-part))
        for part in sympy.Add.make_args(sympy.expand_mul(expression))
    )
