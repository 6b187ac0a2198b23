"""Consensus optimization against plain arithmetic: speed, its gradient, and the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.special import expit

from derivations.topics import consensus_optimization as topic
from language.claims import Status
from language.terms import children
from numerics.comparisons import claims_of, predict
from numerics.engine import decide

SOLUTION = topic.regularizer()
CLAIMS = claims_of(SOLUTION)
numbers = st.floats(-3, 3)


def _half_square(theta: float, psi: float) -> float:
    slope = expit(-theta * psi)
    return float(((-psi * slope) ** 2 + (theta * slope) ** 2) / 2)


@given(numbers, numbers)
def test_the_gradient_by_differences(theta: float, psi: float) -> None:
    values, width = {"theta": theta, "psi": psi}, 1e-5
    half = predict(CLAIMS["regularizer"].closed_form, SOLUTION.notation, values)
    assert half == pytest.approx(_half_square(theta, psi), rel=1e-12)
    in_theta = _half_square(theta + width, psi) - _half_square(theta - width, psi)
    in_psi = _half_square(theta, psi + width) - _half_square(theta, psi - width)
    entries = children(CLAIMS["gradient"].closed_form)
    for entry, difference in zip(entries, (in_theta, in_psi), strict=True):
        found = predict(entry, SOLUTION.notation, values)
        assert found == pytest.approx(difference / (2 * width), rel=1e-6, abs=1e-7)


def test_the_published_gradient_is_refuted_with_a_witness() -> None:
    for name in ("published", "published-is-a-gradient"):
        (fact,) = (fact for fact in SOLUTION.facts if fact.claim.name == name)
        verdict = decide(fact.claim)
        assert not fact.holds
        assert verdict.status is Status.REFUTED
        assert verdict.witness is not None


@given(st.floats(0.1, 5))
def test_the_spectrum_at_the_equilibrium(weight: float) -> None:
    """Half the slope rotates, a quarter of the weight damps."""
    array = np.array([[-weight / 4, -0.5], [0.5, -weight / 4]])
    real = {round(float(root.real), 9) for root in np.linalg.eigvals(array)}
    members = children(CLAIMS["eigenvalues"].closed_form)
    found = {round(predict(member, SOLUTION.notation, {"gamma": weight}), 9) for member in members}
    assert found == real
