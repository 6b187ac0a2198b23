"""Curves for figures: a checked term evaluated along one of its variables."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from flint import acb
from numpy.typing import NDArray

from language.notation import Notation, Symbol
from language.terms import Term, free_names
from language.types import REAL
from numerics.balls import evaluate
from numerics.rings import Undefined
from numerics.valuations import Exact, Valuation

__all__ = ["CurveError", "curve"]

#: Bits to compute with, in turn, until as many bits of the value are known as a plot can show.
_PRECISIONS, _ACCURATE = (80, 320, 1280), 40


class CurveError(ValueError):
    """A term has no finite real value at a point of the curve."""


def curve(
    term: Term,
    variable: str,
    xs: Iterable[Fraction | float],
    notation: Notation | None = None,
    **fixed: Exact | float,
) -> NDArray[np.float64]:
    """The values of ``term`` along ``variable``, each the midpoint of a rigorous ball.

    Args:
        term: a scalar term, checked elsewhere.
        variable: the name that runs through ``xs``.
        xs: where to evaluate, shape (k,); floats are taken as the exact numbers they are.
        notation: what the term's names mean; real numbers where it is None.
        **fixed: the values of the term's other names.

    Returns:
        Shape (k,), in the order of ``xs``.

    Raises:
        CurveError: where the term has no finite real value.
    """
    if notation is None:
        names = sorted(free_names(term) | {variable})
        notation = Notation(tuple(Symbol(name, REAL) for name in names))
    exact = {name: _exact(value) for name, value in fixed.items()}
    return np.array([_value(term, notation, {**exact, variable: _exact(x)}) for x in xs])


def _exact(value: Exact | float) -> Exact:
    return Fraction(value) if isinstance(value, float | int) else value


def _value(term: Term, notation: Notation, values: dict[str, Exact]) -> float:
    valuation = Valuation(notation, 0, values)
    found: object = None
    for precision in _PRECISIONS:
        try:
            found = evaluate(term, valuation, precision)
        except Undefined as error:
            found = error
            break
        if not isinstance(found, acb) or not found.imag.contains(0):
            break
        if found.real.is_zero() or found.real.rel_accuracy_bits() >= _ACCURATE:
            return float(found.real.mid())
    else:
        # a zero that is not recognized as one keeps a ball around it at every precision
        if isinstance(found, acb) and found.is_finite():
            return float(found.real.mid())
    where = ", ".join(f"{name} = {value}" for name, value in values.items())
    raise CurveError(f"expected a finite real value at {where}, found {found}")
