"""Hypothesis strategies that draw well-typed terms over one notation.

Every term drawn here passes ``typecheck(term, NOTATION)``. Terms that are not defined everywhere
(a logarithm of a negative number) are drawn as well, except by :func:`rational_terms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, fresh, rebuild, substitute
from language.types import (
    INTEGER,
    NATURALS,
    POSITIVE,
    PROBABILITY,
    REAL,
    Array,
    Dimension,
    Function,
    Law,
)
from language.vocabulary import (
    delta,
    density,
    divide,
    entry,
    expectation,
    hadamard,
    identity,
    index_sum,
    inner,
    integral,
    kl,
    let,
    matrix,
    norm,
    power,
    product_of,
    sum_of,
    trace,
)

#: Scalars x, y (real), s, t (positive), p (in (0, 1)); sizes n, d; vectors u, w of length d and y_
#: of length n; matrices X (n x d) and A (d x d); laws f, g on the line; a function h of a number.
NOTATION = Notation(
    (
        Symbol("n", INTEGER, domain=NATURALS),
        Symbol("d", INTEGER, domain=NATURALS),
        Symbol("x", REAL),
        Symbol("y", REAL),
        Symbol("s", REAL, r"\sigma_s", POSITIVE),
        Symbol("t", REAL, domain=POSITIVE),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("u", Array(("d",)), r"\mathbf{u}"),
        Symbol("w", Array(("d",)), r"\mathbf{w}^{\text{new}}"),
        Symbol("v", Array(("n",)), r"\mathbf{v}_0"),
        Symbol("X", Array(("n", "d")), r"\mathbf{X}"),
        Symbol("A", Array(("d", "d")), traits=frozenset({"invertible"})),
        Symbol("f", Law(REAL), "f_0"),
        Symbol("g", Law(REAL), r"g({}\mid y)"),
        Symbol("h", Function((REAL,), REAL), r"h_\theta({})"),
    )
)
SCALARS = ("x", "y", "s", "t", "p")
_ARRAYS: dict[tuple[Dimension, ...], tuple[str, ...]] = {
    ("d",): ("u", "w"),
    ("n",): ("v",),
    ("n", "d"): ("X",),
    ("d", "d"): ("A",),
}
_FUNCTIONS = ("log", "exp", "sqrt", "logistic", "softplus", "tanh", "absolute")


def fractions(largest: int = 20) -> SearchStrategy[Fraction]:
    """Rationals with small numerators and denominators, negative ones included."""
    return st.builds(Fraction, st.integers(-largest, largest), st.integers(1, 6))


def numbers(largest: int = 20) -> SearchStrategy[Term]:
    """Numbers as terms."""
    return st.builds(Number, fractions(largest))


def _arithmetic(parts: SearchStrategy[Term]) -> SearchStrategy[Term]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        several.map(sum_of),
        several.map(product_of),
        parts.map(lambda part: -part),
        st.builds(divide, parts, parts),
        st.builds(power, parts, st.integers(-2, 3)),
    )


def rational_terms(names: Sequence[str] = SCALARS, leaves: int = 10) -> SearchStrategy[Term]:
    """Scalars made of numbers, names, sums, products, quotients and integer powers."""
    leaf = st.one_of(numbers(), st.sampled_from(names).map(Name))
    return st.recursive(leaf, _arithmetic, max_leaves=leaves)


def scalar_terms(names: Sequence[str] = SCALARS, leaves: int = 10) -> SearchStrategy[Term]:
    """Scalars that may also contain elementary functions of one number."""
    leaf = st.one_of(numbers(), st.sampled_from(names).map(Name))

    def extend(parts: SearchStrategy[Term]) -> SearchStrategy[Term]:
        functions = st.builds(lambda head, part: Apply(head, (part,)), _heads(), parts)
        return st.one_of(_arithmetic(parts), functions)

    return st.recursive(leaf, extend, max_leaves=leaves)


def _heads() -> SearchStrategy[str]:
    return st.sampled_from(_FUNCTIONS)


def array_terms(shape: tuple[Dimension, ...], depth: int = 2) -> SearchStrategy[Term]:
    """Vectors ``("d",)``, ``("n",)`` and matrices ``("n", "d")``, ``("d", "d")``."""
    leaf = st.sampled_from(_ARRAYS[shape]).map(Name)
    if not depth:
        return leaf
    part = array_terms(shape, depth - 1)
    scalar = scalar_terms(leaves=2)
    options = [
        leaf,
        st.lists(part, min_size=2, max_size=3).map(sum_of),
        st.builds(lambda c, a: c * a, scalar, part),
        part.map(lambda a: -a),
        st.builds(hadamard, part, part),
        st.builds(divide, part, scalar),
    ]
    if shape == ("n",):
        options.append(_chains(("n", "d"), ("d",), depth))
    if shape == ("d",):
        options.append(_chains(("d", "d"), ("d",), depth))
        options.append(
            st.builds(lambda a, b: a.T * b, array_terms(("n", "d"), depth - 1), _ofn(depth))
        )
    if shape == ("n", "d"):
        options.append(_chains(("n", "d"), ("d", "d"), depth))
    if shape == ("d", "d"):
        options.append(st.just(identity("d")))
        options.append(part.map(lambda a: Apply("inverse", (a,))))
        options.append(st.builds(power, part, st.integers(0, 3)))
        options.append(array_terms(("d",), depth - 1).map(lambda v: Apply("diagonal", (v,))))
    return st.one_of(options)


def _ofn(depth: int) -> SearchStrategy[Term]:
    return array_terms(("n",), depth - 1)


def _chains(
    left: tuple[Dimension, ...], right: tuple[Dimension, ...], depth: int
) -> SearchStrategy[Term]:
    return st.builds(
        lambda a, b: a * b, array_terms(left, depth - 1), array_terms(right, depth - 1)
    )


def indexed_terms() -> SearchStrategy[Term]:
    """Sums over a symbolic range, some nested, with entries and Kronecker deltas in them."""
    i, j = Name("i"), Name("j")
    inner_leaf = st.sampled_from([entry("u", i), entry("w", i), entry("A", i, i), delta(i, "n")])
    single = st.builds(lambda c, a, b: c * a + b, scalar_terms(leaves=2), inner_leaf, inner_leaf)
    pair = st.sampled_from([entry("X", j, i) * entry("u", i), entry("X", j, i) - entry("v", j)])
    return st.one_of(
        single.map(lambda body: index_sum("i", "d", body)),
        pair.map(lambda body: index_sum("j", "n", index_sum("i", "d", body) + entry("v", j))),
        st.builds(lambda body, k: power(index_sum("i", "d", body), k), single, st.integers(1, 3)),
    )


def functional_terms() -> SearchStrategy[Term]:
    """Expectations, integrals and divergences of the laws f and g."""
    body = scalar_terms(names=("z", "x", "s"), leaves=4)
    law = st.sampled_from(["f", "g"])
    return st.one_of(
        st.builds(lambda which, inside: expectation("z", which, inside), law, body),
        st.builds(lambda which, c: integral("z", density(which, "z") * c), law, body),
        st.builds(kl, law, law),
        st.builds(lambda value, inside: let("z", value, inside), scalar_terms(leaves=2), body),
    )


def reduced_terms() -> SearchStrategy[Term]:
    """Scalars made from vectors and matrices."""
    return st.one_of(
        array_terms(("n",)).map(lambda a: power(norm(a), 2)),
        array_terms(("d", "d")).map(trace),
        st.builds(inner, array_terms(("d",)), array_terms(("d",))),
        st.builds(lambda a, b: a.T * b, array_terms(("d",)), array_terms(("d",))),
    )


def statements() -> SearchStrategy[Term]:
    """Relations of scalars, joined by connectives."""
    scalar = scalar_terms(leaves=4)
    heads = st.sampled_from(["equal", "unequal", "less", "less_equal", "greater", "greater_equal"])
    leaf = st.builds(lambda head, a, b: Apply(head, (a, b)), heads, scalar, scalar)

    def extend(parts: SearchStrategy[Term]) -> SearchStrategy[Term]:
        return st.one_of(
            st.builds(lambda *args: Apply("both", args), parts, parts),
            st.builds(lambda *args: Apply("either", args), parts, parts),
            st.builds(lambda *args: Apply("implies", args), parts, parts),
            parts.map(lambda part: Apply("negation", (part,))),
            parts.map(
                lambda part: Bind("forall", "x", Apply("reals", (Number(Fraction(1)),)), part)
            ),
        )

    return st.recursive(leaf, extend, max_leaves=4)


def scalars_of_all_kinds() -> SearchStrategy[Term]:
    """Scalars of every kind above, added and multiplied."""
    leaf = st.one_of(scalar_terms(leaves=5), indexed_terms(), functional_terms(), reduced_terms())
    return st.one_of(
        leaf,
        st.builds(lambda a, b: a * b, leaf, leaf),
        st.builds(sum_of, st.lists(leaf, min_size=2, max_size=3)),
    )


def terms() -> SearchStrategy[Term]:
    """Terms of every type."""
    scalar = scalar_terms(leaves=3)
    return st.one_of(
        scalars_of_all_kinds(),
        array_terms(("n",)),
        array_terms(("d", "d")),
        statements(),
        st.builds(lambda a, b, c, e: matrix((a, b), (c, e)), scalar, scalar, scalar, scalar),
        st.lists(scalar, min_size=1, max_size=3).map(lambda items: Apply("multiset", tuple(items))),
        st.lists(scalar, min_size=1, max_size=3).map(lambda items: Apply("tuple", tuple(items))),
    )


def rename_bound(term: Term, taken: frozenset[str]) -> Term:
    """Rename every bound variable so that none is in ``taken`` and none occurs twice."""
    used = set(taken)

    def visit(here: Term) -> Term:
        match here:
            case Apply(_, args):
                return rebuild(here, tuple(visit(part) for part in args))
            case Bind(head, variable, domain, body):
                domain = visit(domain)
                renamed = fresh(variable, used)
                used.add(renamed)
                if renamed != variable:
                    body = substitute(body, {variable: Name(renamed)})
                return Bind(head, renamed, domain, visit(body))
        return here

    return visit(term)
