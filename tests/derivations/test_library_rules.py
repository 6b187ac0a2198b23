"""The rules of the library's chains: what they refuse, and what they leave alone."""

from __future__ import annotations

import pytest

from derivations.rules.conjugates import curved_optimum, factor_scalars, value_at_optimum
from derivations.rules.covariances import expect_each_summand, trace_of_identity
from derivations.rules.divergences import complete_the_square, read_divergences
from derivations.rules.importance import draws_are_alike, excess_of_log_average, over_all_choices
from derivations.rules.penalties import gradient_of_quadratic
from derivations.rules.tempering import join_weighted_logarithms
from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, lift
from language.types import POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    argmax,
    call,
    density,
    exp,
    expectation,
    gradient,
    integral,
    inverse,
    log,
    names,
    number,
    spaces,
    trace,
)
from numerics.engine import decide_equal

x, y, a, b, s, w, A, S = names("x y a b s w A S")
VECTOR = Array(("d",))
NOTATION = Notation(
    (
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("s", REAL, domain=POSITIVE),
        Symbol("p", Law(REAL)),
        Symbol("q", Law(REAL)),
        Symbol("g", Function((REAL,), REAL), domain=POSITIVE),
        Symbol("x", VECTOR),
        Symbol("w", VECTOR),
        Symbol("A", Array(("d", "d"))),
        Symbol("S", Array(("d", "d")), traits=frozenset({"invertible"})),
    )
)
HALF_LINE = Apply("interval", (lift(0), INFINITY))


def _proved(left: Term, right: Term) -> bool:
    return decide_equal(left, right, NOTATION).status is Status.PROVED


def test_an_optimum_on_a_half_line_is_the_one_inside_it() -> None:
    # on the whole line this parabola's reflection would be stationary as well
    body = a * log(y) - b * y**2
    assert _proved(
        curved_optimum(argmax("y", HALF_LINE, body), NOTATION), (a / (2 * b)) ** number(1, 2)
    )


def test_two_stationary_points_are_refused() -> None:
    with pytest.raises(ValueError, match="one stationary point, found"):
        curved_optimum(argmax("y", spaces(), y**3 - 3 * y), NOTATION)


def test_a_declared_variable_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' declared"):
        curved_optimum(argmax("a", spaces(), -(a**2)), NOTATION)


def test_the_largest_value_is_the_value_at_the_optimum() -> None:
    largest = Bind("maximal", "y", HALF_LINE, y * a - y * log(y))
    assert _proved(value_at_optimum(largest, NOTATION), exp(a - 1))


def test_factoring_keeps_what_it_is_told_to_keep() -> None:
    square = (a - b) ** 2
    found = factor_scalars(square / s + 1 - a / a, NOTATION, square)
    assert found == square / s


def test_a_product_of_normal_densities_is_one_times_a_number() -> None:
    first, second = (Apply("normal", (m, v)) for m, v in ((a, s), (b, 2 * s)))
    whole = integral("z", density(first, "z") * density(second, "z"))
    assert _proved(complete_the_square(whole, NOTATION), whole)


def test_integrals_that_are_no_divergences_are_left_alone() -> None:
    p, q = density("p", "z"), density("q", "z")
    for body in (p * log(q / p), (p - q) ** 2 / (p + q), (p + q) ** 2 / q):
        assert read_divergences(integral("z", body)) == integral("z", body)


def test_matrices_do_not_leave_an_expectation() -> None:
    form = expectation("z", Apply("normal", (w, S)), x.T @ S @ Name("z"))
    assert expect_each_summand(form) == form


def test_only_an_inverse_cancels_under_the_trace() -> None:
    assert trace_of_identity(trace(inverse(S) @ S), NOTATION) == Name("d")
    other = trace(inverse(S) @ A)
    assert trace_of_identity(other, NOTATION) == other


def test_unlike_draws_are_not_joined() -> None:
    one, two = (expectation("z", law, call("g", "z")) for law in "pq")
    assert draws_are_alike((one + two) / 2) == (one + two) / 2


def test_a_difference_over_two_laws_is_left_alone() -> None:
    difference = expectation("z", "p", call("g", "z")) - expectation("z", "q", call("g", "z"))
    assert over_all_choices(difference) == difference


def test_the_excess_needs_the_mean_of_the_same_logarithms() -> None:
    wrong = log((a + b) / 2) - number(1, 2) * (log(a) + log(s))
    assert excess_of_log_average(wrong) == wrong


def test_the_gradient_of_a_form_needs_a_symmetric_matrix() -> None:
    form = gradient(number(1, 2) * (x.T @ A @ x), x)
    assert gradient_of_quadratic(form, NOTATION) == form


def test_a_weight_that_depends_on_the_draw_stays() -> None:
    ratio = log(density("p", "z") / density("q", "z"))
    other = expectation("z", "p", log(call("g", "z"))) - a * expectation("z", "q", ratio)
    assert join_weighted_logarithms(other) == other
