"""Signs from domains: what is claimed holds at every valuation, and easy signs are found."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from language.notation import Notation, Symbol
from language.terms import Name, Number, Term
from language.types import POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    exp,
    greater,
    index_sum,
    inner,
    less,
    log,
    logistic,
    names,
    norm,
    relation,
    sqrt,
    tanh,
)
from numerics import balls
from numerics.signs import bounds, is_nonnegative, is_nonzero, is_real, sign
from numerics.valuations import draw
from tests.strategies import NOTATION, scalar_terms

VALUATIONS = [draw(NOTATION, seed) for seed in range(8)]
p, lam, x, y, z, w, X, n = names("p lambda x y z w X n")
SCALARS = Notation(
    (
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("lambda", REAL, domain=POSITIVE),
        Symbol("x", REAL),
        Symbol("y", REAL),
        Symbol("z", REAL),
        Symbol("w", Array(("d",))),
        Symbol("X", Array(("n", "d"))),
        Symbol("ratio", REAL, definition=(1 - p) / p),
    ),
    (relation("greater_equal", z, 2),),
)


def outside(term: Term) -> list[Term]:
    """Statements that the claimed range of ``term`` rules out."""
    found = bounds(term, NOTATION)
    if found is None:
        return []
    ruled_out: list[Term] = []
    if found.lower is not None:
        head = "less_equal" if found.lower_open else "less"
        ruled_out.append(relation(head, term, Number(found.lower)))
    if found.upper is not None:
        head = "greater_equal" if found.upper_open else "greater"
        ruled_out.append(relation(head, term, Number(found.upper)))
    if found.never_zero:
        ruled_out.append(relation("equal", term, Number(Fraction(0))))
    return ruled_out


@given(scalar_terms(), st.sampled_from(VALUATIONS))
def test_no_value_lies_outside_its_range(term: Term, valuation: object) -> None:
    for statement in outside(term):
        try:
            assert balls.holds(statement, valuation) is not True  # type: ignore[arg-type]
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            continue


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (1 - p, 1),
        (p - p**2, 1),
        (2 * p - 2 * p * p, 1),
        (p * (p - 1), -1),
        (1 - p + p * p, 1),
        (x * x + 1, 1),
        (-(x**2) - exp(y), -1),
        (norm(w) ** 2 + lam, 1),
        (Name("ratio"), 1),
        (1 / (1 + exp(x)), 1),
        (log(p), -1),
        (logistic(x) * (1 - logistic(x)), 1),
        (tanh(x) ** 2 - 1, -1),
        (sqrt(x * x + 1), 1),
        (lam / (1 + lam) - 1, -1),
        (2 / p - 1, 1),
        (index_sum("i", "n", Name("i") * p), 1),
        (n, 1),
        (z - 1, 1),
        (x - x, 0),
        # undecided, whatever the names suggest
        (x**2, None),
        (lam - 1, None),
        (n - 1, None),
        (w.T @ w, None),
        (x * y, None),
        (sqrt(x), None),
    ],
)
def test_sign(term: Term, expected: int | None) -> None:
    assert sign(term, SCALARS) == expected


@pytest.mark.parametrize(
    "term",
    [x * x - 2 * x * y + y * y, w.T @ X.T @ (X @ w), inner(w, w), 3 * norm(w), n - 1, x**2 * lam],
)
def test_nonnegative(term: Term) -> None:
    assert is_nonnegative(term, SCALARS)
    assert not is_nonzero(term, SCALARS)


def test_a_matrix_product_has_no_sign() -> None:
    assert not is_real(X.T @ X, SCALARS)


def test_a_root_of_something_negative_is_not_real() -> None:
    assert not is_real(sqrt(-lam), SCALARS)


def test_bound_names_hide_declared_ones() -> None:
    assert sign(index_sum("lambda", "n", Name("lambda") - 2), SCALARS) is None


def test_assumptions_on_other_names_are_ignored() -> None:
    assumed = SCALARS.assuming(less(x, 0), greater(y, 1))
    assert sign(x * y, assumed) == -1
    assert sign(x * y, SCALARS) is None


def test_nested_powers_are_bounded_by_sign_only() -> None:
    for base in (Number(Fraction(9)), x, lam + 1, (x + 2) / (lam + p)):
        term: Term = base
        for _ in range(40):
            term = term**12
        assert sign(term, SCALARS) in (1, None)
