"""The table of f-divergences: generator, conjugate, variational form and optimal critic.

An f-divergence is D_f(p || q) = E_q f(p/q) with f convex. With the conjugate
f*(t) = max_u ut - f(u) it is the largest value of E_p T - E_q f*(T) over all critics T, and the
best critic is T* = f'(p/q). Source: Nowozin, Cseke and Tomioka, "f-GAN" (2016), section 2,
tables 1 and 2 and appendix B; the variational form is due to Nguyen, Wainwright and Jordan (2010).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Solution
from derivations.rules.calculus import at_the_point, unfold
from derivations.rules.conjugates import (
    curved_optimum,
    factor_scalars,
    value_at_optimum,
)
from derivations.rules.divergences import (
    double_shares,
    expand_squares,
    read_divergences,
    read_jensen_shannon,
)
from derivations.rules.information import (
    expectation_as_integral,
    join_integrals,
    linearity,
    unfold_definition,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, lift, substitute
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function, Interval, Law
from language.vocabulary import (
    INFINITY,
    TRUE,
    argmax,
    call,
    chi_square,
    density,
    derivative,
    exp,
    expectation,
    greater,
    integral,
    jsd,
    kl,
    less,
    let,
    log,
    names,
    number,
    spaces,
    sqrt,
)

__all__ = [
    "gan",
    "jensen_shannon",
    "kullback_leibler",
    "neyman",
    "pearson",
    "reverse_kullback_leibler",
    "squared_hellinger",
]

POINT = Array(("d",))
LINE = spaces()
ABOVE = Apply("interval", (lift(0), INFINITY))
UNIT = Apply("interval", (lift(0), lift(1)))
u, t, v, x, y = names("u t v x y")
p, q = density("p", x), density("q", x)
any_critic = call("S", x)


@dataclass(frozen=True, slots=True)
class _Generator:
    """One row of the table.

    Attributes:
        f: the generator, in u > 0.
        conjugate: its conjugate, in t.
        critic: the optimal critic, in p(x) and q(x).
        top: the end of the conjugate's domain (-infinity, top); None: no end.
        arguments: over which u the conjugate's maximum is taken.
    """

    f: Term
    conjugate: Term
    critic: Term
    top: int | None = None
    arguments: Term = ABOVE

    @property
    def notation(self) -> Notation:
        top = None if self.top is None else Fraction(self.top)
        values = Interval(None, top)
        return Notation(
            (
                Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the sample space"),
                Symbol("p", Law(POINT), words="the law of the data"),
                Symbol("q", Law(POINT), words="the law of the model"),
                Symbol("u", REAL, domain=POSITIVE, words="a ratio of densities"),
                Symbol("t", REAL, domain=values, words="a value of a critic"),
                Symbol("D", REAL, domain=PROBABILITY, words="what a discriminator says"),
                Symbol(
                    "f",
                    Function((REAL,), REAL),
                    definition=self.f,
                    parameters=("u",),
                    words="the generator",
                ),
                Symbol(
                    "conjugate",
                    Function((REAL,), REAL),
                    latex="f^*",
                    definition=self.conjugate,
                    parameters=("t",),
                    words="the conjugate of the generator",
                ),
                Symbol(
                    "T",
                    Function((POINT,), REAL),
                    latex="T^*",
                    domain=values,
                    definition=self.critic,
                    parameters=("x",),
                    words="the optimal critic",
                ),
                Symbol("S", Function((POINT,), REAL), latex="T", domain=values, words="any critic"),
                Symbol(
                    "m",
                    Law(POINT),
                    definition=(p + q) / 2,
                    parameters=("x",),
                    words="the equal mixture of the two laws",
                ),
            )
        )

    @property
    def values(self) -> Term:
        """Where a critic takes its values."""
        return LINE if self.top is None else Apply("interval", (-INFINITY, lift(self.top)))


#: The last steps of a chain: from the integral to the divergence's own name.
Reading = Callable[[Chain], Chain]


def _kullback_leibler_read(chain: Chain) -> Chain:
    return chain.then("This is, by definition, a Kullback-Leibler divergence.", read_divergences)


def _chi_square_read(chain: Chain) -> Chain:
    return chain.then("This is, by definition, a Pearson divergence.", read_divergences)


def _hellinger_read(chain: Chain) -> Chain:
    return (
        chain.then("Multiply the square out.", expand_squares)
        .then("Integrate summand by summand.", linearity)
        .then("Densities integrate to one.", read_divergences)
    )


def _jensen_shannon_read(chain: Chain) -> Chain:
    return (
        chain.then("Integrate summand by summand.", linearity)
        .then(
            "Densities integrate to one; the other integrals are the divergences of each law from "
            "the equal mixture of both.",
            read_divergences,
            "m",
        )
        .then("Their sum is twice the Jensen-Shannon divergence.", read_jensen_shannon, "m")
    )


def _gan_read(chain: Chain) -> Chain:
    return _jensen_shannon_read(
        chain.then("Put a factor of two into each logarithm.", double_shares)
    )


def _conjugate(row: _Generator, at: Term = t) -> Derivation:
    largest = Bind("maximal", "v", row.arguments, v * at - substitute(row.f, {"u": v}))
    return (
        Chain("conjugate", row.notation, largest, "The conjugate, as it is defined.")
        .then(
            "The function is strictly concave; its largest value is the one at its stationary "
            "point.",
            value_at_optimum,
            row.notation,
        )
        .then("Put the point in.", at_the_point)
        .then("Collect.", factor_scalars, row.notation)
        .derivation()
    )


def _critic(row: _Generator) -> Derivation:
    """The best value of a critic at one point."""
    value = p * y - q * substitute(row.conjugate, {"t": y})
    return (
        Chain(
            "critic",
            row.notation,
            argmax("y", row.values, value),
            "At one point the objective is a function of the single number that the critic says "
            "there.",
        )
        .then(
            "It is strictly concave, so its one stationary point is its one maximum.",
            curved_optimum,
            row.notation,
        )
        .derivation()
    )


def _defined(row: _Generator, read: Reading) -> Derivation:
    chain = (
        Chain(
            "divergence",
            row.notation,
            integral("x", q * call("f", p / q), spaces("d")),
            "The divergence, as its generator defines it.",
        )
        .then("Write the generator out.", unfold, row.notation, "f")
        .then("Collect what stands under the integral.", factor_scalars, row.notation)
    )
    return read(chain).derivation()


def _objective(critic: Term) -> Term:
    """What a critic maximizes: E_p T - E_q f*(T)."""
    return expectation("x", "p", critic) - expectation("x", "q", call("conjugate", critic))


def _variational(row: _Generator, read: Reading) -> Derivation:
    chain = (
        Chain(
            "bound",
            row.notation,
            _objective(call("T", x)),
            "The variational objective, at the optimal critic.",
        )
        .then(
            "Write the conjugate and the optimal critic out.",
            unfold_definition,
            row.notation,
            "conjugate",
            "T",
        )
        .then("Expectations are integrals against densities.", expectation_as_integral, "d")
        .then("Both run over the same space.", join_integrals)
        .then("Collect what stands under the integral.", factor_scalars, row.notation)
    )
    return read(chain).derivation()


def _solution(
    row: _Generator,
    read: Reading,
    facts: tuple[Fact, ...] = (),
    discriminator: Derivation | None = None,
    at: Term = t,
    forms: tuple[Term, ...] = (),
) -> Solution:
    """The page of one row: conjugate, critic, and the divergence in both of its forms."""
    notation = row.notation
    slope = let("u", p / q, derivative(call("f", u), u))
    curvature = derivative(derivative(row.f, u), u)
    common = (
        Fact(Claim("slope", notation, slope, row.critic)),
        Fact(Claim("convex", notation, greater(curvature, 0), TRUE, Equality.CONDITION)),
    )
    best = Answer("critic", _critic(row), (row.critic,))
    if discriminator is not None:
        best = Answer("discriminator", discriminator, (1 / (1 + q / p),))
    return Solution(
        notation,
        answers=(
            Answer("conjugate", _conjugate(row, at)),
            best,
            Answer("divergence", _defined(row, read), forms),
            Answer("bound", _variational(row, read), forms),
        ),
        facts=(*common, *facts),
        formulas={
            "generator": row.f,
            "f": call("f", u),
            "f-star": call("conjugate", t),
            "objective": _objective(any_critic),
            "value": t,
            "first": p,
            "second": q,
            "ratio": p / q,
            "any": any_critic,
            "best": call("T", x),
            "first-law": Name("p"),
            "second-law": Name("q"),
        },
    )


def _fact(row: _Generator, name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, row.notation, left, right), holds)


def _gap(row: _Generator, divergence: Term, integrand: Term) -> Fact:
    """What any other critic loses, as an integral that is never negative."""
    left = divergence - _objective(any_critic)
    return _fact(row, "gap", left, integral("x", integrand, spaces("d")))


def kullback_leibler() -> Solution:
    """f(u) = u log u: the divergence of the data from the model."""
    row = _Generator(u * log(u), exp(t - 1), 1 + log(p / q))
    donsker = expectation("x", "p", log(p / q)) - log(expectation("x", "q", exp(log(p / q))))
    without_one = expectation("x", "p", log(p / q)) - expectation("x", "q", exp(log(p / q) - 1))
    return _solution(
        row,
        _kullback_leibler_read,
        (
            _fact(row, "donsker-varadhan", donsker, kl("p", "q")),
            _fact(row, "without-one", without_one, kl("p", "q"), holds=False),
            _gap(row, kl("p", "q"), q * exp(any_critic - 1) - p * (any_critic - log(p / q))),
        ),
    )


def reverse_kullback_leibler() -> Solution:
    """f(u) = -log u: the divergence of the model from the data."""
    row = _Generator(-log(u), -1 - log(-t), -(q / p), top=0)
    return _solution(
        row,
        _kullback_leibler_read,
        (
            _fact(row, "upside-down", let("u", p / q, derivative(row.f, u)), -(p / q), holds=False),
            _fact(row, "other-order", _objective(call("T", x)), kl("p", "q"), holds=False),
        ),
    )


def pearson() -> Solution:
    """f(u) = (u - 1)^2: the Pearson divergence, with the model below the line."""
    row = _Generator((u - 1) ** 2, t + t**2 / 4, 2 * (p / q - 1), arguments=LINE)
    loss = expectation("x", "q", (any_critic / 2 + 1 - p / q) ** 2)
    return _solution(
        row,
        _chi_square_read,
        (
            _fact(
                row, "second-moment", chi_square("p", "q"), expectation("x", "q", (p / q) ** 2) - 1
            ),
            _fact(row, "gap", chi_square("p", "q") - _objective(any_critic), loss),
            Fact(
                Claim(
                    "flat-part",
                    row.notation,
                    less(u * t - (u - 1) ** 2, -1),
                    TRUE,
                    Equality.CONDITION,
                    conditions=(less(t, -2),),
                )
            ),
            _fact(row, "other-order", chi_square("p", "q"), chi_square("q", "p"), holds=False),
        ),
    )


def neyman() -> Solution:
    """f(u) = (1 - u)^2 / u: the Pearson divergence in the other order."""
    row = _Generator((1 - u) ** 2 / u, 2 - 2 * sqrt(1 - t), 1 - (q / p) ** 2, top=1)
    return _solution(
        row,
        _chi_square_read,
        (
            _fact(
                row, "second-moment", chi_square("q", "p"), expectation("x", "p", (q / p) ** 2) - 1
            ),
            _fact(row, "other-order", _objective(call("T", x)), chi_square("p", "q"), holds=False),
        ),
    )


def squared_hellinger() -> Solution:
    """f(u) = (sqrt(u) - 1)^2: the squared Hellinger distance."""
    row = _Generator((sqrt(u) - 1) ** 2, t / (1 - t), 1 - sqrt(q / p), top=1)
    whole = integral("x", (sqrt(p) - sqrt(q)) ** 2, spaces("d"))
    return _solution(
        row,
        _hellinger_read,
        (
            _fact(row, "symmetric", whole, integral("x", (sqrt(q) - sqrt(p)) ** 2, spaces("d"))),
            _fact(row, "with-a-half", _objective(call("T", x)), whole / 2, holds=False),
        ),
        forms=(whole,),
    )


def jensen_shannon() -> Solution:
    """f(u) = u log u - (1 + u) log((1 + u)/2): twice the Jensen-Shannon divergence."""
    row = _Generator(
        u * log(u) - (1 + u) * log((1 + u) / 2), -log(2 - exp(t)), log(2 * p / (p + q))
    )
    return _solution(
        row,
        _jensen_shannon_read,
        (
            _fact(row, "once", _objective(call("T", x)), jsd("p", "q"), holds=False),
            _fact(row, "at-one", let("u", lift(1), row.f), number(0)),
        ),
        discriminator=_discriminator(row, 2),
        at=log(2 * Name("D")),
    )


def gan() -> Solution:
    """f(u) = u log u - (1 + u) log(1 + u): the objective of the original GAN."""
    row = _Generator(u * log(u) - (1 + u) * log(1 + u), -log(1 - exp(t)), log(p / (p + q)), top=0)
    return _solution(
        row,
        _gan_read,
        (
            _fact(row, "at-one", let("u", lift(1), row.f), -log(4)),
            _fact(
                row, "constant-forgotten", _objective(call("T", x)), 2 * jsd("p", "q"), holds=False
            ),
        ),
        discriminator=_discriminator(row, 1),
        at=log("D"),
    )


def _discriminator(row: _Generator, scale: int) -> Derivation:
    """The best critic of the form T = log(c D), by its discriminator D; c is ``scale``."""
    return (
        Chain(
            "discriminator",
            row.notation,
            argmax("y", UNIT, p * log(_times(scale, y)) + q * log(_times(scale, 1 - y))),
            "At one point, for a critic that is the logarithm of what a discriminator says.",
        )
        .then(
            "It is strictly concave, so its one stationary point is its one maximum.",
            curved_optimum,
            row.notation,
        )
        .derivation()
    )


def _times(scale: int, term: Term) -> Term:
    return term if scale == 1 else scale * term
