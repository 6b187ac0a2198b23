"""Questions that a sheet states itself: read, proved and graded, or refused in one line."""

from __future__ import annotations

import pytest

from derivations.sheets import SheetError, load_sheet
from grading.check import judge
from grading.judgement import Grade
from grading.own import items_of, prepare, term_of
from grading.reading.errors import ReadError
from language.claims import Equality
from language.notation import Notation, Symbol
from language.types import POSITIVE, REAL, Array
from numerics.verification import check_solution

SHEET = """
id = "own"
title = "Own"

[[question]]
id = "1"
title = "First"
points = 2
statement = {statement}
notation = {notation}

[[question.answer]]
id = "a"
definition = {definition}
answer = {answer}
{more}
"""


def written(folder, **parts):
    """A sheet with one question of its own, of which parts can be replaced."""
    usual = {
        "statement": "'What is $x^2 - 1$, factored?'",
        "notation": "['x real']",
        "definition": "'x^2 - 1'",
        "answer": "'(x-1)(x+1)'",
        "more": "",
    }
    path = folder / "own.toml"
    path.write_text(SHEET.format(**(usual | parts)), encoding="utf-8")
    return path


def test_a_true_answer_is_proved_and_gradable(tmp_path):
    sheet = load_sheet(written(tmp_path))
    (variant,) = prepare(sheet).values()
    assert check_solution(variant).findings == ()
    item = items_of(sheet)["own/1/a"]
    assert judge("(1+x)(x-1)", item).grade is Grade.CORRECT
    assert judge("(x-1)^2", item).grade is Grade.INCORRECT


def test_a_false_answer_is_found_and_never_graded_against(tmp_path):
    sheet = load_sheet(written(tmp_path, answer="'(x-1)^2'"))
    (variant,) = prepare(sheet).values()
    assert any("REFUTED" in finding for finding in check_solution(variant).findings)
    with pytest.raises(SheetError, match=r"own/1/a: the sheet's answer is not proved.*REFUTED"):
        items_of(sheet)


@pytest.mark.parametrize(
    ("notation", "definition", "answer", "right", "wrong", "equality"),
    [
        ("['w in R^d']", r"'w^\top w'", r"'\|w\|^2'", r"\sum_i w_i^2", r"\|w\|", Equality.EXACT),
        ("['t > 0']", r"'\{t, -t\}'", r"'\{-t, t\}'", r"\pm t", "t", Equality.MULTISET),
        ("['x real']", "'x^2 < 1'", "'-1 < x < 1'", "|x| < 1", "x < 1", Equality.CONDITION),
        ("['p in (0, 1)']", r"'p + (1-p)'", "'1'", "1", "p", Equality.EXACT),
        (r"['\sigma > 0']", r"'\frac{2\sigma}{\sigma^2}'", r"'2/\sigma'", "2sigma^{-1}", "1/sigma",
         Equality.EXACT),
    ],
)  # fmt: skip
def test_answers_of_every_kind(tmp_path, notation, definition, answer, right, wrong, equality):
    path = written(
        tmp_path, statement="'?'", notation=notation, definition=definition, answer=answer
    )
    item = items_of(load_sheet(path))["own/1/a"]
    assert item.claim.equality is equality
    assert judge(right, item).grade is Grade.CORRECT
    assert judge(wrong, item).grade is Grade.INCORRECT


@pytest.mark.parametrize(
    ("notation", "definition", "answer"),
    [
        ("['a real']", r"\frac{d}{da} \log(1 + e^a)", r"\sigma(a)"),
        ("['a real']", r"2 \frac{\partial a^3}{\partial a}", "6a^2"),
        ("['a, b real']", r"\frac{d^2}{da^2} a^3 b", "6ab"),
        ("['a, b real']", r"\frac{\partial^2}{\partial a \partial b} a^3 b", "3a^2"),
        ("['a, b real']", r"\partial_a (a b)", "b"),
        ("['w, x in R^d']", r"\frac{1}{2} \nabla_w (w^\top x)^2", r"(w^\top x) x"),
        ("['d, a real']", r"\frac{\mathrm{d}}{\mathrm{d}a} d a^2", "2 d a"),
        ("['c, x real']", r"\arg\min_x (x - c)^2", "c"),
        ("['c, x real']", r"\min_x \left((x - c)^2 + 1\right)", "1"),
        ("['a, b > 0', 'y in (0, 1)']", r"\arg\max_y (a \log y + b \log(1 - y))",
         r"\frac{a}{a + b}"),
        ("['X in R^{n x d}', 'y in R^n', 'w in R^d', 'r > 0']",
         r"\arg\min_w \left(\|y - Xw\|^2 + r \|w\|^2\right)", r"(X^\top X + r I)^{-1} X^\top y"),
        (r"['m real', 's > 0']", r"\mathrm{Var}_{x\sim\mathcal{N}(m, s^2)}[x]", "s^2"),
        (r"['a real']", r"\operatorname{eig}\begin{pmatrix} 1 & a \\ a & 1\end{pmatrix}",
         r"\{1 + a, 1 - a\}"),
        (r"['a real']", "(a, a^2)", r"(a, a \cdot a)"),
    ],
)  # fmt: skip
def test_a_definition_may_ask_for_what_an_answer_must_not_leave(
    tmp_path, notation, definition, answer
):
    path = written(
        tmp_path, notation=notation, statement="'?'", definition=f"'{definition}'",
        answer=f"'{answer}'",
    )  # fmt: skip
    item = items_of(load_sheet(path))["own/1/a"]
    assert judge(answer, item).grade is Grade.CORRECT
    assert judge(f"3 + {answer}", item).grade in (Grade.INCORRECT, Grade.INVALID)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (r"\frac{\partial}{\partial t} t \cdot t", "brackets that show where"),
        (r"\frac{\mathrm{d}}{\mathrm{d}t} t / t", "brackets that show where"),
        (r"\min_t (t^2) + 1", "brackets that show where"),
        (r"\frac{\partial}{\partial t}", "something behind it"),
        (r"\frac{\partial}{\partial t^2} t", "of one order"),
        (r"\frac{d}{dt} t", "d is a name"),
        (r"\frac{d t^2}{dt}", "d is a name"),
        (r"\frac{\partial}{\partial w} w^\top w", r"write \nabla_w"),
        (r"\nabla_w w", "a number to differentiate"),
        (r"\nabla_{t^2} t", "a name to differentiate in"),
        (r"\min_z z^2", "of the notation"),
        (r"\min_t w", "a number to compare"),
    ],
)
def test_what_a_definition_leaves_open_is_never_guessed(definition, message):
    with pytest.raises(ReadError) as error:
        term_of(definition, NOTATION)
    assert message in str(error.value)


def test_an_answer_that_no_points_are_given_for_is_not_asked(tmp_path):
    path = written(tmp_path, more="[[question.answer]]\nid = 'b'\ndefinition = '1'\nanswer = '1'")
    path.write_text(path.read_text().replace("points = 2", "points = { a = 2 }"))
    assert list(items_of(load_sheet(path))) == ["own/1/a"]


def test_an_expected_mistake_is_told_with_its_deduction(tmp_path):
    more = "mistakes = [{wrong = '(x-1)^2', words = 'Both factors have a minus.', deduction = 1}]"
    sheet = load_sheet(written(tmp_path, more=more))
    found = judge("(x-1)(x-1)", items_of(sheet)["own/1/a"])
    assert found.diagnosis is not None
    assert (found.diagnosis.words, found.diagnosis.deduction) == ("Both factors have a minus.", 1)


def test_a_mistake_that_is_none_is_a_finding(tmp_path):
    more = "mistakes = [{wrong = 'x^2-1', words = 'Not factored.'}]"
    (variant,) = prepare(load_sheet(written(tmp_path, more=more))).values()
    assert any("a-mistake-1 is not refuted" in f for f in check_solution(variant).findings)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"definition": "'x^2 - '"}, "question 1, answer a: definition: "),
        ({"answer": "'(y-1)(y+1)'"}, "answer a: answer: "),
        ({"statement": "'What is $x^$?'"}, "question 1: statement: "),
        ({"statement": "'What is $x?'"}, "pairs of"),
        ({"notation": "['x somewhere']"}, "declares nothing"),
        ({"notation": "'x real'"}, "notation must be a list"),
        ({"answer": "3"}, "answer must be text"),
        ({"more": "point = 3"}, "unknown key 'point'"),
        ({"more": "mistakes = [{wrong = 'x'}]"}, "words is missing"),
        ({"more": "[[question.answer]]\nid='a'\ndefinition='x'\nanswer='x'"}, "occurs twice"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_in_one_line(tmp_path, parts, message):
    with pytest.raises(SheetError) as error:
        items_of(load_sheet(written(tmp_path, **parts)))
    assert message in str(error.value) and "\n" not in str(error.value)


NOTATION = Notation((Symbol("t", REAL, domain=POSITIVE), Symbol("w", Array(("d",)))))


def test_a_formula_that_cannot_be_read_is_refused():
    with pytest.raises(ReadError):
        term_of("t +", NOTATION)
