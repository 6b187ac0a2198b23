"""Figures: found by name, drawn from checked terms, the same bytes every time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from language.terms import Name, lift
from language.vocabulary import exp, log, sqrt
from reports.figures import FigureError, draw, find_figure
from reports.figures.curves import CurveError, curve

x, y = Name("x"), Name("y")


def test_a_curve_passes_through_its_points() -> None:
    values = curve(x**2 - y, "x", [0, 0.5, Fraction(3, 2)], y=Fraction(1, 4))
    assert values.tolist() == [-0.25, 0.0, 2.0]


def test_a_curve_is_accurate_where_floats_are_not() -> None:
    tiny = Fraction(1, 10**20)
    (value,) = curve((exp(x) - 1) / x, "x", [tiny])
    assert value == 1.0


@pytest.mark.parametrize("term", [sqrt(x), log(x - x), lift(1) / (x - x)])
def test_a_curve_without_a_real_value_says_where(term) -> None:
    with pytest.raises(CurveError, match="x = -1"):
        curve(term, "x", [-1])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drop.penalty", "no figure 'drop.penalty'; did you mean dropout?"),
        ("dropout.penalties", "did you mean penalty?"),
        ("dropout", "no figure 'dropout'"),
        ("curves.curve", "no figure 'curves.curve'"),
    ],
)
def test_an_unknown_figure_lists_the_near_ones(name: str, said: str) -> None:
    with pytest.raises(FigureError) as caught:
        find_figure(name)
    assert said in str(caught.value)


def test_drawing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        draw("dropout.penalty", {}, tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
