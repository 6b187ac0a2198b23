"""The LaTeX writer: a document as the text of a ``.tex`` file.

Everything that is not a formula is escaped here; formulas are printed by :mod:`language.latex`.
The look is in ``templates/preamble.tex``, whose macros this module calls.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from language.claims import Status
from language.latex import to_latex
from language.notation import Notation
from language.terms import Term
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
from reports.linebreaks import pieces, refined
from reports.rows import OBSERVED, estimate_of, row_of
from reports.words import TEMPLATES, WordsError, loader_of

__all__ = ["escape", "escape_code", "labels", "write_latex"]

_SPECIALS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
}
#: Characters that the fonts lack, or that need math mode.
_SYMBOLS = {
    "\u00a0": "~",
    "\u2009": r"\,",
    "\u2013": "--",
    "\u2014": "---",
    "\u2018": r"\textquoteleft{}",
    "\u2019": r"\textquoteright{}",
    "\u201c": r"\textquotedblleft{}",
    "\u201d": r"\textquotedblright{}",
    "\u2026": r"\ldots{}",
    "\u2022": r"\textbullet{}",
    "\u2212": r"$-$",
    "\u00d7": r"$\times$",
    "\u00b7": r"$\cdot$",
    "\u00b1": r"$\pm$",
    "\u2264": r"$\le$",
    "\u2265": r"$\ge$",
    "\u2260": r"$\ne$",
    "\u2248": r"$\approx$",
    "\u2192": r"$\to$",
    "\u21d2": r"$\Rightarrow$",
    "\u21d4": r"$\Leftrightarrow$",
    "\u2208": r"$\in$",
    "\u221e": r"$\infty$",
    "\u221a": r"$\surd$",
    "\u2207": r"$\nabla$",
    "\u222b": r"$\int$",
    "\u2211": r"$\sum$",
    "\u22a4": r"$\top$",
    "\u22c5": r"$\cdot$",
    "\u00b0": r"\textdegree{}",
    "\u00a7": r"\textsection{}",
    "\u20ac": r"\texteuro{}",
}
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi . pi rho . sigma tau"
    " upsilon phi chi psi omega"
).split()
_SYMBOLS |= {chr(0x3B1 + n): rf"$\{name}$" for n, name in enumerate(_GREEK) if name != "."}
_SYMBOLS |= {
    chr(0x391 + _GREEK.index(name)): rf"$\{name.capitalize()}$"
    for name in "gamma delta theta lambda xi pi sigma upsilon phi psi omega".split()
}
_SYMBOLS |= dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", (rf"\textsuperscript{{{n}}}" for n in range(10)), strict=True))
_SYMBOLS |= dict(zip("₀₁₂₃₄₅₆₇₈₉", (rf"$_{{{n}}}$" for n in range(10)), strict=True))
_SYMBOLS["⁻"] = r"\textsuperscript{$-$}"

#: Letters of the T1 encoding beyond ASCII, which pdfLaTeX reads as they are.
_T1 = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĂăĄąĆćČčĎďĘęĚěĞğĹĺĽľŁłŃńŇňŐőŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽžŒœ¡¿£"
)
_LIGATURES = frozenset("-,'!?")

_BROKEN = {
    Relation.EQUAL: "= ",
    Relation.UP_TO_CONSTANT: r"\cfuptoconstant ",
    Relation.EQUIVALENT: r"\Longleftrightarrow ",
}
#: Between statements, where a line is broken most readily.
_STATEMENTS = (r"\Longleftrightarrow", r"\Rightarrow", r"\iff", r"\text")

#: A part of a numbered question that is named by a word.
_NAMED_PART = re.compile(r"\A((?:[0-9]+\.)+)[a-z]{3,}\Z")

#: Characters in a line of a table, and those that a column has beyond its longest word.
_CHARACTERS = 84
_MARGIN = 2

#: A table of at most so many rows stays on one page.
_TOGETHER = 6

#: A program of at most so many lines stays on one page.
_SHORT = 16

#: A formula of fewer characters than this, counting a command as one, is narrower than a line.
_SURELY_FITS = 40
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)|[{}\s]")

_BADGES = {
    Status.PROVED: "proved",
    Status.REFUTED: "refuted",
    Status.STATISTICAL: "statistical",
    Status.EVIDENCE: "evidence",
    Status.UNDECIDED: "undecided",
}


def escape(text: str) -> str:
    r"""Any text at all as LaTeX that prints it; what the fonts lack is named by its code point.

    >>> escape("50% of $x_1$")
    '50\\% of \\$x\\_1\\$'
    """
    return "".join(map(_character, text))


def escape_code(text: str) -> str:
    r"""Text for a fixed-width face: as :func:`escape`, with no ligatures between its characters.

    >>> escape_code("a--b")
    'a-{}-{}b'
    """
    return "".join(
        f"{character}{{}}" if character in _LIGATURES else escape(character) for character in text
    )


def labels(ids: Sequence[str]) -> dict[str, str]:
    """How each question's number is printed: as it is, but for a part named by a word.

    Such a part of a numbered question is marked by a star, unless two would be.

    >>> labels(["5", "5.empirical", "1.a", "4.wgan.reading", "gaussian-kl"]).values()
    dict_values(['5', '5.*', '1.a', '4.wgan.reading', 'gaussian-kl'])
    """
    starred = {name: _NAMED_PART.sub(r"\1*", name) for name in ids}
    times = Counter(starred.values())
    return {name: star if times[star] == 1 else name for name, star in starred.items()}


def _character(character: str) -> str:
    known = _SPECIALS.get(character) or _SYMBOLS.get(character)
    if known is not None:
        return known
    if character in "\n\t " or "!" <= character <= "~" or character in _T1:
        return " " if character in "\n\t" else character
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return " "
    return f"[U+{ord(character):04X}]"


def write_latex(document: Document, figures: Mapping[str, str], folder: Path = TEMPLATES) -> str:
    """The text of a ``.tex`` file.

    Args:
        document: what to print.
        figures: for each figure's name, the path to it from where the file will lie.
        folder: where ``document.tex.j2`` and ``preamble.tex`` are looked for first.

    Raises:
        WordsError: one of them is no template, or names something that is not there.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=loader_of(folder),
        undefined=StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["tex"] = escape
    writer = _Writer(figures)
    environment.filters["blocks"] = writer.blocks
    try:
        return environment.get_template("document.tex.j2").render(
            document=document, labels=labels([section.id for section in document.sections])
        )
    except TemplateSyntaxError as error:
        raise WordsError(f"{error.filename}:{error.lineno}: {error.message}") from None
    except TemplateError as error:
        missing = " cannot be found" if isinstance(error, TemplateNotFound) else ""
        raise WordsError(f"{folder / 'document.tex.j2'}: {error}{missing}") from None


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
                return rf"\emph{{{self.words(content)}}}"
            case Strong(content):
                return rf"\textbf{{{self.words(content)}}}"
            case Code(text):
                return rf"\texttt{{{escape_code(text)}}}"
            case Math(formula):
                return f"${_breakable(_joined(formula))}$"
            case Measured(measurement, how, badge):
                value = escape(estimate_of(measurement))
                return rf"\cfmeasured{{{value}}}{{{escape(how)}}}{_mark(badge)}"
            case Observed(observation, how):
                return rf"\cfmeasured{{{escape(estimate_of(observation))}}}{{{escape(how)}}}"
            case Mark(badge):
                return _mark(badge)

    # -------------------------------------------------------------- blocks

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return f"{self.words(content)}\\par\n"
            case ListBlock(items, start):
                return self.listing(items, start)
            case TableBlock(header, rows):
                return self.table(header, rows)
            case Display(formula):
                return rf"\cfdisplay{_fitting(_joined(formula))}" + "\n"
            case Steps(opening, first, lines, notation, relation):
                return self.steps(opening, first, lines, notation, relation)
            case Boxed(formula, badge):
                return _boxed(rf"\cfdisplay{_fitting(_joined(formula))}", (badge,))
            case Chosen(asked, option, badges):
                return _boxed(
                    rf"\cfchoice{{{escape(asked.replace('-', ' '))}}}{{{escape(option)}}}", badges
                )
            case Forms(formulas, badge):
                shown = "\n".join(rf"\cfform{_fitting(_joined(form))}" for form in formulas)
                return f"\\begin{{cfforms}}{{{_mark(badge)}}}\n{shown}\n\\end{{cfforms}}\n"
            case FactLine(formula, badge):
                shown = _fitting(_joined(formula))
                return rf"\cffact{shown}{{{_mark(badge)}}}{{{escape(badge.detail)}}}" + "\n"
            case BadgeLine(badge):
                return f"{_badge_line(badge)}\n"
            case MeasurementTable(rows=rows, observations=observations):
                return self.measurements(rows, observations)
            case Listing(name, code, runs):
                return self.program(name, code, runs)
            case FigureBlock(name, caption):
                return rf"\cffigure{{{self.figures[name]}}}{{{self.words(caption)}}}" + "\n"

    def listing(self, items: Sequence[Sequence[Block]], start: int | None) -> str:
        kind, option = ("itemize", "") if start is None else ("enumerate", f"[start={start}]")
        body = "\n".join(rf"\item {self.blocks(item)}" for item in items)
        return f"\\begin{{{kind}}}{option}\n{body}\\end{{{kind}}}\n"

    def table(
        self, header: Sequence[Sequence[Inline]], rows: Sequence[Sequence[Sequence[Inline]]]
    ) -> str:
        cells = [[self.words(cell) for cell in row] for row in (header, *rows)]
        head = " & ".join(rf"\cfhead{{{cell}}}" for cell in cells[0])
        body = _rows(" & ".join(row) for row in cells[1:])
        columns = _columns(cells)
        if not columns:
            return f"\\cfsmalltable{{{'l' * len(header)}}}{{{head}}}{{%\n{body}}}\n"
        return f"\\cftable{{{columns}}}{{{len(header) - 1}}}{{{head}}}{{%\n{body}}}\n"

    def steps(
        self,
        opening: Sequence[Inline],
        first: Term,
        lines: Sequence[StepLine],
        notation: Notation,
        relation: Relation,
    ) -> str:
        start = rf"\cfstart{{{self.words(opening)}}}{_fitting(to_latex(first, notation))}"
        parts = [start]
        said: set[Term] = set()  # a condition is printed once and holds from there on
        for line in lines:
            reason = self.words(line.reason)
            new = [condition for condition in line.conditions if condition not in said]
            said.update(new)
            if new:
                conditions = ", ".join(f"${to_latex(c, notation)}$" for c in new)
                reason += rf" \cfconditions{{{conditions}}}"
            shown = _BROKEN[relation] + to_latex(line.term, notation)
            parts.append(rf"\cfstep{{{reason}}}{{{escape(line.checked)}}}{_fitting(shown)}")
        return "\\begin{cfsteps}\n" + "\n".join(parts) + "\n\\end{cfsteps}\n"

    def measurements(
        self, rows: Sequence[tuple[Measurement, Badge]], observations: Sequence[Observation] = ()
    ) -> str:
        cells = [(row_of(row), _mark(badge)) for row, badge in rows]
        cells += [(row_of(row), rf"\cfobserved{{{OBSERVED}}}") for row in observations]
        shown = _rows(f"{' & '.join(map(escape, row))} & {mark}" for row, mark in cells)
        return f"\\cfmeasurements{{%\n{shown}}}\n"

    def program(self, name: str, code: str, runs: Sequence[tuple[Measurement, Badge]]) -> str:
        shown = [rf"\cfcode{{{_code_line(line)}}}" for line in code.splitlines()]
        # a page parts no short program, and of others neither the first line nor the last
        lines = "\n".join([rf"{line}\nobreak" for line in shown] if len(shown) <= _SHORT else shown)
        title = rf"\texttt{{{escape_code(f'numerics/listings/{name}.py')}}}"
        after = self.measurements(runs) if runs else rf"\cfnote{{{Listing.NOT_EXECUTED}}}"
        return f"\\begin{{cflisting}}{{{title}}}\n{lines}\n\\end{{cflisting}}\n{after}\n"


def _rows(rows: Iterable[str]) -> str:
    """The rows of a table; a page parts none of few, nor the first or last of many."""
    shown = [rf"\cfrow{{{row}}}" for row in rows]
    last = len(shown) - 1
    return "\n".join(
        rf"{row}\nobreak" if k != last and (last < _TOGETHER or k in (0, last - 1)) else row
        for k, row in enumerate(shown)
    )


def _columns(cells: Sequence[Sequence[str]]) -> str:
    """How the columns of a table share the line; nothing where they need not.

    Each has room for its longest word, and more, the longer its longest cell is.
    """
    columns = list(zip(*cells, strict=True))
    longest = [max(map(_room, column)) for column in columns]
    if sum(longest) <= _CHARACTERS - 3 * len(columns):
        return ""
    words = [
        _MARGIN + max((_room(word) for cell in column for word in cell.split()), default=0)
        for column in columns
    ]
    more = [sqrt(max(cell - word, 0)) for cell, word in zip(longest, words, strict=True)]
    left = max(_CHARACTERS - sum(words), 0) / max(sum(more), 1)
    rooms = [word + left * extra for word, extra in zip(words, more, strict=True)]
    return "".join(f"C{{{room / sum(rooms):.3f}}}" for room in rooms)


def _code_line(line: str) -> str:
    """A line of a program with its spaces kept; an empty one keeps its height."""
    return escape_code(line).replace(" ", r"\ ") or r"\strut"


def _joined(formula: Formula) -> str:
    return f" {_BROKEN[formula.relation]}".join(
        to_latex(term, formula.notation) for term in formula.terms
    )


def _fitting(latex: str) -> str:
    """The formula whole, then cut: the macros take the first that fits.

    What certainly fits is not cut, so that the ``.tex`` stays readable.
    """
    if _room(latex) < _SURELY_FITS:
        return f"{{{latex}}}{{}}"
    cut = "".join(
        rf"\cfpiece{{{_penalty(piece)}}}{{{piece}}}{{{_refined(piece)}}}" for piece in pieces(latex)
    )
    return f"{{{latex}}}{{{cut}}}"


def _breakable(latex: str) -> str:
    """A formula within a line; a long one may be broken within its delimiters too."""
    if _room(latex) < _SURELY_FITS:
        return latex
    return "".join(r"\penalty800 ".join(refined(piece)) for piece in pieces(latex))


def _room(latex: str) -> int:
    """The characters of a text or formula, a command counted as one."""
    return len(_COMMAND.sub("x", latex))


def _penalty(piece: str) -> int:
    """How unwelcome a break before ``piece`` is: least before an equivalence or a conjunction."""
    lead = piece.lstrip()
    if lead.startswith(_STATEMENTS):
        return 0
    return 120 if lead.startswith(("+", "-")) else 60


def _refined(piece: str) -> str:
    return "".join(rf"\cffit{{{part}}}" for part in refined(piece))


def _mark(badge: Badge) -> str:
    return rf"\cfbadge{{{_BADGES[badge.status]}}}{{{escape(badge.label)}}}"


def _boxed(inside: str, badges: Sequence[Badge]) -> str:
    lines = "\n".join(map(_badge_line, badges))
    return f"\\begin{{cfboxed}}\n{inside}\n{lines}\n\\end{{cfboxed}}\n"


def _badge_line(badge: Badge) -> str:
    return rf"\cfbadgeline{{{_mark(badge)}}}{{{escape(badge.detail)}}}"
