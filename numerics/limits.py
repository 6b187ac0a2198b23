"""Limits, at a number or at infinity, by expansions (:mod:`numerics.series`)."""

from __future__ import annotations

from fractions import Fraction

from language.claims import Status, Verdict
from language.notation import Notation
from language.terms import Bind, Number, Term
from language.types import REALS
from language.vocabulary import INFINITY
from numerics.kernels import Ratio
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, with_normalizer
from numerics.readback import term_of
from numerics.series import TINY, ZERO, Expansion, Series

__all__ = ["limit_value", "verdict_on_infinity"]


def limit_value(limit: Term, notation: Notation) -> Term:
    """The limit, as a term: a number in the other names, infinity or its negative.

    The variable approaches from within its declared domain, from both sides of an inner point.

    Raises:
        Outside: where there is none that is found for all values of the other names.
    """
    if not isinstance(limit, Bind) or limit.head != "limit":
        raise Outside("expected a limit")
    variable, point, body = limit.variable, limit.domain, limit.body
    symbol = notation.get(variable)
    if symbol is not None and symbol.definition is not None:
        raise Outside(f"{variable} is defined by other names")

    def work(normalizer: Normalizer) -> Term:
        lowered = normalizer.lowering.scalar(body)
        found = {
            _value(Expansion(normalizer, variable, place), lowered)
            for place in _places(normalizer, variable, point)
        }
        if len(found) != 1:
            raise Outside("a limit that is not the same from both sides")
        return found.pop()

    return with_normalizer(notation, work, body)


def _value(expansion: Expansion, term: Term) -> Term:
    series = expansion.of(term)
    if series.terms and series.lead < ZERO:
        return INFINITY if expansion.sign(series) > 0 else -INFINITY
    if series.order <= ZERO:
        raise Outside("an expansion that does not reach far enough")
    table = expansion.table
    return term_of(table, series.terms.get(ZERO, table.zero))


def _places(normalizer: Normalizer, variable: str, point: Term) -> list[Series]:
    """What the variable is near its limit, in u: from each side that its domain allows."""
    table = normalizer.table
    symbol = table.notation.get(variable)
    domain = REALS if symbol is None else symbol.domain

    def place(value: Fraction, power: int, sign: int) -> Series:
        terms: dict[tuple[Fraction, Fraction], Ratio] = {}
        if value:
            terms[ZERO] = table.constant(value)
        terms[Fraction(power), Fraction(0)] = table.constant(sign)
        return Series(terms, TINY)

    if point == INFINITY and domain.upper is None:
        return [place(Fraction(0), -1, 1)]
    if point == -INFINITY and domain.lower is None:
        return [place(Fraction(0), -1, -1)]
    if not isinstance(point, Number):
        raise Outside("a limit is taken at a number or at infinity")
    at = point.value
    if at == domain.lower:
        return [place(at, 1, 1)]
    if at == domain.upper:
        return [place(at, 1, -1)]
    if not domain.contains(at):
        raise Outside("a limit outside the declared domain")
    return [place(at, 1, 1), place(at, 1, -1)]


def verdict_on_infinity(found: Term, claimed: Term) -> Verdict | None:
    """The verdict where the limit or what is claimed of it is infinite; None where neither is."""
    infinite = (INFINITY, -INFINITY)
    scope = "on the declared domain"
    if found in infinite:
        if claimed == found:
            reason = "The leading term of the expansion grows without bound, with this sign."
            return Verdict(Status.PROVED, "limits", scope, reason)
        reason = "The limit is infinite, with the other sign or where a number is claimed."
        return Verdict(Status.REFUTED, "limits", scope, reason)
    if claimed in infinite:
        return Verdict(Status.REFUTED, "limits", scope, "The limit is finite.")
    return None
