"""Matrices of symbolic size: true identities are proved, and nothing false ever is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, strategies as st
from hypothesis.strategies import SearchStrategy

from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, free_names, substitute
from language.typecheck import TypeMismatch, typecheck
from language.types import POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    determinant,
    diagonal,
    equal,
    hadamard,
    identity,
    inner,
    inverse,
    log,
    names,
    norm,
    number,
    power,
    trace,
)
from numerics import balls
from numerics.matrices import prove_equal, prove_equation_equivalence, prove_positive_definite
from numerics.mutants import mutants
from numerics.valuations import draw

SQUARE = Array(("d", "d"))
NOTATION = Notation(
    (
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("lambda", REAL, domain=POSITIVE),
        Symbol("a", REAL),
        Symbol("w", Array(("d",))),
        Symbol("u", Array(("d",))),
        Symbol("v", Array(("d",))),
        Symbol("y", Array(("n",))),
        Symbol("X", Array(("n", "d"))),
        Symbol("Y", Array(("n", "d"))),
        Symbol("A", SQUARE),
        Symbol("B", SQUARE),
        Symbol("S", SQUARE, traits=frozenset({"symmetric"})),
        Symbol("G", SQUARE, traits=frozenset({"diagonal", "invertible"})),
        Symbol("D", SQUARE, traits=frozenset({"diagonal"})),
        Symbol("g", Array(("d",)), domain=POSITIVE),
        Symbol("U", Array(("d", "k"))),
        Symbol("V", Array(("k", "d"))),
        Symbol("C", Array(("k", "k"))),
        Symbol("mu", REAL, definition=(1 - Name("p")) / Name("p")),
    )
)
p, lam, a, mu, w, u, v, y, X, Y, A, B, S, G, D, g, U, V, C, n, d, k = names(
    "p lambda a mu w u v y X Y A B S G D g U V C n d k"
)
I_D, I_N = identity(d), identity(n)
ZEROS = Apply("zeros", (d,))
GRAM, KERNEL = X.T @ X + lam * I_D, X @ X.T + lam * I_N
RIDGE = inverse(GRAM) @ X.T @ y
HAT = X @ inverse(X.T @ X) @ X.T

IDENTITIES: dict[str, tuple[Term, Term]] = {
    "push-through": (inverse(GRAM) @ X.T, X.T @ inverse(KERNEL)),
    "push-through between vectors": (u.T @ RIDGE, u.T @ X.T @ inverse(KERNEL) @ y),
    "push-through between matrices": (A @ RIDGE, A @ X.T @ inverse(KERNEL) @ y),
    "weighted push-through": (
        inverse(X.T @ X + lam * G**2) @ X.T,
        power(G, -2) @ X.T @ inverse(X @ power(G, -2) @ X.T + lam * I_N),
    ),
    "Woodbury": (
        inverse(A + U @ C @ V),
        inverse(A) - inverse(A) @ U @ inverse(inverse(C) + V @ inverse(A) @ U) @ V @ inverse(A),
    ),
    "Sherman-Morrison": (
        inverse(A + u @ v.T),
        inverse(A) - inverse(A) @ u @ v.T @ inverse(A) / (1 + v.T @ inverse(A) @ u),
    ),
    "row form": (y.T @ X @ inverse(GRAM), RIDGE.T),
    "transpose of an inverse": (inverse(A).T, inverse(A.T)),
    "inverse of a multiple": (inverse(2 * A + 2 * B), inverse(A + B) / 2),
    "inverse of a product": (inverse(A @ B), inverse(B) @ inverse(A)),
    "inverse of an inverse": (inverse(inverse(A + B)), A + B),
    "parallel sum": (inverse(inverse(A) + inverse(B)), A @ inverse(A + B) @ B),
    "parallel sum, either way": (A @ inverse(A + B) @ B, B @ inverse(A + B) @ A),
    "resolvent": (inverse(A) - inverse(B), inverse(A) @ (B - A) @ inverse(B)),
    "functions of a matrix commute": (inverse(A + I_D) @ A, A @ inverse(A + I_D)),
    "symmetric inverse": (inverse(S + lam * I_D).T, inverse(S + lam * I_D)),
    "change of variables": (
        inverse(X.T @ X + lam * G @ G),
        inverse(G) @ inverse(inverse(G) @ X.T @ X @ inverse(G) + lam * I_D) @ inverse(G),
    ),
    "dropout": (
        inverse(X.T @ X + mu * G**2) @ X.T @ y / p,
        p * inverse(p**2 * X.T @ X + p * (1 - p) * G**2) @ X.T @ y,
    ),
    "two regularizations": (
        inverse(X.T @ X + lam * I_D),
        inverse(lam * I_D + X.T @ X) @ (X.T @ X + a * I_D + lam * I_D) @ inverse(GRAM)
        - a * inverse(GRAM) @ inverse(GRAM),
    ),
    "projection": (HAT @ HAT, HAT),
    "residual": ((I_N - HAT) @ X + Y, Y),
    "expanded loss": (
        norm(y - p * X @ w) ** 2,
        y.T @ y - 2 * p * w.T @ X.T @ y + p**2 * norm(X @ w) ** 2,
    ),
    "minimal loss": (
        norm(y - X @ RIDGE) ** 2 + lam * norm(RIDGE) ** 2,
        lam * y.T @ inverse(KERNEL) @ y,
    ),
    "cyclic trace": (trace(A @ B @ S), trace(B @ S @ A)),
    "trace of an outer product": (trace(u @ v.T), inner(v, u)),
    "degrees of freedom": (trace(X @ inverse(GRAM) @ X.T), d - lam * trace(inverse(GRAM))),
    "degrees of freedom, dual": (
        trace(X @ inverse(GRAM) @ X.T),
        n - lam * trace(inverse(KERNEL)),
    ),
    "trace of a projection": (trace(HAT), d),
    "diagonal matrices commute": (G @ D @ X.T, D @ G @ X.T),
    "diagonal of a transpose": (diagonal(A @ B), diagonal(B.T @ A.T)),
    "entrywise product": (hadamard(A, B + S), hadamard(B, A) + hadamard(S, A)),
}
CASES = [pytest.param(*sides, id=name) for name, sides in IDENTITIES.items()]
VALUATIONS = [draw(NOTATION, seed) for seed in range(4)]


def refuted(statement: Term) -> bool:
    """Whether exact matrices are found at which a statement is false."""
    for valuation in VALUATIONS:
        try:
            if balls.holds(statement, valuation) is False:
                return True
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            continue
    return False


@pytest.mark.parametrize(("left", "right"), CASES)
def test_identities_are_proved_from_either_side(left: Term, right: Term) -> None:
    assert not refuted(equal(left, right))
    assert prove_equal(left, right, NOTATION) is not None
    assert prove_equal(right, left, NOTATION) is not None


@pytest.mark.parametrize(("left", "right"), CASES)
def test_identities_are_proved_under_other_names(left: Term, right: Term) -> None:
    # The order of the names decides which words lead; it must not decide what is proved.
    new = {symbol.name: Name(f"{'zyx'[i % 3]}_{i}") for i, symbol in enumerate(NOTATION)}
    symbols = []
    for symbol in NOTATION:
        kind = symbol.type
        if isinstance(kind, Array):
            kind = Array(tuple(new[s].name if isinstance(s, str) else s for s in kind.shape))
        definition = symbol.definition and substitute(symbol.definition, new)
        symbols.append(
            Symbol(
                new[symbol.name].name,
                kind,
                domain=symbol.domain,
                definition=definition,
                traits=symbol.traits,
            )
        )
    renamed = Notation(tuple(reversed(symbols)))
    assert prove_equal(substitute(left, new), substitute(right, new), renamed) is not None


@pytest.mark.parametrize(("left", "right"), CASES)
def test_no_false_mutant_is_proved(left: Term, right: Term) -> None:
    proved = [
        mutant.term
        for mutant in mutants(right, NOTATION)[:25]
        if prove_equal(left, mutant.term, NOTATION) is not None
    ]
    assert [term for term in proved if refuted(equal(left, term))] == []


LEAVES = (A, B, S, G, D, X.T @ X, p * A)
MORE_LEAVES = (*LEAVES, I_D, u @ v.T, diagonal(A @ B))


def matrices(depth: int, leaves: tuple[Term, ...] = LEAVES) -> SearchStrategy[Term]:
    """d x d matrices without inverses."""
    leaf = st.sampled_from(leaves)
    if not depth:
        return leaf
    part = matrices(depth - 1, leaves)
    return st.one_of(
        leaf,
        part.map(lambda one: one.T),
        st.builds(lambda one, other: one + other, part, part),
        st.builds(lambda one, other: one - other, part, part),
        st.builds(lambda one, other: one @ other, part, part),
        st.builds(lambda one, other: trace(one) * other, part, part),
    )


@given(matrices(2, MORE_LEAVES), matrices(2, MORE_LEAVES))
def test_without_inverses_equality_is_decided(left: Term, right: Term) -> None:
    assert (prove_equal(left, right, NOTATION) is None) == refuted(equal(left, right))


@given(matrices(2), matrices(1), matrices(1))
def test_inverses_are_used_soundly_and_well(left: Term, middle: Term, right: Term) -> None:
    shifted = left + lam * I_D
    product = middle @ shifted @ inverse(shifted) @ right
    assert prove_equal(product, middle @ right, NOTATION) is not None
    swapped = inverse(shifted) @ middle @ shifted
    if prove_equal(swapped, middle, NOTATION) is not None:
        assert not refuted(equal(swapped, middle))


@given(matrices(1), matrices(1))
def test_sums_of_inverses(left: Term, right: Term) -> None:
    assume(refuted(equal(left, -right)))
    together = inverse(left + right)
    claims = [
        (left @ together @ right, right @ together @ left),
        (left @ together @ right, right @ left @ together),
        (together, inverse(left) + inverse(right)),
        (together.T, inverse(left.T + right.T)),
    ]
    for one, other in claims:
        if prove_equal(one, other, NOTATION) is not None:
            assert not refuted(equal(one, other))
    assert prove_equal(*claims[0], NOTATION) is not None


def test_conditions_name_what_only_one_side_needs() -> None:
    proof = prove_equal(A @ inverse(A), I_D, NOTATION)
    assert proof is not None
    assert proof.conditions == ("A is invertible",)
    proof = prove_equal(a * w / a, w, NOTATION)
    assert proof is not None
    assert proof.conditions == ("a != 0",)


def test_conditions_that_always_hold_are_left_out() -> None:
    for left, right in ((inverse(G) @ G, I_D), IDENTITIES["push-through"], (p * w / p, w)):
        proof = prove_equal(left, right, NOTATION)
        assert proof is not None
        assert proof.conditions == ()


def test_assumed_equations_are_used() -> None:
    orthogonal = NOTATION.assuming(equal(A.T @ A, I_D), equal(A @ A.T, I_D))
    assert prove_equal(norm(A @ w) ** 2, norm(w) ** 2, orthogonal) is not None
    assert prove_equal(norm(A @ w) ** 2, norm(w) ** 2, NOTATION) is None


def test_a_leading_coefficient_that_can_vanish_is_not_divided_by() -> None:
    # For n = 1 the inverted matrix is I, whatever A is.
    odd = (n - 1) * A + I_D
    assert prove_equal(A @ inverse(odd) @ B, B @ A @ inverse(odd), NOTATION) is None
    # log(a^2) - 2 log(a) is zero where it is real, though its letters do not show it.
    hidden = (log(a**2) - 2 * log(a)) * A
    assert prove_equal(inverse(hidden) @ A, B, NOTATION) is None


def test_wrong_shapes_are_passed_on() -> None:
    for left, right in ((X @ X.T, X.T @ X), (X @ X, X), (A + w, w)):
        assert prove_equal(left, right, NOTATION) is None


def test_huge_terms_are_passed_on() -> None:
    term: Term = A
    for _ in range(400):
        term = (term + B).T
    assert prove_equal(term, A, NOTATION) is None
    product: Term = A + B + S + G
    assert prove_equal(power(product, 12), product, NOTATION) is None


SYSTEM, RIGHT = X.T @ X + lam * G**2, X.T @ y
EQUATIONS = {
    "solving": (equal(SYSTEM @ w, RIGHT), equal(w, inverse(SYSTEM) @ RIGHT)),
    "scaling by 2p": (
        equal(2 * p * (SYSTEM @ w - RIGHT), ZEROS),
        equal(SYSTEM @ w, RIGHT),
    ),
    "a stationary point": (
        equal(-2 * p * X.T @ (y - p * X @ w) + 2 * p * (1 - p) * G @ G @ w, ZEROS),
        equal(p * w, inverse(X.T @ X + mu * G**2) @ RIGHT),
    ),
    "in a row": (equal(w.T @ SYSTEM, y.T @ X), equal(w, inverse(SYSTEM) @ RIGHT)),
    "moving a term": (equal(B @ w, u - A @ w), equal(w, inverse(A + B) @ u)),
    "of scalars": (equal(2 * p * a, 0), equal(a, 0)),
}
INEQUIVALENT = {
    "a singular factor": (equal(A @ w, u), equal(B @ A @ w, B @ u)),
    "a factor that may vanish": (equal(a * w, a * u), equal(w, u)),
    "a scalar that may vanish": (equal(a * p, 0), equal(p, 0)),
    "another strength": (
        equal(SYSTEM @ w, RIGHT),
        equal(w, inverse(X.T @ X + lam**2 * G**2) @ RIGHT),
    ),
    "a forgotten square": (
        equal(SYSTEM @ w, RIGHT),
        equal(w, inverse(X.T @ X + lam * G) @ RIGHT),
    ),
    "one side scaled": (equal(w, u), equal(w, 2 * u)),
    "an inverse too few": (equal(A @ w, u), equal(w, A @ u)),
}


@pytest.mark.parametrize(("first", "second"), EQUATIONS.values(), ids=list(EQUATIONS))
def test_equivalent_equations(first: Term, second: Term) -> None:
    assert prove_equation_equivalence(first, second, NOTATION) is not None
    assert prove_equation_equivalence(second, first, NOTATION) is not None


@pytest.mark.parametrize(("first", "second"), INEQUIVALENT.values(), ids=list(INEQUIVALENT))
def test_inequivalent_equations(first: Term, second: Term) -> None:
    assert prove_equation_equivalence(first, second, NOTATION) is None
    assert prove_equation_equivalence(second, first, NOTATION) is None


DEFINITE = [
    2 * p**2 * X.T @ X + 2 * p * (1 - p) * G**2,
    X.T @ X + mu * G**2,
    2 * X.T @ X + 2 * lam * I_D,
    (X + Y).T @ (X + Y) + lam * G.T @ G,
    X.T @ X + (a**2 + 1) * I_D,
    diagonal(g) + X.T @ X,
    diagonal(X.T @ X) + lam * I_D,
    inverse(X.T @ X),
    inverse(GRAM) / lam,
    X.T @ inverse(KERNEL) @ X + I_D,
]
NOT_KNOWN_DEFINITE = [
    X.T @ X,
    X.T @ X + a * I_D,
    X.T @ X + a**2 * I_D,
    X.T @ X - lam * I_D,
    X.T @ X + lam * D**2,
    X.T @ Y + lam * I_D,
    S + lam * I_D,
    A.T @ B + lam * I_D,
    -GRAM,
    (X + Y).T @ (X - Y) + lam * I_D,
    X @ X.T,
]


@pytest.mark.parametrize("matrix", DEFINITE)
def test_definite(matrix: Term) -> None:
    assert prove_positive_definite(matrix, NOTATION) is not None
    assert not refuted(Apply("greater", (determinant(matrix), number(0))))


@pytest.mark.parametrize("matrix", NOT_KNOWN_DEFINITE)
def test_not_known_to_be_definite(matrix: Term) -> None:
    assert prove_positive_definite(matrix, NOTATION) is None


def test_the_table_is_well_typed() -> None:
    for left, right in IDENTITIES.values():
        try:
            assert typecheck(left, NOTATION) is not None
            assert typecheck(right, NOTATION) is not None
        except TypeMismatch as error:
            raise AssertionError(str(error)) from error
        assert free_names(left) <= {symbol.name for symbol in NOTATION}


def test_nested_powers_are_passed_on() -> None:
    for base in (number(9), a, a + 1, (a + mu) / (lam + p)):
        term: Term = base
        for _ in range(40):
            term = power(term, 12)
        assert prove_equal(term * A, A, NOTATION) is None
