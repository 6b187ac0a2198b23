"""How a student's spelling finds a symbol: keys of nodes, and the table of a question's names.

A key is a node written in one canonical way, without its style: ``\\mathbf{w}``, ``\\vec w`` and
``w`` have one key, and so do ``p_{\\text{data}}`` and ``p_data``. A symbol that is written with
arguments has a :class:`Pattern`: what stands in front of the brackets, and what stands between
them, the holes among it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TypeVar

from grading.reading.errors import ReadError
from grading.reading.nodes import NOTHING, Node
from language.notation import Notation, Symbol

__all__ = ["HOLE", "Pattern", "Table", "indices", "key", "near", "table_of", "with_index"]

#: What stands in a spelling for the place of an argument.
HOLE = "hole"

#: Styles and accents that change nothing about which symbol is meant.
_SILENT = frozenset(("vec", "bold"))


def key(node: Node) -> str:
    """The node in one canonical way of writing it, without styles."""
    kind = node.kind
    if kind in ("name", "number", "words"):
        return node.value
    if kind == "styled":
        return key(node.children[0])
    if kind == "accent":
        inner = key(node.children[0])
        return inner if node.value in _SILENT else f"{node.value}({inner})"
    if kind == "scripts":
        base, below, above = node.children
        return scripted(key(base), node.value, key(below), key(above))
    if kind == "juxtapose":
        return "".join(map(key, node.children))
    if kind == "group":
        inner = ",".join(map(key, node.children))
        return f"{node.value[:1]}{inner}{node.value[1:]}"
    if kind == "nothing":
        return ""
    return f"{kind}:{node.value}({','.join(map(key, node.children))})"


def scripted(base: str, primes: str, below: str, above: str) -> str:
    """The key of a base with scripts."""
    return base + primes + (f"_{below}" if below else "") + (f"^{above}" if above else "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a symbol is written with its arguments.

    Attributes:
        symbol: the symbol.
        below: whether the subscript is an argument.
        above: whether the superscript is one.
        parts: what stands between the brackets, "" for an argument; empty without brackets.
        separators: what stands between the parts.
    """

    symbol: Symbol
    below: bool
    above: bool
    parts: tuple[str, ...]
    separators: tuple[str, ...]

    @property
    def fixed(self) -> int:
        """How many of the parts are given."""
        return sum(1 for part in self.parts if part)


@dataclass(frozen=True, slots=True)
class Table:
    """The spellings of a question's symbols.

    Attributes:
        plain: keys of whole names, and the symbols spelled so, the allowed ones first.
        patterns: keys of what stands in front of the arguments, and the patterns.
        words: keys of more than one letter that are one name, the longest first.
    """

    plain: Mapping[str, tuple[Symbol, ...]]
    patterns: Mapping[str, tuple[Pattern, ...]]
    words: tuple[str, ...]


def table_of(notation: Notation, allowed: frozenset[str], parse: Callable[[str], Node]) -> Table:
    """The table of a notation; what answers may use comes before what they may not."""
    plain: dict[str, list[Symbol]] = {}
    patterns: dict[str, list[Pattern]] = {}
    for symbol in sorted(notation, key=lambda symbol: symbol.name not in allowed):
        for node in _spelled(symbol, parse):
            head, pattern = _pattern(symbol, node)
            if pattern is None:
                _insert(plain, key(head), symbol)
            else:
                _insert(patterns, key(head), pattern)
    _insert_identifiers(notation, allowed, parse, plain, patterns)
    words = {name for name in (*plain, *patterns) if len(name) > 1 and name.isalpha()}
    return Table(
        {name: tuple(found) for name, found in plain.items()},
        {name: tuple(found) for name, found in patterns.items()},
        tuple(sorted(words, key=lambda word: (-len(word), word))),
    )


T = TypeVar("T")


def _insert(entries: dict[str, list[T]], name: str, entry: T) -> None:
    found = entries.setdefault(name, [])
    if entry not in found:
        found.append(entry)


def _insert_identifiers(
    notation: Notation,
    allowed: frozenset[str],
    parse: Callable[[str], Node],
    plain: dict[str, list[Symbol]],
    patterns: dict[str, list[Pattern]],
) -> None:
    """The symbols under their own names too, where those do not spell another."""
    for symbol in notation:
        if symbol.latex and symbol.name not in allowed:
            continue
        node = _parsed(symbol.name, parse)
        if node is not None and key(node) not in plain and key(node) not in patterns:
            plain[key(node)] = [symbol]


def _spelled(symbol: Symbol, parse: Callable[[str], Node]) -> Iterator[Node]:
    for spelling in (symbol.latex or symbol.name, *symbol.spellings):
        node = _parsed(spelling, parse)
        if node is not None:
            yield node


def _parsed(spelling: str, parse: Callable[[str], Node]) -> Node | None:
    """A spelling as a node; None for one that no student can write, such as ``x_``."""
    try:
        return parse(spelling.replace("{}", rf"{{\mathrm{{{HOLE}}}}}"))
    except ReadError:
        return None


def _pattern(symbol: Symbol, node: Node) -> tuple[Node, Pattern | None]:
    """What stands in front, and the pattern; None where the spelling has no arguments."""
    head, group = node, None
    if node.kind == "juxtapose" and len(node.children) == 2:
        head, group = node.children
    parts: tuple[str, ...] = ()
    separators: tuple[str, ...] = ()
    if group is not None and group.kind == "group":
        parts = tuple("" if key(part) == HOLE else key(part) for part in group.children)
        separators = group.separators
    below = above = False
    if head.kind == "scripts":
        base, lower, upper = head.children
        below, above = key(lower) == HOLE, key(upper).strip("()") == HOLE
        if below or above:
            head = _rescripted(head, base, NOTHING if below else lower, NOTHING if above else upper)
    if not (below or above or parts):
        return node, None
    return head, Pattern(symbol, below, above, parts, separators)


def _rescripted(node: Node, base: Node, lower: Node, upper: Node) -> Node:
    if lower or upper or node.value:
        return Node("scripts", node.value, (base, lower, upper), node.start, node.end)
    return base


def indices(node: Node) -> tuple[Node, ...]:
    """The indices that a subscript lists: ``jk``, ``j,k``, ``{j k}`` or ``(j, k)``."""
    if node.kind in ("juxtapose", "sequence", "group"):
        return tuple(index for part in node.children for index in indices(part))
    if not _is_run(node):
        return (node,)
    return tuple(
        Node("name", letter, (), node.start + place, node.start + place + 1)
        for place, letter in enumerate(node.value)
    )


def with_index(node: Node, index: str, value: int) -> Node:
    """The node with an index replaced by a number."""
    if node.kind == "name" and node.value == index:
        return Node("number", str(value), (), node.start, node.end)
    if not node.children:
        return node
    children = tuple(with_index(part, index, value) for part in node.children)
    return replace(node, children=children)


def _is_run(node: Node) -> bool:
    """Whether a name is several letters of the text, not a command such as ``\\mu``."""
    if node.kind != "name" or len(node.value) < 2 or not node.value.isalpha():
        return False
    return node.end - node.start == len(node.value)


def near(name: str, known: Iterable[str]) -> str:
    """The known names that look most like ``name``, for a suggestion; else all of them."""
    names = list(known)
    close = get_close_matches(name, names, 3, 0.6)
    return ", ".join(close or names)
