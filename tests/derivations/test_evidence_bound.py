"""The evidence lower bound: against a model on a grid, where every law is a table of numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from derivations.topics import evidence_bound as topic
from language.terms import Term
from numerics.balls import evaluate
from numerics.comparisons import claims_of
from numerics.valuations import draw

SOLUTION = topic.lower_bound()
ELBO, GAP = SOLUTION.answers


def value(term: Term, seed: int) -> float:
    return float(evaluate(term, draw(topic.NOTATION, seed)).real.mid())


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_is_below_the_log_evidence_and_the_gap_makes_up_for_it(seed: int) -> None:
    bound = value(ELBO.derivation.claim.closed_form, seed)
    gap = value(GAP.derivation.claim.closed_form, seed)
    evidence = value(topic.log_evidence, seed)
    assert gap >= 0
    assert bound + gap == pytest.approx(evidence, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_gap_vanishes_at_the_posterior(seed: int) -> None:
    tight = claims_of(SOLUTION)["tight"]
    assert value(tight.defined, seed) == pytest.approx(value(topic.log_evidence, seed), abs=1e-12)


@given(st.floats(1e-3, 1e3))
def test_the_tangent_that_proves_it(u: float) -> None:
    assert u - 1 - math.log(u) >= 0
