from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from derivations.topics import dropout as topic
from language.claims import Status
from numerics.experiments import dropout as experiment
from numerics.experiments.dropout import run

NAMES = {
    "loss-2x3",
    "loss-3x2",
    "loss-1x4",
    "shared-mask",
    "minimizer",
    "minimizer-l2",
    "slope",
}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_bounds_hold_for_every_mask(seed):
    problem = experiment._draw_problem(np.random.default_rng(seed), 2, 3, experiment.SHAPES[0][2])
    masks, probabilities = experiment._all_masks(problem)
    losses = experiment._losses(problem, masks)
    low, high = experiment._bounds(problem)
    assert low - 1e-12 <= losses.min()
    assert losses.max() <= high + 1e-12
    predicted = problem.value(topic.EXPECTED_LOSS, topic.NOTATION)[0]
    assert probabilities @ losses == pytest.approx(predicted, rel=1e-12)


def test_a_wrong_formula_is_noticed(monkeypatch):
    """The experiment can fail: without the penalty no sampled loss agrees."""
    fit, _ = topic.EXPECTED_LOSS.args
    wrong = SimpleNamespace(
        EXPECTED_LOSS=fit,
        NOTATION=topic.NOTATION,
        dropout_minimizer=topic.dropout_minimizer,
        weight_decay_minimizer=topic.weight_decay_minimizer,
    )
    monkeypatch.setattr(experiment, "topic", wrong)
    found = {m.name: m.verdict for m in run(3).measurements}
    for name in ("loss-2x3", "loss-3x2", "loss-1x4", "shared-mask", "slope"):
        assert found[name].status is Status.UNDECIDED
