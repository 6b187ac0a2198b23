"""The scalar normal form: a prover for equalities between numbers, for all sizes.

Both sides are lowered to the scalar fragment and written as rational functions over kernels.
Exponentials are merged and split over the terms of their exponent, logarithms over the factors of
their argument where these are provably positive, roots over theirs; logistic, tanh and softplus
become exponentials; sums, integrals and expectations are linear functionals. Equal sides then
have the same numerator after cross-multiplication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any, TypeAlias, TypeVar

from flint import fmpq, fmpq_mpoly

from language.notation import Notation, NotationError, Symbol
from language.terms import Apply, Bind, Name, Number, Term, lift, substitute, walk
from language.types import REALS, Array, Dimension, Function, Interval, Scalar
from numerics import signs
from numerics.functionals import Functionals
from numerics.integrals import Integrals
from numerics.kernels import (
    Budget,
    Kernel,
    Monomial,
    MoreGenerators,
    Ratio,
    Refine,
    Table,
    TooLarge,
    rank_of,
)
from numerics.lowering import REMEMBERED, Grid, Lowering, Outside
from numerics.readback import term_of

__all__ = [
    "Normalizer",
    "depends_on",
    "equal_scalars",
    "proportional",
    "with_normalizer",
    "written_out",
]

T = TypeVar("T")

#: Sizes of the FLINT context that are tried in turn.
GENERATORS = (40, 144, 400)

#: cos(pi q) as a rational number times the root of a whole number.
_COSINES = {
    Fraction(0): (Fraction(1), 1),
    Fraction(1, 6): (Fraction(1, 2), 3),
    Fraction(1, 4): (Fraction(1, 2), 2),
    Fraction(1, 3): (Fraction(1, 2), 1),
    Fraction(1, 2): (Fraction(0), 1),
    Fraction(2, 3): (Fraction(-1, 2), 1),
    Fraction(3, 4): (Fraction(-1, 2), 2),
    Fraction(5, 6): (Fraction(-1, 2), 3),
    Fraction(1): (Fraction(-1), 1),
}

#: The most Kronecker deltas between free indices that are told apart.
DELTAS = 3

#: A free index and the size of an array whose entries it numbers.
Ranges: TypeAlias = "frozenset[tuple[str, Dimension]]"


class Normalizer:
    """Writes terms of one notation as ratios over the kernels of one table.

    It remembers what it has written, so that the steps of a chain share their work. ``ranges`` says
    which free indices number which arrays, ``pulled`` that integrals are changed to the variables
    before a flow even where they do not mention it.
    """

    def __init__(
        self,
        lowering: Lowering,
        ranges: Ranges,
        generators: int,
        base: int,
        pulled: bool = False,
    ) -> None:
        self.table = Table(lowering.notation, generators, base)
        self.pulled = pulled
        self.lowering = lowering
        integrals = Integrals(
            self.table, self.exp, lambda value: self.root(value, 2), self.positive
        )
        self.functionals = Functionals(self.table, integrals)
        self._done: dict[Term, Ratio] = {}
        self._intervals = 0
        self.table.seen_positive = self._seen_positive
        self._domains: dict[Term, Kernel] = {}
        for index, size in ranges:
            self.table.index_sizes.setdefault(index, set()).add(size)
        for symbol in lowering.notation:
            self._note_domain(symbol)
        for assumption in lowering.notation.assumptions:
            self._note_comparison(assumption)

    def _note_comparison(self, assumption: Term) -> None:
        """An assumption that one number is less than another: the difference is positive."""
        match assumption:
            case Apply("less", (less, more)) | Apply("greater", (more, less)):
                try:
                    gap = self.normal(more - less)
                    if self.table.positive(gap.den):
                        self.table.assume_positive(gap.num)
                except (Outside, TooLarge, ZeroDivisionError, NotationError):
                    return
            case Apply("both", parts):
                for part in parts:
                    self._note_comparison(part)

    def _note_domain(self, symbol: Symbol) -> None:
        """A defined number's declared domain bounds the kernel that it expands to."""
        if (
            symbol.definition is None
            or symbol.parameters
            or symbol.domain == REALS
            or not isinstance(symbol.type, Scalar)
        ):
            return
        try:
            value = self.ratio(self.lowering.scalar(symbol.definition))
        except (Outside, TooLarge, ZeroDivisionError):
            return
        match self.table.monomials(value.num):
            case [(((kernel, 1),), coefficient)] if coefficient == 1 and value.den.is_one():
                self.table.declared[kernel] = symbol.domain

    def normal(self, term: Term) -> Ratio:
        """``term``, any number of the language, as a ratio."""
        return self.ratio(self.lowering.scalar(term))

    def ratio(self, term: Term) -> Ratio:
        """A term of the scalar fragment as a ratio."""
        known = self._done.get(term)
        if known is None:
            self.table.budget.spend(1)
            known = self._done[term] = self._ratio(term)
        return known

    def _ratio(self, term: Term) -> Ratio:
        table = self.table
        match term:
            case Number(value):
                return table.constant(value)
            case Name(name):
                return table.generator(table.kernel("name", table.name(name)))
            case Apply("add", args):
                total = table.zero
                for arg in args:
                    total = table.add(total, self.ratio(arg))
                return total
            case Apply("multiply", args):
                product = table.one
                for arg in args:
                    product = table.multiply(product, self.ratio(arg))
                return product
            case Apply("negative", (x,)):
                return table.negative(self.ratio(x))
            case Apply("divide", (x, y)):
                return table.divide(self.ratio(x), self.ratio(y))
            case Apply("power", (base, exponent)):
                return self._power(base, exponent)
            case Apply(head, args):
                rule = _RULES.get(head)
                if rule is None:
                    raise Outside(f"{head} is not in the scalar fragment")
                return rule(self, *args)
            case Bind(head, variable, domain, body):
                return self._binder(head, variable, domain, body)
        raise Outside(f"{term} is not a number")

    # powers, exponentials, logarithms --------------------------------------------------------

    def _power(self, base: Term, exponent: Term) -> Ratio:
        table = self.table
        raised, value = self.ratio(base), self.ratio(exponent)
        if value.num.is_constant() and value.den.is_constant():
            ratio = _rational(value)
            if ratio.denominator == 1:
                return table.integer_power(raised, int(ratio))
            if ratio.denominator > 12:
                raise TooLarge("a root of too high an order")
            return table.integer_power(self.root(raised, ratio.denominator), ratio.numerator)
        if self.positive(raised):
            return self.exp(table.multiply(value, self.log(raised)))
        raise Outside("a power with a symbolic exponent needs a positive base")

    def exp(self, argument: Ratio) -> Ratio:
        """exp of a sum as the product of exponentials of its terms."""
        table = self.table
        total = table.one
        for monomial, coefficient in table.monomials(argument.num):
            unit = table.divide(
                self.functionals.ratio_of(monomial), Ratio(argument.den, table.one_poly)
            )
            lead = _fraction(unit.num.leading_coefficient())
            unit = table.divide(unit, table.constant(lead))
            step = coefficient * lead
            turned = self._root_of_unity(unit, step)
            if turned is not None:
                total = table.multiply(total, turned)
                continue
            inside = self._exponent_of_power(unit)
            if inside is not None and step.denominator <= 12:
                root = self.root(inside, step.denominator)
                factor = table.integer_power(root, step.numerator)
            else:
                factor = self._exponential(unit, step)
            total = table.multiply(total, factor)
        return total

    def _root_of_unity(self, unit: Ratio, step: Fraction) -> Ratio | None:
        """exp(i pi step) where its parts are known roots."""
        table = self.table
        match table.monomials(unit.num):
            case [(factors, _)] if unit.den.is_one():
                if {atom.tag: power for atom, power in factors} != {"imaginary": 1, "pi": 1}:
                    return None
            case _:
                return None
        parts = []
        for turn in (step, step - Fraction(1, 2)):
            found = _COSINES.get(min(turn % 2, -turn % 2))
            if found is None:
                return None
            rational, radicand = found
            root = self.root(table.constant(radicand), 2)
            parts.append(table.multiply(table.constant(rational), root))
        real, imaginary = parts
        return table.add(real, table.multiply(self._imaginary(), imaginary))

    def _exponent_of_power(self, unit: Ratio) -> Ratio | None:
        """The x of a unit that is log(x) alone."""
        match self.table.monomials(unit.num):
            case [(((Kernel("log", (key,)), 1),), _)] if unit.den.is_one():
                return self.table.from_key(key)
        return None

    def _exponential(self, unit: Ratio, coefficient: Fraction) -> Ratio:
        """exp(coefficient * unit) as a whole power of exp(unit / base)."""
        table = self.table
        steps = coefficient * table.base
        if steps.denominator != 1:
            raise Refine(lcm(table.base, coefficient.denominator))
        return table.integer_power(
            table.generator(table.kernel("exp", table.key(unit))), int(steps)
        )

    def log(self, argument: Ratio) -> Ratio:
        table = self.table
        if argument.num == 0:
            raise ZeroDivisionError("the logarithm of zero")
        total = table.zero
        unknown = table.one
        for factor, exponent in self.factors(argument):
            if isinstance(factor, Fraction):
                if factor < 0:
                    unknown = table.negative(unknown)
                    factor = -factor
                for prime, power in _prime_powers(factor):
                    logarithm = self._opaque_log(table.constant(prime))
                    scaled = table.multiply(table.constant(power * exponent), logarithm)
                    total = table.add(total, scaled)
            elif table.positive(factor):
                logarithm = self._log_of_positive(factor)
                total = table.add(total, table.multiply(table.constant(exponent), logarithm))
            elif table.positive(-factor):
                if exponent % 2:
                    unknown = table.negative(unknown)
                total = table.add(
                    total,
                    table.multiply(table.constant(exponent), self._log_of_positive(-factor)),
                )
            elif exponent % 2 == 0 and self._real(factor):
                bars = self._absolute(Ratio(factor, table.one_poly))
                logarithm = self._opaque_log(bars)
                total = table.add(total, table.multiply(table.constant(exponent), logarithm))
            else:
                part = Ratio(factor, table.one_poly)
                unknown = table.multiply(unknown, table.integer_power(part, exponent))
        if unknown != table.one:
            total = table.add(total, self._opaque_log(unknown))
        return total

    def _opaque_log(self, argument: Ratio) -> Ratio:
        return self.table.generator(self.table.kernel("log", self.table.key(argument)))

    def _log_of_positive(self, factor: fmpq_mpoly) -> Ratio:
        """The logarithm of an irreducible positive polynomial."""
        table = self.table
        terms = table.monomials(factor)
        if len(terms) == 1 and len(terms[0][0]) == 1 and terms[0][0][0][1] == 1:
            match terms[0][0][0][0]:
                case Kernel("exp", (key,)):
                    exponent = table.from_key(key)
                    return table.divide(exponent, table.constant(table.base))
                case Kernel("root", (degree, _, key)):
                    return table.divide(self.log(table.from_key(key)), table.constant(degree))
        return self._opaque_log(Ratio(factor, table.one_poly))

    def positive(self, ratio: Ratio) -> bool:
        """Whether a ratio is provably positive, as it stands or factor by factor."""
        table = self.table
        if ratio.num == 0:
            return False
        if table.positive(ratio.num) and table.positive(ratio.den):
            return True
        return self._positive_by_factors(ratio)

    def _seen_positive(self, poly: fmpq_mpoly) -> bool:
        """Whether a short polynomial in bounded names is positive, by the rules of signs."""
        try:
            term = term_of(self.table, Ratio(poly, self.table.one_poly))
            return signs.is_positive(term, self.table.notation)
        except (Outside, signs.TooLarge):
            return False

    def _positive_by_factors(self, ratio: Ratio) -> bool:
        table = self.table
        negative = False
        for factor, exponent in self.factors(ratio):
            if isinstance(factor, Fraction):
                negative ^= factor < 0 and bool(exponent % 2)
            elif table.positive(-factor):
                negative ^= bool(exponent % 2)
            elif not table.positive(factor):
                return False
        return not negative

    def factors(self, ratio: Ratio) -> list[tuple[Fraction | fmpq_mpoly, int]]:
        """Irreducible factors with exponents, the rational constant first."""
        found: list[tuple[Fraction | fmpq_mpoly, int]] = []
        for poly, sign in ((ratio.num, 1), (ratio.den, -1)):
            if poly.is_constant():
                value = _fraction(poly.leading_coefficient())
                if value != 1:
                    found.append((value, sign))
                continue
            terms = self.table.monomials(poly)
            if len(terms) == 1:
                monomial, coefficient = terms[0]
                if coefficient != 1:
                    found.append((coefficient, sign))
                found += [(self.table.generator(a).num, sign * e) for a, e in monomial]
                continue
            if _is_linear(terms):
                content = _content(poly)
                if content != 1:
                    found.append((content, sign))
                    poly = poly / _fmpq(content)
                found.append((poly, sign))
                continue
            if max(poly.degrees()) > 60 or len(poly) > 400:
                raise TooLarge("a polynomial is too large to factor")
            self.table.budget.spend(50 * len(poly))
            constant, factors = poly.factor()
            value = _fraction(constant)
            for factor, exponent in factors:
                # A rational multiple of an irreducible factor is brought to content one.
                content = _content(factor)
                value *= content ** int(exponent)
                found.append((factor / _fmpq(content), sign * int(exponent)))
            if value != 1:
                found.append((value, sign))
        return found

    def root(self, argument: Ratio, degree: int) -> Ratio:
        """The principal root, split over factors that are provably nonnegative."""
        if degree == 1:
            return argument
        table = self.table
        total, unknown = table.one, table.one
        lifted = Ratio(table.by_roots(argument.num), table.by_roots(argument.den))
        for factor, exponent in self.factors(lifted):
            if isinstance(factor, Fraction):
                if factor < 0:
                    unknown = table.negative(unknown)
                    factor = -factor
                for prime, power in _prime_powers(factor):
                    total = table.multiply(
                        total,
                        self._root_power(table.constant(prime), power * exponent, degree, True),
                    )
            elif table.nonnegative(factor):
                part = Ratio(factor, table.one_poly)
                total = table.multiply(
                    total, self._root_power(part, exponent, degree, table.positive(factor))
                )
            elif table.positive(-factor):
                if exponent % 2:
                    unknown = table.negative(unknown)
                part = Ratio(-factor, table.one_poly)
                total = table.multiply(total, self._root_power(part, exponent, degree, True))
            elif degree == 2 and exponent % 2 == 0 and self._real(factor):
                part = self._absolute(Ratio(factor, table.one_poly))
                total = table.multiply(total, table.integer_power(part, exponent // 2))
            else:
                part = Ratio(factor, table.one_poly)
                unknown = table.multiply(unknown, table.integer_power(part, exponent))
        if unknown != table.one:
            root = table.kernel("root", degree, None, table.key(unknown))
            total = table.multiply(total, table.generator(root))
        return total

    def _root_power(self, factor: Ratio, exponent: int, degree: int, positive: bool) -> Ratio:
        table = self.table
        match table.monomials(factor.num):
            case [(((Kernel("exp", (key,)), 1),), coefficient)] if coefficient == 1 and positive:
                step = Fraction(exponent, degree * table.base)
                return self._exponential(table.from_key(key), step)
        whole, rest = divmod(exponent, degree)
        total = table.integer_power(factor, whole)
        if rest:
            root = table.generator(table.kernel("root", degree, positive, table.key(factor)))
            total = table.multiply(total, table.integer_power(root, rest))
        return total

    def _absolute(self, argument: Ratio) -> Ratio:
        table = self.table
        ordered = self._exponents_apart(argument.num) if table.positive(argument.den) else None
        if ordered is not None and self._real(argument.num):
            return table.multiply(argument, self._sign(ordered))
        total = table.one
        for factor, exponent in self.factors(argument):
            if isinstance(factor, Fraction):
                value = table.constant(abs(factor) ** exponent)
                total = table.multiply(total, value)
            elif table.nonnegative(factor):
                part = Ratio(factor, table.one_poly)
                total = table.multiply(total, table.integer_power(part, exponent))
            elif table.nonnegative(-factor):
                part = Ratio(-factor, table.one_poly)
                total = table.multiply(total, table.integer_power(part, exponent))
            elif not self._real(factor):
                raise Outside("the absolute value of what may not be real")
            else:
                bars = self._bars(factor)
                total = table.multiply(total, table.integer_power(bars, exponent))
        return total

    def _bars(self, factor: fmpq_mpoly) -> Ratio:
        """The absolute value of an irreducible factor whose sign is not known."""
        table = self.table
        part = table.first_positive(factor)
        nonzero = self._never_zero(factor)
        return table.generator(table.kernel("absolute", table.key(part), nonzero))

    def _sign(self, value: Ratio) -> Ratio:
        """|x| / x, for a difference of exponents: that of their exponentials has the same sign."""
        return self.table.divide(self._absolute(value), value)

    def _exponents_apart(self, factor: fmpq_mpoly) -> Ratio | None:
        """u - v for a factor c (exp(u) - exp(v)) with c > 0 and real u, v; else None."""
        table = self.table
        terms = table.monomials(factor)
        if len(terms) != 2 or terms[0][1] != -terms[1][1]:
            return None
        exponents = []
        for monomial, _ in terms:
            total = table.zero
            for atom, power in monomial:
                match atom:
                    case Kernel("exp", (key,)):
                        step = table.constant(Fraction(power, table.base))
                        total = table.add(total, table.multiply(step, table.from_key(key)))
                    case _:
                        return None
            exponents.append(total)
        difference = table.subtract(*exponents)
        return difference if terms[0][1] > 0 else table.negative(difference)

    def _real(self, factor: fmpq_mpoly) -> bool:
        """Whether no kernel of a polynomial can be other than real."""
        return self.table.real(self.table.terms(factor))

    def _never_zero(self, factor: fmpq_mpoly) -> bool:
        """Whether a factor is the Jacobian determinant of a diffeomorphism."""
        match self.table.monomials(factor):
            case [(((Kernel("det", (name, _)), _),), _)]:
                return any(symbol.jacobian == name for symbol in self.table.notation)
        return False

    # binders -------------------------------------------------------------------------------

    def _binder(self, head: str, variable: str, domain: Term, body: Term) -> Ratio:
        match domain:
            case Apply("range", (low, Name(size))) if low == lift(1):
                self.table.index_sizes[variable] = {size}
        if head == "product":
            inside = self.ratio(body)
            if not self.positive(inside):
                raise Outside("a product over a symbolic range needs positive factors")
            logarithm = self.functionals.bind(variable, self._domain(domain), self.log(inside))
            return self.exp(logarithm)
        match domain:
            case Apply("interval", (low, high)):
                variable, body = self._within(low, high, variable, body)
        if head == "integral" and not isinstance(domain, Name):
            body = self._pulled_back(variable, domain, body)
        return self.functionals.bind(variable, self._domain(domain), self.ratio(body))

    def _within(self, low: Term, high: Term, variable: str, body: Term) -> tuple[str, Term]:
        """The variable of an interval under a name of its own, whose bounds are known."""
        self._intervals += 1
        name = f"@in{self._intervals}"
        ends = [end.value if isinstance(end, Number) else None for end in (low, high)]
        kernel = self.table.kernel("name", self.table.name(name))
        self.table.declared[kernel] = Interval(ends[0], ends[1])
        return name, substitute(body, {variable: Name(name)})

    def _domain(self, domain: Term) -> Kernel:
        known = self._domains.get(domain)
        if known is None:
            known = self._domains[domain] = self._new_domain(domain)
        return known

    def _new_domain(self, domain: Term) -> Kernel:
        table = self.table
        match domain:
            case Apply("range", (low, high)):
                return table.kernel(
                    "range", table.key(self.ratio(low)), table.key(self.ratio(high))
                )
            case Apply("reals", (size,)):
                return table.kernel("space", table.key(self.ratio(size)))
            case Apply("interval", (low, high)):
                return table.kernel("interval", self._end(low), self._end(high))
            case Apply("normal"):
                return table.kernel("law", "normal")
            case Apply("bernoulli", (mean,)):
                return table.kernel("law", "bernoulli", table.key(self.ratio(mean)))
            case Name(name):
                return table.kernel("space", name)
        raise Outside("this domain is not in the scalar fragment")

    def _end(self, end: Term) -> Kernel | str:
        """An end of an interval; infinite ones as words."""
        match end:
            case Apply("infinity"):
                return "infinity"
            case Apply("negative", (Apply("infinity"),)):
                return "minus infinity"
        return self.table.key(self.ratio(end))

    def _pulled_back(self, variable: str, domain: Term, body: Term) -> Term:
        """Change variables so that an integral mentions a flow in one direction only.

        With F the flow whose name comes first, ``x = F(u)`` and ``dx = |det J_F(u)| du``.
        """
        for symbol in self.table.notation:
            if symbol.inverse is None or symbol.jacobian is None or symbol.name < symbol.inverse:
                continue
            backward = Apply("call", (Name(symbol.name), Name(variable)))
            forward = self.table.notation[symbol.inverse]
            ahead = Apply("call", (Name(forward.name), Name(variable)))
            if not _occurs(backward, body) and (
                not self.pulled or _occurs(ahead, body) or not _maps(symbol, domain)
            ):
                continue
            if forward.jacobian is None:
                continue
            moved = _moved(
                body, variable, symbol.name, symbol.jacobian, forward.name, forward.jacobian
            )
            stretch = Apply(
                "determinant", (Apply("call", (Name(forward.jacobian), Name(variable))),)
            )
            return Apply("absolute", (stretch,)) * moved
        return body

    # kernels -------------------------------------------------------------------------------

    def _opaque(self, tag: str, *parts: Any) -> Ratio:
        return self.table.generator(self.table.kernel(tag, *parts))

    def _entry(self, array: Term, *indices: Term) -> Ratio:
        places = tuple(map(self._place, indices))
        match array:
            case Name(name):
                entry = self.table.entry(self.table.name(name), *places)
            case Apply("call"):
                entry = self.table.entry(self._point(array), *places)
            case _:
                raise Outside("an entry of what is not a name")
        return self.table.generator(entry)

    def _place(self, index: Term) -> Kernel:
        match index:
            case Name(name):
                return self.table.name(name)
            case Number(value) if value.denominator == 1:
                return self.table.kernel("int", int(value))
        raise Outside("an index is a name or a whole number")

    def _point(self, term: Term) -> Kernel:
        match term:
            case Name(name):
                return self.table.name(name)
            case Apply("call", (Name(function), *args)):
                return self.table.kernel("call", function, *(self._point(arg) for arg in args))
            case Bind("vector", index, Apply("range", (_, size)), body):
                return self._vector(index, size, body)
        return self.table.key(self.ratio(term))

    def _vector(self, index: str, size: Term, body: Term) -> Kernel:
        """A vector by its entry at a placeholder; the name itself where that is an entry of it."""
        table = self.table
        if isinstance(size, Name):
            table.index_sizes[index] = {size.name}
        value = self.ratio(body)
        match table.monomials(value.num):
            case [(((Kernel("entry", (Kernel("v", (array,)) as name, place)), 1),), coefficient)]:
                whole = place is table.name(index) and coefficient == 1 and value.den.is_one()
                if whole and self._length(array) == size:
                    return name
        entry = table.key(value)
        mark = table.name(f"#v{entry.height + 1}")
        return table.kernel(
            "vector", self._place_count(size), mark, table.rename(entry, {index: mark})
        )

    def _length(self, array: str) -> Term | None:
        """The length of a named vector, declared or bound."""
        kind = self.lowering.bound.get(array)
        symbol = self.table.notation.get(array)
        if kind is None and symbol is not None:
            kind = symbol.type
        return lift(kind.shape[0]) if isinstance(kind, Array) and len(kind.shape) == 1 else None

    def _place_count(self, size: Term) -> Kernel:
        return self.table.key(self.ratio(size))

    def _call(self, function: Term, *args: Term) -> Ratio:
        return self.table.generator(self._point(Apply("call", (function, *args))))

    def _density(self, law: Term, x: Term) -> Ratio:
        match law:
            case Name(name):
                return self._opaque("density", name, self._point(x))
        raise Outside("a density of what is not a name")

    def _determinant(self, x: Term) -> Ratio:
        match x:
            case Apply("call", (Name(name), point)):
                return self._opaque("det", name, self._point(point))
        raise Outside("a determinant of symbolic size")

    def _delta(self, i: Term, j: Term) -> Ratio:
        left, right = sorted((self._place(i), self._place(j)), key=rank_of)
        if left is right:
            return self.table.one
        if left.tag == right.tag == "int":
            return self.table.zero
        return self._opaque("delta", left, right)

    def _maximum(self, *args: Term) -> Ratio:
        values = {self.table.key(ratio): ratio for ratio in map(self.ratio, args)}
        keys = sorted(values, key=rank_of)
        if len(keys) == 1:
            return values[keys[0]]
        if len(keys) == 2:
            return self._larger(*(values[key] for key in keys))
        return self._opaque("maximum", *keys)

    def _larger(self, x: Ratio, y: Ratio) -> Ratio:
        """max(x, y) = (x + y + |x - y|) / 2"""
        table = self.table
        bars = self._absolute(table.subtract(x, y))
        return table.divide(table.add(table.add(x, y), bars), table.constant(2))

    def _logistic(self, x: Term) -> Ratio:
        """1 / (1 + exp(-x)), written with exp(x)."""
        e = self.exp(self.ratio(x))
        return self.table.divide(e, self.table.add(self.table.one, e))

    def _softplus(self, x: Term) -> Ratio:
        return self.log(self.table.add(self.table.one, self.exp(self.ratio(x))))

    def _hyperbolic(self, x: Term) -> tuple[Ratio, Ratio]:
        e = self.exp(self.ratio(x))
        return e, self.table.reciprocal(e)

    def _sinh(self, x: Term) -> Ratio:
        up, down = self._hyperbolic(x)
        return self.table.divide(self.table.subtract(up, down), self.table.constant(2))

    def _cosh(self, x: Term) -> Ratio:
        up, down = self._hyperbolic(x)
        return self.table.divide(self.table.add(up, down), self.table.constant(2))

    def _tanh(self, x: Term) -> Ratio:
        up, down = self._hyperbolic(x)
        return self.table.divide(self.table.subtract(up, down), self.table.add(up, down))

    def _imaginary(self) -> Ratio:
        return self._opaque("imaginary")


_RULES: dict[str, Callable[..., Ratio]] = {
    "log": lambda self, x: self.log(self.ratio(x)),
    "exp": lambda self, x: self.exp(self.ratio(x)),
    "sqrt": lambda self, x: self.root(self.ratio(x), 2),
    "absolute": lambda self, x: self._absolute(self.ratio(x)),
    "logistic": Normalizer._logistic,
    "softplus": Normalizer._softplus,
    "tanh": Normalizer._tanh,
    "sinh": Normalizer._sinh,
    "cosh": Normalizer._cosh,
    "relu": lambda self, x: self._maximum(x, lift(0)),
    "maximum": Normalizer._maximum,
    "minimum": lambda self, *xs: self.table.negative(self._maximum(*(-x for x in xs))),
    "entry": Normalizer._entry,
    "call": Normalizer._call,
    "density": Normalizer._density,
    "determinant": Normalizer._determinant,
    "delta": Normalizer._delta,
    "pi": lambda self: self._opaque("pi"),
    "imaginary": Normalizer._imaginary,
}


class _Bench:
    """The normalizer of one notation, kept from one proof to the next while it has room."""

    def __init__(self, notation: Notation, ranges: Ranges, pulled: bool = False) -> None:
        self.lowering = Lowering(notation)
        self.ranges = ranges
        self.pulled = pulled
        self.normalizer: Normalizer | None = None
        #: Which of the sizes a new normalizer starts with: what was too small once will be again.
        self.least = 0

    def run(self, work: Callable[[Normalizer], T]) -> T:
        """``work`` with the normalizer at hand, or with new and larger ones where it is full."""
        if self.normalizer is not None and len(self.normalizer.table.known) < REMEMBERED:
            try:
                return self._with(self.normalizer, work)
            except (MoreGenerators, Refine, TooLarge):
                # What it kept from other proofs may be what is too much.
                self.normalizer = None
        # Roots are common, and starting finer costs less than starting again.
        base = 2
        for generators in GENERATORS[self.least :]:
            # Polynomial arithmetic is slower the more generators there are.
            while base <= 5040:
                try:
                    normalizer = Normalizer(
                        self.lowering, self.ranges, generators, base, self.pulled
                    )
                    result = self._with(normalizer, work)
                except Refine as finer:
                    base = finer.base
                except MoreGenerators:
                    self.least = 1
                    break
                else:
                    if generators <= GENERATORS[1]:
                        self.normalizer = normalizer
                    return result
        raise TooLarge("a term has too many kernels")

    def restarted(self) -> bool:
        """Forget a normalizer that is finer than a new one is; whether there was one."""
        finer = self.normalizer is not None and self.normalizer.table.base > 2
        if finer:
            self.normalizer = None
        return finer

    def _with(self, normalizer: Normalizer, work: Callable[[Normalizer], T]) -> T:
        normalizer.table.budget = Budget()
        try:
            return work(normalizer)
        except ZeroDivisionError as error:
            raise Outside(str(error)) from None
        except RecursionError:
            raise TooLarge("a term is nested too deeply") from None


_bench = lru_cache(maxsize=256)(_Bench)


def with_normalizer(notation: Notation, work: Callable[[Normalizer], T], *subjects: Term) -> T:
    """Run ``work`` with a normalizer of ``notation``.

    Args:
        notation: what the names mean.
        work: what is done; it may be called several times.
        subjects: the terms as they were written, from whose entries the ranges of free indices are
            known.

    Raises:
        Outside: the terms are not in the fragment.
        TooLarge: the operation limit was reached.
    """
    ranges: Ranges = frozenset(_ranges(notation, subjects))
    bench: _Bench = _bench(notation, ranges)
    return bench.run(work)


def _ranges(notation: Notation, subjects: Iterable[Term]) -> Iterator[tuple[str, Dimension]]:
    for term in subjects:
        bound = {part.variable for part in walk(term) if isinstance(part, Bind)}
        for part in walk(term):
            match part:
                case Apply("entry", (Name(array), *indices)):
                    symbol = notation.get(array)
                    if symbol is None or not isinstance(symbol.type, Array):
                        continue
                    for index, size in zip(indices, symbol.type.shape, strict=False):
                        if isinstance(index, Name) and index.name not in bound:
                            yield index.name, size


def equal_scalars(left: Term, right: Term, notation: Notation) -> bool:
    """Whether two numbers (or arrays, entry by entry) have one normal form: True is a proof.

    False means only that no proof was found.
    """

    def work(normalizer: Normalizer) -> bool:
        return all(
            _vanishes(
                normalizer,
                normalizer.table.subtract(normalizer.ratio(a), normalizer.ratio(b)),
            )
            for a, b in _pairs(normalizer, left, right)
        )

    if with_normalizer(notation, work, left, right):
        return True
    # What a kept normalizer was refined for may stand in the way.
    ranges = frozenset(_ranges(notation, (left, right)))
    bench: _Bench = _bench(notation, ranges)
    if bench.restarted() and bench.run(work):
        return True
    if not any("diffeomorphism" in symbol.traits for symbol in notation):
        return False
    pulled: _Bench = _bench(notation, ranges, True)
    return pulled.run(work)


def written_out(term: Term, notation: Notation) -> Term:
    """A number as its normal form writes it.

    An expectation of an absolute value has no ball, but its normal form ``sqrt(2/pi)`` has one.

    Raises:
        Outside: where it has none, or one that holds what no term says.
        TooLarge: where that takes too many operations.
    """

    def work(normalizer: Normalizer) -> Term:
        return term_of(normalizer.table, normalizer.normal(term))

    return with_normalizer(notation, work, term)


def proportional(left: Term, right: Term, notation: Notation) -> bool:
    """Whether ``left`` is ``right`` times a factor that never vanishes; True is a proof.

    The equations left = 0 and right = 0 then have the same solutions.
    """

    def work(normalizer: Normalizer) -> bool:
        table = normalizer.table
        first, second = normalizer.normal(left), normalizer.normal(right)
        if first.num == 0 or second.num == 0:
            return False
        factor = table.divide(first, second)
        # What stands in a denominator of either side is not zero where that side is defined.
        sides = normalizer.factors(first) + normalizer.factors(second)
        below = {str(part) for part, exponent in sides if exponent < 0}
        return all(
            isinstance(part, Fraction)
            or str(part) in below
            or table.positive(part)
            or table.positive(-part)
            for part, _ in normalizer.factors(factor)
        )

    return with_normalizer(notation, work, left, right)


def depends_on(term: Term, names: tuple[str, ...], notation: Notation) -> bool:
    """Whether a number's normal form contains one of ``names``; False is a proof that not.

    Definitions are expanded first, so a name that is hidden in one is found.
    """

    def work(normalizer: Normalizer) -> bool:
        value = normalizer.normal(term)
        if any(a.tag == "functional" for a in _atoms(normalizer, value)):
            value = normalizer.functionals.recombined(value)
        return any(_mentions(atom, names) for atom in _atoms(normalizer, value))

    if any((symbol := notation.get(name)) and symbol.definition is not None for name in names):
        raise Outside("what a constant may not depend on is a free name")
    return with_normalizer(notation, work, term)


def _mentions(part: Any, names: tuple[str, ...]) -> bool:
    """Whether a kernel contains one of ``names``, of laws and functions too."""
    match part:
        case Kernel(_, parts) | tuple(parts):
            return any(_mentions(inner, names) for inner in parts)
    return part in names


def _atoms(normalizer: Normalizer, value: Ratio) -> set[Kernel]:
    polynomials = (value.num, value.den)
    return {a for p in polynomials for m, _ in normalizer.table.monomials(p) for a, _ in m}


def _vanishes(normalizer: Normalizer, difference: Ratio) -> bool:
    if difference.num == 0:
        return True
    atoms = _atoms(normalizer, difference)
    if any(atom.tag == "functional" for atom in atoms):
        difference = normalizer.functionals.recombined(difference)
        if difference.num == 0:
            return True
        atoms = _atoms(normalizer, difference)
    if sum(atom.tag == "exp" for atom in atoms) > 1 and _merge_to_zero(normalizer, difference):
        return True
    deltas = [atom for atom in atoms if atom.tag == "delta"]
    if not deltas or len(deltas) > DELTAS:
        return False
    return all(_vanishes(normalizer, case) for case in _cases(normalizer, difference, deltas[0]))


def _merge_to_zero(normalizer: Normalizer, difference: Ratio) -> bool:
    """Whether a numerator vanishes once its exponentials are collected by their whole exponents.

    ``exp(a/s) exp(-a/(s + t))`` is ``exp(a t/(s (s + t)))``, though no unit is another's multiple.
    """
    table = normalizer.table
    groups: dict[Kernel, Ratio] = {}
    for monomial, coefficient in table.monomials(difference.num):
        exponent, rest = table.zero, []
        for atom, power in monomial:
            if atom.tag == "exp":
                step = table.constant(Fraction(power, table.base))
                exponent = table.add(exponent, table.multiply(step, table.from_key(atom.parts[0])))
            else:
                rest.append((atom, power))
        part = table.multiply(
            table.constant(coefficient), normalizer.functionals.ratio_of(tuple(rest))
        )
        key = table.key(exponent)
        groups[key] = table.add(groups.get(key, table.zero), part)
    return all(part.num == 0 for part in groups.values())


def _cases(normalizer: Normalizer, difference: Ratio, delta: Kernel) -> Iterator[Ratio]:
    """A numerator where two indices differ, and where they are the same."""
    table = normalizer.table
    left, right = delta.parts
    gone, kept = (left, right) if left.tag == "v" else (right, left)
    apart, joined = table.zero, table.zero
    for monomial, coefficient in table.monomials(difference.num):
        scale = table.constant(coefficient)
        if all(atom is not delta for atom, _ in monomial):
            part = normalizer.functionals.ratio_of(monomial)
            apart = table.add(apart, table.multiply(scale, part))
        rest = tuple((atom, e) for atom, e in monomial if atom is not delta)
        part = normalizer.functionals.ratio_of(table.renamed(rest, {gone.parts[0]: kept}))
        joined = table.add(joined, table.multiply(scale, part))
    yield apart
    yield joined


def _pairs(normalizer: Normalizer, left: Term, right: Term) -> list[tuple[Term, Term]]:
    """The scalar equalities that an equality of numbers or arrays stands for.

    Entries of arrays of symbolic size are numbered by indices named after the size.
    """
    lowering = normalizer.lowering
    first, second = lowering.lower(left), lowering.lower(right)
    if isinstance(first, Term) and isinstance(second, Term):
        return [(first, second)]
    if not isinstance(first, Grid) or not isinstance(second, Grid):
        return [(lowering.scalar(left), lowering.scalar(right))]
    if first.shape != second.shape:
        raise Outside("arrays of different shapes")
    places: list[tuple[Term, ...]] = [()]
    for axis, size in enumerate(first.shape):
        if isinstance(size, Number):
            indices: list[Term] = [lift(k + 1) for k in range(int(size.value))]
        elif isinstance(size, Name):
            index = f"_{size.name}.{axis}"
            normalizer.table.index_sizes[index] = {size.name}
            indices = [Name(index)]
        else:
            raise Outside("a size is a whole number or a name")
        places = [(*place, index) for place in places for index in indices]
    return [(first.at(*place), second.at(*place)) for place in places]


def _maps(flow: Symbol, domain: Term) -> bool:
    """Whether a flow is one of the space over which an integral goes."""
    match flow.type, domain:
        case Function((Array((size,)),), _), Apply("reals", (dimension,)):
            return lift(size) == dimension
    return False


def _occurs(part: Term, term: Term) -> bool:
    if term == part:
        return True
    match term:
        case Apply(_, args):
            return any(_occurs(part, arg) for arg in args)
        case Bind(_, _, domain, body):
            return _occurs(part, domain) or _occurs(part, body)
    return False


def _moved(
    term: Term, variable: str, backward: str, jacobian: str, forward: str, stretch: str
) -> Term:
    """``term`` with x = F(u): F^-1(x) becomes u, det J_{F^-1}(x) becomes 1 / det J_F(u)."""
    here = Name(variable)
    match term:
        case Name(name) if name == variable:
            return Apply("call", (Name(forward), here))
        case Apply("call", (Name(name), Name(x))) if name == backward and x == variable:
            return here
        case Apply("determinant", (Apply("call", (Name(name), Name(x))),)) if (
            name == jacobian and x == variable
        ):
            return 1 / Apply("determinant", (Apply("call", (Name(stretch), here)),))
        case Apply(head, args):
            parts = tuple(
                _moved(arg, variable, backward, jacobian, forward, stretch) for arg in args
            )
            return Apply(head, parts)
        case Bind(head, bound, domain, body) if bound != variable:
            return Bind(
                head,
                bound,
                _moved(domain, variable, backward, jacobian, forward, stretch),
                _moved(body, variable, backward, jacobian, forward, stretch),
            )
    return term


def _is_linear(terms: list[tuple[Monomial, Fraction]]) -> bool:
    """Whether some kernel occurs once, alone and to the first power: then nothing factors out."""
    for monomial, _ in terms:
        if len(monomial) == 1 and monomial[0][1] == 1:
            kernel = monomial[0][0]
            if sum(kernel is other for m, _ in terms for other, _ in m) == 1:
                return True
    return False


def _rational(value: Ratio) -> Fraction:
    if value.num == 0:
        return Fraction(0)
    return _fraction(value.num.leading_coefficient()) / _fraction(value.den.leading_coefficient())


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _content(poly: fmpq_mpoly) -> Fraction:
    """The positive rational c with poly / c of coprime integer coefficients."""
    coefficients = [_fraction(c) for c in poly.coeffs()]
    top, bottom = 0, 1
    for c in coefficients:
        top, bottom = gcd(top, c.numerator), lcm(bottom, c.denominator)
    return Fraction(top, bottom)


def _prime_powers(value: Fraction) -> list[tuple[int, int]]:
    """A positive rational as powers of primes below 1000 and what is left of it."""
    found: list[tuple[int, int]] = []
    for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
        prime = 2
        while prime < 1000 and whole > 1:
            power = 0
            while whole % prime == 0:
                whole //= prime
                power += 1
            if power:
                found.append((prime, sign * power))
            prime += 1 if prime == 2 else 2
        if whole > 1:
            found.append((whole, sign))
    return found
