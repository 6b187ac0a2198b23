"""Limits of rational normal forms, at a finite end of a domain or at infinity."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpq_mpoly

from language.claims import Status, Verdict
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, free_names, fresh, substitute
from language.types import POSITIVE, REAL
from language.vocabulary import INFINITY
from numerics.kernels import Ratio, Table
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, with_normalizer

__all__ = ["decide_limit"]


def decide_limit(limit: Term, value: Term, notation: Notation) -> Verdict | None:
    """Decide whether ``limit``, of a body rational in its variable, is ``value``.

    The variable approaches from within its declared domain; ``value`` may be infinity.

    Raises:
        Outside: where the body is not rational in the variable.
    """
    if not isinstance(limit, Bind) or limit.head != "limit":
        raise Outside("expected a limit")
    variable, point, body = limit.variable, limit.domain, limit.body
    if point == INFINITY:
        # x -> infinity is u -> 0+ with x = 1/u.
        small = fresh(
            "u", {symbol.name for symbol in notation} | free_names(body) | free_names(value)
        )
        notation = notation.extended(Symbol(small, REAL, domain=POSITIVE))
        body, point = substitute(body, {variable: 1 / Name(small)}), Number(Fraction(0))
        variable = small
    if not isinstance(point, Number):
        raise Outside("a limit is taken at a number or at infinity")
    at = point.value
    claimed = _infinite_sign(value)

    def work(normalizer: Normalizer) -> Verdict | None:
        table = normalizer.table
        ratio = normalizer.normal(body)
        num, den = _at(table, ratio.num, variable, at), _at(table, ratio.den, variable, at)
        if den != 0:
            if claimed:
                return _refuted("The limit is finite.") if _generic(notation) else None
            difference = table.subtract(table.tidy(num, den), normalizer.normal(value))
            if difference.num == 0:
                return _proved("The limit of the normal form is this value.")
            if difference.num.is_constant() and difference.den.is_constant():
                return _refuted(f"The limit differs from this value by {difference.num}.")
            return None
        sign = _sign(table, ratio)
        if sign == 0 or not (table.positive(num) or table.positive(-num)):
            return None
        if claimed == sign:
            return _proved("The numerator keeps its sign while the denominator vanishes.")
        return _refuted("The limit is infinite, with the other sign or where a number is claimed.")

    return with_normalizer(notation, work, body, value)


def _generic(notation: Notation) -> bool:
    """Whether no assumption could make a polynomial vanish that is not zero."""
    return not notation.assumptions


def _infinite_sign(value: Term) -> int:
    match value:
        case Apply("infinity"):
            return 1
        case Apply("negative", (Apply("infinity"),)):
            return -1
    return 0


def _sign(table: Table, ratio: Ratio) -> int:
    """The sign of a ratio on the whole domain, 0 where it is not known."""
    signs = []
    for poly in (ratio.num, ratio.den):
        signs.append(1 if table.positive(poly) else -1 if table.positive(-poly) else 0)
    return signs[0] * signs[1]


def _proved(reason: str) -> Verdict:
    return Verdict(Status.PROVED, "limits", "on the declared domain", reason)


def _refuted(reason: str) -> Verdict:
    return Verdict(Status.REFUTED, "limits", "on the declared domain", reason)


def _at(table: Table, poly: fmpq_mpoly, variable: str, value: Fraction) -> fmpq_mpoly:
    """A polynomial with the kernel of ``variable`` put to ``value``."""
    kernel = table.kernel("name", table.name(variable))
    for monomial, _ in table.monomials(poly):
        if any(variable in atom.free and atom is not kernel for atom, _ in monomial):
            raise Outside(f"the limit's body is not rational in {variable}")
    if kernel.number is None:
        return poly
    return poly.subs({kernel.number: fmpq(value.numerator, value.denominator)})
