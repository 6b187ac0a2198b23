"""Rules on variances: what they rewrite, and what they must leave alone."""

from __future__ import annotations

import pytest

from derivations.rules.sampling import (
    about_its_mean,
    in_deviations,
    sum_over_deltas,
    under_one_root,
)
from derivations.topics.sampling import MOMENTS, NOTATION
from language.claims import Claim, Status
from language.vocabulary import (
    call,
    delta,
    expectation,
    index_sum,
    names,
    sqrt,
    variance,
)
from numerics.engine import decide

z, y, mu, nu, V, W, C, n, i, j = names("z y mu nu V W C n i j")
f, g = call("f", z), call("g", z)


def test_a_variance_is_about_its_own_mean_only():
    mean = Claim("mean", NOTATION, expectation("z", "p", f), mu)
    assert about_its_mean(variance("z", "p", f), mean) == expectation("z", "p", (f - mu) ** 2)
    assert about_its_mean(variance("z", "p", g), mean) == variance("z", "p", g)


@pytest.mark.parametrize("body", [f * g, (f - 2 * g) ** 2, f * (g - nu), f**3])
def test_powers_of_deviations_are_the_same_polynomial(body):
    before = expectation("z", "p", body)
    after = in_deviations(before, NOTATION, {f: mu, g: nu})
    assert after != before
    assert decide(Claim("x", NOTATION, before, after)).status is Status.PROVED


@pytest.mark.parametrize(
    "body", [delta(i, j) * V, C + delta(i, j) * (V - C), W - delta(i, j) * V, C - delta(i, j) * V]
)
def test_sums_over_deltas(body):
    before = index_sum("i", n, index_sum("j", n, body))
    after = sum_over_deltas(before)
    assert after != before
    assert decide(Claim("x", MOMENTS, before, after)).status is Status.PROVED


@pytest.mark.parametrize("body", [j * V, delta(i, j) * j, delta(j, j) * V, C + delta(i, j) * V + j])
def test_sums_of_another_kind_stay(body):
    before = index_sum("j", n, body)
    assert sum_over_deltas(before) == before


def test_roots():
    assert under_one_root(sqrt(V) * sqrt(W) / sqrt(n)) == sqrt(V * W / n)
    assert under_one_root(sqrt(V) * W / sqrt(n)) == sqrt(V) * W / sqrt(n)
