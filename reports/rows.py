"""Measurements and observations as the cells of a table's row."""

from __future__ import annotations

from typing import NamedTuple

from numerics.measurements import Measurement, Observation
from reports import numbers

__all__ = ["NONE", "OBSERVED", "Row", "estimate_of", "how_observed", "row_of"]

#: What stands in a cell that has nothing to say.
NONE = "\u2013"
#: What stands where a measurement has its verdict.
OBSERVED = "observed"


class Row(NamedTuple):
    """One number that was measured, in the columns of every table of measurements."""

    words: str
    predicted: str
    estimate: str
    interval: str
    samples: str


def row_of(row: Measurement | Observation) -> Row:
    """The cells of a row, all but the verdict."""
    predicted = NONE if row.predicted is None else numbers.plain(row.predicted, 5)
    samples = numbers.count(row.samples)
    return Row(row.words, predicted, estimate_of(row), _interval(row), samples)


def estimate_of(row: Measurement | Observation) -> str:
    """The estimate, with the digits that its interval or its standard error leaves it."""
    if isinstance(row, Measurement):
        return numbers.measured(row.estimate, row.lower, row.upper)
    error = row.standard_error or 0.0
    return numbers.measured(row.estimate, row.estimate - error, row.estimate + error)


def _interval(row: Measurement | Observation) -> str:
    if isinstance(row, Measurement):
        low, high = numbers.interval(row.estimate, row.lower, row.upper)
        return f"[{low}, {high}]" if low != high else NONE
    return f"\u00b1 {numbers.plain(row.standard_error, 2)}" if row.standard_error else NONE


def how_observed(observation: Observation) -> str:
    """Standard error, number of draws and seed, as far as there are such."""
    parts = []
    if observation.standard_error:
        parts.append(f"standard error {numbers.plain(observation.standard_error, 2)}")
    if observation.samples:
        parts.append(f"N = {numbers.count(observation.samples)}")
    if observation.seed is not None:
        parts.append(f"seed {observation.seed}")
    return ", ".join([*parts, OBSERVED])
