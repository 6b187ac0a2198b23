"""Every step of every topic: it holds at drawn valuations, and a rule of that name made it."""

from __future__ import annotations

import importlib
import pkgutil
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

import derivations.rules
from derivations.conventions import Variant
from derivations.derivation import Derivation
from derivations.sheets import LIBRARY, load_sheet, sheet_names
from derivations.solutions import derive
from language.claims import Equality
from language.terms import Term, same
from language.typecheck import typecheck
from language.types import Truth
from numerics import balls
from numerics.valuations import draw


def _chains() -> list[tuple[str, Derivation]]:
    """The chains of every question of every sheet and of the library, each once."""
    sheets = [load_sheet(name) for name in (*sheet_names(), LIBRARY)]
    found: dict[Derivation, str] = {}
    for name in dict.fromkeys(q.solution for sheet in sheets for q in sheet.questions):
        solution = derive(Variant(name))
        for chain in (*(answer.derivation for answer in solution.answers), *solution.lemmas):
            # the same chain may serve several questions
            found.setdefault(chain, f"{name}-{chain.claim.name}")
    return [(name, chain) for chain, name in found.items()]


CHAINS = _chains()
RULES = {
    name
    for module in pkgutil.iter_modules(derivations.rules.__path__)
    for name in vars(importlib.import_module(f"derivations.rules.{module.name}"))
}


def _value(term: Term, chain: Derivation, seed: int) -> balls.Ball | bool | None:
    """The value of a term at a drawn valuation; None where it has none or cannot be evaluated."""
    valuation = draw(chain.claim.notation, seed)
    if not all(balls.holds(c, valuation) for c in chain.claim.conditions):
        return None
    try:
        if isinstance(typecheck(term, chain.claim.notation), Truth):
            return balls.holds(term, valuation)
        return balls.evaluate(term, valuation)
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return None


@pytest.mark.parametrize("chain", [c for _, c in CHAINS], ids=[name for name, _ in CHAINS])
@settings(max_examples=8)
@given(seed=st.integers(0, 10**6))
def test_every_step_holds_at_drawn_valuations(chain: Derivation, seed: int) -> None:
    values = [_value(step.term, chain, seed) for step in chain.steps]
    known = [value for value in values if value is not None]
    for before, after in pairwise(known):
        if isinstance(before, bool) or isinstance(after, bool):
            assert before == after
        else:
            assert not balls.disjoint(before, after)


@pytest.mark.parametrize("chain", [c for _, c in CHAINS], ids=[name for name, _ in CHAINS])
def test_a_chain_runs_from_the_definition_to_the_closed_form_by_named_rules(
    chain: Derivation,
) -> None:
    assert same(chain.steps[0].term, chain.claim.defined)
    assert same(chain.steps[-1].term, chain.claim.closed_form)
    for before, step in zip(chain.steps, chain.steps[1:], strict=False):
        assert step.rule in RULES, f"no rule is called {step.rule}"
        assert not same(before.term, step.term), f"{step.rule} changed nothing"
        assert step.reason.strip()


def test_multisets_are_claimed_as_multisets() -> None:
    for _, chain in CHAINS:
        spectral = getattr(chain.claim.defined, "head", "") == "eigenvalues"
        assert spectral == (chain.claim.equality is Equality.MULTISET)
