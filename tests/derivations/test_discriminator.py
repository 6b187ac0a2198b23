"""The optimal discriminator: steps at drawn densities, and no discriminator that does better."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from derivations.derivation import Derivation
from derivations.topics import discriminator as topic
from language.terms import Apply
from language.typecheck import typecheck
from numerics.balls import disjoint, evaluate
from numerics.comparisons import claims_of, predict
from numerics.valuations import draw

(ESTIMATE,) = topic.jensen_shannon_estimate().answers
_, RATIO = topic.density_ratio().answers
OBJECTIVE, STATIONARY = topic.density_ratio().lemmas


@pytest.mark.parametrize(
    "derivation", [ESTIMATE.derivation, RATIO.derivation, OBJECTIVE], ids=lambda d: d.claim.name
)
@pytest.mark.parametrize("seed", range(5))
def test_every_step_holds_at_drawn_valuations(derivation: Derivation, seed: int) -> None:
    valuation = draw(derivation.claim.notation, seed)
    for before, after in pairwise(derivation.steps):
        left, right = evaluate(before.term, valuation), evaluate(after.term, valuation)
        assert not disjoint(left, right), after.rule


@pytest.mark.parametrize("answer", [ESTIMATE, RATIO], ids=lambda a: a.id)
def test_accepted_forms_have_the_value_of_the_answer(answer: object) -> None:
    assert hasattr(answer, "forms") and hasattr(answer, "derivation")
    claim = answer.derivation.claim
    for seed in range(4):
        valuation = draw(claim.notation, seed)
        for form in answer.forms:
            typecheck(form, claim.notation)
            assert not disjoint(evaluate(form, valuation), evaluate(claim.closed_form, valuation))


@pytest.mark.parametrize("seed", range(6))
def test_the_shortfall_is_never_negative(seed: int) -> None:
    claim = claims_of(topic.jensen_shannon_estimate())["shortfall"]
    ball = evaluate(claim.closed_form, draw(claim.notation, seed))
    assert ball.real.upper() >= 0


def test_stationarity_and_the_maximum_name_the_same_number() -> None:
    best, _ = topic.density_ratio().answers
    solved = STATIONARY.claim.closed_form
    assert isinstance(solved, Apply)
    valuation = draw(topic.AT_A_POINT, 2)
    maximum = best.derivation.claim.closed_form
    assert not disjoint(evaluate(solved.args[1], valuation), evaluate(maximum, valuation))


@given(st.floats(-30, 30))
def test_the_gaussian_discriminator_is_a_logistic_regression(t: float) -> None:
    claim = claims_of(topic.jensen_shannon_estimate())["gaussian"]
    value = predict(claim.closed_form, claim.notation, {"t": t})
    first, second = math.exp(-(t**2) / 2), math.exp(-((t - 1) ** 2) / 2)
    assert value == pytest.approx(second / (first + second), rel=1e-9)
