"""Numbers that balls compute with beside ``acb``: polynomials, Gaussians and dual numbers.

A :class:`Polynomial` in the entries of a random variable turns an expectation into moments, a
:class:`Gaussian` is a polynomial times the exponential of one, so that integrals over the real
line are exact, and a :class:`Dual` carries a derivative along. Coefficients are ``acb`` or
``fmpq``. Where they mix, duals stand outside Gaussians, and Gaussians outside polynomials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import acb, fmpq

__all__ = [
    "Dual",
    "Gaussian",
    "Inexact",
    "OutOfRange",
    "Polynomial",
    "TooLarge",
    "Undefined",
    "Unsupported",
    "bernoulli_moment",
    "constant",
    "exponential",
    "integrate",
    "logarithm",
    "normal_moment",
    "quotient",
]


class Undefined(ArithmeticError):
    """The term has no value at the valuation: a logarithm of zero, a singular inverse, ..."""


class OutOfRange(Undefined):
    """An index numbers no entry: a free index was drawn too large, or too small."""


class Unsupported(ValueError):
    """The term has a head, or a use of one, that balls cannot evaluate."""


class TooLarge(RuntimeError):
    """The evaluation would take more operations than it is allowed."""


class Inexact(Exception):
    """In exact computation: a value is not a rational number, or not a small one."""


#: Bits of a packed monomial that hold the exponent of one variable.
BITS = 8
MASK = (1 << BITS) - 1
#: The most coefficient products of one multiplication.
PRODUCTS = 100_000


class Polynomial:
    """A polynomial: packed exponents (``BITS`` for each variable, by its slot) to coefficients."""

    __slots__ = ("degree", "terms")

    def __init__(self, terms: dict[int, Any], degree: int) -> None:
        if degree > MASK:
            raise TooLarge(f"a polynomial of degree {degree}; at most {MASK} is allowed")
        self.terms = terms
        self.degree = degree

    @staticmethod
    def variable(slot: int, one: Any) -> Polynomial:
        """The variable of a slot; ``one`` is the unit of the coefficients."""
        return Polynomial({1 << (BITS * slot): one}, 1)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Gaussian | Dual):
            return NotImplemented
        terms = dict(self.terms)
        if not isinstance(other, Polynomial):
            other = Polynomial({0: other}, 0)
        for monomial, coefficient in other.terms.items():
            if monomial in terms:
                coefficient = terms[monomial] + coefficient
                if coefficient == 0:
                    del terms[monomial]
                    continue
            terms[monomial] = coefficient
        return Polynomial(terms, max(self.degree, other.degree))

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial({m: -c for m, c in self.terms.items()}, self.degree)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Gaussian | Dual):
            return NotImplemented
        if not isinstance(other, Polynomial):
            return Polynomial({m: c * other for m, c in self.terms.items()}, self.degree)
        if len(self.terms) * len(other.terms) > PRODUCTS:
            raise TooLarge("a product of two large polynomials")
        degree = self.degree + other.degree
        if degree > MASK:
            raise TooLarge(f"a polynomial of degree {degree}; at most {MASK} is allowed")
        terms: dict[int, Any] = {}
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                monomial = m + n
                if monomial in terms:
                    terms[monomial] += c * d
                else:
                    terms[monomial] = c * d
        return Polynomial(terms, degree)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Gaussian | Dual):
            return NotImplemented
        return self * quotient(1, constant(other))

    def __rtruediv__(self, other: Any) -> Any:
        return quotient(other, constant(self))

    def __pow__(self, exponent: int) -> Any:
        return _power(self, exponent)

    def powers(self, slot: int) -> dict[int, Polynomial]:
        """The coefficients, polynomials in the other variables, by powers of one variable."""
        shift = BITS * slot
        parts: dict[int, dict[int, Any]] = {}
        for monomial, coefficient in self.terms.items():
            exponent = (monomial >> shift) & MASK
            parts.setdefault(exponent, {})[monomial - (exponent << shift)] = coefficient
        return {k: Polynomial(terms, self.degree - k) for k, terms in parts.items()}


class Gaussian:
    """A sum of polynomials, each times the exponential of a polynomial."""

    __slots__ = ("terms",)

    def __init__(self, terms: list[tuple[Any, Polynomial]]) -> None:
        if len(terms) > PRODUCTS:
            raise TooLarge("a product of two large sums of exponentials")
        self.terms = terms

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Dual):
            return NotImplemented
        if isinstance(other, Gaussian):
            return Gaussian(self.terms + other.terms)
        return Gaussian([*self.terms, (other, Polynomial({}, 0))])

    __radd__ = __add__

    def __neg__(self) -> Gaussian:
        return Gaussian([(-c, e) for c, e in self.terms])

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Dual):
            return NotImplemented
        if not isinstance(other, Gaussian):
            return Gaussian([(c * other, e) for c, e in self.terms])
        return Gaussian([(c * d, e + f) for c, e in self.terms for d, f in other.terms])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Dual):
            return NotImplemented
        if not isinstance(other, Gaussian):
            return self * quotient(1, constant(other))
        coefficient, exponent = other.single()
        factor = quotient(1, constant(coefficient))
        if all(e is exponent for _, e in self.terms):
            total: Any = 0
            for c, _ in self.terms:
                total = c * factor + total
            return total
        return Gaussian([(c * factor, e - exponent) for c, e in self.terms])

    def __rtruediv__(self, other: Any) -> Any:
        coefficient, exponent = self.single()
        return Gaussian([(quotient(1, constant(coefficient)) * other, -exponent)])

    def __pow__(self, exponent: int) -> Any:
        return _power(self, exponent)

    def single(self) -> tuple[Any, Polynomial]:
        """The coefficient and exponent of what must be one term."""
        if len(self.terms) != 1:
            raise Unsupported("a logarithm or quotient of a sum of exponentials")
        return self.terms[0]


class Dual:
    """``value + slope * epsilon``; derivatives inside derivatives have higher levels."""

    __slots__ = ("level", "slope", "value")

    def __init__(self, level: int, value: Any, slope: Any) -> None:
        self.level = level
        self.value = value
        self.slope = slope

    def _join(self, other: Any) -> tuple[int, Any, Any, Any, Any]:
        """The common level, and value and slope of both at it."""
        if not isinstance(other, Dual) or other.level < self.level:
            return self.level, self.value, self.slope, other, 0
        if other.level > self.level:
            return other.level, self, 0, other.value, other.slope
        return self.level, self.value, self.slope, other.value, other.slope

    def __add__(self, other: Any) -> Dual:
        level, a, da, b, db = self._join(other)
        return Dual(level, a + b, da + db)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(self.level, -self.value, -self.slope)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Dual:
        level, a, da, b, db = self._join(other)
        return Dual(level, a * b, da * b + a * db)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        level, a, da, b, db = self._join(other)
        ratio = quotient(a, b)
        return Dual(level, ratio, quotient(da - ratio * db, b))

    def __rtruediv__(self, other: Any) -> Dual:
        ratio = quotient(other, self.value)
        return Dual(self.level, ratio, -quotient(ratio * self.slope, self.value))

    def __pow__(self, exponent: int) -> Any:
        lower = _power(self.value, exponent - 1) if exponent else 0
        return Dual(self.level, _power(self.value, exponent), self.slope * lower * exponent)


def _power(base: Any, exponent: int) -> Any:
    """A whole power of any of these numbers."""
    if isinstance(base, acb | fmpq):
        if exponent < 0 and base == 0:
            raise Undefined("a negative power of zero")
        return base**exponent
    if isinstance(base, Dual):
        return base**exponent
    if exponent < 0:
        return quotient(1, _power(base, -exponent))
    if exponent > MASK:
        raise TooLarge(f"the power {exponent} of a polynomial; at most {MASK} is allowed")
    if exponent == 0:
        return fmpq(1)
    root = _power(base, exponent // 2)
    return root * root * base if exponent % 2 else root * root


def quotient(x: Any, y: Any) -> Any:
    """``x / y``; ``Undefined`` where ``y`` is exactly zero."""
    if isinstance(y, acb | fmpq | int):
        if y == 0:
            raise Undefined("division by zero")
        if isinstance(y, int):
            y = fmpq(y)
    return x / y


def constant(x: Any) -> Any:
    """``x`` as a number without variables; ``Unsupported`` if it has some."""
    if not isinstance(x, Polynomial):
        if isinstance(x, Gaussian):
            raise Unsupported("a function of an exponential of a random variable")
        return x
    if any(x.terms):
        raise Unsupported("a function other than a polynomial of a random variable")
    return x.terms.get(0, fmpq(0))


def exponential(x: Polynomial | Gaussian) -> Gaussian:
    """The exponential of a polynomial."""
    if isinstance(x, Gaussian):
        raise Unsupported("an exponential of an exponential of a random variable")
    return Gaussian([(fmpq(1), x)])


def logarithm(x: Polynomial | Gaussian) -> Any:
    """The logarithm of a positive number times the exponential of a real polynomial."""
    if isinstance(x, Polynomial):
        return acb(constant(x)).log()
    coefficient, exponent = x.single()
    factor = acb(constant(coefficient))
    if not (factor.imag == 0 and factor.real > 0):
        raise Unsupported("a logarithm of what is not seen to be positive")
    if not all(isinstance(c, fmpq) or acb(c).imag == 0 for c in exponent.terms.values()):
        raise Unsupported("a logarithm of a complex exponential")
    return exponent + factor.log()


def bernoulli_moment(x: Any, slot: int, mean: Any) -> Any:
    """The expectation of ``x`` over one variable that is 1 with probability ``mean``, else 0."""
    if not isinstance(x, Polynomial):
        return _without(x, "Bernoulli")
    parts = x.powers(slot)
    total: Any = parts.pop(0, Polynomial({}, 0))
    for part in parts.values():
        total = total + part * mean
    return total


def normal_moment(x: Any, slot: int, mean: Any, variance: Any) -> Any:
    """The expectation of ``x`` over one normal variable.

    E x^k = mean E x^(k-1) + (k-1) variance E x^(k-2), by parts.
    """
    if not isinstance(x, Polynomial):
        return _without(x, "normal")
    parts = x.powers(slot)
    moments: list[Any] = [fmpq(1)]
    for k in range(1, max(parts, default=0) + 1):
        moment = mean * moments[-1]
        if k > 1:
            moment = moment + variance * moments[-2] * (k - 1)
        moments.append(moment)
    total: Any = Polynomial({}, 0)
    for k, part in parts.items():
        total = total + part * moments[k]
    return total


def _without(x: Any, law: str) -> Any:
    if isinstance(x, Gaussian):
        raise Unsupported(f"an expectation of an exponential under a {law} law")
    return x


def integrate(x: Any, slot: int, positive: Callable[[Any], bool]) -> Any:
    """The integral of a sum of Gaussians over one real variable.

    ``positive`` says whether a number is seen to be real and positive.
    """
    if not isinstance(x, Gaussian):
        raise Unsupported("an integral over the real line of what is not a Gaussian")
    terms: list[tuple[Any, Polynomial]] = []
    for coefficient, exponent in x.terms:
        parts = exponent.powers(slot)
        if max(parts, default=0) > 2:
            raise Unsupported("an integral of the exponential of a polynomial of degree above 2")
        square = parts.get(2)
        curvature = -constant(square) if square is not None else fmpq(0)
        if not positive(curvature):
            raise Unsupported("an integral that is not seen to converge")
        linear: Any = parts.get(1, Polynomial({}, 0))
        mean = linear / (curvature * 2)
        rest = parts.get(0, Polynomial({}, 0)) + linear * mean / 2
        moment = normal_moment(coefficient, slot, mean, quotient(1, curvature * 2))
        terms.append((moment * (acb.pi() / curvature).sqrt(), rest))
    if any(any(exponent.terms) for _, exponent in terms):
        return Gaussian(terms)
    total: Any = fmpq(0)
    for coefficient, exponent in terms:
        total = coefficient * acb(constant(exponent)).exp() + total
    return total
