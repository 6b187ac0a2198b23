"""A sheet and its checked solutions as a document, in one of three editions."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from derivations.conventions import KINDS
from derivations.sheets import Question, Sheet, listed
from derivations.solutions import answers_in
from language.claims import Status, Verdict
from numerics.training import LEFT_OUT
from numerics.verification import CheckedDerivation, CheckedSolution
from reports.document import (
    Block,
    Code,
    Document,
    Emphasis,
    FigureBlock,
    Inline,
    ListBlock,
    Paragraph,
    Part,
    Section,
    SummaryRow,
    TableBlock,
    Text,
    Topic,
)
from reports.markdown import Nodes
from reports.options import Edition
from reports.words import TEMPLATES, Placeholders, render_study, render_words

__all__ = ["COLUMNS", "assemble", "count", "figures_of", "versions"]

#: What takes part in deriving and checking, by the name of its distribution.
_PARTS = ("closedform", "sympy", "python-flint", "z3-solver", "numpy", "scipy", "matplotlib")

#: What takes part in studies beside that.
_STUDYING = ("scikit-learn", "torch")

#: The columns of the last page's table, with the statuses counted in the first four.
_COUNTED = (Status.PROVED, Status.REFUTED, Status.STATISTICAL, Status.EVIDENCE)
COLUMNS = ("proved", "refuted", "statistical", "evidence", "variants", "replays")


_CONTENTS = {
    Edition.KEY: (Topic.STATEMENT, Topic.SOLUTION, Topic.REMARKS, Topic.MEASURED),
    Edition.HANDOUT: (Topic.STATEMENT,),
    Edition.RUBRIC: (Topic.RESULTS, Topic.MISTAKES),
}


def assemble(
    sheet: Sheet,
    checked: Mapping[str, CheckedSolution],
    edition: Edition = Edition.KEY,
    seed: int = 0,
    folder: Path = TEMPLATES,
) -> Document:
    """The document of a sheet.

    Args:
        sheet: the questions in order.
        checked: for each question's ``solution``, the checked solution.
        edition: what it holds.
        seed: the seed that the checks ran with.
        folder: where the templates lie.

    Raises:
        WordsError: a template is missing or wrong.
    """
    sections = []
    seen: set[str] = set()
    for question in sheet.questions:
        heading = None
        group = sheet.group_of(question)
        if group is not None and group.id not in seen:
            seen.add(group.id)
            points = sum(q.points for q in sheet.questions if sheet.group_of(q) == group)
            heading = (group.id, group.title, points)
        parts = _parts(question, checked[question.solution], edition, folder)
        sections.append(Section(question.id, question.title, question.points, parts, heading))
    summary = _summary(sheet.questions, checked) if edition is Edition.KEY else ()
    studied = any(c.studies for c in checked.values())
    experiments = [
        e for c in checked.values() for e in (*c.experiments.values(), *c.studies.values())
    ]
    return Document(
        title=sheet.title,
        subtitle=sheet.subtitle,
        edition=edition.value,
        points=sheet.points,
        sections=tuple(sections),
        summary_header=COLUMNS,
        summary=summary,
        versions=versions(studied=studied),
        seed=seed,
        devices=tuple(sorted({experiment.device for experiment in experiments})),
        conventions=_conventions(sheet, checked),
    )


def _conventions(sheet: Sheet, checked: Mapping[str, CheckedSolution]) -> tuple[Block, ...]:
    """The sheet's conventions in words, with the questions whose formulas they change."""
    rows = []
    for kind, option in sheet.conventions:
        changed = [
            question.id
            for question in sheet.questions
            if (kind, option) in checked[question.solution].conventions
        ]
        cells = (option, KINDS[kind].options[option], listed(changed) if changed else "none")
        rows.append(((Emphasis((Text(KINDS[kind].words),)),), *(_words(cell) for cell in cells)))
    if not rows:
        return ()
    header = tuple(map(_words, ("", "written", "in words", "changed in")))
    return (
        TableBlock(header, tuple(rows)),
        Paragraph(
            _words(
                "Formulas follow these conventions and were checked in them. Figures and measured"
                " values are those of the convention that a question follows otherwise."
            )
        ),
    )


def _words(text: str) -> tuple[Inline, ...]:
    return (Text(text),)


def _parts(
    question: Question, checked: CheckedSolution, edition: Edition, folder: Path
) -> tuple[Part, ...]:
    words = {
        **render_words(checked, folder, question.own),
        Topic.RESULTS: _results(question, checked),
        Topic.MEASURED: _measured(checked, folder),
    }
    first = _CONTENTS[edition][0]
    words[first] = (*words[first], *_asked(question))
    return tuple(Part(topic, words[topic]) for topic in _CONTENTS[edition] if words[topic])


def _measured(checked: CheckedSolution, folder: Path) -> tuple[Block, ...]:
    """What the solution's studies measured, and which of them are left out and why."""
    blocks: list[Block] = []
    for study in checked.studies.values():
        blocks += render_study(checked, study, folder)
    for name in checked.left_out:
        words = (Text("The study "), Code(name), Text(f" is left out: {LEFT_OUT}."))
        blocks.append(Paragraph(words))
    return tuple(blocks)


def _asked(question: Question) -> tuple[Block, ...]:
    """What a sheet asks for where that is not simply every answer."""
    shares = dict(question.shares)
    words: list[Inline] = []
    for number, answer in enumerate(question.answers):
        words += [Text(", " if number else "Asked for here: "), Code(answer)]
        if answer in shares:
            points = shares[answer]
            words.append(Text(f" ({points} point{'' if points == 1 else 's'})"))
    if words:
        words.append(Text(". "))
    for group in question.one_of:
        words.append(Text("One of "))
        for number, answer in enumerate(group):
            between = "" if not number else " and " if number == len(group) - 1 else ", "
            words += [Text(between), Code(answer)]
        words.append(Text(" is enough, and counts once. "))
    return (Paragraph(tuple(words)),) if words else ()


def _results(question: Question, checked: CheckedSolution) -> tuple[Block, ...]:
    """Every answer that is asked for, with its forms, and every choice, as a marker needs them."""
    placeholders = Placeholders(checked, Nodes())
    blocks: list[Block] = []
    for answer in question.answers or answers_in(checked.solution):
        blocks.append(placeholders.result(answer))
        if answer in placeholders.answers and placeholders.answers[answer].forms:
            blocks.append(placeholders.forms_of(answer))
    return tuple(blocks)


def _derivations(checked: CheckedSolution) -> list[CheckedDerivation]:
    return [*(answer.checked for answer in checked.answers), *checked.lemmas]


def _decisions(checked: CheckedSolution) -> Iterator[Verdict]:
    """Every verdict on a claim of a solution: links, wholes, forms, facts and measurements."""
    for derivation in _derivations(checked):
        yield from (step.verdict for step in derivation.steps if step.verdict is not None)
        yield derivation.verdict
    yield from (verdict for answer in checked.answers for _, verdict in answer.forms)
    yield from (fact.verdict for fact in checked.facts)
    for experiment in (*checked.experiments.values(), *checked.studies.values()):
        yield from (measurement.verdict for measurement in experiment.measurements)


def count(checked: CheckedSolution) -> tuple[int, ...]:
    """How much was checked, in the order of :data:`COLUMNS`."""
    statuses = Counter(verdict.status for verdict in _decisions(checked))
    replays = sum(len(derivation.replays) for derivation in _derivations(checked))
    return (*(statuses[status] for status in _COUNTED), len(checked.mutants), replays)


def _summary(
    questions: Iterable[Question], checked: Mapping[str, CheckedSolution]
) -> tuple[SummaryRow, ...]:
    rows = [SummaryRow(q.id, q.title, count(checked[q.solution])) for q in questions]
    columns = zip(*(row.counts for row in rows), strict=True)
    return (*rows, SummaryRow("", "in all", tuple(sum(column) for column in columns)))


def figures_of(document: Document) -> dict[str, int]:
    """The names of the figures a document shows, each with the number of its section."""
    found: dict[str, int] = {}

    def visit(blocks: Iterable[Block], section: int) -> None:
        for block in blocks:
            if isinstance(block, FigureBlock):
                found.setdefault(block.name, section)
            elif isinstance(block, ListBlock):
                for item in block.items:
                    visit(item, section)

    for number, section in enumerate(document.sections):
        for part in section.parts:
            visit(part.blocks, number)
    return found


def versions(*, studied: bool = False) -> tuple[tuple[str, str], ...]:
    """Name and version of Python and of every package that takes part in checking, or studying."""
    found = [("Python", platform.python_version())]
    for name in (*_PARTS, *(_STUDYING if studied else ())):
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue  # closedform itself in a checkout, PyTorch where it is not installed
    torch = sys.modules.get("torch")
    if torch is not None and not studied:
        found.append(("torch", str(torch.__version__)))
    return tuple(found)
