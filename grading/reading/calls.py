"""What stands side by side: calls of functions and densities, and products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product as every

from grading.reading.errors import ReadError
from grading.reading.functionals import DIVERGENCES, divergence, normal_density
from grading.reading.functions import ELEMENTARY, elementary
from grading.reading.naming import (
    IDENTITIES,
    check_argument,
    expand,
    index_of,
    indexed,
    is_circle_constant,
    is_parameter,
    looked_up,
    parameter_at,
    raised,
    size_of,
    split_run,
)
from grading.reading.nodes import NOTHING, Node
from grading.reading.scope import Scope
from grading.reading.shapes import Meaning, Misfit, applied, combined, distinct, multiplied
from grading.reading.spellings import Pattern, indices, key, scripted
from language.terms import Name
from language.types import INTEGER, Array, Dimension, Function, Law, Type

__all__ = ["juxtaposed", "scripted_name"]

_NAMES = frozenset(("name", "styled", "accent"))
_BRACKETS = frozenset(("()", "[]", "{}"))

#: A name's key, and the primes, the subscript and the superscript that do not belong to it.
Split = tuple[str, str, Node, Node]


def splits(node: Node) -> Iterator[Split]:
    """The names that a node may carry, the longest first, and the scripts left over."""
    if node.kind in _NAMES:
        yield key(node), "", NOTHING, NOTHING
        return
    node = flat(node)
    if node.kind != "scripts" or node.children[0].kind not in _NAMES:
        return
    base, below, above = node.children
    spelled, primes = key(base), node.value
    options = (
        _parted(below),
        ((primes, ""), ("", primes)) if primes else (("", ""),),
        _parted(above),
    )
    for (low, lower), (with_primes, without), (high, upper) in every(*options):
        yield scripted(spelled, with_primes, low, high), without, lower, upper


def _parted(script: Node) -> tuple[tuple[str, Node], ...]:
    """What of a script may belong to the name, the longest first, and what is left of it."""
    if not script:
        return (("", NOTHING),)
    found = [(key(script), NOTHING)]
    parts = script.children if script.kind in ("juxtapose", "sequence") else indices(script)
    for cut in range(len(parts) - 1, 0, -1):
        front = "".join(map(key, parts[:cut]))
        rest = parts[cut:]
        found.append((front, rest[0] if len(rest) == 1 else Node("juxtapose", "", rest)))
    return (*found, ("", script))


def flat(node: Node) -> Node:
    """Scripts upon scripts as one: a subscript, and a superscript set outside of it."""
    if node.kind != "scripts" or node.children[0].kind != "scripts":
        return node
    inner = flat(node.children[0])
    base, below, above = inner.children
    if (below and node.children[1]) or (above and node.children[2]):
        return node
    scripts = (base, below or node.children[1], above or node.children[2])
    return Node("scripts", inner.value + node.value, scripts, node.start, node.end)


# names with scripts -----------------------------------------------------------------------------


def scripted_name(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A base with scripts: as many of them as possible belong to its name."""
    node = flat(node)
    base, below, above = node.children
    found = _resolved(scope, node)
    if found is not None:
        return found
    pieces = split_run(scope, node)
    if pieces is not None:
        return scope.read(pieces)
    special = _special_base(scope, node)
    if special is not None:
        return special
    if below and base.kind in _NAMES and not looked_up(scope, base, key(base)):
        named_so = Node("scripts", "", (base, below, NOTHING), base.start, below.end)
        raise scope.unknown(named_so, key(named_so))
    if base.kind == "bars" and key(below) in ("2", "F", "ell_2"):
        below = NOTHING
    inner = scope.read(base)
    if below:
        inner = indexed(scope, node, inner, below)
    return raised(scope, node, inner, node.value, above)


def _resolved(scope: Scope, node: Node) -> tuple[Meaning, ...] | None:
    """A declared name, with its index, its power."""
    for whole, primes, below, above in splits(node):
        found = _with_holes(scope, node, whole, below, above, None)
        if found is not None:
            meanings, above = found
            return raised(scope, node, meanings, primes, above)
        if whole == "pi" and not below and is_circle_constant(scope, node.children[0]):
            continue
        plain = looked_up(scope, node, whole)
        if plain:
            if below:
                plain = indexed(scope, node, plain, below)
            return raised(scope, node, plain, primes, above)
    return None


def _special_base(scope: Scope, node: Node) -> tuple[Meaning, ...] | None:
    """``e^x``, ``\\delta_{jk}``, ``I_d``: names that mean something by themselves."""
    base, below, above = node.children
    spelled = key(base)
    entry = _entry_of_capital(scope, node)
    if entry is not None:
        return entry
    if spelled == "e" and not below and not node.value:
        return combined([scope.values(above)], lambda exponent: [applied("exp", exponent)])
    if spelled == "delta" and len(indices(below)) == 2:
        first, second = (index_of(scope, part) for part in indices(below))
        return raised(scope, node, (applied("delta", first, second),), node.value, above)
    if (spelled in IDENTITIES or spelled == "0") and below and (base.kind != "number"):
        size = size_of(scope, below)
        heads = {"0": ("zeros",), "1": ("identity", "ones")}.get(spelled, ("identity",))
        options = tuple(applied(head, size) for head in heads)
        return raised(scope, node, options, node.value, above)
    return None


def _entry_of_capital(scope: Scope, node: Node) -> tuple[Meaning, ...] | None:
    """``x_{ij}`` as the entry of the matrix X, where nothing is called x."""
    base, below, above = node.children
    spelled = key(base)
    if len(spelled) != 1 or not spelled.islower() or len(indices(below)) != 2:
        return None
    if scope.context.table.plain.get(spelled):
        return None
    matrix = looked_up(scope, base, spelled.upper())
    if not matrix or not isinstance(matrix[0].type, Array) or len(matrix[0].type.shape) != 2:
        return None
    return raised(scope, node, indexed(scope, node, matrix, below), node.value, above)


# patterns ---------------------------------------------------------------------------------------


def _with_holes(
    scope: Scope, node: Node, whole: str, below: Node, above: Node, group: Node | None
) -> tuple[tuple[Meaning, ...], Node] | None:
    """A symbol or an abbreviation that is written with arguments, and the power left over."""
    for own in scope.own.get(whole, ()):
        given = _given(own.below, own.above, below, above, group)
        if given is not None and own.parameters and len(given[0]) == len(own.parameters):
            arguments = [scope.read(part) for part in given[0]]
            expanded = [expand(scope, own, whole, row) for row in every(*arguments)]
            return distinct(one for found in expanded for one in found), given[1]
    patterns = [p for p in scope.context.table.patterns.get(whole, ()) if scope.allows(p.symbol)]
    if not patterns:
        return None
    ranked = sorted(patterns, key=lambda pattern: -pattern.fixed)
    for match in (_exactly, _without_condition, _as_function):
        for pattern in ranked:
            if match is not _exactly and group is None:
                continue
            given = match(pattern, below, above, group)
            if given is None or (group is not None and _is_complete(pattern, given[0])):
                continue
            try:
                return _matched(scope, node, pattern, given, group)
            except (Misfit, ReadError):
                if pattern is ranked[-1]:
                    raise
    return None


def _is_complete(pattern: Pattern, arguments: Sequence[Node]) -> bool:
    """``\\gamma_{ij} (w_i - \\mu_j)``: with both indices, what is in the brackets is a factor."""
    kind = pattern.symbol.type
    return isinstance(kind, Function) and len(arguments) > len(kind.arguments)


def _matched(
    scope: Scope,
    node: Node,
    pattern: Pattern,
    given: tuple[tuple[Node, ...], Node],
    group: Node | None,
) -> tuple[tuple[Meaning, ...], Node]:
    """A pattern's symbol at what was found for its holes, and the power left over."""
    arguments, above = given
    name, kind = pattern.symbol.name, pattern.symbol.type
    if group is not None or not pattern.parts or not isinstance(kind, Function):
        return _called(scope, node, name, kind, arguments), above
    if above.kind == "group" and len(above.children) == 1:  # gamma_j^{(i)}
        arguments, above = (*arguments, above.children[0]), NOTHING
    symbol = Meaning(Name(name), kind)
    return _completed(scope, node, symbol, kind.arguments, arguments), above


def _given(
    wants_below: bool, wants_above: bool, below: Node, above: Node, group: Node | None
) -> tuple[tuple[Node, ...], Node] | None:
    """The arguments in order, and the superscript that is none of them; None: it does not fit."""
    if wants_below != bool(below) or (wants_above and not above):
        return None
    arguments = indices(below) if wants_below else ()
    if wants_above:
        arguments, above = (*arguments, _inside(above)), NOTHING
    if group is not None:
        arguments = (*arguments, *group.children)
    return arguments, above


def _inside(node: Node) -> Node:
    return node.children[0] if node.kind == "group" and len(node.children) == 1 else node


def _exactly(
    pattern: Pattern, below: Node, above: Node, group: Node | None
) -> tuple[tuple[Node, ...], Node] | None:
    """The arguments where the pattern is matched as it stands; brackets may be missing."""
    given = _given(pattern.below, pattern.above, below, above, None)
    if given is None:
        return None
    if group is None:
        return given if pattern.below or pattern.above else None
    if len(group.children) != len(pattern.parts) or not _alike(group.separators, pattern):
        return None
    for part, wanted in zip(group.children, pattern.parts, strict=True):
        if wanted and key(part) != wanted:
            return None
    holes = [p for p, wanted in zip(group.children, pattern.parts, strict=True) if not wanted]
    return (*given[0], *holes), given[1]


def _alike(separators: Sequence[str], pattern: Pattern) -> bool:
    return len(separators) == len(pattern.separators) and all(
        one == other or (one in "|;" and other in "|;")
        for one, other in zip(separators, pattern.separators, strict=True)
    )


def _without_condition(
    pattern: Pattern, below: Node, above: Node, group: Node | None
) -> tuple[tuple[Node, ...], Node] | None:
    """``q(z)`` for ``q(z|x)``: what is given may be left out."""
    given = _given(pattern.below, pattern.above, below, above, None)
    holes = sum(1 for part in pattern.parts if not part)
    if given is None or group is None or not holes or len(group.children) != holes:
        return None
    return (*given[0], *group.children), given[1]


def _as_function(
    pattern: Pattern, below: Node, above: Node, group: Node | None
) -> tuple[tuple[Node, ...], Node] | None:
    """``gamma(j, w_i)`` for ``\\gamma_j(w_i)``: every argument between the brackets."""
    kind = pattern.symbol.type
    if group is None or below or not (pattern.below or pattern.above):
        return None
    if not isinstance(kind, Function) or len(group.children) != len(kind.arguments):
        return None
    return group.children, above


def _called(
    scope: Scope, node: Node, name: str, kind: Type, arguments: Sequence[Node]
) -> tuple[Meaning, ...]:
    """A symbol at its arguments; where some are left out, at those that are possible."""
    symbol = Meaning(Name(name), kind)
    match kind:
        case Function(wanted) if len(arguments) == len(wanted):
            options = [
                _argument(scope, node, name, place, one, part)
                for place, (one, part) in enumerate(zip(wanted, arguments, strict=True))
            ]
            return combined(options, lambda *given: [applied("call", symbol, *given)])
        case Function(wanted) if wanted:
            return _completed(scope, node, symbol, wanted, arguments)
        case Law() if len(arguments) == 1:
            points = scope.values(arguments[0])
            return combined([points], lambda point: [applied("density", symbol, point)])
    if arguments:
        raise scope.error(node, f"expected fewer arguments in {scope.excerpt(node)}")
    return (symbol,)


def _argument(
    scope: Scope, node: Node, name: str, place: int, wanted: Type, part: Node
) -> tuple[Meaning, ...]:
    if wanted != INTEGER:
        return scope.values(part)
    index = index_of(scope, part)
    check_argument(scope, node, name, place, index)
    return (index,)


def _completed(
    scope: Scope, node: Node, symbol: Meaning, wanted: Sequence[Type], given: Sequence[Node]
) -> tuple[Meaning, ...]:
    """``\\gamma_j`` or ``\\gamma_{ij}``: each index is an argument or that of an argument."""
    assert isinstance(symbol.term, Name)
    name = symbol.term.name
    found: list[Meaning] = []
    for order in permutations(given) if len(given) <= len(wanted) else ():
        whole = _in_order(scope, node, name, wanted, list(order))
        if whole is not None:
            found.append(applied("call", symbol, *whole))
    if found:
        return distinct(found)
    raise scope.error(
        node,
        f"expected {scope.excerpt(node)} with its argument",
        "write its argument in brackets",
    )


def _in_order(
    scope: Scope, node: Node, name: str, wanted: Sequence[Type], given: list[Node]
) -> list[Meaning] | None:
    arguments: list[Meaning] = []
    for place, kind in enumerate(wanted):
        if kind == INTEGER:
            if not given:
                return None
            index = index_of(scope, given.pop(0))
            try:
                check_argument(scope, node, name, place, index)
            except ReadError:
                return None
            arguments.append(index)
            continue
        value = _usual(scope, name, place, kind, given, arguments)
        if value is None:
            return None
        arguments.append(value)
    return None if given else arguments


def _usual(
    scope: Scope,
    name: str,
    place: int,
    kind: Type,
    given: list[Node],
    before: Sequence[Meaning],
) -> Meaning | None:
    """The value that stands in a place of a function wherever the question uses it."""
    notation = scope.context.formula.claim.notation
    for usual in scope.context.usage.usual.get((name, place), ()):
        symbol = notation.get(usual)
        if symbol is None or not scope.allows(symbol):
            continue
        if symbol.type == kind and not given:
            return Meaning(Name(usual), kind)
        if isinstance(symbol.type, Array) and len(symbol.type.shape) == 1:
            size = symbol.type.shape[0]
            index = index_of(scope, given.pop(0)) if given else _running(scope, size, before)
            if index is None or not _runs_through(scope, index, size):
                return None
            return applied("entry", Meaning(Name(usual), symbol.type), index)
    return scope.default(kind) if not given else None


def _running(scope: Scope, size: Dimension, but: Sequence[Meaning]) -> Meaning | None:
    """The index that runs through a size here: the innermost that is bound, else the given one."""
    for meaning in reversed(tuple(scope.bound.values())):
        if isinstance(meaning.term, Name) and scope.ranges.get(meaning.term.name) == size:
            return meaning
    unknown = [
        meaning
        for meaning in scope.bound.values()
        if isinstance(meaning.term, Name)
        and meaning not in but
        and meaning.type == INTEGER
        and scope.ranges.get(meaning.term.name) is None
    ]
    if unknown:
        return unknown[-1]
    for name, runs in scope.context.usage.indices.items():
        if runs == size and name in scope.context.allowed:
            return Meaning(Name(name), INTEGER)
    return None


def _runs_through(scope: Scope, index: Meaning, size: Dimension) -> bool:
    if not isinstance(index.term, Name):
        return True
    name = index.term.name
    runs = scope.ranges.get(name) if name in scope.ranges else scope.context.usage.indices.get(name)
    return runs is None or runs == size


# side by side -----------------------------------------------------------------------------------


def juxtaposed(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """Things side by side: calls where a function is followed by brackets, else a product."""
    items = [part for item in _joined(scope, node.children) for part in _pieces(scope, item)]
    factors: list[tuple[Meaning, ...]] = []
    place = 0
    while place < len(items):
        called = _call_at(scope, items, place)
        if called is not None:
            factors.append(called)
            place += 2
        else:
            factors.append(scope.values(items[place]))
            place += 1
    return multiplied(factors)


def _joined(scope: Scope, items: Sequence[Node]) -> Iterator[Node]:
    """The items, with letters side by side joined where together they are a known name."""
    place = 0
    while place < len(items):
        length = _word_at(scope, items, place)
        parameter = parameter_at(scope, items, place)
        if parameter is not None:
            yield parameter
            length = 2
        elif length > 1:
            yield _join(items[place : place + length])
        else:
            yield items[place]
        place += length


def _pieces(scope: Scope, item: Node) -> Sequence[Node]:
    """Letters that were run together, ``bp_{data}``, one by one, so that the last may be called."""
    base = item.children[0] if item.kind == "scripts" else item
    if base.kind != "name" or len(base.value) < 2:
        return (item,)
    if any(_is_declared(scope, whole) for whole, *_ in splits(item)):
        return (item,)
    pieces = split_run(scope, item)
    return pieces.children if pieces is not None else (item,)


def _is_declared(scope: Scope, whole: str) -> bool:
    table = scope.context.table
    known = (table.plain, table.patterns, scope.bound, scope.own, ELEMENTARY, DIVERGENCES)
    return any(whole in names for names in known)


def _letter(node: Node) -> str:
    base = node.children[0] if node.kind == "scripts" else node
    return base.value if base.kind == "name" and len(base.value) == 1 else ""


def _word_at(scope: Scope, items: Sequence[Node], place: int) -> int:
    if items[place].kind != "name" or not _letter(items[place]):
        return 1
    text, stop = "", place
    while stop < len(items) and _letter(items[stop]):
        if stop > place and items[stop].start != items[stop - 1].end:
            break
        text += _letter(items[stop])
        stop += 1
        if items[stop - 1].kind == "scripts":
            break
    for length in range(len(text), 1, -1):
        word = text[:length]
        if word in scope.context.table.words or word in scope.own or word in _WORDS:
            return length
    return 1


def _join(items: Sequence[Node]) -> Node:
    word = "".join(map(_letter, items))
    last = items[-1]
    if last.kind == "scripts":
        base = Node("name", word, (), items[0].start, last.children[0].end)
        return Node("scripts", last.value, (base, *last.children[1:]), base.start, last.end)
    return Node("name", word, (), items[0].start, last.end)


_WORDS = frozenset((*ELEMENTARY, *(name for name in DIVERGENCES if name.isalpha())))


def _call_at(scope: Scope, items: Sequence[Node], place: int) -> tuple[Meaning, ...] | None:
    """The call that begins at ``place``, its brackets the item after it."""
    if place + 1 >= len(items):
        return None
    group, scripts = items[place + 1], None
    if group.kind == "scripts":
        group, scripts = group.children[0], group
    if group.kind not in ("group", "bars") or (
        group.kind == "group" and group.value not in _BRACKETS
    ):
        return None
    found = _call(scope, items[place], group)
    if found is None or scripts is None:
        return found
    primes, below, above = scripts.value, scripts.children[1], scripts.children[2]
    whole = Node("scripts", primes, (items[place], below, above), items[place].start, scripts.end)
    if below:
        found = indexed(scope, whole, found, below)
    return raised(scope, whole, found, primes, above)


def _call(scope: Scope, head: Node, group: Node) -> tuple[Meaning, ...] | None:
    node = Node("juxtapose", "", (head, group), head.start, group.end)
    for whole, primes, below, above in splits(head):
        if group.kind == "group":
            found = _with_holes(scope, node, whole, below, above, group)
            if found is not None:
                return raised(scope, node, found[0], primes, found[1])
        plain = looked_up(scope, head, whole)
        if plain:
            return _plain_call(scope, node, plain, (primes, below, above), group)
        special = _special_call(scope, head, whole, (primes, below, above), group)
        if special is not None:
            return special
    return None


def _plain_call(
    scope: Scope,
    node: Node,
    found: tuple[Meaning, ...],
    rest: tuple[str, Node, Node],
    group: Node,
) -> tuple[Meaning, ...] | None:
    """A declared function or law at what stands in the brackets; None: it is no such thing."""
    primes, below, above = rest
    callable_ = [one for one in found if isinstance(one.type, Function | Law)]
    if not callable_ or group.kind != "group":
        return None
    if below and not is_parameter(below):
        raise scope.unknown(node.children[0], key(node.children[0]))
    values = [
        value
        for one in callable_
        for value in _called(scope, node, _name(one), one.type, group.children)
    ]
    return raised(scope, node, distinct(values), primes, above)


def _name(one: Meaning) -> str:
    return one.term.name if isinstance(one.term, Name) else ""


def _special_call(
    scope: Scope, head: Node, whole: str, rest: tuple[str, Node, Node], group: Node
) -> tuple[Meaning, ...] | None:
    """Functions and divergences that every question has."""
    primes, below, above = rest
    node = Node("juxtapose", "", (head, group), head.start, group.end)
    if whole in DIVERGENCES and not below:
        found = divergence(scope, node, DIVERGENCES[whole], group)
    elif whole in ("N", "Normal", "normal") and group.kind == "group" and len(group.children) == 3:
        found = normal_density(scope, node, group)
    elif whole in ELEMENTARY and not below and group.kind == "group":
        found = elementary(scope, node, whole, primes, group.children)
        primes = ""
    else:
        return None
    return raised(scope, node, found, primes, above)
