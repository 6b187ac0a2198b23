"""The document model: what a page says, before any particular way of typesetting it.

:mod:`reports.words` and :mod:`reports.assemble` build it, :mod:`reports.latex_document` writes it.
Formulas are kept as terms, so that another writer can typeset them in its own way.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from language.claims import Status
from language.notation import Notation
from language.terms import Term
from numerics.measurements import Measurement, Observation

__all__ = [
    "Badge",
    "BadgeLine",
    "Block",
    "Boxed",
    "Chosen",
    "Code",
    "Display",
    "Document",
    "Emphasis",
    "FactLine",
    "FigureBlock",
    "Forms",
    "Formula",
    "Inline",
    "ListBlock",
    "Listing",
    "Mark",
    "Math",
    "Measured",
    "MeasurementTable",
    "Observed",
    "Paragraph",
    "Part",
    "Relation",
    "Section",
    "StepLine",
    "Steps",
    "Strong",
    "SummaryRow",
    "TableBlock",
    "Text",
    "Topic",
]


class Relation(enum.Enum):
    """What stands between the terms of a formula."""

    EQUAL = "equal"
    UP_TO_CONSTANT = "equal up to a constant"
    EQUIVALENT = "equivalent"


@dataclass(frozen=True, slots=True)
class Formula:
    """One term, or several joined by a relation; ``notation`` says how their names are printed."""

    terms: tuple[Term, ...]
    notation: Notation
    relation: Relation = Relation.EQUAL


@dataclass(frozen=True, slots=True)
class Badge:
    """How a result was checked.

    Attributes:
        status: what kind of check it was.
        label: the short text in the frame.
        detail: one plain-text line: stage and scope, witness, interval, seed ...
    """

    status: Status
    label: str
    detail: str


# ------------------------------------------------------------------ within a line


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; the writer escapes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Stressed words."""

    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strong:
    """Strongly stressed words."""

    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text in a fixed-width face, printed as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """A formula within a line."""

    formula: Formula


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement within a line; ``how`` is its interval, draws and seed in short."""

    measurement: Measurement
    how: str
    badge: Badge


@dataclass(frozen=True, slots=True)
class Observed:
    """A number within a line that was measured and of which nothing is claimed."""

    observation: Observation
    how: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A badge's frame within a line, without its detail."""

    badge: Badge


Inline: TypeAlias = "Text | Emphasis | Strong | Code | Math | Measured | Observed | Mark"


# ------------------------------------------------------------------ blocks


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; ``start`` is the first number of an ordered one, None for bullets."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A small table of text."""

    header: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Display:
    """A formula on a line of its own."""

    formula: Formula


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a derivation: what the term became, why, and how that was decided."""

    reason: tuple[Inline, ...]
    term: Term
    conditions: tuple[Term, ...]
    checked: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A derivation: where it starts and why, then numbered steps joined by ``relation``."""

    opening: tuple[Inline, ...]
    start: Term
    lines: tuple[StepLine, ...]
    notation: Notation
    relation: Relation


@dataclass(frozen=True, slots=True)
class Boxed:
    """A result in a frame with its badge."""

    formula: Formula
    badge: Badge


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decision in a frame: what was asked, the option that is right, and why.

    ``badges`` has one for what was decided exactly and one for what was measured, where there is.
    """

    asked: str
    option: str
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """Equivalent forms of an answer."""

    formulas: tuple[Formula, ...]
    badge: Badge


@dataclass(frozen=True, slots=True)
class FactLine:
    """A displayed statement and its badge."""

    formula: Formula
    badge: Badge


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge on a line of its own, with its detail."""

    badge: Badge


@dataclass(frozen=True, slots=True)
class MeasurementTable:
    """Every measurement of an experiment beside its prediction, then what else was observed."""

    experiment: str
    device: str
    rows: tuple[tuple[Measurement, Badge], ...]
    observations: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A program as it stands in its file, and what its execution measured.

    Attributes:
        name: of the module of ``numerics.listings``.
        code: its functions.
        runs: the measurements of its execution; none where it was not executed.
    """

    NOT_EXECUTED: ClassVar[str] = "Not executed in this run: PyTorch is not installed."

    name: str
    code: str
    runs: tuple[tuple[Measurement, Badge], ...]


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure: the function of ``reports.figures`` that draws it, and a caption."""

    name: str
    caption: tuple[Inline, ...]


Block: TypeAlias = (
    "Paragraph | ListBlock | TableBlock | Display | Steps | Boxed | Chosen | Forms | FactLine"
    " | BadgeLine | MeasurementTable | Listing | FigureBlock"
)


# ------------------------------------------------------------------ the whole


class Topic(enum.Enum):
    """What a part of a question's section is for."""

    STATEMENT = "statement"
    SOLUTION = "solution"
    RESULTS = "results"
    REMARKS = "remarks"
    MEASURED = "measured"
    MISTAKES = "mistakes"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a section: what it is for, and its blocks."""

    topic: Topic
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A question. ``group`` is the heading above it where it is the first of its group."""

    id: str
    title: str
    points: int
    parts: tuple[Part, ...]
    group: tuple[str, str, int] | None = None


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """How many things of each kind were checked for a question."""

    id: str
    title: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    Attributes:
        title: of the sheet.
        subtitle: a line under it; may be empty.
        edition: ``"key"``, ``"handout"`` or ``"rubric"``.
        points: the sum over all questions.
        sections: the questions in order.
        summary_header: names of the columns of ``summary``.
        summary: one row for each question; empty where the edition has none.
        versions: name and version of everything that took part in checking.
        seed: the seed of every draw.
        devices: where the experiments ran.
        conventions: what follows the title where the sheet asks for conventions; else empty.
    """

    title: str
    subtitle: str
    edition: str
    points: int
    sections: tuple[Section, ...]
    summary_header: tuple[str, ...] = ()
    summary: tuple[SummaryRow, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    seed: int = 0
    devices: tuple[str, ...] = ()
    conventions: tuple[Block, ...] = ()
