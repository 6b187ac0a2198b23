"""The plain-text writer, for terminals: blocks as lines, formulas by :mod:`language.text`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from language.text import to_text
from numerics.measurements import Measurement
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
    Paragraph,
    Relation,
    Section,
    Steps,
    Strong,
    TableBlock,
    Text,
)

__all__ = ["write_section", "write_text"]

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
        case MeasurementTable(experiment, device, rows):
            return [f"{experiment} ({device})", *_measurements(rows)]
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


def _measurements(rows: Iterable[tuple[Measurement, Badge]]) -> list[str]:
    cells = [["measured", "predicted", "estimate", "N", "verdict"]]
    for row, badge in rows:
        estimate = numbers.measured(row.estimate, row.lower, row.upper)
        predicted = numbers.plain(row.predicted, 5)
        count = numbers.count(row.samples)
        cells.append([row.words, predicted, estimate, count, badge.label])
    return _columns(cells)


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
            value = numbers.measured(measurement.estimate, measurement.lower, measurement.upper)
            return f"{value} ({how}) [{badge.label}]"
        case Mark(badge):
            return f"[{badge.label}]"


def _formula(formula: Formula) -> str:
    shown = (to_text(term, formula.notation) for term in formula.terms)
    return f" {_RELATIONS[formula.relation]} ".join(shown)


def _badge(badge: Badge) -> str:
    return f"[{badge.label}] {badge.detail}"
