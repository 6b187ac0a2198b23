"""Generative adversarial networks: what they are, and what their training loop relies on."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Derivation, Fact, Solution
from derivations.rules.calculus import collect
from derivations.rules.information import linearity, unfold_definition
from derivations.rules.statements import (
    as_labelled_mixture,
    expectation_of_generated,
    flip_inside,
    independent_of_index,
    share_of_equals,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift
from language.types import INTEGER, NATURALS, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    call,
    density,
    derivative,
    expectation,
    index_sum,
    jsd,
    kl,
    let,
    log,
    logistic,
    number,
    variance,
)

__all__ = [
    "GAME",
    "accuracy",
    "description",
    "objective",
    "shortfall",
    "training",
    "value",
]

POINT, LATENT = Array(("d",)), Array(("k",))
HALF = number(1, 2)

#: The game: data, noise, a generator with the law of what it generates, and a discriminator.
GAME = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the data space"),
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="a noise vector"),
        Symbol(
            "p_data",
            Law(POINT),
            latex=r"p_{\text{data}}",
            words="the law of the data",
            spellings=("p_d", "p_{data}", "p_r", "pdata"),
        ),
        Symbol(
            "p_z", Law(LATENT), latex="p_z", words="the law of the noise", spellings=("p_Z", "pz")
        ),
        Symbol("G", Function((LATENT,), POINT), latex="G", words="the generator"),
        Symbol(
            "p_g",
            Law(POINT),
            latex="p_g",
            words="the law of what the generator makes of noise",
            spellings=("p_G", "p_{gen}", "p_{model}", "p_{fake}", "pg"),
        ),
        Symbol(
            "D",
            Function((POINT,), REAL),
            latex="D",
            domain=PROBABILITY,
            words="a discriminator: the probability it gives a point of being real",
        ),
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex="D^*",
            domain=PROBABILITY,
            definition=density("p_data", "x") / (density("p_data", "x") + density("p_g", "x")),
            parameters=("x",),
            words="the best discriminator against this generator",
            spellings=("D^*", r"D^\star", "D^*_G", r"D_G^\star", "D_*", "D_G"),
        ),
        Symbol(
            "mix",
            Law(POINT),
            latex="m",
            definition=(density("p_data", "x") + density("p_g", "x")) / 2,
            parameters=("x",),
            words="the equal mixture of data and generated points",
        ),
        Symbol("s", REAL, latex="s", words="the logit of the discriminator"),
        Symbol("m", INTEGER, latex="m", domain=NATURALS, words="the size of a minibatch"),
        Symbol("c", REAL, latex="c", domain=PROBABILITY, words="a constant answer"),
    )
)

_s = Name("s")


def real(point: str = "x") -> Term:
    """D at a point."""
    return call("D", point)


def fake(generator: str = "G") -> Term:
    """D at a generated point."""
    return call("D", call(generator, "z"))


def value(generator: str = "G") -> Term:
    """V(D, G), by the data and the noise."""
    generated = expectation("z", "p_z", log(1 - fake(generator)))
    return expectation("x", "p_data", log(real())) + generated


def objective(discriminator: Term, law: str = "p_g") -> Term:
    """V(D, G), by the data and by what is generated."""
    return expectation("x", "p_data", log(discriminator)) + expectation(
        "x", law, log(1 - discriminator)
    )


def best() -> Term:
    """D* at a point."""
    return call("best", "x")


def accuracy(guess: Term, law: str = "p_g") -> Term:
    """The probability of a right answer, on as many real as generated points."""
    return HALF * expectation("x", "p_data", guess) + HALF * expectation("x", law, 1 - guess)


def shortfall(discriminator: Term) -> Term:
    """By how much a discriminator misses the best value: twice a mean Bernoulli divergence."""
    d = discriminator
    inside = best() * log(best() / d) + (1 - best()) * log((1 - best()) / (1 - d))
    return 2 * expectation("x", "mix", inside)


def cross_entropy(discriminator: Term) -> Term:
    """The cross-entropy of the labels under the discriminator, for equal classes."""
    d = discriminator
    return expectation("x", "mix", -(best() * log(d)) - (1 - best()) * log(1 - d))


def game_fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    """An equality over the game's notation."""
    return Fact(Claim(name, GAME, left, right), holds)


def game_statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    """A statement over the game's notation."""
    return Fact(Claim(name, GAME, statement, TRUE, Equality.CONDITION), holds)


def in_data_space() -> Derivation:
    """The generator enters the game only through the law of what it makes."""
    return (
        Chain("in-data-space", GAME, value(), "The value of the game.")
        .then(
            "The noise is only seen through the generator.",
            expectation_of_generated,
            "G",
            "p_z",
        )
        .derivation()
    )


def as_cross_entropy() -> Derivation:
    """The value is minus twice a cross-entropy."""
    return (
        Chain(
            "as-cross-entropy",
            GAME,
            objective(real()),
            "What the discriminator maximizes.",
        )
        .then(
            "Half of the points are real. A point of the mixture is real with the probability "
            "that the best discriminator gives.",
            as_labelled_mixture,
            "p_data",
            "p_g",
            "mix",
            "best",
        )
        .then("Turn both signs around.", flip_inside)
        .derivation()
    )


def game_facts() -> tuple[Fact, ...]:
    """What the description, the statements and the training loop all rely on."""
    generated = Apply("pushforward", (Name("G"), Name("p_z")))
    return (
        game_fact(
            "generated-law",
            expectation("x", generated, log(1 - real())),
            expectation("z", "p_z", log(1 - fake())),
        ),
        game_fact("best-value", objective(best()), -log(4) + 2 * jsd("p_data", "p_g")),
        game_fact("loss-of-a-worse-one", objective(best()) - objective(real()), shortfall(real())),
        game_fact("equilibrium-value", objective(HALF, "p_data"), -log(4)),
        game_fact("slope-real", derivative(log(logistic(_s)), _s), 1 - logistic(_s)),
        game_fact("slope-fake", derivative(log(1 - logistic(_s)), _s), -logistic(_s)),
        game_fact("slope-cure", derivative(-log(logistic(_s)), _s), -(1 - logistic(_s))),
        game_fact("mean-of-a-minibatch", _expected_minibatch(), value()),
    )


def _expected_minibatch() -> Term:
    """The mean over fresh minibatches of the minibatch objective."""
    each = expectation("x", "p_data", log(real())) + expectation("z", "p_z", log(1 - fake()))
    return 1 / Name("m") * index_sum("i", "m", each)


#: What the text mentions, beside the names.
FORMULAS = {
    "value": value(),
    "value-at-data": objective(real()),
    "generated": call("G", "z"),
    "says": real(),
    "says-of-generated": fake(),
    "minus-log-four": -log(4),
    "half": HALF,
    "saturating": log(1 - fake()),
    "non-saturating": -log(fake()),
    "best-share": density("p_data", "x") / (density("p_data", "x") + density("p_g", "x")),
    "slope-cure-value": -(1 - logistic(_s)),
}


def _chosen(facts: tuple[Fact, ...], *names: str) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.claim.name in names)


def description() -> Solution:
    """Exam I: objective, algorithm and applications of a GAN, on one page."""
    facts = _chosen(
        game_facts(),
        "best-value",
        "equilibrium-value",
        "slope-fake",
        "slope-cure",
        "mean-of-a-minibatch",
        "loss-of-a-worse-one",
    )
    return Solution(
        GAME,
        lemmas=(in_data_space(),),
        facts=(
            *facts,
            game_fact(
                "likelihood-instead",
                objective(best()),
                -log(4) + 2 * kl("p_data", "p_g"),
                holds=False,
            ),
        ),
        formulas=FORMULAS,
    )


# --------------------------------------------------------------------------- the training loop

#: Two independent draws of a minibatch of two, and a discriminator with an affine logit.
LOOP = GAME.extended(
    Symbol("y", POINT, latex=r"\mathbf{x}'", words="another point of the data space"),
    Symbol("t", Function((POINT,), REAL), latex="t", words="any decision, thresholds included"),
    Symbol(
        "h", REAL, latex="h", domain=PROBABILITY, words="twice the distance of an answer from 1/2"
    ),
    Symbol("other", Function((LATENT,), POINT), latex="G'", words="another generator"),
    Symbol("rounds", INTEGER, latex="k", domain=NATURALS, words="discriminator steps in a round"),
    Symbol("spot", POINT, latex=r"\mathbf{x}^*", words="where a frozen discriminator says most"),
)


def _loop_fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, LOOP, left, right), holds)


def _loop_statement(name: str, statement: Term, *, holds: bool = True) -> Fact:
    claim = Claim(name, LOOP, statement, TRUE, Equality.CONDITION)
    return Fact(claim, holds)


def _minibatch_mean() -> Derivation:
    """Every draw of the minibatch has the same mean, so their average has it too."""
    return (
        Chain(
            "minibatch-mean",
            GAME,
            _expected_minibatch(),
            "The expectation of the minibatch objective, draw by draw. By the linearity of the "
            "expectation it makes no difference whether the draws are independent.",
        )
        .then(
            "No summand depends on the number of the draw any more.",
            independent_of_index,
        )
        .then(
            "The noise is only seen through the generator.",
            expectation_of_generated,
            "G",
            "p_z",
        )
        .derivation()
    )


def _equilibrium() -> Derivation:
    """With equal laws the best discriminator says one half, and the value is a constant."""
    equal = GAME.where("p_g", density("p_data", "x"), "x")
    return (
        Chain(
            "equilibrium",
            equal,
            objective(best()),
            "The value of the best discriminator, when the generator's law is that of the data.",
        )
        .then(
            "Write it out: it says the share of the data's density in the sum.",
            unfold_definition,
            equal,
            "best",
        )
        .then("The two densities are the same.", unfold_definition, equal, "p_g")
        .then("One of two equal parts is a half.", share_of_equals)
        .then("The expectation of a constant is that constant.", linearity)
        .then("Add the logarithms up.", collect, equal)
        .derivation()
    )


def _training_facts() -> tuple[Fact, ...]:
    t, h, c = call("t", "x"), Name("h"), Name("c")
    right, wrong = (1 + h) / 2, (1 - h) / 2
    two = (log(real("x")) + log(real("y"))) / 2
    first = expectation("x", "p_data", log(real("x")))
    non_saturating = expectation("x", "p_g", -log(real()))
    point_mass = Apply("dirac", (Name("spot"),))
    return (
        _loop_fact("accuracy-at-equilibrium", accuracy(t, "p_data"), HALF),
        _loop_fact("accuracy-of-a-constant", accuracy(c), HALF),
        _loop_fact("value-of-one-half", objective(HALF), -log(4)),
        _loop_fact("value-is-accuracy", objective(real()), accuracy(real()), holds=False),
        _loop_fact(
            "all-right",
            expectation("x", "p_data", log(right)) + expectation("x", "p_g", log(1 - wrong)),
            2 * log(right),
        ),
        _loop_fact("all-right-at-zero", let("h", lift(0), 2 * log(right)), -log(4)),
        _loop_fact(
            "minibatch-variance",
            expectation("x", "p_data", expectation("y", "p_data", two**2)) - first**2,
            variance("x", "p_data", log(real())) / 2,
        ),
        _loop_fact(
            "first-term-is-blind",
            value() - value("other"),
            expectation("z", "p_z", log(1 - fake()) - log(1 - fake("other"))),
        ),
        _loop_fact(
            "noise-from-the-generator",
            expectation("x", "p_g", log(1 - call("D", call("G", "x")))),
            expectation("z", "p_z", log(1 - fake())),
            holds=False,
        ),
        _loop_fact(
            "zero-sum-with-the-cure", -objective(real()) + non_saturating, lift(0), holds=False
        ),
        _loop_fact(
            "collapse",
            expectation("x", point_mass, log(1 - real())),
            log(1 - call("D", "spot")),
        ),
    )


def training() -> Solution:
    """Lecture: what the two training steps do, and what is true at the equilibrium."""
    facts = _chosen(
        game_facts(), "best-value", "slope-fake", "slope-cure", "slope-real", "generated-law"
    )
    return Solution(
        LOOP,
        lemmas=(_minibatch_mean(), _equilibrium()),
        facts=(*facts, *_training_facts()),
        formulas={
            **FORMULAS,
            "surely-real": (1 + Name("h")) / 2,
            "surely-fake": (1 - Name("h")) / 2,
            "decision": call("t", "x"),
            "wrong-noise": Name("p_g"),
        },
        experiments=("gan_statements",),
        studies=("gan_on_digits",),
    )
