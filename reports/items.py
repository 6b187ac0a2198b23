"""Items of the command line: ``sheet``, ``sheet/question`` or ``sheet/question/answer``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derivations.conventions import Variant
from derivations.sheets import (
    LIBRARY,
    Question,
    Sheet,
    SheetError,
    UnknownName,
    load_sheet,
    near,
    sheet_names,
)
from derivations.solutions import answers_in, derive

__all__ = ["Item", "answers_of", "complete", "parse_item"]


#: An item whose sheet is a file: slashes within its path do not separate parts.
_FILE = re.compile(r"(.+?\.toml)(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """A sheet, one of its questions, or one answer or choice of a question."""

    sheet: Sheet
    question: Question | None = None
    answer: str | None = None

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that the item covers."""
        return self.sheet.questions if self.question is None else (self.question,)

    def __str__(self) -> str:
        parts = (self.sheet.id, self.question.id if self.question else None, self.answer)
        return "/".join(part for part in parts if part)


def parse_item(text: str) -> Item:
    """Read an item; its sheet is a name or the path of a TOML file.

    Answers are looked up among what the question's solution derives.

    Raises:
        UnknownName: a part of it is unknown; the message lists the near ones.
        SheetError: the sheet is malformed.
    """
    name, *rest = _parts(text)
    sheet = load_sheet(name)
    if not rest:
        return Item(sheet)
    question = sheet.question(rest[0])
    if len(rest) == 1:
        return Item(sheet, question)
    known = answers_of(question)
    if len(rest) > 2 or rest[1] not in known:
        wanted = "/".join(rest[1:])
        where = f"{sheet.id}/{question.id}"
        raise UnknownName(f"question {where} has no answer {wanted!r}{near(wanted, known)}")
    return Item(sheet, question, rest[1])


def _parts(text: str) -> list[str]:
    """The sheet's name or path, the question and the answer, as far as they are there."""
    file = _FILE.fullmatch(text)
    if file is None:
        return text.rstrip("/").split("/")
    rest = (file[2] or "").rstrip("/")
    return [file[1], *(rest.split("/") if rest else ())]


def answers_of(question: Question) -> list[str]:
    """The ids of a question's answers and choices; imports its topic."""
    if question.own is not None:
        return [answer.id for answer in question.own.answers]
    return answers_in(derive(Variant(question.solution)))


def complete(incomplete: str) -> list[str]:
    """The items that ``incomplete`` may become, for the shell's completion.

    Sheets first; after a slash that sheet's questions, after a second one the answers.
    """
    name, slash, rest = incomplete.partition("/")
    if not slash:
        return [found for found in (*sheet_names(), LIBRARY) if found.startswith(incomplete)]
    try:
        sheet = load_sheet(name)
        number, deeper, _ = rest.partition("/")
        if not deeper:
            found = [f"{name}/{question.id}" for question in sheet.questions]
        else:
            question = sheet.question(number)
            found = [f"{name}/{number}/{answer}" for answer in answers_of(question)]
    except SheetError:
        return []
    return [item for item in found if item.startswith(incomplete)]
