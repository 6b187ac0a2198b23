"""Published mistakes are caught, what is right is not, and both predictions by other means."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from derivations.topics import consensus_optimization as topic
from language.claims import Status
from language.terms import children
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.settings import Setting
from numerics.statistics import decide_mean
from numerics.studies import published_mistakes as study

SOLUTION = topic.regularizer()


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(Setting(seed=2))


def test_everything_is_as_predicted(outcome: Experiment) -> None:
    drawn = {"right", "published", "published-two-sided"}
    for one in outcome.measurements:
        wanted = Status.STATISTICAL if one.name in drawn else Status.EVIDENCE
        assert one.verdict.status is wanted, one
    (caught,) = (one for one in outcome.measurements if one.name == "caught")
    assert caught.estimate == 3
    assert sum(array.nbytes for array in outcome.series.values()) < 2e6


def test_alarms_from_the_normal_law() -> None:
    right, published = study.right_threshold(20), study.published_threshold(20)
    assert right == pytest.approx(stats.norm.isf(study.PROMISED / 20), rel=1e-12)
    assert study.one_sided(right, 20) <= study.PROMISED
    below = stats.norm.cdf(published)
    assert study.one_sided(published, 20) == pytest.approx(1 - below**20, rel=1e-12)
    assert study.two_sided(published, 20) == pytest.approx(1 - (2 * below - 1) ** 20, rel=1e-12)


def test_a_broken_promise_is_caught_and_a_kept_one_is_not() -> None:
    def tried(threshold: float, promised: float) -> Measurement:
        draws = study._alarms(np.random.default_rng(5), threshold, 20)
        decision = decide_mean(draws, promised, (0, 1), 1e-9, 0.03)
        return decision.measurement("promise", "", promised, 5)

    broken = tried(study.published_threshold(20), study.PROMISED)
    assert broken.verdict.status is Status.UNDECIDED
    assert "left the interval" in broken.verdict.reason
    assert study.caught(broken)
    assert not study.caught(tried(study.right_threshold(20), study.PROMISED))
    # Neither is one that there were too few draws to decide on.
    vague = dataclasses.replace(broken, lower=0.0, upper=1.0)
    assert not study.caught(vague)


def test_both_gradients_are_those_of_the_library() -> None:
    points = np.random.default_rng(1).uniform(-2, 2, (2, 5))
    derived = children(claims_of(SOLUTION)["gradient"].closed_form)
    (fact,) = (fact for fact in SOLUTION.facts if fact.claim.name == "published")
    assert not fact.holds
    for gradient, entries in (
        (study.measured_gradient, derived),
        (study.published_gradient, children(fact.claim.closed_form)),
    ):
        for place, entry in enumerate(entries):
            for (theta, psi), found in zip(points.T, gradient(points)[place], strict=True):
                value = predict(entry, SOLUTION.notation, {"theta": theta, "psi": psi})
                assert found == pytest.approx(value, rel=1e-12)


def test_another_slip_in_the_gradient_would_be_caught() -> None:
    points = np.random.default_rng(1).uniform(-2, 2, (2, 5))
    derived = children(claims_of(SOLUTION)["gradient"].closed_form)
    assert not study.caught(study._gradient_claim("right", "", derived, points, 1))
    swapped = (derived[1], derived[0])
    for wrong in (swapped, tuple(2 * entry for entry in derived)):
        assert study.caught(study._gradient_claim("wrong", "", wrong, points, 1))


@pytest.mark.parametrize(("prefix", "factor"), [("", 1.0), ("published-", 0.5)])
def test_where_the_derived_rates_vanish(prefix: str, factor: float) -> None:
    theta, psi = study.spurious_point(factor)
    values = {"theta": theta, "psi": psi, "gamma": study.WEIGHT}
    for rate in ("radius", "angle"):
        term = claims_of(SOLUTION)[f"{prefix}{rate}"].closed_form
        assert predict(term, SOLUTION.notation, values) == pytest.approx(0, abs=1e-12)


def test_the_other_fields_stationary_point_is_noticed() -> None:
    field = study._regularized(study.published_gradient)
    assert study._stationary("right", "", field, 0.5).verdict.status is Status.EVIDENCE
    assert study._stationary("wrong", "", field, 1.0).verdict.status is Status.UNDECIDED
    undamped = study._decay("plain", "", lambda at: field(at) + study.measured_gradient(at))
    assert undamped.verdict.status is Status.UNDECIDED
