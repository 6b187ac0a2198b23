"""Building a derivation: each link applies a rule to the term before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from derivations.derivation import Derivation, Step
from language.claims import Claim, Equality
from language.notation import Notation
from language.terms import Term

__all__ = ["Chain"]

P = ParamSpec("P")


class Chain:
    """A derivation under construction, from a defined quantity onwards.

    >>> from language.terms import lift
    >>> def double_minus(term):
    ...     return -(-term)
    >>> chain = Chain("x", Notation(), lift(1), "What is asked.")
    >>> chain.then("Twice the sign.", double_minus).derivation().steps[1].rule
    'double_minus'
    """

    def __init__(self, name: str, notation: Notation, defined: Term, reason: str) -> None:
        self._name = name
        self._notation = notation
        self._steps = [Step(defined, "definition", reason)]
        self._conditions: tuple[Term, ...] = ()

    @property
    def term(self) -> Term:
        """What the last rule produced."""
        return self._steps[-1].term

    def under(self, *conditions: Term) -> Chain:
        """Side conditions of the next steps and of the claim."""
        self._conditions += conditions
        return self

    def then(
        self,
        reason: str,
        rule: Callable[Concatenate[Term, P], Term],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Chain:
        """Apply ``rule`` to the last term; raises ValueError where the rule changes nothing."""
        produced = rule(self.term, *args, **kwargs)
        name = getattr(rule, "__name__", type(rule).__name__)
        if produced == self.term:
            raise ValueError(f"{self._name}: the rule {name} found nothing to rewrite")
        self._steps.append(Step(produced, name, reason, self._conditions))
        return self

    def derivation(self, equality: Equality = Equality.EXACT) -> Derivation:
        """The chain so far; its last term is the claim's closed form."""
        first, last = self._steps[0].term, self._steps[-1].term
        claim = Claim(
            self._name, self._notation, first, last, equality, conditions=self._conditions
        )
        return Derivation(claim, tuple(self._steps))
