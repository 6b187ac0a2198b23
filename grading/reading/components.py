"""Vectors given by their entries: ``z_j = \\mu_j + \\sigma_j \\epsilon_j`` for every j."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from grading.reading.nodes import Node
from grading.reading.scope import Scope
from grading.reading.shapes import Meaning, Misfit, applied, is_number, literal, number, size_term
from grading.reading.spellings import key, with_index
from language.notation import Notation
from language.terms import Apply, Name, Number, Term, free_names, lift
from language.typecheck import typecheck
from language.types import INTEGER, REAL, Array, Dimension, Type
from language.vocabulary import ELEMENTARY, product_of

__all__ = ["as_vector", "entry_of", "general_term"]


def general_term(scope: Scope, parts: Sequence[Node]) -> tuple[Node, Dimension] | None:
    """What the parts ``a_1, a_2, ..., a_m`` are instances of, with its index, and how many.

    The index is a name that nothing else has; the general term and it are the node's children.
    """
    places = [place for place, part in enumerate(parts) if part.value == "ldots"]
    if len(places) != 1 or places[0] not in (1, 2, 3) or len(parts) != places[0] + 2:
        return None
    last = parts[-1]
    for size in scope.context.sizes:
        if not isinstance(size, str):
            continue
        for spelled in _spellings(scope, size):
            given = parts[: places[0]]
            if all(
                key(with_index(last, spelled, number)) == key(part)
                for number, part in enumerate(given, 1)
            ):
                index = Node("name", _INDEX, (), last.start, last.end)
                general = _renamed(last, spelled, index)
                return Node("sequence", "", (general, index), last.start, last.end), size
    return None


#: The index of a general term; no student can write it.
_INDEX = "index#"


def _spellings(scope: Scope, size: str) -> list[str]:
    return [
        spelled for spelled, symbols in scope.context.table.plain.items() if symbols[0].name == size
    ]


def _renamed(node: Node, spelled: str, index: Node) -> Node:
    if node.kind == "name" and node.value == spelled:
        return index
    if not node.children:
        return node
    children = tuple(_renamed(part, spelled, index) for part in node.children)
    return replace(node, children=children)


def as_vector(term: Term, index: str, size: Dimension) -> Meaning:
    """The vector whose entry at ``index`` is ``term``.

    Raises:
        Misfit: it cannot be written with operations on whole vectors.
    """
    found = _entries(term, index, size)
    if is_number(found):
        return applied("multiply", found, applied("ones", size_term(size)))
    return found


def _entries(term: Term, index: str, size: Dimension) -> Meaning:
    """A number where the index does not occur, else the vector of the values."""
    if index not in free_names(term):
        return Meaning(term, INTEGER if isinstance(term, Number) else REAL)
    match term:
        case Apply("entry", (array, Name(name))) if name == index:
            return Meaning(array, Array((size,)))
        case Apply("add", parts):
            terms = [_spread(_entries(part, index, size), size) for part in parts]
            return applied("add", *terms)
        case Apply("negative", (part,)):
            return applied("negative", _entries(part, index, size))
        case Apply("multiply", parts):
            product = number(1)
            for part in parts:
                product = _times(product, _entries(part, index, size))
            return product
        case Apply("divide", (above, below)):
            return _times(_entries(above, index, size), _inverse(_entries(below, index, size)))
        case Apply("power", (base, exponent)) if index not in free_names(exponent):
            return applied("power", _entries(base, index, size), Meaning(exponent, REAL))
        case Apply(head, (part,)) if head in ELEMENTARY:
            return applied(head, _entries(part, index, size))
    raise Misfit("expected the whole vector, found one entry of it", False)


def _spread(one: Meaning, size: Dimension) -> Meaning:
    if not is_number(one):
        return one
    if literal(one.term) == 1:
        return applied("ones", size_term(size))
    return applied("multiply", one, applied("ones", size_term(size)))


def _inverse(one: Meaning) -> Meaning:
    return applied("power", one, Meaning(Number(Fraction(-1)), INTEGER))


def _times(left: Meaning, right: Meaning) -> Meaning:
    if literal(left.term) == 1:
        return right
    if is_number(left) or is_number(right):
        return applied("multiply", left, right)
    return applied("hadamard", left, right)


def entry_of(term: Term, index: str, notation: Notation, bound: Mapping[str, Type]) -> Term:
    """The entry of a vector at an index, taken as far inside as operations are entrywise."""

    def entry(part: Term) -> Term:
        return entry_of(part, index, notation, bound)

    match term:
        case Apply("add" | "negative" as head, parts):
            return Apply(head, tuple(map(entry, parts)))
        case Apply("hadamard", parts):
            return Apply("multiply", tuple(map(entry, parts)))
        case Apply("multiply", parts):
            kinds = [typecheck(part, notation, bound) for part in parts]
            if sum(isinstance(kind, Array) for kind in kinds) == 1:
                pairs = zip(parts, kinds, strict=True)
                found = [entry(part) if isinstance(kind, Array) else part for part, kind in pairs]
                return product_of([part for part in found if part != lift(1)])
        case Apply("divide" | "power" as head, (vector, number_)):
            return Apply(head, (entry(vector), number_))
        case Apply("ones", _):
            return Number(Fraction(1))
        case Apply(head, (part,)) if head in ELEMENTARY:
            return Apply(head, (entry(part),))
    return Apply("entry", (term, Name(index)))
