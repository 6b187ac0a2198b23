r"""The notation of a question of one's own: each line declares names and where they live.

The lines look like those of a textbook:

=============================== ================================================================
``x``, ``a, b real``            real numbers
``\gamma > 0``                  a positive number; ``< 0`` a negative one
``p in (0, 1)``, ``0 < p < 1``   a number between two
``n integer``, ``n in N``       a positive integer
``\mathbf{X} in R^{n x d}``     a matrix; sizes are letters or integers, and are declared by use
``\mathbf{w} in R^d``           a column vector
``\mu_j [j=1..m]``              a vector given by its entries; a domain may stand before ``[``
``p, q densities``              laws with a density on the real line; ``densities on R^d``
``f function``                  a function from the reals to the reals
``D function to (0, 1)``        one with values between two
=============================== ================================================================

>>> notation = notation_of((r"\sigma > 0", r"w_i [i=1..n]"))
>>> [(symbol.name, symbol.latex) for symbol in notation]
[('n', ''), ('sigma', '\\sigma'), ('w', '')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from language.notation import Notation, NotationError, Symbol
from language.types import (
    INTEGER,
    NATURALS,
    POSITIVE,
    REAL,
    REALS,
    Array,
    Dimension,
    Function,
    Interval,
    Law,
    Type,
)

__all__ = ["DeclarationError", "notation_of"]

#: What may be declared at most: a question with more is a mistake.
MOST_LINES, LONGEST_LINE = 100, 200


class DeclarationError(ValueError):
    """A line declares nothing that is understood; the message is one line that says what would."""


_NUMBER = r"[+-]?\d{1,30}(?:\.\d{1,30}|/\d{1,30})?|[+-]?(?:\\infty|infinity|oo)"
_SPACE = r"(?:R|\\mathbb\{R\}|\\R|ℝ)"  # noqa: RUF001
_NAMES = re.compile(
    r"\s*(?P<names>[^\[\]<>]*?)\s*"
    r"(?P<domain>\b(?:real|integer|densit(?:y|ies)|functions?|in|on|to)\b[^\[]*?"
    r"|(?:[<>]|\\in\b|∈)[^\[]*?)?\s*"
    r"(?P<index>\[\s*[a-zA-Z]\s*=\s*1\s*\.\.\s*(?P<size>[a-zA-Z]\w*|\d+)\s*\])?\s*",
    re.DOTALL,
)
_BETWEEN = re.compile(rf"\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)")
_EUCLIDEAN = re.compile(
    rf"{_SPACE}(?:\^(?:\{{\s*)?(\w+)(?:\s*(?:x|\\times|×)\s*(\w+))?(?:\s*\}})?)?"  # noqa: RUF001
)
_INTEGERS = re.compile(r"N|\\mathbb\{N\}|\\N|ℕ")  # noqa: RUF001
_WITHIN = re.compile(rf"^\s*({_NUMBER})\s*<\s*(.+?)\s*<\s*({_NUMBER})\s*$")
_COMPARED = re.compile(rf"(>|<)\s*({_NUMBER})")
_NAME = re.compile(
    r"(?:\\[A-Za-z]+(?:\s+[A-Za-z]\b|\s*\{[^{}]*\})?|[A-Za-z][A-Za-z0-9]*)"
    r"(?:[_^](?:\{[^{}]*\}|\\[A-Za-z]+|\w+|\*))*'*"
)


def notation_of(lines: Iterable[str]) -> Notation:
    """The notation that the lines declare.

    Raises:
        DeclarationError: a line cannot be read, or declares a name again.
    """
    symbols: list[Symbol] = []
    for number, line in enumerate(lines, 1):
        if number > MOST_LINES or len(line) > LONGEST_LINE:
            raise DeclarationError(
                f"expected at most {MOST_LINES} lines of {LONGEST_LINE} characters, found more"
            )
        symbols += _declared(line)
    try:
        return Notation(tuple(symbols))
    except NotationError as error:
        raise DeclarationError(str(error)) from None


def _declared(line: str) -> Iterator[Symbol]:
    found = _NAMES.fullmatch(_WITHIN.sub(r"\2 in (\1, \3)", line))
    if found is None or not found["names"]:
        raise _unclear(line)
    names = [name.strip() for name in re.split(r"[,;]", found["names"])]
    if not all(map(_NAME.fullmatch, names)):
        raise _unclear(line)
    kind, domain = _domain(line, (found["domain"] or "real").strip())
    for latex in names:
        if found["index"]:
            if kind != REAL:
                raise _unclear(line)
            latex = _without_index(line, latex)
            yield _symbol(line, latex, Array((_size(found["size"]),)), domain)
        else:
            yield _symbol(line, latex, kind, domain)


def _symbol(line: str, latex: str, kind: Type, domain: Interval) -> Symbol:
    name = re.sub(r"\W+", "_", latex.replace("\\", "").replace("'", "_prime")).strip("_")
    if not name or name[0].isdigit():
        raise DeclarationError(f"{line!r}: {latex!r} is no name")
    return Symbol(name, kind, "" if latex == name else latex, domain)


def _without_index(line: str, latex: str) -> str:
    base, underscore, index = latex.rpartition("_")
    if not underscore or len(index.strip("{}")) != 1:
        raise DeclarationError(f"{line!r}: expected a name with an index, found {latex!r}")
    return base


def _domain(line: str, words: str) -> tuple[Type, Interval]:
    """The type and the domain that the words after the names stand for."""
    if words == "real":
        return REAL, REALS
    if words == "integer":
        return INTEGER, NATURALS
    if compared := _COMPARED.fullmatch(words):
        end = _end(compared[2])
        if compared[1] == ">":
            return REAL, POSITIVE if end == 0 else Interval(end, None)
        return REAL, Interval(None, end)
    if law := re.fullmatch(r"densit(?:y|ies)(?:\s+on\s+(.*))?", words):
        return Law(_euclidean(line, law[1]) if law[1] else REAL), REALS
    if function := re.fullmatch(r"functions?(?:\s+on\s+(.*?))?(?:\s+to\s+(.*))?", words):
        argument = _euclidean(line, function[1]) if function[1] else REAL
        return Function((argument,), REAL), _between(line, function[2]) if function[2] else REALS
    if within := re.fullmatch(r"(?:in\b|\\in\b|∈)\s*(.*)", words):
        if within[1].startswith("("):
            return REAL, _between(line, within[1])
        if _INTEGERS.fullmatch(within[1]):
            return INTEGER, NATURALS
        return _euclidean(line, within[1]), REALS
    raise _unclear(line)


def _between(line: str, words: str) -> Interval:
    found = _BETWEEN.fullmatch(words.strip())
    if found is None:
        raise _unclear(line)
    lower, upper = _end(found[1]), _end(found[2])
    if lower is not None and upper is not None and lower >= upper:
        raise DeclarationError(f"{line!r}: nothing lies between {lower} and {upper}")
    return Interval(lower, upper)


def _end(text: str) -> Fraction | None:
    try:
        return None if text.lstrip("+-")[0] in "\\io" else Fraction(text)
    except ZeroDivisionError:
        raise DeclarationError(f"{text!r} divides by zero") from None


def _euclidean(line: str, words: str) -> Type:
    found = _EUCLIDEAN.fullmatch(words.strip())
    if found is None:
        raise _unclear(line)
    shape = tuple(_size(size) for size in found.groups() if size)
    return Array(shape) if shape else REAL


def _size(text: str) -> Dimension:
    if not text.isdigit():
        return text
    if not 0 < int(text) <= 1000:
        raise DeclarationError(f"expected a size from 1 to 1000, found {text}")
    return int(text)


def _unclear(line: str) -> DeclarationError:
    return DeclarationError(
        f"{line!r} declares nothing that is understood; expected something like 'x real',"
        r" '\gamma > 0', 'p in (0, 1)', 'w in R^d', 'X in R^{n x d}', '\mu_j [j=1..m]',"
        " 'n integer', 'p density' or 'f function'"
    )
