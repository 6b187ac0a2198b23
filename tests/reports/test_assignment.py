"""The whole assignment, from its sheet to its PDF."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pypdf import PdfReader

from derivations.sheets import load_sheet
from numerics.verification import CheckedSolution
from reports.assemble import assemble
from reports.checking import check
from reports.options import Edition
from reports.solve import solve
from reports.text_document import write_section

SHEET = load_sheet("assignment")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checked() -> Mapping[str, CheckedSolution]:
    return check([question.solution for question in SHEET.questions])


@pytest.mark.parametrize("name", [question.solution for question in SHEET.questions])
def test_everything_came_out_as_promised(name: str, checked: dict[str, CheckedSolution]) -> None:
    assert checked[name].findings == ()


@pytest.mark.parametrize("edition", Edition)
def test_every_line_and_formula_fits(
    edition: Edition, checked: dict[str, CheckedSolution], tmp_path: Path
) -> None:
    solved = solve(SHEET, checked, tmp_path, edition=edition)
    assert solved.fit == ()
    text = " ".join(page.extract_text() for page in PdfReader(solved.files[0]).pages)
    assert all(question.title.split()[0] in text for question in SHEET.questions)
    assert "UNDECIDED" not in text


def test_the_key_reads_as_plain_text_too(checked: dict[str, CheckedSolution]) -> None:
    document = assemble(SHEET, checked)
    for section in document.sections:
        text = write_section(section)
        assert text.startswith(section.id)
        assert "\\" not in text
