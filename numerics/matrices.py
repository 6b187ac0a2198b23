"""Equalities between matrices of symbolic size, proved for all sizes.

Terms are read as noncommutative polynomials (:mod:`numerics.noncommutative`). Two sides are equal
if their difference reduces to zero; or does so after it was multiplied by matrices whose inverses
occur in it, which loses nothing; or after consequences of the rules were added. Nothing here
compares numbers, and nothing that is not an identity is ever returned as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mpoly

from language.notation import Notation, NotationError, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    depth,
    free_names,
    lift,
    size,
    substitute,
    walk,
)
from language.text import to_text
from language.typecheck import TypeMismatch, typecheck
from language.types import Array, Dimension, Scalar
from language.vocabulary import (
    ELEMENTARY,
    VocabularyError,
    determinant,
    inverse,
    power,
    product_of,
    sqrt,
    sum_of,
    trace,
    transpose,
)
from numerics.lowering import AT_ZERO
from numerics.noncommutative import (
    ONE,
    Algebra,
    Coefficient,
    Element,
    OutOfReach,
    Shape,
    Word,
    Words,
)
from numerics.signs import bounds, is_nonzero, is_positive

__all__ = [
    "Proof",
    "prove_equal",
    "prove_equation_equivalence",
    "prove_positive_definite",
    "unfolded",
]

LARGEST_EXPONENT = 12
DEEPEST_TERM = 150
LARGEST_TERM = 4_000
MOST_MULTIPLICATIONS = 3  # by matrices whose inverses occur
MOST_PRODUCTS = 24
COMPLETION_ROUNDS = 2
MOST_CONSEQUENCES = 24


@dataclass(frozen=True, slots=True)
class Proof:
    """That a statement holds for all sizes, wherever everything in it is defined.

    Attributes:
        reason: one sentence on how it was shown.
        conditions: what only one of the two sides needs in order to be defined, as text such as
            "X^T X + lambda I_d is invertible"; what always holds is left out.
    """

    reason: str
    conditions: tuple[str, ...] = ()


def prove_equal(left: Term, right: Term, notation: Notation) -> Proof | None:
    """A proof that two matrices, vectors or scalars agree wherever both are defined.

    Args:
        left: a term of scalar or array type.
        right: a term of the same type.
        notation: what the names mean; equations among its assumptions are used.

    Returns:
        The proof, or None where there is none within reach: which says nothing.

    >>> from language.notation import Symbol
    >>> X = Name("X")
    >>> notation = Notation((Symbol("X", Array(("n", "d"))),))
    >>> prove_equal((X.T @ X).T, X.T @ X, notation).reason
    'both sides have the same noncommutative normal form'
    """
    return _first(_prove_equal, (left, right), notation)


def prove_equation_equivalence(first: Term, second: Term, notation: Notation) -> Proof | None:
    """A proof that two equations hold together, wherever both are defined.

    One must become the other by transposing, by an invertible matrix whose inverse occurs in it,
    and by a scalar that is nonzero throughout: ``2 p (M w - b) = 0`` and ``w = M^-1 b``.

    Args:
        first: a term ``equal(a, b)``.
        second: a term ``equal(c, d)``.
        notation: what the names mean.

    Returns:
        The proof, or None where there is none within reach.
    """
    match first, second:
        case Apply("equal", (a, b)), Apply("equal", (c, d)):
            return _first(_prove_equivalent, (a, b, c, d), notation)
    return None


def prove_positive_definite(matrix: Term, notation: Notation) -> Proof | None:
    """A proof that a symmetric matrix is positive definite wherever it is defined.

    It must be a sum of Gram matrices ``c A^T A`` with c >= 0, one of them definite: c > 0 and A
    invertible, or the identity.

    Args:
        matrix: a term of square matrix type, such as a Hessian.
        notation: domains of scalars, traits of matrices.

    Returns:
        The proof, or None where there is none within reach.
    """
    return _first(_prove_definite, (matrix,), notation)


# Attempts -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to try: which definitions to unfold, which leading words to prefer."""

    notation: Notation
    terms: tuple[Term, ...]
    backwards: bool

    def reader(self) -> _Reader:
        return _Reader(self.notation, self.terms, self.backwards)


def _first(
    prove: Callable[[_Attempt], Proof | None], terms: tuple[Term, ...], notation: Notation
) -> Proof | None:
    """The first proof that succeeds: names as they stand, then unfolded, then other orders."""
    if any(depth(term) > DEEPEST_TERM or size(term) > LARGEST_TERM for term in terms):
        return None
    plain = tuple(unfolded(term, notation) for term in terms)
    versions = [terms] if plain == terms else [terms, plain]
    inverses = any(_inverts(term) for version in versions for term in version)
    for backwards in (False, True) if inverses else (False,):
        for version in versions:
            try:
                proof = prove(_Attempt(notation, version, backwards))
            except (OutOfReach, TypeMismatch, NotationError, VocabularyError):
                continue
            if proof is not None:
                return proof
    return None


def unfolded(term: Term, notation: Notation) -> Term:
    """``term`` with the names that abbreviate a term replaced by it."""
    while True:
        values = {
            name: symbol.definition
            for name in free_names(term)
            if (symbol := notation.get(name)) and symbol.definition and not symbol.parameters
        }
        if not values or size(term) > LARGEST_TERM:
            return term
        term = substitute(term, values)


def _inverts(term: Term) -> bool:
    return any(isinstance(part, Apply) and part.head in ("inverse", "power") for part in walk(term))


def _prove_equal(attempt: _Attempt) -> Proof | None:
    left, right = attempt.terms
    reader = attempt.reader()
    same = "both sides have the same noncommutative normal form"
    if (difference := reader.difference(left, right)).zero:
        return Proof(same, reader.conditions((left,), (right,)))
    algebra = reader.algebra
    if not algebra.rules and not algebra.has_inverses:
        return None
    for completed in (False, True):
        if completed and not algebra.complete(COMPLETION_ROUNDS, MOST_CONSEQUENCES):
            return None
        if (difference := reader.difference(left, right)).zero:
            return Proof(same, reader.conditions((left,), (right,)))
        if any(product.zero for product in _cleared(difference, algebra)):
            reason = (
                "the difference of the sides vanishes once multiplied by what is inverted in it"
            )
            return Proof(reason, reader.conditions((left,), (right,)))
    return None


def _prove_equivalent(attempt: _Attempt) -> Proof | None:
    a, b, c, d = attempt.terms
    reader = attempt.reader()
    algebra = reader.algebra
    for completed in (False, True):
        if completed and not algebra.complete(COMPLETION_ROUNDS, MOST_CONSEQUENCES):
            return None
        reader.difference(a, b)
        second = reader.difference(c, d)
        first = reader.difference(a, b)
        targets = list(_cleared(second, algebra))
        targets += [algebra.transpose(target) for target in targets]
        for source in _cleared(first, algebra):
            for target in targets:
                if reader.proportional(source, target):
                    return Proof(
                        "each equation is the other times a nonzero scalar or an invertible matrix",
                        reader.conditions((a, b), (c, d)),
                    )
        if not algebra.rules:
            return None
    return None


def _cleared(element: Element, algebra: Algebra) -> Iterator[Element]:
    """``element`` and its products with matrices whose inverses stand at the ends of its words."""
    seen = {element.key}
    level = [element]
    yield element
    for _ in range(MOST_MULTIPLICATIONS):
        following = []
        for here in level:
            for product in _products(here, algebra):
                if product.key not in seen and len(seen) < MOST_PRODUCTS:
                    seen.add(product.key)
                    following.append(product)
                    yield product
        level = following


def _products(element: Element, algebra: Algebra) -> Iterator[Element]:
    words = [word for word in element.words if word]
    for number in sorted({word[0] for word in words}):
        letter = algebra.letters[number]
        if letter.inverse_of is not None:
            yield algebra.multiply(Element(letter.shape, letter.inverse_of), element)
    for number in sorted({word[-1] for word in words}):
        letter = algebra.letters[number]
        if letter.inverse_of is not None:
            yield algebra.multiply(element, Element(letter.shape, letter.inverse_of))


# Reading terms ------------------------------------------------------------------------------------

#: Heads that are continuous wherever they are defined, and defined on an open set.
_CONTINUOUS = frozenset(
    (
        "add multiply negative divide transpose inverse trace inner identity diagonal hadamard "
        "determinant norm exp logistic tanh softplus sinh cosh absolute"
    ).split()
)


class _Reader:
    """Turns terms into elements of one algebra."""

    def __init__(self, notation: Notation, terms: tuple[Term, ...], backwards: bool) -> None:
        self.notation = notation
        self.algebra = Algebra(self.divisible, backwards)
        self.entangled = _entangled(terms, notation)
        self.inverted: dict[int, Term] = {}
        self.divisors: dict[Hashable, Term] = {}
        self.assume()

    def assume(self) -> None:
        """Use the equations among the assumptions as rules."""
        for assumption in self.notation.assumptions:
            match assumption:
                case Apply("equal", (left, right)):
                    try:
                        vanishing = self.algebra.subtract(self.read(left), self.read(right))
                    except OutOfReach:
                        continue
                    if not vanishing.scalar:
                        self.algebra.add_rule(vanishing)
                        self.algebra.add_rule(self.algebra.transpose(vanishing))

    def difference(self, left: Term, right: Term) -> Element:
        """Left minus right, in normal form."""
        return self.algebra.normal(self.algebra.subtract(self.read(left), self.read(right)))

    # terms

    def read(self, term: Term) -> Element:
        algebra = self.algebra
        match term:
            case Number(value):
                return _constant(value)
            case Name(name):
                return self.name(name)
            case Apply("add", (first, *others)):
                total = self.read(first)
                for other in others:
                    total = algebra.add(total, self.read(other))
                return total
            case Apply("negative", (inner,)):
                return algebra.scale(self.read(inner), -ONE)
            case Apply("multiply", (first, *others)):
                product = self.read(first)
                for other in others:
                    product = algebra.multiply(product, self.read(other))
                return product
            case Apply("divide", (above, below)):
                divisor = self.scalar(below)
                self.divisors.setdefault(divisor.key, below)
                return algebra.scale(self.read(above), divisor.reciprocal())
            case Apply("power", (base, exponent)):
                return self.power(base, exponent)
            case Apply(head, args) if head in _METHODS:
                return _METHODS[head](self, *args)
            case Apply(head, (Apply("diagonal", (inner,)),)) if head in AT_ZERO:
                if self.read(inner).shape[1] == 1:
                    return self.diagonal(Apply(head, (inner,)))
                return self.elementary(head, self.read(term.args[0]), term)
            case Apply(head, (inner,)) if head in ELEMENTARY:
                return self.elementary(head, self.read(inner), term)
        return self.opaque(term)

    def scalar(self, term: Term) -> Coefficient:
        element = self.read(term)
        if not element.scalar:
            raise OutOfReach("a scalar was expected")
        return element.coefficient

    def name(self, name: str) -> Element:
        symbol = self.notation.get(name)
        if symbol is None:
            raise OutOfReach(f"{name} is not declared")
        match symbol.type:
            case Scalar():
                return self.algebra.scalar(("name", name), Name(name))
            case Array(shape):
                rows, columns = (*shape, 1) if len(shape) == 1 else shape
                return self.letter(("name", name), (rows, columns), Name(name), symbol.traits)
        raise OutOfReach(f"{name} is neither a number nor an array")

    def letter(
        self, key: Hashable, shape: Shape, source: Term, traits: frozenset[str] = frozenset()
    ) -> Element:
        if shape == (1, 1):
            return self.algebra.scalar(key, source)
        diagonal = "diagonal" in traits
        symmetric = not traits.isdisjoint(("symmetric", "definite"))
        return self.algebra.letter(key, shape, source, symmetric=symmetric, diagonal=diagonal)

    def power(self, base: Term, exponent: Term) -> Element:
        match exponent:
            case Number(value) if value.denominator == 1 and abs(value) <= LARGEST_EXPONENT:
                return self.whole_power(base, int(value))
            case Apply("negative", (Number(value),)):
                return self.power(base, Number(-value))
        element = self.read(base)
        if not element.scalar:
            raise OutOfReach("a power of an array that is not a whole number")
        if exponent == lift(Fraction(1, 2)):
            return self.elementary("sqrt", element, sqrt(base))
        key = ("power", element.key, self.read(exponent).key)
        return self.algebra.scalar(key, power(base, exponent))

    def whole_power(self, base: Term, exponent: int) -> Element:
        match base:
            case Apply("norm", (inner,)) if exponent % 2 == 0:
                return self.repeated(self.squared_norm(inner), exponent // 2, base)
            case Apply("sqrt", (inner,)) if exponent % 2 == 0:
                element = self.read(inner)
                if element.scalar:
                    return self.repeated(element, exponent // 2, inner)
        element = self.read(base)
        if element.scalar or element.shape[0] == element.shape[1]:
            return self.repeated(element, exponent, base)
        # Of a vector, powers are taken entry by entry.
        key, mirror = element.key, self.algebra.transpose(element).key
        return self.algebra.pair(
            ("power", key, exponent), ("power", mirror, exponent), element.shape, base**exponent
        )

    def repeated(self, element: Element, exponent: int, base: Term) -> Element:
        if exponent < 0:
            element = self.inverted_element(element, base)
        result = Element(element.shape, {(): ONE})
        for _ in range(abs(exponent)):
            result = self.algebra.multiply(result, element)
        return result

    def transpose(self, inner: Term) -> Element:
        return self.algebra.transpose(self.read(inner))

    def inverse(self, inner: Term) -> Element:
        return self.inverted_element(self.read(inner), inner)

    def inverted_element(self, element: Element, source: Term) -> Element:
        if element.scalar:
            self.divisors.setdefault(element.coefficient.key, source)
        result = self.algebra.inverse(element)
        for word in result.words:
            for number in word:
                self.inverted.setdefault(self.orientation(number), source)
        return result

    def orientation(self, number: int) -> int:
        """One number for a letter and its transpose."""
        return min(number, self.algebra.letters[number].transpose)

    def trace(self, inner: Term) -> Element:
        return self.algebra.trace(self.read(inner))

    def identity(self, inner: Term) -> Element:
        dimension = _dimension(inner)
        return Element((dimension, dimension), {(): ONE})

    def zeros(self, inner: Term) -> Element:
        return Element((_dimension(inner), 1), {})

    def inner(self, left: Term, right: Term) -> Element:
        first, second = self.read(left), self.read(right)
        if first.shape[1] != 1:
            product = self.algebra.multiply(self.algebra.transpose(first), second)
            return self.algebra.trace(product)
        return self.algebra.multiply(self.algebra.transpose(first), second)

    def squared_norm(self, inner: Term) -> Element:
        return self.inner(inner, inner)

    def norm(self, inner: Term) -> Element:
        squared = self.squared_norm(inner)
        return self.algebra.scalar(("sqrt", squared.key), Apply("norm", (inner,)))

    def determinant(self, inner: Term) -> Element:
        element = self.read(inner)
        if element.scalar:
            return element
        key = min(element.key, self.algebra.transpose(element).key)
        return self.algebra.scalar(("determinant", key), determinant(inner))

    def diagonal(self, inner: Term) -> Element:
        """Linear in its argument; of a word and of its transpose it is the same."""
        element = self.read(inner)
        if element.scalar:
            return element
        rows, columns = element.shape
        total = Element((rows, rows), {})
        for word, coefficient in element.words.items():
            if columns == 1:
                part = self.of_word("diagonal", (word,), (rows, rows), diagonal=True)
            elif all(self.algebra.letters[number].diagonal for number in word):
                part = Element(element.shape, {word: ONE})
            else:
                canonical = min(word, self.algebra.mirrored(word))
                part = self.of_word("diagonal", (canonical,), element.shape, diagonal=True)
            total = self.algebra.add(total, self.algebra.scale(part, coefficient))
        return total

    def hadamard(self, left: Term, right: Term) -> Element:
        """Bilinear and symmetric; with a diagonal matrix on one side, the result is diagonal."""
        first, second = self.read(left), self.read(right)
        if first.scalar:
            return self.algebra.multiply(first, second)
        total = Element(first.shape, {})
        for word, c in first.words.items():
            for other, e in second.words.items():
                part = self.of_word("hadamard", tuple(sorted((word, other))), first.shape)
                total = self.algebra.add(total, self.algebra.scale(part, c * e))
        return total

    def of_word(
        self, head: str, words: tuple[Word, ...], shape: Shape, *, diagonal: bool = False
    ) -> Element:
        """The letter for a head applied to words."""
        source = Apply(head, tuple(self.term_of_word(word, shape[0]) for word in words))
        mirrors = tuple(sorted(map(self.algebra.mirrored, words)))
        key, mirror = (head, words, shape), (head, mirrors, (shape[1], shape[0]))
        return self.algebra.pair(key, key if diagonal else mirror, shape, source, diagonal=diagonal)

    def elementary(self, head: str, element: Element, source: Term) -> Element:
        if element.scalar:
            return self.algebra.scalar((head, element.key), source)
        mirror = self.algebra.transpose(element)
        return self.algebra.pair((head, element.key), (head, mirror.key), element.shape, source)

    def opaque(self, term: Term) -> Element:
        """A term of another kind, as one scalar or letter."""
        kind = typecheck(term, self.notation)
        key = ("term", _fingerprint(term, {}))
        match kind:
            case Scalar():
                return self.algebra.scalar(key, term)
            case Array(shape):
                rows, columns = (*shape, 1) if len(shape) == 1 else shape
                return self.letter(key, (rows, columns), term)
        raise OutOfReach("neither a number nor an array")

    # what holds of coefficients

    def divisible(self, coefficient: Coefficient) -> bool:
        """Whether dividing by it is sound: see :class:`~numerics.noncommutative.Algebra`."""
        top = coefficient.top
        if top.is_zero():
            return False
        if top.is_constant():
            return True
        return all(
            is_nonzero(self.term_of(factor), self.notation) or self.thinly_zero(factor)
            for factor, _ in top.factor()[1]
        )

    def thinly_zero(self, top: fmpz_mpoly) -> bool:
        """Whether the zeros of a polynomial are so few that identities extend over them."""
        # Both sides are continuous in the names that are not entangled, and the zeros of a
        # polynomial in those fill no open set: what holds off them holds everywhere.
        places = [i for i, degree in enumerate(top.degrees()) if degree]
        numbers = [i for i in places if self.free(self.algebra.source_of(i))]
        words = [i for i in places if self.free_word(self.algebra.source_of(i))]
        if not all(i in numbers or i in words or self.positive(i) for i in places):
            return False
        # A sum of products of traces and 1 x 1 words is such a polynomial for every size: it is
        # positive where all letters have ones on the diagonal. A difference need not be:
        # tr(A B) - tr(A) tr(B) is zero for 1 x 1 matrices. So look at parts of equal degrees.
        signs: dict[Hashable, set[bool]] = {}
        for monomial, weight in top.to_dict().items():
            degrees: Counter[int] = Counter()
            for i in words:
                for number in self.letters_in(self.algebra.source_of(i)):
                    degrees[self.orientation(number)] += int(monomial[i])
            part = (tuple(int(monomial[i]) for i in numbers), frozenset((+degrees).items()))
            signs.setdefault(part, set()).add(weight > 0)
        return any(len(found) == 1 for found in signs.values())

    def positive(self, generator: int) -> bool:
        source = self.source_term(self.algebra.source_of(generator))
        return is_positive(source, self.notation)

    def free(self, source: object) -> bool:
        """Whether a scalar is a real name that can be varied by itself."""
        match source:
            case Name(name):
                return self.notation[name].type == Scalar("real") and self.independent(name)
        return False

    def free_word(self, source: object) -> bool:
        """Whether a scalar is a word, or the trace of one, in arrays that can be varied."""
        sources = [self.algebra.letters[number].source for number in self.letters_in(source)]
        return bool(sources) and all(
            isinstance(s, Name) and self.independent(s.name) for s in sources
        )

    def letters_in(self, source: object) -> Word:
        """The letters of a scalar that is a word, or the trace of one."""
        match source:
            case ("trace", tuple(word)) | tuple(word):
                return word
        return ()

    def independent(self, name: str) -> bool:
        symbol = self.notation[name]
        tied = symbol.definition is not None or "simplex" in symbol.traits
        return not tied and name not in self.entangled

    def nonzero(self, coefficient: Coefficient) -> bool:
        """Whether a coefficient is defined and nonzero at every point."""
        parts = (coefficient.top, coefficient.bottom)
        return all(
            part is None or part.is_constant() or is_nonzero(self.term_of(part), self.notation)
            for part in parts
        )

    def sign(self, coefficient: Coefficient) -> int:
        """2 if a coefficient is known to be positive, 1 if nonnegative, else 0."""
        found = bounds(self.term_of_coefficient(coefficient), self.notation)
        if found is None or not found.nonnegative:
            return 0
        return 2 if found.positive else 1

    def proportional(self, source: Element, target: Element) -> bool:
        """Whether ``source`` is ``target`` times a scalar that is nonzero throughout."""
        if source.shape != target.shape or source.words.keys() != target.words.keys():
            return False
        if source.zero:
            return True
        word = next(iter(source.words))
        factor = source.words[word] * target.words[word].reciprocal()
        if not self.algebra.subtract(source, self.algebra.scale(target, factor)).zero:
            return False
        return self.nonzero(factor)

    # back to terms

    def term_of_coefficient(self, coefficient: Coefficient) -> Term:
        above = self.term_of(coefficient.top)
        return above if coefficient.bottom is None else above / self.term_of(coefficient.bottom)

    def term_of(self, polynomial: fmpz_mpoly) -> Term:
        parts = []
        for exponents, coefficient in polynomial.to_dict().items():
            factors = [] if coefficient == 1 else [lift(int(coefficient))]
            for index, exponent in enumerate(exponents):
                if exponent:
                    base = self.source_term(self.algebra.source_of(index))
                    factors.append(base if exponent == 1 else base ** int(exponent))
            parts.append(product_of(factors))
        return sum_of(parts)

    def source_term(self, source: object) -> Term:
        match source:
            case Term():
                return source
            case str():
                return Name(source)
            case ("trace", tuple(word)):
                return trace(self.term_of_word(word, self.algebra.letters[word[0]].shape[0]))
            case tuple(word):
                return self.term_of_word(word, 1)
        raise OutOfReach("a scalar without a source")

    def term_of_word(self, word: Word, rows: Dimension) -> Term:
        if not word:
            return Apply("identity", (lift(rows),))
        return product_of([self.term_of_letter(number) for number in word])

    def term_of_letter(self, number: int) -> Term:
        letter = self.algebra.letters[number]
        if letter.inverse_of is not None:
            return inverse(self.term_of_words(letter.inverse_of, letter.shape[0]))
        if not isinstance(letter.source, Term):
            raise OutOfReach("a letter without a source")
        return transpose(letter.source) if letter.transpose < number else letter.source

    def term_of_words(self, words: Words, rows: Dimension) -> Term:
        parts = []
        for word, coefficient in words.items():
            here = self.term_of_word(word, rows)
            scaled = self.term_of_coefficient(coefficient)
            parts.append(here if scaled == lift(1) else scaled * here)
        return sum_of(parts)

    # side conditions

    def conditions(self, left: tuple[Term, ...], right: tuple[Term, ...]) -> tuple[str, ...]:
        """What only one side needs: inverses that exist, divisors other than zero."""
        needs = []
        for terms in (left, right):
            self.inverted, self.divisors = {}, {}
            for term in terms:
                self.read(term)
            needs.append((self.inverted, self.divisors))
        (first, one), (second, two) = needs
        found: dict[str, None] = {}
        for number_, source in (*first.items(), *second.items()):
            if (number_ in first) != (number_ in second) and not self.invertible(number_):
                found[f"{to_text(source, self.notation)} is invertible"] = None
        for key, divisor in (*one.items(), *two.items()):
            if (key in one) != (key in two) and not is_nonzero(divisor, self.notation):
                found[f"{to_text(divisor, self.notation)} != 0"] = None
        return tuple(found)

    def invertible(self, number: int) -> bool:
        """Whether a letter, or what it inverts, is known to be invertible."""
        letter = self.algebra.letters[number]
        if letter.inverse_of is not None:
            if self.definiteness(Element(letter.shape, letter.inverse_of)) == 2:
                return True
            (word, scale), *others = letter.inverse_of.items()
            factors = all(self.square_invertible(part) for part in word)
            return not others and factors and self.nonzero(scale)
        match letter.source:
            case Name(name):
                symbol = self.notation[name]
                return not symbol.traits.isdisjoint(("invertible", "definite")) or (
                    letter.diagonal and self.entries(symbol) == 2
                )
        return False

    def entries(self, symbol: Symbol) -> int:
        """2 if the entries of an array are positive, 1 if nonnegative, else 0."""
        lower = symbol.domain.lower
        return 2 if lower is not None and lower >= 0 else 0

    # definiteness: 2 definite, 1 semidefinite, 0 not known

    def definiteness(self, element: Element) -> int:
        """How definite a polynomial is seen to be, word by word."""
        if element.shape[0] != element.shape[1] or element.zero:
            return 0
        if element.scalar:
            return self.sign(element.coefficient)
        strongest = 1
        for word, coefficient in element.words.items():
            sign = self.sign(coefficient)
            shape = self.definiteness_of_word(word)
            if not sign or not shape:
                return 0
            strongest = max(strongest, min(sign, shape))
        return strongest

    def definiteness_of_word(self, word: Word) -> int:
        letters = self.algebra.letters
        definite = True
        while len(word) >= 2 and letters[word[0]].transpose == word[-1]:
            # An inverse that occurs exists, and is invertible.
            inverse_of = letters[word[0]].inverse_of
            definite = definite and (inverse_of is not None or self.square_invertible(word[0]))
            word = word[1:-1]
        middle = min((self.definiteness_of_letter(number) for number in word), default=2)
        if len(word) > 1 and not all(letters[number].diagonal for number in word):
            return 0
        return middle if definite else min(middle, 1)

    def square_invertible(self, number: int) -> bool:
        letter = self.algebra.letters[number]
        return letter.shape[0] == letter.shape[1] and self.invertible(number)

    def definiteness_of_letter(self, number: int) -> int:
        letter = self.algebra.letters[number]
        if letter.transpose != number:
            return 0
        if letter.inverse_of is not None:
            return 2 if self.definiteness(Element(letter.shape, letter.inverse_of)) else 0
        match letter.source:
            case Name(name) if "definite" in self.notation[name].traits:
                return 2
            case Name(name) if letter.diagonal:
                return self.entries(self.notation[name])
            case Apply("diagonal", (inner,)):
                return self.definiteness_of_diagonal(inner)
        return 0

    def definiteness_of_diagonal(self, inner: Term) -> int:
        """The diagonal of a semidefinite matrix is nonnegative; of a definite one, positive."""
        element = self.read(inner)
        if element.shape[1] != 1:
            return self.definiteness(element)
        match inner:
            case Name(name):
                return self.entries(self.notation[name])
        return 0

    def definiteness_of_term(self, term: Term) -> int:
        """As a polynomial, or else summand by summand as written."""
        found = self.definiteness(self.read(term))
        if found:
            return found
        match term:
            case Apply("add", args):
                parts = [self.definiteness_of_term(arg) for arg in args]
                return max(parts) if all(parts) else 0
            case Apply("divide", (above, below)):
                return min(self.definiteness_of_term(above), self.sign(self.scalar(below)))
            case Apply("inverse", (inner,)):
                return 2 if self.definiteness_of_term(inner) else 0
            case Apply("multiply", args):
                return self.definiteness_of_product(args)
        return 0

    def definiteness_of_product(self, args: tuple[Term, ...]) -> int:
        """A product of nonnegative scalars and of A^T A, or of one definite factor."""
        factors = [(arg, self.read(arg)) for arg in args]
        signs = [self.sign(e.coefficient) for _, e in factors if e.scalar]
        arrays = [(arg, e) for arg, e in factors if not e.scalar]
        weight = min(signs, default=2)
        if len(arrays) == 1:
            return min(weight, self.definiteness_of_term(arrays[0][0]))
        for cut in range(1, len(arrays)):
            left, right = self.product(arrays[:cut]), self.product(arrays[cut:])
            if self.algebra.transpose(left).key == right.key:
                return min(weight, 1)
        return 0

    def product(self, factors: list[tuple[Term, Element]]) -> Element:
        result = factors[0][1]
        for _, factor in factors[1:]:
            result = self.algebra.multiply(result, factor)
        return result


_METHODS: dict[str, Callable[..., Element]] = {
    "transpose": _Reader.transpose,
    "inverse": _Reader.inverse,
    "trace": _Reader.trace,
    "identity": _Reader.identity,
    "zeros": _Reader.zeros,
    "inner": _Reader.inner,
    "norm": _Reader.norm,
    "determinant": _Reader.determinant,
    "diagonal": _Reader.diagonal,
    "hadamard": _Reader.hadamard,
}


def _prove_definite(attempt: _Attempt) -> Proof | None:
    (matrix,) = attempt.terms
    reader = attempt.reader()
    element = reader.read(matrix)
    if element.scalar or element.shape[0] != element.shape[1]:
        return None
    if reader.definiteness_of_term(matrix) < 2:
        return None
    return Proof("a sum of Gram matrices with nonnegative weights, one of them definite")


def _constant(value: Fraction) -> Element:
    if not value:
        return Element((1, 1), {})
    return Element((1, 1), {(): Coefficient.of(value.numerator, value.denominator)})


def _dimension(term: Term) -> Dimension:
    match term:
        case Name(name):
            return name
        case Number(value) if value.denominator == 1 and value > 1:
            return int(value)
    raise OutOfReach("a size that is neither a name nor a whole number above one")


def _entangled(terms: tuple[Term, ...], notation: Notation) -> frozenset[str]:
    """Names in other functions, assumptions or definitions: not to be varied by themselves."""
    names: set[str] = set()
    pending = list(terms)
    while pending:
        here = pending.pop()
        match here:
            case Apply("power", (base, Number() | Apply("negative", (Number(),)))):
                pending.append(base)
            case Apply(head, args) if head in _CONTINUOUS:
                pending.extend(args)
            case Apply() | Bind():
                names |= free_names(here)
    for assumption in notation.assumptions:
        names |= free_names(assumption)
    seen: set[str] = set()
    abbreviations = [name for term in terms for name in free_names(term)]
    while abbreviations:
        symbol = notation.get(abbreviations.pop())
        if symbol is not None and symbol.definition is not None and symbol.name not in seen:
            seen.add(symbol.name)
            names |= free_names(symbol.definition)
            abbreviations += free_names(symbol.definition)
    return frozenset(names)


def _fingerprint(term: Term, bound: dict[str, int]) -> Hashable:
    """Equal for terms that differ only in the names of bound variables."""
    match term:
        case Name(name):
            return ("bound", bound[name]) if name in bound else name
        case Number(value):
            return value
        case Bind(head, variable, domain, body):
            inner = {**bound, variable: len(bound)}
            return (head, _fingerprint(domain, bound), _fingerprint(body, inner))
        case Apply(head):
            return (head, *(_fingerprint(part, bound) for part in children(term)))
    raise OutOfReach("an unknown kind of term")
