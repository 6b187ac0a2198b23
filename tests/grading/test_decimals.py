"""Decimals are right to the digits written, or not; a near miss never counts."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from grading.decimals import ENOUGH, Closeness, closeness
from grading.reading.reader import Decimal as Written
from language.terms import Name
from language.vocabulary import PI, exp, log, number, sqrt

#: A reference and its value to 60 digits, by Python's decimals.
with localcontext() as context:
    context.prec = 60
    CONSTANTS = [
        (log(2), Decimal(2).ln()),
        (-log(4), -Decimal(4).ln()),
        (sqrt(number(1, 7)), (1 / Decimal(7)).sqrt()),
        (exp(-3), Decimal(-3).exp()),
        (number(1, 3), 1 / Decimal(3)),
    ]


def written(text: str) -> Written:
    places = len(text.partition(".")[2])
    digits = len(text.replace(".", "").lstrip("-0"))
    return Written(Fraction(text), Fraction(1, 10**places), digits)


@given(st.sampled_from(CONSTANTS), st.integers(7, 40), st.booleans())
def test_rounded_and_cut_off_are_right_and_two_units_are_not(constant, places, cut):
    term, value = constant
    scale = Fraction(1, 10**places)
    exact = Fraction(value)
    whole = int(exact / scale) if cut else round(exact / scale)
    text = Written(whole * scale, scale, places)
    assert closeness(text, term) is Closeness.RIGHT
    for off in (-2, 2):
        moved = Written((whole + off) * scale, scale, places)
        assert closeness(moved, term) is Closeness.WRONG


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("0.69315", log(2), Closeness.SHORT),
        ("0.693147", log(2), Closeness.RIGHT),
        ("0.6932", log(2), Closeness.SHORT),
        ("0.7", log(2), Closeness.SHORT),
        ("0.8", log(2), Closeness.WRONG),
        ("3.14159", PI, Closeness.RIGHT),
        ("0.5000001", number(1, 2), Closeness.WRONG),
        ("0.500000", number(1, 2), Closeness.RIGHT),
        ("0.333333", number(1, 3), Closeness.RIGHT),
        ("0.693147", Name("x"), Closeness.UNKNOWN),
        ("0.000000", log(2) - log(2), Closeness.SHORT),
    ],
)
def test_cases(text, term, found):
    assert closeness(written(text), term) is found


def test_enough_digits_are_six():
    assert ENOUGH == 6
