"""Gaussian priors on the weights of a network: weight decay, and what rescaling does to it.

Sources: Bishop, "Pattern Recognition and Machine Learning" (2006), sections 1.2.5, 3.1.4 and 5.5.1
(consistent Gaussian priors); MacKay, "A practical Bayesian framework for backpropagation networks",
Neural Computation 4 (1992).
"""

from __future__ import annotations

from dataclasses import replace

from derivations.chain import Chain
from derivations.derivation import Answer, Choice, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import substitute_result
from derivations.rules.information import log_of_product, unfold_definition
from derivations.rules.priors import (
    at_zero_weights,
    cancel_equal_summands,
    coefficient_of_a_square,
    distribute_over_sums,
    independent_entries,
    inner_product_of_entries,
    log_of_index_product,
    log_of_normal,
    scalars_out_of_squares,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    PI,
    TRUE,
    argmin,
    both,
    call,
    density,
    derivative,
    divide,
    equal,
    exp,
    gradient,
    greater,
    index_sum,
    integral,
    less,
    let,
    limit,
    log,
    multiply,
    names,
    norm,
    number,
    spaces,
    sqrt,
    tanh,
    tuple_of,
)

__all__ = [
    "effect_of_weight_decay",
    "gaussian_prior",
    "layer_penalty_consistency",
    "layer_priors",
    "single_penalty_consistency",
]

W, SIGMA, LAMBDA, RATE, N = names("w sigma lambda eta n")
W1, W2, S1, S2, N1, N2 = names("w1 w2 sigma1 sigma2 n1 n2")
L1, L2, A, B = names("lambda1 lambda2 a b")

_LAMBDA = Symbol("lambda", REAL, r"\lambda", domain=POSITIVE, words="the factor of the penalty")


def _positive(name: str, latex: str, words: str) -> Symbol:
    return Symbol(name, REAL, latex, domain=POSITIVE, words=words)


NOTATION = Notation(
    (
        Symbol("w", Array(("n",)), r"\mathbf{w}", words="the weights"),
        _positive("sigma", r"\sigma", "the standard deviation of the prior"),
    )
)
LAYERS = Notation(
    (
        Symbol("n1", INTEGER, "n_1", domain=NATURALS, words="how many weights the first layer has"),
        Symbol("n2", INTEGER, "n_2", domain=NATURALS, words="how many the second layer has"),
        Symbol(
            "w1",
            Array(("n1",)),
            "w^{(1)}",
            words="the weights of the first layer",
            spellings=("w_1", "w_{(1)}", "W^{(1)}", "W_1"),
        ),
        Symbol(
            "w2",
            Array(("n2",)),
            "w^{(2)}",
            words="the weights of the second layer",
            spellings=("w_2", "w_{(2)}", "W^{(2)}", "W_2"),
        ),
        _positive("sigma1", r"\sigma_1", "the scale of the first prior"),
        _positive("sigma2", r"\sigma_2", "the scale of the second prior"),
    )
)
_FACTORS = (
    _positive("a", "a", "the factor of the inputs"),
    _positive("b", "b", "the factor of the outputs"),
)
SCALED = Notation((*LAYERS, _LAMBDA, *_FACTORS))
_FIRST_FACTOR = _positive("lambda1", r"\lambda_1", "the factor of the first penalty")
_SECOND_FACTOR = _positive("lambda2", r"\lambda_2", "the factor of the second penalty")
TWO_PENALTIES = Notation((*LAYERS, _FIRST_FACTOR, _SECOND_FACTOR, *_FACTORS))


def zeros(size: Term) -> Term:
    """The vector of zeros of this size."""
    return Apply("zeros", (size,))


def isotropic(size: Term, variance: Term, at: Term) -> Term:
    """The density of N(0, variance I) at a vector of this size."""
    law = Apply("normal", (zeros(size), multiply(variance, Apply("ones", (size,)))))
    return density(law, at)


def square(vector: Term) -> Term:
    """``v^T v``."""
    return multiply(vector.T, vector)


def _fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(name: str, notation: Notation, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, statement, TRUE, Equality.CONDITION), holds)


def _equivalence(name: str, notation: Notation, left: Term, right: Term) -> Fact:
    return Fact(Claim(name, notation, left, right, Equality.CONDITION))


def _up_to_constant(claim: Claim, *weights: str) -> Claim:
    return replace(claim, equality=Equality.UP_TO_CONSTANT, constant_in=weights)


# III.1.1 --------------------------------------------------------------------------------------

PENALTY = -log(isotropic(N, SIGMA**2, W))


def _gaussian_penalty() -> Derivation:
    return (
        Chain(
            "R",
            NOTATION,
            PENALTY,
            "What is asked: minus the logarithm of the prior's density at the weights.",
        )
        .then(
            "The covariance is a multiple of the identity, so the weights are independent, and "
            "the density is the product of their densities.",
            independent_entries,
        )
        .then("The logarithm of a product is the sum of the logarithms.", log_of_index_product)
        .then(
            "The logarithm of a normal density in one dimension: a constant and a square.",
            log_of_normal,
        )
        .then(
            "Sum both parts apart; the constant occurs once for each weight.",
            distribute_over_sums,
        )
        .then(
            "The sum of the squared weights is their inner product with themselves.",
            inner_product_of_entries,
            NOTATION,
        )
        .derivation()
    )


def _coefficient() -> Derivation:
    per_square = (PENALTY - let("w", zeros(N), PENALTY)) / square(W)
    notation = NOTATION.extended(replace(_LAMBDA, definition=per_square))
    return (
        Chain("lambda", notation, LAMBDA, "What is asked: the factor of the squared length.")
        .then(
            "It is what the penalty adds to its value at weight zero, per unit of squared length.",
            unfold_definition,
            notation,
            "lambda",
        )
        .then("The penalty has just been found.", substitute_result, _gaussian_penalty().claim)
        .then("At weight zero only the constant is left.", at_zero_weights)
        .then("The constants cancel.", cancel_equal_summands)
        .then("So does the squared length.", coefficient_of_a_square)
        .derivation()
    )


def gaussian_prior() -> Solution:
    """III.1.1: minus the log density of N(0, sigma^2 I) is a constant plus lambda w^T w."""
    factor = Name("tau")
    tempered = NOTATION.extended(_positive("tau", r"\tau", "a further factor"))
    rescaled = let("sigma", SIGMA / sqrt(factor), PENALTY)
    constant = N / 2 * log(2 * PI * SIGMA**2)
    penalty = square(W) / (2 * SIGMA**2)
    return Solution(
        tempered.extended(_LAMBDA),
        answers=(
            Answer(
                "lambda",
                _coefficient(),
                ((2 * SIGMA**2) ** -1, number(1, 2) * SIGMA**-2),
                asks="the factor of w^T w, in terms of sigma",
            ),
            Answer(
                "R",
                _gaussian_penalty(),
                (
                    N * log(SIGMA) + N / 2 * log(2 * PI) + norm(W) ** 2 / (2 * SIGMA**2),
                    index_sum("i", N, log(SIGMA * sqrt(2 * PI)) + W["i"] ** 2 / (2 * SIGMA**2)),
                    -log(exp(-penalty) / (2 * PI * SIGMA**2) ** (N / 2)),
                ),
                asks="R(w) = -ln p(w), with its constant",
                mistakes=(
                    Mistake("without-half", "The squared term has lost its factor of one half.", 1),
                    Mistake(
                        "constant-of-one-weight",
                        "The constant is that of one weight; there are n of them.",
                    ),
                ),
            ),
        ),
        facts=(
            *_posterior_and_loss(),
            _fact("gradient", NOTATION, gradient(PENALTY, W), W / SIGMA**2),
            _fact(
                "best-sigma",
                NOTATION,
                derivative(PENALTY, SIGMA),
                N / SIGMA**3 * (SIGMA**2 - square(W) / N),
            ),
            _fact(
                "slope-without-constant",
                NOTATION,
                derivative(penalty, SIGMA),
                -(square(W) / SIGMA**3),
            ),
            Fact(
                _up_to_constant(Claim("tempered", tempered, factor * PENALTY, rescaled), "w"),
            ),
            _fact("without-half", NOTATION, PENALTY, constant + square(W) / SIGMA**2, holds=False),
            _fact(
                "constant-of-one-weight",
                NOTATION,
                PENALTY,
                log(2 * PI * SIGMA**2) / 2 + penalty,
                holds=False,
            ),
        ),
        formulas={
            "prior": isotropic(N, SIGMA**2, W),
            "constant": constant,
            "coefficient": 1 / (2 * SIGMA**2),
            "square": square(W),
            "scaled-spread": SIGMA / sqrt(factor),
            "factor": factor,
            "variance": SIGMA**2,
        },
        studies=("weight_decay_training",),
        conventions=(
            Convention("spread", "variance", replace={"sigma": sqrt(SIGMA)}),
            Convention(
                "penalty", "lambda/2", replace={"lambda": LAMBDA / 2}, scale={"lambda": number(2)}
            ),
        ),
    )


#: Bayes' rule for the weights, the data held fixed.
_BAYES = Notation(
    (
        Symbol("w", Array(("n",)), r"\mathbf{w}", words="the weights"),
        Symbol("v", Array(("n",)), r"\mathbf{v}", words="other weights"),
        Symbol(
            "likelihood",
            Function((Array(("n",)),), REAL),
            r"p(Y \mid X, {})",
            domain=POSITIVE,
            words="the likelihood of the weights",
        ),
        Symbol("prior", Law(Array(("n",))), "p({})", words="the prior"),
        Symbol(
            "evidence",
            REAL,
            r"p(Y \mid X)",
            domain=POSITIVE,
            definition=integral("u", call("likelihood", "u") * density("prior", "u"), spaces("n")),
            words="the evidence",
        ),
        Symbol(
            "posterior",
            Law(Array(("n",))),
            r"p({} \mid X, Y)",
            definition=call("likelihood", "u") * density("prior", "u") / Name("evidence"),
            parameters=("u",),
            words="the posterior",
        ),
    )
)


def _posterior_and_loss() -> tuple[Fact, ...]:
    """The regularized loss and minus the log posterior differ by a constant, not by a factor."""

    def loss(weights: Term) -> Term:
        return -log(call("likelihood", weights)) - log(density("prior", weights))

    def surprise(weights: Term) -> Term:
        return -log(density("posterior", weights))

    v = Name("v")
    return (
        _fact("loss-and-posterior", _BAYES, loss(W), surprise(W) - log("evidence")),
        _fact(
            "proportional",
            _BAYES,
            multiply(loss(W), surprise(v)),
            multiply(loss(v), surprise(W)),
            holds=False,
        ),
    )


# III.1.2 --------------------------------------------------------------------------------------

H, Q, T = names("h q t")
_DECAY = NOTATION.extended(
    _LAMBDA,
    _positive("eta", r"\eta", "the step size"),
    _positive("h", "h", "the curvature of the loss along one direction"),
    Symbol("q", REAL, "q", words="the weight that minimizes the loss alone"),
    Symbol("t", REAL, "t", words="a scale"),
    _positive("a", "a", "a positive factor"),
)


def effect_of_weight_decay() -> Solution:
    """III.1.2: decay per step, shrinkage along each direction of curvature, effective number."""
    factor = H / (H + 2 * LAMBDA)
    quadratic = H / 2 * (Name("u") - Q) ** 2 + LAMBDA * Name("u") ** 2
    relu = Apply("relu", (T,))
    return Solution(
        _DECAY,
        facts=(
            _fact(
                "one-step",
                _DECAY,
                W - RATE * gradient(LAMBDA * square(W), W),
                (1 - 2 * RATE * LAMBDA) * W,
            ),
            _fact("shrunk", _DECAY, argmin("u", spaces(), quadratic), factor * Q),
            _statement("shrinks-more", _DECAY, less(derivative(factor, LAMBDA), 0)),
            _statement("keeps-what-matters", _DECAY, greater(derivative(factor, H), 0)),
            _fact("no-penalty", _DECAY, limit("lambda", 0, factor), number(1)),
            _fact("all-penalty", _DECAY, limit("lambda", INFINITY, factor), number(0)),
            _statement("never-zero", _DECAY, greater(factor, 0)),
            _fact("nearly-linear", _DECAY, let("t", 0, derivative(tanh(T * Q), T)), Q),
            _fact("flat-at-zero", _DECAY, let("t", 0, derivative(LAMBDA * T**2, T)), number(0)),
            _fact(
                "rectifier",
                _DECAY,
                Apply("relu", (A * T,)) / A,
                relu,
            ),
        ),
        formulas={
            "penalty": LAMBDA * square(W),
            "coefficient": LAMBDA,
            "spread": SIGMA,
            "decay": 1 - 2 * RATE * LAMBDA,
            "factor": factor,
            "curvature": H,
            "alone": Q,
            "quadratic": H / 2 * (T - Q) ** 2 + LAMBDA * T**2,
            "step-size": RATE,
            "weight": T,
            "a-factor": A,
        },
        figures=("weight_prior.shrinkage",),
    )


# III.2.1 --------------------------------------------------------------------------------------


def single(one: Term, two: Term) -> Term:
    """The penalty with one coefficient for both layers."""
    return LAMBDA * square(one) + LAMBDA * square(two)


def layered(first: Term, second: Term, one: Term, two: Term) -> Term:
    """The penalty with a coefficient for each layer."""
    return first * square(one) + second * square(two)


_UNITS = Notation(
    (
        Symbol("x", Array(("d",)), "x", words="the inputs"),
        Symbol("U", Array(("m", "d")), "W^{(1)}", words="the weights of the first layer"),
        Symbol("c", Array(("m",)), "c", words="the biases of the hidden units"),
        Symbol("v", Array(("m",)), "w^{(2)}", words="the weights of the second layer"),
        Symbol("e", REAL, "e", words="the bias of the output"),
        Symbol("s", REAL, "s", words="a shift"),
        Symbol("h", Function((REAL,), REAL), "h", words="the activation of the hidden units"),
        *_FACTORS,
    )
)
X, U, C, V, E = names("x U c v e")


def network(inputs: Term, first: Term, biases: Term, second: Term, bias: Term) -> Term:
    """A network with one hidden layer and one linear output."""
    hidden = call("h", (first @ inputs)["k"] + biases["k"])
    return index_sum("k", "m", second["k"] * hidden) + bias


def _network_facts() -> tuple[Fact, ...]:
    """Which changes of the weights undo a rescaling of the inputs or the outputs."""
    plain = network(X, U, C, V, E)
    return (
        _fact("inputs-undone", _UNITS, network(A * X, (1 / A) * U, C, V, E), plain),
        _fact(
            "biases-rescaled",
            _UNITS,
            network(A * X, (1 / A) * U, (1 / A) * C, V, E),
            plain,
            holds=False,
        ),
        _fact("outputs-followed", _UNITS, network(X, U, C, B * V, B * E), B * plain),
        _fact("bias-forgotten", _UNITS, network(X, U, C, B * V, E), B * plain, holds=False),
    )


#: Ridge regression with one input: training worked out.
_RIDGE = Notation(
    (
        Symbol("x", REAL, "x", domain=POSITIVE, words="the input"),
        Symbol("y", REAL, "y", domain=POSITIVE, words="the target"),
        _LAMBDA,
        *_FACTORS,
    )
)


def _trained(x: Term, y: Term, coefficient: Term) -> Term:
    u = Name("u")
    return argmin("u", spaces(), (y - x * u) ** 2 + coefficient * u**2)


def _training_facts() -> tuple[Fact, ...]:
    """One weight, squared error: how the trained weight follows a change of units."""
    x, y = names("x y")
    plain = x * y / (x**2 + LAMBDA)
    divided = x * y / (A * (x**2 + LAMBDA))
    return (
        _fact("trained", _RIDGE, _trained(x, y, LAMBDA), plain),
        _fact("scaled-inputs", _RIDGE, _trained(A * x, y, LAMBDA), divided, holds=False),
        _fact("scaled-inputs-repaired", _RIDGE, _trained(A * x, y, A**2 * LAMBDA), divided),
        _fact("scaled-targets", _RIDGE, _trained(x, B * y, LAMBDA), B * plain),
        _fact(
            "scaled-targets-repaired",
            _RIDGE,
            _trained(x, B * y, LAMBDA / B**2),
            B * plain,
            holds=False,
        ),
    )


def _all_weights(statement: Term) -> Term:
    """For all weights of both layers."""
    return Bind("forall", "w1", spaces("n1"), Bind("forall", "w2", spaces("n2"), statement))


def single_penalty_consistency() -> Solution:
    """III.2.1: one coefficient for both layers is not consistent."""
    moved = single(divide(W1, A), B * W2)
    change = LAMBDA * (1 / A**2 - 1) * square(W1) + LAMBDA * (B**2 - 1) * square(W2)
    return Solution(
        SCALED,
        choices=(
            Choice(
                "consistent",
                "false",
                ("changed", "unchanged", "only-the-identity"),
                asks="whether the penalty with a single lambda stays the same under the rescaling",
                options={"true": ("consistent",), "false": ("inconsistent", "not consistent")},
            ),
        ),
        facts=(
            _fact("changed", SCALED, moved - single(W1, W2), change),
            _fact("unchanged", SCALED, moved, single(W1, W2), holds=False),
            _equivalence(
                "only-the-identity",
                SCALED,
                _all_weights(equal(moved, single(W1, W2))),
                both(equal(A, 1), equal(B, 1)),
            ),
            _fact("single-inputs", SCALED, single(divide(W1, A), W2), single(W1, W2), holds=False),
            _fact("single-outputs", SCALED, single(W1, B * W2), single(W1, W2), holds=False),
            _balanced_weights(),
            *_network_facts(),
            *_training_facts(),
        ),
        formulas={
            "penalty": single(W1, W2),
            "moved": moved,
            "inputs": A,
            "outputs": B,
            "first": W1,
            "second": W2,
            "first-moved": divide(W1, A),
            "second-moved": B * W2,
            "coefficient": LAMBDA,
        },
    )


def _balanced_weights() -> Fact:
    """Weights at which the penalty happens to stay what it was: for a = 1/2, b = 1/2, 4:1."""
    one, two = names("s1 s2")
    notation = Notation(
        (
            _positive("s1", r"\|w^{(1)}\|^{2}", "the squared length of the first weights"),
            _positive("s2", r"\|w^{(2)}\|^{2}", "the squared length of the second weights"),
        )
    )
    half = number(1, 2)
    return _equivalence(
        "accident",
        notation,
        equal(one / half**2 + half**2 * two, one + two),
        equal(two, 4 * one),
    )


# III.2.2 --------------------------------------------------------------------------------------


def _layer_penalty(name: str, first: Term, second: Term) -> Derivation:
    """Minus the log density of the two layers, with these variances."""
    return (
        Chain(
            name,
            LAYERS,
            -log(isotropic(N1, first, W1) * isotropic(N2, second, W2)),
            "What is asked: minus the logarithm of the prior's density at the weights.",
        )
        .then("The layers are independent.", log_of_product)
        .then("So are the weights within each layer.", independent_entries)
        .then("The logarithms of products are sums of logarithms.", log_of_index_product)
        .then("Each is a constant and a square.", log_of_normal)
        .then("Sum the constants and the squares of each layer.", distribute_over_sums)
        .then("The sums of squares are inner products.", inner_product_of_entries, LAYERS)
        .derivation()
    )


def _one_layer(name: str, size: Term, variance: Term, weights: Term) -> Derivation:
    """Minus the log density of one layer."""
    return (
        Chain(name, LAYERS, -log(isotropic(size, variance, weights)), "The penalty of one layer.")
        .then("Its weights are independent.", independent_entries)
        .then("The logarithm of a product is a sum of logarithms.", log_of_index_product)
        .then("Each is a constant and a square.", log_of_normal)
        .then("Sum the constants and the squares.", distribute_over_sums)
        .then("The sum of squares is an inner product.", inner_product_of_entries, LAYERS)
        .derivation()
    )


def _layer_coefficients(name: str, first: Term, second: Term) -> Derivation:
    layers = (("w1", N1, first, W1), ("w2", N2, second, W2))
    penalties = [-log(isotropic(size, variance, w)) for _, size, variance, w in layers]
    results = [_one_layer(layer, size, variance, w).claim for layer, size, variance, w in layers]
    first_factor, second_factor = (
        replace(symbol, definition=(penalty - let(layer, zeros(size), penalty)) / square(w))
        for symbol, (layer, size, _, w), penalty in zip(
            (_FIRST_FACTOR, _SECOND_FACTOR), layers, penalties, strict=True
        )
    )
    notation = LAYERS.extended(first_factor, second_factor)
    return (
        Chain(
            name,
            notation,
            tuple_of(L1, L2),
            "What is asked: the factors of the squared lengths.",
        )
        .then(
            "They are what the penalty of each layer adds to its value at weight zero, per unit "
            "of squared length.",
            unfold_definition,
            notation,
            "lambda1",
            "lambda2",
        )
        .then("Each penalty is that of a single Gaussian prior.", substitute_result, *results)
        .then("At weight zero only the constants are left.", at_zero_weights)
        .then("The constants cancel.", cancel_equal_summands)
        .then("So do the squared lengths.", coefficient_of_a_square)
        .derivation()
    )


def layer_priors() -> Solution:
    """III.2.2: a prior for each layer, its scale read as a variance and as a deviation."""
    variance = _layer_penalty("R-variance", S1, S2)
    deviation = _layer_penalty("R-std", S1**2, S2**2)
    loose = replace(deviation, claim=_up_to_constant(deviation.claim, "w1", "w2"))
    halves = layered(1 / (2 * S1), 1 / (2 * S2), W1, W2)
    return Solution(
        LAYERS,
        answers=(
            Answer(
                "lambdas-variance",
                _layer_coefficients("lambdas-variance", S1, S2),
                asks="both factors, where sigma_1 and sigma_2 are the variances",
            ),
            Answer(
                "lambdas-std",
                _layer_coefficients("lambdas-std", S1**2, S2**2),
                asks="both factors, where sigma_1 and sigma_2 are the standard deviations",
            ),
            Answer(
                "R-variance",
                variance,
                (
                    (N1 * log(S1) + N2 * log(S2) + (N1 + N2) * log(2 * PI)) / 2
                    + norm(W1) ** 2 / (2 * S1)
                    + norm(W2) ** 2 / (2 * S2),
                ),
                asks="R(w) with its constants, where sigma_1 and sigma_2 are the variances",
                mistakes=(
                    Mistake(
                        "without-constant",
                        "The terms that do not depend on the weights belong to R as well.",
                    ),
                ),
            ),
            Answer(
                "R-std",
                loose,
                (layered(1 / (2 * S1**2), 1 / (2 * S2**2), W1, W2),),
                asks="R(w), where sigma_1 and sigma_2 are the standard deviations",
            ),
        ),
        facts=(
            _fact("without-constant", LAYERS, variance.claim.defined, halves, holds=False),
            Fact(
                _up_to_constant(
                    Claim("with-constant", LAYERS, variance.claim.defined, halves), "w1", "w2"
                )
            ),
            _fact(
                "readings-differ",
                LAYERS,
                variance.claim.defined,
                deviation.claim.defined,
                holds=False,
            ),
            _fact(
                "gradient-first",
                LAYERS,
                gradient(variance.claim.defined, W1),
                W1 / S1,
            ),
        ),
        formulas={
            "first-prior": isotropic(N1, S1, W1),
            "second-prior": isotropic(N2, S2, W2),
            "first-prior-std": isotropic(N1, S1**2, W1),
            "second-prior-std": isotropic(N2, S2**2, W2),
            "first-scale": S1,
            "second-scale": S2,
        },
    )


# III.2.3 --------------------------------------------------------------------------------------

P1, P2 = names("lambda1_new lambda2_new")
_NEW = TWO_PENALTIES.extended(
    _positive("lambda1_new", r"\lambda_1'", "the new factor of the first penalty"),
    _positive("lambda2_new", r"\lambda_2'", "the new factor of the second penalty"),
    Symbol("u1", Array(("n1",)), "w'^{(1)}", words="the new weights of the first layer"),
    Symbol("u2", Array(("n2",)), "w'^{(2)}", words="the new weights of the second layer"),
)


def _rescaled() -> Derivation:
    """The penalties of the old weights per unit of squared length of the new ones."""
    u1, u2 = names("u1 u2")
    first = let("w1", A * u1, L1 * square(W1)) / square(u1)
    second = let("w2", (1 / B) * u2, L2 * square(W2)) / square(u2)
    notation = Notation(
        (
            *(symbol for symbol in _NEW if symbol.name not in ("lambda1_new", "lambda2_new")),
            replace(_NEW["lambda1_new"], definition=first),
            replace(_NEW["lambda2_new"], definition=second),
        )
    )
    return (
        Chain(
            "lambdas-rescaled",
            notation,
            tuple_of(P1, P2),
            "What is asked: the factors of the squared lengths of the new weights.",
        )
        .then(
            "The old penalty of each layer, per unit of squared length of its new weights. The old "
            "weights are multiples of the new ones.",
            unfold_definition,
            notation,
            "lambda1_new",
            "lambda2_new",
        )
        .then("Write the old weights in terms of the new ones.", scalars_out_of_squares)
        .then("The squared lengths cancel.", coefficient_of_a_square)
        .derivation()
    )


_FIT = Notation(
    (
        *TWO_PENALTIES,
        Symbol("y", Array(("k",)), "y", words="the targets"),
        Symbol("yhat", Array(("k",)), r"\hat{y}", words="the outputs of the network"),
    )
)


def layer_penalty_consistency() -> Solution:
    """III.2.3: two coefficients, and how they must change with the units."""
    moved = layered(L1, L2, divide(W1, A), B * W2)
    old = layered(L1, L2, W1, W2)
    y, yhat = names("y yhat")
    fit = norm(y - yhat) ** 2
    fit_moved = norm(B * y - B * yhat) ** 2
    repaired = layered(A**2 * L1, L2 / B**2, divide(W1, A), B * W2)
    with_fit = layered(A**2 * B**2 * L1, L2, divide(W1, A), B * W2)
    return Solution(
        _NEW,
        answers=(
            Answer(
                "lambdas-rescaled",
                _rescaled(),
                (tuple_of(L1 * A**2, L2 * B**-2), tuple_of(L1 / (1 / A) ** 2, (1 / B) ** 2 * L2)),
                asks="the new pair of factors that leaves the penalty as it was",
            ),
        ),
        facts=(
            _fact("unchanged", TWO_PENALTIES, moved, old, holds=False),
            _fact("repaired", TWO_PENALTIES, repaired, old),
            _equivalence(
                "only-this",
                _NEW,
                _all_weights(equal(layered(P1, P2, divide(W1, A), B * W2), old)),
                both(equal(P1, A**2 * L1), equal(P2, L2 / B**2)),
            ),
            _fact(
                "new-spreads",
                _NEW,
                tuple_of(1 / (2 * (S1 / A) ** 2), 1 / (2 * (B * S2) ** 2)),
                tuple_of(A**2 / (2 * S1**2), 1 / (2 * B**2 * S2**2)),
            ),
            _fact(
                "density-of-new-weights",
                TWO_PENALTIES,
                isotropic(N1, (S1 / A) ** 2, divide(W1, A)),
                A**N1 * isotropic(N1, S1**2, W1),
            ),
            _fact("fit-in-new-units", _FIT, fit_moved, B**2 * fit),
            _fact("objective-repaired", _FIT, fit_moved + with_fit, B**2 * (fit + old)),
            _fact(
                "objective-with-unchanged-penalty",
                _FIT,
                fit_moved + repaired,
                B**2 * (fit + old),
                holds=False,
            ),
            _fact(
                "upside-down",
                TWO_PENALTIES,
                layered(L1 / A**2, B**2 * L2, divide(W1, A), B * W2),
                old,
                holds=False,
            ),
        ),
        formulas={
            "penalty": old,
            "moved": moved,
            "inputs": A,
            "outputs": B,
            "first": W1,
            "second": W2,
            "first-new": Name("u1"),
            "second-new": Name("u2"),
            "first-moved": divide(W1, A),
            "second-moved": B * W2,
            "first-coefficient": L1,
            "second-coefficient": L2,
            "first-repaired": A**2 * L1,
            "second-repaired": L2 / B**2,
            "with-fit-first": A**2 * B**2 * L1,
            "with-fit-second": L2,
            "first-spread": S1 / A,
            "second-spread": B * S2,
            "common": B**2,
        },
    )
