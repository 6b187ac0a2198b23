"""Reading questions of the tutorial: autoencoders, GANs and similarity learning; the VAE; drums.

The first two are prose with formulas that are checked. The third is answered from the literature.
"""

from __future__ import annotations

from derivations.derivation import Fact, Solution
from derivations.topics.gans import GAME, game_facts, in_data_space, value
from derivations.topics.vae_training import MODEL, bound, exact_bound
from derivations.topics.variational import NOTATION as BOUND
from language.claims import Claim
from language.notation import Notation, Symbol
from language.terms import Apply, Liftable, Name, Term, lift
from language.types import INTEGER, POSITIVE, REAL, Array, Function
from language.vocabulary import (
    PI,
    argmax,
    call,
    delta,
    density,
    derivative,
    exp,
    expectation,
    gradient,
    index_sum,
    inner,
    inverse,
    kl,
    let,
    log,
    names,
    norm,
    number,
    spaces,
    sqrt,
)

__all__ = ["basic_concepts", "drum_synthesis", "variational_autoencoder"]

HALF = number(1, 2)
POINT, CODE = Array(("d",)), Array(("r",))

#: Codes and embeddings of one, two or three points.
CODES = Notation(
    (
        Symbol("x", POINT, latex=r"\mathbf{x}", words="a point"),
        Symbol("encode", Function((POINT,), CODE), latex="g", words="the encoder"),
        Symbol("decode", Function((CODE,), POINT), latex="f", words="the decoder"),
        Symbol("u", POINT, latex=r"\mathbf{u}", words="a direction"),
        Symbol("A", Array(("d", "r")), words="a linear decoder"),
        Symbol("B", Array(("r", "d")), words="a linear encoder"),
        Symbol("M", Array(("r", "r")), traits=frozenset({"invertible"}), words="a change of code"),
        Symbol("a", POINT, latex=r"\mathbf{a}", words="the embedding of an anchor"),
        Symbol("p", POINT, latex=r"\mathbf{p}", words="that of a similar point"),
        Symbol("q", POINT, latex=r"\mathbf{n}", words="that of a different point"),
        Symbol("m", REAL, latex="m", domain=POSITIVE, words="the margin"),
        Symbol("s", Array(("n",)), latex="s", words="similarities to the n candidates"),
        Symbol("i", INTEGER, latex="i", words="the number of the right candidate"),
        Symbol("j", INTEGER, latex="j", words="the number of any candidate"),
        Symbol("c", REAL, latex="c", words="one similarity"),
        Symbol("y", REAL, latex="y", words="one number to be reconstructed"),
        Symbol("yhat", REAL, latex=r"\hat{y}", words="its reconstruction"),
        Symbol("tau", REAL, latex=r"\sigma", domain=POSITIVE, words="the decoder's spread"),
        Symbol("mu", Array(("k",)), latex=r"\mu", words="the means of an encoder"),
        Symbol(
            "sigma", Array(("k",)), latex=r"\sigma", domain=POSITIVE, words="the deviations of it"
        ),
    )
)
_a, _p, _q, _m, _x, _u, _s = names("a p q m x u s")


def _fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
    return Fact(Claim(name, CODES, left, right), holds)


def _normal(mean: Liftable, spread: Liftable) -> Term:
    return Apply("normal", (lift(mean), lift(spread)))


def _autoencoder() -> tuple[Fact, ...]:
    a, b, m = names("A B M")
    direction = (inner(_u, _x) / norm(_u) ** 2) * _u
    y, yhat, tau = names("y yhat tau")
    return (
        _fact(
            "error-along-a-direction",
            norm(_x - direction) ** 2,
            norm(_x) ** 2 - inner(_u, _x) ** 2 / norm(_u) ** 2,
        ),
        _fact(
            "any-basis",
            norm(_x - (a @ inverse(m)) @ (m @ b @ _x)) ** 2,
            norm(_x - a @ (b @ _x)) ** 2,
        ),
        _fact(
            "error-as-likelihood",
            log(density(_normal(yhat, tau**2), y)),
            -((y - yhat) ** 2) / (2 * tau**2) - HALF * log(2 * PI * tau**2),
        ),
        _fact(
            "plain-error",
            log(density(_normal(yhat, HALF), y)),
            -((y - yhat) ** 2) - HALF * log(PI),
        ),
        _fact(
            "unit-variance",
            log(density(_normal(yhat, 1), y)),
            -((y - yhat) ** 2) - HALF * log(2 * PI),
            holds=False,
        ),
    )


def _similarity() -> tuple[Fact, ...]:
    i, j, c = names("i j c")
    hinge = norm(_a - _p) ** 2 - norm(_a - _q) ** 2 + _m
    share = exp(_s["j"]) / index_sum("k", "n", exp(_s["k"]))
    return (
        _fact(
            "distance-and-cosine",
            norm(_a / norm(_a) - _p / norm(_p)) ** 2,
            2 - 2 * (inner(_a, _p) / (norm(_a) * norm(_p))),
        ),
        _fact("triplet-slope", gradient(hinge, _a), 2 * (_q - _p)),
        _fact("pull-only", norm(_a - _a) ** 2, lift(0)),
        _fact("triplet-at-collapse", let("p", _a, let("q", _a, _relu(hinge))), _m),
        _fact("softmax-slope", derivative(_softmax_loss(i), _s[j]), share - delta(i, j)),
        _fact(
            "softmax-at-collapse",
            -log(exp(c) / index_sum("k", "n", exp(c))),
            log("n"),
        ),
    )


def _relu(term: Term) -> Term:
    return Apply("relu", (term,))


def _softmax_loss(right: Term) -> Term:
    """The cross-entropy of picking the right one of n candidates by a softmax of similarities."""
    return -log(exp(_s[right]) / index_sum("k", "n", exp(_s["k"])))


def _bound_and_gap() -> Fact:
    elbo = expectation("z", "q", log(call("likelihood", "z"))) - kl("q", "prior")
    return Fact(Claim("bound", BOUND, elbo, log("evidence") - kl("q", "posterior")))


def _divergence() -> Fact:
    mu, sigma = names("mu sigma")
    standard = Apply("normal", (Apply("zeros", (Name("k"),)), Apply("ones", (Name("k"),))))
    return _fact(
        "divergence",
        kl(_normal(mu, sigma**2), standard),
        HALF * index_sum("j", "k", mu["j"] ** 2 + sigma["j"] ** 2 - 1 - log(sigma["j"] ** 2)),
    )


def basic_concepts() -> Solution:
    """Tutorial 1: autoencoders, variational autoencoders, GANs, similarity learning."""
    i = Name("i")
    hinge = _relu(norm(_a - _p) ** 2 - norm(_a - _q) ** 2 + _m)
    shown = ("best-value", "slope-fake")
    game = tuple(fact for fact in game_facts() if fact.claim.name in shown)
    reconstructed = call("decode", call("encode", _x))
    laws = tuple(GAME[name] for name in ("z", "p_data", "p_z", "p_g", "G", "D"))
    return Solution(
        CODES.extended(*laws),
        lemmas=(in_data_space(),),
        facts=(*_autoencoder(), _bound_and_gap(), _divergence(), *game, *_similarity()),
        formulas={
            "reconstruction": norm(_x - reconstructed) ** 2,
            "encoded": call("encode", _x),
            "decoded": reconstructed,
            "linear": Name("A") @ (Name("B") @ _x),
            "value": value(),
            "minus-log-four": -log(4),
            "triplet": hinge,
            "softmax": _softmax_loss(i),
            "log-count": log("n"),
            "half-variance": HALF,
        },
        experiments=("reading",),
    )


def variational_autoencoder() -> Solution:
    """Tutorial 2: the exercise on the VAE, on a model where every quantity can be written down."""
    x, z, mu, tau = names("x z mu tau")
    log_evidence = log(density(_normal(0, 2), "x"))
    posterior = _normal(x / 2, HALF)
    best = let("mu", x / 2, let("tau", sqrt(HALF), bound()))

    def fact(name: str, left: Term, right: Term, *, holds: bool = True) -> Fact:
        return Fact(Claim(name, MODEL, left, right), holds)

    facts = (
        fact(
            "joint",
            density(_normal(z, 1), "x") * density(_normal(0, 1), z),
            density(posterior, z) * density(_normal(0, 2), "x"),
        ),
        fact(
            "expected-likelihood",
            expectation("z", _normal(mu, tau**2), log(density(_normal(Name("z"), 1), "x"))),
            -HALF * log(2 * PI) - ((x - mu) ** 2 + tau**2) / 2,
        ),
        fact(
            "divergence-on-the-line",
            kl(_normal(mu, tau**2), _normal(0, 1)),
            HALF * (mu**2 + tau**2 - 1 - log(tau**2)),
        ),
        fact("slope-in-the-mean", derivative(bound(), "mu"), x - 2 * mu),
        fact("slope-in-the-deviation", derivative(bound(), "tau"), 1 / tau - 2 * tau),
        fact("best-mean", argmax("mu", spaces(), _bound_at_best_spread()), x / 2),
        fact("tight", best, log_evidence),
        fact("gap", log_evidence - bound(), kl(_normal(mu, tau**2), posterior)),
        fact("never-tight", log_evidence, bound(), holds=False),
        fact(
            "reconstruction-alone",
            derivative(
                expectation("z", _normal(mu, tau**2), log(density(_normal(Name("z"), 1), "x"))),
                "tau",
            ),
            -tau,
        ),
    )
    return Solution(
        MODEL,
        lemmas=(exact_bound(),),
        facts=facts,
        formulas={
            "prior-law": _normal(0, 1),
            "decoder-law": _normal(z, 1),
            "encoder-law": _normal(mu, tau**2),
            "posterior-law": posterior,
            "evidence-law": _normal(0, 2),
            "bound-on-the-line": bound(),
            "reparametrized": mu + tau * Name("e"),
            "best-deviation": sqrt(HALF),
        },
    )


def _bound_at_best_spread() -> Term:
    """The bound of an encoder that gives the posterior's variance and any mean."""
    law = _normal(Name("mu"), HALF)
    likelihood = expectation("z", law, log(density(_normal(Name("z"), 1), "x")))
    return likelihood - kl(law, _normal(0, 1))


def drum_synthesis() -> Solution:
    """Tutorial 5: DrumGAN against StyleWaveGAN, from the literature; nothing here is computed."""
    return Solution(Notation())
