"""Training with dropout: the mean recursion against all masks, and planted faults."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.settings import Setting
from numerics.statistics import experiment_budget
from numerics.studies import dropout_training as study

KEEP = Fraction(4, 5)
SETTING = Setting(seed=4)
DATA = study._draw(SETTING)


@pytest.mark.parametrize("inverted", [False, True])
def test_the_mean_follows_the_recursion_over_all_masks(inverted):
    """One step in expectation, from all masks and examples, again and again."""
    inputs, targets = DATA
    masks = np.array(list(product((0.0, 1.0), repeat=study.COLUMNS)))
    chances = np.where(masks == 1, float(KEEP), float(1 - KEEP)).prod(axis=1) / study.ROWS
    seen = inputs[:, None, :] * masks / (float(KEEP) if inverted else 1.0)
    second = np.einsum("m,nmi,nmj->ij", chances, seen, seen)
    first = np.einsum("m,nmi,n->i", chances, seen, targets)
    prediction = study._prediction(*DATA, KEEP, inverted=inverted)
    weights, steps = np.zeros(study.COLUMNS), prediction.burn_in()
    left = []
    for _ in range(steps):
        weights = weights - 2 * prediction.rate * (second @ weights - first)
        left.append(np.linalg.norm(weights - prediction.minimizer))
    assert prediction.bias(np.arange(1.0, steps + 1)) == pytest.approx(left, abs=1e-12)
    assert left[-1] <= study.BIAS < left[steps // 2]


def test_inverted_weights_are_the_scaled_ones():
    plain, inverted = (study._prediction(*DATA, KEEP, inverted=x) for x in (False, True))
    assert inverted.minimizer == pytest.approx(float(KEEP) * plain.minimizer)
    assert inverted.rate * inverted.hessian == pytest.approx(plain.rate * plain.hessian)


def test_one_weight_by_hand():
    """The derived minimizer for two examples of one feature, in exact arithmetic."""
    from derivations.topics import dropout as topic
    from language.vocabulary import entry

    claim = claims_of(topic.dropout_minimizer())["w-dropout"]
    values = {"n": 2, "d": 1, "X": (0.5, 2.0), "y": (1.0, -3.0), "p": KEEP}
    found = predict(entry(claim.closed_form, 1), claim.notation, values)
    # alone, a feature is fitted as if nothing were dropped, and p = 4/5 cancels
    assert found == pytest.approx((0.5 * 1 - 2 * 3) / (0.25 + 4))


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("torch")
    prediction = study._prediction(*DATA, KEEP, inverted=False)
    with study.reproducible(SETTING) as torch:
        mask = study._mask(torch, float(KEEP))
        return study._train(torch, DATA, mask, prediction, SETTING)


def test_the_way_there_is_the_predicted_one(training):
    """While the bias is far above the noise, the mean of the replicates follows it."""
    prediction = study._prediction(*DATA, KEEP, inverted=False)
    early = training.steps <= 10
    bias = prediction.bias(training.steps[early])
    assert training.distances[early, 0] == pytest.approx(bias, rel=0.1)


def ridge(coefficient: float):
    inputs, targets = DATA
    penalty = coefficient * np.diag((inputs**2).sum(axis=0))
    return np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets)


@pytest.mark.parametrize(
    "fault", ["", "scaled", "p and 1 - p swapped", "p (1 - p)", "Gamma missing", "factor 2"]
)
def test_a_wrong_minimizer_is_noticed(training, fault):
    p = float(KEEP)
    inputs, targets = DATA
    ratio = (1 - p) / p
    gram = inputs.T @ inputs
    minimizers = {
        "": ridge(ratio) / p,
        "scaled": ridge(ratio),
        "p and 1 - p swapped": ridge(1 / ratio) / (1 - p),
        "p (1 - p)": ridge(p * (1 - p)) / p,
        "Gamma missing": np.linalg.solve(gram + ratio * np.eye(len(gram)), inputs.T @ targets) / p,
        "factor 2": ridge(2 * ratio) / p,
    }
    right = study._prediction(*DATA, KEEP, inverted=False)
    prediction = replace(right, minimizer=minimizers[fault])
    budget = experiment_budget(*(f"m-{which}" for which in study.DIRECTIONS))
    found = study._compare("m", "words", training, prediction, SETTING, budget)
    decided = [row.verdict.status is Status.EVIDENCE for row in found]
    assert all(decided) if not fault else not any(decided[:1])
