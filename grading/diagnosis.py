"""What went wrong in a wrong answer, where undoing one mistake is proved to make it right.

Each way of going wrong is undone in the student's own term: a sign, a factor, swapped arguments, a
forgotten square. Most of what is tried is told from the reference by balls at one simple valuation;
what is left is proved by the engine, or not mentioned. The words never say what is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from flint import acb, acb_mat

from grading import witness
from grading.items import Formula
from grading.judgement import Diagnosis
from grading.witness import Probe, Value, agrees, differ, probe_of, stands_on
from language.claims import Claim, Equality
from language.notation import Notation, NotationError, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    free_names,
    lift,
    rebuild,
    substitute,
)
from language.typecheck import TypeMismatch, typecheck
from language.types import INTEGER, POSITIVE, PROBABILITY, REAL, Array, Function, Scalar
from language.vocabulary import PI, TRUE, product_of
from numerics.balls import Items
from numerics.engine import proved, types_differ
from numerics.rearrangement import Rearrangements

__all__ = ["diagnose", "right_forms"]

#: How many changed answers are evaluated, and how many are given to provers.
TRIES, PROOFS = 32, 3
#: The simple valuations at which what is given to provers must agree with the reference.
SAMPLED = (1, 2, 3)
#: How many statements are given to the prover of conditions.
STATEMENTS = 6


@dataclass(frozen=True, slots=True)
class _Undone:
    """An answer with one mistake undone, and what that mistake is."""

    term: Term
    kind: str
    words: str


def diagnose(answer: Term, formula: Formula) -> Diagnosis | None:
    """The one mistake of a wrong answer, where it is proved to be that.

    Raises:
        TooLarge: a changed answer takes more operations than are allowed.
    """
    if formula.accepts is not None:
        return None
    claim = formula.claim
    named = _expected(answer, formula)
    if named is not None:
        return named
    match claim.equality:
        case Equality.CONDITION:
            found = _of_statement(answer, claim)
        case Equality.MULTISET:
            found = _of_multiset(answer, claim) or _by_undoing(answer, formula)
        case _:
            found = _by_undoing(answer, formula)
    return found or _of_convention(answer, formula) or _of_special_case(answer, claim)


@lru_cache(maxsize=512)
def right_forms(formula: Formula) -> Rearrangements:
    """The reference and its forms, and whatever only rearranges one of them."""
    return Rearrangements((formula.claim.closed_form, *formula.forms), formula.claim.notation)


def _sampled(probe: Probe) -> list[int]:
    return [level for level in SAMPLED if probe.valuation(level) is not None]


def _is_right(term: Term, formula: Formula) -> bool:
    """Whether a changed answer is proved to be right."""
    against = replace(formula.claim, defined=formula.claim.closed_form, closed_form=term)
    return (term in right_forms(formula) and types_differ(against) is None) or proved(against)


# what the question knows -------------------------------------------------------------------------


def _expected(answer: Term, formula: Formula) -> Diagnosis | None:
    """A mistake that the question itself names."""
    claim = formula.claim
    probe = probe_of(claim)
    sampled = claim.equality in (Equality.EXACT, Equality.MULTISET)
    for mistake in formula.mistakes:
        if sampled and not all(
            agrees(probe.answer(answer, level), probe.kept(mistake.wrong, level))
            for level in _sampled(probe)
        ):
            continue
        against = replace(claim, defined=mistake.wrong, closed_form=answer)
        if proved(against):
            return Diagnosis("expected", mistake.words, mistake.deduction)
    return None


def _of_convention(answer: Term, formula: Formula) -> Diagnosis | None:
    """Right in another convention than the question's."""
    for variation in formula.variations:
        if _agrees(variation.claim, answer):
            words = f"This would be right if {variation.words}; here it is otherwise."
            return Diagnosis("convention", words)
    return None


def _agrees(claim: Claim, answer: Term) -> bool:
    """Whether an answer is proved to be what a claim says."""
    against = replace(claim, defined=claim.closed_form, closed_form=answer)
    if types_differ(against) is not None:
        return False
    if claim.equality not in (Equality.EXACT, Equality.MULTISET):
        return proved(against)
    probe = probe_of(claim)
    if not all(agrees(probe.answer(answer, k), probe.reference(k)) for k in _sampled(probe)):
        return False
    return proved(against)


# undoing one mistake -----------------------------------------------------------------------------


def _by_undoing(answer: Term, formula: Formula) -> Diagnosis | None:
    claim = formula.claim
    probe = probe_of(claim)
    place = _where_wrong(answer, probe)
    if place is None:
        return None
    tried = 0
    for undone in _ways(answer, formula, probe, place):
        if tried == PROOFS:
            break
        if not all(
            agrees(probe.value(undone.term, k), probe.reference(k)) for k in _sampled(probe)
        ):
            continue
        tried += 1
        if _is_right(undone.term, formula):
            return Diagnosis(undone.kind, undone.words)
    return None


def _where_wrong(answer: Term, probe: Probe) -> int | None:
    """The cheapest level at which an answer is seen to differ."""
    for level in (1, 2, 3, 0):
        if differ(probe.answer(answer, level), probe.reference(level)):
            return level
    return None


def _ways(answer: Term, formula: Formula, probe: Probe, place: int) -> Iterator[_Undone]:
    """Changed answers that agree with the reference at one valuation where the answer does not."""
    constant = not stands_on(formula.claim.closed_form, formula.claim.notation)
    numbers, names = _factors_of(formula.claim)
    yield from _factors(answer, numbers, probe)
    if not constant:
        yield from _terms(answer, formula, probe)
        yield from _extra_factors(answer, probe)
        yield from _extra_terms(answer, probe)
    yield from _factors(answer, names, probe)
    expected = probe.reference(place)
    edits = _edits(answer, formula.claim.notation)
    for _, undone in zip(range(TRIES), edits, strict=False):
        if agrees(probe.value(undone.term, place), expected):
            yield undone


# a factor ----------------------------------------------------------------------------------------


#: A factor, the kind of mistake that it is to leave it out, and words.
_Factor = tuple[Term, str, str]


def _factors(answer: Term, factors: tuple[_Factor, ...], probe: Probe) -> Iterator[_Undone]:
    """A factor on the whole, told by values at a valuation of several sizes."""
    found, expected = probe.answer(answer, 2), probe.reference(2)
    ratio = _ratio(expected, found)
    several = isinstance(found, Items) and found.kind == "multiset"
    if ratio is None and not several:
        return
    for factor, kind, words in factors:
        by = probe.kept(factor, 2)
        if several and kind == "sign":
            continue  # roots that come with their negatives stay the same
        if _may_be(ratio, by) and agrees(_times(found, by), expected):
            yield _Undone(_scaled(factor, answer), kind, words)


def _ratio(above: Value, below: Value) -> acb | None:
    """A quotient of two values, or of the first entries where one is; None where there is none."""
    if isinstance(above, acb_mat) and isinstance(below, acb_mat):
        if (above.nrows(), above.ncols()) != (below.nrows(), below.ncols()):
            return None
        for x, y in zip(above.entries(), below.entries(), strict=True):
            if not y.contains(0):
                return x / y
        return None
    if isinstance(above, Items) and isinstance(below, Items):
        if above.kind == "multiset":
            return None
        ratios = map(_ratio, above.members, below.members)
        return next((ratio for ratio in ratios if ratio is not None), None)
    if isinstance(above, acb) and isinstance(below, acb) and not below.contains(0):
        return above / below
    return None


def _may_be(ratio: acb | None, number: Value) -> bool:
    """Whether a number is not seen to be another than a quotient."""
    return ratio is None or not isinstance(number, acb) or ratio.overlaps(number)


def _scaled(factor: Term, answer: Term) -> Term:
    match answer:
        case Apply("tuple" | "multiset" as head, items):
            return Apply(head, tuple(factor * item for item in items))
    return factor * answer


@lru_cache(maxsize=512)
def _factors_of(claim: Claim) -> tuple[tuple[_Factor, ...], tuple[_Factor, ...]]:
    """The factors that are looked for: numbers, and what is made of one name."""
    sign = (lift(-1), "sign", "The sign of the whole is wrong.")
    wholes = [Fraction(k) for k in (2, 4, 3, -2, -4)]
    plain: list[Term] = [lift(v) for k in wholes for v in (k, 1 / k)]
    plain += [PI, 1 / PI, 2 * PI, 1 / (2 * PI)]
    numbers = (sign, *((factor, "factor", "A constant factor is wrong.") for factor in plain))
    found: list[_Factor] = []
    for name in sorted(stands_on(claim.closed_form, claim.notation) | _sizes_of(claim)):
        symbol = claim.notation.get(name)
        if symbol is None or not isinstance(symbol.type, Scalar):
            continue
        x = Name(name)
        powers: list[Term] = [x, x**2, 2 * x]
        if symbol.domain == PROBABILITY:
            powers += [1 - x, x * (1 - x)]
        words = f"A factor with {name} is missing or too many."
        for power in powers:
            found += [(power, "factor", words), (1 / power, "factor", words)]
            found += [(-power, "factor", words)]
    return numbers, tuple(found)


def _sizes_of(claim: Claim) -> frozenset[str]:
    return frozenset(
        size
        for symbol in claim.notation
        if isinstance(symbol.type, Array)
        for size in symbol.type.shape
        if isinstance(size, str)
    )


def _times(value: Value, factor: Value) -> Value:
    if not isinstance(factor, acb):
        return None
    if isinstance(value, acb):
        return value * factor
    if isinstance(value, acb_mat):
        return value * factor
    if isinstance(value, Items):
        parts = [_times(member, factor) for member in value.members]
        found = tuple(part for part in parts if isinstance(part, acb | acb_mat | Items))
        if len(found) == len(parts):
            return Items(value.kind, found)
    return None


# one term of a sum -------------------------------------------------------------------------------

#: What an answer lacks of a term of the reference, and what that means.
_LACKS = (
    (Fraction(1), "missing-term", "One term is missing."),
    (Fraction(2), "sign", "The sign of one term is wrong."),
    (Fraction(1, 2), "factor", "One term has a wrong factor."),
    (Fraction(-1), "factor", "One term has a wrong factor."),
    (Fraction(3, 4), "factor", "One term has a wrong factor."),
    (Fraction(-3), "factor", "One term has a wrong factor."),
)


def _terms(answer: Term, formula: Formula, probe: Probe) -> Iterator[_Undone]:
    """What is wrong with one term, told by what the answer lacks of a term of the reference."""
    found, expected = probe.answer(answer, 2), probe.reference(2)
    gap = _plus(expected, found, Fraction(-1))
    for piece in _pieces_of(formula):
        part = probe.kept(piece, 2)
        ratio = _ratio(gap, part)
        for share, kind, words in _LACKS:
            if not _may_be(ratio, _acb(share)) or not agrees(_plus(found, part, share), expected):
                continue
            if share == 1 or _has_term(answer, part, 1 - share, probe):
                yield _Undone(answer + lift(share) * piece, kind, words)


def _has_term(answer: Term, part: Value, share: Fraction, probe: Probe) -> bool:
    """Whether a sum seems to have a term that is some share of another's value."""
    wanted = _plus(part, part, share - 1)
    pieces = dict.fromkeys((*_addends(answer), *_pieces(answer)))
    return any(agrees(probe.value(piece, 2), wanted) for piece in pieces)


def _extra_factors(answer: Term, probe: Probe) -> Iterator[_Undone]:
    match answer:
        case Apply("negative", (Apply("multiply", factors),)):
            sign = [lift(-1)]
        case Apply("multiply", factors):
            sign = []
        case _:
            return
    for k, factor in enumerate(factors):
        rest = product_of([*sign, *factors[:k], *factors[k + 1 :]])
        if not isinstance(factor, Number) and agrees(probe.value(rest, 2), probe.reference(2)):
            yield _Undone(rest, "extra-factor", "One factor is too many.")


def _extra_terms(answer: Term, probe: Probe) -> Iterator[_Undone]:
    pieces = _pieces(answer)
    if len(pieces) < 2:
        return
    found, expected = probe.answer(answer, 2), probe.reference(2)
    for piece in pieces:
        if agrees(_plus(found, probe.value(piece, 2), Fraction(-1)), expected):
            yield _Undone(answer - piece, "extra-term", "One term is too many.")


@lru_cache(maxsize=64)
def _acb(value: Fraction) -> acb:
    return acb(value.numerator) / value.denominator


def _plus(value: Value, part: Value, share: Fraction) -> Value:
    """``value + share * part`` where both are of one shape."""
    scale = _acb(share)
    if isinstance(value, acb) and isinstance(part, acb):
        return value + part * scale
    if not (isinstance(value, acb_mat) and isinstance(part, acb_mat)):
        return None
    same = (value.nrows(), value.ncols()) == (part.nrows(), part.ncols())
    return value + part * scale if same else None


@lru_cache(maxsize=512)
def _pieces_of(formula: Formula) -> tuple[Term, ...]:
    """The terms of the reference and of its forms, each once; none where there is but one."""
    found: dict[Term, None] = {}
    for form in (formula.claim.closed_form, *formula.forms):
        for pieces in (_addends(form), _pieces(form)):
            if len(pieces) > 1:
                found.update(dict.fromkeys(pieces))
    return tuple(found)[:MOST_PIECES]


#: The most terms that a reference is taken apart into.
MOST_PIECES = 24


def _addends(term: Term) -> list[Term]:
    """The terms of a sum as they stand."""
    match term:
        case Apply("add", parts):
            return [addend for part in parts for addend in _addends(part)]
        case Apply("negative", (x,)):
            return [-addend for addend in _addends(x)]
    return [term]


def _pieces(term: Term) -> list[Term]:
    """The terms into which a sum falls, through factors, quotients and linear binders."""
    match term:
        case Apply("add", parts):
            found = [piece for part in parts for piece in _pieces(part)]
        case Apply("negative", (x,)):
            found = [-piece for piece in _pieces(x)]
        case Apply("divide", (x, y)):
            found = [piece / y for piece in _pieces(x)]
        case Apply("multiply", factors):
            found = _products(factors)
        case Bind("sum" | "expectation" | "integral" as head, variable, domain, body):
            found = [Bind(head, variable, domain, piece) for piece in _pieces(body)]
        case Apply("vector", items):
            found = [
                Apply("vector", tuple(piece if i == k else lift(0) for i in range(len(items))))
                for k, item in enumerate(items)
                for piece in _pieces(item)
            ]
        case _:
            return [term]
    return found if len(found) <= MOST_PIECES else [term]


def _products(factors: tuple[Term, ...]) -> list[Term]:
    """A product with its first sum multiplied out."""
    for k, factor in enumerate(factors):
        pieces = _pieces(factor)
        if len(pieces) > 1:
            before, after = factors[:k], factors[k + 1 :]
            return [Apply("multiply", (*before, piece, *after)) for piece in pieces]
    return [Apply("multiply", factors)]


# one place of the answer -------------------------------------------------------------------------

_Edit = tuple[Term, str, str]


def _edits(answer: Term, notation: Notation) -> Iterator[_Undone]:
    """The answer with one mistake undone at one place, or one name changed throughout."""
    for changed, kind, words in _throughout(answer, notation):
        yield _Undone(changed, kind, words)
    for changed, kind, words in _everywhere(answer, notation, frozenset()):
        yield _Undone(changed, kind, words)


def _throughout(answer: Term, notation: Notation) -> Iterator[_Edit]:
    """One name changed for another, its complement or its square, wherever it occurs."""
    names = sorted(name for name in free_names(answer) if name in notation)
    for name in names:
        symbol, x = notation[name], Name(name)
        if symbol.type != REAL and not isinstance(symbol.type, Array):
            continue
        if symbol.type == REAL and symbol.domain == PROBABILITY:
            yield (
                substitute(answer, {name: 1 - x}),
                "complement",
                f"{name} and 1 - {name} are swapped.",
            )
        if symbol.domain == POSITIVE and symbol.type == REAL:
            yield substitute(answer, {name: x**2}), "square", f"A square is missing on {name}."
            yield (
                substitute(answer, {name: Apply("sqrt", (x,))}),
                "square",
                f"A square on {name} is too many.",
            )
    for name, other in combinations(names, 2):
        first, second = notation[name], notation[other]
        if (first.type == second.type and not isinstance(first.type, Scalar | Function)) or (
            first.type == second.type == REAL and first.domain == second.domain
        ):
            swapped = substitute(answer, {name: Name(other), other: Name(name)})
            yield swapped, "swapped-names", f"{name} and {other} are swapped."


def _everywhere(term: Term, notation: Notation, indices: frozenset[str]) -> Iterator[_Edit]:
    yield from _here(term, notation, indices)
    parts = children(term)
    if isinstance(term, Bind):
        inner = indices | {term.variable} if term.head in ("sum", "product") else indices
        for changed, kind, words in _everywhere(term.body, notation, inner):
            yield rebuild(term, (term.domain, changed)), kind, words
        return
    for k, part in enumerate(parts):
        if isinstance(term, Apply) and term.head in _FIXED_FIRST and k == 0:
            continue
        for changed, kind, words in _everywhere(part, notation, indices):
            yield rebuild(term, (*parts[:k], changed, *parts[k + 1 :])), kind, words


#: Heads whose first argument names something and cannot be changed.
_FIXED_FIRST = frozenset(("call", "density", "identity", "entry", "reals", "range"))


def _here(term: Term, notation: Notation, indices: frozenset[str]) -> Iterator[_Edit]:
    match term:
        case Apply("add", args):
            for k, arg in enumerate(args):
                flipped = arg.args[0] if isinstance(arg, Apply) and arg.head == "negative" else -arg
                yield (
                    Apply("add", (*args[:k], flipped, *args[k + 1 :])),
                    "sign",
                    "One sign is wrong.",
                )
            if len(args) > 1 and all(_is_number(arg, notation) for arg in args):
                yield term**2, "square", "A square is missing."
        case Apply("kl" | "chi_square" as head, (p, q)):
            words = "The arguments of the divergence are swapped."
            yield Apply(head, (q, p)), "swapped-arguments", words
        case Apply("exp" | "logistic" | "tanh" as head, (x,)):
            words = "The sign of an argument is wrong."
            yield Apply(head, (-x,)), "sign", words
        case Apply("divide", (x, y)):
            yield y / x, "inverted", "A fraction is upside down."
            if _is_number(y, notation):
                yield x / (2 * y), "factor", "A factor 1/2 is missing somewhere."
        case Apply("power", (x, Number(value))) if value == 2:
            yield x, "square", "A square is too many."
        case Apply("power", (x, Number(value))) if value > 2:
            yield x**2, "power", "A power is wrong."
        case Apply("sqrt", (x,)):
            yield x, "root", "A root is too many."
        case Apply("transpose", (x,)):
            yield x, "transpose", "A transpose is too many."
        case Apply("inverse", (x,)):
            yield x, "inverse", "An inverse is too many."
        case Apply("maximum" | "minimum" as head, args):
            other = "minimum" if head == "maximum" else "maximum"
            yield Apply(other, args), "extremum", "Maximum and minimum are swapped."
        case Apply("norm", _):
            yield term**2, "square", "A square is missing."
        case Apply("entry", (array, *places)):
            yield from _other_indices(array, tuple(places), notation, indices)
            yield term**2, "square", "A square is missing."
        case Apply("tuple" | "vector" | "multiset" as head, items):
            yield from _components(head, items)
        case Apply("multiply", args):
            if sum(_is_array(arg, notation) for arg in args) > 1:
                yield Apply("multiply", args[::-1]), "order", "A product is in the wrong order."
        case Number(value) if value not in (0, 1):
            yield lift(2 * value), "factor", "A factor of 2 is wrong somewhere."
            yield lift(value / 2), "factor", "A factor of 2 is wrong somewhere."
        case Name(name):
            yield from _for_name(term, notation.get(name))


def _for_name(term: Term, symbol: Symbol | None) -> Iterator[_Edit]:
    match symbol:
        case Symbol(type=Array((_, _))):
            yield term.T, "transpose", "A transpose is missing."
        case Symbol(type=Scalar("real")):
            yield term**2, "square", "A square is missing."


def _other_indices(
    array: Term, places: tuple[Term, ...], notation: Notation, indices: frozenset[str]
) -> Iterator[_Edit]:
    free = {s.name for s in notation if s.type == INTEGER and s.name in ("i", "j", "k", "l")}
    for k, place in enumerate(places):
        for other in sorted((indices | free) - free_names(place)):
            changed = (*places[:k], Name(other), *places[k + 1 :])
            yield Apply("entry", (array, *changed)), "index", "An index is wrong."


def _components(head: str, items: tuple[Term, ...]) -> Iterator[_Edit]:
    what = "root" if head == "multiset" else "component"
    for k, item in enumerate(items):
        for changed, kind in ((-item, "sign"), (2 * item, "factor"), (item / 2, "factor")):
            words = f"One {what} has a wrong {kind}."
            yield Apply(head, (*items[:k], changed, *items[k + 1 :])), kind, words
    if head != "multiset" and len(items) > 1:
        yield Apply(head, items[::-1]), "order", "The components are in the wrong order."


def _is_number(term: Term, notation: Notation) -> bool:
    match term:
        case Number():
            return True
        case Name(name):
            symbol = notation.get(name)
            return symbol is None or isinstance(symbol.type, Scalar)
        case Apply("vector" | "matrix" | "transpose" | "inverse" | "diagonal" | "identity"):
            return False
    return all(_is_number(part, notation) for part in children(term)) or not _is_array(
        term, notation
    )


def _is_array(term: Term, notation: Notation) -> bool:
    try:
        return isinstance(typecheck(term, notation), Array)
    except (TypeMismatch, NotationError):
        return False


# multisets ---------------------------------------------------------------------------------------


def _of_multiset(answer: Term, claim: Claim) -> Diagnosis | None:
    """A root lost or too many, told by values and then proved."""
    match answer, claim.closed_form:
        case Apply("multiset" | "set", ours), Apply("multiset", theirs):
            pass
        case _:
            return None
    probe = probe_of(claim)
    values = [probe.value(item, 1) for item in ours]
    wanted = [probe.kept(item, 1) for item in theirs]
    lost = _unmatched(wanted, values)
    extra = _unmatched(values, wanted)
    if lost and not extra:
        changed = (*ours, *(theirs[k] for k in lost))
        again = all(any(agrees(wanted[k], value) for value in values) for k in lost)
        kind = "multiplicity" if again else "missing-root"
        words = "A root counts more than once." if again else "Not all roots are there."
    elif extra and not lost:
        changed = tuple(item for k, item in enumerate(ours) if k not in extra)
        kind, words = "extra-root", "There are too many roots."
    else:
        return None
    against = replace(claim, defined=claim.closed_form, closed_form=Apply("multiset", changed))
    return Diagnosis(kind, words) if proved(against) else None


def _unmatched(wanted: list[Value], given: list[Value]) -> list[int]:
    """The places of values that have no partner of their own among others."""
    left = list(given)
    lost = []
    for k, value in enumerate(wanted):
        partner = next((i for i, other in enumerate(left) if agrees(value, other)), None)
        if partner is None:
            lost.append(k)
        else:
            left.pop(partner)
    return lost


# conditions --------------------------------------------------------------------------------------


def _of_statement(answer: Term, claim: Claim) -> Diagnosis | None:
    """An end, a branch or a direction that is wrong; or a condition too narrow or too wide."""
    for tries, (changed, kind, words) in enumerate(_restated(answer)):
        if tries == STATEMENTS:
            break
        if witness.counterexample(claim, changed) is not None:
            continue
        against = replace(claim, defined=claim.closed_form, closed_form=changed)
        if proved(against):
            return Diagnosis(kind, words)
    alone = witness.sides_that_fail(claim, answer)
    if True not in alone and _implies(answer, claim.closed_form, claim):
        return Diagnosis("too-narrow", "What you give counts, but not all is there.")
    if False not in alone and _implies(claim.closed_form, answer, claim):
        return Diagnosis("too-wide", "This lets in more than what is asked for.")
    return None


def _implies(premise: Term, conclusion: Term, claim: Claim) -> bool:
    """Whether one statement is proved to follow from another, which can hold."""
    statement = replace(
        claim,
        defined=conclusion,
        closed_form=TRUE,
        conditions=(*claim.conditions, premise),
    )
    return proved(statement)


_ENDS = {
    "less": "less_equal",
    "less_equal": "less",
    "greater": "greater_equal",
    "greater_equal": "greater",
}
_TURNED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
}


def _restated(statement: Term) -> Iterator[_Edit]:
    match statement:
        case Apply(head, (x, y)) if head in _ENDS:
            yield Apply(_ENDS[head], (x, y)), "end", "Look again at the end of the interval."
            yield (
                Apply(_TURNED[head], (x, y)),
                "direction",
                "The inequality is the wrong way round.",
            )
        case Apply("both" | "either" as head, parts):
            for k, part in enumerate(parts):
                for changed, kind, words in _restated(part):
                    yield Apply(head, (*parts[:k], changed, *parts[k + 1 :])), kind, words
            for k in range(len(parts)):
                rest = (*parts[:k], *parts[k + 1 :])
                less = rest[0] if len(rest) == 1 else Apply(head, rest)
                if rest:
                    yield less, "extra-branch", "One branch or condition is too many."


# special cases -----------------------------------------------------------------------------------


def _of_special_case(answer: Term, claim: Claim) -> Diagnosis | None:
    """Right at one value of a name, or right but for a constant."""
    if claim.equality is not Equality.EXACT:
        return None
    if _is_constant_apart(answer, claim):
        return Diagnosis("constant", "This is right up to a constant.")
    if witness.is_closed(answer, claim.notation):
        return None
    for name, number, special in _special_cases(claim):
        if _agrees(special, answer):
            words = f"This is right at {name} = {number}, but not in general."
            return Diagnosis("special-case", words)
    return None


#: At how many names' special values an answer is tried.
SPECIAL_NAMES = 4


@lru_cache(maxsize=512)
def _special_cases(claim: Claim) -> tuple[tuple[str, Fraction, Claim], ...]:
    """The claim with one name at its simplest value: 1/2 for a probability, else 1."""
    found = []
    for name in sorted(stands_on(claim.closed_form, claim.notation))[:SPECIAL_NAMES]:
        symbol = claim.notation[name]
        number = Fraction(1, 2) if symbol.domain == PROBABILITY else Fraction(1)
        if symbol.type == REAL and symbol.domain.contains(number):
            notation = claim.notation.where(name, lift(number))
            found.append((name, number, replace(claim, notation=notation)))
    return tuple(found)


def _is_constant_apart(answer: Term, claim: Claim) -> bool:
    names = stands_on(claim.closed_form, claim.notation)
    probe = probe_of(claim)
    gaps = (
        _plus(probe.answer(answer, level), probe.reference(level), Fraction(-1))
        for level in (*_sampled(probe), 0)
    )
    first = next(gaps)
    if not names or not all(agrees(first, gap) for gap in gaps):
        return False
    apart = replace(
        claim,
        defined=claim.closed_form,
        closed_form=answer,
        equality=Equality.UP_TO_CONSTANT,
        constant_in=tuple(sorted(names)),
    )
    return proved(apart)
