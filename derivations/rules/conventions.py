"""Rules that rewrite a question into another convention: its symbols replaced, its scale changed.

A convention says what takes the place of a name: ``lambda / 2`` where the topic writes ``lambda``.
The same letter then means another quantity, so these rules do not keep a term's value; they are
applied to the definition and to every step alike, and the provers decide the new steps afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import isqrt, prod
from operator import add, mul

from language.notation import Symbol
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
from language.types import Interval
from language.vocabulary import INFINITY, RELATIONS, log, product_of, sqrt, sum_of

__all__ = [
    "NotInvertible",
    "divide_each_term",
    "in_symbols",
    "replace_symbols",
    "scale",
    "solve",
    "tidy",
]

#: Differentiation: with respect to a name that is replaced, by the chain rule.
_DERIVATIVES = frozenset(("derivative", "gradient", "hessian", "jacobian"))
#: What is measured in nats, or in bits where it is divided by the logarithm of two.
_INFORMATION = frozenset(("log", "kl", "jsd", "entropy"))
_ONE = Number(Fraction(1))


class NotInvertible(ValueError):
    """A replacement cannot be solved for the name that it replaces."""


# ------------------------------------------------------------------ replacing symbols


def replace_symbols(term: Term, values: Mapping[str, Term]) -> Term:
    """``term`` with names replaced, so that it says the same of what the names now stand for.

    Bound variables never capture a name that comes in, and a derivative in a replaced name obeys
    the chain rule. Where a replaced name is given a value (``let`` or ``limit``), the new symbol is
    given the value that corresponds to it. What the replacement makes cancel is cancelled.

    >>> p = Name("p")
    >>> replace_symbols(p * (1 - p), {"p": 1 - p}) == (1 - p) * p
    True
    """
    if not _concerned(term, values):
        return term
    match term:
        case Name(name):
            return values.get(name, term)
        case Apply("entry", (Name(name), *indices)) if name in values:
            places = [replace_symbols(index, values) for index in indices]
            return _at_entry(values[name], name, places)
        case Apply(head, (body, variable)) if head in _DERIVATIVES:
            return _differentiated(head, body, variable, values)
        case Apply():
            return tidy(rebuild(term, tuple(replace_symbols(part, values) for part in term.args)))
        case Bind():
            return _bound(term, values)
    return term


def _concerned(term: Term, values: Mapping[str, Term]) -> bool:
    """Whether a replaced name occurs in ``term``, free or as a bound variable."""
    if not free_names(term).isdisjoint(values):
        return True
    if isinstance(term, Bind) and term.variable in values:
        return True
    return any(_concerned(part, values) for part in children(term))


def _bound(term: Bind, values: Mapping[str, Term]) -> Term:
    domain = replace_symbols(term.domain, values)
    variable, body = term.variable, term.body
    if variable in values and term.head in ("let", "limit"):
        try:
            value = solve(values[variable], variable, domain)
        except NotInvertible:
            pass
        else:
            return Bind(term.head, variable, value, replace_symbols(body, values))
    entering = frozenset().union(*(free_names(value) for value in values.values()))
    if variable in values or variable in entering:
        # the letter now means something else: the bound variable gets one of its own
        renamed = fresh(variable, entering | free_names(body) | {variable})
        body = substitute(body, {variable: Name(renamed)})
        variable = renamed
    return Bind(term.head, variable, domain, replace_symbols(body, values))


def _differentiated(head: str, body: Term, variable: Term, values: Mapping[str, Term]) -> Term:
    inside = replace_symbols(body, values)
    replaced = sorted(free_names(variable) & values.keys())
    if not replaced:
        return Apply(head, (inside, replace_symbols(variable, values)))
    if head == "derivative" and len(replaced) == 1:
        value = values[replaced[0]]
        if isinstance(variable, Apply) and variable.head == "entry":
            value = _at_entry(value, replaced[0], variable.args[1:])
        factor = _reciprocal_slope(_path(value, replaced[0]))
        return scale(Apply(head, (inside, variable)), factor)
    if len(replaced) > 1:
        raise NotInvertible(f"a {head} in {' and '.join(replaced)} at once")
    # elsewhere: taken in a variable of its own, at the replaced value
    (name,) = replaced
    own = fresh(name, free_names(body) | values.keys())
    renamed = (substitute(part, {name: Name(own)}) for part in (body, variable))
    rest = {other: value for other, value in values.items() if other != name}
    inner = Apply(head, tuple(replace_symbols(part, rest) for part in renamed))
    return Bind("let", own, values[name], inner)


def _at_entry(value: Term, name: str, indices: Iterable[Term]) -> Term:
    """An entry of what replaces an array: the replacement of its entry."""
    _path(value, name)  # entry by entry only where the array occurs once, under plain arithmetic
    return substitute(value, {name: Apply("entry", (Name(name), *indices))})


def in_symbols(symbol: Symbol, values: Mapping[str, Term]) -> Symbol:
    """A symbol of the notation: its definition, and the domain of one that is replaced."""
    definition = symbol.definition
    parameters = symbol.parameters
    if definition is not None:
        shadowed = {name: value for name, value in values.items() if name not in parameters}
        entering = frozenset().union(*(free_names(value) for value in shadowed.values()))
        for name in parameters:
            if name in entering and _concerned(definition, shadowed):
                own = fresh(name, entering | free_names(definition) | {name})
                definition = substitute(definition, {name: Name(own)})
                parameters = tuple(own if p == name else p for p in parameters)
        definition = replace_symbols(definition, shadowed)
    domain = symbol.domain
    if symbol.name in values:
        steps = _path(values[symbol.name], symbol.name)
        domain = _solved_interval(domain, steps)
        if definition is not None:
            definition = _solved(steps, definition)
    return replace(symbol, definition=definition, parameters=parameters, domain=domain)


# ------------------------------------------------------------------ solving a replacement


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation on the way from a name to its replacement, and what it was applied to."""

    head: str
    other: Term
    inside: Term


def _path(value: Term, name: str) -> list[_Step]:
    """The operations that make ``value`` of ``name``, outermost first."""
    steps = []
    while value != Name(name):
        step = _outermost(value, name)
        steps.append(step)
        value = step.inside
    return steps


def _outermost(value: Term, name: str) -> _Step:
    holding = [k for k, part in enumerate(children(value)) if name in free_names(part)]
    match value, holding:
        case Apply("negative" | "sqrt" as head, (x,)), [0]:
            return _Step(head, _ONE, x)
        case Apply("divide", (x, c)), [0]:
            return _Step("divide", c, x)
        case Apply("power", (x, Number(Fraction(numerator=2, denominator=1)))), [0]:
            return _Step("square", _ONE, x)
        case Apply("add" | "multiply" as head, args), [k]:
            rest = [*args[:k], *args[k + 1 :]]
            return _Step(head, (sum_of if head == "add" else product_of)(rest), args[k])
        case Apply("entry", (Name(found), *_)), _ if found == name:
            return _Step("entry", _ONE, Name(name))
    raise NotInvertible(f"{value} cannot be solved for {name}")


def solve(value: Term, name: str, equals: Term) -> Term:
    """What ``name`` is where ``value``, in which it occurs once, equals ``equals``.

    >>> solve(1 - Name("p"), "p", lift(1))
    Number(value=Fraction(0, 1))
    """
    return _solved(_path(value, name), equals)


def _solved(steps: Iterable[_Step], equals: Term) -> Term:
    for step in steps:
        match step.head:
            case "negative":
                equals = tidy(-equals)
            case "add":
                equals = tidy(equals - step.other)
            case "multiply":
                equals = scale(equals, 1 / step.other)
            case "divide":
                equals = scale(equals, step.other)
            case "sqrt":
                equals = tidy(equals**2)
            case "square":
                equals = sqrt(equals)
    return equals


def _reciprocal_slope(steps: Iterable[_Step]) -> Term:
    """One over the derivative of a replacement in the name that it replaces."""
    factor: Term = _ONE
    for step in steps:
        match step.head:
            case "negative":
                factor = tidy(-factor)
            case "multiply":
                factor = scale(factor, 1 / step.other)
            case "divide":
                factor = scale(factor, step.other)
            case "sqrt":
                factor = scale(2 * sqrt(step.inside), factor)
            case "square":
                factor = scale(factor, 1 / (2 * step.inside))
    return factor


def _solved_interval(domain: Interval, steps: Iterable[_Step]) -> Interval:
    for step in steps:
        other = step.other.value if isinstance(step.other, Number) else None
        match step.head:
            case "negative":
                domain = _image(Interval(domain.upper, domain.lower), lambda end: -end)
            case "sqrt":
                domain = _image(domain, lambda end: max(end, Fraction(0)) ** 2)
            case "square":
                domain = _image(domain, _root)
            case "add" if other is not None:
                domain = _image(domain, partial(add, -other))
            case "multiply" if other is not None and other > 0:
                domain = _image(domain, partial(mul, 1 / other))
            case "divide" if other is not None and other > 0:
                domain = _image(domain, partial(mul, other))
            case "multiply" | "divide" if {domain.lower, domain.upper} <= {Fraction(0), None}:
                pass  # a size or another positive number changes neither end
            case _:
                raise NotInvertible(f"of its domain nothing is known after {step.other}")
    return domain


def _image(domain: Interval, change: Callable[[Fraction], Fraction]) -> Interval:
    lower, upper = (None if end is None else change(end) for end in (domain.lower, domain.upper))
    return Interval(lower, upper)


def _root(end: Fraction) -> Fraction:
    above, below = isqrt(max(end.numerator, 0)), isqrt(end.denominator)
    if Fraction(above, below) ** 2 != max(end, Fraction(0)):
        raise NotInvertible(f"the root of {end}")
    return Fraction(above, below)


# ------------------------------------------------------------------ what cancels at once


def tidy(term: Term) -> Term:
    """``term`` with what cancels at its root worked out: numbers, ``1 - (1 - p)``, ``2 (x / 2)``.

    A multiple that is compared with a number is divided by its factor.

    >>> tidy(1 - (1 - Name("p")))
    Name(name='p')
    >>> tidy(sqrt("v") ** 2)
    Name(name='v')
    """
    match term:
        case Apply("negative", (Number(value),)):
            return lift(-value)
        case Apply("negative", (Apply("negative", (inside,)),)):
            return inside
        case Apply("add", args):
            return _tidy_sum(args) or term
        case Apply("multiply" | "divide"):
            return _tidy_product(term) or term
        case Apply("power", (base, Number(value))) if value.denominator == 1 and value > 1:
            return _tidy_power(base, value.numerator) or term
        case Apply(head, (Apply("multiply", (Number(factor), left)), Number(value))):
            if head in RELATIONS and factor > 0:
                return Apply(head, (left, lift(value / factor)))
        case Apply(head, (Number(value), Apply("multiply", (Number(factor), right)))):
            if head in RELATIONS and factor > 0:
                return Apply(head, (lift(value / factor), right))
    return term


def _tidy_power(base: Term, exponent: int) -> Term | None:
    """A power of a root, of an opposite or of a multiple; None of anything else."""
    match base:
        case Apply("sqrt", (inside,)) if exponent % 2 == 0:
            return inside if exponent == 2 else inside ** (exponent // 2)
        case Apply("negative", (inside,)):
            power = tidy(inside**exponent)
            return power if exponent % 2 == 0 else tidy(-power)
        case Apply("multiply", (Number(value), inside)):
            return lift(value**exponent) * inside**exponent
    return None


def _tidy_sum(args: tuple[Term, ...]) -> Term | None:
    """A sum in which numbers meet, inside brackets or not; None where none do."""
    terms = [part for arg in args for part in _terms(arg)]
    numbers = [(sign, part.value) for sign, part in terms if isinstance(part, Number)]
    if len(numbers) < 2:
        return None
    constant = sum((sign * value for sign, value in numbers), Fraction(0))
    rest = [part if sign > 0 else -part for sign, part in terms if not isinstance(part, Number)]
    if not rest or constant:
        rest.insert(0, lift(constant))
    return sum_of(rest)


def _terms(term: Term, sign: int = 1) -> list[tuple[int, Term]]:
    """The terms of a sum within a sum, with their signs, if there is a number among them."""
    match term:
        case Apply("negative", (inside,)):
            return _terms(inside, -sign)
        case Apply("add", args) if any(isinstance(arg, Number) for arg in args):
            return [part for arg in args for part in _terms(arg, sign)]
    return [(sign, term)]


def _tidy_product(term: Term) -> Term | None:
    """A product or quotient in which factors cancel or numbers meet; None where none do."""
    above, below = _factors(term)
    kept = []
    for part in above:
        if part in below:
            below.remove(part)
        else:
            kept.append(part)
    numbers = [part.value for part in kept if isinstance(part, Number)]
    divisors = [part.value for part in below if isinstance(part, Number)]
    meeting = len(numbers) + len(divisors) > 1 or (1 in numbers and len(kept) > 1) or 1 in divisors
    stacked = isinstance(term, Apply) and term.head == "divide" and _stacks(term.args[0])
    if len(kept) == len(above) and not meeting and not stacked:
        return None
    if 0 in divisors:
        return None
    number = prod(numbers, start=Fraction(1)) / prod(divisors, start=Fraction(1))
    top = [part for part in kept if not isinstance(part, Number)]
    bottom = [part for part in below if not isinstance(part, Number)]
    if not top and not bottom:
        return lift(number)
    if number == 0:
        return None  # of what shape the zero would be is not known here
    if number.denominator != 1:
        bottom.insert(0, lift(number.denominator))
    sign, size = (-1, -number.numerator) if number < 0 else (1, number.numerator)
    if size != 1 or not top:
        top.insert(0, lift(size))
    result = product_of(top)
    if bottom:
        result = result / product_of(bottom)
    return result if sign > 0 else -result


def _stacks(above: Term) -> bool:
    """Whether a quotient with this above its line has a second line."""
    match above:
        case Apply("divide"):
            return True
        case Number(value):
            return value.denominator != 1
        case Apply("negative", (inside,)):
            return _stacks(inside)
    return False


def _factors(term: Term) -> tuple[list[Term], list[Term]]:
    """What is multiplied, and what it is divided by; brackets that only multiply are opened."""
    match term:
        case Apply("multiply", args):
            parts = [_factors(arg) for arg in args]
            return [f for up, _ in parts for f in up], [f for _, down in parts for f in down]
        case Apply("divide", (above, below)):
            (up, down), (more_down, more_up) = _factors(above), _factors(below)
            return up + more_up, down + more_down
        case Apply("negative", (inside,)):
            up, down = _factors(inside)
            return [lift(-1), *up], down
    return [term], []


def scale(term: Term, factor: Term) -> Term:
    """``factor`` times ``term``; what cancels at once is cancelled.

    >>> scale(Name("x") / 2, lift(2))
    Name(name='x')
    """
    if isinstance(term, Apply) and term.head == "infinity":
        return INFINITY
    if factor in (_ONE, lift(-1)):
        return term if factor == _ONE else tidy(-term)
    return tidy(factor * term)


def divide_each_term(term: Term, divisor: Term) -> Term:
    """``term / divisor`` with the division carried out in every term of a sum.

    A logarithm divided by ``log(2)`` is one to the base of two, and that of a power of two is a
    whole number. Divisions go into expectations, sums and integrals where every term of theirs
    takes them. What nothing takes stays a quotient.

    >>> n, lam = Name("n"), Name("lambda")
    >>> divide_each_term(Name("a") + n * lam, n) == Name("a") / n + lam
    True
    """
    match term:
        case Apply("add", args) if any(_takes(part, divisor) for part in args):
            return sum_of([divide_each_term(part, divisor) for part in args])
        case Apply("negative", (inside,)):
            return tidy(-divide_each_term(inside, divisor))
        case Apply("multiply", args):
            return _factor_divided(args, divisor)
        case Apply("divide", (above, below)) if _takes(above, divisor):
            return tidy(divide_each_term(above, divisor) / below)
        case Bind("expectation" | "sum" | "integral", variable, domain, body):
            if _takes(body, divisor) and variable not in free_names(divisor):
                return Bind(term.head, variable, domain, divide_each_term(body, divisor))
        case Apply("log", (Number(value),)) if divisor == log(2):
            exponent = _power_of_two(value)
            if exponent is not None:
                return lift(exponent)
    return tidy(term / divisor)


def _factor_divided(args: tuple[Term, ...], divisor: Term) -> Term:
    """A product over ``divisor``: one factor takes it, best one that cancels."""
    taking = next((k for k, part in enumerate(args) if _cancels(part, divisor)), None)
    if taking is None:
        taking = next((k for k, part in enumerate(args) if _takes(part, divisor)), None)
    if taking is not None:
        divided = divide_each_term(args[taking], divisor)
        return tidy(product_of([*args[:taking], divided, *args[taking + 1 :]]))
    first, *others = args
    if isinstance(first, Number) and not any(_is_quotient(part) for part in others):
        return product_of([tidy(first / divisor), *others])
    return tidy(product_of(list(args)) / divisor)


def _is_quotient(term: Term) -> bool:
    return isinstance(term, Apply) and term.head == "divide"


def _cancels(term: Term, divisor: Term) -> bool:
    match term:
        case Apply("multiply", args):
            return any(_cancels(part, divisor) for part in args)
    return term == divisor


def _takes(term: Term, divisor: Term) -> bool:
    """Whether dividing within ``term``, in every term of a sum, reads better than its quotient."""
    match term:
        case Apply("add", args):
            return all(_takes(part, divisor) for part in args)
        case Apply("negative" | "multiply", args):
            return any(_takes(part, divisor) for part in args)
        case Apply("divide", (above, _)):
            return _takes(above, divisor)
        case Bind("expectation" | "sum" | "integral", _, _, body):
            return _takes(body, divisor)
        case Apply(head) if head in _INFORMATION:
            return divisor == log(2)
    return term == divisor


def _power_of_two(value: Fraction) -> int | None:
    for number, sign in ((value, 1), (1 / value if value else value, -1)):
        if number.denominator == 1 and number > 0 and number.numerator.bit_count() == 1:
            return sign * (number.numerator.bit_length() - 1)
    return None
