"""Conventions: the ways in which the same question may be written, and how to change between them.

What sigma is, what multiplies a penalty, which probability dropout's is, sums or means, the base
of logarithms. A topic follows one option of each kind and lists the others that make sense as
:class:`~derivations.derivation.Convention`; :func:`adapt` rewrites a solution into one of those.
Nothing is taken over from the proofs of the topic: the rewritten chain is checked like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from derivations.derivation import Answer, Convention, Derivation, Fact, Solution, Step
from derivations.rules.conventions import (
    NotInvertible,
    divide_each_term,
    in_symbols,
    replace_symbols,
    scale,
    solve,
)
from language.claims import Claim, Equality
from language.notation import Notation
from language.terms import Apply, Name, Number, Term, free_names, walk

__all__ = [
    "KINDS",
    "ConventionError",
    "Kind",
    "Variant",
    "adapt",
    "conventions_of",
    "in_force",
    "own_option",
]


class ConventionError(ValueError):
    """A convention is unknown, not offered, or cannot be carried out; the message is one line."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a convention is about, and its options, each in words that need no formula."""

    words: str
    options: Mapping[str, str]


#: Every kind with its options, the most usual first.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "spread": Kind(
            "what sigma is",
            {
                "standard-deviation": "sigma is the standard deviation",
                "variance": "sigma is the variance",
            },
        ),
        "penalty": Kind(
            "what multiplies the penalty",
            {
                "lambda": "the coefficient itself multiplies the penalty",
                "lambda/2": "half of the coefficient multiplies the penalty",
                "lambda/n": "the coefficient over the number of examples multiplies the penalty",
            },
        ),
        "dropout": Kind(
            "which probability is given for dropout",
            {
                "keep": "the probability is that of keeping a unit",
                "drop": "the probability is that of dropping a unit",
            },
        ),
        "reduction": Kind(
            "how the loss is put together from those of the examples",
            {
                "sum": "the loss is the sum over the examples",
                "mean": "the loss is the mean over the examples",
            },
        ),
        "logarithm": Kind(
            "the base of logarithms",
            {
                "natural": "logarithms are natural, and information is measured in nats",
                "binary": "information is measured in bits, with logarithms to base two",
            },
        ),
        "gamma": Kind(
            "what multiplies the gradient penalty",
            {
                "gamma": "the weight itself multiplies the gradient penalty",
                "gamma/2": "half of the weight multiplies the gradient penalty",
            },
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A solution, ``topic.function``, in the conventions that a sheet asks for (kind, option).

    ``own`` is the solution itself where a sheet states it, and no topic has it.
    """

    solution: str
    conventions: tuple[tuple[str, str], ...] = ()
    own: Solution | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if not self.conventions:
            return self.solution
        return f"{self.solution} ({', '.join(option for _, option in self.conventions)})"


def own_option(solution: Solution, kind: str) -> str | None:
    """What the topic itself follows: the first option that it does not list as another.

    None where it lists nothing of that kind, so that it makes no difference.
    """
    listed = {c.option for c in solution.conventions if c.kind == kind}
    if not listed:
        return None
    return next((option for option in KINDS[kind].options if option not in listed), None)


def in_force(solution: Solution, wanted: Mapping[str, str]) -> dict[str, str]:
    """Those of the wanted conventions that change this solution.

    Raises:
        ConventionError: the solution knows the kind, but not the option.
    """
    found = {}
    for kind, option in wanted.items():
        offered = {c.option for c in solution.conventions if c.kind == kind}
        own = own_option(solution, kind)
        if own is None or option == own:
            continue
        if option not in offered:
            known = " and ".join([own, *sorted(offered)])
            raise ConventionError(f"{kind} can be {known} here, not {option}")
        found[kind] = option
    return found


def conventions_of(solution: Solution) -> tuple[Mapping[str, str], ...]:
    """Every other way of writing the question, those with the fewest changes first.

    Each is what :func:`adapt` takes; the solution's own conventions are not among them.
    """
    kinds = dict.fromkeys(c.kind for c in solution.conventions)
    choices = [[None, *(c for c in solution.conventions if c.kind == kind)] for kind in kinds]
    found = [
        {c.kind: c.option for c in combination if c is not None}
        for combination in itertools.product(*choices)
    ]
    return tuple(sorted((one for one in found if one), key=len))


# ------------------------------------------------------------------ rewriting a solution


def adapt(solution: Solution, options: Mapping[str, str]) -> Solution:
    """The solution rewritten in other conventions, each of which it must list.

    Definition, steps, forms, facts, formulas and definitions of the notation are rewritten alike,
    by the rules of :mod:`derivations.rules.conventions`. Nothing about the result is assumed: it
    is to be checked like a solution that a topic returns.

    Raises:
        ConventionError: it is not listed, or cannot be carried out.
    """
    for kind, option in options.items():
        found = [c for c in solution.conventions if (c.kind, c.option) == (kind, option)]
        if not found:
            raise ConventionError(f"the convention {kind} = {option!r} is not offered here")
        try:
            solution = _Adapter(solution, found[0]).solution()
        except NotInvertible as error:
            raise ConventionError(f"{kind} = {option!r} cannot be carried out: {error}") from None
    return solution


class _Adapter:
    """Rewrites one solution by one convention."""

    def __init__(self, solution: Solution, convention: Convention) -> None:
        self.before = solution
        self.convention = convention
        self.values = convention.replace
        self.words = f"Here {KINDS[convention.kind].options[convention.option]}."

    def solution(self) -> Solution:
        before = self.before
        others = tuple(self.other(c) for c in before.conventions if c.kind != self.convention.kind)
        return replace(
            before,
            notation=self.notation(before.notation),
            answers=tuple(self.answer(answer) for answer in before.answers),
            lemmas=tuple(self.derivation(lemma, lemma.claim.name, "") for lemma in before.lemmas),
            facts=tuple(self.fact(fact) for fact in before.facts),
            formulas=MappingProxyType(dict(self.formulas())),
            conventions=others,
        )

    def formulas(self) -> Iterator[tuple[str, Term]]:
        for name, term in self.before.formulas.items():
            yield name, self.divided(self.term(term), name)
        for name, value in self.values.items():
            if name in self.before.notation and name not in self.before.formulas:
                yield name, value  # where the text names the symbol, it means what it did

    def other(self, convention: Convention) -> Convention:
        """What is left to choose, in the new symbols."""
        values = {name: self.term(value) for name, value in convention.replace.items()}
        for name in values.keys() & self.values.keys():
            values[name] = solve(self.values[name], name, values[name])
        factors = {name: self.term(value) for name, value in convention.scale.items()}
        return replace(convention, replace=values, scale=factors)

    def answer(self, answer: Answer) -> Answer:
        accepts = answer.accepts
        factor = self.convention.scale.get(answer.id)
        if accepts is not None:
            accepts = self.term(accepts)
            if factor is not None:
                accepts = replace_symbols(accepts, {"answer": Name("answer") / factor})
        return replace(
            answer,
            derivation=self.derivation(answer.derivation, answer.id, f" {self.words}"),
            forms=tuple(
                dict.fromkeys(self.divided(self.term(form), answer.id) for form in answer.forms)
            ),
            accepts=accepts,
        )

    def derivation(self, derivation: Derivation, name: str, words: str) -> Derivation:
        """The chain rewritten, its scale ``name``'s; ``words`` join its first reason."""
        steps = [
            replace(
                step,
                term=self.scaled(self.term(step.term), name),
                conditions=tuple(map(self.term, step.conditions)),
            )
            for step in derivation.steps
        ]
        if any(new != old for new, old in zip(steps, derivation.steps, strict=True)):
            steps[0] = replace(steps[0], reason=steps[0].reason + words)
        last = steps[-1]
        divided = self.divided(self.term(derivation.steps[-1].term), name)
        if divided != last.term:
            reason = "The factor in front goes into every term."
            steps.append(Step(divided, divide_each_term.__name__, reason, last.conditions))
        claim = self.claim(derivation.claim, name, steps[0].term, steps[-1].term)
        return Derivation(claim, tuple(_without_repetition(steps)))

    def fact(self, fact: Fact) -> Fact:
        claim = fact.claim
        defined = self.scaled(self.term(claim.defined), claim.name)
        closed_form = self.divided(self.term(claim.closed_form), claim.name)
        return replace(fact, claim=self.claim(claim, claim.name, defined, closed_form))

    def claim(self, claim: Claim, name: str, defined: Term, closed_form: Term) -> Claim:
        if claim.equality is Equality.CONDITION and name in self.convention.scale:
            raise ConventionError(f"{name} is a statement and cannot be scaled")
        return replace(
            claim,
            notation=self.notation(claim.notation, name),
            defined=defined,
            closed_form=closed_form,
            conditions=tuple(map(self.term, claim.conditions)),
        )

    def notation(self, notation: Notation, scaled: str = "") -> Notation:
        """The notation with rewritten definitions, domains and assumptions, and what comes in."""
        touched = [name for name in self.values if name in notation]
        coming = {n for name in touched for n in free_names(self.values[name])}
        if scaled in self.convention.scale:
            coming |= free_names(self.convention.scale[scaled])
        new = []
        for name in sorted(coming):
            if name not in notation:
                if name not in self.before.notation:
                    raise ConventionError(f"{name!r} is not declared in the question's notation")
                new.append(self.before.notation[name])
        symbols = (*notation.symbols, *new)
        return Notation(
            tuple(in_symbols(symbol, self.values) for symbol in symbols),
            tuple(map(self.term, notation.assumptions)),
        )

    def term(self, term: Term) -> Term:
        return replace_symbols(term, self.values)

    def scaled(self, term: Term, name: str) -> Term:
        factor = self.convention.scale.get(name)
        return term if factor is None else scale(term, factor)

    def divided(self, term: Term, name: str) -> Term:
        """The scaled term; a division that does not cancel is carried out in each of its terms."""
        scaled = self.scaled(term, name)
        match self.convention.scale.get(name):
            case Apply("divide", (Number(value), divisor)) if value == 1:
                if divisor in walk(scaled):
                    return divide_each_term(term, divisor)
        return scaled


def _without_repetition(steps: list[Step]) -> Iterator[Step]:
    """The steps without those that, once rewritten, repeat the one before."""
    before = None
    for step in steps:
        if before is None or step.term != before:
            yield step
        before = step.term
