"""The engine on the acceptance identities, and properties that any sound engine has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from identities import GAN, IDENTITIES, MATRICES, REGRESSION, SCALARS
from language.claims import Claim, Equality, Status
from language.notation import Notation, Symbol
from language.terms import Bind, Name, Term, replace as rewrite, walk
from language.types import REAL
from language.vocabulary import (
    FALSE,
    TRUE,
    density,
    equal,
    exp,
    identity,
    inverse,
    log,
    multiply,
    names,
    norm,
    number,
    sqrt,
)
from numerics.engine import decide, decide_equal
from numerics.mutants import judge_mutants
from strategies import scalar_terms

p, x, a, b = names("p x a b")


def by_name(claim: Claim) -> str:
    return claim.name


@pytest.mark.parametrize("claim", IDENTITIES, ids=by_name)
def test_every_identity_is_proved(claim: Claim) -> None:
    verdict = decide(claim)
    assert verdict.status is Status.PROVED, str(verdict)
    assert verdict.stage and verdict.scope and verdict.reason


@pytest.mark.parametrize("claim", IDENTITIES, ids=by_name)
def test_every_mutant_is_refuted_or_proved_equivalent(claim: Claim) -> None:
    results = judge_mutants(claim)
    assert results, "a claim without mutants is not checked"
    assert [str(r.verdict) + r.name for r in results if not r.settled] == []
    assert any(r.verdict.status is Status.REFUTED for r in results)


#: Equations between two numbers or arrays; an optimum or a limit is defined on one side only.
EQUATIONS = [
    claim
    for claim in IDENTITIES
    if claim.equality is Equality.EXACT
    and not (
        isinstance(claim.defined, Bind) and claim.defined.head in ("argmin", "argmax", "limit")
    )
]


@pytest.mark.parametrize("claim", EQUATIONS, ids=by_name)
def test_swapped_sides_are_decided_alike(claim: Claim) -> None:
    swapped = replace(claim, defined=claim.closed_form, closed_form=claim.defined)
    assert decide(swapped).status is Status.PROVED


@pytest.mark.parametrize("claim", IDENTITIES, ids=by_name)
def test_renamed_symbols_are_decided_alike(claim: Claim) -> None:
    assert decide(_renamed(claim)).status is Status.PROVED


def _renamed(claim: Claim) -> Claim:
    """The claim with every free symbol but sizes called otherwise."""
    names_ = {s.name: f"z_{s.name}" for s in claim.notation}

    def rule(term: Term) -> Term | None:
        match term:
            case Name(name) if name in names_:
                return Name(names_[name])
        return None

    bound = _bound(claim.defined) | _bound(claim.closed_form)
    for symbol in claim.notation:
        if symbol.definition is not None:
            bound |= _bound(symbol.definition) | set(symbol.parameters)
    sizes = {s for s in names_ if claim.notation[s].words == "a size"}
    names_ = {k: v for k, v in names_.items() if k not in bound | sizes}
    symbols = tuple(
        replace(
            s,
            name=names_.get(s.name, s.name),
            definition=None if s.definition is None else rewrite(s.definition, rule),
            inverse=None if s.inverse is None else names_.get(s.inverse, s.inverse),
            jacobian=None if s.jacobian is None else names_.get(s.jacobian, s.jacobian),
        )
        for s in claim.notation
    )
    return replace(
        claim,
        notation=Notation(symbols),
        defined=rewrite(claim.defined, rule),
        closed_form=rewrite(claim.closed_form, rule),
    )


def _bound(term: Term) -> set[str]:
    return {part.variable for part in walk(term) if isinstance(part, Bind)}


@pytest.mark.parametrize("claim", EQUATIONS, ids=by_name)
def test_scaled_equations_are_decided_alike(claim: Claim) -> None:
    scaled = replace(claim, defined=3 * claim.defined, closed_form=multiply(claim.closed_form, 3))
    assert decide(scaled).status is Status.PROVED


@given(scalar_terms(["p", "x", "a", "b"]), scalar_terms(["p", "x", "a", "b"]))
def test_a_proof_and_a_refutation_exclude_each_other(left: Term, right: Term) -> None:
    forward = decide_equal(left, right, SCALARS)
    backward = decide_equal(right, left, SCALARS)
    assert {forward.status, backward.status} != {Status.PROVED, Status.REFUTED}


@given(scalar_terms(["p", "x", "a", "b"]))
def test_a_term_shifted_by_one_is_never_proved_equal(term: Term) -> None:
    assert decide_equal(term, term + 1, SCALARS).status is not Status.PROVED


@given(scalar_terms(["p", "x"]), st.integers(1, 300))
def test_a_tiny_shift_is_never_proved_equal(term: Term, digits: int) -> None:
    shifted = term + number(1, 10**digits)
    assert decide_equal(term, shifted, SCALARS).status is not Status.PROVED


def test_a_shift_below_every_float_is_refuted_with_a_witness() -> None:
    verdict = decide_equal(a / (a + b), a / (a + b) + number(1, 10**300), SCALARS)
    assert verdict.status is Status.REFUTED
    assert verdict.witness is not None


@pytest.mark.parametrize(
    ("left", "right", "notation"),
    [
        (sqrt(x**2), x, SCALARS),
        (log(x**2), 2 * log(x), SCALARS),
        (exp(x) * exp(p), exp(x * p), SCALARS),
        (norm(Name("y")), norm(Name("y")) ** 2, REGRESSION),
        (
            density("p_data", x),
            density("p_g", x),
            GAN.extended(*[s for s in SCALARS if s.name == "x"]),
        ),
        (
            inverse(Name("X").T @ Name("X") + Name("lambda") * identity("d")) @ Name("X").T,
            Name("X").T @ inverse(Name("X") @ Name("X").T + Name("lambda") ** 2 * identity("n")),
            MATRICES,
        ),
    ],
)
def test_near_misses_are_refuted(left: Term, right: Term, notation: Notation) -> None:
    verdict = decide_equal(left, right, notation)
    assert verdict.status is Status.REFUTED, str(verdict)


def test_shapes_that_cannot_match_are_refuted_by_types() -> None:
    verdict = decide_equal(Name("X"), Name("X").T, REGRESSION)
    assert verdict.status is Status.REFUTED
    assert verdict.stage == "types and shapes"


def test_statements_are_never_true_and_false() -> None:
    statement = equal(a + b, b + a)
    proved = decide(Claim("commutes", SCALARS, statement, TRUE, Equality.CONDITION))
    refuted = decide(Claim("does not", SCALARS, statement, FALSE, Equality.CONDITION))
    assert proved.status is Status.PROVED
    assert refuted.status is not Status.PROVED


def test_a_claim_up_to_a_constant_ignores_what_it_may_and_nothing_else() -> None:
    claim = Claim(
        "shift", SCALARS, x**2 + log(a), x**2, Equality.UP_TO_CONSTANT, constant_in=("x",)
    )
    assert decide(claim).status is Status.PROVED
    assert decide(replace(claim, closed_form=2 * x**2)).status is not Status.PROVED
    assert decide(replace(claim, constant_in=("x", "a"))).status is not Status.PROVED


def test_definitions_are_seen_through() -> None:
    twice = SCALARS.extended(Symbol("t", REAL, definition=2 * a))
    assert decide_equal(Name("t") + a, 3 * a, twice).status is Status.PROVED
    assert decide_equal(Name("t"), a, twice).status is Status.REFUTED
