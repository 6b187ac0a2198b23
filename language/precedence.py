"""What the LaTeX and the text printer share: how tightly parts bind, signs, sums, chains."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term
from language.vocabulary import validate

__all__ = ["Level", "Printed", "Printer", "chain", "factors", "split_sign", "summands"]


class Level(enum.IntEnum):
    """What a printed formula looks like from outside, from loosest to tightest."""

    ANY = 0
    IMPLICATION = 1
    DISJUNCTION = 2
    CONJUNCTION = 3
    RELATION = 4
    SUM = 10
    #: starts with a minus sign
    SIGNED = 15
    ENTRYWISE = 16
    #: a prefix operator whose scope is open on the right: nothing may follow in a product
    OPEN = 18
    PRODUCT = 20
    #: closed, and may be a factor, but not the base of a power
    CLOSED = 30
    #: carries an exponent
    POWER = 32
    ATOM = 40


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed formula and how tightly it binds."""

    text: str
    level: Level = Level.ATOM


def split_sign(term: Term) -> tuple[bool, Term]:
    """Whether ``term`` prints with a leading minus, and what follows the minus.

    >>> split_sign(Number(Fraction(-3)))
    (True, Number(value=Fraction(3, 1)))
    """
    match term:
        case Apply("negative", (inner,)):
            return True, inner
        case Number(value) if value < 0:
            return True, Number(-value)
        case Apply("divide", (above, below)):
            minus, positive = split_sign(above)
            return (True, Apply("divide", (positive, below))) if minus else (False, term)
        case Apply("multiply", (first, *rest)) if rest:
            minus, positive = split_sign(first)
            if not minus:
                return False, term
            factors = rest if first == Number(Fraction(-1)) else [positive, *rest]
            whole = Apply("multiply", tuple(factors)) if len(factors) > 1 else factors[0]
            return True, whole
    return False, term


def summands(term: Term) -> list[Term]:
    """The summands of nested sums, in order."""
    if isinstance(term, Apply) and term.head == "add":
        return [part for arg in term.args for part in summands(arg)]
    return [term]


def factors(parts: Iterable[Term]) -> list[Term]:
    """The factors of nested products, in order; one that prints with a minus stays whole."""
    flat: list[Term] = []
    for part in parts:
        if isinstance(part, Apply) and part.head == "multiply" and not split_sign(part)[0]:
            flat.extend(factors(part.args))
        else:
            flat.append(part)
    return flat


class Printer(ABC):
    """Prints terms over a notation; the two printers say how each kind of node looks."""

    __slots__ = ("notation",)

    def __init__(self, notation: Notation) -> None:
        self.notation = notation

    @abstractmethod
    def number(self, term: Number) -> Printed:
        """A number."""

    @abstractmethod
    def name(self, name: str) -> str:
        """A name."""

    @abstractmethod
    def apply(self, term: Apply) -> Printed:
        """An application whose head is not a sum."""

    @abstractmethod
    def bind(self, term: Bind) -> Printed:
        """A binder."""

    def parenthesized(self, text: str) -> str:
        """``text`` in parentheses."""
        return f"({text})"

    def at(self, term: Term, least: Level) -> str:
        """``term``, in parentheses if it binds less tightly than ``least``."""
        printed = self.print(term)
        return printed.text if printed.level >= least else self.parenthesized(printed.text)

    def free(self, term: Term) -> str:
        """``term`` where nothing around it can be misread."""
        return self.print(term).text

    def listed(self, terms: Iterable[Term]) -> str:
        """Terms with commas between them."""
        return ", ".join(map(self.free, terms))

    def print(self, term: Term) -> Printed:
        """``term`` and how tightly it binds."""
        match term:
            case Number():
                return self.number(term)
            case Name(name):
                return Printed(self.name(name))
            case Bind():
                validate(term)
                return self.bind(term)
            case Apply(head):
                validate(term)
                if head in ("add", "negative") or split_sign(term)[0]:
                    return self.sum(term)
                return self.apply(term)
        raise TypeError(f"expected a term, found {type(term).__name__}")

    def sum(self, term: Apply) -> Printed:
        """A sum, with each summand's sign in front of it."""
        text = ""
        parts = summands(term)
        for part in parts:
            minus, rest = split_sign(part)
            printed = self.at(rest, Level.ENTRYWISE)
            if text:
                text += f" - {printed}" if minus else f" + {printed}"
            else:
                text = f"-{printed}" if minus else printed
        return Printed(text, Level.SUM if len(parts) > 1 else Level.SIGNED)


_ASCENDING = frozenset(("less", "less_equal", "equal"))
_DESCENDING = frozenset(("greater", "greater_equal", "equal"))


def chain(conditions: tuple[Term, ...]) -> list[list[Apply | Term]]:
    """Neighbouring relations that share a side, such as 0 < p and p < 1, in groups."""
    groups: list[list[Apply | Term]] = []
    for condition in conditions:
        if groups and _continues(groups[-1], condition):
            groups[-1].append(condition)
        else:
            groups.append([condition])
    return groups


def _continues(group: list[Apply | Term], condition: Term) -> bool:
    last = group[-1]
    if not (isinstance(last, Apply) and isinstance(condition, Apply)):
        return False
    heads = {part.head for part in (*group, condition) if isinstance(part, Apply)}
    return (
        (heads <= _ASCENDING or heads <= _DESCENDING)
        and heads != {"equal"}
        and last.args[1] == condition.args[0]
    )
