"""The Wasserstein distance: closed forms against quadrature, critics against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.derivation import Answer
from derivations.topics import wasserstein as topic
from language.notation import Notation, Symbol
from language.types import REAL
from numerics.comparisons import claims_of, predict

SHIFT, GAUSSIANS, EXPONENTIALS = topic.distance_and_duality().answers
CLAIMS = claims_of(topic.reading())
POSITIVE = st.floats(0.1, 5)
QUANTILES = (np.arange(20_000) + 0.5) / 20_000


def value(answer: Answer, **values: float) -> float:
    claim = answer.derivation.claim
    return predict(claim.closed_form, claim.notation, values)


@given(st.floats(-4, 4))
def test_the_distance_of_shifted_laws_is_the_shift(theta: float) -> None:
    assert value(SHIFT, theta=theta) == pytest.approx(abs(theta))


@given(POSITIVE, POSITIVE)
def test_exponentials_by_their_quantiles(first: float, second: float) -> None:
    distances = np.abs(-np.log1p(-QUANTILES) / first + np.log1p(-QUANTILES) / second)
    found = value(EXPONENTIALS, lambda_1=first, lambda_2=second)
    assert found == pytest.approx(distances.mean(), rel=1e-3, abs=1e-9)


@given(POSITIVE, POSITIVE)
def test_gaussians_by_their_quantiles(first: float, second: float) -> None:
    from scipy.special import ndtri

    distances = np.abs(first - second) * np.abs(ndtri(QUANTILES))
    found = value(GAUSSIANS, sigma_1=first, sigma_2=second)
    assert found == pytest.approx(distances.mean(), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("answer", [GAUSSIANS, EXPONENTIALS], ids=lambda a: a.id)
@given(first=POSITIVE, second=POSITIVE, third=POSITIVE)
def test_it_is_a_distance(answer: Answer, first: float, second: float, third: float) -> None:
    names = ("sigma_1", "sigma_2") if answer is GAUSSIANS else ("lambda_1", "lambda_2")

    def between(one: float, two: float) -> float:
        return value(answer, **dict(zip(names, (one, two), strict=True)))

    assert between(first, first) == 0
    assert between(first, second) == pytest.approx(between(second, first))
    assert between(first, third) <= between(first, second) + between(second, third) + 1e-9


@given(POSITIVE, st.floats(0.2, 10))
def test_the_best_slope_wins_on_a_grid(place: float, weight: float) -> None:
    slopes = np.linspace(-40, 40, 8001)
    objective = place * slopes - weight * (np.abs(slopes) - 1) ** 2
    best = predict(
        CLAIMS["best-slope"].closed_form, topic.PENALTY, {"theta": place, "lambda": weight}
    )
    at_best = place * best - weight * (abs(best) - 1) ** 2
    assert at_best >= objective.max() - 1e-9
    assert best > 1


@given(POSITIVE, st.floats(0.2, 10))
def test_a_second_maximum_exists_only_below_twice_the_weight(place: float, weight: float) -> None:
    slopes = np.linspace(-3, -1e-6, 20_001)
    objective = place * slopes - weight * (np.abs(slopes) - 1) ** 2
    inside = 0 < int(objective.argmax()) < slopes.size - 1
    spurious = predict(
        CLAIMS["spurious-slope"].closed_form, topic.PENALTY, {"theta": place, "lambda": weight}
    )
    if abs(place - 2 * weight) > 1e-2:
        assert inside == (spurious < 0)


@given(st.integers(0, 2**32 - 1))
def test_no_clipped_unit_finds_more_than_the_proved_bounds(seed: int) -> None:
    generator = np.random.default_rng(seed)
    v, w, b = generator.uniform(-0.7, 0.7, size=(3, 500))

    def relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    spread = v * (relu(w + b) / 2 + relu(b - w) / 2 - relu(b))
    shift = v * (relu(w + b) - relu(b))
    assert spread.max() <= 0.7**2 / 2 + 1e-12
    assert shift.max() <= 0.7**2 + 1e-12


@given(st.floats(-1, 1))
def test_the_slope_in_the_middle_does_not_change_the_gap(t: float) -> None:
    critic = np.interp([0, 3, 1, 2], [0, 1, 2, 3], [1, 0, t, t + 1])
    claim = CLAIMS["middle-is-free"]
    notation = Notation((Symbol("t", REAL),))
    assert critic[:2].mean() - critic[2:].mean() == pytest.approx(1)
    assert predict(claim.defined, notation, {"t": t}) == pytest.approx(1)
