"""The corpus's labels hold: what a line means is what was asked for, exactly if it says so."""

from __future__ import annotations

from collections import Counter

import pytest

from corpus.meanings import held_out, read_lines, sheets
from corpus.settings import all_settings

SETTINGS = all_settings()
IDS = sorted(SETTINGS)
LINES = {
    (part, sheet): read_lines(part, sheet) for sheet in sheets() for part in ("practice", "holdout")
}


@pytest.mark.parametrize("identifier", IDS)
def test_labels(identifier: str) -> None:
    setting = SETTINGS[identifier]
    for line in (line for lines in LINES.values() for line in lines if line.id == identifier):
        # a wrong line must really differ, not by a rounding error
        agrees = setting.agrees(line, loosely=not line.right)
        assert agrees == line.right, f"{line.answer}  ({line.kind}; means {line.means})"


@pytest.mark.parametrize("identifier", IDS)
def test_every_answer_has_right_and_wrong_lines(identifier: str) -> None:
    labels = Counter(
        line.right for lines in LINES.values() for line in lines if line.id == identifier
    )
    assert min(labels[True], labels[False]) >= 5, labels


@pytest.mark.parametrize(("part", "sheet"), LINES)
def test_lines_are_where_the_rule_puts_them(part: str, sheet: str) -> None:
    for line in LINES[part, sheet]:
        assert line.id.startswith(f"{sheet}/") and line.id in SETTINGS, line.id
        assert line.format in ("latex", "text"), line
        assert line.kind and line.means, line
        assert held_out(line.id, line.answer) == (part == "holdout"), line


def test_no_line_occurs_twice() -> None:
    counts = Counter((line.id, line.answer) for lines in LINES.values() for line in lines)
    assert [line for line, count in counts.items() if count > 1] == []
