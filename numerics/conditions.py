"""Statements about real numbers, proved or refuted by z3.

A statement is translated to polynomial arithmetic (:mod:`numerics.reals`), and its negation shown
to have no solution under the domains, assumptions and conditions. A proof is returned only if the
statement itself has a solution there, so that contradictory hypotheses prove nothing. A refutation
is returned only with rational numbers at which exact substitution confirms it.

z3 is loaded when it is first needed, used once per query, and limited by a count of its own steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from language.claims import Status, Verdict, Witness
from language.notation import Notation, NotationError, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    depth,
    free_names,
    fresh,
    size,
    substitute,
    walk,
)
from language.typecheck import TypeMismatch
from language.types import INTEGER, REAL
from language.vocabulary import RELATIONS, VocabularyError
from numerics.lowering import Outside
from numerics.quantifiers import eliminated
from numerics.reals import AnotherRoot, Formula, Translation, Unsupported
from numerics.signs import TooLarge

if TYPE_CHECKING:
    import z3

__all__ = ["allowance", "prove_equivalent", "prove_statement"]

STAGE = "real conditions (z3)"
SCOPE = "for all numbers in the domains, wherever both sides are defined"

STEPS = 3_000_000  # of z3, for one query
#: What z3 gives as its reason when it was interrupted.
_INTERRUPTED = "interrupted from keyboard"
#: What is left of an allowance, in z3's own steps; None where each query has its own limit.
_left: ContextVar[int | None] = ContextVar("_left", default=None)
MOST_ROOTS = 5  # whose radicands may have either sign
LARGEST_TERM = 1_500
DEEPEST_TERM = 120
LARGEST_NESTED_EXPONENT = 24
#: z3's limit of steps does not bind within one isolation of roots, which these would make long.
MOST_RADICALS, MOST_RELATIONS = 8, 64
CHECK_PRECISION = 256
DENOMINATORS = (1, 2, 10, 1_000, 10**6)  # of the witnesses that are tried


@contextmanager
def allowance(steps: int) -> Iterator[None]:
    """Within: all queries together take at most so many of z3's own steps."""
    token = _left.set(steps)
    try:
        yield
    finally:
        _left.reset(token)


def prove_statement(
    statement: Term, notation: Notation, conditions: Sequence[Term] = ()
) -> Verdict | None:
    """Decide whether a statement holds for all values of its names.

    Args:
        statement: a term of type truth; ``forall`` is understood over the real line and intervals
            at the top, and over eigenvalues and multisets anywhere.
        notation: what the names mean; domains and assumptions are hypotheses.
        conditions: further hypotheses.

    Returns:
        PROVED; REFUTED with rational numbers as a witness; None where this prover passes on.

    >>> from language.vocabulary import relation
    >>> notation = Notation((Symbol("x", REAL), Symbol("y", REAL)))
    >>> x, y = Name("x"), Name("y")
    >>> prove_statement(relation("less_equal", 2 * x * y, x**2 + y**2), notation).status
    <Status.PROVED: 'proved'>
    """
    opened = _opened(eliminated(statement, notation), notation, tuple(conditions))
    return None if opened is None else _decide(opened)


def prove_equivalent(
    left: Term, right: Term, notation: Notation, conditions: Sequence[Term] = ()
) -> Verdict | None:
    """Decide whether two statements hold for the same values of their names.

    Args:
        left: a term of type truth.
        right: another.
        notation: what the names mean; domains and assumptions are hypotheses.
        conditions: further hypotheses.

    Returns:
        PROVED; REFUTED with rational numbers as a witness; None where this prover passes on.
    """
    sides = (eliminated(left, notation), eliminated(right, notation))
    return _decide(_Question(sides, notation, tuple(conditions)))


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether one statement holds, or two hold together, under conditions."""

    sides: tuple[Term, ...]
    notation: Notation
    conditions: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A question translated for one choice of signs under its roots."""

    translation: Translation
    sides: tuple[Formula, ...]
    conditions: tuple[Formula, ...]

    @property
    def goal(self) -> Formula:
        """The statement, or that both statements have the same truth value."""
        return self.sides[0] if len(self.sides) == 1 else self.sides[0] == self.sides[1]

    def solve(self, *goals: Formula) -> tuple[str, z3.ModelRef | None]:
        """What z3 says of goals under all that is known; with a model if it is "sat"."""
        return self.ask(*self.translation.knowledge(), *self.premises, *goals)

    @property
    def premises(self) -> list[Formula]:
        """Domains, assumptions, conditions, and that everything is defined."""
        return [*self.translation.hypotheses, *self.conditions, *self.translation.defined]

    def ask(self, *formulas: Formula) -> tuple[str, z3.ModelRef | None]:
        """What a fresh solver says of formulas."""
        left = _left.get()
        if left is not None and left <= 0:
            return "unknown", None
        solver = self.translation.z3.SolverFor("QF_NRA")
        solver.set("rlimit", STEPS if left is None else min(STEPS, left))
        solver.add(*formulas)
        before = _steps(solver)
        found = str(solver.check())
        if found == "unknown" and solver.reason_unknown() == _INTERRUPTED:
            # z3 takes an interrupt for itself; whoever wants to stop gets no verdict instead
            raise KeyboardInterrupt
        if left is not None:
            _left.set(left - (_steps(solver) - before))
        return found, solver.model() if found == "sat" else None


def _steps(solver: z3.Solver) -> int:
    """The steps that z3 has taken so far, in all."""
    return next((int(count) for key, count in solver.statistics() if key == "rlimit count"), 0)


def _opened(statement: Term, notation: Notation, conditions: tuple[Term, ...]) -> _Question | None:
    """A statement for all real x, as one about a further name x."""
    while isinstance(statement, Bind) and statement.head == "forall":
        variable = statement.variable
        taken = {symbol.name for symbol in notation} | free_names(statement)
        name = fresh(variable, taken)
        match statement.domain:
            case Apply("reals", (Number(value),)) if value == 1:
                pass
            case Apply("interval"):
                conditions += (Apply("element", (Name(name), statement.domain)),)
            case _:
                break
        notation = notation.extended(Symbol(name, REAL))
        statement = substitute(statement.body, {variable: Name(name)})
    return _Question((statement,), notation, conditions)


def _decide(question: _Question) -> Verdict | None:
    terms = (*question.sides, *question.conditions)
    if any(map(_too_large, terms)):
        return None
    try:
        cases = _cases(question)
        return _proved(question, cases) if all(map(_faithful, cases)) else None
    except (Unsupported, Outside, TooLarge, TypeMismatch, NotationError, VocabularyError):
        return None


def _too_large(term: Term) -> bool:
    if depth(term) > DEEPEST_TERM or size(term) > LARGEST_TERM:
        return True
    radicals = {part for part in walk(term) if _is_radical(part)}
    relations = sum(isinstance(part, Apply) and part.head in RELATIONS for part in walk(term))
    if len(radicals) > MOST_RADICALS or relations > MOST_RELATIONS:
        return True
    return _nested_exponent(term) > LARGEST_NESTED_EXPONENT


def _is_radical(term: Term) -> bool:
    match term:
        case Apply("power", (_, Number(value))):
            return value.denominator > 1
    return isinstance(term, Apply) and term.head == "sqrt"


def _nested_exponent(term: Term) -> Fraction:
    """The largest product of exponents along a path: nested powers grow beyond memory."""
    inside = max(map(_nested_exponent, children(term)), default=Fraction(1))
    match term:
        case Apply("power", (_, Number(value))):
            return inside * max(abs(value), Fraction(1))
    return inside


def _cases(question: _Question) -> list[_Case]:
    """One case for each choice of signs under the roots that may be imaginary."""
    for roots in range(MOST_ROOTS + 1):
        try:
            return [_case(question, signs) for signs in product((True, False), repeat=roots)]
        except AnotherRoot:
            continue
    raise Unsupported("too many roots")


def _case(question: _Question, signs: tuple[bool, ...]) -> _Case:
    translation = Translation(question.notation, signs)
    sides = tuple(map(translation.truth, question.sides))
    return _Case(translation, sides, tuple(map(translation.truth, question.conditions)))


def _faithful(case: _Case) -> bool:
    """Whether what the translation took for granted follows from the hypotheses."""
    z3, translation = case.translation.z3, case.translation
    if not translation.owed:
        return True
    given = [*translation.hypotheses, *translation.facts, *case.conditions]
    return case.ask(*given, z3.Not(z3.And(*translation.owed)))[0] == "unsat"


def _proved(question: _Question, cases: list[_Case]) -> Verdict | None:
    satisfiable = False
    for case in cases:
        found, model = case.solve(case.translation.z3.Not(case.goal))
        if model is not None:
            return _refuted(question, case, model) or _refuted_one_way(question, case)
        if found != "unsat":
            return None
        satisfiable = satisfiable or case.solve(case.goal)[0] == "sat"
    if not satisfiable:
        return None
    split = f", in each of {len(cases)} cases for the signs under roots" if len(cases) > 1 else ""
    reason = f"The negation has no solution{split}; the statement itself has one."
    return Verdict(Status.PROVED, STAGE, SCOPE, reason)


# Refuting ----------------------------------------------------------------------------------------


def _refuted(question: _Question, case: _Case, model: z3.ModelRef) -> Verdict | None:
    """A refutation, if the model is near rational numbers at which it can be confirmed."""
    for values in _candidates(case, model):
        if _admissible(question, values) and _fails(question, case, values):
            shown = tuple((name, str(value)) for name, value in sorted(values.items()))
            left, right = _truth_values(case, values)
            reason = "The statement fails at the witness, by exact substitution."
            witness = Witness(shown, left, right)
            return Verdict(Status.REFUTED, STAGE, "at the witness", reason, witness=witness)
    return None


def _refuted_one_way(question: _Question, case: _Case) -> Verdict | None:
    """A refutation at numbers where a chosen one of two statements holds."""
    negated = case.translation.z3.Not
    if len(case.sides) == 2:
        left, right = case.sides
        for goals in ((left, negated(right)), (right, negated(left))):
            _, model = case.solve(*goals)
            if model is not None and (verdict := _refuted(question, case, model)):
                return verdict
    return None


def _candidates(case: _Case, model: z3.ModelRef) -> Iterator[dict[str, Fraction]]:
    """The model's numbers, rounded to ever larger denominators, and ten times as large."""
    exact = {
        name: _fraction(case, model.eval(variable, model_completion=True))
        for name, variable in case.translation.numbers.items()
    }
    seen = []
    for denominator in DENOMINATORS:
        values = {name: value.limit_denominator(denominator) for name, value in exact.items()}
        if values not in seen:
            seen.append(values)
            yield values
    if exact not in seen:
        yield exact
    for factor in (10, -10):
        yield {name: factor * value for name, value in seen[0].items()}


def _fraction(case: _Case, value: z3.ExprRef) -> Fraction:
    """A number of a model, or a rational number near it."""
    if case.translation.z3.is_algebraic_value(value):
        value = value.approx(20)
    return Fraction(value.numerator_as_long(), value.denominator_as_long())


def _admissible(question: _Question, values: Mapping[str, Fraction]) -> bool:
    """Whether the values lie in the declared domains."""
    for name, value in values.items():
        symbol = question.notation[name]
        if not symbol.domain.contains(value) or (symbol.type == INTEGER and value.denominator != 1):
            return False
    return True


def _fails(question: _Question, case: _Case, values: dict[str, Fraction]) -> bool:
    """Whether hypotheses hold and the statement does not, at these values.

    Decided by balls where they can; else by z3, from what is known of the functions there.
    """
    from numerics import balls
    from numerics.valuations import Valuation

    valuation = Valuation(question.notation, 0, values)

    def holds(statement: Term) -> bool | None:
        try:
            return balls.holds(statement, valuation, CHECK_PRECISION)
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            return None

    hypotheses = [holds(h) for h in (*question.notation.assumptions, *question.conditions)]
    sides = [holds(side) for side in question.sides]
    if all(hypotheses) and None not in sides:
        return sides == [False] or (len(sides) == 2 and sides[0] != sides[1])
    return all(map(holds, case.translation.left_out)) and _follows(case, values)


def _follows(case: _Case, values: Mapping[str, Fraction]) -> bool:
    """Whether z3 sees that, at these values, everything is defined and the statement fails."""
    z3 = case.translation.z3
    known = [*case.translation.knowledge(), *_fixed(case, values)]
    wanted = z3.And(*case.premises, z3.Not(case.goal))
    return case.ask(*known)[0] == "sat" and case.ask(*known, z3.Not(wanted))[0] == "unsat"


def _fixed(case: _Case, values: Mapping[str, Fraction]) -> list[Formula]:
    z3, numbers = case.translation.z3, case.translation.numbers
    return [numbers[name] == z3.RatVal(v.numerator, v.denominator) for name, v in values.items()]


def _truth_values(case: _Case, values: Mapping[str, Fraction]) -> tuple[str, str]:
    """The truth values of the two sides at a witness; a lone statement is set against "true"."""
    if len(case.sides) == 1:
        return "false", "true"
    holds = case.solve(case.sides[0], case.translation.z3.Not(case.sides[1]), *_fixed(case, values))
    return ("true", "false") if holds[0] == "sat" else ("false", "true")
