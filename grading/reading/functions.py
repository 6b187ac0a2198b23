"""Functions that every question has: logarithms, roots, extremes, traces, and code for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

from grading.reading.components import as_vector, entry_of, general_term
from grading.reading.errors import ReadError
from grading.reading.nodes import Node
from grading.reading.scope import Scope
from grading.reading.shapes import (
    Meaning,
    Misfit,
    applied,
    bound,
    combined,
    divided,
    is_number,
    literal,
    number,
    powers,
    size_term,
)
from grading.reading.spellings import key
from language.terms import Apply, Name, free_names, fresh, walk
from language.types import COMPLEX, INTEGER, REAL, Array, Dimension, Scalar
from language.vocabulary import IMAGINARY

__all__ = ["ELEMENTARY", "barred", "elementary", "function", "inner_product", "method"]

One = Callable[[Meaning], Meaning]


def _head(head: str) -> One:
    return lambda x: applied(head, x)


def _one_plus(x: Meaning) -> Meaning:
    return applied("log", applied("add", number(1), x))


def _quotient(above: str, below: str) -> One:
    return lambda x: applied("divide", applied(above, x), applied(below, x))


def _reciprocal(head: str) -> One:
    return lambda x: applied("divide", number(1), applied(head, x))


def _log_logistic(x: Meaning) -> Meaning:
    return applied("log", applied("logistic", x))


def _minus_one(x: Meaning) -> Meaning:
    return applied("add", applied("exp", x), number(-1))


def _logit(x: Meaning) -> Meaning:
    complement = applied("add", number(1), applied("negative", x))
    return applied("log", applied("divide", x, complement))


def _artanh(x: Meaning) -> Meaning:
    above = applied("add", number(1), x)
    below = applied("add", number(1), applied("negative", x))
    return applied("multiply", number(Fraction(1, 2)), applied("log", divided(above, below)))


def _sign(x: Meaning) -> Meaning:
    return applied("divide", x, applied("absolute", x))


def _log_determinant(x: Meaning) -> Meaning:
    return applied("log", applied("determinant", x))


def _reciprocal_of(x: Meaning) -> Meaning:
    return divided(number(1), x)


def _squared(x: Meaning) -> Meaning:
    return powers(x, number(2))[0]


def _squared_norm(x: Meaning) -> Meaning:
    return applied("power", applied("norm", x), number(2))


def _to_base(base: int) -> One:
    def logarithm(x: Meaning) -> Meaning:
        return applied("divide", applied("log", x), applied("log", number(base)))

    return logarithm


#: Functions of one thing by the names they go by.
ELEMENTARY: Mapping[str, One] = MappingProxyType(
    {
        **{name: _head("log") for name in ("log", "ln", "Log", "Ln")},
        "lg": _to_base(10),
        "log2": _to_base(2),
        "log10": _to_base(10),
        "log1p": _one_plus,
        "exp": _head("exp"),
        "expm1": _minus_one,
        "sqrt": _head("sqrt"),
        **{name: _head("logistic") for name in ("sigma", "sigmoid", "logistic", "expit", "sig")},
        "logsigmoid": _log_logistic,
        "log_sigmoid": _log_logistic,
        "logit": _logit,
        "softplus": _head("softplus"),
        "Softplus": _head("softplus"),
        **{name: _head("relu") for name in ("relu", "ReLU", "Relu", "ReLu", "RELU")},
        "tanh": _head("tanh"),
        "sinh": _head("sinh"),
        "cosh": _head("cosh"),
        "coth": _quotient("cosh", "sinh"),
        "sech": _reciprocal("cosh"),
        "artanh": _artanh,
        "arctanh": _artanh,
        "atanh": _artanh,
        "sign": _sign,
        "sgn": _sign,
        "logdet": _log_determinant,
        "inv_each": _reciprocal_of,
        "abs": _head("absolute"),
        "absolute": _head("absolute"),
        "square": _squared,
        "norm": _head("norm"),
        **{name: _head("trace") for name in ("tr", "Tr", "trace", "Trace")},
        **{name: _head("determinant") for name in ("det", "Det", "determinant")},
        **{name: _head("diagonal") for name in ("diag", "Diag", "diagonal")},
        **{name: _head("inverse") for name in ("inv", "pinv_", "Inv")},
        "transpose": _head("transpose"),
        **{name: _head("real_part") for name in ("Re", "real", "Real")},
    }
)

#: Functions of an array entry by entry; of a matrix they would be another thing.
_ENTRYWISE = frozenset(("log", "exp", "sqrt", "logistic", "softplus", "relu", "tanh", "sinh"))


def elementary(
    scope: Scope, node: Node, name: str, primes: str, arguments: Sequence[Node]
) -> tuple[Meaning, ...]:
    """A function by its name at what stands in its brackets."""
    if name in ("diag", "Diag") and len(arguments) > 1:
        whole = _listed_by_ends(scope, arguments)
        if whole is not None:
            return tuple(applied("diagonal", one) for one in whole)
        entries = [scope.values(part) for part in arguments]
        return combined(entries, lambda *given: [applied("diagonal", _column(given))])
    if len(arguments) != 1:
        raise scope.error(
            node, f"expected one argument of {name}, found {len(arguments)}", "separate factors"
        )
    build = _derivative(name, primes) if primes else ELEMENTARY[name]
    if build is None:
        raise scope.error(node, f"expected {name} without a prime", "write its derivative out")

    def made(one: Meaning) -> list[Meaning]:
        found = build(one)
        _reject_matrix(found, one)
        return [_with_root_of_minus_one(scope, found)]

    return combined([scope.values(arguments[0])], made)


def _listed_by_ends(scope: Scope, parts: Sequence[Node]) -> tuple[Meaning, ...] | None:
    """``\\sigma_1^2, \\dots, \\sigma_p^2`` as a vector."""
    found = general_term(scope, parts)
    if found is None:
        return None
    node, size = found
    inner, name = scope.bind(node.children[1], INTEGER, size)
    return tuple(as_vector(one.term, name, size) for one in inner.values(node.children[0]))


def _with_root_of_minus_one(scope: Scope, found: Meaning) -> Meaning:
    """The square root of -1, where it may occur."""
    if isinstance(found.term, Apply) and found.term.head == "sqrt" and scope.context.imaginary:
        value = literal(found.term.args[0])
        if value == -1:
            return Meaning(IMAGINARY, COMPLEX)
    return found


def _derivative(name: str, primes: str) -> One | None:
    """The logistic function's derivative: the only one that students write with a prime."""
    if len(primes) != 1 or (ELEMENTARY[name] is not ELEMENTARY["sigma"] and name != "sigma"):
        return None

    def slope(x: Meaning) -> Meaning:
        value = applied("logistic", x)
        return applied("multiply", value, applied("add", number(1), applied("negative", value)))

    return slope


def _reject_matrix(found: Meaning, argument: Meaning) -> None:
    head = found.term.head if isinstance(found.term, Apply) else ""
    is_matrix = isinstance(argument.type, Array) and len(argument.type.shape) > 1
    is_diagonal = isinstance(argument.term, Apply) and argument.term.head == "diagonal"
    if head in _ENTRYWISE and is_matrix and not (head == "sqrt" and is_diagonal):
        raise Misfit(f"expected a number or a vector under {head}, found a matrix", False)


def _column(entries: Sequence[Meaning]) -> Meaning:
    return applied("vector", *entries)


# function nodes ---------------------------------------------------------------------------------


def function(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``\\log_2 x``, ``\\tanh^2 x``, ``\\max(a, 0)``."""
    argument, below, above = node.children
    primes = "'" * _primes(above)
    parts = _arguments(argument)
    if not parts:
        raise scope.error(node, f"expected something in the brackets of {node.value}")
    if node.value in _EXTREMES:
        found = _extreme(scope, node, _EXTREMES[node.value], parts)
    elif node.value in ELEMENTARY and node.value in ("log",) and below:
        found = _logarithm(scope, parts, below)
    elif node.value == "sqrt" and below:
        found = _root(scope, parts, below)
    elif node.value in _CODE:
        found = _CODE[node.value](scope, node, parts)
    elif node.value in ELEMENTARY:
        if below and not (node.value in ("norm",) and key(below) in ("2", "F")):
            raise scope.error(below, f"expected {node.value} without a subscript")
        found = elementary(scope, node, node.value, primes, parts)
    else:
        raise scope.error(node, f"expected a function of the question, found {node.value}")
    if not above or primes:
        return found
    if (
        above.kind == "negative"
        and key(above.children[0]) == "1"
        and node.value not in ("sqrt", "exp")
    ):
        raise scope.error(
            above, f"{node.value} with a negative power can be read in two ways",
            "write a quotient, or the inverse function's own name",
        )  # fmt: skip
    if key(above) in ("T", "top"):
        return tuple(applied("transpose", one) for one in found)
    return combined([found, scope.values(above)], powers)


def _primes(above: Node) -> int:
    text = key(above)
    return len(text) if text and set(text) <= {"'"} else 0


def _arguments(node: Node) -> tuple[Node, ...]:
    if node.kind == "group" and node.value in ("()", "[]", "{}"):
        return node.children
    return (node,)


_EXTREMES = {"max": "maximum", "min": "minimum", "maximum": "maximum", "minimum": "minimum"}


def _extreme(scope: Scope, node: Node, head: str, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    if len(parts) < 2:
        raise scope.error(node, "expected two numbers to compare", "write \\max(0, a)")
    return combined([scope.values(part) for part in parts], lambda *xs: [applied(head, *xs)])


def _logarithm(scope: Scope, parts: Sequence[Node], base: Node) -> tuple[Meaning, ...]:
    def change(x: Meaning, of: Meaning) -> list[Meaning]:
        if of.term == Apply("exp", (number(1).term,)):
            return [applied("log", x)]
        return [applied("divide", applied("log", x), applied("log", of))]

    return combined([scope.values(parts[0]), scope.values(base)], change)


def _root(scope: Scope, parts: Sequence[Node], index: Node) -> tuple[Meaning, ...]:
    def root(x: Meaning, of: Meaning) -> list[Meaning]:
        if literal(of.term) == 2:
            return [applied("sqrt", x)]
        return [applied("power", x, divided(number(1), of))]

    return combined([scope.values(parts[0]), scope.values(index)], root)


# bars and inner products ------------------------------------------------------------------------


def barred(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``|x|``: an absolute value, a norm or a determinant by the type; ``||x||``: a norm."""

    def made(one: Meaning) -> list[Meaning]:
        if node.value == "||":
            return [applied("norm", one)]
        match one.type:
            case Scalar():
                return [applied("absolute", one)]
            case Array((_,)):
                return [applied("norm", one)]
        # A determinant in bars is positive where it is that of a Jacobian or a covariance.
        return [applied("absolute", applied("determinant", one))]

    return combined([scope.values(node.children[0])], made)


def inner_product(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``\\langle x, y \\rangle``."""
    pair = [scope.values(part) for part in node.children]
    return combined(pair, lambda x, y: [applied("inner", x, y)])


# code -------------------------------------------------------------------------------------------


def _sum_of_entries(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return _total(scope, node, parts[0], mean=False)


def _mean_of_entries(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return _total(scope, node, parts[0], mean=True)


def _total(scope: Scope, node: Node, body: Node, mean: bool) -> tuple[Meaning, ...]:
    """The sum over the entries of a vector, in code: what may be entrywise is."""
    try:
        vectors = [one for one in scope.values(body) if _is_vector(one)]
    except ReadError:
        return _total_by_entries(scope, node, body, mean)
    if not vectors:
        raise scope.error(node, "expected a vector to sum over")
    vector = min(vectors, key=_inner_products)
    assert isinstance(vector.type, Array)
    name, size = _index_name(scope), vector.type.shape[0]
    kinds = {key: one.type for one in scope.bound.values() for key in free_names(one.term)}
    entry = entry_of(vector.term, name, scope.context.formula.claim.notation, kinds)
    return (_summed(Meaning(entry, REAL, vector.size), name, size, mean),)


def _total_by_entries(scope: Scope, node: Node, body: Node, mean: bool) -> tuple[Meaning, ...]:
    """As before, where a function of numbers is taken of a vector: of each of its entries."""
    name = _index_name(scope)
    reason: ReadError | None = None
    for size in scope.context.sizes:
        entries = {
            spelled: applied("entry", Meaning(Name(symbol.name), symbol.type), _index(name))
            for spelled, (symbol, *_) in scope.context.table.plain.items()
            if symbol.type == Array((size,)) and scope.allows(symbol)
        }
        try:
            found = scope.with_meanings(entries).values(body)
        except ReadError as error:
            reason = reason or error
            continue
        kept = [one for one in found if is_number(one) and name in free_names(one.term)]
        if kept:
            return tuple(_summed(one, name, size, mean) for one in kept)
    raise reason or scope.error(node, "expected a vector to sum over")


def _index(name: str) -> Meaning:
    return Meaning(Name(name), INTEGER)


def _is_vector(one: Meaning) -> bool:
    return isinstance(one.type, Array) and len(one.type.shape) == 1


def _inner_products(one: Meaning) -> int:
    return sum(isinstance(part, Apply) and part.head == "inner" for part in walk(one.term))


def _index_name(scope: Scope) -> str:
    notation = scope.context.formula.claim.notation
    taken = {
        meaning.term.name for meaning in scope.bound.values() if isinstance(meaning.term, Name)
    }
    return fresh("k", taken | {symbol.name for symbol in notation})


def _summed(one: Meaning, name: str, size: Dimension, mean: bool) -> Meaning:
    upper = size_term(size)
    total = bound("sum", name, Apply("range", (number(1).term, upper.term)), one)
    return divided(total, upper) if mean else total


def _dot(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    if len(parts) != 2:
        raise scope.error(node, "expected two vectors")

    def product(x: Meaning, y: Meaning) -> list[Meaning]:
        if x.type == y.type:
            return [applied("inner", x, y)]
        return [applied("multiply", x, y)]

    return combined([scope.values(part) for part in parts], product)


def _power(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    if len(parts) != 2:
        raise scope.error(node, "expected a base and an exponent")
    return combined([scope.values(part) for part in parts], lambda x, y: [applied("power", x, y)])


def _eye(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return tuple(applied("identity", size) for size in _sizes(scope, parts))


def _ones(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return tuple(applied("ones", size) for size in _sizes(scope, parts))


def _zeros(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return tuple(applied("zeros", size) for size in _sizes(scope, parts))


def _sizes(scope: Scope, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    return tuple(one for one in scope.values(parts[0]) if one.type == INTEGER)


def _solve(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
    if len(parts) != 2:
        raise scope.error(node, "expected a matrix and a right-hand side")
    return combined(
        [scope.values(part) for part in parts],
        lambda a, b: [applied("multiply", applied("inverse", a), b)],
    )


def _of_two(head: str) -> Code:
    def code(scope: Scope, node: Node, parts: Sequence[Node]) -> tuple[Meaning, ...]:
        if len(parts) != 2:
            raise scope.error(node, "expected two arguments")
        return combined(
            [scope.values(part) for part in parts], lambda x, y: [_arithmetic(head, x, y)]
        )

    return code


Code = Callable[[Scope, Node, Sequence[Node]], tuple[Meaning, ...]]

_CODE: Mapping[str, Code] = MappingProxyType(
    {
        "sum": _sum_of_entries,
        "mean": _mean_of_entries,
        "dot": _dot,
        "vdot": _dot,
        "inner": _dot,
        "matmul": _dot,
        "mm": _dot,
        "power": _power,
        "pow": _power,
        "eye": _eye,
        "identity": _eye,
        "ones": _ones,
        "zeros": _zeros,
        "solve": _solve,
        "times": _of_two("mul"),
        "over": _of_two("div"),
        "plus": _of_two("add"),
        "minus": _of_two("sub"),
    }
)


def method(scope: Scope, node: Node) -> tuple[Meaning, ...]:
    """``mu.pow(2)``, ``x.sum()``, ``X.T``."""
    thing, *arguments = node.children
    name = node.value
    if name in ("T", "t", "transpose"):
        return tuple(applied("transpose", one) for one in scope.values(thing))
    if name in ("sum", "mean"):
        return _total(scope, node, thing, mean=name == "mean")
    if name in _CODE:
        return _CODE[name](scope, node, (thing, *arguments))
    if name in ("item", "copy", "clone", "detach", "float", "double"):
        return scope.values(thing)
    if name in ("add", "sub", "mul", "div") and len(arguments) == 1:
        return combined(
            [scope.values(thing), scope.values(arguments[0])],
            lambda x, y: [_arithmetic(name, x, y)],
        )
    if name == "neg":
        return tuple(applied("negative", one) for one in scope.values(thing))
    if name in ELEMENTARY and not arguments:
        return elementary(scope, node, name, "", (thing,))
    raise scope.error(node, f"expected a formula, found the method {name}")


def _arithmetic(name: str, x: Meaning, y: Meaning) -> Meaning:
    if name == "mul":
        return applied("hadamard" if x.type == y.type else "multiply", x, y)
    if name == "div":
        return divided(x, y)
    return applied("add", x, applied("negative", y) if name == "sub" else y)
