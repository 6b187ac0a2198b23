r"""Where a long formula may be broken: LaTeX math cut into pieces at its outermost operators.

A piece begins with the relation or the sign before it, as displayed formulas are broken. A piece
that is still too wide can be refined: cut within its outermost ``\left ... \right`` pairs, whose
delimiters keep their size through a ``\vphantom`` of the whole, or within a fraction of a sum,
which is then written as a multiple of that sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["pieces", "refined"]

_TOKEN = re.compile(r"\\(?:left|right)\s*(?:\\[A-Za-z]+|\\.|.)|\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)

#: Relations, before which a formula is broken most readily; punctuation, after which it may be.
_RELATIONS = frozenset(
    (*"=<>", r"\le", r"\ge", r"\neq", r"\in", r"\iff", r"\Longleftrightarrow")
) | {r"\Rightarrow", r"\cfuptoconstant", r"\text"}
_SIGNS = frozenset("+-")
_OPENING = frozenset(("{", "(", "[", r"\begin", r"\langle", r"\{"))
_CLOSING = frozenset(("}", ")", "]", r"\end", r"\rangle", r"\}"))


def _tokens(latex: str) -> Iterator[tuple[str, int]]:
    """Each token with the depth at which it stands; a closing token has its opening's depth."""
    depth = 0
    for match in _TOKEN.finditer(latex):
        token = match.group()
        closes = token in _CLOSING or (token.startswith(r"\right") and not token[6:7].isalpha())
        opens = token in _OPENING or (token.startswith(r"\left") and not token[5:6].isalpha())
        if closes:
            depth -= 1
        yield token, depth
        if opens:
            depth += 1


def pieces(latex: str) -> list[str]:
    r"""Cut before each outermost relation and sign, but the first, and after outermost commas.

    The pieces join to what was given.

    >>> pieces(r"a = b + \left(c - d\right) - e")
    ['a ', '= b ', '+ \\left(c - d\\right) ', '- e']
    >>> pieces("-a b")
    ['-a b']
    """
    found: list[str] = []
    here = ""
    something = False  # whether the piece so far holds more than signs and space
    for token, depth in _tokens(latex):
        if depth == 0 and something and (token in _SIGNS or token in _RELATIONS):
            found.append(here)
            here, something = "", False
        here += token
        something = something or not (
            token.isspace() or token in _SIGNS or token in _RELATIONS or token.startswith(r"\;")
        )
        if depth == 0 and token == ",":
            found.append(here)
            here, something = "", False
    if here.strip() or not found:
        found.append(here)
    elif here:
        found[-1] += here
    return found


def refined(piece: str) -> list[str]:
    r"""Cut ``piece`` within its outermost ``\left ... \right`` pairs; itself if that finds nothing.

    A fraction of a sum is written as a multiple of the sum, where that makes cuts possible.

    >>> refined(r"\left(a + b\right) c")
    ['\\left(\\vphantom{a + b}a \\right.', '\\left.\\vphantom{a + b}{}+ b\\right) c']
    >>> refined(r"\frac{a + b}{n}")[1]
    '\\left.\\vphantom{a + b}{}+ b\\right)'
    """
    cut = _within_delimiters(piece)
    return cut if len(cut) > 1 else _within_delimiters(_spread(piece))


def _spread(piece: str) -> str:
    """The same with its first outermost fraction, if one of a sum, as a multiple of the sum."""
    before = ""
    tokens = list(_tokens(piece))
    for k, (token, depth) in enumerate(tokens):
        if depth == 0 and token == r"\frac":
            above, rest = _argument("".join(token for token, _ in tokens[k + 1 :]))
            below, after = _argument(rest)
            if len(pieces(above)) == 1:
                return piece
            return rf"{before}\frac{{1}}{{{below}}} \left({above}\right){after}"
        before += token
    return piece


def _argument(latex: str) -> tuple[str, str]:
    """What stands in the braces at the beginning, and what follows them."""
    inside = ""
    for token, depth in _tokens(latex):
        inside += token
        if depth == 0 and token == "}":
            break
    return inside.strip()[1:-1], latex[len(inside) :]


def _within_delimiters(piece: str) -> list[str]:
    r"""Cut ``piece`` within its outermost ``\left ... \right`` pairs."""
    cut: list[str] = []
    here = opening = inner = ""
    for token, depth in _tokens(piece):
        if depth == 0 and token.startswith(r"\left") and not token[5:6].isalpha():
            opening, inner = token, ""
        elif depth == 0 and opening and token.startswith(r"\right"):
            parts = pieces(inner)
            ghost = rf"\vphantom{{{inner}}}" if len(parts) > 1 else ""
            here += opening + ghost + parts[0]
            for part in parts[1:]:
                cut.append(here + r"\right.")
                lead = "{}" if part.lstrip()[:1] in _SIGNS else ""
                here = rf"\left.{ghost}{lead}{part}"
            here += token
            opening = ""
        elif opening:
            inner += token
        else:
            here += token
    return [*cut, here]
