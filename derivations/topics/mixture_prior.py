"""A Gaussian mixture as the prior of the weights: soft weight sharing.

Sources: Nowlan and Hinton, "Simplifying neural networks by soft weight-sharing", Neural Computation
4 (1992); Bishop, "Pattern Recognition and Machine Learning" (2006), sections 5.5.7 and 9.2.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Mistake, Solution
from derivations.rules.information import unfold_definition
from derivations.rules.priors import (
    derivative_of_a_logarithm,
    derivative_of_a_sum,
    deviations_for_variances,
    differentiate_log_normal,
    distribute_over_sums,
    fishers_identity,
    fold_responsibilities,
    log_of_index_product,
    logarithmic_derivative,
    only_its_own_summand,
    own_share,
    probabilities_add_up,
    sign_into_sum,
    softmax_derivative,
    write_normal,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, NATURALS, POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    PI,
    TRUE,
    both,
    call,
    density,
    derivative,
    equal,
    exp,
    expectation,
    greater,
    index_product,
    index_sum,
    integral,
    less,
    let,
    limit,
    log,
    names,
    number,
    sqrt,
    sum_of,
)

__all__ = [
    "fixed_mixture",
    "mean_gradient",
    "posterior",
    "regularizer",
    "spread_gradient",
    "three_components",
    "weight_gradient",
]

W, MU, SIGMA, WEIGHTS, LOGITS, ETA, V = names("w mu sigma pi a eta v")
J, K, N, M, U = names("j k n m u")
LAMBDA = Name("lambda")

Variance = Callable[[Term], Term]


def normal(mean: Liftable, variance: Liftable) -> Term:
    """The normal law on the line with this mean and variance."""
    return Apply("normal", (lift(mean), lift(variance)))


def _squared(component: Term) -> Term:
    return SIGMA[component] ** 2


def _free(component: Term) -> Term:
    return V[component]


def _exponential(component: Term) -> Term:
    return exp(ETA[component])


def weighted(point: Term, component: Term, variance: Variance = _squared) -> Term:
    """The mixing weight of a component times its density at a point."""
    return WEIGHTS[component] * density(normal(MU[component], variance(component)), point)


def total(point: Term, index: str = "k", variance: Variance = _squared) -> Term:
    """The density of the mixture at a point."""
    return index_sum(index, M, weighted(point, Name(index), variance))


def penalty(over: str = "i", components: str = "k", variance: Variance = _squared) -> Term:
    """The regularizer: minus the sum over the weights of the log density of the mixture."""
    return -index_sum(over, N, log(total(W[over], components, variance)))


def gamma(component: Term, point: Term) -> Term:
    """The responsibility of a component for a point."""
    return call("gamma", component, point)


def _gamma(variance: Variance) -> Symbol:
    return Symbol(
        "gamma",
        Function((INTEGER, REAL), REAL),
        r"\gamma_{}({})",
        domain=PROBABILITY,
        definition=weighted(U, J, variance) / total(U, "k", variance),
        parameters=("j", "u"),
        words="the posterior probability of a component, its responsibility",
    )


_WEIGHT = Symbol("w", Array(("n",)), "w", words="the weights")
_MEANS = Symbol("mu", Array(("m",)), r"\mu", words="the means of the components")
_SPREADS = Symbol(
    "sigma", Array(("m",)), r"\sigma", domain=POSITIVE, words="their standard deviations"
)
_MIXING = Symbol(
    "pi",
    Array(("m",)),
    r"\pi",
    domain=PROBABILITY,
    traits=frozenset({"simplex"}),
    words="the mixing weights",
)
_PLACES = (
    Symbol("i", INTEGER, "i", domain=NATURALS, words="the number of a weight"),
    Symbol("j", INTEGER, "j", domain=NATURALS, words="the number of a component"),
)
_DENSITY = Symbol(
    "p",
    Law(REAL),
    "p({})",
    definition=total(U),
    parameters=("u",),
    words="the prior of one weight",
)

MIXTURE = Notation((_WEIGHT, _MEANS, _SPREADS, _MIXING, *_PLACES, _DENSITY, _gamma(_squared)))

#: One weight instead of n of them.
ONE_WEIGHT = Notation(
    (
        Symbol("w", REAL, "w", words="one weight"),
        _MEANS,
        _SPREADS,
        _MIXING,
        _PLACES[1],
        _DENSITY,
        _gamma(_squared),
    )
)

#: The variances v are free, and the standard deviations are their roots.
VARIANCES = Notation(
    (
        _WEIGHT,
        _MEANS,
        Symbol("v", Array(("m",)), "v", domain=POSITIVE, words="the variances, sigma squared"),
        Symbol(
            "sigma",
            Array(("m",)),
            r"\sigma",
            domain=POSITIVE,
            definition=sqrt(V["k"]),
            parameters=("k",),
            words="their standard deviations",
        ),
        _MIXING,
        *_PLACES,
        _gamma(_free),
    )
)

#: The logarithms eta of the variances are free.
LOG_VARIANCES = Notation(
    (
        _WEIGHT,
        _MEANS,
        Symbol("eta", Array(("m",)), r"\eta", words="the logarithms of the variances"),
        Symbol(
            "sigma",
            Array(("m",)),
            r"\sigma",
            domain=POSITIVE,
            definition=exp(ETA["k"] / 2),
            parameters=("k",),
            words="their standard deviations",
        ),
        _MIXING,
        *_PLACES,
        _gamma(_exponential),
    )
)

#: The logits a are free, and the mixing weights are their softmax.
SOFTMAX = Notation(
    (
        _WEIGHT,
        _MEANS,
        _SPREADS,
        Symbol("a", Array(("m",)), "a", words="the logits of the mixing weights"),
        Symbol(
            "pi",
            Array(("m",)),
            r"\pi",
            domain=PROBABILITY,
            definition=exp(LOGITS["k"]) / index_sum("l", M, exp(LOGITS["l"])),
            parameters=("k",),
            traits=frozenset({"simplex"}),
            words="the mixing weights",
        ),
        *_PLACES,
        _gamma(_squared),
    )
)


def _fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(name: str, notation: Notation, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, statement, TRUE, Equality.CONDITION), holds)


def _equivalence(name: str, notation: Notation, left: Term, right: Term) -> Fact:
    return Fact(Claim(name, notation, left, right, Equality.CONDITION))


_RESPONSIBILITY = gamma(J, W["i"])
#: The effective number of weights of a component.
COUNT = index_sum("i", N, _RESPONSIBILITY)


def _formulas() -> dict[str, Term]:
    """What the text of these questions mentions."""
    return {
        "penalty": penalty(),
        "prior": total(W["i"]),
        "weight": W["i"],
        "mean": MU["j"],
        "spread": SIGMA["j"],
        "variance": SIGMA["j"] ** 2,
        "share": WEIGHTS["j"],
        "component": density(normal(MU["j"], SIGMA["j"] ** 2), W["i"]),
        "responsibility": _RESPONSIBILITY,
        "count": COUNT,
        "weights": N,
        "components": M,
    }


# III.3 ----------------------------------------------------------------------------------------


def _regularizer() -> Derivation:
    return (
        Chain(
            "R",
            MIXTURE,
            -log(index_product("i", N, density("p", W["i"]))),
            "What is asked: minus the logarithm of the prior, the weights being independent.",
        )
        .then("The logarithm of a product is the sum of the logarithms.", log_of_index_product)
        .then("The prior of one weight is the mixture.", unfold_definition, MIXTURE, "p")
        .then("Write the normal densities out.", write_normal)
        .derivation()
    )


def _bump(point: Term, component: Term) -> Term:
    """A component without its constant."""
    distance = (point - MU[component]) ** 2
    return WEIGHTS[component] / SIGMA[component] * exp(-(distance / (2 * SIGMA[component] ** 2)))


_ONE_COMPONENT = Notation(
    (
        _WEIGHT,
        Symbol("mu", REAL, r"\mu", words="a mean"),
        Symbol("sigma", REAL, r"\sigma", domain=POSITIVE, words="a standard deviation"),
    )
)


def regularizer() -> Solution:
    """III.3: minus the log density of the mixture, summed over the weights."""
    bumps = -index_sum("i", N, log(index_sum("k", M, _bump(W["i"], K))))
    jensen = index_sum(
        "k", M, WEIGHTS["k"] * log(density(normal(MU["k"], SIGMA["k"] ** 2), W["i"]))
    )
    one = density(normal(MU, SIGMA**2), W["i"])
    alone = density(normal(MU, SIGMA**2), U)
    return Solution(
        MIXTURE.extended(_FACTOR),
        answers=(
            Answer(
                "R",
                _regularizer(),
                (
                    penalty(),
                    N / 2 * log(2 * PI) + bumps,
                    -log(index_product("i", N, total(W["i"]))),
                ),
                asks="R(w), written out",
            ),
        ),
        facts=(
            _fact("normalized", MIXTURE, integral("u", total(U)), number(1)),
            _fact(
                "one-component",
                _ONE_COMPONENT,
                -index_sum("i", N, log(one)),
                N / 2 * log(2 * PI * SIGMA**2)
                + index_sum("i", N, (W["i"] - MU) ** 2) / (2 * SIGMA**2),
            ),
            _fact(
                "squared-prior",
                _ONE_COMPONENT,
                integral("u", alone**2),
                1 / (2 * SIGMA * sqrt(PI)),
            ),
            _fact("log-inside", MIXTURE, penalty(), -index_sum("i", N, jensen), holds=False),
            _fact("without-root", MIXTURE, penalty(), bumps, holds=False),
        ),
        formulas={**_formulas(), "coefficient": LAMBDA, "tempered": total(W["i"]) ** LAMBDA},
    )


_FACTOR = Symbol("lambda", REAL, r"\lambda", domain=POSITIVE, words="the factor of the penalty")


# III.3.1 --------------------------------------------------------------------------------------

#: Three components, as (mixing weight, mean, standard deviation).
THREE = (
    (Fraction(1, 2), Fraction(-2), Fraction(4, 5)),
    (Fraction(3, 10), Fraction(0), Fraction(1, 4)),
    (Fraction(1, 5), Fraction(5, 2), Fraction(3, 5)),
)
_LINE = Notation((Symbol("t", REAL, "t", words="a value of a weight"),))


def three_parts(point: Term) -> tuple[Term, ...]:
    """The three weighted components at a point."""
    return tuple(
        lift(share) * density(normal(mean, spread**2), point) for share, mean, spread in THREE
    )


def three_components() -> Solution:
    """III.3.1: a mixture of three components with chosen coefficients, drawn."""
    t = Name("t")
    first, second, third = three_parts(t)
    drawn = first + second + third
    plain, at_u = Notation(), three_parts(U)
    whole = index_sum("k", M, WEIGHTS["k"] * MU["k"])
    numbers = {f"share-{k}": lift(share) for k, (share, _, _) in enumerate(THREE, 1)}
    numbers |= {f"mean-{k}": lift(mean) for k, (_, mean, _) in enumerate(THREE, 1)}
    numbers |= {f"spread-{k}": lift(spread) for k, (_, _, spread) in enumerate(THREE, 1)}
    return Solution(
        MIXTURE.extended(*_LINE),
        facts=(
            _fact("area", plain, integral("u", sum_of([*at_u])), number(1)),
            _fact("area-of-one", plain, integral("u", at_u[1]), lift(THREE[1][0])),
            _statement("higher-peak", _LINE, greater(let("t", 0, second), let("t", -2, first))),
            _fact("centre", plain, integral("u", U * sum_of([*at_u])), number(-1, 2)),
            _fact("mean-of-mixture", MIXTURE, integral("u", U * total(U)), whole),
            _fact(
                "unweighted",
                plain,
                integral("u", sum_of([density(normal(m, s**2), U) for _, m, s in THREE])),
                number(1),
                holds=False,
            ),
        ),
        formulas={
            **_formulas(),
            **numbers,
            "first": first,
            "second": second,
            "third": third,
            "mixture": drawn,
        },
        figures=("mixture_prior.three_components",),
    )


# III.3.2 --------------------------------------------------------------------------------------

POINT = Name("w")
SURPRISE = -log(total(POINT))


def _pull(component: Term) -> Term:
    return (POINT - MU[component]) / SIGMA[component] ** 2


#: Two equal components, at plus and minus m, of deviation s.
_TWO = Notation(
    (
        Symbol("w", REAL, "w", words="one weight"),
        Symbol("m1", REAL, r"\mu", domain=POSITIVE, words="the distance of a centre from zero"),
        Symbol("s", REAL, r"\sigma", domain=POSITIVE, words="the common standard deviation"),
    )
)


def fixed_mixture() -> Solution:
    """III.3.2: with the mixture fixed, each weight is drawn to a centre that it is close to."""
    shares = gamma(K, POINT)
    precision = index_sum("k", M, shares / SIGMA["k"] ** 2)
    aim = index_sum("k", M, shares * MU["k"] / SIGMA["k"] ** 2) / precision
    slope = index_sum("k", M, shares * _pull(K))
    squares = index_sum("k", M, shares * _pull(K) ** 2)
    centre, spread = names("m1 s")
    pair = -log(
        density(normal(centre, spread**2), POINT) / 2
        + density(normal(-centre, spread**2), POINT) / 2
    )
    other = Symbol("l", INTEGER, "l", domain=NATURALS, words="another component")
    rival = Name("l")
    odds = (
        log(WEIGHTS["j"] / WEIGHTS[rival])
        - log(SIGMA["j"] / SIGMA[rival])
        - (POINT - MU["j"]) ** 2 / (2 * SIGMA["j"] ** 2)
        + (POINT - MU[rival]) ** 2 / (2 * SIGMA[rival] ** 2)
    )
    rivals = ONE_WEIGHT.extended(other)
    return Solution(
        ONE_WEIGHT,
        facts=(
            _fact("slope", ONE_WEIGHT, derivative(SURPRISE, POINT), slope),
            _fact("toward", ONE_WEIGHT, derivative(SURPRISE, POINT), precision * (POINT - aim)),
            _fact(
                "curvature",
                ONE_WEIGHT,
                derivative(derivative(SURPRISE, POINT), POINT),
                precision - (squares - slope**2),
            ),
            _fact("odds", rivals, log(gamma(J, POINT) / gamma(rival, POINT)), odds),
            _fact(
                "between-two",
                _TWO,
                let("w", 0, derivative(derivative(pair, POINT), POINT)),
                1 / spread**2 - centre**2 / spread**4,
            ),
            _fact("pair-at-rest", _TWO, let("w", 0, derivative(pair, POINT)), number(0)),
            _statement(
                "one-quadratic",
                ONE_WEIGHT,
                equal(
                    SURPRISE,
                    index_sum("k", M, shares * (POINT - MU["k"]) ** 2 / (2 * SIGMA["k"] ** 2)),
                ),
                holds=False,
            ),
        ),
        formulas={
            "surprise": SURPRISE,
            "weight": POINT,
            "mean": MU["j"],
            "spread": SIGMA["j"],
            "share": gamma(J, POINT),
            "precision": precision,
            "aim": aim,
            "own-precision": 1 / SIGMA["j"] ** 2,
            "mixing": WEIGHTS["j"],
        },
        experiments=("mixture_prior",),
        figures=("mixture_prior.pull_on_a_weight",),
    )


# III.3.3 --------------------------------------------------------------------------------------


def _posterior() -> Derivation:
    component = WEIGHTS["j"] * density(normal(MU["j"], SIGMA["j"] ** 2), POINT)
    return (
        Chain(
            "posterior",
            ONE_WEIGHT,
            component / density("p", POINT),
            "What is asked, by Bayes' rule: the mixing weight times the density of the component, "
            "over the density of the weight.",
        )
        .then("That density is the mixture.", unfold_definition, ONE_WEIGHT, "p")
        .then("Write the normal densities out.", write_normal)
        .derivation()
    )


def _share_gradient() -> Derivation:
    return (
        Chain(
            "dR-dpi",
            MIXTURE,
            derivative(penalty(), WEIGHTS["j"]),
            "What is asked, the mixing weights taken as free.",
        )
        .then("Take the derivative of each summand.", derivative_of_a_sum)
        .then("The derivative of a logarithm.", derivative_of_a_logarithm)
        .then("Only one component has this mixing weight.", only_its_own_summand)
        .then("It is linear in it.", own_share)
        .then("A component over the mixture is a responsibility.", fold_responsibilities, MIXTURE)
        .derivation()
    )


def _logit_gradient() -> Derivation:
    return (
        Chain(
            "dR-da",
            SOFTMAX,
            derivative(penalty(), LOGITS["j"]),
            "What is asked: the mixing weights are the softmax of the logits.",
        )
        .then("Take the derivative of each summand.", derivative_of_a_sum)
        .then("The derivative of a logarithm.", derivative_of_a_logarithm)
        .then("Every mixing weight depends on every logit.", only_its_own_summand)
        .then("The derivative of the softmax.", softmax_derivative, "pi", "a")
        .then("Components over the mixture are responsibilities.", fold_responsibilities, SOFTMAX)
        .then("They sum to one for each weight.", probabilities_add_up, SOFTMAX)
        .then("Carry the sign into the sum.", sign_into_sum)
        .then("The mixing weight does not depend on the summation index.", distribute_over_sums)
        .derivation()
    )


_MULTIPLIER = Symbol("Lambda", REAL, r"\Lambda", words="the multiplier of the constraint")


def posterior() -> Solution:
    """III.3.3: the responsibilities, and the derivatives for the mixing weights."""
    scale, shift = names("Lambda c")
    lagrangian = MIXTURE.extended(_MULTIPLIER)
    shifted = SOFTMAX.extended(Symbol("c", REAL, "c", words="a number"))
    constrained = penalty() + scale * (index_sum("k", M, WEIGHTS["k"]) - 1)
    moved = exp(LOGITS["j"] + shift) / index_sum("l", M, exp(LOGITS["l"] + shift))
    share = _share_gradient().claim.closed_form
    bumps = index_sum("k", M, _bump(POINT, K))
    standardized = ((POINT - MU["j"]) / SIGMA["j"]) ** 2
    return Solution(
        lagrangian,
        answers=(
            Answer(
                "posterior",
                _posterior(),
                (
                    weighted(POINT, J) / total(POINT),
                    _bump(POINT, J) / bumps,
                    WEIGHTS["j"] * exp(-standardized / 2) / (SIGMA["j"] * bumps),
                ),
                asks="the posterior probability of component j, given a weight w",
            ),
            Answer(
                "dR-dpi",
                _share_gradient(),
                (-(COUNT / WEIGHTS["j"]), -index_sum("i", N, _density_over_mixture())),
                asks="the derivative of R by pi_j, the mixing weights taken as free",
                also=("p",),
            ),
            Answer(
                "dR-da",
                _logit_gradient(),
                (index_sum("i", N, WEIGHTS["j"] - _RESPONSIBILITY),),
                asks="the derivative of R by a_j, where pi = softmax(a)",
                also=("a", "mu", "sigma", "m", "normal"),
                mistakes=(
                    Mistake(
                        "softmax-forgotten",
                        "This is the derivative for free mixing weights; a logit moves them all.",
                        1,
                    ),
                ),
            ),
        ),
        facts=(
            _fact("sum-to-one", ONE_WEIGHT, index_sum("j", M, gamma(J, POINT)), number(1)),
            _fact(
                "mean-responsibility",
                MIXTURE,
                expectation("u", Name("p"), gamma(J, U)),
                WEIGHTS["j"],
            ),
            _statement("always-down", MIXTURE, less(share, 0)),
            _fact(
                "lagrangian",
                lagrangian,
                derivative(constrained, WEIGHTS["j"]),
                scale - COUNT / WEIGHTS["j"],
            ),
            _fact("all-responsibilities", MIXTURE, index_sum("j", M, COUNT), N),
            _fact(
                "toward-mean-responsibility",
                SOFTMAX,
                derivative(penalty(), LOGITS["j"]),
                N * (WEIGHTS["j"] - COUNT / N),
            ),
            _fact(
                "logits-balance", SOFTMAX, index_sum("j", M, N * WEIGHTS["j"] - COUNT), number(0)
            ),
            _fact("shift-of-logits", shifted, moved, WEIGHTS["j"]),
            _fact(
                "without-denominator",
                ONE_WEIGHT,
                gamma(J, POINT),
                weighted(POINT, J),
                holds=False,
            ),
            _fact(
                "softmax-forgotten",
                SOFTMAX,
                derivative(penalty(), LOGITS["j"]),
                share,
                holds=False,
            ),
        ),
        formulas={
            **_formulas(),
            "posterior-name": gamma(J, W["i"]),
            "multiplier": scale,
            "mean-share": COUNT / N,
        },
        experiments=("mixture_prior",),
    )


def _density_over_mixture() -> Term:
    return density(normal(MU["j"], SIGMA["j"] ** 2), W["i"]) / total(W["i"])


# III.3.3.1 ------------------------------------------------------------------------------------


def _weight_gradient() -> Derivation:
    return (
        Chain(
            "dR-dw",
            MIXTURE,
            derivative(penalty("l", "j"), W["i"]),
            "What is asked.",
        )
        .then("Only one summand holds this weight.", derivative_of_a_sum)
        .then("The derivative of a logarithm.", derivative_of_a_logarithm)
        .then("Every component depends on the weight.", only_its_own_summand)
        .then(
            "The derivative of a density is the density times the derivative of its logarithm.",
            logarithmic_derivative,
        )
        .then("Components over the mixture are responsibilities.", fold_responsibilities, MIXTURE)
        .then(
            "The logarithm of a normal density is a quadratic.", differentiate_log_normal, MIXTURE
        )
        .then("Carry the sign into the sum.", sign_into_sum)
        .derivation()
    )


def weight_gradient() -> Solution:
    """III.3.3.1: the derivative for a weight, a pull towards every centre."""
    pull = _RESPONSIBILITY * (W["i"] - MU["j"]) / SIGMA["j"] ** 2
    precision = index_sum("j", M, _RESPONSIBILITY / SIGMA["j"] ** 2)
    aim = index_sum("j", M, _RESPONSIBILITY * MU["j"] / SIGMA["j"] ** 2) / precision
    slope = derivative(penalty("l", "j"), W["i"])
    return Solution(
        MIXTURE.extended(_FACTOR),
        answers=(
            Answer(
                "dR-dw",
                _weight_gradient(),
                (-index_sum("j", M, _RESPONSIBILITY * (MU["j"] - W["i"]) / SIGMA["j"] ** 2),),
                asks="the derivative of R by w_i",
                also=("p", "pi", "normal"),
                mistakes=(
                    Mistake(
                        "summed-over-weights",
                        "Only one of the summands of R contains this weight.",
                        1,
                    ),
                    Mistake(
                        "mixing-weights-for-responsibilities",
                        "The mixing weights stand where the posterior probabilities belong.",
                        1,
                    ),
                ),
            ),
        ),
        facts=(
            _fact("toward", MIXTURE, slope, precision * (W["i"] - aim)),
            _fact("one-step", MIXTURE, W["i"] - slope / precision, aim),
            _fact(
                "summed-over-weights",
                MIXTURE,
                slope,
                index_sum("i", N, index_sum("j", M, pull)),
                holds=False,
            ),
            _fact("wrong-sign", MIXTURE, slope, -index_sum("j", M, pull), holds=False),
            _fact(
                "mixing-weights-for-responsibilities",
                MIXTURE,
                slope,
                index_sum("j", M, WEIGHTS["j"] * (W["i"] - MU["j"]) / SIGMA["j"] ** 2),
                holds=False,
            ),
        ),
        formulas={**_formulas(), "precision": precision, "aim": aim, "coefficient": LAMBDA},
        experiments=("mixture_prior",),
        figures=("mixture_prior.clustering",),
    )


# III.3.3.2 ------------------------------------------------------------------------------------


def _mean_gradient() -> Derivation:
    return (
        Chain("dR-dmu", MIXTURE, derivative(penalty(), MU["j"]), "What is asked.")
        .then("Take the derivative of each summand.", derivative_of_a_sum)
        .then("The derivative of a logarithm.", derivative_of_a_logarithm)
        .then("Only one component has this mean.", only_its_own_summand)
        .then(
            "The derivative of a density is the density times the derivative of its logarithm.",
            logarithmic_derivative,
        )
        .then("A component over the mixture is a responsibility.", fold_responsibilities, MIXTURE)
        .then(
            "The logarithm of a normal density is a quadratic.", differentiate_log_normal, MIXTURE
        )
        .then("Carry the sign into the sum.", sign_into_sum)
        .derivation()
    )


def mean_gradient() -> Solution:
    """III.3.3.2: the derivative for a mean, a pull towards the weights that it answers for."""
    slope = derivative(penalty(), MU["j"])
    average = index_sum("i", N, _RESPONSIBILITY * W["i"]) / COUNT
    weights = index_sum("i", N, derivative(penalty("l", "k"), W["i"]))
    return Solution(
        MIXTURE,
        answers=(
            Answer(
                "dR-dmu",
                _mean_gradient(),
                (
                    -index_sum("i", N, _RESPONSIBILITY * (W["i"] - MU["j"]) / SIGMA["j"] ** 2),
                    (MU["j"] * COUNT - index_sum("i", N, _RESPONSIBILITY * W["i"]))
                    / SIGMA["j"] ** 2,
                ),
                asks="the derivative of R by mu_j",
                also=("p", "pi", "m", "normal"),
                mistakes=(
                    Mistake(
                        "plain-average",
                        "Each weight counts by its posterior probability, not fully.",
                        1,
                    ),
                ),
            ),
        ),
        facts=(
            _fact("toward", MIXTURE, slope, COUNT / SIGMA["j"] ** 2 * (MU["j"] - average)),
            _fact("one-step", MIXTURE, MU["j"] - SIGMA["j"] ** 2 / COUNT * slope, average),
            _fact("balance", MIXTURE, index_sum("j", M, slope) + weights, number(0)),
            _fact(
                "plain-average",
                MIXTURE,
                slope,
                (N * MU["j"] - index_sum("i", N, W["i"])) / SIGMA["j"] ** 2,
                holds=False,
            ),
        ),
        formulas={**_formulas(), "average": average},
        experiments=("mixture_prior",),
    )


# III.3.3.3 ------------------------------------------------------------------------------------


def _spread_chain(name: str, notation: Notation, parameter: Term, variance: Variance) -> Chain:
    return (
        Chain(name, notation, derivative(penalty(variance=variance), parameter), "What is asked.")
        .then(
            "As for the means: only one component has this parameter, and each weight counts with "
            "its responsibility times the derivative of the logarithm of that component.",
            fishers_identity,
            notation,
        )
        .then("Differentiate both parts of the logarithm.", differentiate_log_normal, notation)
        .then("Carry the sign into the sum.", sign_into_sum)
    )


def _variance_gradient() -> Derivation:
    return (
        _spread_chain("dR-dsigma2", VARIANCES, V["j"], _free)
        .then("In terms of the standard deviation.", deviations_for_variances, VARIANCES, "sigma")
        .derivation()
    )


def _log_variance_gradient() -> Derivation:
    return (
        _spread_chain("dR-deta", LOG_VARIANCES, ETA["j"], _exponential)
        .then(
            "In terms of the standard deviation.",
            deviations_for_variances,
            LOG_VARIANCES,
            "sigma",
        )
        .derivation()
    )


#: Further names that the text mentions.
_SPREAD_NAMES = (
    Symbol("v", Array(("m",)), "v", domain=POSITIVE, words="the variances"),
    Symbol("eta", Array(("m",)), r"\eta", words="the logarithms of the variances"),
    Symbol("c", REAL, "c", domain=POSITIVE, words="the variance that the data leave"),
    Symbol("V", REAL, "V", domain=POSITIVE, words="the variance of what the data ask for"),
    Symbol("t", REAL, "t", words="what the data ask of a weight"),
)


def spread_gradient() -> Solution:
    """III.3.3.3: the derivatives for variance, deviation and log variance; what goes wrong."""
    distance = (W["i"] - MU["j"]) ** 2
    by_variance = derivative(penalty(variance=_free), V["j"])
    by_deviation = derivative(penalty(), SIGMA["j"])
    average = index_sum("i", N, _RESPONSIBILITY * distance) / COUNT
    relative = index_sum("i", N, _RESPONSIBILITY * (1 - distance / SIGMA["j"] ** 2))
    return Solution(
        MIXTURE.extended(*_SPREAD_NAMES),
        answers=(
            Answer(
                "dR-dsigma2",
                _variance_gradient(),
                (
                    index_sum(
                        "i",
                        N,
                        _RESPONSIBILITY * (SIGMA["j"] ** 2 - distance) / (2 * SIGMA["j"] ** 4),
                    ),
                    relative / (2 * SIGMA["j"] ** 2),
                ),
                asks="the derivative of R by the variance sigma_j^2",
                also=("v", "pi", "m", "normal"),
                mistakes=(
                    Mistake(
                        "variance-for-deviation",
                        "This is the derivative by the standard deviation, not the variance.",
                        1,
                    ),
                ),
            ),
            Answer(
                "dR-dsigma",
                _spread_chain("dR-dsigma", MIXTURE, SIGMA["j"], _squared).derivation(),
                (relative / SIGMA["j"],),
                asks="the derivative of R by sigma_j",
                also=("p", "pi", "m", "normal"),
                mistakes=(
                    Mistake(
                        "without-normalization",
                        "The constant of the normal density depends on the spread, too.",
                        1,
                    ),
                ),
            ),
            Answer(
                "dR-deta",
                _log_variance_gradient(),
                (
                    relative / 2,
                    index_sum("i", N, _RESPONSIBILITY * (1 - distance * exp(-ETA["j"]))) / 2,
                ),
                asks="the derivative of R by eta_j, where sigma_j^2 = exp(eta_j)",
                also=("pi", "m", "normal"),
            ),
        ),
        facts=(
            _fact("toward", VARIANCES, by_variance, COUNT / (2 * V["j"] ** 2) * (V["j"] - average)),
            _fact(
                "chain-rule",
                VARIANCES,
                by_variance * 2 * SIGMA["j"],
                relative / SIGMA["j"],
            ),
            _fact("chain-rule-log", VARIANCES, by_variance * V["j"], relative / 2),
            _scaled(),
            *_collapse(),
            *_one_group(),
            _fact(
                "variance-for-deviation",
                VARIANCES,
                by_variance,
                relative / SIGMA["j"],
                holds=False,
            ),
            _fact(
                "without-normalization",
                MIXTURE,
                by_deviation,
                -index_sum("i", N, _RESPONSIBILITY * distance / SIGMA["j"] ** 3),
                holds=False,
            ),
        ),
        formulas={
            **_formulas(),
            "free-variance": V["j"],
            "log-variance": ETA["j"],
            "exponential": exp(ETA["j"]),
            "average": average,
            "left": Name("c"),
            "asked": Name("V"),
            "target": Name("t"),
        },
        experiments=("mixture_prior",),
        studies=("soft_weight_sharing",),
        figures=("mixture_prior.collapse",),
    )


def _scaled() -> Fact:
    """All weights, means and deviations multiplied by c: the regularizer gains n log c."""
    c = Name("c")
    notation = MIXTURE.extended(Symbol("c", REAL, "c", domain=POSITIVE, words="a common factor"))
    part = density(normal(c * MU["k"], (c * SIGMA["k"]) ** 2), c * W["i"])
    scaled = -index_sum("i", N, log(index_sum("k", M, WEIGHTS["k"] * part)))
    return _fact("scaled", notation, scaled, penalty() + N * log(c))


#: One weight on a centre whose deviation s shrinks, and another component.
COLLAPSE = Notation(
    (
        Symbol("s", REAL, r"\sigma_1", domain=POSITIVE, words="the shrinking deviation"),
        Symbol("q", REAL, r"\pi_1", domain=PROBABILITY, words="its mixing weight"),
        Symbol("m1", REAL, r"\mu_1", words="its centre"),
        Symbol("m2", REAL, r"\mu_2", words="the other centre"),
        Symbol("s2", REAL, r"\sigma_2", domain=POSITIVE, words="the other deviation"),
    )
)


def collapsing(offset: Liftable = 0) -> Term:
    """The penalty of a weight at this distance from the first of two centres."""
    q, s, m1, m2, s2 = names("q s m1 m2 s2")
    at = m1 + offset if offset else m1
    return -log(q * density(normal(m1, s**2), at) + (1 - q) * density(normal(m2, s2**2), at))


def _collapse() -> tuple[Fact, ...]:
    q, s, m1, m2, s2 = names("q s m1 m2 s2")
    rest = (1 - q) * density(normal(m2, s2**2), m1)
    return (
        _fact("as-logarithm", COLLAPSE, collapsing(), log(s) - log(q / sqrt(2 * PI) + s * rest)),
        _fact("bottomless", COLLAPSE, limit("s", 0, collapsing()), -INFINITY),
        _fact(
            "like-a-logarithm", COLLAPSE, limit("s", 0, s * derivative(collapsing(), s)), number(1)
        ),
    )


#: One component, and weights that the data determine to within a variance.
GROUP = Notation(
    (
        Symbol("q", REAL, r"\sigma^{2}", domain=POSITIVE, words="the variance of the component"),
        Symbol("V", REAL, "V", domain=POSITIVE, words="the variance of what the data ask for"),
        Symbol("c", REAL, "c", domain=POSITIVE, words="the variance that the data leave"),
        Symbol("t", REAL, "t", words="what the data ask of a weight"),
        Symbol("m1", REAL, r"\mu", words="the mean of the component"),
        Symbol("w", REAL, "w", words="the weight"),
    )
)


def _one_group() -> tuple[Fact, ...]:
    """With one component and the loss sum_i (w_i - t_i)^2 / (2 c): where training comes to rest."""
    q, spread, c, t, centre = names("q V c t m1")
    rest = centre + q / (q + c) * (t - centre)
    asked = (q / (q + c)) ** 2 * spread
    settled = equal(q, asked)
    wide = less(4 * c, spread)
    larger = (spread - 2 * c + sqrt(spread * (spread - 4 * c))) / 2
    return (
        _equivalence(
            "weight-in-group",
            GROUP,
            equal((POINT - t) / c + (POINT - centre) / q, 0),
            equal(POINT, rest),
        ),
        _equivalence(
            "group-equation", GROUP, settled, equal(q**2 - (spread - 2 * c) * q + c**2, 0)
        ),
        Fact(
            Claim(
                "no-rest",
                GROUP,
                Apply("implies", (less(spread, 4 * c), Apply("unequal", (q, asked)))),
                TRUE,
                Equality.CONDITION,
            )
        ),
        Fact(
            Claim(
                "one-group",
                GROUP,
                both(settled, greater(q, c)),
                equal(q, larger),
                Equality.CONDITION,
                conditions=(wide,),
            )
        ),
    )
