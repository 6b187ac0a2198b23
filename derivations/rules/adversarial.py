"""Rules of adversarial objectives: labels, minibatch averages, optimal values, midpoints of laws.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs. The provers compare the two terms independently.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.rules.information import fold_definition, matches, signed_sum, summands
from derivations.rules.pointwise import differentiate_termwise
from language.claims import Claim
from language.notation import Notation
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    fresh,
    replace,
    same,
    substitute,
)
from language.vocabulary import (
    argmax,
    density,
    derivative,
    divide,
    expectation,
    jsd,
    kl,
    let,
    log,
    multiply,
    negative,
    number,
    product_of,
)

__all__ = [
    "against_midpoint",
    "collect_divergences",
    "collect_jensen_shannon",
    "complement_of_share",
    "differentiate_inside",
    "expectation_under_image",
    "integral_as_expectations",
    "join_index_sums",
    "log_of_power",
    "merge_number_logarithms",
    "share_of_equals",
    "slope_of_logarithm",
    "sum_of_constant",
    "use_result",
    "value_at_maximizer",
    "zero_share",
]


def log_of_power(term: Term) -> Term:
    """The logarithm of a power of a positive number is the exponent times the logarithm."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("power", (base, exponent)),)):
                return multiply(exponent, log(base))
        return None

    return replace(term, split)


def slope_of_logarithm(term: Term) -> Term:
    """The chain rule: (log u)' is u'/u, and (log(1 - u))' is -u'/(1 - u)."""

    def chain_rule(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("negative", (Apply("log", (inner,)),)), variable)):
                return negative(_relative_slope(inner, variable))
            case Apply("derivative", (Apply("log", (inner,)), variable)):
                return _relative_slope(inner, variable)
        return None

    return replace(term, chain_rule)


def _relative_slope(inner: Term, variable: Term) -> Term:
    match inner:
        case Apply("add", (Number(one), Apply("negative", (part,)))) if one == 1:
            return negative(divide(derivative(part, variable), inner))
    return divide(derivative(inner, variable), inner)


def join_index_sums(term: Term) -> Term:
    """Sums over one range of indices that are added become one sum."""

    def join(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (Bind("sum", i, first, left), Bind("sum", j, second, right)),
            ) if same(first, second):
                index = fresh(i, free_names(right) - {j})
                body = substitute(left, {i: Name(index)}) + substitute(right, {j: Name(index)})
                return Bind("sum", index, first, body)
        return None

    return replace(term, join)


def sum_of_constant(term: Term) -> Term:
    """A sum over an index that does not occur in its summand is a multiple of that summand."""

    def multiple(here: Term) -> Term | None:
        match here:
            case Bind("sum", index, Apply("range", (Number(first), size)), body) if (
                first == 1 and index not in free_names(body)
            ):
                return multiply(size, body)
        return None

    return replace(term, multiple)


def expectation_under_image(term: Term, law: str, base: str, function: str, point: str) -> Term:
    """E over z ~ ``base`` of h(F(z)) is E over x ~ ``law`` of h(x), the law of F(z).

    ``point`` is the name of x. Only expectations that see z through F alone are rewritten.
    """

    def image(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, Name(name), body) if name == base:
                pushed = Apply("call", (Name(function), Name(variable)))
                seen = replace(body, lambda part: Name(point) if part == pushed else None)
                return None if variable in free_names(seen) else expectation(point, law, seen)
        return None

    return replace(term, image)


def use_result(term: Term, result: Claim, *variables: str) -> Term:
    """Use an earlier result: its definition, at any values of ``variables``, becomes what it found.

    The variables are the result's free numbers; in its place here there may be any positive terms.
    """
    free = frozenset(variables)

    def use(here: Term) -> Term | None:
        values = _matching(result.defined, here, free)
        return None if values is None else substitute(result.closed_form, values)

    return replace(term, use)


def _matching(pattern: Term, term: Term, variables: frozenset[str]) -> dict[str, Term] | None:
    """The values at which ``pattern`` is ``term``, also where both bind a variable."""
    match pattern, term:
        case Bind(head, name, domain, body), Bind(other, bound, space, inner):
            if head != other or not same(domain, space):
                return None
            found = matches(substitute(body, {name: Name(bound)}), inner, variables)
            if found is None or any(bound in free_names(value) for value in found.values()):
                return None
            return found
    return matches(pattern, term, variables)


def value_at_maximizer(term: Term, maximizer: Claim) -> Term:
    """The largest value of a function is its value where it is largest.

    ``maximizer`` is the result on the ``argmax`` of the same function over the same space.
    """

    def value(here: Term) -> Term | None:
        match here:
            case Bind("maximal", variable, space, body):
                if same(maximizer.defined, argmax(variable, space, body)):
                    return let(variable, maximizer.closed_form, body)
        return None

    return replace(term, value)


def complement_of_share(term: Term) -> Term:
    """What a share leaves: 1 - a/(a + b) is b/(a + b)."""

    def complement(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (Number(one), Apply("negative", (Apply("divide", (share, whole)),))),
            ) if one == 1 and (rest := _rest(share, whole)) is not None:
                return divide(rest, whole)
        return None

    return replace(term, complement)


def _rest(share: Term, whole: Term) -> Term | None:
    """The other summand of a sum of two."""
    match whole:
        case Apply("add", (left, right)) if same(left, share):
            return right
        case Apply("add", (left, right)) if same(right, share):
            return left
    return None


def share_of_equals(term: Term) -> Term:
    """Of two equal positive parts each is one half: a/(a + a) = 1/2."""

    def half(here: Term) -> Term | None:
        match here:
            case Apply("divide", (part, Apply("add", (left, right)))) if same(left, right) and same(
                part, left
            ):
                return number(1, 2)
        return None

    return replace(term, half)


def against_midpoint(term: Term, notation: Notation, midpoint: str) -> Term:
    """Compare a share's density with the mean of both: p/(p + q) = 1/2 p/mu.

    ``midpoint`` names the law mu whose density is (p + q)/2.
    """

    def halve(here: Term) -> Term | None:
        match here:
            case Apply("divide", (part, Apply("add", (_, _)) as whole)) if (
                _rest(part, whole) is not None
            ):
                return number(1, 2) * divide(part, divide(whole, 2))
        return None

    return fold_definition(replace(term, halve), notation, midpoint)


def zero_share(term: Term) -> Term:
    """Zero over a positive number is zero."""

    def nothing(here: Term) -> Term | None:
        match here:
            case Apply("divide", (Number(above), _)) if above == 0:
                return number(0)
        return None

    return replace(term, nothing)


def differentiate_inside(term: Term, notation: Notation) -> Term:
    """Of a second derivative, carry out the inner one."""

    def inner(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("derivative") as first, variable)):
                return derivative(differentiate_termwise(first, notation), variable)
        return None

    return replace(term, inner)


def integral_as_expectations(term: Term) -> Term:
    """An integral of densities times functions is a sum of expectations under their laws.

    Every summand must be ``p(x) h(x)`` with the density of a law at the variable itself.
    """

    def read(here: Term) -> Term | None:
        match here:
            case Bind("integral", variable, _, body):
                parts = [(sign, _as_expectation(part, variable)) for sign, part in summands(body)]
                found = [(sign, part) for sign, part in parts if part is not None]
                return signed_sum(found) if len(found) == len(parts) else None
        return None

    return replace(term, read)


def _as_expectation(part: Term, variable: str) -> Term | None:
    match part:
        case Apply("multiply", (Apply("density", (law, point)), *rest)) if point == Name(variable):
            return expectation(variable, law, product_of(list(rest)))
    return None


def collect_divergences(term: Term) -> Term:
    """Read the expectation under p of log(p/q) as the Kullback-Leibler divergence KL(p || q)."""

    def read(here: Term) -> Term | None:
        match here:
            case Bind(
                "expectation",
                variable,
                law,
                Apply("log", (Apply("divide", (above, Apply("density", (other, point)))),)),
            ) if above == density(law, variable) and point == Name(variable):
                return kl(law, other)
        return None

    return replace(term, read)


def collect_jensen_shannon(term: Term, midpoint: str) -> Term:
    """KL(p || mu) + KL(q || mu) is twice the Jensen-Shannon divergence, mu the midpoint of both."""

    def read(here: Term) -> Term | None:
        parts = summands(here)
        laws = [
            law
            for sign, part in parts
            if sign > 0 and (law := _against(part, midpoint)) is not None
        ]
        if len(laws) != 2:
            return None
        rest = [(s, part) for s, part in parts if _against(part, midpoint) is None]
        return signed_sum([*rest, (1, 2 * jsd(*laws))])

    return replace(term, read)


def _against(part: Term, midpoint: str) -> Term | None:
    match part:
        case Apply("kl", (law, Name(name))) if name == midpoint:
            return law
    return None


def merge_number_logarithms(term: Term) -> Term:
    """Logarithms of numbers, with whole-number weights, become one: 2 log(1/2) = -log 4.

    The number is kept above one, with the sign in front.
    """

    def power(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (Number(times), Apply("log", (Number(base),)))) if (
                times.denominator == 1
            ):
                return _above_one(base ** int(times))
            case Apply("log", (Number(base),)) if base < 1:
                return _above_one(base)
        return None

    def join(here: Term) -> Term | None:
        parts = summands(here)
        weights = [_weight(sign, part) for sign, part in parts]
        found = [weight for weight in weights if weight is not None]
        if len(found) < 2:
            return None
        product = Fraction(1)
        for weight in found:
            product *= weight
        rest = [pair for pair, weight in zip(parts, weights, strict=True) if weight is None]
        return signed_sum([*summands(_above_one(product)), *rest])

    return replace(replace(term, power), join)


def _weight(sign: int, part: Term) -> Fraction | None:
    match part:
        case Apply("log", (Number(base),)):
            return base**sign
    return None


def _above_one(base: Fraction) -> Term:
    if base == 1:
        return number(0)
    return log(Number(base)) if base > 1 else -log(Number(1 / base))
