"""A counterexample is rigorous, simple, and never gives a constant answer away."""

from __future__ import annotations

from fractions import Fraction

import pytest

from grading.items import Formula
from grading.references import ids_of, load, sheet_ids
from grading.witness import BALLS, counterexample, from_verdict, probe_of
from language.claims import Equality, Status, Verdict, Witness
from language.terms import Apply, Name, lift
from language.types import REAL
from language.vocabulary import INFINITY, equal, index_sum, log, names, number, sqrt
from numerics import balls
from numerics.mutants import mutants
from numerics.valuations import Valuation, admissible

FORMULAS = [
    item
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(item := load(identifier), Formula)
]
p, g = names("p gamma")
DROPOUT = load("assignment/1.2/lambda-dropout").claim


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_simple_valuations_are_admissible_and_the_reference_has_a_value(item):
    probe = probe_of(item.claim)
    levels = list(probe.levels())
    assert len(levels) >= 3
    for level, valuation in levels:
        assert admissible(valuation)
        for name, value in valuation.values.items():
            symbol = item.claim.notation[name]
            if isinstance(value, Fraction) and symbol.type == REAL:
                assert symbol.domain.contains(value)
        if item.claim.equality is not Equality.CONDITION and level < 3:
            assert isinstance(probe.reference(level), BALLS)


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_what_is_right_has_no_counterexample(item):
    for form in (item.claim.closed_form, *item.forms):
        assert counterexample(item.claim, form) is None


@pytest.mark.parametrize(
    "item",
    [
        item
        for item in FORMULAS
        if item.claim.equality is Equality.EXACT
        and all(symbol.type == REAL for symbol in item.claim.notation)
    ],
    ids=lambda item: item.id,
)
def test_the_values_shown_tell_the_two_apart(item):
    claim = item.claim
    for mutant in mutants(claim.closed_form, claim.notation)[:8]:
        found = counterexample(claim, mutant.term)
        if found is None:
            continue
        values = {name: Fraction(text) for name, text in found.values}
        missing = {s.name: Fraction(1) for s in claim.notation if s.name not in values}
        valuation = Valuation(claim.notation, 0, {**missing, **values})
        sides = [balls.evaluate(t, valuation, 512) for t in (mutant.term, claim.closed_form)]
        assert balls.disjoint(*sides)
        assert found.answer != found.expected


def test_the_simplest_values_come_first():
    found = counterexample(DROPOUT, 1 - p)
    assert found is not None
    assert found.values == (("p", "1/2"),)
    assert (found.answer, found.expected) == ("0.5", "1")


def test_a_constant_reference_is_not_shown():
    value = load("tutorial/3.optimality.5a/C").claim
    for wrong in (log(lift(4)), lift(0), INFINITY, -INFINITY):
        found = counterexample(value, wrong)
        assert found is not None
        assert not found.expected


def test_a_constant_entry_is_not_shown():
    claim = load("assignment/5.5/jacobian").claim
    rows = claim.closed_form.args
    wrong = Apply("matrix", (rows[0], Apply("vector", (lift(0), lift(1), lift(0))), rows[2]))
    found = counterexample(claim, wrong)
    assert found is not None
    assert not found.expected
    assert "row 2" in found.place


def test_a_point_that_is_asked_for_is_not_shown():
    claim = load("lecture/cs230.5/saddle").claim
    w1, w2 = names("w1 w2")
    for wrong in (equal(w1 * w2, 1), Apply("both", (equal(w1, lift(1)), equal(w2, lift(2))))):
        found = counterexample(claim, wrong)
        assert found is not None
        assert all(value == "0" for _, value in found.values) is False
    verdict = Verdict(
        Status.REFUTED, "", "", "", Witness((("w1", "0"), ("w2", "0")), "true", "false")
    )
    assert from_verdict(claim, equal(w1, lift(1)), verdict) is None


def test_statements_are_told_apart_at_their_ends():
    claim = load("assignment/5.6/gamma-real").claim
    found = counterexample(claim, Apply("greater", (g, lift(1))))
    assert found is not None
    assert found.values == (("gamma", "1"),)
    assert (found.answer, found.expected) == ("fails", "holds")


def test_lost_roots_differ():
    claim = load("assignment/5.6/eigenvalues").claim
    root = sqrt(g**2 - 1)
    lost = Apply("multiset", ((-g + root) / 2, (-g - root) / 2))
    assert counterexample(claim, lost) is not None
    double = Apply("multiset", (number(-1, 2), number(-1, 2), (-g + root) / 2, (-g - root) / 2))
    assert counterexample(claim, double) is not None


def test_infinity_is_no_number():
    found = counterexample(DROPOUT, -INFINITY)
    assert found is not None
    assert found.expected


def test_more_operations_than_allowed_are_said():
    with pytest.raises(balls.TooLarge):
        counterexample(DROPOUT, index_sum("i", 10**6, Name("i") * p))


def test_an_abbreviation_shows_its_own_value():
    claim = load("lecture/cs230.4/loss").claim
    w1, w2, m = names("w1 w2 m")
    found = counterexample(claim, m * (1 + w1 * w2) ** 2)
    assert found is not None
    assert dict(found.values).keys() == {"m", "w1", "w2"}


def test_laws_and_functions_can_be_looked_up_at_the_values_shown():
    claim = load("tutorial/3.optimality.3/D-star").claim
    found = counterexample(claim, 1 - claim.closed_form)
    assert found is not None
    assert dict(found.values) == {
        "x": "1",
        "p_data": "probabilities 1/4 and 3/4",
        "p_g": "probabilities 1/2 and 1/2",
    }
    assert (found.answer, found.expected) == ("0.666667", "0.333333")


def test_a_size_is_said_once():
    claim = load("exam/III.1.1/R").claim
    found = counterexample(claim, 2 * claim.closed_form)
    assert found is not None
    assert dict(found.values)["n"] == "1"
    assert not found.words
