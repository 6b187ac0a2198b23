"""The acceptance identities: one table of true claims that drives the general engine tests.

A new identity is one row. Every row is proved, stays proved when its sides are swapped, its symbols
renamed or both sides scaled, and none of its mutants is proved unless it is equivalent.
"""

from __future__ import annotations

from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Liftable, Name, Term, lift
from language.types import INTEGER, POSITIVE, PROBABILITY, REAL, Array, Function, Law
from language.vocabulary import (
    IMAGINARY,
    INFINITY,
    PI,
    TRUE,
    absolute,
    argmax,
    argmin,
    call,
    delta,
    density,
    derivative,
    determinant,
    diagonal,
    eigenvalues,
    entropy,
    equal,
    exp,
    expectation,
    gradient,
    hadamard,
    identity,
    index_sum,
    integral,
    inverse,
    jsd,
    kl,
    less,
    limit,
    log,
    logistic,
    matrix,
    multiset,
    names,
    norm,
    number,
    real_part,
    relation,
    softplus,
    spaces,
    sqrt,
    tanh,
    trace,
)

HALF = number(1, 2)

p, x, a, b, c, g, t = names("p x a b c gamma t")
X, y, w, R, G, lam = names("X y w R Gamma lambda")
i, j, n, d = names("i j n d")

SCALARS = Notation(
    (
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("x", REAL),
        Symbol("a", REAL, domain=POSITIVE),
        Symbol("b", REAL, domain=POSITIVE),
        Symbol("gamma", REAL, latex=r"\gamma", domain=POSITIVE),
    )
)

REGRESSION = Notation(
    (
        Symbol("X", Array(("n", "d"))),
        Symbol("y", Array(("n",))),
        Symbol("w", Array(("d",))),
        Symbol("R", Array(("n", "d"))),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("lambda", REAL, domain=POSITIVE),
        Symbol(
            "Gamma",
            Array(("d", "d")),
            definition=delta(i, j) * sqrt(index_sum("k", n, X["k", i] ** 2)),
            parameters=("i", "j"),
            traits=frozenset({"diagonal"}),
        ),
    )
)

MATRICES = Notation(
    (
        Symbol("X", Array(("n", "d"))),
        Symbol("y", Array(("n",))),
        Symbol("lambda", REAL, domain=POSITIVE),
        Symbol("A", Array(("n", "n")), traits=frozenset({"invertible"})),
        Symbol("C", Array(("d", "d")), traits=frozenset({"invertible"})),
        Symbol("U", Array(("n", "d"))),
        Symbol("V", Array(("d", "n"))),
    )
)
A, C, U, V = names("A C U V")

DIAGONAL = Notation(
    (
        Symbol("X", Array(("n", "d"))),
        Symbol("y", Array(("n",))),
        Symbol("lambda", REAL, domain=POSITIVE),
        Symbol("D", Array(("d", "d")), traits=frozenset({"diagonal", "invertible"})),
    )
)
D = Name("D")

GAN = Notation(
    (
        Symbol("p_data", Law(REAL)),
        Symbol("p_g", Law(REAL)),
        Symbol("a", REAL),
        Symbol("b", REAL),
        Symbol("c", REAL),
        Symbol(
            "D",
            Function((REAL,), REAL),
            domain=PROBABILITY,
            definition=density("p_data", t) / (density("p_data", t) + density("p_g", t)),
            parameters=("t",),
        ),
        Symbol(
            "L",
            Function((REAL,), REAL),
            definition=(b * density("p_data", t) + a * density("p_g", t))
            / (density("p_data", t) + density("p_g", t)),
            parameters=("t",),
        ),
    )
)
DATA, FAKE = names("p_data p_g")

LATENT = Notation(
    (
        Symbol("q", Law(REAL)),
        Symbol("prior", Law(REAL)),
        Symbol("likelihood", Function((REAL,), REAL), domain=POSITIVE),
        Symbol(
            "evidence",
            REAL,
            domain=POSITIVE,
            definition=integral("z", call("likelihood", "z") * density("prior", "z")),
        ),
        Symbol(
            "posterior",
            Law(REAL),
            definition=call("likelihood", "z") * density("prior", "z") / Name("evidence"),
            parameters=("z",),
        ),
    )
)

GAUSSIAN = Notation(
    (
        Symbol("mu", Array(("n",))),
        Symbol("sigma", Array(("n",)), domain=POSITIVE),
        Symbol("l", Array(("n",))),
        Symbol("s", Array(("n",))),
        Symbol("i", INTEGER),
    )
)
mu, sigma, ell, s = names("mu sigma l s")

MIXTURE = Notation(
    (
        Symbol("w", Array(("n",))),
        Symbol("mu", Array(("m",))),
        Symbol("sigma", Array(("m",)), domain=POSITIVE),
        Symbol("pi", Array(("m",)), domain=PROBABILITY, traits=frozenset({"simplex"})),
        Symbol("i", INTEGER),
        Symbol("j", INTEGER),
    )
)
pi = Name("pi")

FLOW = Notation(
    (
        Symbol("p_X", Law(Array(("d",)))),
        Symbol("p_U", Law(Array(("d",)))),
        Symbol(
            "F",
            Function((Array(("d",)),), Array(("d",))),
            inverse="Finv",
            jacobian="JF",
            traits=frozenset({"diffeomorphism"}),
        ),
        Symbol(
            "Finv",
            Function((Array(("d",)),), Array(("d",))),
            inverse="F",
            jacobian="JFinv",
            traits=frozenset({"diffeomorphism"}),
        ),
        Symbol("JF", Function((Array(("d",)),), Array(("d", "d")))),
        Symbol("JFinv", Function((Array(("d",)),), Array(("d", "d")))),
    )
)

DIRAC = matrix((0, 0, -HALF), (0, -HALF, 0), (HALF, 0, 0))
DIRAC_R1 = matrix((-g, 0, -HALF), (0, -HALF, 0), (HALF, 0, 0))


def normal(mean: Term, variance: Term) -> Term:
    return Apply("normal", (mean, variance))


STANDARD = normal(Apply("zeros", (n,)), Apply("ones", (n,)))


def component(u: Term, k: Term) -> Term:
    return density(normal(mu[k], sigma[k] ** 2), u)


def responsibility(k: Term, u: Term) -> Term:
    return pi[k] * component(u, k) / index_sum("k", "m", pi["k"] * component(u, Name("k")))


REGULARIZER = -index_sum("a", n, log(index_sum("k", "m", pi["k"] * component(w["a"], Name("k")))))
VALUE = expectation("x", DATA, log(call("D", "x"))) + expectation(
    "x", FAKE, log(1 - call("D", "x"))
)
TWICE_GENERATOR = expectation("x", DATA, (call("L", "x") - c) ** 2) + expectation(
    "x", FAKE, (call("L", "x") - c) ** 2
)
PUSHED = Apply("pushforward", (Name("F"), Name("p_U")))
PULLED = Apply("pushforward", (Name("Finv"), Name("p_X")))
LOSS = norm(y - X @ w) ** 2 + lam * norm(w) ** 2


def _exact(name: str, notation: Notation, left: Term, right: Term) -> Claim:
    return Claim(name, notation, left, right)


def interval(low: Liftable, high: Liftable) -> Term:
    return Apply("interval", (lift(low), lift(high)))


def extreme(head: str, variable: str, domain: Term, body: Term) -> Term:
    return Bind(head, variable, domain, body)


UNIT_NORMAL = normal(number(0), number(1))
PAIR = Notation(
    (
        Symbol("a", REAL),
        Symbol("b", REAL),
        Symbol("s", REAL, domain=POSITIVE),
        Symbol("t", REAL, domain=POSITIVE),
        Symbol("k", REAL, domain=PROBABILITY),
    )
)
COVARIANT = Notation(
    (
        Symbol("mu", Array(("d",))),
        Symbol("nu", Array(("d",))),
        Symbol("x", Array(("d",))),
        Symbol("S", Array(("d", "d")), traits=frozenset({"definite"})),
        Symbol("T", Array(("d", "d")), traits=frozenset({"definite"})),
    )
)
NOISE = Notation(
    (
        Symbol("p_z", Law(Array(("k",)))),
        Symbol(
            "p_g", Law(Array(("d",))), definition=Apply("pushforward", (Name("G"), Name("p_z")))
        ),
        Symbol("G", Function((Array(("k",)),), Array(("d",)))),
        Symbol("D", Function((Array(("d",)),), REAL), domain=PROBABILITY),
    )
)
OPAQUE = Notation(
    (
        Symbol("mu", Array(("n",))),
        Symbol("sigma", Array(("n",)), domain=POSITIVE),
        Symbol("phi", Function((Array(("n",)),), REAL)),
        Symbol("i", INTEGER),
        Symbol("j", INTEGER),
    )
)
nu, S, T, k, e = names("nu S T k e")
FIRST, SECOND = normal(a, s**2), normal(b, t**2)
OVERLAP = exp(-((a - b) ** 2) / (2 * (s**2 + t**2))) / sqrt(2 * PI * (s**2 + t**2))
COVARIANT_KL = HALF * (
    trace(inverse(T) @ S)
    + (nu - mu).T @ inverse(T) @ (nu - mu)
    - d
    + log(determinant(T) / determinant(S))
)

IDENTITIES: tuple[Claim, ...] = (
    # scalars
    _exact("logistic of minus x", SCALARS, logistic(-x), 1 - logistic(x)),
    _exact("softplus difference", SCALARS, softplus(x) - softplus(-x), x),
    _exact("tanh by logistic", SCALARS, tanh(x), 2 * logistic(2 * x) - 1),
    _exact("log logistic", SCALARS, log(logistic(x)), -softplus(-x)),
    _exact("log 4", SCALARS, log(4), 2 * log(2)),
    _exact("root of a square", SCALARS, sqrt(x**2), absolute(x)),
    _exact("a root of unity", SCALARS, exp(IMAGINARY * PI / 6), (sqrt(3) + IMAGINARY) / 2),
    _exact("a turned root", SCALARS, exp(x - 3 * IMAGINARY * PI / 2), IMAGINARY * exp(x)),
    _exact("a row turned back", REGRESSION, (w.T).T, w),
    _exact(
        "the root of a diagonal matrix",
        GAUSSIAN,
        sqrt(diagonal(sigma)) @ mu,
        hadamard(sqrt(sigma), mu),
    ),
    _exact(
        "a diagonal by its definition, within an inverse",
        REGRESSION,
        inverse(p * (X.T @ X) + (1 - p) * diagonal(X.T @ X)) @ w,
        inverse(p * (X.T @ X) + (1 - p) * G**2) @ w,
    ),
    _exact(
        "a negative power, written so",
        DIAGONAL,
        D ** (-lift(2)) @ X.T @ inverse(X @ D ** (-lift(2)) @ X.T + lam * identity(n)) @ y,
        inverse(X.T @ X + lam * D**2) @ X.T @ y,
    ),
    _exact(
        "entropy of the data and the rest under a flow",
        FLOW,
        integral("x", density("p_X", x) * log(density("p_X", x)), spaces(d))
        - expectation(
            "x",
            Name("p_X"),
            log(density("p_U", call("Finv", x))) + log(absolute(determinant(call("JFinv", x)))),
        ),
        kl("p_X", PUSHED),
    ),
    _exact("logit gradient", SCALARS, derivative(log(1 - logistic(x)), x), -logistic(x)),
    _exact(
        "pointwise maximum",
        SCALARS,
        argmax(
            "y", Apply("interval", (number(0), number(1))), a * log("y") + b * log(1 - Name("y"))
        ),
        a / (a + b),
    ),
    _exact("penalty vanishes", SCALARS, limit("p", 1, (1 - p) / p), number(0)),
    _exact("penalty diverges", SCALARS, limit("p", 0, (1 - p) / p), Apply("infinity")),
    # index sums and expectations
    _exact(
        "dropout expectation",
        REGRESSION,
        expectation("R", Apply("bernoulli", (p,)), norm(y - hadamard(X, R) @ w) ** 2),
        norm(y - p * (X @ w)) ** 2 + p * (1 - p) * norm(G @ w) ** 2,
    ),
    _exact(
        "dropout gradient",
        REGRESSION,
        gradient(norm(y - p * (X @ w)) ** 2 + p * (1 - p) * norm(G @ w) ** 2, w),
        -2 * p * (X.T @ (y - p * (X @ w))) + 2 * p * (1 - p) * (G @ G @ w),
    ),
    _exact(
        "mixture prior, weights",
        MIXTURE,
        derivative(REGULARIZER, w[i]),
        index_sum("j", "m", responsibility(j, w[i]) * (w[i] - mu[j]) / sigma[j] ** 2),
    ),
    _exact(
        "mixture prior, means",
        MIXTURE,
        derivative(REGULARIZER, mu[j]),
        index_sum("i", n, responsibility(j, w[i]) * (mu[j] - w[i]) / sigma[j] ** 2),
    ),
    _exact(
        "mixture prior, deviations",
        MIXTURE,
        derivative(REGULARIZER, sigma[j]),
        index_sum(
            "i",
            n,
            responsibility(j, w[i]) * (1 / sigma[j] - (w[i] - mu[j]) ** 2 / sigma[j] ** 3),
        ),
    ),
    _exact(
        "mixture prior, proportions",
        MIXTURE,
        derivative(REGULARIZER, pi[j]),
        -index_sum("i", n, responsibility(j, w[i]) / pi[j]),
    ),
    # Gaussian KL in three parametrizations
    _exact(
        "Gaussian KL, sigma",
        GAUSSIAN,
        kl(normal(mu, sigma**2), STANDARD),
        HALF * index_sum("j", n, mu[j] ** 2 + sigma[j] ** 2 - 1 - log(sigma[j] ** 2)),
    ),
    _exact(
        "Gaussian KL, log variance",
        GAUSSIAN,
        kl(normal(mu, exp(ell)), STANDARD),
        HALF * index_sum("j", n, mu[j] ** 2 + exp(ell[j]) - 1 - ell[j]),
    ),
    _exact(
        "Gaussian KL, log deviation",
        GAUSSIAN,
        kl(normal(mu, exp(2 * s)), STANDARD),
        HALF * index_sum("j", n, mu[j] ** 2 + exp(2 * s[j]) - 1 - 2 * s[j]),
    ),
    _exact(
        "Gaussian KL, gradient",
        GAUSSIAN,
        derivative(kl(normal(mu, exp(ell)), STANDARD), ell[i]),
        (exp(ell[i]) - 1) / 2,
    ),
    # functionals of densities
    _exact("C(G)", GAN, VALUE, -log(4) + 2 * jsd(DATA, FAKE)),
    _exact(
        "LSGAN 2C(G)",
        GAN,
        TWICE_GENERATOR,
        integral(
            "x",
            ((b - c) * (density(DATA, x) + density(FAKE, x)) - (b - a) * density(FAKE, x)) ** 2
            / (density(DATA, x) + density(FAKE, x)),
        ),
    ),
    _exact(
        "ELBO",
        LATENT,
        expectation("z", Name("q"), log(call("likelihood", "z"))) - kl("q", "prior"),
        log("evidence") - kl("q", "posterior"),
    ),
    _exact(
        "complete data",
        LATENT,
        expectation("z", Name("q"), log(call("likelihood", "z") * density("prior", "z"))),
        log("evidence") - kl("q", "posterior") - entropy("q"),
    ),
    _exact("KL under a flow", FLOW, kl("p_X", PUSHED), kl(PULLED, "p_U")),
    _exact(
        "entropy under a flow",
        FLOW,
        entropy(PUSHED),
        entropy("p_U") + expectation("u", Name("p_U"), log(absolute(determinant(call("JF", "u"))))),
    ),
    # matrices of symbolic size
    _exact(
        "push-through",
        MATRICES,
        inverse(X.T @ X + lam * identity(d)) @ X.T,
        X.T @ inverse(X @ X.T + lam * identity(n)),
    ),
    _exact(
        "Woodbury",
        MATRICES,
        inverse(A + U @ C @ V),
        inverse(A) - inverse(A) @ U @ inverse(inverse(C) + V @ inverse(A) @ U) @ V @ inverse(A),
    ),
    _exact(
        "ridge",
        REGRESSION,
        argmin("w", spaces(d), LOSS),
        inverse(X.T @ X + lam * identity(d)) @ X.T @ y,
    ),
    # spectra and stability
    Claim(
        "Dirac-GAN spectrum",
        SCALARS,
        eigenvalues(DIRAC),
        multiset(-HALF, Apply("imaginary") / 2, -Apply("imaginary") / 2),
        Equality.MULTISET,
    ),
    Claim(
        "Dirac-GAN spectrum with R1",
        SCALARS,
        eigenvalues(DIRAC_R1),
        multiset(-HALF, (-g + sqrt(g**2 - 1)) / 2, (-g - sqrt(g**2 - 1)) / 2),
        Equality.MULTISET,
    ),
    Claim(
        "Dirac-GAN stable with R1",
        SCALARS,
        Bind("forall", "e", eigenvalues(DIRAC_R1), less(real_part("e"), 0)),
        TRUE,
        Equality.CONDITION,
    ),
    # integrals in closed form
    _exact(
        "mean absolute value",
        PAIR,
        expectation("z", UNIT_NORMAL, absolute((s - t) * Name("z"))),
        absolute(s - t) * sqrt(2 / PI),
    ),
    _exact(
        "overlap of normal laws",
        PAIR,
        integral("x", density(FIRST, x) * density(SECOND, x)),
        OVERLAP,
    ),
    _exact(
        "moment generating function",
        PAIR,
        expectation("x", FIRST, exp(b * x)),
        exp(a * b + s**2 * b**2 / 2),
    ),
    _exact(
        "exponential quantiles",
        PAIR,
        integral("u", absolute(log(1 - Name("u")) / t - log(1 - Name("u")) / s), interval(0, 1)),
        absolute(1 / s - 1 / t),
    ),
    _exact(
        "exponential tails",
        PAIR,
        integral("x", absolute(exp(-s * x) - exp(-t * x)), interval(0, INFINITY)),
        absolute(1 / s - 1 / t),
    ),
    _exact(
        "area of a mixture",
        MIXTURE,
        integral("u", index_sum("k", "m", pi["k"] * component(Name("u"), k))),
        number(1),
    ),
    _exact(
        "responsibilities",
        MIXTURE,
        index_sum("j", "m", index_sum("i", n, responsibility(j, w["i"]))),
        n,
    ),
    # kinks
    _exact(
        "softplus and relu", SCALARS, softplus(x), Apply("relu", (x,)) + log(1 + exp(-absolute(x)))
    ),
    _exact(
        "logistic of relu",
        SCALARS,
        logistic(Apply("relu", (x,))),
        Apply("maximum", (logistic(x), HALF)),
    ),
    # maxima, limits
    _exact(
        "conjugate",
        PAIR,
        extreme("maximal", "u", interval(0, INFINITY), a * Name("u") - Name("u") * log("u")),
        exp(a - 1),
    ),
    _exact("logarithm at zero", PAIR, limit("s", 0, s**2 - 1 - log(s)), INFINITY),
    _exact("slope of tanh", PAIR, limit("s", 0, tanh(s * a) / s), a),
    # normal laws with covariance, images of laws, opaque functions
    _exact("Gaussian KL, covariance", COVARIANT, kl(normal(mu, S), normal(nu, T)), COVARIANT_KL),
    _exact(
        "Gaussian entropy, covariance",
        COVARIANT,
        entropy(normal(mu, S)),
        HALF * (d * log(2 * PI) + d + log(determinant(S))),
    ),
    _exact(
        "log-determinant of a diagonal",
        GAUSSIAN,
        log(determinant(diagonal(sigma**2))),
        2 * index_sum("j", n, log(sigma["j"])),
    ),
    _exact(
        "image of the noise",
        NOISE,
        expectation("z", Name("p_z"), log(1 - call("D", call("G", "z")))),
        integral("x", density("p_g", x) * log(1 - call("D", x)), spaces(d)),
    ),
    _exact(
        "reparametrization",
        OPAQUE,
        expectation("z", normal(Apply("zeros", (n,)), sigma**2), call("phi", "z")),
        expectation("e", STANDARD, call("phi", hadamard(sigma, e))),
    ),
    _exact(
        "covariance of the noise",
        OPAQUE,
        expectation("e", STANDARD, (sigma[i] * e[i]) * (sigma[j] * e[j])),
        delta(i, j) * sigma[i] ** 2,
    ),
    # statements
    Claim(
        "Gibbs", GAN, relation("greater_equal", kl("p_data", "p_g"), 0), TRUE, Equality.CONDITION
    ),
    Claim(
        "unchanged for all weights",
        SCALARS,
        Bind("forall", "u", spaces(), equal(a * (b * Name("u")) ** 2, a * Name("u") ** 2)),
        equal(b, 1),
        Equality.CONDITION,
    ),
)
