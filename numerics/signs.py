"""Signs of scalar terms, from domains alone: sound, conservative and fast.

Two ways are joined. Interval arithmetic follows the term and knows the elementary functions; where
it leaves a sum open, numerator and denominator are written as polynomials, split into factors, and
each bounded generator is replaced by a positive one (``x = (a + b t) / (1 + t)`` for x in (a, b)),
after which coefficients of one sign settle the matter. Every answer holds *wherever the term is
defined*; "don't know" is an answer, and so is "may not be real".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term
from language.types import Array, Function, Interval, Law, Scalar

__all__ = [
    "Quotients",
    "Range",
    "Sign",
    "TooLarge",
    "bounds",
    "is_negative",
    "is_nonnegative",
    "is_nonzero",
    "is_positive",
    "is_real",
    "sign",
]

Sign: TypeAlias = Literal[-1, 0, 1]

ZERO, ONE = Fraction(0), Fraction(1)
MOST_TERMS = 200  # of a polynomial, before or after the substitution
MOST_DEGREE = 12  # in one generator
MOST_BITS = 4_096  # of an exact number
LARGEST_EXPONENT = 64  # of an exact bound: beyond, a power keeps its sign only


@dataclass(frozen=True, slots=True)
class Range:
    """Real numbers between two ends (None is infinite); an end is attained unless it is open.

    Attributes:
        lower: the lower end.
        upper: the upper end.
        lower_open: whether ``lower`` itself is excluded.
        upper_open: whether ``upper`` itself is excluded.
        nonzero: whether zero is excluded, though it may lie between the ends.
    """

    lower: Fraction | None = None
    upper: Fraction | None = None
    lower_open: bool = True
    upper_open: bool = True
    nonzero: bool = False

    @property
    def positive(self) -> bool:
        """Whether every number of the range is above zero."""
        return self.lower is not None and (self.lower > 0 or (self.lower == 0 and self._no_zero))

    @property
    def negative(self) -> bool:
        """Whether every number of the range is below zero."""
        return (-self).positive

    @property
    def nonnegative(self) -> bool:
        """Whether no number of the range is below zero."""
        return self.lower is not None and self.lower >= 0

    @property
    def nonpositive(self) -> bool:
        """Whether no number of the range is above zero."""
        return self.upper is not None and self.upper <= 0

    @property
    def never_zero(self) -> bool:
        """Whether zero is not in the range."""
        return self.nonzero or self.positive or self.negative

    @property
    def _no_zero(self) -> bool:
        return self.nonzero or self.lower_open

    @property
    def sign(self) -> Sign | None:
        """The sign that all numbers of the range share, or None."""
        if self.positive:
            return 1
        if self.negative:
            return -1
        return 0 if self.lower == self.upper == 0 else None

    def __neg__(self) -> Range:
        lower = None if self.upper is None else -self.upper
        upper = None if self.lower is None else -self.lower
        return Range(lower, upper, self.upper_open, self.lower_open, self.nonzero)

    def __add__(self, other: Range) -> Range:
        lower = None if self.lower is None or other.lower is None else self.lower + other.lower
        upper = None if self.upper is None or other.upper is None else self.upper + other.upper
        lower_open = self.lower_open or other.lower_open
        upper_open = self.upper_open or other.upper_open
        return Range(lower, upper, lower_open, upper_open)

    def __mul__(self, other: Range) -> Range:
        nonzero = self.never_zero and other.never_zero
        if self.sign == 0 or other.sign == 0:
            return Range(ZERO, ZERO, False, False)
        if self.nonnegative and other.nonnegative:
            return self._times(other, nonzero)
        if self.nonpositive:
            return -((-self) * other)
        if other.nonpositive:
            return -(self * (-other))
        corners = [
            _product(a, b) for a in (self.lower, self.upper) for b in (other.lower, other.upper)
        ]
        finite = [corner for corner in corners if corner is not None]
        if len(finite) < 4:
            return Range(nonzero=nonzero)
        return Range(min(finite), max(finite), False, False, nonzero)

    def _times(self, other: Range, nonzero: bool) -> Range:
        """The product of two ranges that hold no negative numbers."""
        lower = _product(self.lower, other.lower)
        upper = _product(self.upper, other.upper)
        # A lower end of 0 is left out only if neither factor can be zero.
        lower_open = nonzero if lower == 0 else self.lower_open or other.lower_open
        upper_open = upper != 0 and (self.upper_open or other.upper_open)
        return Range(lower, upper, lower_open, upper_open, nonzero)

    def reciprocal(self) -> Range:
        """The range of 1/x, for the x other than zero."""
        if self.nonnegative:
            lower = ZERO if self.upper is None else 1 / self.upper if self.upper else None
            upper = 1 / self.lower if self.lower else None
            lower_open = self.upper is None or self.upper_open
            return Range(lower, upper, lower_open, self.lower_open, True)
        if self.nonpositive:
            return -((-self).reciprocal())
        return Range(nonzero=True)

    def power(self, exponent: int) -> Range:
        """The range of x**exponent."""
        if exponent < 0:
            return self.reciprocal().power(-exponent)
        if exponent == 0:
            return Range(ONE, ONE, False, False)
        if exponent > LARGEST_EXPONENT:
            return self._sign_of_power(exponent)
        if self.nonnegative:
            result = self
            for _ in range(exponent - 1):
                result = result._times(self, self.never_zero)
            return result
        if self.nonpositive:
            result = (-self).power(exponent)
            return result if exponent % 2 == 0 else -result
        return self._sign_of_power(exponent)

    def _sign_of_power(self, exponent: int) -> Range:
        if self.nonnegative or exponent % 2 == 0:
            return POSITIVE if self.never_zero else NONNEGATIVE
        return -POSITIVE if self.negative else Range(nonzero=self.never_zero)

    def meet(self, other: Range) -> Range:
        """The numbers in both ranges."""
        lower, lower_open = self.lower, self.lower_open
        if other.lower is not None and (lower is None or other.lower >= lower):
            lower_open = other.lower_open or (lower == other.lower and lower_open)
            lower = other.lower
        upper, upper_open = self.upper, self.upper_open
        if other.upper is not None and (upper is None or other.upper <= upper):
            upper_open = other.upper_open or (upper == other.upper and upper_open)
            upper = other.upper
        return Range(lower, upper, lower_open, upper_open, self.nonzero or other.nonzero)


REAL = Range()
POSITIVE = Range(ZERO)
NONNEGATIVE = Range(ZERO, lower_open=False)


def bounds(term: Term, notation: Notation) -> Range | None:
    """A range that the scalar ``term`` keeps to wherever it is defined; None if it may not be real.

    >>> from language.types import PROBABILITY, REAL
    >>> from language.notation import Symbol
    >>> p = Name("p")
    >>> bounds(1 - p, Notation((Symbol("p", REAL, domain=PROBABILITY),))).sign
    1
    """
    try:
        return _Reader(notation, {}).read(term)
    except TooLarge:
        return None


def sign(term: Term, notation: Notation) -> Sign | None:
    """The sign of the scalar ``term`` wherever it is defined: 1, 0 or -1; None if not settled."""
    found = bounds(term, notation)
    return None if found is None else found.sign


def is_positive(term: Term, notation: Notation) -> bool:
    """Whether ``term`` is known to be real and positive wherever it is defined."""
    return sign(term, notation) == 1


def is_negative(term: Term, notation: Notation) -> bool:
    """Whether ``term`` is known to be real and negative wherever it is defined."""
    return sign(term, notation) == -1


def is_nonnegative(term: Term, notation: Notation) -> bool:
    """Whether ``term`` is known to be real and at least zero wherever it is defined."""
    found = bounds(term, notation)
    return found is not None and found.nonnegative


def is_nonzero(term: Term, notation: Notation) -> bool:
    """Whether ``term`` is known to be real and other than zero wherever it is defined."""
    found = bounds(term, notation)
    return found is not None and found.never_zero


def is_real(term: Term, notation: Notation) -> bool:
    """Whether ``term`` is known to be a real scalar wherever it is defined."""
    return bounds(term, notation) is not None


def _product(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    product = left * right
    if max(abs(product.numerator), product.denominator).bit_length() > MOST_BITS:
        raise TooLarge
    return product


def _of_interval(domain: Interval, whole: bool = False) -> Range:
    """The range of a declared domain; a whole number above 0 is at least 1."""
    lower, upper = domain.lower, domain.upper
    if not whole:
        return Range(lower, upper)
    least = None if lower is None else Fraction(lower.__floor__() + 1)
    most = None if upper is None else Fraction(upper.__ceil__() - 1)
    return Range(least, most, least is None, most is None)


class _Reader:
    """Follows a term with ranges, given those of the variables bound further out."""

    __slots__ = ("bound", "notation")

    def __init__(self, notation: Notation, bound: Mapping[str, Range | None]) -> None:
        self.notation = notation
        self.bound = bound

    def read(self, term: Term) -> Range | None:
        match term:
            case Number(value):
                return Range(value, value, False, False, value != 0)
            case Name(name):
                return self.name(name)
            case Bind():
                return self.binder(term)
            case Apply("add", args):
                return self.sum(term, args)
            case Apply("multiply", args):
                return self.product(args)
            case Apply("negative", (inner,)):
                found = self.read(inner)
                return None if found is None else -found
            case Apply("divide", (top, bottom)):
                above, below = self.read(top), self.read(bottom)
                return None if above is None or below is None else above * below.reciprocal()
            case Apply("power", (base, exponent)):
                return self.power(base, exponent)
            case Apply("log", (inner,)):
                return self.log(inner)
            case Apply(head, (inner,)) if head in _FUNCTIONS:
                found = self.read(inner)
                return None if found is None else _FUNCTIONS[head](found)
            case Apply(head, args):
                return self.other(head, args)
        return None

    def name(self, name: str) -> Range | None:
        if name in self.bound:
            return self.bound[name]
        symbol = self.notation.get(name)
        if symbol is None or not isinstance(symbol.type, Scalar) or symbol.type.kind == "complex":
            return None
        found = _of_interval(symbol.domain, symbol.type.kind == "integer")
        if symbol.definition is not None and not symbol.parameters:
            derived = _Reader(self.notation, {}).read(symbol.definition)
            found = found if derived is None else found.meet(derived)
        for assumption in self.notation.assumptions:
            found = found.meet(_assumed(assumption, name))
        return found

    def sum(self, term: Term, args: Sequence[Term]) -> Range | None:
        total: Range | None = Range(ZERO, ZERO, False, False)
        for arg in args:
            found = self.read(arg)
            total = None if found is None or total is None else total + found
        if total is None or total.sign is not None:
            return total
        return total.meet(_polynomial_range(term, self))

    def log(self, inner: Term) -> Range | None:
        """The range of a logarithm, whose sign is that of its argument less one."""
        argument = self.read(inner)
        found = None if argument is None else _log(argument)
        if found is None or found.sign is not None:
            return found
        gap = self.read(Apply("add", (inner, Number(-ONE))))
        if gap is not None and gap.nonnegative:
            return found.meet(replace(NONNEGATIVE, lower_open=gap.positive))
        if gap is not None and gap.nonpositive:
            return found.meet(-replace(NONNEGATIVE, lower_open=gap.negative))
        return found

    def product(self, args: Sequence[Term]) -> Range | None:
        factors = _flat(args)
        total, arrays = Range(ONE, ONE, False, False, True), []
        for factor, count in Counter(factors).items():
            found = self.read(factor)
            if found is None:
                arrays.append(factor)
            else:
                total = total * found.power(count)
        if not arrays:
            return total
        rest = [factor for factor in factors if factor in arrays]
        return total * NONNEGATIVE if self.is_square(rest) else None

    def is_square(self, factors: Sequence[Term]) -> bool:
        """Whether the factors are those of v.T @ v, the squared length of a vector."""
        match factors[-1]:
            case Name(name) if name not in self.bound:
                symbol = self.notation.get(name)
                kind = None if symbol is None else symbol.type
                if not isinstance(kind, Array) or len(kind.shape) != 1 or len(factors) % 2:
                    return False
                mirror = [_transposed(factor) for factor in reversed(factors)]
                return list(map(_plain, factors)) == list(map(_plain, mirror))
        return False

    def power(self, base: Term, exponent: Term) -> Range | None:
        found = self.read(base)
        if found is None:
            return None
        match exponent:
            case Number(value) if value.denominator == 1:
                return found.power(int(value))
            case Number(value) if found.nonnegative:
                return POSITIVE if found.positive or value < 0 else NONNEGATIVE
        index = self.read(exponent)
        if index is None:
            return None
        if found.positive:
            return POSITIVE
        return NONNEGATIVE if found.nonnegative and index.positive else None

    def other(self, head: str, args: tuple[Term, ...]) -> Range | None:
        if head == "pi":
            return Range(Fraction(3), Fraction(4))
        if head in ("maximum", "minimum"):
            found = [self.read(arg) for arg in args]
            known = [one for one in found if one is not None]
            return _extreme(known, head) if len(known) == len(found) else None
        if head == "entry" and isinstance(args[0], Name):
            entries = self.values(args[0].name, Array)
            symbol = self.notation.get(args[0].name)
            if symbol is not None and "diagonal" in symbol.traits and args[1] != args[-1]:
                return NONNEGATIVE if entries is not None and entries.nonnegative else REAL
            return entries
        if head == "call" and isinstance(args[0], Name):
            return self.values(args[0].name, Function)
        if head == "density":
            # Densities are positive where they are written; the scope of a proof says so.
            return POSITIVE
        if head in ("norm", "delta") or (head == "inner" and args[0] == args[1]):
            return NONNEGATIVE
        if head in ("kl", "jsd", "chi_square") and all(self.is_law(arg) for arg in args):
            return NONNEGATIVE
        return None

    def is_law(self, term: Term) -> bool:
        match term:
            case Name(name):
                # Whether a density that is written out has mass one is not known here.
                symbol = self.notation.get(name)
                plain = symbol is not None and symbol.definition is None
                return symbol is not None and plain and isinstance(symbol.type, Law)
        return False

    def values(self, name: str, kind: type[Array | Function | Law]) -> Range | None:
        """The declared range of an array's entries, a function's values or a law's density."""
        symbol = None if name in self.bound else self.notation.get(name)
        if symbol is None or not isinstance(symbol.type, kind):
            return None
        result = symbol.type.result if isinstance(symbol.type, Function) else None
        if isinstance(result, Scalar):
            return (
                None
                if result.kind == "complex"
                else _of_interval(symbol.domain, result.kind == "integer")
            )
        return None if result is not None else _of_interval(symbol.domain)

    def binder(self, term: Bind) -> Range | None:
        head, variable = term.head, term.variable
        if head == "let":
            inner = _Reader(self.notation, {**self.bound, variable: self.read(term.domain)})
            return inner.read(term.body)
        inner = _Reader(self.notation, {**self.bound, variable: self.variable(term.domain)})
        found = inner.read(term.body)
        if found is None:
            return None
        if head == "sum" or (head in ("integral", "expectation") and _has_mass(term.domain)):
            return self.accumulated(found, head == "sum" and not self.nonempty(term.domain))
        if head == "product":
            return POSITIVE if found.positive else NONNEGATIVE if found.nonnegative else REAL
        return None

    def accumulated(self, found: Range, maybe_empty: bool) -> Range:
        """The range of a sum or integral of numbers in ``found``."""
        if found.nonnegative:
            return POSITIVE if found.positive and not maybe_empty else NONNEGATIVE
        return -self.accumulated(-found, maybe_empty) if found.nonpositive else REAL

    def variable(self, domain: Term) -> Range | None:
        """The range of a variable bound over ``domain``."""
        match domain:
            case Apply("reals", (Number(Fraction(numerator=1, denominator=1)),)):
                return REAL
            case Name(name):
                symbol = self.notation.get(name)
                real = symbol is not None and symbol.type == Law(Scalar("real"))
                return REAL if real else None
            case Apply("range", (first, last)):
                low, high = self.read(first), self.read(last)
                lower = None if low is None else low.lower
                upper = None if high is None else high.upper
                return Range(lower, upper, lower is None, upper is None)
        return None

    def nonempty(self, domain: Term) -> bool:
        match domain:
            case Apply("range", (first, last)):
                low, high = self.read(first), self.read(last)
                if low is not None and high is not None:
                    return (
                        low.upper is not None and high.lower is not None and low.upper <= high.lower
                    )
        return False


def _has_mass(domain: Term) -> bool:
    """Whether an integral over ``domain`` of something positive is surely positive."""
    match domain:
        case Apply("reals" | "normal" | "bernoulli") | Name():
            return True
    return False


def _flat(args: Sequence[Term]) -> list[Term]:
    flat: list[Term] = []
    for arg in args:
        match arg:
            case Apply("multiply", inner):
                flat.extend(_flat(inner))
            case _:
                flat.append(arg)
    return flat


def _transposed(term: Term) -> Term:
    return Apply("transpose", (term,))


def _plain(term: Term) -> Term:
    match term:
        case Apply("transpose", (Apply("transpose", (inner,)),)):
            return _plain(inner)
    return term


def _assumed(assumption: Term, name: str) -> Range:
    """What an assumption of the form ``name < number`` says of the name."""
    match assumption:
        case Apply("both", parts):
            found = REAL
            for part in parts:
                found = found.meet(_assumed(part, name))
            return found
        case Apply(head, (Name(left), Number(value))) if left == name and head in _BELOW:
            return _BELOW[head](value)
        case Apply(head, (Number(value), Name(right))) if right == name and head in _MIRROR:
            return _BELOW[_MIRROR[head]](value)
    return REAL


_BELOW: dict[str, Callable[[Fraction], Range]] = {
    "less": lambda value: Range(None, value),
    "less_equal": lambda value: Range(None, value, upper_open=False),
    "greater": lambda value: Range(value),
    "greater_equal": lambda value: Range(value, lower_open=False),
    "unequal": lambda value: Range(nonzero=value == 0),
}
_MIRROR = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
    "unequal": "unequal",
}


def _extreme(found: list[Range], head: str) -> Range:
    """The range of the largest, or the smallest, of numbers in the given ranges."""
    if head == "minimum":
        return -_extreme([-one for one in found], "maximum")
    uppers = [one.upper for one in found if one.upper is not None]
    upper = max(uppers) if len(uppers) == len(found) else None
    upper_open = all(one.upper_open for one in found if one.upper == upper)
    result = Range(None, upper, True, upper_open, all(one.never_zero for one in found))
    for one in found:
        result = result.meet(Range(one.lower, None, one.lower_open))
    return result


# Elementary functions on ranges ------------------------------------------------------------------


def _exp(x: Range) -> Range:
    if x.nonnegative:
        return Range(ONE, None, x.never_zero)
    return Range(ZERO, ONE, True, x.never_zero) if x.nonpositive else POSITIVE


def _log(x: Range) -> Range | None:
    if not x.nonnegative:
        return None
    less_one = x + Range(-ONE, -ONE, False, False)
    if less_one.nonnegative:
        return replace(NONNEGATIVE, lower_open=less_one.positive)
    return -replace(NONNEGATIVE, lower_open=less_one.negative) if less_one.nonpositive else REAL


def _sqrt(x: Range) -> Range | None:
    if not x.nonnegative:
        return None
    above = (x + Range(-ONE, -ONE, False, False)).nonnegative
    below = (x + Range(-ONE, -ONE, False, False)).nonpositive
    found = POSITIVE if x.positive else NONNEGATIVE
    if above:
        found = found.meet(Range(ONE, None, x.lower_open))
    return found.meet(Range(None, ONE, True, x.upper_open)) if below else found


def _logistic(x: Range) -> Range:
    half = Fraction(1, 2)
    if x.nonnegative:
        return Range(half, ONE, x.never_zero)
    return Range(ZERO, half, True, x.never_zero) if x.nonpositive else Range(ZERO, ONE)


def _tanh(x: Range) -> Range:
    if x.nonnegative:
        return Range(ZERO, ONE, x.never_zero)
    return -_tanh(-x) if x.nonpositive else Range(-ONE, ONE, nonzero=x.nonzero)


def _sinh(x: Range) -> Range:
    if x.nonnegative:
        return POSITIVE if x.positive else NONNEGATIVE
    return -_sinh(-x) if x.nonpositive else Range(nonzero=x.nonzero)


def _absolute(x: Range) -> Range:
    return x if x.nonnegative else -x if x.nonpositive else (POSITIVE if x.nonzero else NONNEGATIVE)


_FUNCTIONS: dict[str, Callable[[Range], Range | None]] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "logistic": _logistic,
    "tanh": _tanh,
    "sinh": _sinh,
    "cosh": lambda x: Range(ONE, None, x.never_zero),
    "softplus": lambda x: POSITIVE,
    "absolute": _absolute,
    "relu": lambda x: x.meet(NONNEGATIVE) if x.positive else NONNEGATIVE,
    "real_part": lambda x: x,
}


# Sums as polynomials -----------------------------------------------------------------------------


class TooLarge(Exception):
    """A polynomial would grow beyond what is worth its time."""


class Quotients:
    """Writes terms as quotients of polynomials in their subterms that are not arithmetic.

    Attributes:
        generators: those subterms, in the order of the polynomials' generators.
        extra: further generators that stand for no subterm.
    """

    def __init__(self, terms: Iterable[Term], extra: int = 0) -> None:
        found: dict[Term, int] = {}
        for term in terms:
            self._collect(term, found)
        self.generators = found
        names = tuple(f"g{i}" for i in range(len(found) + extra))
        self.context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.gens = tuple(self.context.gens())
        self.extra = self.gens[len(found) :]
        self.one = self.context.constant(1)

    def _collect(self, term: Term, found: dict[Term, int]) -> None:
        match term:
            case Number():
                pass
            case Apply("add" | "multiply" | "negative" | "divide", args):
                for arg in args:
                    self._collect(arg, found)
            case Apply("power", (base, Number(value))) if value.denominator == 1:
                self._collect(base, found)
            case _:
                found.setdefault(term, len(found))

    def write(self, term: Term) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """Numerator and denominator of a scalar term.

        Raises:
            TooLarge: if a polynomial has more terms than this is made for.
        """
        match term:
            case Number(value):
                return self.one * fmpq(value.numerator, value.denominator), self.one
            case Apply("add", args):
                return self._sum(args)
            case Apply("multiply", args):
                top, bottom = self.one, self.one
                for arg in args:
                    above, below = self.write(arg)
                    top, bottom = self.times(top, above), self.times(bottom, below)
                return top, bottom
            case Apply("negative", (inner,)):
                above, below = self.write(inner)
                return -above, below
            case Apply("divide", (upper, lower)):
                above, below = self.write(upper)
                top, bottom = self.write(lower)
                return self.times(above, bottom), self.times(below, top)
            case Apply("power", (base, Number(value))) if value.denominator == 1:
                return self._power(*self.write(base), int(value))
        return self.gens[self.generators[term]], self.one

    def _sum(self, args: Sequence[Term]) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        top, bottom = self.one * 0, self.one
        for arg in args:
            above, below = self.write(arg)
            if below == bottom:
                top = top + above
            else:
                top = self.times(top, below) + self.times(above, bottom)
                bottom = self.times(bottom, below)
        return top, bottom

    def _power(
        self, top: fmpq_mpoly, bottom: fmpq_mpoly, exponent: int
    ) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        if abs(exponent) > MOST_DEGREE:
            raise TooLarge
        above, below = self.one, self.one
        for _ in range(abs(exponent)):
            above, below = self.times(above, top), self.times(below, bottom)
        return (above, below) if exponent >= 0 else (below, above)

    def times(self, left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
        """The product, unless it may be too large."""
        if len(left) * len(right) > MOST_TERMS:
            raise TooLarge
        product = left * right
        if product and product.leading_coefficient().height_bits() > MOST_BITS:
            raise TooLarge
        return product


def _polynomial_range(term: Term, reader: _Reader) -> Range:
    """What the numerator and denominator of a sum say about its sign."""
    try:
        writer = Quotients((term,))
        top, bottom = writer.write(term)
        ranges = []
        for generator in writer.generators:
            found = reader.read(generator)
            if found is None:
                return REAL
            ranges.append(found)
        if top.is_zero():
            return Range(ZERO, ZERO, False, False)
        return _factored(top, ranges, writer) * _factored(bottom, ranges, writer).reciprocal()
    except TooLarge:
        return REAL


def _factored(polynomial: fmpq_mpoly, ranges: Sequence[Range], writer: Quotients) -> Range:
    if polynomial.is_constant() or len(polynomial) == 1:
        return _one_signed(polynomial, ranges, writer)
    if max(polynomial.degrees(), default=0) > MOST_DEGREE:
        raise TooLarge
    direct = _one_signed(polynomial, ranges, writer)
    if direct.sign is not None:
        return direct
    constant, factors = polynomial.factor()
    value = Fraction(int(constant.p), int(constant.q))
    total = Range(value, value, False, False)
    for factor, exponent in factors:
        total = total * _one_signed(factor, ranges, writer).power(int(exponent))
    return total


def _one_signed(polynomial: fmpq_mpoly, ranges: Sequence[Range], writer: Quotients) -> Range:
    """The sign of a polynomial once its generators are written in terms of positive ones."""
    degrees = polynomial.degrees()
    slack = False  # an end that is attained, where a strict sign may be lost
    if any(degree > MOST_DEGREE for degree in degrees):
        raise TooLarge
    kinds = []
    for i, (degree, found) in enumerate(zip(degrees, ranges, strict=True)):
        if degree == 0:
            kinds.append(found)
            continue
        gen = writer.gens[i]
        if found.lower is not None and found.upper is not None:
            slack = slack or not (found.lower_open and found.upper_open)
            above = writer.one * _q(found.lower) + gen * _q(found.upper)
            polynomial = _replaced(polynomial, i, degree, above, writer.one + gen, writer)
            kinds.append(POSITIVE)
        elif found.lower is not None:
            if found.lower != 0:
                above = writer.one * _q(found.lower) + gen
                polynomial = _replaced(polynomial, i, degree, above, writer.one, writer)
            kinds.append(replace(NONNEGATIVE, lower_open=found.lower_open))
        elif found.upper is not None:
            above = writer.one * _q(found.upper) - gen
            polynomial = _replaced(polynomial, i, degree, above, writer.one, writer)
            kinds.append(replace(NONNEGATIVE, lower_open=found.upper_open))
        else:
            kinds.append(found)
    total = Range(ZERO, ZERO, False, False)
    for exponents, coefficient in polynomial.to_dict().items():
        value = Fraction(int(coefficient.p), int(coefficient.q))
        piece = Range(value, value, False, False)
        for exponent, kind in zip(exponents, kinds, strict=True):
            piece = piece * _sign_only(kind.power(int(exponent)))
        total = total + _sign_only(piece)
    return _closed(_sign_only(total)) if slack else _sign_only(total)


def _replaced(
    polynomial: fmpq_mpoly,
    index: int,
    degree: int,
    above: fmpq_mpoly,
    below: fmpq_mpoly,
    writer: Quotients,
) -> fmpq_mpoly:
    """``polynomial`` at generator = above/below, times ``below**degree``."""
    gathered: dict[int, dict[tuple[int, ...], fmpq]] = {}
    for exponents, coefficient in polynomial.to_dict().items():
        power = int(exponents[index])
        others = (*exponents[:index], 0, *exponents[index + 1 :])
        gathered.setdefault(power, {})[others] = coefficient
    total = writer.one * 0
    for power, rest in gathered.items():
        part = writer.context.from_dict(rest)
        total = total + part * above**power * below ** (degree - power)
        if len(total) > MOST_TERMS:
            raise TooLarge
    return total


def _sign_only(found: Range) -> Range:
    if found.sign == 0:
        return found
    if found.nonnegative:
        return POSITIVE if found.positive else NONNEGATIVE
    if found.nonpositive:
        return -POSITIVE if found.negative else -NONNEGATIVE
    return Range(nonzero=found.never_zero)


def _closed(found: Range) -> Range:
    """The sign that survives at the ends, by continuity."""
    return (
        NONNEGATIVE
        if found.positive
        else -NONNEGATIVE
        if found.negative
        else (
            REAL if found.sign is None and not (found.nonnegative or found.nonpositive) else found
        )
    )


def _q(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
