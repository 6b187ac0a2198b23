"""Sums and products over an index: with limits, with the index alone, or with a condition."""

from __future__ import annotations

from collections.abc import Sequence

from grading.reading.nodes import Node
from grading.reading.scope import Scope, ShapeError
from grading.reading.shapes import (
    MOST,
    Meaning,
    added,
    applied,
    bound,
    distinct,
    multiplied,
    number,
    size_term,
)
from grading.reading.spellings import indices, key, with_index
from language.notation import NotationError
from language.terms import Apply, Bind, Name, Term, free_names, substitute, walk
from language.typecheck import TypeMismatch, typecheck
from language.types import INTEGER, Array, Dimension, Type

__all__ = ["summed"]


def summed(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``\\sum_{i=1}^n``, ``\\sum_i``, ``\\sum_{i,j}``, ``\\sum_{k \\ne j}``; products alike."""
    below, above, body = node.children
    if not below:
        raise scope.error(node, f"expected the index of the {node.kind}", "write \\sum_{i=1}^n")
    if below.kind == "relation":
        return _over(scope, node, below, above, body)
    return _nested(scope, node, indices(below), above, body)


def _nested(
    scope: Scope, node: Node, places: Sequence[Node], above: Node, body: Node
) -> tuple[Meaning, ...]:
    """One index after the other, each without its lower limit."""
    place, *others = places
    if place.kind == "relation":
        return _over(scope, node, place, above, _with_body(node, others, above, body))
    upper = _limit(scope, above) if above and not others else None
    inner, name = scope.bind(place, INTEGER, upper)
    found = _nested(inner, node, others, above, body) if others else inner.values(body)
    return distinct(
        bound(node.kind, name, _range(number(1), _upper(scope, node, name, upper, one)), one)
        for one in found
    )


def _with_body(node: Node, others: Sequence[Node], above: Node, body: Node) -> Node:
    if not others:
        return body
    below = others[0] if len(others) == 1 else Node("sequence", "", tuple(others))
    return Node(node.kind, node.value, (below, above, body), node.start, node.end)


def _over(scope: Scope, node: Node, relation: Node, above: Node, body: Node) -> tuple[Meaning, ...]:
    """A sum whose subscript is ``i = 1``, ``1 \\le i \\le n``, ``i \\in 1..n`` or ``k \\ne j``."""
    parts = relation.children
    written = _written_out(scope, node, relation, above, body)
    if written is not None:
        return written
    operators = relation.value.split()
    ends = _listed_ends(parts[-1]) if operators in (["equal"], ["element"]) else None
    if ends is not None and not above:
        return _between(scope, node, parts[0], _one(scope, ends[0]), _limit(scope, ends[1]), body)
    if operators == ["equal"] and len(indices(parts[0])) == 1:
        lower = _one(scope, parts[1])
        return _between(scope, node, parts[0], lower, _limit(scope, above) if above else None, body)
    if operators == ["less_equal", "less_equal"] and not above:
        lower = _one(scope, parts[0])
        return _between(scope, node, parts[1], lower, _limit(scope, parts[2]), body)
    if operators == ["unequal"] and node.kind == "sum":
        return _but_one(scope, node, parts[0], parts[1], above, body)
    if operators == ["element"]:
        return _nested(scope, node, [parts[0]], above, body)
    raise scope.error(relation, "expected an index and its limits", "write \\sum_{i=1}^n")


def _written_out(
    scope: Scope, node: Node, relation: Node, above: Node, body: Node
) -> tuple[Meaning, ...] | None:
    """A sum over few integers, term by term, where names are numbered: ``\\sum_{k=1}^2 n_k``."""
    place, *rest = relation.children
    numbers = _numbers(rest[0]) if len(rest) == 1 else None
    if numbers is not None and len(numbers) == 1 and above.kind == "number":
        last = int(above.value) if above.value.isdigit() else 0
        numbers = list(range(numbers[0], last + 1))
    if not numbers or not 2 <= len(numbers) <= MOST or place.kind != "name":
        return None
    terms = [scope.values(with_index(body, key(place), value)) for value in numbers]
    return added(terms) if node.kind == "sum" else multiplied(terms)


def _numbers(node: Node) -> list[int] | None:
    parts = node.children if node.kind == "group" else (node,)
    if all(part.kind == "number" and part.value.isdigit() for part in parts):
        return [int(part.value) for part in parts]
    return None


def _listed_ends(node: Node) -> tuple[Node, Node] | None:
    """The ends of ``1, ..., n``, maybe in brackets."""
    if node.kind == "group" and len(node.children) == 1:
        return _listed_ends(node.children[0])
    parts = node.children
    if node.kind in ("sequence", "group") and any(key(part) == "ldots" for part in parts):
        return parts[0], parts[-1]
    return None


def _one(scope: Scope, node: Node) -> Meaning:
    found = scope.values(node)[0]
    if found.type != INTEGER:
        raise scope.error(node, f"expected an integer, found {scope.excerpt(node)}")
    return found


def _limit(scope: Scope, node: Node) -> Dimension:
    """The upper end of a range: a size of the question, or an integer."""
    found = _size_named(scope, node) or _one(scope, node).term
    match found:
        case Name(name):
            return name
        case _ if key(node).isdigit():
            return int(key(node))
    raise scope.error(node, f"expected a size of the question, found {scope.excerpt(node)}")


def _size_named(scope: Scope, node: Node) -> Term | None:
    """A size of an array that may be used, though its own name may not be allowed."""
    for symbol in scope.context.table.plain.get(key(node), ()):
        if symbol.name in scope.context.sizes:
            return Name(symbol.name)
    return None


def _between(
    scope: Scope, node: Node, place: Node, lower: Meaning, upper: Dimension | None, body: Node
) -> tuple[Meaning, ...]:
    inner, name = scope.bind(place, INTEGER, upper)
    found = inner.values(body)
    return distinct(
        bound(node.kind, name, _range(lower, _upper(scope, node, name, upper, one)), one)
        for one in found
    )


def _but_one(
    scope: Scope, node: Node, place: Node, left_out: Node, above: Node, body: Node
) -> tuple[Meaning, ...]:
    """A sum over all but one index: the whole sum less that term."""
    one = _one(scope, left_out)
    found = []
    for whole in _nested(scope, node, [place], above, body):
        assert isinstance(whole.term, Bind)
        term = substitute(whole.term.body, {whole.term.variable: one.term})
        found.append(
            applied("add", whole, applied("negative", Meaning(term, whole.type, 2 * whole.size)))
        )
    return distinct(found)


def _range(lower: Meaning, upper: Dimension) -> Apply:
    return Apply("range", (lower.term, size_term(upper).term))


def _upper(
    scope: Scope, node: Node, name: str, upper: Dimension | None, body: Meaning
) -> Dimension:
    """The upper end of a range: as written, or the size of what the index runs through."""
    found: dict[Dimension, None] = dict.fromkeys(_sizes(scope, name, body.term))
    if upper is not None:
        return upper
    if len(found) == 1:
        return next(iter(found))
    if len(found) > 1:
        raise ShapeError(
            scope.budget.text,
            node.start,
            node.end,
            f"{name} runs through {' and '.join(map(str, found))} entries at once",
        )
    raise scope.error(node, f"expected to find what {name} runs through", "write \\sum_{i=1}^n")


def _type(scope: Scope, array: Term) -> Type | None:
    """The type of an array; None where it depends on what is bound within the sum."""
    kinds = {name: one.type for one in scope.bound.values() for name in free_names(one.term)}
    try:
        return typecheck(array, scope.context.formula.claim.notation, kinds)
    except (TypeMismatch, NotationError):
        return None


def _sizes(scope: Scope, name: str, term: Term) -> list[Dimension]:
    """The sizes of the arrays and functions whose index ``name`` is."""
    found: list[Dimension] = []
    for part in walk(term):
        match part:
            case Apply("entry", (array, *places)) if Name(name) in places:
                kind = _type(scope, array)
                if isinstance(kind, Array):
                    pairs = zip(places, kind.shape, strict=False)
                    found += [size for place, size in pairs if place == Name(name)]
            case Apply("call", (Name(function), *arguments)):
                for place, argument in enumerate(arguments):
                    size = scope.context.usage.arguments.get((function, place))
                    if argument == Name(name) and size is not None:
                        found.append(size)
    return found
