"""Normal laws with a covariance matrix, of symbolic dimension: densities, means, determinants.

Terms about them are rewritten until only matrices are left, which the matrix prover decides:

* ``log N(x; m, S) = -(d log(2 pi) + log det S + (x - m)^T S^-1 (x - m)) / 2``;
* ``E[a + A x] = a + A m`` and ``E[(a + A x)(b + B x)^T] = (a + A m)(b + B m)^T + A S B^T``;
* ``log |det A B| = log |det A| + log |det B|``, ``log |det A^-1| = -log |det A|``;
* the image of a law under a diffeomorphism with a definition, by its inverse and its Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from language.notation import Notation, NotationError
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    free_names,
    fresh,
    lift,
    rebuild,
    substitute,
)
from language.typecheck import TypeMismatch, typecheck
from language.types import Array, Dimension, Scalar
from language.vocabulary import (
    PI,
    absolute,
    density,
    determinant,
    diagonal,
    expectation,
    identity,
    inverse,
    log,
    number,
    product_of,
    sum_of,
    trace,
)
from numerics.lowering import Outside
from numerics.optima import affine
from numerics.signs import is_positive

__all__ = ["as_matrices", "logarithms"]

HALF, ONE, TWO = number(1, 2), number(1), number(2)


def as_matrices(term: Term, notation: Notation) -> Term:
    """A term with its normal laws worked out, as far as the rules reach.

    Raises:
        Outside: where an expectation is of another kind.
    """
    return _Rewriter(notation).term(term)


def logarithms(left: Term, right: Term, notation: Notation) -> tuple[Term, Term] | None:
    """The logarithms of two positive numbers, where one of them is a density; None elsewhere."""
    rewriter = _Rewriter(notation)
    if not any(isinstance(side, Apply) and side.head == "density" for side in (left, right)):
        return None
    found = [rewriter.log_of(rewriter.plain(side)) for side in (left, right)]
    if found[0] is None or found[1] is None:
        return None
    return found[0], found[1]


@dataclass(frozen=True)
class _Gaussian:
    """A normal law: mean and covariance matrix, and the dimension."""

    mean: Term
    covariance: Term
    size: Term


class _Rewriter:
    def __init__(self, notation: Notation) -> None:
        self.notation = notation

    def term(self, term: Term) -> Term:
        match term:
            case Apply("log", (inner,)):
                found = self.log_of(self.plain(inner))
                return log(self.term(inner)) if found is None else found
            case Apply("kl", (left, right)):
                return self.mean(left, lambda x: log(density(left, x)) - log(density(right, x)))
            case Apply("entropy", (law,)):
                return self.mean(law, lambda x: -log(density(law, x)))
            case Apply("call", (Name(name), *args)):
                symbol = self.notation[name]
                if symbol.definition is not None:
                    values = dict(zip(symbol.parameters, args, strict=True))
                    return self.term(substitute(symbol.definition, values))
            case Bind("variance", variable, law, body):
                mean = self.term(Bind("expectation", variable, law, body))
                return self.term(Bind("expectation", variable, law, body**2)) - mean**2
            case Bind("expectation", variable, law, body):
                return self.expected(variable, self.law(law), self.term(body))
        parts = children(term)
        return rebuild(term, tuple(map(self.term, parts))) if parts else term

    # laws

    def law(self, term: Term) -> Term:
        match term:
            case Name(name):
                symbol = self.notation.get(name)
                if symbol is not None and symbol.definition is not None and not symbol.parameters:
                    return self.law(symbol.definition)
        return term

    def gaussian(self, law: Term) -> _Gaussian:
        match self.law(law):
            case Apply("normal", (mean, spread)):
                kind = self.kind(mean)
                if not isinstance(kind, Array) or len(kind.shape) != 1:
                    raise Outside("a normal law of one number")
                size = lift(kind.shape[0])
                return _Gaussian(mean, self.covariance(spread, size), size)
        raise Outside("a law that is not normal")

    def covariance(self, spread: Term, size: Term) -> Term:
        kind = self.kind(spread)
        if isinstance(kind, Array) and len(kind.shape) == 2:
            return spread
        match spread:
            case Apply("ones"):
                return identity(size)
            case Apply("multiply", (*factors, Apply("ones"))) if all(
                isinstance(self.kind(factor), Scalar) for factor in factors
            ):
                return product_of([*factors, identity(size)])
        return diagonal(spread)

    def kind(self, term: Term) -> object:
        try:
            return typecheck(term, self.notation)
        except (TypeMismatch, NotationError) as error:
            raise Outside(str(error)) from None

    def log_density(self, law: Term, point: Term) -> Term:
        law = self.law(law)
        match law:
            case Apply("pushforward", (Name(flow), base)):
                symbol = self.notation[flow]
                if symbol.inverse is None:
                    raise Outside(f"{flow} has no inverse")
                backward = self.notation[symbol.inverse]
                there = self.term(Apply("call", (Name(backward.name), point)))
                stretch = self.term(Apply("call", (Name(backward.jacobian or ""), point)))
                return self.log_density(base, there) + self.log_determinant(stretch)
        found = self.gaussian(law)
        gap = point - found.mean
        square = gap.T @ inverse(found.covariance) @ gap
        constant = found.size * (log(2) + log(PI)) + self.log_determinant(found.covariance)
        return -HALF * constant - HALF * square

    # logarithms

    def plain(self, term: Term) -> Term:
        """A term whose densities are kept, for their logarithms to be taken."""
        match term:
            case Apply("density"):
                return term
            case Apply("multiply" | "divide" | "power" | "negative" | "absolute" | "sqrt"):
                return rebuild(term, tuple(map(self.plain, children(term))))
        return self.term(term)

    def log_of(self, term: Term) -> Term | None:
        """The logarithm of a product of densities, determinants and positive numbers."""
        match term:
            case Apply("density", (law, point)):
                try:
                    return self.log_density(law, self.term(point))
                except Outside:
                    return None
            case Apply("multiply", args):
                parts = [self.log_of(arg) for arg in args]
                return sum_of([p for p in parts if p is not None]) if None not in parts else None
            case Apply("divide", (above, below)):
                up, down = self.log_of(above), self.log_of(below)
                return None if up is None or down is None else up - down
            case Apply("power", (base, exponent)):
                inside = self.log_of(base)
                return None if inside is None else exponent * inside
            case Apply("sqrt", (inner,)):
                inside = self.log_of(inner)
                return None if inside is None else HALF * inside
            case Apply("exp", (inner,)):
                return inner
            case Apply("absolute", (Apply("determinant", (square,)),)):
                return self.log_determinant(square)
            case Apply("determinant", (square,)) if self.positive_determinant(square):
                return self.log_determinant(square)
            case Number() | Name() | Apply() if self._is_positive(term):
                return log(term)
        return None

    def _is_positive(self, term: Term) -> bool:
        try:
            return isinstance(self.kind(term), Scalar) and is_positive(term, self.notation)
        except (Outside, KeyError):
            return False

    def log_determinant(self, square: Term) -> Term:
        """``log |det A|`` by the factors of A."""
        size = self.side(square)
        match square:
            case Apply("multiply", args):
                scalars = [arg for arg in args if isinstance(self.kind(arg), Scalar)]
                factors = [arg for arg in args if arg not in scalars]
                if all(self.kind(factor) == Array((size, size)) for factor in factors):
                    logs = [lift(size) * self._log_absolute(scalar) for scalar in scalars]
                    return sum_of([*logs, *map(self.log_determinant, factors)])
            case Apply("divide", (above, below)):
                return self.log_determinant(above) - lift(size) * self._log_absolute(below)
            case Apply("negative" | "transpose", (inner,)):
                return self.log_determinant(inner)
            case Apply("inverse", (inner,)):
                return -self.log_determinant(inner)
            case Apply("identity"):
                return lift(0)
        return log(absolute(determinant(square)))

    def _log_absolute(self, scalar: Term) -> Term:
        found = self.log_of(scalar)
        return log(absolute(scalar)) if found is None else found

    def side(self, square: Term) -> Dimension:
        kind = self.kind(square)
        if not isinstance(kind, Array) or len(kind.shape) != 2 or kind.shape[0] != kind.shape[1]:
            raise Outside("a determinant of what is not a square matrix")
        return kind.shape[0]

    def positive_determinant(self, square: Term) -> bool:
        """Whether det A > 0 wherever the inverse or the logarithm at hand exists."""
        match square:
            case Name(name):
                return "definite" in self.notation[name].traits
            case Apply("identity"):
                return True
            case Apply("transpose" | "inverse", (inner,)):
                return self.positive_determinant(inner)
            case Apply("diagonal", (vector,)):
                return self.positive_entries(vector)
            case Apply("multiply", (left, right)) if right in (left.T,) or left == right.T:
                return True
            case Apply("multiply", args):
                return all(
                    self._is_positive(arg)
                    if isinstance(self.kind(arg), Scalar)
                    else self.positive_determinant(arg)
                    for arg in args
                )
            case Apply("divide", (above, below)):
                return self._is_positive(below) and self.positive_determinant(above)
        return False

    def positive_entries(self, vector: Term) -> bool:
        """Whether each entry of a vector is seen to be positive."""
        match vector:
            case Name(name):
                lower = self.notation[name].domain.lower
                return lower is not None and lower >= 0
            case Apply("exp" | "ones"):
                return True
            case Apply("power", (base, _)):
                return self.positive_entries(base)
            case Apply("add" | "hadamard", args):
                return all(map(self.positive_entries, args))
            case Apply("multiply", (*factors, last)):
                return all(map(self._is_positive, factors)) and self.positive_entries(last)
        return False

    # expectations

    def mean(self, law: Term, body: Callable[[Term], Term]) -> Term:
        """E over a law of what ``body`` gives at a point."""
        name = fresh("x", {symbol.name for symbol in self.notation} | free_names(law))
        return self.term(expectation(name, law, body(Name(name))))

    def expected(self, variable: str, law: Term, body: Term) -> Term:
        if variable not in free_names(body):
            return body
        match law:
            case Apply("pushforward", (flow, base)):
                there = self.term(Apply("call", (flow, Name(variable))))
                return self.expected(variable, self.law(base), substitute(body, {variable: there}))
        return _Moments(variable, self.gaussian(law), self).of(body)


@dataclass(frozen=True)
class _Moments:
    """Expectations under one normal law."""

    variable: str
    law: _Gaussian
    rewriter: _Rewriter

    def of(self, body: Term) -> Term:
        """E of a body that is linear in products of at most two affine functions of the draw."""
        if self.variable not in free_names(body):
            return body
        match body:
            case Apply("add" | "negative" | "trace" | "transpose"):
                return rebuild(body, tuple(map(self.of, children(body))))
            case Apply("divide", (above, below)) if self.variable not in free_names(below):
                return self.of(above) / below
            case Apply("power", (Apply("norm", (inner,)), exponent)) if exponent == TWO:
                return self.pair(inner.T, [], inner)
            case Apply("power", (base, exponent)) if exponent == TWO:
                return self.numbers(base, base)
            case Apply("inner", (left, right)):
                return self.pair(left.T, [], right)
            case Apply("multiply", (first, second)) if self.is_number(first):
                return self.numbers(first, second)
            case Apply("multiply", args):
                return self.product(_flat(list(args)))
        affine_ = affine(body, self.variable, identity(self.law.size))
        if affine_ is None:
            raise Outside("an expectation of another kind than of a quadratic form")
        return self.at_mean(body)

    def is_number(self, part: Term) -> bool:
        """Whether a part is a number that is affine in the draw."""
        found = affine(part, self.variable, identity(self.law.size))
        if found is None or found[0] is None:
            return False
        kind = self.rewriter.kind(found[0])
        return isinstance(kind, Array) and len(kind.shape) == 2 and kind.shape[0] == 1

    def numbers(self, first: Term, second: Term) -> Term:
        """E[s t] of affine numbers, by their covariance; or of a number and what is no draw."""
        if not self.is_number(first):
            raise Outside("a product of what are not numbers")
        if self.variable not in free_names(second):
            return self.at_mean(first) * second
        if not self.is_number(second):
            raise Outside("a product of what are not numbers")
        spread = self.slope(first) @ self.law.covariance @ self.slope(second).T
        return self.at_mean(first) * self.at_mean(second) + spread

    def at_mean(self, part: Term) -> Term:
        return substitute(part, {self.variable: self.law.mean})

    def product(self, factors: list[Term]) -> Term:
        places = [k for k, f in enumerate(factors) if self.variable in free_names(f)]
        if len(places) == 1:
            (k,) = places
            return product_of([*factors[:k], self.of(factors[k]), *factors[k + 1 :]])
        if len(places) != 2:
            raise Outside("an expectation of a product of more than two factors")
        first, second = places
        middle = factors[first + 1 : second]
        pair = self.pair(factors[first], middle, factors[second])
        return product_of([*factors[:first], pair, *factors[second + 1 :]])

    def pair(self, left: Term, middle: list[Term], right: Term) -> Term:
        """E[u^T M w] or E[u w^T] of affine u and w, by their covariance."""
        mean = product_of([self.at_mean(left), *middle, self.at_mean(right)])
        row, column = _untransposed(left), right
        if row is not None:
            first, second = self.slope(row), self.slope(column)
            spread = product_of([*middle, second, self.law.covariance, first.T])
            return mean + trace(spread)
        back = _untransposed(right)
        if back is not None and not middle:
            first, second = self.slope(left), self.slope(back)
            return mean + first @ self.law.covariance @ second.T
        raise Outside("an expectation of a product of another shape")

    def slope(self, part: Term) -> Term:
        """A for a part that is a + A x."""
        found = affine(part, self.variable, identity(self.law.size))
        if found is None or found[0] is None:
            raise Outside("a factor that is not affine in the draw")
        return found[0]


def _untransposed(term: Term) -> Term | None:
    """u for a term that is u^T."""
    match term:
        case Apply("transpose", (inner,)):
            return inner
    return None


def _flat(factors: list[Term]) -> list[Term]:
    """Factors with products among them taken apart."""
    found: list[Term] = []
    for factor in factors:
        match factor:
            case Apply("multiply", args):
                found += _flat(list(args))
            case _:
                found.append(factor)
    return found
