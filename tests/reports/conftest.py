"""A sheet of one question, with its checked solution and templates of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from derivations.sheets import Group, Question, Sheet
from reports.words import TEMPLATES
from tests.reports.fakes import TEMPLATE, Fake, checked_solution


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """A sheet of one question with its solution, and templates that may be changed."""
    templates = tmp_path / "templates"
    templates.mkdir()
    for name in ("preamble.tex", "document.tex.j2", "document.html.j2", "style.css"):
        shutil.copy(TEMPLATES / name, templates / name)
    question = Question("1.1", 3, "Doubling", "fake.double")
    sheet = Sheet("small", "A small sheet", "", "", (question,), (Group("1", "Numbers"),))
    made = Fake(sheet, {"fake.double": checked_solution()}, templates)
    made.write(TEMPLATE)
    return made
