"""Large masks: the closed variance against all masks of a small problem, and planted faults."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from derivations.topics import dropout as topic
from language.claims import Status
from numerics import balls
from numerics.comparisons import claims_of
from numerics.settings import Setting
from numerics.statistics import catoni_interval, confidence_sequence
from numerics.studies import dropout_sampling as study
from numerics.valuations import Valuation
from quick_studies import quick

KEEPS = st.sampled_from((Fraction(1, 64), Fraction(1, 4), Fraction(1, 2), Fraction(4, 5)))
CASE = study.CASES[0]


def all_masks(problem):
    """Every mask, its probability, its loss and the part of its loss that is linear in it."""
    masks = np.array(list(product((0.0, 1.0), repeat=problem.inputs.size)))
    keep = float(problem.keep)
    chances = np.where(masks == 1, keep, 1 - keep).prod(axis=1)
    masks = masks.reshape(-1, *problem.inputs.shape)
    losses = ((problem.targets - (masks * problem.inputs) @ problem.weights) ** 2).sum(axis=1)
    centred = problem.targets - keep * problem.inputs @ problem.weights
    linear = -2 * ((masks - keep) * problem.inputs) @ problem.weights @ centred
    return chances, losses, linear


@given(st.integers(0, 2**32 - 1), KEEPS)
@settings(max_examples=15, deadline=None)
def test_moments_are_those_of_all_masks(seed, keep):
    problem = study._draw(np.random.default_rng(seed), (3, 3), keep)
    chances, losses, linear = all_masks(problem)
    mean = chances @ losses
    assert study.predicted(problem) == pytest.approx(mean, rel=1e-12)
    spread = chances @ (losses - mean) ** 2
    assert study.variance(problem) == pytest.approx(spread, rel=1e-9)
    coefficient, left = study.control(problem)
    assert chances @ linear == pytest.approx(0, abs=1e-12)
    assert chances @ (losses - mean - coefficient * linear) ** 2 == pytest.approx(left, rel=1e-9)
    assert left <= study.variance(problem)


def test_the_prediction_is_the_derived_one_with_gamma_by_its_definition():
    problem = study._draw(np.random.default_rng(3), (7, 5), Fraction(1, 3))
    claim = claims_of(topic.expected_loss())["expected-loss"]
    values = {
        "n": Fraction(7),
        "d": Fraction(5),
        "p": problem.keep,
        "X": study._exact(problem.inputs),
        "y": study._exact(problem.targets[:, None]),
        "w": study._exact(problem.weights[:, None]),
    }
    ball = balls.evaluate(claim.closed_form, Valuation(claim.notation, 0, values))
    assert study.predicted(problem) == pytest.approx(float(ball.real.mid()), rel=1e-14)


def test_control_does_not_change_the_mean():
    """The controlled values are the losses of drawn masks, less a part of mean zero."""
    problem = study._draw(np.random.default_rng(8), (6, 4), Fraction(63, 64))
    values = study._controlled(problem, np.random.default_rng(9))(20_000)
    _, left = study.control(problem)
    _, interval = catoni_interval(values, left, 1e-9)
    assert not interval.excludes(study.predicted(problem))
    assert values.var() == pytest.approx(left, rel=0.5)


@pytest.mark.parametrize("fault", ["no penalty", "p for p (1 - p)", "half the loss"])
@pytest.mark.parametrize("controlled", [False, True])
def test_a_wrong_formula_is_noticed(monkeypatch, fault, controlled):
    setting = Setting(seed=11)
    problem = study._draw(setting.generator("problem"), CASE.quick, CASE.keep)
    penalty, right = study._penalty(problem), study.predicted(problem)
    wrong = {
        "no penalty": right - penalty,
        "p for p (1 - p)": right + penalty * float(CASE.keep / (1 - CASE.keep)),
        "half the loss": right / 2,
    }[fault]
    generator = np.random.default_rng(1)
    sampler, spread = problem.sampler(generator, "cpu"), study.variance(problem)
    if controlled:
        sampler, spread = study._controlled(problem, generator), study.control(problem)[1]
    measure = partial(study._mean, "m", "words", problem, sampler, spread, setting, 1e-9)
    assert measure().verdict.status is Status.STATISTICAL
    monkeypatch.setattr(study, "predicted", lambda _: wrong)
    assert measure().verdict.status is Status.UNDECIDED


def test_a_wrong_variance_is_noticed(monkeypatch):
    setting = Setting(seed=12)
    problem = study._draw(setting.generator("problem"), CASE.quick, CASE.keep)
    drawn = problem.sampler(np.random.default_rng(2), "cpu")(1 << 14)
    measure = partial(study._spread, drawn, problem, setting, 1e-9)
    assert measure().verdict.status is Status.EVIDENCE
    right = study.variance(problem)
    monkeypatch.setattr(study, "variance", lambda _: 2 * right)
    assert measure().verdict.status is Status.UNDECIDED


def test_bounds_alone_would_be_worse():
    """Why Catoni's interval is used: the range of the loss is many standard deviations."""
    problem = study._draw(np.random.default_rng(5), CASE.quick, CASE.keep)
    drawn = problem.sampler(np.random.default_rng(6), "cpu")(1 << 12)
    parts = problem.inputs * problem.weights
    ends = [
        (problem.targets - side(parts, 0).sum(axis=1)) ** 2 for side in (np.maximum, np.minimum)
    ]
    bounds = (0.0, float(np.maximum(*ends).sum()))
    (bounded,) = confidence_sequence([drawn], bounds, 1e-9)
    _, known = catoni_interval(drawn, study.variance(problem), 1e-9)
    assert bounded.upper - bounded.lower > 2 * (known.upper - known.lower)


def test_errors_fall_as_the_square_root():
    found = quick("dropout_sampling").series
    expected = found["deviation"] / np.sqrt(found["sizes"])
    assert np.all(np.abs(found["errors"] - expected) < 6 * found["errors-deviation"])
