"""Least squares GANs: regressions on discrete laws, and what depends on which label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.derivation import Answer
from derivations.topics import least_squares_gan as topic
from language.claims import Claim, Status
from language.terms import Name, Term, free_names, substitute
from language.vocabulary import call, chi_square, jsd
from numerics.balls import disjoint, evaluate
from numerics.comparisons import claims_of, predict
from numerics.engine import decide
from numerics.valuations import draw

BEST, AT_OPTIMUM = topic.optimal_discriminator().answers
(TWO_C,) = topic.generator_criterion().answers
(CHI_SQUARE,) = topic.pearson_chi_square().answers
LABELS = st.floats(-3, 3)
RATIO_CLAIMS = claims_of(topic.generator_criterion())


def value(term: Term, **labels: float) -> float:
    return predict(term, topic.RATIO, labels)


@pytest.mark.parametrize("answer", [BEST, AT_OPTIMUM, TWO_C, CHI_SQUARE], ids=lambda a: a.id)
@pytest.mark.parametrize("seed", range(4))
def test_accepted_forms_have_the_value_of_the_answer(answer: Answer, seed: int) -> None:
    claim = answer.derivation.claim
    valuation = draw(claim.notation, seed)
    for form in answer.forms:
        assert not disjoint(evaluate(form, valuation), evaluate(claim.closed_form, valuation))


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_where_the_laws_are_equal_is_the_optimum_put_there(seed: int) -> None:
    there = substitute(BEST.derivation.claim.closed_form, {"p_g": topic.DATA})
    claim = AT_OPTIMUM.derivation.claim
    valuation = draw(claim.notation, seed)
    assert not disjoint(evaluate(there, valuation), evaluate(claim.closed_form, valuation))


@given(LABELS, LABELS, LABELS, st.integers(0, 2**32 - 1))
def test_the_criterion_of_a_fitted_regression_is_a_constant_and_a_divergence(
    a: float, b: float, c: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    p, q = generator.dirichlet(np.ones(5)), generator.dirichlet(np.ones(5))
    # Each class is drawn half of the time: the mean label where p : q are its shares.
    labels = np.stack((np.full(5, b), np.full(5, a)))
    fitted = np.average(labels, axis=0, weights=np.stack((p, q)))
    measured = ((p + q) * (fitted - c) ** 2).sum()
    divergence = ((p - q) ** 2 / (p + q)).sum()
    assert measured == pytest.approx((a + b - 2 * c) ** 2 / 2 + (b - a) ** 2 / 4 * divergence)


@given(LABELS, LABELS, LABELS)
def test_the_sheets_conditions_only_fix_a_constant_and_a_factor(
    a: float, b: float, c: float
) -> None:
    per_point = topic._with_term(Name("t"))
    flat = [value(per_point, a=a, b=b, c=c, t=t) for t in (0.5, 1.0, 1.5)]
    # A second difference kills the constant; what is left has nothing to do with c.
    bent = flat[0] - 2 * flat[1] + flat[2]
    without = [value(per_point, a=a, b=b, c=0.0, t=t) for t in (0.5, 1.0, 1.5)]
    assert bent == pytest.approx(without[0] - 2 * without[1] + without[2], abs=1e-9)
    assert bent >= -1e-9


@given(st.floats(0.55, 1.0), LABELS, st.floats(0.1, 3))
def test_the_divergence_pulls_towards_the_data_for_every_wish(
    share: float, c: float, gap: float
) -> None:
    criterion = topic._on_two_points(topic._with_term)
    here = value(criterion, a=0.0, b=gap, c=c, q=share)
    assert here > value(criterion, a=0.0, b=gap, c=c, q=0.5)


@pytest.mark.parametrize(
    ("wish", "sign"), [(1.0, 1), (0.5, 0), (0.0, -1)], ids=["real", "midpoint", "fake"]
)
def test_the_generator_is_pushed_back_only_by_wishes_beyond_the_midpoint(
    wish: float, sign: int
) -> None:
    force = value(RATIO_CLAIMS["restoring-force"].closed_form, a=0.0, b=1.0, c=wish)
    assert np.sign(force) == sign


def test_without_the_added_term_a_wish_for_the_fake_label_rewards_disjoint_laws() -> None:
    own = topic._on_two_points(topic._without_term)
    labels = {"a": 0.0, "b": 1.0, "c": 0.0}
    assert value(own, **labels, q=1.0) < value(own, **labels, q=0.5)


def test_the_answer_to_the_second_question_does_not_mention_the_discriminator() -> None:
    assert free_names(TWO_C.derivation.claim.closed_form) == {"a", "b", "c", "p_data", "p_g", "d"}


def _against(right: Term) -> Status:
    claim = CHI_SQUARE.derivation.claim
    return decide(Claim("other", claim.notation, claim.defined, right)).status


def test_neither_the_other_order_nor_another_divergence_is_the_answer() -> None:
    for wrong in (
        chi_square("total", "doubled"),
        chi_square("p_data", "p_g"),
        chi_square("p_g", "mu"),
        2 * jsd("p_data", "p_g"),
    ):
        assert _against(wrong) is Status.REFUTED
    assert _against(2 * chi_square("p_g", "mu")) is Status.PROVED


@given(st.floats(0.0, 1.0))
def test_a_missed_mode_costs_at_most_two(share: float) -> None:
    assert 0 <= value(topic._missed_mode("triangular"), q=share) <= 2


def test_no_other_discriminator_does_as_well() -> None:
    excess = claims_of(topic.optimal_discriminator())["excess"]
    for seed in range(6):
        ball = evaluate(excess.closed_form, draw(excess.notation, seed))
        assert ball.real > 0
    assert (
        decide(Claim("best", excess.notation, call("D", "x"), call("best", "x"))).status
        is Status.REFUTED
    )
