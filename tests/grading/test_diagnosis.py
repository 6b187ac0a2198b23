"""A mistake is named only where undoing it is proved to make the answer right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grading.diagnosis import diagnose
from grading.items import Formula, Mistake, Variation
from grading.judge import judge
from grading.judgement import Grade
from grading.references import ids_of, load, sheet_ids
from language.terms import lift
from language.vocabulary import names
from numerics.engine import types_differ
from numerics.mutants import mutants

FORMULAS = [
    item
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(item := load(identifier), Formula)
]
DROPOUT = load("assignment/1.2/lambda-dropout")
p, h = names("p h")

#: A question, a wrong answer, and what is wrong with it.
MISTAKES = [
    ("assignment/1.2/lambda-dropout", "-(1-p)/p", "sign"),
    ("assignment/1.2/lambda-dropout", "2(1-p)/p", "factor"),
    ("assignment/1.2/lambda-dropout", "1-p", "factor"),
    ("assignment/1.2/lambda-dropout", "p/(1-p)", "complement"),
    ("assignment/1.2/lambda-dropout", "1/p", "missing-term"),
    ("assignment/1.2/lambda-dropout", "1/p+1", "sign"),
    ("assignment/1.2/lambda-dropout", "1/p-1+p", "extra-term"),
    ("exam/III.1.1/R", r"\frac n2\log(2\pi\sigma^2)+\frac{w^\top w}{2\sigma}", "square"),
    ("exam/III.1.1/R", r"\frac{w^\top w}{2\sigma^2}", "missing-term"),
    ("exam/III.1.1/R", r"\frac n2\log(2\pi\sigma^2)-\frac{w^\top w}{2\sigma^2}", "sign"),
    ("assignment/1.1/expected-loss", r"\|y-pXw\|^2+p(1-p)\|\Gamma w\|", "square"),
    ("assignment/1.1/expected-loss", r"\|y-pXw\|^2", "missing-term"),
    ("assignment/1.2/gradient", r"-2pX^\top(y-pXw)+p(1-p)\Gamma^2w", "factor"),
    ("assignment/1.2/gradient", r"2pX^\top(y-pXw)+2p(1-p)\Gamma^2w", "sign"),
    ("assignment/5.1/v-psi0", r"-\theta\sigma(-\psi_0\theta-\psi_1)", "sign"),
    ("assignment/5.6/eigenvalues", r"\frac{-\gamma\pm\sqrt{\gamma^2-1}}{2}", "missing-root"),
    ("assignment/5.3/eigenvalues", r"-1/2, -1/2, i/2, -i/2", "extra-root"),
    ("assignment/5.6/gamma-real", r"\gamma>1", "end"),
    ("assignment/5.6/gamma-real", r"\gamma\le 1", "direction"),
    ("assignment/5.6/gamma-real", r"\gamma\ge 2", "too-narrow"),
    ("assignment/5.6/gamma-real", r"\gamma>0", "too-wide"),
    ("lecture/cs230.3/range", r"(1/2, 1)", "end"),
    ("lecture/gaussian-kl/sigma", r"\frac12\sum_j(\mu_j+\sigma_j^2-1-\log\sigma_j^2)", "square"),
    ("lecture/gaussian-kl/sigma", r"\frac12\sum_j(\mu_j^2+\sigma_j^2-1-\log\sigma_j)", "factor"),
    (
        "tutorial/3.optimality.5b/kl",
        r"\int p_g(x)\log\frac{p_g(x)}{p_{data}(x)}dx",
        "swapped-names",
    ),
    ("lecture/reparametrization/z", r"\mu+\sigma^2\odot\epsilon", "square"),
    ("tutorial/3.2/saturating-gradient", r"-\sigma(s)(1-\sigma(s))", "extra-factor"),
    ("assignment/5.3/eigenvalues", r"\frac12, \pm\frac i2", "sign"),
    ("lecture/cs230.5/eigenvalues", r"\pm 4m", "factor"),
]


@pytest.mark.parametrize(("identifier", "text", "kind"), MISTAKES)
def test_mistakes_are_named(identifier, text, kind):
    found = judge(text, load(identifier))
    assert found.grade is Grade.INCORRECT
    assert found.diagnosis is not None
    assert found.diagnosis.kind == kind
    assert found.diagnosis.words in found.feedback


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("assignment/1.2/lambda-dropout", "17"),
        ("assignment/1.2/lambda-dropout", "log(p)"),
        ("exam/III.1.1/R", r"\exp(\sigma)"),
        ("assignment/5.6/gamma-real", r"\gamma < 1/3"),
        ("assignment/5.6/eigenvalues", "1, 2, 3"),
    ],
)
def test_what_has_no_single_mistake_is_not_explained(identifier, text):
    found = judge(text, load(identifier))
    assert found.grade is Grade.INCORRECT
    assert found.diagnosis is None or found.diagnosis.kind == "direction"


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_words_do_not_give_the_answer_away(item):
    claim = item.claim
    for mutant in mutants(claim.closed_form, claim.notation)[:3]:
        if types_differ(replace(claim, defined=claim.closed_form, closed_form=mutant.term)):
            continue
        found = diagnose(mutant.term, item)
        if found is not None and found.kind not in ("expected", "convention"):
            assert len(found.words) < 80
            assert "\\" not in found.words


def test_the_questions_own_mistakes_come_first_and_bring_their_deduction():
    mistake = Mistake(2 * (1 - p) / p, "The penalty counts twice.", deduction=1)
    item = replace(DROPOUT, mistakes=(mistake,))
    found = diagnose(2 / p - 2, item)
    assert found is not None
    assert (found.kind, found.words, found.deduction) == ("expected", mistake.words, 1)


def test_other_conventions_are_recognized():
    claim = replace(DROPOUT.claim, closed_form=7 * (1 - p) / p + p**2)
    item = replace(DROPOUT, variations=(Variation("weights are sevenfold", claim),))
    found = diagnose(7 / p - 7 + p * p, item)
    assert found is not None
    assert found.kind == "convention"
    assert "sevenfold" in found.words


def test_right_at_one_value_only():
    found = diagnose(4 * p * (1 - p) * (1 - p) / p + 2 * p - 1, DROPOUT)
    assert found is not None
    assert found.kind == "special-case"
    assert "p = 1/2" in found.words


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("lecture/cs230.3/output", r"\frac{1}{1+e^{-a}}"),
        ("lecture/cs230.3/output", r"\sigma(|a|)"),
        ("tutorial/4.wgan.1/uniform-shift", r"\max(0,\theta)"),
        ("tutorial/4.wgan.1/uniform-shift", r"\min\{1,|\theta|\}"),
    ],
)
def test_right_at_many_values_is_not_called_right_at_one_only(identifier, text):
    found = judge(text, load(identifier))
    assert found.grade is Grade.INCORRECT
    assert "only" not in found.feedback


def test_a_term_has_a_wrong_factor_only_if_the_term_is_there():
    found = diagnose(names("b")[0], load("tutorial/4.lsgan.1/D-star-at-optimum"))
    assert found is None


def test_right_up_to_a_constant():
    found = diagnose(1 / p + 6, DROPOUT)
    assert found is not None
    assert found.kind == "constant"


def test_a_property_has_no_diagnosis():
    assert diagnose(-(h**2), load("exercises/2/variance-map")) is None


def test_types_do_not_confuse():
    matrix = load("assignment/1.2/gradient")
    assert diagnose(lift(1), matrix) is None
