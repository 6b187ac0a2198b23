"""Rules of adversarial objectives keep the value of what they rewrite, and leave the rest alone."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from derivations.rules.adversarial import (
    against_midpoint,
    collect_divergences,
    collect_jensen_shannon,
    complement_of_share,
    differentiate_inside,
    expectation_under_image,
    integral_as_expectations,
    join_index_sums,
    log_of_power,
    merge_number_logarithms,
    share_of_equals,
    slope_of_logarithm,
    sum_of_constant,
    use_result,
    value_at_maximizer,
    zero_share,
)
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, lift, same
from language.types import POSITIVE, PROBABILITY, REAL, Function, Law
from language.vocabulary import (
    argmax,
    call,
    density,
    derivative,
    expectation,
    index_sum,
    integral,
    jsd,
    kl,
    let,
    log,
    logistic,
    names,
    number,
    sum_of,
)
from numerics.balls import disjoint, evaluate
from numerics.comparisons import predict
from numerics.valuations import draw

a, b, x, y, s = names("a b x y s")
NOTATION = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("y", REAL, domain=PROBABILITY),
        Symbol("s", REAL),
        Symbol("x", REAL),
        Symbol("p", Law(REAL)),
        Symbol("q", Law(REAL)),
        Symbol("base", Law(REAL)),
        Symbol("F", Function((REAL,), REAL)),
        Symbol("D", Function((REAL,), REAL), domain=PROBABILITY),
        Symbol(
            "mu",
            Law(REAL),
            definition=(density("p", x) + density("q", x)) / 2,
            parameters=("x",),
        ),
    )
)
UNIT = Apply("interval", (number(0), number(1)))
SEEDS = st.integers(0, 6)
P, Q = density("p", x), density("q", x)


def keeps(term: Term, changed: Term, seed: int) -> bool:
    """Whether a rule changed a term, and not its value as far as balls tell."""
    valuation = draw(NOTATION, seed)
    return changed != term and not disjoint(evaluate(term, valuation), evaluate(changed, valuation))


#: A term for each rule that rewrites without further arguments.
REWRITTEN = [
    (log_of_power, log(y**a) + b),
    (complement_of_share, log(1 - a / (a + b))),
    (complement_of_share, 1 - b / (a + b)),
    (share_of_equals, a / (a + a)),
    (zero_share, 0 / a + b),
    (slope_of_logarithm, derivative(log(1 - logistic(s)), s)),
    (slope_of_logarithm, derivative(-log(logistic(s)), s)),
    (merge_number_logarithms, 2 * log(number(1, 2))),
    (merge_number_logarithms, log(number(1, 2)) + a + log(number(1, 2))),
]


@pytest.mark.parametrize(("rule", "term"), REWRITTEN)
@pytest.mark.parametrize("seed", range(3))
def test_values_are_kept(rule: object, term: Term, seed: int) -> None:
    assert callable(rule)
    assert keeps(term, rule(term), seed)


@pytest.mark.parametrize(
    ("rule", "term"),
    [
        (complement_of_share, 1 - a / b),
        (complement_of_share, 2 - a / (a + b)),
        (share_of_equals, a / (a + b)),
        (zero_share, a / b),
        (sum_of_constant, index_sum("i", 3, Name("i") * a)),
        (integral_as_expectations, integral("x", P * log(a) + call("F", x))),
        (integral_as_expectations, integral("x", density("p", a) * call("F", x))),
        (collect_divergences, expectation("x", "p", log(Q / P))),
        (slope_of_logarithm, derivative(log(s) * s, s)),
    ],
)
def test_what_is_of_another_form_is_left_alone(rule: object, term: Term) -> None:
    assert callable(rule)
    assert rule(term) == term


@given(st.lists(st.fractions(Fraction(1, 20), 20, max_denominator=20), min_size=2, max_size=4))
def test_merged_logarithms_of_numbers_have_their_value(bases: list[Fraction]) -> None:
    total = sum_of([log(number(base.numerator, base.denominator)) for base in bases])
    merged = merge_number_logarithms(total)
    value = predict(merged, Notation(()), {})
    assert value == pytest.approx(sum(math.log(base) for base in bases), abs=1e-12)
    assert sum(isinstance(part, Apply) and part.head == "log" for part in _parts(merged)) <= 1


def _parts(term: Term) -> list[Term]:
    match term:
        case Apply("add" | "negative", args):
            return [part for arg in args for part in _parts(arg)]
    return [term]


@given(SEEDS)
def test_sums_over_indices(seed: int) -> None:
    two = index_sum("i", 3, log(a) * Name("i")) + index_sum("j", 3, b * Name("j"))
    assert keeps(two, join_index_sums(two), seed)
    constant = index_sum("i", 3, log(a))
    assert keeps(constant, sum_of_constant(constant), seed)


def test_sums_over_other_ranges_stay_apart() -> None:
    apart = index_sum("i", 2, a) + index_sum("i", 3, b)
    assert join_index_sums(apart) == apart


def test_an_index_is_not_captured_when_sums_are_joined() -> None:
    joined = join_index_sums(index_sum("i", 3, Name("i")) + index_sum("j", 3, Name("i") * a))
    assert isinstance(joined, Bind)
    assert joined.variable != "i"


def test_an_expectation_sees_noise_through_the_function_only() -> None:
    through = expectation("z", "base", log(call("D", call("F", "z"))))
    rule = expectation_under_image(through, "p", "base", "F", "x")
    assert same(rule, expectation("x", "p", log(call("D", x))))
    also = expectation("z", "base", log(call("D", call("F", "z"))) + Name("z"))
    assert expectation_under_image(also, "p", "base", "F", "x") == also


MAXIMIZER = Claim(
    "argmax", NOTATION, argmax("t", UNIT, a * log("t") + b * log(1 - Name("t"))), a / (a + b)
)


def test_a_result_is_used_at_other_weights() -> None:
    here = argmax("u", UNIT, P * log("u") + Q * log(1 - Name("u")))
    assert use_result(here, MAXIMIZER, "a", "b") == P / (P + Q)


def test_a_result_is_not_used_where_a_weight_depends_on_the_variable() -> None:
    here = argmax("u", UNIT, Name("u") * log("u") + Q * log(1 - Name("u")))
    assert use_result(here, MAXIMIZER, "a", "b") == here


def test_a_result_is_not_used_over_another_space() -> None:
    wider = Apply("interval", (number(0), number(2)))
    here = argmax("u", wider, a * log("u") + b * log(1 - Name("u")))
    assert use_result(here, MAXIMIZER, "a", "b") == here


def test_a_maximum_is_the_value_where_it_is_attained() -> None:
    body = a * log("t") + b * log(1 - Name("t"))
    top = Bind("maximal", "t", UNIT, body)
    assert value_at_maximizer(top, MAXIMIZER) == let("t", a / (a + b), body)
    other = Bind("maximal", "t", UNIT, a * log("t"))
    assert value_at_maximizer(other, MAXIMIZER) == other


@given(SEEDS)
def test_the_midpoint_of_two_laws(seed: int) -> None:
    ratio = log(P / (P + Q))
    assert keeps(ratio, against_midpoint(ratio, NOTATION, "mu"), seed)


def test_divergences_are_read() -> None:
    mixed = density("mu", x)
    read = collect_divergences(
        expectation("x", "p", log(P / mixed)) + expectation("x", "q", log(Q / mixed))
    )
    assert read == kl("p", "mu") + kl("q", "mu")
    assert collect_jensen_shannon(read, "mu") == 2 * jsd("p", "q")
    assert collect_jensen_shannon(read, "p") == read


def test_integrals_of_densities_are_expectations() -> None:
    integrated = integral("x", P * log(a) - Q * call("F", x))
    parts = expectation("x", "p", log(a)) - expectation("x", "q", call("F", x))
    assert integral_as_expectations(integrated) == parts


def test_only_the_inner_derivative_is_carried_out() -> None:
    twice = derivative(derivative(a * log(y), y), y)
    once = differentiate_inside(twice, NOTATION)
    assert once == derivative(a / y, y)
    assert differentiate_inside(once, NOTATION) == once
    assert differentiate_inside(lift(1), NOTATION) == lift(1)
