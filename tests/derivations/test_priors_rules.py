"""The rules for priors: what they rewrite has the value that it had; elsewhere they do nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from derivations.rules import priors
from derivations.topics.mixture_prior import (
    MIXTURE,
    MU,
    SIGMA,
    VARIANCES,
    J,
    W,
    gamma,
    penalty,
    total,
    weighted,
)
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array
from language.vocabulary import density, derivative, index_product, index_sum, let, log, names
from numerics.balls import disjoint, evaluate
from numerics.valuations import draw

w, v, c, n = names("w v c n")
PLAIN = Notation(
    (
        Symbol("w", Array(("n",))),
        Symbol("u", Array(("n",))),
        Symbol("v", REAL, domain=POSITIVE),
        Symbol("c", REAL, domain=POSITIVE),
        Symbol("x", REAL),
        Symbol("i", INTEGER, domain=NATURALS),
    )
)


def _normal(mean: Term, variance: Term) -> Term:
    return Apply("normal", (mean, variance))


ISOTROPIC = density(
    Apply("normal", (Apply("zeros", (n,)), v * Apply("ones", (n,)))),
    w,
)
SQUARE = w.T @ w
CASES: dict[str, tuple[Callable[[Term], Term], Term]] = {
    "independent entries": (priors.independent_entries, ISOTROPIC),
    "logarithm of a product": (
        priors.log_of_index_product,
        log(index_product("i", n, c * w["i"] ** 2)),
    ),
    "logarithm of a normal density": (priors.log_of_normal, log(density(_normal(Name("x"), v), c))),
    "a normal density": (priors.write_normal, density(_normal(Name("x"), v), c)),
    "constants out of a sum": (
        priors.distribute_over_sums,
        c - index_sum("i", n, 3 * c / 2 - v * w["i"] / c + (c - w["i"])),
    ),
    "a negative constant": (priors.distribute_over_sums, -index_sum("i", n, -c)),
    "weights at zero": (
        priors.at_zero_weights,
        let("w", Apply("zeros", (n,)), c + SQUARE / v - v * SQUARE),
    ),
    "equal summands": (priors.cancel_equal_summands, v + c * v - (v - c)),
    "the coefficient of a square": (priors.coefficient_of_a_square, (-SQUARE / (2 * v)) / SQUARE),
    "scalars out of squares": (
        priors.scalars_out_of_squares,
        let("w", (c / v) * Name("u"), 3 * SQUARE),
    ),
    "a sign into a sum": (
        priors.sign_into_sum,
        -index_sum("i", n, v * ((c - w["i"]) / (v + c))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_rewrites_and_keeps_the_value(name: str) -> None:
    rule, term = CASES[name]
    after = rule(term)
    assert after != term
    for seed in range(4):
        valuation = draw(PLAIN, seed)
        assert not disjoint(evaluate(term, valuation), evaluate(after, valuation))


@pytest.mark.parametrize("name", CASES)
def test_a_rule_leaves_alone_what_it_does_not_know(name: str) -> None:
    rule, _ = CASES[name]
    assert rule(v + c * v) == v + c * v


def test_the_inner_product_is_read_only_from_a_full_sum_of_squares() -> None:
    squares = index_sum("i", n, w["i"] ** 2)
    assert priors.inner_product_of_entries(squares, PLAIN) == SQUARE
    for other in (index_sum("i", n, w["i"] ** 3), index_sum("i", 3, w["i"] ** 2)):
        assert priors.inner_product_of_entries(other, PLAIN) == other


def test_a_sum_keeps_only_the_summand_of_the_entry() -> None:
    alone = priors.derivative_of_a_sum(derivative(index_sum("l", n, log(w["l"] ** 2)), w["i"]))
    assert alone == derivative(log(w["i"] ** 2), w["i"])


def test_a_sum_that_holds_the_array_elsewhere_keeps_every_summand() -> None:
    body = index_sum("l", n, w["l"] * w[1])
    after = priors.derivative_of_a_sum(derivative(body, w["i"]))
    assert after == index_sum("l", n, derivative(w["l"] * w[1], w["i"]))


def test_a_weight_that_depends_on_the_variable_stops_the_logarithmic_derivative() -> None:
    part = derivative(MU[J] * density(_normal(MU[J], v), c), MU[J])
    assert priors.logarithmic_derivative(part) == part


def test_only_a_whole_share_is_folded() -> None:
    point = W["i"]
    above, below = weighted(point, J), total(point)
    assert priors.fold_responsibilities(above / below, MIXTURE) == gamma(J, point)
    assert priors.fold_responsibilities(above / (2 * below), MIXTURE) == gamma(J, point) / 2
    for other in (SIGMA[J] / below, above / total(W["j"]), weighted(W["j"], J) / below):
        assert priors.fold_responsibilities(other, MIXTURE) == other


def test_fishers_identity_is_the_chain_of_its_rules() -> None:
    slope = derivative(penalty(), MU["j"])
    step = slope
    for rule in (
        priors.derivative_of_a_sum,
        priors.derivative_of_a_logarithm,
        priors.only_its_own_summand,
        priors.logarithmic_derivative,
    ):
        assert rule(step) != step
        step = rule(step)
    assert priors.fishers_identity(slope, MIXTURE) == priors.fold_responsibilities(step, MIXTURE)


def test_rules_refuse_names_that_are_not_defined_as_they_need() -> None:
    with pytest.raises(ValueError, match="share of a sum"):
        priors.fold_responsibilities(c, VARIANCES, "sigma")
    with pytest.raises(ValueError, match="roots of variances"):
        priors.deviations_for_variances(c, MIXTURE, "sigma")
    with pytest.raises(ValueError, match="entry of an array"):
        priors.logarithmic_derivative(derivative(c * density(_normal(Name("x"), v), c), c))
