"""Gaussian priors: against densities computed apart, and what rescaling the data must do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import multivariate_normal

from derivations.topics import weight_prior as topic
from language.claims import Claim, Equality, Status
from language.terms import Apply, Name, Term
from language.vocabulary import index_sum, number
from numerics.comparisons import Value, claims_of, predict
from numerics.engine import decide

SINGLE = claims_of(topic.gaussian_prior())
LAYERED = claims_of(topic.layer_priors())
RESCALED = claims_of(topic.layer_penalty_consistency())["lambdas-rescaled"]

numbers = st.floats(-3, 3)
scales = st.floats(0.2, 3)


def _pair(claim: Claim, values: dict[str, float]) -> list[float]:
    """The two components of a tuple."""
    match claim.closed_form:
        case Apply("tuple", (first, second)):
            return [predict(term, claim.notation, values) for term in (first, second)]
    raise AssertionError


@given(st.lists(numbers, min_size=1, max_size=5), scales)
def test_the_penalty_is_minus_the_log_density(w: list[float], sigma: float) -> None:
    value = predict(
        SINGLE["R"].closed_form, SINGLE["R"].notation, {"w": w, "sigma": sigma, "n": len(w)}
    )
    law = multivariate_normal(np.zeros(len(w)), sigma**2 * np.eye(len(w)))
    assert value == pytest.approx(-law.logpdf(w), rel=1e-9, abs=1e-9)


@given(st.lists(numbers, min_size=2, max_size=4), scales)
def test_lambda_is_the_slope_of_the_penalty_in_the_squared_length(
    w: list[float], sigma: float
) -> None:
    claim = SINGLE["R"]
    coefficient = predict(SINGLE["lambda"].closed_form, claim.notation, {"sigma": sigma})
    longer, shorter = (
        predict(claim.closed_form, claim.notation, {"w": v, "sigma": sigma, "n": len(w)})
        for v in (w, [0.0] * len(w))
    )
    assert longer - shorter == pytest.approx(coefficient * sum(x * x for x in w), abs=1e-9)


@given(
    st.lists(numbers, min_size=1, max_size=3),
    st.lists(numbers, min_size=1, max_size=3),
    scales,
    scales,
)
def test_each_reading_of_the_layers_is_its_own_density(
    first: list[float], second: list[float], sigma1: float, sigma2: float
) -> None:
    values: dict[str, Value] = {
        "w1": first,
        "w2": second,
        "n1": len(first),
        "n2": len(second),
        "sigma1": sigma1,
        "sigma2": sigma2,
    }
    for name, variances in (
        ("R-variance", (sigma1, sigma2)),
        ("R-std", (sigma1**2, sigma2**2)),
    ):
        spread = np.repeat(variances, [len(first), len(second)])
        law = multivariate_normal(np.zeros(spread.size), np.diag(spread))
        found = predict(LAYERED[name].closed_form, LAYERED[name].notation, values)
        assert found == pytest.approx(-law.logpdf([*first, *second]), rel=1e-9, abs=1e-9)


def test_the_readings_agree_where_the_scales_are_one() -> None:
    values = {"sigma1": 1.0, "sigma2": 1.0}
    variance, deviation = (
        _pair(LAYERED[name], values) for name in ("lambdas-variance", "lambdas-std")
    )
    assert variance == deviation == [0.5, 0.5]


@given(scales, scales, scales, scales)
def test_the_rescaled_coefficients_undo_the_change_of_units(
    lambda1: float, lambda2: float, a: float, b: float
) -> None:
    values = {"lambda1": lambda1, "lambda2": lambda2, "a": a, "b": b}
    first, second = _pair(RESCALED, values)
    # the squared lengths are one in the old units
    assert first / a**2 == pytest.approx(lambda1) and second * b**2 == pytest.approx(lambda2)
    again = _pair(RESCALED, {"lambda1": first, "lambda2": second, "a": 1 / a, "b": 1 / b})
    assert again == pytest.approx([lambda1, lambda2])


def test_without_a_change_of_units_the_coefficients_stay() -> None:
    values = {"lambda1": 0.25, "lambda2": 3.0, "a": 1.0, "b": 1.0}
    assert _pair(RESCALED, values) == [0.25, 3.0]


def test_the_regularizer_of_a_layer_may_drop_its_constants_but_no_weights() -> None:
    """What "up to a constant" forgives, and what it does not."""
    claim = next(
        answer.derivation.claim for answer in topic.layer_priors().answers if answer.id == "R-std"
    )
    assert claim.equality is Equality.UP_TO_CONSTANT
    w1, w2, s1, s2 = (Name(name) for name in ("w1", "w2", "sigma1", "sigma2"))
    penalties = w1.T @ w1 / (2 * s1**2) + w2.T @ w2 / (2 * s2**2)
    assert _verdict(claim, penalties + number(7)) is Status.PROVED
    assert _verdict(claim, penalties + s1) is Status.PROVED
    assert _verdict(claim, w1.T @ w1 / (2 * s1**2)) is Status.REFUTED
    entries = index_sum("i", "n1", w1["i"])
    assert _verdict(claim, penalties + entries) is Status.REFUTED


def _verdict(claim: Claim, candidate: Term) -> Status:
    found = Claim(
        claim.name,
        claim.notation,
        claim.defined,
        candidate,
        claim.equality,
        constant_in=claim.constant_in,
    )
    return decide(found).status


def test_the_scale_that_fits_best_is_the_root_mean_square() -> None:
    claim = SINGLE["best-sigma"]
    w = [3.0, 4.0]

    def slope(sigma: float) -> float:
        return predict(claim.closed_form, claim.notation, {"w": w, "n": 2, "sigma": sigma})

    best = math.sqrt((3**2 + 4**2) / 2)
    assert slope(best - 0.01) < 0 < slope(best + 0.01)
