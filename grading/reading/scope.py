"""What is known while an answer is read: the question's names, what is bound, own abbreviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from grading.items import Formula
from grading.reading.errors import ReadError
from grading.reading.nodes import Node
from grading.reading.shapes import Meaning, Misfit, applied
from grading.reading.spellings import Table, key, near, table_of
from grading.reading.syntax import parse
from language.claims import Equality
from language.notation import Symbol
from language.terms import Apply, Bind, Name, Term, walk
from language.types import INTEGER, Array, Dimension, Function, Law, Scalar, Space, Type

__all__ = ["Budget", "Context", "Own", "Scope", "ShapeError", "Usage", "context_of"]

#: How many nodes are read for one answer at most, abbreviations written out.
BUDGET = 6_000
#: How deep abbreviations and brackets may stand inside one another.
DEPTH = 150


class ShapeError(ReadError):
    """An answer that is clear but for the sizes of its vectors and matrices, which do not fit."""


@dataclass(frozen=True, slots=True)
class Own:
    """An abbreviation of the student's own.

    Attributes:
        parameters: the keys of its arguments: subscript, superscript, between brackets.
        below: whether the subscript is an argument.
        above: whether the superscript is one.
        body: what it stands for.
    """

    parameters: tuple[str, ...]
    below: bool
    above: bool
    body: Node


@dataclass(slots=True)
class Budget:
    """How much may still be read; abbreviations of abbreviations grow fast."""

    text: str
    left: int = BUDGET
    depth: int = 0

    def spend(self, node: Node) -> None:
        """Count one node.

        Raises:
            ReadError: there is nothing left.
        """
        self.left -= 1
        if self.left < 0 or self.depth > DEPTH:
            raise ReadError(self.text, node.start, node.end, "expected a shorter answer")


@dataclass(frozen=True, slots=True)
class Usage:
    """What the question shows of its indices and arguments.

    Attributes:
        indices: free indices, and the size of what they run through.
        arguments: functions and places, and the size of what an index there runs through.
        usual: functions and places, and the arrays or names whose values stand there.
    """

    indices: Mapping[str, Dimension]
    arguments: Mapping[tuple[str, int], Dimension]
    usual: Mapping[tuple[str, int], tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What does not change while answers to one question are read."""

    formula: Formula
    table: Table
    allowed: frozenset[str]
    sizes: tuple[Dimension, ...]
    imaginary: bool
    usage: Usage


@lru_cache(maxsize=512)
def context_of(formula: Formula) -> Context:
    """The context of a question."""
    claim = formula.claim
    notation = claim.notation
    allowed = set(formula.names)
    for name in formula.names:
        symbol = notation.get(name)
        if symbol is not None:
            allowed.update(size for size in _sizes(symbol.type) if isinstance(size, str))
    written = (claim.closed_form, *formula.forms)
    complex_answer = claim.equality is Equality.MULTISET or any(
        isinstance(part, Apply) and part.head == "imaginary"
        for term in written
        for part in walk(term)
    )
    return Context(
        formula,
        table_of(notation, frozenset(allowed), parse),
        frozenset(allowed),
        _all_sizes(formula),
        complex_answer,
        _usage(formula),
    )


def _all_sizes(formula: Formula) -> tuple[Dimension, ...]:
    """The sizes of what may be named, and of what is written in the reference."""
    found: dict[Dimension, None] = {}
    notation = formula.claim.notation
    for name in sorted(formula.names):
        symbol = notation.get(name)
        if symbol is not None:
            found.update(dict.fromkeys(_sizes(symbol.type)))
    for part in walk(formula.claim.closed_form):
        if isinstance(part, Apply) and part.head in ("vector", "matrix"):
            found[len(part.args)] = None
    return tuple(found)


def _sizes(kind: Type) -> Iterator[Dimension]:
    match kind:
        case Array(shape):
            yield from shape
        case Law(element) | Space(element):
            yield from _sizes(element)
        case Function(arguments, result):
            for part in (*arguments, result):
                yield from _sizes(part)


# what the question shows of its indices ---------------------------------------------------------


@dataclass(slots=True)
class _Uses:
    formula: Formula
    indices: dict[str, Dimension] = field(default_factory=dict)
    arguments: dict[tuple[str, int], Dimension] = field(default_factory=dict)
    usual: dict[tuple[str, int], dict[str, None]] = field(default_factory=dict)

    def visit(self, term: Term, ranges: Mapping[str, Dimension], owner: str) -> None:
        """Note the uses in ``term``, which is the definition of ``owner`` if that is not empty."""
        match term:
            case Apply("entry", (Name(array), *places)):
                self.entry(array, places, ranges, owner)
            case Apply("call", (Name(function), *arguments)):
                for place, argument in enumerate(arguments):
                    self.argument(function, place, argument, ranges)
            case Bind("sum" | "product", variable, Apply("range", (_, Name(size))), body):
                self.visit(body, {**ranges, variable: size}, owner)
                return
        for part in _parts(term):
            self.visit(part, ranges, owner)

    def entry(
        self, array: str, places: list[Term], ranges: Mapping[str, Dimension], owner: str
    ) -> None:
        symbol = self.formula.claim.notation.get(array)
        if symbol is None or not isinstance(symbol.type, Array):
            return
        for place, size in zip(places, symbol.type.shape, strict=False):
            if not isinstance(place, Name) or place.name in ranges:
                continue
            parameters = self.parameters(owner)
            if place.name in parameters:
                self.arguments[owner, parameters.index(place.name)] = size
            elif place.name in self.formula.claim.notation:
                self.indices[place.name] = size

    def parameters(self, owner: str) -> tuple[str, ...]:
        symbol = self.formula.claim.notation.get(owner)
        return symbol.parameters if symbol is not None else ()

    def argument(
        self, function: str, place: int, argument: Term, ranges: Mapping[str, Dimension]
    ) -> None:
        match argument:
            case Name(name) if name in ranges:
                self.arguments.setdefault((function, place), ranges[name])
            case Name(name) | Apply("entry", (Name(name), _)):
                self.usual.setdefault((function, place), {})[name] = None


def _parts(term: Term) -> tuple[Term, ...]:
    match term:
        case Apply(_, args):
            return args
        case Bind(_, _, domain, body):
            return (domain, body)
    return ()


def _usage(formula: Formula) -> Usage:
    uses = _Uses(formula)
    claim = formula.claim
    for symbol in claim.notation:
        if symbol.definition is not None and isinstance(symbol.type, Function | Law):
            uses.visit(symbol.definition, {}, symbol.name)
    for term in (claim.defined, claim.closed_form, *formula.forms):
        uses.visit(term, {}, "")
    usual = {place: tuple(found) for place, found in uses.usual.items()}
    return Usage(uses.indices, uses.arguments, usual)


# scopes -----------------------------------------------------------------------------------------

Rule = Callable[["Scope", Node], tuple[Meaning, ...]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a node stands.

    Attributes:
        context: the question.
        rules: how each kind of node is read.
        budget: how much may still be read.
        bound: keys of bound variables, and what they are, the innermost last.
        ranges: names of bound indices, and the size of what they run through.
        own: the student's abbreviations.
    """

    context: Context
    rules: Mapping[str, Rule]
    budget: Budget
    bound: Mapping[str, Meaning] = field(default_factory=dict)
    ranges: Mapping[str, Dimension | None] = field(default_factory=dict)
    own: Mapping[str, tuple[Own, ...]] = field(default_factory=dict)

    def read(self, node: Node) -> tuple[Meaning, ...]:
        """What ``node`` may mean, the preferred reading first; never nothing.

        Raises:
            ReadError: it cannot be read.
        """
        self.budget.spend(node)
        rule = self.rules.get(node.kind)
        if rule is None:
            raise self.error(node, f"expected a formula, found {_KINDS.get(node.kind, node.kind)}")
        self.budget.depth += 1
        try:
            return rule(self, node)
        except Misfit as misfit:
            raise self.misfit(node, misfit) from None
        finally:
            self.budget.depth -= 1

    def values(self, node: Node) -> tuple[Meaning, ...]:
        """As :meth:`read`, with functions and densities taken at the one possible argument."""
        found = self.read(node)
        if all(isinstance(one.type, Scalar | Array) for one in found):
            return found
        return self.at_default(node, found)

    def at_default(self, node: Node, found: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
        """Functions and laws among ``found`` applied to the one argument that is possible."""
        values = tuple(value for one in found for value in self._value(one) if value is not None)
        if values:
            return values
        raise self.error(
            node,
            f"expected a number, found {self.excerpt(node)} without its argument",
            "write its argument in brackets",
        )

    def _value(self, one: Meaning) -> Iterator[Meaning | None]:
        match one.type:
            case Scalar() | Array():
                yield one
            case Law(element):
                point = self.default(element)
                yield point and applied("density", one, point)
            case Function((element,)):
                point = self.default(element)
                yield point and applied("call", one, point)

    def default(self, wanted: Type) -> Meaning | None:
        """The one name of a type that can be meant where an argument is left out."""
        for meaning in reversed(tuple(self.bound.values())):
            if meaning.type == wanted:
                return meaning
        notation = self.context.formula.claim.notation
        names = [
            name
            for name in sorted(self.context.formula.names)
            if name in notation and notation[name].type == wanted
        ]
        return Meaning(Name(names[0]), wanted) if len(names) == 1 else None

    def bind(self, node: Node, kind: Type, size: Dimension | None = None) -> tuple[Scope, str]:
        """A scope in which ``node`` is a variable of a type, and the variable's name in terms."""
        spelled = key(node)
        name = self._variable(spelled, kind)
        bound = {one: meaning for one, meaning in self.bound.items() if one != spelled}
        bound[spelled] = Meaning(Name(name), kind)
        ranges = {**self.ranges, name: size} if kind == INTEGER else self.ranges
        own = {one: found for one, found in self.own.items() if one != spelled}
        return replace(self, bound=bound, ranges=ranges, own=own), name

    def _variable(self, spelled: str, kind: Type) -> str:
        """The declared name that is spelled so, if its type is the same; else a new one."""
        for symbol in self.context.table.plain.get(spelled, ()):
            if symbol.type == kind:
                return symbol.name
        stem = "".join(c if c.isalnum() and c.isascii() else "_" for c in spelled) or "x"
        notation = self.context.formula.claim.notation
        name, number = stem, 0
        while (name in notation and notation[name].type != kind) or self._is_taken(name, spelled):
            number += 1
            name = f"{stem}_{number}"
        return name

    def _is_taken(self, name: str, spelled: str) -> bool:
        notation = self.context.formula.claim.notation
        if any(
            one != spelled and meaning.term == Name(name) for one, meaning in self.bound.items()
        ):
            return True
        return name in self.context.allowed and notation[name] not in self.context.table.plain.get(
            spelled, ()
        )

    def with_own(self, own: Mapping[str, tuple[Own, ...]]) -> Scope:
        """A scope with these abbreviations."""
        return replace(self, own=own)

    def with_meanings(self, meanings: Mapping[str, Meaning]) -> Scope:
        """A scope in which keys stand for given meanings: an abbreviation's arguments."""
        return replace(self, bound={**self.bound, **meanings})

    # what may be written

    def allows(self, symbol: Symbol) -> bool:
        """Whether the answer may use a symbol."""
        return symbol.name in self.context.allowed

    def head(self, node: Node, head: str) -> None:
        """Check that an unevaluated head may be used.

        Raises:
            ReadError: it would restate the question.
        """
        if head not in self.context.formula.heads:
            raise self.restates(node, head)

    def restates(self, node: Node, what: str) -> ReadError:
        """The error of an answer that leaves to be worked out what the question asks for."""
        words = what.replace("_", "-")
        return self.error(
            node, f"this restates the question: expected it worked out, found the {words} itself"
        )

    def unknown(self, node: Node, spelled: str) -> ReadError:
        """The error of a name that the question does not have, or not in its answer."""
        table = self.context.table
        if spelled in table.plain or spelled in table.patterns:
            return self.error(
                node,
                f"expected an answer without {self.excerpt(node)}, which may not occur in it",
                f"use only {self.known()}",
            )
        spellings = [one for one, found in table.plain.items() if self.allows(found[0])]
        close = near(spelled, spellings) if spellings else ""
        return self.error(
            node,
            f"there is no {self.excerpt(node)} here",
            f"did you mean {close}?"
            if close and close != ", ".join(spellings)
            else f"use only {self.known()}",
        )

    def known(self) -> str:
        """What an answer may use, in one line."""
        notation = self.context.formula.claim.notation
        names = [symbol.latex or symbol.name for symbol in notation if self.allows(symbol)]
        return ", ".join(name.replace("{}", "\\cdot") for name in names) or "numbers"

    # errors

    def excerpt(self, node: Node) -> str:
        """The text of a node, shortened."""
        text = " ".join(self.budget.text[node.start : node.end].split()) or node.value
        return text if len(text) <= 40 else f"{text[:37]}..."

    def error(self, node: Node, problem: str, suggestion: str = "") -> ReadError:
        """An error at a node."""
        return ReadError(self.budget.text, node.start, node.end, problem, suggestion)

    def misfit(self, node: Node, misfit: Misfit) -> ReadError:
        """Parts that do not fit together, at their node."""
        kind = ShapeError if misfit.shapes else ReadError
        return kind(self.budget.text, node.start, node.end, misfit.problem)


_KINDS = {
    "relation": "a statement",
    "words": "words",
    "where": "a remark",
    "sequence": "several parts",
    "nothing": "nothing",
    "plus_minus": "two values",
}
