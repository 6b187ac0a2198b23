"""Rules for priors on weights: densities of normal laws, penalties, derivatives of mixtures.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not. Entries of arrays are numbers of their own
for SymPy, which takes the derivatives.

Sources: Bishop, "Pattern Recognition and Machine Learning" (2006), sections 5.5 (regularization in
networks) and 9.2 (mixtures of Gaussians); Nowlan and Hinton, "Simplifying neural networks by soft
weight-sharing", Neural Computation 4 (1992).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from derivations.rules.information import matches, signed_sum, summands
from language import bridge
from language.notation import Notation, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    replace,
    same,
    substitute,
    walk,
)
from language.types import REAL, Array
from language.vocabulary import (
    PI,
    call,
    density,
    derivative,
    divide,
    entry,
    exp,
    index_product,
    index_sum,
    log,
    multiply,
    negative,
    number,
    product_of,
    sqrt,
    sum_of,
)

__all__ = [
    "at_zero_weights",
    "cancel_equal_summands",
    "coefficient_of_a_square",
    "derivative_of_a_logarithm",
    "derivative_of_a_sum",
    "deviations_for_variances",
    "differentiate_in_entries",
    "differentiate_log_normal",
    "distribute_over_sums",
    "fishers_identity",
    "fold_responsibilities",
    "independent_entries",
    "inner_product_of_entries",
    "log_of_index_product",
    "log_of_normal",
    "logarithmic_derivative",
    "only_its_own_summand",
    "own_share",
    "probabilities_add_up",
    "scalars_out_of_squares",
    "sign_into_sum",
    "softmax_derivative",
    "write_normal",
]

ZERO, ONE, TWO = number(0), number(1), number(2)


# products and quotients ----------------------------------------------------------------------


def _above_and_below(term: Term) -> tuple[int, list[Term], list[Term]]:
    """The sign of a product or quotient, and its factors above and below the line."""
    match term:
        case Apply("negative", (inner,)):
            sign, above, below = _above_and_below(inner)
            return -sign, above, below
        case Apply("multiply", factors):
            sign, above, below = 1, list[Term](), list[Term]()
            for factor in factors:
                own, top, bottom = _above_and_below(factor)
                sign, above, below = sign * own, above + top, below + bottom
            return sign, above, below
        case Apply("divide", (left, right)):
            one, top, bottom = _above_and_below(left)
            other, over, under = _above_and_below(right)
            return one * other, top + under, bottom + over
    return 1, [term], []


def _quotient(above: list[Term], below: list[Term]) -> Term:
    top = product_of([factor for factor in above if factor != ONE])
    bottom = sorted((f for f in below if f != ONE), key=lambda f: not isinstance(f, Number))
    return divide(top, product_of(bottom)) if bottom else top


def _everywhere(term: Term, head: str, rule: Callable[[Bind], Term | None]) -> Term:
    def at(here: Term) -> Term | None:
        return rule(here) if isinstance(here, Bind) and here.head == head else None

    return replace(term, at)


# densities of normal laws --------------------------------------------------------------------


def independent_entries(term: Term) -> Term:
    """A normal vector with mean zero and equal variances has independent entries.

    ``N(w; 0, v I) = prod_i N(w_i; 0, v)``.
    """

    def split(here: Term) -> Term | None:
        match here:
            case Apply("density", (law, vector)):
                pass
            case _:
                return None
        match law:
            case Apply("normal", (Apply("zeros", (size,)), Apply("multiply", (*factors, ones)))):
                if ones != Apply("ones", (size,)):
                    return None
                one = Apply("normal", (ZERO, product_of(list(factors))))
                return index_product("i", size, density(one, entry(vector, "i")))
        return None

    return replace(term, split)


def _exponent(mean: Term, variance: Term, point: Term) -> Term:
    """The squared distance over twice the variance."""
    distance = point if mean == ZERO else point - mean
    return distance**2 / (2 * variance)


def log_of_normal(term: Term) -> Term:
    """``log N(u; m, v) = - (log(2 pi v) + (u - m)^2 / v) / 2``, as two summands."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("density", (Apply("normal", (mean, variance)), point)),)):
                size = log(2 * PI * variance) / 2
                return -size - _exponent(mean, variance, point)
        return None

    return replace(term, write)


def write_normal(term: Term) -> Term:
    """The density of a normal law on the line, written out."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("density", (Apply("normal", (mean, variance)), point)):
                root = sqrt(2 * PI * variance)
                return multiply(1 / root, exp(negative(_exponent(mean, variance, point))))
        return None

    return replace(term, write)


# finite sums ---------------------------------------------------------------------------------


def log_of_index_product(term: Term) -> Term:
    """The logarithm of a product of positive factors is the sum of their logarithms."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Bind("product", index, domain, body),)):
                return Bind("sum", index, domain, log(body))
        return None

    return replace(term, split)


def distribute_over_sums(term: Term) -> Term:
    """``sum_i (a + b x_i) = n a + b sum_i x_i``, the constant parts of everything in front."""

    def parts_of(here: Term) -> list[tuple[int, Term]]:
        found = []
        for sign, part in summands(here):
            match part:
                case Bind("sum", index, Apply("range", (first, size)), body) if first == ONE:
                    for own, inner in summands(body):
                        found.append((sign * own, _constants_out(index, size, inner)))
                case Apply("add"):
                    found += [(sign * own, inner) for own, inner in parts_of(part)]
                case _:
                    found.append((sign, part))
        return found

    parts = parts_of(term)
    parts.sort(key=lambda part: any(isinstance(inner, Bind) for inner in walk(part[1])))
    return signed_sum(parts)


def _constants_out(index: str, size: Term, body: Term) -> Term:
    """The sum of a product over an index, what does not depend on the index in front."""
    sign, above, below = _above_and_below(body)
    constants = [factor for factor in above if index not in free_names(factor)]
    under = [factor for factor in below if index not in free_names(factor)]
    inside = [factor for factor in above if index in free_names(factor)]
    inside_below = [factor for factor in below if index in free_names(factor)]
    if not inside and not inside_below:
        numbers = [factor for factor in constants if isinstance(factor, Number)]
        others = [factor for factor in constants if not isinstance(factor, Number)]
        product = product_of([_quotient([*numbers, size], under), *others])
    else:
        total = index_sum(index, size, _quotient(inside, inside_below))
        product = _quotient([*constants, total], under)
    return product if sign > 0 else negative(product)


def inner_product_of_entries(term: Term, notation: Notation) -> Term:
    """``sum_i w_i^2 = w^T w`` for the named vectors."""

    def read(here: Bind) -> Term | None:
        match here.domain, here.body:
            case (
                Apply("range", (first, size)),
                Apply("power", (Apply("entry", (Name(name) as vector, index)), exponent)),
            ) if (first, index, exponent) == (ONE, Name(here.variable), TWO):
                kind = notation[name].type
                if isinstance(kind, Array) and kind.shape == (getattr(size, "name", None),):
                    return multiply(vector.T, vector)
        return None

    return _everywhere(term, "sum", read)


def at_zero_weights(term: Term) -> Term:
    """Carry out ``let w = 0`` for vectors: the squared length of the zero vector is zero."""

    def carry_out(here: Bind) -> Term | None:
        match here.domain:
            case Apply("zeros"):
                return signed_sum(
                    [part for part in summands(here.body) if not _vanishes(part[1], here.variable)]
                )
        return None

    return _everywhere(term, "let", carry_out)


def _vanishes(part: Term, vector: str) -> bool:
    """Whether a product or quotient holds ``w^T w`` above the line."""
    _, above, _ = _above_and_below(part)
    return Apply("transpose", (Name(vector),)) in above and Name(vector) in above


def cancel_equal_summands(term: Term) -> Term:
    """In each difference of sums, drop what occurs with both signs."""

    def cancel(here: Term) -> Term | None:
        if not (isinstance(here, Apply) and here.head == "add"):
            return None
        kept: list[tuple[int, Term]] = []
        for sign, part in _all_summands(here):
            twin = next((k for k, (s, p) in enumerate(kept) if s == -sign and same(p, part)), None)
            if twin is None:
                kept.append((sign, part))
            else:
                del kept[twin]
        return signed_sum(kept)

    return replace(term, cancel)


def _all_summands(term: Term) -> list[tuple[int, Term]]:
    """Signed summands, brackets behind a minus sign opened as well."""
    return [
        (sign * own, part)
        for sign, summand in summands(term)
        for own, part in (
            _all_summands(summand)
            if isinstance(summand, Apply) and summand.head == "add"
            else [(1, summand)]
        )
    ]


def coefficient_of_a_square(term: Term) -> Term:
    """``(w^T w / c) / (w^T w) = 1 / c`` and ``(c w^T w) / (w^T w) = c``, where w is not zero."""

    def divided(here: Term) -> Term | None:
        match here:
            case Apply(
                "divide", (above, Apply("multiply", (Apply("transpose", (v,)), w)) as square)
            ):
                sign, top, bottom = _above_and_below(above)
                if v != w or square.args[0] not in top or w not in top:
                    return None
                top.remove(square.args[0])
                top.remove(w)
                quotient = _quotient(top, bottom) if top else divide(1, product_of(bottom))
                return quotient if sign > 0 else negative(quotient)
        return None

    return replace(term, divided)


def scalars_out_of_squares(term: Term) -> Term:
    """Put in every ``let``, then write ``(c v)^T (c v)`` as ``c^2 v^T v``."""

    def put_in(here: Term) -> Term | None:
        match here:
            case Bind("let", variable, value, body):
                return substitute(body, {variable: value})
        return None

    def out(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (Apply("transpose", (left,)), right)) if left == right:
                _, above, below = _above_and_below(left)
                *scalars, v = above
                if not (scalars or below):
                    return None
                top = [factor**2 for factor in scalars if factor != ONE]
                return _quotient([*top, multiply(v.T, v)], [factor**2 for factor in below])
        return None

    return replace(replace(term, put_in), out)


# derivatives of mixtures ---------------------------------------------------------------------


def _array_of(variable: Term) -> str:
    """The array of which a derivative is taken in one entry."""
    match variable:
        case Apply("entry", (Name(array), _)):
            return array
    raise ValueError("expected a derivative in an entry of an array")


def _place_of(variable: Term) -> Term:
    match variable:
        case Apply("entry", (_, place)):
            return place
    raise ValueError("expected a derivative in an entry of an array")


def _moves_with(body: Term, array: str, index: str) -> bool:
    """Whether ``array`` occurs in ``body`` as its entry at ``index`` and not otherwise."""
    place = entry(array, index)
    hidden = replace(body, lambda here: ZERO if here == place else None)
    return array in free_names(body) and array not in free_names(hidden)


def derivative_of_a_sum(term: Term) -> Term:
    """Take the derivative of each summand, a minus sign in front.

    A sum whose summand with number ``l`` holds the entry with number ``l`` only has one summand
    that depends on the entry in which the derivative is taken: that one is left.
    """

    def inside(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("negative", (body,)), variable)):
                return negative(_through_sum(body, variable))
            case Apply("derivative", (Bind("sum") as body, variable)):
                return _through_sum(body, variable)
        return None

    return replace(term, inside)


def _through_sum(body: Term, variable: Term) -> Term:
    match body:
        case Bind("sum", index, domain, summand):
            if _moves_with(summand, _array_of(variable), index):
                return derivative(substitute(summand, {index: _place_of(variable)}), variable)
            return Bind("sum", index, domain, derivative(summand, variable))
    return derivative(body, variable)


def derivative_of_a_logarithm(term: Term) -> Term:
    """The derivative of ``log f`` is the derivative of ``f`` over ``f``."""

    def chain(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("log", (body,)), variable)):
                return derivative(body, variable) / body
        return None

    return replace(term, chain)


def only_its_own_summand(term: Term) -> Term:
    """The derivative of a sum over components, in an entry that belongs to one or to all of them.

    One component holds the entry: its summand is left. All do: the derivative is taken of each.
    """

    def select(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Bind("sum") as body, variable)):
                return _through_sum(body, variable)
        return None

    return replace(term, select)


def logarithmic_derivative(term: Term) -> Term:
    """The derivative of ``c f`` is ``c f`` times the derivative of ``log f``, for a density f.

    ``c`` holds the factors that do not depend on the variable.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("multiply", (*weights, Apply("density") as f)), x)):
                if any(_array_of(x) in free_names(weight) for weight in weights):
                    return None
                return multiply(*weights, f, derivative(log(f), x))
        return None

    return replace(term, rule)


def own_share(term: Term) -> Term:
    """The derivative of ``c x`` in the number ``x`` is ``c``, written as ``x c / x``."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("multiply", (first, *others)), x)) if first == x:
                return divide(multiply(first, *others), x)
        return None

    return replace(term, rule)


def fold_responsibilities(term: Term, notation: Notation, name: str = "gamma") -> Term:
    """Write ``gamma_j(u)`` for the share ``pi_j N_j(u) / sum_k pi_k N_k(u)`` that defines it.

    The share may stand among other factors: ``pi_j N_j(u) f / sum_k ...`` is ``gamma_j(u) f``; a
    sum of such products over that total is the sum of the shares.

    Raises:
        ValueError: if ``name`` is not defined as a share of a sum.
    """
    symbol = notation[name]
    match symbol.definition:
        case Apply("divide", (Apply("multiply", wanted), Bind("sum") as total)):
            pass
        case _:
            raise ValueError(f"expected {name!r} to be defined as a share of a sum")
    variables = frozenset(symbol.parameters)

    def fold(here: Term) -> Term | None:
        match here:
            case Apply("divide", (Bind("sum", index, domain, body), below)):
                if index in free_names(below):
                    return None
                folded = fold(body / below)
                return None if folded is None else Bind("sum", index, domain, folded)
            case Apply("divide" | "multiply"):
                return _with_share(here)
        return None

    def _with_share(here: Term) -> Term | None:
        sign, above, below = _above_and_below(here)
        for start in range(len(above) - len(wanted) + 1):
            share = above[start : start + len(wanted)]
            found = matches(Apply("multiply", tuple(wanted)), product_of(share), variables)
            if found is None or set(found) != variables:
                continue
            whole = next((f for f in below if same(f, substitute(total, found))), None)
            if whole is None:
                continue
            rest = above[:start] + above[start + len(wanted) :]
            left = [factor for factor in below if factor is not whole]
            gamma = call(name, *(found[parameter] for parameter in symbol.parameters))
            folded = _quotient([gamma, *rest], left)
            return folded if sign > 0 else negative(folded)
        return None

    return replace(term, fold)


def fishers_identity(term: Term, notation: Notation, name: str = "gamma") -> Term:
    """The derivative of ``log sum_k pi_k N_k(u)`` in a parameter of the j-th component.

    It is ``gamma_j(u)`` times the derivative of ``log N_j(u)``; under a sum over the weights, for
    each of them. This is the chain of :func:`derivative_of_a_sum` to :func:`fold_responsibilities`.
    """
    for rule in (
        derivative_of_a_sum,
        derivative_of_a_logarithm,
        only_its_own_summand,
        logarithmic_derivative,
    ):
        term = rule(term)
    return fold_responsibilities(term, notation, name)


def differentiate_log_normal(term: Term, notation: Notation) -> Term:
    """Write the logarithms of normal densities out and carry out their derivatives in entries."""
    return differentiate_in_entries(log_of_normal(term), notation)


def differentiate_in_entries(term: Term, notation: Notation) -> Term:
    """Carry out by SymPy the derivatives in single entries, summand by summand."""

    def carry_out(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (body, Apply("entry") as variable)):
                slopes = [(sign, _slope(part, variable, notation)) for sign, part in summands(body)]
                return signed_sum(
                    [
                        (s * t, part)
                        for s, slope in slopes
                        for t, part in summands(slope)
                        if part != ZERO
                    ]
                )
        return None

    return replace(term, carry_out)


def _slope(body: Term, variable: Term, notation: Notation) -> Term:
    """The derivative of a scalar in an entry; every entry is a number of its own."""
    names: dict[Term, str] = {}

    def plain(here: Term) -> Term | None:
        match here:
            case Apply("entry", (Name(array), _)):
                names.setdefault(here, f"{array}_{len(names)}")
                return Name(names[here])
        return None

    flat = replace(body, plain)
    variable_name = names.get(variable)
    if variable_name is None:
        return ZERO
    symbols = [
        Symbol(name, REAL, domain=notation[_array_of(place)].domain)
        for place, name in names.items()
    ]
    local = notation.extended(*symbols)
    expression = bridge.to_sympy(flat, local)
    slope = sympy.factor(sympy.diff(expression, bridge.to_sympy(Name(variable_name), local)))
    found = substitute(bridge.from_sympy(slope), {name: place for place, name in names.items()})
    return _one_sign(_brackets_as_in(found, body))


def _brackets_as_in(term: Term, body: Term) -> Term:
    """Write each difference the way round in which ``body`` has it."""
    known = [part for part in walk(body) if isinstance(part, Apply) and part.head == "add"]

    def as_before(here: Term) -> Term | None:
        match here:
            case Apply("power", (base, Number(exponent))) if exponent % 2 == 0:
                turned = _opposite(base)
                return next((k**exponent for k in known if _equal_sums(k, turned)), None)
            case Apply("add"):
                turned = _opposite(here)
                return next((negative(k) for k in known if _equal_sums(k, turned)), None)
        return None

    # Powers come first: a bracket turned inside one would leave a sign there.
    squares = replace(term, lambda t: as_before(t) if getattr(t, "head", "") == "power" else None)
    return replace(squares, lambda t: None if t in known else as_before(t))


def _equal_sums(left: Term, right: Term) -> bool:
    """Whether two sums have the same signed summands, in any order."""
    return sorted(map(repr, summands(left))) == sorted(map(repr, summands(right)))


def _one_sign(term: Term) -> Term:
    """A product or quotient with at most one minus sign, in front."""
    sign, above, below = _above_and_below(term)
    product = _quotient(above, below)
    return product if sign > 0 else negative(product)


def deviations_for_variances(term: Term, notation: Notation, deviations: str) -> Term:
    """Write ``sigma_j^2`` for the variance, of which the entries of ``deviations`` are the roots.

    They are defined by ``sigma_k = sqrt(v_k)``, or by ``sigma_k = exp(eta_k / 2)``.

    Raises:
        ValueError: where they are defined otherwise.
    """
    symbol = notation[deviations]

    def variance(here: Term) -> Term | None:
        match symbol.definition, here:
            case Apply("sqrt", (Apply("entry", (array, _)),)), Apply("entry", (found, place)):
                return entry(deviations, place) ** 2 if found == array else None
            case (
                Apply("exp", (Apply("divide", (Apply("entry", (array, _)), _)),)),
                Apply("exp", (Apply("entry", (found, place)),)),
            ):
                return entry(deviations, place) ** 2 if found == array else None
        return None

    def tidied(here: Term) -> Term | None:
        match here:
            case Apply("exp", (Apply("negative", (inner,)),)):
                return variance(exp(inner)) and divide(1, exp(inner))
            case Apply("power", (Apply("power", (base, Number(one))), Number(other))):
                return base ** (one * other)
        return variance(here)

    match symbol.definition:
        case Apply("sqrt", (Apply("entry"),)) | Apply("exp", (Apply("divide"),)):
            return _flat_quotients(replace(replace(term, tidied), tidied))
    raise ValueError(f"expected {deviations!r} to be defined as roots of variances")


def _flat_quotients(term: Term) -> Term:
    """``x (1/y) / z`` as ``x / (y z)``."""

    def flat(here: Term) -> Term | None:
        match here:
            case Apply("divide"):
                return _one_sign(here)
        return None

    return replace(term, flat)


def sign_into_sum(term: Term) -> Term:
    """``- sum_i g_i (a - b) = sum_i g_i (b - a)``: carry a minus sign into the last bracket."""

    def carry(here: Term) -> Term | None:
        match here:
            case Apply("negative", (Bind("sum", index, domain, body),)):
                return Bind("sum", index, domain, _opposite(body))
        return None

    return replace(term, carry)


def _opposite(term: Term) -> Term:
    match term:
        case Apply("negative", (inner,)):
            return inner
        case Apply("add"):
            parts = [(-sign, part) for sign, part in summands(term)]
            parts.sort(key=lambda part: -part[0])
            return signed_sum(parts)
        case Apply("multiply", (*others, last)):
            opposite = _opposite(last)
            match opposite:
                case Apply("negative", (inner,)):
                    return negative(product_of([*others, inner]))
            return product_of([*others, opposite])
        case Apply("divide", (above, below)):
            opposite = _opposite(above)
            match opposite:
                case Apply("negative", (inner,)):
                    return negative(inner / below)
            return opposite / below
    return negative(term)


def softmax_derivative(term: Term, weights: str, logits: str) -> Term:
    """``d pi_k / d a_j = pi_k (delta_kj - pi_j)`` for ``pi = softmax(a)``, a factor beside it."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (Apply("multiply", (first, *others)), variable)):
                pass
            case _:
                return None
        if _array_of(variable) != logits:
            return None
        match first:
            case Apply("entry", (Name(array), place)) if array == weights:
                j = _place_of(variable)
                return multiply(first, *others, Apply("delta", (place, j)) - entry(weights, j))
        return None

    return replace(term, rule)


def probabilities_add_up(term: Term, notation: Notation, name: str = "gamma") -> Term:
    """``sum_k gamma_k(u) (delta_kj - c) = gamma_j(u) - c``: the shares of one point sum to one."""

    def add_up(here: Bind) -> Term | None:
        match here.body:
            case Apply("multiply", (Apply("call", (Name(called), place, point)), bracket)):
                if called != name or place != Name(here.variable):
                    return None
            case _:
                return None
        match bracket:
            case Apply("add", (Apply("delta", (one, j)), rest)) if one == place:
                if here.variable in free_names(rest):
                    return None
                return sum_of([call(name, j, point), rest])
        return None

    return _everywhere(term, "sum", add_up)
