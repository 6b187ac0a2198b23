"""Variational inference: every step holds where it can be computed, and the examples hold."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.derivation import Derivation
from derivations.rules.information import divergence_between_normals
from derivations.topics import variational as topic
from language.terms import Apply, Number, Term
from language.typecheck import typecheck
from language.vocabulary import kl
from numerics.balls import disjoint, evaluate
from numerics.comparisons import claims_of, predict
from numerics.valuations import Valuation, draw

SOLUTIONS = (
    topic.complete_data_likelihood,
    topic.amortization,
    topic.amortized_against_per_instance,
)
GENERAL = [answer.derivation for answer in topic.complete_data_likelihood().answers] + list(
    topic.complete_data_likelihood().lemmas
)


@pytest.mark.parametrize("derivation", GENERAL, ids=lambda d: d.claim.name)
@pytest.mark.parametrize("seed", range(4))
def test_every_step_holds_at_drawn_valuations(derivation: Derivation, seed: int) -> None:
    valuation = draw(derivation.claim.notation, seed)
    for before, after in pairwise(derivation.steps):
        left, right = evaluate(before.term, valuation), evaluate(after.term, valuation)
        assert not disjoint(left, right), after.rule


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda s: s.__name__)
def test_everything_has_a_type_and_every_name_is_declared(solution: object) -> None:
    assert callable(solution)
    found = solution()
    for term in found.formulas.values():
        typecheck(term, found.notation)
    for fact in found.facts:
        typecheck(fact.claim.defined, fact.claim.notation)
        typecheck(fact.claim.closed_form, fact.claim.notation)
    names = [fact.claim.name for fact in found.facts] + [d.claim.name for d in found.lemmas]
    assert len(set(names)) == len(names)


FINITE = st.floats(-3, 3).map(lambda number: round(number, 3))
SPREAD = st.floats(0.2, 3).map(lambda number: round(number, 3))


@given(FINITE, SPREAD, FINITE, SPREAD)
def test_the_divergence_between_normal_laws_is_its_integral(
    a: float, spread: float, b: float, other: float
) -> None:
    def law(mean: float, variance: float) -> Term:
        return Apply("normal", (number(mean), number(variance)))

    closed = divergence_between_normals(kl(law(a, spread), law(b, other)))
    x = a + np.sqrt(spread) * np.linspace(-12, 12, 2001)
    density = np.exp(-((x - a) ** 2) / (2 * spread)) / np.sqrt(2 * np.pi * spread)
    log_ratio = (x - b) ** 2 / (2 * other) - (x - a) ** 2 / (2 * spread)
    log_ratio += np.log(other / spread) / 2
    value = float(evaluate(closed, Valuation(topic.LINEAR, 0, {})).real.mid())
    assert value == pytest.approx(float(np.trapezoid(density * log_ratio, x)), abs=1e-9)


def number(value: float) -> Term:
    """An exact number with three decimals."""
    return Number(Fraction(round(value * 1000), 1000))


@given(
    st.lists(st.integers(-20, 20), min_size=2, max_size=6).filter(any),
    st.integers(-6, 6),
    st.integers(-6, 6),
    st.integers(1, 6),
)
def test_the_total_gap_is_the_sum_of_the_gaps_and_never_negative(
    tenths: list[int], slope: int, offset: int, noise: int
) -> None:
    claims = claims_of(topic.amortization())
    data = [k / 8 for k in tenths]
    values = {
        "w": slope / 2,
        "b": offset / 2,
        "s": noise / 2,
        "n": float(len(data)),
        "data": data,
    }
    gap, total = claims["gap"], claims["total-gap"]
    each = [
        predict(gap.closed_form, gap.notation, {**values, "i": float(i)})
        for i in range(1, len(data) + 1)
    ]
    assert min(each) >= 0
    assert sum(each) == pytest.approx(predict(total.closed_form, total.notation, values), abs=1e-9)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=6).filter(any), st.integers(-8, 8))
def test_the_amortized_slope_beats_others(tenths: list[int], other: int) -> None:
    claims = claims_of(topic.amortization())
    data = [k / 8 for k in tenths]
    values = {"w": 1.5, "b": 1.0, "s": 0.75, "n": float(len(data)), "data": data}
    best = predict(claims["least-squares"].closed_form, topic.LINEAR, values)
    mean = claims["per-instance-optimum"]
    means = [predict(mean.closed_form, mean.notation, {**values, "x": x}) for x in data]

    def miss(slope: float) -> float:
        return sum((slope * x - m) ** 2 for x, m in zip(data, means, strict=True))

    assert miss(best) <= miss(best + other / 10) + 1e-12
