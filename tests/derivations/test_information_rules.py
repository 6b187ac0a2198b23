"""Rules of information theory keep the value of what they rewrite, at drawn valuations."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from hypothesis.strategies import SearchStrategy

from derivations.rules.information import (
    cancel_factors,
    collect_constants,
    collect_divergence,
    collect_logarithms,
    constants_out,
    divergence_as_expectation,
    divergence_as_integral,
    divide_through,
    divisor_of_divisor,
    fold_definition,
    fold_share,
    join_expectations,
    join_integrals,
    linearity,
    log_of_product,
    log_of_quotient,
    multiply_and_divide,
    signed_sum,
    summands,
    unfold_definition,
)
from language.notation import Notation, Symbol
from language.terms import Bind, Name, Number, Term, same, walk
from language.types import POSITIVE, REAL, Function, Law
from language.vocabulary import (
    absolute,
    call,
    density,
    divide,
    expectation,
    integral,
    kl,
    log,
    multiply,
    number,
    sum_of,
)
from numerics.balls import disjoint, evaluate
from numerics.valuations import draw

NOTATION = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("c", REAL, domain=POSITIVE),
        Symbol("x", REAL),
        Symbol("p", Law(REAL)),
        Symbol("q", Law(REAL)),
        Symbol("h", Function((REAL,), REAL), domain=POSITIVE),
        Symbol("k", Function((REAL,), REAL)),
        Symbol(
            "share",
            Function((REAL,), REAL),
            domain=POSITIVE,
            definition=call("h", "x") / (density("p", "x") + call("h", "x")),
            parameters=("x",),
        ),
    )
)
X = Name("x")
SEEDS = st.integers(0, 6)


def agree(left: Term, right: Term, seed: int) -> bool:
    """Whether two scalars have the same value, as far as balls tell, at one valuation."""
    valuation = draw(NOTATION, seed)
    return not disjoint(evaluate(left, valuation), evaluate(right, valuation))


def positives() -> SearchStrategy[Term]:
    """Products and quotients of positive numbers."""
    fraction = st.builds(Fraction, st.integers(1, 5), st.integers(1, 5)).map(Number)
    leaf = st.one_of(fraction, st.sampled_from("abc").map(Name))
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.builds(multiply, part, part),
            st.builds(divide, part, part),
            st.builds(multiply, part, part, part),
        ),
        max_leaves=8,
    )


def integrands() -> SearchStrategy[Term]:
    """Sums of constants, functions of x, and logarithms of densities, with signs and factors."""
    parts = st.sampled_from(
        [
            Name("a"),
            log("b"),
            call("k", X),
            call("h", X),
            log(density("p", X)),
            log(density("q", X)),
            Name("c") * call("k", X),
            call("k", X) / Name("b"),
        ]
    )
    signed = st.tuples(st.booleans(), parts).map(lambda pair: pair[1] if pair[0] else -pair[1])
    return st.lists(signed, min_size=1, max_size=4).map(sum_of)


@given(positives(), SEEDS)
def test_cancelling_keeps_the_value_and_leaves_no_common_factor(term: Term, seed: int) -> None:
    cancelled = cancel_factors(term)
    assert agree(term, cancelled, seed)
    assert cancel_factors(cancelled) == cancelled


@given(positives(), SEEDS)
def test_logarithms_of_products_and_quotients_keep_their_value(term: Term, seed: int) -> None:
    assert agree(log(term), log_of_product(log(term)), seed)
    assert agree(log(term), log_of_quotient(log(term)), seed)
    assert agree(log(term) + log("a"), collect_logarithms(log(term) + log("a")), seed)


@given(positives(), positives(), SEEDS)
def test_fractions_keep_their_value(above: Term, below: Term, seed: int) -> None:
    quotient = divide(above, below)
    assert agree(quotient, divide_through(quotient, Name("c")), seed)
    assert agree(divide("a", quotient), divisor_of_divisor(divide("a", quotient)), seed)
    assert agree(above, multiply_and_divide(above, below), seed)


@given(integrands(), SEEDS)
def test_expectations_may_be_split_and_joined(body: Term, seed: int) -> None:
    whole = expectation("x", "p", body)
    split = linearity(whole)
    assert agree(whole, split, seed)
    assert agree(whole, constants_out(whole), seed)
    assert agree(whole, join_expectations(split), seed)
    assert agree(whole, collect_divergence(whole), seed)


@given(integrands(), SEEDS)
def test_a_constant_leaves_its_expectation(body: Term, seed: int) -> None:
    for part in walk(linearity(expectation("x", "p", body))):
        if isinstance(part, Bind):
            (_, inside), *others = summands(part.body)
            assert not others
            assert part.variable in {n.name for n in walk(inside) if isinstance(n, Name)}


@given(integrands(), integrands(), SEEDS)
def test_integrals_over_one_space_are_one_integral(first: Term, second: Term, seed: int) -> None:
    weight = density("p", X)
    apart = integral("x", weight * first) - integral("x", weight * second)
    joined = join_integrals(apart)
    assert isinstance(joined, Bind)
    assert agree(apart, joined, seed)


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("abc")), min_size=1), SEEDS)
def test_equal_summands_are_added_up(parts: list[tuple[int, str]], seed: int) -> None:
    term = number(1, 2) * sum_of([number(k) * Name(name) for k, name in parts])
    collected = collect_constants(term)
    assert agree(term, collected, seed)
    assert len(summands(collected)) <= 3


@given(SEEDS)
def test_the_definitions_of_the_divergence_agree(seed: int) -> None:
    divergence = kl("p", "q")
    for written in (
        divergence_as_expectation(divergence, "x"),
        divergence_as_expectation(divergence, "x", quotient=True),
        divergence_as_integral(divergence, "x", 1),
    ):
        assert agree(divergence, written, seed)
    assert collect_divergence(divergence_as_expectation(divergence, "x")) == divergence


@given(st.sampled_from([X, Name("a"), X * 2, absolute(X)]))
def test_folding_undoes_unfolding(at: Term) -> None:
    term = log(call("share", at)) + 1
    unfolded = unfold_definition(term, NOTATION, "share")
    assert unfolded != term
    assert same(fold_definition(unfolded, NOTATION, "share"), term)
    rest = density("p", at) / (density("p", at) + call("h", at))
    assert fold_share(rest, NOTATION, "share") == 1 - call("share", at)


@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.sampled_from("abc").map(Name)), min_size=2))
def test_signed_sums_come_apart_again(parts: list[tuple[int, Term]]) -> None:
    assert summands(signed_sum(parts)) == parts


def test_a_name_without_a_definition_cannot_be_unfolded() -> None:
    with pytest.raises(ValueError, match="found 'h', which has none"):
        unfold_definition(call("h", X), NOTATION, "h")
