"""A student's own macros: expanded as TeX would, with an end, at the place of their use."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from grading.reading.errors import ReadError
from grading.reading.macros import expand
from grading.reading.tokens import tokenize


def _texts(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in expand(text, tokenize(text))]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\\newcommand{\\half}{\\frac12} \\half x", "\\frac12 x"),
        ("\\newcommand\\half{\\frac12} \\half x", "\\frac12 x"),
        ("\\newcommand{\\E}[1]{\\mathbb{E}[#1]} \\E{x}", "\\mathbb{E}[x]"),
        ("\\newcommand{\\E}[2][p]{\\mathbb{E}_{#1}[#2]} \\E{x} + \\E[q]{y}",
         "\\mathbb{E}_{p}[x] + \\mathbb{E}_{q}[y]"),
        ("\\newcommand{\\b}[1]{\\mathbf{#1}} \\b X", "\\mathbf{X}"),
        ("\\newcommand{\\a}{\\b} \\newcommand{\\b}{y} \\a", "y"),
        ("\\newcommand{\\a}{x} \\renewcommand{\\a}{y} \\a", "y"),
        ("\\providecommand{\\a}{x} \\a", "x"),
        ("\\DeclareMathOperator{\\KL}{KL} \\KL(p)", "\\operatorname{KL}(p)"),
        ("\\DeclareMathOperator*{\\am}{arg\\,min} \\am_x", "\\operatorname{arg min}_x"),
        ("\\renewcommand{\\le}{\\beta} \\le", "\\beta"),
    ],
)  # fmt: skip
def test_a_macro_is_what_it_stands_for(written: str, meant: str) -> None:
    assert _texts(written) == _texts(meant)


def test_an_expansion_carries_the_place_of_its_use() -> None:
    text = "\\newcommand{\\a}[1]{\\frac{#1}{2}} y + \\a{x}"
    tokens = expand(text, tokenize(text))
    fraction = next(token for token in tokens if token.text == "frac")
    argument = next(token for token in tokens if token.text == "x")
    assert text[fraction.start : fraction.end].startswith("\\a{x")
    assert text[argument.start : argument.end] == "x"


@given(st.integers(1, 6), st.integers(1, 8))
def test_the_size_of_an_expansion_is_bounded(levels: int, copies: int) -> None:
    names = [f"\\z{chr(97 + level)}" for level in range(levels + 1)]
    definitions = f"\\newcommand{{{names[0]}}}{{x}}" + "".join(
        f"\\newcommand{{{names[level + 1]}}}{{{names[level] * copies}}}" for level in range(levels)
    )
    text = definitions + names[-1]
    try:
        tokens = expand(text, tokenize(text))
    except ReadError:
        assert copies**levels > 100
    else:
        assert sum(token.text == "x" for token in tokens) == copies**levels


@pytest.mark.parametrize(
    "text",
    [
        "\\newcommand{\\a}{\\a} \\a",
        "\\newcommand{\\a}{\\a\\a} \\a",
        "\\newcommand{\\a}{\\b}\\newcommand{\\b}{\\a x} \\a",
        "\\newcommand{\\a}[1]{\\a{#1#1}} \\a{x}",
        "\\newcommand{\\a}[1]{#1} \\a",
        "\\newcommand{\\a}[1]{#2} \\a{x}",
        "\\newcommand{\\a}[x]{y} \\a",
        "\\newcommand{\\a}{y",
        "\\newcommand",
        "\\newcommand{x}{y}",
        "\\newcommand{\\a}[",
        "\\DeclareMathOperator{\\a}",
    ],
)
def test_what_does_not_end_or_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(ReadError) as caught:
        expand(text, tokenize(text))
    assert 0 <= caught.value.start <= caught.value.end <= len(text)
