"""Checking on several cores."""

from __future__ import annotations

import multiprocessing

import pytest

from derivations.sheets import load_sheet
from reports import evidence
from reports.checking import check

SHEET = load_sheet("assignment")
QUESTIONS = [SHEET.question(number) for number in ("5.1", "5.2", "5.4", "5.5")]
NAMES = [question.solution for question in QUESTIONS]


def test_workers_find_what_one_process_finds() -> None:
    done: list[str] = []
    together = check(NAMES, 0, done.append, workers=2)
    alone = check(NAMES, 0, workers=1)
    assert sorted(done) == sorted(NAMES)
    assert list(together) == list(alone) == NAMES
    for question in QUESTIONS:
        records = [
            evidence.of_question(question, found[question.solution]) for found in (together, alone)
        ]
        assert records[0] == records[1]


def test_an_interrupt_ends_the_workers() -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(NAMES, 0, interrupted, workers=2)
    assert multiprocessing.active_children() == []
