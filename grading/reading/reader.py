"""From the text of an answer to what it means, or a ReadError; never a guess.

An answer is rarely a bare formula: it has a label in front (``\\lambda =``), is a chain of equal
forms, defines abbreviations ("where s = ..."), lists several values. It is taken apart
(:mod:`.answers`), its parts are read (:mod:`.meaning`), and here they are put
together as the reference's type asks for: one value, a tuple, a multiset, a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

from grading.decimals import Closeness, closeness
from grading.items import Formula
from grading.reading.answers import Answer, taken_apart
from grading.reading.components import as_vector
from grading.reading.errors import ReadError
from grading.reading.labels import is_label, is_name, opened, step
from grading.reading.meaning import scope_of
from grading.reading.nodes import Node, walk
from grading.reading.scope import Context, Scope, ShapeError, context_of
from grading.reading.shapes import Meaning, Misfit, applied, is_number, literal, number
from grading.reading.spellings import indices, key, with_index
from grading.reading.statements import statement
from grading.reading.syntax import parse
from language.claims import Equality
from language.terms import Apply, Name, Term, walk as subterms
from language.typecheck import TypeMismatch, agree, typecheck
from language.types import COMPLEX, INTEGER, Array, Collection, Scalar, Type, describe

__all__ = ["Decimal", "Reading", "ShapeError", "read"]

#: How many readings of one answer are kept.
READINGS = 8


@dataclass(frozen=True, slots=True)
class Decimal:
    """An answer that is one decimal number: its value and the place of its last digit.

    ``0.6931`` is 6931/10000, read to ``unit`` 1/10000, with 4 significant ``digits``.
    """

    value: Fraction
    unit: Fraction
    digits: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading an answer.

    Attributes:
        term: what is compared with the reference: of the reference's type where that could be
            arranged (a list becomes a multiset, a tuple or a vector; a point or an interval
            becomes a statement about the unknowns).
        parts: every expression of a chain ``A = B = C`` that claims to be the answer, ``term``
            among them: all must equal the reference.
        decimal: set where the answer is a decimal number.
        conditions: conditions that the student added ("for gamma >= 1").
    """

    term: Term
    parts: tuple[Term, ...] = ()
    decimal: Decimal | None = None
    conditions: tuple[Term, ...] = ()


def read(text: str, formula: Formula) -> tuple[Reading, ...]:
    """The ways in which ``text`` can be read as an answer to ``formula``; mostly there is one.

    Raises:
        ReadError: it cannot be read, or says something that the question does not allow: a name
            that is not in its notation, or an unevaluated restatement of the question.
    """
    context = context_of(formula)
    written, inserted = _with_carets(text, context)
    try:
        return _read(written, context)
    except RecursionError:
        raise ReadError(text, 0, len(text), "expected fewer things inside one another") from None
    except ReadError as error:
        if not inserted:
            raise
        start, end = (_place_before(place, inserted) for place in (error.start, error.end))
        raise type(error)(text, start, end, error.problem, error.suggestion) from None


def _read(text: str, context: Context) -> tuple[Reading, ...]:
    node = parse(text)
    kind = _type(context.formula)
    if context.formula.claim.equality is Equality.CONDITION:
        return (_condition(scope_of(text, context.formula), node),)
    answer = taken_apart(text, node, context, _count(kind))
    for remark in answer.remarks:
        _check_remark(answer, remark, context)
    scope = scope_of(text, context.formula, answer.own)
    conditions = tuple(
        [statement(scope, condition) for condition in answer.conditions]
        + [found for reason in answer.reasons for found in _reason(scope, reason)]
    )
    try:
        readings = list(_readings(scope, node, answer, kind))
    except Misfit as misfit:
        raise scope.misfit(node, misfit) from None
    kept = tuple(dict.fromkeys(_preferred(readings)))[:READINGS]
    return tuple(replace(one, conditions=conditions) for one in kept) if conditions else kept


def _condition(scope: Scope, node: Node) -> Reading:
    """A statement; what it is deduced from must be equivalent to it, where it can be read."""
    said = statement(scope, node)
    steps = []
    if node.kind == "relation" and _DEDUCTIONS.issuperset(node.value.split()):
        for part in node.children[:-1]:
            try:
                steps.append(statement(scope, part))
            except ReadError:
                continue  # it is about something else
    return Reading(said, tuple(dict.fromkeys((*steps, said))))


_DEDUCTIONS = frozenset(("implies", "equivalent"))


def _check_remark(answer: Answer, remark: Node, context: Context) -> None:
    """Words with a meaning must have one here.

    Raises:
        ReadError: a single value is said to count twice, a value is given but for a constant.
    """
    words = set(_words(remark))
    equality = context.formula.claim.equality
    once = {"1", "one", "simple"}
    if words & _COUNTING and equality is not Equality.MULTISET and not words & once:
        raise answer.error(remark, "expected one value, found a multiplicity", "leave it out")
    if words & _LOOSE and equality is not Equality.UP_TO_CONSTANT:
        raise answer.error(
            remark, f"expected an exact answer, found {remark.value!r}", "write it out"
        )


def _reason(scope: Scope, node: Node) -> Iterator[Term]:
    """``because p = 1/2`` is a condition, if it says something of the question's names."""
    try:
        yield statement(opened(scope), node)
    except (ReadError, Misfit):
        return  # it is about something else


_COUNTING = frozenset(("multiplicity", "double", "twice", "counted"))
_LOOSE = frozenset(("up", "ignoring", "dropping", "omitting", "neglecting"))


def _count(kind: Type) -> int:
    """How many values are asked for; any number, for a set."""
    match kind:
        case Collection("tuple", elements):
            return len(elements)
        case Collection():
            return 1_000_000
        case Array((int(size),)):
            return size
    return 1


@lru_cache(maxsize=512)
def _type(formula: Formula) -> Type:
    try:
        return typecheck(formula.claim.closed_form, formula.claim.notation)
    except TypeMismatch:
        return COMPLEX


def _readings(scope: Scope, node: Node, answer: Answer, kind: Type) -> Iterator[Reading]:
    match kind:
        case Collection("tuple", elements):
            return _tuples(scope, node, answer.parts, elements)
        case Collection():
            return _collections(scope, node, answer.parts)
        case Array((int(size),)) if len(answer.parts) == size > 1:
            return _listed(scope, answer.parts)
    if len(answer.parts) != 1:
        raise scope.error(node, f"expected one answer, found {len(answer.parts)}")
    return _values(scope, answer.parts[0], kind)


def _preferred(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Those in which fewest vectors that stand side by side, or a square, are inner products."""
    if len(readings) == 1:
        return iter(readings)
    counted = [
        (sum(isinstance(p, Apply) and p.head == "inner" for p in subterms(one.term)), one)
        for one in readings
    ]
    least = min((count for count, _ in counted), default=0)
    return (one for count, one in counted if count == least)


# stars ------------------------------------------------------------------------------------------


def _with_carets(text: str, context: Context) -> tuple[str, tuple[int, ...]]:
    """``D*(x)`` as ``D^*(x)`` where only ``D^*`` may be used, and where carets were put."""
    pattern = _starred(context)
    if pattern is None or "*" not in text:
        return text, ()
    places = tuple(match.end() - 1 for match in pattern.finditer(text))
    written = "".join(
        text[start:end] + ("^" if end in places else "")
        for start, end in zip((0, *places), (*places, len(text)), strict=True)
    )
    return written, tuple(place + count for count, place in enumerate(places))


@lru_cache(maxsize=512)
def _starred(context: Context) -> re.Pattern[str] | None:
    """A star right after a name that may be used with it and not without."""
    table = context.table
    names = {
        spelled[:-2]
        for spelled, symbols in table.plain.items()
        if spelled.endswith("^*") and symbols[0].name in context.allowed
    }
    bases = [
        re.escape(name)
        for name in names
        if name.replace("_", "").isalnum() and _only_starred(context, name)
    ]
    if not bases:
        return None
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(bases)})\*(?![*^{{])")


def _only_starred(context: Context, name: str) -> bool:
    """Whether a name without its star may not be used, or means the same."""
    starred = context.table.plain[f"{name}^*"][0]
    return all(
        symbol == starred or symbol.name not in context.allowed
        for symbol in context.table.plain.get(name, ())
    )


def _place_before(place: int, inserted: tuple[int, ...]) -> int:
    return place - sum(1 for one in inserted if one < place)


# one value --------------------------------------------------------------------------------------


def _values(scope: Scope, node: Node, kind: Type) -> Iterator[Reading]:
    """One value, maybe in several equal forms."""
    try:
        chain = _chain(scope, node, kind)
    except ReadError:
        entries = _by_entries(scope, node, kind)
        if entries is None:
            raise
        chain = [entries]
    for row in product(*chain):
        terms = tuple(dict.fromkeys(one.term for one in row))
        decimal = _decimal(node) if _is_literal(row[-1]) else None
        yield Reading(row[-1].term, terms, decimal)


def _is_literal(one: Meaning) -> bool:
    return literal(one.term) is not None


def _listed(scope: Scope, parts: list[Node]) -> Iterator[Reading]:
    """A vector by the list of its entries."""
    entries = [_chain(scope, part, Scalar("real"))[-1] for part in _ordered(scope, parts)]
    for row in product(*entries):
        yield Reading(applied("vector", *row).term)


def _by_entries(scope: Scope, node: Node, kind: Type) -> tuple[Meaning, ...] | None:
    """A vector by its entry at an index that stands for every place."""
    if not isinstance(kind, Array) or len(kind.shape) != 1:
        return None
    for index in _free_indices(node):
        inner, name = scope.bind(index, INTEGER, kind.shape[0])
        try:
            found = _chain(inner, node, Scalar("real"))[-1]
            return tuple(as_vector(one.term, name, kind.shape[0]) for one in found)
        except (ReadError, Misfit):
            continue
    return None


def _free_indices(node: Node) -> list[Node]:
    """The letters that stand in subscripts, the last of each."""
    found = {}
    for part in walk(node):
        if part.kind == "scripts" and part.children[1]:
            last = indices(part.children[1])[-1]
            if last.kind == "name" and len(key(last)) == 1:
                found[key(last)] = last
    return list(found.values())


def _chain(scope: Scope, node: Node, kind: Type) -> list[tuple[Meaning, ...]]:
    """What each of the equal forms may mean; labels and restatements are left out."""
    if node.kind != "relation":
        return [_fitting(scope, node, kind)]
    parts = _claiming(scope, node)
    forms: list[tuple[Meaning, ...]] = []
    steps: list[tuple[Meaning, ...]] = []
    for part in parts[:-1]:
        try:
            forms.append(_fitting(scope, part, kind))
        except ShapeError:
            raise
        except ReadError:
            found = step(scope, part)
            steps += [(found,)] if found is not None else []
    decimal = _decimal(parts[-1])
    if forms and decimal is not None and _repeats(decimal, forms[-1]):
        return [*steps, *forms]
    if "approximately" in node.value.split()[-1:] and decimal is None:
        raise scope.error(node, "expected =, found an approximation", "write the exact value")
    try:
        forms.append(_fitting(scope, parts[-1], kind))
    except ReadError:
        if not (forms and is_label(parts[-1])):
            raise
        found = step(scope, parts[-1])
        steps += [(found,)] if found is not None else []
    if len(parts) == 2 and len(forms) == 2 and is_name(parts[0]) and forms[0] != forms[1]:
        raise scope.error(
            parts[0],
            f"expected the answer, found a statement about {scope.excerpt(parts[0])}",
            "leave out what stands before the equals sign",
        )
    return [*steps, *forms]


def _repeats(decimal: Decimal, form: tuple[Meaning, ...]) -> bool:
    """Whether a decimal only repeats the value before it, to the digits that are written."""
    return any(closeness(decimal, one.term) in (Closeness.RIGHT, Closeness.SHORT) for one in form)


def _claiming(scope: Scope, node: Node) -> list[Node]:
    """The parts of a chain that are claimed to be equal to the answer.

    With an inequality in it, what is compared with a number is the answer; else the last of what
    is compared, if the others can be read.
    """
    compared: list[list[Node]] = [[node.children[0]]]
    for operator, part in zip(node.value.split(), node.children[1:], strict=True):
        if operator in _INEQUALITIES:
            compared.append([part])
        elif operator in ("equal", "defined", "approximately", "implies"):
            compared[-1].append(part)
        elif operator == "follows" and _decimal(part) is not None:
            compared[-1].append(part)  # log 2 ~ 0.69
        else:
            raise scope.error(node, "expected a formula, found a statement")
    if len(compared) == 1:
        return compared[0]
    *others, last = [run for run in compared if not all(map(_is_constant, run))] or compared
    for part in (part for run in others for part in run):
        scope.values(part)
    return last


_INEQUALITIES = frozenset(("less", "less_equal", "greater", "greater_equal"))


def _is_constant(node: Node) -> bool:
    """Whether a part of a chain is a bound that a quantity is compared with: 0, infinity."""
    return node.kind == "number" or (node.kind == "negative" and _is_constant(node.children[0]))


def _fitting(scope: Scope, node: Node, kind: Type) -> tuple[Meaning, ...]:
    """The meanings that are of the reference's type; where none is, the first of all."""
    found = scope.values(node)
    kept = tuple(one for one in found if _fits(one.type, kind))
    if kept:
        return kept
    turned = tuple(
        applied("transpose", one)
        for one in found
        if _is_written_out(node) and isinstance(one.type, Array) and _fits(_turned(one.type), kind)
    )
    if turned:
        return turned
    if isinstance(kind, Scalar) and _is_spread(found[0].term):
        raise scope.error(node, f"expected a number, found {describe(found[0].type)}")
    return found[:1]


def _is_written_out(node: Node) -> bool:
    """Whether a vector is given by its entries, as a row or a column: ``(a, b)``, ``[a b]``."""
    while node.kind in ("scripts", "group", "multiply", "juxtapose") and node.children:
        if node.kind == "group" and len(node.children) > 1:
            return True
        node = node.children[-1] if node.kind in ("multiply", "juxtapose") else node.children[0]
    return node.kind == "matrix"


def _is_spread(term: Term) -> bool:
    """Whether a number was added to a vector, which may be a slip of the reader's."""
    return any(isinstance(part, Apply) and part.head == "ones" for part in subterms(term))


def _turned(kind: Array) -> Array:
    """A row as a column: gradients are written as either."""
    return Array((kind.shape[1],)) if len(kind.shape) == 2 and kind.shape[0] == 1 else kind


def _fits(found: Type, wanted: Type) -> bool:
    if isinstance(found, Scalar) and isinstance(wanted, Scalar):
        return True
    return agree(found, wanted)


def _decimal(node: Node) -> Decimal | None:
    """The decimal that the answer is, where it is one."""
    if node.kind == "relation":
        node = node.children[-1]
    sign = 1
    while node.kind in ("negative", "group") and len(node.children) == 1:
        sign = -sign if node.kind == "negative" else sign
        node = node.children[0]
    if node.kind != "number" or "." not in node.value or "e" in node.value.lower():
        return None
    whole, _, digits = node.value.partition(".")
    value = Fraction(f"{whole or '0'}.{digits or '0'}")
    significant = len((whole + digits).lstrip("0"))
    return Decimal(sign * value, Fraction(1, 10 ** len(digits)), significant)


# tuples -----------------------------------------------------------------------------------------


def _tuples(
    scope: Scope, node: Node, parts: list[Node], kinds: Sequence[Type]
) -> Iterator[Reading]:
    """A tuple: a list, brackets, a column; each part maybe with its label."""
    count = len(kinds)
    if len(parts) == 1:
        return _one_tuple(scope, parts[0], kinds)
    if len(parts) != count:
        raise scope.error(node, f"expected {count} values, found {len(parts)}")
    return _joined(scope, _ordered(scope, parts), kinds)


def _one_tuple(scope: Scope, node: Node, kinds: Sequence[Type]) -> Iterator[Reading]:
    last = node.children[-1] if node.kind == "relation" else node
    parts = _parts(last) or (_for_each_index(node, len(kinds)) if last is not node else None)
    if parts is not None and len(parts) == len(kinds):
        return _joined(scope, _ordered(scope, parts), kinds)
    vector = next(
        (one for one in scope.values(last) if one.type == Array((len(kinds),))), None
    ) if parts is None else None  # fmt: skip
    if vector is None:
        found = len(parts) if parts else 1
        raise scope.error(node, f"expected {len(kinds)} values, found {found}")
    row = [applied("entry", vector, number(place)) for place in range(1, len(kinds) + 1)]
    return iter([Reading(_tuple(row))])


def _joined(scope: Scope, parts: list[Node], kinds: Sequence[Type]) -> Iterator[Reading]:
    chains = [_chain(scope, part, kind) for part, kind in zip(parts, kinds, strict=True)]
    longest = max(map(len, chains))
    earlier = [
        _tuple([chain[min(place, len(chain) - 1)][0] for chain in chains])
        for place in range(longest - 1)
    ]
    for row in product(*(chain[-1] for chain in chains)):
        yield Reading(_tuple(row), tuple(dict.fromkeys((*earlier, _tuple(row)))))


def _tuple(row: Sequence[Meaning]) -> Term:
    return Apply("tuple", tuple(one.term for one in row))


def _parts(node: Node) -> list[Node] | None:
    """What is listed between brackets, in a column or side by side."""
    if node.kind == "sequence":
        return list(node.children)
    if node.kind == "scripts" and key(node.children[2]) in ("T", "top", "prime"):
        return _parts(node.children[0])
    if node.kind == "group":
        inner = node.children
        return _parts(inner[0]) if len(inner) == 1 else list(inner)
    if node.kind == "matrix":
        return [cell for row in node.children for cell in row.children]
    return None


def _for_each_index(node: Node, count: int) -> list[Node] | None:
    """``\\lambda_k = 1/(2 \\sigma_k)`` for every k."""
    label = node.children[0]
    if label.kind != "scripts":
        return None
    index = key(label.children[1])
    if len(index) != 1 or not index.isalpha():
        return None
    return [with_index(node, index, place) for place in range(1, count + 1)]


def _ordered(scope: Scope, parts: list[Node]) -> list[Node]:
    """Parts with labels in the order of what they label."""
    wanted = _component_keys(scope)
    labels = [key(part.children[0]) if part.kind == "relation" else "" for part in parts]
    places = [wanted.get(label, -1) for label in labels]
    if sorted(places) != list(range(len(parts))):
        places = [_numbered(label) for label in labels]
    if -1 in places or len(set(places)) < len(places):
        return parts
    return [parts[place] for place in sorted(range(len(parts)), key=places.__getitem__)]


def _numbered(label: str) -> int:
    """The number in a label, -1 where there is none or there are several."""
    numbers = re.findall(r"[0-9]+", label)
    return int(numbers[0][:3]) if len(numbers) == 1 else -1


def _component_keys(scope: Scope) -> dict[str, int]:
    """The spellings of the components' names, where the question defines a tuple of names."""
    match scope.context.formula.claim.defined:
        case Apply("tuple" | "vector", parts):
            names = [part.name if isinstance(part, Name) else "" for part in parts]
        case _:
            return {}
    return {
        spelled: names.index(symbol.name)
        for spelled, symbols in scope.context.table.plain.items()
        for symbol in symbols
        if symbol.name in names
    }


# multisets --------------------------------------------------------------------------------------


def _collections(scope: Scope, node: Node, parts: list[Node]) -> Iterator[Reading]:
    """A multiset: a list in any order, with multiplicities and paired signs."""
    reference = scope.context.formula.claim.closed_form
    head = reference.head if isinstance(reference, Apply) else "multiset"
    chains: list[list[tuple[Meaning, ...]]] = []
    for part in _under_one_label(parts):
        for member, times in _members(scope, part):
            chains += [_chain(scope, member, COMPLEX)] * times
    longest = max(map(len, chains), default=1)
    earlier = [
        Apply(head, tuple(chain[min(place, len(chain) - 1)][0].term for chain in chains))
        for place in range(longest - 1)
    ]
    for row in product(*(chain[-1] for chain in chains)):
        for one in row:
            if not is_number(one):
                raise scope.error(node, f"expected numbers, found {describe(one.type)}")
        whole = Apply(head, tuple(one.term for one in row))
        yield Reading(whole, tuple(dict.fromkeys((*earlier, whole))))


def _members(scope: Scope, node: Node) -> Iterator[tuple[Node, int]]:
    """The members with their multiplicities."""
    if node.kind == "where":
        times = max(map(_multiplicity, node.children[1:]), default=1)
        for member, count in _members(scope, node.children[0]):
            yield member, count * times
        return
    if node.kind == "relation":
        *front, last = node.children
        if _parts(last) is None:
            values = _signs(node)
            labels = sum(_labelled(part) for part in front if is_name(part))
            # one label for a pair of signs; two labels share them, or both stand for each value
            times = labels // len(values) if labels > 1 and labels % len(values) == 0 else labels
            if labels > 1 and times * len(values) != labels:
                raise scope.error(node, f"expected {labels} values, found {len(values)}")
            yield from ((one, max(times, 1)) for one in values)
            return
        for part in front:
            if step(scope, part) is not None:
                raise scope.error(part, f"expected a name, found {scope.excerpt(part)}")
        yield from _members(scope, last)
        return
    parts = (_parts(node) if node.kind != "scripts" else None) or _scaled(node)
    for part in parts or ():
        if part.kind != "words":
            yield from _members(scope, part)
    if parts is None:
        for variant in _signs(node):
            yield variant, 1


def _under_one_label(parts: list[Node]) -> list[Node]:
    """``\\lambda_{1,2,3} = a, b, c``: the label in front names the whole list."""
    if len(parts) < 2 or [part.kind == "relation" for part in parts].count(True) != 1:
        return parts
    first, *others = parts
    if first.kind != "relation":
        return parts
    *labels, value = first.children
    listed = [value, *others]
    if len(labels) == 1 and _labelled(labels[0]) == sum(len(_signs(one)) for one in listed) > 1:
        return listed
    return parts


def _labelled(label: Node) -> int:
    """How many members a label names: two are ``\\lambda_{1,2}``."""
    if label.kind == "scripts" and label.children[1].kind in ("sequence", "group"):
        return max(len(label.children[1].children), 1)
    return 1


def _scaled(node: Node) -> list[Node] | None:
    """``\\frac12 \\{-1, i, -i\\}``: a list with a factor."""
    if node.kind not in ("juxtapose", "multiply"):
        return None
    lists = [part for part in node.children if part.kind == "group" and len(part.children) > 1]
    if len(lists) != 1:
        return None
    place = node.children.index(lists[0])
    before, after = node.children[:place], node.children[place + 1 :]
    return [replace(node, children=(*before, one, *after)) for one in lists[0].children]


_TIMES = {"twice": 2, "double": 2, "two": 2, "2": 2, "thrice": 3, "triple": 3, "three": 3, "3": 3}


def _multiplicity(node: Node) -> int:
    """How often words say that a value counts; 1 where they do not."""
    said = [word for part in walk(node) if part.kind == "words" for word in _words(part)]
    return max((_TIMES.get(word, 1) for word in said), default=1)


def _words(node: Node) -> list[str]:
    """What was said, without LaTeX's braces: "2x" is 2 times, too."""
    return re.findall(r"[a-z]{2,}|[0-9]+", node.value.lower())


def _signs(node: Node) -> list[Node]:
    """The two values that a paired sign stands for, or the one there is."""
    if not any(part.kind == "plus_minus" for part in walk(node)):
        return [node]
    return [_signed(node, upper) for upper in (True, False)]


def _signed(node: Node, upper: bool) -> Node:
    children = tuple(_signed(part, upper) for part in node.children)
    if node.kind != "plus_minus":
        return replace(node, children=children) if children else node
    if (node.value == "pm") == upper:
        return children[0]
    return Node("negative", "", children, node.start, node.end)
