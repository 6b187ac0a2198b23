"""Vectors and matrices that are written out, and values by cases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from grading.reading.errors import ReadError
from grading.reading.nodes import Node
from grading.reading.scope import Scope
from grading.reading.shapes import (
    Meaning,
    Misfit,
    applied,
    combined,
    distinct,
    is_number,
)
from language.claims import Claim, Status
from language.terms import Apply, Name, Term, substitute
from language.types import Array, Scalar
from numerics.engine import decide

__all__ = ["cases", "column", "grouped", "matrix"]


def column(entries: Sequence[Meaning]) -> Meaning:
    """A vector of numbers."""
    return applied("vector", *entries)


def grouped(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """One thing in brackets, or a vector: a column, or a row where only that fits."""
    if len(node.children) == 1 and not _is_row(node.children[0], node):
        return scope.read(node.children[0])
    if not node.children:
        raise scope.error(node, "expected something between the brackets")
    if all(_is_row(part, node) for part in node.children):
        return _matrix(scope, node, [part.children for part in node.children])
    if any(one not in ",;" for one in node.separators):
        raise scope.error(node, f"expected a vector, found {scope.excerpt(node)}")
    options = [scope.values(part) for part in node.children]
    return distinct(one for entries in _numbers(options) for one in _column_and_row(entries))


def _is_row(node: Node, outer: Node) -> bool:
    """Whether brackets in brackets are a row of a matrix: ``[[a, b], [c, d]]``, also in braces."""
    if node.kind != "group" or node.value not in ("[]", "{}", "()"):
        return False
    return node.value == "[]" or (len(node.children) > 1 and node.value == outer.value)


def _numbers(options: Sequence[Sequence[Meaning]]) -> list[tuple[Meaning, ...]]:
    kept = [[one for one in found if is_number(one)] or list(found) for found in options]
    return [tuple(found[0] for found in kept)]


def _column_and_row(entries: Sequence[Meaning]) -> tuple[Meaning, ...]:
    vector = column(entries)
    return vector, applied("transpose", vector)


def matrix(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A matrix by its rows; a single column is a vector.

    Where only spaces stand between what may be cells, as in ``[2 m w; 3 m]``, they may be factors.
    """
    rows = [row.children for row in node.children]
    if not any(_is_spaced(scope, row) for row in rows):
        return _matrix(scope, node, rows)
    products = [(_product(row),) if _is_spaced(scope, row) else row for row in rows]
    try:
        found = _matrix(scope, node, rows)
    except (ReadError, Misfit):
        return _matrix(scope, node, products)
    try:
        return distinct((*found, *_matrix(scope, node, products)))
    except (ReadError, Misfit):
        return found


def _is_spaced(scope: Scope, row: Sequence[Node]) -> bool:
    """Whether nothing but spaces stands between the cells of a row."""
    text = scope.budget.text
    return len(row) > 1 and all(
        left.end < right.start and not text[left.end : right.start].strip()
        for left, right in pairwise(row)
    )


def _product(cells: Sequence[Node]) -> Node:
    """Cells as one: a product, or a sum where a sign stands in front of a later one."""
    terms: list[list[Node]] = []
    for cell in cells:
        first, *others = cell.children if cell.kind == "add" else (cell,)
        if not terms or first.kind == "negative":
            terms.append([first])
        else:
            terms[-1].append(first)
        terms.extend([other] for other in others)
    start, end = cells[0].start, cells[-1].end
    factors = [_side_by_side(term) for term in terms]
    return factors[0] if len(factors) == 1 else Node("add", "", tuple(factors), start, end)


def _side_by_side(factors: Sequence[Node]) -> Node:
    first, *others = factors
    if not others:
        return first
    if first.kind == "negative":
        inner = _side_by_side((first.children[0], *others))
        return Node("negative", "", (inner,), first.start, inner.end)
    return Node("juxtapose", "", tuple(factors), first.start, others[-1].end)


def _matrix(scope: Scope, node: Node, rows: Sequence[Sequence[Node]]) -> tuple[Meaning, ...]:
    width = len(rows[0])
    for row in rows:
        if len(row) != width:
            raise scope.error(
                node, f"expected rows of one length, found {width} and {len(row)} entries"
            )
    cells = [[_cell(scope, cell) for cell in row] for row in rows]
    if width == 1:
        if len(cells) == 1:
            return (cells[0][0],)
        return (column([row[0] for row in cells]),)
    terms = tuple(Apply("vector", tuple(cell.term for cell in row)) for row in cells)
    whole = Meaning(Apply("matrix", terms), Array((len(rows), width)))
    if len(rows) == 1:
        return (whole, *_column_and_row(cells[0])[1:])
    return (whole,)


def _cell(scope: Scope, node: Node) -> Meaning:
    found = scope.values(node)
    for one in found:
        if is_number(one):
            return one
    raise Misfit(f"expected a number as an entry, found {scope.excerpt(node)}", False)


# values by cases --------------------------------------------------------------------------------

_OPPOSITE = {"greater": 1, "greater_equal": 1, "less": -1, "less_equal": -1}


def cases(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """Two values, one above and one below a threshold where they agree.

    ``a`` for ``x > c`` and ``b`` otherwise is ``a`` at ``max(x, c)`` plus ``b`` at ``min(x, c)``
    less ``b`` at ``c``, if the two are equal at ``c``; which is proved here.
    """
    if len(node.children) != 2:
        raise scope.error(node, "expected two cases")
    (first, when), (second, other) = (_case(scope, row) for row in node.children)
    if not when and not other:
        raise scope.error(node, "expected a condition for each case")
    condition, upper, lower = (when, first, second) if when else (other, second, first)
    name, sign, threshold = _threshold(scope, condition)
    if when and other:
        _check_complement(scope, other, name, sign, threshold)
    if sign < 0:
        upper, lower = lower, upper
    values = [scope.values(upper), scope.values(lower)]
    return combined(
        values, lambda above, below: [_joined(scope, node, above, below, name, threshold)]
    )


def _case(scope: Scope, row: Node) -> tuple[Node, Node]:
    value, *rest = row.children
    condition = rest[0] if rest else Node("nothing")
    if condition.kind == "words":
        condition = Node("nothing")
    return value, condition


def _threshold(scope: Scope, condition: Node) -> tuple[str, int, Meaning]:
    """The name, the side on which the condition holds, and the end of it."""
    operators = condition.value.split()
    if condition.kind != "relation" or len(operators) != 1 or operators[0] not in _OPPOSITE:
        raise scope.error(condition, "expected an inequality as the condition of a case")
    sign = _OPPOSITE[operators[0]]
    left, right = (scope.values(part)[0] for part in condition.children)
    if isinstance(left.term, Name) and isinstance(left.type, Scalar):
        return left.term.name, sign, right
    if isinstance(right.term, Name) and isinstance(right.type, Scalar):
        return right.term.name, -sign, left
    raise scope.error(condition, "expected a condition on one name")


def _check_complement(scope: Scope, other: Node, name: str, sign: int, threshold: Meaning) -> None:
    if _threshold(scope, other) != (name, -sign, threshold):
        raise scope.error(other, "expected the opposite of the other condition")


def _joined(
    scope: Scope, node: Node, above: Meaning, below: Meaning, name: str, threshold: Meaning
) -> Meaning:
    variable = Meaning(Name(name), threshold.type)
    at_upper = _at(above, name, applied("maximum", variable, threshold).term)
    if above.term == threshold.term or below.term == threshold.term:
        other = below if above.term == threshold.term else above
        head = "minimum" if other is below else "maximum"
        if other.term == Name(name):
            return applied(head, other, threshold)
    end = _at(below, name, threshold.term)
    claim = Claim(
        "cases",
        scope.context.formula.claim.notation,
        _at(above, name, threshold.term).term,
        end.term,
    )
    if decide(claim).status is not Status.PROVED:
        raise scope.error(node, "expected cases that agree where they meet", "write it in one")
    at_lower = _at(below, name, applied("minimum", variable, threshold).term)
    return applied("add", at_upper, at_lower, applied("negative", end))


def _at(value: Meaning, name: str, point: Term) -> Meaning:
    return Meaning(substitute(value.term, {name: point}), value.type, 2 * value.size)
