"""Estimates of a mean from draws: their variance, how to lower it, and how many draws it takes.

Sources: Asmussen and Glynn, "Stochastic Simulation" (2007), chapter V (control variates, antithetic
pairs, strata); Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58
(1963), section 4; Bhatia and Davis, "A better bound on the variance", Amer. Math. Monthly 107
(2000).
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Derivation, Fact, Solution
from derivations.rules.adversarial import sum_of_constant
from derivations.rules.calculus import at_the_point, expand
from derivations.rules.conjugates import curved_optimum, value_at_optimum
from derivations.rules.gaussian import standard_normal
from derivations.rules.information import fold_definition, linearity
from derivations.rules.sampling import (
    about_its_mean,
    in_deviations,
    sum_over_deltas,
    under_one_root,
)
from derivations.rules.transport import integrate_over_interval
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, substitute
from language.types import (
    INTEGER,
    NATURALS,
    POSITIVE,
    PROBABILITY,
    REAL,
    Array,
    Function,
    Law,
)
from language.vocabulary import (
    INFINITY,
    TRUE,
    argmin,
    call,
    delta,
    exp,
    expectation,
    index_sum,
    integral,
    let,
    log,
    names,
    number,
    relation,
    spaces,
    sqrt,
    variance,
)

__all__ = [
    "EXPONENTIAL",
    "antithetic_pairs",
    "control_variate",
    "mean_of_draws",
    "sampled_check",
    "strata",
]

POINT = Array(("k",))
HALF = number(1, 2)
z, y, x, u, mu, nu, V, W, C, c, b, rho, n, i, j = names("z y x u mu nu V W C c b rho n i j")
f, g = call("f", z), call("g", z)
UNIT = Apply("interval", (number(0), number(1)))


def _mean(body: Term) -> Term:
    return expectation("z", "p", body)


#: A law, two functions of a draw from it, and their moments.
NOTATION = Notation(
    (
        Symbol("z", POINT, latex=r"\mathbf{z}", words="a draw"),
        Symbol("y", POINT, latex=r"\mathbf{z}'", words="another draw"),
        Symbol("p", Law(POINT), words="the law of the draws"),
        Symbol("f", Function((POINT,), REAL), words="the function that is averaged"),
        Symbol("g", Function((POINT,), REAL), words="another function of the draw"),
        Symbol("mu", REAL, latex=r"\mu", definition=_mean(f), words="the mean of the function"),
        Symbol("nu", REAL, latex=r"\nu", definition=_mean(g), words="the mean of the other"),
        Symbol("V", REAL, definition=_mean((f - mu) ** 2), words="the variance of the function"),
        Symbol("W", REAL, definition=_mean((g - nu) ** 2), words="the variance of the other"),
        Symbol("C", REAL, definition=_mean((f - mu) * (g - nu)), words="their covariance"),
        Symbol("c", REAL, words="a coefficient"),
    )
)
#: The same moments as numbers, for what follows from them alone.
MOMENTS = Notation(
    (
        Symbol("V", REAL, domain=POSITIVE, words="the variance of the function"),
        Symbol("W", REAL, domain=POSITIVE, words="the variance of the other"),
        Symbol("C", REAL, words="their covariance"),
        Symbol("rho", REAL, latex=r"\rho", definition=C / sqrt(V * W), words="their correlation"),
        Symbol("n", INTEGER, domain=NATURALS, words="the number of draws"),
    )
)
#: How far from the best a coefficient is.
MISSED = MOMENTS.extended(Symbol("c", REAL, words="how far the coefficient is off"))


def _fact(name: str, notation: Notation, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, right), holds)


def _says(name: str, notation: Notation, statement: Term) -> Fact:
    return Fact(Claim(name, notation, statement, TRUE, Equality.CONDITION))


def _mean_of(name: str, body: Term, reason: str) -> Chain:
    return Chain(name, NOTATION, _mean(body), reason).then("The expectation is linear.", linearity)


def _variance_of(name: str, body: Term, mean: Derivation, reason: str) -> Derivation:
    """The variance of a combination of f and g, in their variances and their covariance."""
    return (
        Chain(name, NOTATION, variance("z", "p", body), reason)
        .then("It is the mean square of the distance from the mean.", about_its_mean, mean.claim)
        .then(
            "Multiply out, in powers of the two deviations.",
            in_deviations,
            NOTATION,
            {f: mu, g: nu},
        )
        .then("The expectation is linear.", linearity)
        .then(
            "These are the variances and the covariance.", fold_definition, NOTATION, "V", "W", "C"
        )
        .derivation()
    )


# --------------------------------------------------------------------------- plain draws


def mean_of_draws() -> Solution:
    """The variance of the average of n draws, independent or equally correlated."""
    total = index_sum("i", n, index_sum("j", n, delta(i, j) * V)) / n**2
    alike = index_sum("i", n, index_sum("j", n, C + delta(i, j) * (V - C))) / n**2
    independent = (
        Chain(
            "independent",
            MOMENTS,
            total,
            "The variance of a sum is the sum of all covariances; of those of independent draws "
            "only the variances are not zero.",
        )
        .then("Of each inner sum one summand is left.", sum_over_deltas)
        .then("The summands are equal.", sum_of_constant)
        .then("Cancel.", expand, MOMENTS)
        .derivation()
    )
    correlated = (
        Chain("correlated", MOMENTS, alike, "Each two draws have the same covariance.")
        .then("Carry out the inner sum.", sum_over_deltas)
        .then("The summands are equal.", sum_of_constant)
        .then("Cancel.", expand, MOMENTS)
        .derivation()
    )
    other = call("f", y)
    squared = ((f + other) / 2 - mu) ** 2
    facts = (
        _fact("two", NOTATION, _mean(expectation("y", "p", squared)), V / 2),
        _fact("what-stays", MOMENTS, Bind("limit", "n", INFINITY, C + (V - C) / n), C),
        _fact("without-root", MOMENTS, sqrt(V / n), sqrt(V) / n, holds=False),
        _fact("half-of-it", MOMENTS, sqrt(V / (4 * n)), HALF * sqrt(V / n)),
    )
    return Solution(
        MOMENTS,
        answers=(
            Answer("independent", independent, asks="the variance of the average"),
            Answer(
                "correlated",
                correlated,
                (V / n + (n - 1) / n * C, C + (V - C) / n),
                asks="the variance of the average where each two draws have covariance C",
            ),
        ),
        facts=facts,
        formulas={
            "variance": V,
            "covariance": C,
            "count": n,
            "standard-error": sqrt(V / n),
            "draws": 4 * n,
        },
    )


# --------------------------------------------------------------------------- less variance


def control_variate() -> Solution:
    """The best coefficient of a control variate, and the variance that is left."""
    estimate = f - c * (g - nu)
    mean = (
        _mean_of("mean", estimate, "The mean of the estimate.")
        .then("The expectation is linear.", linearity)
        .then("These are the two means.", fold_definition, NOTATION, "mu", "nu")
        .then("The deviation of the control has mean zero.", expand, NOTATION)
        .derivation()
    )
    spread = _variance_of("variance", estimate, mean, "The variance of the estimate.")
    left_over = V - 2 * b * C + b**2 * W
    best = (
        Chain("best", MOMENTS, argmin("b", spaces(), left_over), "What is to be found.")
        .then(
            "It is a parabola that opens upwards, so its one stationary point is its minimum.",
            curved_optimum,
            MOMENTS,
        )
        .derivation()
    )
    least = (
        Chain(
            "least",
            MOMENTS,
            Bind("minimal", "b", spaces(), left_over),
            "The variance with the best coefficient.",
        )
        .then("It is the value at the best coefficient.", value_at_optimum, MOMENTS)
        .then("Put it in.", at_the_point)
        .then("Multiply out.", expand, MOMENTS)
        .derivation()
    )
    any_other = let("b", C / W + c, left_over)
    facts = (
        _fact("miss", MISSED, any_other, V - C**2 / W + c**2 * W),
        _fact("half-way", MOMENTS, let("b", C / (2 * W), left_over), (1 - 3 * rho**2 / 4) * V),
        _fact("twice", MOMENTS, let("b", 2 * C / W, left_over), V),
        _fact("other-variance", MOMENTS, argmin("b", spaces(), left_over), C / V, holds=False),
        _fact(
            "not-squared",
            MOMENTS,
            Bind("minimal", "b", spaces(), left_over),
            (1 - rho) * V,
            holds=False,
        ),
        *_exponential_facts("control"),
    )
    return Solution(
        MOMENTS,
        answers=(
            Answer("best", best, asks="the coefficient with the least variance"),
            Answer(
                "least",
                least,
                ((1 - rho**2) * V,),
                asks="the variance that the best coefficient leaves",
            ),
        ),
        lemmas=(mean, spread),
        facts=facts,
        formulas={
            "function": f,
            "control": g,
            "control-mean": nu,
            "wanted": mu,
            "variance": V,
            "control-variance": W,
            "covariance": C,
            "coefficient": c,
            "correlation": rho,
            "estimate": estimate,
            "example": exp(u),
            "example-variable": u,
        },
    )


def antithetic_pairs() -> Solution:
    """The variance of the average over a draw and its mirror image."""
    half = f / 2 + g / 2
    mean = (
        _mean_of("mean", half, "The mean of the average.")
        .then("These are the two means.", fold_definition, NOTATION, "mu", "nu")
        .derivation()
    )
    spread = _variance_of("variance", half, mean, "The variance of the average of two functions.")
    alike = (
        Chain(
            "pair",
            MOMENTS,
            let("W", V, spread.claim.closed_form),
            "The mirror image has the law of the draw, so both variances are the same.",
        )
        .then("Put it in.", at_the_point)
        .then("Add up.", expand, MOMENTS)
        .derivation()
    )
    line = Notation((Symbol("x", REAL, words="a standard normal draw"),))
    normal = standard_normal()

    def spread_of(body: Term) -> Term:
        return variance("x", normal, body)

    facts = (
        _fact("linear", line, spread_of((x + -x) / 2), number(0)),
        _fact("even", line, spread_of((x**2 + (-x) ** 2) / 2), spread_of(x**2)),
        _fact("exponential-plain", line, spread_of(exp(x)), exp(number(2)) - exp(number(1))),
        _fact(
            "exponential-pair",
            line,
            spread_of((exp(x) + exp(-x)) / 2),
            (exp(number(1)) - 1) ** 2 / 2,
        ),
        _fact("against-two-draws", MOMENTS, (V + C) / 2 - V / 2, C / 2),
        _fact("sum-not-mean", MOMENTS, alike.claim.defined, V + C, holds=False),
        *_exponential_facts("antithetic"),
    )
    return Solution(
        MOMENTS,
        answers=(
            Answer(
                "pair",
                alike,
                ((V + C) / 2, (1 + C / V) * V / 2),
                asks="the variance of the average of a pair",
            ),
        ),
        lemmas=(mean, spread),
        facts=facts,
        formulas={
            "function": f,
            "image": g,
            "variance": V,
            "covariance": C,
            "two-draws": V / 2,
            "identity": x,
            "square": x**2,
            "exponential": exp(x),
            "example": exp(u),
            "mirrored": exp(1 - u),
        },
    )


#: The integral of exp over the unit interval, by several estimates: the variance of each.
EXPONENTIAL = {
    "mean": exp(number(1)) - 1,
    "plain": (exp(number(2)) - 1) / 2 - (exp(number(1)) - 1) ** 2,
    "control": (exp(number(2)) - 1) / 2 - (exp(number(1)) - 1) ** 2 - 3 * (3 - exp(number(1))) ** 2,
    "coefficient": 6 * (3 - exp(number(1))),
    "antithetic": (10 * exp(number(1)) - 3 * exp(number(2)) - 5) / 4,
}


def _exponential_facts(name: str) -> tuple[Fact, ...]:
    """The variance of exp(u) for a uniform u, plain and by one other estimate."""
    estimates = {
        "plain": exp(u),
        "control": exp(u) - EXPONENTIAL["coefficient"] * (u - HALF),
        "antithetic": (exp(u) + exp(1 - u)) / 2,
    }
    return tuple(
        _fact(
            f"example-{which}",
            Notation(),
            integral("u", (estimates[which] - EXPONENTIAL["mean"]) ** 2, UNIT),
            EXPONENTIAL[which],
        )
        for which in ("plain", name)
    )


def strata() -> Solution:
    """One draw in each of n equal strata: the variance of the average of the points."""
    square = integral("u", (u - HALF) ** 2, UNIT)
    derivation = (
        Chain(
            "stratified",
            MOMENTS,
            1 / n**2 * index_sum("i", n, 1 / n**2 * square),
            "Each draw is uniform on a stratum of width one over their number, and the variances "
            "of uncorrelated draws add.",
        )
        .then("The variance of a uniform draw is one twelfth.", integrate_over_interval)
        .then("The summands are equal.", sum_of_constant)
        .then("Cancel.", expand, MOMENTS)
        .derivation()
    )
    middle = (2 * i - 1) / (2 * n)
    stratum = Apply("interval", ((i - 1) / n, i / n))
    spread = integral("x", n * (x - middle) ** 2, stratum)
    written_out = 1 / n**2 * index_sum("i", n, spread)
    facts = (
        _fact("written-out", MOMENTS, written_out, 1 / (12 * n**3)),
        _fact("plain", MOMENTS, 1 / n * square, 1 / (12 * n)),
        _fact(
            "too-few-powers", MOMENTS, derivation.claim.closed_form, 1 / (12 * n**2), holds=False
        ),
    )
    return Solution(
        MOMENTS,
        answers=(Answer("stratified", derivation, asks="the variance of the average"),),
        facts=facts,
        formulas={"count": n, "width": 1 / n},
    )


# --------------------------------------------------------------------------- how long to draw

eps, lam, s, alpha, L, q, m, low, high = names("epsilon lambda s alpha L q m a b")

#: A bounded draw, and what is asked of its mean.
BOUNDED = Notation(
    (
        Symbol("a", REAL, words="the least value"),
        Symbol("b", REAL, words="the largest value"),
        Symbol("x", REAL, words="a draw"),
        Symbol("p", Law(REAL), words="the law of the draws"),
        Symbol("m", REAL, definition=expectation("x", "p", x), words="the mean"),
        Symbol("V", REAL, definition=expectation("x", "p", (x - m) ** 2), words="the variance"),
    )
)
#: The ends and the mean as numbers.
ENDS = Notation(tuple(Symbol(name, REAL) for name in ("a", "b", "m")))
STOPPING = Notation(
    (
        Symbol("n", INTEGER, domain=NATURALS, words="the number of draws"),
        Symbol("s", REAL, domain=POSITIVE, words="the width of the range"),
        Symbol("V", REAL, domain=POSITIVE, words="the variance"),
        Symbol("epsilon", REAL, latex=r"\varepsilon", domain=POSITIVE, words="the error left open"),
        Symbol(
            "alpha",
            REAL,
            latex=r"\alpha",
            domain=PROBABILITY,
            words="the probability of a false alarm",
        ),
        Symbol(
            "L",
            REAL,
            domain=POSITIVE,
            words="the logarithm of two over the probability of a false alarm",
        ),
        Symbol("q", REAL, domain=PROBABILITY, latex=r"\lambda", words="a bet"),
    )
)


def sampled_check() -> Solution:
    """How many draws a bounded mean takes, and the bet behind the intervals that checks use."""
    exponent = lam**2 * s**2 / 8 - lam * eps
    tail = (
        Chain(
            "exponent",
            STOPPING,
            Bind("minimal", "lambda", spaces(), exponent),
            "By Hoeffding's lemma every weight gives a bound; the best one is wanted.",
        )
        .then("The exponent is convex; its optimum is stationary.", value_at_optimum, STOPPING)
        .then("Put it in.", at_the_point)
        .then("Multiply out.", expand, STOPPING)
        .derivation()
    )
    half_width = L / (n * lam) + lam * V / 2
    positive = Apply("interval", (number(0), INFINITY))
    bet = (
        Chain(
            "bet",
            STOPPING,
            argmin("lambda", positive, half_width),
            "Half the width of the interval after all draws with one and the same small bet.",
        )
        .then("It is convex; its optimum is stationary.", curved_optimum, STOPPING)
        .then("Write it with one root.", under_one_root)
        .derivation()
    )
    width = (
        Chain(
            "half-width",
            STOPPING,
            Bind("minimal", "lambda", positive, half_width),
            "Half the width with the best bet.",
        )
        .then("It is the value at the best bet.", value_at_optimum, STOPPING)
        .then("Write the bet with one root.", under_one_root)
        .then("Put it in.", at_the_point)
        .then("Add up.", expand, STOPPING)
        .then("Write it with one root.", under_one_root)
        .derivation()
    )
    bound = 2 * exp(-2 * n * eps**2 / s**2)
    radius = s * sqrt(log(2 / alpha) / (2 * n))
    enough = s**2 * log(2 / alpha) / (2 * eps**2)
    facts = (
        _fact(
            "room-left",
            BOUNDED,
            (high - m) * (m - low) - Name("V"),
            expectation("x", "p", (high - x) * (x - low)),
        ),
        _says(
            "quarter",
            ENDS,
            relation("less_equal", (high - m) * (m - low), (high - low) ** 2 / 4),
        ),
        _fact("radius", STOPPING, substitute(bound, {"epsilon": radius}), alpha),
        _fact("enough", STOPPING, substitute(radius, {"n": enough}), eps),
        _fact("edge", STOPPING, exp(-q - (-log(1 - q) - q)), 1 - q),
        _fact("block", STOPPING, V / (n * sqrt(4 * V / n) ** 2), number(1, 4)),
        _fact(
            "one-sided", STOPPING, substitute(bound / 2, {"epsilon": radius}), alpha, holds=False
        ),
    )
    return Solution(
        STOPPING,
        answers=(
            Answer("exponent", tail, asks="the least exponent"),
            Answer("bet", bet, asks="the best bet"),
            Answer("half-width", width, asks="half the width with the best bet"),
        ),
        facts=facts,
        formulas={
            "bound": bound,
            "range": s,
            "error": eps,
            "false-alarm": alpha,
            "count": n,
            "level": L,
            "level-written-out": log(2 / alpha),
            "variance": V,
            "bet": q,
            "draws-without": enough,
            "draws-with-variance": 2 * V * L / eps**2,
        },
        studies=("audit",),
    )
