"""Exam II: ten statements on GANs, each decided by a proof, a counterexample or an experiment.

Every statement is taken as it is worded; what an examiner may have meant beside that is said in the
text. The small models that decide them are one-dimensional, so that they can be worked out.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Choice, Derivation, Fact, Solution
from derivations.rules.information import (
    unfold_definition,
)
from derivations.rules.statements import share_of_equals
from derivations.topics.gans import (
    FORMULAS,
    GAME,
    HALF,
    accuracy,
    as_cross_entropy,
    best,
    cross_entropy,
    game_fact,
    game_facts,
    objective,
    real,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Number, Term, lift
from language.types import POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    TRUE,
    call,
    density,
    derivative,
    determinant,
    entropy,
    exp,
    expectation,
    greater,
    index_sum,
    kl,
    less,
    let,
    limit,
    log,
    logistic,
    matrix,
    relation,
    tanh,
    tuple_of,
    variance,
    vector,
)

__all__ = ["BROAD", "DATA", "LINE", "NARROW", "TOKEN", "statements"]

_alpha, _w, _s, _z, _u, _theta = (Name(name) for name in ("alpha", "w", "s", "z", "u", "theta"))
_m, _tau, _a, _b, _t = (Name(name) for name in ("m", "tau", "a", "b", "t"))

#: One-dimensional generators and discriminators, with their few parameters.
LINE = Notation(
    (
        Symbol("p_data", Law(REAL), latex=r"p_{\text{data}}", words="the law of the data"),
        Symbol("p_g", Law(REAL), latex="p_g", words="the law of what is generated"),
        Symbol("alpha", REAL, latex=r"\alpha", domain=POSITIVE, words="how steep the generator is"),
        Symbol("z", REAL, latex="z", words="the noise"),
        Symbol("u", REAL, latex="u", domain=PROBABILITY, words="uniform noise"),
        Symbol("v", REAL, latex="v", domain=POSITIVE, words="any positive number"),
        Symbol("t", REAL, latex="t", domain=POSITIVE, words="a threshold"),
        Symbol("m", REAL, latex="m", words="the generator's shift"),
        Symbol("tau", REAL, latex=r"\tau", domain=POSITIVE, words="a scale"),
        Symbol("a", REAL, latex="a", words="a coefficient"),
        Symbol("b", REAL, latex="b", words="another coefficient"),
        Symbol("w", REAL, latex="w", words="the discriminator's weight"),
        Symbol("s", REAL, latex="s", words="the discriminator's logit"),
        Symbol("y", REAL, latex="y", domain=PROBABILITY, words="what it says of a real point"),
        Symbol("y2", REAL, latex="y'", domain=PROBABILITY, words="what it leaves of a fake one"),
    )
)

#: A generator of one token, 1 with probability logistic(theta), and what it is worth.
TOKEN = Notation(
    (
        Symbol("theta", REAL, latex=r"\theta", words="the generator's logit"),
        Symbol("on", REAL, latex="a_1", words="what the discriminator's loss is at token 1"),
        Symbol("off", REAL, latex="a_0", words="what it is at token 0"),
    )
)

#: Data and two models on three points.
THREE = Notation(
    (
        Symbol("data", Array((3,)), latex="p", domain=POSITIVE, words="the data"),
        Symbol("broad", Array((3,)), latex="q", domain=POSITIVE, words="a model that is too broad"),
        Symbol("narrow", Array((3,)), latex="r", domain=POSITIVE, words="one that drops a mode"),
        Symbol("near_broad", Array((3,)), latex="m^{q}", domain=POSITIVE, words="their midpoint"),
        Symbol("near_narrow", Array((3,)), latex="m^{r}", domain=POSITIVE, words="their midpoint"),
    )
)


def _law(*percent: int) -> tuple[Number, ...]:
    return tuple(Number(Fraction(part, 100)) for part in percent)


def _midpoint(p: tuple[Number, ...], q: tuple[Number, ...]) -> tuple[Number, ...]:
    """The equal mixture of two laws on a few points."""
    return tuple(Number((a.value + b.value) / 2) for a, b in zip(p, q, strict=True))


DATA = _law(49, 49, 2)
BROAD = _law(10, 10, 80)
NARROW = _law(98, 1, 1)
_LAWS = (
    THREE.where("data", vector(*DATA))
    .where("broad", vector(*BROAD))
    .where("narrow", vector(*NARROW))
    .where("near_broad", vector(*_midpoint(DATA, BROAD)))
    .where("near_narrow", vector(*_midpoint(DATA, NARROW)))
)


def _normal(mean: Liftable, spread: Liftable) -> Term:
    return Apply("normal", (lift(mean), lift(spread)))


def _on(notation: Notation, name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _line(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return _on(LINE, name, left, right, holds=holds)


def _equivalent(notation: Notation, name: str, left: Term, right: Term = TRUE) -> Fact:
    return Fact(Claim(name, notation, left, right, Equality.CONDITION))


def _any_distribution() -> tuple[Fact, ...]:
    """1: the mass that a ramp leaves in a gap, a curve in the plane, an affine generator."""
    edge = log(3) / (2 * _alpha)
    x = Name("x")
    across = _a * _b * _z**2
    plane = matrix(((_a * _z) ** 2, across), (across, (_b * _z) ** 2))
    moments = _expected_entries(plane)
    return (
        _line("edge-of-the-gap", tanh(_alpha * edge), HALF),
        _equivalent(LINE, "gap-is-never-empty", greater(edge, 0)),
        _line("gap-in-the-limit", limit("alpha", INFINITY, edge), lift(0)),
        _line("curve-in-the-plane", determinant(moments), lift(0)),
        _line("plane", determinant(matrix((1, 0), (0, 1))), lift(1)),
        _line(
            "affine-kurtosis",
            expectation("z", _normal(0, 1), (_m + _tau * Name("z") - _m) ** 4),
            3 * variance("z", _normal(0, 1), _m + _tau * Name("z")) ** 2,
        ),
        _line(
            "coin-kurtosis",
            expectation("x", Apply("bernoulli", (HALF,)), (2 * x - 1) ** 4),
            3 * variance("x", Apply("bernoulli", (HALF,)), 2 * x - 1) ** 2,
            holds=False,
        ),
    )


def _expected_entries(rows: Term) -> Term:
    """The matrix of the expectations of the entries, for standard normal noise."""
    assert isinstance(rows, Apply)
    return matrix(
        *(
            tuple(expectation("z", _normal(0, 1), item) for item in row.args)
            for row in rows.args
            if isinstance(row, Apply)
        )
    )


def token_slope() -> Term:
    """The derivative of the generator's expected loss in its logit."""
    return logistic(_theta) * (1 - logistic(_theta)) * (Name("on") - Name("off"))


def _text() -> tuple[Fact, ...]:
    """2: through a drawn token no derivative passes."""
    x = Name("x")
    law = Apply("bernoulli", (logistic(_theta),))
    loss = x * Name("on") + (1 - x) * Name("off")
    expected = logistic(_theta) * Name("on") + (1 - logistic(_theta)) * Name("off")
    scored = loss * (x - logistic(_theta))
    return (
        _on(TOKEN, "token-loss", expectation("x", law, loss), expected),
        _on(TOKEN, "token-slope", derivative(expected, "theta"), token_slope()),
        _on(TOKEN, "token-score", expectation("x", law, scored), token_slope()),
        _on(TOKEN, "token-path", lift(0), token_slope(), holds=False),
    )


def _inference() -> tuple[Fact, ...]:
    """3: given the noise nothing is random."""
    smooth = Apply("normal", (_m, _tau**2))
    one = GAME.extended(Symbol("g", Function((Array(("k",)),), REAL), latex="g"))
    spot = Apply("dirac", (call("g", "z"),))
    return (
        _on(one, "nothing-left-to-draw", variance("x", spot, Name("x")), lift(0)),
        _line("decoder-of-a-vae", variance("x", smooth, Name("x")), _tau**2),
        _line("two-codes", (-_z) ** 2, _z**2),
    )


def kullback_leibler(p: Name, q: Name) -> Term:
    """KL between two laws on three points."""
    return index_sum("i", 3, p["i"] * log(p["i"] / q["i"]))


def jensen_shannon(p: Name, q: Name, midpoint: Name) -> Term:
    """JSD between two laws on three points."""
    return HALF * (kullback_leibler(p, midpoint) + kullback_leibler(q, midpoint))


def _likelihood() -> tuple[Fact, ...]:
    """4: the criterion is not the likelihood, and does not order models as the likelihood does."""
    data, broad, narrow = Name("data"), Name("broad"), Name("narrow")
    in_model = expectation("x", "p_data", log(density("p_g", "x")))
    return (
        game_fact("log-likelihood", in_model, -entropy("p_data") - kl("p_data", "p_g")),
        game_fact("value-is-likelihood", objective(best()), in_model, holds=False),
        game_fact(
            "divergence-is-the-other",
            objective(best()),
            -log(4) + 2 * kl("p_data", "p_g"),
            holds=False,
        ),
        _equivalent(
            _LAWS,
            "likelihood-prefers-the-broad-one",
            less(kullback_leibler(data, broad), kullback_leibler(data, narrow)),
        ),
        _equivalent(
            _LAWS,
            "game-prefers-the-narrow-one",
            less(
                jensen_shannon(data, narrow, Name("near_narrow")),
                jensen_shannon(data, broad, Name("near_broad")),
            ),
        ),
    )


def _cross_entropy() -> tuple[Fact, ...]:
    """5: what a discriminator pays, and what it cannot avoid paying."""
    inside = best() * log(best() / real()) + (1 - best()) * log((1 - best()) / (1 - real()))
    return (
        game_fact(
            "cross-entropy-split",
            cross_entropy(real()),
            cross_entropy(best()) + expectation("x", "mix", inside),
        ),
        game_fact("without-the-factor", objective(real()), cross_entropy(real()), holds=False),
    )


def _perfect_discriminator() -> tuple[Fact, ...]:
    """6: slopes of the discriminator's criterion, in its logit and in a weight."""
    x = Name("x")
    says = logistic(_w * x)
    criterion = expectation("x", "p_data", log(says)) + expectation("x", "p_g", log(1 - says))
    slope = expectation("x", "p_data", (1 - says) * x) - expectation("x", "p_g", says * x)
    two_points = expectation("x", Apply("dirac", (lift(1),)), log(says)) + expectation(
        "x", Apply("dirac", (lift(-1),)), log(1 - says)
    )
    return (
        _line("weight-slope", derivative(criterion, "w"), slope),
        _equivalent(LINE, "below-its-maximum", less(log("y") + log("y2"), 0)),
        _line("two-points", two_points, 2 * log(logistic(_w))),
        _line("two-point-slope", derivative(two_points, "w"), 2 * (1 - logistic(_w))),
        _equivalent(LINE, "still-moving", greater(2 * (1 - logistic(_w)), 0)),
        _equivalent(LINE, "exponentially-slow", less(1 - logistic(_s), exp(-_s))),
    )


#: The game once the generator's law is that of the data.
_SETTLED = GAME.where("p_g", density("p_data", "x"), "x")


def _equilibrium() -> tuple[Fact, ...]:
    """7: one half where there is anything, and anything where there is nothing."""
    x = Name("x")
    says = logistic(_w * x)
    criterion = expectation("x", "p_data", log(says)) + expectation("x", "p_g", log(1 - says))
    return (
        _line("where-nothing-is", 0 * log("y") + 0 * log(1 - Name("y")), lift(0)),
        _line(
            "weak-discriminator",
            let("w", lift(0), derivative(criterion, "w")),
            (expectation("x", "p_data", x) - expectation("x", "p_g", x)) / 2,
        ),
    )


def _half() -> Derivation:
    """The best discriminator against a generator that has the law of the data."""
    return (
        Chain("half-everywhere", _SETTLED, best(), "What the best discriminator says.")
        .then("It says the share of the data's density.", unfold_definition, _SETTLED, "best")
        .then("The two densities are the same.", unfold_definition, _SETTLED, "p_g")
        .then("One of two equal positive parts is a half.", share_of_equals)
        .derivation()
    )


def _noise() -> tuple[Fact, ...]:
    """8: one law can be had from another kind of noise."""
    return (
        _line("logistic-from-uniform", logistic(log(_u / (1 - _u))), _u),
        _line("exponential-from-uniform", let("t", -log(1 - _u), 1 - exp(-_t)), _u),
    )


def _indistinguishable() -> tuple[Fact, ...]:
    """9: no test whatever tells equal laws apart, and nothing else has this value."""
    test = GAME.extended(Symbol("t", Function((Array(("d",)),), REAL), latex="t", words="any test"))
    return (
        _on(test, "no-test-helps", accuracy(call("t", "x"), "p_data"), HALF),
        _equivalent(LINE, "log-bound", relation("less_equal", log("v"), Name("v") - 1)),
        game_fact(
            "equal-masses",
            expectation("x", "p_data", density("p_g", "x") / density("p_data", "x") - 1),
            lift(0),
        ),
        game_fact(
            "divergence-as-log",
            kl("p_data", "p_g"),
            -expectation("x", "p_data", log(density("p_g", "x") / density("p_data", "x"))),
        ),
    )


def statements() -> Solution:
    """Exam II: the ten statements, with what decides each of them."""
    return Solution(
        GAME.extended(
            *(TOKEN["theta"], TOKEN["on"], TOKEN["off"]),
            *(LINE[name] for name in ("w", "alpha", "u", "t", "tau")),
            Symbol("test", Function((Array(("d",)),), REAL), latex="t", words="any test"),
            Symbol("g", Function((Array(("k",)),), REAL), latex="g", words="one output"),
            Symbol("unit", REAL, latex="z", words="uniform noise on the interval from -1 to 1"),
            *THREE.symbols,
        ),
        choices=(
            Choice(
                "1",
                "false",
                (
                    "edge-of-the-gap",
                    "gap-is-never-empty",
                    "curve-in-the-plane",
                    "gan_statements.gap-mass",
                ),
                asks="whether statement 1 holds",
            ),
            Choice(
                "2",
                "false",
                ("token-slope", "token-score", "gan_statements.token-score"),
                asks="whether statement 2 holds",
            ),
            Choice(
                "3",
                "true",
                ("generated-law", "nothing-left-to-draw"),
                asks="whether statement 3 holds",
            ),
            Choice(
                "4",
                "false",
                (
                    "best-value",
                    "log-likelihood",
                    "likelihood-prefers-the-broad-one",
                    "game-prefers-the-narrow-one",
                    "gan_statements.likelihood-fit-variance",
                ),
                asks="whether statement 4 holds",
            ),
            Choice(
                "5",
                "true",
                ("as-cross-entropy", "cross-entropy-split"),
                asks="whether statement 5 holds",
            ),
            Choice(
                "6",
                "true",
                ("weight-slope", "slope-real", "slope-fake", "gan_statements.separating-slope"),
                asks="whether statement 6 holds",
            ),
            Choice(
                "7",
                "true",
                ("half-everywhere", "gan_statements.equilibrium-accuracy"),
                asks="whether statement 7 holds",
            ),
            Choice(
                "8",
                "true",
                (
                    "generated-law",
                    "exponential-from-uniform",
                    "gan_statements.from-uniform-noise",
                    "gan_statements.from-normal-noise",
                ),
                asks="whether statement 8 holds",
            ),
            Choice(
                "9",
                "true",
                ("best-value", "no-test-helps", "log-bound", "equal-masses"),
                asks="whether statement 9 holds",
            ),
            Choice(
                "10",
                "true",
                ("mean-of-a-minibatch", "gan_statements.minibatch"),
                asks="whether statement 10 holds",
            ),
        ),
        lemmas=(as_cross_entropy(), _half()),
        facts=(
            *game_facts(),
            *_any_distribution(),
            *_text(),
            *_inference(),
            *_likelihood(),
            *_cross_entropy(),
            *_perfect_discriminator(),
            *_equilibrium(),
            *_noise(),
            *_indistinguishable(),
        ),
        formulas={
            **FORMULAS,
            "ramp": tanh(_alpha * Name("unit")),
            "gap-mass": log(3) / (2 * _alpha),
            "g-of-z": call("g", "z"),
            "any-test": Name("test"),
            "decoder-variance": _tau**2,
            "two-point-value": 2 * log(logistic(_w)),
            "data-law": tuple_of(*DATA),
            "broad-law": tuple_of(*BROAD),
            "narrow-law": tuple_of(*NARROW),
            "exponential": -log(1 - _u),
            "exponential-share": 1 - exp(-_t),
            "noise-law": Name("p_z"),
        },
        experiments=("gan_statements",),
        figures=("two_fits",),
    )
