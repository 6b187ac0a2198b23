"""Every sheet that we ship, from its file to its documents."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from pypdf import PdfReader

from derivations.sheets import LIBRARY, load_sheet, sheet_names
from reports.assemble import assemble
from reports.checking import check
from reports.options import Edition, Format
from reports.solve import solve
from reports.text_document import write_section

pytestmark = pytest.mark.slow


# One test for each sheet, so that its solutions are checked once, whichever worker it goes to.
@pytest.mark.parametrize("name", [*sheet_names(), LIBRARY])
def test_a_sheet_comes_out_whole(name: str, tmp_path: Path) -> None:
    sheet = load_sheet(name)
    checked = check([question.solution for question in sheet.questions], workers=1)
    assert [text for solution in checked.values() for text in solution.findings] == []
    unfit: list[str] = []
    for edition in Edition:
        solved = solve(sheet, checked, tmp_path, edition=edition)
        unfit += solved.fit
        text = " ".join(page.extract_text() for page in PdfReader(solved.files[0]).pages)
        assert all(question.title.split()[0] in text for question in sheet.questions)
        assert "UNDECIDED" not in text
    assert unfit == []
    page = unescape(solve(sheet, checked, tmp_path, kind=Format.HTML).files[0].read_text())
    assert all(question.title in page for question in sheet.questions)
    for section in assemble(sheet, checked).sections:
        lines = write_section(section)
        assert lines.startswith(section.id)
        assert r"\frac" not in lines
