"""Five small networks: slopes, thresholds, a dead end, and the saddle of a linear autoencoder."""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Choice, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import (
    at_the_point,
    differentiate,
    expand,
    substitute_result,
    unfold,
)
from derivations.rules.dynamics import gather, work_out_determinants
from derivations.rules.information import fold_definition
from derivations.rules.networks import (
    across,
    common_factor,
    constants_out_of_sums,
    differentiate_twice,
    divide_by_signed_factors,
    drop_nonzero_factors,
    drop_true_inequalities,
    entry_by_entry,
    exponential_of_zero,
    factor_left_sides,
    linear_inequality,
    logistic_as_tanh,
    power_of_product,
    relu_as_maximum,
    root_of_zero_power,
    spectrum,
    tanh_as_logistic,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, NATURALS, POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    TRUE,
    absolute,
    both,
    derivative,
    determinant,
    eigenvalues,
    equal,
    exp,
    gradient,
    greater,
    hessian,
    index_sum,
    less,
    let,
    log,
    logistic,
    matrix,
    multiset,
    names,
    number,
    relation,
    softplus,
    tanh,
    tuple_of,
    vector,
)

__all__ = [
    "halved_weights",
    "linear_autoencoder",
    "relu_before_sigmoid",
    "saddle_point",
    "tanh_backpropagation",
]

HALF = number(1, 2)


def _fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(
    name: str,
    notation: Notation,
    said: Term,
    same_as: Term = TRUE,
    conditions: tuple[Term, ...] = (),
    *,
    holds: bool = True,
) -> Fact:
    """A fact that says that a statement holds, or that two hold together."""
    claim = Claim(name, notation, said, same_as, Equality.CONDITION, conditions=conditions)
    return Fact(claim, holds)


def _at_most(left: Liftable, right: Liftable) -> Term:
    return relation("less_equal", left, right)


def _at_least(left: Liftable, right: Liftable) -> Term:
    return relation("greater_equal", left, right)


# --------------------------------------------------------------------------- tanh

x, u, w, c = names("x u w c")

TANH = Notation(
    (
        Symbol("x", REAL, words="what goes into the activation"),
        Symbol("z", REAL, definition=tanh(x), words="what comes out of it"),
        Symbol("u", REAL, words="the upstream gradient, the loss's derivative in the output"),
        Symbol("w", REAL, words="a weight in front of the activation"),
        Symbol("c", REAL, domain=POSITIVE, words="a bound"),
    )
)


def _tanh_slope() -> Derivation:
    return (
        Chain("derivative", TANH, derivative(tanh(x), x), "The local derivative.")
        .then("The hyperbolic tangent is a stretched logistic function.", tanh_as_logistic)
        .then(
            "Differentiate: the slope of the logistic function is its value times the complement.",
            differentiate,
            TANH,
            "x",
        )
        .then("Write it by the hyperbolic tangent again.", logistic_as_tanh)
        .then("Multiply out.", expand, TANH)
        .derivation()
    )


def tanh_backpropagation() -> Solution:
    """cs230.1: the slope of tanh, and the gradient that it passes on."""
    slope = _tanh_slope()
    z = Name("z")
    passed = u * (1 - tanh(x) ** 2)
    through_weight = u * derivative(tanh(w * x), x)
    answer = Answer(
        "derivative",
        slope,
        (
            1 - z**2,
            4 * logistic(2 * x) * logistic(-2 * x),
            1 / Apply("cosh", (x,)) ** 2,
            (1 - tanh(x)) * (1 + tanh(x)),
        ),
        asks="the derivative of tanh",
        mistakes=(
            Mistake("square-in-place", "The square is in the wrong place.", 1),
            Mistake("of-the-input", "The input stands where the output belongs.", 1),
        ),
    )
    return Solution(
        TANH,
        answers=(answer,),
        choices=(
            Choice(
                "true-false",
                "true",
                ("derivative", "slope-bounds", "never-larger"),
                asks="whether the statement on gradients through tanh holds",
            ),
        ),
        facts=(
            _statement(
                "slope-bounds", TANH, both(less(0, 1 - tanh(x) ** 2), _at_most(1 - tanh(x) ** 2, 1))
            ),
            _statement("never-larger", TANH, _at_most(absolute(passed), absolute(u))),
            _statement(
                "equality",
                TANH,
                equal(absolute(passed), absolute(u)),
                Apply("either", (equal(u, 0), equal(x, 0))),
            ),
            _statement("strictly-smaller", TANH, less(absolute(passed), absolute(u)), holds=False),
            _fact("with-a-weight", TANH, derivative(tanh(w * x), x), w * (1 - tanh(w * x) ** 2)),
            _statement(
                "weight-may-enlarge",
                TANH,
                _at_most(absolute(through_weight), absolute(u)),
                holds=False,
            ),
            _statement(
                "logistic-quarter", TANH, _at_most(logistic(x) * logistic(-x), number(1, 4))
            ),
            _fact("logistic-slope", TANH, derivative(logistic(x), x), logistic(x) * logistic(-x)),
            _fact("square-in-place", TANH, derivative(tanh(x), x), (1 - tanh(x)) ** 2, holds=False),
            _fact("of-the-input", TANH, derivative(tanh(x), x), 1 - x**2, holds=False),
        ),
        formulas={
            "activation": tanh(x),
            "upstream": u,
            "passed": passed,
            "quarter": number(1, 4),
        },
        figures=("slope_of_tanh",),
    )


# --------------------------------------------------------------------------- halved weights

t, k, bias = names("t k b")
SCORE = Notation(
    (
        Symbol("W", Array(("d",)), latex=r"\mathbf{W}", words="the weight vector"),
        Symbol("x", Array(("d",)), latex=r"\mathbf{x}", words="an example"),
        Symbol("s", REAL, words="its score, the inner product of weights and example"),
        Symbol("t", REAL, domain=PROBABILITY, words="a threshold for the probability"),
        Symbol("k", REAL, domain=POSITIVE, words="any positive factor"),
        Symbol("b", REAL, words="a bias"),
    )
)
s = Name("s")


def halved_weights() -> Solution:
    """cs230.2: half the weights, the same decisions, other probabilities."""
    positive, half_positive = greater(logistic(s), HALF), greater(logistic(s / 2), HALF)
    big_w, example = Name("W"), Name("x")
    return Solution(
        SCORE,
        choices=(
            Choice(
                "true-false",
                "true",
                ("score-halves", "decision", "same-decision"),
                asks="whether halving all weights leaves the accuracy",
            ),
        ),
        facts=(
            _fact("score-halves", SCORE, (big_w / 2).T @ example, (big_w.T @ example) / 2),
            _statement("decision", SCORE, positive, greater(s, 0)),
            _statement("same-decision", SCORE, half_positive, positive),
            _statement("any-factor", SCORE, greater(k * s, 0), greater(s, 0)),
            _fact("same-probability", SCORE, logistic(s / 2), logistic(s), holds=False),
            _statement(
                "closer-to-one-half",
                SCORE,
                less(logistic(s / 2), logistic(s)),
                greater(s, 0),
            ),
            _statement(
                "other-threshold",
                SCORE,
                greater(logistic(s / 2), t),
                greater(logistic(s), t),
                holds=False,
            ),
            _statement(
                "with-a-bias",
                SCORE,
                greater(logistic(s / 2 + bias), HALF),
                greater(logistic(s + bias), HALF),
                holds=False,
            ),
            _statement(
                "bias-halved-too",
                SCORE,
                greater(logistic((s + bias) / 2), HALF),
                greater(logistic(s + bias), HALF),
            ),
            _fact("same-loss", SCORE, softplus(-s / 2), softplus(-s), holds=False),
            _fact("loss", SCORE, -log(logistic(s)), softplus(-s)),
        ),
        formulas={
            "weights": big_w,
            "example": example,
            "score": big_w.T @ example,
            "s": s,
            "probability": logistic(s),
            "half-probability": logistic(s / 2),
            "half": HALF,
            "threshold": t,
            "factor": k,
            "bias": bias,
        },
        figures=("halved_weights",),
    )


# --------------------------------------------------------------------------- ReLU and sigmoid

a, yhat = names("a yhat")


def _relu(argument: Term) -> Term:
    return Apply("relu", (argument,))


OUTPUT = Notation(
    (
        Symbol("a", REAL, words="the last pre-activation"),
        Symbol("h", REAL, definition=_relu(a), words="what the ReLU makes of it"),
        Symbol("yhat", REAL, latex=r"\hat y", words="an output", spellings=("y", "y_hat")),
        Symbol("p", REAL, definition=logistic(Name("h")), words="the output of the network"),
    )
)


def _output() -> Derivation:
    return (
        Chain("output", OUTPUT, Name("p"), "The output.")
        .then("The last layer is a sigmoid.", unfold, OUTPUT, "p")
        .then("What goes into it comes out of the ReLU.", unfold, OUTPUT, "h")
        .then("This is the larger one of the pre-activation and zero.", relu_as_maximum)
        .derivation()
    )


def _range() -> Derivation:
    at_least = _at_least(yhat, exp(lift(0)) * (1 - yhat))
    return (
        Chain(
            "range",
            OUTPUT,
            both(less(0, yhat), less(yhat, 1), at_least),
            "A number between zero and one is a value of the sigmoid, and it is its complement "
            "times the exponential of what went in; that is zero, or any number above zero.",
        )
        .then("The exponential of zero is one.", exponential_of_zero)
        .then("Solve for the output.", linear_inequality, OUTPUT, "yhat")
        .derivation(Equality.CONDITION)
    )


def relu_before_sigmoid() -> Solution:
    """cs230.3: the output never falls below one half."""
    after = logistic(_relu(a))
    return Solution(
        OUTPUT,
        answers=(
            Answer(
                "output",
                _output(),
                (after, 1 / (1 + exp(-_relu(a))), Apply("maximum", (logistic(a), HALF))),
                asks="the output, as a function of the last pre-activation a",
            ),
            Answer(
                "range",
                _range(),
                (both(relation("greater_equal", yhat, HALF), less(yhat, 1)),),
                asks="the set of all outputs",
            ),
        ),
        facts=(
            _statement("bounds", OUTPUT, both(_at_most(HALF, after), less(after, 1))),
            _statement("tie", OUTPUT, equal(after, HALF), _at_most(a, 0)),
            _statement("strict-threshold", OUTPUT, greater(after, HALF), greater(a, lift(0))),
            _statement("same-as-sigmoid", OUTPUT, equal(after, logistic(a)), _at_least(a, 0)),
            _fact("plain-sigmoid", OUTPUT, after, logistic(a), holds=False),
            _fact("order-swapped", OUTPUT, after, _relu(logistic(a)), holds=False),
            _fact("odds", OUTPUT, logistic(a) / (1 - logistic(a)), exp(a)),
            _statement("exponential", OUTPUT, _at_least(exp(a), exp(lift(0))), _at_least(a, 0)),
        ),
        formulas={
            "after": after,
            "plain": logistic(a),
            "pre-activation": a,
            "output": yhat,
            "least-loss": log(2),
        },
        figures=("relu_before_sigmoid",),
    )


# --------------------------------------------------------------------------- linear autoencoder

w1, w2, m, i, n = names("w1 w2 m i n")
data = Name("x")
WEIGHTS = tuple_of(w1, w2)

AUTOENCODER = Notation(
    (
        Symbol("x", Array(("n",)), words="the data, n numbers"),
        Symbol("w1", REAL, latex="w_1", words="the encoder's weight"),
        Symbol("w2", REAL, latex="w_2", words="the decoder's weight"),
        Symbol(
            "m",
            REAL,
            domain=POSITIVE,
            definition=index_sum("i", n, data[i] ** 2) / n,
            words="the mean square of the data",
        ),
    )
)
LOSS = index_sum("i", n, (data[i] - w2 * w1 * data[i]) ** 2) / n
SHORT = m * (1 - w2 * w1) ** 2


def _loss() -> Derivation:
    return (
        Chain("loss", AUTOENCODER, LOSS, "The mean squared reconstruction error.")
        .then("Every error is a multiple of its example.", common_factor, data[i])
        .then("The square of a product is the product of the squares.", power_of_product)
        .then("What does not depend on the example leaves the sum.", constants_out_of_sums)
        .then("What remains is the mean square of the data.", fold_definition, AUTOENCODER, "m")
        .derivation()
    )


def _zero_loss() -> Derivation:
    return (
        Chain("zero-loss-set", AUTOENCODER, equal(LOSS, 0), "No error at all.")
        .then("Write the loss by the mean square.", substitute_result, _loss().claim)
        .then("The mean square is not zero.", drop_nonzero_factors, m)
        .then("A square is zero only where its base is.", root_of_zero_power)
        .then("Bring the product of the weights to the other side.", across)
        .derivation(Equality.CONDITION)
    )


def _gradient() -> Derivation:
    return (
        Chain("gradient", AUTOENCODER, gradient(LOSS, WEIGHTS), "The two partial derivatives.")
        .then("Write the loss by the mean square.", substitute_result, _loss().claim)
        .then("Differentiate in each weight; the other one is a constant.", differentiate, FREE)
        .derivation()
    )


#: The same names with the mean square as a number of its own.
FREE = Notation((AUTOENCODER["w1"], AUTOENCODER["w2"], Symbol("m", REAL, domain=POSITIVE)))


def linear_autoencoder() -> Solution:
    """cs230.4: the loss of x -> w2 w1 x, where it vanishes, and its gradient."""
    slope = _gradient()
    zeros = Notation((AUTOENCODER["w1"], AUTOENCODER["w2"], Symbol("n", INTEGER, domain=NATURALS)))
    no_data = index_sum("i", n, (0 - w2 * w1 * lift(0)) ** 2) / n
    return Solution(
        AUTOENCODER.extended(Symbol("k", REAL, domain=POSITIVE, words="any positive factor")),
        answers=(
            Answer(
                "zero-loss-set",
                _zero_loss(),
                (equal(1 - w1 * w2, 0),),
                asks="for which weights the loss is zero",
            ),
            Answer(
                "loss", _loss(), (m * (w1 * w2 - 1) ** 2,), asks="the loss, from w_1, w_2 and m"
            ),
            Answer(
                "gradient",
                slope,
                (
                    vector(2 * m * (w1 * w2 - 1) * w2, 2 * m * (w1 * w2 - 1) * w1),
                    2 * m * (w1 * w2 - 1) * vector(w2, w1),
                ),
                asks="its gradient in (w_1, w_2)",
                mistakes=(
                    Mistake("inner-derivative-missing", "The inner derivative is missing.", 1),
                ),
            ),
        ),
        facts=(
            _fact(
                "rescaled",
                FREE.extended(Symbol("k", REAL, domain=POSITIVE)),
                m * (1 - (w2 / k) * (k * w1)) ** 2,
                SHORT,
            ),
            _fact("conserved", AUTOENCODER, w1 * derivative(LOSS, w1), w2 * derivative(LOSS, w2)),
            _fact("no-data", zeros, no_data, lift(0)),
            _statement(
                "inverse-of-each-other",
                FREE,
                equal(SHORT, 0),
                both(equal(w1, 1), equal(w2, 1)),
                holds=False,
            ),
            _fact("square-of-the-sum", AUTOENCODER, LOSS, _square_of_the_mean(), holds=False),
            _fact(
                "inner-derivative-missing",
                AUTOENCODER,
                gradient(LOSS, WEIGHTS),
                vector(-2 * m * (1 - w1 * w2), -2 * m * (1 - w1 * w2)),
                holds=False,
            ),
        ),
        formulas={
            "loss": SHORT,
            "reconstruction": w2 * w1 * data[i],
            "example": data[i],
            "encoder": w1,
            "decoder": w2,
            "mean-square": m,
            "size": n,
            "factor": k,
        },
        figures=("autoencoder_loss",),
        conventions=(Convention("reduction", "sum", scale={"loss": n, "gradient": n}),),
    )


def _square_of_the_mean() -> Term:
    """The square of the mean error instead of the mean of the squared errors."""
    return (index_sum("i", n, data[i] - w2 * w1 * data[i]) / n) ** 2


# --------------------------------------------------------------------------- its saddle point

SADDLE = FREE.extended(Symbol("e", REAL, words="the length of a step"))
SMALL = FREE.extended(Symbol("e", REAL, domain=PROBABILITY, words="a step shorter than one"))


def _at_origin(term: Term) -> Term:
    return let("w1", 0, let("w2", 0, term))


def _hessian() -> Derivation:
    return (
        Chain(
            "hessian",
            SADDLE,
            _at_origin(hessian(SHORT, WEIGHTS)),
            "The second derivatives of the loss, where both weights are zero.",
        )
        .then("Differentiate, and differentiate again.", differentiate_twice, SADDLE)
        .then("Put the zeros in.", at_the_point)
        .derivation()
    )


def _eigenvalues() -> Derivation:
    hessian_found = _hessian()
    return (
        Chain(
            "eigenvalues",
            SADDLE,
            eigenvalues(_at_origin(hessian(SHORT, WEIGHTS))),
            "The curvatures at the origin.",
        )
        .then("The Hessian has been found.", substitute_result, hessian_found.claim)
        .then("The eigenvalues are the roots of the characteristic polynomial.", spectrum, SADDLE)
        .derivation(Equality.MULTISET)
    )


def _saddle() -> Derivation:
    stationary = equal(gradient(SHORT, WEIGHTS), vector(0, 0))
    indefinite = less(determinant(hessian(SHORT, WEIGHTS)), 0)
    return (
        Chain(
            "saddle",
            SADDLE,
            both(stationary, indefinite),
            "A stationary point at which the two curvatures have opposite signs: the determinant "
            "of the Hessian, their product, is negative.",
        )
        .then("Differentiate, and differentiate again.", differentiate_twice, SADDLE)
        .then("A vector is zero if its entries are.", entry_by_entry)
        .then("Work out the determinant.", work_out_determinants, SADDLE)
        .then("Write the left sides as products.", factor_left_sides, SADDLE)
        .then(
            "Where a product is negative none of its factors is zero, and the equations can be "
            "divided by them.",
            divide_by_signed_factors,
        )
        .then(
            "With these zeros the inequality is true, and says nothing more.",
            drop_true_inequalities,
            SADDLE,
        )
        .then("Join the two equations.", gather, "w1", "w2")
        .derivation(Equality.CONDITION)
    )


def saddle_point() -> Solution:
    """cs230.5: the origin is the one saddle point of the linear autoencoder's loss."""
    e = Name("e")
    stationary = equal(gradient(SHORT, WEIGHTS), vector(0, 0))
    origin = both(equal(w1, 0), equal(w2, 0))
    product = equal(w1 * w2, 1)
    along, across_it = _at_weights(e, e), _at_weights(e, -e)
    return Solution(
        SADDLE,
        answers=(
            Answer(
                "hessian",
                _hessian(),
                (-2 * m * matrix((0, 1), (1, 0)), matrix((0, -1), (-1, 0)) * (2 * m)),
                asks="the Hessian at the origin",
            ),
            Answer("saddle", _saddle(), (origin,), asks="where the saddle point is"),
            Answer(
                "eigenvalues",
                _eigenvalues(),
                (multiset(-2 * m, 2 * m),),
                asks="the eigenvalues of the Hessian at the origin",
            ),
        ),
        facts=(
            _statement("stationary", SADDLE, stationary, Apply("either", (origin, product))),
            _fact("at-the-saddle", SADDLE, _at_weights(lift(0), lift(0)), m),
            _fact("along-the-diagonal", SADDLE, along, m * (1 - e**2) ** 2),
            _fact("across-the-diagonal", SADDLE, across_it, m * (1 + e**2) ** 2),
            _statement("falls", SMALL, less(along, m)),
            _statement("rises", SMALL, less(m, across_it)),
            _fact("flat-along-an-axis", SADDLE, _at_weights(e, lift(0)), m),
            _statement("minima-have-no-loss", SADDLE, both(stationary, product), equal(SHORT, 0)),
            _fact(
                "singular-at-minima",
                SADDLE,
                let("w2", 1 / e, let("w1", e, determinant(hessian(SHORT, WEIGHTS)))),
                lift(0),
            ),
            _statement("elsewhere", SADDLE, stationary, product, holds=False),
            _fact(
                "minimum-at-the-origin", SADDLE, _at_weights(lift(0), lift(0)), lift(0), holds=False
            ),
        ),
        formulas={
            "loss": SHORT,
            "mean-square": m,
            "step": e,
        },
        studies=("linear_autoencoder",),
    )


def _at_weights(encoder: Term, decoder: Term) -> Term:
    return let("w1", encoder, let("w2", decoder, SHORT))
