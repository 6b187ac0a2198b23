"""Terms up to rearrangement: the cheapest proof that two terms are equal.

The outline of a term forgets the order of sums, and of products of numbers, how signs, quotients
and powers are written, like terms, and the names of bound variables. Two terms of one outline are
equal wherever both are defined; most right answers are the reference or one of its forms in another
order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import TypeAlias

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term
from language.types import Function, Law, Scalar

__all__ = ["Rearrangements"]

#: A rational number, as an integer where it is one: fractions are slow to hash.
_Rational: TypeAlias = "int | Fraction"
#: Factors that are numbers, with their powers, and what may be an array, in its order.
_Factors: TypeAlias = "tuple[frozenset[tuple[int, _Rational]], tuple[int, ...]]"
#: A product: a number, factors that are numbers with their powers, and what may be an array, in
#: its order. Factors and arrays are numbers in the list of what occurs.
_Outline: TypeAlias = "tuple[_Rational, frozenset[tuple[int, _Rational]], tuple[int, ...]]"
#: The terms of a sum, with their numbers.
_Terms: TypeAlias = "dict[_Factors, _Rational]"
#: What stands for a bound variable, and whether it is a number, by its name.
_Bound: TypeAlias = "dict[str, tuple[int, bool]]"

#: The longest number that a power of a number is worked out to, in bits.
BITS = 4096

_NONE: frozenset[tuple[int, _Rational]] = frozenset()
#: Heads whose arguments may change places.
_COMMUTATIVE = frozenset(
    "maximum minimum jsd hadamard inner multiset set equal unequal both either".split()
)
_TURNED = {"greater": "less", "greater_equal": "less_equal"}
#: Binders whose variable means nothing outside; the others may reach into definitions of names.
_LEXICAL = frozenset("sum product expectation integral variance vector".split())
_LINEAR = frozenset("sum expectation integral".split())
#: Heads whose value is a number, whatever their arguments are.
_NUMBERS = frozenset(
    "entry density norm inner trace determinant kl jsd chi_square entropy delta pi"
    " imaginary".split()
)
#: Heads whose value is a number if their arguments are.
_ENTRYWISE = frozenset(
    "power log exp absolute logistic softplus tanh sinh cosh relu maximum minimum divide".split()
)


class Rearrangements:
    """All rearrangements of some terms.

    >>> from language.types import REAL
    >>> from language.notation import Symbol
    >>> from language.vocabulary import names, log
    >>> a, b = names("a b")
    >>> notation = Notation((Symbol("a", REAL), Symbol("b", REAL)))
    >>> known = Rearrangements([a / 2 + log(a * b)], notation)
    >>> log(b * a) - 3 * a + 7 * a / 2 in known, log(a) + log(b) + a / 2 in known
    (True, False)
    """

    def __init__(self, terms: Iterable[Term], notation: Notation) -> None:
        self._notation = notation
        #: Everything that occurs in the terms, numbered; and in the term that is looked at.
        self._known: dict[Hashable, int] = {}
        self._new: dict[Hashable, int] = {}
        #: The sums among them, for a sum within a sum is taken apart.
        self._known_sums: dict[int, _Terms] = {}
        self._new_sums: dict[int, _Terms] = {}
        self._outlines = {self._outline(term, {}) for term in terms}
        self._known, self._known_sums = self._new, self._new_sums

    def __contains__(self, term: Term) -> bool:
        """Whether ``term`` is one of the terms, rearranged: if so they are equal."""
        self._new, self._new_sums = {}, {}
        return self._outline(term, {}) in self._outlines

    def _one(self, key: Hashable, is_number: bool) -> _Outline:
        """The outline of what is not taken apart."""
        place = self._known.get(key)
        if place is None:
            place = self._new.setdefault(key, len(self._known) + len(self._new))
        return (1, frozenset(((place, 1),)), ()) if is_number else (1, _NONE, (place,))

    def _outline(self, term: Term, bound: _Bound) -> _Outline:
        match term:
            case Number(value):
                return _plain(value), _NONE, ()
            case Name(name):
                if name in bound:
                    return self._one(*bound[name])
                symbol = self._notation.get(name)
                return self._one(name, symbol is not None and isinstance(symbol.type, Scalar))
            case Bind():
                return self._binder(term, bound)
            case Apply(head, args):
                parts = [self._outline(arg, bound) for arg in args]
                match head, parts:
                    case "add", _:
                        return self._sum(parts)
                    case "multiply", _:
                        return _product(parts)
                    case "negative", [(number, factors, arrays)]:
                        return -number, factors, arrays
                    case "divide", [above, (number, factors, ())] if number:
                        below = frozenset((base, -power) for base, power in factors)
                        return _product((above, (_plain(Fraction(1) / number), below, ())))
                    case "power", [(_, _, ()) as base, (power, factors, ())] if not factors:
                        return self._power(base, power)
                    case "sqrt", [(_, _, ()) as base]:
                        return self._power(base, Fraction(1, 2))
                return self._application(head, args, parts)
        raise TypeError(f"expected a term, found {type(term).__name__}")

    def _application(self, head: str, args: tuple[Term, ...], parts: list[_Outline]) -> _Outline:
        is_number = head in _NUMBERS or (head in _ENTRYWISE and not any(p[2] for p in parts))
        if head == "call" and isinstance(args[0], Name):
            symbol = self._notation.get(args[0].name)
            kind = symbol.type if symbol is not None else None
            is_number = isinstance(kind, Function) and isinstance(kind.result, Scalar)
        if head in _TURNED:
            head, parts = _TURNED[head], parts[::-1]
        if head in _COMMUTATIVE:
            return self._one((head, frozenset(Counter(parts).items())), is_number)
        return self._one((head, *parts), is_number)

    def _sum(self, parts: Iterable[_Outline]) -> _Outline:
        """A sum with like terms collected and one of its numbers taken out."""
        terms: _Terms = {}
        for number, factors, arrays in parts:
            inside = self._terms_of(factors, arrays) or {(factors, arrays): 1}
            for key, share in inside.items():
                terms[key] = terms.get(key, 0) + number * share
        terms = {key: number for key, number in terms.items() if number}
        if not terms:
            return 0, _NONE, ()
        first = min(terms, key=hash)
        number = terms[first]
        if len(terms) == 1:
            return _plain(number), *first
        shares = {key: _plain(Fraction(other) / number) for key, other in terms.items()}
        is_number = not any(arrays for _, arrays in terms)
        _, factors, arrays = self._one(("add", frozenset(shares.items())), is_number)
        ((place, *_),) = factors or (arrays,)
        self._new_sums[place] = shares
        return _plain(number), factors, arrays

    def _terms_of(
        self, factors: frozenset[tuple[int, _Rational]], arrays: tuple[int, ...]
    ) -> _Terms | None:
        """The terms of what is a sum and no more."""
        if len(factors) + len(arrays) != 1:
            return None
        ((place, power),) = factors or ((arrays[0], 1),)
        if power != 1:
            return None
        return self._known_sums.get(place) or self._new_sums.get(place)

    def _power(self, base: _Outline, power: _Rational) -> _Outline:
        """A number to a fixed power."""
        number, factors, _ = base
        bits = (number.numerator * number.denominator).bit_length()
        if power and power.denominator == 1 and max(power, -power) * bits <= BITS:
            if number or power > 0:
                raised = frozenset((key, _plain(inner * power)) for key, inner in factors)
                return _plain(Fraction(number) ** power.numerator), raised, ()
        elif number == 1 and len(factors) == 1:
            ((key, inner),) = factors
            if inner == 1:
                return 1, frozenset(((key, power),)), ()
        ((key, _),) = self._one(("base", base), True)[1]
        return 1, frozenset(((key, power),)), ()

    def _binder(self, term: Bind, bound: _Bound) -> _Outline:
        head, variable = term.head, term.variable
        domain = self._outline(term.domain, bound)
        if head not in _LEXICAL:
            inner = {name: known for name, known in bound.items() if name != variable}
            return self._one((head, variable, domain, self._outline(term.body, inner)), False)
        # Bound variables are numbered from the outermost, with keys that no name has.
        place = min((known for known, _ in bound.values()), default=0) - 1
        inner = {**bound, variable: (place, _is_of_numbers(term.domain, self._notation))}
        body = self._outline(term.body, inner)
        is_number = head != "vector" and not body[2]
        if head not in _LINEAR:
            return self._one((head, place, domain, body), is_number)
        _, factors, arrays = self._one((head, place, domain, body[1:]), is_number)
        return body[0], factors, arrays


def _plain(number: _Rational) -> _Rational:
    return number.numerator if number.denominator == 1 else number


def _product(parts: Iterable[_Outline]) -> _Outline:
    total: _Rational = 1
    powers: dict[int, _Rational] = {}
    sequence: list[int] = []
    for number, factors, arrays in parts:
        total *= number
        for base, power in factors:
            powers[base] = powers.get(base, 0) + power
        sequence += arrays
    kept = frozenset((base, _plain(power)) for base, power in powers.items() if power)
    return _plain(total), kept, tuple(sequence)


def _is_of_numbers(domain: Term, notation: Notation) -> bool:
    """Whether what runs through a domain is seen to be a number."""
    match domain:
        case Apply("range" | "interval"):
            return True
        case Name(name):
            symbol = notation.get(name)
            kind = symbol.type if symbol is not None else None
            return isinstance(kind, Law) and isinstance(kind.element, Scalar)
    return False
