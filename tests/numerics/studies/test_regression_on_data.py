"""Real data: the prediction against direct linear algebra, and planted faults."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from derivations.topics import dropout as topic
from language.claims import Status
from numerics.comparisons import claims_of
from numerics.settings import Setting
from numerics.studies import regression_on_data as study
from quick_studies import quick

pytest.importorskip("sklearn")

COEFFICIENT = Fraction(1, 3)


def draw(seed, rows=9, columns=3):
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(rows, columns)) * np.logspace(-1, 1, columns)
    return study.Data(inputs, generator.normal(size=rows))


def solved(data, penalty):
    gram = data.inputs.T @ data.inputs
    return np.linalg.solve(gram + penalty, data.inputs.T @ data.targets)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_derived_weights_solve_their_equations(seed):
    data, ratio = draw(seed), float(COEFFICIENT)
    dropout = solved(data, ratio * np.diag(data.norms**2))
    comparison, minimizers = topic.dropout_against_weight_decay(), topic.dropout_minimizer()
    decay = claims_of(topic.weight_decay_minimizer())["w-l2"]
    scaled, plain = (claims_of(minimizers)[name] for name in ("pw-dropout", "w-dropout"))
    expected = (
        (decay.closed_form, decay.notation, solved(data, ratio * np.eye(3))),
        (comparison.formulas["decay"], comparison.notation, solved(data, ratio * np.eye(3))),
        (scaled.closed_form, scaled.notation, dropout),
        (comparison.formulas["dropout"], comparison.notation, dropout),
        (plain.closed_form, plain.notation, dropout * (1 + ratio)),
    )
    for term, notation, weights in expected:
        assert study.derived(term, notation, data, COEFFICIENT) == pytest.approx(weights, rel=1e-9)


def test_wrong_weights_are_noticed():
    data, ratio = draw(2), float(COEFFICIENT)
    right = study._ridge_of_units(data, ratio)
    keep = 1 / (1 + ratio)
    assert accepted(keep * study._over_all_masks(data, keep), right)
    assert accepted(study._dual(data, ratio, data.norms), right)
    assert not accepted(study._over_all_masks(data, keep), right)
    assert not accepted(keep * study._over_all_masks(data, 1 - keep), right)
    assert not accepted(study._dual(data, 2 * ratio, data.norms), right)
    assert not accepted(study._dual(data, ratio, data.norms**2), right)
    assert not accepted(study._ridge(data, ratio), right)


def accepted(found, expected):
    return study._same("m", "words", found, expected).verdict.status is Status.EVIDENCE


def test_wrong_factors_are_noticed(monkeypatch):
    data = draw(3)
    assert {row.verdict.status for row in study._shrinkage(data)} == {Status.EVIDENCE}
    (name, words, coefficient, fit), dropout = study.KINDS
    doubled = (name, words, coefficient, lambda seen, strength: fit(seen, 2 * strength))
    monkeypatch.setattr(study, "KINDS", (doubled, (*dropout[:3], fit)))
    assert {row.verdict.status for row in study._shrinkage(data)} == {Status.UNDECIDED}


def test_what_is_linear_is_predicted_for_the_unseen():
    """With a shift in features and targets; the strength of the last fit is overwhelming."""
    data = draw(4, rows=200)
    shifted = study.Data(data.inputs + 5, data.inputs @ [1.0, -2.0, 0.5] + 3)
    grid = np.array([1e-12, 1e12])
    for errors in study._unseen(shifted, (grid, grid), Setting()):
        assert errors.shape == (study.PARTS, 2)
        assert errors[:, 0].max() < 1e-6
        assert errors[:, 1].mean() == pytest.approx(shifted.targets.std(), rel=0.1)


def test_the_paths_of_scikit_learn_lie_on_the_derived_ones():
    found = quick("regression_on_data").series
    for name in ("decay", "dropout"):
        assert found[f"{name}-fitted"] == pytest.approx(found[f"{name}-path"], abs=1e-8)
