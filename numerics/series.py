"""Expansions at a point: sums of ``c u^r L^s`` with L = log(1/u), as u goes to zero from above.

Coefficients are ratios over the kernels of one table, so that other names may occur. A sum is known
up to an order: what is of that order or smaller is not. Whatever divides, or stands under a root or
a logarithm, must have a leading coefficient that is provably not zero, or positive: so what comes
out holds for every value of the other names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from language.terms import Apply, Name, Number, Term, free_names
from numerics.kernels import Ratio
from numerics.lowering import Outside
from numerics.normal_form import Normalizer

__all__ = ["Expansion", "Series"]

#: A size: the powers r and -s of u^r L^s; the larger pair is the smaller function.
Size: TypeAlias = "tuple[Fraction, Fraction]"

ZERO: Size = (Fraction(0), Fraction(0))
#: Beyond every power that is kept: exp(-1/u) and the like.
TINY: Size = (Fraction(1_000), Fraction(0))
#: How many terms a geometric, logarithmic or exponential series is given.
TERMS = 8


@dataclass(frozen=True)
class Series:
    """Terms by size, none with coefficient zero, and the size of what is left out."""

    terms: dict[Size, Ratio]
    order: Size

    @property
    def lead(self) -> Size:
        """The size of the largest term; the order where there is none."""
        return min(self.terms, default=self.order)


def _times(a: Size, b: Size) -> Size:
    return (a[0] + b[0], a[1] + b[1])


def _scaled(a: Size, factor: Fraction) -> Size:
    return (a[0] * factor, a[1] * factor)


class Expansion:
    """Expands the terms of one normalizer in one variable.

    Args:
        normalizer: what coefficients are written with.
        variable: the name that is expanded.
        place: what it is, in u.
    """

    def __init__(self, normalizer: Normalizer, variable: str, place: Series) -> None:
        self.normalizer = normalizer
        self.table = normalizer.table
        self.variable = variable
        self.place = place

    def of(self, term: Term) -> Series:
        """The expansion of a term of the scalar fragment.

        Raises:
            Outside: where it has none of this kind, or none that holds for all other names.
        """
        if self.variable not in free_names(term):
            return self.constant(self.normalizer.ratio(term))
        match term:
            case Name():
                return self.place
            case Apply("add", args):
                total = self.of(args[0])
                for arg in args[1:]:
                    total = self.add(total, self.of(arg))
                return total
            case Apply("multiply", args):
                product = self.of(args[0])
                for arg in args[1:]:
                    product = self.multiply(product, self.of(arg))
                return product
            case Apply("negative", (x,)):
                return self.negative(self.of(x))
            case Apply("divide", (x, y)):
                return self.multiply(self.of(x), self.power(self.of(y), Fraction(-1)))
            case Apply("power", (base, Number(exponent))):
                return self.power(self.of(base), exponent)
            case Apply("power", (base, exponent)):
                return self.exp(self.multiply(self.of(exponent), self.log(self.of(base))))
            case Apply(head, (x,)) if head in _FUNCTIONS:
                return _FUNCTIONS[head](self, self.of(x))
            case Apply("maximum" | "minimum" as head, (x, y)):
                gap = self.add(self.of(x), self.negative(self.of(y)))
                above = self.sign(gap) > 0
                return self.of(x) if above == (head == "maximum") else self.of(y)
        raise Outside("what a limit is taken of is of another kind")

    # arithmetic

    def constant(self, value: Ratio) -> Series:
        return self._series({ZERO: value}, TINY)

    def _series(self, terms: dict[Size, Ratio], order: Size) -> Series:
        kept = {size: c for size, c in terms.items() if c.num != 0 and size < order}
        return Series(kept, order)

    def number(self, value: Fraction | int) -> Series:
        return self.constant(self.table.constant(value))

    def add(self, a: Series, b: Series) -> Series:
        terms = dict(a.terms)
        for size, value in b.terms.items():
            terms[size] = self.table.add(terms[size], value) if size in terms else value
        return self._series(terms, min(a.order, b.order))

    def negative(self, a: Series) -> Series:
        return Series({size: self.table.negative(c) for size, c in a.terms.items()}, a.order)

    def multiply(self, a: Series, b: Series) -> Series:
        order = min(_times(a.order, b.lead), _times(b.order, a.lead))
        terms: dict[Size, Ratio] = {}
        for size, c in a.terms.items():
            for other, d in b.terms.items():
                joint = _times(size, other)
                if joint < order:
                    value = self.table.multiply(c, d)
                    terms[joint] = self.table.add(terms[joint], value) if joint in terms else value
        return self._series(terms, order)

    def sign(self, a: Series) -> int:
        """The sign near the point, by the leading coefficient."""
        if not a.terms:
            raise Outside("a number whose sign near the point is not known")
        lead = a.terms[a.lead]
        if self.normalizer.positive(lead):
            return 1
        if self.normalizer.positive(self.table.negative(lead)):
            return -1
        raise Outside("a leading coefficient whose sign is not known")

    def _split(self, a: Series) -> tuple[Size, Ratio, Series]:
        """Leading size and coefficient, which is not zero, and what it is multiplied by, less 1."""
        sign = self.sign(a)
        assert sign
        lead = a.terms[a.lead]
        shift = _scaled(a.lead, Fraction(-1))
        rest = {
            _times(size, shift): self.table.divide(c, lead)
            for size, c in a.terms.items()
            if size != a.lead
        }
        return a.lead, lead, Series(rest, _times(a.order, shift))

    def _composed(self, small: Series, coefficient: Callable[[int], Fraction]) -> Series:
        """``sum_k coefficient(k) small^k``, for a series that vanishes at the point."""
        if small.lead <= ZERO:
            raise Outside("an expansion in what does not vanish")
        total, power = self.number(coefficient(0)), self.number(1)
        for k in range(1, TERMS + 1):
            power = self.multiply(power, small)
            if not power.terms and power.order >= total.order:
                break
            total = self.add(total, self.multiply(self.number(coefficient(k)), power))
        # The next power is left out.
        left_out = _scaled(small.lead, Fraction(TERMS + 1))
        return self._series(total.terms, min(total.order, left_out, small.order))

    def power(self, a: Series, exponent: Fraction) -> Series:
        if exponent.denominator == 1 and 0 <= exponent <= TERMS:
            product = self.number(1)
            for _ in range(int(exponent)):
                product = self.multiply(product, a)
            return product
        size, lead, small = self._split(a)
        if exponent.denominator != 1 and not self.normalizer.positive(lead):
            raise Outside("a root of what is not positive near the point")
        if exponent.denominator > 2:
            raise Outside("a root of higher order")

        def binomial(k: int) -> Fraction:
            value = Fraction(1)
            for j in range(k):
                value *= (exponent - j) / (j + 1)
            return value

        there = self.normalizer.root(lead, exponent.denominator)
        front = self.table.integer_power(there, exponent.numerator)
        scale = self._series(
            {_scaled(size, exponent): front}, _times(TINY, _scaled(size, exponent))
        )
        return self.multiply(scale, self._composed(small, binomial))

    # functions

    def log(self, a: Series) -> Series:
        size, lead, small = self._split(a)
        if size[1] != 0 or not self.normalizer.positive(lead):
            raise Outside("a logarithm of what is not positive near the point")
        series = self._composed(small, lambda k: Fraction((-1) ** (k + 1), k) if k else Fraction(0))
        # log u = -L
        front = {ZERO: self.normalizer.log(lead)}
        front[Fraction(0), Fraction(-1)] = self.table.constant(-size[0])
        return self.add(self._series(front, TINY), series)

    def exp(self, a: Series) -> Series:
        large = {size: c for size, c in a.terms.items() if size < ZERO}
        if a.order <= ZERO:
            raise Outside("an exponential of what is not known well enough")
        if any(size[0] < 0 for size in large):
            if self.sign(a) > 0:
                raise Outside("an exponential that grows beyond every power")
            return Series({}, TINY)
        growth = Fraction(0)
        for size, c in large.items():
            if size != (0, -1) or not (c.num.is_constant() and c.den.is_one()):
                raise Outside("a power of u with an exponent of another kind")
            value = c.num.leading_coefficient()
            growth += Fraction(int(value.p), int(value.q))
        small = Series({s: c for s, c in a.terms.items() if s > ZERO}, a.order)
        front = self.normalizer.exp(a.terms.get(ZERO, self.table.zero))
        factorial = [Fraction(1)]
        for k in range(1, TERMS + 1):
            factorial.append(factorial[-1] / k)
        size = (-growth, Fraction(0))
        scale = self._series({size: front}, _times(TINY, size))
        return self.multiply(scale, self._composed(small, lambda k: factorial[k]))

    def logistic(self, a: Series) -> Series:
        """By that exponential which does not grow."""
        if a.lead < ZERO and self.sign(a) > 0:
            down = self.exp(self.negative(a))
            return self.power(self.add(self.number(1), down), Fraction(-1))
        up = self.exp(a)
        return self.multiply(up, self.power(self.add(self.number(1), up), Fraction(-1)))

    def softplus(self, a: Series) -> Series:
        if a.lead < ZERO and self.sign(a) > 0:
            return self.add(a, self.log(self.add(self.number(1), self.exp(self.negative(a)))))
        return self.log(self.add(self.number(1), self.exp(a)))

    def tanh(self, a: Series) -> Series:
        """tanh x = 2 logistic(2x) - 1, with nothing left of 1 - 1 near zero."""
        if a.lead > ZERO:
            up, down = self.exp(a), self.exp(self.negative(a))
            odd = self.add(up, self.negative(down))
            return self.multiply(odd, self.power(self.add(up, down), Fraction(-1)))
        twice = self.logistic(self.multiply(self.number(2), a))
        return self.add(self.multiply(self.number(2), twice), self.number(-1))

    def absolute(self, a: Series) -> Series:
        return a if self.sign(a) > 0 else self.negative(a)

    def relu(self, a: Series) -> Series:
        return a if self.sign(a) > 0 else self.number(0)


_FUNCTIONS: dict[str, Callable[[Expansion, Series], Series]] = {
    "log": Expansion.log,
    "exp": Expansion.exp,
    "sqrt": lambda self, a: self.power(a, Fraction(1, 2)),
    "logistic": Expansion.logistic,
    "softplus": Expansion.softplus,
    "tanh": Expansion.tanh,
    "absolute": Expansion.absolute,
    "relu": Expansion.relu,
}
