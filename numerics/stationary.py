"""Candidates for stationary points: where a slope vanishes, solved by the normal form's own means.

What is found here is proved elsewhere (:mod:`numerics.optima`), so nothing depends on whether it is
complete. Factors of the slope are solved that are linear or quadratic in the variable, or linear in
logarithms, in one exponential or in one root of what can be solved in turn.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from flint import fmpq_mpoly

from language.notation import Notation
from language.terms import Term
from numerics.kernels import Kernel, Ratio, Table, TooLarge
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, with_normalizer
from numerics.readback import term_of

__all__ = ["candidates"]

#: How often an equation is turned into another one.
DEPTH = 3


def candidates(slope: Term, variable: str, notation: Notation) -> tuple[Term, ...]:
    """Terms free of ``variable`` at which ``slope`` may vanish; none where nothing is found."""

    def work(normalizer: Normalizer) -> tuple[Term, ...]:
        solver = _Solver(normalizer, variable)
        found = []
        for root in solver.roots(normalizer.normal(slope), DEPTH):
            try:
                found.append(term_of(normalizer.table, root))
            except Outside:
                continue
        return tuple(found)

    try:
        return with_normalizer(notation, work, slope)
    except (Outside, TooLarge):
        return ()


class _Solver:
    def __init__(self, normalizer: Normalizer, variable: str) -> None:
        self.normalizer = normalizer
        self.table: Table = normalizer.table
        self.variable = variable
        self.point = self.table.kernel("name", self.table.name(variable))

    def roots(self, equation: Ratio, depth: int) -> list[Ratio]:
        """Values of the variable at which a ratio vanishes."""
        if depth == 0 or equation.num == 0:
            return []
        found: list[Ratio] = []
        numerator = Ratio(equation.num, self.table.one_poly)
        for factor, _ in self.normalizer.factors(numerator):
            if not isinstance(factor, Fraction):
                found += self._of_factor(factor, depth)
        return found

    def _of_factor(self, factor: fmpq_mpoly, depth: int) -> list[Ratio]:
        atoms = {
            atom
            for monomial, _ in self.table.monomials(factor)
            for atom, _ in monomial
            if self.variable in atom.free
        }
        if atoms == {self.point}:
            return self._values(factor, self.point)
        if atoms and all(atom.tag == "log" for atom in atoms):
            return self._of_logarithms(factor, sorted(atoms, key=lambda atom: atom.rank), depth)
        if len(atoms) == 1:
            (atom,) = atoms
            return [
                root
                for value in self._values(factor, atom)
                for root in self._of_kernel(atom, value, depth)
            ]
        roots = [atom for atom in atoms if atom.tag == "root"]
        if len(roots) == 1 and atoms == {self.point, roots[0]}:
            return self._of_root(factor, roots[0], depth)
        return []

    def _values(self, factor: fmpq_mpoly, atom: Kernel) -> list[Ratio]:
        """The values of one kernel at which a polynomial of degree one or two in it vanishes."""
        table = self.table
        parts = self._by_degree(factor, atom)
        if not parts or len(parts) > 3:
            return []
        if len(parts) == 2:
            return [table.negative(table.divide(parts[0], parts[1]))]
        constant, slope, square = parts
        half = table.divide(slope, table.multiply(table.constant(-2), square))
        inside = table.subtract(table.multiply(half, half), table.divide(constant, square))
        try:
            root = self.normalizer.root(inside, 2)
        except (Outside, ZeroDivisionError):
            return []
        return [table.add(half, root), table.subtract(half, root)]

    def _by_degree(self, factor: fmpq_mpoly, atom: Kernel) -> list[Ratio]:
        """The coefficients of a polynomial in one kernel, constant first."""
        table = self.table
        parts: dict[int, Ratio] = {}
        for monomial, coefficient in table.monomials(factor):
            degree = dict(monomial).get(atom, 0)
            rest = tuple(item for item in monomial if item[0] is not atom)
            part = table.multiply(
                table.constant(coefficient), self.normalizer.functionals.ratio_of(rest)
            )
            parts[degree] = table.add(parts.get(degree, table.zero), part)
        return [parts.get(k, table.zero) for k in range(max(parts, default=-1) + 1)]

    def _of_kernel(self, atom: Kernel, value: Ratio, depth: int) -> list[Ratio]:
        """Where an exponential or a root of something has a value."""
        table = self.table
        match atom:
            case Kernel("exp", (key,)):
                try:
                    wanted = self.normalizer.log(value)
                except (Outside, ZeroDivisionError):
                    return []
                scaled = table.multiply(table.constant(table.base), wanted)
                return self.roots(table.subtract(table.from_key(key), scaled), depth - 1)
            case Kernel("root", (degree, _, key)):
                power = table.integer_power(value, degree) if value.num != 0 else value
                return self.roots(table.subtract(table.from_key(key), power), depth - 1)
        return []

    def _of_logarithms(self, factor: fmpq_mpoly, atoms: list[Kernel], depth: int) -> list[Ratio]:
        """Where a sum c_k log f_k + rest vanishes: the product of f_k^(c_k / c_1) has a value."""
        table = self.table
        weights: list[Ratio] = []
        rest = Ratio(factor, table.one_poly)
        for atom in atoms:
            parts = self._by_degree(factor, atom)
            if len(parts) != 2:
                return []
            weights.append(parts[1])
            rest = table.subtract(rest, table.multiply(parts[1], table.generator(atom)))
        shares: list[Fraction] = []
        for weight in weights:
            share = table.divide(weight, weights[0])
            if not (share.num.is_constant() and share.den.is_constant()):
                return []
            value = share.num.leading_coefficient() / share.den.leading_coefficient()
            shares.append(Fraction(int(value.p), int(value.q)))
        if self._depends(rest) or any(map(self._depends, weights)):
            return []
        whole = lcm(*(share.denominator for share in shares))
        product = table.one
        for atom, count in zip(atoms, shares, strict=True):
            inside = table.from_key(atom.parts[0])
            product = table.multiply(product, table.integer_power(inside, int(count * whole)))
        exponent = table.multiply(table.constant(-whole), table.divide(rest, weights[0]))
        return self.roots(table.subtract(product, self.normalizer.exp(exponent)), depth - 1)

    def _of_root(self, factor: fmpq_mpoly, root: Kernel, depth: int) -> list[Ratio]:
        """Of a polynomial in x and r = sqrt(a x + b): as one in r, with x = (r^2 - b) / a."""
        table = self.table
        degree, _, key = root.parts
        inside = table.from_key(key)
        line = self._by_degree(inside.num, self.point)
        if degree != 2 or len(line) != 2 or not inside.den.is_one():
            return []
        fresh = table.kernel("name", table.name(f"@root of {self.variable}"))
        unknown = table.generator(fresh)
        there = table.divide(table.subtract(table.multiply(unknown, unknown), line[0]), line[1])
        total = table.zero
        for monomial, coefficient in table.monomials(factor):
            part = table.constant(coefficient)
            for atom, exponent in monomial:
                base = (
                    there
                    if atom is self.point
                    else (unknown if atom is root else table.generator(atom))
                )
                part = table.multiply(part, table.integer_power(base, exponent))
            total = table.add(total, part)
        found = []
        for piece, _ in self.normalizer.factors(Ratio(total.num, table.one_poly)):
            if not isinstance(piece, Fraction):
                for value in self._values(piece, fresh):
                    found += self._of_kernel(root, value, depth)
        return found

    def _depends(self, ratio: Ratio) -> bool:
        return any(
            self.variable in atom.free
            for poly in (ratio.num, ratio.den)
            for monomial, _ in self.table.monomials(poly)
            for atom, _ in monomial
        )
