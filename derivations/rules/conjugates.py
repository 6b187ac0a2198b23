"""Rules for convex conjugates: concave maxima on any interval, their values, and laying out.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not. SymPy solves and factors; to it the
density at a point is a positive number, and a number below c is c minus a positive number.

Source: Nowozin, Cseke and Tomioka, "f-GAN: Training Generative Neural Samplers using Variational
Divergence Minimization" (2016), section 2 (conjugates) and appendix B (optimal critics).
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from derivations.rules.calculus import from_sympy, to_sympy
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, replace, substitute, walk
from language.types import POSITIVE, REAL, Interval
from language.vocabulary import let, spaces

__all__ = ["Numbers", "curved_optimum", "factor_scalars", "lay_out", "value_at_optimum"]


class Numbers:
    """Terms in SymPy, with a positive number in the place of each density and each term kept.

    A declared number below c is c minus a positive number there.
    """

    def __init__(self, notation: Notation, *kept: Term) -> None:
        self._notation = notation
        self._kept = kept
        self._stands_for: dict[str, Term] = {}
        self._names: dict[Term, Name] = {}
        self._below: dict[sympy.Symbol, sympy.Expr] = {}

    def to_sympy(self, term: Term) -> sympy.Expr:
        named = replace(term, self._name)
        new = (Symbol(name, REAL, domain=POSITIVE) for name in self._stands_for)
        scope = self._notation.extended(*new)
        expression = to_sympy(named, scope)
        for symbol in scope:
            top = symbol.domain.upper
            if symbol.type == REAL and top and symbol.domain.lower is None:
                gap = sympy.Symbol(f"{symbol.name}_gap", positive=True)
                own = to_sympy(Name(symbol.name), scope)
                self._below[gap] = sympy.Rational(top) - own
                expression = expression.subs(own, sympy.Rational(top) - gap)
        return expression

    def from_sympy(self, expression: sympy.Expr) -> Term:
        return substitute(from_sympy(expression.subs(self._below)), self._stands_for)

    def _name(self, here: Term) -> Term | None:
        if here not in self._kept and not (isinstance(here, Apply) and here.head == "density"):
            return None
        if here not in self._names:
            self._names[here] = Name(f"density_{len(self._names)}")
            self._stands_for[self._names[here].name] = here
        return self._names[here]


# --------------------------------------------------------------------------- laying out


def factor_scalars(term: Term, notation: Notation, *kept: Term) -> Term:
    """Factor the body of each expectation and integral, or the whole term where there is none.

    Logarithms with the same factor in front are joined to the logarithm of a quotient. The positive
    numbers ``kept`` are not looked into.
    """

    def inside(here: Term) -> Term | None:
        match here:
            case Bind("expectation" | "integral" as head, variable, domain, body):
                return Bind(head, variable, domain, _factored(body, notation, *kept))
        return None

    if any(isinstance(part, Bind) for part in walk(term)):
        return replace(term, inside)
    return _factored(term, notation, *kept)


def _factored(term: Term, notation: Notation, *kept: Term) -> Term:
    numbers = Numbers(notation, *kept)
    return numbers.from_sympy(lay_out(numbers.to_sympy(term)))


def lay_out(expression: sympy.Expr) -> sympy.Expr:
    """Factored, with a positive denominator in front, and logarithms joined."""
    logs = {part: _difference(part.args[0]) for part in expression.atoms(sympy.log)}
    expression = expression.xreplace(logs)
    if expression.has(sympy.log):
        return _logarithms_joined(expression)
    candidates = (sympy.factor(expression), sympy.factor(sympy.expand(expression)))
    shortest = sympy.powsimp(min(candidates, key=sympy.count_ops))
    above, below = sympy.fraction(shortest)
    return -above / sympy.expand(-below) if _turns(above, below) else _sign_inside(shortest)


def _sign_inside(product: sympy.Expr) -> sympy.Expr:
    """-c (a - b) as c (b - a)."""
    if product.is_Mul and product.could_extract_minus_sign():
        for factor in product.args:
            if _turns(sympy.Integer(-1), factor):
                return sympy.Mul(-product / factor, sympy.expand(-factor))
    return product


def _turns(above: sympy.Expr, below: sympy.Expr) -> bool:
    """Whether a quotient reads better with both signs turned: -a/(b - c) as a/(c - b)."""
    mixed = isinstance(below, sympy.Add) and any(
        part.could_extract_minus_sign() for part in below.args
    )
    return mixed and above.could_extract_minus_sign()


def _quotient(number: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """What stands above and below the line of a positive number, both positive."""
    above, below = sympy.fraction(sympy.factor(number))
    return (-above, sympy.expand(-below)) if above.is_negative else (above, below)


def _difference(inside: sympy.Expr) -> sympy.Expr:
    """The logarithm of a quotient as a difference."""
    above, below = (number.primitive() for number in _quotient(inside))
    return sum(map(sympy.log, above)) - sum(map(sympy.log, below))


def _log(inside: sympy.Expr) -> sympy.Expr:
    """The logarithm of a factored number; that of 1/x is -log x."""
    above, below = _quotient(inside)
    return -sympy.log(below) if above == 1 else sympy.log(above / below)


def _logarithms_joined(expression: sympy.Expr) -> sympy.Expr:
    """``c log a - c log b + ...`` as ``c log(a/b) + ...``, for each monomial c."""
    expanded = sympy.expand(expression)
    inside: dict[sympy.Expr, sympy.Expr] = {}
    for log in sorted(expanded.atoms(sympy.log), key=sympy.default_sort_key):
        coefficient = sympy.factor(sympy.together(expanded.coeff(log)))
        expanded = sympy.expand(expanded - expanded.coeff(log) * log)
        for part in sympy.Add.make_args(sympy.expand(coefficient)):
            sign = -1 if part.could_extract_minus_sign() else 1
            inside[sign * part] = inside.get(sign * part, sympy.Integer(1)) * log.args[0] ** sign
    joined = [factor * _log(argument) for factor, argument in inside.items()]
    return sympy.Add(*joined, sympy.factor(expanded))


# --------------------------------------------------------------------------- maxima


def curved_optimum(term: Term, notation: Notation) -> Term:
    """Work out ``argmax`` of a concave or ``argmin`` of a convex function, on an open interval.

    The stationary point is SymPy's solution of f' = 0, the only one in the interval (or on the
    line). Side condition: the function is strictly concave or convex there, so that this point is
    its one optimum.

    Raises:
        ValueError: where there is not exactly one stationary point in the interval.
    """

    def work_out(here: Term) -> Term | None:
        match here:
            case Bind("argmax" | "argmin", variable, domain, body):
                return _stationary(variable, _interval(domain), body, notation)
        return None

    return replace(term, work_out)


def value_at_optimum(term: Term, notation: Notation) -> Term:
    """The largest value of a concave function, or the least of a convex one, is at its optimum.

    Side condition and errors as for :func:`curved_optimum`.
    """

    def work_out(here: Term) -> Term | None:
        match here:
            case Bind("maximal" | "minimal", variable, domain, body):
                point = _stationary(variable, _interval(domain), body, notation)
                return let(variable, point, body)
        return None

    return replace(term, work_out)


def _interval(domain: Term) -> Interval:
    match domain:
        case Apply("interval", (low, high)):
            return Interval(_end(low), _end(high))
        case _ if domain == spaces():
            return Interval()
    raise ValueError("expected the real line or an interval")


def _end(term: Term) -> Fraction | None:
    return term.value if isinstance(term, Number) else None


def _stationary(variable: str, domain: Interval, body: Term, notation: Notation) -> Term:
    """The point of an interval at which the derivative vanishes."""
    if variable in notation:
        raise ValueError(f"expected a variable of its own, found {variable!r} declared")
    numbers = Numbers(notation.extended(Symbol(variable, REAL)))
    free = sympy.Symbol(variable, real=True)
    # Seen from one of its ends, the points of an interval are positive numbers.
    gap, at = free, free
    if domain.lower is not None or domain.upper is not None:
        gap = sympy.Symbol(f"{variable}_gap", positive=True)
        at = gap + sympy.Rational(domain.lower or 0)
        if domain.lower is None:
            at = sympy.Rational(domain.upper) - gap
    slope = sympy.diff(numbers.to_sympy(body).subs(free, at), gap)
    found = sympy.solve(sympy.together(slope), gap)
    if len(found) != 1:
        raise ValueError(f"expected one stationary point, found {len(found)}")
    return numbers.from_sympy(lay_out(at.subs(gap, found[0])))
