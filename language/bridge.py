"""To SymPy and back, for scalars, finite matrices of scalars, and sums over symbolic ranges.

SymPy is an engine of the derivations: it differentiates, solves and finds eigenvalues. It decides
nothing, and it is only loaded when a function of this module is called. No text is ever parsed.

>>> from language.notation import Notation, Symbol
>>> from language.terms import Name
>>> from language.types import POSITIVE, REAL
>>> from language.vocabulary import log
>>> notation = Notation((Symbol("x", REAL, domain=POSITIVE),))
>>> from_sympy(to_sympy(log(Name("x")), notation).diff())
Apply(head='divide', args=(Number(value=Fraction(1, 1)), Name(name='x')))
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Any, NoReturn

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, fresh, substitute
from language.types import INTEGER, REAL, Array, Interval, Scalar, Type, describe
from language.vocabulary import IMAGINARY, INFINITY, PI, validate

__all__ = ["BridgeError", "from_sympy", "to_sympy"]

#: How the density of a law is called in SymPy, in front of the law's name.
_DENSITY = "density:"


class BridgeError(ValueError):
    """A term, or a SymPy expression, that has no counterpart on the other side."""


def to_sympy(term: Term, notation: Notation, bound: Mapping[str, Type] | None = None) -> Any:
    """``term`` as a SymPy expression, or matrix where it is a vector or matrix of known size.

    Symbols carry the assumptions of their domains; a vector is a column; entries of arrays are
    ``Indexed``; sums, products, integrals and derivatives stay unevaluated. The logistic function
    and softplus are written with exponentials. Definitions are not expanded. Bound variables are
    renamed apart from every declared name, so that no derivative captures them.

    Args:
        term: a scalar, or a vector or matrix of integer shape.
        notation: types and domains of the free names.
        bound: types of names that are bound further out; they hide those of ``notation``.

    Raises:
        BridgeError: where a part has no counterpart in SymPy (laws, sets, symbolic shapes).
    """
    return _ToSympy(notation, dict(bound or {})).visit(term)


def from_sympy(expression: Any) -> Term:
    """A SymPy expression or matrix as a term; the reverse of :func:`to_sympy` up to layout.

    Raises:
        BridgeError: for floats and for anything else that the vocabulary cannot say.
    """
    return _FromSympy().visit(expression)


class _ToSympy:
    def __init__(self, notation: Notation, bound: dict[str, Type]) -> None:
        import sympy

        self.sympy = sympy
        self.notation = notation
        self.bound = bound

    def visit(self, term: Term) -> Any:
        match term:
            case Number(value):
                return self.sympy.Rational(value.numerator, value.denominator)
            case Name(name):
                return self.name(name)
            case Bind():
                validate(term)
                return self.bind(term)
            case Apply(head, args):
                validate(term)
                if head in ("call", "density", "entry"):
                    return self.applied(head, *args)
                if head == "derivative":
                    return self.sympy.Derivative(*map(self.scalar, args))
                return self.apply(head, args)
        raise BridgeError(f"expected a term, found {type(term).__name__}")

    def scalar(self, term: Term) -> Any:
        value = self.visit(term)
        if isinstance(value, self.sympy.MatrixBase):
            if value.shape != (1, 1):
                _no_counterpart("a matrix where SymPy needs a number")
            return value[0, 0]
        return value

    # names

    def kind(self, name: str) -> tuple[Type, Interval]:
        """The type and the domain of a name."""
        if name in self.bound:
            return self.bound[name], Interval()
        symbol = self.notation.get(name)
        if symbol is None:
            raise BridgeError(f"{name!r} is not declared; declare it or give its type in bound")
        return symbol.type, symbol.domain

    def assumptions(self, kind: Type, domain: Interval) -> dict[str, bool]:
        if kind == Scalar("complex"):
            return {"complex": True}
        facts = {"integer" if kind == INTEGER else "real": True}
        if domain.lower is not None and domain.lower >= 0:
            facts["positive"] = True
        elif domain.upper is not None and domain.upper <= 0:
            facts["negative"] = True
        return facts

    def name(self, name: str) -> Any:
        kind, domain = self.kind(name)
        match kind:
            case Scalar():
                return self.sympy.Symbol(name, **self.assumptions(kind, domain))
            case Array(shape) if all(isinstance(size, int) for size in shape):
                base = self.array(name)
                rows, columns = [int(size) for size in (*shape, 1)][:2]
                if len(shape) == 1:
                    return self.sympy.ImmutableMatrix(rows, 1, lambda i, _: base[i + 1])
                return self.sympy.ImmutableMatrix(rows, columns, lambda i, j: base[i + 1, j + 1])
        _no_counterpart(f"{name}, {describe(kind)}")

    def array(self, name: str) -> Any:
        kind, domain = self.kind(name)
        if not isinstance(kind, Array):
            _no_counterpart(f"an entry of {name}, {describe(kind)}")
        return self.sympy.IndexedBase(name, **self.assumptions(REAL, domain))

    # applications

    def applied(self, head: str, function: Term, *args: Term) -> Any:
        match head, function:
            case "entry", Name(name):
                return self.array(name)[tuple(map(self.scalar, args))]
            case "entry", _:
                indices = [part.value for part in args if isinstance(part, Number)]
                if len(indices) != len(args):
                    _no_counterpart("an entry of a formula at a symbolic index")
                row, column = [int(index) - 1 for index in (*indices, Fraction(1))][:2]
                return self.visit(function)[row, column]
            case "density", Name(name):
                declared = self.sympy.Function(_DENSITY + name, nonnegative=True)
                return declared(self.scalar(args[0]))
            case "call", Name(name):
                _, domain = self.kind(name)
                declared = self.sympy.Function(name, **self.assumptions(REAL, domain))
                return declared(*map(self.scalar, args))
        _no_counterpart(f"a {head} of a formula")

    def apply(self, head: str, terms: tuple[Term, ...]) -> Any:
        sympy = self.sympy
        constants = {"pi": sympy.pi, "imaginary": sympy.I, "infinity": sympy.oo}
        if head in constants:
            return constants[head]
        if head == "matrix":
            rows = [row.args if isinstance(row, Apply) else (row,) for row in terms]
            return sympy.ImmutableMatrix([[self.scalar(part) for part in row] for row in rows])
        if head in ("identity", "ones", "zeros"):
            return self.constant(head, terms[0])
        args = [self.visit(term) for term in terms]
        if any(isinstance(arg, sympy.MatrixBase) for arg in args) or head == "vector":
            return self.matrix(head, args)
        return self.scalars(head, args)

    def scalars(self, head: str, args: list[Any]) -> Any:
        sympy = self.sympy
        x, y = args[0], args[-1]
        match head:
            case "add":
                return sympy.Add(*args)
            case "negative":
                return -x
            case "multiply" | "hadamard" | "inner":
                return sympy.Mul(*args)
            case "divide":
                return x / y
            case "power":
                return sympy.Pow(x, y)
            case "logistic":
                return 1 / (1 + sympy.exp(-x))
            case "softplus":
                return sympy.log(1 + sympy.exp(x))
            case "relu":
                return sympy.Max(x, 0)
            case "inverse":
                return 1 / x
            case "transpose" | "trace" | "determinant" | "diagonal":
                return x
        named = {
            "log": sympy.log,
            "exp": sympy.exp,
            "sqrt": sympy.sqrt,
            "tanh": sympy.tanh,
            "sinh": sympy.sinh,
            "cosh": sympy.cosh,
            "absolute": sympy.Abs,
            "norm": sympy.Abs,
            "real_part": sympy.re,
            "maximum": sympy.Max,
            "minimum": sympy.Min,
            "delta": sympy.KroneckerDelta,
            "tuple": sympy.Tuple,
        }
        if head not in named:
            _no_counterpart(head)
        return named[head](*args)

    def constant(self, head: str, size: Term) -> Any:
        if not isinstance(size, Number):
            _no_counterpart(f"{head} of a symbolic size")
        rows = int(size.value)
        if head == "identity":
            return self.sympy.ImmutableMatrix.eye(rows)
        value = 1 if head == "ones" else 0
        return self.sympy.ImmutableMatrix(rows, 1, [value] * rows)

    def matrix(self, head: str, args: list[Any]) -> Any:
        """A head with a matrix among its arguments, or a column of scalars."""
        sympy = self.sympy
        x, y = args[0], args[-1]
        try:
            match head:
                case "vector":
                    return sympy.ImmutableMatrix(len(args), 1, args)
                case "tuple":
                    return sympy.Tuple(*args)
                case "add":
                    return sum(args[1:], start=x)
                case "negative":
                    return -x
                case "multiply":
                    return self.chained(args)
                case "divide":
                    return x.applyfunc(lambda entry: entry / y)
                case "power":
                    columns = 1 in x.shape and x.shape != (1, 1)
                    return x.applyfunc(lambda entry: entry**y) if columns else x**y
                case "hadamard":
                    return sympy.ImmutableMatrix(*x.shape, list(map(operator.mul, x, y)))
                case "inner":
                    return sympy.Add(*map(operator.mul, x, y))
                case "norm":
                    return sympy.sqrt(sum(entry**2 for entry in x))
                case "transpose":
                    return x.T
                case "inverse":
                    return x.inv()
                case "trace":
                    return x.trace()
                case "determinant":
                    return x.det()
                case "diagonal":
                    size = x.rows
                    entries = list(x) if x.cols == 1 else [x[i, i] for i in range(size)]
                    return sympy.ImmutableMatrix(size, size, lambda i, j: entries[i] * int(i == j))
        except (sympy.matrices.exceptions.MatrixError, ValueError, TypeError) as error:
            raise BridgeError(f"cannot form this {head} in SymPy: {error}") from None
        return x.applyfunc(lambda entry: self.scalars(head, [entry]))

    def chained(self, factors: list[Any]) -> Any:
        product = factors[0]
        for factor in factors[1:]:
            # an Indexed has a shape that cannot be asked for, so SymPy may not multiply by it
            if not isinstance(factor, self.sympy.MatrixBase):
                product, factor = factor, product
            if isinstance(product, self.sympy.MatrixBase):
                product = product * factor
                product = product[0, 0] if product.shape == (1, 1) else product
            elif isinstance(factor, self.sympy.MatrixBase):
                product = factor.applyfunc(partial(operator.mul, product))
            else:
                product = product * factor
        return product

    # binders

    def bind(self, term: Bind) -> Any:
        if term.head == "let":
            return self.visit(substitute(term.body, {term.variable: term.domain}))
        taken = {symbol.name for symbol in self.notation} | self.bound.keys()
        name = fresh(term.variable, taken)
        inner = substitute(term.body, {term.variable: Name(name)})
        kind = INTEGER if term.head in ("sum", "product") else REAL
        body = _ToSympy(self.notation, {**self.bound, name: kind}).scalar(inner)
        variable = self.sympy.Symbol(name, **self.assumptions(kind, Interval()))
        match term.head, term.domain:
            case (("sum" | "product"), Apply("range", ends)):
                form = self.sympy.Sum if term.head == "sum" else self.sympy.Product
                return form(body, (variable, *map(self.scalar, ends)))
            case "integral", Apply("reals", (Number(Fraction(numerator=1, denominator=1)),)):
                return self.sympy.Integral(body, (variable, -self.sympy.oo, self.sympy.oo))
            case "integral", Apply("interval", ends):
                return self.sympy.Integral(body, (variable, *map(self.scalar, ends)))
        _no_counterpart(f"{term.head} over this domain")


class _FromSympy:
    def __init__(self) -> None:
        import sympy

        self.sympy = sympy
        self.functions: dict[Any, str] = {
            sympy.log: "log",
            sympy.exp: "exp",
            sympy.tanh: "tanh",
            sympy.sinh: "sinh",
            sympy.cosh: "cosh",
            sympy.Abs: "absolute",
            sympy.re: "real_part",
            sympy.Max: "maximum",
            sympy.Min: "minimum",
            sympy.KroneckerDelta: "delta",
            sympy.Tuple: "tuple",
            sympy.FiniteSet: "set",
        }
        self.constants = {
            sympy.pi: PI,
            sympy.I: IMAGINARY,
            sympy.oo: INFINITY,
            -sympy.oo: Apply("negative", (INFINITY,)),
            sympy.E: Apply("exp", (Number(Fraction(1)),)),
        }

    def visit(self, expression: Any) -> Term:
        sympy = self.sympy
        if isinstance(expression, int):
            return Number(Fraction(expression))
        if isinstance(expression, sympy.MatrixBase):
            return self.matrix(expression)
        if isinstance(expression, sympy.Rational):
            return Number(Fraction(int(expression.p), int(expression.q)))
        if isinstance(expression, sympy.Symbol):
            return Name(expression.name)
        if isinstance(expression, sympy.Indexed):
            name = Name(expression.base.label.name)
            return Apply("entry", (name, *map(self.visit, expression.indices)))
        if isinstance(expression, sympy.Basic) and expression in self.constants:
            return self.constants[expression]
        if isinstance(expression, sympy.Add):
            return Apply("add", tuple(map(self.visit, expression.as_ordered_terms())))
        if isinstance(expression, sympy.Mul | sympy.Pow):
            return self.product(expression)
        return self.function(expression)

    def matrix(self, matrix: Any) -> Term:
        rows = [[self.visit(entry) for entry in matrix.row(i)] for i in range(matrix.rows)]
        if matrix.cols == 1:
            return Apply("vector", tuple(row[0] for row in rows))
        return Apply("matrix", tuple(Apply("vector", tuple(row)) for row in rows))

    def product(self, expression: Any) -> Term:
        """A product or power, with negative powers below a fraction bar and the sign in front."""
        coefficient, rest = expression.as_coeff_Mul()
        if coefficient.is_negative:
            return Apply("negative", (self.visit(-coefficient * rest),))
        above: list[Term] = [] if coefficient.p == 1 else [Number(Fraction(int(coefficient.p)))]
        below: list[Term] = [] if coefficient.q == 1 else [Number(Fraction(int(coefficient.q)))]
        for factor in self.sympy.Mul.make_args(rest):
            base, exponent = factor.as_base_exp()
            if isinstance(factor, self.sympy.exp) or factor is self.sympy.E:
                above.append(self.visit(factor))
            elif exponent == -1 and (argument := self.softplus_argument(base)) is not None:
                above.append(Apply("logistic", (self.visit(-argument),)))
            elif exponent.is_Rational and exponent.is_negative:
                below.append(self.power(base, -exponent))
            elif factor != 1:
                above.append(self.power(base, exponent))
        numerator = _several(above)
        return Apply("divide", (numerator, _several(below))) if below else numerator

    def power(self, base: Any, exponent: Any) -> Term:
        if exponent == 1:
            return self.visit(base)
        if exponent == self.sympy.Rational(1, 2):
            return Apply("sqrt", (self.visit(base),))
        return Apply("power", (self.visit(base), self.visit(exponent)))

    def softplus_argument(self, expression: Any) -> Any:
        """``u`` where ``expression`` is ``1 + exp(u)``, else None."""
        if not (isinstance(expression, self.sympy.Add) and len(expression.args) == 2):
            return None
        first, second = expression.args
        if first == 1 and isinstance(second, self.sympy.exp):
            return second.args[0]
        return None

    def function(self, expression: Any) -> Term:
        sympy = self.sympy
        kind = type(expression)
        if kind is sympy.log:
            argument = self.softplus_argument(expression.args[0])
            if argument is not None:
                return Apply("softplus", (self.visit(argument),))
        if kind in self.functions:
            return Apply(self.functions[kind], tuple(map(self.visit, expression.args)))
        if isinstance(expression, sympy.core.function.AppliedUndef):
            return self.declared(expression)
        if isinstance(expression, sympy.Derivative):
            return self.derivative(expression)
        if isinstance(expression, sympy.Sum | sympy.Product | sympy.Integral):
            return self.bind(expression)
        shown = str(expression)
        _no_counterpart(f"{kind.__name__} {shown[:60]}")

    def declared(self, expression: Any) -> Term:
        name = expression.func.__name__
        args = tuple(map(self.visit, expression.args))
        if name.startswith(_DENSITY):
            return Apply("density", (Name(name.removeprefix(_DENSITY)), *args))
        return Apply("call", (Name(name), *args))

    def derivative(self, expression: Any) -> Term:
        body = self.visit(expression.expr)
        for variable, count in expression.variable_count:
            for _ in range(int(count)):
                body = Apply("derivative", (body, self.visit(variable)))
        return body

    def bind(self, expression: Any) -> Term:
        body = self.visit(expression.function)
        for variable, low, high in expression.limits:
            body = Bind(*self.scope(expression, low, high, variable.name), body)
        return body

    def scope(self, expression: Any, low: Any, high: Any, name: str) -> tuple[str, str, Term]:
        ends = (self.visit(low), self.visit(high))
        if isinstance(expression, self.sympy.Integral):
            whole = (low, high) == (-self.sympy.oo, self.sympy.oo)
            line = Apply("reals", (Number(Fraction(1)),))
            return "integral", name, line if whole else Apply("interval", ends)
        head = "sum" if isinstance(expression, self.sympy.Sum) else "product"
        if low.is_infinite or high.is_infinite:
            _no_counterpart("a sum between infinite bounds")
        return head, name, Apply("range", ends)


def _several(factors: list[Term]) -> Term:
    if len(factors) > 1:
        return Apply("multiply", tuple(factors))
    return factors[0] if factors else Number(Fraction(1))


def _no_counterpart(what: str) -> NoReturn:
    raise BridgeError(f"no counterpart across the bridge to SymPy for {what}")
