"""The objective of a generative adversarial network: from labels, by logits, on a minibatch."""

from __future__ import annotations

from dataclasses import replace

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.adversarial import (
    expectation_under_image,
    join_index_sums,
    log_of_power,
    slope_of_logarithm,
    sum_of_constant,
)
from derivations.rules.calculus import at_the_point, differentiate
from derivations.rules.information import cancel_factors, log_of_product
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term
from language.types import INTEGER, NATURALS, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    TRUE,
    call,
    density,
    derivative,
    exp,
    expectation,
    index_sum,
    jsd,
    kl,
    less,
    let,
    log,
    logistic,
    names,
    number,
    variance,
)

__all__ = ["loss", "minibatch", "saturation"]

POINT, NOISE = Array(("d",)), Array(("k",))
x, z, y, s, m, i = names("x z y s m i")
#: What the discriminator says of a point, and of what the generator makes of a noise vector.
said, said_of_fake = call("D", x), call("D", call("G", z))
PUSHED = Apply("pushforward", (Name("G"), Name("p_z")))
BINARY = 1 / log(2)

NOTATION = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point of the data space"),
        Symbol("z", NOISE, latex=r"\mathbf{z}", words="a noise vector"),
        Symbol(
            "p_data",
            Law(POINT),
            latex=r"p_{\mathrm{data}}",
            words="the law of the data",
            spellings=("p_d", "p_{data}", "p_r", "pdata"),
        ),
        Symbol("p_z", Law(NOISE), words="the law of the noise", spellings=("p_Z", "pz")),
        Symbol("G", Function((NOISE,), POINT), words="the generator"),
        Symbol(
            "p_g",
            Law(POINT),
            definition=PUSHED,
            words="the law of the generator's samples",
            spellings=("p_G", "p_{gen}", "p_{model}", "p_{fake}", "pg"),
        ),
        Symbol(
            "D",
            Function((POINT,), REAL),
            domain=PROBABILITY,
            words="the discriminator: the probability, as it says, that a point is real",
        ),
    )
)


def criterion(discriminator: str = "D") -> Term:
    """The criterion of a discriminator, as an expectation over data and one over noise."""
    fake = call(discriminator, call("G", z))
    real = call(discriminator, x)
    return expectation("x", "p_data", log(real)) + expectation("z", "p_z", log(1 - fake))


def _likelihood(probability: Term) -> Term:
    """The likelihood of the label y under a coin with this probability of y = 1."""
    return probability**y * (1 - probability) ** (1 - y)


def _fact(
    name: str, left: Term, right: Term, notation: Notation = NOTATION, *, holds: bool = True
) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(name: str, notation: Notation, statement: Term, *conditions: Term) -> Fact:
    claim = Claim(name, notation, statement, TRUE, Equality.CONDITION, conditions=conditions)
    return Fact(claim)


# --------------------------------------------------------------------------- the loss

LABELLED = NOTATION.extended(Symbol("y", REAL, words="the label: one for real, zero for fake"))


def _from_labels() -> Derivation:
    return (
        Chain(
            "V",
            LABELLED,
            expectation("x", "p_data", let("y", 1, log(_likelihood(said))))
            + expectation("z", "p_z", let("y", 0, log(_likelihood(said_of_fake)))),
            "The expected log likelihood of the right label, for a real point and for a made one.",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then("Exponents come in front of the logarithm.", log_of_power)
        .then("Put the labels in: of each pair of terms one is left.", at_the_point)
        .derivation()
    )


def loss() -> Solution:
    """3.1: the criterion is the log likelihood of the labels under the discriminator."""
    coin = number(1, 2)
    half = expectation("x", "p_data", log(coin)) + expectation("z", "p_z", log(1 - coin))
    swapped = expectation("x", "p_data", log(1 - said)) + expectation("z", "p_z", log(said_of_fake))
    outside = log(expectation("x", "p_data", said)) + expectation("z", "p_z", log(1 - said_of_fake))
    over_model = expectation("x", "p_data", log(said)) + expectation("x", "p_g", log(1 - said))
    return Solution(
        LABELLED,
        answers=(
            Answer(
                "V",
                _from_labels(),
                (over_model,),
                asks="the objective of a GAN",
                also=("integral",),
                mistakes=(
                    Mistake("labels-swapped", "The labels are the wrong way round.", 1),
                    Mistake(
                        "logarithm-outside",
                        "The expectation is one of logarithms, not the logarithm of one.",
                        1,
                    ),
                    Mistake(
                        "minus-missing", "The second logarithm is that of the wrong probability.", 1
                    ),
                ),
            ),
        ),
        facts=(
            _fact(
                "law-of-the-samples",
                expectation("z", "p_z", log(1 - said_of_fake)),
                expectation("x", "p_g", log(1 - said)),
            ),
            _fact("coin", half, -log(4)),
            _fact("labels-swapped", criterion(), swapped, holds=False),
            _fact("logarithm-outside", criterion(), outside, holds=False),
            _fact("minus-missing", criterion(), _without_complement(), holds=False),
        ),
        formulas={
            "likelihood": _likelihood(said),
            "label": y,
            "real": said,
            "point": x,
            "noise": z,
            "data-law": Name("p_data"),
            "noise-law": Name("p_z"),
            "model-law": Name("p_g"),
            "generator": Name("G"),
            "discriminator": Name("D"),
            "second": expectation("z", "p_z", log(1 - said_of_fake)),
            "nonsaturating": -expectation("z", "p_z", log(said_of_fake)),
        },
        conventions=(Convention("logarithm", "binary", scale={"V": BINARY}),),
    )


def _without_complement() -> Term:
    """Both terms with log D, as if the discriminator were to believe in both."""
    return expectation("x", "p_data", log(said)) + expectation("z", "p_z", log(said_of_fake))


# --------------------------------------------------------------------------- saturation

LOGIT = NOTATION.extended(
    Symbol("s", REAL, words="the discriminator's logit for a made point"),
    Symbol("y", REAL, domain=PROBABILITY, words="what the discriminator says of a made point"),
)
#: The laws of data and samples alone, with densities; the generator is left out.
DENSITIES = Notation(
    (
        NOTATION["x"],
        NOTATION["p_data"],
        replace(NOTATION["p_g"], definition=None),
        NOTATION["D"],
        Symbol(
            "best",
            Function((POINT,), REAL),
            latex="D_G^*",
            domain=PROBABILITY,
            definition=density("p_data", x) / (density("p_data", x) + density("p_g", x)),
            parameters=("x",),
            words="the optimal discriminator",
        ),
    )
)
SATURATING, NONSATURATING = log(1 - logistic(s)), -log(logistic(s))


def _slope(name: str, objective: Term, reason: str) -> Chain:
    return (
        Chain(name, LOGIT, derivative(objective, s), reason)
        .then(
            "The slope of a logarithm is the slope of what is inside, over what is inside.",
            slope_of_logarithm,
        )
        .then(
            "The slope of the logistic function is its value times the complement.",
            differentiate,
            LOGIT,
            "s",
        )
        .then("Cancel what stands above and below the line.", cancel_factors)
    )


def saturation() -> Solution:
    """3.2: the slope in the logit of the two generator losses."""
    saturating = _slope(
        "saturating-gradient", SATURATING, "The slope of what the generator minimizes in the game."
    ).derivation()
    nonsaturating = _slope(
        "nonsaturating-gradient", NONSATURATING, "The slope of what it minimizes instead."
    ).derivation()
    best = call("best", x)
    swapped_loss = expectation("x", "p_g", -log(best))
    facts = (
        _fact("ratio", -logistic(-s), exp(-s) * -logistic(s), LOGIT),
        _statement("vanishes", LOGIT, less(logistic(s), exp(s))),
        _statement("stays", LOGIT, less(-1, -logistic(-s)), less(s, 0)),
        _statement("stays-below", LOGIT, less(-logistic(-s), -number(1, 2)), less(s, 0)),
        _fact("not-in-the-probability", derivative(log(1 - y), y), -1 / (1 - y), LOGIT),
        _fact("in-the-probability", derivative(-log(y), y), -1 / y, LOGIT),
        _fact(
            "another-divergence",
            swapped_loss,
            kl("p_g", "p_data")
            - 2 * jsd("p_data", "p_g")
            + (2 * log(2) + expectation("x", "p_data", log(best))),
            DENSITIES,
        ),
        _fact("wrong-sign", derivative(SATURATING, s), logistic(s), LOGIT, holds=False),
        _fact(
            "same-slope",
            derivative(SATURATING, s),
            derivative(NONSATURATING, s),
            LOGIT,
            holds=False,
        ),
    )
    return Solution(
        LOGIT,
        answers=(
            Answer(
                "saturating-gradient",
                saturating,
                (-1 / (1 + exp(-s)), -exp(s) / (1 + exp(s)), logistic(-s) - 1),
                asks="the derivative of log(1 - sigma(s)) by the logit s",
                mistakes=(
                    Mistake("wrong-sign", "The sign is wrong.", 1),
                    Mistake("same-slope", "This is the derivative of the other loss.", 1),
                ),
            ),
            Answer(
                "nonsaturating-gradient",
                nonsaturating,
                (-logistic(-s), -1 / (1 + exp(s)), logistic(s) - 1),
                asks="the derivative of -log sigma(s) by the logit s",
            ),
        ),
        facts=facts,
        formulas={
            "saturating": SATURATING,
            "nonsaturating": NONSATURATING,
            "logit": s,
            "says": logistic(s),
            "probability": y,
        },
        figures=("saturating_losses",),
        conventions=(
            Convention(
                "logarithm",
                "binary",
                scale={"saturating-gradient": BINARY, "nonsaturating-gradient": BINARY},
            ),
        ),
    )


# --------------------------------------------------------------------------- a minibatch

MINIBATCH = LABELLED.extended(
    Symbol("m", INTEGER, domain=NATURALS, words="the size of the minibatch"),
    Symbol(
        "x_",
        Function((INTEGER,), POINT),
        latex=r"\mathbf{x}^{({})}",
        words="the data of the minibatch, by number",
        spellings=(r"\mathbf{x}_{}", r"\mathbf{x}^{}", r"\mathbf{x}^{[{}]}"),
    ),
    Symbol(
        "z_",
        Function((INTEGER,), NOISE),
        latex=r"\mathbf{z}^{({})}",
        words="the noise vectors of the minibatch, by number",
        spellings=(r"\mathbf{z}_{}", r"\mathbf{z}^{}", r"\mathbf{z}^{[{}]}"),
    ),
    Symbol(
        "h",
        Function((POINT, NOISE), REAL),
        definition=log(said) + log(1 - said_of_fake),
        parameters=("x", "z"),
        words="what one pair of a real and a made point adds to the objective",
    ),
    Symbol("V", REAL, definition=criterion(), words="the criterion"),
    Symbol("x1", POINT, latex=r"\mathbf{x}_1", words="the first example"),
    Symbol("x2", POINT, latex=r"\mathbf{x}_2", words="the second example"),
    Symbol("z1", NOISE, latex=r"\mathbf{z}_1", words="the first noise vector"),
    Symbol("z2", NOISE, latex=r"\mathbf{z}_2", words="the second noise vector"),
)


def _mean(total: Term) -> Term:
    """A sum over the minibatch, divided by its size."""
    return 1 / m * total


def _of_the_minibatch() -> Derivation:
    real, fake = call("D", call("x_", i)), call("D", call("G", call("z_", i)))
    return (
        Chain(
            "minibatch",
            MINIBATCH,
            _mean(
                index_sum("i", m, let("y", 1, log(_likelihood(real))))
                + index_sum("i", m, let("y", 0, log(_likelihood(fake))))
            ),
            "The log likelihood of the right labels of all examples, over the number of examples "
            "of each kind.",
        )
        .then("The logarithm of a product is a sum.", log_of_product)
        .then("Exponents come in front of the logarithm.", log_of_power)
        .then("Put the labels in.", at_the_point)
        .then("Both sums run over the same numbers, so they are one.", join_index_sums)
        .derivation()
    )


def _expected_minibatch() -> Derivation:
    """The expectation of the minibatch objective, taken under the sum."""
    return (
        Chain(
            "unbiased",
            MINIBATCH,
            _mean(index_sum("i", m, criterion())),
            "The expectation of a sum is the sum of the expectations, and each example follows "
            "the same law.",
        )
        .then("The summand no longer depends on the number of the example.", sum_of_constant)
        .then("The average of equal numbers is that number.", cancel_factors)
        .then(
            "What the generator makes of noise follows the generator's law.",
            expectation_under_image,
            "p_g",
            "p_z",
            "G",
            "x",
        )
        .derivation()
    )


def _gain(real: str, fake: str) -> Term:
    """What one pair of a real and a made point adds to the objective."""
    return call("h", real, fake)


def _over_two(body: Term) -> Term:
    """The expectation over two examples and two noise vectors, all independent."""
    inner = expectation("z1", "p_z", expectation("z2", "p_z", body))
    return expectation("x1", "p_data", expectation("x2", "p_data", inner))


def minibatch() -> Solution:
    """The lecture's Algorithm 1: what one step of the discriminator ascends."""
    of_two = (_gain("x1", "z1") + _gain("x2", "z2")) / 2
    spread = variance("x", "p_data", log(said)) + variance("z", "p_z", log(1 - said_of_fake))
    real, fake = call("D", call("x_", i)), call("D", call("G", call("z_", i)))
    answer = _of_the_minibatch()
    separate = _mean(index_sum("i", m, log(real))) + _mean(index_sum("i", m, log(1 - fake)))
    one_sum = _mean(index_sum("i", m, log(real * (1 - fake))))
    swapped = _mean(index_sum("i", m, log(1 - real) + log(fake)))
    mean_first = log(_mean(index_sum("i", m, real))) + log(_mean(index_sum("i", m, 1 - fake)))
    over_all = 1 / (2 * m) * index_sum("i", m, log(real) + log(1 - fake))
    closed = answer.claim.closed_form
    return Solution(
        MINIBATCH,
        answers=(
            Answer(
                "minibatch",
                answer,
                (separate, one_sum),
                asks="what one step of the discriminator ascends, on a minibatch of m examples",
                mistakes=(
                    Mistake("labels-swapped", "The labels are the wrong way round.", 1),
                    Mistake(
                        "logarithm-of-the-mean",
                        "The average is one of logarithms, not the logarithm of one.",
                        1,
                    ),
                ),
            ),
        ),
        lemmas=(_expected_minibatch(),),
        facts=(
            _fact("two-examples", _over_two(of_two), Name("V"), MINIBATCH),
            _fact("variance-of-two", _over_two((of_two - Name("V")) ** 2), spread / 2, MINIBATCH),
            _fact("labels-swapped", closed, swapped, MINIBATCH, holds=False),
            _fact("logarithm-of-the-mean", closed, mean_first, MINIBATCH, holds=False),
            _fact("mean-of-all", closed, over_all, MINIBATCH, holds=False),
            _constant_discriminator(),
        ),
        formulas={
            "criterion": criterion(),
            "value": Name("V"),
            "gain": _gain("x", "z"),
            "gain-of-a-pair": log(said) + log(1 - said_of_fake),
            "examples": call("x_", i),
            "noise": call("z_", i),
            "size": m,
            "model-law": Name("p_g"),
            "noise-law": Name("p_z"),
            "generator-part": _mean(index_sum("i", m, log(1 - fake))),
        },
        experiments=("gan_optimality",),
        conventions=(
            Convention("logarithm", "binary", scale={"minibatch": BINARY}),
            Convention("reduction", "sum", scale={"minibatch": m}),
        ),
    )


def _constant_discriminator() -> Fact:
    """A discriminator that always says one half, whatever is drawn."""
    half = number(1, 2)
    value = _mean(index_sum("i", m, log(half) + log(1 - half)))
    return _fact("coin", value, -log(4), MINIBATCH)
