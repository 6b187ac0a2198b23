"""Declarations, sizes and definitions."""

from __future__ import annotations

import pytest

from language.notation import Notation, NotationError, Symbol
from language.types import INTEGER, REAL, Array, Function, Law
from language.vocabulary import names

x, y = names("x y")


def test_sizes_are_declared_once_and_before_what_uses_them():
    notation = Notation(
        (
            Symbol("X", Array(("n", "d"))),
            Symbol("F", Function((Array(("d",)),), Array(("k",)))),
            Symbol("q", Law(Array(("d", 3)))),
        )
    )
    assert [symbol.name for symbol in notation] == ["n", "d", "k", "X", "F", "q"]
    assert notation["n"].type == INTEGER


def test_a_name_cannot_be_declared_twice():
    with pytest.raises(NotationError, match="'x' is declared twice"):
        Notation((Symbol("x", REAL), Symbol("x", INTEGER)))


def test_definitions_cannot_go_in_circles():
    with pytest.raises(NotationError, match="'x' is defined in terms of itself"):
        Notation((Symbol("x", REAL, definition=y), Symbol("y", REAL, definition=x + 1)))


def test_parameters_hide_the_name_being_defined():
    symbol = Symbol("f", Function((REAL,), REAL), definition=x * x, parameters=("x",))
    notation = Notation((symbol, Symbol("x", REAL)))
    assert notation["f"].parameters == ("x",)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(NotationError, match="'z' is not declared; this notation has x, y"):
        Notation((Symbol("x", REAL), Symbol("y", REAL)))["z"]


def test_extending_keeps_what_is_already_declared_alike():
    notation = Notation((Symbol("x", REAL),))
    assert notation.extended(Symbol("x", REAL)) == notation
    with pytest.raises(NotationError, match="declared twice"):
        notation.extended(Symbol("x", INTEGER))


def test_equal_notations_have_equal_hashes():
    first, second = (Notation((Symbol("x", REAL),)).where("x", y) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
