"""The corpus judged: no verdict is false, and few answers are left to a person."""

from __future__ import annotations

from collections import Counter

import pytest

from corpus.meanings import read_lines, sheets
from grading.judge import judge
from grading.judgement import Grade, Judgement
from grading.references import load

#: The share of right answers that must be judged so, in each sheet's practice lines.
ENOUGH = 0.98

pytestmark = pytest.mark.quality


def _judged(sheet: str) -> list[tuple[bool, Judgement]]:
    lines = read_lines("practice", sheet)
    return [(line.right, judge(line.answer, load(line.id))) for line in lines]


@pytest.mark.parametrize("sheet", sheets())
def test_the_corpus_is_judged_as_it_is_labelled(sheet: str) -> None:
    judged = _judged(sheet)
    false = {False: Grade.CORRECT, True: Grade.INCORRECT}
    assert [found for right, found in judged if found.grade is false[right]] == []
    assert [found for _, found in judged if found.stage in ("internal", "operation limit")] == []
    grades = Counter(found.grade for right, found in judged if right)
    assert grades[Grade.CORRECT] >= ENOUGH * grades.total(), grades
    # what is refuted comes with a point at which it fails, or with a reason of type
    for _, found in judged:
        if found.grade is Grade.INCORRECT:
            assert found.witness is not None or found.feedback, found
