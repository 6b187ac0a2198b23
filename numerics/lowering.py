"""From vectors, matrices and laws to scalars: entries, index sums, integrals and expectations.

Every proof about a scalar starts here. ``||X w||^2`` becomes a sum over symbolic ranges,
``KL(p, q)`` the integral that defines it, and a name with a definition is replaced by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from language.notation import Notation, Symbol
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
    walk,
)
from language.types import Array, Function, Law, Scalar, Space, Type
from language.vocabulary import (
    ELEMENTARY,
    PI,
    call,
    delta,
    density,
    determinant,
    exp,
    log,
    number,
    power,
    product_of,
    spaces,
    sqrt,
    sum_of,
)
from numerics.calculus import differentiate

__all__ = ["Grid", "Lowering", "Outside"]

#: How many lowered terms are kept.
REMEMBERED = 10_000

ONE, ZERO, HALF = number(1), number(0), number(1, 2)


class Outside(Exception):
    """The term lies outside the fragment that the caller can treat; the message says where."""


@dataclass(frozen=True)
class Grid:
    """A vector or matrix by its entries: ``at(i)`` or ``at(i, j)`` is the term of one entry.

    ``shape`` holds sizes as terms, numbers where they are known. Entries are worked out once.
    """

    shape: tuple[Term, ...]
    entry: Callable[..., Term]
    _known: dict[tuple[Term, ...], Term] = field(default_factory=dict)

    def at(self, *indices: Term) -> Term:
        """The term of one entry."""
        known = self._known.get(indices)
        if known is None:
            known = self._known[indices] = self.entry(*indices)
        return known


Lowered = Term | Grid


def _size(size: int | str) -> Term:
    return lift(size)


#: Functions that are zero at zero.
AT_ZERO = frozenset(("sqrt", "tanh", "sinh", "relu", "absolute", "real_part"))


@dataclass
class Lowering:
    """Lowers the terms of one notation. ``bound`` types the variables bound further out."""

    notation: Notation
    bound: dict[str, Type] = field(default_factory=dict)
    _counter: int = 0
    _before: dict[Term, Lowered] = field(default_factory=dict)

    def scalar(self, term: Term) -> Term:
        """``term``, which is a number, in the scalar fragment.

        Raises:
            Outside: if it is not a number or needs what has no entrywise meaning (an inverse of
                symbolic size, an eigenvalue).
        """
        lowered = self.lower(term)
        if isinstance(lowered, Grid):
            if all(size == ONE for size in lowered.shape):
                return lowered.at(*(ONE for _ in lowered.shape))
            raise Outside("expected a number, found an array")
        return lowered

    def grid(self, term: Term) -> Grid:
        """``term``, which is an array, by its entries."""
        lowered = self.lower(term)
        if isinstance(lowered, Grid):
            return lowered
        raise Outside("expected an array, found a number")

    def index(self) -> str:
        """A bound index that no term uses."""
        self._counter += 1
        while f"_{self._counter}" in self.notation:
            self._counter += 1
        return f"_{self._counter}"

    def lower(self, term: Term) -> Lowered:
        """``term`` as a scalar term or as a grid of them."""
        known = self._before.get(term)
        if known is None:
            if len(self._before) >= REMEMBERED:
                self._before.clear()
            # Bound names are new each time; remembering keeps equal terms equal.
            known = self._before[term] = self._lower(term)
        return known

    def _lower(self, term: Term) -> Lowered:
        match term:
            case Number():
                return term
            case Name(name):
                return self._name(name)
            case Apply(head, args):
                if head in ELEMENTARY:
                    return self._entrywise(head, args[0])
                method = getattr(self, f"_{head}", None)
                if method is None:
                    raise Outside(f"{head} has no entrywise meaning")
                lowered: Lowered = method(*args)
                return lowered
            case Bind():
                return self._binder(term)
        raise Outside(f"{term} is not a term of the vocabulary")

    # names ---------------------------------------------------------------------------------

    def _name(self, name: str) -> Lowered:
        kind = self.bound.get(name)
        symbol = self.notation.get(name)
        if kind is None and symbol is not None:
            if symbol.definition is not None and not symbol.parameters:
                if isinstance(symbol.type, Law):
                    return Name(name)
                return self.lower(symbol.definition)
            kind = symbol.type
        if isinstance(kind, Array):
            return self._named_array(name, kind, symbol if name not in self.bound else None)
        return Name(name)

    def _named_array(self, name: str, kind: Array, symbol: Symbol | None) -> Grid:
        shape = tuple(map(_size, kind.shape))
        if symbol is not None and symbol.definition is not None:
            definition, parameters = symbol.definition, symbol.parameters

            def defined(*indices: Term) -> Term:
                values = dict(zip(parameters, indices, strict=True))
                return self.scalar(substitute(definition, values))

            return Grid(shape, defined)
        traits = symbol.traits if symbol is not None else frozenset()
        if "diagonal" in traits:
            return Grid(shape, lambda i, j: delta(i, j) * Apply("entry", (Name(name), i, i)))
        if not traits.isdisjoint(("symmetric", "definite")):
            return Grid(shape, lambda i, j: Apply("entry", (Name(name), *sorted((i, j), key=str))))
        return Grid(shape, lambda *indices: Apply("entry", (Name(name), *indices)))

    # arithmetic ----------------------------------------------------------------------------

    def _combine(self, parts: list[Lowered], join: Callable[[list[Term]], Term]) -> Lowered:
        grids = [part for part in parts if isinstance(part, Grid)]
        if not grids:
            return join([part for part in parts if isinstance(part, Term)])
        shape = grids[0].shape
        if len(grids) != len(parts) or any(grid.shape != shape for grid in grids):
            raise Outside("arrays of different shapes are joined entry by entry")
        return Grid(shape, lambda *at: join([grid.at(*at) for grid in grids]))

    def _add(self, *args: Term) -> Lowered:
        return self._combine([self.lower(arg) for arg in args], sum_of)

    def _negative(self, x: Term) -> Lowered:
        return self._combine([self.lower(x)], lambda parts: -parts[0])

    def _hadamard(self, x: Term, y: Term) -> Lowered:
        return self._combine([self.lower(x), self.lower(y)], product_of)

    def _entrywise(self, head: str, x: Term) -> Lowered:
        if head == "log" and isinstance(x, Apply) and x.head == "density":
            law = self.law(x.args[0])
            if isinstance(law, Apply) and law.head == "normal":
                mean, variance = law.args
                return self._log_normal_density(mean, variance, x.args[1])
        if head in AT_ZERO and isinstance(x, Apply) and x.head == "diagonal":
            # Off the diagonal it is the function of zero, which is zero.
            entries = self.grid(x.args[0])
            if len(entries.shape) == 1:
                return self._diagonal(Apply(head, x.args))
        return self._combine([self.lower(x)], lambda parts: Apply(head, (parts[0],)))

    def _maximum(self, *args: Term) -> Lowered:
        return self._combine(
            [self.lower(arg) for arg in args], lambda p: Apply("maximum", tuple(p))
        )

    def _minimum(self, *args: Term) -> Lowered:
        return self._combine(
            [self.lower(arg) for arg in args], lambda p: Apply("minimum", tuple(p))
        )

    def _multiply(self, *args: Term) -> Lowered:
        scalars: list[Term] = []
        arrays: list[Grid] = []
        for arg in args:
            part = self.lower(arg)
            if isinstance(part, Grid):
                arrays.append(part)
            else:
                scalars.append(part)
        if not arrays:
            return product_of(scalars)
        value: Lowered = arrays[0]
        for grid in arrays[1:]:
            value = self._matmul(value, grid)
        if isinstance(value, Term):
            return product_of([*scalars, value])
        if not scalars:
            return value
        shape, at = value.shape, value.at
        return Grid(shape, lambda *indices: product_of([*scalars, at(*indices)]))

    def _matmul(self, left: Lowered, right: Grid) -> Lowered:
        if isinstance(left, Term):
            return Grid(right.shape, lambda *at: left * right.at(*at))
        if len(left.shape) == 1:
            if len(right.shape) == 2 and right.shape[0] == ONE:
                return Grid(
                    (left.shape[0], right.shape[1]), lambda i, j: left.at(i) * right.at(ONE, j)
                )
            raise Outside("a column vector stands left of what is not a row")
        if left.shape[1] != right.shape[0]:
            raise Outside("the inner sizes of a product differ")
        middle = left.shape[1]

        def at(i: Term, *j: Term) -> Term:
            return self.over(middle, lambda k: left.at(i, k) * right.at(k, *j))

        shape = (left.shape[0], *right.shape[1:])
        if all(size == ONE for size in shape):
            return at(*(ONE for _ in shape))
        return Grid(shape, at)

    def over(self, size: Term, body: Callable[[Term], Term]) -> Term:
        """The sum of ``body`` over an index from 1 to ``size``, written out where that is known."""
        if isinstance(size, Number) and size.value <= 12:
            return sum_of([body(lift(k + 1)) for k in range(int(size.value))])
        index = self.index()
        return Bind("sum", index, Apply("range", (ONE, size)), body(Name(index)))

    def _divide(self, x: Term, y: Term) -> Lowered:
        below = self.scalar(y)
        return self._combine([self.lower(x)], lambda parts: parts[0] / below)

    def _power(self, base: Term, exponent: Term) -> Lowered:
        if isinstance(base, Apply) and base.head == "norm" and exponent == number(2):
            return self._squared_norm(base.args[0])
        low, high = self.lower(base), self.scalar(exponent)
        if isinstance(low, Term):
            return power(low, high)
        if len(low.shape) == 1:
            return Grid(low.shape, lambda i: power(low.at(i), high))
        match high:
            case Number(value) if value.denominator == 1 and 1 <= value <= 8:
                result: Lowered = low
                for _ in range(int(value) - 1):
                    result = self._matmul(result, low)
                return result
            case Number(value) if value == -1:
                return self._inverse(base)
        raise Outside("only small whole powers of a matrix have entries")

    # vectors and matrices ------------------------------------------------------------------

    def _squared_norm(self, x: Term) -> Term:
        grid = self.grid(x)
        if len(grid.shape) == 1:
            return self.over(grid.shape[0], lambda i: grid.at(i) ** 2)
        rows, columns = grid.shape
        return self.over(rows, lambda i: self.over(columns, lambda j: grid.at(i, j) ** 2))

    def _norm(self, x: Term) -> Term:
        lowered = self.lower(x)
        return (
            Apply("absolute", (lowered,))
            if isinstance(lowered, Term)
            else sqrt(self._squared_norm(x))
        )

    def _inner(self, x: Term, y: Term) -> Term:
        left, right = self.grid(x), self.grid(y)
        if len(left.shape) != 1 or left.shape != right.shape:
            raise Outside("an inner product takes two vectors of one length")
        return self.over(left.shape[0], lambda i: left.at(i) * right.at(i))

    def _transpose(self, x: Term) -> Lowered:
        lowered = self.lower(x)
        if isinstance(lowered, Term):
            return lowered
        if len(lowered.shape) == 1:
            return Grid((ONE, lowered.shape[0]), lambda _, j: lowered.at(j))
        rows, columns = lowered.shape
        if rows == ONE:
            return Grid((columns,), lambda i: lowered.at(ONE, i))
        return Grid((columns, rows), lambda i, j: lowered.at(j, i))

    def _trace(self, x: Term) -> Term:
        grid = self.grid(x)
        return self.over(grid.shape[0], lambda i: grid.at(i, i))

    def _diagonal(self, x: Term) -> Grid:
        grid = self.grid(x)
        side = (grid.shape[0], grid.shape[0])
        if len(grid.shape) == 1:
            return Grid(side, lambda i, j: delta(i, j) * grid.at(i))
        return Grid(side, lambda i, j: delta(i, j) * grid.at(i, i))

    def _identity(self, size: Term) -> Grid:
        return Grid((size, size), delta)

    def _ones(self, size: Term) -> Grid:
        return Grid((size,), lambda _: ONE)

    def _zeros(self, size: Term) -> Grid:
        return Grid((size,), lambda _: ZERO)

    def _inverse(self, x: Term) -> Lowered:
        lowered = self.lower(x)
        if isinstance(lowered, Term):
            return ONE / lowered
        if self._is_diagonal(x):
            return Grid(lowered.shape, lambda i, j: delta(i, j) / self._diagonal_entry(lowered, i))
        size = lowered.shape[0]
        if not isinstance(size, Number) or size.value > 4:
            raise Outside("an inverse of symbolic size has no entries")
        whole = _determinant(lowered, list(range(1, int(size.value) + 1)))
        return Grid(lowered.shape, lambda i, j: _cofactor(lowered, j, i) / whole)

    def _diagonal_entry(self, grid: Grid, i: Term) -> Term:
        entry = grid.at(i, i)
        match entry:
            case Apply("delta", (a, b)) if a == b:
                return ONE
            case Apply("multiply", (Apply("delta", (a, b)), value)) if a == b:
                return value
            case Apply("divide", (Apply("delta", (a, b)), value)) if a == b:
                return ONE / value
        return entry

    def _determinant(self, x: Term) -> Term:
        if isinstance(x, Apply) and x.head == "call":
            return self._jacobian_determinant(x)
        grid = self.grid(x)
        size = grid.shape[0]
        if not isinstance(size, Number) and self._is_diagonal(x):
            index = self.index()
            entry = self._diagonal_entry(grid, Name(index))
            return Bind("product", index, Apply("range", (ONE, size)), entry)
        if not isinstance(size, Number) or size.value > 5:
            raise Outside("a determinant of symbolic size has no entries")
        return _determinant(grid, list(range(1, int(size.value) + 1)))

    def _is_diagonal(self, x: Term) -> bool:
        match x:
            case Apply("diagonal" | "identity"):
                return True
            case Apply("transpose" | "inverse", (inner,)):
                return self._is_diagonal(inner)
            case Name(name) if name not in self.bound:
                symbol = self.notation.get(name)
                return symbol is not None and "diagonal" in symbol.traits
        return False

    def _vector(self, *entries: Term) -> Grid:
        parts = [self.scalar(entry) for entry in entries]
        return Grid((lift(len(parts)),), lambda i: parts[_place(i, len(parts))])

    def _matrix(self, *rows: Term) -> Grid:
        grids = [self.grid(row) for row in rows]
        return Grid(
            (lift(len(grids)), grids[0].shape[0]), lambda i, j: grids[_place(i, len(grids))].at(j)
        )

    def _tuple(self, *items: Term) -> Grid:
        return self._vector(*items)

    def _entry(self, array: Term, *indices: Term) -> Term:
        grid = self.grid(array)
        if len(grid.shape) != len(indices):
            raise Outside("an entry has the wrong number of indices")
        return grid.at(*(self.scalar(index) for index in indices))

    def _delta(self, i: Term, j: Term) -> Term:
        return delta(self.scalar(i), self.scalar(j))

    def _pi(self) -> Term:
        return PI

    def _imaginary(self) -> Term:
        return Apply("imaginary")

    # calculus ------------------------------------------------------------------------------

    def _derivative(self, body: Term, variable: Term) -> Lowered:
        lowered = self.lower(body)
        if isinstance(lowered, Grid):
            return Grid(lowered.shape, lambda *at: self._differentiated(lowered.at(*at), variable))
        return self._differentiated(lowered, variable)

    def _differentiated(self, body: Term, variable: Term) -> Term:
        self._reject_dependent(variable)
        try:
            return differentiate(body, variable)
        except ValueError as error:
            raise Outside(str(error)) from None

    def _reject_dependent(self, variable: Term) -> None:
        """What is defined, or an entry that equals another or none, is not varied by itself."""
        match variable:
            case Name(name):
                dependent: frozenset[str] = frozenset()
            case Apply("entry", (Name(name), *_)):
                dependent = frozenset(("diagonal", "symmetric", "definite"))
            case _:
                return
        symbol = None if name in self.bound else self.notation.get(name)
        if symbol and (symbol.definition is not None or symbol.traits & dependent):
            raise Outside(f"a derivative in {name}, which is not free")

    def _variables(self, variable: Term) -> Grid:
        if isinstance(variable, Apply) and variable.head in ("tuple", "vector"):
            items = variable.args
            return Grid((lift(len(items)),), lambda i: items[_place(i, len(items))])
        if isinstance(variable, Name):
            kind = self.bound.get(variable.name) or self.notation[variable.name].type
            if isinstance(kind, Array) and len(kind.shape) == 1:
                name = variable
                return Grid((_size(kind.shape[0]),), lambda i: Apply("entry", (name, i)))
            if isinstance(kind, Array):
                name = variable
                return Grid(
                    tuple(map(_size, kind.shape)), lambda i, j: Apply("entry", (name, i, j))
                )
        raise Outside("a gradient is taken in a vector or a tuple of names")

    def _gradient(self, body: Term, variable: Term) -> Grid:
        lowered, variables = self.scalar(body), self._variables(variable)
        return Grid(variables.shape, lambda *at: self._differentiated(lowered, variables.at(*at)))

    def _hessian(self, body: Term, variable: Term) -> Grid:
        lowered, variables = self.scalar(body), self._variables(variable)
        side = variables.shape[0]
        return Grid(
            (side, side),
            lambda i, j: self._differentiated(
                self._differentiated(lowered, variables.at(i)), variables.at(j)
            ),
        )

    def _jacobian(self, body: Term, variable: Term) -> Grid:
        grid, variables = self.grid(body), self._variables(variable)
        return Grid(
            (grid.shape[0], variables.shape[0]),
            lambda i, j: self._differentiated(grid.at(i), variables.at(j)),
        )

    # functions and laws --------------------------------------------------------------------

    def _call(self, function: Term, *args: Term) -> Lowered:
        if not isinstance(function, Name):
            raise Outside("only a declared function can be applied")
        symbol = self.notation[function.name]
        if symbol.definition is not None:
            values = dict(zip(symbol.parameters, args, strict=True))
            return self.lower(substitute(symbol.definition, values))
        points = tuple(self.point(arg) for arg in args)
        if symbol.inverse is not None:
            match points:
                case (Apply("call", (Name(inner), x)),) if inner == symbol.inverse:
                    return x
        applied = call(function, *points)
        match symbol.type:
            case Function(_, Array(shape)):
                return Grid(tuple(map(_size, shape)), lambda *at: Apply("entry", (applied, *at)))
        return applied

    def point(self, term: Term) -> Term:
        """``term`` as the argument of a function or a density: a point of some space."""
        match term:
            case Name(name):
                kind = self.bound.get(name)
                symbol = self.notation.get(name)
                if isinstance(kind, Array) or (
                    kind is None
                    and symbol is not None
                    and symbol.definition is None
                    and isinstance(symbol.type, Array)
                ):
                    return term
            case Apply("call", (Name(name), x)):
                symbol = self.notation[name]
                if symbol.definition is None and isinstance(symbol.type, Function):
                    inside = self.point(x)
                    match inside:
                        case Apply("call", (Name(other), y)) if other == symbol.inverse:
                            return y
                    return call(name, inside)
        lowered = self.lower(term)
        if isinstance(lowered, Grid) and len(lowered.shape) == 1 and lowered.shape != (ONE,):
            return self._whole(lowered)
        return self.scalar(term)

    def _whole(self, grid: Grid) -> Term:
        """A vector as one term, by its entries: the argument of a function of a vector."""
        index = self.index()
        return Bind("vector", index, Apply("range", (ONE, grid.shape[0])), grid.at(Name(index)))

    def _jacobian_determinant(self, applied: Apply) -> Term:
        """det J_F(x), with det J_F(F^-1(x)) as the reciprocal of det J_{F^-1}(x)."""
        name, *args = applied.args
        if not isinstance(name, Name) or len(args) != 1:
            raise Outside("a determinant of a declared matrix function takes one point")
        symbol = self.notation[name.name]
        if symbol.definition is not None:
            body = substitute(symbol.definition, {symbol.parameters[0]: args[0]})
            return self.scalar(determinant(body))
        point = self.point(args[0])
        if isinstance(point, Apply) and point.head == "call" and isinstance(point.args[0], Name):
            flow = self.notation[point.args[0].name]
            if flow.inverse is not None:
                backward = self.notation[flow.inverse]
                if backward.jacobian == name.name and flow.jacobian is not None:
                    return ONE / determinant(call(flow.jacobian, point.args[1]))
        return determinant(call(name, point))

    def law(self, term: Term) -> Term:
        """A law with definitions that are laws themselves expanded.

        The image of a law under a function without inverse stays a name, if it has one.
        """
        match term:
            case Name(name):
                symbol = self.notation[name]
                if symbol.definition is not None and not symbol.parameters:
                    expanded = self.law(symbol.definition)
                    return term if self._is_image(expanded) else expanded
            case Apply("pushforward") if self._is_image(term):
                named = (s.name for s in self.notation if s.definition == term)
                return next(map(Name, named), term)
        return term

    def _is_image(self, law: Term) -> bool:
        """Whether a law is pushed forward by a function without inverse."""
        match law:
            case Apply("pushforward", (Name(name), _)):
                return self.notation[name].inverse is None
        return False

    def element(self, law: Term) -> Type:
        """The type of a draw from ``law``."""
        match self.law(law):
            case Name(name):
                kind = self.notation[name].type
                if isinstance(kind, Law):
                    return kind.element
            case Apply("normal", (mean, _)) | Apply("dirac", (mean,)):
                lowered = self.lower(mean)
                if isinstance(lowered, Grid):
                    return Array(tuple(_dimension(size) for size in lowered.shape))
                return Scalar()
            case Apply("mixture", args):
                return self.element(args[1])
            case Apply("pushforward", (Name(name), _)):
                kind = self.notation[name].type
                if isinstance(kind, Function):
                    return kind.result
            case Apply("bernoulli"):
                return Scalar()
        raise Outside("expected a law")

    def _density(self, law: Term, x: Term) -> Term:
        match self.law(law):
            case Name(name):
                symbol = self.notation[name]
                if symbol.definition is not None and symbol.parameters:
                    return self.scalar(substitute(symbol.definition, {symbol.parameters[0]: x}))
                return density(name, self.point(x))
            case Apply("mixture", args):
                weights, laws = args[::2], args[1::2]
                return sum_of(
                    [
                        self.scalar(weight) * self._density(part, x)
                        for weight, part in zip(weights, laws, strict=True)
                    ]
                )
            case Apply("normal", (mean, variance)):
                return self._normal_density(mean, variance, x)
            case Apply("pushforward", (Name(name), base)):
                symbol = self.notation[name]
                if symbol.inverse is None:
                    raise Outside(f"{name} has no inverse, so its push-forward has no density here")
                backward = self.notation[symbol.inverse]
                stretch = determinant(call(backward.jacobian or "", x))
                there = self._density(base, call(symbol.inverse, x))
                return there * Apply("absolute", (self.scalar(stretch),))
        raise Outside("this law has no density")

    def _normal_density(self, mean: Term, variance: Term, x: Term) -> Term:
        if isinstance(self.lower(mean), Grid):
            # The product over coordinates, as the exponential of a sum.
            return exp(self._log_normal_density(mean, variance, x))
        centre, spread = self.scalar(mean), self.scalar(variance)
        return exp(-((self.scalar(x) - centre) ** 2) / (2 * spread)) / sqrt(2 * PI * spread)

    def _log_normal_density(self, mean: Term, variance: Term, x: Term) -> Term:
        """A polynomial in the point, which the logarithm of the density would be turned into."""
        centre, spread = self.lower(mean), self.lower(variance)
        if isinstance(centre, Term) and isinstance(spread, Term):
            return _log_density(centre, spread, self.scalar(x))
        point, (means, variances) = self.grid(x), _entrywise(centre, spread)
        return self.over(
            means.shape[0], lambda j: _log_density(means.at(j), variances.at(j), point.at(j))
        )

    def _mean_under(self, law: Term, body: Callable[[Term], Term]) -> Term:
        """E_law[body], lowered; ``body`` takes the point and returns a raw term."""
        variable = self.index()
        return self.scalar(Bind("expectation", variable, law, body(Name(variable))))

    def _kl(self, left: Term, right: Term) -> Term:
        return self._mean_under(left, lambda x: log(density(left, x)) - log(density(right, x)))

    def _entropy(self, law: Term) -> Term:
        return self._mean_under(law, lambda x: -log(density(law, x)))

    def _jsd(self, left: Term, right: Term) -> Term:
        middle = Apply("mixture", (HALF, left, HALF, right))
        return HALF * self._kl(left, middle) + HALF * self._kl(right, middle)

    def _chi_square(self, left: Term, right: Term) -> Term:
        """Pearson: the integral of (p - q)^2 / q."""

        def body(x: Term) -> Term:
            return (density(left, x) - density(right, x)) ** 2 / density(right, x)

        variable = self.index()
        return self.scalar(Bind("integral", variable, self.space(left), body(Name(variable))))

    def space(self, law: Term) -> Term:
        """The space in which a law's draws lie."""
        match self.element(law):
            case Array((size,)):
                return spaces(_size(size))
        return spaces()

    # binders -------------------------------------------------------------------------------

    def _binder(self, term: Bind) -> Lowered:
        match term:
            case Bind("let", variable, value, body):
                return self._let(variable, value, body)
            case Bind("sum" | "product" as head, variable, Apply("range", (low, high)), body):
                return self._indexed(head, variable, self.scalar(low), self.scalar(high), body)
            case Bind("integral", variable, space, body):
                kind, space = self._point_type(space), self._space(space)
                if isinstance(space, Apply) and space.head == "reals":
                    weighed = self._weighed_image(variable, kind, body)
                    if weighed is not None:
                        return weighed
                return self._under(variable, kind, body, lambda v, b: Bind("integral", v, space, b))
            case Bind("expectation", variable, law, body):
                moved = self._on_image(variable, law, body)
                return self._expectation(variable, self.law(law), body) if moved is None else moved
            case Bind("variance", variable, law, body):
                mean = Bind("expectation", variable, law, body)
                return self.lower(Bind("expectation", variable, law, body**2) - mean**2)
        raise Outside(f"{term.head} has no value in the scalar fragment")

    def _under(
        self, variable: str, kind: Type, body: Term, build: Callable[[str, Term], Term]
    ) -> Lowered:
        """Lower ``body`` with ``variable`` renamed apart and typed, and bind it again."""
        name = self.index()
        self.bound[name] = kind
        inside = self.lower(substitute(body, {variable: Name(name)}))
        return self._combine([inside], lambda parts: build(name, parts[0]))

    def _let(self, variable: str, value: Term, body: Term) -> Lowered:
        """Lower the body first: its derivatives come before the substitution, as in f'(x0)."""
        put = self.lower(value)
        symbol = self.notation.get(variable)
        later = {part.variable for part in walk(body) if isinstance(part, Bind)}
        if symbol and any(self._stands_on(symbol, other) for other in later):
            raise Outside(f"what {variable} is defined by is given a value, and so is {variable}")
        name = self.index()
        shape = put.shape if isinstance(put, Grid) else ()
        self.bound[name] = Array(tuple(map(_dimension, shape))) if shape else Scalar()

        def placed(parts: list[Term]) -> Term:
            if isinstance(put, Term):
                return substitute(parts[0], {name: put})
            return self._put(parts[0], name, put)

        inside = substitute(self._opened(body, variable), {variable: Name(name)})
        return self._combine([self.lower(inside)], placed)

    def _put(self, here: Term, name: str, array: Grid) -> Term:
        """A lowered term with an array in the place of a name, by its entries or as a whole."""
        match here:
            case Name(found) if found == name:
                if len(array.shape) != 1:
                    raise Outside("a matrix as the argument of a function")
                return self._whole(array)
            case Apply("entry", (Name(found), *indices)) if found == name:
                return array.at(*indices)
        parts = children(here)
        return (
            rebuild(here, tuple(self._put(part, name, array) for part in parts)) if parts else here
        )

    def _opened(self, here: Term, variable: str, inside: frozenset[str] = frozenset()) -> Term:
        """A term without names that are defined by way of ``variable``: their terms instead.

        As ``let`` reaches into definitions, further ones within the term do too; ``inside`` are the
        names that binders in the term have taken.
        """

        def again(part: Term) -> Term:
            return self._opened(part, variable, inside)

        match here:
            case Name(name) if symbol := self._hiding(name, variable, inside):
                if symbol.parameters or isinstance(symbol.type, Law):
                    raise Outside(f"{name}, which depends on {variable}, is used as a whole")
                return again(symbol.definition or here)
            case Apply("call" | "density", (Name(name), *args)) if (
                symbol := self._hiding(name, variable, inside)
            ) and symbol.parameters:
                values = dict(zip(symbol.parameters, args, strict=True))
                return again(substitute(symbol.definition or here, values))
            case Apply(head, args):
                return Apply(head, tuple(map(again, args)))
            case Bind(head, bound, domain, body):
                if head != "let" and any(
                    (symbol := self._hiding(name, variable, inside))
                    and self._stands_on(symbol, bound)
                    for name in free_names(body)
                ):
                    raise Outside(f"{bound} occurs in a definition within its scope")
                return Bind(
                    head, bound, again(domain), self._opened(body, variable, inside | {bound})
                )
        return here

    def _hiding(self, name: str, variable: str, inside: frozenset[str]) -> Symbol | None:
        """The symbol of a name whose definition depends on ``variable``."""
        symbol = None if name == variable or name in inside else self.notation.get(name)
        return symbol if symbol and self._stands_on(symbol, variable) else None

    def _stands_on(self, symbol: Symbol, variable: str) -> bool:
        """Whether a symbol's definition mentions ``variable``, by way of others too."""
        if symbol.definition is None:
            return False
        used = free_names(symbol.definition) - set(symbol.parameters)
        others = (self.notation.get(name) for name in used)
        return variable in used or any(s and self._stands_on(s, variable) for s in others)

    def _indexed(self, head: str, variable: str, low: Term, high: Term, body: Term) -> Lowered:
        if isinstance(low, Number) and isinstance(high, Number):
            count = high.value - low.value + 1
            if 0 <= count <= 12 and count.denominator == 1:
                parts = [
                    self.lower(substitute(body, {variable: lift(low.value + k)}))
                    for k in range(int(count))
                ]
                join = sum_of if head == "sum" else product_of
                return self._combine(parts, join) if parts else join([])
        return self._under(
            variable,
            Scalar("integer"),
            body,
            lambda v, b: Bind(head, v, Apply("range", (low, high)), b),
        )

    def _point_type(self, space: Term) -> Type:
        match space:
            case Apply("reals", (Number(value),)) if value == 1:
                return Scalar()
            case Apply("reals", (size,)):
                return Array((_dimension(size),))
            case Apply("interval"):
                return Scalar()
            case Name(name):
                kind = self.notation[name].type
                if isinstance(kind, Space):
                    return kind.element
        raise Outside("expected a space")

    def _images(self, law: Term | None = None) -> Iterator[tuple[Symbol, str, Term]]:
        """The named laws of G(z), with G and the law of z (this one, if it is given)."""
        for symbol in self.notation:
            match symbol.definition:
                case Apply("pushforward", (Name(function), base)) if law in (None, base):
                    if self._is_image(symbol.definition):
                        yield symbol, function, base

    def _on_image(self, variable: str, law: Term, body: Term) -> Lowered | None:
        """E_z[h(G(z))] as E_x[h(x)] under the named law of G(z); None where there is none."""
        for image, function, _ in self._images(law):
            name = self.index()
            self.bound[name] = self.element(law)
            inside = self.lower(substitute(body, {variable: Name(name)}))
            if isinstance(inside, Term):
                found = self._there(image, function, name, inside)
                if found is not None:
                    return found
        return None

    def _weighed_image(self, variable: str, kind: Type, body: Term) -> Term | None:
        """The integral of p_z(z) h(G(z)) as E_x[h(x)] under the named law of G(z)."""
        for image, function, base in self._images():
            if not isinstance(base, Name) or self.element(base) != kind:
                continue
            name = self.index()
            self.bound[name] = kind
            inside = self.lower(substitute(body, {variable: Name(name)}))
            weight = density(base, name)
            rest = _without_factor(inside, weight) if isinstance(inside, Term) else None
            if rest is not None and not _contains(rest, weight):
                return self._there(image, function, name, rest)
        return None

    def _there(self, image: Symbol, function: str, name: str, inside: Term) -> Term | None:
        """E_x[h(x)] for ``inside`` = h(G(z)); None where z occurs otherwise."""
        new = self.index()
        self.bound[new] = self.element(Name(image.name))
        there = _swapped(inside, call(function, name), Name(new))
        if name in free_names(there) or new not in free_names(there):
            return None
        return Bind("integral", new, self.space(Name(image.name)), density(image.name, new) * there)

    def _space(self, space: Term) -> Term:
        """A space with the ends of an interval lowered."""
        match space:
            case Apply("interval", ends):
                return Apply("interval", tuple(map(self._end, ends)))
        return space

    def _end(self, end: Term) -> Term:
        match end:
            case Apply("infinity") | Apply("negative", (Apply("infinity"),)):
                return end
        return self.scalar(end)

    def _expectation(self, variable: str, law: Term, body: Term) -> Lowered:
        match law:
            case Apply("dirac", (point,)):
                name = self.index()
                return self._let(name, point, substitute(body, {variable: Name(name)}))
            case Apply("mixture", args):
                parts = [
                    weight * Bind("expectation", variable, part, body)
                    for weight, part in zip(args[::2], args[1::2], strict=True)
                ]
                return self.lower(sum_of(parts))
            case Apply("pushforward", (flow, base)):
                there = substitute(body, {variable: call(flow, variable)})
                return self.lower(Bind("expectation", variable, base, there))
            case Apply("bernoulli", (mean,)):
                symbol = self.notation.get(variable)
                kind = symbol.type if symbol is not None else Scalar()
                chance = Apply("bernoulli", (self.scalar(mean),))
                return self._under(
                    variable, kind, body, lambda v, b: Bind("expectation", v, chance, b)
                )
            case Apply("normal", (mean, spread)):
                return self._normal_expectation(variable, law, mean, spread, body)
        kind = self.element(law)
        space = self.space(law)

        def build(v: str, b: Term) -> Term:
            return Bind("integral", v, space, b)

        name = self.index()
        self.bound[name] = kind
        weight = self._density(law, Name(name))
        inside = self.lower(substitute(body, {variable: Name(name)}))
        return self._combine([inside], lambda parts: build(name, weight * parts[0]))

    def _normal_expectation(
        self, variable: str, law: Term, mean: Term, spread: Term, body: Term
    ) -> Lowered:
        """E over a normal law, as E over standard normal e with x = mean + sqrt(variance) e.

        The law then has no parameters, so that derivatives pass under the expectation.
        """
        centre, width = self.lower(mean), self.lower(spread)
        name = self.index()
        standard = Apply("normal", (ZERO, ONE))
        if isinstance(centre, Term) and isinstance(width, Term):
            self.bound[name] = Scalar()
            point: Term = centre + sqrt(width) * Name(name)
            # Derivatives in the variable are taken before the change of variables.
            inside = self.lower(substitute(body, {variable: Name(name)}))
            return self._combine(
                [inside],
                lambda p: Bind("expectation", name, standard, substitute(p[0], {name: point})),
            )
        means, variances = _entrywise(centre, width)
        self.bound[name] = self.element(law)

        def drawn_entry(*at: Term) -> Term:
            return means.at(*at) + sqrt(variances.at(*at)) * Apply("entry", (Name(name), *at))

        drawn = Grid(means.shape, drawn_entry)
        inside = self.lower(substitute(body, {variable: Name(name)}))
        return self._combine(
            [inside], lambda p: Bind("expectation", name, standard, self._put(p[0], name, drawn))
        )


def _swapped(here: Term, old: Term, new: Term) -> Term:
    """A term with one part in the place of another, wherever that stands."""
    if here == old:
        return new
    parts = children(here)
    return rebuild(here, tuple(_swapped(part, old, new) for part in parts)) if parts else here


def _contains(here: Term, part: Term) -> bool:
    return here == part or any(_contains(inner, part) for inner in children(here))


def _without_factor(here: Term, factor: Term) -> Term | None:
    """What a product has beside a factor; None where that is not seen to be one."""
    if here == factor:
        return ONE
    match here:
        case Apply("negative", (inner,)):
            rest = _without_factor(inner, factor)
            return None if rest is None else -rest
        case Apply("divide", (above, below)):
            rest = _without_factor(above, factor)
            return None if rest is None else rest / below
        case Apply("multiply", args):
            for place, arg in enumerate(args):
                rest = _without_factor(arg, factor)
                if rest is not None:
                    return product_of([*args[:place], rest, *args[place + 1 :]])
    return None


def _entrywise(mean: Lowered, variance: Lowered) -> tuple[Grid, Grid]:
    """Means and variances of a normal law of independent entries."""
    if not isinstance(mean, Grid) or not isinstance(variance, Grid):
        raise Outside("a vector normal law needs a vector mean and a vector of variances")
    if mean.shape != variance.shape:
        raise Outside("a normal law with a covariance matrix has no independent entries")
    return mean, variance


def _log_density(mean: Term, variance: Term, x: Term) -> Term:
    return -HALF * log(2 * PI * variance) - (x - mean) ** 2 / (2 * variance)


def _dimension(size: Term) -> int | str:
    match size:
        case Number(value):
            return int(value)
        case Name(name):
            return name
    raise Outside("a size is a whole number or a name")


def _place(index: Term, size: int) -> int:
    match index:
        case Number(value) if value.denominator == 1 and 1 <= value <= size:
            return int(value) - 1
    raise Outside("an entry of a written-out array needs a whole number as index")


def _determinant(grid: Grid, columns: list[int], row: int = 1) -> Term:
    if len(columns) == 1:
        return grid.at(lift(row), lift(columns[0]))
    parts: list[Term] = []
    for place, column in enumerate(columns):
        rest = columns[:place] + columns[place + 1 :]
        part = grid.at(lift(row), lift(column)) * _determinant(grid, rest, row + 1)
        parts.append(-part if place % 2 else part)
    return sum_of(parts)


def _cofactor(grid: Grid, i: Term, j: Term) -> Term:
    row, column = _number(i), _number(j)
    size = int(_number(grid.shape[0]))
    rows = [lift(k) for k in range(1, size + 1) if k != row]
    columns = [lift(k) for k in range(1, size + 1) if k != column]
    minor = Grid(
        (lift(size - 1), lift(size - 1)),
        lambda a, b: grid.at(rows[_place(a, size)], columns[_place(b, size)]),
    )
    value = _determinant(minor, list(range(1, size))) if size > 1 else ONE
    return -value if (row + column) % 2 else value


def _number(term: Term) -> Fraction:
    if isinstance(term, Number):
        return term.value
    raise Outside("an entry of an inverse needs a whole number as index")
