"""Rules on dynamical systems: stationary points, spectra of small matrices, steps of algorithms.

Statements are rewritten into equivalent statements, matrices into similar ones, spectra into equal
multisets. Scalars are worked out by SymPy.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from derivations.rules.calculus import from_sympy, tidy, to_sympy
from language.notation import Notation
from language.terms import Apply, Bind, Name, Term, lift, replace, substitute
from language.vocabulary import both, equal, matrix, multiply, relation, sqrt, tuple_of

__all__ = [
    "block_determinant",
    "cancel_injective",
    "complete_radicals",
    "drop_positive_factors",
    "every_eigenvalue",
    "gather",
    "half_steps",
    "isolate",
    "multiply_matrices",
    "put_in",
    "quadratic_formula",
    "real_roots",
    "reorder",
    "solve_for",
    "work_out_determinants",
]

ZERO = lift(0)


# Stationary points: each rule turns a conjunction of equations into an equivalent one.


def drop_positive_factors(statement: Term) -> Term:
    """In ``product = 0``, drop the sign and the values of the logistic function, never zero."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("equal", (product, zero)) if zero == ZERO:
                factors = _factors(product)
                kept = [f for f in factors if not _is_logistic(f)]
                if len(kept) < len(factors) and len(kept) == 1:
                    return equal(kept[0], ZERO)
        return None

    return replace(statement, rule)


def _factors(term: Term) -> list[Term]:
    match term:
        case Apply("negative", (inner,)):
            return _factors(inner)
        case Apply("multiply", parts):
            return [factor for part in parts for factor in _factors(part)]
    return [term]


def _is_logistic(term: Term) -> bool:
    return isinstance(term, Apply) and term.head == "logistic"


def put_in(statement: Term) -> Term:
    """In a conjunction, put what equations ``name = 0`` say into all the other equations."""
    match statement:
        case Apply("both", parts):
            known = {name: ZERO for part in parts if (name := _vanishing(part)) is not None}
            return Apply(
                "both", tuple(p if _vanishing(p) else tidy(substitute(p, known)) for p in parts)
            )
    return statement


def _vanishing(equation: Term) -> str | None:
    """The name that ``equation`` says is zero, None where it says something else."""
    match equation:
        case Apply("equal", (Name(name), zero)) if zero == ZERO:
            return name
    return None


def cancel_injective(statement: Term) -> Term:
    """``logistic(a) - logistic(b) = 0`` says that ``a = b``: the function strictly increases."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("equal", (Apply("add", (left, Apply("negative", (right,)))), zero)):
                if zero == ZERO and _is_logistic(left) and _is_logistic(right):
                    return equal(_argument(left), _argument(right))
        return None

    return replace(statement, rule)


def _argument(term: Term) -> Term:
    assert isinstance(term, Apply)
    return term.args[0]


def solve_for(statement: Term, notation: Notation, name: str) -> Term:
    """Solve by SymPy each equation that is linear in ``name``, where its coefficient is a number.

    Raises:
        ValueError: where the coefficient of ``name`` may vanish.
    """
    unknown = to_sympy(Name(name), notation)

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("equal", (left, right)) if left != Name(name):
                difference = sympy.expand(to_sympy(left, notation) - to_sympy(right, notation))
                if not difference.has(unknown):
                    return None
                slope = sympy.diff(difference, unknown)
                if not slope.is_Rational or slope == 0:
                    raise ValueError(f"expected an equation linear in {name}, found slope {slope}")
                (root,) = sympy.solve(difference, unknown)
                return equal(Name(name), from_sympy(root))
        return None

    return replace(statement, rule)


def gather(statement: Term, *order: str) -> Term:
    """Join equations ``name = value`` to one equation between tuples, in the given order."""
    assert isinstance(statement, Apply) and statement.head == "both"
    values: dict[str, Term] = {}
    for part in statement.args:
        match part:
            case Apply("equal", (Name(name), value)):
                values[name] = value
    if len(statement.args) != len(order) or set(values) != set(order):
        raise ValueError(f"expected one equation for each of {', '.join(order)}")
    return equal(tuple_of(*order), tuple_of(*(values[name] for name in order)))


def isolate(statement: Term, notation: Notation, name: str) -> Term:
    """Solve ``polynomial < 0`` (or another order) for ``name``, which one factor holds linearly.

    The polynomial is factored by SymPy; the other factors must be positive on the whole domain.

    Raises:
        ValueError: where another factor may be negative or zero.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("less" | "less_equal" | "greater" | "greater_equal" as head, (left, zero)):
                if zero == ZERO:
                    return Apply(head, (Name(name), from_sympy(_bound(left, notation, name))))
        return None

    return replace(statement, rule)


def _bound(polynomial: Term, notation: Notation, name: str) -> sympy.Expr:
    """Where the only factor that may change sign vanishes, as ``name`` grows through it."""
    unknown = to_sympy(Name(name), notation)
    constant, factors = sympy.factor_list(to_sympy(polynomial, notation))
    open_factors = [base for base, exponent in factors if exponent % 2 and not base.is_positive]
    slopes = [sympy.diff(base, unknown) for base in open_factors]
    if constant <= 0 or len(slopes) != 1 or not slopes[0].is_positive:
        raise ValueError(f"expected one increasing linear factor in {name}, found {factors}")
    (root,) = sympy.solve(open_factors[0], unknown)
    return sympy.expand(root)


# Spectra.


def reorder(term: Term, order: Sequence[int]) -> Term:
    """Number the coordinates anew: row and column ``i`` become what was ``order[i]``, from 0.

    This is a similarity by a permutation matrix, so eigenvalues and determinants stay.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("matrix"):
                rows = _rows(here)
                return matrix(*(tuple(rows[i][j] for j in order) for i in order))
        return None

    return replace(term, rule)


def _rows(term: Term) -> list[tuple[Term, ...]]:
    assert isinstance(term, Apply) and term.head == "matrix"
    return [row.args for row in term.args if isinstance(row, Apply)]


def quadratic_formula(term: Term, notation: Notation) -> Term:
    """The spectrum of a block diagonal 3 x 3 matrix, its blocks of sizes 1 and 2.

    The eigenvalues of a 2 x 2 block of trace t and determinant d are (t +- sqrt(t^2 - 4 d)) / 2.

    Raises:
        ValueError: where the matrix is not of this form.
    """
    match term:
        case Apply("eigenvalues", (Apply("matrix") as array,)):
            alone, (a, b, c, d) = _blocks(array)
            total, product = _trace_and_determinant(a, b, c, d, notation)
            root = sqrt(tidy(total**2 - 4 * product))
            pair = (tidy(total + root) / 2, tidy(total - root) / 2)
            return Apply("multiset", (alone, *pair))
    return term


def _trace_and_determinant(
    a: Term, b: Term, c: Term, d: Term, notation: Notation
) -> tuple[Term, Term]:
    entries = (to_sympy(part, notation) for part in (a, b, c, d))
    block = sympy.Matrix(2, 2, list(entries))
    return from_sympy(sympy.expand(block.trace())), from_sympy(sympy.expand(block.det()))


def complete_radicals(term: Term, notation: Notation) -> Term:
    """Work out the members of a multiset: squares of positive numbers leave their square roots.

    The root of a negative number becomes imaginary; the root of what may have either sign stays.
    """
    assert isinstance(term, Apply) and term.head == "multiset"

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("sqrt", (radicand,)):
                return from_sympy(_root(to_sympy(radicand, notation)))
        return None

    members = (sympy.expand(to_sympy(replace(part, rule), notation)) for part in term.args)
    return Apply("multiset", tuple(from_sympy(_over_one_bar(part)) for part in members))


def _over_one_bar(number: sympy.Expr) -> sympy.Expr:
    """Conjugate roots are easiest to compare over a common denominator, all else in summands."""
    radicals = [power for power in number.atoms(sympy.Pow) if power.exp == sympy.Rational(1, 2)]
    return sympy.together(number) if radicals else number


def _root(radicand: sympy.Expr) -> sympy.Expr:
    """The square root, with squares of positive factors taken out."""
    constant, factors = sympy.factor_list(radicand)
    outside, inside = sympy.sqrt(abs(constant)), sympy.sign(constant)
    for base, exponent in factors:
        if not base.is_positive:
            inside *= base**exponent
        else:
            outside *= base ** (exponent // 2)
            inside *= base ** (exponent % 2)
    return outside * sympy.sqrt(sympy.expand(inside), evaluate=inside.is_number)


def block_determinant(term: Term, notation: Notation) -> Term:
    """The determinant of a block diagonal 3 x 3 matrix: the product of those of its blocks."""
    match term:
        case Apply("determinant", (Apply("matrix") as array,)):
            alone, (a, b, c, d) = _blocks(array)
            _, product = _trace_and_determinant(a, b, c, d, notation)
            return alone * product
    return term


def _blocks(array: Term) -> tuple[Term, tuple[Term, Term, Term, Term]]:
    """The entry and the block of a block diagonal matrix with blocks of sizes 1 and 2."""
    (alone, *right), (below, a, b), (last, c, d) = _rows(array)
    if any(part != ZERO for part in (*right, below, last)):
        raise ValueError("expected a block diagonal matrix with blocks of sizes 1 and 2")
    return alone, (a, b, c, d)


def half_steps(term: Term, first: Term, second: Term) -> Term:
    """The chain rule at a point that both half-steps leave where it is.

    Args:
        term: ``let``s around the Jacobian of ``second`` after ``first``.
        first: the half-step taken first, as a vector of the new values.
        second: the half-step taken on its outcome.
    """
    match term:
        case Bind("let", variable, value, body):
            product = half_steps(body, first, second)
            assert isinstance(product, Apply)
            return multiply(*(Bind("let", variable, value, part) for part in product.args))
        case Apply("jacobian", (_, coordinates)):
            return multiply(
                Apply("jacobian", (second, coordinates)), Apply("jacobian", (first, coordinates))
            )
    raise ValueError("expected the Jacobian of a composition at a point")


def every_eigenvalue(statement: Term) -> Term:
    """``for all x in {a, b, ...}: S(x)`` says ``S(a) and S(b) and ...``."""
    match statement:
        case Bind("forall", variable, Apply("multiset", members), body):
            return both(*(substitute(body, {variable: member}) for member in members))
    return statement


def real_roots(statement: Term) -> Term:
    """That numbers with rational and square-root parts are real says that no radicand is negative.

    Each conjunct must be ``real part of a = a``, with ``a`` real but for one square root.
    """

    def radicand(number: Term) -> Term | None:
        match number:
            case Apply("sqrt", (inside,)):
                return inside
            case Apply("add" | "multiply" | "divide" | "negative", parts):
                found = [r for part in parts if (r := radicand(part)) is not None]
                return found[0] if found else None
        return None

    match statement:
        case Apply("both", parts):
            inside: list[Term] = []
            for part in parts:
                match part:
                    case Apply("equal", (_, number)):
                        found = radicand(number)
                        if found is not None and found not in inside:
                            inside.append(found)
            conditions = [relation("greater_equal", r, ZERO) for r in inside]
            return both(*conditions) if len(conditions) > 1 else conditions[0]
    return statement


def multiply_matrices(term: Term, notation: Notation) -> Term:
    """The product of written matrices, written out, entry by entry, by SymPy."""
    match term:
        case Apply("multiply", (first, *others)):
            product = _as_sympy(first, notation)
            for other in others:
                product = product * _as_sympy(other, notation)
            return matrix(*(tuple(map(from_sympy, row)) for row in product.expand().tolist()))
    return term


def _as_sympy(term: Term, notation: Notation) -> sympy.Matrix:
    return sympy.Matrix([[to_sympy(part, notation) for part in row] for row in _rows(term)])


def work_out_determinants(term: Term, notation: Notation) -> Term:
    """Replace each determinant of a written 2 x 2 matrix by its value, multiplied out."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("determinant", (Apply("matrix") as array,)):
                (a, b), (c, d) = _rows(array)
                return _trace_and_determinant(a, b, c, d, notation)[1]
        return None

    return replace(term, rule)
