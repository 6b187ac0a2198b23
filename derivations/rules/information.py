"""Rules of information theory: divergences, entropies, Bayes, changes of variables, expectations.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not. Rules never decide whether they were
right: the provers of :mod:`numerics` compare the two terms independently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from language.notation import Notation
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    children,
    free_names,
    fresh,
    rebuild,
    replace,
    same,
    substitute,
    walk,
)
from language.types import Law
from language.vocabulary import (
    absolute,
    add,
    call,
    density,
    determinant,
    divide,
    entropy,
    expectation,
    integral,
    kl,
    log,
    multiply,
    negative,
    number,
    product_of,
    spaces,
    sum_of,
)

__all__ = [
    "add_and_subtract_log_density",
    "bayes",
    "cancel_factors",
    "change_of_variables",
    "collect_constants",
    "collect_divergence",
    "collect_logarithms",
    "constants_out",
    "divergence_as_expectation",
    "divergence_as_integral",
    "divergence_between_normals",
    "divide_through",
    "divisor_of_divisor",
    "evidence_decomposition",
    "expectation_as_integral",
    "expectation_under_pushforward",
    "fold_definition",
    "fold_share",
    "inverse_function_theorem",
    "inverse_undoes",
    "jensen_shannon_definition",
    "join_expectations",
    "join_integrals",
    "linearity",
    "log_of_product",
    "log_of_quotient",
    "matches",
    "multiply_and_divide",
    "signed_sum",
    "summands",
    "unfold_definition",
    "write_densities",
]

# --------------------------------------------------------------------------- sums and products


def summands(term: Term) -> list[tuple[int, Term]]:
    """The signed summands of a sum; a bracketed sum behind a minus sign stays together."""
    match term:
        case Apply("add", args):
            return [part for arg in args for part in summands(arg)]
        case Apply("negative", (inner,)):
            match summands(inner):
                case [(sign, single)]:
                    return [(-sign, single)]
            return [(-1, inner)]
    return [(1, term)]


def signed_sum(parts: Sequence[tuple[int, Term]]) -> Term:
    """The sum of signed summands, as one flat sum."""
    return sum_of([part if sign > 0 else negative(part) for sign, part in parts])


def _quotient(term: Term) -> tuple[list[Term], list[Term]]:
    """The factors of a product or quotient, above and below the line."""
    match term:
        case Apply("multiply", args):
            halves = [_quotient(arg) for arg in args]
            return [f for above, _ in halves for f in above], [f for _, b in halves for f in b]
        case Apply("divide", (left, right)):
            (top, bottom), (over, under) = _quotient(left), _quotient(right)
            return top + under, over + bottom
    return [term], []


def _fraction(above: Sequence[Term], below: Sequence[Term]) -> Term:
    """The quotient of two products."""
    top = product_of(list(above))
    return divide(top, product_of(list(below))) if below else top


def cancel_factors(term: Term) -> Term:
    """Cancel equal factors above and below the line of every product or quotient.

    >>> from language.vocabulary import names
    >>> a, b = names("a b")
    >>> cancel_factors(a * (1 / b) * b)
    Name(name='a')
    """

    def cancel(here: Term) -> Term | None:
        if not isinstance(here, Apply) or here.head not in ("multiply", "divide"):
            return None
        above, below = _quotient(here)
        kept: list[Term] = []
        for factor in above:
            twin = next((other for other in below if same(other, factor)), None)
            if twin is None:
                kept.append(factor)
            else:
                below.remove(twin)
        one = number(1)
        kept, below = [f for f in kept if f != one], [f for f in below if f != one]
        return _fraction(kept, below)

    return _outermost(term, cancel)


def _outermost(term: Term, rule: Callable[[Term], Term | None]) -> Term:
    """Apply ``rule`` to every subterm, outermost first."""
    changed = rule(term)
    term = term if changed is None else changed
    return rebuild(term, tuple(_outermost(part, rule) for part in children(term)))


def _is_log(term: Term) -> Term | None:
    match term:
        case Apply("log", (inner,)):
            return inner
    return None


def log_of_product(term: Term) -> Term:
    """The logarithm of a product of positive factors is the sum of their logarithms."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("multiply", factors),)):
                return add(*(log(factor) for factor in factors))
        return None

    return replace(term, split)


def log_of_quotient(term: Term) -> Term:
    """The logarithm of a quotient of positive terms is the difference of their logarithms."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("divide", (above, below)),)):
                return log(above) - log(below)
        return None

    return replace(term, split)


def collect_logarithms(term: Term) -> Term:
    """Logarithms that are added become the logarithm of a product; subtracted ones stay."""

    def join(here: Term) -> Term | None:
        parts = summands(here)
        added = [inner for sign, part in parts if sign > 0 and (inner := _is_log(part))]
        if len(added) < 2:
            return None
        rest = [(s, part) for s, part in parts if not (s > 0 and _is_log(part))]
        return signed_sum([(1, log(product_of(added))), *rest])

    return _outermost(term, join)


def multiply_and_divide(term: Term, factor: Term) -> Term:
    """``term`` as ``factor`` times ``term / factor``, where ``factor`` is not zero."""
    return multiply(factor, divide(term, factor))


def divisor_of_divisor(term: Term) -> Term:
    """Dividing by S/c is multiplying by c: a/(S/c) = c (a/S)."""

    def turn(here: Term) -> Term | None:
        match here:
            case Apply("divide", (above, Apply("divide", (whole, part)))):
                return multiply(part, divide(above, whole))
        return None

    return replace(term, turn)


def divide_through(term: Term, divisor: Term) -> Term:
    """Divide above and below the line of each quotient by the same nonzero ``divisor``."""

    def through(here: Term) -> Term | None:
        match here:
            case Apply("divide", (above, below)):
                return divide(divide(above, divisor), divide(below, divisor))
        return None

    return replace(term, through)


# --------------------------------------------------------------------------- definitions


def matches(pattern: Term, term: Term, variables: frozenset[str]) -> dict[str, Term] | None:
    """The values of ``variables`` at which ``pattern`` is ``term``, None where there are none."""
    found: dict[str, Term] = {}

    def visit(p: Term, t: Term) -> bool:
        match p, t:
            case Name(name), _ if name in variables:
                return same(found.setdefault(name, t), t)
            case Apply(head, args), Apply(other, others):
                if head != other or len(args) != len(others):
                    return False
                return all(visit(a, b) for a, b in zip(args, others, strict=True))
        return same(p, t)

    return found if visit(pattern, term) else None


def _applied(notation: Notation, name: str) -> Term:
    """The term that ``name``'s definition abbreviates, at its own parameters."""
    symbol = notation[name]
    if not symbol.parameters:
        return Name(name)
    at = tuple(Name(parameter) for parameter in symbol.parameters)
    if isinstance(symbol.type, Law):
        return density(name, *at)
    return call(name, *at)


def _definition(notation: Notation, name: str) -> tuple[Term, Term, frozenset[str]]:
    symbol = notation[name]
    if symbol.definition is None:
        raise ValueError(f"expected a name with a definition, found {name!r}, which has none")
    return _applied(notation, name), symbol.definition, frozenset(symbol.parameters)


def unfold_definition(term: Term, notation: Notation, *defined: str) -> Term:
    """Write what the names ``defined`` abbreviate, wherever they occur."""
    for name in defined:
        pattern, meaning, variables = _definition(notation, name)
        term = _rewrite(term, pattern, meaning, variables)
    return term


def fold_definition(term: Term, notation: Notation, *defined: str) -> Term:
    """Write the names ``defined`` wherever what they abbreviate occurs."""
    for name in defined:
        pattern, meaning, variables = _definition(notation, name)
        term = _rewrite(term, meaning, pattern, variables)
    return term


def _rewrite(term: Term, left: Term, right: Term, variables: frozenset[str]) -> Term:
    def rule(here: Term) -> Term | None:
        values = matches(left, here, variables)
        return None if values is None else substitute(right, values)

    return replace(term, rule)


def write_densities(
    term: Term, notation: Notation, written: Sequence[str], abbreviated: Sequence[str]
) -> Term:
    """Write out the densities of the laws ``written``, and the others by their abbreviations."""
    return fold_definition(unfold_definition(term, notation, *written), notation, *abbreviated)


def fold_share(term: Term, notation: Notation, name: str) -> Term:
    """Write ``name`` for the share a/(b + a) that defines it, and 1 - ``name`` for b/(b + a)."""
    pattern, meaning, variables = _definition(notation, name)
    match meaning:
        case Apply("divide", (share, Apply("add", (left, right)) as whole)):
            rest = divide(right if same(left, share) else left, whole)
        case _:
            raise ValueError(f"expected {name!r} to be defined as a share a/(a + b)")
    folded = _rewrite(term, meaning, pattern, variables)
    return _rewrite(folded, rest, 1 - pattern, variables)


def bayes(term: Term, likelihood: str, prior: str, posterior: str, evidence: str) -> Term:
    """Bayes' rule: likelihood times prior is posterior times evidence."""
    left = multiply(call(likelihood, "z"), density(prior, "z"))
    right = multiply(density(posterior, "z"), evidence)
    return _rewrite(term, left, right, frozenset("z"))


# --------------------------------------------------------------------------- expectations


def _split_constant(term: Term, variable: str) -> tuple[list[Term], Term | None]:
    """The factors of ``term`` free of ``variable``, and what is left (None: nothing)."""
    above, below = _quotient(term)
    constant = [f for f in above if variable not in free_names(f)]
    varying = [f for f in above if variable in free_names(f)]
    constant_below = [f for f in below if variable not in free_names(f)]
    varying_below = [f for f in below if variable in free_names(f)]
    outside = [_fraction(constant, constant_below)] if constant or constant_below else []
    if not varying and not varying_below:
        return [term], None
    return outside, _fraction(varying, varying_below)


def linearity(term: Term) -> Term:
    """Expectations and integrals of sums become sums of them, and constant factors come out.

    The expectation of a constant is that constant.
    """

    def split(here: Term) -> Term | None:
        match here:
            case Bind("expectation" | "integral", variable, domain, body):
                parts = [
                    (sign, _pull_out(here.head, variable, domain, part))
                    for sign, part in summands(body)
                ]
                return signed_sum(parts)
        return None

    return _flatten(replace(term, split))


def _pull_out(head: str, variable: str, domain: Term, body: Term) -> Term:
    constant, varying = _split_constant(body, variable)
    if varying is None:
        return body if head == "expectation" else Bind(head, variable, domain, body)
    return product_of([*constant, Bind(head, variable, domain, varying)])


def _flatten(term: Term) -> Term:
    """Sums within sums as one flat sum."""

    def flat(here: Term) -> Term | None:
        match here:
            case Apply("add"):
                return signed_sum(summands(here))
        return None

    return replace(term, flat)


def constants_out(term: Term) -> Term:
    """Summands that do not depend on the variable leave the expectation; the rest stays whole."""

    def leave(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, law, body):
                parts = summands(body)
                free = [(s, part) for s, part in parts if variable not in free_names(part)]
                bound = [(s, part) for s, part in parts if variable in free_names(part)]
                if not free or not bound:
                    return None
                return signed_sum([*free, (1, expectation(variable, law, signed_sum(bound)))])
        return None

    return _flatten(replace(term, leave))


def _join(term: Term, head: str) -> Term:
    """Binders ``head`` over one domain that are added or subtracted become one."""

    def join(here: Term) -> Term | None:
        if not isinstance(here, Apply) or here.head != "add":
            return None
        done: list[tuple[int, Term]] = []
        for sign, part in summands(here):
            match part:
                case Bind(found, variable, domain, body) if found == head:
                    at = next((k for k, (_, d) in enumerate(done) if _binds(d, head, domain)), None)
                    if at is None:
                        done.append((1, Bind(head, variable, domain, signed_sum([(sign, body)]))))
                    else:
                        done[at] = (1, _merge(done[at][1], sign, part))
                case _:
                    done.append((sign, part))
        return signed_sum(done)

    return _outermost(term, join)


def _binds(term: Term, head: str, domain: Term) -> bool:
    return isinstance(term, Bind) and term.head == head and same(term.domain, domain)


def _merge(first: Term, sign: int, second: Term) -> Term:
    assert isinstance(first, Bind) and isinstance(second, Bind)
    variable = fresh(first.variable, free_names(second) - {second.variable})
    left = substitute(first.body, {first.variable: Name(variable)})
    right = substitute(second.body, {second.variable: Name(variable)})
    added = [(sign * own, part) for own, part in summands(right)]
    return Bind(first.head, variable, first.domain, signed_sum([*summands(left), *added]))


def join_expectations(term: Term) -> Term:
    """Expectations under one law that are added or subtracted become one expectation."""
    return _join(term, "expectation")


def join_integrals(term: Term) -> Term:
    """Integrals over one space that are added or subtracted become one integral."""
    return _join(term, "integral")


def expectation_as_integral(term: Term, dimension: str | int) -> Term:
    """An expectation is an integral against the density, over a space of this dimension."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, law, body):
                weighted = multiply(density(law, variable), body)
                return integral(variable, weighted, spaces(dimension))
        return None

    return replace(term, write)


def expectation_under_pushforward(
    term: Term, law: str, base: str, function: str, variable: str
) -> Term:
    """A draw from the law of F(U) is F at a draw of U: E over x becomes E over u, x = F(u)."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", bound, Name(name), body) if name == law:
                image = substitute(body, {bound: call(function, variable)})
                return expectation(variable, base, image)
        return None

    return replace(term, write)


# --------------------------------------------------------------------------- divergences


def _log_ratio(above: Term, below: Term, *, quotient: bool) -> Term:
    return log(divide(above, below)) if quotient else log(above) - log(below)


def divergence_as_expectation(term: Term, variable: str, *, quotient: bool = False) -> Term:
    """The definition of KL(p || q): the expectation under p of log p - log q.

    With ``quotient`` the logarithm of the quotient p/q is written instead of the difference.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Apply("kl", (p, q)):
                p_at, q_at = density(p, variable), density(q, variable)
                return expectation(variable, p, _log_ratio(p_at, q_at, quotient=quotient))
        return None

    return replace(term, write)


def divergence_as_integral(term: Term, variable: str, dimension: str | int) -> Term:
    """The definition of KL(p || q) as the integral of p log(p/q)."""
    return expectation_as_integral(
        divergence_as_expectation(term, variable, quotient=True), dimension
    )


def divergence_between_normals(term: Term) -> Term:
    """KL(N(a, A) || N(b, B)) = 1/2 (A/B - 1 - log(A/B) + (a - b)^2/B) on the real line."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("kl", (Apply("normal", (a, spread)), Apply("normal", (b, other)))):
                ratio = divide(spread, other)
                shift = number(0) if same(a, b) else divide((a - b) ** 2, other)
                parts = [(1, ratio), (-1, number(1)), (-1, log(ratio)), (1, shift)]
                kept = [(sign, part) for sign, part in parts if part != number(0)]
                return number(1, 2) * signed_sum(kept)
        return None

    return replace(term, write)


def evidence_decomposition(term: Term, evidence: Term, posterior: Term) -> Term:
    """The bound E_q[log p(x|z)] - KL(q || prior) is log p(x) - KL(q || posterior).

    ``evidence`` is p(x) and ``posterior`` the law of z given x, both at the bound's own x.
    """

    def write(here: Term) -> Term | None:
        match summands(here):
            case [(1, Bind("expectation", _, law, Apply("log"))), (-1, Apply("kl", (q, _)))]:
                if same(q, law):
                    return log(evidence) - kl(law, posterior)
        return None

    return replace(term, write)


def jensen_shannon_definition(term: Term, midpoint: str) -> Term:
    """JSD(p, q) is half of KL(p || mu) + KL(q || mu), with mu the midpoint of the two."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("jsd", (p, q)):
                return number(1, 2) * (kl(p, midpoint) + kl(q, midpoint))
        return None

    return replace(term, write)


def collect_divergence(term: Term) -> Term:
    """Read expectations of log densities as KL divergences and entropies."""

    def density_law(part: Term, variable: str) -> Term | None:
        match part:
            case Apply("log", (Apply("density", (law, Name(point))),)) if point == variable:
                return law
        return None

    def read(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, law, body):
                found = [(sign, density_law(part, variable)) for sign, part in summands(body)]
            case _:
                return None
        match found:
            case [(sign, p)] if p == law:
                return negative(entropy(law)) if sign > 0 else entropy(law)
            case [(1, p), (-1, q)] if p == law and q is not None:
                return kl(law, q)
            case [(1, q), (-1, p)] | [(-1, p), (1, q)] if p == law and q is not None:
                return negative(kl(law, q))
        return None

    return _flatten(replace(term, read))


def add_and_subtract_log_density(term: Term) -> Term:
    """Under E_q, add and subtract log q so that a log density r is seen against it.

    ``log r + rest`` becomes ``rest - (log q - log r) + log q``.
    """

    def insert(here: Term) -> Term | None:
        match here:
            case Bind("expectation", variable, law, body):
                own = log(density(law, variable))
                parts = summands(body)
            case _:
                return None
        for k, (sign, part) in enumerate(parts):
            match part:
                case Apply("log", (Apply("density", (other, _)),)) if sign > 0 and other != law:
                    rest = parts[:k] + parts[k + 1 :]
                    whole = signed_sum([*rest, (-1, own - part), (1, own)])
                    return expectation(variable, law, whole)
        return None

    return replace(term, insert)


# --------------------------------------------------------------------------- diffeomorphisms


def _diffeomorphism(notation: Notation, function: str) -> tuple[str, str, str]:
    """The names of the inverse of ``function``, of its Jacobian and of the inverse's Jacobian."""
    inverse = notation[function].inverse
    if "diffeomorphism" not in notation[function].traits or inverse is None:
        raise ValueError(f"expected a diffeomorphism with a named inverse, found {function!r}")
    own, other = notation[function].jacobian, notation[inverse].jacobian
    if own is None or other is None:
        raise ValueError(
            f"expected a named Jacobian of {function!r} and of {inverse!r}, found none"
        )
    return inverse, own, other


def change_of_variables(term: Term, notation: Notation, function: str, variable: str) -> Term:
    """Integrate over x = F(u) instead of u: u = F^{-1}(x), du = |det J_{F^{-1}}(x)| dx.

    ``variable`` is the name of the new variable x.
    """
    inverse, _, inverse_jacobian = _diffeomorphism(notation, function)

    def write(here: Term) -> Term | None:
        match here:
            case Bind("integral", bound, space, body):
                image = substitute(body, {bound: call(inverse, variable)})
                volume = absolute(determinant(call(inverse_jacobian, variable)))
                return integral(variable, multiply(image, volume), space)
        return None

    return replace(term, write)


def inverse_undoes(term: Term, notation: Notation, function: str) -> Term:
    """F(F^{-1}(x)) = x and F^{-1}(F(u)) = u."""
    inverse, _, _ = _diffeomorphism(notation, function)
    one = _rewrite(term, call(function, call(inverse, "x")), Name("x"), frozenset("x"))
    return _rewrite(one, call(inverse, call(function, "x")), Name("x"), frozenset("x"))


def inverse_function_theorem(term: Term, notation: Notation, function: str) -> Term:
    """The Jacobians at corresponding points are inverse to each other, so are their determinants.

    |det J_F(F^{-1}(x))| = 1 / |det J_{F^{-1}}(x)| and |det J_{F^{-1}}(F(u))| = 1 / |det J_F(u)|.
    """
    inverse, own, other = _diffeomorphism(notation, function)

    def volume(jacobian: str, at: Term) -> Term:
        return absolute(determinant(call(jacobian, at)))

    x = Name("x")
    first = divide(1, volume(other, x)), volume(own, call(inverse, x))
    second = divide(1, volume(own, x)), volume(other, call(function, x))
    for reciprocal, pattern in (first, second):
        term = _rewrite(term, pattern, reciprocal, frozenset("x"))
    return term


# --------------------------------------------------------------------------- constants


def collect_constants(term: Term) -> Term:
    """Multiply numbers into brackets and add up equal summands, those without a binder first."""
    totals: list[tuple[Term, Fraction]] = []
    for coefficient, single in _expanded(term):
        at = next((k for k, (other, _) in enumerate(totals) if same(other, single)), None)
        if at is None:
            totals.append((single, coefficient))
        else:
            totals[at] = (single, totals[at][1] + coefficient)
    totals.sort(key=lambda pair: any(isinstance(part, Bind) for part in walk(pair[0])))
    weighted = [
        (1 if total > 0 else -1, single if abs(total) == 1 else multiply(abs(total), single))
        for single, total in totals
        if total
    ]
    return signed_sum(weighted)


def _expanded(term: Term) -> list[tuple[Fraction, Term]]:
    """``term`` as a sum of numbers times terms."""
    match term:
        case Apply("multiply", (Number(factor), inner)):
            return [(factor * own, single) for own, single in _expanded(inner)]
        case Apply("add" | "negative") if summands(term) != [(1, term)]:
            parts = summands(term)
            if parts == [(-1, term.args[0])]:
                return [(-own, single) for own, single in _expanded(term.args[0])]
            return [(sign * own, single) for sign, part in parts for own, single in _expanded(part)]
    return [(Fraction(1), term)]
