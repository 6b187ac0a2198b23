"""Right answers are proved, wrong ones refuted, and nothing is decided without a proof."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from unittest.mock import patch

import pytest
from hypothesis import given, settings, strategies as st

from grading.items import Choice, Formula
from grading.judge import judge
from grading.judgement import Grade, Judgement
from grading.reading.reader import Decimal, Reading
from grading.references import ids_of, load, sheet_ids
from language.claims import Equality, Status
from language.terms import Apply, Bind, Name, Term, lift
from language.vocabulary import (
    FALSE,
    INFINITY,
    TRUE,
    exp,
    greater,
    index_product,
    index_sum,
    less,
    log,
    names,
    number,
    sqrt,
)
from numerics.balls import TooLarge
from numerics.engine import decide
from numerics.mutants import mutants

FORMULAS = [
    item
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(item := load(identifier), Formula)
]
DROPOUT, VALUE, REAL_GAMMA = (
    "assignment/1.2/lambda-dropout",
    "tutorial/3.optimality.5a/C",
    "assignment/5.6/gamma-real",
)
p, q, g, h = names("p q gamma h")
LAMBDA = (1 - p) / p


def judged(identifier: str, term: Term | int, **more: object) -> Judgement:
    """The verdict on an answer that is read as ``term``."""
    return judged_as(load(identifier), Reading(lift(term), **more))


def judged_as(item: Formula | Choice, *readings: Reading) -> Judgement:
    with patch("grading.judge.read", return_value=readings):
        return judge("an answer", item)


# every question --------------------------------------------------------------------------------


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_reference_and_forms_are_correct(item):
    for form in (item.claim.closed_form, *item.forms):
        found = judged_as(item, Reading(form))
        assert found.grade is Grade.CORRECT, found.feedback
        assert found.stage != "internal"
        assert found.scope
        assert found.stage
        assert found.understood


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_mutants_of_the_reference_are_incorrect_or_equal(item):
    claim = item.claim
    for mutant in mutants(claim.closed_form, claim.notation)[:6]:
        found = judged_as(item, Reading(mutant.term))
        if found.grade is Grade.CORRECT and item.accepts is None:
            again = replace(claim, defined=claim.closed_form, closed_form=mutant.term)
            assert decide(again).status is Status.PROVED, mutant.name
        elif item.accepts is None:
            assert found.grade in (Grade.INCORRECT, Grade.INVALID), (mutant.name, found.feedback)


# near misses -----------------------------------------------------------------------------------

TINY = number(1, 10**300)
MISSES = [
    LAMBDA + TINY,
    LAMBDA + exp(-exp(lift(20))),
    LAMBDA + (2 * p - 1) * (3 * p - 1) * (4 * p - 1) * (5 * p - 1) * (4 * p - 3),
    LAMBDA + (p - p) / (p - p),
    LAMBDA * ((p - p) / (p - p)),
    1 / (p - p),
    INFINITY,
    LAMBDA + log(-p) - log(p) - log(lift(-1)),
    LAMBDA + sqrt(-1 - p**2) / sqrt(-1 - p**2) - 1,
    exp(log(p - 1) - log(-p)),
    number(1, 2),
]


@pytest.mark.parametrize("term", MISSES, ids=str)
def test_near_misses_are_never_correct(term):
    assert judged(DROPOUT, term).grade in (Grade.INCORRECT, Grade.UNSURE)


@pytest.mark.parametrize(
    "term",
    [
        LAMBDA + INFINITY - INFINITY,
        LAMBDA * INFINITY / INFINITY,
        LAMBDA + 0 * INFINITY,
        LAMBDA + 1 / (p - p) - 1 / (p - p),
        LAMBDA + log(-p) - log(-p),
        LAMBDA + sqrt(p - 2) - sqrt(p - 2),
    ],
    ids=str,
)
def test_what_cancels_must_have_a_value(term):
    assert judged(DROPOUT, term).grade in (Grade.UNSURE, Grade.INCORRECT)


def test_undefined_on_a_null_set_is_right_wherever_both_are_defined():
    found = judged(DROPOUT, (1 - p) * (2 * p - 1) / (p * (2 * p - 1)))
    assert found.grade is Grade.CORRECT
    assert "wherever both sides are defined" in found.scope


@pytest.mark.parametrize(
    ("statement", "grade"),
    [
        (Apply("greater_equal", (g, lift(1))), Grade.CORRECT),
        (Apply("greater_equal", (g**2, lift(1))), Grade.CORRECT),
        (Apply("greater_equal", (log(g), lift(0))), Grade.CORRECT),
        (Apply("greater_equal", (sqrt(g - 1), lift(0))), Grade.CORRECT),
        (Apply("greater_equal", ((g - 1) / g, lift(0))), Grade.CORRECT),
        (Apply("greater_equal", (g, 1 + TINY)), Grade.INCORRECT),
        (greater(g, 1), Grade.INCORRECT),
        (greater(g, 0), Grade.INCORRECT),
        (TRUE, Grade.INCORRECT),
        (FALSE, Grade.INCORRECT),
        (Apply("implies", (less(g, 0), FALSE)), Grade.INCORRECT),
        # Equivalent wherever they are defined, but not defined at 1.
        (greater(1 / (g - 1), 0), Grade.UNSURE),
        (Apply("greater_equal", ((g - 1) / (g - 1) ** 2, lift(0))), Grade.UNSURE),
    ],
    ids=str,
)
def test_conditions_hold_for_the_same_values_and_are_defined_there(statement, grade):
    assert judged(REAL_GAMMA, statement).grade is grade


@pytest.mark.parametrize(
    ("term", "grade"),
    [
        (exp(h), Grade.CORRECT),
        (h**2 + 1, Grade.CORRECT),
        (h**2 + TINY, Grade.CORRECT),
        (Apply("diagonal", (exp(h),)), Grade.CORRECT),
        (Apply("softplus", (h,)), Grade.CORRECT),
        (h**2, Grade.INCORRECT),
        (exp(h) - 1, Grade.INCORRECT),
        (1 / h**2, Grade.UNSURE),
        (h / h, Grade.UNSURE),
        (lift(49), Grade.UNSURE),
    ],
    ids=str,
)
def test_a_property_holds_everywhere_and_is_defined_everywhere(term, grade):
    assert judged("exercises/2/variance-map", term).grade is grade


def test_roots_count_with_multiplicity():
    root = sqrt(g**2 - 1)
    roots = (number(-1, 2), (-g + root) / 2, (-g - root) / 2)
    eigenvalues = "assignment/5.6/eigenvalues"
    assert judged(eigenvalues, Apply("multiset", roots[::-1])).grade is Grade.CORRECT
    for wrong in (roots[1:], (*roots, roots[0]), (roots[0], roots[1], roots[1])):
        assert judged(eigenvalues, Apply("multiset", wrong)).grade is Grade.INCORRECT


def test_up_to_a_constant_is_not_up_to_the_weights():
    for identifier in ids_of("exam"):
        item = load(identifier)
        if isinstance(item, Formula) and item.claim.equality is Equality.UP_TO_CONSTANT:
            shifted = judged_as(item, Reading(item.claim.closed_form + log(lift(7))))
            assert shifted.grade is Grade.CORRECT
            assert judged_as(item, Reading(lift(0))).grade is Grade.INCORRECT


# what surrounds the formula --------------------------------------------------------------------


def test_readings_that_disagree_are_invalid_and_both_are_shown():
    found = judged_as(load(DROPOUT), Reading(LAMBDA), Reading(1 - p / p))
    assert found.grade is Grade.INVALID
    assert found.understood.count("frac") == 2
    agreeing = judged_as(load(DROPOUT), Reading(LAMBDA), Reading(1 / p - 1))
    assert agreeing.grade is Grade.CORRECT


def test_every_link_of_a_chain_must_be_right():
    right, wrong = 1 / p - 1, 1 / p + 1
    assert judged(DROPOUT, LAMBDA, parts=(right, LAMBDA)).grade is Grade.CORRECT
    assert judged(DROPOUT, LAMBDA, parts=(wrong, LAMBDA)).grade is Grade.UNSURE
    assert judged(DROPOUT, LAMBDA, parts=(LAMBDA, wrong)).grade is Grade.INCORRECT


def test_conditions_of_the_students_own_must_not_restrict():
    assert judged(DROPOUT, LAMBDA, conditions=(less(p, 1),)).grade is Grade.CORRECT
    narrow = judged(DROPOUT, LAMBDA, conditions=(less(p, number(1, 2)),))
    assert narrow.grade is Grade.UNSURE
    assert "p < 1/2" in narrow.feedback
    wrong = judged(DROPOUT, 1 - LAMBDA, conditions=(less(p, 1),))
    assert wrong.grade is Grade.INCORRECT


def test_a_name_that_is_not_the_questions_is_invalid():
    assert judged(DROPOUT, LAMBDA + q - q).grade is Grade.INVALID


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("-1.3862944", Grade.CORRECT),
        ("-1.38629", Grade.CORRECT),
        ("-1.386", Grade.UNSURE),
        ("-1.387", Grade.UNSURE),
        ("-1.388", Grade.INCORRECT),
        ("-1.3862947", Grade.INCORRECT),
    ],
)
def test_decimals(text, grade):
    value = Fraction(text)
    unit = Fraction(1, 10 ** len(text.partition(".")[2]))
    decimal = Decimal(value, unit, len(text) - 2)
    found = judged(VALUE, lift(value), decimal=decimal)
    assert found.grade is grade, found.feedback


def test_rounded_coefficients_are_for_a_person():
    first, second = names("sigma_1 sigma_2")
    gaussians = "tutorial/4.wgan.1/centred-gaussians"
    term = number(79788, 10**5) * Apply("absolute", (first - second,))
    assert judged(gaussians, term).grade is Grade.UNSURE


def test_shapes_that_cannot_match_are_incorrect_and_other_kinds_invalid():
    X, y, w = names("X y w")
    gradient = "assignment/1.2/gradient"
    assert judged(gradient, X @ w - y).grade is Grade.INCORRECT
    assert judged(gradient, p).grade is Grade.INVALID


# limits ----------------------------------------------------------------------------------------

HOSTILE = [
    lift(9) ** (lift(9) ** 9),
    lift(9) ** (lift(9) ** (lift(9) ** 9)),
    p ** (10**9),
    (1 + p) ** (10**9),
    exp(exp(exp(exp(lift(10**10))))) * p,
    index_sum("i", 10**9, Name("i") * p),
    index_sum("i", 10**5, index_sum("j", 10**5, Name("i") * p)),
    index_product("i", 10**5, Name("i") * p),
]


@pytest.mark.parametrize("term", HOSTILE, ids=lambda term: str(term)[:40])
def test_large_answers_end_without_a_false_verdict(term):
    found = judged(DROPOUT, term)
    assert found.grade in (Grade.INCORRECT, Grade.UNSURE, Grade.TIMEOUT)


def test_deep_answers_end():
    term: Term = p
    for _ in range(3000):
        term = exp(term)
    assert judged(DROPOUT, term).grade is Grade.TIMEOUT


@pytest.mark.parametrize("error", [TooLarge, RecursionError, MemoryError, OverflowError])
def test_limits_are_a_timeout(error):
    with patch("grading.judge.read", side_effect=error):
        assert judge("p", load(DROPOUT)).grade is Grade.TIMEOUT


def test_a_defect_of_ours_is_for_a_person():
    with patch("grading.judge.read", side_effect=KeyError("x")):
        assert judge("p", load(DROPOUT)).grade is Grade.UNSURE


@given(st.text(max_size=60), st.sampled_from(FORMULAS))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(text, item):
    assert judge(text, item).grade in Grade


# texts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "text", "grade"),
    [
        (DROPOUT, r"\frac{1-p}{p}", Grade.CORRECT),
        (DROPOUT, "p/(1-p)", Grade.INCORRECT),
        (DROPOUT, "(1-p)/", Grade.INVALID),
        (DROPOUT, "", Grade.INVALID),
        (VALUE, "-2 log 2", Grade.CORRECT),
        (VALUE, "log 4", Grade.INCORRECT),
        ("exam/II/1", "False.", Grade.CORRECT),
        ("exam/II/1", "true", Grade.INCORRECT),
        ("exam/II/1", "true and false", Grade.INVALID),
        ("exam/II/1", "?", Grade.INVALID),
        ("assignment/1.3/w-l2", r"(X^\top X + \lambda I)^{-1} X y", Grade.INCORRECT),
    ],
)
def test_texts(identifier, text, grade):
    found = judge(text, load(identifier))
    assert found.grade is grade, found.feedback
    assert found.milliseconds > 0
    assert found.feedback
    if grade is Grade.INVALID and isinstance(load(identifier), Formula):
        assert found.position is not None


def test_what_is_wrong_comes_with_values():
    found = judge("p/(1-p)", load(DROPOUT))
    assert found.witness is not None
    assert dict(found.witness.values).keys() == {"p"}
    assert found.witness.answer != found.witness.expected


def test_a_constant_is_not_given_away():
    for text in ("log 4", "-log 3", "1", "-1.2"):
        found = judge(text, load(VALUE))
        assert found.grade is Grade.INCORRECT
        shown = f"{found.feedback} {found.witness} {found.diagnosis}"
        assert "1.386" not in shown.replace(str(found.witness and found.witness.answer), "")
        assert found.witness is None or not found.witness.expected


def test_unused_binders_do_no_harm():
    term = Bind("let", "q", lift(1), LAMBDA)
    assert judged(DROPOUT, term).grade is Grade.CORRECT
