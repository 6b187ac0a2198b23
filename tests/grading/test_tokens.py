"""Tokens: their places, the one spelling of many, and the characters that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from grading.reading.errors import ReadError
from grading.reading.tokens import CHARACTERS, DIGITS, TOKENS, tokenize


def _texts(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text)[:-1]]


@given(st.text(max_size=60))
def test_tokens_lie_in_the_text_in_order(text: str) -> None:
    try:
        tokens = tokenize(text)
    except ReadError as error:
        assert 0 <= error.start <= error.end <= len(text)
        return
    assert tokens[-1].kind == "end"
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    starts = [token.start for token in tokens]
    assert starts == sorted(starts)


@given(
    st.sampled_from(["\u00a0", " ", "\t", "\u2009", "\\,", "\\;", "\\!", "\\ ", "\\displaystyle "])
)
def test_gaps_leave_no_token(gap: str) -> None:
    assert _texts(f"\\alpha{gap}+{gap}x") == _texts("\\alpha + x")


@pytest.mark.parametrize(
    ("unicode", "typed"),
    [
        ("\u03b1\u03b2", "\\alpha\\beta"),
        ("x\u00b2", "x^{2}"),
        ("x\u207b\u00b9", "x^{-1}"),
        ("x\u1d40", "x^{T}"),
        ("\u03c8\u2080", "\\psi_{0}"),
        ("x\u1d62\u2c7c", "x_{ij}"),
        ("a \u2264 b \u2265 c \u2260 d", "a <= b >= c != d"),
        ("a \u00b7 b \u00d7 c \u2212 d", "a * b * c - d"),
        ("\u222b \u2211 \u220f \u221e \u22a4", "\\int \\sum \\prod \\infty \\top"),
        ("\u2016x\u2016", "||x||"),
        ("a \u2299 b", "a \\odot b"),
        ("x \u2208 S", "x \\in S"),
        ("x \u223c p", "x \\sim p"),
        ("\u00b1a \u2213 b", "\\pm a \\mp b"),
        ("\U0001d53c", "\\mathbb{E}"),
        ("\U0001d4a9", "\\mathcal{N}"),
        ("\U0001d417", "\\mathbf{X}"),
        ("\U0001d465", "x"),
        ("\u0177", "\\hat{y}"),
        ("x\u0302", "\\hat{x}"),
        ("\u00bd", "\\frac{1}{2}"),
        ("\u00b5", "\\mu"),
    ],
)
def test_unicode_mathematics_is_what_one_would_type(unicode: str, typed: str) -> None:
    assert _texts(unicode) == _texts(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\left( x \\right)", "(x)"),
        ("\\bigl[ x \\Bigr]", "[x]"),
        ("\\left\\{ x \\right\\}", "\\{x\\}"),
        ("a \\leq b", "a \\le b"),
        ("np.linalg.inv(X)", "inv(X)"),
        ("torch.nn.functional.softplus(h)", "softplus(h)"),
        ("F.softplus(h)", "softplus(h)"),
        ("x**2", "x^2"),
        ("$x$", "x"),
        ("\\[x\\]", "x"),
        ("\\(x\\)", "x"),
        ("0., 1.", "0, 1."),
    ],
)
def test_two_spellings_are_alike(one: str, other: str) -> None:
    assert _texts(one) == _texts(other)


def test_a_matrix_named_like_a_module_keeps_its_method() -> None:
    assert _texts("F.T") == [("word", "F"), ("method", "T")]


@pytest.mark.parametrize(
    ("text", "place", "named", "suggested"),
    [
        ("b\u0430", 1, "CYRILLIC SMALL LETTER A", "type a"),
        ("\u0391x", 0, "GREEK CAPITAL LETTER ALPHA", "type A"),
        ("\uff58", 0, "FULLWIDTH LATIN SMALL LETTER X", "type x"),
        ("2\uff0b1", 1, "FULLWIDTH PLUS SIGN", "type +"),
        ("x\u200by", 1, "ZERO WIDTH SPACE", "delete it"),
        ("\u202ex", 0, "RIGHT-TO-LEFT OVERRIDE", "delete it"),
        ("x\x00", 1, "U+0000", "delete it"),
        ("x\x1b", 1, "U+001B", "delete it"),
        ("x % 3", 2, "PERCENT SIGN", "fraction"),
        ("?", 0, "QUESTION MARK", "formula"),
    ],
)
def test_a_strange_character_is_named_and_the_right_one_suggested(
    text: str, place: int, named: str, suggested: str
) -> None:
    with pytest.raises(ReadError) as caught:
        tokenize(text)
    assert caught.value.start == place
    assert named in caught.value.problem
    assert suggested in caught.value.suggestion
    assert caught.value.problem.isprintable()


@pytest.mark.parametrize(
    "command",
    ["def", "csname", "catcode", "input", "write18", "immediate", "let", "expandafter", "special"],
)
def test_tex_is_not_run(command: str) -> None:
    with pytest.raises(ReadError):
        tokenize(f"\\{command}{{x}}")


@pytest.mark.parametrize(
    "text",
    ["x^^41", "$x", "\\(x", "x\\]", "\\[ x \\)", "\\# x", "`ls`"],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ReadError):
        tokenize(text)


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "%" * 1_000_000,
        "|" * (CHARACTERS + 1),
        "1" * (DIGITS + 1),
        "x " * (TOKENS + 1),
    ],
)
def test_the_limits_hold(text: str) -> None:
    with pytest.raises(ReadError) as caught:
        tokenize(text)
    assert len(caught.value.problem) < 200


def test_an_exponent_of_ten_in_latex_is_not_guessed() -> None:
    assert _texts("1e-3") == [("number", "1e-3")]
    with pytest.raises(ReadError):
        tokenize("\\pi + 2e-1")
