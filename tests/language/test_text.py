"""Plain text that can be read in one way only."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import assume, given

from language.notation import Notation, Symbol
from language.terms import Apply, Name, Number, Term, lift
from language.text import to_text
from language.types import REAL
from language.vocabulary import (
    both,
    call,
    entry,
    expectation,
    greater,
    hadamard,
    index_sum,
    inverse,
    kl,
    less,
    let,
    log,
    matrix,
    mixture,
    names,
    norm,
    number,
    power,
    real_part,
    spaces,
    vector,
)
from tests.strategies import NOTATION, SCALARS, rational_terms, terms

X, y, w, p, a, b, lam = names("X y w p a b lambda")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (power(norm(y - p * X * w), 2), "||y - p X w||^2"),
        (inverse(X.T * X + lam * Apply("identity", (Name("d"),))), "(X^T X + lambda I_d)^-1"),
        (index_sum("i", "n", power(w["i"], 2)), "sum_{i=1}^{n} w_i^2"),
        (index_sum("i", "n", a) * b, "(sum_{i=1}^{n} a) b"),
        (entry(X, "i", 2), "X_{i,2}"),
        (a / (b * p), "a / (b p)"),
        (a / b * p, "(a / b) p"),
        (a / (b / p), "a / (b / p)"),
        (number(1, 2) * a - number(3, 2), "(1/2) a - 3/2"),
        (2 * number(3) * a, "2 * 3 a"),
        (power(a, -1), "a^(-1)"),
        (power(-a, 2), "(-a)^2"),
        (power(a, number(1, 2)), "a^(1/2)"),
        (hadamard(X, "R") * w, "(X .* R) w"),
        (matrix((1, a), (b, 0)), "[1, a; b, 0]"),
        (vector(1, a), "[1; a]"),
        (kl("f", mixture(p, "f", 1 - p, "g")), "KL(f || p f + (1 - p) g)"),
        (expectation("z", "f", log(a)), "E_{z ~ f}[log(a)]"),
        (let("a", 0, a + b), "[a + b]_{a = 0}"),
        (call("h", a, b), "h(a, b)"),
        (both(less(0, p), less(p, 1)), "0 < p < 1"),
        (Apply("implies", (greater(p, 0), less(real_part(a), 0))), "p > 0 => Re(a) < 0"),
        (Apply("element", (a, spaces("d"))), "a in R^d"),
    ],
)
def test_printed_forms(term, expected):
    assert to_text(term) == expected


def test_an_entry_is_told_from_a_name_that_looks_like_it():
    notation = Notation((Symbol("w_1", REAL),))
    assert to_text(entry(w, 1), notation) == "w_{1}"
    assert to_text(entry(w, 1)) == "w_1"


@given(terms())
def test_text_is_ascii_on_one_line(term):
    text = to_text(term, NOTATION)
    assert text.isascii()
    assert "\n" not in text
    assert text.count("(") == text.count(")")


class _Reader:
    """Arithmetic by the usual precedence, side by side meaning a product."""

    def __init__(self, text: str, values: dict[str, Fraction]) -> None:
        self.tokens = re.findall(r"\d+|[a-z]\w*|[-+*/^()]", text)
        self.values = values

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self) -> str:
        return self.tokens.pop(0)

    def sum(self) -> Fraction:
        total = -self.product() if self.peek() == "-" and self.take() else self.product()
        while self.peek() in ("+", "-"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def product(self) -> Fraction:
        value = self.power()
        while self.peek() and self.peek() not in "+-)":
            if self.peek() == "/":
                self.take()
                value /= self.power()
            else:
                if self.peek() == "*":
                    self.take()
                value *= self.power()
        return value

    def power(self) -> Fraction:
        base = self.atom()
        if self.peek() != "^":
            return base
        self.take()
        return base ** self.atom()

    def atom(self) -> Fraction:
        token = self.take()
        if token == "(":
            value = self.sum()
            assert self.take() == ")"
            return value
        return self.values[token] if token in self.values else Fraction(token)


def _value(term: Term, values: dict[str, Fraction]) -> Fraction:
    match term:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Apply("negative", (part,)):
            return -_value(part, values)
        case Apply("add", parts):
            return sum((_value(part, values) for part in parts), start=Fraction(0))
        case Apply("multiply", parts):
            product = Fraction(1)
            for part in parts:
                product *= _value(part, values)
            return product
        case Apply("divide", (above, below)):
            return _value(above, values) / _value(below, values)
        case Apply("power", (base, exponent)):
            return _value(base, values) ** _value(exponent, values)
    raise AssertionError(term)


POINT = {name: Fraction(prime, 4) for name, prime in zip(SCALARS, (3, 5, 7, 11, 13), strict=True)}


@given(rational_terms())
def test_text_reads_back_to_the_same_value(term):
    try:
        expected = _value(term, POINT)
    except ZeroDivisionError:
        assume(False)
    assert _Reader(to_text(term), POINT).sum() == expected


def test_the_reader_of_this_test_reads():
    assert _Reader("2 (x - 1) / 3^2 * x", {"x": Fraction(4)}).sum() == Fraction(8, 3)
    assert _value(lift(2) / 3, {}) == Fraction(2, 3)
