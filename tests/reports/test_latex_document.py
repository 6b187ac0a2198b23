"""Text in LaTeX documents."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, strategies as st
from pypdf import PdfReader

from reports.engine import find_engine, typeset
from reports.latex_document import escape, escape_code
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
