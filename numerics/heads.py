"""What each head of the vocabulary means to a machine: arithmetic, arrays, calculus, binders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial, reduce
from typing import Any, Literal, NoReturn, TypeAlias, cast

from flint import acb, acb_mat, fmpq, fmpq_mat, fmpz

from language.terms import Apply, Bind, Name, Number, Term
from language.types import Array, Scalar, Space as SpaceType
from language.vocabulary import BINDERS, VOCABULARY
from numerics import arrays
from numerics.elementary import ON_BALLS
from numerics.laws import Bernoulli, Mixture, density, expect, integral, linear, resolve, space_of
from numerics.machine import EXACT_BITS, Bound, Handler, Items, Machine
from numerics.rings import (
    Dual,
    Gaussian,
    Inexact,
    OutOfRange,
    Polynomial,
    TooLarge,
    Undefined,
    Unsupported,
    quotient,
)
from numerics.tables import supports, tabular
from numerics.valuations import Space, Valuation

__all__ = ["machine_at", "places", "set_value"]

#: What flint gives, its own annotation notwithstanding: roots with multiplicities.
_Roots: TypeAlias = "list[tuple[acb, int]]"

# arithmetic ------------------------------------------------------------------------------------


def _add(machine: Machine, args: tuple[Term, ...]) -> Any:
    value = machine.value
    total = value(args[0])
    for arg in args[1:]:
        other = value(arg)
        if type(total) is acb and type(other) is acb:
            total = total + other
        else:
            total = arrays.add(total, other)
    return total


def _multiply(machine: Machine, args: tuple[Term, ...]) -> Any:
    value = machine.value
    product = value(args[0])
    for arg in args[1:]:
        other = value(arg)
        if type(product) is acb and type(other) is acb:
            product = product * other
        else:
            machine.left -= len(arrays.entries(other)) if arrays.is_array(other) else 0
            product = arrays.multiply(product, other)
    return product


def _negative(machine: Machine, args: tuple[Term, ...]) -> Any:
    return arrays.negative(machine.value(args[0]))


def _divide(machine: Machine, args: tuple[Term, ...]) -> Any:
    x, y = machine.value(args[0]), machine.value(args[1])
    if type(x) is acb and type(y) is acb:
        ratio = x / y
        if not ratio.is_finite() and machine.vanishes(args[1]):
            raise Undefined("division by zero")
        return ratio
    if arrays.is_array(y):
        raise Unsupported("a division by an array")
    if isinstance(y, acb) and y.contains(0) and machine.vanishes(args[1]):
        raise Undefined("division by zero")
    return arrays.each(lambda a: quotient(a, y), x)


def _power(machine: Machine, args: tuple[Term, ...]) -> Any:
    base, exponent = args
    if isinstance(exponent, Number) and exponent.value.denominator == 1:
        return _whole_power(machine, base, exponent.value.numerator)
    above = machine.value(exponent)
    if isinstance(above, acb) and above.is_exact() and above.contains_integer():
        return _whole_power(machine, base, int(cast("fmpz", above.unique_fmpz())))
    if isinstance(above, fmpq) and above.q == 1:
        return _whole_power(machine, base, int(above.p))
    below = machine.value(base)
    if exponent == Number(Fraction(1, 2)):
        return arrays.each(lambda x: machine.elementary("sqrt", x), below)
    return arrays.each(lambda x: _real_power(machine, x, above, base), below)


def _real_power(machine: Machine, x: Any, exponent: Any, base: Term) -> Any:
    if machine.exact:
        raise Inexact
    if isinstance(x, acb) and isinstance(exponent, acb):
        if x.contains(0) and (x == 0 or machine.vanishes(base)):
            if exponent.real > 0:
                return machine.zero
            raise Undefined("a power of zero")
        return x**exponent
    if isinstance(x, fmpq):
        x = acb(x)
    return machine.elementary("exp", machine.elementary("log", x) * exponent)


def _whole_power(machine: Machine, base: Term, exponent: int) -> Any:
    if isinstance(base, Apply) and base.head == "norm" and exponent % 2 == 0:
        # Without the root, which is not a polynomial.
        squares = [x * x for x in arrays.entries(machine.value(base.args[0]))]
        below = reduce(lambda x, y: x + y, squares)
        exponent //= 2
    else:
        below = machine.value(base)
    if type(below) is acb:
        if exponent < 0 and below.contains(0) and (below == 0 or machine.vanishes(base)):
            raise Undefined("a negative power of zero")
        return below**exponent
    if not arrays.is_array(below):
        return _scalar_power(machine, below, exponent)
    rows, columns = arrays.shape(below)
    if rows != columns:
        return arrays.each(lambda x: _scalar_power(machine, x, exponent), below)
    if exponent < 0:
        below, exponent = _inverted(machine, below, base), -exponent
    return _matrix_power(machine, below, exponent)


def _scalar_power(machine: Machine, x: Any, exponent: int) -> Any:
    if isinstance(x, fmpq):
        if x == 0 and exponent < 0:
            raise Undefined("a negative power of zero")
        if x.height_bits() * abs(exponent) > EXACT_BITS:
            raise Inexact
    elif isinstance(x, acb) and exponent < 0 and x == 0:
        raise Undefined("a negative power of zero")
    elif isinstance(x, Polynomial | Gaussian) and exponent < 0:
        return quotient(machine.one, x**-exponent)
    return x**exponent


def _matrix_power(machine: Machine, x: Any, exponent: int) -> Any:
    rows, _ = arrays.shape(x)
    result = _identity_matrix(machine, rows)
    while exponent:
        machine.left -= rows
        if machine.exact:
            machine.check(x)
        if exponent & 1:
            result = arrays.multiply(result, x)
        x = arrays.multiply(x, x) if exponent > 1 else x
        exponent >>= 1
    return result


# elementary functions --------------------------------------------------------------------------


def _entrywise(head: str) -> Handler:
    ball = ON_BALLS[head]

    def handler(machine: Machine, args: tuple[Term, ...]) -> Any:
        x = machine.value(args[0])
        if type(x) is acb:
            result = ball(x)
            if not result.is_finite() and (x == 0 or machine.vanishes(args[0])) and head == "log":
                raise Undefined("logarithm of zero")
            return result
        return arrays.each(lambda a: machine.elementary(head, a), x)

    return handler


def _extremum(head: str) -> Handler:
    def pick(x: Any, y: Any) -> Any:
        if isinstance(x, fmpq) and isinstance(y, fmpq):
            return max(x, y) if head == "maximum" else min(x, y)
        if isinstance(x, acb) and isinstance(y, acb):
            return x.real_max(y) if head == "maximum" else x.real_min(y)
        raise Unsupported(f"{head} of a random variable")

    return lambda machine, args: reduce(pick, [machine.value(arg) for arg in args])


def _pi(machine: Machine, args: tuple[Term, ...]) -> Any:
    if machine.exact:
        raise Inexact
    return acb.pi()


def _imaginary(machine: Machine, args: tuple[Term, ...]) -> Any:
    if machine.exact:
        raise Inexact
    return acb(0, 1)


# vectors and matrices --------------------------------------------------------------------------


def _entry(machine: Machine, args: tuple[Term, ...]) -> Any:
    array = machine.value(args[0])
    indices = [machine.index(arg) for arg in args[1:]]
    rows, columns = arrays.shape(array)
    row = indices[0]
    column = indices[1] if len(indices) > 1 else 1
    if not (1 <= row <= rows and 1 <= column <= columns):
        raise OutOfRange(f"index {', '.join(map(str, indices))} outside {rows} x {columns}")
    if not arrays.is_array(array):
        return array
    if type(array) is arrays.Entries:
        return array.items[(row - 1) * columns + column - 1]
    return array[row - 1, column - 1]


def _delta(machine: Machine, args: tuple[Term, ...]) -> Any:
    same = machine.index(args[0]) == machine.index(args[1])
    return machine.one if same else machine.zero


def _vector(machine: Machine, args: tuple[Term, ...]) -> Any:
    return arrays.pack(len(args), 1, [_number(machine.value(arg)) for arg in args])


def _matrix(machine: Machine, args: tuple[Term, ...]) -> Any:
    rows = [arrays.entries(machine.value(arg)) for arg in args]
    if any(len(row) != len(rows[0]) for row in rows):
        raise Unsupported("a matrix with rows of different lengths")
    return arrays.pack(len(rows), len(rows[0]), [x for row in rows for x in row])


def _number(value: Any) -> Any:
    if arrays.is_array(value) or isinstance(value, Items):
        raise Unsupported("expected a number, found an array")
    return value


def _transpose(machine: Machine, args: tuple[Term, ...]) -> Any:
    return arrays.transpose(machine.value(args[0]))


def _inverse(machine: Machine, args: tuple[Term, ...]) -> Any:
    return _inverted(machine, machine.value(args[0]), args[0])


def _inverted(machine: Machine, x: Any, term: Term) -> Any:
    rows, _ = arrays.shape(x)
    machine.left -= rows**3
    if type(x) is acb and x.contains(0) and machine.vanishes(term):
        raise Undefined("inverse of zero")
    try:
        return arrays.inverse(x)
    except ZeroDivisionError:
        if machine.exact:
            raise Undefined("inverse of a singular matrix") from None
        exact = machine.exactly(Apply("determinant", (term,)))
        if exact is not None and exact == 0:
            raise Undefined("inverse of a singular matrix") from None
        unknown = acb("nan")
        return acb_mat(rows, rows, [unknown] * rows * rows)


def _trace(machine: Machine, args: tuple[Term, ...]) -> Any:
    x = machine.value(args[0])
    rows, columns = arrays.shape(x)
    if rows != columns:
        raise Unsupported("a trace of a matrix that is not square")
    return reduce(lambda a, b: a + b, arrays.entries(x)[:: rows + 1])


def _determinant(machine: Machine, args: tuple[Term, ...]) -> Any:
    x = machine.value(args[0])
    machine.left -= arrays.shape(x)[0] ** 3
    return arrays.determinant(x)


def _diagonal(machine: Machine, args: tuple[Term, ...]) -> Any:
    return arrays.diagonal(machine.value(args[0]))


def _norm(machine: Machine, args: tuple[Term, ...]) -> Any:
    x = machine.value(args[0])
    if not arrays.is_array(x):
        return machine.elementary("absolute", x)
    square = reduce(lambda a, b: a + b, [a * a for a in arrays.entries(x)])
    return machine.elementary("sqrt", square)


def _hadamard(machine: Machine, args: tuple[Term, ...]) -> Any:
    return arrays.hadamard(machine.value(args[0]), machine.value(args[1]))


def _inner(machine: Machine, args: tuple[Term, ...]) -> Any:
    product = _hadamard(machine, args)
    return reduce(lambda a, b: a + b, arrays.entries(product))


def _side(machine: Machine, term: Term) -> int:
    size = machine.index(term)
    if size < 1:
        raise Undefined(f"an array of size {size}")
    machine.left -= size
    if machine.left < 0:
        raise TooLarge(f"more than {machine.allowed} operations")
    return size


def _identity_matrix(machine: Machine, size: int) -> Any:
    items = [machine.one if i == j else machine.zero for i in range(size) for j in range(size)]
    return arrays.pack(size, size, items)


def _identity(machine: Machine, args: tuple[Term, ...]) -> Any:
    size = _side(machine, args[0])
    machine.left -= size * size
    if machine.left < 0:
        raise TooLarge(f"more than {machine.allowed} operations")
    return _identity_matrix(machine, size)


def _ones(machine: Machine, args: tuple[Term, ...]) -> Any:
    size = _side(machine, args[0])
    return arrays.pack(size, 1, [machine.one] * size)


def _zeros(machine: Machine, args: tuple[Term, ...]) -> Any:
    size = _side(machine, args[0])
    return arrays.pack(size, 1, [machine.zero] * size)


def _eigenvalues(machine: Machine, args: tuple[Term, ...]) -> Any:
    if machine.exact:
        raise Inexact
    exact = machine.exactly(args[0])
    if isinstance(exact, fmpq):
        return Items("multiset", (acb(exact),))
    if isinstance(exact, fmpq_mat):
        # Sharp for repeated eigenvalues, unlike the enclosures of a defective matrix.
        roots = exact.charpoly().numer().complex_roots()
        return Items(
            "multiset", tuple(root for root, times in cast("_Roots", roots) for _ in range(times))
        )
    value = machine.value(args[0])
    if not isinstance(value, acb_mat):
        return Items("multiset", (_number(value),))
    machine.left -= 50 * value.nrows() ** 3
    try:
        return Items("multiset", tuple(value.eig(multiple=True)))
    except ValueError:
        raise Unsupported("eigenvalues that cannot be told apart at this precision") from None


# functions and laws ----------------------------------------------------------------------------


def _call(machine: Machine, args: tuple[Term, ...]) -> Any:
    return machine.plain(machine.application(args))


def _density(machine: Machine, args: tuple[Term, ...]) -> Any:
    law = resolve(machine, args[0])
    return density(machine, law, machine.argument(args[1], integer=False))


def _log_density(machine: Machine, law: Any, point: Any) -> Any:
    return machine.elementary("log", density(machine, law, point))


def _both_tabular(machine: Machine, args: tuple[Term, ...]) -> bool:
    return any(tabular(arg, machine.notation) for arg in args)


def _divergence(machine: Machine, left: Any, right: Any, on_cells: bool) -> Any:
    """KL(left, right) of resolved laws, which may be measures."""

    def body(point: Any) -> Any:
        return _log_density(machine, left, point) - _log_density(machine, right, point)

    return expect(machine, left, body, on_cells, supported=False, shape=_mask_shape(left))


def _mask_shape(law: Any) -> tuple[int, int]:
    return arrays.shape(law.mean) if isinstance(law, Bernoulli) else (1, 1)


def _kl(machine: Machine, args: tuple[Term, ...]) -> Any:
    left, right = resolve(machine, args[0]), resolve(machine, args[1])
    return _divergence(machine, left, right, _both_tabular(machine, args))


def _jsd(machine: Machine, args: tuple[Term, ...]) -> Any:
    left, right = resolve(machine, args[0]), resolve(machine, args[1])
    half = machine.field(1, 2)
    middle = Mixture(((half, left), (half, right)))
    on_cells = _both_tabular(machine, args)
    total = _divergence(machine, left, middle, on_cells)
    return (total + _divergence(machine, right, middle, on_cells)) * half


def _chi_square(machine: Machine, args: tuple[Term, ...]) -> Any:
    """Pearson: the integral of (p - q)^2 / q."""
    left, right = resolve(machine, args[0]), resolve(machine, args[1])

    def body(point: Any) -> Any:
        p, q = density(machine, left, point), density(machine, right, point)
        return quotient((p - q) ** 2, q)

    return integral(machine, space_of(left), body, _both_tabular(machine, args), supported=False)


def _entropy(machine: Machine, args: tuple[Term, ...]) -> Any:
    law = resolve(machine, args[0])
    return expect(
        machine,
        law,
        lambda point: -_log_density(machine, law, point),
        _both_tabular(machine, args),
        supported=False,
        shape=_mask_shape(law),
    )


# calculus: by dual numbers ---------------------------------------------------------------------

#: A name, or a place in an array of that name.
Direction: TypeAlias = "tuple[str, int | None]"


def _direction(machine: Machine, variable: Term) -> Direction:
    match variable:
        case Name(name):
            return name, None
        case Apply("entry", (Name(name), *indices)):
            rows, columns = arrays.shape(machine.value(Name(name)))
            row = machine.index(indices[0])
            column = machine.index(indices[1]) if len(indices) > 1 else 1
            if not (1 <= row <= rows and 1 <= column <= columns):
                raise OutOfRange(f"a derivative in an entry outside {rows} x {columns}")
            return name, (row - 1) * columns + column - 1
    raise Unsupported("a derivative in what is neither a name nor an entry")


def _directions(machine: Machine, variable: Term) -> tuple[list[Direction], tuple[int, int]]:
    """The coordinates of a variable, and its shape."""
    match variable:
        case Apply("vector" | "tuple", args):
            return [_direction(machine, arg) for arg in args], (len(args), 1)
        case Name(name):
            rows, columns = arrays.shape(machine.value(variable))
            if rows == columns == 1:
                return [(name, None)], (1, 1)
            return [(name, place) for place in range(rows * columns)], (rows, columns)
    return [_direction(machine, variable)], (1, 1)


def _slope(machine: Machine, body: Callable[[], Any], direction: Direction) -> Any:
    """The derivative of what ``body`` gives in one coordinate."""
    name, place = direction
    value = machine.value(Name(name))
    machine.levels += 1
    level = machine.levels
    items = list(arrays.entries(value))
    if place is None and len(items) > 1:
        raise Unsupported("a partial derivative in a whole array")
    where = place or 0
    items[where] = Dual(level, items[where], machine.one)
    try:
        with machine.at(name, arrays.pack(*arrays.shape(value), items)):
            return _slopes(machine, body(), level)
    finally:
        machine.levels -= 1


def _slopes(machine: Machine, value: Any, level: int) -> Any:
    if isinstance(value, Items):
        return Items(value.kind, tuple(_slopes(machine, v, level) for v in value.members))

    def slope(x: Any) -> Any:
        if not isinstance(x, Dual) or x.level != level:
            return machine.zero
        return machine.field(x.slope) if isinstance(x.slope, int) else x.slope

    return arrays.each(slope, value)


def _derivative(machine: Machine, args: tuple[Term, ...]) -> Any:
    direction = _direction(machine, args[1])
    return _slope(machine, lambda: machine.value(args[0]), direction)


def _gradient(machine: Machine, args: tuple[Term, ...]) -> Any:
    directions, shape = _directions(machine, args[1])
    items = [_slope(machine, lambda: machine.value(args[0]), d) for d in directions]
    return arrays.pack(*shape, [_number(item) for item in items])


def _hessian(machine: Machine, args: tuple[Term, ...]) -> Any:
    directions, _ = _directions(machine, args[1])

    def along(direction: Any) -> Any:
        return _slope(machine, lambda: machine.value(args[0]), direction)

    items = [_slope(machine, partial(along, e), d) for d in directions for e in directions]
    return arrays.pack(len(directions), len(directions), [_number(item) for item in items])


def _jacobian(machine: Machine, args: tuple[Term, ...]) -> Any:
    directions, _ = _directions(machine, args[1])
    columns = [_slope(machine, lambda: _field(machine, args[0]), d) for d in directions]
    lists = [arrays.entries(column) for column in columns]
    rows = len(lists[0])
    return arrays.pack(rows, len(lists), [column[i] for i in range(rows) for column in lists])


def _field(machine: Machine, term: Term) -> Any:
    if isinstance(term, Apply) and term.head == "tuple":
        return _vector(machine, term.args)
    value = machine.value(term)
    return (
        arrays.pack(len(value.members), 1, list(value.members))
        if isinstance(value, Items)
        else value
    )


# collections -----------------------------------------------------------------------------------


def _collection(kind: Literal["tuple", "set", "multiset"]) -> Handler:
    return lambda machine, args: Items(kind, tuple(machine.value(arg) for arg in args))


# binders ---------------------------------------------------------------------------------------


def places(machine: Machine, domain: Term) -> range:
    """The integers over which an index runs; ``TooLarge`` where there are too many."""
    if not (isinstance(domain, Apply) and domain.head == "range"):
        raise Unsupported("expected a range of integers")
    low, high = (machine.index(end) for end in domain.args)
    if high - low >= machine.left:
        raise TooLarge(f"more than {machine.allowed} operations")
    return range(low, high + 1)


def _indexed(join: Callable[[Any, Any], Any], start: int) -> Callable[[Machine, Bind], Any]:
    def binder(machine: Machine, term: Bind) -> Any:
        span = places(machine, term.domain)
        variable, body, outer = term.variable, term.body, machine.env
        env = machine.env = dict(outer)
        total: Any = None
        try:
            for place in span:
                env[variable] = place
                part = machine.value(body)
                total = part if total is None else join(total, part)
                if machine.exact:
                    machine.check(total)
        finally:
            machine.env = outer
        return machine.field(start) if total is None else total

    return binder


def _at_point(machine: Machine, term: Bind) -> Callable[[Any], Any]:
    """The body of a binder as a function of the variable."""

    def body(point: Any) -> Any:
        outer = machine.env
        machine.env = {**outer, term.variable: point}
        try:
            return machine.value(term.body)
        finally:
            machine.env = outer

    return body


def _integral(machine: Machine, term: Bind) -> Any:
    body = _at_point(machine, term)
    domain = term.domain
    if isinstance(domain, Apply) and domain.head == "interval":
        return _over_interval(machine, domain, body)
    space = _integration_space(machine, domain)
    on_cells = tabular(term.body, machine.notation)
    supported = on_cells and supports(term.body, term.variable, machine.notation)
    return integral(machine, space, body, on_cells, supported)


def _integration_space(machine: Machine, domain: Term) -> Space:
    match domain:
        case Apply("reals", (dimension,)):
            return machine.index(dimension)
        case Name(name):
            kind = machine.notation[name].type
            if isinstance(kind, SpaceType):
                return machine.valuation.space(kind.element)
    raise Unsupported("an integral over this space")


def _over_interval(machine: Machine, domain: Apply, body: Callable[[Any], Any]) -> Any:
    """An integral of a polynomial over an interval, by its antiderivative."""
    low, high = (machine.value(end) for end in domain.args)
    slot = machine.slots
    point = machine.variables(1, 1)
    try:
        value = body(point)
    finally:
        machine.slots = slot

    def functional(v: Any) -> Any:
        if isinstance(v, Gaussian):
            raise Unsupported("an integral of an exponential over an interval")
        powers = v.powers(slot) if isinstance(v, Polynomial) else {0: v}
        total: Any = machine.zero
        for k, part in powers.items():
            total = total + part * ((high ** (k + 1) - low ** (k + 1)) * machine.field(1, k + 1))
        return machine.settled(total)

    return linear(machine, functional, value)


def _expectation(machine: Machine, term: Bind) -> Any:
    return _mean(machine, term, _at_point(machine, term), term.body)


def _mean(machine: Machine, term: Bind, body: Callable[[Any], Any], inside: Term) -> Any:
    law = resolve(machine, term.domain)
    notation = machine.notation
    on_cells = tabular(inside, notation) or tabular(term.domain, notation)
    supported = on_cells and supports(inside, term.variable, notation)
    return expect(machine, law, body, on_cells, supported, _shape_of(machine, term))


def _shape_of(machine: Machine, term: Bind) -> tuple[int, int]:
    """The shape of a mask: that of the declared name."""
    symbol = machine.notation.get(term.variable)
    if symbol is not None and isinstance(symbol.type, Array | Scalar):
        return machine.valuation.shape(symbol.type)
    return 1, 1


def _variance(machine: Machine, term: Bind) -> Any:
    body = _at_point(machine, term)
    mean = _number(_mean(machine, term, body, term.body))
    square = _mean(machine, term, lambda point: _number(body(point)) ** 2, term.body**2)
    return square - mean * mean


@contextmanager
def set_value(machine: Machine, variable: str, value: Term) -> Iterator[None]:
    """Within: ``variable``, declared or bound, has the value of a term."""
    found = machine.argument(value, integer=False)
    bound = found if isinstance(found, Bound) else Bound(found, value, machine.env)
    if variable in machine.notation and variable not in machine.env:
        bound = Bound(machine.plain(bound), value, machine.env)
    with machine.at(variable, bound.value, bound):
        yield


def _let(machine: Machine, term: Bind) -> Any:
    with set_value(machine, term.variable, term.domain):
        return machine.value(term.body)


def _unsupported(head: str) -> Callable[..., NoReturn]:
    words = VOCABULARY[head].words if head in VOCABULARY else BINDERS.get(head, "")

    def handler(*_: Any) -> NoReturn:
        raise Unsupported(f"{head} ({words}) has no ball")

    return handler


HANDLERS: dict[str, Handler] = {
    "pi": _pi,
    "imaginary": _imaginary,
    "add": _add,
    "multiply": _multiply,
    "negative": _negative,
    "divide": _divide,
    "power": _power,
    "maximum": _extremum("maximum"),
    "minimum": _extremum("minimum"),
    **{head: _entrywise(head) for head in ON_BALLS},
    "entry": _entry,
    "delta": _delta,
    "vector": _vector,
    "matrix": _matrix,
    "transpose": _transpose,
    "inverse": _inverse,
    "trace": _trace,
    "determinant": _determinant,
    "diagonal": _diagonal,
    "norm": _norm,
    "eigenvalues": _eigenvalues,
    "identity": _identity,
    "ones": _ones,
    "zeros": _zeros,
    "hadamard": _hadamard,
    "inner": _inner,
    "call": _call,
    "density": _density,
    "kl": _kl,
    "jsd": _jsd,
    "chi_square": _chi_square,
    "entropy": _entropy,
    "derivative": _derivative,
    "gradient": _gradient,
    "hessian": _hessian,
    "jacobian": _jacobian,
    "tuple": _collection("tuple"),
    "set": _collection("set"),
    "multiset": _collection("multiset"),
}
_APPLY: dict[str, Handler] = {head: HANDLERS.get(head) or _unsupported(head) for head in VOCABULARY}
_BINDERS: dict[str, Callable[[Machine, Bind], Any]] = {
    "sum": _indexed(arrays.add, 0),
    "product": _indexed(arrays.multiply, 1),
    "integral": _integral,
    "expectation": _expectation,
    "variance": _variance,
    "let": _let,
}
_BIND: dict[str, Callable[[Machine, Bind], Any]] = {
    head: _BINDERS.get(head) or _unsupported(head) for head in BINDERS
}


def machine_at(valuation: Valuation, precision: int | None) -> Machine:
    """The machine of a valuation at a precision in bits, or the exact one; it is kept."""
    machine: Machine | None = valuation.memory.get(("machine", precision))
    if machine is None:
        machine = Machine(valuation, precision, _APPLY, _BIND)
        valuation.memory["machine", precision] = machine
    return machine
