"""From a sheet to its files: check, assemble, draw, typeset, move into place."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from derivations.sheets import Sheet
from numerics.verification import CheckedSolution
from reports import evidence
from reports.assemble import assemble, figures_of
from reports.document import Document
from reports.engine import EngineMissing, Typeset, find_engine, typeset
from reports.figures import draw
from reports.html_document import write_html
from reports.latex_document import write_latex
from reports.options import Edition, Engine, Format
from reports.output import Staging
from reports.words import TEMPLATES

__all__ = ["Solved", "Unconfirmed", "solve"]


#: A formula may be shrunk to this percentage without a word about it.
LEGIBLE = 75


class Unconfirmed(RuntimeError):
    """Something did not come out as promised, so nothing is printed; ``findings`` says what."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Solved:
    """What :func:`solve` wrote.

    Attributes:
        files: where everything lies, the main file first.
        fit: lines of the PDF that came out too wide, and formulas shrunk to fit.
        remedy: what to do for a PDF where no engine made one; empty otherwise.
    """

    files: tuple[Path, ...]
    fit: tuple[str, ...]
    remedy: str


def solve(
    sheet: Sheet,
    checked: dict[str, CheckedSolution],
    output: Path,
    *,
    edition: Edition = Edition.KEY,
    engine: Engine = Engine.BUNDLED,
    kind: Format = Format.PDF,
    seed: int = 0,
    templates: Path = TEMPLATES,
) -> Solved:
    """Write a sheet's document, figures and evidence into ``output``, all of it or nothing.

    Raises:
        Unconfirmed: a check has findings.
        WordsError, FigureError, TeXError, OutputError: something could not be made.
    """
    findings = [text for solution in checked.values() for text in solution.findings]
    if findings:
        raise Unconfirmed(findings)
    document = assemble(sheet, checked, edition, seed, templates)
    stem = sheet.id if edition is Edition.KEY else f"{sheet.id}-{edition.value}"
    with Staging(output) as staging:
        record = evidence.as_text(evidence.of_sheet(sheet, checked, seed))
        (staging.folder / f"{sheet.id}.json").write_text(record, encoding="utf-8", newline="\n")
        drawn = _draw(document, sheet, checked, staging.folder, f"{stem}-figures", kind)
        if kind is Format.HTML:
            page = staging.folder / f"{stem}.html"
            embedded = {name: _embedded(staging.folder / path) for name, path in drawn.items()}
            text = write_html(document, embedded, templates)
            page.write_text(text, encoding="utf-8", newline="\n")
            return Solved(tuple(staging.publish(page.name, f"{sheet.id}.json")), (), "")
        program, remedy = _engine(engine, f"{stem}.tex")
        source = staging.folder / f"{stem}.tex"
        source.write_text(write_latex(document, drawn, templates), encoding="utf-8", newline="\n")
        names = [f"{stem}.tex", f"{sheet.id}.json", *([f"{stem}-figures"] if drawn else [])]
        fit: tuple[str, ...] = ()
        if program is not None:
            try:
                finished = typeset(program, source)
            except EngineMissing as error:
                remedy = str(error)
            else:
                fit = _fit(finished, source.name)
                names.append(finished.pdf.name)
        return Solved(tuple(reversed(staging.publish(*names))), fit, remedy)


def _embedded(figure: Path) -> str:
    """A drawing as an address that holds all of it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.read_bytes()).decode('ascii')}"


def _fit(finished: Typeset, name: str) -> tuple[str, ...]:
    """What does not fit the page of a finished PDF, by lines of its source called ``name``."""
    return (
        *(f"{name}: too wide by {where}" for where in finished.overfull),
        *(
            f"{name}:{line}: formula shrunk to {percent}%"
            for line, percent in finished.shrunk
            if percent < LEGIBLE
        ),
    )


def _engine(engine: Engine, name: str) -> tuple[Path | None, str]:
    try:
        program = find_engine(engine)
    except EngineMissing as error:
        return None, str(error)
    return program, "" if program else f"run pdflatex on {name} twice, in its folder, for the PDF"


def _draw(
    document: Document,
    sheet: Sheet,
    checked: dict[str, CheckedSolution],
    folder: Path,
    name: str,
    kind: Format,
) -> dict[str, str]:
    """Draw the document's figures; for each its path from beside the document."""
    ending = "svg" if kind is Format.HTML else "pdf"
    paths: dict[str, str] = {}
    for figure, number in figures_of(document).items():
        (folder / name).mkdir(exist_ok=True)
        paths[figure] = f"{name}/{figure.replace('.', '-').replace('_', '-')}.{ending}"
        solution = checked[sheet.questions[number].solution]
        experiments = {**solution.experiments, **solution.studies}
        draw(figure, experiments, folder / paths[figure])
    return paths
