"""Questions that a sheet states itself, read by the reader of students' answers.

What a sheet states is a claim like any other: the definition is read, the answer is read, and that
both are equal is to be proved before anything is printed or graded.
"""

from __future__ import annotations

from types import MappingProxyType

from derivations.conventions import Variant
from derivations.derivation import Answer, Derivation, Fact, Mistake, Solution, Step
from derivations.sheets import Own, Sheet, SheetError, Stated
from derivations.solutions import prepare as prepare_given
from grading.asked import asking, spectrum
from grading.declarations import DeclarationError, notation_of
from grading.items import UNEVALUATED, Formula, Item
from grading.reading.errors import ReadError
from grading.reading.reader import read
from grading.reading.shapes import Meaning
from grading.reading.statements import is_statement, statement
from grading.reading.syntax import parse
from grading.references import of_sheet
from language.claims import Claim, Equality, Status
from language.notation import Notation
from language.terms import Apply, Term
from language.typecheck import TypeMismatch, typecheck
from language.types import Array, Collection, Truth
from language.vocabulary import TRUE, multiset
from numerics.engine import decide

__all__ = ["items_of", "prepare", "solution_of", "term_of"]


def prepare(sheet: Sheet) -> dict[str, Variant]:
    """What is to be checked for each question of a sheet, by the name of its solution.

    Raises:
        SheetError: as :func:`derivations.solutions.prepare`, and where a question that the sheet
            states itself cannot be read.
    """
    return prepare_given(sheet, _solutions(sheet))


def items_of(sheet: Sheet) -> dict[str, Item]:
    """What can be graded of a sheet of one's own, by full id.

    Raises:
        SheetError: as :func:`prepare`, and where an answer that the sheet states is not proved.
    """
    items = of_sheet(sheet, _solutions(sheet))
    own = {f"{sheet.id}/{question.id}" for question in sheet.questions if question.own}
    for item in items.values():
        if isinstance(item, Formula) and item.id.rpartition("/")[0] in own:
            verdict = decide(item.claim)
            if verdict.status is not Status.PROVED:
                raise SheetError(f"{item.id}: the sheet's answer is not proved: {verdict}")
    return items


def _solutions(sheet: Sheet) -> dict[str, Solution]:
    """The solutions of the questions that the sheet states itself."""
    return {
        question.solution: solution_of(question.own, f"sheet {sheet.id}: question {question.id}")
        for question in sheet.questions
        if question.own is not None
    }


def solution_of(own: Own, place: str) -> Solution:
    """A question as the sheet states it, as topics return theirs.

    Each answer's chain leads from its definition to what the sheet states, in one step. The
    formulas of the statement are called ``statement-1`` and so on, in their order.

    Raises:
        SheetError: something cannot be read; ``place`` says where.
    """
    try:
        notation = notation_of(own.notation)
    except DeclarationError as error:
        raise SheetError(f"{place}: notation: {error}") from None
    if own.statement.count("$") % 2:
        raise SheetError(f"{place}: statement: expected formulas between pairs of $, found one $")
    formulas = {}
    for number, text in enumerate(own.statement.split("$")[1::2], 1):
        formula = " ".join(text.split())
        formulas[f"statement-{number}"] = _read(formula, notation, f"{place}: statement")
    answers, facts = [], []
    for stated in own.answers:
        answer, wrong = _answer(stated, notation, f"{place}, answer {stated.id}")
        answers.append(answer)
        facts += wrong
        formulas |= {fact.claim.name: fact.claim.closed_form for fact in wrong}
    return Solution(
        notation, tuple(answers), facts=tuple(facts), formulas=MappingProxyType(formulas)
    )


def term_of(text: str, notation: Notation, like: Term | None = None) -> Term:
    """A formula over a notation, in which everything of the vocabulary may be used.

    Without ``like`` it may also ask for something: :mod:`grading.asked`.

    Args:
        text: in LaTeX, as students write it.
        notation: what the names mean.
        like: a term of the type that is wanted, where that is known: it helps to tell a vector
            from a tuple, a set from a multiset.

    Raises:
        ReadError: it cannot be read, or in more than one way.
    """
    formula = _anything(notation, like)
    if like is not None:
        found = list(dict.fromkeys(reading.term for reading in read(text, formula)))
    else:
        node = parse(text)
        scope = asking(text, formula)
        if is_statement(node):
            return statement(scope, node)
        if node.kind == "group" and node.value == "{}":
            return _multiset(text, notation)
        found = _columns(spectrum(scope, node) or scope.values(node))
    if len(found) != 1:
        raise ReadError(text, 0, len(text), f"this can be read in {len(found)} ways")
    return found[0]


def _columns(meanings: tuple[Meaning, ...]) -> list[Term]:
    """The terms meant, where ``(a, b)`` is a column unless it can only be a row."""
    rows = [one for one in meanings if isinstance(one.type, Array) and one.type.shape[0] == 1]
    return [one.term for one in meanings if one not in rows or len(rows) == len(meanings)]


def _multiset(text: str, notation: Notation) -> Term:
    return term_of(text, notation, multiset(TRUE))


def _anything(notation: Notation, like: Term | None) -> Formula:
    """An item whose answers may be anything over the notation, of the type of ``like``."""
    equality = _equality(like, notation)
    shown = multiset(TRUE) if equality is Equality.MULTISET else like or TRUE
    claim = Claim("own", notation, shown, shown, equality)
    names = frozenset(symbol.name for symbol in notation)
    return Formula("own", "", claim, names=names, heads=UNEVALUATED)


def _equality(term: Term | None, notation: Notation) -> Equality:
    """In what sense two terms of this one's type are the same answer."""
    match term:
        case None:
            return Equality.EXACT
        case Apply("multiset"):
            return Equality.MULTISET
    try:
        kind = typecheck(term, notation)
    except TypeMismatch:
        return Equality.EXACT
    match kind:
        case Truth():
            return Equality.CONDITION
        case Collection("multiset" | "set"):
            return Equality.MULTISET
    return Equality.EXACT


def _answer(stated: Stated, notation: Notation, place: str) -> tuple[Answer, list[Fact]]:
    defined = _read(stated.definition, notation, f"{place}: definition")
    closed_form = _read(stated.answer, notation, f"{place}: answer", defined)
    equality = _equality(defined, notation)
    claim = Claim(stated.id, notation, defined, closed_form, equality)
    steps = (
        Step(defined, "definition", "The question's definition."),
        Step(closed_form, "stated", "As the sheet states it, and as it was proved."),
    )
    facts, mistakes = [], []
    for number, mistake in enumerate(stated.mistakes, 1):
        name = f"{stated.id}-mistake-{number}"
        wrong = _read(mistake.wrong, notation, f"{place}: mistake {number}", defined)
        facts.append(Fact(Claim(name, notation, defined, wrong, equality), holds=False))
        mistakes.append(Mistake(name, mistake.words, mistake.deduction))
    derivation = Derivation(claim, steps)
    names = tuple(symbol.name for symbol in notation)
    answer = Answer(stated.id, derivation, asks=stated.asks, also=names, mistakes=tuple(mistakes))
    return answer, facts


def _read(text: str, notation: Notation, place: str, like: Term | None = None) -> Term:
    try:
        return term_of(text, notation, like)
    except ReadError as error:
        found = f" at {text[error.start : error.end]!r}" if error.start < error.end else ""
        suggestion = f"; {error.suggestion}" if error.suggestion else ""
        raise SheetError(f"{place}: {text!r}: {error.problem}{found}{suggestion}") from None
