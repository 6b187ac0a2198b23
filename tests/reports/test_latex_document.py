"""Text in LaTeX documents."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, strategies as st
from pypdf import PdfReader

from language.claims import Status, Verdict
from numerics.measurements import Measurement
from reports.badges import badge_of_measurement
from reports.document import (
    Document,
    Inline,
    MeasurementTable,
    Paragraph,
    Part,
    Section,
    SummaryRow,
    TableBlock,
    Text,
    Topic,
)
from reports.engine import find_engine, typeset
from reports.latex_document import escape, escape_code, labels, write_latex
from reports.markdown import Nodes, parse_blocks
from reports.options import Engine

#: What escaped text may be made of: harmless characters, escapes, and short pieces of math.
HARMLESS = re.compile(
    r"(?:[^\\{}$&#%_^~<>|\"`]|\\[{}$&#%_]|\\[A-Za-z]+\{\}|\\,|~|\{\}"
    r"|\\textsuperscript\{(?:[0-9]|\$-\$)\}|\$(?:\\[A-Za-z]+|-|_\{[0-9]\})\$)*\Z",
    re.DOTALL,
)

anything = st.text() | st.text(alphabet="\\{}$&#%_^~<>|\"`-'!?,ab \n\u03b1\u2212\u2070\u2081")


@given(anything)
def test_no_special_character_survives_escaping(text: str) -> None:
    assert HARMLESS.match(escape(text))
    assert HARMLESS.match(escape_code(text))


@given(anything, anything)
def test_escaping_is_done_character_by_character(left: str, right: str) -> None:
    assert escape(left + right) == escape(left) + escape(right)


@given(anything)
def test_any_markdown_is_read(text: str) -> None:
    private = re.compile("[\ue000\ue001]")
    parse_blocks(private.sub("", text), Nodes())


def test_what_is_escaped_is_what_is_printed(tmp_path: Path) -> None:
    ascii_characters = "".join(map(chr, range(33, 127)))
    source = tmp_path / "characters.tex"
    source.write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern,textcomp,amsmath}"
        "\\begin{document}\\raggedright\n"
        + " ".join(map(escape, ascii_characters))
        + "\n\n\\texttt{"
        + escape_code("a--b ?`c ,,d")
        + "}\n\n"
        + escape("\u03b1\u0393\u2264\u00e9\u0151\u2026\u2019\u00d710\u207b\u2076\U0001f600")
        + "\n\\end{document}\n",
        encoding="utf-8",
    )
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    text = PdfReader(typeset(program, source).pdf).pages[0].extract_text()
    printed = "".join(text.split())
    assert ascii_characters.replace("'", "\u2019") in printed
    assert "a--b?`c,,d" in printed
    assert "[U+1F600]" in printed


@given(st.lists(st.from_regex(r"[a-z0-9]{1,6}([.-][a-z0-9]{1,6}){0,3}", fullmatch=True)))
def test_different_questions_are_headed_by_different_numbers(ids: list[str]) -> None:
    shown = labels(ids)
    assert len(set(shown.values())) == len(set(ids))
    assert all(shown[name] == name or shown[name][-1] == "*" for name in ids)


def test_only_a_named_part_of_a_numbered_question_gets_a_star() -> None:
    ids = ["5.empirical", "4.wgan.reading", "3.optimality.5a", "1.a", "vae-training", "III.3.3.3"]
    assert [name for name, shown in labels(ids).items() if shown != name] == ["5.empirical"]
    assert labels(["5.theory", "5.practice"]) == {
        "5.theory": "5.theory",
        "5.practice": "5.practice",
    }


def cell(text: str) -> tuple[Inline, ...]:
    return (Text(text),)


def test_wide_and_long_tables_and_long_numbers_fit_the_pages(tmp_path: Path) -> None:
    prose = "words of a cell that is far too long for a single line of any table " * 2
    rows = tuple((cell(f"row{k}"), cell(prose), cell("short"), cell(prose)) for k in range(30))
    header = tuple(map(cell, ("name", "one", "two", "three")))
    verdict = Verdict(Status.EVIDENCE, "differences", "here", "They agree.", digits=9)
    measured = [
        Measurement(f"m{k}", f"measured{k} {prose}", 0.5, 0.5, 0.5, 0.5, 1000, None, verdict)
        for k in range(30)
    ]
    table = MeasurementTable("e", "cpu", tuple((m, badge_of_measurement(m)) for m in measured))
    blocks = (TableBlock(header, rows), Paragraph(cell(prose)), table)
    names = ("1", "3.optimality.5a", "gaussian-kl-and-a-very-long-number.III.3.3.3")
    sections = tuple(
        Section(name, f"Title{k} {prose}", 2, (Part(Topic.SOLUTION, blocks),), (name, "Group", 2))
        for k, name in enumerate(names)
    )
    counts = ("proved", "refuted", "statistical", "evidence", "variants", "replays")
    document = Document(
        "Title",
        "",
        "key",
        6,
        sections,
        counts,
        tuple(SummaryRow(name, prose, (1234,) * 6) for name in names[:2]),
    )
    source = tmp_path / "tables.tex"
    source.write_text(write_latex(document, {}), encoding="utf-8")
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    finished = typeset(program, source)
    assert not finished.overfull
    text = [page.extract_text() for page in PdfReader(finished.pdf).pages]
    assert sum("measured29" in page for page in text) == len(sections)
    assert sum("measured0" in page for page in text) == len(sections)
    assert "ran on" not in text[-1]  # nothing was measured on any device
