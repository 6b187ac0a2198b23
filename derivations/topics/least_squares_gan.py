"""Least squares GANs: the optimal discriminator, and what its generator is said to minimize."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import substitute_result
from derivations.rules.dynamics import solve_for
from derivations.rules.information import (
    expectation_as_integral,
    join_integrals,
    linearity,
    unfold_definition,
)
from derivations.rules.least_squares import (
    bring_inside,
    common_factor,
    expand_square_over,
    over_one_bar,
    recognise_chi_square,
    regroup,
    square_of_quotient,
    total_mass,
    weighted_mean,
    work_out_coefficients,
)
from derivations.rules.pointwise import collect_pointwise, differentiate_termwise, solve_linear
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, substitute
from language.types import POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    argmin,
    both,
    call,
    chi_square,
    density,
    derivative,
    equal,
    expectation,
    greater,
    integral,
    jsd,
    less,
    let,
    log,
    names,
    number,
    relation,
    spaces,
)

__all__ = ["generator_criterion", "optimal_discriminator", "pearson_chi_square"]

POINT, LATENT = Array(("d",)), Array(("k",))
HALF = number(1, 2)
a, b, c, t, q, x, y, z = names("a b c t q x y z")
DATA, FAKE = names("p_data p_g")
real, fake = density(DATA, x), density(FAKE, x)
D, best = call("D", x), call("best", x)
BEST = (b * real + a * fake) / (real + fake)

NOTATION = Notation(
    (
        Symbol("x", POINT, words="a point of the sample space"),
        Symbol(
            "p_data",
            Law(POINT),
            latex=r"p_{\text{data}}",
            words="the law of the data",
            spellings=("p_d", "p_{data}", "p_r", "pdata"),
        ),
        Symbol(
            "p_g",
            Law(POINT),
            latex="p_g",
            words="the law of what the generator makes",
            spellings=("p_G", "p_{gen}", "p_{model}", "p_{fake}", "pg"),
        ),
        Symbol("a", REAL, words="the label of what is generated"),
        Symbol("b", REAL, words="the label of the data"),
        Symbol("c", REAL, words="what the generator wants the discriminator to say"),
        Symbol("D", Function((POINT,), REAL), words="any discriminator"),
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex="D^*",
            definition=BEST,
            parameters=("x",),
            words="the optimal discriminator",
            spellings=(r"D^\star", "D_G^*", "D_*"),
        ),
    )
)
#: With the number that a discriminator says at one point.
AT_A_POINT = NOTATION.extended(Symbol("y", REAL, words="what the discriminator says there"))
#: With generated samples G(z), z drawn from p_z, and no density of their law.
SAMPLED = Notation(
    (
        Symbol("p_z", Law(LATENT), latex="p_z", words="the law of the generator's noise"),
        Symbol("G", Function((LATENT,), POINT), words="the generator"),
        Symbol("D", Function((POINT,), REAL), words="any discriminator"),
        Symbol("a", REAL, words="the label of what is generated"),
    )
)
#: With the two measures that the sheet names, and their mean.
MEASURES = NOTATION.extended(
    Symbol(
        "total",
        Law(POINT),
        latex=r"p_{\text{data}}+p_g",
        definition=real + fake,
        parameters=("x",),
        words="the sum of the two laws, of mass two",
    ),
    Symbol(
        "doubled",
        Law(POINT),
        latex="2p_g",
        definition=2 * fake,
        parameters=("x",),
        words="twice the generator's law",
    ),
    Symbol(
        "mu",
        Law(POINT),
        latex=r"\mu",
        definition=(real + fake) / 2,
        parameters=("x",),
        words="the equal mixture of the two laws",
        spellings=("m", "M", "p_m"),
    ),
)
#: The labels a and c that the two conditions leave: b - c = 1 and b - a = 2.
CONDITIONED = MEASURES.where("a", b - 2).where("c", b - 1)
#: Equal laws.
EQUAL = NOTATION.where("p_g", real, "x")
#: How often a point is generated, against how often it occurs; two points, and a share of one.
RATIO = Notation(
    (
        Symbol("a", REAL, words="the label of what is generated"),
        Symbol("b", REAL, words="the label of the data"),
        Symbol("c", REAL, words="what the generator wants the discriminator to say"),
        Symbol("t", REAL, domain=POSITIVE, words="the ratio of the two densities"),
        Symbol("q", REAL, words="the generator's share of the first of two points"),
    )
)


def _over_space(body: Term) -> Term:
    return integral("x", body, spaces("d"))


def _objective(discriminator: Term) -> Term:
    """What the discriminator minimizes."""
    return HALF * expectation("x", DATA, (discriminator - b) ** 2) + HALF * expectation(
        "x", FAKE, (discriminator - a) ** 2
    )


def _criterion(discriminator: Term) -> Term:
    """Twice what the generator minimizes, with the added term."""
    return expectation("x", DATA, (discriminator - c) ** 2) + expectation(
        "x", FAKE, (discriminator - c) ** 2
    )


def _own_criterion(discriminator: Term) -> Term:
    """Twice what the generator minimizes, without the added term."""
    return expectation("x", FAKE, (discriminator - c) ** 2)


SQUARED_OVER_SUM = (real - fake) ** 2 / (real + fake)
#: Its integral is known as the triangular discrimination.
TRIANGULAR = _over_space(SQUARED_OVER_SUM)
#: int p_data p_g / (p_data + p_g).
OVERLAP = _over_space(real * fake / (real + fake))
SHEET_FORM = _over_space(((b - c) * (real + fake) - (b - a) * fake) ** 2 / (real + fake))


def _where_equal(term: Term) -> Term:
    """``term`` with the law of the data in place of the generator's."""
    return substitute(term, {"p_g": DATA})


def _fact(
    name: str, left: Term, right: Term, notation: Notation = NOTATION, *, holds: bool = True
) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(name: str, statement: Term) -> Fact:
    return Fact(Claim(name, NOTATION, statement, TRUE, Equality.CONDITION))


# The discriminator.


def _integrand(value: Term) -> Term:
    """The integrand of the objective where the discriminator says ``value``."""
    return HALF * real * (value - b) ** 2 + HALF * fake * (value - a) ** 2


def _objective_as_integral() -> Derivation:
    return (
        Chain(
            "objective-as-integral",
            NOTATION,
            _objective(D),
            "What the discriminator minimizes, for a fixed generator.",
        )
        .then("An expectation is an integral against the density.", expectation_as_integral, "d")
        .then("The halves go under the integral signs.", bring_inside)
        .then("Both integrals run over the same space, so they are one.", join_integrals)
        .derivation()
    )


def _stationary() -> Derivation:
    return (
        Chain(
            "stationary",
            AT_A_POINT,
            equal(derivative(_integrand(y), y), 0),
            "A minimum on the whole line is a stationary point.",
        )
        .then("Differentiate both squares.", differentiate_termwise, AT_A_POINT)
        .then(
            "This is linear in the unknown; its coefficient is the sum of the two densities.",
            solve_linear,
            AT_A_POINT,
            "y",
        )
        .derivation(Equality.CONDITION)
    )


def _optimal() -> Derivation:
    return (
        Chain(
            "D-star",
            AT_A_POINT,
            argmin("y", spaces(), _integrand(y)),
            "At one point the integrand is a function of the single number that the "
            "discriminator says there.",
        )
        .then(
            "A sum of weighted squared distances from two labels is least at their weighted mean.",
            weighted_mean,
        )
        .derivation()
    )


def _at_optimum() -> Derivation:
    return (
        Chain("D-star-at-optimum", EQUAL, best, "What the optimal discriminator says.")
        .then("Write it out.", unfold_definition, EQUAL, "best")
        .then("The two laws are equal.", unfold_definition, EQUAL, "p_g")
        .then("The density cancels.", collect_pointwise, EQUAL)
        .derivation()
    )


def optimal_discriminator() -> Solution:
    """4.lsgan.1: the optimal discriminator is the weighted mean of the two labels."""
    weight = real / (real + fake)
    swapped = (a * real + b * fake) / (real + fake)
    facts = (
        _fact(
            "curvature",
            derivative(derivative(_integrand(y), y), y),
            real + fake,
            AT_A_POINT,
        ),
        _statement("convex", greater(real + fake, 0)),
        _fact(
            "excess",
            _objective(D) - _objective(best),
            HALF * _over_space((real + fake) * (D - best) ** 2),
        ),
        _fact(
            "least-value-by-divergence",
            _objective(best),
            (b - a) ** 2 / 4 - (b - a) ** 2 / 8 * TRIANGULAR,
        ),
        _fact("least-value-equal-laws", _where_equal(_objective(BEST)), (b - a) ** 2 / 4),
        _statement(
            "between-the-labels",
            Apply("implies", (less(a, b), both(less(a, best), less(best, b)))),
        ),
        _fact(
            "generated-samples",
            expectation("z", "p_z", (call("D", call("G", z)) - a) ** 2),
            expectation("x", Apply("pushforward", (Name("G"), Name("p_z"))), (D - a) ** 2),
            SAMPLED,
        ),
        _fact("same-labels", let("a", b, BEST), b),
        _fact("zero-one-labels", let("a", 0, let("b", 1, BEST)), weight),
        _fact("as-in-the-original", best, weight, holds=False),
        _fact("labels-mixed-up", argmin("y", spaces(), _integrand(y)), swapped, holds=False),
        _fact("not-normalized", best, b * real + a * fake, holds=False),
    )
    return Solution(
        AT_A_POINT,
        answers=(
            Answer(
                "D-star",
                _optimal(),
                (
                    a + (b - a) * weight,
                    b - (b - a) * (fake / (real + fake)),
                    (a + b) / 2 + (b - a) / 2 * ((real - fake) / (real + fake)),
                ),
                asks="the optimal discriminator at x; b labels data, a what is generated",
                mistakes=(Mistake("labels-mixed-up", "The labels are mixed up.", 1),),
            ),
            Answer(
                "D-star-at-optimum",
                _at_optimum(),
                (a + (b - a) / 2,),
                asks="its value where both laws agree",
                mistakes=(
                    Mistake(
                        "not-normalized",
                        "The sum of both densities in the denominator is missing.",
                        1,
                    ),
                ),
            ),
        ),
        lemmas=(_objective_as_integral(), _stationary()),
        facts=facts,
        formulas={
            "objective": _objective(D),
            "best": best,
            "value": y,
            "point": x,
            "real": real,
            "fake": fake,
            "fake-label": a,
            "real-label": b,
            "model": FAKE,
            "share": weight,
            "largest-loss": (b - a) ** 2 / 4,
        },
    )


# The generator.


def _two_c() -> Derivation:
    return (
        Chain(
            "two-C",
            NOTATION,
            _criterion(best),
            "Twice the generator's criterion, with the added term, at the optimal discriminator.",
        )
        .then("An expectation is an integral against the density.", expectation_as_integral, "d")
        .then("Both integrals run over the same space, so they are one.", join_integrals)
        .then("The same square stands in both summands.", common_factor)
        .then("Put in the optimal discriminator.", unfold_definition, NOTATION, "best")
        .then("Write the difference over one bar.", over_one_bar)
        .then("One of the two sums below the bar cancels.", square_of_quotient)
        .then(
            "Order the numerator by the sum of the densities and the generator's density.",
            regroup,
            NOTATION,
            real + fake,
            fake,
        )
        .derivation()
    )


def _any_labels() -> Derivation:
    """2 C(G) for all labels: a constant and a multiple of the triangular discrimination."""
    derived = _two_c().claim
    return (
        Chain("any-labels", NOTATION, _criterion(best), "The same criterion.")
        .then("What was derived above.", substitute_result, derived)
        .then(
            "Order the numerator by the sum and the difference of the two densities instead.",
            regroup,
            NOTATION,
            real + fake,
            real - fake,
        )
        .then("Multiply the square out, and divide by the sum.", expand_square_over)
        .then("Integrals are linear; constants come out.", linearity)
        .then("Every density integrates to one.", total_mass)
        .derivation()
    )


# One point at a time: what a criterion is as a function of t = p_g(x) / p_data(x), per unit of
# data, so that a criterion is the mean of such a function under the data.


def _said(ratio: Term) -> Term:
    """What the optimal discriminator says where the ratio is this."""
    return (b + a * ratio) / (1 + ratio)


def _with_term(ratio: Term) -> Term:
    """2 C(G), per unit of data."""
    return (1 + ratio) * (_said(ratio) - c) ** 2


def _without_term(ratio: Term) -> Term:
    """Twice the generator's own criterion, per unit of data."""
    return ratio * (_said(ratio) - c) ** 2


def _on_two_points(generator: Callable[[Term], Term]) -> Term:
    """The criterion for data that are fair coin flips; q is the generator's share of heads."""
    return HALF * generator(2 * q) + HALF * generator(2 * (1 - q))


def _second(body: Term) -> Term:
    """The second derivative in t where the laws are equal."""
    return let("t", 1, derivative(derivative(body, t), t))


def _ratio_facts() -> tuple[Fact, ...]:
    own = substitute(_on_two_points(_without_term), {"c": a})
    loss = (_said(t) - c) ** 2
    return (
        _fact(
            "convex-with-the-term",
            derivative(derivative(_with_term(t), t), t),
            2 * (b - a) ** 2 / (1 + t) ** 3,
            RATIO,
        ),
        _fact(
            "curvature-without-the-term",
            _second(_without_term(t)),
            (b - a) * (4 * c - 3 * a - b) / 8,
            RATIO,
        ),
        _fact(
            "restoring-force",
            let("t", 1, derivative(loss, t)),
            (b - a) * (2 * c - a - b) / 4,
            RATIO,
        ),
        _fact("no-force-at-the-midpoint", let("c", (a + b) / 2, _force(loss)), number(0), RATIO),
        _fact("fair-generator", let("q", HALF, own), (b - a) ** 2 / 4, RATIO),
        _fact("one-sided-generator", let("q", 1, own), (b - a) ** 2 / 9, RATIO),
    )


def _force(loss: Term) -> Term:
    """How the generator's loss at a point grows with its ratio, where the laws are equal."""
    return let("t", 1, derivative(loss, t))


def generator_criterion() -> Solution:
    """4.lsgan.2: twice the generator's criterion at the optimal discriminator."""
    drawn = NOTATION.extended(Symbol("theta", REAL, latex=r"\theta", words="the generator"))
    added = expectation("x", DATA, (D - c) ** 2)
    added_at_best = expectation("x", DATA, (best - c) ** 2)
    own = _own_criterion(best)
    facts = (
        _fact("added-term-is-constant", derivative(added, "theta"), number(0), drawn),
        _fact(
            "added-term-at-equality",
            _where_equal(expectation("x", DATA, (BEST - c) ** 2)),
            ((a + b) / 2 - c) ** 2,
        ),
        _fact("added-term-stays-constant", added_at_best, ((a + b) / 2 - c) ** 2, holds=False),
        _fact(
            "wanting-fakes-found-out",
            own,
            (b - a) ** 2 * _over_space(fake * (real / (real + fake)) ** 2),
            NOTATION.where("c", a),
        ),
        _statement("divergence-not-negative", relation("greater_equal", SQUARED_OVER_SUM, 0)),
        _fact(
            "zero-one-labels",
            _criterion(best),
            HALF + number(1, 4) * TRIANGULAR,
            _labelled(0, 1, 1),
        ),
        _fact("symmetric-labels", _criterion(best), TRIANGULAR, _labelled(-1, 1, 0)),
        _fact("forgotten-factor", _criterion(best), SHEET_FORM / 2, holds=False),
        _fact("square-forgotten", _criterion(best), _unsquared(), holds=False),
        *_ratio_facts(),
    )
    return Solution(
        NOTATION,
        answers=(
            Answer(
                "two-C",
                _two_c(),
                _two_c_forms(),
                asks="2 C(G), from the two densities",
                also=("expectation",),
                mistakes=(
                    Mistake("forgotten-factor", "This is C(G); twice that was asked for.", 1),
                    Mistake(
                        "square-forgotten",
                        "A square was lost when the denominator was cancelled.",
                        2,
                    ),
                ),
            ),
        ),
        lemmas=(_any_labels(),),
        facts=facts,
        formulas={
            "criterion": HALF * expectation("x", FAKE, (D - c) ** 2),
            "added": added,
            "added-at-best": added_at_best,
            "wanted": c,
            "fake-label": a,
            "real-label": b,
            "data": DATA,
            "model": FAKE,
            "divergence": TRIANGULAR,
            "midpoint": (a + b) / 2,
            "quarter-point": (3 * a + b) / 4,
            "ratio": fake / real,
            "loss": (best - c) ** 2,
            "without-term-on-two-points": _on_two_points(_without_term),
        },
        experiments=("least_squares_gan",),
        figures=("what_the_generator_descends",),
    )


def _labelled(fake_label: int, real_label: int, wish: int) -> Notation:
    """The notation with numbers for the three labels."""
    labelled = NOTATION
    for name, value in (("a", fake_label), ("b", real_label), ("c", wish)):
        labelled = labelled.where(name, number(value))
    return labelled


def _unsquared() -> Term:
    return _over_space(((b - c) * (real + fake) - (b - a) * fake) / (real + fake))


def _two_c_forms() -> tuple[Term, ...]:
    return (
        _over_space(((b - c) * real + (a - c) * fake) ** 2 / (real + fake)),
        _over_space((real + fake) * (BEST - c) ** 2),
        (a + b - 2 * c) ** 2 / 2 + (b - a) ** 2 / 4 * TRIANGULAR,
        (b - c) ** 2 + (a - c) ** 2 - (b - a) ** 2 * OVERLAP,
    )


# The chi-square divergence.


def _conditions() -> Derivation:
    return (
        Chain(
            "conditions",
            NOTATION,
            both(equal(b - c, 1), equal(b - a, 2)),
            "The two conditions.",
        )
        .then("Solve the first for the label of the generator's wish.", solve_for, NOTATION, "c")
        .then("Solve the second for the label of what is generated.", solve_for, NOTATION, "a")
        .derivation(Equality.CONDITION)
    )


def _chi_square() -> Derivation:
    return (
        Chain(
            "chi-square",
            CONDITIONED,
            _criterion(best),
            "Twice the generator's criterion at the optimal discriminator.",
        )
        .then(
            "What the previous question found, for all labels.", substitute_result, _two_c().claim
        )
        .then("Put in the labels.", unfold_definition, CONDITIONED, "a", "c")
        .then("Both coefficients are numbers.", work_out_coefficients, CONDITIONED)
        .then(
            "The squared difference of two measures over the first of them is the divergence of "
            "the second from the first.",
            recognise_chi_square,
            CONDITIONED,
            "doubled",
            "total",
        )
        .derivation()
    )


#: What each divergence is as the mean, under the data, of a function of t = p_g(x) / p_data(x).
GENERATORS: Mapping[str, Term] = MappingProxyType(
    {
        "triangular": (1 - t) ** 2 / (1 + t),
        "jensen-shannon": HALF * (log(2 / (1 + t)) + t * log(2 * t / (1 + t))),
        "wrong-order": (1 - t) ** 2 / (2 * t),
    }
)


def _missed_mode(name: str) -> Term:
    """A divergence where the data are a fair coin and q is the generator's share of heads."""
    return _on_two_points(lambda ratio: substitute(GENERATORS[name], {"t": ratio}))


def _mode_facts() -> tuple[Fact, ...]:
    """What a divergence says of a generator that misses a half of the data."""
    return (
        _fact(
            "two-points",
            _missed_mode("triangular"),
            2 * (1 - 2 * q) ** 2 / ((1 + 2 * q) * (3 - 2 * q)),
            RATIO,
        ),
        _fact("missed-mode", let("q", 1, _missed_mode("triangular")), number(2, 3), RATIO),
        _fact(
            "curvature",
            _second(GENERATORS["triangular"]),
            4 * _second(GENERATORS["jensen-shannon"]),
            RATIO,
        ),
    )


def pearson_chi_square() -> Solution:
    """4.lsgan.3: under the two conditions 2 C(G) is a chi-square divergence."""
    triangular = chi_square("doubled", "total")
    reversed_order = chi_square("total", "doubled")
    facts = (
        _fact("written-out", triangular, TRIANGULAR, MEASURES),
        _fact("order-of-the-sheet", _criterion(best), reversed_order, CONDITIONED, holds=False),
        _fact("other-order", reversed_order, HALF * chi_square(DATA, FAKE), MEASURES),
        _fact(
            "any-labels",
            _criterion(best),
            (a + b - 2 * c) ** 2 / 2 + (b - a) ** 2 / 4 * triangular,
            MEASURES,
        ),
        _fact(
            "second-condition-only",
            _criterion(best),
            2 * (b - c - 1) ** 2 + triangular,
            MEASURES.where("a", b - 2),
        ),
        _fact("from-the-mixture-fake", triangular, 2 * chi_square(FAKE, "mu"), MEASURES),
        _fact("equal-laws", _where_equal(TRIANGULAR), number(0)),
        _fact("bounded", TRIANGULAR, 2 - 4 * OVERLAP),
        _statement("not-negative", relation("greater_equal", SQUARED_OVER_SUM, 0)),
        _fact(
            "between-the-laws", _criterion(best), chi_square(DATA, FAKE), CONDITIONED, holds=False
        ),
        _fact("is-jensen-shannon", TRIANGULAR, 4 * jsd(DATA, FAKE), holds=False),
        *_mode_facts(),
    )
    return Solution(
        CONDITIONED,
        answers=(
            Answer(
                "chi-square",
                _chi_square(),
                (
                    TRIANGULAR,
                    2 * chi_square(FAKE, "mu"),
                    2 * chi_square(DATA, "mu"),
                    2 - 4 * OVERLAP,
                ),
                asks="2 C(G) where b - c = 1 and b - a = 2",
                also=("expectation",),
                mistakes=(
                    Mistake("order-of-the-sheet", "The arguments of the divergence are exchanged."),
                    Mistake(
                        "between-the-laws",
                        "This compares the two laws with each other, not with their mixture.",
                    ),
                ),
            ),
        ),
        lemmas=(_conditions(),),
        facts=facts,
        formulas={
            "first-condition": b - c,
            "second-condition": b - a,
            "total": Name("total"),
            "doubled": Name("doubled"),
            "mixture": Name("mu"),
            "two-points-triangular": _missed_mode("triangular"),
            "two-points-jensen-shannon": _missed_mode("jensen-shannon"),
            "two-points-wrong-order": _missed_mode("wrong-order"),
            "largest": number(2),
            "share": q,
        },
        experiments=("least_squares_gan",),
        studies=("least_squares_training",),
        figures=("price_of_a_missed_mode",),
    )
