"""The provers' own differentiation: term by term, without the derivations' engine.

A derivation differentiates with SymPy or a matrix rule; a proof that its result is right must not
use the same code. The rules here are the chain rule, the product rule and
d w_i / d w_k = delta(i, k), on the scalar fragment of :mod:`numerics.lowering`.
"""

from __future__ import annotations

from collections.abc import Callable

from language.terms import Apply, Bind, Name, Number, Term, free_names, fresh, lift, substitute
from language.vocabulary import delta, logistic, number, power, product_of, sum_of

__all__ = ["NotDifferentiable", "differentiate"]

ONE, ZERO = number(1), number(0)


class NotDifferentiable(ValueError):
    """A term has no derivative that the rules know."""


def differentiate(body: Term, variable: Term) -> Term:
    """The partial derivative of ``body`` in ``variable``, a name or an entry of a named array.

    ``body`` must be in the scalar fragment: definitions expanded, arrays by their entries. Zero
    summands and factors are left out; nothing else is simplified.

    >>> x = Name("x")
    >>> differentiate(x**2, x) == 2 * x
    True

    Raises:
        NotDifferentiable: for a head without a rule, such as the absolute value.
    """
    match variable:
        case Name(name):
            stem = name
        case Apply("entry", (Name(name), *_)):
            stem = name
        case _:
            raise NotDifferentiable("a derivative is taken in a name or an entry of an array")
    return _derivative(body, variable, stem, {})


def _derivative(term: Term, variable: Term, stem: str, done: dict[Term, Term]) -> Term:
    if stem not in free_names(term):
        return ZERO
    if term not in done:
        done[term] = _rule(term, variable, stem, done)
    return done[term]


def _rule(term: Term, variable: Term, stem: str, done: dict[Term, Term]) -> Term:
    def d(part: Term) -> Term:
        return _derivative(part, variable, stem, done)

    match term:
        case Name():
            if term == variable:
                return ONE
            raise NotDifferentiable(f"{stem} occurs as a whole array")
        case Apply("entry", (Name(name), *indices)) if name == stem:
            return _entry(term, variable, tuple(indices))
        case Apply("add", args):
            return _sum([d(arg) for arg in args])
        case Apply("negative", (x,)):
            return _negative(d(x))
        case Apply("multiply", args):
            parts = []
            for place, arg in enumerate(args):
                parts.append(_product([*args[:place], d(arg), *args[place + 1 :]]))
            return _sum(parts)
        case Apply("divide", (x, y)):
            first = _quotient(d(x), y)
            second = _quotient(_product([x, d(y)]), y**2)
            return _sum([first, _negative(second)])
        case Apply("power", (base, exponent)):
            return _power(base, exponent, d)
        case Apply(head, (x,)) if head in _ELEMENTARY:
            return _product([_ELEMENTARY[head](x), d(x)])
        case Bind(_, bound, domain, inside) if bound in free_names(variable):
            renamed = fresh(bound, free_names(variable) | free_names(inside))
            inside = substitute(inside, {bound: Name(renamed)})
            return _rule(Bind(term.head, renamed, domain, inside), variable, stem, done)
        case Bind("sum" | "integral" | "product" | "expectation" as head, _, domain, _) if (
            stem in free_names(domain)
        ):
            raise NotDifferentiable(f"what a {head} runs over depends on {stem}")
        case Bind("sum" | "integral" | "expectation" as head, bound, domain, inside):
            inner = _derivative(inside, variable, stem, done)
            return inner if inner == ZERO else Bind(head, bound, domain, inner)
        case Bind("product", bound, domain, inside):
            # (log P)' P, valid wherever no factor is zero.
            inner = _product([_derivative(inside, variable, stem, done), ONE / inside])
            return _product([term, Bind("sum", bound, domain, inner)])
    head = term.head if isinstance(term, Apply | Bind) else str(term)
    raise NotDifferentiable(f"no rule differentiates {head}")


def _entry(term: Term, variable: Term, indices: tuple[Term, ...]) -> Term:
    match variable:
        case Apply("entry", (_, *others)) if len(others) == len(indices):
            factors = [delta(i, j) for i, j in zip(indices, others, strict=True) if i != j]
            if any(
                isinstance(i, Number) and isinstance(j, Number) and i != j
                for i, j in zip(indices, others, strict=True)
            ):
                return ZERO
            return product_of(factors)
    raise NotDifferentiable(f"{term} is not an entry like {variable}")


def _power(base: Term, exponent: Term, d: Callable[[Term], Term]) -> Term:
    below, above = d(base), d(exponent)
    outer = []
    if below != ZERO:
        lowered = lift(exponent.value - 1) if isinstance(exponent, Number) else exponent - 1
        reduced = base if lowered == ONE else power(base, lowered)
        outer.append(_product([exponent, reduced, below]))
    if above != ZERO:
        outer.append(_product([Apply("log", (base,)), power(base, exponent), above]))
    return _sum(outer)


_ELEMENTARY: dict[str, Callable[[Term], Term]] = {
    "log": lambda x: ONE / x,
    "exp": lambda x: Apply("exp", (x,)),
    "sqrt": lambda x: number(1, 2) / Apply("sqrt", (x,)),
    "logistic": lambda x: logistic(x) * (1 - logistic(x)),
    "softplus": logistic,
    "tanh": lambda x: 1 - Apply("tanh", (x,)) ** 2,
    "sinh": lambda x: Apply("cosh", (x,)),
    "cosh": lambda x: Apply("sinh", (x,)),
}


def _sum(parts: list[Term]) -> Term:
    return sum_of([part for part in parts if part != ZERO])


def _product(factors: list[Term]) -> Term:
    if ZERO in factors:
        return ZERO
    return product_of([factor for factor in factors if factor != ONE])


def _quotient(numerator: Term, denominator: Term) -> Term:
    return ZERO if numerator == ZERO else numerator / denominator


def _negative(term: Term) -> Term:
    return ZERO if term == ZERO else -term
