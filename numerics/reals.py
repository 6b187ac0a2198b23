"""Statements about numbers, translated to polynomial arithmetic for z3.

Terms are lowered to scalars first. What is not arithmetic becomes a fresh variable with facts that
hold of it: ``s = sqrt(t)`` has s >= 0 and s^2 = t; logistic, exp and log increase strictly, keep to
their ranges, and take their known values. Beside each atom stands that its denominators are not
zero, since z3's own division is total.

A root may be imaginary. Each sign of its radicand is a case of its own (:class:`Translation` is the
translation for one choice of signs), and numbers are pairs of real and imaginary part where they
have to be. Eigenvalues are the explicit roots of the factors of the characteristic polynomial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations
from typing import TYPE_CHECKING, TypeAlias

from flint import fmpq_mpoly

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names
from language.typecheck import TypeMismatch
from language.types import COMPLEX, Scalar
from numerics.lowering import Grid, Lowering, Outside
from numerics.signs import Quotients, Range, bounds

if TYPE_CHECKING:
    import z3

__all__ = ["AnotherRoot", "Expression", "Formula", "Translation", "Unsupported", "Value"]

Expression: TypeAlias = "z3.ArithRef"
Formula: TypeAlias = "z3.BoolRef"

LARGEST_EXPONENT = 12
LARGEST_MATRIX = 4
MOST_OCCURRENCES = 8  # of one elementary function


class Unsupported(Exception):
    """The statement is of another kind, or too large: the prover passes on."""


class AnotherRoot(Exception):
    """The radicand of one more root may have either sign."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number by its real and imaginary part; ``im`` is None where it is real."""

    re: Expression
    im: Expression | None = None


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """An elementary function at an argument."""

    argument: Expression
    value: Expression


class Translation:
    """The translation of statements for one choice of signs of the radicands.

    Args:
        notation: what the names mean; its domains and assumptions become hypotheses.
        signs: for each root whose radicand may have either sign, whether it is nonnegative.

    Attributes:
        hypotheses: domains and assumptions.
        facts: what holds of the fresh variables.
        defined: that denominators are not zero, and the like.
        owed: what must follow from all of these for the translation to be faithful.
        numbers: the variables of the free names.
        left_out: assumptions that could not be translated.
    """

    def __init__(self, notation: Notation, signs: Sequence[bool]) -> None:
        import z3

        self.z3 = z3
        self.notation = notation
        self.signs = tuple(signs)
        self.hypotheses: list[Formula] = []
        self.facts: list[Formula] = []
        self.defined: list[Formula] = []
        self.owed: list[Formula] = []
        self.numbers: dict[str, Expression] = {}
        self.left_out: list[Term] = []
        self._bound: dict[str, Value] = {}
        self._values: dict[Term, Value] = {}
        self._functions: dict[str, list[_Occurrence]] = {}
        self._roots = 0
        self._fresh = 0
        for assumption in notation.assumptions:
            self._assume(assumption)

    def _assume(self, assumption: Term) -> None:
        """Use an assumption if it can be translated; leaving it out costs proofs only."""
        try:
            self.hypotheses.append(self.truth(assumption))
        except (Unsupported, Outside, TypeMismatch):
            self.left_out.append(assumption)

    def knowledge(self) -> list[Formula]:
        """All facts about fresh variables: true at every point, whatever the hypotheses."""
        functions = [
            fact
            for head, occurrences in self._functions.items()
            for fact in _facts_of(head, occurrences)
        ]
        joint = _joint_facts(self._functions)
        return [*self.facts, *functions, *joint]

    # statements

    def truth(self, statement: Term) -> Formula:
        """A statement as a formula."""
        z3 = self.z3
        match statement:
            case Apply("true"):
                return z3.BoolVal(True)
            case Apply("false"):
                return z3.BoolVal(False)
            case Apply("both", args):
                return z3.And(*map(self.truth, args))
            case Apply("either", args):
                return z3.Or(*map(self.truth, args))
            case Apply("negation", (inner,)):
                return z3.Not(self.truth(inner))
            case Apply("implies", (premise, conclusion)):
                return z3.Implies(self.truth(premise), self.truth(conclusion))
            case Apply("equal", (left, right)):
                return self._equal(left, right)
            case Apply("unequal", (left, right)):
                return z3.Not(self._equal(left, right))
            case Apply(head, (left, right)) if head in _ORDERS:
                return _ORDERS[head](self.real(left), self.real(right))
            case Apply("element", (member, container)):
                return self._member(member, container)
            case Bind("forall", variable, domain, body):
                return z3.And(*self._for_each(variable, self._items(domain), body))
        raise Unsupported("a statement of another kind")

    def _for_each(self, variable: str, items: list[Value], body: Term) -> list[Formula]:
        found = []
        for item in items:
            with self._binding(variable, item):
                found.append(self.truth(body))
        return found

    @contextmanager
    def _binding(self, variable: str, value: Value) -> Iterator[None]:
        outside = self._bound
        self._bound = {**outside, variable: value}
        yield
        self._bound = outside

    def _equal(self, left: Term, right: Term) -> Formula:
        first, second = self._components(left), self._components(right)
        if len(first) != len(second):
            raise Unsupported("an equation between arrays of different sizes")
        return self.z3.And(*map(self._same, first, second))

    def _same(self, left: Value, right: Value) -> Formula:
        same = left.re == right.re
        if left.im is None and right.im is None:
            return same
        return self.z3.And(same, self._imaginary(left) == self._imaginary(right))

    def _imaginary(self, value: Value) -> Expression:
        return self.z3.RealVal(0) if value.im is None else value.im

    def _member(self, member: Term, container: Term) -> Formula:
        z3 = self.z3
        match container:
            case Apply("interval", (low, high)):
                here, limits = self.real(member), []
                if not _infinite(low):
                    limits.append(self.real(low) < here)
                if not _infinite(high):
                    limits.append(here < self.real(high))
                return z3.And(*limits)
            case Apply("set" | "multiset", items):
                return z3.Or(*(self._equal(member, item) for item in items))
            case Apply("reals", (Number(value),)) if value == 1:
                return self._imaginary(self.number(member)) == 0
        raise Unsupported("membership in another kind of set")

    def _items(self, domain: Term) -> list[Value]:
        match domain:
            case Apply("multiset" | "set", items):
                return [self.number(item) for item in items]
            case Apply("eigenvalues", (square,)):
                return self._spectrum(square)
        raise Unsupported("quantification over another kind of domain")

    # numbers

    def real(self, term: Term) -> Expression:
        """A number that is compared by order: it is defined only where it is real."""
        value = self.number(term)
        if value.im is not None:
            self.defined.append(value.im == 0)
        return value.re

    def number(self, term: Term) -> Value:
        """A scalar term."""
        return self._scalar(self._lowering().scalar(term))

    def _lowering(self) -> Lowering:
        return Lowering(self.notation, dict.fromkeys(self._bound, COMPLEX))

    def _components(self, term: Term) -> list[Value]:
        """The entries of a number, vector, matrix or tuple of known size, row by row."""
        lowered = self._lowering().lower(term)
        if isinstance(lowered, Grid):
            return [self._scalar(entry) for row in _rows(lowered) for entry in row]
        return [self._scalar(lowered)]

    def _scalar(self, term: Term) -> Value:
        if free_names(term) & self._bound.keys():
            return self._translated(term)
        found = self._values.get(term)
        if found is None:
            found = self._values[term] = self._translated(term)
        return found

    def _translated(self, term: Term) -> Value:
        match term:
            case Number(value):
                return Value(self._rational(value))
            case Name(name):
                return self._name(name)
            case Apply("add", args):
                return self._sum([self._scalar(arg) for arg in args])
            case Apply("multiply", args):
                return self._product([self._scalar(arg) for arg in args])
            case Apply("negative", (inner,)):
                return self._scaled(self._scalar(inner), -1)
            case Apply("divide", (above, below)):
                divisor = self._reciprocal(self._scalar(below))
                return self._product([self._scalar(above), divisor])
            case Apply("power", (base, exponent)) if (fixed := _constant(exponent)) is not None:
                return self._power(term, base, fixed)
            case Apply("sqrt", (inner,)):
                return self._root(inner)
            case Apply("imaginary"):
                return Value(self._rational(0), self._rational(1))
            case Apply("real_part", (inner,)):
                return Value(self._scalar(inner).re)
            case Apply("absolute", (inner,)):
                return self._absolute(self._scalar(inner))
            case Apply("relu", (inner,)):
                return self._extreme([self._plain(inner), self._rational(0)], 1)
            case Apply("maximum", args):
                return self._extreme([self._plain(arg) for arg in args], 1)
            case Apply("minimum", args):
                return self._extreme([self._plain(arg) for arg in args], -1)
            case Apply(head, (inner,)) if head in _FACTS:
                return self._function(head, inner)
            case Apply("pi"):
                return self._pi()
        return self._opaque(term)

    def _plain(self, term: Term) -> Expression:
        """A number that is real in every case."""
        value = self._scalar(term)
        if value.im is not None:
            raise Unsupported("a function of a complex number")
        return value.re

    def _rational(self, value: Fraction | int) -> Expression:
        exact = Fraction(value)
        return self.z3.RatVal(exact.numerator, exact.denominator)

    def _new(self) -> Expression:
        self._fresh += 1
        return self.z3.Real(f"#{self._fresh}")

    def _name(self, name: str) -> Value:
        if name in self._bound:
            return self._bound[name]
        symbol = self.notation.get(name)
        if symbol is None or not isinstance(symbol.type, Scalar):
            raise Unsupported(f"{name} is not a number")
        if symbol.type.kind == "complex":
            return Value(self._new(), self._new())
        variable = self.z3.Real(name)
        self.numbers[name] = variable
        self.hypotheses += self._within(variable, bounds(Name(name), self.notation))
        return Value(variable)

    def _within(self, variable: Expression, found: Range | None) -> Iterator[Formula]:
        if found is None:
            raise Unsupported("something that may not be real")
        if found.lower is not None:
            low = self._rational(found.lower)
            yield low < variable if found.lower_open else low <= variable
        if found.upper is not None:
            high = self._rational(found.upper)
            yield variable < high if found.upper_open else variable <= high
        if found.nonzero:
            yield variable != 0

    def _opaque(self, term: Term) -> Value:
        """Anything else, of which only the range is known."""
        if free_names(term) & self._bound.keys():
            raise Unsupported("a function of a bound variable")
        variable = self._new()
        self.facts += self._within(variable, bounds(term, self.notation))
        return Value(variable)

    def _pi(self) -> Value:
        variable = self._new()
        digits = Fraction(31415926, 10**7)
        self.facts += [self._rational(digits) < variable]
        self.facts += [variable < self._rational(digits + Fraction(1, 10**7))]
        return Value(variable)

    # arithmetic

    def _sum(self, values: list[Value]) -> Value:
        re = self.z3.Sum([value.re for value in values])
        parts = [value.im for value in values if value.im is not None]
        return Value(re, self.z3.Sum(parts) if parts else None)

    def _product(self, values: list[Value]) -> Value:
        result = values[0]
        for other in values[1:]:
            result = self._times(result, other)
        return result

    def _times(self, left: Value, right: Value) -> Value:
        if left.im is None and right.im is None:
            return Value(left.re * right.re)
        a, b, c, d = left.re, self._imaginary(left), right.re, self._imaginary(right)
        return Value(a * c - b * d, a * d + b * c)

    def _scaled(self, value: Value, factor: int) -> Value:
        return Value(factor * value.re, None if value.im is None else factor * value.im)

    def _reciprocal(self, value: Value) -> Value:
        """One over a number: a fresh q with q x = 1, defined where x is not zero."""
        squared = value.re if value.im is None else value.re * value.re + value.im * value.im
        quotient = self._new()
        self.facts.append(quotient * squared == 1)
        self.defined.append(squared != 0)
        if value.im is None:
            return Value(quotient)
        return Value(value.re * quotient, -value.im * quotient)

    def _power(self, term: Term, base: Term, exponent: Fraction) -> Value:
        if exponent == Fraction(1, 2):
            return self._root(base)
        if exponent.denominator != 1:
            return self._opaque(term)
        if abs(exponent) > LARGEST_EXPONENT:
            raise Unsupported("a large exponent")
        value = self._scalar(base)
        if exponent < 0:
            value = self._reciprocal(value)
        return self._product([Value(self._rational(1)), *[value] * abs(int(exponent))])

    def _root(self, radicand: Term) -> Value:
        found = None if self._bound else bounds(radicand, self.notation)
        return self._square_root(
            self._plain(radicand), known=found is not None and found.nonnegative
        )

    def _square_root(self, radicand: Expression, *, known: bool = False) -> Value:
        """The principal root; unless the radicand is ``known`` to be nonnegative, by cases."""
        root = self._new()
        self.facts.append(root >= 0)
        if known or self._next_sign():
            self.facts.append(root * root == radicand)
            return Value(root)
        self.facts += [root > 0, root * root == -radicand]
        return Value(self._rational(0), root)

    def _next_sign(self) -> bool:
        if self._roots >= len(self.signs):
            raise AnotherRoot
        self._roots += 1
        return self.signs[self._roots - 1]

    def _absolute(self, value: Value) -> Value:
        size = self._new()
        squared = value.re * value.re
        if value.im is not None:
            squared = squared + value.im * value.im
        self.facts += [size >= 0, size * size == squared]
        return Value(size)

    def _extreme(self, values: list[Expression], side: int) -> Value:
        """The largest number for ``side`` 1, the smallest for -1."""
        found = self._new()
        self.facts += [side * found >= side * value for value in values]
        self.facts.append(self.z3.Or(*(found == value for value in values)))
        return Value(found)

    def _function(self, head: str, inner: Term) -> Value:
        argument = self._plain(inner)
        if head == "log":
            found = None if self._bound else bounds(inner, self.notation)
            if found is None or not found.nonnegative:
                self.owed.append(argument > 0)
            self.defined.append(argument > 0)
        occurrences = self._functions.setdefault(head, [])
        if len(occurrences) >= MOST_OCCURRENCES:
            raise Unsupported(f"{head} occurs too often")
        value = self._new()
        occurrences.append(_Occurrence(argument, value))
        return Value(value)

    # eigenvalues

    def _spectrum(self, square: Term) -> list[Value]:
        """The distinct eigenvalues of a matrix of known size, by factors of det(t - M)."""
        rows = _rows(self._lowering().grid(square))
        if len(rows) > LARGEST_MATRIX or any(len(row) != len(rows) for row in rows):
            raise Unsupported("a matrix too large for explicit eigenvalues")
        writer = Quotients([entry for row in rows for entry in row], extra=1)
        places = [self._plain(generator) for generator in writer.generators]
        found: list[Value] = []
        for factor, _ in _characteristic_polynomial(rows, writer).factor()[1]:
            coefficients = self._coefficients(factor, places)
            if len(coefficients) == 1:
                # A factor without t divides the common denominator of the entries.
                self.defined.append(coefficients[0] != 0)
            else:
                found += self._roots_of(coefficients)
        return found

    def _coefficients(self, factor: fmpq_mpoly, places: list[Expression]) -> list[Expression]:
        """The coefficients of the powers of t, the last generator, constant one first."""
        degree = max(int(exponents[-1]) for exponents in factor.to_dict())
        total = [self._rational(0)] * (degree + 1)
        for exponents, coefficient in factor.to_dict().items():
            piece = self._rational(Fraction(int(coefficient.p), int(coefficient.q)))
            for place, exponent in zip(places, exponents[:-1], strict=True):
                for _ in range(int(exponent)):
                    piece = piece * place
            total[int(exponents[-1])] = total[int(exponents[-1])] + piece
        return total

    def _roots_of(self, coefficients: list[Expression]) -> list[Value]:
        """The roots of a polynomial of degree one, two or three, constant coefficient first."""
        *_, last = coefficients
        self.defined.append(last != 0)
        match coefficients:
            case [c, b]:
                root = self._new()
                self.facts.append(b * root + c == 0)
                return [Value(root)]
            case [c, b, a]:
                half = self._reciprocal(Value(2 * a))
                spread = self._square_root(b * b - 4 * a * c)
                centre = Value(-b)
                return [
                    self._times(self._sum([centre, self._scaled(spread, side)]), half)
                    for side in (1, -1)
                ]
            case [d, c, b, a]:
                # A real cubic has a real root r; what is left is its quotient by t - r.
                root = self._new()
                self.facts.append(((a * root + b) * root + c) * root + d == 0)
                linear = b + a * root
                return [Value(root), *self._roots_of([c + linear * root, linear, a])]
        raise Unsupported("an irreducible factor of degree above three")


def _constant(term: Term) -> Fraction | None:
    """The value of an exponent that is a sum of numbers."""
    match term:
        case Number(value):
            return value
        case Apply("negative", (inner,)):
            inside = _constant(inner)
            return None if inside is None else -inside
        case Apply("add", args):
            values = [_constant(arg) for arg in args]
            return None if None in values else sum((v for v in values if v), Fraction(0))
    return None


def _infinite(term: Term) -> bool:
    match term:
        case Apply("infinity") | Apply("negative", (Apply("infinity"),)):
            return True
    return False


def _rows(grid: Grid) -> list[list[Term]]:
    """The entries of an array of known size."""
    sizes = []
    for size in grid.shape:
        if not isinstance(size, Number) or size.value > LARGEST_EXPONENT:
            raise Unsupported("an array of symbolic size")
        sizes.append(range(1, int(size.value) + 1))
    if len(sizes) == 1:
        return [[grid.at(Number(Fraction(i)))] for i in sizes[0]]
    return [[grid.at(Number(Fraction(i)), Number(Fraction(j))) for j in sizes[1]] for i in sizes[0]]


def _characteristic_polynomial(rows: list[list[Term]], writer: Quotients) -> fmpq_mpoly:
    """det(t - M) times a power of the entries' common denominator."""
    quotients = [[writer.write(entry) for entry in row] for row in rows]
    common = writer.one
    for row in quotients:
        for _, below in row:
            common = writer.times(common, below / common.gcd(below))
    unknown = writer.extra[0]
    total = writer.one * 0
    size = len(rows)
    for order in permutations(range(size)):
        piece = writer.one * _parity(order)
        for i, j in enumerate(order):
            above, below = quotients[i][j]
            entry = -above * (common / below)
            piece = writer.times(piece, entry + unknown * common if i == j else entry)
        total = total + piece
    return total


def _parity(order: Sequence[int]) -> int:
    swaps = sum(1 for i, j in combinations(order, 2) if i > j)
    return -1 if swaps % 2 else 1


# Facts about elementary functions ----------------------------------------------------------------

_ORDERS: dict[str, Callable[[Expression, Expression], Formula]] = {
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
}


def _logistic(u: Expression, f: Expression) -> list[Formula]:
    return [f > 0, f < 1, (u > 0) == (2 * f > 1), (u == 0) == (2 * f == 1)]


def _exp(u: Expression, f: Expression) -> list[Formula]:
    facts = [f > 0, f >= 1 + u, (u > 0) == (f > 1), (u == 0) == (f == 1)]
    return [*facts, (u == 0) == (f == 1 + u)]


def _log(u: Expression, f: Expression) -> list[Formula]:
    return [f <= u - 1, (u > 1) == (f > 0), (u == 1) == (f == 0), (u == 1) == (f == u - 1)]


def _tanh(u: Expression, f: Expression) -> list[Formula]:
    return [f > -1, f < 1, (u > 0) == (f > 0), (u == 0) == (f == 0)]


def _softplus(u: Expression, f: Expression) -> list[Formula]:
    return [f > 0, f > u]


def _sinh(u: Expression, f: Expression) -> list[Formula]:
    return [(u > 0) == (f > 0), (u == 0) == (f == 0)]


def _cosh(u: Expression, f: Expression) -> list[Formula]:
    return [f >= 1, (u == 0) == (f == 1)]


_FACTS: dict[str, Callable[[Expression, Expression], list[Formula]]] = {
    "logistic": _logistic,
    "exp": _exp,
    "log": _log,
    "tanh": _tanh,
    "softplus": _softplus,
    "sinh": _sinh,
    "cosh": _cosh,
}
#: What holds of the values f, g at two opposite arguments.
_MIRRORS: dict[str, Callable[[Expression, Expression, Expression], Formula]] = {
    "logistic": lambda u, f, g: f + g == 1,
    "exp": lambda u, f, g: f * g == 1,
    "tanh": lambda u, f, g: f + g == 0,
    "softplus": lambda u, f, g: f - g == u,
    "sinh": lambda u, f, g: f + g == 0,
    "cosh": lambda u, f, g: f == g,
}


def _facts_of(head: str, occurrences: Sequence[_Occurrence]) -> Iterator[Formula]:
    """What holds of a function at each argument and at each pair of arguments."""
    import z3

    for one in occurrences:
        yield from _FACTS[head](one.argument, one.value)
    for one, other in combinations(occurrences, 2):
        u, v, f, g = one.argument, other.argument, one.value, other.value
        if head == "cosh":
            yield (u * u < v * v) == (f < g)
            yield (u * u == v * v) == (f == g)
            continue
        yield (u < v) == (f < g)
        yield (u == v) == (f == g)
        if head == "log":
            yield z3.Implies(u * v == 1, f + g == 0)
            continue
        yield z3.Implies(u + v == 0, _MIRRORS[head](u, f, g))
        if head in ("logistic", "tanh"):
            # The reflection is monotone too: compare u with -v.
            turned = 1 - g if head == "logistic" else -g
            yield (u + v < 0) == (f < turned)


def _joint_facts(functions: dict[str, list[_Occurrence]]) -> Iterator[Formula]:
    """What joins values of different functions at equal or opposite arguments."""
    import z3

    def pairs(first: str, second: str) -> Iterable[tuple[_Occurrence, _Occurrence]]:
        return ((a, b) for a in functions.get(first, []) for b in functions.get(second, []))

    for odds, power in pairs("logistic", "exp"):
        same, opposite = odds.argument == power.argument, odds.argument + power.argument == 0
        yield z3.Implies(same, odds.value == power.value * (1 - odds.value))
        yield z3.Implies(opposite, 1 - odds.value == power.value * odds.value)
    for inverse, power in pairs("log", "exp"):
        yield (inverse.argument == power.value) == (inverse.value == power.argument)
        yield (inverse.argument < power.value) == (inverse.value < power.argument)
    for odd, even in pairs("sinh", "cosh"):
        same = odd.argument == even.argument
        yield z3.Implies(same, even.value * even.value - odd.value * odd.value == 1)
