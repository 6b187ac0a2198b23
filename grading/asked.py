r"""What a question asks for, and an answer may not leave standing: derivatives, extrema, variances.

In an answer these only restate the question, so the reader of answers has no rules for them. The
definitions of questions of one's own are read with the rules here besides. What could be meant in
two ways, as the end of what ``\arg\min_w`` or ``\frac{d}{da}`` governs, is to be put in brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from grading.items import Formula
from grading.reading.errors import ReadError
from grading.reading.meaning import RULES as OF_ANSWERS
from grading.reading.nodes import NOTHING, Node
from grading.reading.scope import Budget, Rule, Scope, context_of
from grading.reading.shapes import Meaning, Misfit, applied, combined, is_number, multiplied
from grading.reading.spellings import key
from language.notation import Symbol
from language.terms import Apply, Bind, Name, Term
from language.types import COMPLEX, REAL, Array, Scalar, describe
from language.vocabulary import INFINITY, number, spaces

__all__ = ["asking", "spectrum"]

_EXTREMA = {"max": "maximal", "min": "minimal", "argmax": "argmax", "argmin": "argmin"}
_VARIANCES = frozenset(("Var", "var", "V"))
_SPECTRA = frozenset(("eig", "eigenvalues", "spec"))


def asking(text: str, formula: Formula) -> Scope:
    """Where a definition begins, as ``meaning.scope_of`` says it of an answer."""
    return Scope(context_of(formula), RULES, Budget(text))


# derivatives ------------------------------------------------------------------------------------


def _juxtaposed(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """A product, in which a derivative is taken of all that stands behind its sign."""
    for place, part in enumerate(node.children):
        variables = _variables_of(scope, part)
        if variables:
            found = _derived(scope, part, variables, _product(node, place + 1, None))
        elif place + 1 < len(node.children) and _is_variance(part):
            found = _variance(scope, part, node.children[place + 1])
            if place + 2 < len(node.children):
                found = multiplied([found, scope.values(_product(node, place + 2, None))])
        else:
            continue
        return multiplied([scope.values(_product(node, 0, place)), found]) if place else found
    return OF_ANSWERS["juxtapose"](scope, node)


def _product(node: Node, start: int, end: int | None) -> Node:
    """Some of what stands side by side."""
    parts = node.children[start:end]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    return Node("juxtapose", "", parts, parts[0].start, parts[-1].end)


def _divide(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    r"""A quotient, or a derivative with what is differentiated above the line."""
    above, below = node.children
    variables = tuple(_differentials(scope, below))
    if variables and above.kind == "juxtapose" and _order(above.children[0]):
        _check_order(scope, node, above.children[0], variables)
        return _derived(scope, node, variables, _product(above, 1, None))
    if variables and _order(above):
        raise _nothing_behind(scope, node)
    if node.value:
        _check_closed(scope, above)
    return OF_ANSWERS["divide"](scope, node)


def _variables_of(scope: Scope, sign: Node) -> tuple[Node, ...]:
    r"""What ``\frac{d}{da}`` or ``\nabla_w`` differentiates in; nothing if it is no such sign."""
    if sign.kind == "scripts" and key(sign.children[0]) in ("nabla", "partial"):
        _, below, above = sign.children
        return (below,) if below and not above and not sign.value else ()
    if sign.kind != "divide" or not _order(sign.children[0]):
        return ()
    variables = tuple(_differentials(scope, sign.children[1]))
    if variables:
        _check_order(scope, sign, sign.children[0], variables)
    return variables


def _order(node: Node) -> int:
    """How often ``d`` or ``d^2`` differentiates; 0 if it is something else."""
    if node.kind == "scripts" and not node.children[1] and not node.value:
        base, _, above = node.children
        return int(above.value) if above.value in ("2", "3") and _order(base) else 0
    return int(node.kind in ("name", "styled") and key(node) in ("d", "partial"))


def _differentials(scope: Scope, node: Node) -> Iterator[Node]:
    r"""The variables of ``da``, ``\partial w_i``, ``da^2`` or ``\partial a \partial b``."""
    if node.kind == "juxtapose":
        signs, variables = node.children[::2], node.children[1::2]
        if len(signs) == len(variables) and all(_order(sign) == 1 for sign in signs):
            for variable in variables:
                yield from _repeated(variable)
        return
    base = node.children[0] if node.kind == "scripts" else node
    run = base.value if base.kind == "name" else ""
    if len(run) > 1 and run[0] == "d" and run not in scope.context.table.plain:
        variable = replace(base, value=run[1:], start=base.start + 1)
        if node.kind == "scripts":
            variable = replace(node, children=(variable, *node.children[1:]))
        yield from _repeated(variable)


def _repeated(variable: Node) -> tuple[Node, ...]:
    """A variable as often as its power says: twice for ``a^2``."""
    if variable.kind == "scripts" and variable.children[2].value in ("2", "3"):
        base, below, above = variable.children
        once = replace(variable, children=(base, below, NOTHING)) if below else base
        return (once,) * int(above.value)
    return (variable,)


def _check_order(scope: Scope, node: Node, sign: Node, variables: tuple[Node, ...]) -> None:
    """Refuse a derivative that is none, or of two orders."""
    bare = sign.children[0] if sign.kind == "scripts" else sign
    if bare == Node("name", "d", (), bare.start, bare.end) and "d" in scope.context.table.plain:
        raise scope.error(
            node,
            "d is a name of the question, so this may be a quotient",
            r"write \mathrm{d} or \partial in derivatives",
        )
    if _order(sign) != len(variables):
        raise scope.error(
            node,
            f"expected a derivative of one order, found {_order(sign)} above the line"
            f" and {len(variables)} below",
            "declare a name for the square, if the derivative is taken in that",
        )


def _derived(
    scope: Scope, node: Node, variables: tuple[Node, ...], body: Node
) -> tuple[Meaning, ...]:
    if not body:
        raise _nothing_behind(scope, node)
    found = scope.values(body)
    for variable in reversed(variables):
        in_what = scope.values(variable)
        found = combined([found, in_what], lambda one, other: [_derivative(node, one, other)])
    return found


def _derivative(node: Node, body: Meaning, variable: Meaning) -> Meaning:
    if not is_number(body):
        raise Misfit(f"expected a number to differentiate, found {describe(body.type)}", False)
    match variable.term:
        case Name() | Apply("entry", (Name(), *_)):
            terms = (body.term, variable.term)
        case _:
            raise Misfit("expected a name to differentiate in, or an entry of one", False)
    size = body.size + variable.size + 1
    if is_number(variable):
        kind = COMPLEX if body.type == COMPLEX else REAL
        return Meaning(Apply("derivative", terms), kind, size)
    if node.kind == "divide" or key(node.children[0]) == "partial":
        raise Misfit(r"a derivative in a vector may be a row or a column: write \nabla_w", False)
    return Meaning(Apply("gradient", terms), variable.type, size)


def _nothing_behind(scope: Scope, node: Node) -> ReadError:
    return scope.error(node, "expected something behind it that is differentiated")


# extrema and variances --------------------------------------------------------------------------


def _extremum(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    r"""``\arg\min_w ...``: over all values that the declared variable may have."""
    below, body = node.children
    declared = [one for one in scope.context.table.plain.get(key(below), ()) if scope.allows(one)]
    space = _space(declared[0]) if len(declared) == 1 else None
    if space is None:
        raise scope.error(
            node,
            f"expected under {node.value} the name of a number or a vector of the notation",
            f"declare it with its domain, and write only its name under {node.value}",
        )
    (symbol,) = declared
    head = _EXTREMA[node.value]
    inner, name = scope.bind(below, symbol.type)
    found = []
    for one in inner.values(body):
        if not is_number(one):
            raise Misfit(f"expected a number to compare, found {describe(one.type)}", False)
        kind = symbol.type if head.startswith("arg") else one.type
        found.append(Meaning(Bind(head, name, space, one.term), kind, one.size + 3))
    return tuple(found)


def _space(symbol: Symbol) -> Term | None:
    """What a variable runs through, if it is a real number or a vector."""
    lower, upper = symbol.domain.lower, symbol.domain.upper
    unbounded = lower is None and upper is None
    match symbol.type:
        case Scalar() as kind if kind == REAL:
            return spaces() if unbounded else Apply("interval", (_end(lower, -1), _end(upper, 1)))
        case Array((size,)) if unbounded:
            return spaces(size)
    return None


def _end(value: Fraction | None, sign: int) -> Term:
    if value is None:
        return INFINITY if sign > 0 else -INFINITY
    return number(value.numerator, value.denominator)


def _is_variance(node: Node) -> bool:
    return node.kind == "scripts" and key(node.children[0]) in _VARIANCES and not node.children[2]


def _variance(scope: Scope, sign: Node, body: Node) -> tuple[Meaning, ...]:
    r"""``\mathrm{Var}_{x \sim p}[...]``: read as the expectation, with another head."""
    expectation = Node("expect", "", (sign.children[1], body), sign.start, body.end)
    return tuple(
        replace(one, term=replace(one.term, head="variance"))
        for one in scope.read(expectation)
        if isinstance(one.term, Bind)
    )


# eigenvalues ------------------------------------------------------------------------------------


def spectrum(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """What ``\\operatorname{eig}(A)`` may mean; nothing if it is none."""
    if node.kind != "juxtapose" or len(node.children) != 2 or key(node.children[0]) not in _SPECTRA:
        return ()
    return combined([scope.values(node.children[1])], lambda one: [applied("eigenvalues", one)])


# where brackets are needed ----------------------------------------------------------------------


def _add(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    for part in node.children[:-1]:
        _check_closed(scope, part, ("extremum",))
    return OF_ANSWERS["add"](scope, node)


def _multiply(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    for part in node.children[:-1]:
        _check_closed(scope, part)
    return OF_ANSWERS["multiply"](scope, node)


def _check_closed(
    scope: Scope, node: Node, kinds: tuple[str, ...] = ("extremum", "derivative")
) -> None:
    """Refuse what might go on behind ``node``: only brackets say where it ends."""
    last = node
    while last.kind in ("juxtapose", "negative", "multiply"):
        if "derivative" in kinds and any(_variables_of(scope, part) for part in last.children):
            break
        last = last.children[-1]
    else:
        if last.kind != "extremum":
            return
    raise scope.error(
        node,
        f"expected brackets that show where {scope.excerpt(node)} ends",
        "put all of it in brackets, or what it is taken of",
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **OF_ANSWERS,
        "add": _add,
        "multiply": _multiply,
        "juxtapose": _juxtaposed,
        "divide": _divide,
        "extremum": _extremum,
    }
)
