"""What the command line says about an answer: how it was read, and what became of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from grading.items import Choice, Formula, Item
from grading.judgement import Grade, Judgement
from grading.reading.errors import ReadError
from grading.reading.reader import Reading
from language.latex import to_latex
from language.notation import Notation, Symbol
from language.terms import Name, free_names
from language.text import to_text
from language.typecheck import typecheck
from language.types import INTEGER, NATURALS, Interval, Scalar, describe

__all__ = [
    "caret",
    "lines_of",
    "problem_lines",
    "reading_lines",
    "record_of",
    "references_of",
    "understood",
]

#: How much of a long answer is shown on either side of the caret.
AROUND = 50


def lines_of(judgement: Judgement) -> Iterator[str]:
    """A judgement, line by line."""
    how = f", by {judgement.stage}" if judgement.stage else ""
    yield f"{judgement.grade.value}{how}"
    if judgement.grade is Grade.INVALID and judgement.position is not None:
        yield from _marked(judgement.answer, *judgement.position)
    if judgement.feedback:
        yield judgement.feedback
    if judgement.diagnosis and judgement.diagnosis.deduction is not None:
        yield f"deduction: {judgement.diagnosis.deduction}"
    if judgement.suggestion:
        yield f"suggestion: {judgement.suggestion}"
    if judgement.understood:
        yield f"understood: {judgement.understood}"


def record_of(judgement: Judgement) -> dict[str, Any]:
    """A judgement as JSON takes it."""
    witness, diagnosis = judgement.witness, judgement.diagnosis
    return {
        "item": judgement.id,
        "answer": judgement.answer,
        "verdict": judgement.grade.value,
        "stage": judgement.stage,
        "scope": judgement.scope,
        "feedback": judgement.feedback,
        "understood": judgement.understood,
        "witness": witness
        and {
            "values": dict(witness.values),
            "answer": witness.answer,
            "expected": witness.expected,
            "words": witness.words,
        },
        "diagnosis": diagnosis
        and {
            "kind": diagnosis.kind,
            "words": diagnosis.words,
            "deduction": diagnosis.deduction,
        },
        "position": judgement.position and list(judgement.position),
        "suggestion": judgement.suggestion,
        "milliseconds": round(judgement.milliseconds, 3),
    }


def caret(text: str, start: int, end: int) -> tuple[str, str]:
    """The line of ``text`` in which something lies, and marks under it.

    >>> print(*caret("1 + $ 2", 4, 5), sep="\\n")
      1 + $ 2
          ^
    """
    before = max(text.rfind("\n", 0, start) + 1, start - AROUND)
    newline = text.find("\n", start)
    after = min(len(text) if newline < 0 else newline, max(end, start + 1) + AROUND)
    shown, ahead = _printable(text[before:after]), _printable(text[before:start])
    marked = _printable(text[start : min(end, after)])
    return f"  {shown}", f"  {' ' * _width(ahead)}{'^' * max(_width(marked), 1)}"


def _printable(text: str) -> str:
    """Text in which each character that would move the cursor is replaced by a visible one."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    harmless = unicodedata.category(character)[0] != "C"
    return character if harmless else "\N{REPLACEMENT CHARACTER}"


def _width(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


# ------------------------------------------------------------------ what was understood


def understood(item: Formula, readings: tuple[Reading, ...]) -> list[dict[str, Any]]:
    """What was understood, in LaTeX, as plain text and in words, one record for each reading."""
    notation = item.claim.notation
    return [
        {
            "latex": to_latex(reading.term, notation),
            "text": to_text(reading.term, notation),
            "kind": describe(typecheck(reading.term, notation)),
            "same_as": [to_latex(p, notation) for p in reading.parts if p != reading.term],
            "conditions": [to_text(condition, notation) for condition in reading.conditions],
            "names": dict(_names(reading, notation)),
        }
        for reading in readings
    ]


def reading_lines(item: Formula, readings: tuple[Reading, ...]) -> Iterator[str]:
    """What was understood, line by line."""
    for number, record in enumerate(understood(item, readings), 1):
        if len(readings) > 1:
            yield f"reading {number} of {len(readings)}"
        yield f"LaTeX: {record['latex']}"
        yield f"text:  {record['text']}"
        yield f"it is {record['kind']}"
        yield from (f"and the same as {part}" for part in record["same_as"])
        yield from (f"on condition that {condition}" for condition in record["conditions"])
        yield from (f"  {name}: {words}" for name, words in record["names"].items())


def _names(reading: Reading, notation: Notation) -> Iterator[tuple[str, str]]:
    for name in sorted(free_names(reading.term)):
        symbol = notation.get(name)
        if symbol is not None:
            yield to_text(Name(name), notation), _described(symbol)


def _described(symbol: Symbol) -> str:
    words = "a positive integer" if _is_size(symbol) else describe(symbol.type)
    if isinstance(symbol.type, Scalar) and not _is_size(symbol):
        words += _within(symbol.domain)
    return f"{words}, {symbol.words}" if symbol.words else words


def _is_size(symbol: Symbol) -> bool:
    return symbol.type == INTEGER and symbol.domain == NATURALS


def _within(domain: Interval) -> str:
    match domain.lower, domain.upper:
        case None, None:
            return ""
        case lower, None:
            return f" above {lower}"
        case None, upper:
            return f" below {upper}"
        case lower, upper:
            return f" between {lower} and {upper}"


def references_of(item: Item) -> Iterator[str]:
    """The answers that are expected, any of which is right, for ``--reveal``."""
    if isinstance(item, Choice):
        yield item.option
        return
    notation = item.claim.notation
    if item.accepts is not None:
        yield f"anything with {to_latex(item.accepts, notation)}"
    for form in dict.fromkeys((item.claim.closed_form, *item.forms)):
        yield to_latex(form, notation)


def problem_lines(error: ReadError) -> Iterator[str]:
    """What cannot be read, with a caret under it."""
    yield from _marked(error.text, error.start, error.end)
    yield f"{error.problem[:1].upper()}{error.problem[1:]}."
    if error.suggestion:
        yield f"suggestion: {error.suggestion}"


def _marked(text: str, start: int, end: int) -> tuple[str, ...]:
    return caret(text, start, end) if text.strip() else ()
