"""Integrals in one variable that have a closed form, worked out over the kernels of one table.

Over the line and under a normal law: powers of the variable times the exponential of a quadratic
polynomial whose leading coefficient is provably negative, by completing the square. Over an
interval: powers, and powers times the exponential of a linear polynomial. Over (0, 1): powers
times logarithms of the variable ``u`` or of ``1 - u``. Each is a known antiderivative or moment,
with symbolic coefficients; what is not of these kinds is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, factorial
from typing import Any

from flint import fmpq_mpoly

from numerics.kernels import Kernel, Ratio, Table

__all__ = ["Integrals"]

#: The largest power of the variable.
DEGREE_LIMIT = 12


@dataclass
class _Integrand:
    """``x^power |x|^bars exp(exponent)`` times powers of log(x) and of log(1 - x)."""

    exponent: Ratio
    power: int = 0
    bars: int = 0
    logs: dict[bool, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Integrals:
    """Closed forms over one table.

    Attributes:
        table: the kernels.
        exp: the exponential of a ratio, in normal form.
        root: the square root of a ratio, in normal form.
        positive: whether a ratio is provably positive.
    """

    table: Table
    exp: Callable[[Ratio], Ratio]
    root: Callable[[Ratio], Ratio]
    positive: Callable[[Ratio], bool]

    def value(
        self, variable: str, domain: Kernel, factors: list[tuple[Kernel, int]]
    ) -> Ratio | None:
        """The integral of a power product over a domain, or None where no rule applies."""
        integrand = self._read(variable, factors)
        if integrand is None or integrand.power > DEGREE_LIMIT:
            return None
        match domain:
            case Kernel("law", ("normal",)) if not integrand.logs:
                return self._under_normal(variable, integrand)
            case Kernel("space", (Kernel() as size,)) if not integrand.logs:
                if size is self.table.key(self.table.one):
                    return self._over_line(variable, integrand)
            case Kernel("interval", (low, high)) if not integrand.bars:
                return self._over_interval(variable, integrand, low, high)
        return None

    def _read(self, variable: str, factors: list[tuple[Kernel, int]]) -> _Integrand | None:
        table = self.table
        mark = table.name(variable)
        point = table.generator(table.kernel("name", mark))
        itself, mirrored = table.key(point), table.key(table.subtract(table.one, point))
        found = _Integrand(table.zero)
        for atom, exponent in factors:
            match atom:
                case Kernel("name", (name,)) if name is mark and exponent > 0:
                    found.power += exponent
                case Kernel("absolute", (key, _)) if key is itself and exponent > 0:
                    found.bars += exponent
                case Kernel("exp", (key,)):
                    step = table.constant(Fraction(exponent, table.base))
                    found.exponent = table.add(
                        found.exponent, table.multiply(step, table.from_key(key))
                    )
                case Kernel("log", (key,)) if key in (itself, mirrored) and exponent > 0:
                    found.logs[key is mirrored] = exponent
                case _:
                    return None
        return found

    def _coefficients(self, exponent: Ratio, variable: str, most: int) -> list[Ratio] | None:
        """A polynomial in the variable by its coefficients, constant first; None if it is none."""
        table = self.table
        kernel = table.kernel("name", table.name(variable))
        if any(variable in a.free for m, _ in table.monomials(exponent.den) for a, _ in m):
            return None
        parts: list[fmpq_mpoly] = [table.zero_poly] * (most + 1)
        for monomial, value in table.monomials(exponent.num):
            degree = 0
            rest = table.constant(value).num
            for atom, power in monomial:
                if atom is kernel:
                    degree = power
                elif variable in atom.free:
                    return None
                else:
                    rest = rest * table.generator(atom).num ** power
            if degree > most:
                return None
            parts[degree] = parts[degree] + rest
        return [table.tidy(part, exponent.den) for part in parts]

    # the line ------------------------------------------------------------------------------

    def _under_normal(self, variable: str, integrand: _Integrand) -> Ratio | None:
        """E[f(e)] for standard normal e: the integral of f against its density."""
        table = self.table
        point = table.generator(table.kernel("name", table.name(variable)))
        square = table.multiply(table.constant(Fraction(-1, 2)), table.multiply(point, point))
        integrand.exponent = table.add(integrand.exponent, square)
        whole = self._over_line(variable, integrand)
        if whole is None:
            return None
        circle = table.multiply(table.constant(2), table.generator(table.kernel("pi")))
        return table.divide(whole, self.root(circle))

    def _over_line(self, variable: str, integrand: _Integrand) -> Ratio | None:
        """By completing the square; with |x| only where the exponent has no linear term."""
        table = self.table
        found = self._coefficients(integrand.exponent, variable, 2)
        if found is None:
            return None
        constant, slope, square = found
        curvature = table.negative(square)
        if not self.positive(curvature):
            return None
        if integrand.bars % 2:
            if slope.num != 0:
                return None
            power = integrand.power + integrand.bars
            if integrand.power % 2:
                return table.zero
            half = self._half_line_moment(power, curvature)
            return table.multiply(table.multiply(table.constant(2), half), self.exp(constant))
        power = integrand.power + integrand.bars
        spread = table.reciprocal(table.multiply(table.constant(2), curvature))
        mean = table.multiply(slope, spread)
        peak = table.multiply(table.constant(Fraction(1, 2)), table.multiply(slope, mean))
        circle = table.generator(table.kernel("pi"))
        scale = table.multiply(
            self.root(table.divide(circle, curvature)), self.exp(table.add(constant, peak))
        )
        return table.multiply(scale, self._normal_moment(power, mean, spread))

    def _normal_moment(self, power: int, mean: Ratio, variance: Ratio) -> Ratio:
        """E x^k = mean E x^(k-1) + (k-1) variance E x^(k-2)."""
        table = self.table
        moments = [table.one]
        for k in range(1, power + 1):
            moment = table.multiply(mean, moments[-1])
            if k > 1:
                more = table.multiply(variance, moments[-2])
                moment = table.add(moment, table.multiply(table.constant(k - 1), more))
            moments.append(moment)
        return moments[-1]

    def _half_line_moment(self, power: int, curvature: Ratio) -> Ratio:
        """The integral of x^k exp(-A x^2) over x > 0: Gamma((k+1)/2) / (2 A^((k+1)/2))."""
        table = self.table
        whole, odd = divmod(power, 2)
        if odd:
            scale = table.constant(Fraction(factorial(whole), 2))
            return table.divide(scale, table.integer_power(curvature, whole + 1))
        circle = table.generator(table.kernel("pi"))
        # Gamma(m + 1/2) = (2m)! / (4^m m!) sqrt(pi)
        count = Fraction(factorial(2 * whole), 4**whole * factorial(whole) * 2)
        root = self.root(table.divide(circle, curvature))
        return table.divide(
            table.multiply(table.constant(count), root), table.integer_power(curvature, whole)
        )

    # intervals -----------------------------------------------------------------------------

    def _over_interval(
        self, variable: str, integrand: _Integrand, low: Any, high: Any
    ) -> Ratio | None:
        table = self.table
        ends = [None if isinstance(end, str) else table.from_key(end) for end in (low, high)]
        if ends[0] is not None and ends[1] is not None:
            length = table.subtract(ends[1], ends[0])
            if not self.positive(length):
                return None
        found = self._coefficients(integrand.exponent, variable, 2)
        if found is None:
            return None
        constant, slope, square = found
        if integrand.logs:
            unit = ends == [table.zero, table.one]
            if len(integrand.logs) > 1 or not unit or slope.num != 0 or square.num != 0:
                return None
            return table.multiply(self.exp(constant), self._with_logs(integrand))
        if square.num != 0:
            curvature = table.negative(square)
            half = ends[0] == table.zero and ends[1] is None and slope.num == 0
            if not half or not self.positive(curvature):
                return None
            return table.multiply(
                self.exp(constant), self._half_line_moment(integrand.power, curvature)
            )
        total = self._between(integrand.power, slope, ends[0], ends[1])
        return None if total is None else table.multiply(self.exp(constant), total)

    def _with_logs(self, integrand: _Integrand) -> Ratio:
        """The integral of t^i log(t)^j over (0, 1) is (-1)^j j! / (i+1)^(j+1)."""
        ((mirrored, order),) = integrand.logs.items()

        def basic(i: int) -> Fraction:
            return Fraction((-1) ** order * factorial(order), (i + 1) ** (order + 1))

        power = integrand.power
        if not mirrored:
            return self.table.constant(basic(power))
        # x = 1 - t
        total = sum(
            (comb(power, i) * (-1) ** i * basic(i) for i in range(power + 1)), start=Fraction(0)
        )
        return self.table.constant(total)

    def _between(
        self, power: int, slope: Ratio, low: Ratio | None, high: Ratio | None
    ) -> Ratio | None:
        """The integral of x^k exp(c x); an end that is None is infinite."""
        table = self.table
        if slope.num == 0:
            if low is None or high is None:
                return None
            ends = [
                table.integer_power(end, power + 1) if end.num != 0 else end for end in (low, high)
            ]
            return table.divide(table.subtract(ends[1], ends[0]), table.constant(power + 1))
        falls, rises = self.positive(table.negative(slope)), self.positive(slope)
        if not ((low is not None or rises) and (high is not None or falls)):
            return None
        if not falls and not rises:
            return None

        def antiderivative(end: Ratio | None) -> Ratio:
            if end is None:
                return table.zero
            total = table.zero
            for i in range(power + 1):
                sign = (-1) ** (power - i) * factorial(power) // factorial(i)
                part = table.divide(table.constant(sign), table.integer_power(slope, power - i + 1))
                if i:
                    part = table.multiply(part, table.integer_power(end, i))
                total = table.add(total, part)
            return table.multiply(total, self.exp(table.multiply(slope, end)))

        return table.subtract(antiderivative(high), antiderivative(low))
