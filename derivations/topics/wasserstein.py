"""The Wasserstein distance on the line, its dual, and critics that are clipped or penalized."""

from __future__ import annotations

from collections.abc import Callable

from derivations.chain import Chain
from derivations.derivation import Answer, Convention, Derivation, Fact, Mistake, Solution
from derivations.rules.calculus import expectation_under_a_point_mass, linearize, tidy
from derivations.rules.information import expectation_as_integral, linearity, unfold_definition
from derivations.rules.transport import (
    difference_of_shifts,
    factor_distance,
    fold_even,
    integrate_over_interval,
    length_of_interval,
    logarithm_below_one,
    mirror_unit_interval,
    standard_normal_density,
)
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    INFINITY,
    PI,
    TRUE,
    absolute,
    argmax,
    both,
    call,
    derivative,
    exp,
    expectation,
    index_sum,
    integral,
    less,
    let,
    limit,
    log,
    logistic,
    names,
    number,
    relation,
    spaces,
    sqrt,
)

__all__ = ["distance_and_duality", "reading"]

UNIT = Apply("interval", (number(0), number(1)))
HALF_LINE = Apply("interval", (number(0), INFINITY))
STANDARD = Apply("normal", (number(0), number(1)))
HALF = number(1, 2)
u, x, z, s, t, r = names("u x z s t r")
theta, sigma_1, sigma_2, lambda_1, lambda_2 = names("theta sigma_1 sigma_2 lambda_1 lambda_2")


def _quantiles(first: Term, second: Term, *symbols: Symbol) -> Notation:
    """A notation in which two quantile functions have these values at u."""
    unit = Function((REAL,), REAL)
    return Notation(
        (
            *symbols,
            Symbol(
                "F",
                unit,
                latex="F^{-1}",
                definition=first,
                parameters=("u",),
                words="the quantile function of the first law",
            ),
            Symbol(
                "H",
                unit,
                latex="H^{-1}",
                definition=second,
                parameters=("u",),
                words="the quantile function of the second law",
            ),
        )
    )


SHIFT = Symbol("theta", REAL, latex=r"\theta", words="by how much the second law is shifted")
SPREADS = (
    Symbol(
        "sigma_1",
        REAL,
        latex=r"\sigma_1",
        domain=POSITIVE,
        words="the first standard deviation",
        spellings=("sigma1",),
    ),
    Symbol(
        "sigma_2",
        REAL,
        latex=r"\sigma_2",
        domain=POSITIVE,
        words="the second standard deviation",
        spellings=("sigma2",),
    ),
)
RATES = (
    Symbol(
        "lambda_1",
        REAL,
        latex=r"\lambda_1",
        domain=POSITIVE,
        words="the first rate",
        spellings=("lambda1",),
    ),
    Symbol(
        "lambda_2",
        REAL,
        latex=r"\lambda_2",
        domain=POSITIVE,
        words="the second rate",
        spellings=("lambda2",),
    ),
)
UNIFORM = _quantiles(u, u + theta, SHIFT)
NORMAL = Notation(SPREADS)
EXPONENTIAL = _quantiles(-log(1 - u) / lambda_1, -log(1 - u) / lambda_2, *RATES)
ALL = Notation((SHIFT, *SPREADS, *RATES))
#: A coupling of two laws on n and m points: pi with the margins p and q.
COUPLED = Notation(
    (
        Symbol("pi", Array(("n", "m")), latex=r"\pi", domain=POSITIVE, words="the coupling"),
        Symbol(
            "p",
            Array(("n",)),
            definition=index_sum("j", "m", Name("pi")["i", "j"]),
            parameters=("i",),
            words="the first law",
        ),
        Symbol(
            "q",
            Array(("m",)),
            definition=index_sum("i", "n", Name("pi")["i", "j"]),
            parameters=("j",),
            words="the second law",
        ),
        Symbol("f", Array(("n",)), words="the critic at the points of the first law"),
        Symbol("g", Array(("m",)), words="the critic at the points of the second law"),
    )
)


def _over_unit(body: Term) -> Term:
    return integral("u", body, UNIT)


def _distance_of_quantiles() -> Term:
    return _over_unit(absolute(call("F", u) - call("H", u)))


def _fact(
    name: str,
    left: Term,
    right: Term,
    notation: Notation = ALL,
    holds: bool = True,
) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _statement(
    name: str, statement: Term, notation: Notation, *premises: Term, equivalent: Term = TRUE
) -> Fact:
    """A statement that holds, or is equivalent to another, if all ``premises`` hold."""
    if premises:
        given = both(*premises) if len(premises) > 1 else premises[0]
        statement = Apply("implies", (given, statement))
    return Fact(Claim(name, notation, statement, equivalent, Equality.CONDITION))


def _at_most(left: Liftable, right: Liftable) -> Term:
    return relation("less_equal", left, right)


# The distance.


def _shift() -> Derivation:
    return (
        Chain(
            "uniform-shift",
            UNIFORM,
            _distance_of_quantiles(),
            "On the line the best coupling joins equal quantiles.",
        )
        .then(
            "A uniform variable is its own quantile; the second law is shifted.",
            unfold_definition,
            UNIFORM,
            "F",
            "H",
        )
        .then("Every point moves equally far.", difference_of_shifts)
        .then("The integral of a constant over an interval of length one.", length_of_interval)
        .derivation()
    )


def _gaussians() -> Derivation:
    return (
        Chain(
            "centred-gaussians",
            NORMAL,
            expectation("z", STANDARD, absolute(sigma_1 * z - sigma_2 * z)),
            "Equal quantiles of two centred normal laws are multiples of one standard normal "
            "variable.",
        )
        .then("Take out what both have in common.", factor_distance, NORMAL, z)
        .then("The constant leaves the expectation.", linearity)
        .then("An expectation is an integral against the density.", expectation_as_integral, 1)
        .then("Write the density out.", standard_normal_density)
        .then("The density is even, so both halves of the line count alike.", fold_even)
        .then("The integrand now has an antiderivative.", integrate_over_interval)
        .derivation()
    )


def _exponentials() -> Derivation:
    return (
        Chain(
            "exponentials",
            EXPONENTIAL,
            _distance_of_quantiles(),
            "On the line the best coupling joins equal quantiles.",
        )
        .then(
            "The quantile functions invert the distribution functions.",
            unfold_definition,
            EXPONENTIAL,
            "F",
            "H",
        )
        .then("Take out what both have in common.", factor_distance, EXPONENTIAL, log(1 - u))
        .then("The constant leaves the integral.", linearity)
        .then("One minus a uniform variable is uniform as well.", mirror_unit_interval)
        .then("The logarithm of a number below one is negative.", logarithm_below_one)
        .then("Its integral over the unit interval is minus one.", integrate_over_interval)
        .derivation()
    )


def _duality_facts() -> tuple[Fact, ...]:
    """Weak duality, and for each closed form a critic that attains it from below."""
    normal_1, normal_2 = (Apply("normal", (number(0), spread**2)) for spread in (sigma_1, sigma_2))
    coupling, f, g = Name("pi")["i", "j"], Name("f"), Name("g")
    pairs = index_sum("i", "n", index_sum("j", "m", coupling * (f["i"] - g["j"])))
    return (
        _fact(
            "weak-duality",
            index_sum("i", "n", Name("p")["i"] * f["i"])
            - index_sum("j", "m", Name("q")["j"] * g["j"]),
            pairs,
            COUPLED,
        ),
        _fact(
            "critic-of-the-shift",
            _over_unit(call("H", u)) - _over_unit(call("F", u)),
            theta,
            UNIFORM,
        ),
        _fact(
            "critic-of-the-gaussians",
            expectation("x", normal_1, absolute(x)) - expectation("x", normal_2, absolute(x)),
            sqrt(2 / PI) * (sigma_1 - sigma_2),
            NORMAL,
        ),
        _fact(
            "linear-critic-of-the-gaussians",
            expectation("x", normal_1, x) - expectation("x", normal_2, x),
            number(0),
            NORMAL,
        ),
        _fact(
            "critic-of-the-exponentials",
            _over_unit(call("F", u)) - _over_unit(call("H", u)),
            1 / lambda_1 - 1 / lambda_2,
            EXPONENTIAL,
        ),
    )


def _other_facts() -> tuple[Fact, ...]:
    """The same distances in other ways, a different distance, and slips."""
    distance = integral("x", absolute(exp(-lambda_1 * x) - exp(-lambda_2 * x)), HALF_LINE)
    inside = Notation((Symbol("theta", REAL, latex=r"\theta", domain=PROBABILITY),))
    left, right = (Apply("interval", ends) for ends in ((lift(0), theta), (lift(1), 1 + theta)))
    only_one = integral("x", log(2), left) / 2 + integral("x", log(2), right) / 2
    squares = expectation("z", STANDARD, (sigma_1 * z - sigma_2 * z) ** 2)
    independent = sqrt(2 / PI) * sqrt(sigma_1**2 + sigma_2**2)
    return (
        _fact("by-distribution-functions", distance, absolute(1 / lambda_1 - 1 / lambda_2)),
        _fact("jensen-shannon-of-the-shift", only_one, theta * log(2), inside),
        _fact("second-wasserstein", sqrt(squares), absolute(sigma_1 - sigma_2), NORMAL),
        _fact(
            "independent-coupling-is-optimal",
            expectation("z", STANDARD, absolute(sigma_1 * z - sigma_2 * z)),
            independent,
            NORMAL,
            holds=False,
        ),
        _fact("sign-forgotten", _distance_of_quantiles(), theta, UNIFORM, holds=False),
        _fact(
            "rates-subtracted",
            _distance_of_quantiles(),
            absolute(lambda_1 - lambda_2),
            EXPONENTIAL,
            holds=False,
        ),
        _fact(
            "variances-subtracted",
            expectation("z", STANDARD, absolute(sigma_1 * z - sigma_2 * z)),
            sqrt(2 / PI) * absolute(sigma_1**2 - sigma_2**2),
            NORMAL,
            holds=False,
        ),
    )


def distance_and_duality() -> Solution:
    """4.wgan.1: the Wasserstein distance, its dual, and three cases in closed form."""
    return Solution(
        ALL.extended(*(COUPLED[name] for name in ("pi", "p", "q"))),
        answers=(
            Answer(
                "uniform-shift",
                _shift(),
                (sqrt(theta**2), Apply("maximum", (theta, -theta))),
                asks="W_1 between U[0, 1] and U[theta, 1 + theta]",
                mistakes=(
                    Mistake("sign-forgotten", "The shift may be negative; a distance is not.", 1),
                ),
            ),
            Answer(
                "centred-gaussians",
                _gaussians(),
                (
                    absolute(sigma_1 - sigma_2) * sqrt(2) / sqrt(PI),
                    sqrt(2 * (sigma_1 - sigma_2) ** 2 / PI),
                ),
                asks="W_1 between N(0, sigma_1^2) and N(0, sigma_2^2)",
                mistakes=(
                    Mistake(
                        "independent-coupling-is-optimal",
                        "Independent points are not the best plan.",
                        2,
                    ),
                    Mistake(
                        "variances-subtracted",
                        "The variances are subtracted instead of the standard deviations.",
                        1,
                    ),
                ),
            ),
            Answer(
                "exponentials",
                _exponentials(),
                (absolute(lambda_1 - lambda_2) / (lambda_1 * lambda_2),),
                asks="W_1 between exponential laws of rates lambda_1 and lambda_2",
                mistakes=(
                    Mistake(
                        "rates-subtracted", "The rates are subtracted instead of the means.", 1
                    ),
                ),
            ),
        ),
        facts=(*_duality_facts(), *_other_facts()),
        formulas={
            "shift": theta,
            "first-spread": sigma_1,
            "second-spread": sigma_2,
            "first-rate": lambda_1,
            "second-rate": lambda_2,
            "largest-divergence": log(2),
            "plan": Name("pi"),
            "margin-p": Name("p"),
            "margin-q": Name("q"),
        },
        experiments=("wasserstein",),
        figures=("distances_on_the_line",),
        conventions=(
            Convention(
                "spread",
                "variance",
                {"sigma_1": sqrt(sigma_1), "sigma_2": sqrt(sigma_2)},
            ),
        ),
    )


# Critics: what the loss asks of them, clipping, the gradient penalty.

w, v, weight, bias = names("w v lambda b")
#: Data at theta > 0 against a generator at 0, and a linear critic w x with penalty lambda.
DIRAC = Notation(
    (
        Symbol("theta", REAL, latex=r"\theta", domain=POSITIVE, words="where the data are"),
        Symbol("lambda", REAL, latex=r"\lambda", domain=POSITIVE, words="the penalty's weight"),
        Symbol("w", REAL, words="the critic's slope"),
        Symbol("v", REAL, words="another slope"),
    )
)
#: With a point on the line between the two.
AT_A_POINT = DIRAC.extended(Symbol("x", REAL, words="a point"))
#: Without the slopes, which are bound.
PENALTY = Notation(DIRAC.symbols[:2])
#: With a critic that at least has the right sign.
UPWARD = PENALTY.extended(Symbol("w", REAL, domain=POSITIVE, words="the critic's slope"))
CLIPPED = Notation(
    (
        Symbol("theta", REAL, latex=r"\theta", words="where the data are"),
        Symbol("w", REAL, words="a weight of the first layer"),
        Symbol("v", REAL, words="a weight of the second layer"),
        Symbol("b", REAL, words="a bias of the first layer"),
        Symbol("c", REAL, domain=POSITIVE, words="the bound on the weights"),
    )
)
LAWS = Notation(
    (
        Symbol("p_data", Law(Array(("d",))), latex=r"p_{\text{data}}", words="the data"),
        Symbol("p_g", Law(Array(("d",))), latex="p_g", words="the generator's law"),
        Symbol("f", Function((Array(("d",)),), REAL), words="a critic"),
        Symbol("k", REAL, words="a number"),
    )
)
SCORES = Notation(
    (
        Symbol("s", REAL, words="what the critic or discriminator says, before any squashing"),
        Symbol("c", REAL, words="what the generator wants the discriminator to say"),
    )
)
#: A critic at 0, 1, 2, 3 with slope t in the middle.
MIDDLE = Notation((Symbol("t", REAL, words="the critic's slope between the two inner points"),))
POINTWISE = Notation(
    (
        Symbol("lambda", REAL, latex=r"\lambda", domain=POSITIVE, words="the penalty's weight"),
        Symbol("g", REAL, latex="g", domain=POSITIVE, words="how much mass has to pass a point"),
        Symbol("rho", REAL, latex=r"\rho", domain=POSITIVE, words="the density of interpolates"),
    )
)
k = Name("k")
#: A norm with weights s_k on n coordinates, such as Fourier coefficients: its value at theta, and
#: the slopes of the linear critic that attains it.
WEIGHTED = Notation(
    (
        Symbol("theta", Array(("n",)), latex=r"\theta", words="where the data are"),
        Symbol("s", Array(("n",)), domain=POSITIVE, words="the weights of the norm"),
        Symbol(
            "N",
            REAL,
            domain=POSITIVE,
            definition=sqrt(index_sum("k", "n", s[k] ** 2 * theta[k] ** 2)),
            words="the norm of the displacement",
        ),
        Symbol(
            "w",
            Array(("n",)),
            definition=s[k] ** 2 * theta[k] / Name("N"),
            parameters=("k",),
            words="the slopes of a critic",
        ),
    )
)


#: With the number of a coordinate.
INDEXED = WEIGHTED.extended(Symbol("k", INTEGER, words="the number of a coordinate"))


def _value(critic: Callable[[Term], Term]) -> Term:
    """What a critic says of data at theta against a generator at 0."""
    return expectation("x", Apply("dirac", (theta,)), critic(x)) - expectation(
        "x", Apply("dirac", (lift(0),)), critic(x)
    )


def _penalized(slope: Term) -> Term:
    """The penalized objective of the linear critic, worked out."""
    return theta * slope - weight * (absolute(slope) - 1) ** 2


def _one_sided(slope: Term) -> Term:
    """The same with a penalty on slopes above one only."""
    return theta * slope - weight * relu(absolute(slope) - 1) ** 2


def relu(value: Term) -> Term:
    """max(x, 0)."""
    return Apply("relu", (value,))


def _penalty() -> Derivation:
    """The gradient penalty of a linear critic on data at theta and a generator at 0."""
    slope = let("x", u * theta, derivative(w * x, x))
    defined = _value(lambda point: w * point) - weight * _over_unit((absolute(slope) - 1) ** 2)
    return (
        Chain("penalized", DIRAC, defined, "Interpolates lie between the two points.")
        .then("Both laws are point masses.", expectation_under_a_point_mass)
        .then("The slope of a linear critic is the same everywhere.", linearize, AT_A_POINT)
        .then("The integrand is constant.", length_of_interval)
        .then("The critic is zero at the origin.", tidy)
        .derivation()
    )


BEST_SLOPE = 1 + theta / (2 * weight)
SPURIOUS_SLOPE = -1 + theta / (2 * weight)


def _loss_facts() -> tuple[Fact, ...]:
    """What is new about the loss."""
    critic = call("f", x)

    def gap(says: Term) -> Term:
        return expectation("x", "p_data", says) - expectation("x", "p_g", says)

    return (
        _fact("slope-of-this-loss", derivative(-s, s), number(-1), SCORES),
        _fact("slope-of-the-original", derivative(log(1 - logistic(s)), s), -logistic(s), SCORES),
        _fact(
            "slope-of-least-squares",
            derivative(HALF * (s - Name("c")) ** 2, s),
            s - Name("c"),
            SCORES,
        ),
        _fact("level-does-not-matter", gap(critic + k), gap(critic), LAWS),
        _fact("unbounded-without-constraint", gap(k * critic), k * gap(critic), LAWS),
    )


def _clipping_facts() -> tuple[Fact, ...]:
    c = Name("c")
    clipped = [_at_most(absolute(part), c) for part in (w, v, bias)]
    # A centred point against two points at distance one, seen by one hidden unit.
    unit = v * (relu(w + bias) / 2 + relu(bias - w) / 2 - relu(bias))
    line = w / 2 + (-w) / 2
    return (
        _statement("clipped-line", _at_most(w * theta, c * absolute(theta)), CLIPPED, clipped[0]),
        _fact("clipped-line-attains", let("w", c, w * theta), c * theta, CLIPPED),
        _statement("clipped-product", _at_most(absolute(v * w), c**2), CLIPPED, *clipped[:2]),
        _fact("line-sees-nothing", line, number(0), CLIPPED),
        _fact("kink-sees-all", absolute(lift(1)) / 2 + absolute(lift(-1)) / 2, number(1), CLIPPED),
        _statement("unit-on-spread", _at_most(unit, c**2 / 2), CLIPPED, *clipped),
        _fact(
            "unit-on-spread-attains",
            let("v", c, let("w", c, let("b", 0, unit))),
            c**2 / 2,
            CLIPPED,
        ),
        _statement(
            "unit-on-shift",
            _at_most(v * (relu(w + bias) - relu(bias)), c**2),
            CLIPPED,
            *clipped,
        ),
        _fact(
            "unit-on-shift-attains",
            let("v", c, let("w", c, let("b", 0, v * (relu(w + bias) - relu(bias))))),
            c**2,
            CLIPPED,
        ),
    )


def _penalty_facts() -> tuple[Fact, ...]:
    g, rho = names("g rho")
    below = (less(theta, 2 * weight), less(w, 0))
    return (
        _fact(
            "best-slope",
            argmax("w", spaces(), theta * w - weight * (w - 1) ** 2),
            BEST_SLOPE,
            PENALTY,
        ),
        _statement("best-of-all-slopes", _at_most(_penalized(w), _penalized(BEST_SLOPE)), DIRAC),
        _fact("best-slope-is-one", BEST_SLOPE, number(1), PENALTY, holds=False),
        _fact("critic-overestimates", theta * BEST_SLOPE - theta, theta**2 / (2 * weight), PENALTY),
        _fact(
            "heavy-penalty",
            limit("lambda", INFINITY, BEST_SLOPE),
            number(1),
            Notation(DIRAC.symbols[:1]),
        ),
        _statement(
            "spurious-maximum",
            _at_most(_penalized(w), _penalized(SPURIOUS_SLOPE)),
            DIRAC,
            *below,
        ),
        _statement(
            "where-it-exists",
            less(SPURIOUS_SLOPE, 0),
            PENALTY,
            equivalent=less(theta, 2 * weight),
        ),
        _fact(
            "spurious-slope",
            argmax("w", spaces(), theta * w - weight * (-w - 1) ** 2),
            SPURIOUS_SLOPE,
            PENALTY,
        ),
        _statement(
            "one-sided-increases",
            less(_one_sided(v), _one_sided(w)),
            DIRAC,
            less(v, w),
            _at_most(w, BEST_SLOPE),
        ),
        _statement("one-sided-best", _at_most(_one_sided(w), _one_sided(BEST_SLOPE)), DIRAC),
        _fact(
            "anywhere",
            argmax("s", spaces(), g * s - weight * rho * (s - 1) ** 2),
            1 + g / (2 * weight * rho),
            POINTWISE,
        ),
        _fact("normalized-slope", w * theta / absolute(w), theta, UPWARD),
        _fact("middle-is-free", (1 + (t + 1)) / 2 - (0 + t) / 2, number(1), MIDDLE),
    )


def _banach_facts() -> tuple[Fact, ...]:
    """Norms other than the Euclidean: a critic that attains the norm, and the same bias."""
    size = Name("N")
    norm_ = sqrt(index_sum("k", "n", s[k] ** 2 * theta[k] ** 2))
    positive = PENALTY.extended(Symbol("N", REAL, domain=POSITIVE, words="a norm"))
    return (
        _fact("weighted-norm", size, norm_, WEIGHTED),
        _fact("attaining-slopes", w[k], s[k] ** 2 * theta[k] / size, INDEXED),
        _fact("dual-attained", index_sum("k", "n", w[k] * theta[k]), size, WEIGHTED),
        _fact("dual-norm-is-one", index_sum("k", "n", w[k] ** 2 / s[k] ** 2), number(1), WEIGHTED),
        _fact(
            "same-bias",
            argmax("r", spaces(), size * r - weight * (r - 1) ** 2),
            1 + size / (2 * weight),
            positive,
        ),
    )


def reading() -> Solution:
    """4.wgan.reading: the algorithm, clipping, the gradient penalty, and an alternative."""
    return Solution(
        DIRAC.extended(
            CLIPPED["c"], POINTWISE["g"], POINTWISE["rho"], Symbol("N", REAL, words="a norm")
        ),
        lemmas=(_penalty(),),
        facts=(
            *_loss_facts(),
            *_clipping_facts(),
            *_penalty_facts(),
            *_banach_facts(),
        ),
        formulas={
            "place": theta,
            "penalty": weight,
            "slope": w,
            "lower-slope": v,
            "linear-critic": w * x,
            "penalized-objective": _penalized(w),
            "one-sided-objective": _one_sided(w),
            "clip": Name("c"),
            "passing": Name("g"),
            "interpolates": Name("rho"),
            "norm": Name("N"),
        },
        experiments=("wasserstein",),
        studies=("wasserstein_training",),
        figures=("penalized_critics",),
    )
