"""Answers in decimals: right to the digits written, or not, or too few digits to tell.

``0.693147`` is no closed form, but as an answer to a question whose answer is one number it can be
right to its digits: the number lies within one unit in the last place, which allows for cutting off
as well as for rounding.
"""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import Protocol

from flint import acb, arb, ctx, fmpq

from language.notation import Notation
from language.terms import Term, free_names
from numerics import balls
from numerics.valuations import Valuation

__all__ = ["ENOUGH", "Closeness", "Written", "closeness"]

#: With so many significant digits a decimal counts as an answer.
ENOUGH = 6
#: The most digits that are looked at.
MOST = 1000


class Written(Protocol):
    """A decimal as it was written (:class:`grading.reading.reader.Decimal`)."""

    @property
    def value(self) -> Fraction: ...
    @property
    def unit(self) -> Fraction: ...
    @property
    def digits(self) -> int: ...


class Closeness(enum.Enum):
    """How a decimal stands to a number."""

    RIGHT = "right to the digits written"
    SHORT = "right as far as it goes, with too few digits to count"
    WRONG = "another number"
    UNKNOWN = "not comparable"


def closeness(written: Written, reference: Term) -> Closeness:
    """Compare a decimal with a reference that is made of numbers alone.

    A reference that can be written with these digits exactly is not met by a near decimal.

    >>> from dataclasses import dataclass
    >>> from language.vocabulary import log, number
    >>> @dataclass
    ... class Decimal:
    ...     value: Fraction
    ...     unit: Fraction
    ...     digits: int
    >>> closeness(Decimal(Fraction("0.693147"), Fraction(1, 10**6), 6), log(2))
    <Closeness.RIGHT: 'right to the digits written'>
    >>> closeness(Decimal(Fraction("0.500001"), Fraction(1, 10**6), 6), number(1, 2))
    <Closeness.WRONG: 'another number'>
    """
    if free_names(reference) or written.digits > MOST:
        return Closeness.UNKNOWN
    nowhere = Valuation(Notation(), 0, {})
    precision = 128 + 4 * written.digits
    try:
        exact = balls.exactly(reference, nowhere)
        value = balls.evaluate(reference, nowhere, precision)
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return Closeness.UNKNOWN
    if not isinstance(value, acb) or value.imag != 0:
        return Closeness.UNKNOWN
    if isinstance(exact, Fraction) and (exact / written.unit).denominator == 1:
        return Closeness.RIGHT if exact == written.value else Closeness.WRONG
    return _within_a_unit(written, value.real, precision)


def _within_a_unit(written: Written, value: arb, precision: int) -> Closeness:
    outer = ctx.prec
    ctx.prec = precision
    try:
        distance = abs(value - _arb(written.value))
        unit = _arb(written.unit)
        if distance > unit:
            return Closeness.WRONG
        if not distance <= unit:
            return Closeness.UNKNOWN
    finally:
        ctx.prec = outer
    return Closeness.RIGHT if written.digits >= ENOUGH else Closeness.SHORT


def _arb(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))
