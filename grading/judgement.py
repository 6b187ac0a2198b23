"""What is said about an answer, and how it was reached."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from language.latex import to_latex
from language.notation import Notation
from language.terms import Term

__all__ = ["Counterexample", "Diagnosis", "Grade", "Judgement", "Understood"]


class Grade(enum.Enum):
    """Only CORRECT and INCORRECT may score by themselves; both rest on a proof."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    INVALID = "invalid"
    UNSURE = "unsure"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Where an answer fails: exact values of the names, and what both sides are there.

    Attributes:
        values: names and simple rational values, as text.
        answer: the value of the answer there.
        expected: the value that is right there.
        words: what else is to be said ("they differ in later digits"), mostly nothing.
        place: which part of the two sides is shown ("in component 2"), empty for the whole.
    """

    values: tuple[tuple[str, str], ...]
    answer: str
    expected: str
    words: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A mistake that was proved to be the one: undoing it makes the answer right.

    Attributes:
        kind: "sign", "factor", "missing-term", "swapped-arguments", "convention", ...
        words: one sentence to the student that does not reveal the reference.
        deduction: the points that it costs, where the question says so.
    """

    kind: str
    words: str
    deduction: int | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """An answer as it was read; printed when it is asked for, which is not always."""

    term: Term
    notation: Notation

    def __str__(self) -> str:
        """The term in LaTeX."""
        return to_latex(self.term, self.notation)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """To another process it is handed as text."""
        return str, (str(self),)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one answer.

    Attributes:
        id: the full id of what was answered.
        answer: the text as it was handed in.
        grade: the verdict.
        stage: what decided it: a prover, "balls", "types and shapes", "reader", "option" ...
        scope: for what it was decided ("for all n and d; wherever both sides are defined").
        feedback: to the student, one or a few sentences.
        reading: the answer as it was read, or as LaTeX already; empty where it could not be read.
        witness: where the answer fails, for INCORRECT.
        diagnosis: the mistake, where it could be proved.
        position: for INVALID, start and end of the trouble in ``answer``.
        suggestion: for INVALID, what to write instead.
        milliseconds: the time it took, reading included.
    """

    id: str
    answer: str
    grade: Grade
    stage: str
    scope: str = ""
    feedback: str = ""
    reading: str | Understood = ""
    witness: Counterexample | None = None
    diagnosis: Diagnosis | None = None
    position: tuple[int, int] | None = None
    suggestion: str = ""
    milliseconds: float = 0.0

    @property
    def understood(self) -> str:
        """The answer as it was read, in LaTeX; empty where it could not be read."""
        return str(self.reading)
