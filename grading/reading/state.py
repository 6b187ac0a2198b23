"""The parser's state: a place among the tokens and what is open around it; the small steps.

The parser of expressions is one class that is built up by subjects: :mod:`.grids` (matrices
and cases), :mod:`.brackets`, :mod:`.scripts`, :mod:`.arguments` (functions),
:mod:`.operators` (sums, integrals, means), and :mod:`.expressions`, which joins them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NoReturn

from grading.reading.errors import ReadError
from grading.reading.layout import PROSE, SHORT_PROSE
from grading.reading.nodes import NOTHING, Node
from grading.reading.spoken import BARS
from grading.reading.tokens import Token, is_sign

__all__ = [
    "CHAIN",
    "DEPTH",
    "State",
    "bars_remaining",
    "has_bars",
    "is_expectation",
    "is_word",
    "joined",
    "row",
    "scripted",
    "signed",
]

#: How deep things may nest: a bracket, script, function or fraction counts once or twice.
DEPTH = 150

#: How many slashes, methods or sets may follow one another.
CHAIN = 12


class State(ABC):
    """A place among the tokens."""

    __slots__ = (
        "at", "bar", "bare", "cells", "depth", "integral", "latex", "remaining", "script_depth",
        "text", "tokens", "wide",
    )  # fmt: skip

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        #: The neutral bar that is open in this bracket, if any.
        self.bar = ""
        #: Whether white space ends a cell of a matrix here.
        self.cells = False
        #: Whether the argument of a function without brackets is being read.
        self.bare = False
        #: How many integrals are open in this bracket.
        self.integral = 0
        #: Whether new lines and wide gaps part things here (only outside all brackets).
        self.wide = True
        self.script_depth = 0
        self.latex = "\\" in text
        self.remaining = bars_remaining(tokens) if "|" in text or has_bars(tokens) else {}

    def fail(self, token: Token, problem: str, suggestion: str = "") -> NoReturn:
        """An error at a token."""
        raise ReadError(self.text, token.start, token.end, problem, suggestion)

    def unexpected(self, expected: str) -> NoReturn:
        """An error at this place, where something else was expected."""
        token = self.tokens[self.at]
        if token.kind == "end":
            self.fail(token, f"expected {expected}, found the end of the answer")
        suggestion = ""
        if is_sign(token, "?") or is_sign(token, "!"):
            suggestion = "hand in a formula"
        elif token.kind == "symbol" and token.text in (")", "]", "}", "\\}"):
            suggestion = "check the brackets before it"
        elif token.kind == "symbol" and token.text in BARS:
            suggestion = "write |x| for a value, \\mid for a condition inside brackets"
        shown = self.text[token.start : token.end] or token.text
        self.fail(token, f"expected {expected}, found {shown}", suggestion)

    def deepen(self) -> None:
        """Go one level down; who does goes up again by ``self.depth -= 1``."""
        self.depth += 1
        if self.depth > DEPTH:
            self.fail(
                self.tokens[self.at], "expected fewer things inside one another",
                "write it flatter",
            )  # fmt: skip

    def sign(self, text: str) -> bool:
        """Whether the next token is this sign."""
        token = self.tokens[self.at]
        return token.kind == "symbol" and token.text == text

    def take(self, text: str) -> bool:
        """Whether the next token is this sign; if so, it is taken."""
        token = self.tokens[self.at]
        if token.kind == "symbol" and token.text == text:
            self.at += 1
            return True
        return False

    def previous_end(self) -> int:
        """Where the last token that was taken ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def is_prose(self, token: Token) -> bool:
        """Whether a word belongs to a sentence rather than to a formula."""
        if token.kind != "word":
            return False
        text = token.text.lower() if len(token.text) > 1 else ""
        if text in PROSE:
            following = self.tokens[self.at + 1] if token is self.tokens[self.at] else None
            if following is None:
                return True
            code = text == "where" and is_sign(following, "(") and not following.space
            return not (code and not self.latex) and not is_sign(following, "||")
        if text in SHORT_PROSE and (token.space or self.at == 0):
            after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            return bool(after.space) or after.kind in ("end", "command")
        return False

    def gap(self, token: Token) -> bool:
        """Whether a new line or a wide gap parts this token from what is before it."""
        return token.space == 3 or (token.space == 2 and not self.latex)

    def enter(self) -> tuple[str, bool, bool, int, bool]:
        """Remember what is open, and begin a bracket with nothing open."""
        state = (self.bar, self.cells, self.bare, self.integral, self.wide)
        self.bar, self.cells, self.bare, self.integral, self.wide = "", False, False, 0, False
        return state

    def leave(self, state: tuple[str, bool, bool, int, bool]) -> None:
        """What was open before the bracket is open again."""
        self.bar, self.cells, self.bare, self.integral, self.wide = state

    def close(self, opening: Token, closer: str) -> None:
        """Take the bracket that closes, or say that it is missing."""
        if not self.take(closer):
            self.unclosed(opening, closer)

    def unclosed(self, opening: Token, closer: str) -> NoReturn:
        """The error of a bracket that is never closed, or by another."""
        token = self.tokens[self.at]
        shown = closer.removeprefix("l").removeprefix("r")
        found = self.text[token.start : token.end]
        if token.kind == "end":
            self.fail(
                opening, f"{self.text[opening.start : opening.end]} is never closed",
                f"close it with {shown}",
            )  # fmt: skip
        self.fail(token, f"expected {shown}, found {found or token.text}", f"write {shown} here")

    # What the later parts of the class read.

    @abstractmethod
    def separator(self) -> str: ...

    @abstractmethod
    def script(self, *, raised: bool) -> Node: ...

    @abstractmethod
    def extremum(self, token: Token, name: str) -> Node: ...

    @abstractmethod
    def expected(self, token: Token, name: Node, subscript: Node = NOTHING) -> Node: ...

    @abstractmethod
    def expression(self, *, relations: bool = True) -> Node: ...

    @abstractmethod
    def atom(self) -> Node: ...

    @abstractmethod
    def product(self) -> Node: ...

    @abstractmethod
    def operand(self) -> Node: ...


def is_word(token: Token, text: str) -> bool:
    """Whether a token is this word."""
    return token.kind == "word" and token.text == text


def signed(sign: Token, node: Node) -> Node:
    """A term with its sign."""
    if sign.text == "+":
        return node
    if sign.text == "-":
        return Node("negative", "", (node,), sign.start, node.end)
    value = "pm" if sign.text == "+-" else "mp"
    return Node("plus_minus", value, (node,), sign.start, node.end)


def joined(run: list[Node]) -> Node:
    """Factors side by side, or the only one."""
    if len(run) == 1:
        return run[0]
    return Node("juxtapose", "", tuple(run), run[0].start, run[-1].end)


def row(cells: list[Node]) -> Node:
    """A row of a matrix or of cases; cells may be empty."""
    start = next((cell.start for cell in cells if cell), 0)
    return Node("row", "", tuple(cells), start, max(cell.end for cell in cells))


def scripted(base: Node, subscript: Node, superscript: Node, primes: str) -> Node:
    """A base with its scripts."""
    end = max(base.end, subscript.end, superscript.end)
    return Node("scripts", primes, (base, subscript, superscript), base.start, end)


def is_expectation(node: Node) -> bool:
    """A lone expectation sign: ``\\mathbb{E}``."""
    if node.kind == "styled":
        node = node.children[0]
    return node.kind == "name" and node.value == "E"


def has_bars(tokens: list[Token]) -> bool:
    """Whether there are bars that may open or close."""
    return any(token.kind == "symbol" and token.text in ("|", "||") for token in tokens)


def bars_remaining(tokens: list[Token]) -> dict[int, int]:
    """For each neutral bar, how many of its kind are left in its bracket, itself counted."""
    remaining: dict[int, int] = {}
    opened: list[list[int]] = [[]]
    for position, token in enumerate(tokens):
        if token.kind in ("begin", "end"):
            continue
        if token.kind != "symbol":
            continue
        text = token.text
        if text in ("|", "||"):
            opened[-1].append(position)
        elif text in ("(", "[", "{", "\\{", "l|", "l||", "langle"):
            opened.append([])
        elif text in (")", "]", "}", "\\}", "r|", "r||", "rangle") and len(opened) > 1:
            _count_bars(tokens, opened.pop(), remaining)
    for places in opened:
        _count_bars(tokens, places, remaining)
    return remaining


def _count_bars(tokens: list[Token], places: list[int], remaining: dict[int, int]) -> None:
    counts = {"|": 0, "||": 0}
    for place in reversed(places):
        text = tokens[place].text
        counts[text] += 1
        remaining[place] = counts[text]
