"""The training loops and the reading questions: their facts against other computations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from derivations.topics import gans, reading, vae_training
from numerics.balls import evaluate
from numerics.comparisons import claims_of, predict
from numerics.experiments import reading as linear_autoencoder
from numerics.valuations import draw

LOOP = claims_of(vae_training.training())
READING = claims_of(reading.basic_concepts())
SMALLEST = claims_of(reading.variational_autoencoder())


@pytest.mark.parametrize("seed", range(6))
def test_no_discriminator_beats_the_best_one(seed: int) -> None:
    valuation = draw(gans.GAME, seed)
    gap = evaluate(gans.objective(gans.best()), valuation) - evaluate(
        gans.objective(gans.real()), valuation
    )
    assert gap.real.upper() >= 0


@given(st.floats(0.01, 0.99))
def test_always_right_and_any_value(h: float) -> None:
    claim = claims_of(gans.training())["all-right"]
    value = predict(claim.closed_form, claim.notation, {"h": h})
    assert -math.log(4) < value < 0


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 4))
def test_the_bound_on_the_line_lies_below_the_log_evidence(x: float, mu: float, tau: float) -> None:
    claim = SMALLEST["gap"]
    assert predict(claim.closed_form, claim.notation, {"x": x, "mu": mu, "tau": tau}) >= -1e-12


@given(st.floats(-5, 5))
def test_one_estimate_can_lie_above_the_log_evidence(x: float) -> None:
    claim = LOOP["above-the-evidence"]
    assert predict(claim.closed_form, claim.notation, {"x": x}) >= 0.25


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 3))
def test_the_variance_of_an_estimate_by_its_moments(x: float, mu: float, tau: float) -> None:
    # log N(x; mu + tau e, 1) = -(d - tau e)^2/2 + const with d = x - mu
    d = x - mu
    variance = tau**2 * d**2 + tau**4 / 4 * (3 - 1)  # of tau d e - tau^2 e^2/2; E e^3 = 0
    claim = LOOP["single-sample-variance"]
    found = predict(claim.closed_form, claim.notation, {"x": x, "mu": mu, "tau": tau})
    assert found == pytest.approx(variance)


@pytest.mark.parametrize("seed", range(4))
def test_a_linear_autoencoder_finds_the_leading_components_from_any_start(seed: int) -> None:
    assert [m.verdict.status.value for m in linear_autoencoder.run(seed).measurements] == [
        "evidence",
        "evidence",
    ]


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 3))
def test_squared_error_is_a_likelihood_of_stated_spread(y: float, yhat: float, tau: float) -> None:
    claim = READING["error-as-likelihood"]
    found = predict(claim.closed_form, claim.notation, {"y": y, "yhat": yhat, "tau": tau})
    density = math.exp(-((y - yhat) ** 2) / (2 * tau**2)) / (tau * math.sqrt(2 * math.pi))
    assert found == pytest.approx(math.log(density), abs=1e-9)
