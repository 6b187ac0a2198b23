"""The judge: is an answer right, how was that decided, and if not, where and why not.

``correct`` needs a proof that the answer equals the reference in the sense that the question asks
for, or a decimal that is right to its digits. ``incorrect`` needs a proof too: two values in
disjoint balls, a failed exact identity, or a type or shape that cannot match. Everything else is
handed to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from time import perf_counter

from flint import acb

from grading import decimals, diagnosis, witness
from grading.choices import chosen
from grading.decimals import Closeness
from grading.items import Choice, Formula, Item
from grading.judgement import Counterexample, Diagnosis, Grade, Judgement, Understood
from grading.reading.errors import ReadError
from grading.reading.reader import Reading, read
from grading.reading.scope import ShapeError
from grading.restatement import restated
from language.claims import Claim, Equality, Status, Verdict
from language.latex import to_latex
from language.terms import Apply, Bind, Number, Term, children, free_names, substitute, walk
from language.text import to_text
from language.typecheck import TypeMismatch, typecheck
from language.types import REAL, Array
from language.vocabulary import ELEMENTARY, PI, TRUE
from numerics.balls import TooLarge
from numerics.conditions import allowance
from numerics.engine import by_provers, decide, scope_of, types_differ

__all__ = ["judge"]

TYPES, REARRANGED = "types and shapes", "rearrangement"
#: Agreement to so many digits, with decimals in the answer, is taken for rounding.
ROUNDED = 4
#: At so many simple valuations an answer is tried before it is given to the engine.
FIRST = 3
#: Steps of z3 for one answer; those of whole corpora take a few thousand each.
STEPS = 250_000
#: The longest answer by an option that is looked at, in characters.
LONGEST_CHOICE = 10_000


def judge(text: str, item: Item) -> Judgement:
    """The verdict on an answer; never raises, whatever the text."""
    start = perf_counter()
    try:
        with allowance(STEPS):
            found = _of_choice(text, item) if isinstance(item, Choice) else _of_formula(text, item)
    except (TooLarge, RecursionError, MemoryError, OverflowError):
        words = "This answer takes more operations than are allowed here."
        found = _Finding(Grade.TIMEOUT, "operation limit", words)
    except Exception as error:  # a defect of ours must not cost a student anything
        import logging

        logging.getLogger("closedform").debug("an answer to %s", item.id, exc_info=True)
        problem = f"Something went wrong on our side ({type(error).__name__}); a person will look."
        found = _Finding(Grade.UNSURE, "internal", problem)
    milliseconds = (perf_counter() - start) * 1000
    return found.judgement(item.id, text, milliseconds)


@dataclass(frozen=True, slots=True)
class _Finding:
    """A judgement in the making."""

    grade: Grade
    stage: str
    feedback: str
    scope: str = ""
    understood: str | Understood = ""
    counterexample: Counterexample | None = None
    mistake: Diagnosis | None = None
    position: tuple[int, int] | None = None
    suggestion: str = ""

    def judgement(self, identifier: str, text: str, milliseconds: float) -> Judgement:
        return Judgement(
            identifier,
            text,
            self.grade,
            self.stage,
            self.scope,
            self.feedback,
            self.understood,
            self.counterexample,
            self.mistake,
            self.position,
            self.suggestion,
            milliseconds,
        )


# choices -----------------------------------------------------------------------------------------


def _of_choice(text: str, item: Choice) -> _Finding:
    options = " or ".join(sorted({*item.spellings.values(), item.option}))
    option = chosen(text, item.spellings) if len(text) <= LONGEST_CHOICE else None
    if option is None:
        problem = "This is not one of the options."
        return _Finding(Grade.INVALID, "option", problem, suggestion=f"write {options}")
    understood = rf"\text{{{option}}}"
    if option == item.option:
        return _Finding(Grade.CORRECT, "option", "Right.", understood=understood)
    feedback = f"Not right: you chose “{option}”."
    return _Finding(Grade.INCORRECT, "option", feedback, understood=understood)


# formulas ----------------------------------------------------------------------------------------


def _of_formula(text: str, formula: Formula) -> _Finding:
    try:
        readings = read(text, formula)
    except ShapeError as error:
        clash = _CLASH.match(error.problem) is not None
        return _unread(error, Grade.INCORRECT if clash else Grade.INVALID, TYPES)
    except ReadError as error:
        return _unread(error, Grade.INVALID, "reader")
    findings = [_of_reading(reading, formula) for reading in readings]
    if len({finding.grade for finding in findings}) > 1:
        return _ambiguous(findings)
    first = findings[0]
    if first.grade is Grade.INCORRECT and first.mistake is None:
        # Only once all readings are wrong is it worth asking why.
        return _explained(first, readings[0].term, formula)
    return first


#: Two arrays whose sizes do not fit. Where a number meets an array, it may have been misread, and
#: a vector in front of a matrix is a row in code.
_CLASH = re.compile(
    r"cannot (add a (matrix|vector) .* to|multiply a matrix .* by) a (matrix|vector)\b", re.I
)


def _unread(error: ReadError, grade: Grade, stage: str) -> _Finding:
    problem = _sentence(error.problem)
    return _Finding(
        grade,
        stage,
        f"Not right: {problem}" if grade is Grade.INCORRECT else problem,
        position=(error.start, error.end),
        suggestion=error.suggestion,
    )


def _ambiguous(findings: list[_Finding]) -> _Finding:
    shown = " or ".join(dict.fromkeys(f"${finding.understood}$" for finding in findings))
    return _Finding(
        Grade.INVALID,
        "reader",
        f"This can be read in more than one way: {shown}.",
        understood=r" \quad\text{or}\quad ".join(str(finding.understood) for finding in findings),
        suggestion="add brackets or multiplication signs, so that only one reading is left",
    )


def _of_reading(reading: Reading, formula: Formula) -> _Finding:
    notation = formula.claim.notation
    understood = Understood(reading.term, notation)
    stray = sorted(n for n in free_names(reading.term) if n not in notation)
    if stray:
        problem = f"The name {stray[0]} is not one of this question's."
        return _Finding(Grade.INVALID, "reader", problem, understood=understood)
    finding = _of_term(reading, formula)
    if finding.grade is Grade.CORRECT and len(reading.parts) > 1:
        finding = _of_chain(finding, reading, formula)
    if reading.conditions:
        finding = _under_conditions(finding, reading, formula)
    return replace(finding, understood=understood)


def _of_term(reading: Reading, formula: Formula) -> _Finding:
    """What is found of the answer itself, its own conditions aside."""
    verdict, shown = _decided(reading.term, formula)
    if verdict.status is Status.PROVED:
        return _proved(reading, formula, verdict)
    if reading.decimal is not None:
        near = decimals.closeness(reading.decimal, formula.claim.closed_form)
        if near is Closeness.RIGHT:
            digits = reading.decimal.digits
            words = f"Right, to the {digits} digits written."
            return _Finding(Grade.CORRECT, "decimals", words, "to the digits written")
        if near is Closeness.SHORT:
            words = (
                f"Right as far as it goes, but {reading.decimal.digits} digits are too few to tell:"
                f" write at least {decimals.ENOUGH}, or better the exact value."
            )
            return _Finding(Grade.UNSURE, "decimals", words)
    if verdict.status is Status.REFUTED:
        if reading.decimal is None and _is_rounded(reading.term, formula.claim):
            words = "This agrees with the right answer to some digits; write exact numbers."
            return _Finding(Grade.UNSURE, verdict.stage, words)
        return _refuted(reading.term, formula, verdict, shown)
    return _undecided(verdict)


def _decided(answer: Term, formula: Formula) -> tuple[Verdict, Counterexample | None]:
    """The engine's verdict on an answer, and simple values that refute it, where there are some."""
    claim = formula.claim
    if formula.accepts is not None:
        return decide(_property(answer, formula)), None
    against = replace(claim, defined=claim.closed_form, closed_form=answer)
    mismatch = types_differ(against)
    if mismatch is not None:
        return mismatch, None
    if answer in diagnosis.right_forms(formula):
        reason = "It is the reference or one of its forms in another order."
        return Verdict(Status.PROVED, REARRANGED, scope_of(against), reason), None
    shown = witness.counterexample(claim, answer, FIRST)
    if shown is not None:
        reason = "Both sides lie in disjoint balls at the values shown."
        return Verdict(Status.REFUTED, "balls", "at the values shown", reason), shown
    verdict = decide(against, witness.agreements(claim, answer, FIRST))
    others = () if verdict.settled else (*formula.forms, claim.defined)
    for other in others:
        further = by_provers(replace(against, defined=other))
        if further is not None and further.settled:
            return further, None
    return verdict, None


def _property(answer: Term, formula: Formula) -> Claim:
    """The claim that an answer has the property that any right answer has."""
    assert formula.accepts is not None
    claim = formula.claim
    match answer:
        case Apply("diagonal", (entry,)) if typecheck(entry, claim.notation) == REAL:
            answer = entry  # a covariance matrix is given by what stands on its diagonal
    statement = substitute(formula.accepts, {"answer": answer})
    return Claim(
        claim.name, claim.notation, statement, TRUE, Equality.CONDITION, (), claim.conditions
    )


# right -------------------------------------------------------------------------------------------


def _proved(reading: Reading, formula: Formula, verdict: Verdict) -> _Finding:
    """A proved answer is right, unless it is the question, or has no real value somewhere."""
    answer = reading.term
    again = restated(answer, formula)
    if again is not None and all(restated(part, formula) for part in reading.parts):
        shown = to_latex(again, formula.claim.notation)
        words = f"This restates the question: expected it worked out, found ${shown}$ itself."
        return _Finding(Grade.INVALID, "restatement", words)
    if _counts_infinity(answer):
        words = "Infinity is no number to calculate with; a person should look."
        return _Finding(Grade.UNSURE, verdict.stage, words, verdict.scope)
    problem = "" if _is_safe(answer, formula, verdict) else _flaw(answer, formula)
    if problem:
        return _Finding(Grade.UNSURE, verdict.stage, problem, verdict.scope)
    equal = "equivalent" if formula.claim.equality is Equality.CONDITION else "equal"
    if formula.claim.equality is Equality.UP_TO_CONSTANT:
        equal = "equal up to a constant"
    if formula.accepts is not None:
        equal = "to have what is asked for"
    scope = _listed(verdict.scope)
    words = f"Right: proved {equal} by {verdict.stage}, {scope}."
    return _Finding(Grade.CORRECT, verdict.stage, words, verdict.scope)


def _counts_infinity(term: Term) -> bool:
    """Whether an answer calculates with infinity as if it were a number."""
    return any(
        isinstance(part, Apply)
        and part.head in _ARITHMETIC
        and any(witness.is_infinite(arg) for arg in part.args)
        for part in walk(term)
    )


_ARITHMETIC = frozenset({"add", "multiply", "divide", "power", "maximum", "minimum", *ELEMENTARY})


def _is_constant(answer: Term, claim: Claim) -> bool:
    """Whether an answer is seen to have one value only."""
    probe = witness.probe_of(claim)
    values = [probe.answer(answer, level) for level, _ in probe.levels()]
    return all(witness.agrees(values[0], value) for value in values)


def _is_safe(answer: Term, formula: Formula, verdict: Verdict) -> bool:
    """Whether a right form in another order has no value only where that form has none."""
    return verdict.stage == REARRANGED and _needs(answer) <= _needs_of(formula)


@lru_cache(maxsize=512)
def _needs_of(formula: Formula) -> set[Term]:
    return set().union(*map(_needs, (formula.claim.closed_form, *formula.forms)))


def _needs(term: Term) -> set[Term]:
    """What all operations of a term need to have a real value."""
    inverses = {part for part in walk(term) if isinstance(part, Apply) and part.head == "inverse"}
    return inverses | {duty for part in walk(term) if (duty := _duty(part)) is not None}


def _flaw(answer: Term, formula: Formula) -> str:
    """Why a proof does not count: the answer has no value, or no real one, where it should."""
    claim = formula.claim
    if formula.accepts is not None and _is_constant(answer, claim):
        return "This has the property, but it seems to have the same value everywhere."
    if formula.accepts is not None or claim.equality is Equality.CONDITION:
        given = () if formula.accepts is not None else (claim.closed_form,)
        for duty in _duties(answer):
            if duty is None or not _follows(duty, claim, given):
                return "It is not clear that this is defined wherever it should be."
        return ""
    probe = witness.probe_of(claim)
    values = (probe.answer(answer, level) for level, _ in probe.levels())
    if all(found is witness.UNDEFINED for found in values):
        return "This is not defined at any of the values tried: it divides by zero, or the like."
    if claim.equality is Equality.MULTISET:
        return ""
    for duty in _duties(answer):
        match duty:
            case Apply("less_equal" | "less", (_, inside)) if _is_negative(inside, probe):
                return "This takes a logarithm or a root of a negative number."
    return ""


def _is_negative(inside: Term, probe: witness.Probe) -> bool:
    for level, _ in probe.levels():
        found = probe.value(inside, level)
        if isinstance(found, acb) and found.imag == 0 and found.real < 0:
            return True
    return False


def _duties(term: Term, bound: frozenset[str] = frozenset()) -> Iterator[Term | None]:
    """What must hold for a term to be a real number; None for what is said of bound names."""
    duty = _duty(term)
    if duty is not None and not _is_plain(duty):
        yield None if free_names(duty) & bound else duty
    inner = bound | {term.variable} if isinstance(term, Bind) else bound
    for part in children(term):
        yield from _duties(part, inner)


def _duty(term: Term) -> Term | None:
    """What must hold for one operation to have a real value."""
    match term:
        case Apply("divide", (_, y)):
            return Apply("unequal", (y, _ZERO))
        case Apply("power", (x, exponent)):
            value = _number(exponent)
            if value is None or (value.denominator > 1 and value < 0):
                return Apply("less", (_ZERO, x))
            if value.denominator > 1:
                return Apply("less_equal", (_ZERO, x))
            return Apply("unequal", (x, _ZERO)) if value < 0 else None
        case Apply("log", (x,)):
            return Apply("less", (_ZERO, x))
        case Apply("sqrt", (x,)):
            return Apply("less_equal", (_ZERO, x))
    return None


_ZERO = Number(Fraction(0))


def _number(term: Term) -> Fraction | None:
    """The value of a number as it is written: ``-1``, ``1/2``."""
    match term:
        case Number(value):
            return value
        case Apply("negative", (x,)):
            inner = _number(x)
            return None if inner is None else -inner
        case Apply("divide", (x, y)):
            top, bottom = _number(x), _number(y)
            return top / bottom if top is not None and bottom else None
    return None


def _is_plain(duty: Term) -> bool:
    """Whether a duty is one of numbers that is seen to be fulfilled."""
    match duty:
        case Apply("unequal", (x, _)):
            value = _number(x)
            return value is not None and value != 0
        case Apply(_, (_, x)):
            value = _number(x)
            return x == PI or (value is not None and value > 0)
    return False


def _follows(duty: Term, claim: Claim, given: tuple[Term, ...]) -> bool:
    """Whether a duty is proved wherever the reference holds."""
    conditions = (*claim.conditions, *given)
    statement = Claim(
        "defined", claim.notation, duty, TRUE, Equality.CONDITION, conditions=conditions
    )
    return decide(statement).status is Status.PROVED


def _of_chain(finding: _Finding, reading: Reading, formula: Formula) -> _Finding:
    """A right answer as the end of a chain of equalities, each of which must be right too."""
    for part in reading.parts:
        if part == reading.term:
            continue
        verdict, _ = _decided(part, formula)
        if verdict.status is Status.PROVED:
            continue
        shown = to_latex(part, formula.claim.notation)
        if verdict.status is Status.REFUTED:
            last = reading.parts[-1] == part
            words = f"Of the chain of equalities, ${shown}$ is not right."
            grade = Grade.INCORRECT if last else Grade.UNSURE
            return _Finding(grade, verdict.stage, words, verdict.scope)
        return _Finding(Grade.UNSURE, verdict.stage, f"Not decided whether ${shown}$ is right too.")
    return finding


def _under_conditions(finding: _Finding, reading: Reading, formula: Formula) -> _Finding:
    """A finding with the student's own conditions, which may leave out what the question asks."""
    claim = formula.claim
    notation = claim.notation
    open_conditions = [
        condition
        for condition in reading.conditions
        if not all(name in notation for name in free_names(condition))
        or not _follows(condition, claim, ())
    ]
    if not open_conditions:
        return finding
    said = " and ".join(to_text(condition, notation) for condition in open_conditions)
    if finding.grade is Grade.CORRECT:
        words = f"The formula is right, but it is not clear that {said} holds in all cases."
        return replace(finding, grade=Grade.UNSURE, feedback=words)
    if finding.grade is Grade.INCORRECT:
        limited = replace(
            claim,
            defined=claim.closed_form,
            closed_form=reading.term,
            conditions=(*claim.conditions, *open_conditions),
        )
        if decide(limited).status is Status.PROVED:
            words = f"Right for {said}, but the question asks for all cases."
            return replace(finding, feedback=words)
    return finding


# wrong -------------------------------------------------------------------------------------------


def _refuted(
    answer: Term, formula: Formula, verdict: Verdict, shown: Counterexample | None
) -> _Finding:
    claim = formula.claim
    if verdict.stage == TYPES:
        return _misfit(answer, claim, verdict)
    if shown is None and formula.accepts is None:
        shown = witness.counterexample(claim, answer)
        shown = shown or witness.from_verdict(claim, answer, verdict)
    if shown is None and formula.accepts is not None:
        shown = _without_property(answer, formula)
    words = f"Not right{_where(shown, formula)}."
    return _Finding(Grade.INCORRECT, verdict.stage, words, verdict.scope, counterexample=shown)


def _misfit(answer: Term, claim: Claim, verdict: Verdict) -> _Finding:
    """Two arrays of different shapes differ; what is of another kind may have been misread."""
    try:
        kinds = [typecheck(side, claim.notation) for side in (claim.closed_form, answer)]
        clash = all(isinstance(kind, Array) for kind in kinds)
    except TypeMismatch:
        clash = _CLASH.match(verdict.reason) is not None
    if clash:
        words = f"Not right: {_sentence(verdict.reason)}"
        return _Finding(Grade.INCORRECT, TYPES, words, verdict.scope)
    return _Finding(Grade.INVALID, TYPES, _sentence(verdict.reason))


def _where(shown: Counterexample | None, formula: Formula) -> str:
    """Where an answer fails, for the feedback."""
    if shown is None:
        return ""
    place = ", ".join(f"{name} = {value}" for name, value in shown.values)
    at = f" at {place}" if place else ""
    if shown.place:
        at = f"{at}, {shown.place}," if place else f" {shown.place}"
    words = f" ({shown.words})" if shown.words else ""
    if formula.accepts is not None:
        return f":{at} your answer is {shown.answer}, which is not as asked"
    if formula.claim.equality is Equality.CONDITION:
        return f":{at} your condition {shown.answer}, where the right one {shown.expected}{words}"
    if not shown.expected:
        return f":{at} your answer is {shown.answer}, which is another value{words}"
    return f":{at} your answer is {shown.answer}, but {shown.expected} is right{words}"


def _without_property(answer: Term, formula: Formula) -> Counterexample | None:
    claim = _property(answer, formula)
    return witness.failing(claim, answer, to_text(formula.accepts or TRUE, claim.notation))


def _is_rounded(answer: Term, claim: Claim) -> bool:
    """Whether an answer has decimals in it and agrees with the reference as far as they go."""
    if not any(isinstance(part, Number) and _is_long(part.value) for part in walk(answer)):
        return False
    if claim.equality not in (Equality.EXACT, Equality.MULTISET):
        return False
    probe = witness.probe_of(claim)
    agreement = [
        witness.agreement(probe.answer(answer, level), probe.reference(level))
        for level, _ in probe.levels()
    ]
    return bool(agreement) and min(agreement) >= ROUNDED


def _is_long(value: Fraction) -> bool:
    return value.denominator >= 10**3 or value.numerator >= 10**ROUNDED


def _explained(finding: _Finding, answer: Term, formula: Formula) -> _Finding:
    """A wrong answer with its mistake, where that can be proved."""
    if finding.stage == TYPES:
        return finding
    try:
        mistake = diagnosis.diagnose(answer, formula)
    except TooLarge:
        return finding
    if mistake is None:
        return finding
    return replace(finding, mistake=mistake, feedback=f"{finding.feedback} {mistake.words}")


# undecided ---------------------------------------------------------------------------------------


def _undecided(verdict: Verdict) -> _Finding:
    if verdict.status is Status.EVIDENCE:
        words = (
            f"Not decided: it agrees with the right answer to {verdict.digits} digits at "
            f"{verdict.valuations} points, which is no proof. A person should look."
        )
        return _Finding(Grade.UNSURE, verdict.stage, words)
    words = "Not decided: neither a proof nor a counterexample was found. A person should look."
    return _Finding(Grade.UNSURE, verdict.stage, words)


# words -------------------------------------------------------------------------------------------


def _sentence(text: str) -> str:
    text = text.rstrip(". ")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _listed(scope: str) -> str:
    """A scope within a sentence: "for all n and d, wherever both sides are defined"."""
    parts = [part for part in scope.split("; ") if part]
    if parts and parts[0].startswith("for all "):
        first, comma, last = parts[0].rpartition(", ")
        parts[0] = f"{first} and {last}" if comma else last
    return ", ".join(parts)
