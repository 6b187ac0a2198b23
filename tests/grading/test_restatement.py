"""The question over again is no answer, however it is dressed up; every right form is one."""

from __future__ import annotations

import pytest

from grading.items import Formula
from grading.judge import judge
from grading.judgement import Grade
from grading.references import ids_of, load, sheet_ids
from grading.restatement import restated
from language.latex import to_latex
from language.terms import Apply, Term, lift

FORMULAS = [
    item
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(item := load(identifier), Formula)
]
#: Questions whose definition may be written in an answer, and is no right form of it.
ASKED = (
    "assignment/2.1/ecll",
    "library/importance.two/gain",
    "library/beta.optimum/optimum",
    "tutorial/3.optimality.5b/kl",
    "tutorial/3.optimality.5c/jsd",
    "assignment/4.1/jsd",
    "tutorial/3.optimality.4/C",
    "tutorial/3.optimality.5c/C",
    "tutorial/4.lsgan.3/chi-square",
)


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_right_forms_restate_nothing(item: Formula) -> None:
    for form in (item.claim.closed_form, *item.forms):
        assert restated(form, item) is None
        assert restated(2 * form - form, item) is None


def dressings(term: Term, reference: Term) -> list[Term]:
    two = lift(2)
    return [
        term,
        term + 0,
        1 * term,
        -Apply("negative", (term,)),
        two * term - term,
        (term + reference) / two,
        reference + term - term,
    ]


@pytest.mark.parametrize("identifier", ASKED)
def test_the_definition_restates_the_question(identifier: str) -> None:
    item = load(identifier)
    assert isinstance(item, Formula)
    for term in dressings(item.claim.defined, item.claim.closed_form):
        assert restated(term, item) is not None
        shown = to_latex(term, item.claim.notation)
        assert judge(shown, item).grade in (Grade.INVALID, Grade.UNSURE), shown


RESTATEMENTS = [
    ("assignment/2.1/ecll", r"\mathbb{E}_q[\log p(x,z)]"),
    ("assignment/2.1/ecll", r"E_q[log p(x|z) p(z)]"),
    ("assignment/2.1/ecll", r"E_q[log p(x|z)] + E_q[log p(z)]"),
    ("assignment/2.1/ecll", r"\int q(z) \log p(x,z) \, dz"),
    ("assignment/2.1/ecll", r"\int q(z) (\log p(z) + \log p(x|z)) \, dz"),
    ("assignment/2.1/ecll", r"2 E_q[\log p(x,z)] - E_q[\log p(x,z)]"),
    ("assignment/2.1/ecll", r"\frac12 E_q[\log p(x,z)^2]"),
    ("tutorial/3.optimality.5b/kl", r"D_{KL}(p_{data} \| p_g)"),
    ("tutorial/3.optimality.5c/jsd", r"JSD(p_{data} \| p_g)"),
    ("assignment/4.1/jsd", r"JSD(p_0 \| p_1)"),
]
ANSWERS = [
    ("assignment/2.1/ecll", r"E_q[\log p(x|z)] - KL(q \| p(z)) - H(q)"),
    ("assignment/2.1/ecll", r"\log p(x) - KL(q \| p(z|x)) - H(q)"),
    ("assignment/2.1/ecll", r"\log p(x) + E_q[\log p(z|x)]"),
    ("assignment/2.1/ecll", r"E_q[\log p(x,z)] = \log p(x) + E_q[\log p(z|x)]"),
    ("lecture/elbo/elbo", r"E_Q[\log P(x,z) - \log Q(z|x)]"),
    ("lecture/elbo/gap", r"\log P(x) - E_Q[\log P(x|z)] + D_{KL}(Q(z|x)\|P(z))"),
    ("tutorial/3.optimality.5b/kl", r"E_{p_{data}}[\log p_{data}(x) - \log p_g(x)]"),
    (
        "assignment/3.1/kl",
        r"E_{x \sim p_X}[\log p_X(x) - \log p_U(F^{-1}(x)) + \log|\det J_F(F^{-1}(x))|]",
    ),
]


@pytest.mark.parametrize(("identifier", "text"), RESTATEMENTS)
def test_restatements_are_not_read_as_answers(identifier: str, text: str) -> None:
    found = judge(text, load(identifier))
    assert found.grade is Grade.INVALID, found
    assert "restates" in found.feedback


@pytest.mark.parametrize(("identifier", "text"), ANSWERS)
def test_what_only_looks_like_the_question_is_an_answer(identifier: str, text: str) -> None:
    found = judge(text, load(identifier))
    assert found.grade is Grade.CORRECT, found.feedback


def test_a_wrong_answer_stays_wrong() -> None:
    wrong = r"\frac13 E_q[\log p(x,z)]"
    assert judge(wrong, load("assignment/2.1/ecll")).grade is Grade.INCORRECT
