"""The shipped references: complete, as the derivations make them, found by their ids."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from derivations.sheets import SheetError, load_sheet
from grading import references
from grading.items import UNEVALUATED, Choice, Formula, Item
from grading.reading.spellings import key, table_of
from grading.reading.syntax import parse
from grading.references import UnknownItem, ids_of, load, of_sheet, sheet_ids, text_of
from language.claims import Equality, Status
from language.notation import Symbol
from language.terms import Apply, Bind, Name, Term, free_names, lift, walk
from language.typecheck import typecheck
from numerics.engine import decide

#: The gradable answers of the five source texts, as the contract lists them.
IDS = {
    "exam": {
        "II": "1 2 3 4 5 6 7 8 9 10",
        "III.1.1": "lambda R",
        "III.2.1": "consistent",
        "III.2.2": "lambdas-variance lambdas-std R-variance R-std",
        "III.2.3": "lambdas-rescaled",
        "III.3": "R",
        "III.3.3": "posterior dR-dpi dR-da",
        "III.3.3.1": "dR-dw",
        "III.3.3.2": "dR-dmu",
        "III.3.3.3": "dR-dsigma2 dR-dsigma dR-deta",
    },
    "assignment": {
        "1.1": "expected-loss",
        "1.2": "lambda-dropout pw-dropout w-dropout gradient",
        "1.3": "loss-l2 w-l2",
        "2.1": "ecll",
        "2.2": "larger",
        "3.1": "kl",
        "3.2": "density-only samples-only",
        "4.1": "jsd",
        "4.2": "D-star f1",
        "5.1": "v-psi0 v-psi1 v-theta stationary-point",
        "5.2": "jacobian",
        "5.3": "eigenvalues",
        "5.4": "v-psi0 v stationary-point",
        "5.5": "jacobian",
        "5.6": "eigenvalues gamma-real",
    },
    "tutorial": {
        "3.1": "V",
        "3.2": "saturating-gradient nonsaturating-gradient",
        "3.optimality.1": "argmax max-value second-derivative",
        "3.optimality.2": "V",
        "3.optimality.3": "D-star",
        "3.optimality.4": "C",
        "3.optimality.5a": "C",
        "3.optimality.5b": "kl",
        "3.optimality.5c": "C jsd",
        "3.optimality.5d": "jsd-disjoint",
        "4.lsgan.1": "D-star D-star-at-optimum",
        "4.lsgan.2": "two-C",
        "4.lsgan.3": "chi-square",
        "4.wgan.1": "uniform-shift centred-gaussians exponentials",
    },
    "lecture": {
        "elbo": "elbo gap",
        "gaussian-kl": "sigma log-variance log-std gradient-log-variance",
        "reparametrization": "z z-log-variance",
        "likelihood": "bce gradient-logit",
        "gan-objective": "minibatch",
        "cs230.1": "derivative true-false",
        "cs230.2": "true-false",
        "cs230.3": "output range",
        "cs230.4": "zero-loss-set loss gradient",
        "cs230.5": "hessian saddle eigenvalues",
    },
    "exercises": {
        "1.a": "necessary",
        "1.b": "z necessary",
        "1.c": "necessary",
        "2": "variance-map z-exp z-softplus",
        "3.a": "optimal-value",
        "3.b": "i ii iii",
    },
}

ITEMS: dict[str, Item] = {i: load(i) for sheet in sheet_ids() for i in ids_of(sheet)}
FORMULAS = [item for item in ITEMS.values() if isinstance(item, Formula)]
CHOICES = [item for item in ITEMS.values() if isinstance(item, Choice)]


def _formula(identifier: str) -> Formula:
    item = load(identifier)
    assert isinstance(item, Formula)
    return item


def _written(formula: Formula) -> tuple[Term, ...]:
    return (formula.claim.closed_form, *formula.forms)


# ------------------------------------------------------------------ what is shipped


def test_whatever_can_be_typed_has_an_item() -> None:
    for sheet, questions in IDS.items():
        wanted = {
            f"{sheet}/{q}/{answer}" for q, all_of in questions.items() for answer in all_of.split()
        }
        assert set(ids_of(sheet)) == wanted
    assert len(ids_of("library")) > 40
    assert {*sheet_ids()} == {*IDS, "library"}


@pytest.mark.parametrize("sheet", [*IDS, "library"])
def test_the_files_are_what_the_derivations_make(sheet: str) -> None:
    shipped = (references.FOLDER / f"{sheet}.json").read_text(encoding="utf-8")
    assert shipped == text_of(of_sheet(sheet)), "run python -m grading.references"


@pytest.mark.parametrize("sheet", [*IDS, "library"])
def test_what_is_read_is_what_was_written(sheet: str) -> None:
    made = of_sheet(sheet)
    assert {i: ITEMS[i] for i in ids_of(sheet)} == made
    assert all(i == item.id for i, item in made.items())


def test_an_item_is_loaded_without_sympy_and_provers() -> None:
    code = (
        "import sys; from grading.references import load; load('assignment/1.2/w-dropout');"
        "print(sorted({'sympy', 'z3', 'flint', 'numpy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_files_are_small_and_lines_can_be_compared() -> None:
    for sheet in sheet_ids():
        text = (references.FOLDER / f"{sheet}.json").read_text(encoding="utf-8")
        assert len(text) < 200_000
        assert max(map(len, text.splitlines())) <= 250
        assert list(json.loads(text)) == [i.partition("/")[2] for i in ids_of(sheet)]


# ------------------------------------------------------------------ each item


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.id)
def test_every_form_is_of_the_type_of_the_reference_and_uses_what_may_be_used(
    formula: Formula,
) -> None:
    notation = formula.claim.notation
    for term in _written(formula):
        typecheck(term, notation)
        assert free_names(term) <= formula.names
        assert {part.head for part in walk(term) if isinstance(part, Apply | Bind)} & (
            UNEVALUATED - formula.heads
        ) == set()
    assert {*formula.names} <= {symbol.name for symbol in notation}
    assert formula.heads <= UNEVALUATED
    assert formula.asks


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.id)
def test_no_definition_rests_on_a_name_that_is_missing(formula: Formula) -> None:
    for claim in (formula.claim, *(variation.claim for variation in formula.variations)):
        for symbol in claim.notation:
            if symbol.definition is not None:
                used = free_names(symbol.definition) - {*symbol.parameters}
                assert used <= {other.name for other in claim.notation}


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.id)
def test_the_answer_is_not_defined_as_a_name_that_may_be_used(formula: Formula) -> None:
    defined = formula.claim.defined
    assert not (isinstance(defined, Name) and defined.name in formula.names)


def test_statements_are_compared_with_references_that_are_defined_everywhere() -> None:
    conditions = [f for f in FORMULAS if f.claim.equality is Equality.CONDITION]
    assert len(conditions) >= 6
    partial = {"divide", "inverse", "log", "sqrt"}
    for formula in conditions:
        for term in _written(formula):
            parts = [part for part in walk(term) if isinstance(part, Apply)]
            numbers = Apply("divide", (lift(1), lift(2)))
            assert not {part.head for part in parts if part != numbers} & partial, formula.id


def test_variations_differ_from_the_question_and_from_one_another() -> None:
    for formula in FORMULAS:
        seen = {(formula.claim.closed_form, formula.claim.notation)}
        for variation in formula.variations:
            assert variation.words
            key = (variation.claim.closed_form, variation.claim.notation)
            assert key not in seen, formula.id
            seen.add(key)


def test_conventions_are_told_in_words() -> None:
    words = {v.words for v in _formula("exam/III.1.1/R").variations}
    assert words == {"sigma is the variance"}
    halves = {v.words: v.claim for v in _formula("exam/III.1.1/lambda").variations}
    assert "half of the coefficient multiplies the penalty" in halves
    assert len(halves) == 3


@pytest.mark.parametrize(
    "formula", [f for f in FORMULAS if f.mistakes], ids=lambda formula: formula.id
)
def test_mistakes_are_mistakes(formula: Formula) -> None:
    for mistake in formula.mistakes:
        verdict = decide(replace(formula.claim, defined=mistake.wrong))
        assert verdict.status is Status.REFUTED
        assert mistake.words.endswith(".")
        assert mistake.deduction is None or mistake.deduction > 0


def test_alternatives_name_one_another() -> None:
    for formula in FORMULAS:
        if formula.one_of:
            assert formula.id in formula.one_of
            for other in formula.one_of:
                assert _formula(other).one_of == formula.one_of
    assert len(_formula("exam/III.2.2/R-std").one_of) == 2


# ------------------------------------------------------------------ names and heads


#: What the contract lets a student use, beyond the names that the reference has.
ALLOWED = {
    "exam/III.3/R": "w mu sigma pi normal",
    "exam/III.3.3/posterior": "w mu sigma pi normal j",
    "exam/III.3.3/dR-dpi": "w mu sigma pi gamma j normal",
    "exam/III.3.3/dR-da": "w mu sigma pi gamma a j normal",
    "exam/III.3.3.1/dR-dw": "w mu sigma pi gamma i",
    "exam/III.3.3.2/dR-dmu": "w mu sigma pi gamma j",
    "exam/III.3.3.3/dR-dsigma2": "w mu sigma pi gamma j",
    "exam/III.3.3.3/dR-dsigma": "w mu sigma pi gamma j",
    "exam/III.3.3.3/dR-deta": "w mu sigma pi gamma eta j",
    "assignment/1.1/expected-loss": "X y w p Gamma n",
    "assignment/1.2/pw-dropout": "X y p Gamma lambda n d",
    "assignment/1.2/w-dropout": "X y p Gamma lambda n d",
    "assignment/1.2/gradient": "X y w p Gamma",
    "assignment/1.3/w-l2": "X y lambda n d",
    "assignment/2.1/ecll": "evidence likelihood prior posterior joint q elbo kl entropy",
    "assignment/3.1/kl": "data base F Finv JF JFinv integral expectation",
    "assignment/4.1/jsd": "p0 p1 f0 f1 best mu expectation",
    "assignment/4.2/D-star": "f0 f1 x",
    "assignment/4.2/f1": "f0 best x",
    "assignment/5.1/stationary-point": "psi_0 psi_1 theta",
    "assignment/5.4/stationary-point": "psi_0 psi_1 theta gamma",
    "assignment/5.6/eigenvalues": "gamma",
    "tutorial/3.1/V": "p_data p_z p_g G D expectation",
    "tutorial/3.optimality.2/V": "p_data p_g D integral",
    "tutorial/3.optimality.3/D-star": "p_data p_g x",
    "tutorial/3.optimality.4/C": "p_data p_g integral expectation",
    "tutorial/3.optimality.5b/kl": "p_data p_g integral expectation",
    "tutorial/3.optimality.5c/C": "p_data p_g jsd kl",
    "tutorial/3.optimality.5c/jsd": "p_data p_g kl",
    "tutorial/4.lsgan.1/D-star": "a b p_data p_g x",
    "tutorial/4.lsgan.2/two-C": "a b c p_data p_g integral",
    "tutorial/4.lsgan.3/chi-square": "p_data p_g chi_square integral",
    "lecture/elbo/elbo": "Q likelihood prior joint kl expectation integral",
    "lecture/elbo/gap": "Q likelihood prior posterior evidence kl expectation integral",
    "lecture/gaussian-kl/sigma": "mu sigma p",
    "lecture/gaussian-kl/log-variance": "mu ell p",
    "lecture/gaussian-kl/log-std": "mu s p",
    "lecture/reparametrization/z": "mu sigma eps",
    "lecture/likelihood/bce": "pixels guesses m",
    "lecture/cs230.1/derivative": "x z",
    "lecture/cs230.3/range": "yhat",
    "lecture/cs230.5/saddle": "w1 w2",
    "exercises/1.b/z": "h g x eps",
    "exercises/2/variance-map": "h",
    "exercises/3.a/optimal-value": "p_star p_theta jsd kl integral expectation",
}

#: What would only repeat the question, or is the answer itself.
FORBIDDEN = {
    "exam/III.1.1/lambda": "lambda normal w",
    "exam/III.1.1/R": "lambda normal",
    "exam/III.2.2/lambdas-std": "lambda1 lambda2 normal",
    "exam/III.2.3/lambdas-rescaled": "lambda1_new lambda2_new let",
    "exam/III.3/R": "p gamma",
    "exam/III.3.3/posterior": "gamma p",
    "exam/III.3.3/dR-dpi": "derivative",
    "exam/III.3.3.3/dR-dsigma2": "derivative",
    "assignment/1.1/expected-loss": "R expectation variance",
    "assignment/1.2/lambda-dropout": "lambda",
    "assignment/1.2/pw-dropout": "w_dropout w argmin",
    "assignment/1.2/w-dropout": "w argmin",
    "assignment/1.2/gradient": "gradient derivative",
    "assignment/1.3/w-l2": "w argmin",
    "assignment/3.1/kl": "kl flow pulled",
    "assignment/4.1/jsd": "jsd kl D",
    "assignment/4.2/D-star": "best D argmax",
    "assignment/4.2/f1": "f1 p1",
    "assignment/5.1/v-psi0": "L C derivative gradient",
    "assignment/5.4/v": "L C R_1 derivative gradient",
    "assignment/5.2/jacobian": "jacobian derivative psi_0",
    "assignment/5.6/eigenvalues": "eigenvalues",
    "tutorial/3.1/V": "pushforward",
    "tutorial/3.optimality.1/max-value": "y maximal argmax",
    "tutorial/3.optimality.2/V": "expectation",
    "tutorial/3.optimality.3/D-star": "best argmax",
    "tutorial/3.optimality.4/C": "maximal",
    "tutorial/3.optimality.5a/C": "p_data p_g best expectation integral jsd",
    "tutorial/3.optimality.5b/kl": "kl",
    "tutorial/3.optimality.5c/jsd": "jsd",
    "tutorial/4.lsgan.2/two-C": "best D",
    "tutorial/4.wgan.1/uniform-shift": "F H integral",
    "lecture/gaussian-kl/sigma": "kl normal expectation",
    "lecture/cs230.1/derivative": "derivative",
    "lecture/cs230.3/output": "p h",
    "lecture/cs230.5/hessian": "hessian w1",
    "exercises/3.b/i": "b",
    "exercises/3.b/ii": "b",
    "exercises/3.b/iii": "a",
}


@pytest.mark.parametrize("identifier", ALLOWED)
def test_the_contract_s_notation_may_be_used(identifier: str) -> None:
    formula = _formula(identifier)
    sizes = {s.name for s in formula.claim.notation if s.words == "a size"}
    assert {*ALLOWED[identifier].split()} <= formula.names | formula.heads | sizes


@pytest.mark.parametrize("identifier", FORBIDDEN)
def test_what_repeats_the_question_may_not(identifier: str) -> None:
    formula = _formula(identifier)
    assert not {*FORBIDDEN[identifier].split()} & (formula.names | formula.heads)


# ------------------------------------------------------------------ ids


def test_a_question_with_one_answer_needs_no_more() -> None:
    assert load("tutorial/3.optimality.3") == ITEMS["tutorial/3.optimality.3/D-star"]
    assert load(" exam/III.3 ").id == "exam/III.3/R"


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("exm/II/1", "no sheet 'exm'; did you mean exam?"),
        ("exam/III.1.1/lam", "exam/III.1.1 has no answer 'lam'; did you mean lambda?"),
        ("exam/III.1.1", "exam/III.1.1 has no answer ''; there are lambda and R"),
        (
            "exam/III.1.2/R",
            "exam has no question that can be graded called 'III.1.2'; did you mean",
        ),
        ("exam/I", "exam has no question that can be graded called 'I'"),
        ("exam", "exam has no question that can be graded called ''"),
        ("", "no sheet ''; there are assignment,"),
        ("../exam/II/1", "no sheet '..'"),
        ("exam/II/1/", "exam/II has no answer '1/'; did you mean 1"),
        ("exam/II/\x1b[31m\n", "exam/II has no answer '\\x1b[31m'"),
    ],
)
def test_an_unknown_id_is_met_with_near_ones(identifier: str, message: str) -> None:
    with pytest.raises(UnknownItem, match=re.escape(message)) as caught:
        load(identifier)
    assert str(caught.value).isprintable()


def test_a_very_long_id_has_a_short_message() -> None:
    with pytest.raises(UnknownItem) as caught:
        load("exam/" + "x" * 100_000)
    assert len(str(caught.value)) < 1_000


# ------------------------------------------------------------------ sheets of one's own


SHEET = """
id = "mine"
title = "Mine"

[conventions]
dropout = "drop"

[[question]]
id = "1"
points = 2
title = "Dropout"
solution = "dropout.dropout_minimizer"
answers = ["lambda-dropout", "w-dropout"]
one-of = [["lambda-dropout", "w-dropout"]]

[[question]]
id = "2"
points = 1
title = "A statement"
solution = "SOLUTION"
"""


def test_a_sheet_of_one_s_own_is_derived_in_its_conventions(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    solution = load_sheet("lecture").question("cs230.2").solution
    path.write_text(SHEET.replace("SOLUTION", solution), encoding="utf-8")
    items = of_sheet(path)
    assert list(items) == ["mine/1/lambda-dropout", "mine/1/w-dropout", "mine/2/true-false"]
    mine, theirs = items["mine/1/lambda-dropout"], _formula("assignment/1.2/lambda-dropout")
    assert isinstance(mine, Formula)
    assert mine.one_of == ("mine/1/lambda-dropout", "mine/1/w-dropout")
    verdict = decide(replace(mine.claim, defined=theirs.claim.closed_form))
    assert verdict.status is Status.REFUTED


def test_a_sheet_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SheetError):
        of_sheet(tmp_path / "none.toml")


# ------------------------------------------------------------------ spellings


def _spellings(symbol: Symbol) -> tuple[str, ...]:
    return (symbol.latex or symbol.name, *symbol.spellings)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.id)
def test_every_spelling_can_be_read_and_names_one_symbol(formula: Formula) -> None:
    notation = formula.claim.notation
    for symbol in notation:
        for spelling in _spellings(symbol):
            if symbol.name in formula.names:
                parse(spelling.replace("{}", "{h}"))
    table = table_of(notation, formula.names, parse)
    for spelled, symbols in table.plain.items():
        assert sum(symbol.name in formula.names for symbol in symbols) <= 1, spelled
    for spelled, patterns in table.patterns.items():
        places = [(p.below, p.above, p.parts, p.separators) for p in patterns]
        assert len(places) == len({*places}), spelled


#: One way of writing a symbol for each row: what the contract and common sense ask for.
SPELLED = [
    ("exam/III.2.2/R-std", "w1", r"w_1"),
    ("exam/III.2.2/R-std", "w1", r"\mathbf{w}^{(1)}"),
    ("exam/III.2.2/R-std", "n1", "n_1"),
    ("assignment/1.2/pw-dropout", "lambda", r"\lambda"),
    ("assignment/1.2/pw-dropout", "lambda", r"\lambda^{\text{dropout}}"),
    ("assignment/1.3/w-l2", "lambda", r"\lambda^{L2}"),
    ("assignment/1.3/w-l2", "lambda", r"\lambda_{L_2}"),
    ("assignment/2.1/ecll", "q", "q"),
    ("assignment/2.1/ecll", "elbo", r"\mathcal{L}"),
    ("assignment/3.1/kl", "Finv", "F^{-1}"),
    ("assignment/3.1/kl", "JFinv", "J_{F^{-1}}"),
    ("assignment/4.1/jsd", "best", "D^*"),
    ("assignment/4.1/jsd", "mu", r"\mu"),
    ("assignment/5.1/stationary-point", "theta", r"\theta^*"),
    ("assignment/5.1/stationary-point", "psi_0", r"\psi_0^*"),
    ("assignment/5.1/v-psi0", "psi_0", "psi0"),
    ("tutorial/3.1/V", "p_data", "p_d"),
    ("tutorial/3.1/V", "p_data", r"p_{\text{data}}"),
    ("tutorial/3.1/V", "p_data", "p_{data}"),
    ("tutorial/3.optimality.4/C", "best", "D^*_G"),
    ("lecture/elbo/elbo", "Q", r"Q_\phi"),
    ("lecture/gaussian-kl/sigma", "p", "n"),
    ("lecture/gaussian-kl/log-variance", "ell", "l"),
    ("lecture/gaussian-kl/log-variance", "ell", "logvar"),
    ("lecture/reparametrization/z", "eps", r"\varepsilon"),
    ("lecture/reparametrization/z", "eps", r"\epsilon"),
    ("lecture/likelihood/bce", "pixels", r"\mathbf{x}"),
    ("lecture/likelihood/bce", "guesses", r"\hat x"),
    ("lecture/cs230.3/range", "yhat", r"\hat{y}"),
    ("exercises/1.b/z", "h", r"\mathbf{h}_i"),
    ("exercises/1.b/z", "h", "h_i"),
    ("exercises/1.b/z", "h", "h"),
    ("exercises/3.a/optimal-value", "p_star", "p^*"),
]


@pytest.mark.parametrize(("identifier", "name", "spelling"), SPELLED)
def test_a_symbol_is_found_by_how_students_write_it(
    identifier: str, name: str, spelling: str
) -> None:
    formula = _formula(identifier)
    table = table_of(formula.claim.notation, formula.names, parse)
    assert table.plain[key(parse(spelling))][0].name == name
