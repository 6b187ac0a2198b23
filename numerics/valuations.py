"""Valuations: exact rational values for the free names of a notation.

A valuation satisfies types, domains, traits and assumptions. Sizes are drawn too. A space, such as
the real line, is stood for by a few weighted cells, shared by all laws and functions on it: an
integral is a finite sum, a law a table of densities with sum(p_k dx_k) = 1, and a diffeomorphism F
a permutation of the cells with |det J_F| = dx_F(k) / dx_k. Whatever holds for all laws and flows by
these facts holds at every valuation, exactly. Names with a definition are not drawn.

Draws are stratified by seed: 0 is simple and positive, 1 negative, 2 of mixed signs, 3 small or
near a boundary, 4 large, and from 5 on each name is drawn from its own stratum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any, Literal, TypeAlias

from flint import fmpq, fmpq_mat

from language.notation import Notation, NotationError, Symbol
from language.terms import Apply, Name, Number, Term, free_names
from language.types import INTEGER, REALS, Array, Function, Interval, Law, Scalar, Type

__all__ = [
    "Cell",
    "Exact",
    "Key",
    "Rows",
    "Valuation",
    "ValuationError",
    "admissible",
    "dependencies",
    "describe",
    "draw",
]

Rows: TypeAlias = "tuple[tuple[Fraction, ...], ...]"
#: A number, or the rows of an array; a vector has rows of one.
Exact: TypeAlias = "Fraction | Rows"
#: The dimension of a real space, or the integers.
Space: TypeAlias = "int | Literal['integers']"

#: How often a draw is repeated until it satisfies the assumptions.
ATTEMPTS = 400


class ValuationError(ValueError):
    """No valuation was found that satisfies the notation's assumptions."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell of a space: its place, its coordinates and its weight dx."""

    space: Space
    place: int
    point: tuple[Fraction, ...]
    weight: Fraction


#: An argument of a table: a cell, or the coordinates of a point outside the cells.
Key: TypeAlias = "Cell | tuple[Fraction, ...]"


@dataclass(frozen=True)
class Valuation:
    """Exact values of the free names of a notation.

    Numbers and arrays are drawn at once; cells, laws and functions when they are first asked for,
    each from a generator of its own, so that the order of asking does not matter.

    Attributes:
        notation: the names.
        seed: which valuation this is.
        values: the numbers, sizes included, and the arrays.
        memory: what was drawn or computed at this valuation since.
        count: how many cells a space has; 0 for three or four.
    """

    notation: Notation
    seed: int
    values: Mapping[str, Exact]
    memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    count: int = 0

    def size(self, dimension: int | str) -> int:
        """A size as an integer."""
        if isinstance(dimension, int):
            return dimension
        value = self.values.get(dimension)
        if not isinstance(value, Fraction) or value.denominator != 1:
            raise NotationError(f"expected a size, found {dimension!r}")
        return value.numerator

    def shape(self, kind: Type) -> tuple[int, int]:
        """Rows and columns of a number, vector or matrix."""
        match kind:
            case Scalar():
                return 1, 1
            case Array((rows,)):
                return self.size(rows), 1
            case Array((rows, columns)):
                return self.size(rows), self.size(columns)
        raise NotationError("expected a number or an array")

    def space(self, element: Type) -> Space:
        """The space in which points of a type lie."""
        if element == Scalar("integer"):
            return "integers"
        rows, columns = self.shape(element)
        return rows * columns

    def cells(self, space: Space) -> tuple[Cell, ...]:
        """The cells of a space, three or four if not said, with weights that are not all equal."""
        key = ("cells", space)
        if key not in self.memory:
            self.memory[key] = tuple(self._cells(space))
        found: tuple[Cell, ...] = self.memory[key]
        return found

    def _cells(self, space: Space) -> Iterator[Cell]:
        count = self.count or 3 + self.seed % 2
        if space == "integers":
            for place in range(count):
                yield Cell(space, place, (Fraction(place + 1),), Fraction(1))
            return
        random = self._random("cells", space)
        weights = _distinct(
            random, count, lambda: Fraction(random.randint(1, 7), random.randint(1, 4))
        )
        firsts = _distinct(
            random, count, lambda: Fraction(random.randint(-9, 9), random.randint(1, 4))
        )
        for place in range(count):
            rest = (Fraction(random.randint(-9, 9), random.randint(1, 3)) for _ in range(space - 1))
            yield Cell(space, place, (firsts[place], *rest), weights[place])

    def locate(self, space: Space, point: tuple[Fraction, ...]) -> Key:
        """The cell with these coordinates, or the coordinates themselves."""
        for cell in self.cells(space):
            if cell.point == point:
                return cell
        return point

    def density(self, law: str, given: tuple[Key, ...], point: Key) -> Fraction:
        """The density at ``point`` of a law without definition (``given``: its parameters)."""
        if not isinstance(point, Cell):
            random = self._random("density", law, *given, point)
            return _number(random, Interval(Fraction(0)), self._stratum(random))
        key = ("law", law, given, point.space)
        if key not in self.memory:
            random = self._random(*key)
            cells = self.cells(point.space)
            masses = _distinct(random, len(cells), lambda: Fraction(random.randint(1, 12)))
            if self.seed % 8 == 3:
                masses[random.randrange(len(cells))] /= 1000
            total = sum(masses)
            self.memory[key] = [m / (total * c.weight) for m, c in zip(masses, cells, strict=True)]
        table: list[Fraction] = self.memory[key]
        return table[point.place]

    def apply(self, name: str, keys: tuple[Key, ...]) -> Exact | Cell:
        """The value of a function without definition; a cell where it maps cells to cells."""
        key = ("function", name, keys)
        if key not in self.memory:
            self.memory[key] = self._apply(self.notation[name], keys)
        value: Exact | Cell = self.memory[key]
        return value

    def _apply(self, symbol: Symbol, keys: tuple[Key, ...]) -> Exact | Cell:
        kind = symbol.type
        if not isinstance(kind, Function):
            raise NotationError(f"expected a function, found {symbol.name!r}")
        if "diffeomorphism" in symbol.traits:
            return self._flow(symbol, keys[0])
        for flow in self.notation:
            if flow.jacobian == symbol.name and "diffeomorphism" in flow.traits:
                return self._jacobian(flow, keys[0])
        if isinstance(kind.result, Array) and len(keys) == 1 and isinstance(keys[0], Cell):
            space = self.space(kind.result)
            return self.cells(space)[self._permuted(symbol.name, keys[0].place)]
        random = self._random("function", symbol.name, *keys)
        if isinstance(kind.result, Array):
            return self._array(random, symbol, *self.shape(kind.result))
        return _scalar(random, symbol.domain, kind.result, self._stratum(random))

    def _permuted(self, name: str, place: int, backward: bool = False) -> int:
        """The place to which a function maps a cell's place: a permutation, not the identity."""
        count = len(self.cells(1))
        order = list(range(count))
        self._random("permutation", name).shuffle(order)
        if order == sorted(order):
            order = order[1:] + order[:1]
        return order.index(place) if backward else order[place]

    def _pair(self, symbol: Symbol) -> tuple[Symbol, bool]:
        """Which of a diffeomorphism and its inverse is drawn, and whether it is the other one."""
        if symbol.inverse is None or symbol.inverse not in self.notation:
            return symbol, False
        other = self.notation[symbol.inverse]
        first = min(symbol.name, other.name)
        return (symbol, False) if symbol.name == first else (other, True)

    def _flow(self, symbol: Symbol, key: Key) -> Exact | Cell:
        forward, backward = self._pair(symbol)
        if isinstance(key, Cell):
            return self.cells(key.space)[self._permuted(forward.name, key.place, backward)]
        known = self.memory.get(("image", symbol.name, key))
        if known is None:
            random = self._random("flow", symbol.name, key)
            known = tuple(Fraction(random.randint(-999, 999), 97) for _ in key)
            # Its inverse must lead back.
            if symbol.inverse is not None:
                self.memory["image", symbol.inverse, known] = key
        value: tuple[Fraction, ...] = known
        return tuple((x,) for x in value) if len(value) > 1 else value[0]

    def _jacobian(self, flow: Symbol, key: Key) -> Exact:
        forward, backward = self._pair(flow)
        if backward:
            return _inverse(self._jacobian(forward, self._image(flow, key)))
        if isinstance(key, Cell):
            image = self.cells(key.space)[self._permuted(forward.name, key.place)]
            stretch, size = image.weight / key.weight, len(key.point)
        else:
            size = len(key)
            stretch = Fraction(self._random("stretch", flow.name, key).randint(2, 30), 7)
        if self.seed % 2:
            stretch = -stretch
        return _with_determinant(self._random("jacobian", flow.name, key), size, stretch)

    def _image(self, flow: Symbol, key: Key) -> Key:
        value = self.apply(flow.name, (key,))
        if isinstance(value, Cell):
            return value
        return (value,) if isinstance(value, Fraction) else tuple(row[0] for row in value)

    def _array(self, random: Random, symbol: Symbol, rows: int, columns: int) -> Exact:
        value = _array(random, symbol, rows, columns, self._stratum(random))
        return value[0][0] if rows == columns == 1 else value

    def _stratum(self, random: Random) -> str:
        return _stratum(self.seed, random)

    def _random(self, *key: object) -> Random:
        words = (f"{k.space}@{k.place}" if isinstance(k, Cell) else str(k) for k in key)
        return Random(f"{self.seed}|" + "|".join(words))


def draw(notation: Notation, seed: int, names: frozenset[str] | None = None) -> Valuation:
    """A valuation of the free names of ``notation``; the same for the same seed.

    Args:
        notation: types, domains, traits and assumptions.
        seed: 0, 1, 2, ...; see the module for what each draws.
        names: draw only these, what their definitions use, what assumptions join to them, and
            the sizes. All names if None.

    Raises:
        ValuationError: if no draw satisfies the assumptions.
    """
    # balls evaluate assumptions, and know valuations: this way round is the rarer one.
    from numerics.balls import holds

    wanted, assumptions = _relevant(notation, names)
    bounds = [bound for name in sorted(wanted) for bound in _declared_bounds(notation[name])]
    for attempt in range(ATTEMPTS):
        valuation = Valuation(notation, seed, _values(notation, wanted, seed, attempt))
        valuation = _solved(valuation, assumptions)
        if all(_satisfied(holds, assumption, valuation) for assumption in assumptions) and not any(
            _violated(holds, bound, valuation) for bound in bounds
        ):
            return valuation
    raise ValuationError(
        f"expected values that satisfy the {len(assumptions)} assumptions of the notation, found "
        f"none in {ATTEMPTS} draws; state them so that drawn values meet them more often"
    )


def admissible(valuation: Valuation) -> bool:
    """Whether chosen values satisfy the assumptions, and the declared domains of what is defined.

    That the values lie in the domains of their own names is for whoever chose them.
    """
    from numerics.balls import holds

    notation = valuation.notation
    bounds = (bound for symbol in notation for bound in _declared_bounds(symbol))
    try:
        return all(
            _satisfied(holds, assumption, valuation) for assumption in notation.assumptions
        ) and not any(_violated(holds, bound, valuation) for bound in bounds)
    except ValuationError:
        return False


def _declared_bounds(symbol: Symbol) -> Iterator[Term]:
    """That a defined number lies in its declared domain, which restricts what it stands on."""
    if symbol.definition is None or not isinstance(symbol.type, Scalar):
        return
    if symbol.domain.lower is not None:
        yield Apply("less", (Number(symbol.domain.lower), Name(symbol.name)))
    if symbol.domain.upper is not None:
        yield Apply("less", (Name(symbol.name), Number(symbol.domain.upper)))


def _violated(holds: Any, bound: Term, valuation: Valuation) -> bool:
    """Whether a bound is seen to fail; where it cannot be evaluated, it is taken to hold."""
    try:
        return holds(bound, valuation) is False
    except (ArithmeticError, ValueError, RuntimeError):
        return False


def _satisfied(holds: Any, assumption: Term, valuation: Valuation) -> bool:
    try:
        return holds(assumption, valuation) is True
    except ArithmeticError:
        return False
    except ValueError as error:
        raise ValuationError(f"an assumption cannot be checked: {error}") from None


@lru_cache(maxsize=4096)
def dependencies(notation: Notation, name: str) -> frozenset[str]:
    """The names that ``name`` stands on through definitions, itself included."""
    symbol = notation.get(name)
    if symbol is None or symbol.definition is None:
        return frozenset((name,))
    used = free_names(symbol.definition) - set(symbol.parameters)
    return frozenset((name,)).union(*(dependencies(notation, n) for n in used))


def _close(notation: Notation, names: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(dependencies(notation, name) for name in names))


def _relevant(
    notation: Notation, names: frozenset[str] | None
) -> tuple[frozenset[str], tuple[Term, ...]]:
    """The names to draw, and the assumptions that they must satisfy."""
    if names is None:
        return frozenset(symbol.name for symbol in notation), notation.assumptions
    wanted = _close(notation, names)
    touched: dict[int, Term] = {}
    grown = True
    while grown:
        grown = False
        for place, assumption in enumerate(notation.assumptions):
            joined = _close(notation, free_names(assumption))
            if place not in touched and joined & wanted:
                touched[place] = assumption
                wanted |= joined
                grown = True
    return wanted, tuple(touched[place] for place in sorted(touched))


def _values(
    notation: Notation, wanted: frozenset[str], seed: int, attempt: int
) -> dict[str, Exact]:
    values: dict[str, Exact] = dict(_sizes(notation, seed, attempt))
    shapes = Valuation(notation, seed, values)
    for symbol in notation:
        if symbol.name in values or symbol.name not in wanted or symbol.definition is not None:
            continue
        random = Random(f"{seed}|{attempt}|{symbol.name}")
        stratum = _stratum(seed, random)
        match symbol.type:
            case Scalar():
                value = _scalar(random, symbol.domain, symbol.type, stratum)
                # Names with one value agree by accident; indices may well be equal.
                free = symbol.type != INTEGER
                while free and value in values.values() and random.random() < 0.95:
                    value = _scalar(random, symbol.domain, symbol.type, stratum)
                values[symbol.name] = value
            case Array():
                rows, columns = shapes.shape(symbol.type)
                array = _array(random, symbol, rows, columns, stratum)
                values[symbol.name] = array[0][0] if rows == columns == 1 else array
    return values


_SIZES = ((3, 2, 4, 2, 3), (2, 3, 1, 4, 2), (4, 2, 3, 1, 2))


def _sizes(notation: Notation, seed: int, attempt: int) -> dict[str, Fraction]:
    """Sizes from 1 to 4, at most one of them 1, and all alike only for every fourth seed."""
    names = list(_shape_names(notation))
    if attempt == 0 and seed < len(_SIZES):
        return {name: Fraction(_SIZES[seed][k % 5]) for k, name in enumerate(names)}
    random = Random(f"{seed}|{attempt}|sizes")
    while True:
        sizes = [random.randint(1, 4) for _ in names]
        alike = len(names) > 1 and len(set(sizes)) == 1 and seed % 4 and attempt < ATTEMPTS // 2
        ones = sizes.count(1)
        if not alike and (ones == 0 or (ones == 1 and len(names) > 1)):
            return {name: Fraction(size) for name, size in zip(names, sizes, strict=True)}


def _shape_names(notation: Notation) -> dict[str, None]:
    found: dict[str, None] = {}

    def visit(kind: Type) -> None:
        match kind:
            case Array(shape):
                found.update((size, None) for size in shape if isinstance(size, str))
            case Law(element):
                visit(element)
            case Function(arguments, result):
                for part in (*arguments, result):
                    visit(part)

    for symbol in notation:
        visit(symbol.type)
    return {name: None for name in found if notation[name].definition is None}


def _solved(valuation: Valuation, assumptions: tuple[Term, ...]) -> Valuation:
    """The valuation with one number changed for each equation that is linear in it."""
    fixed: set[str] = set()
    for assumption in assumptions:
        match assumption:
            case Apply("equal", (left, right)):
                for name in sorted(free_names(assumption), reverse=True):
                    solution = _root(valuation, left - right, name) if name not in fixed else None
                    if solution is not None:
                        fixed |= free_names(assumption)
                        values = {**valuation.values, name: solution}
                        valuation = Valuation(valuation.notation, valuation.seed, values)
                        break
    return valuation


def _root(valuation: Valuation, difference: Term, name: str) -> Fraction | None:
    """The value of a free number at which a term, linear in it, is zero."""
    from numerics.balls import exactly

    symbol = valuation.notation.get(name)
    if symbol is None or symbol.type != Scalar("real") or name not in valuation.values:
        return None
    samples: list[Fraction] = []
    for x in range(3):
        values = {**valuation.values, name: Fraction(x)}
        sample = exactly(difference, Valuation(valuation.notation, valuation.seed, values))
        if not isinstance(sample, Fraction):
            return None
        samples.append(sample)
    slope = samples[1] - samples[0]
    if slope == 0 or samples[2] - samples[1] != slope:
        return None
    root = -samples[0] / slope
    return root if symbol.domain.contains(root) else None


# drawing ---------------------------------------------------------------------------------------

_STRATA = ("simple", "negative", "mixed", "small", "large")
_LATER = ("mixed", "mixed", "small", "large", "near")


def _stratum(seed: int, random: Random) -> str:
    return _STRATA[seed] if seed < len(_STRATA) else random.choice(_LATER)


def _distinct(random: Random, count: int, one: Any) -> list[Fraction]:
    """``count`` draws, no two alike."""
    found: list[Fraction] = []
    while len(found) < count:
        value = one()
        if value not in found:
            found.append(value)
    return found


def _positive(random: Random, stratum: str) -> Fraction:
    match stratum:
        case "small":
            return Fraction(1, random.randint(50, 2000))
        case "large":
            return Fraction(random.randint(20, 200), random.randint(1, 3))
        case "near":
            return 1 + Fraction(random.choice((-1, 1)), random.randint(20, 1000))
    while True:
        value = Fraction(random.randint(1, 9), random.randint(2, 7))
        if value != 1:
            return value


def _share(random: Random, stratum: str) -> Fraction:
    """A number between 0 and 1."""
    match stratum:
        case "small":
            return Fraction(1, random.randint(100, 2000))
        case "large":
            return 1 - Fraction(1, random.randint(100, 2000))
        case "near":
            return Fraction(1, 2) + Fraction(random.choice((-1, 1)), random.randint(20, 1000))
        case "simple":
            return Fraction(1, random.randint(3, 9))
    return Fraction(random.randint(1, 12), 13)


def _number(random: Random, domain: Interval, stratum: str) -> Fraction:
    """A number in an open interval."""
    match domain.lower, domain.upper:
        case None, None:
            value = _positive(random, stratum)
            if stratum == "negative":
                return -value
            return value if stratum == "simple" or random.random() < 0.5 else -value
        case lower, None if lower is not None:
            return lower + _positive(random, stratum)
        case None, upper if upper is not None:
            return upper - _positive(random, stratum)
        case lower, upper if lower is not None and upper is not None and lower < upper:
            return lower + (upper - lower) * _share(random, stratum)
    raise ValuationError(f"the interval from {domain.lower} to {domain.upper} is empty")


def _scalar(random: Random, domain: Interval, kind: Type, stratum: str) -> Fraction:
    if kind != Scalar("integer"):
        return _number(random, domain, stratum)
    if domain.lower is None and domain.upper is None and random.random() < 0.8:
        # Most integers are indices.
        return Fraction(random.randint(1, 2))
    low = -4 if domain.lower is None else domain.lower.__floor__() + 1
    high = low + (8 if domain.lower is None else 3)
    if domain.upper is not None:
        high = min(high, domain.upper.__ceil__() - 1)
    if high < low:
        raise ValuationError(f"no integer lies between {domain.lower} and {domain.upper}")
    return Fraction(random.randint(low, high))


def _array(random: Random, symbol: Symbol, rows: int, columns: int, stratum: str) -> Rows:
    if "simplex" in symbol.traits:
        parts = [_positive(random, stratum) for _ in range(rows * columns)]
        total = sum(parts, Fraction(0))
        return _rows([part / total for part in parts], rows, columns)
    if "definite" in symbol.traits:
        return _definite(random, rows, stratum)
    for _ in range(ATTEMPTS):
        items = [_number(random, symbol.domain, stratum) for _ in range(rows * columns)]
        if "diagonal" in symbol.traits:
            items = [x if k % (columns + 1) == 0 else Fraction(0) for k, x in enumerate(items)]
        if "symmetric" in symbol.traits:
            items = [
                items[min(k // columns, k % columns) * columns + max(k // columns, k % columns)]
                for k in range(rows * columns)
            ]
        value = _rows(items, rows, columns)
        if "invertible" not in symbol.traits or _matrix(value).det() != 0:
            return value
    raise ValuationError(f"no invertible value was found for {symbol.name!r}")


def _definite(random: Random, size: int, stratum: str) -> Rows:
    """A symmetric positive definite matrix: B B^T + c I."""
    factor = [[_number(random, REALS, stratum) for _ in range(size)] for _ in range(size)]
    shift = _positive(random, stratum)
    return tuple(
        tuple(
            sum((a * b for a, b in zip(row, other, strict=True)), shift if i == j else Fraction(0))
            for j, other in enumerate(factor)
        )
        for i, row in enumerate(factor)
    )


def _rows(items: list[Fraction], rows: int, columns: int) -> Rows:
    return tuple(tuple(items[i * columns : (i + 1) * columns]) for i in range(rows))


def _matrix(value: Rows) -> fmpq_mat:
    items = [fmpq(x.numerator, x.denominator) for row in value for x in row]
    return fmpq_mat(len(value), len(value[0]), items)


def _inverse(value: Exact) -> Exact:
    if isinstance(value, Fraction):
        return 1 / value
    items = [Fraction(int(x.p), int(x.q)) for x in _matrix(value).inv().entries()]
    return _rows(items, len(value), len(value))


def _with_determinant(random: Random, size: int, value: Fraction) -> Exact:
    """A matrix with this determinant: unit lower times unit upper triangular, one row scaled."""
    if size == 1:
        return value
    lower, upper = (
        fmpq_mat(size, size, [
            1 if i == j else (random.randint(-2, 2) if (i > j) == below else 0)
            for i in range(size) for j in range(size)
        ])
        for below in (True, False)
    )  # fmt: skip
    items = [Fraction(int(x.p), int(x.q)) for x in (lower * upper).entries()]
    row = random.randrange(size)
    items = [x * value if k // size == row else x for k, x in enumerate(items)]
    return _rows(items, size, size)


# words -----------------------------------------------------------------------------------------


def describe(valuation: Valuation, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and value, as text, of what ``names`` stand on, for a witness.

    Laws and functions are given by their values on cells; names that are not declared are left out.
    """
    notation = valuation.notation
    free = _close(notation, (name for name in names if name in notation))
    found: list[tuple[str, str]] = []
    for symbol in notation:
        if symbol.name not in free or symbol.definition is not None:
            continue
        words = _words(valuation, symbol)
        if words:
            found.append((symbol.name, words))
    return tuple(found)


def _words(valuation: Valuation, symbol: Symbol) -> str:
    if symbol.name in valuation.values:
        return _text(valuation.values[symbol.name])
    match symbol.type:
        case Law(element):
            cells = valuation.cells(valuation.space(element))
            densities = [valuation.density(symbol.name, (), cell) for cell in cells]
            return f"{_list(densities)} on cells of weight {_list(cell.weight for cell in cells)}"
        case Function():
            seen = [
                (keys, value)
                for key, value in valuation.memory.items()
                if isinstance(key, tuple) and key[:2] == ("function", symbol.name)
                for keys in (key[2],)
            ]
            seen.sort(key=lambda pair: str([_key(k) for k in pair[0]]))
            return ", ".join(
                f"{_text(value)} at {', '.join(_key(k) for k in keys)}" for keys, value in seen
            )
    return ""


def _key(key: Key) -> str:
    if isinstance(key, Cell):
        return f"cell {key.place + 1}"
    return str(key[0]) if len(key) == 1 else _list(key)


def _list(values: Iterable[Fraction]) -> str:
    return "(" + ", ".join(map(str, values)) + ")"


def _text(value: Exact | Cell) -> str:
    if isinstance(value, Cell):
        return _key(value)
    if isinstance(value, Fraction):
        return str(value)
    if all(len(row) == 1 for row in value):
        return _list(row[0] for row in value)
    return "(" + ", ".join(map(_list, value)) + ")"
