"""Rules of small networks keep values and truth, and leave what they do not know alone."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from derivations.rules.networks import (
    across,
    common_factor,
    constants_out_of_sums,
    differentiate_twice,
    divide_by_signed_factors,
    drop_nonzero_factors,
    drop_true_inequalities,
    entry_by_entry,
    exponential_of_zero,
    factor_left_sides,
    linear_inequality,
    logistic_as_tanh,
    power_of_product,
    relu_as_maximum,
    root_of_zero_power,
    spectrum,
    tanh_as_logistic,
)
from language.claims import Claim, Equality, Status
from language.notation import Notation, Symbol
from language.terms import Apply, Number, Term, lift
from language.types import POSITIVE, REAL, Array
from language.vocabulary import (
    both,
    eigenvalues,
    equal,
    exp,
    hessian,
    index_sum,
    less,
    matrix,
    multiset,
    names,
    number,
    relation,
    tanh,
    tuple_of,
    vector,
)
from numerics.comparisons import predict
from numerics.engine import decide, decide_equal

u, v, w, c, x, n, i = names("u v w c x n i")
NOTATION = Notation(
    (
        Symbol("u", REAL),
        Symbol("v", REAL),
        Symbol("w", REAL),
        Symbol("c", REAL, domain=POSITIVE),
        Symbol("x", Array(("n",))),
    )
)


def proved(before: Term, after: Term) -> bool:
    return before != after and decide_equal(before, after, NOTATION).status is Status.PROVED


@given(st.floats(-5, 5))
def test_tanh_by_the_logistic_function_and_back(at: float) -> None:
    written = tanh_as_logistic(tanh(u))
    value = predict(written, NOTATION, {"u": at})
    assert value == pytest.approx(math.tanh(at), abs=1e-12)
    back = logistic_as_tanh(written)
    assert predict(back, NOTATION, {"u": at}) == pytest.approx(value, abs=1e-12)


SCALARS = [
    relu_as_maximum(Apply("relu", (u * v,))),
    common_factor(u * v - v, v),
    common_factor(c * u * v + v * w, v),
    power_of_product((u * v) ** 2),
    constants_out_of_sums(index_sum("i", n, u * x[i] ** 2) / n),
]
ORIGINALS = [
    Apply("relu", (u * v,)),
    u * v - v,
    c * u * v + v * w,
    (u * v) ** 2,
    index_sum("i", n, u * x[i] ** 2) / n,
]


@pytest.mark.parametrize(("before", "after"), list(zip(ORIGINALS, SCALARS, strict=True)))
def test_scalars_keep_their_value(before: Term, after: Term) -> None:
    assert proved(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (term, rule(term))
        for rule, term in (
            (across, equal(1 - u * v, 0)),
            (root_of_zero_power, equal((u - v) ** 2, 0)),
            (entry_by_entry, equal(vector(u, v), vector(w, 1))),
            (divide_by_signed_factors, both(equal(u * v, 0), less(-2 * c * v, 0))),
        )
    ],
)
def test_statements_keep_their_truth(before: Term, after: Term) -> None:
    claim = Claim("step", NOTATION, before, after, Equality.CONDITION)
    assert before != after
    assert decide(claim).status is Status.PROVED


def test_factors_are_dropped_only_where_they_cannot_vanish() -> None:
    assert drop_nonzero_factors(equal(-(2 * c * u), 0), c) == equal(u, 0)
    assert drop_nonzero_factors(equal(u * v, 0), c) == equal(u * v, 0)
    without_sign = both(equal(u * v, 0), less(u, v))
    assert divide_by_signed_factors(without_sign) == without_sign


@given(st.integers(1, 9), st.integers(-9, 9))
def test_a_linear_inequality_is_solved(slope: int, rest: int) -> None:
    solved = linear_inequality(relation("greater_equal", slope * u, rest), NOTATION, "u")
    assert solved == relation("less_equal", Number(Fraction(rest, slope)), u)


def test_a_weaker_lower_end_is_dropped_and_a_stronger_one_is_not() -> None:
    weaker = both(less(0, u), less(u, 1), relation("greater_equal", u, 1 - u))
    stronger = both(less(1, u), less(u, 2), relation("greater_equal", u, 1 - u))
    half = number(1, 2)
    expected = both(relation("less_equal", half, u), less(u, 1))
    assert linear_inequality(weaker, NOTATION, "u") == expected
    assert linear_inequality(stronger, NOTATION, "u") == both(less(1, u), less(u, 2))


def test_a_falling_line_is_left_alone() -> None:
    falling = relation("greater_equal", -u, 1)
    assert linear_inequality(falling, NOTATION, "u") == falling


def test_the_exponential_of_zero_drops_out() -> None:
    assert exponential_of_zero(relation("less", exp(lift(0)) * u, v)) == less(u, v)
    assert exponential_of_zero(exp(u) * v) == exp(u) * v


def test_derivatives_of_a_bowl() -> None:
    bowl = c * u**2 + u * v
    assert differentiate_twice(hessian(bowl, tuple_of(u, v)), NOTATION) == matrix(
        (2 * c, 1), (1, 0)
    )


def test_a_spectrum_counts_multiplicity() -> None:
    assert spectrum(eigenvalues(matrix((c, 0), (0, c))), NOTATION) == multiset(c, c)
    found = spectrum(eigenvalues(matrix((0, c), (c, 0))), NOTATION)
    assert found == multiset(c, -c)


def test_left_sides_become_products() -> None:
    expanded = both(equal(u * v - v, 0), less(u**2 - 1, 0))
    factored = factor_left_sides(expanded, NOTATION)
    claim = Claim("factors", NOTATION, expanded, factored, Equality.CONDITION)
    assert decide(claim).status is Status.PROVED
    assert isinstance(factored, Apply)
    for part in factored.args:
        assert isinstance(part, Apply) and isinstance(part.args[0], Apply)
        assert part.args[0].head == "multiply"


def test_only_what_is_certainly_true_is_dropped() -> None:
    known = both(equal(u, 0), less(-c + u, 0), less(v, 0))
    assert drop_true_inequalities(known, NOTATION) == both(equal(u, 0), less(v, 0))
