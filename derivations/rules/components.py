"""Replaying matrix and expectation rules in components, by SymPy, for concrete shapes.

Every array becomes its entries, each an element of one polynomial ring over the rationals, and
the two sides are compared as quotients of polynomials. Nothing is sampled and nothing rounded:
what holds here holds for every value of the entries of these shapes. An expectation over a 0/1
mask is exact, because ``R^k = R`` and the entries are independent, so that each monomial's mean is
``p`` to the number of distinct entries in it. Square roots are generators ``g`` with the relation
``g^2 = radicand``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as cartesian
from typing import Any, TypeAlias

from sympy import QQ, Symbol as Variable
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, free_names, walk
from language.types import Array, Scalar
from language.vocabulary import TRUE

__all__ = ["replay"]

#: Products of polynomials with more pairs of terms than this are not formed.
_LARGEST_PRODUCT = 400_000
#: How many different square roots may occur.
_ROOTS = 8
_HALF = Fraction(1, 2)
_TWO = Fraction(2)


class _Outside(Exception):
    """The term lies outside the fragment that can be replayed."""


def replay(left: Term, right: Term, notation: Notation, sizes: Mapping[str, int]) -> bool | None:
    """Whether two terms are equal in components, at the shapes given by ``sizes``.

    Args:
        left: a scalar or array, or a statement that ``right`` = TRUE says to hold (an equation).
        right: what it is compared with.
        notation: types and definitions of the names.
        sizes: a value of each symbolic size, such as ``{"n": 3, "d": 2}``; keep them small.

    Returns:
        True if the difference is zero for all values of the entries, False if it is not, None if
        the terms use something that has no polynomial components (a logarithm, a general law) or
        would grow too large. The arg min of a quadratic stands for its stationary point.

    Raises:
        ValueError: if a size that occurs is missing from ``sizes``.
    """
    match left, right:
        case Apply("equal", (first, second)), _ if right == TRUE:
            left, right = first, second
    try:
        components = _Components(notation, sizes, (left, right))
        return components.equal(components.value(left, {}), components.value(right, {}))
    except _Outside:
        return None


@dataclass(frozen=True, slots=True)
class _Ratio:
    """A quotient of polynomials, not reduced."""

    above: PolyElement[Any]
    below: PolyElement[Any]

    def __add__(self, other: _Ratio) -> _Ratio:
        if self.below == other.below:
            return _Ratio(self.above + other.above, self.below)
        if not self.above:
            return other
        if not other.above:
            return self
        above = _times(self.above, other.below) + _times(other.above, self.below)
        return _Ratio(above, _times(self.below, other.below))

    def __mul__(self, other: _Ratio) -> _Ratio:
        return _Ratio(_times(self.above, other.above), _times(self.below, other.below))

    def __neg__(self) -> _Ratio:
        return _Ratio(-self.above, self.below)

    def reciprocal(self) -> _Ratio:
        if not self.above:
            raise _Outside
        return _Ratio(self.below, self.above)


def _times(left: PolyElement[Any], right: PolyElement[Any]) -> PolyElement[Any]:
    if len(left) * len(right) > _LARGEST_PRODUCT:
        raise _Outside
    return left * right


@dataclass(frozen=True, slots=True)
class _Grid:
    """A matrix by rows; a vector is a matrix of one column."""

    rows: tuple[tuple[_Ratio, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    def map(self, function: Callable[[_Ratio], _Ratio]) -> _Grid:
        return _Grid(tuple(tuple(map(function, row)) for row in self.rows))

    def zip(self, other: _Grid, function: Callable[[_Ratio, _Ratio], _Ratio]) -> _Grid:
        if self.shape != other.shape:
            raise _Outside
        pairs = zip(self.rows, other.rows, strict=True)
        return _Grid(tuple(tuple(map(function, row, against)) for row, against in pairs))

    @property
    def transposed(self) -> _Grid:
        return _Grid(tuple(zip(*self.rows, strict=True)))


_Value: TypeAlias = "int | _Ratio | _Grid"


class _Components:
    """The terms of one comparison over one ring."""

    def __init__(
        self, notation: Notation, sizes: Mapping[str, int], terms: tuple[Term, ...]
    ) -> None:
        self.notation = notation
        self.sizes = sizes
        used = _used_symbols(notation, terms)
        generators = dict.fromkeys(
            f"{name}:{place}" for name in used for place in self._places(notation[name])
        )
        labels = [*generators, *(f"root:{number}" for number in range(_ROOTS))]
        self.ring = PolyRing([Variable(label) for label in labels], QQ, lex)
        self.generators = dict(zip(labels, self.ring.gens, strict=True))
        self.one = _Ratio(self.ring.one, self.ring.one)
        self.radicands: list[PolyElement[Any]] = []

    # shapes and names

    def _size(self, size: int | str) -> int:
        if isinstance(size, int):
            return size
        if size not in self.sizes:
            raise ValueError(f"expected a value for the size {size!r}, found {dict(self.sizes)}")
        return self.sizes[size]

    def _places(self, symbol: Symbol) -> Iterator[str]:
        match symbol.type:
            case Scalar("real"):
                yield ""
            case Array(shape):
                for place in cartesian(*(range(self._size(size)) for size in shape)):
                    yield _place(place, symbol)

    def constant(self, value: Any) -> _Ratio:
        return _Ratio(self.ring(value), self.ring.one)

    def name(self, name: str, scope: Mapping[str, _Value]) -> _Value:
        if name in scope:
            return scope[name]
        if name in self.sizes:
            return self.sizes[name]
        symbol = self.notation.get(name)
        if symbol is None:  # bound by a binder that is none of those known here
            raise _Outside
        if symbol.definition is None:
            return self._free(symbol)
        if not symbol.parameters:
            return self.value(symbol.definition, {})
        return self._defined_by_entries(symbol, symbol.definition)

    def _free(self, symbol: Symbol) -> _Value:
        match symbol.type:
            case Scalar("real"):
                return _Ratio(self.generators[f"{symbol.name}:"], self.ring.one)
            case Array(shape):
                rows, columns = self._rows_and_columns(shape)
                return self._grid(rows, columns, lambda i, j: self._generator(symbol, i, j))
        raise _Outside

    def _generator(self, symbol: Symbol, row: int, column: int) -> _Ratio:
        if row != column and "diagonal" in symbol.traits:
            return self.constant(0)
        vector = isinstance(symbol.type, Array) and len(symbol.type.shape) == 1
        place = _place((row,) if vector else (row, column), symbol)
        return _Ratio(self.generators[f"{symbol.name}:{place}"], self.ring.one)

    def _defined_by_entries(self, symbol: Symbol, definition: Term) -> _Value:
        if not isinstance(symbol.type, Array):
            raise _Outside
        rows, columns = self._rows_and_columns(symbol.type.shape)

        def entry(i: int, j: int) -> _Ratio:
            if i != j and "diagonal" in symbol.traits:
                return self.constant(0)
            places = dict(zip(symbol.parameters, (i + 1, j + 1), strict=False))
            return self.scalar(definition, places)

        return self._grid(rows, columns, entry)

    def _rows_and_columns(self, shape: tuple[int | str, ...]) -> tuple[int, int]:
        rows, columns = (*shape, 1)[:2]
        return self._size(rows), self._size(columns)

    def _grid(self, rows: int, columns: int, entry: Callable[[int, int], _Ratio]) -> _Grid:
        return _Grid(tuple(tuple(entry(i, j) for j in range(columns)) for i in range(rows)))

    # values

    def value(self, term: Term, scope: Mapping[str, _Value]) -> _Value:
        """The components of ``term``; ``scope`` holds indices and other bound names."""
        match term:
            case Number(value):
                return self.constant(QQ(value.numerator, value.denominator))
            case Name(name):
                return self.name(name, scope)
            case Apply(head, args):
                method = getattr(self, f"of_{head}", None)
                if method is None:
                    raise _Outside
                found: _Value = method(args, scope)
                return found
            case Bind("sum", index, Apply("range", (low, high)), body):
                return self._total(index, low, high, body, scope)
            case Bind("expectation" | "variance", mask, Apply("bernoulli", (mean,)), body):
                return self._moment(term.head, mask, mean, body, scope)
            case Bind("let", name, at, body):
                return self.value(body, {**scope, name: self.value(at, scope)})
            case Bind("argmin" | "argmax", name, Apply("reals"), body):
                return self._stationary_point(name, body, scope)
        raise _Outside

    def scalar(self, term: Term, scope: Mapping[str, _Value]) -> _Ratio:
        return self.as_scalar(self.value(term, scope))

    def as_scalar(self, value: _Value) -> _Ratio:
        match value:
            case int():
                return self.constant(value)
            case _Grid(((only,),)):
                return only
            case _Ratio():
                return value
        raise _Outside

    def grid(self, term: Term, scope: Mapping[str, _Value]) -> _Grid:
        value = self.value(term, scope)
        return value if isinstance(value, _Grid) else _Grid(((self.as_scalar(value),),))

    def integer(self, term: Term, scope: Mapping[str, _Value]) -> int:
        match term:
            case Number(value) if value.denominator == 1:
                return int(value)
            case Name(name):
                found = self.name(name, scope)
                if isinstance(found, int):
                    return found
        raise _Outside

    # arithmetic

    def _plus(self, left: _Value, right: _Value) -> _Value:
        if isinstance(left, _Grid) and isinstance(right, _Grid):
            return left.zip(right, _Ratio.__add__)
        return self.as_scalar(left) + self.as_scalar(right)

    def of_add(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        total, *others = (self.value(part, scope) for part in args)
        for other in others:
            total = self._plus(total, other)
        return total

    def of_negative(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._times(self.constant(-1), self.value(args[0], scope))

    def of_multiply(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        # From the right: a chain that ends in a vector then never multiplies two matrices.
        *others, result = (self.value(part, scope) for part in args)
        for other in reversed(others):
            result = self._times(other, result)
        return result

    def _times(self, left: _Value, right: _Value) -> _Value:
        if isinstance(left, _Grid) and isinstance(right, _Grid):
            return self._matrix_product(left, right)
        if isinstance(left, _Grid):
            factor = self.as_scalar(right)
            return left.map(lambda entry: entry * factor)
        if isinstance(right, _Grid):
            return self._times(right, left)
        return self.as_scalar(left) * self.as_scalar(right)

    def _matrix_product(self, left: _Grid, right: _Grid) -> _Value:
        if left.shape[1] != right.shape[0]:
            # A 1 x 1 product is a scalar wherever it stands.
            for one, other in ((left, right), (right, left)):
                if one.shape == (1, 1):
                    return self._times(one.rows[0][0], other)
            raise _Outside
        columns = right.transposed.rows
        return _Grid(
            tuple(tuple(self._dot(row, column) for column in columns) for row in left.rows)
        )

    def _dot(self, left: tuple[_Ratio, ...], right: tuple[_Ratio, ...]) -> _Ratio:
        total = self.constant(0)
        for one, other in zip(left, right, strict=True):
            total = total + one * other
        return total

    def of_divide(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        below = self.scalar(args[1], scope).reciprocal()
        return self._times(self.value(args[0], scope), below)

    def of_power(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        base, exponent = args
        match base:
            case Apply("norm", (vector,)) if exponent == Number(_TWO):
                return self._squared_norm(vector, scope)
        match exponent:
            case Number(value) if value == _HALF:
                return self.of_sqrt((base,), scope)
            case Number(value) if value.denominator == 1:
                return self._integer_power(self.value(base, scope), int(value))
        raise _Outside

    def _integer_power(self, base: _Value, exponent: int) -> _Value:
        if isinstance(base, _Grid) and base.shape[0] == base.shape[1] > 1:
            result: _Value = self._identity_grid(base.shape[0])
            base = base if exponent >= 0 else self._inverted(base)
        elif isinstance(base, _Grid):
            return base.map(lambda entry: self.as_scalar(self._integer_power(entry, exponent)))
        else:
            result = self.one
            base = base if exponent >= 0 else self.as_scalar(base).reciprocal()
        for _ in range(abs(exponent)):
            result = self._without_squares(self._times(result, base))
        return result

    def _without_squares(self, value: _Value) -> _Value:
        """``value`` with the squares of roots replaced, so that powers of them stay short."""
        match value:
            case _Grid():
                return value.map(lambda entry: self.as_scalar(self._without_squares(entry)))
            case _Ratio(above, below):
                return _Ratio(self._reduced(above), self._reduced(below))
        return value

    def of_sqrt(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        value = self.value(args[0], scope)
        if isinstance(value, _Grid):
            return value.map(self._root)
        return self._root(self.as_scalar(value))

    def _root(self, radicand: _Ratio) -> _Ratio:
        if not radicand.above:
            return radicand
        if radicand.below != self.ring.one:
            raise _Outside
        if radicand.above not in self.radicands:
            if len(self.radicands) == _ROOTS:
                raise _Outside
            self.radicands.append(radicand.above)
        place = self.radicands.index(radicand.above)
        return _Ratio(self.generators[f"root:{place}"], self.ring.one)

    # arrays

    def _entry_at(self, array: _Grid, places: list[int]) -> _Ratio:
        row, column = (*places, 1)[:2]
        if not (1 <= row <= array.shape[0] and 1 <= column <= array.shape[1]):
            raise _Outside
        return array.rows[row - 1][column - 1]

    def of_entry(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        places = [self.integer(place, scope) for place in args[1:]]
        return self._entry_at(self.grid(args[0], scope), places)

    def of_delta(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        first, second = (self.integer(place, scope) for place in args)
        return self.constant(int(first == second))

    def of_vector(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return _Grid(tuple((self.scalar(part, scope),) for part in args))

    def of_matrix(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        rows = (self.grid(row, scope).transposed.rows[0] for row in args)
        return _Grid(tuple(rows))

    def of_transpose(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self.grid(args[0], scope).transposed

    def of_hadamard(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        left, right = (self.grid(part, scope) for part in args)
        return left.zip(right, _Ratio.__mul__)

    def of_inner(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        left, right = (self.grid(part, scope) for part in args)
        return self._times(left.transposed, right)

    def _squared_norm(self, vector: Term, scope: Mapping[str, _Value]) -> _Ratio:
        entries = [entry for row in self.grid(vector, scope).rows for entry in row]
        return self._dot(tuple(entries), tuple(entries))

    def of_norm(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._root(self._squared_norm(args[0], scope))

    def of_identity(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._identity_grid(self.integer(args[0], scope))

    def _identity_grid(self, size: int) -> _Grid:
        return self._grid(size, size, lambda i, j: self.constant(int(i == j)))

    def of_zeros(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._grid(self.integer(args[0], scope), 1, lambda i, j: self.constant(0))

    def of_ones(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._grid(self.integer(args[0], scope), 1, lambda i, j: self.constant(1))

    def of_diagonal(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        array = self.grid(args[0], scope)
        column = 0 if array.shape[1] == 1 else None

        def entry(i: int, j: int) -> _Ratio:
            if i != j:
                return self.constant(0)
            return array.rows[i][i if column is None else column]

        return self._grid(array.shape[0], array.shape[0], entry)

    def of_trace(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        array = self.grid(args[0], scope)
        total = self.constant(0)
        for i, row in enumerate(array.rows):
            total = total + row[i]
        return total

    def of_determinant(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        entries, common = self._over_one_denominator(self.grid(args[0], scope))
        return _Ratio(_minor(entries, *_all(entries)), common ** len(entries))

    def of_inverse(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        return self._inverted(self.grid(args[0], scope))

    def _over_one_denominator(
        self, array: _Grid
    ) -> tuple[list[list[PolyElement[Any]]], PolyElement[Any]]:
        """Polynomial entries, and what to divide them by."""
        if array.shape[0] != array.shape[1]:
            raise _Outside
        common = self.ring.one
        for below in {entry.below for row in array.rows for entry in row}:
            common = common.lcm(below)
        return [
            [_times(entry.above, common.exquo(entry.below)) for entry in row] for row in array.rows
        ], common

    def _inverted(self, array: _Grid) -> _Grid:
        """The adjugate over the determinant, which must not be identically zero."""
        entries, common = self._over_one_denominator(array)
        below = self._reduced(_minor(entries, *_all(entries)))
        if not below:
            raise _Outside
        size = len(entries)
        if not any(entries[i][j] for i, j in cartesian(range(size), repeat=2) if i != j):
            reciprocals = [array.rows[i][i].reciprocal() for i in range(size)]
            zero = self.constant(0)
            return self._grid(size, size, lambda i, j: reciprocals[i] if i == j else zero)

        def cofactor(i: int, j: int) -> _Ratio:
            rows = tuple(k for k in range(size) if k != j)
            columns = tuple(k for k in range(size) if k != i)
            minor = self._reduced(_minor(entries, rows, columns))
            return _Ratio(_times(-minor if (i + j) % 2 else minor, common), below)

        return self._grid(size, size, cofactor)

    # sums, expectations, derivatives

    def _total(
        self, index: str, low: Term, high: Term, body: Term, scope: Mapping[str, _Value]
    ) -> _Value:
        total: _Value = self.constant(0)
        first, last = self.integer(low, scope), self.integer(high, scope)
        for place in range(first, last + 1):
            term = self.value(body, {**scope, index: place})
            total = term if place == first else self._plus(total, term)
        return total

    def _moment(
        self, head: str, mask: str, mean: Term, body: Term, scope: Mapping[str, _Value]
    ) -> _Value:
        probability = self.scalar(mean, scope)
        if probability.below != self.ring.one:
            raise _Outside
        symbol = self.notation[mask]
        hidden = {name: value for name, value in scope.items() if name != mask}
        value = self.value(body, {**hidden, mask: self._free(symbol)})

        def expected(entry: _Ratio) -> _Ratio:
            return self._mean(entry, symbol, probability.above)

        if isinstance(value, _Grid) and value.shape != (1, 1):
            if head == "variance":
                raise _Outside
            return value.map(expected)
        entry = self.as_scalar(value)
        if head == "expectation":
            return expected(entry)
        center = expected(entry)
        return expected(entry * entry) + -(center * center)

    def _mean(self, entry: _Ratio, symbol: Symbol, mean: PolyElement[Any]) -> _Ratio:
        """The mean of a polynomial in independent 0/1 entries: each power of one is itself."""
        names = [f"{symbol.name}:{place}" for place in self._places(symbol)]
        places = [self.ring.gens.index(self.generators[name]) for name in names]
        if _involves(entry.below, places) or any(_involves(r, places) for r in self.radicands):
            raise _Outside
        by_degree: dict[int, PolyElement[Any]] = {}
        for monomial, coefficient in entry.above.terms():
            degree = sum(1 for place in places if monomial[place])
            rest = tuple(0 if k in places else n for k, n in enumerate(monomial))
            part = by_degree.setdefault(degree, self.ring.zero)
            by_degree[degree] = part + self.ring({rest: coefficient})
        total = self.ring.zero
        for degree, part in by_degree.items():
            total = total + _times(part, mean**degree)
        return _Ratio(total, entry.below)

    def _generators_of(self, variable: Term, scope: Mapping[str, _Value]) -> list[int]:
        """The places in the ring of the numbers to differentiate in."""
        if free_names(variable) & scope.keys() and not isinstance(variable, Apply):
            raise _Outside
        entries = [entry for row in self.grid(variable, scope).rows for entry in row]
        gens = self.ring.gens
        if any(entry.above not in gens for entry in entries):
            raise _Outside
        return [gens.index(entry.above) for entry in entries]

    def _slope(self, value: _Ratio, place: int) -> _Ratio:
        if any(_involves(radicand, [place]) for radicand in self.radicands):
            raise _Outside
        above, below = value.above.diff(place), value.below.diff(place)
        numerator = _times(above, value.below) - _times(value.above, below)
        return (
            _Ratio(numerator, _times(value.below, value.below))
            if below
            else _Ratio(above, value.below)
        )

    def of_gradient(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        value = self.scalar(args[0], scope)
        places = self._generators_of(args[1], scope)
        return _Grid(tuple((self._slope(value, place),) for place in places))

    def of_derivative(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        (place,) = self._generators_of(args[1], scope)
        return self._slope(self.scalar(args[0], scope), place)

    def of_hessian(self, args: tuple[Term, ...], scope: Mapping[str, _Value]) -> _Value:
        value = self.scalar(args[0], scope)
        places = self._generators_of(args[1], scope)
        slopes = [self._slope(value, place) for place in places]
        return _Grid(tuple(tuple(self._slope(one, place) for place in places) for one in slopes))

    def _stationary_point(self, name: str, body: Term, scope: Mapping[str, _Value]) -> _Value:
        """Where the gradient of a quadratic in ``name`` vanishes."""
        inner = {bound: value for bound, value in scope.items() if bound != name}
        places = self._generators_of(Name(name), inner)
        value = self.scalar(body, inner)
        slopes = [self._slope(value, place) for place in places]
        curvature = [[self._slope(one, place) for place in places] for one in slopes]
        flat = [entry for row in curvature for entry in row]
        if any(_involves(part, places) for one in flat for part in (one.above, one.below)):
            raise _Outside
        at_zero = _Grid(tuple((self._at_zero(one, places),) for one in slopes))
        inverted = self._inverted(_Grid(tuple(map(tuple, curvature))))
        return self._times(self.constant(-1), self._matrix_product(inverted, at_zero))

    def _at_zero(self, value: _Ratio, places: list[int]) -> _Ratio:
        def constant_part(polynomial: PolyElement[Any]) -> PolyElement[Any]:
            terms = polynomial.terms()
            kept = {m: c for m, c in terms if not any(m[place] for place in places)}
            return self.ring(kept)

        return _Ratio(constant_part(value.above), constant_part(value.below))

    # comparison

    def _reduced(self, polynomial: PolyElement[Any]) -> PolyElement[Any]:
        """``polynomial`` with squares of roots replaced by their radicands."""
        first = len(self.ring.gens) - _ROOTS
        for number in reversed(range(len(self.radicands))):
            place = first + number
            by_power: dict[int, PolyElement[Any]] = {}
            for monomial, coefficient in polynomial.terms():
                squares, left = divmod(monomial[place], 2)
                rest = (*monomial[:place], left, *monomial[place + 1 :])
                part = by_power.setdefault(squares, self.ring.zero)
                by_power[squares] = part + self.ring({rest: coefficient})
            polynomial = self.ring.zero
            for squares, part in by_power.items():
                polynomial = polynomial + _times(part, self.radicands[number] ** squares)
        return polynomial

    def equal(self, left: _Value, right: _Value) -> bool | None:
        """Whether two values are equal; None where a root may not be the generic one."""
        if isinstance(left, _Grid) and isinstance(right, _Grid):
            if left.shape != right.shape:
                raise _Outside
            pairs = zip(
                (entry for row in left.rows for entry in row),
                (entry for row in right.rows for entry in row),
                strict=True,
            )
        else:
            pairs = zip((self.as_scalar(left),), (self.as_scalar(right),), strict=True)
        same = all(
            not self._reduced(
                _times(self._reduced(one.above), self._reduced(other.below))
                - _times(self._reduced(other.above), self._reduced(one.below))
            )
            for one, other in pairs
        )
        if same:
            return True
        return None if any(map(_is_square, self.radicands)) else False


def _used_symbols(notation: Notation, terms: tuple[Term, ...]) -> list[str]:
    """The declared names that ``terms`` mention, bound masks and definitions included."""
    pending = [part for term in terms for part in _mentioned(term)]
    found: list[str] = []
    while pending:
        name = pending.pop()
        symbol = notation.get(name)
        if symbol is None or name in found:
            continue
        found.append(name)
        if symbol.definition is not None:
            pending.extend(_mentioned(symbol.definition))
    return sorted(found)


def _mentioned(term: Term) -> Iterator[str]:
    for part in walk(term):
        match part:
            case Name(name):
                yield name
            case Bind("expectation" | "variance", name):
                yield name


def _place(place: tuple[int, ...], symbol: Symbol) -> str:
    """The label of an entry; a symmetric matrix has one for both sides of its diagonal."""
    if "symmetric" in symbol.traits:
        place = tuple(sorted(place))
    return ",".join(str(index + 1) for index in place)


def _all(entries: list[list[PolyElement[Any]]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    everything = tuple(range(len(entries)))
    return everything, everything


def _minor(
    entries: list[list[PolyElement[Any]]], rows: tuple[int, ...], columns: tuple[int, ...]
) -> PolyElement[Any]:
    """The determinant of the chosen rows and columns, by expansion along the first row."""
    if len(rows) > 4:
        raise _Outside
    if not rows:
        return entries[0][0].ring.one
    total = entries[0][0].ring.zero
    for k, column in enumerate(columns):
        entry = entries[rows[0]][column]
        if entry:
            rest = columns[:k] + columns[k + 1 :]
            part = _times(entry, _minor(entries, rows[1:], rest))
            total = total - part if k % 2 else total + part
    return total


def _involves(polynomial: PolyElement[Any], places: list[int]) -> bool:
    return any(monomial[place] for monomial in polynomial.monoms() for place in places)


def _is_square(polynomial: PolyElement[Any]) -> bool:
    """Whether a polynomial is a square, possibly up to a number."""
    _, factors = polynomial.sqf_list()
    return all(multiplicity % 2 == 0 for _, multiplicity in factors)
