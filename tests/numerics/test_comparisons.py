"""Comparisons: digits are counted honestly, and derived terms are evaluated exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Name
from language.types import REAL, Array
from language.vocabulary import entry, index_sum
from numerics.comparisons import agreement, predict

NOTATION = Notation((Symbol("w", Array(("n",))), Symbol("x", REAL)))


@given(st.floats(-1e6, 1e6), st.integers(1, 12))
def test_an_error_in_a_digit_is_not_overlooked(value: float, place: int) -> None:
    scale = max(1.0, abs(value))
    found = agreement("v", "a value", value, value + 2 * scale * 10.0**-place, 1, "test")
    digits = found.verdict.digits
    assert digits is not None and digits <= place
    assert (found.verdict.status is Status.EVIDENCE) == (digits >= 6)


@given(st.floats(-1e6, 1e6))
def test_a_value_agrees_with_itself(value: float) -> None:
    assert agreement("v", "a value", value, value, 1, "test").verdict.status is Status.EVIDENCE


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_agrees_with_nothing(bad: float) -> None:
    assert agreement("v", "a value", 1.0, bad, 1, "test").verdict.status is Status.UNDECIDED


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=6), st.floats(-100, 100))
def test_vectors_and_numbers_are_taken_exactly(entries: list[float], x: float) -> None:
    term = index_sum("i", "n", entry("w", "i")) * Name("x")
    values = {"n": float(len(entries)), "w": entries, "x": x}
    exact = float(sum(map(Fraction, entries), Fraction(0)) * Fraction(x))
    assert predict(term, NOTATION, values) == pytest.approx(exact, rel=1e-12, abs=1e-300)
