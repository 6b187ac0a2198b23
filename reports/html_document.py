"""The HTML writer: a document as one page that stands by itself.

No script, nothing fetched: the style is in the page, formulas are MathML, figures are embedded. The
page says in its own policy that nothing else may load. Headings, lists, tables and captions are
what they look like, and every formula carries its plain text, for those who listen to the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from language.latex import to_latex
from language.notation import Notation
from language.terms import Term
from language.text import to_text
from numerics.measurements import Measurement, Observation
from reports.document import (
    Badge,
    BadgeLine,
    Block,
    Boxed,
    Chosen,
    Code,
    Display,
    Document,
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
    StepLine,
    Steps,
    Strong,
    TableBlock,
    Text,
)
from reports.mathml import to_mathml
from reports.rows import OBSERVED, Row, estimate_of, row_of
from reports.words import TEMPLATES, WordsError, loader_of

__all__ = ["write_html"]

_RELATIONS = {
    Relation.EQUAL: ("=", "="),
    Relation.UP_TO_CONSTANT: (r"\cfuptoconstant", "= up to a constant"),
    Relation.EQUIVALENT: (r"\Longleftrightarrow", "is equivalent to"),
}


def write_html(document: Document, figures: Mapping[str, str], folder: Path = TEMPLATES) -> str:
    """The text of a page.

    Args:
        document: what to show.
        figures: for each figure's name, an address from which it is drawn (``data:...``).
        folder: where ``document.html.j2`` and ``style.css`` are looked for first.

    Raises:
        WordsError: one of them is no template, or names something that is not there.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=loader_of(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["blocks"] = _Writer(figures).blocks
    try:
        return environment.get_template("document.html.j2").render(document=document)
    except TemplateError as error:
        raise WordsError(f"{folder / 'document.html.j2'}: {error}") from None


class _Writer:
    def __init__(self, figures: Mapping[str, str]) -> None:
        self.figures = figures

    # -------------------------------------------------------------- within a line

    def words(self, content: Sequence[Inline]) -> str:
        return "".join(map(self.inline, content)).strip()

    def inline(self, node: Inline) -> str:
        match node:
            case Text(text):
                return escape(text)
            case Emphasis(content):
                return f"<em>{self.words(content)}</em>"
            case Strong(content):
                return f"<strong>{self.words(content)}</strong>"
            case Code(text):
                return f"<code>{escape(text)}</code>"
            case Math(formula):
                return _formula(formula)
            case Measured(measurement, how, badge):
                value = escape(estimate_of(measurement))
                return f"{value} <small>({escape(how)})</small> {_mark(badge)}"
            case Observed(observation, how):
                return f"{escape(estimate_of(observation))} <small>({escape(how)})</small>"
            case Mark(badge):
                return _mark(badge)

    # -------------------------------------------------------------- blocks

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return f"<p>{self.words(content)}</p>"
            case ListBlock(items, start):
                return self.listing(items, start)
            case TableBlock(header, rows):
                return self.table(header, rows)
            case Display(formula):
                return _display(formula)
            case Steps(opening, first, lines, notation, relation):
                return self.steps(opening, first, lines, notation, relation)
            case Boxed(formula, badge):
                return f'<div class="boxed">{_display(formula)}{_badge_line(badge)}</div>'
            case Chosen(asked, option, badges):
                shown = f"{escape(asked.replace('-', ' '))}: <strong>{escape(option)}</strong>"
                how = "".join(map(_badge_line, badges))
                return f'<div class="boxed"><p class="choice">{shown}</p>{how}</div>'
            case Forms(formulas, badge):
                forms = "".join(f"<li>{_display(form)}</li>" for form in formulas)
                lead = f"<p>Also accepted: {_mark(badge)}</p>"
                return f'<div class="forms">{lead}<ul>{forms}</ul></div>'
            case FactLine(formula, badge):
                return f'<div class="fact">{_display(formula)}{_badge_line(badge)}</div>'
            case BadgeLine(badge):
                return _badge_line(badge)
            case MeasurementTable(experiment, device, rows, observations):
                return self.measurements(experiment, device, rows, observations)
            case Listing(name, code, runs):
                file = f"numerics/listings/{name}.py"
                shown = f"<p><code>{file}</code></p><pre><code>{escape(code)}</code></pre>"
                after = f"<p>{Listing.NOT_EXECUTED}</p>"
                return shown + (self.measurements(name, "PyTorch", runs) if runs else after)
            case Listing(name, code, runs):
                return self.program(name, code, runs)
            case FigureBlock(name, caption):
                return self.figure(name, self.words(caption), _plain(caption))

    def listing(self, items: Sequence[Sequence[Block]], start: int | None) -> str:
        kind = "ul" if start is None else "ol"
        first = f' start="{start}"' if start not in (None, 1) else ""
        body = "".join(f"<li>{self.blocks(item)}</li>" for item in items)
        return f"<{kind}{first}>{body}</{kind}>"

    def table(
        self, header: Sequence[Sequence[Inline]], rows: Sequence[Sequence[Sequence[Inline]]]
    ) -> str:
        head = "".join(f'<th scope="col">{self.words(cell)}</th>' for cell in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{self.words(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        return _table(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")

    def steps(
        self,
        opening: Sequence[Inline],
        first: Term,
        lines: Sequence[StepLine],
        notation: Notation,
        relation: Relation,
    ) -> str:
        start = f"<p>{self.words(opening)}</p>{_display(Formula((first,), notation))}"
        said: set[Term] = set()  # a condition is shown once and holds from there on
        items = []
        for line in lines:
            new = [condition for condition in line.conditions if condition not in said]
            said.update(new)
            reason = self.words(line.reason)
            if new:
                conditions = ", ".join(_formula(Formula((c,), notation)) for c in new)
                reason += f' <span class="conditions">({conditions})</span>'
            latex, text = _RELATIONS[relation]
            shown = _math(
                f"{latex} {to_latex(line.term, notation)}",
                f"{text} {to_text(line.term, notation)}",
                display=True,
            )
            checked = f' <small class="checked">{escape(line.checked)}</small>'
            items.append(f"<li><p>{reason}{checked}</p>{shown}</li>")
        return f'<div class="steps">{start}<ol>{"".join(items)}</ol></div>'

    def measurements(
        self,
        experiment: str,
        device: str,
        rows: Sequence[tuple[Measurement, Badge]],
        observations: Sequence[Observation] = (),
    ) -> str:
        names = ("measured", "predicted", "estimate", "interval", "draws", "verdict")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        cells = [(row_of(row), _mark(badge)) for row, badge in rows]
        cells += [(row_of(row), OBSERVED) for row in observations]
        body = "".join(_table_row(row, mark) for row, mark in cells)
        caption = escape(", ".join(filter(None, (experiment.replace("_", " "), device))))
        return _table(
            f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        )

    def program(self, name: str, code: str, runs: Sequence[tuple[Measurement, Badge]]) -> str:
        title = f"<p><small>numerics/listings/{escape(name)}.py</small></p>"
        shown = f'<pre tabindex="0"><code>{escape(code)}</code></pre>'
        note = f"<p>{escape(Listing.NOT_EXECUTED)}</p>"
        return f"{title}{shown}{self.measurements(name, '', runs) if runs else note}"

    def figure(self, name: str, caption: str, spoken: str) -> str:
        source, words = escape(self.figures[name]), escape(spoken)
        image = f'<img src="{source}" alt="{words}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _table_row(row: Row, mark: str) -> str:
    words, *cells = row
    shown = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(words)}</th>{shown}<td>{mark}</td></tr>'


def _table(content: str) -> str:
    # wide tables and formulas are scrolled, with the keyboard as well
    return f'<div class="wide" tabindex="0"><table>{content}</table></div>'


def _texts(formula: Formula) -> tuple[str, str]:
    latex, text = _RELATIONS[formula.relation]
    return (
        f" {latex} ".join(to_latex(term, formula.notation) for term in formula.terms),
        f" {text} ".join(to_text(term, formula.notation) for term in formula.terms),
    )


def _formula(formula: Formula) -> str:
    return _math(*_texts(formula))


def _display(formula: Formula) -> str:
    return _math(*_texts(formula), display=True)


def _math(latex: str, text: str, *, display: bool = False) -> str:
    math = to_mathml(latex, display=display, spoken=text)
    return f'<div class="wide" tabindex="0">{math}</div>' if display else math


def _plain(content: Sequence[Inline]) -> str:
    """Words without their formatting."""
    found = ""
    for node in content:
        match node:
            case Text(text) | Code(text):
                found += text
            case Emphasis(inside) | Strong(inside):
                found += _plain(inside)
            case Math(formula):
                found += _texts(formula)[1]
    return " ".join(found.split())


def _mark(badge: Badge) -> str:
    kind = badge.status.value
    return f'<span class="badge {kind}">{escape(badge.label)}</span>'


def _badge_line(badge: Badge) -> str:
    return f'<p class="how">{_mark(badge)} {escape(badge.detail)}</p>'
