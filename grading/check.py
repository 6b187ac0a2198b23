"""Checking answers: an item's full id and a text in, a judgement out."""

from __future__ import annotations

import re
from pathlib import Path

from grading.batch import judge_lines as check_lines
from grading.items import Item
from grading.judge import judge
from grading.judgement import Grade, Judgement
from grading.references import UnknownItem, load

__all__ = ["Grade", "Judgement", "check", "check_lines", "find"]


def check(item: str, answer: str) -> Judgement:
    """Judge one answer, in this process.

    No text runs code or raises, and all work is bounded. To keep strangers' answers out of this
    process altogether, use :func:`check_lines`.

    Args:
        item: a full id such as ``assignment/5.6/eigenvalues``, or ``quiz.toml/1/mean``.
        answer: what a student wrote, in LaTeX or as plain text.

    Raises:
        ValueError: as :func:`find`.

    >>> check("assignment/1.2/lambda-dropout", r"\\frac{1-p}{p}").grade
    <Grade.CORRECT: 'correct'>
    """
    return judge(answer, find(item))


def find(name: str) -> Item:
    """The item of a full id, whose sheet is one of ours or the path of a TOML file.

    The answer may be left out where the question has only one.

    Raises:
        grading.references.UnknownItem: there is no such item; the message lists near ones.
        derivations.sheets.SheetError: the file cannot be read, or what it states is not proved.
    """
    path, *rest = re.split(r"(?<=\.toml)(?:/|$)", name.strip().rstrip("/"), maxsplit=1)
    if not rest:
        return load(path)
    from derivations.sheets import load_sheet, near
    from grading.own import items_of

    sheet = load_sheet(Path(path))
    items = items_of(sheet)
    wanted = f"{sheet.id}/{rest[0]}".rstrip("/")
    found = [item for item in items if f"{item}/".startswith(f"{wanted}/")]
    if len(found) != 1:
        raise UnknownItem(f"{path} has no answer {rest[0]!r}{near(wanted, found or list(items))}")
    return items[found[0]]
