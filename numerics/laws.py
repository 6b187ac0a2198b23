"""Laws at a valuation: their densities, expectations and integrals.

What an expectation is worth:

- under a law without definition, a sum over the cells of its space, exactly;
- under a normal law, exact moments of a body that is a polynomial in the variable, and under a
  Bernoulli law too, with enumeration as the fallback;
- an integral over the real line of normal densities times polynomials, exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from flint import acb, fmpq

from language.notation import Symbol
from language.terms import Apply, Name, Term
from language.types import Law as LawType
from numerics import arrays
from numerics.machine import Bound, Machine
from numerics.rings import (
    Dual,
    Inexact,
    Undefined,
    Unsupported,
    bernoulli_moment,
    integrate,
    normal_moment,
    quotient,
)
from numerics.tables import supports, tabular
from numerics.valuations import Cell, Key, Space

__all__ = [
    "Bernoulli",
    "Mixture",
    "density",
    "expect",
    "integral",
    "linear",
    "resolve",
    "space_of",
]

#: The most entries of a mask whose outcomes are enumerated.
ENUMERATED = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A law without definition; ``given`` are the arguments of a conditional law."""

    name: str
    given: tuple[Key, ...]
    space: Space


@dataclass(frozen=True, slots=True)
class Defined:
    """A law by its density; ``space`` is its space."""

    parameter: str
    density: Term
    env: dict[str, Any]
    space: Space


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal law, by mean and variances: numbers, vectors of one length, or a covariance."""

    mean: Any
    variance: Any


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """Independent 0/1 entries with these means."""

    mean: Any


@dataclass(frozen=True, slots=True)
class Dirac:
    """A point mass."""

    point: Any


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights and laws, in pairs."""

    parts: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Pushforward:
    """The law of a declared function of a draw."""

    function: str
    base: Any


def space_of(law: Any) -> Space:
    """The space of a resolved law."""
    if isinstance(law, Table | Defined):
        return law.space
    if isinstance(law, Normal):
        rows, columns = arrays.shape(law.mean)
        return rows * columns
    if isinstance(law, Mixture):
        return space_of(law.parts[0][1])
    raise Unsupported("the space of this law")


def resolve(machine: Machine, term: Term) -> Any:
    """A term that stands for a law, resolved."""
    match term:
        case Name(name):
            symbol = machine.notation[name]
            if not isinstance(symbol.type, LawType):
                raise Unsupported(f"{name} is not a law")
            return _named(machine, symbol, symbol.type, (), {})
        case Apply("call", (function, *args)):
            symbol, kind = machine.function(function)
            if not isinstance(kind.result, LawType):
                raise Unsupported(f"{symbol.name} does not give a law")
            if symbol.definition is None:
                return _named(machine, symbol, kind.result, machine.keys(kind, args), {})
            return _named(machine, symbol, kind.result, (), machine.environment(symbol, kind, args))
        case Apply("normal", (mean, variance)):
            spread = machine.value(variance)
            widths = arrays.entries(spread)
            if _is_covariance(spread):
                widths = [row[k] for k, row in enumerate(_triangle(machine, spread))]
            for width in widths:
                if isinstance(width, acb | fmpq) and acb(width).real <= 0:
                    raise Undefined("a normal law needs positive variances")
            return Normal(machine.value(mean), spread)
        case Apply("bernoulli", (mean,)):
            return Bernoulli(machine.value(mean))
        case Apply("dirac", (point,)):
            return Dirac(machine.argument(point, integer=False))
        case Apply("mixture", args):
            parts = zip(args[::2], args[1::2], strict=True)
            return Mixture(tuple((machine.value(w), resolve(machine, part)) for w, part in parts))
        case Apply("pushforward", (Name(name), base)):
            return Pushforward(name, resolve(machine, base))
    raise Unsupported("expected a law")


def _named(
    machine: Machine, symbol: Symbol, kind: LawType, given: tuple[Key, ...], env: dict[str, Any]
) -> Any:
    if symbol.definition is None:
        return Table(symbol.name, given, machine.valuation.space(kind.element))
    points = [p for p in symbol.parameters if p not in env]
    if not points:
        outer, machine.env = machine.env, env
        try:
            return resolve(machine, symbol.definition)
        finally:
            machine.env = outer
    space = machine.valuation.space(kind.element)
    return Defined(points[0], symbol.definition, env, space)


def density(machine: Machine, law: Any, point: Any) -> Any:
    """The density of a law at a cell, a bound value or a value."""
    if isinstance(law, Table):
        return _table_density(machine, law, point)
    if isinstance(law, Defined):
        return machine.run(law.density, {**law.env, law.parameter: point})
    if isinstance(law, Normal):
        return _normal_density(machine, law, machine.plain(point))
    if isinstance(law, Mixture):
        parts = [arrays.multiply(w, density(machine, part, point)) for w, part in law.parts]
        return reduce(arrays.add, parts)
    if isinstance(law, Bernoulli):
        return _bernoulli_mass(machine, law, machine.plain(point))
    if isinstance(law, Pushforward):
        return _pushed_density(machine, law, point)
    raise Unsupported("a point mass has no density")


def _table_density(machine: Machine, law: Table, point: Any) -> Any:
    if isinstance(point, Bound):
        point = machine.key_of_bound(point, law.space)
    if type(point) is int:
        point = machine.valuation.locate(law.space, (Fraction(point),))
    if not isinstance(point, Cell | tuple):
        raise Unsupported("a law without definition at a point that is not rational")
    memo = ("density", law.name, law.given, point)
    if memo not in machine.tables:
        value = machine.valuation.density(law.name, law.given, point)
        machine.tables[memo] = machine.convert(value)
    return machine.tables[memo]


def _is_covariance(spread: Any) -> bool:
    """Whether the variance of a normal law is a matrix."""
    rows, columns = arrays.shape(spread)
    return rows == columns > 1


def _triangle(machine: Machine, covariance: Any) -> list[list[Any]]:
    """The lower triangular L with L L^T the covariance."""
    if machine.exact:
        raise Inexact
    size, _ = arrays.shape(covariance)
    items = arrays.entries(covariance)
    lower: list[list[Any]] = []
    for i in range(size):
        row: list[Any] = []
        for j in range(i + 1):
            rest = items[i * size + j]
            for a, b in zip(row, lower[j] if j < i else row, strict=False):
                rest = rest - a * b
            if j < i:
                row.append(quotient(rest, lower[j][j]))
            elif isinstance(rest, acb) and not rest.real > 0:
                raise Undefined("a covariance matrix that is not seen to be positive definite")
            else:
                row.append(machine.elementary("sqrt", rest))
        lower.append(row)
    return lower


def _covariant_density(machine: Machine, law: Normal, point: Any) -> Any:
    gap = arrays.add(point, arrays.negative(law.mean))
    weighed = arrays.multiply(arrays.inverse(law.variance), gap)
    square = arrays.multiply(arrays.transpose(gap), weighed)
    size, _ = arrays.shape(law.mean)
    scale = arrays.determinant(law.variance) * (acb.pi() * 2) ** size
    exponent = machine.elementary("exp", square * machine.field(-1, 2))
    return quotient(exponent, machine.elementary("sqrt", scale))


def _normal_density(machine: Machine, law: Normal, point: Any) -> Any:
    if machine.exact:
        raise Inexact
    if _is_covariance(law.variance):
        return _covariant_density(machine, law, point)
    centres, widths = arrays.entries(law.mean), arrays.entries(law.variance)
    places = arrays.entries(point)
    if not len(centres) == len(widths) == len(places):
        raise Unsupported("a normal law whose mean and variance have different shapes")
    exponent: Any = machine.zero
    scale: Any = machine.one
    for x, m, v in zip(places, centres, widths, strict=True):
        exponent = exponent - quotient((x - m) ** 2, v * 2)
        scale = scale * v * acb.pi() * 2
    return quotient(machine.elementary("exp", exponent), machine.elementary("sqrt", scale))


def _bernoulli_mass(machine: Machine, law: Bernoulli, point: Any) -> Any:
    total: Any = machine.one
    means = itertools.cycle(arrays.entries(law.mean))
    for x, p in zip(arrays.entries(point), means, strict=False):
        if x != 0 and x != 1:
            raise Unsupported("the mass of a Bernoulli law elsewhere than at 0 and 1")
        total = total * (p if x == 1 else 1 - p)
    return total


def _pushed_density(machine: Machine, law: Pushforward, point: Any) -> Any:
    symbol = machine.notation[law.function]
    if isinstance(point, Cell):
        total = machine.zero
        for cell in machine.valuation.cells(space_of(law.base)):
            image = _image(machine, law.function, cell)
            if not isinstance(image, Cell) or image.space != point.space:
                raise Unsupported(f"the density of a law pushed forward by {law.function}")
            if image is point:
                mass = density(machine, law.base, cell) * machine.weight(cell)
                total = total + mass / machine.weight(point)
        return total
    if symbol.inverse is None or not isinstance(point, Bound):
        raise Unsupported(f"the density of a law pushed forward by {law.function}")
    backward = machine.notation[symbol.inverse]
    there = Apply("call", (Name(symbol.inverse), point.term))
    base = Bound(machine.run(there, point.env), there, point.env)
    stretch = Apply("determinant", (Apply("call", (Name(backward.jacobian or ""), point.term)),))
    turned = machine.elementary("absolute", machine.run(stretch, point.env))
    return density(machine, law.base, base) * turned


def _image(machine: Machine, function: str, cell: Cell) -> Any:
    """The value of a function at a cell: a cell, or a bound value."""
    outer, machine.env = machine.env, {"x": cell}
    try:
        return machine.argument(Apply("call", (Name(function), Name("x"))), integer=False)
    finally:
        machine.env = outer


def expect(
    machine: Machine,
    law: Any,
    body: Callable[[Any], Any],
    on_cells: bool,
    supported: bool,
    shape: Any = None,
) -> Any:
    """The expectation of ``body``, a function of the point.

    Args:
        law: a resolved law.
        body: gives the value at a point: a cell, a polynomial variable, a bound value.
        on_cells: whether the body or the law is known on cells only.
        supported: whether the body has a factor that may be thought of as zero off the cells.
        shape: for a Bernoulli law, rows and columns of the variable.
    """
    if isinstance(law, Table):
        return _over_cells(
            machine, law.space, lambda c: arrays.multiply(density(machine, law, c), body(c))
        )
    if isinstance(law, Mixture):
        parts = [
            arrays.multiply(w, expect(machine, part, body, on_cells, supported, shape))
            for w, part in law.parts
        ]
        return reduce(arrays.add, parts)
    if isinstance(law, Dirac):
        return body(law.point)
    if isinstance(law, Bernoulli):
        return _over_bits(machine, law, body, shape)
    if isinstance(law, Pushforward):
        return _pushed_expectation(machine, law, body, on_cells, supported)

    def weighed(point: Any) -> Any:
        return arrays.multiply(density(machine, law, point), body(point))

    if isinstance(law, Defined):
        inside = tabular(law.density, machine.notation)
        held = supported or supports(law.density, law.parameter, machine.notation)
        return integral(machine, law.space, weighed, on_cells or inside, held)
    if on_cells:
        return integral(machine, space_of(law), weighed, on_cells, supported)
    return _over_normal(machine, law, body)


def _pushed_expectation(
    machine: Machine, law: Pushforward, body: Callable[[Any], Any], on_cells: bool, supported: bool
) -> Any:
    symbol, _ = machine.function(Name(law.function))

    def there(point: Any) -> Any:
        outer, machine.env = machine.env, {"x": point}
        try:
            call = Apply("call", (Name(symbol.name), Name("x")))
            image = machine.argument(call, integer=False)
        finally:
            machine.env = outer
        return body(image)

    return expect(machine, law.base, there, on_cells or symbol.definition is None, supported)


def _over_cells(machine: Machine, space: Space, body: Callable[[Cell], Any]) -> Any:
    """The sum of ``body`` times the weight over the cells of a space."""
    total: Any = None
    for cell in machine.valuation.cells(space):
        part = arrays.multiply(machine.weight(cell), body(cell))
        total = part if total is None else arrays.add(total, part)
    return total


def integral(
    machine: Machine, space: Space, body: Callable[[Any], Any], on_cells: bool, supported: bool
) -> Any:
    """The integral of ``body``, a function of the point, over a space; see :func:`expect`."""
    if not on_cells:
        return _over_line(machine, space, body)
    before = machine.coordinate_uses
    total = _over_cells(machine, space, body)
    if machine.coordinate_uses > before and not supported:
        raise Unsupported("an integral of formulas over a space that cells stand for")
    return total


def _over_line(machine: Machine, space: Space, body: Callable[[Any], Any]) -> Any:
    """An integral of Gaussians over Euclidean space."""
    if space == "integers":
        raise Unsupported("a sum over all integers")
    first = machine.slots
    point = machine.variables(space, 1)
    try:
        value = body(point)
    finally:
        machine.slots = first
    for slot in reversed(range(first, first + space)):
        value = linear(machine, partial(integrate, slot=slot, positive=machine.positive), value)
    return linear(machine, machine.settled, value)


def _over_normal(machine: Machine, law: Normal, body: Callable[[Any], Any]) -> Any:
    if _is_covariance(law.variance):
        return _over_covariant(machine, law, body)
    means, variances = arrays.entries(law.mean), arrays.entries(law.variance)
    if len(means) != len(variances):
        raise Unsupported("a normal law whose mean and variance have different shapes")
    first = machine.slots
    point = machine.variables(*arrays.shape(law.mean))
    try:
        value = body(point)
    finally:
        machine.slots = first
    for place, (mean, variance) in enumerate(zip(means, variances, strict=True)):
        moment = partial(normal_moment, slot=first + place, mean=mean, variance=variance)
        value = linear(machine, moment, value)
    return linear(machine, machine.settled, value)


def _over_covariant(machine: Machine, law: Normal, body: Callable[[Any], Any]) -> Any:
    """E of f(x) as E of f(m + L e) with independent standard normal e."""
    lower = arrays.entries(law.mean), _triangle(machine, law.variance)
    first, size = machine.slots, len(lower[0])
    try:
        draws = arrays.entries(machine.variables(size, 1))
        place = [
            reduce(lambda x, y: x + y, [mean, *(a * e for a, e in zip(row, draws, strict=False))])
            for mean, row in zip(*lower, strict=True)
        ]
        value = body(arrays.pack(size, 1, place))
    finally:
        machine.slots = first
    for slot in range(first, first + size):
        moment = partial(normal_moment, slot=slot, mean=machine.zero, variance=machine.one)
        value = linear(machine, moment, value)
    return linear(machine, machine.settled, value)


def _over_bits(machine: Machine, law: Bernoulli, body: Callable[[Any], Any], shape: Any) -> Any:
    """E over independent 0/1 entries: the body is made linear in each, or enumerated."""
    if arrays.is_array(law.mean):
        shape = arrays.shape(law.mean)
    rows, columns = shape or (1, 1)
    count, means = rows * columns, itertools.cycle(arrays.entries(law.mean))
    first = machine.slots
    point = machine.variables(rows, columns)
    try:
        value = body(point)
        for slot, mean in zip(range(first, first + count), means, strict=False):
            value = linear(machine, partial(bernoulli_moment, slot=slot, mean=mean), value)
    except Unsupported:
        if count > ENUMERATED:
            raise
        return _enumerated(machine, law, body, rows, columns)
    finally:
        machine.slots = first
    return linear(machine, machine.settled, value)


def _enumerated(
    machine: Machine, law: Bernoulli, body: Callable[[Any], Any], rows: int, columns: int
) -> Any:
    total: Any = None
    for bits in itertools.product((0, 1), repeat=rows * columns):
        outcome = arrays.pack(rows, columns, [machine.field(bit) for bit in bits])
        part = arrays.multiply(_bernoulli_mass(machine, law, outcome), body(outcome))
        total = part if total is None else arrays.add(total, part)
    return total


def linear(machine: Machine, functional: Callable[[Any], Any], value: Any) -> Any:
    """A linear functional of a value: of its entries, and of a dual's two parts."""
    if arrays.is_array(value):
        return arrays.each(lambda v: linear(machine, functional, v), value)
    if isinstance(value, Dual):
        slope = machine.zero if isinstance(value.slope, int) else value.slope
        epsilon = Dual(value.level, machine.zero, machine.one)
        return (
            linear(machine, functional, value.value) + linear(machine, functional, slope) * epsilon
        )
    return functional(value)
