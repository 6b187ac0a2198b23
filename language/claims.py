"""Claims and verdicts: what is said to hold, and how it is known to."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from language.notation import Notation
from language.terms import Term

__all__ = ["Claim", "Equality", "Status", "Verdict", "Witness"]


class Equality(enum.Enum):
    """In what sense the two sides of a claim agree."""

    EXACT = "exact"
    UP_TO_CONSTANT = "up to a constant"
    MULTISET = "as multisets"
    CONDITION = "as conditions"


@dataclass(frozen=True, slots=True)
class Claim:
    """``defined`` (as the question defines the quantity) equals ``closed_form``.

    Attributes:
        name: how the claim is referred to.
        notation: what the names in it mean.
        defined: the quantity as defined, which numerical checks sample.
        closed_form: what it is claimed to be.
        equality: the sense in which they agree.
        constant_in: for ``UP_TO_CONSTANT``, the names that the constant may not depend on.
        conditions: statements assumed to hold, beyond the notation's domains.
    """

    name: str
    notation: Notation
    defined: Term
    closed_form: Term
    equality: Equality = Equality.EXACT
    constant_in: tuple[str, ...] = ()
    conditions: tuple[Term, ...] = ()


class Status(enum.Enum):
    """How much is known of a claim."""

    PROVED = "proved"
    REFUTED = "refuted"
    STATISTICAL = "statistical"
    EVIDENCE = "evidence"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Witness:
    """A valuation at which the two sides of a claim are seen to differ.

    Attributes:
        values: name and exact value, as text, of each free name.
        left: a ball that encloses the left side there.
        right: a ball that encloses the right side there, disjoint from ``left``.
    """

    values: tuple[tuple[str, str], ...]
    left: str
    right: str

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {value}" for name, value in self.values)
        return (
            f"at {where}: {self.left} against {self.right}"
            if where
            else (f"{self.left} against {self.right}")
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about a claim, and how.

    Attributes:
        status: PROVED, REFUTED, STATISTICAL, EVIDENCE or UNDECIDED.
        stage: the stage that decided ("scalar normal form", "balls", ...).
        scope: for what it was decided ("for all n, d; wherever both sides are defined").
        reason: one sentence on how.
        witness: for REFUTED, where the sides differ, if a point was found.
        alpha: for STATISTICAL, the probability of a false alarm.
        epsilon: for STATISTICAL, the largest error left open.
        digits: for EVIDENCE, the decimal digits of agreement.
        valuations: how many valuations were tried.
    """

    status: Status
    stage: str
    scope: str
    reason: str
    witness: Witness | None = None
    alpha: float | None = None
    epsilon: float | None = None
    digits: int | None = None
    valuations: int = 0

    @property
    def settled(self) -> bool:
        """Whether the verdict is a proof, one way or the other."""
        return self.status in (Status.PROVED, Status.REFUTED)

    def __str__(self) -> str:
        text = f"{self.status.name} by {self.stage}: {self.reason} Scope: {self.scope}."
        return f"{text} Witness {self.witness}." if self.witness else text
