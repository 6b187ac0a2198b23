"""Rational functions over kernels: the exact arithmetic under every scalar proof.

A *kernel* is what arithmetic cannot look into: a name, an entry ``w_i``, ``log(f)``, ``exp(m)``, a
density at a point, an index sum. A :class:`Ratio` is a quotient of two polynomials in kernels with
rational coefficients (FLINT's ``fmpq_mpoly``). Algebraic kernels (roots, absolute values, the
imaginary unit) carry a relation ``k^d = ratio`` that is divided out.

Kernels are interned: within one table equal kernels are one object, so that comparing, hashing and
sorting them costs nothing. Those that occur in polynomials are given a generator of the FLINT
context; those that only stand inside sums and integrals are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from language.notation import Notation
from language.types import COMPLEX, Dimension, Function, Interval

__all__ = [
    "Budget",
    "Kernel",
    "Monomial",
    "MoreGenerators",
    "Ratio",
    "Refine",
    "Table",
    "TooLarge",
]


class Kernel:
    """One kernel: a tag and parts, with the names in it that could be bound.

    The parts hold kernels, strings, integers and tuples of these. ``Kernel("v", (name,))`` marks a
    name wherever one occurs, so that bound names can be renamed. ``Kernel("ratio", (num, den))`` is
    a rational function written out: each part a tuple of (monomial, coefficient) pairs.
    """

    __match_args__ = ("tag", "parts")
    __slots__ = ("free", "height", "number", "parts", "rank", "tag")
    free: frozenset[str]
    height: int

    def __init__(self, tag: str, parts: tuple[Any, ...], rank: int) -> None:
        self.tag = tag
        self.parts = parts
        #: The order in which the table met it, by which monomials are sorted.
        self.rank = rank
        #: Its generator in the FLINT context, once it has one.
        self.number: int | None = None
        free: set[str] = set()
        height = 0
        if tag == "v":
            free.add(parts[0])
        pending = list(parts)
        while pending:
            part = pending.pop()
            if isinstance(part, Kernel):
                free |= part.free
                height = max(height, part.height)
            elif isinstance(part, tuple):
                pending += part
        #: Names marked in it, bound ones included (their placeholders start with "#").
        self.free = frozenset(free)
        #: How deeply sums and integrals are nested in it.
        self.height = height + 1 if tag in ("functional", "vector") else height

    def __repr__(self) -> str:
        return f"{self.tag}{self.parts}"


#: A power product of kernels, sorted; exponents may be negative inside sums and integrals.
Monomial: TypeAlias = "tuple[tuple[Kernel, int], ...]"
#: A polynomial written out.
Terms: TypeAlias = "tuple[tuple[Monomial, Coefficient], ...]"
#: A rational coefficient, numerator and positive denominator.
Coefficient: TypeAlias = "tuple[int, int]"

#: What stands for which names, or kernels.
Names: TypeAlias = "Mapping[Any, Kernel]"

#: Traits of matrices whose entries have two names.
SYMMETRIC = frozenset(("symmetric", "definite"))

#: The polynomial one, written out.
ONE: Terms = (((), (1, 1)),)

#: The most terms that a polynomial may reach before the prover passes on.
TERM_LIMIT = 20_000
#: The most bits that a coefficient of a power may reach.
BIT_LIMIT = 100_000
#: The largest exponent that is expanded.
DEGREE_LIMIT = 400
#: The same for what has one term.
MONOMIAL_LIMIT = 20_000


class TooLarge(Exception):
    """A bound on the work was reached; the prover passes on."""


class MoreGenerators(Exception):
    """The FLINT context has too few generators; the proof starts again with more."""


class Refine(Exception):
    """Exponentials are needed at a finer fraction of their arguments; the proof starts again."""

    def __init__(self, base: int) -> None:
        super().__init__()
        self.base = base


@dataclass
class Budget:
    """Counts operations, so that verdicts do not depend on the machine's speed."""

    left: int = 40_000

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise TooLarge("the operation limit of the scalar normal form was reached")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of polynomials in the generators of one table; the denominator is never zero."""

    num: fmpq_mpoly
    den: fmpq_mpoly


Bounds: TypeAlias = tuple[Fraction | None, Fraction | None, bool, bool]


class Table:
    """The kernels met so far in one proof, and arithmetic on ratios over them."""

    def __init__(self, notation: Notation, generators: int, base: int) -> None:
        self.notation = notation
        self.context = fmpq_mpoly_ctx.get([f"k{i}" for i in range(generators)], Ordering.lex)
        self.generators = self.context.gens()
        self.known: dict[tuple[str, tuple[Any, ...]], Kernel] = {}
        self.atoms: list[Kernel] = []
        self.relations: dict[int, tuple[int, Ratio]] = {}
        #: Kernels whose range the notation declares, beyond what their parts say.
        self.declared: dict[Kernel, Interval] = {}
        #: A finer method by which a polynomial is seen to be positive, and what it found.
        self.seen_positive: Callable[[fmpq_mpoly], bool] | None = None
        self._looked: dict[Terms, bool] = {}
        #: Polynomials that assumptions say to be positive.
        self._assumed: set[Terms] = set()
        #: Sizes of the arrays whose entries a free index is known to number.
        self.index_sizes: dict[str, set[Dimension]] = {}
        #: Every exponential is a whole power of exp(unit / base), one base for the whole proof.
        self.base = base
        self.budget = Budget()
        self.one_poly = self.context.constant(1)
        self.zero_poly = self.context.constant(0)
        self.one = Ratio(self.one_poly, self.one_poly)
        self.zero = Ratio(self.zero_poly, self.one_poly)

    # arithmetic ----------------------------------------------------------------------------

    def constant(self, value: Fraction | int) -> Ratio:
        fraction = Fraction(value)
        poly = self.context.constant(fmpq(fraction.numerator, fraction.denominator))
        return Ratio(poly, self.one_poly)

    def add(self, a: Ratio, b: Ratio) -> Ratio:
        one = self.one_poly
        if a.den is one and b.den is one:
            # A sum of polynomials in lowest terms is in lowest terms.
            return Ratio(a.num + b.num, one)
        if a.den == b.den:
            return self.tidy(a.num + b.num, a.den)
        self._spend(a.num, b.den)
        self._spend(b.num, a.den)
        return self.tidy(a.num * b.den + b.num * a.den, a.den * b.den)

    def subtract(self, a: Ratio, b: Ratio) -> Ratio:
        return self.add(a, self.negative(b))

    def negative(self, a: Ratio) -> Ratio:
        return Ratio(-a.num, a.den)

    def multiply(self, a: Ratio, b: Ratio) -> Ratio:
        if a is self.one:
            return b
        if b is self.one:
            return a
        one = self.one_poly
        if a.den is one and b.den is one and not self.relations:
            self._spend(a.num, b.num)
            return Ratio(a.num * b.num, one)
        self._spend(a.num, b.num)
        self._spend(a.den, b.den)
        return self.tidy(a.num * b.num, a.den * b.den)

    def divide(self, a: Ratio, b: Ratio) -> Ratio:
        return self.multiply(a, self.reciprocal(b))

    def reciprocal(self, a: Ratio) -> Ratio:
        if a.num == 0:
            raise ZeroDivisionError("a denominator is identically zero")
        return self.tidy(a.den, a.num)

    def integer_power(self, a: Ratio, exponent: int) -> Ratio:
        if exponent == 1:
            return a
        if exponent < 0:
            return self.integer_power(self.reciprocal(a), -exponent)
        if exponent > (DEGREE_LIMIT if len(a.num) > 1 or len(a.den) > 1 else MONOMIAL_LIMIT):
            raise TooLarge("an exponent is too large to expand")
        for poly in (a.num, a.den):
            largest = max(
                (int(c.p).bit_length() + int(c.q).bit_length() for c in poly.coeffs()), default=0
            )
            if largest * exponent > BIT_LIMIT:
                raise TooLarge("a power has too many digits to expand")
            # A t-term polynomial to the power e has at most C(t + e - 1, e) terms.
            bound, terms = 1, len(poly)
            for k in range(1, terms):
                bound = bound * (exponent + k) // k
                if bound > TERM_LIMIT:
                    raise TooLarge("a power has too many terms to expand")
            self.budget.spend(bound)
        return self.tidy(a.num**exponent, a.den**exponent)

    def _spend(self, a: fmpq_mpoly, b: fmpq_mpoly) -> None:
        amount = len(a) * len(b)
        if amount > TERM_LIMIT:
            raise TooLarge("a product has too many terms to expand")
        self.budget.spend(amount)

    def tidy(self, num: fmpq_mpoly, den: fmpq_mpoly) -> Ratio:
        """Divide out the algebraic relations, common factors and the denominator's content."""
        if self.relations:
            num, den = self._reduced(num, den)
        if den == 0:
            raise ZeroDivisionError("a denominator is identically zero")
        if num == 0:
            return self.zero
        if not den.is_constant():
            common = num.gcd(den)
            if not common.is_one():
                num, den = num / common, den / common
        lead = den.leading_coefficient()
        if lead != 1:
            num, den = num / lead, den / lead
        return Ratio(num, self.one_poly if den.is_one() else den)

    def _reduced(self, num: fmpq_mpoly, den: fmpq_mpoly) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        above, below = num.degrees(), den.degrees()
        for index in sorted(self.relations, reverse=True):
            degree, value = self.relations[index]
            if not below[index] and above[index] < degree:
                continue
            # A root that divides a monomial denominator is moved to the numerator.
            low = below[index]
            if low and all(exponents[index] == low for exponents in den.monoms()):
                factor = self.generators[index] ** ((-low) % degree)
                num, den = num * factor, den * factor
            if num.degrees()[index] >= degree:
                num, scale = self._lower_degree(num, index, degree, value)
                den = den * scale
            if den.degrees()[index] >= degree:
                den, scale = self._lower_degree(den, index, degree, value)
                return self._reduced(num * scale, den)
            # The value of a relation contains older kernels only, which are treated next.
            above, below = num.degrees(), den.degrees()
        return num, den

    def _lower_degree(
        self, poly: fmpq_mpoly, index: int, degree: int, value: Ratio
    ) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """``poly * scale`` with generator ``index`` below ``degree``, by ``k^degree = value``."""
        most = poly.degrees()[index] // degree
        total = self.zero_poly
        for exponents, coefficient in poly.to_dict().items():
            quotient, rest = divmod(exponents[index], degree)
            left = (*exponents[:index], rest, *exponents[index + 1 :])
            term = self.context.from_dict({left: coefficient})
            self.budget.spend(len(value.num) * (quotient + 1))
            total += term * value.num**quotient * value.den ** (most - quotient)
        return total, value.den**most

    def by_roots(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """A polynomial with ``r^d`` for each kernel x of which r, the d-th root, occurs in it.

        ``a - 2 sqrt(a) sqrt(b) + b`` is then seen to be a square.
        """
        degrees = poly.degrees() if self.relations else ()
        swaps = []
        for index, (degree, value) in self.relations.items():
            if not degrees[index] or not value.den.is_one():
                continue
            match self.monomials(value.num):
                case [(((kernel, 1),), coefficient)] if (
                    coefficient == 1 and kernel.number is not None
                ):
                    swaps.append((index, kernel.number, degree))
        if not swaps:
            return poly
        changed: dict[tuple[int, ...], Any] = {}
        for exponents, scale in poly.to_dict().items():
            new = list(exponents)
            for root, base, degree in swaps:
                new[root] += degree * new[base]
                new[base] = 0
            key = tuple(new)
            changed[key] = changed.get(key, fmpq(0)) + scale
        return self.context.from_dict(changed)

    # kernels and generators ----------------------------------------------------------------

    def kernel(self, tag: str, *parts: Any) -> Kernel:
        """The one kernel of this table with this tag and these parts."""
        found = self.known.get((tag, parts))
        if found is None:
            found = self.known[tag, parts] = Kernel(tag, parts, len(self.known))
        return found

    def name(self, name: str) -> Kernel:
        """The mark of a name."""
        return self.kernel("v", name)

    def entry(self, array: Kernel, *places: Kernel) -> Kernel:
        """The kernel of an entry; of a symmetric array, one for both orders of its indices."""
        match array:
            case Kernel("v", (str(name),)):
                symbol = self.notation.get(name)
                if symbol is not None and not symbol.traits.isdisjoint(SYMMETRIC):
                    places = tuple(sorted(places, key=_order))
        return self.kernel("entry", array, *places)

    def generator(self, kernel: Kernel) -> Ratio:
        """``kernel`` as a ratio, with a generator of its own from now on."""
        return Ratio(self.generators[self._number(kernel)], self.one_poly)

    def _number(self, kernel: Kernel) -> int:
        if kernel.number is None:
            if len(self.atoms) >= len(self.generators):
                raise MoreGenerators
            kernel.number = len(self.atoms)
            self.atoms.append(kernel)
            relation = self._relation(kernel)
            if relation is not None:
                self.relations[kernel.number] = relation
        return kernel.number

    def _relation(self, kernel: Kernel) -> tuple[int, Ratio] | None:
        """The algebraic relation ``kernel^degree = value``, if it has one."""
        match kernel:
            case Kernel("imaginary"):
                return 2, self.constant(-1)
            case Kernel("root", (degree, _, inside)):
                return degree, self.from_key(inside)
            case Kernel("absolute", (inside, _)):
                value = self.from_key(inside)
                return 2, self.multiply(value, value)
        return None

    def monomials(self, poly: fmpq_mpoly) -> list[tuple[Monomial, Fraction]]:
        """The terms of a polynomial over kernels."""
        atoms = self.atoms
        found = []
        for exponents, coefficient in poly.to_dict().items():
            factors = [(atoms[i], int(e)) for i, e in enumerate(exponents) if e]
            if len(factors) > 1:
                factors.sort(key=_rank)
            below = int(coefficient.q)
            value = (
                Fraction(int(coefficient.p)) if below == 1 else Fraction(int(coefficient.p), below)
            )
            found.append((tuple(factors), value))
        return found

    def terms(self, poly: fmpq_mpoly) -> Terms:
        """The terms of a polynomial in one order, as they stand in kernels."""
        if poly is self.one_poly:
            return ONE
        return _sorted_terms(
            (monomial, (value.numerator, value.denominator))
            for monomial, value in self.monomials(poly)
        )

    def key(self, ratio: Ratio) -> Kernel:
        """A ratio written out, one object for equal ratios of one table."""
        return self.kernel("ratio", self.terms(ratio.num), self.terms(ratio.den))

    def poly_from(self, terms: Terms) -> fmpq_mpoly:
        """The polynomial with these terms; exponents must not be negative."""
        total = self.zero_poly
        for monomial, coefficient in terms:
            term = self.context.constant(fmpq(*coefficient))
            for kernel, exponent in monomial:
                term = term * self.generators[self._number(kernel)] ** exponent
            total += term
        return total

    def from_key(self, key: Kernel) -> Ratio:
        """The ratio that ``key`` writes out."""
        return self.tidy(self.poly_from(key.parts[0]), self.poly_from(key.parts[1]))

    def first_positive(self, poly: fmpq_mpoly) -> Ratio:
        """A polynomial or its negative: that one whose first term, as written out, is positive."""
        ((_, (numerator, _)), *_) = self.terms(poly)
        return Ratio(poly if numerator > 0 else -poly, self.one_poly)

    # renaming ------------------------------------------------------------------------------

    def rename(self, part: Any, names: Names) -> Any:
        """Put other marks (or integers) for marked names, sorting again what is sorted.

        ``names`` may give kernels for kernels too, beside those for all names in them.
        """
        if isinstance(part, tuple):
            return tuple(self.rename(item, names) for item in part)
        if not isinstance(part, Kernel) or part.free.isdisjoint(names):
            return part
        if part in names:
            return names[part]
        match part:
            case Kernel("v", (name,)):
                return names[name]
            case Kernel("ratio", (num, den)):
                return self.kernel(
                    "ratio", self._renamed_terms(num, names), self._renamed_terms(den, names)
                )
            case Kernel("poly", (terms,)):
                return self.kernel("poly", self._renamed_terms(terms, names))
            case Kernel("functional", (binders, monomial)):
                return self.kernel(
                    "functional", self.rename(binders, names), self.renamed(monomial, names)
                )
            case Kernel("absolute", (Kernel("ratio", (num, den)), sure)):
                # What stands between bars may be negated, and is by renaming that sorts it anew.
                inside = self._renamed_terms(num, names)
                if inside and inside[0][1][0] < 0:
                    inside = tuple((m, (-above, below)) for m, (above, below) in inside)
                key = self.kernel("ratio", inside, self._renamed_terms(den, names))
                return self.kernel("absolute", key, sure)
            case Kernel("entry", (array, *places)):
                return self.entry(self.rename(array, names), *self.rename(tuple(places), names))
            case Kernel("delta" | "maximum" as tag, items):
                return self.kernel(tag, *sorted((self.rename(i, names) for i in items), key=_order))
        return self.kernel(part.tag, *(self.rename(item, names) for item in part.parts))

    def renamed(self, monomial: Monomial, names: Names) -> Monomial:
        """A monomial with names put, merged and sorted."""
        return sort_monomial((self.rename(kernel, names), e) for kernel, e in monomial)

    def _renamed_terms(self, terms: Terms, names: Names) -> Terms:
        merged: dict[Monomial, Fraction] = {}
        for monomial, coefficient in terms:
            changed = self.renamed(monomial, names)
            merged[changed] = merged.get(changed, Fraction(0)) + Fraction(*coefficient)
        return _sorted_terms(
            (monomial, (value.numerator, value.denominator))
            for monomial, value in merged.items()
            if value
        )

    # signs ---------------------------------------------------------------------------------

    def positive(self, poly: fmpq_mpoly) -> bool:
        """Whether a polynomial is provably positive wherever it is defined."""
        terms = self.monomials(poly)
        low, _, open_low, _ = self._bounds(terms)
        if low is not None and (low > 0 or (low == 0 and open_low)):
            return True
        if self._assumed and self._direction(poly) in self._assumed:
            return True
        return self._closer_look(poly, terms)

    def _closer_look(self, poly: fmpq_mpoly, terms: list[tuple[Monomial, Fraction]]) -> bool:
        """Whether a short polynomial in names with bounds is positive by a finer method."""
        if not 2 <= len(terms) <= 8 or self.seen_positive is None:
            return False
        signs = {value > 0 for _, value in terms}
        atoms = {atom for monomial, _ in terms for atom, _ in monomial}
        if len(signs) == 1 or not all(atom.tag in ("name", "entry") for atom in atoms):
            return False
        if all(self.bounds(atom)[0] is None and self.bounds(atom)[1] is None for atom in atoms):
            return False
        key = self.terms(poly)
        found = self._looked.get(key)
        if found is None:
            found = self._looked[key] = self.seen_positive(poly)
        return found

    def assume_positive(self, poly: fmpq_mpoly) -> None:
        """Take a polynomial, and its positive multiples, to be positive from now on."""
        self._assumed.add(self._direction(poly))

    def _direction(self, poly: fmpq_mpoly) -> Terms:
        """The same for polynomials that are positive multiples of each other."""
        terms = self.terms(poly)
        lead = Fraction(*terms[0][1]) if terms else Fraction(1)
        scaled = ((m, Fraction(*c) / abs(lead)) for m, c in terms)
        return tuple((m, (c.numerator, c.denominator)) for m, c in scaled)

    def nonnegative(self, poly: fmpq_mpoly) -> bool:
        """Whether a polynomial is provably nonnegative wherever it is defined."""
        low, _, _, _ = self._bounds(self.monomials(poly))
        return (low is not None and low >= 0) or self._is_twice_a_part(poly) or self.positive(poly)

    def _is_twice_a_part(self, poly: fmpq_mpoly) -> bool:
        """Whether a polynomial is c (|x| + x) or c (|x| - x) with c > 0."""
        for monomial, coefficient in self.monomials(poly):
            match monomial:
                case ((Kernel("absolute", (key, _)) as bars, 1),) if coefficient > 0:
                    inside = self.from_key(key)
                    scale = self.constant(coefficient).num
                    rest = poly - scale * self.generator(bars).num
                    if inside.den.is_one() and rest in (scale * inside.num, -scale * inside.num):
                        return self.real(key)
        return False

    def _bounds(self, terms: list[tuple[Monomial, Fraction]]) -> Bounds:
        total: Bounds = (Fraction(0), Fraction(0), False, False)
        for monomial, coefficient in terms:
            part: Bounds = (coefficient, coefficient, False, False)
            for atom, exponent in monomial:
                part = _times(part, _to_power(self.bounds(atom), exponent))
            total = _plus(total, part)
        return total

    def bounds(self, kernel: Kernel) -> Bounds:
        """An interval around the kernel's values: ends (None is infinite), open or closed."""
        unknown: Bounds = (None, None, True, True)
        positive: Bounds = (Fraction(0), None, True, True)
        nonnegative: Bounds = (Fraction(0), None, False, True)
        if kernel in self.declared:
            return _from_interval(self.declared[kernel])
        match kernel:
            case Kernel("name" | "entry", (Kernel("v", (name,)), *_)) | Kernel(
                "call", (str(name), *_)
            ):
                symbol = self.notation.get(name)
                return unknown if symbol is None else _from_interval(symbol.domain)
            case Kernel("density" | "pi"):
                return positive
            case Kernel("exp", (Kernel("ratio", (num, den)) as exponent,)):
                return self._exp_bounds(num, den) if self.real(exponent) else unknown
            case Kernel("absolute", (_, sure)):
                return positive if sure else nonnegative
            case Kernel("log", (Kernel("ratio", (num, den)),)):
                return self._log_bounds(self.poly_from(num), self.poly_from(den))
            case Kernel("root", (_, sure, _)):
                return unknown if sure is None else (positive if sure else nonnegative)
            case Kernel("functional", (binders, monomial)):
                if all(self._sure_sign(part, power) for part, power in monomial):
                    full = all(self._nonempty(domain) for _, domain in binders)
                    return positive if full else nonnegative
            case Kernel("poly", (terms,)):
                return self._bounds([(m, Fraction(*c)) for m, c in terms])
        return unknown

    def _exp_bounds(self, num: Terms, den: Terms) -> Bounds:
        """An exponential is above or below one as its exponent is above or below zero."""
        above, below = self.poly_from(num), self.poly_from(den)
        if self.positive(below):
            if self.positive(above):
                return (Fraction(1), None, True, True)
            if self.positive(-above):
                return (Fraction(0), Fraction(1), True, True)
        return (Fraction(0), None, True, True)

    def _log_bounds(self, num: fmpq_mpoly, den: fmpq_mpoly) -> Bounds:
        """The sign of a logarithm, by whether its argument is above or below one."""
        if self.positive(num) and self.positive(den):
            if self.positive(num - den):
                return (Fraction(0), None, True, True)
            if self.positive(den - num):
                return (None, Fraction(0), True, True)
        return (None, None, True, True)

    def real(self, part: Any) -> bool:
        """Whether nothing in a kernel, key or monomial can be other than real."""
        match part:
            case Kernel("imaginary") | Kernel("root", (_, None, _)):
                return False
            case Kernel("name", (Kernel("v", (name,)),)):
                symbol = self.notation.get(name)
                return symbol is None or symbol.type != COMPLEX
            case Kernel("call", (str(name), *_)) if self._complex_valued(name):
                return False
            case Kernel("log", (Kernel("ratio", (num, den)),)):
                # A logarithm is real where its argument is positive.
                return all(self.positive(self.poly_from(terms)) for terms in (num, den))
            case Kernel(_, parts):
                return all(map(self.real, parts))
            case tuple():
                return all(map(self.real, part))
        return True

    def _complex_valued(self, name: str) -> bool:
        symbol = self.notation.get(name)
        kind = None if symbol is None else symbol.type
        return isinstance(kind, Function) and kind.result == COMPLEX

    def _nonempty(self, domain: Kernel) -> bool:
        """Whether a sum over a domain is never a sum of nothing."""
        match domain:
            case Kernel("range", (low, Kernel("ratio", (((((name, 1),), (1, 1)),), _)))):
                match name:
                    case Kernel("name", (Kernel("v", (size,)),)):
                        symbol = self.notation.get(size)
                        natural = symbol is not None and symbol.domain.lower == 0
                        return low is self.key(self.one) and natural
            case Kernel("range", (low, high)):
                ends = [self.from_key(low), self.from_key(high)]
                gap = self.subtract(ends[1], ends[0])
                return self.nonnegative(gap.num) and gap.den.is_one()
        return domain.tag != "range"

    def _sure_sign(self, kernel: Kernel, power: int) -> bool:
        low, _, open_low, _ = self.bounds(kernel)
        return low is not None and (low > 0 or (low == 0 and open_low))


def _from_interval(domain: Interval) -> Bounds:
    return (domain.lower, domain.upper, True, True)


def _plus(a: Bounds, b: Bounds) -> Bounds:
    low = None if a[0] is None or b[0] is None else a[0] + b[0]
    high = None if a[1] is None or b[1] is None else a[1] + b[1]
    return (low, high, a[2] or b[2], a[3] or b[3])


def _times(a: Bounds, b: Bounds) -> Bounds:
    """The product of two intervals, ends tracked as (value, is open); infinities as None."""
    if a[0] is not None and a[0] == a[1]:
        return _scaled(b, a[0])
    if b[0] is not None and b[0] == b[1]:
        return _scaled(a, b[0])
    if a[0] is not None and a[0] >= 0 and b[0] is not None and b[0] >= 0:
        high = None if a[1] is None or b[1] is None else a[1] * b[1]
        low = a[0] * b[0]
        strict = (a[0] > 0 or a[2]) and (b[0] > 0 or b[2])
        open_low = (a[2] or b[2]) if low > 0 else strict
        return (low, high, open_low, a[3] or b[3])
    if a[1] is not None and a[1] <= 0:
        return _scaled(_times(_scaled(a, Fraction(-1)), b), Fraction(-1))
    if b[1] is not None and b[1] <= 0:
        return _scaled(_times(a, _scaled(b, Fraction(-1))), Fraction(-1))
    if None in (a[0], a[1], b[0], b[1]):
        return (None, None, True, True)
    products = [
        x * y for x in (a[0], a[1]) for y in (b[0], b[1]) if x is not None and y is not None
    ]
    return (min(products), max(products), False, False)


def _scaled(a: Bounds, factor: Fraction) -> Bounds:
    if factor == 0:
        return (Fraction(0), Fraction(0), False, False)
    low = None if a[0] is None else a[0] * factor
    high = None if a[1] is None else a[1] * factor
    return (low, high, a[2], a[3]) if factor > 0 else (high, low, a[3], a[2])


def _to_power(a: Bounds, exponent: int) -> Bounds:
    if exponent < 0:
        low, high, open_low, open_high = _to_power(a, -exponent)
        if low is None or low < 0 or (low == 0 and not open_low):
            return (None, None, True, True)
        below = Fraction(0) if high is None else 1 / high
        above = None if low == 0 else 1 / low
        return (below, above, open_high or high is None, open_low)
    if a[0] is not None and a[0] >= 0:
        high = None if a[1] is None else a[1] ** exponent
        return (a[0] ** exponent, high, a[2], a[3])
    if exponent % 2 == 0:
        if a[1] is not None and a[1] <= 0:
            return _to_power(_scaled(a, Fraction(-1)), exponent)
        ends = [None if end is None else end**exponent for end in (a[0], a[1])]
        high = None if None in ends else max(end for end in ends if end is not None)
        return (Fraction(0), high, False, False)
    low = None if a[0] is None else a[0] ** exponent
    high = None if a[1] is None else a[1] ** exponent
    return (low, high, a[2], a[3])


def _rank(item: tuple[Kernel, int]) -> int:
    return item[0].rank


def _order(kernel: Kernel) -> int:
    return kernel.rank


def rank_of(part: Any) -> Any:
    """A key by which monomials and binders are put in one order, the same within one table."""
    if isinstance(part, Kernel):
        return part.rank
    if isinstance(part, tuple):
        return tuple(map(rank_of, part))
    return part


def _sorted_terms(terms: Iterable[tuple[Monomial, Coefficient]]) -> Terms:
    found = list(terms)
    if len(found) > 1:
        found.sort(key=lambda item: [(kernel.rank, e) for kernel, e in item[0]])
    return tuple(found)


def sort_monomial(factors: Iterable[tuple[Kernel, int]]) -> Monomial:
    """Merge equal kernels, drop zero exponents and sort."""
    merged: dict[Kernel, int] = {}
    for kernel, exponent in factors:
        merged[kernel] = merged.get(kernel, 0) + exponent
    found = [(kernel, exponent) for kernel, exponent in merged.items() if exponent]
    if len(found) > 1:
        found.sort(key=_rank)
    return tuple(found)
