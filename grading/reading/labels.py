"""What stands in front of an answer: labels, which are skipped, and steps, which must be right.

In ``\\lambda = \\ldots`` or ``\\frac{\\partial R}{\\partial w_i} = \\ldots`` the left side is a
label, in ``-\\sum_i \\log p(w_i) = \\ldots`` it is a step. A fair and strict teacher passes over

- a name that the question does not have (``C``, ``\\hat y``, ``z_j``), and such a name at its
  arguments (``V(D, G)``);
- the quantity that is asked for, by its name or as the question defines it;
- the operators of the question on what it does not name: a derivative of ``R``, a mean of ``L``;
- a step that cannot be read because it uses names of the student's own under an operator.

He reads, and holds the student to it,

- whatever says something with the question's own names, whether an answer may use them or not.

And he hands back

- an equation for the quantity (``2\\lambda = \\ldots``, ``\\log\\lambda = \\ldots``), to be solved;
- the name of another quantity (``KL`` where the JSD is asked for, ``R(w)`` where ``\\lambda`` is).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from grading.items import UNEVALUATED, Formula
from grading.reading.errors import ReadError
from grading.reading.functionals import DIVERGENCES
from grading.reading.nodes import Node, walk
from grading.reading.scope import Scope, context_of
from grading.reading.shapes import Meaning
from grading.reading.spellings import key
from language.claims import Equality
from language.terms import Apply, Bind, Name, Term, free_names, same, walk as subterms

__all__ = ["is_label", "is_name", "opened", "step"]

_NAMES = frozenset(("name", "styled", "accent"))
_OPERATORS = frozenset(("expect", "integral", "sum", "product", "extremum"))
_DIFFERENTIALS = frozenset(("partial", "d", "nabla", "D"))
_DIVERGING = frozenset(DIVERGENCES.values())
#: How a question's words name the divergence that is asked for.
_ASKED = {"JSD": "jsd", "Jensen": "jsd", "KL": "kl", "Kullback": "kl", "Pearson": "chi_square"}
#: Words that change what they label.
_CHANGING = frozenset(
    "opposite negative minus inverse reciprocal square squared root half twice double third not"
    " wrong except negation complement logarithm exponent power roughly approximately about"
    .split()
)  # fmt: skip


def is_name(node: Node) -> bool:
    """Whether a node is a name, maybe with scripts."""
    return node.kind in _NAMES or (node.kind == "scripts" and is_name(node.children[0]))


def is_call(node: Node) -> bool:
    """Whether a node is a name at its arguments."""
    return (
        node.kind == "juxtapose" and len(node.children) == 2
        and is_name(node.children[0]) and _without_scripts(node.children[1]).kind == "group"
    )  # fmt: skip


def is_label(node: Node) -> bool:
    """Whether a node can label an answer: a name, or a name at its arguments."""
    return is_name(node) or is_call(node)


def _without_scripts(node: Node) -> Node:
    return node.children[0] if node.kind == "scripts" else node


def step(scope: Scope, node: Node) -> Meaning | None:
    """What a part of a chain that is no answer says, which must be right; None for a label.

    Raises:
        ReadError: it is neither.
    """
    if is_name(node) and _is_new(scope, node):
        _check_name(scope, node)
        return None
    if is_call(node) and _names_quantity(scope, node.children[0]):
        return None
    if _is_divergence_in_words(scope, node):
        return None
    found = _read_as_question(scope, node)
    if found is None:
        _check_label(scope, node)
        return None
    if _is_quantity(scope, found.term):
        return None
    quantities = _quantities(scope.context.formula)
    if free_names(found.term) & quantities:
        raise _unsolved(scope, node)
    return found


def _unsolved(scope: Scope, node: Node) -> ReadError:
    return scope.error(
        node, f"expected the answer, found an equation for {scope.excerpt(node)}",
        "solve it for what is asked",
    )  # fmt: skip


# what the question says of it -------------------------------------------------------------------


def _quantities(formula: Formula) -> frozenset[str]:
    """The names of what is asked for, where the question has one."""
    match formula.claim.defined:
        case Name(name):
            return frozenset((name,))
        case Apply("tuple" | "vector", parts):
            return frozenset(part.name for part in parts if isinstance(part, Name))
    return frozenset()


def _is_quantity(scope: Scope, term: Term) -> bool:
    """Whether a term is what is asked for, as the question says it."""
    defined = scope.context.formula.claim.defined
    if isinstance(term, Name) and term.name in _quantities(scope.context.formula):
        return True
    match defined:
        case Bind("argmax" | "argmin", variable, _, _) if term == Name(variable):
            return True
        case Apply("call" | "density", (Name(head), *_)) if term == Name(head):
            return True
    return same(term, defined)


@lru_cache(maxsize=512)
def _opened(formula: Formula) -> Formula:
    """The question with everything allowed that it has."""
    names = frozenset(symbol.name for symbol in formula.claim.notation)
    return replace(formula, names=names, heads=UNEVALUATED)


def opened(scope: Scope) -> Scope:
    """A scope in which everything may be used that the question has."""
    return Scope(
        context_of(_opened(scope.context.formula)), scope.rules, scope.budget, scope.bound,
        scope.ranges, scope.own,
    )  # fmt: skip


def _read_as_question(scope: Scope, node: Node) -> Meaning | None:
    """What a node says with the question's own names and operators; None if it says nothing."""
    try:
        return opened(scope).values(node)[0]
    except ReadError:
        return None


def _names_quantity(scope: Scope, node: Node) -> bool:
    symbols = scope.context.table.plain.get(key(node), ())
    return bool(symbols) and symbols[0].name in _quantities(scope.context.formula)


def _is_divergence_in_words(scope: Scope, node: Node) -> bool:
    """``JSD(p \\| q)`` where the question asks for it in words only, at a special case."""
    if not is_call(node):
        return False
    head = DIVERGENCES.get(key(node.children[0]), "")
    asked = (found for word, found in _ASKED.items() if word in scope.context.formula.asks)
    return head in asked and not _divergences(scope.context.formula)


# labels -----------------------------------------------------------------------------------------


def _is_new(scope: Scope, node: Node) -> bool:
    """Whether the question has no such name."""
    table = scope.context.table
    return key(node) not in table.plain and key(node) not in table.patterns


def _check_name(scope: Scope, node: Node) -> None:
    """A new name labels an answer, unless it is a power of the quantity or words that alter it."""
    spelled = key(node)
    if spelled.lower() in _CHANGING:
        raise scope.error(node, f"expected a formula, found the word {spelled}")
    if spelled in DIVERGENCES:
        _check_divergence(scope, node, DIVERGENCES[spelled])
    if any(part.kind == "accent" and part.value == "bar" for part in walk(node)) and (
        scope.context.formula.claim.equality is Equality.MULTISET
    ):
        raise scope.error(node, "expected a value, found a conjugate", "write each value out")
    if node.kind == "scripts" and key(node.children[0]) == "e" and node.children[2]:
        raise _unsolved(scope, node)
    if node.kind == "scripts" and node.children[2].kind in ("number", "negative", "divide"):
        claim = scope.context.formula.claim
        if claim.equality is Equality.MULTISET or _quantities(scope.context.formula):
            raise _unsolved(scope, node)


def _check_divergence(scope: Scope, node: Node, head: str) -> None:
    """The divergence that a label names must be the one that is asked for."""
    formula = scope.context.formula
    asked = _divergences(formula) or {
        found for word, found in _ASKED.items() if word in formula.asks
    }
    if asked and head not in asked:
        raise scope.error(node, f"expected another quantity than {scope.excerpt(node)}")


def _divergences(formula: Formula) -> set[str]:
    """The divergences in what is asked for."""
    return {
        part.head
        for part in subterms(formula.claim.defined)
        if isinstance(part, Apply) and part.head in _DIVERGING
    }


def _check_label(scope: Scope, node: Node) -> None:
    """Refuse what is no label: an equation for one, another quantity.

    Raises:
        ReadError: it is refused.
    """
    core, factor = _factored(node)
    if is_label(core):
        _check_call(scope, node, core, factor)
    elif _is_list(core):
        for part in _cells(core):
            _check_label(scope, part)
    elif _is_derivative(core):
        if factor != _sign(scope.context.formula.claim.defined):
            raise _unsolved(scope, node)
    elif not _has_operator(core) and not _is_function_of_label(scope, core, factor):
        raise _unsolved(scope, node)


def _check_call(scope: Scope, node: Node, core: Node, factor: Fraction) -> None:
    formula = scope.context.formula
    head = key(core.children[0] if is_call(core) else core)
    if head in DIVERGENCES and is_call(core):
        _check_divergence(scope, node, DIVERGENCES[head])
    elif is_name(core):
        _check_name(scope, core)
    elif _quantities(formula) and not _same_letter(scope, head):
        raise scope.error(node, f"expected another quantity than {scope.excerpt(node)}")
    if factor != _asked_factor(formula, key(core)):
        raise _unsolved(scope, node)


def _same_letter(scope: Scope, head: str) -> bool:
    """Whether a name begins with the letter of the quantity."""
    letters = re.match(r"[A-Za-z]*", head)
    assert letters is not None
    quantities = _quantities(scope.context.formula)
    return any(
        symbols[0].name in quantities and spelled.startswith(letters[0])
        for spelled, symbols in scope.context.table.plain.items()
    )


def _asked_factor(formula: Formula, spelled: str) -> Fraction:
    """The factor with which the question asks for a quantity: ``2 C(G)``."""
    front = formula.asks.partition(spelled)[0].split()
    asked = spelled in formula.asks and bool(front) and front[-1].isdigit()
    return Fraction(front[-1]) if asked else Fraction(1)


def _sign(term: Term) -> Fraction:
    match term:
        case Apply("negative", (_,)):
            return Fraction(-1)
    return Fraction(1)


def _factored(node: Node) -> tuple[Node, Fraction]:
    """A node without the number that it is multiplied by, and that number."""
    factor = Fraction(1)
    while True:
        match node.kind, node.children:
            case "negative", (inner,):
                node, factor = inner, -factor
            case "group", (inner,):
                node = inner
            case (("juxtapose" | "multiply"), (first, *rest)) if _value(first) is not None:
                factor *= _value(first) or Fraction(0)
                node = rest[0] if len(rest) == 1 else replace(node, children=tuple(rest))
            case "divide", (above, below) if _value(below):
                node, factor = above, factor / (_value(below) or Fraction(1))
            case _:
                return node, factor


def _value(node: Node) -> Fraction | None:
    """The number that a node is, written as a digit or as a fraction."""
    match node.kind, node.children:
        case "number", _ if node.value.isdigit():
            return Fraction(int(node.value[:9]))
        case "divide", (above, below):
            first, second = _value(above), _value(below)
            return first / second if first is not None and second else None
    return None


def _is_list(node: Node) -> bool:
    return node.kind == "matrix" or (
        _without_scripts(node).kind in ("group", "matrix") and len(list(_cells(node))) > 1
    )


def _cells(node: Node) -> Iterator[Node]:
    inner = _without_scripts(node)
    for part in inner.children:
        yield from part.children if part.kind == "row" else (part,)


def _is_derivative(node: Node) -> bool:
    """``\\partial R / \\partial w``, ``\\nabla L``, ``f''(y)``, ``\\frac{d}{ds} \\log s``."""
    first = node
    while first.kind in ("juxtapose", "divide", "multiply", "scripts") and first.children:
        if first.kind == "scripts" and first.value:
            return True  # a primed function
        first = first.children[0]
    if first.kind == "styled":
        first = first.children[0]
    if first.kind != "name" or first is node:
        return False
    value = first.value
    return value in _DIFFERENTIALS or (value[0] == "d" and node.kind in ("divide", "juxtapose"))


def _has_operator(node: Node) -> bool:
    """Whether there is a mean, an integral, a sum in it: a step that is written out."""
    return any(
        part.kind in _OPERATORS or (part.kind == "name" and part.value in ("E", "partial", "nabla"))
        for part in walk(node)
    )


def _is_function_of_label(scope: Scope, node: Node, factor: Fraction) -> bool:
    """``-\\log p(w)`` where minus a logarithm is asked for."""
    defined = scope.context.formula.claim.defined
    if factor != _sign(defined):
        return False
    if factor < 0 and isinstance(defined, Apply):
        defined = defined.args[0]
    return (
        node.kind == "function" and isinstance(defined, Apply) and defined.head == node.value
        and is_label(node.children[0])
    )  # fmt: skip
