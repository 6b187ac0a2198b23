"""What every study must have: a question, words, figures, and quick results without findings."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from derivations.conventions import Variant
from derivations.derivation import Derivation
from derivations.sheets import LIBRARY, Question, load_sheet, sheet_names
from derivations.solutions import derive, find_solution
from numerics.comparisons import agreement
from numerics.measurements import Experiment, Observation
from numerics.settings import Level
from numerics.studies import study_names
from numerics.verification import (
    CheckedAnswer,
    CheckedDerivation,
    CheckedFact,
    CheckedSolution,
    with_studies,
)
from quick_studies import carry_out, quick
from reports.assemble import assemble, count
from reports.document import Document, FigureBlock, Part, Section, Topic
from reports.figures import draw
from reports.html_document import write_html
from reports.latex_document import write_latex
from reports.text_document import study_lines, write_text
from reports.words import render_study
from tests.reports.fakes import PROVED, Fake

STUDIES = study_names()


@cache
def solutions_of_sheets() -> dict[str, str]:
    """Every solution that a sheet or the library names, with that sheet."""
    return {
        question.solution: name
        for name in (*sheet_names(), LIBRARY)
        for question in load_sheet(name).questions
    }


@cache
def owners() -> dict[str, list[str]]:
    """The solutions that name each study."""
    found: dict[str, list[str]] = {name: [] for name in STUDIES}
    for solution in solutions_of_sheets():
        for name in derive(Variant(solution)).studies:
            found.setdefault(name, []).append(solution)
    return found


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_belongs_to_one_question(name: str) -> None:
    assert len(owners()[name]) == 1


def test_questions_name_studies_that_are_there() -> None:
    assert sorted(owners()) == STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_quick_results_have_no_findings(name: str) -> None:
    found = quick(name)
    checked = with_studies(unchecked(name), Level.QUICK, {name: found})
    assert checked.findings == ()
    assert found.measurements
    assert found.name == name
    names = Counter(row.name for row in (*found.measurements, *found.observations))
    assert max(names.values()) == 1


@pytest.mark.parametrize("name", STUDIES)
def test_the_same_setting_gives_the_same_numbers(name: str) -> None:
    first, again = quick(name), carry_out(name)
    assert again.measurements == first.measurements
    assert again.observations == first.observations
    assert again.series.keys() == first.series.keys()
    for series, values in again.series.items():
        np.testing.assert_array_equal(values, first.series[series])


@pytest.mark.parametrize("name", STUDIES)
def test_numbers_are_numbers(name: str) -> None:
    found = quick(name)
    for row in found.measurements:
        assert all(map(math.isfinite, (row.predicted, row.estimate)))
        assert row.lower <= row.upper
    for observed in found.observations:
        assert math.isfinite(observed.estimate)
    for row in (*found.measurements, *found.observations):
        assert row.standard_error is None or row.standard_error >= 0
        assert not row.words.endswith(".")
    assert all(values.dtype == np.float64 for values in found.series.values())


def unchecked(name: str) -> CheckedSolution:
    """The solution of a study, taken to be proved: only its names are needed."""
    (owner,) = owners()[name]
    solution = find_solution(owner)()

    def taken(derivation: Derivation) -> CheckedDerivation:
        return CheckedDerivation(derivation, (), PROVED)

    return CheckedSolution(
        owner,
        solution,
        tuple(CheckedAnswer(one.id, taken(one.derivation), ()) for one in solution.answers),
        tuple(map(taken, solution.lemmas)),
        tuple(CheckedFact(fact, PROVED) for fact in solution.facts),
        {},
        (),
    )


@pytest.mark.parametrize("name", STUDIES)
def test_words_and_figures_can_be_printed(name: str, tmp_path: Path) -> None:
    found = quick(name)
    checked = with_studies(unchecked(name), Level.QUICK, {name: found})
    blocks = render_study(checked, found)
    figures = [block.name for block in blocks if isinstance(block, FigureBlock)]
    assert figures
    assert sorted(figures) == sorted(
        f"{name}.{one}" for one in importlib.import_module(f"reports.figures.{name}").__all__
    )
    for figure in figures:
        draw(figure, {name: found}, tmp_path / "figure.svg")
        first = (tmp_path / "figure.svg").read_bytes()
        draw(figure, {name: found}, tmp_path / "figure.svg")
        assert (tmp_path / "figure.svg").read_bytes() == first
    question = Question("1", 0, "A question", checked.name)
    part = Part(Topic.MEASURED, blocks)
    document = Document("Title", "", "key", 0, (Section("1", question.title, 0, (part,)),))
    assert "figure.pdf" in write_latex(document, dict.fromkeys(figures, "figure.pdf"))
    assert "figure.svg" in write_html(document, dict.fromkeys(figures, "figure.svg"))
    shown = write_text(blocks)
    for row in (*found.measurements, *found.observations):
        assert row.words in shown
    lines = study_lines(found, "quick")
    assert len(lines) == 2 + len(found.measurements) + len(found.observations)


def test_what_is_left_out_is_said(fake: Fake) -> None:
    solution = replace(fake.solution, solution=replace(fake.solution.solution, studies=("gone",)))
    checked = with_studies(solution, Level.FULL, {}, ["gone", "another"])
    document = assemble(fake.sheet, {"fake.double": checked}, folder=fake.templates)
    (part,) = (part for part in document.sections[0].parts if part.topic is Topic.MEASURED)
    shown = write_text(part.blocks)
    assert "gone is left out" in shown
    assert "pip install torch" in shown
    assert "another" not in shown


def test_what_does_not_agree_is_a_finding(fake: Fake) -> None:
    row = agreement("value", "a value", 1.0, 2.0, 1, "test")
    solution = replace(fake.solution, solution=replace(fake.solution.solution, studies=("off",)))
    off = Experiment("off", (row,))
    checked = with_studies(solution, Level.QUICK, {"off": off, "other": off})
    assert list(checked.studies) == ["off"]
    (finding,) = checked.findings
    assert finding.startswith("off: value does not agree")
    before, after = count(solution), count(checked)
    assert before == after  # undecided is not among what is counted


def test_an_observation_has_neither_verdict_nor_finding(fake: Fake) -> None:
    seen = Observation("share", "share of heads", 0.512345, 0.0123, 1000, 3, predicted=0.5)
    coins = Experiment("coins_at_length", (), observations=(seen,))
    solution = replace(
        fake.solution, solution=replace(fake.solution.solution, studies=("coins_at_length",))
    )
    checked = with_studies(solution, Level.FULL, {"coins_at_length": coins})
    path = fake.templates / "studies" / "coins_at_length.md.j2"
    path.parent.mkdir()
    path.write_text('{% block study %}Heads: {{ observed("share") }}.{% endblock %}')
    shown = write_text(render_study(checked, coins, fake.templates))
    assert "Heads: 0.512 (standard error 0.012, N = 1,000, seed 3, observed)." in shown
    assert checked.findings == ()
