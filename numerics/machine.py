"""The machine that evaluates terms at one valuation: names, environments, cells, exactness.

What each head of the vocabulary means stands in :mod:`numerics.heads`, laws in
:mod:`numerics.laws`. Definitions are lexically scoped: a binder does not reach into the definition
of a name. ``let`` and derivatives in a declared name do: they mean "at", and "by", this name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from flint import acb, acb_mat, fmpq, fmpq_mat

from language.notation import Symbol
from language.terms import Apply, Bind, Name, Number, Term
from language.types import INTEGER, Array, Function, Law
from numerics import arrays
from numerics.elementary import elementary, rational
from numerics.rings import Dual, Inexact, Polynomial, TooLarge, Unsupported
from numerics.valuations import Cell, Exact, Key, Space, Valuation, dependencies

__all__ = ["EXACT_BITS", "Ball", "Binder", "Bound", "Handler", "Items", "Kept", "Machine"]


@dataclass(frozen=True, slots=True)
class Items:
    """The members of a tuple, set or multiset."""

    kind: Literal["tuple", "set", "multiset"]
    members: tuple[Ball, ...]


Ball: TypeAlias = "acb | acb_mat | Items"


#: Nodes that one evaluation may visit at 128 bits; fewer at higher precision.
OPERATIONS = 200_000


#: The size in bits beyond which an exact number is no longer kept exact.
EXACT_BITS = 20_000


#: What a head or a binder means: its value from its arguments.
Handler: TypeAlias = "Callable[[Machine, tuple[Term, ...]], Any]"
Binder: TypeAlias = "Callable[[Machine, Bind], Any]"


@dataclass(slots=True)
class Bound:
    """A bound value with the term that it came from, to be evaluated exactly where that matters."""

    value: Any
    term: Term
    env: dict[str, Any]


@dataclass(slots=True)
class Kept:
    """Values of terms where no name has another value than at the start."""

    constants: dict[str, Any]
    values: dict[int, tuple[Term, Any]] = field(default_factory=dict)


class Machine:
    """Evaluates terms at one valuation and precision; keeps the values of names between terms.

    ``exact`` machines compute with ``fmpq`` and raise ``Inexact`` where a value is irrational.

    Args:
        valuation: where.
        precision: in bits, None for an exact machine.
        heads: what each head means.
        binders: what each binder means.
    """

    def __init__(
        self,
        valuation: Valuation,
        precision: int | None,
        heads: Mapping[str, Handler],
        binders: Mapping[str, Binder],
    ) -> None:
        self.valuation = valuation
        self.heads = heads
        self.binders = binders
        self.notation = valuation.notation
        self.exact = precision is None
        self.elementary = rational if self.exact else elementary
        self.allowed = OPERATIONS if precision is None else OPERATIONS * 128 // max(128, precision)
        self.left = self.allowed
        self.env: dict[str, Any] = {}
        self.constants: dict[str, Any] = {}
        self.overrides: list[tuple[str, Bound]] = []
        self.tables: dict[Any, Any] = {}
        self.slots = 0
        self.levels = 0
        #: Values of parts of terms that are evaluated together, by the parts' identities.
        self.kept: Kept | None = None
        self.coordinate_uses = 0
        self.zero: Any = self.field(0)
        self.one: Any = self.field(1)

    def field(self, numerator: int, denominator: int = 1) -> Any:
        """A rational number as this machine computes with it."""
        if self.exact:
            return fmpq(numerator, denominator)
        return acb(numerator) if denominator == 1 else acb(fmpq(numerator, denominator))

    def convert(self, value: Exact) -> Any:
        """A drawn value as this machine computes with it."""
        if isinstance(value, Fraction):
            return self.field(value.numerator, value.denominator)
        items = [self.field(x.numerator, x.denominator) for row in value for x in row]
        return arrays.pack(len(value), len(value[0]), items)

    def run(self, term: Term, env: dict[str, Any]) -> Any:
        """The value of ``term`` in an environment of its own."""
        outer, self.env = self.env, env
        try:
            return self.value(term)
        finally:
            self.env = outer

    def value(self, term: Term) -> Any:
        """The value of a term that is a number or an array."""
        self.left -= 1
        if self.left < 0:
            raise TooLarge(f"more than {self.allowed} operations")
        if isinstance(term, Apply):
            if self.kept is not None and not self.env and self.constants is self.kept.constants:
                return self.kept_value(term, self.kept)
            result = self.heads[term.head](self, term.args)
            if self.exact:
                self.check(result)
            return result
        if isinstance(term, Name):
            return self.name(term.name)
        if isinstance(term, Number):
            number = term.value
            return self.field(number.numerator, number.denominator)
        if isinstance(term, Bind):
            return self.binders[term.head](self, term)
        raise Unsupported(f"expected a term, found {type(term).__name__}")

    def kept_value(self, term: Apply, kept: Kept) -> Any:
        """The value of a term outside all binders, which is worked out once."""
        found = kept.values.get(id(term))
        if found is None:
            result = self.heads[term.head](self, term.args)
            # The term is kept too, for the identity of what is gone may be given again.
            found = kept.values[id(term)] = (term, result)
        return found[1]

    def check(self, result: Any) -> None:
        """Stop exact computation with numbers that grow."""
        numbers = arrays.entries(result) if isinstance(result, fmpq | fmpq_mat) else ()
        if any(x.height_bits() > EXACT_BITS for x in numbers):
            raise Inexact

    def name(self, name: str) -> Any:
        """The value of a name, bound or declared, as a number or an array."""
        found = self.env.get(name)
        if found is None:
            found = self.constants.get(name)
            return self.constant(name) if found is None else found
        if type(found) is Bound:
            if self.exact and not isinstance(found.value, fmpq | fmpq_mat | Cell):
                return self.run(found.term, found.env)
            found = found.value
        if type(found) is int:
            return self.field(found)
        if type(found) is Cell:
            return self.coordinates(found)
        if self.exact and _has_balls(found):
            raise Inexact
        return found

    def constant(self, name: str) -> Any:
        """The value of a declared name, by its definition where it has one."""
        symbol = self.notation[name]
        if symbol.definition is not None:
            value = self.defined(symbol, symbol.definition)
        elif name in self.valuation.values:
            value = self.convert(self.valuation.values[name])
        else:
            raise Unsupported(f"{name} has no value of its own")
        self.constants[name] = value
        return value

    def defined(self, symbol: Symbol, definition: Term) -> Any:
        """The value of a name by its definition; of an array, entry by entry."""
        if not symbol.parameters:
            if isinstance(symbol.type, Law | Function):
                raise Unsupported(f"{symbol.name} is not a number")
            return self.run(definition, {})
        if not isinstance(symbol.type, Array):
            raise Unsupported(f"{symbol.name} has no value without its arguments")
        rows, columns = self.valuation.shape(symbol.type)
        places = itertools.product(range(1, rows + 1), range(1, columns + 1))
        items = [
            self.run(definition, dict(zip(symbol.parameters, place, strict=False)))
            for place in places
        ]
        return arrays.pack(rows, columns, items)

    def coordinates(self, cell: Cell) -> Any:
        """The coordinates of a cell, as a number or a vector."""
        self.coordinate_uses += 1
        key = ("point", cell)
        if key not in self.tables:
            items = [self.field(x.numerator, x.denominator) for x in cell.point]
            self.tables[key] = arrays.pack(len(items), 1, items)
        return self.tables[key]

    def weight(self, cell: Cell) -> Any:
        """The weight of a cell."""
        key = ("weight", cell)
        if key not in self.tables:
            self.tables[key] = self.field(cell.weight.numerator, cell.weight.denominator)
        return self.tables[key]

    def exactly(self, term: Term) -> Any:
        """The exact value of ``term`` here, or None where it is not seen to be rational."""
        exact = self if self.exact else self.companion()
        saved, left, prior = exact.constants, exact.left, self.left
        exact.left = max(0, prior)
        try:
            for name, bound in self.overrides if exact is not self else ():
                exact.override(name, exact.run(bound.term, bound.env))
            value = exact.run(term, self.env)
            return value if isinstance(value, fmpq | fmpq_mat) else None
        except (Inexact, Unsupported, TooLarge):
            return None
        finally:
            self.left = prior if exact is self else exact.left
            exact.constants = saved
            if exact is not self:
                exact.left = left

    def companion(self) -> Machine:
        """The exact machine of the same valuation."""
        memory = self.valuation.memory
        if ("machine", None) not in memory:
            memory["machine", None] = Machine(self.valuation, None, self.heads, self.binders)
        found: Machine = memory["machine", None]
        return found

    def vanishes(self, term: Term) -> bool:
        """Whether a term is exactly zero, or a matrix exactly singular."""
        value = self.exactly(term)
        return value is not None and not arrays.is_array(value) and value == 0

    def override(self, name: str, value: Any) -> None:
        """Give a declared name another value, in definitions too."""
        kept = {
            k: v for k, v in self.constants.items() if name not in dependencies(self.notation, k)
        }
        kept[name] = value
        self.constants = kept

    @contextmanager
    def at(self, name: str, value: Any, bound: Bound | None = None) -> Iterator[None]:
        """Within: ``name`` has ``value``, whether it is bound or declared."""
        env, constants = self.env, self.constants
        if name in env or name not in self.notation:
            self.env = {**env, name: bound if bound is not None else value}
        else:
            self.override(name, value)
            if bound is not None:
                self.overrides.append((name, bound))
        pushed = self.constants is not constants and bound is not None
        try:
            yield
        finally:
            self.env, self.constants = env, constants
            if pushed:
                self.overrides.pop()

    def index(self, term: Term) -> int:
        """The value of a term that is an integer."""
        if isinstance(term, Number):
            value = term.value
            if value.denominator == 1:
                return value.numerator
        elif isinstance(term, Name):
            found = self.env.get(term.name)
            if type(found) is int:
                return found
        exact = self.exactly(term)
        if isinstance(exact, fmpq) and exact.q == 1:
            return int(exact.p)
        raise Unsupported("an index that is not seen to be an integer")

    def point(self, term: Term) -> Any:
        """The value of an argument: a cell where it is one, else as :meth:`value`."""
        if isinstance(term, Name):
            found = self.env.get(term.name)
            if type(found) is Bound:
                found = found.value
            if type(found) is Cell or type(found) is int:
                return found
        if isinstance(term, Apply) and term.head == "call":
            self.left -= 1
            return self.application(term.args)
        return self.value(term)

    def application(self, args: tuple[Term, ...]) -> Any:
        """The value of an application; a cell where the function maps cells to cells."""
        symbol, kind = self.function(args[0])
        if len(args) - 1 != len(kind.arguments):
            raise Unsupported(f"{symbol.name} takes {len(kind.arguments)} arguments")
        if symbol.definition is not None:
            env = self.environment(symbol, kind, args[1:])
            outer, self.env = self.env, env
            try:
                return self.point(symbol.definition)
            finally:
                self.env = outer
        keys = self.keys(kind, args[1:])
        memo = (symbol.name, keys)
        if memo not in self.tables:
            value = self.valuation.apply(symbol.name, keys)
            self.tables[memo] = value if isinstance(value, Cell) else self.convert(value)
        return self.tables[memo]

    def key(self, term: Term, space: Space) -> Key:
        """An argument of a table."""
        found = self.point(term)
        if isinstance(found, Cell):
            return found
        if type(found) is int:
            return self.valuation.locate(space, (Fraction(found),))
        if any(isinstance(x, Dual) for x in arrays.entries(found)):
            raise Unsupported("a derivative of a function without definition")
        exact = found if self.exact else self.exactly(term)
        if not isinstance(exact, fmpq | fmpq_mat):
            raise Unsupported("a function without definition at a point that is not rational")
        point = tuple(Fraction(int(x.p), int(x.q)) for x in arrays.entries(exact))
        return self.valuation.locate(space, point)

    def argument(self, term: Term, integer: bool) -> Any:
        """What a parameter is bound to."""
        if integer:
            return self.index(term)
        found = self.point(term)
        if isinstance(found, Cell | int):
            return found
        return Bound(found, term, self.env)

    def function(self, term: Term) -> tuple[Symbol, Function]:
        """The declared function that is applied, and its type."""
        if not isinstance(term, Name):
            raise Unsupported("only a declared function can be applied")
        symbol = self.notation[term.name]
        if not isinstance(symbol.type, Function):
            raise Unsupported(f"{term.name} is not a function")
        return symbol, symbol.type

    def environment(self, symbol: Symbol, kind: Function, args: Sequence[Term]) -> dict[str, Any]:
        """The environment of a definition: its parameters, and nothing else."""
        return {
            parameter: self.argument(arg, wanted == INTEGER)
            for parameter, wanted, arg in zip(symbol.parameters, kind.arguments, args, strict=True)
        }

    def keys(self, kind: Function, args: Sequence[Term]) -> tuple[Key, ...]:
        """The arguments of a function without definition."""
        return tuple(
            self.key(arg, self.valuation.space(wanted))
            for wanted, arg in zip(kind.arguments, args, strict=True)
        )

    def plain(self, point: Any) -> Any:
        """A point as a number or vector."""
        if isinstance(point, Bound):
            point = point.value
        if isinstance(point, Cell):
            return self.coordinates(point)
        return self.field(point) if type(point) is int else point

    def key_of_bound(self, bound: Bound, space: Space) -> Key:
        """A bound value as an argument of a table."""
        outer, self.env = self.env, bound.env
        try:
            return self.key(bound.term, space)
        finally:
            self.env = outer

    def variables(self, rows: int, columns: int) -> Any:
        """An array of fresh polynomial variables."""
        first = self.slots
        self.slots += rows * columns
        items = [Polynomial.variable(slot, self.one) for slot in range(first, self.slots)]
        return arrays.pack(rows, columns, items)

    def settled(self, value: Any) -> Any:
        """A polynomial without variables as a number."""
        if isinstance(value, Polynomial) and not any(value.terms):
            return value.terms.get(0, self.zero)
        return value

    def positive(self, value: Any) -> bool:
        """Whether a number is seen to be real and positive."""
        if isinstance(value, fmpq):
            return bool(value > 0)
        return isinstance(value, acb) and value.imag == 0 and value.real > 0


def _has_balls(value: Any) -> bool:
    """Whether a value, which another machine may have bound, has ``acb`` in it."""
    if isinstance(value, Polynomial):
        return any(isinstance(x, acb) for x in value.terms.values())
    if isinstance(value, arrays.Entries):
        return any(map(_has_balls, value.items))
    if isinstance(value, Dual):
        return _has_balls(value.value) or _has_balls(value.slope)
    return isinstance(value, acb | acb_mat)
