"""Rules on generated laws and labelled samples: what they return has the value of what they got."""

from __future__ import annotations

from typing import Any

import pytest

from derivations.rules.statements import (
    as_labelled_mixture,
    expectation_of_generated,
    flip_inside,
    inclusion_probability,
    independent_of_index,
    share_of_equals,
)
from derivations.topics.gans import GAME, accuracy, objective, real, value
from derivations.topics.vae_training import BATCH
from language.notation import Notation
from language.terms import Apply, Name, Term, free_names, walk
from language.vocabulary import call, expectation, index_sum, log, names, number
from numerics.balls import disjoint, evaluate
from numerics.valuations import draw

bounds, chosen, p, m = names("bounds chosen p m")


def mask_mean(weight: Term) -> Term:
    picked = index_sum("i", "n", chosen["i"] * bounds["i"])
    return expectation("chosen", Apply("bernoulli", (p,)), weight * picked)


@pytest.mark.parametrize(
    ("notation", "before", "rule", "args"),
    [
        (GAME, value(), expectation_of_generated, ("G", "p_z")),
        (GAME, objective(real()), as_labelled_mixture, ("p_data", "p_g", "mix", "best")),
        (GAME, 2 * accuracy(real()), as_labelled_mixture, ("p_data", "p_g", "mix", "best")),
        (GAME, number(3) * expectation("x", "mix", log(real()) - 1), flip_inside, ()),
        (GAME, 1 / m * index_sum("i", m, log("c")), independent_of_index, ()),
        (GAME, Name("c") / (Name("c") + Name("c")), share_of_equals, ()),
        (BATCH, mask_mean(1 / p), inclusion_probability, ()),
    ],
    ids=lambda item: getattr(item, "__name__", ""),
)
@pytest.mark.parametrize("seed", range(3))
def test_the_value_is_kept(
    notation: Notation, before: Term, rule: Any, args: tuple[str, ...], seed: int
) -> None:
    after = rule(before, *args)
    if rule is not as_labelled_mixture or before == objective(real()):
        assert after != before
    valuation = draw(notation, seed)
    assert not disjoint(evaluate(before, valuation), evaluate(after, valuation))


def test_noise_that_is_seen_elsewhere_is_kept() -> None:
    leaking = expectation("z", "p_z", call("D", call("G", "z")) * call("D", "z"))
    assert expectation_of_generated(leaking, "G", "p_z") == leaking


def test_a_point_of_the_same_name_is_not_captured() -> None:
    inner = expectation("z", "p_z", call("D", call("G", "z")) * call("D", "x"))
    after = expectation_of_generated(inner, "G", "p_z")
    assert free_names(after) >= {"x"}
    assert sum(part == Name("x") for part in walk(after)) == 1


def test_the_classes_are_not_mixed_up() -> None:
    swapped = as_labelled_mixture(objective(real()), "p_g", "p_data", "mix", "best")
    assert swapped == objective(real())


@pytest.mark.parametrize(
    ("rule", "term"),
    [
        (independent_of_index, 1 / m * index_sum("i", m, log(Name("i")))),
        (independent_of_index, 1 / m * index_sum("i", "n", log("c"))),
        (share_of_equals, Name("c") / (Name("c") + Name("s"))),
        (inclusion_probability, mask_mean(1 / m)),
    ],
    ids=["depends on the index", "other size", "unequal parts", "other share"],
)
def test_near_misses_are_left_alone(rule: Any, term: Term) -> None:
    assert rule(term) == term
