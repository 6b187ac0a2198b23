"""The audit of the checks: its arrays against the real decisions, and faults planted in it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from language.claims import Status
from numerics.audit import catoni_excludes, clopper_pearson, rate_below, watch
from numerics.intervals import catoni_interval, median_of_means_interval
from numerics.measurements import Experiment
from numerics.settings import Setting
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA, decide_mean
from numerics.studies import audit

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return audit.run(Setting(seed=3))


def test_every_promise_is_kept(outcome: Experiment) -> None:
    assert outcome.measurements
    for found in outcome.measurements:
        assert found.verdict.status is Status.STATISTICAL, found
        assert found.lower <= found.estimate <= found.upper <= found.predicted
    spent = sum(found.verdict.alpha or 0 for found in outcome.measurements)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)


def test_series_are_shares_and_small(outcome: Experiment) -> None:
    assert sum(values.nbytes for values in outcome.series.values()) < 2_000_000
    for name in ("left", "caught", "passed", "once", "narrow", "broad", "significant", "wide"):
        assert ((outcome.series[name] >= 0) & (outcome.series[name] <= 1)).all()


# the runs in arrays are the decisions


@given(seeds, st.floats(-0.2, 0.2), st.sampled_from([0.02, 0.05, 0.1]))
@settings(max_examples=25, deadline=None)
def test_watched_runs_come_out_as_decisions_do(seed: int, shift: float, epsilon: float) -> None:
    draws = np.random.default_rng(seed).beta(2, 8, (4, 4096))
    at = iter(np.split(draws, [1024, 2048], axis=1))
    watched = watch(lambda _: next(at), 4, np.array([1024, 2048, 4096]), (0, 1), 0.05)
    found = watched.decide(0.2 + shift, epsilon)
    for run, row in enumerate(draws):
        parts = iter(np.split(row, [1024, 2048]))
        decision = decide_mean(
            lambda _, parts=parts: next(parts), 0.2 + shift, (0, 1), 0.05, epsilon, 4096
        )
        reason = decision.verdict.reason
        assert found.left[run] == ("left the interval" in reason)
        assert found.passed[run] == (decision.verdict.status is Status.STATISTICAL)
        assert found.samples[run] == decision.samples


@given(seeds, st.floats(0, 0.6))
@settings(max_examples=25, deadline=None)
def test_catoni_s_interval_without_its_estimate(seed: int, off: float) -> None:
    sample = np.random.default_rng(seed).standard_t(3, (8, 100))
    excluded = catoni_excludes(sample, off, 3.0, 0.3)
    assert list(excluded) == [catoni_interval(row, 3.0, 0.3)[1].excludes(off) for row in sample]


def test_median_of_means_in_arrays() -> None:
    law = replace(audit.UNBOUNDED[0], mean=0.14, variance=0.05)
    sample = np.random.default_rng(5).standard_t(3, (300, audit.FIXED)) / 2
    rows = [median_of_means_interval(row, law.variance, audit.ALPHA)[1] for row in sample]
    found = audit._methods(law)["median-of-means"](sample, law)
    assert list(found) == [row.excludes(law.mean) for row in rows]
    assert found.any() and not found.all()


# what is said of counts


@given(st.integers(1, 300), st.data(), st.floats(1e-9, 0.2))
def test_exact_intervals_of_a_binomial(runs: int, data: st.DataObject, alpha: float) -> None:
    hits = data.draw(st.integers(0, runs))
    lower, upper = clopper_pearson(hits, runs, alpha)
    assert lower <= hits / runs <= upper
    if hits < runs:
        assert binom.cdf(hits, runs, upper) == pytest.approx(alpha / 2, rel=1e-6)
    if hits:
        assert binom.sf(hits - 1, runs, lower) == pytest.approx(alpha / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("hits", "runs", "status", "reason"),
    [
        (10, 2000, Status.STATISTICAL, "not above"),
        (1, 20, Status.UNDECIDED, "does not tell"),
        (400, 2000, Status.UNDECIDED, "above the promised"),
    ],
)
def test_rates(hits: int, runs: int, status: Status, reason: str) -> None:
    verdict = rate_below("x", "a rate", 0.05, hits, runs, 1e-9, 0).verdict
    assert verdict.status is status
    assert reason in verdict.reason


def _tally(law: audit.KnownLaw, alpha: float = audit.ALPHA) -> audit.Tally:
    size = audit.Size(400, 1024, 1 / 4)
    return reduce(add, audit._tally(law, alpha, size, np.random.default_rng(6)))


@pytest.mark.parametrize("law", audit.BOUNDED, ids=lambda law: law.name)
def test_a_wrong_mean_is_an_alarm(law: audit.KnownLaw) -> None:
    """Planted: claims off by twice the error left open are caught, so counted as false alarms."""
    wrong = replace(law, mean=law.mean + law.deviation / 2)
    verdict = rate_below("x", "", audit.ALPHA, int(_tally(wrong).left[-1]), 400, 1e-9, 0).verdict
    assert verdict.status is Status.UNDECIDED


def test_intervals_that_are_too_narrow_are_found_out() -> None:
    """Planted: bounds that do not reach as far as the draws would, as if the range was halved."""
    fair = audit.BOUNDED[0]
    narrow = replace(
        fair,
        mean=0.5,
        draw=lambda rng, shape: np.clip(fair.draw(rng, shape), 0.0, 0.9),
        bounds=(0.0, 0.9),
    )
    assert _tally(narrow).left[-1] > 0.2 * 400


@pytest.mark.parametrize("law", [*audit.BOUNDED, *audit.UNBOUNDED], ids=lambda law: law.name)
def test_means_and_variances_of_the_laws(law: audit.KnownLaw) -> None:
    """Within five standard errors, by the fourth moment for the variance where there is one."""
    draws = law.draw(np.random.default_rng(7), (1, 400_000))[0]
    assert draws.mean() == pytest.approx(law.mean, abs=5 * law.deviation / math.sqrt(draws.size))
    assert law.bounds[0] <= draws.min() and draws.max() <= law.bounds[1]
    if law in audit.BOUNDED:
        squares = (draws - law.mean) ** 2
        error = squares.std() / math.sqrt(draws.size)
        assert squares.mean() == pytest.approx(law.variance, abs=5 * error)


def test_draws_of_a_clairvoyant() -> None:
    """The derived formula by hand: 2 V log(2/alpha) / margin^2, the wider margin first."""
    found = audit.clairvoyant(0.05, 0.25)
    level = math.log(40)
    for shift, draws in zip(audit.SHIFTS, found, strict=True):
        margin = 0.25 * max(shift, 1 - shift)
        assert draws == pytest.approx(2 * level / margin**2)
