from __future__ import annotations

import math
import pkgutil
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from language.claims import Status
from numerics import experiments
from numerics.intervals import (
    empirical_bernstein_interval,
    hoeffding_interval,
    median_of_means_interval,
    median_of_means_radius,
)
from numerics.statistics import (
    EXPERIMENTS_AT_MOST,
    RUN_ALPHA,
    ConfidenceSequence,
    ConfidenceSequences,
    ErrorBudget,
    catoni_interval,
    confidence_sequence,
    decide_mean,
    decide_mean_with_variance,
    experiment_budget,
)
from numerics.studies import study_names

seeds = st.integers(0, 2**32 - 1)
unit_lists = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def coins(seed: int, mean: float) -> np.ndarray:
    return (np.random.default_rng(seed).random(300) < mean).astype(float)


# the bounded sequence


@given(seeds, st.floats(0.02, 0.98), st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_intervals_only_shrink(seed, mean, sizes):
    draws = np.random.default_rng(seed)
    batches = [(draws.random(size) < mean).astype(float) for size in sizes]
    intervals = list(confidence_sequence(batches, (0, 1), 0.05))
    for before, after in pairwise(intervals):
        assert before.lower <= after.lower
        assert after.upper <= before.upper


@given(unit_lists, st.data())
def test_batching_does_not_matter(values, data):
    cut = data.draw(st.integers(1, len(values)))
    batches = [part for part in (values[:cut], values[cut:]) if part]
    *_, pieces = confidence_sequence([np.array(part) for part in batches], (0, 1), 0.05)
    (whole,) = confidence_sequence([np.array(values)], (0, 1), 0.05)
    assert pieces == pytest.approx(whole, abs=1e-12)


@given(unit_lists, st.floats(-100, 100), st.floats(0.01, 100))
def test_intervals_follow_units(values, shift, scale):
    x = np.array(values)
    (plain,) = confidence_sequence([x], (0, 1), 0.1)
    (moved,) = confidence_sequence([shift + scale * x], (shift, shift + scale), 0.1)
    wanted = [shift + scale * end for end in plain]
    assert moved == pytest.approx(wanted, abs=1e-6 * (1 + scale))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=25), st.floats(0.001, 0.5))
def test_the_sequence_is_the_theorem_s_one_observation_at_a_time(values, alpha):
    (found,) = confidence_sequence([np.array(values)], (0, 1), alpha)
    level = math.log(2 / alpha)
    mean, squares, total = 0.5, 0.25, 0.0
    bets = weighted = penalty = 0.0
    lower, upper = 0.0, 1.0
    for t, x in enumerate(values, start=1):
        bet = min(math.sqrt(2 * level / (squares * math.log(1 + t))), 0.5)
        bets += bet
        weighted += bet * x
        penalty += 4 * (x - mean) ** 2 * (-math.log(1 - bet) - bet) / 4
        lower = max(lower, (weighted - level - penalty) / bets)
        upper = min(upper, (weighted + level + penalty) / bets)
        total += x
        mean = (0.5 + total) / (t + 1)
        squares += (x - mean) ** 2
    assert found == pytest.approx((lower, upper), abs=1e-9)


@given(seeds, st.lists(st.integers(1, 40), min_size=1, max_size=5), st.floats(0.001, 0.5))
def test_many_sequences_are_each_what_one_alone_would_be(seed, sizes, alpha):
    """Bit for bit: what is measured of many runs holds for the one that decides."""
    rng = np.random.default_rng(seed)
    batches = [rng.uniform(-2, 3, (7, size)) for size in sizes]
    many = ConfidenceSequences((-2, 3), alpha, 7)
    alone = [ConfidenceSequence((-2, 3), alpha) for _ in range(7)]
    for batch in batches:
        many.add(batch)
        for one, draws in zip(alone, batch, strict=True):
            one.add(draws)
    assert list(zip(many.lower, many.upper, strict=True)) == [one.interval for one in alone]
    assert list(many.means) == [one.estimate for one in alone]


@given(seeds, st.lists(st.integers(1, 40), min_size=2, max_size=5))
def test_the_standard_error_does_not_depend_on_the_batches(seed, sizes):
    rng = np.random.default_rng(seed)
    batches = [rng.uniform(-2, 3, size) for size in sizes]
    sequence = ConfidenceSequence((-2, 3), 0.1)
    for batch in batches:
        sequence.add(batch)
    whole = np.concatenate(batches)
    assert sequence.estimate == pytest.approx(whole.mean(), abs=1e-12)
    wanted = whole.std(ddof=1) / math.sqrt(whole.size)
    assert sequence.standard_error == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("mean", [0.5, 0.03])
def test_coverage_at_all_times(mean):
    """The frequency of ever missing the mean is consistent with at most alpha."""
    alpha, runs = 0.05, 400
    misses = sum(
        any(
            interval.excludes(mean)
            for interval in confidence_sequence(coins(seed, mean).reshape(10, 30), (0, 1), alpha)
        )
        for seed in range(runs)
    )
    assert misses <= binom.ppf(1 - 1e-6, runs, alpha)


def test_width_approaches_the_oracle_s():
    """Adapting to the variance: fair coins need a far wider interval than rare ones."""
    rng = np.random.default_rng(5)
    widths = []
    for mean in (0.5, 0.01):
        (found,) = confidence_sequence([(rng.random(20_000) < mean) * 1.0], (0, 1), 0.05)
        widths.append(found.upper - found.lower)
    assert widths[1] < widths[0] / 3


@pytest.mark.parametrize(
    ("bounds", "alpha", "message"),
    [((1, 0), 0.1, "low < high"), ((0, math.inf), 0.1, "finite"), ((0, 1), 0.0, "between 0 and 1")],
)
def test_bad_settings(bounds, alpha, message):
    with pytest.raises(ValueError, match=message):
        ConfidenceSequence(bounds, alpha)


@pytest.mark.parametrize("batch", [[], [[0.5]], [1.5], [math.nan]])
def test_bad_batches(batch):
    with pytest.raises(ValueError, match="expected"):
        ConfidenceSequence((0, 1), 0.1).add(np.array(batch))


# decisions


def test_true_mean_passes():
    rng = np.random.default_rng(1)
    decision = decide_mean(lambda n: rng.uniform(-1, 3, n), 1.0, (-1, 3), 1e-6, 0.1)
    assert decision.verdict.status is Status.STATISTICAL
    assert decision.verdict.alpha == 1e-6
    assert decision.verdict.epsilon == 0.1
    assert 0.9 <= decision.lower <= decision.upper <= 1.1


@given(seeds, st.sampled_from((-1, 1)), st.floats(0.05, 0.4))
@settings(max_examples=20, deadline=None)
def test_planted_shift_fails(seed, sign, shift):
    """A claim off by more than epsilon never passes, and with enough draws is seen to leave."""
    rng = np.random.default_rng(seed)
    decision = decide_mean(lambda n: rng.random(n), 0.5 + sign * shift, (0, 1), 1e-6, 0.04)
    assert decision.verdict.status is Status.UNDECIDED
    assert "left the interval" in decision.verdict.reason


def test_too_few_draws_stay_undecided():
    rng = np.random.default_rng(2)
    decision = decide_mean(lambda n: rng.random(n), 0.5, (0, 1), 1e-6, 1e-4, samples=3000)
    assert decision.samples == 3000
    assert decision.verdict.status is Status.UNDECIDED
    assert "wider" in decision.verdict.reason


def test_a_decision_becomes_a_measurement():
    decision = decide_mean(lambda n: np.full(n, 0.25), 0.25, (0, 1), 0.01, 0.1)
    found = decision.measurement("quarter", "a constant", 0.25, 7)
    assert (found.estimate, found.samples, found.seed) == (0.25, decision.samples, 7)
    assert found.lower <= 0.25 <= found.upper
    assert found.standard_error == 0


def test_a_decision_with_known_variance_has_its_standard_error():
    rng = np.random.default_rng(4)
    decision = decide_mean_with_variance(lambda n: rng.normal(size=n), 0.0, 1.0, 1e-6, 0.2)
    assert decision.standard_error == pytest.approx(1 / math.sqrt(decision.samples))


# bounds for a fixed number of draws


@pytest.mark.parametrize("interval", [hoeffding_interval, empirical_bernstein_interval])
@pytest.mark.parametrize("size", [2, 10, 60])
def test_exact_coverage_on_coins(interval, size):
    """The probability of missing the mean, summed over all outcomes: no simulation is needed."""
    alpha, heads = 0.1, np.arange(size + 1)
    ends = [interval(np.repeat([1.0, 0.0], [k, size - k]), (0, 1), alpha)[1] for k in heads]
    for mean in np.linspace(0.005, 0.995, 67):
        missed = [end.excludes(mean) for end in ends]
        assert binom.pmf(heads, size, mean)[missed].sum() <= alpha


def test_constants_of_the_fixed_bounds():
    """By hand: half of the draws 0, half 1, with values in [0, 2]."""
    x, alpha = np.repeat([0.0, 1.0], 50), 0.05
    mean, plain = hoeffding_interval(x, (0, 2), alpha)
    assert (mean, plain.upper - mean) == pytest.approx(
        (0.5, 2 * math.sqrt(math.log(40) / 200)), rel=1e-14
    )
    mean, adaptive = empirical_bernstein_interval(x, (0, 2), alpha)
    level, spread = math.log(80), 25 / 99
    radius = math.sqrt(2 * spread * level / 100) + 14 * level / (3 * 99)
    assert adaptive.upper - mean == pytest.approx(radius, rel=1e-14)


def test_small_variance_is_rewarded():
    x = np.repeat([0.5, 0.51], 2000)
    _, plain = hoeffding_interval(x, (0, 1), 1e-6)
    _, adaptive = empirical_bernstein_interval(x, (0, 1), 1e-6)
    assert adaptive.upper - adaptive.lower < (plain.upper - plain.lower) / 4


@pytest.mark.parametrize("interval", [hoeffding_interval, empirical_bernstein_interval])
def test_fixed_bounds_refuse_draws_out_of_bounds(interval):
    with pytest.raises(ValueError, match="give bounds that hold"):
        interval(np.array([0.5, 1.5]), (0, 1), 0.1)


# unbounded variables


def test_catoni_covers_heavy_tails():
    """Student's t with 3 degrees of freedom: variance 3, no finite fourth moment."""
    alpha, runs, misses = 0.05, 300, 0
    for seed in range(runs):
        sample = np.random.default_rng(seed).standard_t(3, size=200)
        misses += catoni_interval(sample, 3.0, alpha)[1].excludes(0.0)
    assert misses <= binom.ppf(1 - 1e-6, runs, alpha)


@given(seeds, st.floats(-50, 50), st.floats(0.1, 20))
def test_catoni_follows_units(seed, shift, scale):
    x = np.random.default_rng(seed).normal(size=100)
    estimate, interval = catoni_interval(x, 1.0, 0.05)
    moved, other = catoni_interval(shift + scale * x, scale**2, 0.05)
    assert moved == pytest.approx(shift + scale * estimate, abs=1e-6 * (1 + scale))
    assert other.upper - other.lower == pytest.approx(scale * (interval.upper - interval.lower))


@pytest.mark.parametrize(("claimed", "passes"), [(2.0, True), (2.3, False)])
def test_means_of_unbounded_variables(claimed, passes):
    rng = np.random.default_rng(3)
    decision = decide_mean_with_variance(
        lambda n: rng.exponential(2.0, n), claimed, 4.0, 1e-6, 0.15
    )
    assert (decision.verdict.status is Status.STATISTICAL) == passes


def test_catoni_needs_draws():
    with pytest.raises(ValueError, match="draw more"):
        catoni_interval(np.zeros(10), 1.0, 1e-6)


def test_median_of_means_covers_heavy_tails():
    alpha, runs, misses = 0.2, 300, 0
    for seed in range(runs):
        sample = np.random.default_rng(seed).standard_t(3, size=200)
        misses += median_of_means_interval(sample, 3.0, alpha)[1].excludes(0.0)
    assert misses <= binom.ppf(1 - 1e-6, runs, alpha)


def test_median_of_means_by_hand():
    """13 blocks of 2 draws; what fills no block is left out, and one outlier moves little."""
    sample = np.concatenate((np.repeat(np.arange(13.0), 2), [1e9]))
    sample[0] = -1e12
    estimate, interval = median_of_means_interval(sample, 2.0, 0.2)
    assert (estimate, *interval) == (6.0, 4.0, 8.0)


def test_blocks_suffice_for_alpha():
    """Half of the blocks are off with a small enough probability, if each is with 1/4."""
    for alpha in (0.5, 0.05, 1e-6, 1e-10):
        blocks, radius = median_of_means_radius(10_000, 3.0, alpha)
        assert binom.sf(math.ceil(blocks / 2) - 1, blocks, 0.25) <= alpha
        assert radius == math.sqrt(4 * 3.0 / (10_000 // blocks))


def test_median_of_means_needs_draws():
    with pytest.raises(ValueError, match="draw more"):
        median_of_means_interval(np.zeros(10), 1.0, 0.05)


# the budget


@given(st.lists(st.text(min_size=1), min_size=1, max_size=20, unique=True), st.floats(1e-9, 0.5))
def test_shares_sum_to_the_budget(names, alpha):
    budget = ErrorBudget(alpha, tuple(names))
    assert sum(budget[name] for name in names) == pytest.approx(alpha)


def test_all_experiments_together_stay_within_the_run():
    assert EXPERIMENTS_AT_MOST * experiment_budget("only")["only"] == pytest.approx(RUN_ALPHA)
    experiment_names = [module.name for module in pkgutil.iter_modules(experiments.__path__)]
    assert len(experiment_names) + len(study_names()) <= EXPERIMENTS_AT_MOST


def test_unknown_checks_have_no_share():
    with pytest.raises(KeyError, match="no share for 'b'"):
        experiment_budget("a")["b"]
