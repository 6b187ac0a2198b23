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

__all__ = ["Answer", "Choice", "Derivation", "Fact", "Solution", "Step"]


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
class Answer:
    """A gradable answer: the derivation of its reference, and other forms proved equal to it.

    Attributes:
        id: the catalogue's id of the answer within its question.
        derivation: from the question's definition to the reference.
        forms: equivalent forms, each to be proved equal to the reference.
    """

    id: str
    derivation: Derivation
    forms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A gradable choice: the option, and the facts and measurements that decide it."""

    id: str
    option: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A further claim that the text relies on; ``holds`` False: it must be refuted."""

    claim: Claim
    holds: bool = True


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
        figures: names of functions of ``reports.figures``.
    """

    notation: Notation
    answers: tuple[Answer, ...] = ()
    choices: tuple[Choice, ...] = ()
    lemmas: tuple[Derivation, ...] = ()
    facts: tuple[Fact, ...] = ()
    formulas: Mapping[str, Term] = field(default_factory=lambda: MappingProxyType({}))
    experiments: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
