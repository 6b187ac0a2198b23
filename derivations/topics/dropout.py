"""Dropout on the inputs of linear regression, against weight decay.

Sources: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to
prevent neural networks from overfitting", JMLR 15 (2014), section 9.1; Wager, Wang and Liang,
"Dropout training as adaptive regularization", NeurIPS 2013, section 2.
"""

from __future__ import annotations

from types import MappingProxyType

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution
from derivations.rules.matrix_calculus import (
    cancel_common_factors,
    cancel_inverses,
    collect_unknown,
    diagonal_is_symmetric,
    divide_inverse,
    gradient_of_squared_norm,
    inner_product_as_norm,
    linearity_of_gradient,
    minimizer_of_quadratic,
    norm_by_rows,
    norms_from_rows,
    push_through,
    recognise_definition,
    rescale_unknown,
    solve_linear_system,
    use_definition,
    use_identity,
)
from derivations.rules.moments import (
    exchange_sums,
    linearity_of_expectation,
    mean_of_mask,
    second_moment,
    variance_of_independent_sum,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, children, lift
from language.types import INTEGER, NATURALS, POSITIVE, PROBABILITY, REAL, Array
from language.vocabulary import (
    INFINITY,
    TRUE,
    argmin,
    delta,
    derivative,
    determinant,
    diagonal,
    entry,
    equal,
    expectation,
    gradient,
    hadamard,
    hessian,
    identity,
    index_sum,
    inverse,
    jacobian,
    less,
    let,
    limit,
    matrix,
    norm,
    number,
    product_of,
    spaces,
    sqrt,
    vector,
)

__all__ = [
    "dropout_against_weight_decay",
    "dropout_minimizer",
    "expected_loss",
    "weight_decay_minimizer",
]

X, Y, W, P, R, GAMMA, LAMBDA = map(Name, ("X", "y", "w", "p", "R", "Gamma", "lambda"))
GRAM = X.T @ X
RETAINED = Apply("bernoulli", (P,))
ZERO_VECTOR = Apply("zeros", (Name("d"),))

_FEATURES = Symbol("X", Array(("n", "d")), r"\mathbf{X}", words="the inputs, one row per example")
_TARGETS = Symbol("y", Array(("n",)), r"\mathbf{y}", words="the targets")
_WEIGHTS = Symbol("w", Array(("d",)), r"\mathbf{w}", words="the weights")
_KEEP = Symbol("p", REAL, domain=PROBABILITY, words="the probability of keeping a unit")
_MASK = Symbol("R", Array(("n", "d")), r"\mathbf{R}", words="the dropout mask")


def _column_norms(*further_traits: str) -> Symbol:
    return Symbol(
        "Gamma",
        Array(("d", "d")),
        r"\Gamma",
        definition=delta("i", "j") * sqrt(index_sum("k", "n", entry(X, "k", "i") ** 2)),
        parameters=("i", "j"),
        traits=frozenset(("diagonal", *further_traits)),
        words="the diagonal matrix of the norms of the columns of X",
    )


_DROPOUT_LAMBDA = Symbol(
    "lambda",
    REAL,
    r"\lambda^{\mathrm{dropout}}",
    domain=POSITIVE,
    definition=P * (1 - P) / P**2,
    words="the factor of the penalty over the factor of the fit",
    spellings=(
        r"\lambda",
        r"\lambda^{drop}",
        r"\lambda_{dropout}",
        r"\lambda_{drop}",
        r"\lambda_d",
        "lam",
    ),
)
_DECAY_LAMBDA = Symbol(
    "lambda",
    REAL,
    r"\lambda^{L^2}",
    domain=POSITIVE,
    words="the regularization coefficient of weight decay",
    spellings=(
        r"\lambda",
        r"\lambda^{L2}",
        r"\lambda_{L2}",
        r"\lambda_{L^2}",
        r"\lambda_{L_2}",
        r"\lambda^{L_2}",
        r"\lambda^{\ell_2}",
        r"\lambda_{\ell_2}",
        "lam",
    ),
)

NOTATION = Notation((_FEATURES, _TARGETS, _WEIGHTS, _KEEP, _MASK, _column_norms()))
LOSS = norm(Y - hadamard(X, R) @ W) ** 2
_INDICES = tuple(Symbol(index, INTEGER, domain=NATURALS, words="an index") for index in ("i", "j"))
_DIRECTION = Symbol("v", Array(("d",)), r"\mathbf{v}", words="any direction")
EXPECTED_LOSS = norm(Y - P * X @ W) ** 2 + P * (1 - P) * norm(GAMMA @ W) ** 2


def _fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(name: str, notation: Notation, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, statement, TRUE, Equality.CONDITION), holds)


# How else the questions are asked --------------------------------------------------------------

#: With the probability of dropping a unit given.
_DROPPING = Convention("dropout", "drop", {"p": 1 - P})


def _penalties(*coefficients: str) -> tuple[Convention, ...]:
    """Half of lambda, or lambda over n, before the penalty; these answers are lambda itself."""
    found = []
    for option, divisor in (("lambda/2", lift(2)), ("lambda/n", Name("n"))):
        factors = dict.fromkeys(coefficients, divisor)
        found.append(Convention("penalty", option, {"lambda": LAMBDA / divisor}, factors))
    return tuple(found)


def _averaged(*losses: str, coefficients: tuple[str, ...] = ()) -> Convention:
    """The mean squared error, against which lambda stands; these answers are losses, or lambda."""
    share = 1 / Name("n")
    factors = dict.fromkeys((*losses, *coefficients), share)
    return Convention("reduction", "mean", {"lambda": Name("n") * LAMBDA}, factors)


# 1.1 ------------------------------------------------------------------------------------------


def expected_loss() -> Solution:
    """The expectation of the squared loss over the dropout mask, for all n and d."""
    return Solution(
        NOTATION.extended(*_INDICES),
        answers=(
            Answer(
                "expected-loss",
                _expected_loss(),
                _expanded_losses(),
                asks="the expected loss, in X, y, w, p and Gamma",
            ),
        ),
        facts=(
            _mean_prediction(),
            *_masks_that_are_not_independent(),
            *_the_root_of_a_matrix(),
        ),
        formulas=MappingProxyType(
            {
                "loss": LOSS,
                "fit": norm(Y - P * X @ W) ** 2,
                "penalty": P * (1 - P) * norm(GAMMA @ W) ** 2,
                "mask-variance": P * (1 - P),
                "j": Name("j"),
                "squared-norm-of-a-column": index_sum("i", "n", entry(X, "i", "j") ** 2),
            }
        ),
        experiments=("dropout",),
        studies=("dropout_sampling",),
        figures=("monte_carlo",),
        conventions=(_DROPPING, _averaged("expected-loss", "loss", "fit", "penalty")),
    )


def _expected_loss() -> Derivation:
    chain = Chain(
        "expected-loss",
        NOTATION,
        expectation("R", RETAINED, LOSS),
        "What is asked: the loss of a random mask, averaged over masks.",
    )
    return (
        chain.then(
            "The squared norm is a sum over the examples, one squared residual per row.",
            norm_by_rows,
            NOTATION,
        )
        .then("The expectation is linear, so it may be taken row by row.", linearity_of_expectation)
        .then(
            "The mean of a square is the squared mean plus the variance; this is the hint's "
            "identity, solved for the second moment.",
            second_moment,
        )
        .then(
            "The mean is linear, and each entry of the mask has mean equal to the probability of "
            "keeping it.",
            mean_of_mask,
        )
        .then(
            "The target is a constant and drops out of the variance; the entries of one row of "
            "the mask are independent, so their variances add, each with its coefficient squared.",
            variance_of_independent_sum,
        )
        .then("Finite sums may be split and taken in either order.", exchange_sums)
        .then(
            "The inner sum is a diagonal entry of the Gram matrix, the squared norm of a column.",
            recognise_definition,
            "Gamma",
            NOTATION,
        )
        .then("Both sums of squares are squared norms again.", norms_from_rows, NOTATION)
        .derivation()
    )


def _expanded_losses() -> tuple[Term, ...]:
    residual = Y - P * X @ W
    return (
        residual.T @ residual + P * (1 - P) * (W.T @ GAMMA**2 @ W),
        norm(Y - P * X @ W) ** 2 + (P - P**2) * norm(GAMMA @ W) ** 2,
        norm(Y - P * X @ W) ** 2 + P * (1 - P) * (W.T @ diagonal(GRAM) @ W),
    )


def _mean_prediction() -> Fact:
    """On average the masked layer predicts with the weights p w."""
    masked = expectation("R", RETAINED, hadamard(X, R) @ W)
    return _fact("mean-prediction", NOTATION, masked, P * X @ W)


def _masks_that_are_not_independent() -> tuple[Fact, ...]:
    """One mask for all rows gives the same expectation; one draw for a whole row does not."""
    columns = NOTATION.extended(
        Symbol("r", Array(("d",)), r"\mathbf{r}", words="one mask for all examples")
    )
    rows = NOTATION.extended(
        Symbol("s", Array(("n",)), r"\mathbf{s}", words="one draw per example")
    )
    same_mask = expectation("r", RETAINED, norm(Y - X @ diagonal("r") @ W) ** 2)
    whole_rows = expectation("s", RETAINED, norm(Y - diagonal("s") @ X @ W) ** 2)
    return (
        _fact("one-mask-for-all-rows", columns, same_mask, EXPECTED_LOSS),
        _fact("whole-rows-dropped", rows, whole_rows, EXPECTED_LOSS, holds=False),
        _fact(
            "whole-rows-penalty",
            rows,
            whole_rows,
            norm(Y - P * X @ W) ** 2 + P * (1 - P) * norm(X @ W) ** 2,
        ),
    )


def _the_root_of_a_matrix() -> tuple[Fact, ...]:
    """The root is taken of the diagonal entry; a diagonal entry of the matrix root differs."""
    gram = matrix((2, 1), (1, 2))
    root = matrix(((sqrt(3) + 1) / 2, (sqrt(3) - 1) / 2), ((sqrt(3) - 1) / 2, (sqrt(3) + 1) / 2))
    plain = Notation()
    return (
        _fact("matrix-root", plain, root @ root, gram),
        _fact("root-of-an-entry", plain, entry(root, 1, 1), sqrt(entry(gram, 1, 1)), holds=False),
    )


# 1.2 ------------------------------------------------------------------------------------------

#: No column of X is zero: without this the minimizer is not unique.
_REGULAR = Notation((_FEATURES, _TARGETS, _WEIGHTS, _KEEP, _MASK, _column_norms("invertible")))
_DROPOUT = _REGULAR.extended(_DROPOUT_LAMBDA)
_MINIMIZER = argmin("w", spaces("d"), EXPECTED_LOSS)


def dropout_minimizer() -> Solution:
    """The minimizer of the expected loss, its regularization coefficient, and both extremes."""
    scaled = _scaled_minimizer()
    plain = _plain_minimizer()
    return Solution(
        _DROPOUT.extended(_DIRECTION),
        answers=(
            Answer(
                "lambda-dropout",
                _coefficient(),
                (1 / P - 1, (1 - P) * P**-1),
                asks="the regularization coefficient, in terms of p",
            ),
            Answer(
                "pw-dropout", scaled, (_dual(LAMBDA),), asks="p times the minimizer", also=("p",)
            ),
            Answer(
                "w-dropout", plain, _forms_of_minimizer(), asks="the minimizer", also=("lambda",)
            ),
            Answer(
                "gradient",
                _gradient(),
                _forms_of_gradient(),
                asks="the gradient of the expected loss in w",
            ),
        ),
        lemmas=(_normal_equations(), _dual_of_dropout()),
        facts=(
            *_rescaled_loss(),
            *_effect_of_p(),
            *_curvature(),
            *_extremes(),
            *_zero_column(),
        ),
        formulas=MappingProxyType(
            {
                "expected-loss": EXPECTED_LOSS,
                "scaled-weights": P * W,
                "gram": GRAM,
                "least-squares": inverse(GRAM) @ X.T @ Y,
                "one-feature-at-a-time": GAMMA**-2 @ X.T @ Y,
                "blend": P * GRAM + (1 - P) * GAMMA**2,
                "coefficient": (1 - P) / P,
                "penalty-factor": P * (1 - P),
            }
        ),
        experiments=("dropout",),
        studies=("dropout_training",),
        figures=("penalty",),
        conventions=(
            _DROPPING,
            *_penalties("lambda-dropout"),
            _averaged(
                "gradient",
                "expected-loss",
                "hessian",
                "quadratic-form",
                "loss-in-scaled-weights",
                coefficients=("lambda-dropout",),
            ),
        ),
    )


def _coefficient() -> Derivation:
    """The factor of Gamma^2 over the factor of X^T X in the normal equations."""
    return (
        Chain(
            "lambda-dropout",
            _DROPOUT,
            LAMBDA,
            "What is asked: the coefficient that multiplies the squared diagonal matrix.",
        )
        .then(
            "In the normal equations it is the factor of the penalty over the factor of the fit.",
            use_definition,
            "lambda",
            _DROPOUT,
        )
        .then(
            "One factor cancels, since units are kept with positive probability.",
            cancel_common_factors,
            _DROPOUT,
        )
        .derivation()
    )


def _scaled_minimizer() -> Derivation:
    minimizer = Symbol(
        "w_dropout",
        Array(("d",)),
        r"\mathbf{w}^{\mathrm{dropout}}",
        definition=_plain_minimizer().claim.closed_form,
        words="the minimizer of the expected loss",
        spellings=("w^{drop}", "w_{dropout}", "w_{drop}"),
    )
    notation = _DROPOUT.extended(minimizer)
    return (
        Chain(
            "pw-dropout", notation, P * Name("w_dropout"), "What is asked: the minimizer, rescaled."
        )
        .then("The minimizer was just found.", use_definition, "w_dropout", notation)
        .then("The scalars in front cancel.", cancel_common_factors, notation)
        .then(
            "The factor of the penalty is the regularization coefficient.",
            recognise_definition,
            "lambda",
            notation,
        )
        .derivation()
    )


def _plain_minimizer() -> Derivation:
    return (
        Chain("w-dropout", _REGULAR, _MINIMIZER, "What is asked: the minimizer itself.")
        .then(
            "The expected loss is a convex quadratic, so its minimizer is where the gradient "
            "vanishes.",
            minimizer_of_quadratic,
            _REGULAR,
        )
        .then(
            "Take the squared keep probability out of the inverse.", divide_inverse, P**2, _REGULAR
        )
        .derivation()
    )


def _forms_of_minimizer() -> tuple[Term, ...]:
    return (
        inverse(P * GRAM + (1 - P) * GAMMA**2) @ X.T @ Y,
        P * (inverse(P**2 * GRAM + P * (1 - P) * GAMMA**2) @ X.T @ Y),
        (1 / P) * _dual((1 - P) / P),
    )


def _dual(coefficient: Term) -> Term:
    """The push-through form, with an inverse of size n instead of d."""
    return GAMMA**-2 @ X.T @ inverse(X @ GAMMA**-2 @ X.T + coefficient * identity("n")) @ Y


def _gradient() -> Derivation:
    return (
        Chain(
            "gradient",
            _REGULAR,
            gradient(EXPECTED_LOSS, W),
            "What is asked: the gradient of the expected loss in the weights.",
        )
        .then("The gradient is linear.", linearity_of_gradient, _REGULAR)
        .then(
            "The squared norm of an affine function has twice the transposed matrix times the "
            "function as its gradient.",
            gradient_of_squared_norm,
            _REGULAR,
        )
        .then("A diagonal matrix is its own transpose.", diagonal_is_symmetric, _REGULAR)
        .derivation()
    )


def _forms_of_gradient() -> tuple[Term, ...]:
    return (
        2 * P**2 * (GRAM @ W) - 2 * P * (X.T @ Y) + 2 * P * (1 - P) * (GAMMA**2 @ W),
        2 * P * ((P * GRAM + (1 - P) * GAMMA**2) @ W - X.T @ Y),
    )


def _normal_equations() -> Derivation:
    chain = Chain(
        "normal-equations",
        _DROPOUT,
        equal(_gradient().claim.closed_form, ZERO_VECTOR),
        "At a minimum the gradient vanishes.",
    )
    return (
        chain.then(
            "Divide by two, collect the weights on the left.", collect_unknown, "w", _DROPOUT
        )
        .then(
            "Divide by the keep probability, and pass one factor of it to the weights.",
            rescale_unknown,
            P,
            _DROPOUT,
        )
        .then(
            "The factor of the penalty is the regularization coefficient.",
            recognise_definition,
            "lambda",
            _DROPOUT,
        )
        .then("The matrix is invertible as soon as no column is zero.", solve_linear_system)
        .derivation(Equality.CONDITION)
    )


def _dual_of_dropout() -> Derivation:
    return (
        Chain(
            "dual-dropout",
            _DROPOUT,
            inverse(GRAM + LAMBDA * GAMMA**2) @ X.T @ Y,
            "The rescaled minimizer, with an inverse of the size of the weights.",
        )
        .then(
            "Push the features through the inverse; what is left to invert has the size of the "
            "data.",
            push_through,
            _DROPOUT,
        )
        .derivation()
    )


def _rescaled_loss() -> tuple[Fact, ...]:
    """In terms of v = p w, dropout is ridge regression with the penalty lambda ||Gamma v||^2."""
    notation = _DROPOUT.extended(_DIRECTION)
    v = Name("v")
    ridge = norm(Y - X @ v) ** 2 + LAMBDA * norm(GAMMA @ v) ** 2
    return (_fact("loss-in-scaled-weights", notation, EXPECTED_LOSS, let("v", P * W, ridge)),)


def _effect_of_p() -> tuple[Fact, ...]:
    coefficient = (1 - P) / P
    plain = Notation((_KEEP,))
    return (
        _fact("lambda-slope", plain, derivative(coefficient, P), -(1 / P**2)),
        _statement("lambda-decreases", plain, less(-(1 / P**2), 0)),
        _fact("lambda-at-one", plain, limit("p", 1, coefficient), lift(0)),
        _fact("lambda-at-zero", plain, limit("p", 0, coefficient), INFINITY),
        _fact("lambda-at-a-half", plain, let("p", number(1, 2), coefficient), lift(1)),
    )


_HESSIAN = 2 * P**2 * GRAM + 2 * P * (1 - P) * GAMMA**2


def _curvature() -> tuple[Fact, ...]:
    """The Hessian, and its quadratic form as a sum of squares: zero only where Gamma v is."""
    notation = _REGULAR.extended(_DIRECTION)
    v = Name("v")
    return (
        _fact("hessian", _REGULAR, jacobian(_gradient().claim.closed_form, W), _HESSIAN),
        _fact(
            "quadratic-form",
            notation,
            v.T @ _HESSIAN @ v,
            2 * P**2 * norm(X @ v) ** 2 + 2 * P * (1 - P) * norm(GAMMA @ v) ** 2,
        ),
    )


def _extremes() -> tuple[Fact, ...]:
    """Both ends of the matrix to be inverted, written without fractions."""
    blend = P * GRAM + (1 - P) * GAMMA**2
    return (
        _fact("keep-all", _REGULAR, let("p", 1, blend), GRAM),
        _fact("keep-none", _REGULAR, let("p", 0, blend), GAMMA**2),
        _fact("loss-at-zero", _REGULAR, let("p", 0, EXPECTED_LOSS), norm(Y) ** 2),
    )


def _zero_column() -> tuple[Fact, ...]:
    """With a zero column the weight on it is free, and the matrix cannot be inverted."""
    notation = Notation(
        (
            _KEEP,
            *(Symbol(name, REAL) for name in ("a", "b", "s", "t")),
            Symbol("R", Array((2, 2)), r"\mathbf{R}"),
        )
    )
    a, b = Name("a"), Name("b")
    inputs = matrix((a, 0), (b, 0))
    weights, shorter = vector("s", "t"), vector("s", 0)
    target = vector(1, 1)

    def loss(w: Term) -> Term:
        return expectation("R", RETAINED, norm(target - hadamard(inputs, R) @ w) ** 2)

    squared_norms = matrix((a**2 + b**2, 0), (0, 0))
    return (
        _fact("zero-column-loss", notation, loss(weights), loss(shorter)),
        _fact(
            "zero-column-determinant",
            notation,
            determinant(inputs.T @ inputs + (1 - P) / P * squared_norms),
            lift(0),
        ),
    )


# 1.3 ------------------------------------------------------------------------------------------

_DECAY = Notation((_FEATURES, _TARGETS, _WEIGHTS, _DECAY_LAMBDA))
DECAY_LOSS = norm(Y - X @ W) ** 2 + LAMBDA * norm(W) ** 2


def weight_decay_minimizer() -> Solution:
    """Linear regression with an L2 penalty: its loss and its minimizer."""
    residual = Y - X @ W
    return Solution(
        _DECAY.extended(_DIRECTION),
        answers=(
            Answer(
                "loss-l2",
                _decay_loss(),
                (
                    residual.T @ residual + LAMBDA * (W.T @ W),
                    Y.T @ Y - 2 * (W.T @ X.T @ Y) + W.T @ (GRAM + LAMBDA * identity("d")) @ W,
                ),
                asks="the loss with its penalty",
            ),
            Answer("w-l2", _decay_minimizer(), (_decay_dual(),), asks="the minimizer"),
        ),
        lemmas=(_decay_gradient(), _decay_equations(), _dual_of_decay()),
        facts=(
            _fact(
                "decay-hessian",
                _DECAY,
                hessian(DECAY_LOSS, W),
                2 * GRAM + 2 * LAMBDA * identity("d"),
            ),
            _fact(
                "decay-quadratic-form",
                _DECAY.extended(_DIRECTION),
                Name("v").T @ (2 * GRAM + 2 * LAMBDA * identity("d")) @ Name("v"),
                2 * norm(X @ Name("v")) ** 2 + 2 * LAMBDA * norm("v") ** 2,
            ),
        ),
        formulas=MappingProxyType(
            {
                "gram": GRAM,
            }
        ),
        experiments=("dropout",),
        conventions=(*_penalties(), _averaged("loss-l2", "gradient-l2")),
    )


def _decay_loss() -> Derivation:
    return (
        Chain(
            "loss-l2",
            _DECAY,
            norm(Y - X @ W) ** 2 + LAMBDA * (W.T @ W),
            "The squared error of the whole input, plus the coefficient times the penalty.",
        )
        .then("A vector's inner product with itself is its squared norm.", inner_product_as_norm)
        .derivation()
    )


def _decay_minimizer() -> Derivation:
    return (
        Chain(
            "w-l2",
            _DECAY,
            argmin("w", spaces("d"), DECAY_LOSS),
            "What is asked: the minimizer of the penalized loss.",
        )
        .then(
            "The loss is a strictly convex quadratic, so its minimizer is where the gradient "
            "vanishes.",
            minimizer_of_quadratic,
            _DECAY,
        )
        .derivation()
    )


def _decay_gradient() -> Derivation:
    return (
        Chain(
            "gradient-l2",
            _DECAY,
            gradient(DECAY_LOSS, W),
            "The gradient of the penalized loss in the weights.",
        )
        .then("The gradient is linear.", linearity_of_gradient, _DECAY)
        .then(
            "The squared norm of an affine function has twice the transposed matrix times the "
            "function as its gradient.",
            gradient_of_squared_norm,
            _DECAY,
        )
        .derivation()
    )


def _decay_equations() -> Derivation:
    return (
        Chain(
            "normal-equations-l2",
            _DECAY,
            equal(_decay_gradient().claim.closed_form, ZERO_VECTOR),
            "At a minimum the gradient vanishes.",
        )
        .then("Divide by two, collect the weights on the left.", collect_unknown, "w", _DECAY)
        .then("The matrix is positive definite, so it has an inverse.", solve_linear_system)
        .derivation(Equality.CONDITION)
    )


def _decay_dual() -> Term:
    return X.T @ inverse(X @ X.T + LAMBDA * identity("n")) @ Y


def _dual_of_decay() -> Derivation:
    return (
        Chain(
            "dual-l2",
            _DECAY,
            inverse(GRAM + LAMBDA * identity("d")) @ X.T @ Y,
            "The minimizer, with an inverse of the size of the weights.",
        )
        .then(
            "Push the features through the inverse; what is left to invert has the size of the "
            "data.",
            push_through,
            _DECAY,
        )
        .derivation()
    )


# 1.4 ------------------------------------------------------------------------------------------

G, D, C, STRENGTH = map(Name, ("Gamma", "D", "c", "g"))
_UNITS = frozenset(("diagonal", "invertible"))
#: Here Gamma is any invertible diagonal matrix, so that what is proved holds for every one.
_COMPARISON = Notation(
    (
        _FEATURES,
        _TARGETS,
        _KEEP,
        Symbol("lambda", REAL, r"\lambda", domain=POSITIVE, words="either coefficient"),
        Symbol("c", REAL, domain=POSITIVE, words="a norm that all columns share"),
        Symbol("g", REAL, domain=POSITIVE, words="the norm of one column"),
        Symbol(
            "Gamma",
            Array(("d", "d")),
            r"\Gamma",
            traits=_UNITS,
            words="the diagonal matrix of the norms of the columns of X",
        ),
        Symbol("D", Array(("d", "d")), r"\mathbf{D}", traits=_UNITS, words="new units"),
    )
)
_IDENTITY = identity("d")
_DECAY_FACTOR = STRENGTH**2 / (STRENGTH**2 + LAMBDA)
_DROPOUT_FACTOR = 1 / (1 + LAMBDA)


def _product_of(*factors: Term) -> Term:
    """A product of matrices, without products directly inside it."""
    flat: list[Term] = []
    for factor in factors:
        inside = isinstance(factor, Apply) and factor.head == "multiply"
        flat.extend(children(factor) if inside else (factor,))
    return product_of(flat)


def _ridge(features: Term, penalty: Term) -> Term:
    """The minimizer of ``||y - Z w||^2 + w^T P w`` for features ``Z`` and penalty ``P``."""
    return inverse(features.T @ features + penalty) @ features.T @ Y


def dropout_against_weight_decay() -> Solution:
    """What the two closed forms prove about the two regularizers."""
    return Solution(
        _COMPARISON,
        lemmas=(_predictions_in_new_units(),),
        facts=(
            *_rescaled_features(),
            *_equal_norms(),
            *_orthogonal_features(),
            *_normalized_features(),
        ),
        formulas=MappingProxyType(
            {
                "dropout": _ridge(X, LAMBDA * G**2),
                "decay": _ridge(X, LAMBDA * _IDENTITY),
                "dropout-penalty": LAMBDA * G**2,
                "decay-penalty": LAMBDA * _IDENTITY,
                "equal-norms": C * _IDENTITY,
                "equivalent-coefficient": LAMBDA * C**2,
                "decay-factor": _DECAY_FACTOR,
                "dropout-factor": _DROPOUT_FACTOR,
                "orthogonal-gram": G**2,
                "gram": GRAM,
            }
        ),
        studies=("regression_on_data",),
        figures=("shrinkage",),
        conventions=(_DROPPING, *_penalties(), _averaged()),
    )


_RESCALED_GRAM = D @ GRAM @ D
_DROPOUT_IN_NEW_UNITS = _product_of(inverse(_RESCALED_GRAM + LAMBDA * (D @ G**2 @ D)), D, X.T, Y)
_DROPOUT_IN_OLD_UNITS = _product_of(inverse(GRAM + LAMBDA * G**2), X.T, Y)


def _rescaled_features() -> tuple[Fact, ...]:
    """Features in new units: dropout's weights absorb the change, weight decay's do not."""
    rescaled = X @ D
    plain = Notation((_FEATURES, _COMPARISON["D"]))
    decay = inverse(_RESCALED_GRAM + LAMBDA * _IDENTITY) @ D @ X.T @ Y
    return (
        _fact(
            "norms-in-new-units",
            plain,
            diagonal(rescaled.T @ rescaled),
            D @ diagonal(GRAM) @ D,
        ),
        _fact(
            "dropout-weights-in-new-units",
            _COMPARISON,
            _DROPOUT_IN_NEW_UNITS,
            _product_of(inverse(D), _DROPOUT_IN_OLD_UNITS),
        ),
        _fact(
            "decay-predictions-in-new-units",
            _COMPARISON,
            rescaled @ decay,
            X @ _ridge(X, LAMBDA * _IDENTITY),
            holds=False,
        ),
    )


def _predictions_in_new_units() -> Derivation:
    return (
        Chain(
            "dropout-predictions-in-new-units",
            _COMPARISON,
            _product_of(X, D, _DROPOUT_IN_NEW_UNITS),
            "The rescaled features, times the weights fitted to them.",
        )
        .then(
            "The weights are the old ones, divided by the units.",
            use_identity,
            _DROPOUT_IN_NEW_UNITS,
            _product_of(inverse(D), _DROPOUT_IN_OLD_UNITS),
        )
        .then("The units cancel against the features'.", cancel_inverses)
        .derivation()
    )


def _equal_norms() -> tuple[Fact, ...]:
    """Where all columns have one norm the two regularizers are the same."""
    common = C * _IDENTITY
    return (
        _fact(
            "equal-norms-are-weight-decay",
            _COMPARISON,
            _ridge(X, LAMBDA * common**2),
            _ridge(X, LAMBDA * C**2 * _IDENTITY),
        ),
        _fact(
            "dropout-is-not-weight-decay",
            _COMPARISON,
            _ridge(X, LAMBDA * G**2),
            _ridge(X, LAMBDA * _IDENTITY),
            holds=False,
        ),
    )


def _orthogonal_features() -> tuple[Fact, ...]:
    """With orthogonal columns dropout shrinks every weight alike, weight decay weak ones more."""
    return (
        _fact(
            "dropout-shrinks-alike",
            _COMPARISON,
            inverse(G**2 + LAMBDA * G**2) @ X.T @ Y,
            _DROPOUT_FACTOR * (G**-2 @ X.T @ Y),
        ),
        _fact(
            "dropout-factor-is-p",
            _COMPARISON,
            let("lambda", (1 - P) / P, _DROPOUT_FACTOR),
            P,
        ),
        _fact(
            "decay-shrinks-by-strength",
            _COMPARISON,
            1 / (STRENGTH**2 + LAMBDA),
            _DECAY_FACTOR * (1 / STRENGTH**2),
        ),
        _fact(
            "decay-factor-slope",
            _COMPARISON,
            derivative(_DECAY_FACTOR, STRENGTH),
            2 * LAMBDA * STRENGTH / (STRENGTH**2 + LAMBDA) ** 2,
        ),
        _statement(
            "decay-factor-grows",
            _COMPARISON,
            less(0, 2 * LAMBDA * STRENGTH / (STRENGTH**2 + LAMBDA) ** 2),
        ),
    )


def _normalized_features() -> tuple[Fact, ...]:
    """Dropout is weight decay on features scaled to unit norm."""
    normalized = inverse(G) @ GRAM @ inverse(G) + LAMBDA * _IDENTITY
    return (
        _fact(
            "dropout-normalizes",
            _COMPARISON,
            _ridge(X, LAMBDA * G**2),
            inverse(G) @ inverse(normalized) @ inverse(G) @ X.T @ Y,
        ),
    )
