"""Noncommutative polynomials over matrices of symbolic size.

A *letter* is a matrix or vector that is not looked into (``X``, its transpose, an inverse); a
*word* is a product of letters; a polynomial is a sum of words whose coefficients are rational
functions of scalars. A word that is 1 x 1 is itself a scalar, so it commutes, equals its transpose,
and is kept as a generator of the coefficients.

Inverses and other relations rewrite words: from ``M U = 1`` the leading word of ``M`` next to ``U``
becomes ``1 - (the rest of M) U``. Every rewriting is an identity, so whatever reduces to zero *is*
zero, for all sizes; that the rules may be incomplete costs proofs, never truth.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx

from language.types import Dimension

__all__ = [
    "ONE",
    "Algebra",
    "Coefficient",
    "Element",
    "Letter",
    "OutOfReach",
    "Shape",
    "Word",
    "Words",
]

Shape: TypeAlias = tuple[Dimension, Dimension]
Word: TypeAlias = tuple[int, ...]
Words: TypeAlias = "dict[Word, Coefficient]"
Key: TypeAlias = tuple[Hashable, ...]

MOST_GENERATORS = 32  # different scalars in one proof
MOST_WORK = 20_000  # words that are reduced in one proof
LONGEST_WORD = 16
DEEPEST_REDUCTION = 60
DEEPEST_TRACE = 8  # turns of a cycle, each reduced
MOST_COEFFICIENT_TERMS = 400  # in the numerator or denominator of a coefficient
MOST_COEFFICIENT_BITS = 4_096
MOST_COEFFICIENT_DEGREE = 100


class OutOfReach(Exception):
    """The question is of another kind, or too large: the prover passes on."""


@cache
def _context() -> fmpz_mpoly_ctx:
    return fmpz_mpoly_ctx.get(
        tuple(f"g{number}" for number in range(MOST_GENERATORS)), Ordering.degrevlex
    )


@cache
def _generators() -> tuple[fmpz_mpoly, ...]:
    return tuple(_context().gens())


def _times(left: fmpz_mpoly, right: fmpz_mpoly) -> fmpz_mpoly:
    if len(left) * len(right) > MOST_COEFFICIENT_TERMS:
        raise OutOfReach("a coefficient has too many terms")
    product = left * right
    if product.is_zero():
        return product
    # Without these bounds, nested powers would grow beyond memory within a few products.
    if product.leading_coefficient().bit_length() > MOST_COEFFICIENT_BITS:
        raise OutOfReach("a coefficient has too many digits")
    if product.total_degree() > MOST_COEFFICIENT_DEGREE:
        raise OutOfReach("a coefficient has too high a degree")
    return product


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A rational function of the generators in lowest terms; ``bottom`` None stands for one."""

    top: fmpz_mpoly
    bottom: fmpz_mpoly | None = None

    @staticmethod
    def of(top: int, bottom: int = 1) -> Coefficient:
        """The rational number ``top / bottom``."""
        below = None if bottom == 1 else _context().constant(bottom)
        return Coefficient.reduced(_context().constant(top), below)

    @staticmethod
    def generator(number: int) -> Coefficient:
        """The generator of that number."""
        if number >= MOST_GENERATORS:
            raise OutOfReach("too many different scalars")
        return Coefficient(_generators()[number])

    @staticmethod
    def reduced(top: fmpz_mpoly, bottom: fmpz_mpoly | None) -> Coefficient:
        """``top / bottom`` in lowest terms, the leading coefficient below positive."""
        if bottom is None or top.is_zero():
            return Coefficient(top)
        common = top.gcd(bottom)
        if not common.is_one():
            top, bottom = top / common, bottom / common
        if bottom.leading_coefficient() < 0:
            top, bottom = -top, -bottom
        return Coefficient(top, None if bottom.is_one() else bottom)

    @property
    def zero(self) -> bool:
        return bool(self.top.is_zero())

    @property
    def key(self) -> str:
        """Equal for equal rational functions, and for no others."""
        return f"{self.top}" if self.bottom is None else f"({self.top})/({self.bottom})"

    def __add__(self, other: Coefficient) -> Coefficient:
        if self.bottom is None and other.bottom is None:
            return Coefficient(self.top + other.top)
        if self.bottom is None or other.bottom is None or self.bottom != other.bottom:
            one = _context().constant(1)
            below, beside = self.bottom or one, other.bottom or one
            top = _times(self.top, beside) + _times(other.top, below)
            return Coefficient.reduced(top, _times(below, beside))
        return Coefficient.reduced(self.top + other.top, self.bottom)

    def __neg__(self) -> Coefficient:
        return Coefficient(-self.top, self.bottom)

    def __mul__(self, other: Coefficient) -> Coefficient:
        top = _times(self.top, other.top)
        if self.bottom is None or other.bottom is None:
            bottom = self.bottom or other.bottom
            return Coefficient(top) if bottom is None else Coefficient.reduced(top, bottom)
        return Coefficient.reduced(top, _times(self.bottom, other.bottom))

    def reciprocal(self) -> Coefficient:
        """One over this; a coefficient that is identically zero has none."""
        if self.zero:
            raise OutOfReach("division by something that is zero everywhere")
        bottom = _context().constant(1) if self.bottom is None else self.bottom
        return Coefficient.reduced(bottom, self.top)


ONE = Coefficient.of(1)
MINUS_ONE = Coefficient.of(-1)


@dataclass(frozen=True, slots=True)
class Element:
    """A polynomial with its shape; a scalar has the shape (1, 1) and no word but the empty one."""

    shape: Shape
    words: Words

    @property
    def scalar(self) -> bool:
        return self.shape == (1, 1)

    @property
    def zero(self) -> bool:
        return not self.words

    @property
    def coefficient(self) -> Coefficient:
        """The value of a scalar."""
        return self.words.get((), Coefficient.of(0))

    @property
    def key(self) -> Key:
        """Equal for polynomials of the same shape, words and coefficients."""
        return (self.shape, _key(self.words))


@dataclass(slots=True)
class Letter:
    """A matrix or vector as one symbol.

    Attributes:
        number: its place in the alphabet.
        shape: rows and columns.
        transpose: the number of its transpose; its own if it is symmetric.
        diagonal: whether it is a diagonal matrix.
        inverse: the number of the letter that cancels it, if there is one.
        inverse_of: for an inverse, the polynomial that it inverts.
        source: what it stands for, for whoever made it.
    """

    number: int
    shape: Shape
    transpose: int
    diagonal: bool = False
    inverse: int | None = None
    inverse_of: Words | None = None
    source: object = None


def _key(words: Words) -> tuple[tuple[Word, str], ...]:
    return tuple(sorted((word, coefficient.key) for word, coefficient in words.items()))


def _accumulate(total: Words, word: Word, coefficient: Coefficient) -> None:
    present = total.get(word)
    value = coefficient if present is None else present + coefficient
    if value.zero:
        total.pop(word, None)
    else:
        total[word] = value


@dataclass(slots=True)
class Algebra:
    """The letters, scalars and rewriting rules of one proof.

    Attributes:
        divisible: whether the prover itself may divide by a coefficient: true only if it is nonzero
            throughout, or but for a set so thin that identities extend over it.
        backwards: prefer the opposite leading words; another try where the first choice fails.
    """

    divisible: Callable[[Coefficient], bool]
    backwards: bool = False
    letters: list[Letter] = field(default_factory=list)
    rules: dict[Word, Words] = field(default_factory=dict)
    work: int = 0
    _depth: int = 0
    _by_key: dict[Hashable, int] = field(default_factory=dict)
    _scalars: dict[Hashable, int] = field(default_factory=dict)
    _scalar_sources: list[object] = field(default_factory=list)
    _reduced: dict[Word, Words] = field(default_factory=dict)
    _starting: dict[int, list[Word]] = field(default_factory=dict)
    _diagonal_rules: list[Word] = field(default_factory=list)

    @property
    def has_inverses(self) -> bool:
        """Whether some letter is the inverse of something."""
        return any(letter.inverse_of is not None for letter in self.letters)

    # letters and scalars

    def letter(
        self,
        key: Hashable,
        shape: Shape,
        source: object = None,
        *,
        symmetric: bool = False,
        diagonal: bool = False,
    ) -> Element:
        """The letter for ``key``, made together with its transpose on first use."""
        number = self._by_key.get(key)
        if number is None:
            number = self._new_letter(shape, symmetric or diagonal, diagonal, source)
            self._by_key[key] = number
        return Element(shape, {(number,): ONE})

    def pair(
        self,
        key: Hashable,
        mirror: Hashable,
        shape: Shape,
        source: object = None,
        *,
        diagonal: bool = False,
    ) -> Element:
        """The letter for ``key``, whose transpose is the letter for ``mirror``."""
        number = self._by_key.get(key)
        if number is None:
            number = self._new_letter(shape, key == mirror, diagonal, source)
            self._by_key[key] = number
            self._by_key[mirror] = self.letters[number].transpose
        return Element(shape, {(number,): ONE})

    def _new_letter(self, shape: Shape, symmetric: bool, diagonal: bool, source: object) -> int:
        if 1 in shape and shape[0] == shape[1]:
            raise OutOfReach("a 1 x 1 matrix is a scalar")
        number = len(self.letters)
        mirror = number if symmetric else number + 1
        self.letters.append(Letter(number, shape, mirror, diagonal, source=source))
        if not symmetric:
            self.letters.append(Letter(mirror, (shape[1], shape[0]), number, source=source))
        return number

    def scalar(self, key: Hashable, source: object) -> Element:
        """The generator for ``key`` as a scalar."""
        return Element((1, 1), {(): self._generator(key, source)})

    def _generator(self, key: Hashable, source: object) -> Coefficient:
        number = self._scalars.get(key)
        if number is None:
            number = len(self._scalar_sources)
            generator = Coefficient.generator(number)
            self._scalars[key] = number
            self._scalar_sources.append(source)
            return generator
        return Coefficient.generator(number)

    def source_of(self, generator: int) -> object:
        """What the generator of that number stands for: a source, or a word."""
        return self._scalar_sources[generator]

    # arithmetic

    def add(self, left: Element, right: Element) -> Element:
        if left.shape != right.shape:
            raise OutOfReach("shapes differ")
        total = dict(left.words)
        for word, coefficient in right.words.items():
            _accumulate(total, word, coefficient)
        return Element(left.shape, total)

    def scale(self, element: Element, factor: Coefficient) -> Element:
        if factor.zero:
            return Element(element.shape, {})
        return Element(element.shape, {w: c * factor for w, c in element.words.items()})

    def subtract(self, left: Element, right: Element) -> Element:
        return self.add(left, self.scale(right, MINUS_ONE))

    def multiply(self, left: Element, right: Element) -> Element:
        if left.scalar:
            return self.scale(right, left.coefficient)
        if right.scalar:
            return self.scale(left, right.coefficient)
        if left.shape[1] != right.shape[0]:
            raise OutOfReach("shapes do not chain")
        self.spend(len(left.words) * len(right.words))
        total: Words = {}
        for first, c in left.words.items():
            for second, e in right.words.items():
                self._add_reduced(total, first + second, c * e)
        return Element((left.shape[0], right.shape[1]), total)

    def transpose(self, element: Element) -> Element:
        if element.scalar:
            return element
        total: Words = {}
        for word, coefficient in element.words.items():
            self._add_reduced(total, self.mirrored(word), coefficient)
        return Element((element.shape[1], element.shape[0]), total)

    def mirrored(self, word: Word) -> Word:
        """The letters of the transpose of a word."""
        return tuple(self.letters[number].transpose for number in reversed(word))

    def normal(self, element: Element) -> Element:
        """``element`` reduced by the rules there are now."""
        total: Words = {}
        for word, coefficient in element.words.items():
            self._add_reduced(total, word, coefficient)
        return Element(element.shape, total)

    def _add_reduced(self, total: Words, word: Word, coefficient: Coefficient) -> None:
        for reduced, factor in self.reduce(word).items():
            product = coefficient if factor is ONE else coefficient * factor
            _accumulate(total, reduced, product)

    # reduction of words

    def spend(self, amount: int = 1) -> None:
        """Count work, and give up beyond a bound that does not depend on the machine."""
        self.work += amount
        if self.work > MOST_WORK:
            raise OutOfReach("too much work")

    def reduce(self, word: Word) -> Words:
        """The normal form of a word under cancellation and the rules, scalars taken out."""
        found = self._reduced.get(word)
        if found is None:
            self.spend()
            self._depth += 1
            if self._depth > DEEPEST_REDUCTION:
                raise OutOfReach("a product takes too many rewritings")
            found = self._reduce(self._settled(word))
            self._depth -= 1
            self._reduced[word] = found
        return found

    def _settled(self, word: Word) -> Word:
        """Neighbouring diagonal letters put in order, and letters cancelled by their inverses."""
        stack: list[int] = []
        letters = self.letters
        for number in word:
            here = letters[number]
            place = len(stack)
            if here.diagonal:
                while place and letters[stack[place - 1]].diagonal:
                    if stack[place - 1] == here.inverse:
                        break
                    place -= 1
                if not place or stack[place - 1] != here.inverse:
                    place = len(stack)
                    while place and self._swapped(stack[place - 1], number):
                        place -= 1
                    stack.insert(place, number)
                else:
                    del stack[place - 1]
            elif stack and here.inverse is not None and stack[-1] == here.inverse:
                stack.pop()
                # What now meets may be two runs of diagonal letters.
            else:
                stack.append(number)
        settled = tuple(stack)
        return settled if settled == word or len(stack) == len(word) else self._settled(settled)

    def _swapped(self, first: int, second: int) -> bool:
        """Whether two neighbours commute and stand in the wrong order."""
        if not (self.letters[first].diagonal and self.letters[second].diagonal):
            return False
        return first < second if self.backwards else first > second

    def _reduce(self, word: Word) -> Words:
        if len(word) > LONGEST_WORD:
            raise OutOfReach("a product has too many factors")
        for start, number in enumerate(word):
            for lead in self._starting.get(number, ()):
                if word[start : start + len(lead)] == lead:
                    total: Words = {}
                    before, after = word[:start], word[start + len(lead) :]
                    for middle, coefficient in self.rules[lead].items():
                        self._add_reduced(total, before + middle + after, coefficient)
                    return total
        return self._reduce_diagonal(word) or self._without_scalars(word)

    def _reduce_diagonal(self, word: Word) -> Words | None:
        """One rule for a product of diagonal letters applied, wherever they stand in a run."""
        for lead in self._diagonal_rules:
            for start, stop in self._runs(word):
                rest = list(word[start:stop])
                if any(rest.count(number) < lead.count(number) for number in lead):
                    continue
                for number in lead:
                    rest.remove(number)
                total: Words = {}
                for middle, coefficient in self.rules[lead].items():
                    changed = (*word[:start], *rest, *middle, *word[stop:])
                    self._add_reduced(total, changed, coefficient)
                return total
        return None

    def _runs(self, word: Word) -> Iterator[tuple[int, int]]:
        """Where neighbouring diagonal letters start and stop."""
        start = 0
        for stop in range(1, len(word) + 1):
            if stop == len(word) or not self.letters[word[stop]].diagonal:
                if self.letters[word[start]].diagonal:
                    yield start, stop
                start = stop
            elif not self.letters[word[start]].diagonal:
                start = stop

    def _without_scalars(self, word: Word) -> Words:
        """The word with its 1 x 1 parts made into scalar factors."""
        if not word:
            return {word: ONE}
        letters = self.letters
        cuts = [i for i in range(1, len(word)) if letters[word[i]].shape[0] == 1]
        ends = (letters[word[0]].shape[0] == 1, letters[word[-1]].shape[1] == 1)
        if not cuts and ends != (True, True):
            return {word: ONE}
        if len(cuts) == 1 and ends == (False, False):
            return {word: ONE}
        factor = ONE
        rest: Word = ()
        for start, stop in zip((0, *cuts), (*cuts, len(word)), strict=True):
            part = word[start:stop]
            if letters[part[0]].shape[0] == 1 and letters[part[-1]].shape[1] == 1:
                factor = factor * self._scalar_word(part)
            else:
                rest += part
        return {rest: factor}

    def _scalar_word(self, word: Word) -> Coefficient:
        canonical = min(word, self.mirrored(word))
        return self._generator(("word", canonical), canonical)

    # traces

    def trace(self, element: Element) -> Element:
        """The trace of a square polynomial."""
        if element.scalar:
            return element
        rows, columns = element.shape
        if rows != columns:
            raise OutOfReach("the trace of a matrix that is not square")
        total = Coefficient.of(0)
        for word, coefficient in element.words.items():
            total = total + coefficient * self._trace_of_word(word, rows)
        return Element((1, 1), {} if total.zero else {(): total})

    def _trace_of_word(self, word: Word, size: Dimension, depth: int = 0) -> Coefficient:
        self.spend()
        if not word:
            return self.size(size)
        turns = [word[i:] + word[:i] for i in range(len(word))]
        for turn in turns:
            rows = self.letters[turn[0]].shape[0]
            reduced = self.reduce(turn)
            if rows == 1:
                return reduced.get((), Coefficient.of(0))
            if reduced != {turn: ONE} and depth < DEEPEST_TRACE:
                total = Coefficient.of(0)
                for part, coefficient in reduced.items():
                    total = total + coefficient * self._trace_of_word(part, rows, depth + 1)
                return total
        canonical = min(*turns, *map(self.mirrored, turns))
        return self._generator(("trace", canonical), ("trace", canonical))

    def size(self, size: Dimension) -> Coefficient:
        """A size as a scalar."""
        if isinstance(size, int):
            return Coefficient.of(size)
        return self._generator(("name", size), size)

    # inverses and rules

    def inverse(self, element: Element) -> Element:
        """The inverse of a square polynomial, which is taken to exist."""
        if element.scalar:
            return Element((1, 1), {(): element.coefficient.reciprocal()})
        rows, columns = element.shape
        if rows != columns:
            raise OutOfReach("the inverse of a matrix that is not square")
        if element.zero:
            raise OutOfReach("the inverse of zero")
        lead = max(element.words, key=self._rank)
        scale = element.words[lead]
        if len(element.words) == 1:
            # That the inverse exists says that the coefficient is not zero.
            found = self._inverse_of_word(lead, rows)
        elif self.divisible(scale):
            found = self._inverse_letter(self.scale(element, scale.reciprocal()))
        else:
            return self._inverse_letter(element)
        return self.scale(found, scale.reciprocal())

    def _inverse_of_word(self, word: Word, size: Dimension) -> Element:
        """The inverse of a product, taken factor by factor where the factors are square."""
        result = Element((size, size), {(): ONE})
        part: Word = ()
        for number in word:
            part = (*part, number)
            if self.letters[number].shape[1] == size:
                single = Element((size, size), {part: ONE})
                factor = self._opposite(part[0]) if len(part) == 1 else self._inverse_letter(single)
                result = self.multiply(factor, result)
                part = ()
        return result

    def _opposite(self, number: int) -> Element:
        """The inverse of one letter, a letter that cancels it on both sides."""
        here = self.letters[number]
        if here.inverse is None and here.inverse_of is not None:
            return Element(here.shape, here.inverse_of)
        if here.inverse is None:
            symmetric = here.transpose == number
            made = self._new_letter(here.shape, symmetric, here.diagonal, None)
            self._join(number, made)
            if not symmetric:
                self._join(here.transpose, self.letters[made].transpose)
            self._reduced.clear()
        assert here.inverse is not None
        return Element(here.shape, {(here.inverse,): ONE})

    def _join(self, number: int, inverse: int) -> None:
        self.letters[number].inverse = inverse
        self.letters[inverse].inverse = number
        self.letters[inverse].inverse_of = {(number,): ONE}

    def _inverse_letter(self, element: Element) -> Element:
        mirror = self.transpose(element)
        key, other = ("inverse", element.key), ("inverse", mirror.key)
        known = key in self._by_key
        diagonal = all(self.letters[n].diagonal for word in element.words for n in word)
        found = self.pair(key, other, element.shape, diagonal=diagonal)
        if not known:
            (word,) = found.words
            self._define(word[0], element, mirror)
        return found

    def _define(self, number: int, element: Element, mirror: Element) -> None:
        """Let the letter be the inverse of ``element``, its transpose that of ``mirror``."""
        self.letters[number].inverse_of = element.words
        self.letters[self.letters[number].transpose].inverse_of = mirror.words
        one = Element(element.shape, {(): ONE})
        letter = Element(element.shape, {(number,): ONE})
        flipped = Element(element.shape, {(self.letters[number].transpose,): ONE})
        for inverted, unknown in ((element, letter), (mirror, flipped)):
            for product in (self._joined(inverted, unknown), self._joined(unknown, inverted)):
                self.add_rule(self.subtract(product, one))

    def _joined(self, left: Element, right: Element) -> Element:
        """The product as written, its words not reduced."""
        total: Words = {}
        for first, c in left.words.items():
            for second, e in right.words.items():
                _accumulate(total, self._settled(first + second), c * e)
        return Element((left.shape[0], right.shape[1]), total)

    def add_rule(self, vanishing: Element) -> bool:
        """Take ``vanishing`` = 0 as a rule for its leading word; False if that cannot be used."""
        words = vanishing.words
        lead = max(words, key=self._rank, default=())
        if not lead or not self.divisible(words[lead]):
            return False
        if lead in self.rules:
            return False
        factor = -words[lead].reciprocal()
        self.rules[lead] = {w: c * factor for w, c in words.items() if w != lead}
        self._starting.setdefault(lead[0], []).append(lead)
        if all(self.letters[number].diagonal for number in lead):
            self._diagonal_rules.append(lead)
        self._reduced.clear()
        return True

    def _rank(self, word: Word) -> tuple[int, int, Word]:
        """Words with more letters that are not diagonal lead, then longer ones."""
        plain = sum(1 for number in word if not self.letters[number].diagonal)
        order = tuple(-number for number in word) if self.backwards else word
        return (plain, len(word), order)

    # consequences of the rules

    def overlaps(self) -> Iterator[Element]:
        """Polynomials that vanish because two rules apply to one word."""
        rules = [*self.rules.items(), *self._cancellations()]
        for left, value in rules:
            for right, other in rules:
                for shared in range(1, min(len(left), len(right))):
                    if left[-shared:] != right[:shared]:
                        continue
                    yield self._difference(
                        value, right[shared:], left[:-shared], other, left, right
                    )

    def _difference(
        self, value: Words, tail: Word, head: Word, other: Words, left: Word, right: Word
    ) -> Element:
        total: Words = {}
        for word, coefficient in value.items():
            self._add_reduced(total, word + tail, coefficient)
        for word, coefficient in other.items():
            self._add_reduced(total, head + word, -coefficient)
        shape = (self.letters[left[0]].shape[0], self.letters[right[-1]].shape[1])
        return Element(shape, total)

    def _cancellations(self) -> Iterator[tuple[Word, Words]]:
        for letter in self.letters:
            if letter.inverse is not None:
                yield (letter.number, letter.inverse), {(): ONE}

    def complete(self, rounds: int, most: int) -> bool:
        """Add the consequences of pairs of rules, at most ``most`` of them; whether any was new."""
        added = 0
        for _ in range(rounds):
            before = added
            found = [element for element in self.overlaps() if not element.zero]
            for element in sorted(found, key=lambda e: max(map(len, e.words), default=0)):
                reduced = self.normal(element)
                if reduced.zero or reduced.scalar:
                    continue
                added += self.add_rule(reduced)
                if added >= most:
                    return True
            if added == before:
                break
        return added > 0
