"""What a topic hands over: derivations, facts and the formulas its template prints.

A :class:`Derivation` is a chain from a definition to a closed form. Each :class:`Step` was produced
by a named rule; the provers of :mod:`numerics` decide every neighbouring pair afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from language.claims import Claim
from language.notation import Notation
from language.terms import Term

__all__ = ["Answer", "Choice", "Convention", "Derivation", "Fact", "Mistake", "Solution", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain.

    Attributes:
        term: what the rule produced. Neighbouring terms are equal; where they are statements,
            they are equivalent.
        rule: the name of the rule that produced it, its function's name in ``derivations.rules``;
            "definition" for the first step.
        reason: why, in one Markdown sentence without formulas of its own.
        conditions: the side conditions under which the step holds.
    """

    term: Term
    rule: str
    reason: str
    conditions: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """A chain of steps from ``claim.defined`` to ``claim.closed_form``."""

    claim: Claim
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer that the question expects.

    Attributes:
        fact: the name of the fact, refuted, whose right side it is; its left side is the answer's
            definition or reference.
        words: what went wrong, to the student, in one sentence that does not give the answer away.
        deduction: the points that it costs; None where the question does not say.
    """

    fact: str
    words: str
    deduction: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A gradable answer: the derivation of its reference, and other forms proved equal to it.

    Attributes:
        id: the catalogue's id of the answer within its question.
        derivation: from the question's definition to the reference.
        forms: equivalent forms, each to be proved equal to the reference.
        accepts: where any answer with a property counts, that property: a statement in which the
            name ``answer`` stands for what is handed in. None: the answer must equal the reference.
        asks: what is asked, in a few words that do not give the answer away.
        also: what a student may use in an answer beside the names, and the unevaluated heads such
            as ``expectation``, that occur in the reference and the forms: further names of the
            claim's notation, and further heads.
        mistakes: wrong answers that the question expects.
    """

    id: str
    derivation: Derivation
    forms: tuple[Term, ...] = ()
    accepts: Term | None = None
    asks: str = ""
    also: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


#: The options of a statement.
TRUE_OR_FALSE: Mapping[str, tuple[str, ...]] = MappingProxyType({"true": (), "false": ()})


@dataclass(frozen=True, slots=True)
class Choice:
    """A gradable choice: the option, and the facts and measurements that decide it.

    Attributes:
        id: the catalogue's id of the choice within its question.
        option: the right one of ``options``.
        because: names of the facts, lemmas and measurements that decide it.
        asks: what is asked, in a few words that do not give the answer away.
        options: the options, and in what other words each may be chosen, in lower case. True and
            false, yes and no can always be written in the usual ways.
    """

    id: str
    option: str
    because: tuple[str, ...]
    asks: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: TRUE_OR_FALSE)


@dataclass(frozen=True, slots=True)
class Fact:
    """A further claim that the text relies on; ``holds`` False: it must be refuted."""

    claim: Claim
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Convention:
    """Another way of writing the same question, which a sheet may ask for.

    Attributes:
        kind: what it is about, a key of ``derivations.conventions.KINDS`` ("penalty").
        option: one of that kind's options ("lambda/2").
        replace: what takes the place of each name: ``{"lambda": Name("lambda") / 2}``.
        scale: by an answer's id, the factor by which it and its definition are multiplied
            ("the mean, not the sum": ``{"loss-l2": 1 / Name("n")}``).
    """

    kind: str
    option: str
    replace: Mapping[str, Term] = field(default_factory=lambda: MappingProxyType({}))
    scale: Mapping[str, Term] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Solution:
    """Everything a question's page says, before it is checked.

    Attributes:
        notation: the names used in ``formulas``.
        answers: the gradable formulas, in the order of the catalogue.
        choices: the gradable choices.
        lemmas: further derivations that the page shows, by the name of their claim.
        facts: further claims that the page relies on, remarks and errata included.
        formulas: expressions (never statements) that the text mentions, by name.
        experiments: names of modules of ``numerics.experiments`` whose results the page shows.
        studies: names of modules of ``numerics.studies`` that measure at length what the page
            says; each belongs to one solution.
        figures: names of functions of ``reports.figures``.
        conventions: the other conventions in which the question can be asked. What the topic
            itself follows is the option of that kind that is not listed.
    """

    notation: Notation
    answers: tuple[Answer, ...] = ()
    choices: tuple[Choice, ...] = ()
    lemmas: tuple[Derivation, ...] = ()
    facts: tuple[Fact, ...] = ()
    formulas: Mapping[str, Term] = field(default_factory=lambda: MappingProxyType({}))
    experiments: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    conventions: tuple[Convention, ...] = ()
