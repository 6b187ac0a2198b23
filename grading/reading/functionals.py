"""Laws, and what is made of them: divergences, entropies, expectations, integrals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

from grading.reading.errors import ReadError
from grading.reading.naming import is_parameter, parameter_at
from grading.reading.nodes import NOTHING, Node, walk
from grading.reading.scope import Scope
from grading.reading.shapes import (
    Meaning,
    Misfit,
    applied,
    bound,
    combined,
    distinct,
    is_number,
    literal,
    number,
    size_term,
)
from grading.reading.spellings import Pattern, key
from language.terms import Apply, Name, free_names
from language.types import INTEGER, REAL, Array, Function, Law, Scalar, Type
from language.vocabulary import INFINITY, spaces

__all__ = ["DIVERGENCES", "divergence", "expectation", "integral", "law_of", "normal_density"]

#: The keys of divergences and of the entropy, and the heads they stand for.
DIVERGENCES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "KL",
                "D_KL",
                "DKL",
                "D_kl",
                "d_KL",
                "D_K",
                "kl",
                "KLD",
                "D^KL",
                "KL_div",
                "Kl",
                "kld",
            ),
            "kl",
        ),
        **dict.fromkeys(
            ("JSD", "JS", "D_JS", "D_JSD", "DJS", "jsd", "js", "JSD_2", "D^JS", "DJSD"), "jsd"
        ),
        **dict.fromkeys(
            (
                "chi^2",
                "chi_Pearson^2",
                "D_chi^2",
                "chi2",
                "chi_2",
                "chi_P^2",
                "chi_pearson^2",
                "chi2_Pearson",
                "chisq",
                "chisquare",
                "chi2_pearson",
            ),
            "chi_square",
        ),
        **dict.fromkeys(("H", "h", "Ent", "entropy", "Entropy", "S"), "entropy"),
    }
)


# laws -------------------------------------------------------------------------------------------


def law_of(scope: Scope, node: Node) -> Meaning:
    """The law that stands where only a law can: a density at a variable is the law it belongs to.

    Raises:
        ReadError: it is no law.
    """
    terms = _mixture(scope, node, Fraction(1))
    if len(terms) == 1 and literal(terms[0][0].term) == 1:
        return terms[0][1]
    parts = [part for term in terms for part in term]
    return applied("mixture", *parts)


Weighted = tuple[Meaning, Meaning]


def _mixture(scope: Scope, node: Node, weight: Fraction) -> list[Weighted]:
    """Weights and laws of a combination such as ``(p + q)/2``."""
    law = _single(scope, node)
    if law is not None:
        return [(number(weight), law)]
    match node.kind:
        case "group" if len(node.children) == 1:
            return _mixture(scope, node.children[0], weight)
        case "styled":
            return _mixture(scope, node.children[0], weight)
        case "add":
            return [term for part in node.children for term in _mixture(scope, part, weight)]
        case "divide":
            value = _constant(scope, node.children[1])
            if value:
                return _mixture(scope, node.children[0], weight / value)
        case "multiply" | "juxtapose":
            constants, others = _constants(scope, node.children)
            if constants is not None and others:
                rest = others[0] if len(others) == 1 else Node("juxtapose", "", tuple(others),
                    others[0].start, others[-1].end)  # fmt: skip
                if len(others) < len(node.children):
                    return _mixture(scope, rest, weight * constants)
    raise scope.error(
        node, f"expected a distribution, found {scope.excerpt(node)}", "name one of the question's"
    )


def _constants(scope: Scope, parts: Sequence[Node]) -> tuple[Fraction | None, list[Node]]:
    product, others = Fraction(1), []
    for part in parts:
        value = _constant(scope, part)
        if value is None:
            others.append(part)
        else:
            product *= value
    return product, others


def _constant(scope: Scope, node: Node) -> Fraction | None:
    if node.kind not in ("number", "divide", "group"):
        return None
    if any(part.kind not in ("number", "divide", "group") for part in walk(node)):
        return None
    return literal(scope.values(node)[0].term)


def _single(scope: Scope, node: Node) -> Meaning | None:
    """One law: a name, maybe with a variable between brackets; or a normal law."""
    if node.kind in ("name", "scripts", "styled", "accent"):
        return _named_law(scope, node)
    if node.kind == "juxtapose" and len(node.children) in (2, 3):
        *_, head, group = node.children
        if len(node.children) == 3:
            head = parameter_at(scope, node.children, 0) or NOTHING
        if head and group.kind == "group" and group.value in ("()", "[]"):
            return _law_at(scope, head, group)
    return None


def _names(scope: Scope, node: Node) -> Iterator[tuple[str, bool]]:
    """The keys under which a law may be found; whether a subscript was left out."""
    spelled = key(node)
    yield spelled, False
    if spelled[0] in "PQ" and spelled not in scope.context.table.plain:
        # The measure P whose density is p.
        yield spelled[0].lower() + spelled[1:], False
    if node.kind == "scripts":
        base, below, above = node.children
        if below and is_parameter(below):
            yield key(Node("scripts", node.value, (base, NOTHING, above))), True


def _named_law(scope: Scope, node: Node) -> Meaning | None:
    for spelled, _ in _names(scope, node):
        here = scope.bound.get(spelled)
        if here is not None:
            return here if isinstance(here.type, Law) else None
        for own in scope.own.get(spelled, ()):
            without = {name: found for name, found in scope.own.items() if name != spelled}
            return law_of(scope.with_own(without), own.body)
        for symbol in scope.context.table.plain.get(spelled, ()):
            law = _as_law(scope, symbol.name)
            if law is not None:
                return law
        laws = [
            _as_law(scope, pattern.symbol.name)
            for pattern in scope.context.table.patterns.get(spelled, ())
            if isinstance(pattern.symbol.type, Law)
        ]
        known = [law for law in dict.fromkeys(laws) if law is not None]
        if len(known) == 1:
            return known[0]
    return None


def _as_law(scope: Scope, name: str) -> Meaning | None:
    """A symbol as a law: it is one, or it is the density of one."""
    notation = scope.context.formula.claim.notation
    symbol = notation[name]
    if isinstance(symbol.type, Law) and scope.allows(symbol):
        return Meaning(Name(name), symbol.type)
    match symbol.definition:
        case Apply("density", (Name(law), Name(point))) if symbol.parameters == (point,):
            if isinstance(notation[law].type, Law) and scope.allows(symbol):
                return Meaning(Name(law), notation[law].type)
    return None


def _law_at(scope: Scope, head: Node, group: Node) -> Meaning | None:
    if key(head) in ("N", "Normal", "normal") and len(group.children) == 2:
        return _normal(scope, group.children)
    for spelled, _ in _names(scope, head):
        patterns = [
            pattern
            for pattern in scope.context.table.patterns.get(spelled, ())
            if isinstance(pattern.symbol.type, Law) and scope.allows(pattern.symbol)
        ]
        for pattern in patterns:
            if _matches(pattern, group):
                return Meaning(Name(pattern.symbol.name), pattern.symbol.type)
        if len(group.children) == 1 and _is_variable(group.children[0]):
            plain = _named_law(scope, head)
            if plain is not None:
                return plain
    return None


def _matches(pattern: Pattern, group: Node) -> bool:
    if len(group.children) != len(pattern.parts):
        return False
    if not all(one in "|;" for one in group.separators):
        return False
    return all(
        key(part) == wanted if wanted else _is_variable(part)
        for part, wanted in zip(group.children, pattern.parts, strict=True)
    )


def _is_variable(node: Node) -> bool:
    return node.kind in ("name", "styled", "scripts", "accent", "nothing") or key(node) in (
        "cdot",
        "*",
        ".",
    )


def _variable_of(scope: Scope, node: Node) -> Node | None:
    """The variable that a law is written with: ``z`` of ``q(z|x)``."""
    if node.kind == "styled":
        return _variable_of(scope, node.children[0])
    if node.kind != "juxtapose" or len(node.children) != 2 or node.children[1].kind != "group":
        return None
    first = node.children[1].children[0]
    return first if first.kind in ("name", "styled", "scripts", "accent") else None


def _normal(scope: Scope, parts: Sequence[Node]) -> Meaning:
    scope.head(parts[0], "normal")
    means, spreads = (scope.values(part) for part in parts)
    return combined([means, spreads], lambda mean, spread: [_normal_law(mean, spread)])[0]


def _variances(spread: Meaning) -> list[Meaning]:
    """The variance that is meant: a bare sigma may be the variance or its root."""
    match spread.term:
        case Name(name) | Apply("entry", (Name(name), *_)) if name.startswith(("sigma", "tau")):
            return [spread, applied("power", spread, number(2))]
    return [spread]


def _normal_law(mean: Meaning, spread: Meaning) -> Meaning:
    if isinstance(spread.type, Array) and literal(mean.term) == 0:
        mean = applied("zeros", size_term(spread.type.shape[0]))
    return applied("normal", mean, spread)


def normal_density(scope: Scope, node: Node, group: Node) -> tuple[Meaning, ...]:
    """``N(x; \\mu, \\sigma^2)``: the normal density, its mean and its variance given."""
    scope.head(node, "normal")
    point, mean, spread = (scope.values(part) for part in group.children)
    spreads = [one for found in spread for one in _variances(found)]
    return combined(
        [point, mean, spreads],
        lambda x, mean, spread: [applied("density", _normal_law(mean, spread), x)],
    )


# divergences ------------------------------------------------------------------------------------


def divergence(scope: Scope, node: Node, head: str, group: Node) -> tuple[Meaning, ...]:
    """A divergence of two laws, or the entropy of one."""
    parts = _sides(group)
    wanted = 1 if head == "entropy" else 2
    if len(parts) != wanted:
        raise scope.error(
            node,
            f"expected {wanted} distribution{'s' if wanted > 1 else ''}"
            f" in {scope.excerpt(node)}, found {len(parts)}",
            "write KL(p \\| q)" if wanted == 2 else "write H(q)",
        )
    laws = [law_of(scope, part) for part in parts]
    scope.head(node, head)
    return (applied(head, *laws),)


def _sides(group: Node) -> tuple[Node, ...]:
    """What stands on the two sides of the bars."""
    if group.kind == "bars":
        return (group.children[0],)
    if "||" in group.separators and len(group.children) > 2:
        place = group.separators.index("||") + 1
        return tuple(_regrouped(group, start, stop) for start, stop in ((0, place), (place, None)))
    return group.children


def _regrouped(group: Node, start: int, stop: int | None) -> Node:
    parts = group.children[start:stop]
    if len(parts) == 1:
        return parts[0]
    return Node("sequence", "", parts, parts[0].start, parts[-1].end)


# expectations -----------------------------------------------------------------------------------


def expectation(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``\\mathbb{E}_{x \\sim p}[...]``, ``E_p[...]``, ``E_{q(z|x)}[...]``."""
    below, body = node.children
    if not below:
        raise scope.error(
            node, "expected the law of the expectation as its subscript", "write E_{x \\sim p}[...]"
        )
    parts = below.children if below.kind in ("sequence",) else (below,)
    return _expected(scope, node, parts, body)


def _expected(scope: Scope, node: Node, draws: Sequence[Node], body: Node) -> tuple[Meaning, ...]:
    draw, *others = draws
    variable, law = _draw(scope, draw)
    scope.head(node, "expectation")
    assert isinstance(law.type, Law)
    reason: ReadError | None = None
    for candidate in [variable] if variable is not None else _variables(scope, law.type, body):
        inner, name = scope.bind(candidate, law.type.element)
        try:
            found = _expected(inner, node, others, body) if others else inner.values(body)
        except ReadError as error:
            reason = reason or error
            continue
        return distinct(bound("expectation", name, law.term, one) for one in found)
    raise reason or scope.error(
        draw, "expected the variable that is drawn", "write E_{x \\sim p}[...]"
    )


def _draw(scope: Scope, draw: Node) -> tuple[Node | None, Meaning]:
    """The variable, where one is written, and the law it is drawn from."""
    if draw.kind == "relation" and draw.value in ("follows", "element"):
        return _bare(draw.children[0]), law_of(scope, draw.children[1])
    try:
        law = law_of(scope, draw)
    except ReadError:
        only = _only_law(scope, draw)
        if only is None:
            raise
        return draw, only
    return _variable_of(scope, draw), law


def _bare(variable: Node) -> Node:
    return variable.children[0] if variable.kind == "group" else variable


def _only_law(scope: Scope, variable: Node) -> Meaning | None:
    """The law of a declared variable that only one law is about."""
    for symbol in scope.context.table.plain.get(key(variable), ()):
        laws = [
            Meaning(Name(other.name), other.type)
            for other in scope.context.formula.claim.notation
            if other.type == Law(symbol.type) and scope.allows(other)
        ]
        if len(laws) == 1:
            return laws[0]
    return None


def _variables(scope: Scope, law: Law, body: Node) -> list[Node]:
    """The variables that a law without one may be about, those that occur in the body first."""
    occurring = {
        key(part): part
        for part in walk(body)
        if part.kind in ("name", "styled", "scripts", "accent")
    }
    declared = [
        spelled
        for spelled, symbols in scope.context.table.plain.items()
        for symbol in symbols
        if symbol.type == law.element
    ]
    used = [occurring[one] for one in declared if one in occurring]
    if used:
        return used
    return [Node("name", declared[0] if declared else "x", (), body.start, body.start)]


# integrals --------------------------------------------------------------------------------------


def integral(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """An integral over a space or between two numbers, its variable typed by its use."""
    lower, upper, body, differential = node.children
    scope.head(node, "integral")
    found: list[Meaning] = []
    reason: ReadError | None = None
    for variable in _integrated(scope, lower, body, differential):
        for kind in _kinds(scope, variable):
            try:
                domain = _domain(scope, lower, upper, kind, variable)
                inner, name = scope.bind(variable, kind)
                found.extend(
                    bound("integral", name, domain, one)
                    for one in inner.values(body)
                    if is_number(one)
                    and (name in free_names(one.term) or domain.head == "interval")
                )
            except (ReadError, Misfit) as error:
                if isinstance(error, ReadError):
                    reason = reason or error
            if found:
                return distinct(found)
    raise reason or scope.error(
        node, "expected an integral over a variable of the question", "write \\int ... dx"
    )


def _integrated(scope: Scope, lower: Node, body: Node, differential: Node) -> list[Node]:
    if differential:
        return [differential]
    if (
        lower
        and lower.kind in ("name", "styled", "accent")
        and len(key(lower)) == 1
        and key(lower).islower()
    ):
        return [lower]
    if lower and lower.kind == "relation" and lower.value == "element":
        return [lower.children[0]]
    elements = [
        symbol.type.element
        for symbol in scope.context.formula.claim.notation
        if isinstance(symbol.type, Law) and scope.allows(symbol)
    ]
    for element in dict.fromkeys(elements):
        return _variables(scope, Law(element), body)[:2]
    return []


def _kinds(scope: Scope, variable: Node) -> list[Type]:
    """The types that a variable of integration may have, that of its declaration first."""
    notation = scope.context.formula.claim.notation
    kinds: dict[Type, None] = {}
    for symbol in scope.context.table.plain.get(key(variable), ()):
        if isinstance(symbol.type, Scalar | Array) and symbol.type != INTEGER:
            kinds[symbol.type] = None
    for symbol in notation:
        if not scope.allows(symbol):
            continue
        match symbol.type:
            case Law(element):
                kinds[element] = None
            case Function(arguments):
                kinds.update(dict.fromkeys(one for one in arguments if one != INTEGER))
    kinds[REAL] = None
    return list(kinds)


def _domain(scope: Scope, lower: Node, upper: Node, kind: Type, variable: Node) -> Apply:
    if lower and upper and isinstance(kind, Scalar):
        ends = [scope.values(end)[0] for end in (lower, upper)]
        if _is_everything(ends):
            return _space(kind)
        return _interval(ends)
    if lower and upper and not _is_everything([scope.values(end)[0] for end in (lower, upper)]):
        raise scope.error(lower, "expected an integral over the whole space")
    return _space(kind)


def _is_everything(ends: Sequence[Meaning]) -> bool:
    return ends[0].term == Apply("negative", (INFINITY,)) and ends[1].term == INFINITY


def _interval(ends: Sequence[Meaning]) -> Apply:
    return Apply("interval", tuple(end.term for end in ends))


def _space(kind: Type) -> Apply:
    space = spaces(kind.shape[0]) if isinstance(kind, Array) else spaces()
    assert isinstance(space, Apply)
    return space
