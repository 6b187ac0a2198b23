"""Rules for expectations over independent 0/1 masks: linearity, second moments, variances.

Each rule takes a term and returns the next one, or raises
:class:`~derivations.rules.matrix_calculus.RuleError`.

Source: Grimmett and Stirzaker, "Probability and Random Processes" (2001), sections 3.3 (moments)
and 3.4 (indicators).
"""

from __future__ import annotations

from collections.abc import Callable

from derivations.rules.matrix_calculus import RuleError
from language.terms import Apply, Bind, Name, Number, Term, free_names, lift, replace
from language.vocabulary import expectation, power, product_of, sum_of, variance

__all__ = [
    "exchange_sums",
    "linearity_of_expectation",
    "mean_of_mask",
    "second_moment",
    "variance_of_independent_sum",
]

TWO = lift(2)


def linearity_of_expectation(term: Term) -> Term:
    """The expectation of a finite sum is the sum of the expectations.

    Side condition: each expectation exists; a mask takes finitely many values, so it does.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("expectation", drawn, law, Bind("sum", index, domain, body)):
                if index in free_names(law) or drawn in free_names(domain):
                    return None
                return Bind("sum", index, domain, expectation(drawn, law, body))
        return None

    return _rewrite(term, rule, "the expectation of a sum")


def second_moment(term: Term) -> Term:
    """``E[Z^2] = E[Z]^2 + Var(Z)``. Side condition: ``Z`` has a second moment."""

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("expectation", drawn, law, Apply("power", (body, exponent))):
                if exponent != TWO:
                    return None
                return power(expectation(drawn, law, body), 2) + variance(drawn, law, body)
        return None

    return _rewrite(term, rule, "the expectation of a square")


def mean_of_mask(term: Term) -> Term:
    """Replace each entry of the mask by its mean, in the expectation of an affine function of it.

    Side condition, checked: the body is affine in the entries. Independence is not needed.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("expectation", mask, Apply("bernoulli", (mean,)), body):
                if _degree(body, mask) > 1:
                    raise RuleError(f"expected an affine function of {mask}, found a higher degree")
                return replace(_with_mean(body, mask, mean), _constants_out)
        return None

    return _rewrite(term, rule, "an expectation over a mask")


def _with_mean(body: Term, mask: str, mean: Term) -> Term:
    def rule(part: Term) -> Term | None:
        match part:
            case Apply("entry", (Name(name), *_)) if name == mask:
                return mean
        return None

    return replace(body, rule)


def _degree(term: Term, mask: str) -> int:
    """The degree of ``term`` as a polynomial in the entries of ``mask``."""
    if mask not in free_names(term):
        return 0
    match term:
        case Apply("entry", (Name(name), *_)) if name == mask:
            return 1
        case Apply("add", parts):
            return max(_degree(part, mask) for part in parts)
        case Apply("multiply", parts):
            return sum(_degree(part, mask) for part in parts)
        case Apply("negative", (body,)) | Bind("sum", _, _, body):
            return _degree(body, mask)
        case Apply("power", (base, Number(exponent))) if exponent.denominator == 1 and exponent > 0:
            return int(exponent) * _degree(base, mask)
    raise RuleError(f"expected a polynomial in the entries of {mask}")


def variance_of_independent_sum(term: Term) -> Term:
    """``Var(c + sum_j a_j R_ij) = p (1 - p) sum_j a_j^2`` for a mask with entries Bernoulli(p).

    The variance of a sum of independent terms is the sum of their variances, a constant factor
    comes out squared, a constant summand drops out, and a 0/1 variable has variance p (1 - p).
    Side conditions, checked: the summation index picks a different entry of the mask in each
    summand, and nothing else in the body is random.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("variance", mask, Apply("bernoulli", (mean,)), body):
                return _variance(body, mask, mean)
        return None

    return _rewrite(term, rule, "a variance over a mask")


def _variance(body: Term, mask: str, mean: Term) -> Term:
    summands = body.args if isinstance(body, Apply) and body.head == "add" else (body,)
    random = [part for part in summands if mask in free_names(part)]
    if len(random) != 1:
        raise RuleError(f"expected one random summand, found {len(random)}")
    match random[0]:
        case Apply("negative", (Bind("sum", index, domain, inside),)):
            pass
        case Bind("sum", index, domain, inside):
            pass
        case _:
            raise RuleError("expected a sum over the mask's entries")
    squares = [power(factor, 2) for factor in _coefficients(inside, mask, index)]
    total = Bind("sum", index, domain, product_of(squares))
    return Apply("multiply", (mean, 1 - mean, total))


def _coefficients(term: Term, mask: str, index: str) -> list[Term]:
    """The factors beside the one entry of the mask, whose place depends on ``index``."""
    factors = term.args if isinstance(term, Apply) and term.head == "multiply" else (term,)
    fixed = [factor for factor in factors if mask not in free_names(factor)]
    match [factor for factor in factors if mask in free_names(factor)]:
        case [Apply("entry", (Name(name), *places))] if name == mask and Name(index) in places:
            return fixed
    raise RuleError(f"expected one entry of {mask}, at a place that moves with {index}")


def exchange_sums(term: Term) -> Term:
    """Split finite sums, take double sums in the other order, move constant factors in front.

    ``sum_i (a_i + b sum_j c_ij d_j) = sum_i a_i + b sum_j d_j sum_i c_ij``.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("sum", index, domain, Apply("add", parts)):
                return sum_of([_exchanged(Bind("sum", index, domain, one)) for one in parts])
        return None

    return _rewrite(term, rule, "a sum of sums")


def _exchanged(term: Term) -> Term:
    """One sum with its constants in front and, if a sum follows, that one outermost."""
    match _constants_out(term) or term:
        case Apply("multiply", (*constants, Bind() as rest)):
            return _flat([*constants, _exchanged(rest)])
        case Bind("sum", index, domain, Bind("sum", inner, space, body)):
            if index in free_names(space) or inner in free_names(domain):
                return term
            within: Term = Bind("sum", index, domain, body)
            return Bind("sum", inner, space, _constants_out(within) or within)
        case other:
            return other


def _constants_out(term: Term) -> Term | None:
    """``sum_i c f_i = c sum_i f_i`` for factors free of the index."""
    match term:
        case Bind("sum", index, domain, Apply("multiply", parts)):
            constants = [part for part in parts if index not in free_names(part)]
            rest = [part for part in parts if index in free_names(part)]
            if constants and rest:
                return product_of([*constants, Bind("sum", index, domain, product_of(rest))])
    return None


def _flat(factors: list[Term]) -> Term:
    inner: list[Term] = []
    for factor in factors:
        match factor:
            case Apply("multiply", parts):
                inner.extend(parts)
            case _:
                inner.append(factor)
    return product_of(inner)


def _rewrite(term: Term, rule: Callable[[Term], Term | None], wanted: str) -> Term:
    found = replace(term, rule)
    if found == term:
        raise RuleError(f"expected {wanted}, found none in the term")
    return found
