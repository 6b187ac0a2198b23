"""Rules of calculus: point masses, declared functions, partial derivatives, values at a point.

Each rule takes a term, rewrites every place where it applies and returns the new term. Derivatives
are taken by SymPy, on scalars only; everything else is rewriting. The logistic function crosses to
SymPy and back under its own name, so that derivatives are printed in it and not in exponentials.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy

from language import bridge
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, lift, replace, same, substitute, walk
from language.types import REAL
from language.vocabulary import IMAGINARY, logistic, negative, product_of, sum_of

__all__ = [
    "at_the_point",
    "collect",
    "differentiate",
    "expand",
    "expectation_under_a_point_mass",
    "from_sympy",
    "linearize",
    "logistic_at_zero",
    "reflect_logistic",
    "substitute_result",
    "tidy",
    "to_sympy",
    "unfold",
]

ZERO = lift(0)


class _Logistic(sympy.Function):  # type: ignore[misc]  # SymPy ships no types
    """The logistic function, which SymPy lacks: its derivative is f (1 - f)."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return (1 - self) * self


def to_sympy(term: Term, notation: Notation) -> sympy.Expr:
    """A scalar as a SymPy expression in which logistic functions stay as they are."""
    inside: list[tuple[str, Term]] = []

    def name_it(here: Term) -> Term | None:
        match here:
            case Apply("logistic", (argument,)):
                inside.append((f"logistic_{len(inside)}", argument))
                return Name(inside[-1][0])
        return None

    named = replace(term, name_it)
    extended = notation.extended(*(Symbol(name, REAL) for name, _ in inside))
    expression = bridge.to_sympy(named, extended)
    # An argument may hold names given before its own, never one given after.
    for name, argument in reversed(inside):
        symbol = bridge.to_sympy(Name(name), extended)
        expression = expression.xreplace({symbol: _Logistic(bridge.to_sympy(argument, extended))})
    return expression


def from_sympy(expression: sympy.Expr) -> Term:
    """The reverse of :func:`to_sympy`, laid out as one writes: 2 i eta sqrt(...) logistic(...)."""
    found = sorted(expression.atoms(_Logistic), key=sympy.default_sort_key)
    symbols = {f: sympy.Symbol(f"logistic_{place}") for place, f in enumerate(found)}
    values = {symbol.name: logistic(from_sympy(f.args[0])) for f, symbol in symbols.items()}
    unit = sympy.Symbol("imaginary_unit")
    named = bridge.from_sympy(expression.xreplace({**symbols, sympy.I: unit}))
    return replace(substitute(named, {**values, unit.name: IMAGINARY}), _in_order)


def _in_order(here: Term) -> Term | None:
    """Factors in the customary order, and a positive number in front of what is subtracted."""
    match here:
        case Apply("add", parts):
            numbers = [p for p in parts if isinstance(p, Number) and p.value > 0]
            if numbers and any(_subtracted(part) for part in parts):
                return sum_of([*numbers, *(part for part in parts if part not in numbers)])
        case Apply("multiply", factors):
            return Apply("multiply", tuple(sorted(factors, key=_rank)))
    return None


def _subtracted(summand: Term) -> bool:
    negated = isinstance(summand, Apply) and summand.head == "negative"
    return negated or any(part == IMAGINARY for part in walk(summand))


def _rank(factor: Term) -> tuple[int, str]:
    match factor:
        case Number():
            return 0, ""
        case Apply("imaginary"):
            return 1, ""
        case Name(name) | Apply("power", (Name(name), _)):
            return 2, name
        case Apply("sqrt"):
            return 3, ""
        case Apply("logistic") | Apply("power", (Apply("logistic"), _)):
            return 4, ""
    return 5, ""


def expectation_under_a_point_mass(term: Term) -> Term:
    """The expectation of a function under the point mass at ``a`` is its value at ``a``."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, Apply("dirac", (point,)), body):
                return tidy(substitute(body, {variable: point}))
        return None

    return replace(term, rule)


def unfold(term: Term, notation: Notation, name: str) -> Term:
    """Replace ``name``, or each call of it if it is a function, by its definition.

    Raises:
        ValueError: if ``name`` has no definition.
    """
    symbol = notation[name]
    definition, parameters = symbol.definition, symbol.parameters
    if definition is None:
        raise ValueError(f"expected a name with a definition, found {name!r} without one")

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("call", (Name(called), *arguments)) if called == name:
                return tidy(substitute(definition, dict(zip(parameters, arguments, strict=True))))
            case Name(found) if found == name and not parameters:
                return definition
        return None

    return replace(term, rule)


def substitute_result(term: Term, *results: Claim) -> Term:
    """Replace what an earlier result defines by the closed form found for it."""

    def rule(here: Term) -> Term | None:
        for result in results:
            if same(here, result.defined):
                return result.closed_form
        return None

    return replace(term, rule)


def differentiate(term: Term, notation: Notation, *variables: str) -> Term:
    """Carry out the partial derivatives, gradients and Jacobians in ``term``, by SymPy.

    Args:
        term: may hold ``derivative`` in names, ``gradient`` in a tuple of names, and ``jacobian``
            of a written vector in one.
        notation: the names that the differentiated scalars use, bound ones included.
        variables: if given, only derivatives in these names are carried out.
    """

    def partial(body: Term, variable: Term) -> Term:
        match body:
            # Summand by summand: SymPy would merge what the reader should still see apart.
            case Apply("add", parts):
                return tidy(sum_of([partial(part, variable) for part in parts]))
        result = sympy.diff(to_sympy(body, notation), to_sympy(variable, notation))
        return from_sympy(result)

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (body, Name(name) as variable)):
                return partial(body, variable) if not variables or name in variables else None
            case Apply("gradient", (body, Apply("tuple", coordinates))):
                return Apply("vector", tuple(partial(body, x) for x in coordinates))
            case Apply("jacobian", (Apply("vector", field), Apply("tuple", coordinates))):
                rows = (
                    Apply("vector", tuple(partial(part, x) for x in coordinates)) for part in field
                )
                return Apply("matrix", tuple(rows))
        return None

    return replace(term, rule)


def at_the_point(term: Term) -> Term:
    """Carry out every ``let``: put the values in, and drop the zeros and ones that this leaves."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("let", variable, value, body):
                return tidy(substitute(body, {variable: value}))
        return None

    return replace(term, rule)


def linearize(term: Term, notation: Notation) -> Term:
    """Carry out the derivatives in ``term``, then every ``let``: a Jacobian at a point."""
    return at_the_point(differentiate(term, notation))


def logistic_at_zero(term: Term) -> Term:
    """The logistic function is one half at zero; the constants are then worked out."""

    def rule(here: Term) -> Term | None:
        return lift(Fraction(1, 2)) if here == Apply("logistic", (ZERO,)) else None

    return tidy(replace(term, rule))


def reflect_logistic(term: Term) -> Term:
    """``1 - logistic(u)`` is ``logistic(-u)``, the minus sign carried into sums."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("add", (Number() as one, rest)) | Apply("add", (rest, Number() as one)):
                match one.value, rest:
                    case 1, Apply("negative", (Apply("logistic", (u,)),)):
                        return Apply("logistic", (_opposite(u),))
                    case -1, Apply("logistic", (u,)):
                        return negative(Apply("logistic", (_opposite(u),)))
        return None

    return tidy(replace(term, rule))


def expand(term: Term, notation: Notation) -> Term:
    """Multiply out every scalar in ``term``, entry by entry, by SymPy."""
    return _entrywise(term, notation, sympy.expand)


def collect(term: Term, notation: Notation) -> Term:
    """Factor every scalar in ``term``, entry by entry, by SymPy."""
    return _entrywise(term, notation, sympy.factor)


def _entrywise(term: Term, notation: Notation, change: Callable[[sympy.Expr], sympy.Expr]) -> Term:
    match term:
        case Apply("matrix" | "vector" | "tuple" | "multiset" | "eigenvalues" as head, parts):
            return Apply(head, tuple(_entrywise(part, notation, change) for part in parts))
    return from_sympy(change(to_sympy(term, notation)))


def tidy(term: Term) -> Term:
    """Drop zero summands, zero products and unit factors; work out sums and products of numbers.

    >>> from language.vocabulary import names
    >>> x, y = names("x y")
    >>> tidy(x * 0 + y * 1) == y
    True
    """
    return replace(term, _tidied)


def _tidied(here: Term) -> Term | None:
    match here:
        case Apply("negative", (Number(value),)):
            return Number(-value)
        case Apply("negative", (Apply("negative", (inner,)),)):
            return inner
        case Apply("add", parts):
            return _tidy_sum(parts)
        case Apply("multiply", parts):
            return _tidy_product(parts)
        case Apply("divide", (Number(above), Number(below))) if below:
            return Number(above / below)
        case Apply("divide", (top, Number(below))) if below == 1:
            return top
        case Apply("power", (Number(base), Number(exponent))) if exponent == 2:
            return Number(base * base)
    return None


def _tidy_sum(parts: tuple[Term, ...]) -> Term:
    constant = sum((part.value for part in parts if isinstance(part, Number)), Fraction(0))
    others = [part for part in parts if not isinstance(part, Number)]
    if not constant and others:
        return sum_of(others)
    leading = parts and isinstance(parts[0], Number)
    return sum_of([lift(constant), *others] if leading else [*others, lift(constant)])


def _tidy_product(parts: tuple[Term, ...]) -> Term:
    constant = Fraction(1)
    others: list[Term] = []
    for part in parts:
        match part:
            case Number(value):
                constant *= value
            case Apply("negative", (inner,)):
                constant = -constant
                others.append(inner)
            case _:
                others.append(part)
    if not constant or not others:
        return lift(constant)
    above, below = abs(constant.numerator), constant.denominator
    product = product_of(others if above == 1 else [lift(above), *others])
    quotient = product if below == 1 else product / below
    return negative(quotient) if constant < 0 else quotient


def _opposite(term: Term) -> Term:
    """``-term``, with the sign carried into a sum."""
    match term:
        case Apply("add", parts):
            return Apply("add", tuple(_opposite(part) for part in parts))
        case Apply("negative", (inner,)):
            return inner
        case Number(value):
            return Number(-value)
    return negative(term)
