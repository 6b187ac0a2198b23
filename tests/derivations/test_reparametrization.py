"""Reparametrization: laws of draws, gradients of the models, and the maps that repair one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.derivation import Choice, Solution
from derivations.topics import reparametrization as topic
from language.claims import Claim, Equality, Status
from language.terms import Apply, Name, Term, substitute
from language.vocabulary import TRUE, absolute, exp, log, softplus
from numerics.comparisons import claims_of, predict
from numerics.engine import decide

MODELS = (topic.noisy_input, topic.noisy_code, topic.added_noise)
h = Name("h")


def value(solution: Solution, fact: str, **values: object) -> float:
    claim = claims_of(solution)[fact]
    return predict(claim.closed_form, claim.notation, values)  # type: ignore[arg-type]


def test_only_the_model_with_parameters_in_its_law_needs_the_trick() -> None:
    chosen = [model().choices for model in MODELS]
    assert [(c.id, c.option) for (c,) in chosen] == [
        ("necessary", "no"),
        ("necessary", "yes"),
        ("necessary", "no"),
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_what_a_choice_rests_on_is_on_its_page(model: object) -> None:
    assert callable(model)
    solution = model()
    (choice,) = solution.choices
    assert isinstance(choice, Choice)
    known = {fact.claim.name for fact in solution.facts if fact.holds}
    for reason in choice.because:
        experiment, _, measurement = reason.partition(".")
        assert reason in known or (experiment in solution.experiments and measurement)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_the_exact_gradients_are_slopes_of_the_expected_loss(model: object) -> None:
    """One number for each matrix: the expected loss by Gauss-Hermite quadrature, differences."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    x, step = 1.25, 1e-5

    def expected(lam: float, psi: float) -> float:
        code = lam * (x + nodes) if model is topic.noisy_input else lam * x + nodes
        return float(weights @ (x - psi * code) ** 2)

    assert callable(model)
    values = {"D": 1, "L": 1, "k": 1, "i": 1, "x": [x], "Lam": [0.5], "Psi": [-0.75]}
    at = (0.5, -0.75)
    for place, fact in enumerate(("exact-lambda", "exact-psi")):
        shift = np.eye(2)[place] * step
        slope = (expected(*(at + shift)) - expected(*(at - shift))) / (2 * step)
        assert value(model(), fact, **values) == pytest.approx(slope, abs=1e-7)


@given(st.floats(-2, 2), st.floats(0.2, 3), st.floats(-2, 2))
def test_variances_of_the_two_estimators(m: float, s: float, c: float) -> None:
    """By quadrature that is exact for polynomials of this degree."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    loss = (m + s * nodes - c) ** 2
    estimates = {
        "pathwise-variance": 2 * (m + s * nodes - c),
        "score-variance": loss * nodes / s,
        "baseline-variance": (loss - weights @ loss) * nodes / s,
    }
    for fact, estimate in estimates.items():
        mean = float(weights @ estimate)
        spread = float(weights @ (estimate - mean) ** 2)
        assert mean == pytest.approx(2 * (m - c), abs=1e-8)
        claimed = value(topic.sample(), fact, m=m, s=s, target=c)
        assert claimed == pytest.approx(spread, rel=1e-6)


def test_the_pathwise_estimate_is_not_always_the_quieter_one() -> None:
    claims = claims_of(topic.sample())
    path, score = (claims[f"quartic-{name}"].closed_form for name in ("pathwise", "score"))
    assert predict(path, topic.LINE, {}) > predict(score, topic.LINE, {})


@pytest.mark.parametrize(
    ("handed_in", "counts"),
    [
        (exp(h), True),
        (softplus(h), True),
        (1 + h**2, True),
        (log(1 + exp(h)), True),
        (h, False),
        (h**2, False),
        (absolute(h), False),
        (Apply("relu", (h,)), False),
        (exp(h) - 1, False),
    ],
)
def test_any_positive_map_is_accepted_as_a_variance(handed_in: Term, counts: bool) -> None:
    (answer,) = [a for a in topic.covariance_map().answers if a.id == "variance-map"]
    assert answer.accepts is not None
    said = substitute(answer.accepts, {"answer": handed_in})
    verdict = decide(Claim("accepted", topic.ENTRY, said, TRUE, Equality.CONDITION))
    assert verdict.status is (Status.PROVED if counts else Status.REFUTED)


@pytest.mark.parametrize(
    "wrong",
    [
        topic.mu + Name("sigma") * 2,
        topic.mu - Apply("hadamard", (topic.sigma**2, topic.eps)),
        topic.mu + topic.eps,
    ],
)
def test_other_functions_of_the_noise_are_not_the_draw(wrong: Term) -> None:
    drawn = topic.sample().answers[0].derivation.claim
    assert decide(replace(drawn, closed_form=wrong)).status is Status.REFUTED
