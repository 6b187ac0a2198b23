"""Sums over symbolic ranges, integrals and expectations: linear functionals of power products.

A sum ``sum_i f(i)``, an integral ``int f(x) dx`` and an expectation are all linear, commute with
one another (Fubini) and let factors pass that do not contain the bound name. So each is written as
a combination of kernels ``("functional", binders, monomial)`` whose monomial is connected by its
bound names and whose bound names are canonical. What is special about a domain stands here too:

* an index over a range: ``sum_i 1`` is its size, Kronecker deltas are carried out, entries with the
  trait ``simplex`` sum to one;
* a point of a space: a density integrates to one, also after a change of variables;
* a draw of independent entries: moments by the moment-cumulant formula,
  ``E[prod_a X_a] = sum over partitions of prod over blocks of kappa_|B| delta_B``.

Exchanging integrals assumes that the integrals involved exist; the scope of a proof says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise, permutations
from math import prod
from typing import Any, TypeAlias

from flint import fmpq_mpoly

from language.types import INTEGER, Array
from numerics.integrals import Integrals
from numerics.kernels import (
    ONE,
    Coefficient,
    Kernel,
    Monomial,
    Ratio,
    Table,
    TooLarge,
    rank_of,
    sort_monomial,
)
from numerics.lowering import Outside

__all__ = ["Binder", "Functionals"]

#: A bound name with its domain: a kernel tagged range (low, high), space (size) or law (name, ...).
Binder: TypeAlias = tuple[str, Kernel]

BINDER_LIMIT = 5


class Functionals:
    """Linear functionals over the kernels of one table."""

    def __init__(self, table: Table, integrals: Integrals) -> None:
        self.table = table
        self.integrals = integrals
        self._fresh = 0

    def bind(self, variable: str, domain: Kernel, body: Ratio) -> Ratio:
        """The functional of ``domain`` in ``variable`` applied to ``body``."""
        table = self.table
        outer, inner = self._split_denominator(body.den, variable)
        total = table.zero
        for polynomial, below in self._parts(body.num, inner):
            for bound, scale in self._by_bound_part(polynomial, variable).items():
                value = self.apply([(variable, domain)], sort_monomial([*bound, *below]))
                total = table.add(total, table.multiply(scale, value))
        return table.divide(total, outer)

    def _by_bound_part(self, poly: fmpq_mpoly, variable: str) -> dict[Monomial, Ratio]:
        """A polynomial as power products that contain ``variable``, with their coefficients."""
        table = self.table
        free: dict[Monomial, list[tuple[Monomial, Coefficient]]] = {}
        for monomial, value in table.monomials(poly):
            bound = tuple(item for item in monomial if variable in item[0].free)
            rest = tuple(item for item in monomial if variable not in item[0].free)
            free.setdefault(bound, []).append((rest, (value.numerator, value.denominator)))
        return {
            bound: Ratio(table.poly_from(tuple(terms)), table.one_poly)
            for bound, terms in free.items()
        }

    def _split_denominator(
        self, den: fmpq_mpoly, variable: str
    ) -> tuple[Ratio, list[tuple[fmpq_mpoly, int]]]:
        """The denominator's factor free of ``variable``, and its other irreducible factors."""
        table = self.table
        if den.is_constant():
            return Ratio(den, table.one_poly), []
        constant, factors = den.factor()
        free = table.context.constant(constant)
        bound = []
        for factor, exponent in factors:
            atoms = [a for m, _ in table.monomials(factor) for a, _ in m]
            if any(variable in atom.free for atom in atoms):
                bound.append((factor, int(exponent)))
            else:
                free = free * factor**exponent
        return Ratio(free, table.one_poly), bound

    def _parts(
        self, num: fmpq_mpoly, factors: list[tuple[fmpq_mpoly, int]]
    ) -> Iterator[tuple[fmpq_mpoly, list[tuple[Kernel, int]]]]:
        """``num`` over the product of ``factors`` as polynomials over monomials.

        Division with remainder makes the split canonical where the denominator is not a monomial.
        """
        table = self.table
        below: list[tuple[Kernel, int]] = []
        divisor = table.one_poly
        for factor, exponent in factors:
            terms = table.monomials(factor)
            if len(terms) == 1:
                below += [(atom, -e * exponent) for atom, e in terms[0][0]]
            else:
                divisor = divisor * factor**exponent
                below.append((table.kernel("poly", table.terms(factor)), -exponent))
        if divisor.is_constant():
            yield num, below
            return
        quotient, rest = divmod(num, divisor)
        only = [(atom, e) for atom, e in below if atom.tag != "poly"]
        yield quotient, only
        yield rest, below

    def ratio_of(self, monomial: Monomial) -> Ratio:
        """A power product of atoms as a ratio."""
        table = self.table
        total = table.one
        for atom, exponent in monomial:
            if atom.tag == "poly":
                value = Ratio(table.poly_from(atom.parts[0]), table.one_poly)
            else:
                value = table.generator(atom)
            total = table.multiply(total, table.integer_power(value, exponent))
        return total

    # one power product ---------------------------------------------------------------------

    def apply(self, binders: list[Binder], monomial: Monomial) -> Ratio:
        """The functional of several binders applied to one power product."""
        self.table.budget.spend(5)
        binders, factors = self._flatten(binders, monomial)
        for variable, domain in binders:
            if domain.tag == "law":
                rest = [binder for binder in binders if binder[0] != variable]
                expected = self._expected(variable, domain, rest, factors)
                if expected is not None:
                    return expected
                factors = self._one_entry(variable, factors)
        return self._sum(binders, factors)

    def _one_entry(self, draw: str, factors: list[tuple[Kernel, int]]) -> list[tuple[Kernel, int]]:
        """A draw of which one entry occurs, as a draw of one number."""
        entries = {entry for atom, _ in factors for entry in _entries_of(draw, atom)}
        if len(entries) != 1 or None in entries:
            return factors
        (entry,) = entries
        names = {
            draw: self.table.name(draw),
            entry: self.table.kernel("name", self.table.name(draw)),
        }
        return list(self.table.renamed(tuple(factors), names))

    def _sum(self, binders: list[Binder], factors: list[tuple[Kernel, int]]) -> Ratio:
        done = self._deltas(binders, factors)
        if done is None:
            return self.table.zero
        binders, factors = done
        total = self.table.one
        names = {variable for variable, _ in binders}
        free = [(a, e) for a, e in factors if names.isdisjoint(a.free)]
        total = self.ratio_of(sort_monomial(free))
        for group, members in _components(binders, [f for f in factors if f not in free]):
            total = self.table.multiply(total, self._component(group, members))
        return total

    def _flatten(
        self, binders: list[Binder], monomial: Monomial
    ) -> tuple[list[Binder], list[tuple[Kernel, int]]]:
        """Merge inner functionals that contain a bound name into one joint functional."""
        binders = list(binders)
        pending, factors = list(monomial), []
        while pending:
            atom, exponent = pending.pop()
            inside = {variable for variable, _ in binders} & atom.free
            if atom.tag != "functional" or exponent < 0 or not inside:
                factors.append((atom, exponent))
                continue
            if exponent > BINDER_LIMIT:
                raise TooLarge("a power of a sum has too many indices")
            placed, merged = atom.parts
            for _ in range(exponent):
                names = {}
                for mark, _ in placed:
                    self._fresh += 1
                    names[mark.parts[0]] = self.table.name(f"@{self._fresh}")
                for mark, domain in placed:
                    name = names[mark.parts[0]].parts[0]
                    binders.append((name, self.table.rename(domain, names)))
                pending += [(self.table.rename(a, names), e) for a, e in merged]
        if sum(domain.tag != "law" for _, domain in binders) > BINDER_LIMIT:
            raise TooLarge("a nested sum has too many indices")
        return binders, list(sort_monomial(factors))

    def _deltas(
        self, binders: list[Binder], factors: list[tuple[Kernel, int]]
    ) -> tuple[list[Binder], list[tuple[Kernel, int]]] | None:
        """Carry out Kronecker deltas; None where one is zero."""
        binders = list(binders)
        while True:
            chosen = next(
                (a for a, _ in factors if a.tag == "delta" and self._resolves(a, binders)), None
            )
            if chosen is None:
                return binders, factors
            left, right = chosen.parts
            rest = [(a, e) for a, e in factors if a is not chosen]
            if left is right:
                factors = rest
                continue
            if left.tag == right.tag == "int":
                return None
            domains = dict(binders)
            gone, kept = (left, right) if _is_bound(left, domains) else (right, left)
            if not self._same_range(kept, domains, domains[gone.parts[0]]):
                raise Outside("a Kronecker delta joins indices that may differ in range")
            names = {gone.parts[0]: kept}
            # The range of another index may end at this one.
            binders = [(v, self.table.rename(d, names)) for v, d in binders if v != gone.parts[0]]
            factors = list(self.table.renamed(tuple(rest), names))

    def _same_range(self, index: Kernel, domains: Mapping[str, Kernel], wanted: Kernel) -> bool:
        """Whether ``index`` is known to lie in the range ``wanted``."""
        if index.tag != "v":
            return False
        bound = domains.get(index.parts[0])
        if bound is not None:
            return bound is wanted
        sizes = self.table.index_sizes.get(index.parts[0], ())
        return any(self._whole_range(size) is wanted for size in sizes)

    def _resolves(self, atom: Kernel, binders: list[Binder]) -> bool:
        ranges = {variable: domain for variable, domain in binders if domain.tag == "range"}
        left, right = atom.parts
        return (
            left is right
            or left.tag == right.tag == "int"
            or _is_bound(left, ranges)
            or _is_bound(right, ranges)
        )

    def _component(self, binders: list[Binder], factors: list[tuple[Kernel, int]]) -> Ratio:
        """A functional whose factors hang together by its bound names."""
        if not factors:
            return self._size(binders[0][1])
        if len(binders) > 1:
            value = self._one_by_one(binders, factors)
            if value is not None:
                return value
        if self._is_one(binders, factors):
            return self.table.one
        if len(binders) == 1:
            (variable, domain), *_ = binders
            value = self.integrals.value(variable, domain, factors)
            if value is not None:
                return value
        return self.table.generator(self._canonical(binders, factors))

    def _one_by_one(self, binders: list[Binder], factors: list[tuple[Kernel, int]]) -> Ratio | None:
        """A joint functional with one binder carried out first, where that gives a value."""
        for binder in binders:
            variable, domain = binder
            others = [other for other in binders if other is not binder]
            if any(variable in other.free for _, other in others):
                continue
            inner = [factor for factor in factors if variable in factor[0].free]
            outer = [factor for factor in factors if variable not in factor[0].free]
            value = self._value(variable, domain, inner, outer)
            if value is None:
                continue
            total = self.table.multiply(value, self.ratio_of(sort_monomial(outer)))
            for name, there in others:
                total = self.bind(name, there, total)
            return total
        return None

    def _value(
        self,
        variable: str,
        domain: Kernel,
        inner: list[tuple[Kernel, int]],
        outer: list[tuple[Kernel, int]],
    ) -> Ratio | None:
        """The value of one functional, or itself where it cancels against the other factors."""
        if not inner:
            return None
        if self._is_one([(variable, domain)], inner):
            return self.table.one
        value = self.integrals.value(variable, domain, inner)
        if value is None and any(atom.tag == "functional" and e < 0 for atom, e in outer):
            whole = self._canonical([(variable, domain)], inner)
            if any(atom is whole and exponent < 0 for atom, exponent in outer):
                return self.table.generator(whole)
        return value

    def _size(self, domain: Kernel) -> Ratio:
        table = self.table
        match domain:
            case Kernel("range", (low, high)):
                difference = table.subtract(table.from_key(high), table.from_key(low))
                size = table.add(difference, table.one)
                if not self._is_count(size):
                    raise Outside("a range that may end before it starts")
                return size
            case Kernel("law"):
                return table.one
            case Kernel("interval", (Kernel() as low, Kernel() as high)):
                length = table.subtract(table.from_key(high), table.from_key(low))
                if table.positive(length.num) and table.positive(length.den):
                    return length
                raise Outside("an interval that may be empty")
        raise Outside("the integral of a constant over an unbounded space is infinite")

    def _is_count(self, size: Ratio) -> bool:
        """Whether a linear combination of sizes and indices is never negative."""
        weights: dict[str, Fraction] = {}
        constant = Fraction(0)
        for monomial, coefficient in self.table.monomials(size.num):
            match monomial:
                case ():
                    constant += coefficient
                case ((Kernel("name", (Kernel("v", (name,)),)), 1),):
                    weights[name] = coefficient
                case _:
                    return False
        # An index is at most the size of what it numbers.
        for name in [n for n in weights if weights[n] < 0 and n in self.table.index_sizes]:
            weight, end = weights.pop(name), min(self.table.index_sizes[name], key=str)
            if isinstance(end, int):
                constant += weight * end
            else:
                weights[end] = weights.get(end, Fraction(0)) + weight
        least = constant + sum(weights.values())
        return (
            size.den.is_one()
            and least >= 0
            and all(weight >= 0 and self._is_natural(name) for name, weight in weights.items())
        )

    def _is_natural(self, name: str) -> bool:
        """Whether a name is at least one: an index, or a size."""
        symbol = self.table.notation.get(name)
        natural = symbol is not None and symbol.type == INTEGER
        return name in self.table.index_sizes or (
            symbol is not None and natural and symbol.domain.lower == 0
        )

    def _is_one(self, binders: list[Binder], factors: list[tuple[Kernel, int]]) -> bool:
        """Whether the functional is a total probability."""
        if len(binders) != 1:
            return False
        variable, domain = binders[0]
        match domain, factors:
            case Kernel("range"), [
                (Kernel("entry", (Kernel("v", (array,)), Kernel("v", (index,)))), 1)
            ] if index == variable:
                symbol = self.table.notation.get(array)
                return (
                    symbol is not None
                    and "simplex" in symbol.traits
                    and isinstance(symbol.type, Array)
                    and domain is self._whole_range(symbol.type.shape[0])
                )
            # A space with a name may be a part of the whole.
            case Kernel("space", (Kernel(),)), [(Kernel("density", (_, Kernel("v", (point,)))), 1)]:
                return bool(point == variable)
            case Kernel("space", (Kernel(),)), [(first, 1), (second, 1)]:
                return self._is_moved(variable, first, second) or self._is_moved(
                    variable, second, first
                )
        return False

    def _is_moved(self, variable: str, density: Kernel, stretch: Kernel) -> bool:
        """Whether this is p(F(u)) |det J_F(u)|, a density after a change of variables."""
        match density, stretch:
            case (
                Kernel("density", (_, Kernel("call", (str(flow), Kernel("v", (point,)) as mark)))),
                Kernel("absolute", (key, _)),
            ) if point == variable:
                symbol = self.table.notation.get(flow)
                if symbol is None or symbol.inverse is None or symbol.jacobian is None:
                    return False
                determinant = self.table.kernel("det", symbol.jacobian, mark)
                return key is self._key_of(determinant)
        return False

    def _whole_range(self, size: int | str) -> Kernel:
        table = self.table
        one = table.key(table.one)
        if isinstance(size, int):
            return table.kernel("range", one, table.key(table.constant(size)))
        return table.kernel("range", one, self._key_of(table.kernel("name", table.name(size))))

    def _key_of(self, kernel: Kernel) -> Kernel:
        return self.table.kernel("ratio", ((((kernel, 1),), (1, 1)),), ONE)

    # expectations --------------------------------------------------------------------------

    def _expected(
        self, draw: str, law: Kernel, binders: list[Binder], factors: list[tuple[Kernel, int]]
    ) -> Ratio | None:
        """Moments of independent entries; None where the factors are not powers of entries."""
        drawn: list[tuple[Any, ...]] = []
        others = []
        for atom, exponent in factors:
            match atom:
                case Kernel("name", (Kernel("v", (name,)),)) if name == draw:
                    drawn += [()] * exponent
                case Kernel("entry", (Kernel("v", (name,)), *indices)) if name == draw:
                    drawn += [tuple(indices)] * exponent
                case _:
                    if draw in atom.free:
                        return None
                    others.append((atom, exponent))
            if draw in atom.free and exponent < 0:
                return None
        total = self.table.zero
        if drawn and all(indices == drawn[0] for indices in drawn):
            moment = self._moment(law, len(drawn))
            joint = list(sort_monomial(others))
            part = self.apply(binders, sort_monomial(joint)) if binders else self._sum([], joint)
            return self.table.multiply(moment, part)
        if len(drawn) > 6:
            raise TooLarge("a moment of too high an order")
        for blocks in _partitions(drawn):
            value = self.table.one
            for block in blocks:
                value = self.table.multiply(value, self._cumulant(law, len(block)))
                if value.num == 0:
                    break
            else:
                deltas = [
                    (self._delta(i, j), 1)
                    for block in blocks
                    for first, second in pairwise(block)
                    for i, j in zip(first, second, strict=True)
                ]
                joint = list(sort_monomial([*others, *dict(deltas).items()]))
                part = (
                    self.apply(binders, sort_monomial(joint)) if binders else self._sum([], joint)
                )
                total = self.table.add(total, self.table.multiply(value, part))
        return total

    def _delta(self, i: Kernel, j: Kernel) -> Kernel:
        return self.table.kernel("delta", *sorted((i, j), key=rank_of))

    def _moment(self, law: Kernel, order: int) -> Ratio:
        """The moment of one entry: (k - 1)!! of a standard normal one, p of a 0/1 one."""
        table = self.table
        match law:
            case Kernel("law", ("normal",)):
                return table.constant(0 if order % 2 else prod(range(1, order, 2)))
            case Kernel("law", ("bernoulli", key)):
                return table.from_key(key)
        raise Outside("this law's moments are not known")

    def _cumulant(self, law: Kernel, order: int) -> Ratio:
        table = self.table
        match law:
            case Kernel("law", ("normal",)):
                return table.one if order == 2 else table.zero
            case Kernel("law", ("bernoulli", key)):
                return self._bernoulli_cumulant(table.from_key(key), order)
        raise Outside("this law's moments are not known")

    def _bernoulli_cumulant(self, p: Ratio, order: int) -> Ratio:
        """kappa_1 = p and kappa_(k+1) = p (1 - p) d kappa_k / dp."""
        table = self.table
        # As polynomials in p: coefficients by power.
        coefficients = [Fraction(0), Fraction(1)]
        for _ in range(order - 1):
            slope = [k * c for k, c in enumerate(coefficients)][1:]
            following = [Fraction(0)] * (len(slope) + 2)
            for k, c in enumerate(slope):
                following[k + 1] += c
                following[k + 2] -= c
            coefficients = following
        total = table.zero
        for k, c in enumerate(coefficients):
            if c:
                part = table.multiply(table.constant(c), table.integer_power(p, k))
                total = table.add(total, part)
        return total

    def _canonical(self, binders: list[Binder], factors: list[tuple[Kernel, int]]) -> Kernel:
        """The functional with bound names by its structure only: the least labelling."""
        table = self.table
        height = max(atom.height for atom, _ in factors) + 1
        best: tuple[Any, Kernel] | None = None
        for order in permutations(binders):
            names = {v: table.name(f"#{height}.{k}") for k, (v, _) in enumerate(order)}
            labelled = tuple((names[v], table.rename(domain, names)) for v, domain in order)
            found = table.kernel("functional", labelled, table.renamed(tuple(factors), names))
            if len(binders) == 1:
                return found
            weight = rank_of(found.parts)
            if best is None or weight < best[0]:
                best = (weight, found)
        assert best is not None
        return best[1]

    # differences ---------------------------------------------------------------------------

    def recombined(self, difference: Ratio) -> Ratio:
        """Put the functionals of a difference that share their binders under one sign.

        ``int p^2/(p+q) + int p q/(p+q)`` is ``int p``, which is seen only together.
        """
        table = self.table
        groups: dict[Kernel, list[tuple[Monomial, Ratio]]] = {}
        rest = table.zero
        for monomial, coefficient in table.monomials(difference.num):
            found = [(a, e) for a, e in monomial if a.tag == "functional"]
            others = tuple((a, e) for a, e in monomial if a.tag != "functional")
            scale = table.multiply(table.constant(coefficient), self.ratio_of(others))
            if len(found) == 1 and found[0][1] == 1 and len(found[0][0].parts[0]) == 1:
                ((mark, domain),), inner = found[0][0].parts
                common = table.renamed(inner, {mark.parts[0]: table.name("@0")})
                groups.setdefault(domain, []).append((common, scale))
            else:
                rest = table.add(rest, table.multiply(scale, self.ratio_of(tuple(found))))
        for domain, members in groups.items():
            joint = table.zero
            for inner, scale in members:
                joint = table.add(joint, table.multiply(scale, self.ratio_of(inner)))
            rest = table.add(rest, self.bind("@0", domain, joint))
        return rest


def _components(
    binders: list[Binder], factors: list[tuple[Kernel, int]]
) -> Iterator[tuple[list[Binder], list[tuple[Kernel, int]]]]:
    """Groups of binders that share factors, with those factors."""
    remaining = list(binders)
    while remaining:
        group = [remaining.pop(0)]
        members: list[tuple[Kernel, int]] = []
        grown = True
        while grown:
            grown = False
            names = {variable for variable, _ in group}
            for factor in factors:
                if factor not in members and not names.isdisjoint(factor[0].free):
                    members.append(factor)
                    grown = True
            for binder in list(remaining):
                if any(binder[0] in atom.free for atom, _ in members) or any(
                    binder[0] in domain.free for _, domain in group
                ):
                    remaining.remove(binder)
                    group.append(binder)
                    grown = True
        yield group, members


def _entries_of(draw: str, part: Any) -> Iterator[Kernel | None]:
    """The entries of a draw in a kernel; None where it occurs otherwise, as under a sum."""
    match part:
        case tuple():
            for item in part:
                yield from _entries_of(draw, item)
        case Kernel("entry", (Kernel("v", (name,)), *places)) if name == draw:
            summed = any(mark.startswith("#") for place in places for mark in place.free)
            yield None if summed else part
        case Kernel("v", (name,)):
            if name == draw:
                yield None
        case Kernel(_, parts) if draw in part.free:
            yield from _entries_of(draw, parts)


def _partitions(items: list[Any]) -> Iterator[list[list[Any]]]:
    if not items:
        yield []
        return
    first, *rest = items
    for partition in _partitions(rest):
        yield [[first], *partition]
        for k, block in enumerate(partition):
            yield [*partition[:k], [first, *block], *partition[k + 1 :]]


def _is_bound(mark: Kernel, domains: Mapping[str, Kernel]) -> bool:
    return mark.tag == "v" and mark.parts[0] in domains
