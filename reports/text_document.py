"""The plain-text writer, for terminals: blocks as lines, formulas by :mod:`language.text`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from language.claims import Verdict
from language.text import to_text
from numerics.measurements import Experiment, Measurement, Observation
from reports import numbers
from reports.document import (
    Badge,
    BadgeLine,
    Block,
    Boxed,
    Chosen,
    Code,
    Display,
    Emphasis,
    FactLine,
    FigureBlock,
    Forms,
    Formula,
    Inline,
    ListBlock,
    Listing,
    Mark,
    Math,
    Measured,
    MeasurementTable,
    Observed,
    Paragraph,
    Relation,
    Section,
    Steps,
    Strong,
    TableBlock,
    Text,
)
from reports.rows import NONE, OBSERVED, estimate_of, row_of

__all__ = ["study_lines", "write_section", "write_text"]

_WIDTH = 96
_RELATIONS = {
    Relation.EQUAL: "=",
    Relation.UP_TO_CONSTANT: "= (up to a constant)",
    Relation.EQUIVALENT: "<=>",
}


def write_section(section: Section) -> str:
    """A question as text: its heading, then its parts with a heading each."""
    heading = f"{section.id}  {section.title}"
    if section.points:
        heading += " (1 point)" if section.points == 1 else f" ({section.points} points)"
    parts = [heading, "=" * len(heading), ""]
    for part in section.parts:
        parts += [part.topic.value.capitalize(), "-" * len(part.topic.value)]
        parts += [write_text(part.blocks), ""]
    return "\n".join(parts).rstrip() + "\n"


def write_text(blocks: Sequence[Block]) -> str:
    """Blocks as text, with an empty line between them."""
    return "\n\n".join("\n".join(_block(block)) for block in blocks)


def _block(block: Block) -> Iterable[str]:
    match block:
        case Paragraph(content):
            return textwrap.wrap(_words(content), _WIDTH)
        case ListBlock(items, start):
            return _listing(items, start)
        case TableBlock(header, rows):
            cells = [[_words(cell) for cell in row] for row in (header, *rows)]
            return _columns(cells)
        case Display(formula):
            return [f"    {_formula(formula)}"]
        case Steps(opening, first, lines, notation, relation):
            shown = [_words(opening), f"    {to_text(first, notation)}"]
            for number, line in enumerate(lines, 1):
                shown.append(f"{number}. {_words(line.reason)}  [{line.checked}]")
                shown.append(f"    {_RELATIONS[relation]} {to_text(line.term, notation)}")
            return shown
        case Boxed(formula, badge):
            return [f"  >> {_formula(formula)}", f"     {_badge(badge)}"]
        case Chosen(asked, option, badges):
            return [f"  >> {asked}: {option}", *(f"     {_badge(badge)}" for badge in badges)]
        case Forms(formulas, badge):
            return ["Also accepted:", *(f"    {_formula(f)}" for f in formulas), _badge(badge)]
        case FactLine(formula, badge):
            return [f"    {_formula(formula)}", f"    {_badge(badge)}"]
        case BadgeLine(badge):
            return [_badge(badge)]
        case MeasurementTable(experiment, device, rows, observations):
            return [f"{experiment} ({device})", *_measurements(rows, observations)]
        case Listing(name, code, runs):
            shown = [f"numerics/listings/{name}.py", *code.splitlines()]
            return [*shown, *(_measurements(runs) if runs else [Listing.NOT_EXECUTED])]
        case FigureBlock(name, caption):
            return [f"[figure {name}: {_words(caption)}]"]


def _listing(items: Sequence[Sequence[Block]], start: int | None) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(items, start or 1):
        lead = "- " if start is None else f"{number}. "
        text = textwrap.indent(write_text(item), " " * len(lead))
        lines += (lead + text[len(lead) :]).splitlines()
    return lines


def _measurements(
    rows: Iterable[tuple[Measurement, Badge]], observations: Iterable[Observation] = ()
) -> list[str]:
    marked = [(row_of(row), badge.label) for row, badge in rows]
    marked += [(row_of(row), OBSERVED) for row in observations]
    cells = [["measured", "predicted", "estimate", "N", "verdict"]]
    for row, mark in marked:
        cells.append([row.words, row.predicted, row.estimate, row.samples, mark])
    return _columns(cells)


def study_lines(study: Experiment, how: str) -> list[str]:
    """A study as the command line prints it: everything measured, with its standard errors."""
    cells = [["", "predicted", "estimate", "s.e.", "interval", "N", ""]]
    marked: list[tuple[Measurement | Observation, str]] = [
        (row, _verdict(row.verdict)) for row in study.measurements
    ]
    marked += [(row, OBSERVED) for row in study.observations]
    for row, mark in marked:
        shown = row_of(row)
        error = NONE if row.standard_error is None else numbers.plain(row.standard_error, 2)
        interval = shown.interval if isinstance(row, Measurement) else NONE
        cells.append(
            [
                f"  {shown.words}",
                shown.predicted,
                shown.estimate,
                error,
                interval,
                shown.samples,
                mark,
            ]
        )
    return [f"{study.name} ({how})", *_columns(cells)]


def _verdict(verdict: Verdict) -> str:
    """A verdict in short, with what it guarantees or the digits that agree."""
    parts = [verdict.status.value]
    if verdict.epsilon is not None:
        parts.append(f"within {numbers.plain(verdict.epsilon, 2)}")
    if verdict.alpha is not None:
        parts.append(f"alpha {numbers.plain(verdict.alpha, 2)}")
    if verdict.digits is not None:
        parts.append(f"{verdict.digits} digit{'' if verdict.digits == 1 else 's'}")
    return ", ".join(parts)


def _columns(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _words(content: Sequence[Inline]) -> str:
    return " ".join("".join(map(_inline, content)).split())


def _inline(node: Inline) -> str:
    match node:
        case Text(text) | Code(text):
            return text
        case Emphasis(content) | Strong(content):
            return _words(content)
        case Math(formula):
            return _formula(formula)
        case Measured(measurement, how, badge):
            return f"{estimate_of(measurement)} ({how}) [{badge.label}]"
        case Observed(observation, how):
            return f"{estimate_of(observation)} ({how})"
        case Mark(badge):
            return f"[{badge.label}]"


def _formula(formula: Formula) -> str:
    shown = (to_text(term, formula.notation) for term in formula.terms)
    return f" {_RELATIONS[formula.relation]} ".join(shown)


def _badge(badge: Badge) -> str:
    return f"[{badge.label}] {badge.detail}"
