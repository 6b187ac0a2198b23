from fractions import Fraction

import pytest

from grading.declarations import DeclarationError, notation_of
from language.types import (
    INTEGER,
    NATURALS,
    POSITIVE,
    PROBABILITY,
    REAL,
    REALS,
    Array,
    Function,
    Interval,
    Law,
)

CASES = [
    ("x", "x", "", REAL, REALS),
    ("x real", "x", "", REAL, REALS),
    (r"\gamma > 0", "gamma", r"\gamma", REAL, POSITIVE),
    ("c < -1/2", "c", "", REAL, Interval(None, Fraction(-1, 2))),
    ("p in (0,1)", "p", "", REAL, PROBABILITY),
    (r"t \in (-1, \infty)", "t", "", REAL, Interval(Fraction(-1), None)),
    ("0 < p < 1", "p", "", REAL, PROBABILITY),
    (r"-\infty < t < 1/2", "t", "", REAL, Interval(None, Fraction(1, 2))),
    ("n integer", "n", "", INTEGER, NATURALS),
    (r"n \in \mathbb{N}", "n", "", INTEGER, NATURALS),
    (r"\mathbf{X} in R^{n x d}", "mathbf_X", r"\mathbf{X}", Array(("n", "d")), REALS),
    (r"A \in \mathbb{R}^{2 \times 3}", "A", "", Array((2, 3)), REALS),
    ("w in R^d", "w", "", Array(("d",)), REALS),
    (r"\sigma_j > 0 [j=1..m]", "sigma", r"\sigma", Array(("m",)), POSITIVE),
    ("w_{i} [i=1..n]", "w", "", Array(("n",)), REALS),
    ("p density", "p", "", Law(REAL), REALS),
    (r"p_\theta density on R^d", "p_theta", r"p_\theta", Law(Array(("d",))), REALS),
    ("D function to (0, 1)", "D", "", Function((REAL,), REAL), PROBABILITY),
    (r"\sigma_1 > 0", "sigma_1", r"\sigma_1", REAL, POSITIVE),
]


@pytest.mark.parametrize(("line", "name", "latex", "kind", "domain"), CASES)
def test_a_line_declares(line, name, latex, kind, domain):
    symbol = list(notation_of([line]))[-1]
    assert (symbol.name, symbol.latex, symbol.type, symbol.domain) == (name, latex, kind, domain)


def test_several_names_share_a_domain_and_sizes_declare_themselves():
    notation = notation_of(["a, b real", "w in R^d"])
    assert [symbol.name for symbol in notation] == ["d", "a", "b", "w"]


@pytest.mark.parametrize(
    "line",
    ["", "> 0", "0 < 1 < 2", "1 < p < 0", "0 < p", "p in [0, 1]", "p >= 0",
     "x in nowhere", "p in (1, 0)", "p in (1/0, 2)", "w in R^0", "[j=1..m]", "x in R^",
     "mu [j=1..m]", "p density [j=1..m]", "1 > 0", "x" * 300],
)  # fmt: skip
def test_what_declares_nothing_is_refused_in_one_line(line):
    with pytest.raises(DeclarationError) as error:
        notation_of([line])
    assert "\n" not in str(error.value)


def test_a_name_is_declared_once():
    with pytest.raises(DeclarationError, match="twice"):
        notation_of(["x real", "x > 0"])
