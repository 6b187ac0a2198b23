"""Names and their scripts: which symbol is meant, and what an index or a power makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from grading.reading.nodes import NOTHING, Node
from grading.reading.scope import Own, Scope, ShapeError
from grading.reading.shapes import (
    MOST,
    Meaning,
    Misfit,
    applied,
    combined,
    distinct,
    is_number,
    literal,
    number,
    powers,
    size_term,
)
from grading.reading.spellings import indices, key, scripted, with_index
from language.claims import Equality
from language.notation import Symbol
from language.terms import Apply, Name
from language.types import COMPLEX, INTEGER, REAL, Array, Dimension, Function, Law
from language.vocabulary import IMAGINARY, INFINITY, PI

__all__ = [
    "IDENTITIES",
    "accented",
    "check_argument",
    "expand",
    "index_of",
    "indexed",
    "is_circle_constant",
    "is_parameter",
    "is_transposed",
    "looked_up",
    "named",
    "numeral",
    "parameter_at",
    "raised",
    "size_of",
    "split_run",
    "styled",
]

#: Superscripts that mean the transpose.
TRANSPOSED = frozenset(("T", "top", "intercal", "t", "prime", "transpose", "tr"))
#: Names that mean the identity matrix where nothing else is called so.
IDENTITIES = frozenset(("I", "Id", "id", "eye", "1"))
#: Names of the constant that an answer up to a constant leaves open.
CONSTANTS = frozenset("const constant Const C c cst konst K".split())
#: Subscripts that only say which parameters a law or a network has.
PARAMETERS = frozenset("theta phi psi lambda omega eta vartheta varphi".split())
#: How many letters that were run together are taken apart.
LONGEST_RUN = 40
#: The most digits of a number that is written with an exponent of ten.
LARGEST_EXPONENT = 400


# single names -----------------------------------------------------------------------------------


def numeral(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A written number."""
    try:
        return _numeral(node.value)
    except ValueError:
        raise scope.error(node, "expected a number of moderate size") from None


@lru_cache(maxsize=4096)
def _numeral(text: str) -> tuple[Meaning, ...]:
    digits, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
        raise ValueError(text)
    return (number(Fraction(digits) * Fraction(10) ** int(exponent or "0")),)


def named(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A name: bound, an abbreviation, declared, a constant, or several names run together."""
    if is_circle_constant(scope, node):
        return (Meaning(PI, REAL),)
    found = looked_up(scope, node, key(node)) or _constant(scope, node.value)
    if found:
        return found
    pieces = split_run(scope, node)
    if pieces is not None:
        return scope.read(pieces)
    raise scope.unknown(node, key(node))


def is_circle_constant(scope: Scope, node: Node) -> bool:
    """Whether a bare pi is the number: always where only an array is called so."""
    if key(node) != "pi" or "pi" in scope.bound or "pi" in scope.own:
        return False
    symbols = scope.context.table.plain.get("pi", ())
    return not symbols or isinstance(symbols[0].type, Array) or not scope.allows(symbols[0])


def looked_up(scope: Scope, node: Node, spelled: str) -> tuple[Meaning, ...] | None:
    """What a key stands for: a bound variable, an abbreviation, a symbol that may be used."""
    here = scope.bound.get(spelled)
    if here is not None:
        return (here,)
    if spelled in scope.own:
        for own in scope.own[spelled]:
            if not own.parameters:
                return scope.with_own(_without(scope, spelled)).read(own.body)
    symbols = scope.context.table.plain.get(spelled)
    if symbols and scope.allows(symbols[0]):
        one = symbols[0]
        return (Meaning(Name(one.name), one.type),)
    return None


def _without(scope: Scope, spelled: str) -> dict[str, tuple[Own, ...]]:
    """The abbreviations without one, which therefore cannot stand in itself."""
    return {name: found for name, found in scope.own.items() if name != spelled}


def _constant(scope: Scope, spelled: str) -> tuple[Meaning, ...] | None:
    if spelled == "e":
        return (applied("exp", number(1)),)
    if spelled in ("i", "j", "1j", "1i", "imath", "jmath") and scope.context.imaginary:
        return (Meaning(IMAGINARY, COMPLEX),)
    if spelled in ("infinity", "infty", "oo", "inf"):
        return (Meaning(INFINITY, REAL),)
    if spelled in IDENTITIES:
        return tuple(_identities(scope)) or None
    if spelled in CONSTANTS and scope.context.formula.claim.equality is Equality.UP_TO_CONSTANT:
        return (number(0),)
    return None


def _identities(scope: Scope) -> Iterator[Meaning]:
    for size in scope.context.sizes:
        yield applied("identity", size_term(size))


def split_run(scope: Scope, node: Node) -> Node | None:
    """Letters that were run together, ``pXw`` or ``mw_1``, as known names side by side.

    The scripts belong to the last of them.
    """
    base = node.children[0] if node.kind == "scripts" else node
    text = base.value
    if base.kind != "name" or not 2 <= len(text) <= LONGEST_RUN or not text.isalnum():
        return None
    if base.end - base.start != len(text):
        return None
    for cut in range(len(text) - 1 if node.kind == "scripts" else 0, -1, -1):
        last = _piece(text[cut:], base.start + cut) if cut < len(text) else base
        if node.kind == "scripts":
            if cut == 0:
                break
            last = Node("scripts", node.value, (last, *node.children[1:]), last.start, node.end)
            if not _is_known(scope, last):
                continue
        else:
            cut = len(text)
        lengths = next(_splits(text[:cut], _known_pieces(scope)), None)
        if lengths is None or (len(lengths) == 1 and node.kind != "scripts"):
            continue
        parts, place = [], 0
        for length in lengths:
            parts.append(_piece(text[place : place + length], base.start + place))
            place += length
        if node.kind == "scripts":
            parts.append(last)
        return Node("juxtapose", "", tuple(parts), node.start, node.end)
    return None


def _known_pieces(scope: Scope) -> set[str]:
    table = scope.context.table
    known = {*table.plain, *table.patterns, *scope.bound, *scope.own, "e", "pi"}
    if scope.context.imaginary:
        known |= {"i", "j"}
    return known


def _is_known(scope: Scope, node: Node) -> bool:
    """Whether a name with scripts begins with a name that is known."""
    base, below, above = node.children
    spelled = key(base)
    candidates = {spelled, f"{spelled}_{key(below)}", f"{spelled}^{key(above)}", key(node)}
    known = _known_pieces(scope)
    return not candidates.isdisjoint(known)


def _piece(text: str, start: int) -> Node:
    kind = "number" if text.isdigit() else "name"
    return Node(kind, text, (), start, start + len(text))


def _splits(text: str, known: set[str]) -> Iterator[tuple[int, ...]]:
    """Lengths of known pieces that make up ``text``, the longest pieces first; at most one way."""
    longest = max(map(len, known), default=1)
    pending: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    dead: set[int] = set()
    while pending:
        place, lengths = pending.pop()
        if place == len(text):
            yield lengths
            return
        if place in dead:
            continue
        dead.add(place)
        for length in range(1, min(longest, len(text) - place) + 1):
            piece = text[place : place + length]
            if piece in known or piece.isdigit():
                pending.append((place + length, (*lengths, length)))


def styled(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A thing in a style: usually the thing; a bold 1 or 0 is a matrix or a vector too."""
    inner = node.children[0]
    if inner.kind == "number" and inner.value in ("0", "1") and node.value != "roman":
        plain = numeral(scope, inner)
        sizes = [size_term(size) for size in scope.context.sizes]
        if inner.value == "0":
            return (*(applied("zeros", size) for size in sizes), *plain)
        ones = tuple(applied("ones", size) for size in sizes)
        return (*_identities(scope), *ones, *plain)[:MOST]
    if inner.kind == "name" and node.value == "blackboard" and inner.value == "1":
        return tuple(_identities(scope))
    return scope.read(inner)


def accented(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A thing under an accent, which is part of its name, and its index with it."""
    inner = node.children[0]
    if inner.kind == "scripts":
        base = Node("accent", node.value, (inner.children[0],), node.start, node.end)
        scripts = (base, *inner.children[1:])
        return scope.read(Node("scripts", inner.value, scripts, node.start, node.end))
    if node.value == "vec":
        return scope.read(inner)
    found = looked_up(scope, node, key(node))
    if found:
        return found
    raise scope.unknown(node, key(node))


# scripts ----------------------------------------------------------------------------------------


def indexed(
    scope: Scope, node: Node, found: tuple[Meaning, ...], below: Node
) -> tuple[Meaning, ...]:
    """Entries of arrays; a subscript that only names parameters is left out."""
    if all(isinstance(one.type, Law | Function) for one in found) and is_parameter(below):
        return found
    places = [index_of(scope, part) for part in _index_nodes(scope, below)]
    entries = []
    reason: Misfit | None = None
    for one in found:
        try:
            entries.append(_entry(scope, node, one, places))
        except Misfit as misfit:
            reason = reason or misfit
    if entries:
        return distinct(entries)
    if all(map(is_number, found)):
        raise scope.unknown(node, key(node))
    raise reason or Misfit("expected a vector before an index", False)


def is_parameter(node: Node) -> bool:
    """Whether a subscript only says which parameters there are: ``q_\\phi``."""
    return key(node) in PARAMETERS


def parameter_at(scope: Scope, items: Sequence[Node], place: int) -> Node | None:
    """``pθ`` side by side for ``p_θ``, where only that is known."""
    if place + 1 >= len(items) or items[place].kind != "name" or items[place + 1].kind != "name":
        return None
    base, below = items[place], items[place + 1]
    table = scope.context.table
    whole = scripted(base.value, "", below.value, "")
    if base.end != below.start or not is_parameter(below) or below.value in table.plain:
        return None
    if whole not in table.plain and whole not in table.patterns:
        return None
    return Node("scripts", "", (base, below, NOTHING), base.start, below.end)


def _index_nodes(scope: Scope, below: Node) -> tuple[Node, ...]:
    if below.kind == "name" and looked_up(scope, below, key(below)):
        return (below,)
    return indices(below)


def index_of(scope: Scope, node: Node) -> Meaning:
    """An index: never the imaginary unit."""
    spelled = key(node)
    if node.kind == "name" and not looked_up(scope, node, spelled):
        raise scope.error(
            node,
            f"expected an index that is bound or given, found {scope.excerpt(node)}",
            f"write a sum over {scope.excerpt(node)}, or use the question's index",
        )
    for one in scope.read(node):
        if one.type == INTEGER:
            return one
    raise scope.error(node, f"expected an index, found {scope.excerpt(node)}")


def _entry(scope: Scope, node: Node, array: Meaning, places: list[Meaning]) -> Meaning:
    if isinstance(array.type, Array):
        for place, size in zip(places, array.type.shape, strict=False):
            _check_range(scope, node, place, size)
    return applied("entry", array, *places)


def _check_range(scope: Scope, node: Node, place: Meaning, size: Dimension) -> None:
    """An index must run through the entries that there are."""
    if not isinstance(place.term, Name):
        return
    name = place.term.name
    runs = scope.ranges.get(name) or (
        None if name in scope.ranges else scope.context.usage.indices.get(name)
    )
    if runs is not None and runs != size:
        raise ShapeError(
            scope.budget.text,
            node.start,
            node.end,
            f"{name} runs up to {runs} here, but there are {size} entries in {scope.excerpt(node)}",
        )


def check_argument(scope: Scope, node: Node, function: str, place: int, index: Meaning) -> None:
    """As for entries: the index of a function that depends on one."""
    size = scope.context.usage.arguments.get((function, place))
    if size is not None:
        _check_range(scope, node, index, size)


def raised(
    scope: Scope, node: Node, found: tuple[Meaning, ...], primes: str, above: Node
) -> tuple[Meaning, ...]:
    """``found`` under primes (a transpose) and a superscript."""
    if primes:
        if len(primes) > 1 or not all(isinstance(one.type, Array) for one in found):
            raise scope.unknown(node, key(node))
        found = tuple(_transposed(one) for one in found)
    if not above:
        return found
    if key(above) == "+":
        return tuple(applied("relu", one) for one in scope.at_default(node, found))
    if is_transposed(above):
        symbol = looked_up(scope, above, key(above))
        if not symbol:
            return tuple(_transposed(one) for one in scope.at_default(node, found))
    if above.kind == "negative" and is_transposed(above.children[0]):
        return tuple(_transposed(applied("inverse", one)) for one in found)
    if key(above) in ("ast", "star", "*"):
        raise scope.unknown(node, key(node))
    inverse = _inverse_function(scope, found, above)
    if inverse is not None:
        return (inverse,)
    bases = scope.at_default(node, found)
    return combined([bases, scope.values(above)], powers)


def is_transposed(node: Node) -> bool:
    """Whether a superscript is a transpose's."""
    return key(node) in TRANSPOSED


def _transposed(one: Meaning) -> Meaning:
    match one:
        case Meaning(Apply("transpose", (Apply("vector", entries) as inner,))):
            return Meaning(inner, Array((len(entries),)))
    return applied("transpose", one)


def _inverse_function(scope: Scope, found: tuple[Meaning, ...], above: Node) -> Meaning | None:
    if len(found) != 1 or not isinstance(found[0].type, Function) or not _is_minus_one(above):
        return None
    term = found[0].term
    symbol = scope.context.formula.claim.notation.get(term.name) if isinstance(term, Name) else None
    if symbol is None or symbol.inverse is None:
        return None
    inverse = scope.context.formula.claim.notation[symbol.inverse]
    return Meaning(Name(inverse.name), inverse.type) if scope.allows(inverse) else None


def _is_minus_one(node: Node) -> bool:
    return node.kind == "negative" and key(node.children[0]) == "1"


def size_of(scope: Scope, below: Node) -> Meaning:
    """The size that an identity's subscript gives."""
    parts = indices(below)
    node = parts[0]
    if node.kind == "number" and node.value.isdigit() and 0 < int(node.value) < 1000:
        return number(int(node.value))
    if node.kind == "name" or node.kind == "scripts":
        symbols = scope.context.table.plain.get(key(node), ())
        for symbol in symbols:
            if symbol.type == INTEGER and _is_size(scope, symbol):
                return Meaning(Name(symbol.name), INTEGER)
    raise scope.error(below, f"expected the size of the identity, found {scope.excerpt(below)}")


def _is_size(scope: Scope, symbol: Symbol) -> bool:
    return symbol.name in scope.context.sizes or scope.allows(symbol)


def expand(
    scope: Scope, own: Own, spelled: str, arguments: tuple[Meaning, ...]
) -> tuple[Meaning, ...]:
    """An abbreviation with arguments, written out where it stands."""
    body, given = own.body, {}
    for parameter, argument in zip(own.parameters, arguments, strict=True):
        value = literal(argument.term) if argument.type == INTEGER else None
        if value is not None and value >= 0:
            body = with_index(body, parameter, int(value))
        else:
            given[parameter] = argument
    return scope.with_own(_without(scope, spelled)).with_meanings(given).read(body)
