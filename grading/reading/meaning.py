"""From the syntax of an answer to terms: what is meant, by the question's notation and by types.

Syntax leaves open what only the notation can tell: whether ``p(1 - p)`` is a product, whether
``\\sigma(x)`` is the logistic function, which size the identity has. Every node is read in all the
ways that are possible, the parts first, and types rule ways out; where several are left, all of
them are the answer's readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from grading.items import Formula
from grading.reading.arrays import cases, grouped, matrix
from grading.reading.calls import juxtaposed, scripted_name
from grading.reading.components import general_term
from grading.reading.errors import ReadError
from grading.reading.functionals import expectation, integral
from grading.reading.functions import barred, function, inner_product, method
from grading.reading.naming import accented, named, numeral, styled
from grading.reading.nodes import Node
from grading.reading.scope import Budget, Own, Rule, Scope, ShapeError, context_of
from grading.reading.shapes import (
    Meaning,
    Misfit,
    added,
    applied,
    combined,
    distinct,
    divided,
    multiplied,
)
from grading.reading.sums import summed
from language.types import Array

__all__ = ["Meaning", "Own", "Scope", "ShapeError", "scope_of"]


def scope_of(
    text: str, formula: Formula, own: Mapping[str, tuple[Own, ...]] | None = None
) -> Scope:
    """Where an answer to ``formula`` begins: nothing is bound; ``own`` are its abbreviations."""
    return Scope(context_of(formula), RULES, Budget(text), own=own or {})


def _add(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    general = general_term(scope, node.children)
    if general is not None:
        (term, index), size = general[0].children, general[1]
        above = Node("name", str(size), (), node.start, node.end)
        return scope.read(Node("sum", "", (index, above, term), node.start, node.end))
    return added([scope.values(part) for part in node.children])


def _negative(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    return tuple(applied("negative", one) for one in scope.values(node.children[0]))


def _multiply(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    factors = [scope.values(part) for part in node.children]
    try:
        return multiplied(factors)
    except Misfit:
        if "@" not in scope.budget.text:
            raise
    # In code a vector is a row or a column, whichever fits.
    return multiplied([(*found, *_rows(found)) for found in factors])


def _rows(found: Sequence[Meaning]) -> Iterator[Meaning]:
    for one in found:
        if isinstance(one.type, Array) and len(one.type.shape) == 1:
            yield applied("transpose", one)


def _hadamard(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    options: Sequence[Meaning] = scope.values(node.children[0])
    for part in node.children[1:]:
        options = combined([options, scope.values(part)], lambda x, y: [_entrywise(x, y)])
    return tuple(options)


def _entrywise(left: Meaning, right: Meaning) -> Meaning:
    if isinstance(left.type, Array) and isinstance(right.type, Array):
        return applied("hadamard", left, right)
    return applied("multiply", left, right)


def _side_by_side(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """Factors side by side; ``x/2\\sigma`` typed without a gap may mean ``x/(2\\sigma)``, too."""
    found = juxtaposed(scope, node)
    first, second = node.children[:2]
    if first.kind != "divide" or first.value != "/" or first.end != second.start:
        return found
    above, below = first.children
    if below.kind != "number" or second.kind not in ("name", "scripts", "styled"):
        return found
    factors = Node("juxtapose", "", (below, *node.children[1:]), below.start, node.end)
    quotient = Node("divide", "/", (above, factors), node.start, node.end)
    return distinct((*found, *scope.values(quotient)))


def _divide(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    above, below = node.children
    if _is_differential(above) and _is_differential(below):
        raise scope.restates(node, "derivative")
    found = combined([scope.values(above), scope.values(below)], lambda x, y: [divided(x, y)])
    within = _within_function(node)
    if within is None:
        return found
    try:
        return distinct((*found, *scope.values(within)))
    except ReadError:
        return found


def _within_function(node: Node) -> Node | None:
    """``\\log p/q``, ``\\tanh x/2``: without brackets the function may be meant of the quotient.

    Not so where the denominator is a function, too: ``\\log x / \\log y``.
    """
    above, below = node.children
    if node.value != "/":
        return None
    last = above.children[-1] if above.kind == "juxtapose" else above
    if last.kind != "function" or last.value == "sqrt" or below.kind == "function":
        return None
    argument = last.children[0]
    if argument.kind in ("group", "bars"):
        return None
    inner = Node("divide", "/", (argument, below), argument.start, below.end)
    function_ = Node("function", last.value, (inner, *last.children[1:]), last.start, below.end)
    if last is above:
        return function_
    return Node("juxtapose", "", (*above.children[:-1], function_), above.start, below.end)


def _extremum(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    raise scope.restates(node, f"{node.value} over something")


def _is_differential(node: Node) -> bool:
    """``\\partial`` or ``d``, alone or in front of something."""
    first = node.children[0] if node.kind == "juxtapose" else node
    first = first.children[0] if first.kind in ("scripts", "styled") else first
    return first.kind == "name" and first.value in ("partial", "d")


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "number": numeral,
        "name": named,
        "styled": styled,
        "accent": accented,
        "scripts": scripted_name,
        "add": _add,
        "negative": _negative,
        "multiply": _multiply,
        "juxtapose": _side_by_side,
        "hadamard": _hadamard,
        "divide": _divide,
        "function": function,
        "method": method,
        "sum": summed,
        "product": summed,
        "integral": integral,
        "expect": expectation,
        "extremum": _extremum,
        "group": grouped,
        "bars": barred,
        "inner": inner_product,
        "matrix": matrix,
        "cases": cases,
    }
)
