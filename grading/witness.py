"""Counterexamples: simple values at which an answer and the reference are seen to differ.

Both are evaluated in balls at a short list of simple valuations, graded from "everything is 1" on;
where the balls are disjoint the answer is refuted, and these values are the ones to show. Laws are
tables over two points, so that an expectation is a sum that can be checked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import TypeAlias

from flint import acb, acb_mat

from grading.judgement import Counterexample
from language.claims import Claim, Equality, Verdict
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Number, Term, free_names, walk
from language.text import to_text
from language.types import INTEGER, REALS, Array, Function, Interval, Law, Scalar, Space, Type
from language.vocabulary import INFINITY
from numerics import balls
from numerics.valuations import (
    Cell,
    Exact,
    Rows,
    Valuation,
    admissible,
    dependencies,
    describe,
)

__all__ = [
    "BALLS",
    "UNDEFINED",
    "Probe",
    "Value",
    "agreement",
    "agreements",
    "agrees",
    "counterexample",
    "differ",
    "failing",
    "from_verdict",
    "is_closed",
    "is_infinite",
    "probe_of",
    "sides_that_fail",
    "stands_on",
    "truth",
    "value",
]

#: Bits at which simple valuations are evaluated.
PRECISION = 128
#: The most operations that evaluating a term or a statement takes; honest answers take a few
#: hundred, and statements are tried at many values.
OPERATIONS, STATEMENT = 10_000, 2_000
#: Significant digits shown, as few of these as tell the two sides apart.
SHOWN = (6, 10, 17)
#: The most combinations of values at which two statements are compared.
COMBINATIONS = 30


class _Undefined:
    """The value of a term that has none at a valuation."""


UNDEFINED = _Undefined()
BALLS = (acb, acb_mat, balls.Items)

#: A ball, the truth of a statement, UNDEFINED, or None where nothing is known.
Value: TypeAlias = "balls.Ball | bool | _Undefined | None"
#: Values of parts of terms, by their identities.
Parts: TypeAlias = "dict[int, tuple[Term, object]]"


# simple valuations -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Level:
    """What is tried together: each kind of name takes the values of a list in turn."""

    sizes: tuple[int, ...]
    indices: tuple[int, ...]
    reals: tuple[Fraction, ...]
    positive: tuple[Fraction, ...]
    shares: tuple[Fraction, ...]
    weights: tuple[Fraction, Fraction]


def _fractions(*texts: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, texts))


_ONE = Fraction(1)
_LEVELS = (
    _Level((1,), (1,), (_ONE,), (_ONE,), _fractions("1/2"), (_ONE, _ONE)),
    _Level(
        (1,),
        (1,),
        _fractions("2", "3", "5", "7"),
        _fractions("2", "3", "5", "7"),
        _fractions("1/4", "1/3", "3/4", "2/5"),
        (_ONE, Fraction(2)),
    ),
    _Level(
        (2, 3),
        (1, 2),
        _fractions("1", "2", "-1", "3", "-2", "5", "4"),
        _fractions("3", "1", "2", "5", "4"),
        _fractions("1/5", "1/2", "2/3", "3/4", "1/4"),
        (Fraction(2), _ONE),
    ),
    _Level(
        (2, 1, 3),
        (1,),
        _fractions("-1", "2", "-3", "1", "4"),
        _fractions("1/2", "2", "3", "1/3"),
        _fractions("3/4", "1/2", "1/5", "2/3"),
        (_ONE, Fraction(1, 2)),
    ),
    _Level(
        (3, 2),
        (2, 1),
        _fractions("3", "-1", "1/2", "2", "-3"),
        _fractions("4", "2", "1", "3", "1/2"),
        _fractions("1/3", "1/4", "3/5"),
        (_ONE, _ONE),
    ),
)

#: The probabilities of the two points, for each law in turn.
_MASSES = tuple(
    (Fraction(a), 1 - Fraction(a)) for a in _fractions("1/4", "1/2", "1/3", "3/4", "2/5", "1/6")
)


def _simple(notation: Notation, level: int) -> Valuation | None:
    """The simple valuation of a level; None where it does not satisfy what is assumed."""
    chosen = _LEVELS[level]
    values: dict[str, Exact] = {}
    for place, name in enumerate(_size_names(notation)):
        values[name] = Fraction(chosen.sizes[place % len(chosen.sizes)])
    shapes = Valuation(notation, level, values)
    place = 0
    for symbol in notation:
        if symbol.name in values or symbol.definition is not None:
            continue
        match symbol.type:
            case Scalar():
                number = _number(symbol, chosen, place)
                if number is None:
                    return None
                values[symbol.name] = number
                place += 1
            case Array():
                rows, columns = shapes.shape(symbol.type)
                array = _array(symbol, chosen, place, rows, columns)
                if array is None:
                    return None
                values[symbol.name] = array[0][0] if rows == columns == 1 else array
                place += 1
    valuation = Valuation(notation, level, values, count=len(chosen.weights))
    _tabulate(valuation, chosen)
    return valuation if admissible(valuation) else None


def _size_names(notation: Notation) -> list[str]:
    """The names of sizes of shapes, in the order of declaration."""
    used = {size for symbol in notation for size in _sizes(symbol.type)}
    return [s.name for s in notation if s.name in used and s.definition is None]


def _sizes(kind: Type) -> Iterator[str]:
    match kind:
        case Array(shape):
            yield from (size for size in shape if isinstance(size, str))
        case Law(element) | Space(element):
            yield from _sizes(element)
        case Function(arguments, result):
            for part in (*arguments, result):
                yield from _sizes(part)


def _number(symbol: Symbol, level: _Level, place: int) -> Fraction | None:
    if symbol.type == INTEGER:
        value = Fraction(level.indices[place % len(level.indices)])
        return value if symbol.domain.contains(value) else None
    return _within(symbol.domain, level, place)


def _within(domain: Interval, level: _Level, place: int) -> Fraction:
    """A number of an open interval."""
    match domain.lower, domain.upper:
        case Fraction() as lower, Fraction() as upper:
            return lower + (upper - lower) * level.shares[place % len(level.shares)]
        case Fraction() as lower, None:
            return lower + level.positive[place % len(level.positive)]
        case None, Fraction() as upper:
            return upper - level.positive[place % len(level.positive)]
    return level.reals[place % len(level.reals)]


def _array(symbol: Symbol, level: _Level, place: int, rows: int, columns: int) -> Rows | None:
    count = rows * columns
    items = [_within(symbol.domain, level, place + k) for k in range(count)]
    traits = symbol.traits
    if "simplex" in traits:
        total = Fraction(sum(range(1, count + 1)))
        items = [(k + 1) / total for k in range(count)]
    elif traits & {"diagonal", "definite", "symmetric"}:
        # A diagonal of positive numbers has all of these traits.
        positive = Interval(Fraction(0)) if symbol.domain == REALS else symbol.domain
        steps = range(count)
        off = Fraction(0) if traits & {"diagonal", "definite"} else level.reals[0]
        items = [
            _within(positive, level, place + k) if k // columns == k % columns else off
            for k in steps
        ]
    array = tuple(tuple(items[i * columns : (i + 1) * columns]) for i in range(rows))
    if "invertible" in traits and rows == 2 and array[0][0] * array[1][1] == array[0][1] ** 2:
        return None
    return array


def _tabulate(valuation: Valuation, level: _Level) -> None:
    """Put cells at 1 and 2 into every space, and laws of simple probabilities on them."""
    laws = 0
    for symbol in valuation.notation:
        match symbol.type:
            case Law(element):
                elements: tuple[Type, ...] = (element,)
            case Function(arguments, result):
                elements = (*arguments, result)
            case Space(element):
                elements = (element,)
            case _:
                continue
        for element in elements:
            if not isinstance(element, Scalar | Array) or element == INTEGER:
                continue
            space = valuation.space(element)
            if space != "integers" and ("cells", space) not in valuation.memory:
                valuation.memory["cells", space] = tuple(
                    Cell(space, k, (Fraction(k + 1),) * space, weight)
                    for k, weight in enumerate(level.weights)
                )
        if isinstance(symbol.type, Law) and symbol.definition is None:
            space = valuation.space(symbol.type.element)
            if space != "integers":
                masses = _MASSES[laws % len(_MASSES)]
                valuation.memory["law", symbol.name, (), space] = [
                    mass / weight for mass, weight in zip(masses, level.weights, strict=True)
                ]
                laws += 1


# values ------------------------------------------------------------------------------------------


class Probe:
    """The simple valuations of a claim, and what its reference is worth at each; made once."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._valuations: dict[int, Valuation | None] = {}
        self._values: dict[tuple[int, Term], Value] = {}
        self._answer: Term | None = None
        self._answers: dict[int, Value] = {}
        self._parts: dict[int, Parts] = {}

    def valuation(self, level: int) -> Valuation | None:
        """The valuation of a level, if there is one and the claim's conditions hold there."""
        if level not in self._valuations:
            found = _simple(self.claim.notation, level)
            if found is not None and not all(
                truth(condition, found) is True for condition in self.claim.conditions
            ):
                found = None
            self._valuations[level] = found
        return self._valuations[level]

    def levels(self) -> Iterator[tuple[int, Valuation]]:
        """The levels that have a valuation, the simplest first."""
        for level in range(len(_LEVELS)):
            valuation = self.valuation(level)
            if valuation is not None:
                yield level, valuation

    def kept(self, term: Term, level: int) -> Value:
        """The value of a term of the question, which is kept."""
        if (level, term) not in self._values:
            self._values[level, term] = self.value(term, level)
        return self._values[level, term]

    def answer(self, term: Term, level: int) -> Value:
        """The value of the answer at hand, which is kept until another one comes."""
        if term is not self._answer:
            self._answer, self._answers, self._parts = term, {}, {}
        if level not in self._answers:
            self._answers[level] = self.value(term, level)
        return self._answers[level]

    def value(self, term: Term, level: int) -> Value:
        """The value of a term at a level's valuation; parts shared with the answer are kept."""
        valuation = self.valuation(level)
        if valuation is None:
            return None
        return value(term, valuation, self._parts.setdefault(level, {}))

    def reference(self, level: int) -> Value:
        """The value of the reference at a level's valuation."""
        return self.kept(self.claim.closed_form, level)


@lru_cache(maxsize=2048)
def probe_of(claim: Claim) -> Probe:
    """The probe of a claim; the same for all answers to it."""
    return Probe(claim)


def value(term: Term, valuation: Valuation, parts: Parts | None = None) -> Value:
    """A ball for the value of a number, an array or a collection.

    ``parts`` are values of parts at the valuation, which are used and added to.

    Raises:
        TooLarge: it takes more operations than are allowed.
    """
    try:
        return balls.evaluate(term, valuation, PRECISION, OPERATIONS, parts)
    except balls.OutOfRange:
        return None
    except balls.Undefined:
        return UNDEFINED
    except (balls.Unsupported, TypeError):
        # What a diagnosis makes of an answer may not be of one type.
        return None


def truth(statement: Term, valuation: Valuation) -> bool | None:
    """Whether a statement holds; None where that is not known.

    Raises:
        TooLarge: that takes more operations than are allowed.
    """
    try:
        return balls.holds(statement, valuation, PRECISION, STATEMENT)
    except (balls.Undefined, balls.Unsupported):
        return None


def differ(left: Value, right: Value) -> bool:
    """Whether two values are seen to differ."""
    if not isinstance(left, BALLS) or not isinstance(right, BALLS):
        return False
    try:
        return balls.disjoint(left, right)
    except balls.Unsupported:
        return False


def agrees(left: Value, right: Value) -> bool:
    """Whether two values are known, and nothing is seen to differ."""
    return isinstance(left, BALLS) and isinstance(right, BALLS) and not differ(left, right)


def agreement(left: Value, right: Value) -> int:
    """To how many digits two values agree."""
    if not isinstance(left, BALLS) or not isinstance(right, BALLS):
        return 0
    try:
        return balls.digits(left, right)
    except balls.Unsupported:
        return 0


# counterexamples ---------------------------------------------------------------------------------


def counterexample(claim: Claim, answer: Term, tries: int | None = None) -> Counterexample | None:
    """Simple values at which an answer is seen to differ from the claim's closed form, if any.

    Args:
        claim: the question; its closed form is what is right.
        answer: a term of a type that can be compared with it.
        tries: at how many valuations to look at most; None: at all there are.

    Raises:
        TooLarge: the answer takes more operations than are allowed.
    """
    match claim.equality:
        case Equality.CONDITION:
            return _of_statements(claim, answer)
        case Equality.UP_TO_CONSTANT:
            return _of_changes(claim, answer)
    probe = probe_of(claim)
    if is_infinite(answer):
        return _of_infinity(claim, answer)
    for level, valuation in islice(probe.levels(), tries):
        expected = probe.reference(level)
        found = probe.answer(answer, level) if isinstance(expected, BALLS) else None
        if differ(found, expected):
            return _shown(claim, answer, valuation, found, expected)
    return None


def is_infinite(term: Term) -> bool:
    """Whether a term is infinity itself, or minus infinity."""
    match term:
        case Apply("negative", (x,)):
            return is_infinite(x)
    return term == INFINITY


def _of_infinity(claim: Claim, answer: Term) -> Counterexample | None:
    """Infinity is not a number that has a finite ball."""
    for level, valuation in probe_of(claim).levels():
        expected = probe_of(claim).reference(level)
        if isinstance(expected, acb) and expected.is_finite():
            closed = is_closed(claim.closed_form, claim.notation)
            values = () if closed else _described(claim, answer, valuation)
            text = to_text(answer, claim.notation)
            return Counterexample(values, text, "" if closed else balls.show(expected, SHOWN[0]))
    return None


def failing(claim: Claim, answer: Term, wanted: str) -> Counterexample | None:
    """Values at which a statement about an answer fails; ``wanted`` is the statement in words."""
    for values in _combinations(claim, answer):
        valuation = Valuation(claim.notation, 1, values)
        if truth(claim.defined, valuation) is False:
            shown = tuple((name, str(number)) for name, number in values.items())
            found = value(answer, valuation)
            text = balls.show(found, SHOWN[0]) if isinstance(found, BALLS) else "undefined"
            return Counterexample(shown, text, wanted)
    return None


def agreements(claim: Claim, answer: Term, tries: int) -> int:
    """At how many of the first simple valuations an answer and the reference seem to agree."""
    if claim.equality not in (Equality.EXACT, Equality.MULTISET):
        return 0
    probe = probe_of(claim)
    levels = islice(probe.levels(), tries)
    return sum(agrees(probe.answer(answer, k), probe.reference(k)) for k, _ in levels)


def from_verdict(claim: Claim, answer: Term, verdict: Verdict) -> Counterexample | None:
    """The engine's witness, whose left side is the reference, where there is one."""
    witness = verdict.witness
    if witness is None or is_closed(claim.closed_form, claim.notation):
        return None
    holds = claim.equality is Equality.CONDITION and _holds(witness.left) == "holds"
    if holds and _is_point(claim.closed_form):
        return None
    values = tuple((name, text.replace("cell ", "point ")) for name, text in witness.values)
    if claim.equality is Equality.CONDITION:
        return Counterexample(values, _holds(witness.right), _holds(witness.left))
    if claim.equality is Equality.UP_TO_CONSTANT:
        words = "The difference from the right answer changes with what it may not depend on"
        return Counterexample(values, witness.left, witness.right, words)
    words = "they differ in later digits" if witness.right == witness.left else ""
    return Counterexample(values, witness.right, witness.left, words)


def is_closed(term: Term, notation: Notation) -> bool:
    """Whether a term is made of numbers alone: it stands on no free name."""
    return not stands_on(term, notation)


def stands_on(term: Term, notation: Notation) -> frozenset[str]:
    """The free names that a term depends on, through definitions too."""
    found: set[str] = set()
    for name in free_names(term):
        found |= dependencies(notation, name)
    return frozenset(n for n in found if (s := notation.get(n)) is None or s.definition is None)


def _shown(
    claim: Claim, answer: Term, valuation: Valuation, found: Value, expected: Value
) -> Counterexample | None:
    """What is shown of two values that differ; of a constant reference only the answer's."""
    if isinstance(found, acb_mat) and isinstance(expected, acb_mat):
        shape = (found.nrows(), found.ncols())
        if shape == (expected.nrows(), expected.ncols()):
            return _differing_entry(claim, answer, valuation, found, expected)
    if not isinstance(found, BALLS) or not isinstance(expected, BALLS):
        return None
    ours, theirs = _texts(found, expected)
    closed = is_closed(claim.closed_form, claim.notation)
    values = _described(claim, answer, valuation)
    words = "" if closed else _words(valuation, values)
    return Counterexample(values, ours, "" if closed else theirs, words)


def _differing_entry(
    claim: Claim, answer: Term, valuation: Valuation, found: acb_mat, expected: acb_mat
) -> Counterexample | None:
    for i in range(found.nrows()):
        for j in range(found.ncols()):
            if differ(found[i, j], expected[i, j]):
                ours, theirs = _texts(found[i, j], expected[i, j])
                written = _entry(claim.closed_form, i, j)
                if is_closed(written, claim.notation):
                    theirs = ""
                if found.ncols() > 1:
                    place = f"in row {i + 1} and column {j + 1}"
                else:
                    place = f"in component {i + 1}"
                values = _described(claim, answer, valuation)
                return Counterexample(values, ours, theirs, place=place)
    return None


def _entry(term: Term, i: int, j: int) -> Term:
    """An entry of an array that is written out; the whole where it is not."""
    match term:
        case Apply("vector" | "tuple", items) if j == 0 and i < len(items):
            return items[i]
        case Apply("matrix", rows) if i < len(rows):
            match rows[i]:
                case Apply("vector", items) if j < len(items):
                    return items[j]
    return term


def _texts(found: balls.Ball, expected: balls.Ball) -> tuple[str, str]:
    """Two values in as few digits as tell them apart."""
    ours = theirs = ""
    for digits in SHOWN:
        ours, theirs = balls.show(found, digits), balls.show(expected, digits)
        if ours != theirs:
            return ours, theirs
    if isinstance(found, acb) and isinstance(expected, acb):
        ours = f"{theirs} + ({balls.show(found - expected, SHOWN[0])})"
    return ours, theirs


def _words(valuation: Valuation, shown: tuple[tuple[str, str], ...]) -> str:
    """The sizes of what is shown, where they are all 1 and not shown themselves."""
    given = dict(shown)
    kinds = [symbol.type for symbol in valuation.notation if symbol.name in given]
    used = {size for kind in kinds for size in _sizes(kind)} - given.keys()
    names = [name for name in _size_names(valuation.notation) if name in used]
    if names and all(valuation.values.get(name) == 1 for name in names):
        return "with " + " and ".join(f"{name} = 1" for name in names)
    return ""


def _described(claim: Claim, answer: Term, valuation: Valuation) -> tuple[tuple[str, str], ...]:
    """The values of the names that the two sides use; numbers that abbreviate show their own."""
    names = free_names(answer) | free_names(claim.closed_form)
    own = {name: text for name in names if (text := _defined(name, valuation))}
    shown = list(own.items())
    spaces = {key[1] for key in valuation.memory if isinstance(key, tuple) and key[0] == "cells"}
    point = "" if spaces <= {1, "integers"} else "point "  # cells lie at 1 and 2
    for name, text in describe(valuation, names - own.keys()):
        law = valuation.notation[name].type
        text = _law(valuation, name, law) if isinstance(law, Law) else text
        shown.append((name, text.replace("cell ", point)))
    order = {symbol.name: place for place, symbol in enumerate(valuation.notation)}
    return tuple(sorted(shown, key=lambda pair: order[pair[0]]))


def _defined(name: str, valuation: Valuation) -> str:
    """The value of a number with a definition, where it is seen to be rational."""
    symbol = valuation.notation.get(name)
    if symbol is None or symbol.definition is None or not isinstance(symbol.type, Scalar):
        return ""
    try:
        exact = balls.exactly(Name(name), valuation)
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return ""
    return str(exact) if isinstance(exact, Fraction) else ""


def _law(valuation: Valuation, name: str, law: Law) -> str:
    """A law on cells, said simply."""
    cells = valuation.cells(valuation.space(law.element))
    densities = [valuation.density(name, (), cell) for cell in cells]
    if all(cell.weight == 1 for cell in cells):
        return "probabilities " + " and ".join(map(str, densities))
    widths = " and ".join(str(cell.weight) for cell in cells)
    return f"densities {' and '.join(map(str, densities))} on pieces of size {widths}"


# changes, up to a constant -----------------------------------------------------------------------


def _of_changes(claim: Claim, answer: Term) -> Counterexample | None:
    """Values between which an answer changes otherwise than the reference."""
    probe = probe_of(claim)
    for _, valuation in probe.levels():
        moved = _at_zero(claim, valuation)
        if moved is None:
            return None
        changes = []
        for term in (answer, claim.closed_form):
            here, there = value(term, valuation), value(term, moved)
            if not (isinstance(here, acb) and isinstance(there, acb)):
                break
            changes.append(here - there)
        if len(changes) == 2 and differ(*changes):
            ours, theirs = _texts(*changes)
            names = " and ".join(claim.constant_in)
            return Counterexample(
                _described(claim, answer, valuation),
                ours,
                theirs,
                place=f"looking at the change from {names} = 0",
            )
    return None


def _at_zero(claim: Claim, valuation: Valuation) -> Valuation | None:
    values: dict[str, Exact] = dict(valuation.values)
    for name in claim.constant_in:
        symbol = claim.notation[name]
        if symbol.domain != REALS or symbol.traits or name not in values:
            return None
        old = values[name]
        zero = Fraction(0)
        values[name] = zero if isinstance(old, Fraction) else tuple((zero,) * len(r) for r in old)
    return Valuation(valuation.notation, valuation.seed, values, count=valuation.count)


# statements --------------------------------------------------------------------------------------

_TRIED = {
    "reals": _fractions("0", "1", "-1", "2", "1/2", "-2", "3"),
    "positive": _fractions("1", "2", "1/2", "3", "3/2", "1/4"),
    "shares": _fractions("1/2", "1/4", "3/4"),
}


def _of_statements(claim: Claim, answer: Term) -> Counterexample | None:
    """Values at which one of two statements holds and the other fails."""
    fallback = None
    for values, ours in _told_apart(claim, answer):
        names = free_names(answer) | free_names(claim.closed_form)
        shown = tuple((n, str(v)) for n, v in values.items() if n in names)
        if ours:
            return Counterexample(shown, _holds("true"), _holds("false"))
        fallback = fallback or Counterexample(shown, _holds("false"), _holds("true"))
    if fallback is not None and _is_point(claim.closed_form):
        # Its values would be the answer.
        return Counterexample((), _holds("false"), _holds("true"), "at a point that counts")
    return fallback


def sides_that_fail(claim: Claim, answer: Term) -> frozenset[bool]:
    """Whether a statement is seen to hold alone (True), and the reference (False)."""
    return frozenset(ours for _, ours in _told_apart(claim, answer))


def _told_apart(claim: Claim, answer: Term) -> Iterator[tuple[dict[str, Exact], bool]]:
    """Values at which two statements differ, and whether it is the answer that holds."""
    for values in _combinations(claim, answer):
        valuation = Valuation(claim.notation, 1, values)
        if not admissible(valuation) or not all(
            truth(c, valuation) is True for c in claim.conditions
        ):
            continue
        ours, theirs = truth(answer, valuation), truth(claim.closed_form, valuation)
        if ours is not None and theirs is not None and ours != theirs:
            yield values, ours


def _combinations(claim: Claim, answer: Term) -> Iterator[dict[str, Exact]]:
    notation = claim.notation
    names = sorted(stands_on(answer, notation) | stands_on(claim.closed_form, notation))
    symbols = [notation[name] for name in names if name in notation]
    if len(symbols) < len(names) or not all(s.type == Scalar("real") for s in symbols):
        return
    written = {
        part.value
        for side in (claim.closed_form, answer)
        for part in walk(side)
        if isinstance(part, Number)
    }
    choices = []
    for symbol in symbols:
        domain = symbol.domain
        bounded = domain.lower is not None and domain.upper is not None
        kind = "shares" if bounded else ("reals" if domain == REALS else "positive")
        tried = dict.fromkeys((*sorted(written, key=_simplicity), *_TRIED[kind]))
        choices.append([v for v in tried if domain.contains(v)])
    point = _point_of(answer)
    if point.keys() == set(names) and all(s.domain.contains(point[s.name]) for s in symbols):
        yield dict(point)
    # The corner of simple values first.
    for picked in islice(_diagonally(choices), COMBINATIONS):
        yield dict(zip(names, picked, strict=True))


def _diagonally(choices: list[list[Fraction]]) -> Iterator[tuple[Fraction, ...]]:
    """All combinations, those of early choices first."""
    reach = max(map(len, choices), default=0)
    for most in range(reach):
        for places in product(*(range(min(most + 1, len(c))) for c in choices)):
            if max(places) == most:
                yield tuple(c[p] for c, p in zip(choices, places, strict=True))


def _simplicity(number: Fraction) -> tuple[int, Fraction]:
    return abs(number.numerator) + number.denominator, number


def _holds(text: str) -> str:
    return "holds" if text in ("1", "true", "holds") else "fails"


def _is_point(statement: Term) -> bool:
    """Whether a statement gives numbers to names and says no more."""
    match statement:
        case Apply("either", parts):
            return all(map(_is_point, parts))
    return bool(_point_of(statement))


def _point_of(statement: Term) -> dict[str, Fraction]:
    """The numbers that a statement gives to names, if that is all it says."""
    match statement:
        case Apply("equal", (Name(name), Number(number))):
            return {name: number}
        case Apply("equal", (Name(name), Apply("negative", (Number(number),)))):
            return {name: -number}
        case Apply("equal", (Apply("tuple" | "vector", left), Apply("tuple" | "vector", right))):
            parts: tuple[Term, ...] = tuple(
                Apply("equal", pair) for pair in zip(left, right, strict=False)
            )
        case Apply("both", both):
            parts = both
        case _:
            return {}
    found = [_point_of(part) for part in parts]
    return {name: number for part in found for name, number in part.items()} if all(found) else {}
