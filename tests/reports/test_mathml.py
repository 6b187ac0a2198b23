"""MathML from the LaTeX of our printers: whole, well-formed, and with nothing lost."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given

from language.latex import to_latex
from language.terms import Number, Term, walk
from reports.mathml import MathMLError, to_mathml
from strategies import NOTATION, terms

#: Elements of MathML Core, with how many children each takes where that is fixed.
CORE = {
    "math": None, "mrow": None, "mi": 0, "mn": 0, "mo": 0, "mtext": 0, "mspace": 0, "mfrac": 2,
    "msqrt": None, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3,
    "mtable": None, "mtr": None, "mtd": None,
}  # fmt: skip


def _elements(latex: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(to_mathml(latex)).iter())


@given(terms())
def test_every_printed_term_is_well_formed_mathml_core(term: Term) -> None:
    for element in _elements(to_latex(term, NOTATION)):
        assert element.tag in CORE
        assert CORE[element.tag] in (None, len(element))


@given(terms())
def test_no_number_and_no_delimiter_is_lost(term: Term) -> None:
    latex = to_latex(term, NOTATION)
    shown = "".join(ElementTree.fromstring(to_mathml(latex)).itertext())
    plain = re.sub(r"\\(?:left|right)\s*(?:\\[A-Za-z]+|.)|[A-Za-z]", "", latex)
    assert Counter(filter(str.isascii, filter(str.isdigit, shown))) <= Counter(latex)
    for number in (str(abs(part.value)) for part in walk(term) if isinstance(part, Number)):
        for digits in number.split("/"):  # the dimension of the real line is not printed
            assert digits in shown or digits not in latex
    assert shown.count("+") == plain.count("+")
    assert shown.count("\u2212") == plain.count("-")


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"x_1^{2}", "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"),
        (r"\mathbf{X}^{\top}", "<msup><mi>\U0001d417</mi><mo>\u22a4</mo></msup>"),
        (r"x^12", "<msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>"),
        (r"p_{\mathrm{data}}", "<msub><mi>p</mi><mi>data</mi></msub>"),
        (r"\mathbb{R}", "<mi>\u211d</mi>"),
        (r"\boldsymbol{\mu}", "<mi>\U0001d6cd</mi>"),
    ],
)
def test_forms(latex: str, expected: str) -> None:
    assert to_mathml(latex) == f"<math>{expected}</math>"


@pytest.mark.parametrize(
    "latex", [r"\href{x}{y}", "{x", "x}", r"\left(x", r"\begin{array} x", "\u2603"]
)
def test_anything_else_is_an_error(latex: str) -> None:
    with pytest.raises(MathMLError, match="expected"):
        to_mathml(latex)


def test_spoken_text_cannot_leave_its_attribute() -> None:
    assert ElementTree.fromstring(to_mathml("x", spoken='a < "b"')).get("alttext") == 'a < "b"'
