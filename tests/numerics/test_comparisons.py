"""Comparisons: digits are counted honestly, and derived terms are evaluated exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Name
from language.types import REAL, Array
from language.vocabulary import entry, index_sum
from numerics.comparisons import agreement, predict, replicated

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


def of_replicates(estimates: np.ndarray, predicted: float, alpha: float, epsilon: float) -> Status:
    found = replicated(
        "m", "a mean", predicted, estimates, alpha, epsilon, "test", samples=1, seed=0
    )
    assert found.lower <= found.estimate <= found.upper
    assert found.standard_error == pytest.approx(estimates.std(ddof=1) / estimates.size**0.5)
    return found.verdict.status


def test_replicates_of_a_right_prediction_rarely_miss_it() -> None:
    """Normal replicates miss with probability alpha: of 4,000 runs about 200, never 300."""
    runs = np.random.default_rng(0).normal(2.0, 1.0, size=(4000, 8))
    missed = sum(of_replicates(run, 2.0, 0.05, 100.0) is Status.UNDECIDED for run in runs)
    assert 120 <= missed <= 300


def test_replicates_find_a_wrong_prediction_and_want_of_precision() -> None:
    runs = np.random.default_rng(0).normal(2.0, 0.01, size=64)
    assert of_replicates(runs, 2.0, 1e-6, 0.02) is Status.EVIDENCE
    assert of_replicates(runs, 2.02, 1e-6, 0.02) is Status.UNDECIDED
    assert of_replicates(runs, 2.0, 1e-6, 0.002) is Status.UNDECIDED


def test_replicates_that_are_equal_agree_only_with_themselves() -> None:
    assert of_replicates(np.full(4, 0.5), 0.5, 1e-6, 1e-9) is Status.EVIDENCE
    assert of_replicates(np.full(4, 0.5), 0.5 + 1e-6, 1e-6, 1e-9) is Status.UNDECIDED
