"""Flows: every step holds for drawn flows, and the two directions ask for what is claimed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from derivations.derivation import Derivation
from derivations.rules.information import change_of_variables
from derivations.topics import flows as topic
from language.terms import Apply, Bind, Name, Term, walk
from language.typecheck import typecheck
from language.vocabulary import call, integral, spaces
from numerics.balls import disjoint, evaluate
from numerics.valuations import draw

CHAINS: list[Derivation] = [
    *(answer.derivation for answer in topic.kl_under_a_flow().answers),
    *topic.kl_under_a_flow().lemmas,
    *topic.direction_of_kl().lemmas,
]


@pytest.mark.parametrize("derivation", CHAINS, ids=lambda d: d.claim.name)
@pytest.mark.parametrize("seed", range(5))
def test_every_step_holds_at_drawn_valuations(derivation: Derivation, seed: int) -> None:
    valuation = draw(derivation.claim.notation, seed)
    for before, after in pairwise(derivation.steps):
        left, right = evaluate(before.term, valuation), evaluate(after.term, valuation)
        assert not disjoint(left, right), after.rule


@pytest.mark.parametrize("solution", [topic.kl_under_a_flow, topic.direction_of_kl])
def test_everything_has_a_type_and_every_name_is_declared(solution: object) -> None:
    assert callable(solution)
    found = solution()
    for term in found.formulas.values():
        typecheck(term, found.notation)
    for fact in found.facts:
        typecheck(fact.claim.defined, fact.claim.notation)
        typecheck(fact.claim.closed_form, fact.claim.notation)


def names(term: Term) -> set[str]:
    return {part.name for part in walk(term) if isinstance(part, Name)}


def laws_sampled(term: Term) -> set[str]:
    return {
        part.domain.name
        for part in walk(term)
        if isinstance(part, Bind) and part.head == "expectation" and isinstance(part.domain, Name)
    }


def test_the_reverse_divergence_needs_no_sample_of_the_data_and_no_inverse() -> None:
    (reverse,) = (d for d in topic.direction_of_kl().lemmas if d.claim.name == "reverse")
    assert laws_sampled(reverse.claim.closed_form) == {"base"}
    assert not names(reverse.claim.closed_form) & {"Finv", "JFinv", "flow"}


def test_the_forward_divergence_needs_no_density_of_the_data() -> None:
    (forward,) = (d for d in topic.direction_of_kl().lemmas if d.claim.name == "log-likelihood")
    densities = {
        part.args[0]
        for part in walk(forward.claim.closed_form)
        if isinstance(part, Apply) and part.head == "density"
    }
    assert laws_sampled(forward.claim.closed_form) == {"data"}
    assert Name("data") not in densities


def test_variables_change_only_through_a_diffeomorphism() -> None:
    term = integral("u", call("F", "u"), spaces("d"))
    with pytest.raises(ValueError, match="expected a diffeomorphism"):
        change_of_variables(term, topic.NOTATION, "JF", "x")
