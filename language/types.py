"""The types of terms: scalars, arrays of symbolic shape, laws, functions, collections, truths."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

__all__ = [
    "COMPLEX",
    "INTEGER",
    "NATURALS",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "REALS",
    "TRUTH",
    "Array",
    "Collection",
    "Dimension",
    "Function",
    "Interval",
    "Law",
    "Scalar",
    "Space",
    "Truth",
    "Type",
    "describe",
]

#: A size: a positive integer, or the name of one.
Dimension: TypeAlias = "int | str"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number."""

    kind: Literal["integer", "real", "complex"] = "real"


@dataclass(frozen=True, slots=True)
class Array:
    """A column vector (one dimension) or a matrix (two) of real numbers."""

    shape: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """A set to draw from, integrate or optimize over; ``element`` is the type of its points."""

    element: Type


@dataclass(frozen=True, slots=True)
class Law:
    """A probability law of a random ``element``, with a density unless it is discrete."""

    element: Type


@dataclass(frozen=True, slots=True)
class Function:
    """A function from ``arguments`` to ``result``."""

    arguments: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, set or multiset; a tuple has one element type for each place."""

    kind: Literal["tuple", "set", "multiset"]
    elements: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A statement that holds or does not."""


Type: TypeAlias = "Scalar | Array | Space | Law | Function | Collection | Truth"

REAL = Scalar("real")
COMPLEX = Scalar("complex")
INTEGER = Scalar("integer")
TRUTH = Truth()


@dataclass(frozen=True, slots=True)
class Interval:
    """The open real interval in which a symbol, or each entry of it, lies; None is infinite.

    Sizes are the integers of ``NATURALS``.
    """

    lower: Fraction | None = None
    upper: Fraction | None = None

    def contains(self, value: Fraction) -> bool:
        """Whether an exact number lies strictly between the ends."""
        return (self.lower is None or self.lower < value) and (
            self.upper is None or value < self.upper
        )


REALS = Interval()
POSITIVE = Interval(Fraction(0))
PROBABILITY = Interval(Fraction(0), Fraction(1))
NATURALS = Interval(Fraction(0))


def describe(kind: Type) -> str:
    """A type in words, as error messages use it.

    >>> describe(Array(("n", "d")))
    'a matrix of shape n x d'
    """
    match kind:
        case Scalar("integer"):
            return "an integer"
        case Scalar("complex"):
            return "a complex number"
        case Scalar():
            return "a number"
        case Array((size,)):
            return f"a vector of length {size}"
        case Array(shape):
            return "a matrix of shape " + " x ".join(map(str, shape))
        case Law():
            return "a law"
        case Space():
            return "a space"
        case Function(arguments):
            return f"a function of {len(arguments)} argument{'s' if len(arguments) > 1 else ''}"
        case Collection("tuple", elements):
            return f"a tuple of {len(elements)}"
        case Collection(kind_name):
            return f"a {kind_name}"
        case Truth():
            return "a statement"
