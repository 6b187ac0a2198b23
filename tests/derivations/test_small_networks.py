"""Small networks against plain arithmetic, and the limiting cases of each answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.topics import small_networks as topic
from language.claims import Claim, Equality, Status
from language.terms import Apply, Term
from language.vocabulary import equal, less, number, relation, tuple_of
from numerics.comparisons import claims_of, predict
from numerics.engine import decide

TANH = claims_of(topic.tanh_backpropagation())
RELU = claims_of(topic.relu_before_sigmoid())
AUTOENCODER = claims_of(topic.linear_autoencoder())
SADDLE = claims_of(topic.saddle_point())
numbers = st.floats(-8, 8)
weights = st.floats(-3, 3)


@given(numbers, st.floats(-10, 10))
def test_a_gradient_never_grows_through_tanh(x: float, upstream: float) -> None:
    slope = predict(TANH["derivative"].closed_form, topic.TANH, {"x": x})
    assert slope == pytest.approx(1 - math.tanh(x) ** 2, rel=1e-6, abs=1e-12)
    assert abs(slope * upstream) <= abs(upstream)


@given(numbers)
def test_the_output_after_a_relu(a: float) -> None:
    output = predict(RELU["output"].closed_form, topic.OUTPUT, {"a": a})
    assert output == pytest.approx(1 / (1 + math.exp(-max(a, 0))), rel=1e-12)
    assert 0.5 <= output < 1


@pytest.mark.parametrize(
    "wrong",
    [
        relation("less_equal", topic.HALF, topic.yhat),
        Apply("both", (less(topic.HALF, topic.yhat), less(topic.yhat, 1))),
        Apply(
            "both",
            (relation("less_equal", topic.HALF, topic.yhat), relation("less_equal", topic.yhat, 1)),
        ),
        Apply("both", (less(0, topic.yhat), less(topic.yhat, 1))),
    ],
    ids=["no upper end", "one half left out", "one put in", "the whole range of a sigmoid"],
)
def test_other_ranges_are_refuted(wrong: Term) -> None:
    claim = RELU["range"]
    verdict = decide(Claim("range", claim.notation, claim.defined, wrong, Equality.CONDITION))
    assert verdict.status is Status.REFUTED


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5), weights, weights)
def test_the_loss_and_its_gradient(data: list[float], w1: float, w2: float) -> None:
    x = np.array(data)
    mean_square = float((x**2).mean())
    values = {"w1": w1, "w2": w2, "m": mean_square}
    loss = predict(AUTOENCODER["loss"].closed_form, topic.FREE, values)
    assert loss == pytest.approx(float(((x - w2 * w1 * x) ** 2).mean()), rel=1e-9, abs=1e-12)
    slopes = AUTOENCODER["gradient"].closed_form
    assert isinstance(slopes, Apply)
    error = x - w2 * w1 * x
    plain = (float((-2 * error * w2 * x).mean()), float((-2 * error * w1 * x).mean()))
    for slope, expected in zip(slopes.args, plain, strict=True):
        found = predict(slope, topic.FREE, values)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.floats(0.1, 5))
def test_the_curvatures_at_the_saddle(mean_square: float) -> None:
    roots = SADDLE["eigenvalues"].closed_form
    assert isinstance(roots, Apply)
    found = sorted(predict(root, topic.SADDLE, {"m": mean_square}) for root in roots.args)
    hessian = np.array([[0, -2 * mean_square], [-2 * mean_square, 0]])
    assert found == pytest.approx(np.linalg.eigvalsh(hessian).tolist())


@pytest.mark.parametrize("place", [(1, 1), (0, 1), (-1, -1)])
def test_no_other_place_is_the_saddle(place: tuple[int, int]) -> None:
    claim = SADDLE["saddle"]
    wrong = equal(topic.WEIGHTS, tuple_of(*(number(value) for value in place)))
    verdict = decide(Claim("saddle", claim.notation, claim.defined, wrong, Equality.CONDITION))
    assert verdict.status is Status.REFUTED


@given(st.floats(0.05, 0.95), st.floats(0.1, 5))
def test_around_the_saddle_the_loss_falls_and_rises(step: float, mean_square: float) -> None:
    values = {"e": step, "m": mean_square}
    along = predict(SADDLE["along-the-diagonal"].closed_form, topic.SADDLE, values)
    across = predict(SADDLE["across-the-diagonal"].closed_form, topic.SADDLE, values)
    assert along < mean_square < across


def test_the_choices_rest_on_facts_that_hold() -> None:
    for solution in (topic.tanh_backpropagation(), topic.halved_weights()):
        claims = claims_of(solution)
        (choice,) = solution.choices
        assert choice.option == "true"
        assert all(decide(claims[name]).status is Status.PROVED for name in choice.because)
