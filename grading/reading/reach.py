"""How far a sum reaches: past a plus as long as a later term holds its index."""

from __future__ import annotations

from collections.abc import Iterator

from grading.reading.nodes import Node
from grading.reading.tokens import GREEK

__all__ = ["KNOWN", "absorbed"]

#: Words of several letters that are no product of letters.
KNOWN = GREEK | frozenset(
    "data model real fake dropout KL JS JSD new old prior post true std var ell eps logvar logstd"
    " gen disc opt enc dec infty ldots noise base flow mix latent train test drop ridge star"
    .split()
)  # fmt: skip


_OPEN_ENDED = frozenset(["sum", "product", "extremum"])
_LAST_OPEN = frozenset(["juxtapose", "multiply", "hadamard", "negative", "plus_minus", "divide"])


def _tail(node: Node) -> Iterator[Node]:
    """The node, its last open part, that one's last open part ..."""
    while True:
        yield node
        if node.kind in _OPEN_ENDED or node.kind in _LAST_OPEN:
            if node.kind == "divide" and node.value != "/":
                return
            node = node.children[-1]
        elif node.kind == "function" and node.children[0].kind != "group" and node.value != "sqrt":
            node = node.children[0]
        elif node.kind == "expect":
            node = node.children[1]
        else:
            return


def _indices(node: Node) -> set[str]:
    """The names that a sum, product or extremum binds."""
    pending = [node.children[0]]
    found: set[str] = set()
    while pending:
        here = pending.pop()
        if here.kind == "name":
            found.add(here.value)
        elif here.kind == "relation":
            if here.value.split()[0] in ("equal", "element"):
                pending.append(here.children[0])
            else:
                pending.extend(here.children)
        elif here.kind == "sequence":
            pending.extend(here.children)
        elif here.kind in ("scripts", "styled", "accent"):
            pending.append(here.children[0])
    found.discard("ldots")
    return found


def _free_names(node: Node) -> set[str]:
    """The names in a node that nothing in it binds; a run of letters counts for each of them."""
    found: set[str] = set()
    pending: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while pending:
        here, bound = pending.pop()
        if here.kind == "name":
            value = here.value
            if value not in bound:
                found.add(value)
                if len(value) > 1 and value not in KNOWN:
                    found.update(letter for letter in value if letter not in bound)
        elif here.kind in _OPEN_ENDED:
            inner = bound | _indices(here)
            pending.extend((child, inner) for child in here.children)
        else:
            pending.extend((child, bound) for child in here.children)
    return found


def absorbed(terms: list[Node]) -> list[Node]:
    """Terms with each open sum running on to the last later term that holds its index."""
    open_indices = [
        {name for part in _tail(term) if part.kind in _OPEN_ENDED for name in _indices(part)}
        for term in terms
    ]
    if not any(open_indices[:-1]):
        return terms
    last: dict[str, int] = {}
    for place, term in enumerate(terms):
        for name in _free_names(term):
            last[name] = place
    result: list[Node] = []
    place = 0
    while place < len(terms):
        term = terms[place]
        reach = max((last.get(name, -1) for name in open_indices[place]), default=-1)
        if reach > place:
            term = _extended(term, terms[place + 1 : reach + 1])
            place = reach
        result.append(term)
        place += 1
    return result


def _extended(term: Node, more: list[Node]) -> Node:
    """A term whose outermost open sum takes further terms into its body."""
    path = []
    for part in _tail(term):
        path.append(part)
        if part.kind in _OPEN_ENDED:
            break
    summed = path.pop()
    body = absorbed([summed.children[-1], *more])
    end = more[-1].end
    inside = body[0]
    if len(body) > 1:
        inside = Node("add", "", tuple(body), inside.start, end)
    node = _with_last(summed, inside, end)
    for part in reversed(path):
        node = _with_last(part, node, end)
    return node


def _with_last(node: Node, child: Node, end: int) -> Node:
    """The node with its open part replaced."""
    if node.kind == "function":
        children = (child, *node.children[1:])
    else:
        children = (*node.children[:-1], child)
    return Node(node.kind, node.value, children, node.start, end, node.separators)
