"""Where formulas may be broken."""

from __future__ import annotations

from hypothesis import given

from language.latex import to_latex
from language.terms import Term
from reports.linebreaks import pieces, refined
from tests.strategies import NOTATION, statements, terms


def balanced(latex: str) -> bool:
    """Whether braces and sized delimiters pair up."""
    plain = latex.replace(r"\{", "").replace(r"\}", "")
    same_braces = plain.count("{") == plain.count("}")
    sized = latex.replace(r"\leftarrow", "").replace(r"\rightarrow", "")
    return same_braces and sized.count(r"\left") == sized.count(r"\right")


@given(terms() | statements())
def test_pieces_join_to_the_whole_and_each_stands_alone(term: Term) -> None:
    latex = to_latex(term, NOTATION)
    cut = pieces(latex)
    assert "".join(cut) == latex
    assert all(piece.strip() and balanced(piece) for piece in cut)


@given(terms() | statements())
def test_refined_pieces_stand_alone(term: Term) -> None:
    for piece in pieces(to_latex(term, NOTATION)):
        assert all(balanced(part) for part in refined(piece))


def test_signs_inside_delimiters_do_not_break_a_line() -> None:
    assert len(pieces(r"\left(a + b\right) (c - d) \frac{e + f}{g} x_{i+1}")) == 1


def test_a_sign_in_front_is_not_cut_off() -> None:
    assert pieces("a = -b + c") == ["a ", "= -b ", "+ c"]


def test_a_fraction_of_a_sum_is_cut_as_a_multiple_of_the_sum() -> None:
    first, second = refined(r"= \frac{\frac{a}{b} - c}{n} x")
    assert first.startswith(r"= \frac{1}{n} \left(") and first.endswith(r"\right.")
    assert second.startswith(r"\left.") and second.endswith(r"{}- c\right) x")


def test_a_fraction_of_one_piece_is_left_alone() -> None:
    piece = r"= \frac{-a}{b + c} \frac{d + e}{f}"
    assert refined(piece) == [piece]
