"""Statements about unknowns: inequalities, intervals, points and sets of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from grading.reading.errors import ReadError
from grading.reading.labels import is_name
from grading.reading.nodes import Node
from grading.reading.scope import Own, Scope
from grading.reading.shapes import Meaning, Misfit, applied, is_number
from grading.reading.spellings import key
from language.notation import Symbol
from language.terms import Apply, Name, Term, free_names, lift, walk as subterms
from language.vocabulary import FALSE, INFINITY, TRUE

__all__ = ["is_statement", "statement", "unknowns_of"]

_ORDER = {
    "equal": "equal",
    "defined": "equal",
    "unequal": "unequal",
    "less": "less",
    "less_equal": "less_equal",
    "greater": "greater",
    "greater_equal": "greater_equal",
}
_INTERVALS = frozenset(("()", "[]", "[)", "(]", "][", "]]", "[["))


def is_statement(node: Node) -> bool:
    """Whether a node says that something holds."""
    return node.kind == "relation"


def unknowns_of(scope: Scope) -> tuple[str, ...]:
    """The names that the reference is about, in its order."""
    claim = scope.context.formula.claim
    free = free_names(claim.closed_form)
    match claim.closed_form:
        case Apply("equal", (Apply("tuple" | "vector", parts), _)):
            names = [part.name for part in parts if isinstance(part, Name)]
            if free <= set(names):
                return tuple(names)
    return tuple(symbol.name for symbol in claim.notation if symbol.name in free)


def statement(scope: Scope, node: Node) -> Term:
    """What a node says of the unknowns.

    Raises:
        ReadError: it says nothing of them.
    """
    return _Reader(_with_stars(scope)).said(node)


def _with_stars(scope: Scope) -> Scope:
    """Unknowns with a star are the unknowns: ``\\theta^* = 0`` at the solution."""
    notation = scope.context.formula.claim.notation
    meanings: dict[str, Meaning] = {}
    for name in unknowns_of(scope):
        for spelled in _spellings(scope, notation[name]):
            for star in ("*", "ast", "star"):
                meanings[f"{spelled}^{star}"] = Meaning(Name(name), notation[name].type)
    return scope.with_meanings(meanings)


def _spellings(scope: Scope, symbol: Symbol) -> Iterator[str]:
    for spelled, symbols in scope.context.table.plain.items():
        if symbols[0] == symbol:
            yield spelled


class _Reader:
    """Reads statements about the unknowns of one question."""

    __slots__ = ("names", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.names = unknowns_of(scope)

    def said(self, node: Node) -> Term:
        """The statement that ``node`` makes."""
        match node.kind:
            case "relation":
                return self.relation(node)
            case "sequence":
                return self.several(node)
            case "where":
                return self.conjunction(
                    [self.said(part) for part in node.children if part.kind != "words"]
                )
            case "words":
                return self.words(node)
            case "group":
                return self.group(node)
            case "union" | "intersection" | "difference":
                return self.combined(node, [self.said(part) for part in node.children])
            case "scripts" if key(node.children[2]) in ("T", "top", "2"):
                return self.said(node.children[0])
            case "matrix":
                cells = [cell for row in node.children for cell in row.children]
                return self.point(node, cells)
        if key(node) == "emptyset":
            return FALSE
        if key(node) == "origin":
            return self.at([lift(0)] * len(self.names))
        if len(self.names) == 1:
            return self.point(node, [node])
        raise self.scope.error(
            node, f"expected a condition, found {self.scope.excerpt(node)}", "write an inequality"
        )

    def several(self, node: Node) -> Term:
        reader, node = self.parametrized(node)
        if reader is not self:
            return reader.said(node)
        parts = [part for part in node.children if part.kind != "words"]
        if not any(part.kind in ("relation", "group", "sequence") for part in parts):
            return self.point(node, parts)
        said = [self.said(part) for part in parts]
        if "or" not in node.separators:
            return self.conjunction(said)
        joints = [{",": "and", ";": "and"}.get(one, one) for one in node.separators]
        unclear = len(joints) != len(said) - 1 or set(node.separators) - {"and", "or"}
        if unclear and set(joints) != {"or"}:
            raise self.scope.error(node, "expected one word between the conditions", "use brackets")
        # "and" binds what it joins before "or" does.
        options = [[said[0]]]
        for joint, one in zip(joints, said[1:], strict=False):
            if joint == "or":
                options.append([one])
            else:
                options[-1].append(one)
        return self.disjunction([self.conjunction(option) for option in options])

    def parametrized(self, node: Node) -> tuple[_Reader, Node]:
        """``w_1 = t, w_2 = 1/t`` without its first part, and a reader to which t is w_1."""
        for place, part in enumerate(node.children):
            if part.kind != "relation" or part.value != "equal" or len(node.children) < 2:
                continue
            name, parameter = part.children
            unknown = self.scope.context.table.plain.get(key(name), ())
            if not (unknown and unknown[0].name in self.names and is_name(parameter)):
                continue
            try:
                self.scope.values(parameter)
            except ReadError:
                meaning = Meaning(Name(unknown[0].name), unknown[0].type)
                rest = (*node.children[:place], *node.children[place + 1 :])
                joints = node.separators[: len(rest) - 1]
                kept = Node("sequence", "", rest, node.start, node.end, joints)
                return _Reader(self.scope.with_meanings({key(parameter): meaning})), kept
        return self, node

    def combined(self, node: Node, said: list[Term]) -> Term:
        """What holds in the union, the intersection, the difference of two sets."""
        if node.kind == "union":
            return self.disjunction(said)
        if node.kind == "difference":
            said = [said[0], Apply("negation", (said[1],))]
        return self.conjunction(said)

    def disjunction(self, parts: Sequence[Term]) -> Term:
        if TRUE in parts:
            return TRUE
        kept = [part for part in parts if part != FALSE] or [FALSE]
        return kept[0] if len(kept) == 1 else Apply("either", tuple(kept))

    def conjunction(self, parts: Sequence[Term]) -> Term:
        kept = [part for part in parts if part != TRUE]
        if not kept:
            return TRUE
        return kept[0] if len(kept) == 1 else Apply("both", tuple(kept))

    def words(self, node: Node) -> Term:
        if "origin" in node.value.lower().split():
            return self.at([lift(0)] * len(self.names))
        if node.value.lower().strip(" .") in ("none", "never", "empty"):
            return FALSE
        raise self.scope.error(node, "expected a condition, found words", "write a formula")

    # relations

    def relation(self, node: Node) -> Term:
        operators = node.value.split()
        parts = [_untransposed(part) for part in node.children]
        if operators == ["element"]:
            return self.membership(parts[0], parts[1])
        if operators == ["outside"]:
            return Apply("negation", (self.membership(parts[0], parts[1]),))
        if "implies" in operators or "equivalent" in operators:
            return self.chained(node, operators, parts)
        if all(operator in ("equal", "defined") for operator in operators):
            return self.equations(node, parts)
        pairs = zip(operators, parts[:-1], parts[1:], strict=True)
        return self.conjunction([self.compared(node, *pair) for pair in pairs])

    def chained(self, node: Node, operators: list[str], parts: list[Node]) -> Term:
        """``A \\Rightarrow B``: what is concluded."""
        return self.said(parts[-1])

    def compared(self, node: Node, operator: str, left: Node, right: Node) -> Term:
        if operator not in _ORDER:
            raise self.scope.error(node, "expected an equation or an inequality")
        if operator == "unequal" or operator == "equal":
            return self.equated(node, [left, right], _ORDER[operator])
        return self.compare(node, _ORDER[operator], left, right)

    def compare(self, node: Node, head: str, left: Node, right: Node) -> Term:
        first, second = self.number(left), self.number(right)
        if INFINITY in (first.term, second.term) and head in ("less", "less_equal", "greater"):
            return TRUE  # every number is finite
        try:
            whole = applied(head, first, second).term
        except Misfit as misfit:
            raise self.scope.misfit(node, misfit) from None
        return self.conjunction([whole, *self.domain(first, second)])

    def domain(self, *sides: Meaning) -> list[Term]:
        """What must not vanish for the sides to have values."""
        found: dict[Term, None] = {}
        for part in (part for side in sides for part in subterms(side.term)):
            match part:
                case Apply("divide", (_, below)) | Apply("power", (below, Apply("negative"))) if (
                    free_names(below)
                ):
                    found[Apply("unequal", (below, lift(0)))] = None
        return list(found)

    def number(self, node: Node) -> Meaning:
        for one in self.scope.values(node):
            if is_number(one):
                return one
        raise self.scope.error(node, f"expected a number, found {self.scope.excerpt(node)}")

    def equations(self, node: Node, parts: list[Node]) -> Term:
        """``a = b = 0``: all are equal; labels in front of a point or a set are left out."""
        last = parts[-1]
        if key(last) == "0" and all(map(_is_bold, parts)):
            return self.at([lift(0)] * len(self.names))
        if (
            _is_point(last)
            and len(last.children) == len(self.names)
            and not all(
                len(p.children) == len(last.children) and p.kind == "group" for p in parts[:-1]
            )
        ):
            return self.said(last)
        if last.kind == "group" and last.value == "{}":
            return self.said(last)
        if last.kind == "group" and last.value in ("[)", "(]"):
            return self.said(last)
        return self.equated(node, parts, "equal")

    def equated(self, node: Node, parts: list[Node], head: str) -> Term:
        if all(_is_point(part) for part in parts):
            columns = [
                [part.children[place] for part in parts] for place in range(len(parts[0].children))
            ]
            said = [self.equated(node, column, head) for column in columns]
            return self.conjunction(said) if head == "equal" else Apply("either", tuple(said))
        if len(parts) > 1 and _is_point(parts[0]) and not _is_point(parts[-1]):
            said = [self.compare(node, head, child, parts[-1]) for child in parts[0].children]
            return self.conjunction(said) if head == "equal" else Apply("either", tuple(said))
        pairs = itertools.pairwise(parts)
        return self.conjunction([self.compare(node, head, left, right) for left, right in pairs])

    # intervals, points and sets

    def membership(self, member: Node, container: Node) -> Term:
        """``x in [1, \\infty)``; membership in a whole space asks only for a real value."""
        if container.kind in ("union", "intersection", "difference"):
            said = [self.membership(member, part) for part in container.children]
            return self.combined(container, said)
        if (
            container.kind == "group"
            and container.value in _INTERVALS
            and len(container.children) == 2
        ):
            return self.interval(member, container)
        if key(container) in ("emptyset", "{}"):
            return FALSE
        if container.kind == "group" and container.value == "{}":
            if (
                not _is_point(member)
                and not any(map(_is_point, container.children))
                and not (any(part.kind == "relation" for part in container.children))
            ):
                options = [
                    self.equated(container, [member, part], "equal") for part in container.children
                ]
                return options[0] if len(options) == 1 else Apply("either", tuple(options))
            return self.said(container)
        if _is_space(container):
            return self.conjunction(
                [
                    duty
                    for part in (member.children if _is_point(member) else (member,))
                    for duty in self.in_space(self.number_or_point(part), container)
                ]
            )
        raise self.scope.error(container, "expected an interval or a set", "write [a, b)")

    def number_or_point(self, node: Node) -> Meaning | None:
        """A number; None for the name of a whole point, which a space may hold."""
        if len(self.names) > 1 and is_name(node):
            return None
        return self.number(node)

    def in_space(self, value: Meaning | None, container: Node) -> Iterator[Term]:
        """What must hold for a value to be a real number, a positive one."""
        base = container.children[0] if container.kind == "scripts" else container
        sign = _restriction(container)
        if value is None or key(base) in ("C", "complex"):
            return
        if key(base) not in ("R", "reals") or sign is None:
            raise self.scope.error(container, "expected an interval or a set", "write [a, b)")
        for part in subterms(value.term):
            match part:
                case Apply("sqrt", (inside,)):
                    yield Apply("less_equal", (lift(0), inside))
                case Apply("log", (inside,)):
                    yield Apply("less", (lift(0), inside))
        yield from self.domain(value)
        if sign:
            yield Apply(sign, (value.term, lift(0)))

    def interval(self, member: Node | None, container: Node) -> Term:
        left, right = container.children
        opening, closing = container.value[0], container.value[1]
        value = self.number(member) if member is not None else self.unknown()
        ends = self.number(left), self.number(right)
        said: list[Term] = []
        if ends[0].term not in (INFINITY, Apply("negative", (INFINITY,))):
            head = "less_equal" if opening == "[" else "less"
            said.append(Apply(head, (ends[0].term, value.term)))
        if ends[1].term != INFINITY:
            head = "less_equal" if closing == "]" else "less"
            said.append(Apply(head, (value.term, ends[1].term)))
        return self.conjunction(said)

    def unknown(self) -> Meaning:
        notation = self.scope.context.formula.claim.notation
        return Meaning(Name(self.names[0]), notation[self.names[0]].type)

    def group(self, node: Node) -> Term:
        """A point, an interval, or a set."""
        if node.value == "{}":
            return self.set(node)
        if len(node.children) == 1:
            return self.said(node.children[0])
        if any(part.kind == "relation" for part in node.children):
            return self.several(node)
        if len(self.names) == 1 and node.value in _INTERVALS and len(node.children) == 2:
            return self.interval(None, node)
        return self.point(node, node.children)

    def set(self, node: Node) -> Term:
        """``{(0, 0)}`` or ``{(w_1, w_2) : w_1 w_2 = 1}``."""
        for place, separator in enumerate(node.separators):
            if separator in (":", "|"):
                return self.built(node.children[: place + 1], node.children[place + 1 :])
        if all(part.kind == "relation" for part in node.children):
            return self.conjunction([self.said(part) for part in node.children])
        if all(_is_point(part) for part in node.children) or len(self.names) == 1:
            said = [
                self.point(part, part.children if _is_point(part) else [part])
                for part in node.children
            ]
            return said[0] if len(said) == 1 else Apply("either", tuple(said))
        return self.point(node, node.children)

    def built(self, members: Sequence[Node], conditions: Sequence[Node]) -> Term:
        """A set by its members' form and the conditions on them."""
        member = members[0]
        if member.kind == "relation" and member.value == "element":
            member = member.children[0]
        scope, said = self.scope, []
        parts = member.children if _is_point(member) else (member,)
        if len(parts) == 1 and len(self.names) > 1 and is_name(member):
            # {w : w_1 w_2 = 1}: the point as a whole.
            return self.conjunction([self.said(condition) for condition in conditions])
        if len(parts) != len(self.names):
            raise scope.error(member, f"expected {len(self.names)} coordinates")
        reader = self.with_parameters(parts)
        for name, part in zip(self.names, parts, strict=True):
            value = reader.number(part)
            if value.term != Name(name):
                said += [Apply("equal", (Name(name), value.term)), *self.domain(value)]
        said += [reader.said(condition) for condition in conditions]
        return self.conjunction(said)

    def with_parameters(self, parts: Sequence[Node]) -> _Reader:
        """A reader to which a coordinate that is a new name is the unknown in its place."""
        own: dict[str, tuple[Own, ...]] = dict(self.scope.own)
        meanings: dict[str, Meaning] = {}
        notation = self.scope.context.formula.claim.notation
        for name, part in zip(self.names, parts, strict=True):
            if part.kind in ("name", "styled", "scripts"):
                try:
                    self.scope.values(part)
                except ReadError:
                    meanings[key(part)] = Meaning(Name(name), notation[name].type)
        return _Reader(self.scope.with_own(own).with_meanings(meanings))

    def point(self, node: Node, values: Sequence[Node]) -> Term:
        if len(values) != len(self.names):
            raise self.scope.error(
                node, f"expected {len(self.names)} coordinates, found {len(values)}"
            )
        parts = [part.children[-1] if part.kind == "relation" else part for part in values]
        return self.at([self.number(part).term for part in parts])

    def at(self, values: Sequence[Term]) -> Term:
        """The unknowns have these values."""
        pairs = zip(self.names, values, strict=True)
        return self.conjunction([Apply("equal", (Name(name), value)) for name, value in pairs])


def _is_point(node: Node) -> bool:
    return node.kind == "group" and node.value == "()" and len(node.children) > 1


def _untransposed(node: Node) -> Node:
    """A point without its transpose."""
    if node.kind == "scripts" and key(node.children[2]) in ("T", "top"):
        return node.children[0]
    return node


def _is_bold(node: Node) -> bool:
    """Whether a node is written as a vector."""
    return (node.kind == "styled" and node.value == "bold") or (
        node.kind == "accent" and node.value == "vec"
    )


def _restriction(container: Node) -> str | None:
    """How the reals of ``\\mathbb{R}_{>0}`` are ordered to 0; None where that is not clear."""
    if container.kind != "scripts":
        return ""
    marks = [key(part) for part in container.children[1:] if part]
    known = {"+": "greater", "++": "greater", "+*": "greater", "-": "less"}
    if all(mark.isalnum() for mark in marks):
        return ""  # a power: the coordinates are real
    return known.get("".join(marks))


def _is_space(node: Node) -> bool:
    base = node.children[0] if node.kind == "scripts" else node
    return (base.kind == "styled" and base.value == "blackboard") or key(base) in ("R", "reals")
