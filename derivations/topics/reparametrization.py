"""Drawing as a function of noise: the reparametrized sample, three models and a broken one.

The models are those of an exercise on autoencoders with noise. Their expected losses and gradients
are worked out for linear networks of all sizes, where everything is a closed form; what the choice
between them rests on (which law depends on which parameter) is the same for all networks.
"""

from __future__ import annotations

from derivations.chain import Chain
from derivations.derivation import Answer, Choice, Convention, Derivation, Fact, Solution
from derivations.rules.calculus import collect, differentiate, substitute_result
from derivations.rules.gaussian import (
    derivative_inside,
    diagonal_as_hadamard,
    expand_in,
    expected_squared_norm,
    gaussian_moments,
    normal,
    normal_variance,
    reparametrize,
    root_of_variance,
    standard_normal,
)
from derivations.rules.information import linearity
from derivations.rules.matrix_calculus import gradient_of_squared_norm, linearity_of_gradient
from language.claims import Claim, Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, NATURALS, POSITIVE, REAL, Array, Function
from language.vocabulary import (
    TRUE,
    absolute,
    call,
    delta,
    density,
    derivative,
    diagonal,
    exp,
    expectation,
    gradient,
    greater,
    hadamard,
    index_product,
    index_sum,
    log,
    logistic,
    names,
    norm,
    number,
    power,
    relation,
    softplus,
    sqrt,
    trace,
    variance,
)

__all__ = ["added_noise", "covariance_map", "noisy_code", "noisy_input", "sample"]

HALF = number(1, 2)
p, D, L, j, k, i = names("p D L j k i")
mu, sigma, ell, eps, z = names("mu sigma ell eps z")

# --------------------------------------------------------------------------- the sample

LATENT = Array(("p",))
SAMPLE = Notation(
    (
        Symbol(
            "mu",
            LATENT,
            latex=r"\mu",
            words="the encoder's means",
            spellings=(r"\mu(\mathbf{x})", r"\mu_\phi(\mathbf{x})", r"\mu_\phi"),
        ),
        Symbol(
            "sigma",
            LATENT,
            latex=r"\sigma",
            domain=POSITIVE,
            words="the encoder's standard deviations",
            spellings=(r"\sigma(\mathbf{x})", r"\sigma_\phi(\mathbf{x})", r"\sigma_\phi", "std"),
        ),
        Symbol(
            "ell",
            LATENT,
            latex=r"\ell",
            words="the logarithms of the variances",
            spellings=("l", "logvar", "log_var"),
        ),
        Symbol(
            "eps",
            LATENT,
            latex=r"\epsilon",
            words="standard normal noise",
            spellings=(r"\varepsilon",),
        ),
        Symbol("z", LATENT, latex=r"\mathbf{z}", words="the latent vector"),
        Symbol("c", LATENT, words="any vector"),
        Symbol("phi", Function((LATENT,), REAL), latex=r"\varphi", words="any function"),
        Symbol("j", INTEGER, words="the number of a coordinate"),
        Symbol("k", INTEGER, words="the number of another"),
    )
)
STANDARD = standard_normal(p)
DRAWN = mu + hadamard(sigma, eps)

m, s, target, e, y = names("m s target e y")
#: One number drawn from N(m, s^2), and the function (y - target)^2 of it.
LINE = Notation(
    (
        Symbol("m", REAL, words="the mean"),
        Symbol("s", REAL, domain=POSITIVE, words="the standard deviation"),
        Symbol("target", REAL, latex="c", words="a target"),
        Symbol("y", REAL, words="the number drawn"),
        Symbol("e", REAL, latex=r"\epsilon", words="standard normal noise"),
    )
)
SQUARE = (y - target) ** 2
_LINE_LAW = normal(m, s**2)
_SCORE = SQUARE * (y - m) / s**2
#: A function of standard noise for which the pathwise estimate is the noisier one.
_QUARTIC = y**4 - 12 * y**2 + 21


def _reparametrized(name: str, spread: Term) -> Derivation:
    return (
        Chain(
            name,
            SAMPLE,
            mu + diagonal(sqrt(spread)) @ eps,
            "A matrix whose square is the covariance, applied to standard noise, gives noise with "
            "that covariance; add the mean.",
        )
        .then("Take the square roots of the variances.", root_of_variance, SAMPLE)
        .then("A diagonal matrix multiplies entry by entry.", diagonal_as_hadamard)
        .derivation()
    )


def _pathwise() -> Derivation:
    """The derivative in the mean, by way of the noise."""
    return (
        Chain(
            "pathwise",
            LINE,
            derivative(expectation("y", _LINE_LAW, SQUARE), m),
            "The derivative of an expectation, in a parameter of the law.",
        )
        .then("Write the draw as a function of noise.", reparametrize, LINE, "e")
        .then("Now the law does not depend on the mean: differentiate inside.", derivative_inside)
        .then("Differentiate along the path of one draw.", differentiate, LINE)
        .then("Expectations are linear.", linearity)
        .then("The noise has mean zero.", gaussian_moments)
        .then("Collect.", collect, LINE)
        .derivation()
    )


def _score() -> Derivation:
    """The same derivative, from the density and without a derivative of the function."""
    return (
        Chain(
            "score-function",
            LINE,
            expectation("y", _LINE_LAW, _SCORE),
            "The function itself, weighed by the derivative of the log density.",
        )
        .then("Write the draw as a function of noise.", reparametrize, LINE, "e")
        .then("Multiply out.", expand_in, LINE, "e")
        .then("Expectations are linear.", linearity)
        .then("Odd moments of the noise vanish; its second moment is one.", gaussian_moments)
        .derivation()
    )


def _of(notation: Notation, name: str, left: Term, right: Liftable, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, left, lift(right)), holds)


def _says(notation: Notation, name: str, statement: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, notation, statement, TRUE, Equality.CONDITION), holds)


def _sample_facts() -> tuple[Fact, ...]:
    cc = Name("c")
    spread = (DRAWN[j] - mu[j]) * (DRAWN[k] - mu[k])
    baseline = (m - target) ** 2 + s**2
    return (
        _of(SAMPLE, "mean-of-draw", expectation("eps", STANDARD, DRAWN), mu),
        _of(
            SAMPLE, "covariance", expectation("eps", STANDARD, spread), delta(j, k) * sigma[j] ** 2
        ),
        _of(
            SAMPLE,
            "all-projections",
            variance("eps", STANDARD, cc.T @ DRAWN),
            index_sum("j", p, cc["j"] ** 2 * sigma["j"] ** 2),
        ),
        _of(
            SAMPLE,
            "same-law",
            expectation("eps", STANDARD, call("phi", DRAWN)),
            expectation("z", normal(mu, sigma**2), call("phi", z)),
        ),
        _of(
            LINE,
            "density",
            density(_LINE_LAW, y),
            density(normal(0, 1), (y - m) / s) / s,
        ),
        _of(LINE, "score", derivative(log(density(_LINE_LAW, y)), m), (y - m) / s**2),
        _of(
            LINE,
            "pathwise-deviation",
            expectation("e", normal(0, 1), derivative((m + s * e - target) ** 2, s)),
            2 * s,
        ),
        _of(
            LINE,
            "score-deviation",
            expectation("y", _LINE_LAW, SQUARE * ((y - m) ** 2 - s**2) / s**3),
            2 * s,
        ),
        _of(
            LINE,
            "pathwise-variance",
            variance("y", _LINE_LAW, 2 * (y - target)),
            4 * s**2,
        ),
        _of(
            LINE,
            "score-variance",
            variance("y", _LINE_LAW, _SCORE),
            (m - target) ** 4 / s**2 + 14 * (m - target) ** 2 + 15 * s**2,
        ),
        _of(
            LINE,
            "baseline-variance",
            variance("y", _LINE_LAW, (SQUARE - baseline) * (y - m) / s**2),
            8 * (m - target) ** 2 + 10 * s**2,
        ),
        _of(LINE, "quartic-slope", derivative(_QUARTIC, y), 4 * y**3 - 24 * y),
        _of(LINE, "quartic-pathwise", variance("y", normal(0, 1), 4 * y**3 - 24 * y), 240),
        _of(LINE, "quartic-score", variance("y", normal(0, 1), _QUARTIC * y), 144),
        _of(
            SAMPLE,
            "variance-for-deviation",
            variance("eps", STANDARD, (mu + hadamard(sigma**2, eps))[j]),
            sigma[j] ** 4,
        ),
        _of(
            SAMPLE,
            "forgotten-root",
            variance("eps", STANDARD, (mu + hadamard(sigma**2, eps))[j]),
            sigma[j] ** 2,
            holds=False,
        ),
        _of(
            SAMPLE,
            "forgotten-half",
            variance("eps", STANDARD, (mu + hadamard(exp(ell), eps))[j]),
            exp(ell[j]),
            holds=False,
        ),
        _of(SAMPLE, "one-noise-for-all", DRAWN, mu + eps[1] * sigma, holds=False),
    )


def sample() -> Solution:
    """The draw from N(mu, diag sigma^2) as a function of standard noise."""
    return Solution(
        SAMPLE.extended(*(LINE[name] for name in ("m", "s", "target", "e"))),
        answers=(
            Answer(
                "z",
                _reparametrized("z", sigma**2),
                (mu + diagonal(sigma) @ eps,),
                asks="a sample as a function of epsilon, from mu and sigma",
            ),
            Answer(
                "z-log-variance",
                _reparametrized("z-log-variance", exp(ell)),
                (mu + hadamard(sqrt(exp(ell)), eps), mu + diagonal(exp(ell / 2)) @ eps),
                asks="a sample as a function of epsilon, from mu and l = log sigma^2",
            ),
        ),
        lemmas=(_pathwise(), _score()),
        facts=_sample_facts(),
        formulas={
            "law": normal(mu, sigma**2),
            "noise-law": STANDARD,
            "noise": eps,
            "mean": mu,
            "deviation": sigma,
            "variance": sigma**2,
            "log-variance": ell,
            "ell-defined": log(sigma**2),
            "latent": z,
            "draw": DRAWN,
            "function": call("phi", z),
            "direction": Name("c"),
            "line-mean": m,
            "line-deviation": s,
            "target": target,
            "line-law": _LINE_LAW,
            "quartic": e**4 - 12 * e**2 + 21,
            "standard": normal(0, 1),
        },
        experiments=("reparametrization",),
        studies=("vae_gradients",),
        figures=("two_estimators",),
        conventions=(Convention("spread", "variance", replace={"sigma": sqrt(sigma)}),),
    )


# --------------------------------------------------------------------------- three models

x, Lam, Psi, h, theta = names("x Lam Psi h theta")
#: Encoder and decoder as matrices: g(x) = Lambda x and f(z) = Psi z.
LINEAR = Notation(
    (
        Symbol("x", Array(("D",)), latex=r"\mathbf{x}", words="the observation"),
        Symbol("Lam", Array(("L", "D")), latex=r"\Lambda", words="the encoder's matrix"),
        Symbol("Psi", Array(("D", "L")), latex=r"\Psi", words="the decoder's matrix"),
        Symbol("h", Array(("L",)), latex=r"\mathbf{h}", words="the code"),
        Symbol("z", Array(("L",)), latex=r"\mathbf{z}", words="the noisy code"),
        Symbol("y", Array(("D",)), latex=r"\mathbf{z}", words="the noisy observation"),
        Symbol(
            "eps",
            Array(("L",)),
            latex=r"\epsilon",
            words="standard normal noise",
            spellings=(r"\varepsilon",),
        ),
        Symbol("eta", Array(("D",)), latex=r"\epsilon", words="standard normal noise"),
        Symbol("k", INTEGER, words="the number of a coordinate of the code"),
        Symbol("i", INTEGER, words="the number of a coordinate of the observation"),
    )
)
CODE = Array(("L",))
#: Any networks: the encoder g, and what the decoder makes of a code, as a loss.
NETWORKS = Notation(
    (
        Symbol(
            "x", Array(("D",)), latex=r"\mathbf{x}_i", words="the observation", spellings=("x",)
        ),
        Symbol(
            "g",
            Function((Array(("D",)),), CODE),
            latex=r"g_\lambda",
            words="the encoder",
            spellings=("g",),
        ),
        Symbol(
            "h",
            CODE,
            latex=r"\mathbf{h}_i",
            definition=call("g", x),
            words="the code of the observation",
            spellings=("h",),
        ),
        Symbol("z", CODE, latex=r"\mathbf{z}_i", words="the noisy code"),
        Symbol(
            "eps",
            CODE,
            latex=r"\epsilon",
            words="standard normal noise",
            spellings=(r"\varepsilon", r"\epsilon_i", r"\varepsilon_i"),
        ),
        Symbol(
            "loss",
            Function((CODE,), REAL),
            latex=r"\ell_\psi",
            words="the squared error of what the decoder makes of a code",
        ),
    )
)
CODE_NOISE, INPUT_NOISE = standard_normal(L), standard_normal(D)
RESIDUAL = x - Psi @ (Lam @ x)
#: The squared error at a noisy observation, at a noisy code, and at a code with noise added.
LOSSES = {
    "input": norm(x - Psi @ (Lam @ y)) ** 2,
    "code": norm(x - Psi @ z) ** 2,
    "added": norm(x - Psi @ (Lam @ x + z)) ** 2,
}


def unit_normal(mean: Term, size: Term) -> Term:
    """The normal law with this mean vector and unit variances."""
    return normal(mean, Apply("ones", (size,)))


LAWS = {
    "input": ("y", unit_normal(x, D)),
    "code": ("z", unit_normal(Lam @ x, L)),
    "added": ("z", CODE_NOISE),
}


def expected(model: str, body: Term | None = None) -> Term:
    """The expectation of the loss, or of ``body``, under the noise of a model."""
    variable, law = LAWS[model]
    return expectation(variable, law, LOSSES[model] if body is None else body)


#: What the sheet calls its parts, for all three models.
_SHEET = {
    "observation": x,
    "code": h,
    "noisy-code": z,
    "noisy-input": y,
    "encoder-matrix": Lam,
    "decoder-matrix": Psi,
    "encoder-entry": Lam[k, i],
    "decoder-entry": Psi[i, k],
}


def _input_loss() -> Derivation:
    return (
        Chain("expected-loss", LINEAR, expected("input"), "The expected loss of linear networks.")
        .then("Write the draw as a function of noise.", reparametrize, LINEAR, "eta")
        .then(
            "The noise has mean zero and the identity as its covariance, so the mixed term drops "
            "out and the squared term leaves a trace.",
            expected_squared_norm,
            LINEAR,
            "eta",
        )
        .derivation()
    )


def _code_loss() -> Derivation:
    return (
        Chain(
            "expected-loss",
            LINEAR,
            expectation("z", unit_normal(h, L), LOSSES["code"]),
            "The expected loss of a linear decoder, at a given code.",
        )
        .then("Write the draw as a function of noise.", reparametrize, LINEAR, "eps")
        .then(
            "The mixed term has mean zero; the squared term leaves a trace.",
            expected_squared_norm,
            LINEAR,
            "eps",
        )
        .derivation()
    )


def _code_gradient(loss: Derivation) -> Derivation:
    return (
        Chain(
            "exact-gradient",
            LINEAR,
            gradient(loss.claim.defined, h),
            "What a step for the encoder needs: the gradient in the code.",
        )
        .then("Put in the expected loss.", substitute_result, loss.claim)
        .then("The trace does not depend on the code.", linearity_of_gradient, LINEAR)
        .then("The gradient of a squared norm.", gradient_of_squared_norm, LINEAR)
        .derivation()
    )


#: What the decoder and the encoder see at one draw, by the model.
_SEEN = {"input": (Lam @ y, y), "added": (Lam @ x + z, x)}


def _slopes(model: str) -> tuple[Term, Term]:
    """What back-propagation computes at one draw: the slope in one entry of each matrix."""
    code, seen = _SEEN[model]
    residual = x - Psi @ code
    return -2 * (Psi.T @ residual)[k] * seen[i], -2 * residual[i] * code[k]


#: At a code that was drawn, and so is a number: the slope in an entry of the decoder's matrix.
_PRINTED_SLOPE = -2 * (x - Psi @ z)[i] * z[k]


def _reaches_both(model: str) -> tuple[Fact, ...]:
    """The slopes at one draw, and that their means are the exact gradients."""
    parameters = {"lambda": Lam[k, i], "psi": Psi[i, k]}
    slopes = dict(zip(parameters, _slopes(model), strict=True))
    at_a_draw = (
        _of(LINEAR, f"slope-{name}", derivative(LOSSES[model], entry_), slopes[name])
        for name, entry_ in parameters.items()
    )
    on_average = (
        _of(
            LINEAR,
            f"exchange-{name}",
            derivative(expected(model), entry_),
            expected(model, slopes[name]),
        )
        for name, entry_ in parameters.items()
    )
    return (*at_a_draw, *on_average)


def noisy_input() -> Solution:
    """Model 1: noise on the input; its law depends on no parameter."""
    lam, psi = Lam[k, i], Psi[i, k]
    facts = (
        *_reaches_both("input"),
        _of(
            LINEAR,
            "exact-lambda",
            derivative(expected("input"), lam),
            2 * (Psi.T @ Psi @ Lam)[k, i] - 2 * (Psi.T @ RESIDUAL)[k] * x[i],
        ),
        _of(
            LINEAR,
            "exact-psi",
            derivative(expected("input"), psi),
            2 * (Psi @ Lam @ Lam.T)[i, k] - 2 * RESIDUAL[i] * (Lam @ x)[k],
        ),
        _of(LINEAR, "without-noise", expected("input"), norm(RESIDUAL) ** 2, holds=False),
    )
    measured = ("reparametrization.model-1-lambda", "reparametrization.model-1-psi")
    return Solution(
        LINEAR,
        choices=(
            Choice(
                "necessary",
                "no",
                ("exchange-lambda", "exchange-psi", *measured),
                asks="whether reparametrization is necessary",
                options={
                    "yes": ("necessary", "it is necessary"),
                    "no": ("not necessary", "unnecessary", "it is not necessary"),
                },
            ),
        ),
        lemmas=(_input_loss(),),
        facts=facts,
        formulas={
            **_SHEET,
            "noisy-law": unit_normal(x, D),
            "linear-code": Lam @ y,
            "linear-output": Psi @ z,
            "penalty": trace((Psi @ Lam).T @ (Psi @ Lam)),
            "noise": Name("eta"),
            "noise-law": INPUT_NOISE,
            "input-as-function": x + Name("eta"),
        },
        experiments=("reparametrization",),
    )


def noisy_code() -> Solution:
    """Model 2: noise on the code; its law depends on the encoder."""
    lam, psi = Lam[k, i], Psi[i, k]
    loss = _code_loss()
    exact = derivative(expected("code"), lam)
    in_code = -2 * (Psi.T @ (x - Psi @ h))
    measured = (
        "reparametrization.model-2-lambda-printed",
        "reparametrization.model-2-lambda-repaired",
    )
    return Solution(
        LINEAR,
        answers=(
            Answer(
                "z",
                _noisy_code_draw(),
                (call("g", x) + eps,),
                asks="z_i as a function of epsilon and the code",
            ),
        ),
        choices=(
            Choice(
                "necessary",
                "yes",
                ("blind", "exact-lambda", *measured),
                asks="whether reparametrization is necessary",
                options={
                    "yes": ("necessary", "it is necessary"),
                    "no": ("not necessary", "unnecessary", "it is not necessary"),
                },
            ),
        ),
        lemmas=(loss, _code_gradient(loss)),
        facts=(
            _of(LINEAR, "slope-psi", derivative(LOSSES["code"], psi), _PRINTED_SLOPE),
            _of(LINEAR, "blind", expected("code", derivative(LOSSES["code"], lam)), 0),
            _of(LINEAR, "exact-lambda", exact, -2 * (Psi.T @ RESIDUAL)[k] * x[i]),
            _of(
                LINEAR,
                "exact-psi",
                derivative(expected("code"), psi),
                2 * psi - 2 * RESIDUAL[i] * (Lam @ x)[k],
            ),
            _of(LINEAR, "not-zero", exact, 0, holds=False),
            _of(
                LINEAR,
                "psi-is-right",
                derivative(expected("code"), psi),
                expected("code", _PRINTED_SLOPE),
            ),
            _of(LINEAR, "repaired", exact, expected("added", _slopes("added")[0])),
            _of(
                LINEAR,
                "score-function",
                expectation("z", unit_normal(h, L), LOSSES["code"] * (z[k] - h[k])),
                in_code[k],
            ),
            _of(
                LINEAR,
                "score-of-code",
                gradient(log(density(unit_normal(h, L), z)), h),
                z - h,
            ),
        ),
        formulas={
            **_SHEET,
            "code-law": unit_normal(h, L),
            "linear-law": unit_normal(Lam @ x, L),
            "noise": eps,
            "noise-law": CODE_NOISE,
            "chain": (Lam @ x)[k],
            "score-estimate": LOSSES["code"] * (z - h),
            "linear-loss": LOSSES["code"],
        },
        experiments=("reparametrization",),
    )


def _noisy_code_draw() -> Derivation:
    ones = Apply("ones", (L,))
    return (
        Chain(
            "z",
            NETWORKS,
            h + diagonal(sqrt(ones)) @ eps,
            "The mean, and a square root of the covariance applied to standard noise.",
        )
        .then("The square root of one is one.", root_of_variance, NETWORKS)
        .then("The identity matrix drops out.", diagonal_as_hadamard)
        .derivation()
    )


def added_noise() -> Solution:
    """Model 3: noise added to the code; Model 2 already reparametrized."""
    lam, psi = Lam[k, i], Psi[i, k]
    measured = ("reparametrization.model-3-lambda", "reparametrization.model-3-psi")
    return Solution(
        LINEAR,
        choices=(
            Choice(
                "necessary",
                "no",
                ("exchange-lambda", "exchange-psi", *measured),
                asks="whether reparametrization is necessary",
                options={
                    "yes": ("necessary", "it is necessary"),
                    "no": ("not necessary", "unnecessary", "it is not necessary"),
                },
            ),
        ),
        facts=(
            *_reaches_both("added"),
            _of(
                LINEAR,
                "same-loss",
                expected("added"),
                norm(RESIDUAL) ** 2 + trace(Psi.T @ Psi),
            ),
            _of(
                NETWORKS,
                "same-model",
                expectation("z", CODE_NOISE, call("loss", h + z)),
                expectation("z", unit_normal(h, L), call("loss", z)),
            ),
            _of(
                LINEAR,
                "exact-lambda",
                derivative(expected("added"), lam),
                -2 * (Psi.T @ RESIDUAL)[k] * x[i],
            ),
            _of(
                LINEAR,
                "exact-psi",
                derivative(expected("added"), psi),
                2 * psi - 2 * RESIDUAL[i] * (Lam @ x)[k],
            ),
        ),
        formulas={
            **_SHEET,
            "code-noise-law": CODE_NOISE,
            "sum": Lam @ x + z,
        },
        experiments=("reparametrization",),
    )


# --------------------------------------------------------------------------- the broken model


#: One code and its noise, the codes as real numbers of either sign.
CODES = Notation(
    (
        Symbol(
            "h", CODE, latex=r"\mathbf{h}_i", words="the code, of either sign", spellings=("h",)
        ),
        Symbol(
            "eps",
            CODE,
            latex=r"\epsilon",
            words="standard normal noise",
            spellings=(r"\varepsilon", r"\epsilon_i", r"\varepsilon_i"),
        ),
        Symbol("z", CODE, latex=r"\mathbf{z}_i", words="the noisy code"),
        Symbol("c", CODE, words="any vector"),
        Symbol("k", INTEGER, words="the number of a coordinate"),
        Symbol(
            "x", Array(("D",)), latex=r"\mathbf{x}_i", words="the observation", spellings=("x",)
        ),
        Symbol("Psi", Array(("D", "L")), latex=r"\Psi", words="the decoder's matrix"),
    )
)
#: One entry of the code.
ENTRY = Notation(
    (
        Symbol(
            "h",
            REAL,
            words="one entry of the code",
            spellings=("h_i", "h_j", "h_{ij}", "h_{i,j}", "h_{ik}"),
        ),
        Symbol("z", REAL, words="one entry of the noisy code"),
        Symbol("answer", REAL, words="what is handed in"),
        Symbol("L", INTEGER, domain=NATURALS, words="the length of the code"),
        Symbol("r", REAL, words="any number"),
    )
)


def _variance_map() -> Derivation:
    return (
        Chain(
            "variance-map",
            ENTRY,
            variance("z", normal(0, exp(h)), z),
            "The variance of an entry, with the exponential of the entry of the code in the "
            "covariance.",
        )
        .then("It is the second parameter of the law.", normal_variance)
        .derivation()
    )


def _repaired_draw(name: str, spread: Term) -> Derivation:
    ones = Apply("ones", (L,))
    return (
        Chain(
            name,
            CODES,
            diagonal(sqrt(spread)) @ (diagonal(sqrt(ones)) @ eps),
            "Standard noise, whose covariance is the identity, and in front of it a square root of "
            "the covariance that is wanted.",
        )
        .then("Take the square roots of the variances.", root_of_variance, CODES)
        .then("Diagonal matrices multiply entry by entry.", diagonal_as_hadamard)
        .derivation()
    )


#: The deviations of the two repairs, and the slope of each in the code, entry by entry.
_REPAIRS = {"exp": exp(h / 2), "softplus": sqrt(softplus(h))}
_VARIANCES = {"exp": exp(h), "softplus": softplus(h)}
_SLOPES = {"exp": exp(h[k]), "softplus": logistic(h[k])}


def _repair_facts(name: str) -> tuple[Fact, ...]:
    """The law of a repaired draw, the expected loss, and its gradient in one entry of the code."""
    deviation, spread, slope = _REPAIRS[name], _VARIANCES[name], _SLOPES[name]
    code_law = normal(Apply("zeros", (L,)), spread)
    loss = norm(x - Psi @ z) ** 2
    residual = x - Psi @ hadamard(deviation, eps)
    column = index_sum("a", D, Psi["a", k] ** 2)
    return (
        _of(
            CODES,
            f"variance-{name}",
            variance("eps", CODE_NOISE, hadamard(deviation, eps)[k]),
            spread[k],
        ),
        _of(
            CODES,
            f"gradient-{name}",
            derivative(expectation("z", code_law, loss), h[k]),
            slope * column,
        ),
        _of(
            CODES,
            f"slope-{name}",
            derivative(norm(residual) ** 2, h[k]),
            -slope * eps[k] / deviation[k] * (Psi.T @ residual)[k],
        ),
        _of(
            CODES,
            f"without-root-{name}",
            variance("eps", CODE_NOISE, hadamard(spread, eps)[k]),
            spread[k],
            holds=False,
        ),
    )


def covariance_map() -> Solution:
    """What is wrong with diag(h) as a covariance, and maps that repair it."""
    r, answer = names("r answer")
    cc = Name("c")
    code_law = normal(Apply("zeros", (L,)), exp(h))
    loss = norm(x - Psi @ z) ** 2
    column = index_sum("a", D, Psi["a", "j"] ** 2)
    facts = (
        _says(ENTRY, "square-of-a-real", relation("greater_equal", r**2, 0)),
        _says(ENTRY, "identity-may-be-negative", greater(h, 0), holds=False),
        _says(ENTRY, "exp-is-positive", greater(exp(h), 0)),
        _says(ENTRY, "softplus-is-positive", greater(softplus(h), 0)),
        _says(ENTRY, "square-is-not-negative", relation("greater_equal", h**2, 0)),
        _says(ENTRY, "square-may-vanish", greater(h**2, 0), holds=False),
        _says(ENTRY, "absolute-may-vanish", greater(absolute(h), 0), holds=False),
        _says(ENTRY, "relu-may-vanish", greater(Apply("relu", (h,)), 0), holds=False),
        _of(ENTRY, "symmetric", density(normal(0, 1), h), density(normal(0, 1), -h)),
        _of(ENTRY, "failure", 1 - index_product("j", L, HALF), 1 - power(2, -L)),
        _of(
            CODES,
            "all-projections",
            variance("eps", CODE_NOISE, cc.T @ hadamard(exp(h / 2), eps)),
            index_sum("j", L, cc["j"] ** 2 * exp(h["j"])),
        ),
        _of(
            CODES,
            "variance-square",
            variance("eps", CODE_NOISE, hadamard(h, eps)[k]),
            h[k] ** 2,
        ),
        _of(
            CODES,
            "expected-loss",
            expectation("z", code_law, loss),
            norm(x) ** 2 + index_sum("j", L, exp(h["j"]) * column),
        ),
        _of(CODES, "blind", expectation("z", code_law, derivative(loss, h[k])), 0),
        *_repair_facts("exp"),
        *_repair_facts("softplus"),
    )
    return Solution(
        CODES,
        answers=(
            Answer(
                "variance-map",
                _variance_map(),
                accepts=greater(answer, 0),
                asks="a map of h_i whose diagonal matrix is a covariance for every real h_i",
            ),
            Answer(
                "z-exp",
                _repaired_draw("z-exp", exp(h)),
                (hadamard(sqrt(exp(h)), eps), diagonal(exp(h / 2)) @ eps),
                asks="z_i as a function of epsilon, where the covariance is diag(exp(h_i))",
            ),
            Answer(
                "z-softplus",
                _repaired_draw("z-softplus", softplus(h)),
                (diagonal(sqrt(softplus(h))) @ eps,),
                asks="z_i as a function of epsilon, where the covariance is diag(softplus(h_i))",
            ),
        ),
        facts=facts,
        formulas={
            "code": h,
            "printed-law": normal(Apply("zeros", (L,)), h),
            "printed-covariance": diagonal(h),
            "entry": h[k],
            "length": L,
            "half": HALF,
            "noise": eps,
            "exp-map": exp(h),
            "softplus-map": softplus(h),
            "square-map": h**2,
            "square-draw": hadamard(h, eps),
            "any-map-law": normal(Apply("zeros", (L,)), exp(h)),
            "failure-of-two": 1 - power(2, -number(2)),
            "direction": cc,
            "observation": x,
            "decoder-matrix": Psi,
            "noisy-code": z,
            "root-exp": exp(h / 2),
            "root-softplus": sqrt(softplus(h)),
            "slope-of-root-exp": exp(h / 2) / 2,
        },
        experiments=("reparametrization",),
        figures=("variance_maps",),
    )
