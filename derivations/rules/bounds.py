"""Rules for lower bounds of a log evidence: Bayes as a quotient, a law put in, terms set apart.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Source: Blei, Kucukelbir and McAuliffe, "Variational Inference: A Review for Statisticians", JASA
112 (2017), section 2.2.
"""

from __future__ import annotations

from derivations.rules.information import signed_sum, summands
from language.terms import Apply, Bind, Name, Term, replace, same
from language.vocabulary import call, density, divide, expectation, kl, log, multiply, negative

__all__ = [
    "average_of_constant",
    "bayes_quotient",
    "divergence_of_log_ratio",
    "insert_law",
    "set_apart",
]


def average_of_constant(term: Term, constant: Term, law: str, variable: str) -> Term:
    """A constant is its own mean: ``constant`` becomes its expectation under ``law``."""

    def write(here: Term) -> Term | None:
        return expectation(variable, law, constant) if same(here, constant) else None

    return replace(term, write)


def bayes_quotient(
    term: Term, evidence: str, likelihood: str, prior: str, posterior: str, variable: str
) -> Term:
    """Bayes' rule solved for the evidence: p(x) = p(x|z) p(z) / p(z|x), at any z.

    It is used within expectations over ``variable`` only, where that z is at hand.
    """
    joint = multiply(call(likelihood, variable), density(prior, variable))
    quotient = divide(joint, density(posterior, variable))

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", drawn, law, body) if drawn == variable:
                return expectation(drawn, law, replace(body, at_the_evidence))
        return None

    def at_the_evidence(here: Term) -> Term | None:
        return quotient if here == Name(evidence) else None

    return replace(term, write)


def insert_law(term: Term, law: str) -> Term:
    """``log(a/b) = log(a/q) + log(q/b)`` with q the density of ``law``, within its expectations.

    Side condition: the density is positive where ``law`` puts mass.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind(
                "expectation",
                drawn,
                Name(name) as drawn_from,
                Apply("log", (Apply("divide", (above, below)),)),
            ) if name == law:
                own = density(law, drawn)
                return expectation(
                    drawn, drawn_from, log(divide(above, own)) + log(divide(own, below))
                )
        return None

    return replace(term, write)


def set_apart(term: Term, function: str) -> Term:
    """The summands with log ``function`` get an expectation of their own; the rest stay together.

    The logarithm of a product or quotient that holds a call of ``function`` is split first.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", drawn, law, Apply("log", (inside,))):
                wanted, rest = _without(inside, function)
                if wanted is None:
                    return None
                return expectation(drawn, law, log(wanted)) + expectation(drawn, law, log(rest))
        return None

    return _flat(replace(term, write))


def _without(term: Term, function: str) -> tuple[Term | None, Term]:
    """A product or quotient as the call of ``function`` above the line, and all the rest."""
    match term:
        case Apply("multiply", (Apply("call", (Name(name), *_)) as wanted, rest)):
            if name == function:
                return wanted, rest
        case Apply("divide", (above, below)):
            found, rest = _without(above, function)
            return found, divide(rest, below)
    return None, term


def divergence_of_log_ratio(term: Term) -> Term:
    """E_q log(q/p) is KL(q || p), and E_q log(p/q) is minus that."""

    def density_of(part: Term, point: str) -> Term | None:
        match part:
            case Apply("density", (law, Name(name))) if name == point:
                return law
        return None

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", drawn, law, Apply("log", (Apply("divide", (above, below)),))):
                top, bottom = density_of(above, drawn), density_of(below, drawn)
                if top is None or bottom is None:
                    return None
                if top == law:
                    return kl(law, bottom)
                if bottom == law:
                    return negative(kl(law, top))
        return None

    return _flat(replace(term, write))


def _flat(term: Term) -> Term:
    def rule(here: Term) -> Term | None:
        return (
            signed_sum(summands(here)) if isinstance(here, Apply) and here.head == "add" else None
        )

    return replace(term, rule)
