"""Soft weight sharing: formulas against the derived terms, groups and bits, planted faults."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from derivations.topics import mixture_prior as topic
from language.claims import Status
from numerics.comparisons import predict
from numerics.measurements import Experiment
from numerics.models.weight_mixtures import (
    Mixture,
    averages,
    by_groups,
    find_groups,
    nearest_values,
    to_rest,
)
from numerics.settings import Setting
from numerics.studies import soft_weight_sharing as study

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(Setting(seed=2))


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(0).normal(size=9)


@pytest.fixture
def mixture() -> Mixture:
    mean, eta, logit = np.random.default_rng(1).normal(size=(3, 3))
    return Mixture(mean, eta, logit)


def test_every_prediction_holds(outcome: Experiment) -> None:
    assert {m.verdict.status for m in outcome.measurements} == {Status.EVIDENCE}


def test_fewer_values_are_left_than_components_and_bits_follow(outcome: Experiment) -> None:
    found = {one.name: one.estimate for one in outcome.observations}
    assert 1 < found["values"] <= outcome.series["means"].shape[1]
    assert 0 < found["entropy"] <= math.log2(found["values"])
    assert found["accuracy-after"] > 0.8


def test_the_averages_are_the_derived_ones(weights: np.ndarray, mixture: Mixture) -> None:
    shares = np.exp(mixture.logit) / np.exp(mixture.logit).sum()
    values: dict[str, Any] = {"n": 9, "m": 3, "w": weights.tolist(), "mu": mixture.mean.tolist()}
    values |= {"sigma": np.exp(mixture.eta / 2).tolist(), "pi": shares.tolist()}
    solutions = (topic.mean_gradient(), topic.spread_gradient(), topic.posterior())
    found = averages(weights, mixture)
    for solution, name, average in zip(
        solutions, ("average", "average", "mean-share"), found, strict=True
    ):
        derived = [
            predict(solution.formulas[name], topic.MIXTURE, {**values, "j": j}) for j in (1, 2, 3)
        ]
        assert average == pytest.approx(derived, rel=1e-12)


def test_faulty_gradients_are_noticed(
    monkeypatch: pytest.MonkeyPatch, weights: np.ndarray, mixture: Mixture
) -> None:
    tensors = Mixture(*map(torch.tensor, mixture))
    many = torch.tensor(np.tile(weights, 2))
    right = study.slopes

    def statuses() -> dict[str, Status]:
        return {m.name: m.verdict.status for m in study._gradients(torch, many, tensors)}

    assert set(statuses().values()) == {Status.EVIDENCE}

    def without_half(torch: Any, w: Any, mixture: Mixture) -> tuple[Any, Mixture]:
        pull, derived = right(torch, w, mixture)
        return pull, derived._replace(eta=2 * derived.eta)

    monkeypatch.setattr(study, "slopes", without_half)
    assert statuses()["gradients"] is Status.UNDECIDED
    monkeypatch.setattr(study, "predict", lambda *given: -predict(*given))
    assert set(statuses().values()) == {Status.UNDECIDED}


def test_a_mixture_not_at_rest_is_noticed(weights: np.ndarray, mixture: Mixture) -> None:
    rested = to_rest(weights, mixture._replace(eta=np.full(3, -1.0)), study.FLOOR)

    def statuses(at: Mixture) -> list[Status]:
        return [m.verdict.status for m in study._at_rest(torch, weights, at)]

    assert statuses(rested) == [Status.EVIDENCE] * 4
    moved = rested._replace(eta=rested.eta + 1e-3)
    assert statuses(moved)[1] is statuses(moved)[3] is Status.UNDECIDED


def test_components_on_each_other_are_one_group() -> None:
    mixture = Mixture(np.array([1.0, -1.0, 1.01]), np.log([1e-4, 1e-4, 1e-4]), np.zeros(3))
    w = np.array([-1.0, 0.99, 1.03, -1.02])
    groups = find_groups(w, mixture)
    assert groups.tolist() == [0, 1, 1, 0]
    assert by_groups(w, groups) == pytest.approx([-1.01, 1.01, 1.01, -1.01])
    assert nearest_values(w, groups) == pytest.approx([-1.01, 1.01, 1.01, -1.01])


def test_bits_of_equal_groups() -> None:
    groups = np.repeat(np.arange(4), 64)
    found = {o.name: o.estimate for o in study._compression(groups, groups == 0, 1.5, 0)}
    assert (found["values"], found["middle"], found["entropy"]) == (4, 0.25, 2)
    assert found["rate"] == 32 * 256 / (512 + 128)
