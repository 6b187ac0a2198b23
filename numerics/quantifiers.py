"""Quantifiers over Euclidean spaces, taken away where an equation is polynomial in what they bind.

A polynomial vanishes for all numbers of an open interval, and for all vectors if it depends on them
by their squared lengths only, exactly if each of its coefficients does.
"""

from __future__ import annotations

from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, free_names, fresh, lift, substitute
from language.types import REAL, Array, Type
from language.vocabulary import INFINITY, TRUE, equal, index_sum
from numerics.kernels import Kernel, Monomial, Ratio, TooLarge
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, with_normalizer
from numerics.readback import term_of

__all__ = ["eliminated"]


def eliminated(statement: Term, notation: Notation) -> Term:
    """A statement with ``forall x: P(x) = 0`` as equations between the coefficients of P.

    What has another form is left as it is.
    """
    match statement:
        case Bind("forall"):
            return _without(statement, notation) or statement
        case Apply("both" | "either" | "negation" | "implies" as head, parts):
            return Apply(head, tuple(eliminated(part, notation) for part in parts))
    return statement


def _without(statement: Term, notation: Notation) -> Term | None:
    variables: list[str] = []
    while isinstance(statement, Bind) and statement.head == "forall":
        kind = _element(statement.domain)
        if kind is None:
            return None
        name = fresh(statement.variable, {s.name for s in notation} | free_names(statement.body))
        notation = notation.extended(Symbol(name, kind))
        variables.append(name)
        statement = substitute(statement.body, {statement.variable: Name(name)})
    match statement:
        case Apply("equal", (left, right)):

            def work(normalizer: Normalizer) -> Term | None:
                return _coefficients(normalizer, left - right, variables)

            try:
                return with_normalizer(notation, work, left, right)
            except (Outside, TooLarge):
                return None
    return None


def _element(domain: Term) -> Type | None:
    """The type of the points of a space that contains an open set."""
    match domain:
        case Apply("reals", (Number(value),)) if value == 1:
            return REAL
        case Apply("reals", (Name(size),)):
            return Array((size,))
        case Apply("interval", (low, high)):
            if isinstance(low, Number) and isinstance(high, Number):
                return REAL if low.value < high.value else None
            below = isinstance(low, Number) or low == -INFINITY
            above = isinstance(high, Number) or high == INFINITY
            return REAL if below and above else None
    return None


def _coefficients(normalizer: Normalizer, difference: Term, variables: list[str]) -> Term | None:
    table = normalizer.table
    value = normalizer.normal(difference)
    free = [_coordinate(normalizer, name) for name in variables]
    below = {atom for monomial, _ in table.monomials(value.den) for atom, _ in monomial}
    if any(not atom.free.isdisjoint(variables) for atom in below):
        return None
    parts: dict[Monomial, Ratio] = {}
    for monomial, coefficient in table.monomials(value.num):
        bound = tuple(item for item in monomial if not item[0].free.isdisjoint(variables))
        if any(atom not in free for atom, _ in bound):
            return None
        rest = tuple(item for item in monomial if item not in bound)
        scale = table.multiply(table.constant(coefficient), normalizer.functionals.ratio_of(rest))
        parts[bound] = table.add(parts.get(bound, table.zero), scale)
    divisor = term_of(table, Ratio(value.den, table.one_poly))
    equations = [equal(term_of(table, part) / divisor, 0) for part in parts.values()]
    return Apply("both", tuple(equations)) if equations else TRUE


def _coordinate(normalizer: Normalizer, name: str) -> Kernel | None:
    """What a polynomial may hold of a variable: a number itself, a vector's squared length."""
    table = normalizer.table
    kind = table.notation[name].type
    if not isinstance(kind, Array):
        return table.kernel("name", table.name(name))
    length = normalizer.normal(index_sum("k", lift(kind.shape[0]), Name(name)["k"] ** 2))
    match table.monomials(length.num):
        case [(((atom, 1),), coefficient)] if coefficient == 1 and length.den.is_one():
            return atom
    return None
