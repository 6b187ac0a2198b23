"""Rules for gradient penalties and for losses with a hinge.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Source: Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?"
(2018), section 4.1.
"""

from __future__ import annotations

from derivations.rules.information import signed_sum, summands
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names, replace
from language.vocabulary import absolute, norm, number, trace

__all__ = [
    "expected_norm_of_affine",
    "gradient_of_quadratic",
    "open_hinges",
    "square_over_absolute",
]


def gradient_of_quadratic(term: Term, notation: Notation) -> Term:
    """grad_x (w^T x + x^T A x / 2 + b) = w + A x, for symmetric A.

    Side condition, checked: A is a name with the trait "symmetric".
    """

    def slope(part: Term, variable: str) -> Term | None:
        match part:
            case _ if variable not in free_names(part):
                return number(0)
            case Apply("multiply", (Apply("transpose", (w,)), Name(name))) if name == variable:
                return w if variable not in free_names(w) else None
            case Apply("multiply", (Number(half), form)) if half * 2 == 1:
                return _of_form(form, variable, notation)
        return None

    def write(here: Term) -> Term | None:
        match here:
            case Apply("gradient", (body, Name(variable))):
                slopes = [(sign, slope(part, variable)) for sign, part in summands(body)]
                if any(part is None for _, part in slopes):
                    return None
                kept = [(s, part) for s, part in slopes if part is not None and part != number(0)]
                return signed_sum(kept)
        return None

    return replace(term, write)


def _of_form(form: Term, variable: str, notation: Notation) -> Term | None:
    """The gradient of half of x^T A x."""
    x = Name(variable)
    match form:
        case Apply("multiply", (Apply("multiply", (left, Name(name) as a)), right)) | Apply(
            "multiply", (left, Name(name) as a, right)
        ) if left == Apply("transpose", (x,)) and right == x:
            return a @ x if "symmetric" in notation[name].traits else None
    return None


def expected_norm_of_affine(term: Term) -> Term:
    """E ||w + A x||^2 = ||w + A m||^2 + s^2 tr(A A^T) for x drawn from N(m, s^2 I)."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind(
                "expectation",
                x,
                Apply("normal", (mean, Apply("multiply", (spread, Apply("ones", _))))),
                Apply("power", (Apply("norm", (vector,)), Number(two))),
            ) if two == 2:
                match summands(vector):
                    case [(1, w), (1, Apply("multiply", (a, Name(name))))] if name == x:
                        if x not in free_names(w) | free_names(a):
                            return norm(w + a @ mean) ** 2 + spread * trace(a @ a.T)
        return None

    return replace(term, write)


def open_hinges(term: Term) -> Term:
    """relu(u) = u. Side condition: no u that occurs is negative."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("relu", (u,)):
                return u
        return None

    return replace(term, write)


def square_over_absolute(term: Term) -> Term:
    """-a u/|u| + b u/|u|, with u = a - b, is -|u|: the square of u over its absolute value."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (
                    Apply("negative", (Apply("multiply", (a, first)),)),
                    Apply("multiply", (b, second)),
                ),
            ) if first == second == (a - b) / absolute(a - b):
                return -absolute(a - b)
        return None

    return replace(term, write)
