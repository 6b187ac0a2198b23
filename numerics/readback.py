"""From the scalar normal form back to terms, so that balls can evaluate what was worked out.

An expectation of an absolute value has no ball, but its normal form ``sqrt(2/pi)`` has one: two
sides that the normal form can write are told apart by the values of what it wrote.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq_mpoly

from language.terms import Apply, Bind, Name, Number, Term, lift
from language.vocabulary import (
    INFINITY,
    PI,
    absolute,
    call,
    delta,
    density,
    determinant,
    exp,
    log,
    power,
    product_of,
    spaces,
    sqrt,
    sum_of,
)
from numerics.kernels import Kernel, Monomial, Ratio, Table
from numerics.lowering import Outside

__all__ = ["term_of"]


def term_of(table: Table, ratio: Ratio) -> Term:
    """A ratio over the kernels of a table as a term.

    Raises:
        Outside: where a kernel holds what no term says.
    """
    above = _polynomial(table, ratio.num)
    return above if ratio.den.is_one() else above / _polynomial(table, ratio.den)


def _polynomial(table: Table, poly: fmpq_mpoly) -> Term:
    return sum_of([_product(table, m, c) for m, c in table.monomials(poly)])


def _terms(table: Table, terms: tuple[Any, ...]) -> Term:
    return sum_of([_product(table, m, Fraction(*c)) for m, c in terms])


def _product(table: Table, monomial: Monomial, coefficient: Fraction) -> Term:
    factors: list[Term] = [] if coefficient == 1 and monomial else [lift(coefficient)]
    for atom, exponent in monomial:
        base = _kernel(table, atom)
        factors.append(base if exponent == 1 else power(base, exponent))
    return product_of(factors)


def _key(table: Table, key: Kernel) -> Term:
    num, den = (_terms(table, part) for part in key.parts)
    return num if den == lift(1) else num / den


def _kernel(table: Table, kernel: Kernel) -> Term:
    match kernel:
        case Kernel("name", (Kernel() as name,)):
            return _place(name)
        case Kernel("entry", (array, *places)):
            return Apply("entry", (_point(table, array), *map(_place, places)))
        case Kernel("call"):
            return _point(table, kernel)
        case Kernel("density", (str(law), point)):
            return density(law, _point(table, point))
        case Kernel("det", (str(name), point)):
            return determinant(call(name, _point(table, point)))
        case Kernel("log", (key,)):
            return log(_key(table, key))
        case Kernel("exp", (key,)):
            return exp(_key(table, key) / table.base)
        case Kernel("root", (2, _, key)):
            return sqrt(_key(table, key))
        case Kernel("root", (int(degree), _, key)):
            return power(_key(table, key), Number(Fraction(1, degree)))
        case Kernel("absolute", (key, _)):
            return absolute(_key(table, key))
        case Kernel("maximum", keys):
            return Apply("maximum", tuple(_key(table, key) for key in keys))
        case Kernel("delta", (left, right)):
            return delta(_place(left), _place(right))
        case Kernel("pi"):
            return PI
        case Kernel("imaginary"):
            return Apply("imaginary")
        case Kernel("poly", (terms,)):
            return _terms(table, terms)
        case Kernel("functional", (binders, monomial)):
            return _functional(table, binders, monomial)
    raise Outside(f"no term says what {kernel.tag} holds")


def _place(place: Kernel) -> Term:
    match place:
        case Kernel("v", (str(name),)):
            return Name(name)
        case Kernel("int", (int(value),)):
            return lift(value)
    raise Outside("an index of another kind")


def _point(table: Table, point: Kernel) -> Term:
    match point:
        case Kernel("v"):
            return _place(point)
        case Kernel("call", (str(function), *points)):
            return call(function, *(_point(table, inner) for inner in points))
        case Kernel("ratio"):
            return _key(table, point)
    raise Outside("a point of another kind")


def _functional(table: Table, binders: tuple[Any, ...], monomial: Monomial) -> Term:
    body = _product(table, monomial, Fraction(1))
    for mark, domain in reversed(binders):
        (name,) = mark.parts
        match domain:
            case Kernel("range", (low, high)):
                ends = (_key(table, low), _key(table, high))
                body = Bind("sum", name, Apply("range", ends), body)
            case Kernel("space", (Kernel() as size,)):
                body = Bind("integral", name, spaces(_key(table, size)), body)
            case Kernel("space", (str(space),)):
                body = Bind("integral", name, Name(space), body)
            case Kernel("interval", (low, high)):
                ends = (_end(table, low), _end(table, high))
                body = Bind("integral", name, Apply("interval", ends), body)
            case _:
                raise Outside("a draw of independent entries")
    return body


def _end(table: Table, end: Kernel | str) -> Term:
    if isinstance(end, str):
        return INFINITY if end == "infinity" else -INFINITY
    return _key(table, end)
