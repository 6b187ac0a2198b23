"""Equalities with absolute values and maxima, proved case by case.

Where ``|u|``, ``relu(u)`` or ``max(u, v)`` stands between the sides, ``u >= 0`` and ``u <= 0`` are
told apart; a case that the conditions exclude is left out, and in each other one the plain terms
must have the same normal form.
"""

from __future__ import annotations

from collections.abc import Iterator

from language.claims import Status
from language.notation import Notation, NotationError
from language.terms import Apply, Bind, Term, children, free_names, lift, rebuild
from language.typecheck import TypeMismatch, typecheck
from language.types import REAL
from language.vocabulary import less, relation
from numerics import conditions
from numerics.normal_form import equal_scalars

__all__ = ["prove_by_cases"]

#: How many signs are told apart, one within the other.
DEPTH = 3


def prove_by_cases(
    left: Term, right: Term, notation: Notation, hypotheses: tuple[Term, ...] = ()
) -> int | None:
    """How many cases were told apart and proved; None where one is not proved.

    Raises:
        Outside: where a side is not in the scalar fragment.
    """
    return _cases((left, right), notation, hypotheses, DEPTH)


def _cases(
    sides: tuple[Term, Term], notation: Notation, hypotheses: tuple[Term, ...], depth: int
) -> int | None:
    found = next(_splits(sides, notation), None)
    if found is None or depth == 0:
        return 1 if equal_scalars(*sides, notation.assuming(*hypotheses)) else None
    part, argument, above, below = found
    up, down = relation("greater_equal", argument, 0), relation("less_equal", argument, 0)
    if _follows(up, notation, hypotheses):
        branches = [(above, up)]
    elif _follows(down, notation, hypotheses):
        branches = [(below, down)]
    else:
        branches = [(above, up), (below, less(argument, 0))]
    count = 0
    for value, sign in branches:
        left, right = (_with(side, part, value) for side in sides)
        proved = _cases((left, right), notation, (*hypotheses, sign), depth - 1)
        if proved is None:
            return None
        count += proved
    return count


def _follows(statement: Term, notation: Notation, hypotheses: tuple[Term, ...]) -> bool:
    verdict = conditions.prove_statement(statement, notation, hypotheses)
    return verdict is not None and verdict.status is Status.PROVED


def _splits(
    sides: tuple[Term, Term], notation: Notation
) -> Iterator[tuple[Term, Term, Term, Term]]:
    """Parts with a kink: the part, what changes sign, its values above zero and below."""
    for side in sides:
        for part in _open_parts(side, frozenset()):
            match part:
                case Apply("absolute", (u,)):
                    split = (part, u, u, -u)
                case Apply("relu", (u,)):
                    split = (part, u, u, lift(0))
                case Apply("maximum", (u, v)):
                    split = (part, u - v, u, v)
                case Apply("minimum", (u, v)):
                    split = (part, u - v, v, u)
                case _:
                    continue
            if _is_real(split[1], notation):
                yield split


def _is_real(term: Term, notation: Notation) -> bool:
    try:
        return typecheck(term, notation) == REAL
    except (TypeMismatch, NotationError):
        return False


def _open_parts(term: Term, bound: frozenset[str]) -> Iterator[Term]:
    """Subterms that stand on no bound name, innermost first."""
    inner = bound | {term.variable} if isinstance(term, Bind) else bound
    for part in children(term):
        yield from _open_parts(part, inner)
    if free_names(term).isdisjoint(bound):
        yield term


def _with(here: Term, part: Term, value: Term) -> Term:
    """A term with a value in the place of a part, wherever that stands."""
    if here == part:
        return value
    inner = children(here)
    return rebuild(here, tuple(_with(p, part, value) for p in inner)) if inner else here
