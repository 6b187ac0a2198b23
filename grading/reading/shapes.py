"""Terms with their types, put together step by step.

What a student wrote is built from the leaves up, in several ways where it is ambiguous, and most
ways are ruled out by their types. So every part carries its type, and a new part is typed from the
types of its own parts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from language.notation import Notation, NotationError
from language.terms import Apply, Bind, Name, Number, Term
from language.typecheck import TypeMismatch, agree, typecheck
from language.types import INTEGER, REAL, Array, Dimension, Scalar, Type, describe
from language.vocabulary import INFINITY, VocabularyError

__all__ = [
    "MOST",
    "Meaning",
    "Misfit",
    "added",
    "agree",
    "applied",
    "bound",
    "combined",
    "divided",
    "is_array",
    "is_number",
    "literal",
    "multiplied",
    "number",
    "powers",
    "size_term",
]

#: How many ways of reading one part are followed at most.
MOST = 8
#: How many nodes a term may have: abbreviations of abbreviations grow fast.
LARGEST = 20_000
#: How many vectors and matrices may stand side by side.
FACTORS = 60

_NOTHING = Notation(())


class Misfit(ValueError):
    """Parts that do not fit together; ``shapes`` says that only their sizes are to blame."""

    def __init__(self, problem: str, shapes: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.shapes = shapes


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way of reading a part: a term, its type, and about how many nodes it has."""

    term: Term
    type: Type
    size: int = field(default=1, compare=False)


def is_number(meaning: Meaning) -> bool:
    """Whether it is one number."""
    return isinstance(meaning.type, Scalar)


def is_array(meaning: Meaning) -> bool:
    """Whether it is a vector or a matrix of more than one entry."""
    return isinstance(meaning.type, Array)


def number(value: Fraction | int) -> Meaning:
    """An exact number."""
    exact = Fraction(value)
    return Meaning(Number(exact), INTEGER if exact.denominator == 1 else REAL)


def size_term(size: Dimension) -> Meaning:
    """A size, as a number."""
    return number(size) if isinstance(size, int) else Meaning(Name(size), INTEGER)


def literal(term: Term) -> Fraction | None:
    """The value of a written number, maybe with a minus or as a fraction of two."""
    match term:
        case Number(value):
            return value
        case Apply("negative", (inner,)):
            value_of = literal(inner)
            return None if value_of is None else -value_of
        case Apply("divide", (above, below)):
            numerator, denominator = literal(above), literal(below)
            return numerator / denominator if numerator is not None and denominator else None
    return None


def applied(head: str, *parts: Meaning) -> Meaning:
    """``head`` of the parts.

    Raises:
        Misfit: the types of the parts do not fit together.
    """
    for part in parts:
        if (part.term is INFINITY or part.term is _MINUS_INFINITY) and head not in _COMPARING:
            if head == "negative" and part.term is INFINITY:
                return Meaning(_MINUS_INFINITY, REAL)
            raise Misfit("expected a number to calculate with, found infinity", False)
    kind = _type_of(head, tuple(part.type for part in parts), _written(head, parts))
    if isinstance(kind, Misfit):
        raise Misfit(kind.problem, kind.shapes)
    return _sized(Apply(head, tuple(part.term for part in parts)), kind, parts)


#: Infinity is an end of intervals and integrals; nothing is calculated with it.
_MINUS_INFINITY = Apply("negative", (INFINITY,))
_COMPARING = frozenset("equal unequal less less_equal greater greater_equal".split())


def _sized(term: Term, kind: Type, parts: Sequence[Meaning]) -> Meaning:
    size = 1 + sum(part.size for part in parts)
    if size > LARGEST:
        raise Misfit("expected a shorter answer", False)
    return Meaning(term, kind, size)


#: Heads whose type depends on an argument itself, not only on its type.
_LITERAL = frozenset(("power", "entry", "identity", "ones", "zeros", "reals"))


def _written(head: str, parts: Sequence[Meaning]) -> tuple[Term | None, ...]:
    if head not in _LITERAL:
        return ()
    start = 0 if head in ("identity", "ones", "zeros", "reals") else 1
    return tuple(
        part.term if place >= start and _is_written(part.term) else None
        for place, part in enumerate(parts)
    )


def _is_written(term: Term) -> bool:
    match term:
        case Number() | Name() | Apply("negative", (Number(),)):
            return True
    return False


@lru_cache(maxsize=16384)
def _type_of(head: str, kinds: tuple[Type, ...], written: tuple[Term | None, ...]) -> Type | Misfit:
    names = [f"#{place}" for place in range(len(kinds))]
    known: dict[str, Type] = dict(zip(names, kinds, strict=True))
    terms: list[Term] = [Name(name) for name in names]
    for place, term in enumerate(written):
        if term is not None:
            terms[place] = term
            if isinstance(term, Name):
                known[term.name] = kinds[place]
    try:
        return typecheck(Apply(head, tuple(terms)), _NOTHING, known)
    except (TypeMismatch, VocabularyError, NotationError) as error:
        return Misfit(str(error).replace("#0", "the function"), _are_shapes(head, kinds))


def _are_shapes(head: str, kinds: tuple[Type, ...]) -> bool:
    """Whether what does not fit are the sizes of arrays, and nothing else."""
    arguments = kinds[1:] if head in ("call", "density") else kinds
    return head != "divide" and all(isinstance(kind, Array) for kind in arguments)


def bound(head: str, variable: str, domain: Term, body: Meaning) -> Meaning:
    """``head`` binding ``variable`` in ``body``, which must be a number or, for sums, an array."""
    kind = body.type
    if not isinstance(kind, Scalar | Array) or (head == "product" and isinstance(kind, Array)):
        raise Misfit(f"expected a number under the {head}, found {describe(kind)}", False)
    if kind == INTEGER and head in ("expectation", "variance", "integral"):
        kind = REAL
    return Meaning(Bind(head, variable, domain, body.term), kind, body.size + 3)


def combined(
    choices: Sequence[Sequence[Meaning]], build: Callable[..., Iterable[Meaning]]
) -> tuple[Meaning, ...]:
    """All that ``build`` makes of one meaning of each part, the preferred ones first.

    Raises:
        Misfit: nothing fits; the first reason is given.
    """
    if all(len(options) == 1 for options in choices):
        return distinct(build(*(options[0] for options in choices)))
    found: list[Meaning] = []
    reason: Misfit | None = None
    for parts in _product(choices):
        try:
            found.extend(build(*parts))
        except Misfit as misfit:
            reason = reason or misfit
    if not found and reason is not None:
        raise reason
    return distinct(found)


def _product(choices: Sequence[Sequence[Meaning]]) -> Iterable[tuple[Meaning, ...]]:
    """Tuples of one each, at most ``MOST`` squared of them."""
    rows: list[tuple[Meaning, ...]] = [()]
    for options in choices:
        rows = [(*row, option) for row in rows for option in options][: MOST * MOST]
    return rows


def distinct(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Without repetitions, and no more than are followed."""
    return tuple(dict.fromkeys(meanings))[:MOST]


def added(choices: Sequence[Sequence[Meaning]]) -> tuple[Meaning, ...]:
    """The sums of one meaning of each term."""
    if all(len(options) == 1 and is_number(options[0]) for options in choices):
        return (applied("add", *(options[0] for options in choices)),)
    rows: list[tuple[Meaning, ...]] = [()]
    reason: Misfit | None = None
    for options in choices:
        longer: list[tuple[Meaning, ...]] = []
        for row in rows:
            for option in options:
                if not row or agree(row[0].type, option.type):
                    longer.append((*row, option))
                else:
                    reason = reason or _cannot_add(row[0], option)
        if not longer and reason is not None:
            return (applied("add", *_spread([found[0] for found in choices], reason)),)
        rows = longer[: MOST * 2]
    return distinct(applied("add", *row) for row in rows)


def _spread(terms: Sequence[Meaning], reason: Misfit) -> list[Meaning]:
    """Numbers added to a vector are added to each entry, as ``1 + \\exp(h)`` is meant."""
    sizes = {term.type.shape for term in terms if isinstance(term.type, Array)}
    if len(sizes) != 1:
        raise reason
    (shape,) = sizes
    if len(shape) != 1:
        raise reason
    ones = applied("ones", size_term(shape[0]))
    return [applied("multiply", term, ones) if is_number(term) else term for term in terms]


def _cannot_add(left: Meaning, right: Meaning) -> Misfit:
    shapes = isinstance(left.type, Array) and isinstance(right.type, Array)
    return Misfit(f"cannot add {describe(left.type)} to {describe(right.type)}", shapes)


def multiplied(choices: Sequence[Sequence[Meaning]]) -> tuple[Meaning, ...]:
    """The products of one meaning of each factor.

    Two vectors of one length that stand side by side are multiplied entry by entry, or have their
    inner product taken; what stands around them decides.
    """
    if len(choices) == 1:
        return tuple(choices[0])
    if all(len(options) == 1 and is_number(options[0]) for options in choices):
        return (applied("multiply", *(options[0] for options in choices)),)
    if len(choices) > FACTORS:
        raise Misfit(f"expected at most {FACTORS} factors", False)
    rows: list[tuple[tuple[Meaning, ...], Meaning]] = [((option,), option) for option in choices[0]]
    reason: Misfit | None = None
    for options in choices[1:]:
        longer: list[tuple[tuple[Meaning, ...], Meaning]] = []
        for factors, product in rows:
            for option in options:
                try:
                    longer.extend(_times(factors, product, option))
                except Misfit as misfit:
                    reason = reason or misfit
        if not longer and reason is not None:
            raise reason
        rows = longer[: MOST * 2]
    return distinct(product for _, product in rows)


def _times(
    factors: tuple[Meaning, ...], product: Meaning, factor: Meaning
) -> Iterable[tuple[tuple[Meaning, ...], Meaning]]:
    try:
        longer = (*factors, factor)
        kind = applied("multiply", product, factor).type
        return [(longer, _sized(_product_of(longer), kind, longer))]
    except Misfit:
        chained = _last_pair(factors, product, factor)
        if chained is None:
            raise
        return chained


def _product_of(factors: Sequence[Meaning]) -> Term:
    return Apply("multiply", tuple(factor.term for factor in factors))


def _last_pair(
    factors: tuple[Meaning, ...], product: Meaning, factor: Meaning
) -> Iterable[tuple[tuple[Meaning, ...], Meaning]] | None:
    """Two vectors side by side: entrywise, or their inner product."""
    if not (isinstance(product.type, Array) and product.type == factor.type):
        return None
    if len(product.type.shape) != 1:
        return None
    entrywise = applied("hadamard", product, factor)
    scalar = applied("inner", product, factor)
    return [((entrywise,), entrywise), ((scalar,), scalar)]


def divided(above: Meaning, below: Meaning) -> Meaning:
    """A quotient; entry by entry where both are vectors."""
    if is_number(below) or not isinstance(below.type, Array) or len(below.type.shape) != 1:
        return applied("divide", above, below)
    return _times_reciprocals(above, below)


def _times_reciprocals(above: Meaning, below: Meaning) -> Meaning:
    reciprocals = applied("power", below, Meaning(Number(Fraction(-1)), INTEGER))
    if is_number(above):
        return applied("multiply", above, reciprocals)
    return applied("hadamard", above, reciprocals)


def powers(base: Meaning, exponent: Meaning) -> tuple[Meaning, ...]:
    """Powers: of matrices and numbers as usual, of a vector entrywise or, squared, its norm's."""
    match base.type:
        case Array((_,)) if is_number(exponent):
            entrywise = applied("power", base, exponent)
            if literal(exponent.term) == 2:
                return entrywise, applied("inner", base, base)
            return (entrywise,)
        case Array((rows, columns)) if rows == columns:
            return (_matrix_power(base, exponent),)
    return (applied("power", base, exponent),)


def _root_of_diagonal(inner: Term, base: Meaning) -> Meaning:
    """The root of a diagonal matrix: its entries' roots; off the diagonal they are 0."""
    entries = Meaning(inner, Array(base.type.shape[:1])) if isinstance(base.type, Array) else base
    if isinstance(inner, Apply) and inner.head in ("multiply", "transpose", "diagonal"):
        return applied("sqrt", base)
    return applied("diagonal", applied("sqrt", entries))


def _matrix_power(base: Meaning, exponent: Meaning) -> Meaning:
    value = literal(exponent.term)
    if isinstance(base.term, Apply) and base.term.head == "identity":
        return base
    if value == -1:
        return applied("inverse", base)
    if value == Fraction(1, 2) and isinstance(base.term, Apply) and base.term.head == "diagonal":
        return _root_of_diagonal(base.term.args[0], base)
    return applied("power", base, exponent)
