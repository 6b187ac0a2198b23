"""An answer taken apart: what is handed in, the abbreviations in it, the conditions beside it.

Nothing that is said beside an answer is dropped unless it cannot matter: the range of an index, the
law of a draw as the question has it, a definition of a name that nothing uses. Every other formula
is a condition, and words with a meaning are kept as remarks. Of a deduction, what is concluded is
the answer; an earlier statement of the same quantity, or of none, is an earlier form of it, and
must be right too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grading.reading.errors import ReadError
from grading.reading.labels import is_name
from grading.reading.nodes import NOTHING, Node, walk
from grading.reading.scope import Context, Own
from grading.reading.spellings import indices, key
from language.types import INTEGER, Array

__all__ = ["Answer", "own_names", "taken_apart"]

_NAMES = frozenset(("name", "styled", "accent"))
_EQUALITIES = frozenset(("equal", "defined"))
_DEDUCTIONS = frozenset(("implies", "equivalent"))
_STEPS = frozenset(("approximately", *_DEDUCTIONS))
#: Letters that usually count something.
_INDICES = frozenset("ijklnmr")


@dataclass(slots=True)
class Answer:
    """An answer taken apart.

    Attributes:
        parts: what is handed in: one formula, or the members of a list.
        own: the student's abbreviations by the keys they are found under.
        conditions: statements made beside the answer.
        remarks: words beside the answer that have a meaning.
        reasons: equations that are given as a reason.
    """

    text: str
    parts: list[Node]
    own: dict[str, tuple[Own, ...]] = field(default_factory=dict)
    conditions: list[Node] = field(default_factory=list)
    remarks: list[Node] = field(default_factory=list)
    reasons: list[Node] = field(default_factory=list)

    def error(self, node: Node, problem: str, suggestion: str = "") -> ReadError:
        """An error at a node."""
        return ReadError(self.text, node.start, node.end, problem, suggestion)


def taken_apart(text: str, node: Node, context: Context, wanted: int) -> Answer:
    """The parts of an answer of ``wanted`` values, and what is said beside them.

    Raises:
        ReadError: something is said beside them that cannot be understood.
    """
    answer = Answer(text, [])
    _place(answer, node, context)
    if len(answer.parts) not in (1, wanted):
        _set_apart(answer, context, wanted if len(answer.parts) > wanted else 1)
    _check_used(answer, context)
    return answer


def _place(answer: Answer, node: Node, context: Context) -> None:
    """Put a node among the parts, or what it says beside them."""
    node = _concluded(_without_condition(answer, node))
    if node.kind == "where":
        _place(answer, node.children[0], context)
        for place, remark in enumerate(node.children[1:]):
            said = node.separators[place] if node.separators else ""
            if said == "because":
                answer.reasons.append(remark)
            else:
                _note(answer, remark, context, limits=said == "if")
        return
    if node.kind != "sequence":
        answer.parts.append(node)
        return
    counting = False
    for part in node.children:
        if _is_range(part, context):
            counting = True
        elif counting and part.kind in ("number", "name"):
            continue  # the 2, ..., n after "i = 1"
        elif _is_beside(part):
            _note(answer, part, context)
        else:
            counting = False
            _place(answer, part, context)


def _concluded(node: Node) -> Node:
    """What is deduced at the end of ``A \\Rightarrow B``, after earlier forms of the same."""
    if node.kind != "relation" or not _DEDUCTIONS.issuperset(node.value.split()):
        return node
    *steps, last = node.children
    whole = last.children if last.kind == "relation" else (last,)
    if last.kind == "relation" and not _EQUALITIES.issuperset(last.value.split()):
        return last
    label = key(whole[0]) if len(whole) > 1 else ""
    earlier = [form for step in steps for form in _forms(step, label)]
    if not earlier:
        return last
    front, rest = (whole[:1], whole[1:]) if len(whole) > 1 else ((), whole)
    forms = (*front, *earlier, *rest)
    names = " ".join(["equal"] * (len(forms) - 1))
    return Node("relation", names, forms, node.start, last.end)


def _forms(step: Node, label: str) -> tuple[Node, ...]:
    """What a step says of the quantity that the conclusion is about."""
    if step.kind != "relation":
        return (step,)
    if not _EQUALITIES.issuperset(step.value.split()) or key(step.children[0]) != label:
        return ()
    return step.children[1:]


def _without_condition(answer: Answer, node: Node) -> Node:
    """``a (b > 0)`` without what stands in the brackets at its end."""
    children = node.children
    if node.kind == "juxtapose" and _is_statement_in_brackets(children[-1]):
        answer.conditions.extend(children[-1].children)
        if len(children) == 2:
            return children[0]
        return Node(node.kind, node.value, children[:-1], node.start, children[-2].end)
    if node.kind in ("relation", "divide", "add", "negative") and children:
        last = _without_condition(answer, children[-1])
        if last is not children[-1]:
            parts = (*children[:-1], last)
            return Node(node.kind, node.value, parts, node.start, last.end, node.separators)
    return node


def _is_statement_in_brackets(node: Node) -> bool:
    return (
        node.kind == "group"
        and node.value == "()"
        and bool(node.children)
        and all(part.kind == "relation" for part in node.children)
    )


def _is_beside(node: Node) -> bool:
    """Whether a part of a list is no value: a law of a draw, an inequality, words."""
    if node.kind == "words":
        return True
    if node.kind == "group" and node.value == "()" and node.children:
        return node.children[0].kind == "relation" and _is_beside(node.children[0])
    operators = set(node.value.split())
    return node.kind == "relation" and not operators <= {*_EQUALITIES, *_STEPS}


def _is_range(node: Node, context: Context) -> bool:
    """``j = 1, ..., m``: which values an index takes."""
    if node.kind == "group" and node.children:
        node = node.children[0]
    if node.kind != "relation" or not node.children:
        return False
    spelled = key(node.children[0])
    last = node.children[-1]
    if last.kind == "relation" or not _may_be_counted(node):
        return False
    symbols = context.table.plain.get(spelled, ())
    if symbols and symbols[0].name in context.allowed and symbols[0].type != INTEGER:
        return False
    if last.kind == "number" and any(_is_size(symbol.name, context) for symbol in symbols):
        return False  # n = 1: one size is a restriction
    return spelled in _INDICES or any(symbol.type == INTEGER for symbol in symbols)


def _is_size(name: str, context: Context) -> bool:
    return any(
        isinstance(symbol.type, Array) and name in symbol.type.shape
        for symbol in context.formula.claim.notation
    )


def _may_be_counted(node: Node) -> bool:
    if "element" in node.value:
        return True
    return all(
        part.kind in ("number", "name", "sequence", "group", "words") for part in node.children[1:]
    )


def _note(answer: Answer, remark: Node, context: Context, *, limits: bool = False) -> None:
    """A remark: an abbreviation, a condition, or words.

    Args:
        answer: what the remark is noted in.
        remark: the remark.
        context: the question.
        limits: whether it says when the answer holds: then it is no abbreviation.
    """
    if remark.kind in ("sequence", "where") or (
        remark.kind == "group" and len(remark.children) == 1
    ):
        for part in remark.children:
            _note(answer, part, context, limits=limits)
        return
    if remark.kind == "words":
        answer.remarks.append(remark)
    if remark.kind != "relation" or (not limits and _is_range(remark, context)):
        return
    if "follows" in remark.value.split():
        _check_draw(answer, remark, context)
    elif remark.children[-1].kind == "words" and is_name(remark.children[0]):
        _check_description(answer, remark, context)
    elif limits or not _abbreviate(answer, remark, context):
        answer.conditions.append(remark)


def _check_description(answer: Answer, remark: Node, context: Context) -> None:
    """``sigma is the variance`` must be the question's convention, where it has one.

    Raises:
        ReadError: it is another, or no convention.
    """
    name, said = remark.children[0], set(remark.children[-1].value.lower().split())
    squared = name.kind == "scripts" and key(name.children[2]) == "2"
    formula = context.formula
    if said & {"variance", "variances"}:
        spread = "deviation" if squared else "variance"
    elif said & {"deviation", "deviations"} and not squared:
        spread = "deviation"
    else:
        raise answer.error(remark, "expected a condition or an abbreviation", "write a formula")
    asked = "variance" if "variances" in formula.asks else ""
    if any("is the variance" in variation.words for variation in formula.variations) or (
        "standard deviations" in formula.asks
    ):
        asked = "deviation"
    if asked and spread != asked:
        raise answer.error(remark, "expected the question's convention, found another")


def _check_draw(answer: Answer, remark: Node, context: Context) -> None:
    """The law of a draw is the question's: noise that an answer may use is standard normal."""
    drawn, law = remark.children[0], remark.children[-1]
    symbols = context.table.plain.get(key(drawn), ())
    if not symbols or symbols[0].name not in context.allowed or law.kind != "juxtapose":
        return
    group = law.children[-1]
    standard = group.kind == "group" and [key(part) for part in group.children[-2:]]
    if key(law.children[0]) not in ("N", "Normal", "normal"):
        if key(law.children[0]) in _OTHER_LAWS:
            raise answer.error(remark, "expected the question's law of what is drawn")
    elif standard and (not _ZERO.fullmatch(standard[0]) or not _UNIT.fullmatch(standard[1])):
        raise answer.error(remark, "expected the question's law of what is drawn")


_OTHER_LAWS = frozenset(("U", "Uniform", "Unif", "Bernoulli", "Laplace", "Exp", "Cauchy", "t"))
_ZERO = re.compile(r"0(_[A-Za-z0-9]+)?|zeros.*")
_UNIT = re.compile(r"1|(I|Id|1|eye|Eye|mathbbm)(_[A-Za-z0-9]+)?|I\([A-Za-z]\)|1\^2")


def _check_used(answer: Answer, context: Context) -> None:
    """An abbreviation of a name that the question has and that nothing uses is a condition.

    Raises:
        ReadError: there is one: ``\\log 2`` where p = q.
    """
    if not answer.own:
        return
    table = context.table
    bodies = [found.body for owned in answer.own.values() for found in owned]
    used = {key(here) for body in (*answer.parts, *bodies) for here in walk(body)}
    for spelled, owned in answer.own.items():
        symbols = table.plain.get(spelled, ())
        if not symbols or spelled in used or symbols[0].name in context.allowed:
            continue
        if symbols[0].definition is not None:
            continue  # the question defines it, too
        raise answer.error(
            owned[0].body, f"expected an answer without a condition on {spelled}",
            "leave out what the answer does not use",
        )  # fmt: skip


def _set_apart(answer: Answer, context: Context, wanted: int) -> None:
    """Abbreviations among the parts: those that define a name that another part uses."""
    for part in list(answer.parts):
        if len(answer.parts) == wanted:
            return
        if part.kind != "relation":
            continue
        names = {spelled for name in _defined(part) for spelled, _ in own_names(name, part)}
        others = [other for other in answer.parts if other is not part]
        if names and _uses(others, names) and _abbreviate(answer, part, context):
            answer.parts.remove(part)


def _uses(parts: Sequence[Node], names: set[str]) -> bool:
    """Whether a part uses one of the names, its own label aside."""
    bodies = [
        child
        for part in parts
        for child in (part.children[1:] if part.kind == "relation" else (part,))
    ]
    return any(key(here) in names for body in bodies for here in walk(body))


def _defined(relation: Node) -> list[Node]:
    """What stands in front of the first expression of a chain that is no name."""
    found = []
    for part in relation.children[:-1]:
        if not own_names(part, part):
            break
        found.append(part)
    return found


def _abbreviate(answer: Answer, remark: Node, context: Context) -> bool:
    """Note an abbreviation, where the remark is one."""
    if not set(remark.value.split()) <= _EQUALITIES:
        return False
    names = _defined(remark)
    if not names:
        return False
    for name in names:
        symbols = context.table.plain.get(key(name), ())
        if symbols and symbols[0].name in context.allowed and symbols[0].definition is None:
            return False
    body = remark.children[len(names)]
    if len(remark.children) > len(names) + 1:
        raise answer.error(remark, "expected one definition, found a chain", "define it once")
    for name in names:
        for spelled, own in own_names(name, body):
            known = answer.own.get(spelled, ())
            if any(
                other.parameters == own.parameters and key(other.body) != key(body)
                for other in known
            ):
                raise answer.error(remark, f"expected one definition of {spelled}, found a second")
            answer.own[spelled] = (*known, own)
    return True


# names ------------------------------------------------------------------------------------------


def own_names(name: Node, body: Node) -> list[tuple[str, Own]]:
    """The keys under which an abbreviation is found; nothing where it names nothing."""
    if name.kind in _NAMES:
        return [(key(name), Own((), False, False, body))]
    if name.kind == "juxtapose" and len(name.children) == 2:
        return _own_function(*name.children, body)
    if name.kind == "scripts" and name.children[0].kind in _NAMES:
        found = [(key(name), Own((), False, False, body))]
        base, places = _indexed_base(name)
        if places:
            found.append((base, Own(places, True, False, body)))
        return found
    return []


def _own_function(head: Node, group: Node, body: Node) -> list[tuple[str, Own]]:
    """``\\gamma_j(w) = ...``: a function of its index and of what stands in its brackets."""
    if group.kind != "group" or not all(is_name(part) for part in group.children):
        return []
    base, places = _indexed_base(head)
    if not base:
        return []
    arguments = tuple(key(part) for part in group.children)
    found = [(base, Own((*places, *arguments), bool(places), False, body))]
    # The bare name means the function at its own argument.
    bare = Own(places, bool(places), False, body)
    return [*found, (base, bare)]


def _indexed_base(node: Node) -> tuple[str, tuple[str, ...]]:
    """A name without the indices that it is defined for, and these."""
    if node.kind in _NAMES:
        return key(node), ()
    if node.kind != "scripts" or node.children[0].kind not in _NAMES:
        return "", ()
    base, below, above = node.children
    places = tuple(key(part) for part in indices(below)) if below else ()
    if places and all(len(place) == 1 and place.isalpha() for place in places) and not above:
        if node.value:
            base = Node("scripts", node.value, (base, NOTHING, NOTHING), base.start, base.end)
        return key(base), places
    return key(node), ()
