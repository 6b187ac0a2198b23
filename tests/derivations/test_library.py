"""The library: every entry against an independent computation, by quadrature, search or NumPy."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from flint import acb
from scipy import integrate, optimize, special, stats

from derivations.derivation import Answer, Solution
from derivations.sheets import LIBRARY, load_sheet
from language.notation import Symbol
from language.terms import Apply, Name, Term, lift, replace
from language.types import POSITIVE, REAL, Array
from numerics import balls
from numerics.comparisons import Value, predict
from numerics.valuations import Valuation, draw

ENTRIES = {question.id: question.solution for question in load_sheet(LIBRARY).questions}

Numbers = dict[str, float]


def _solution(entry: str) -> Solution:
    topic, _, function = ENTRIES[entry].partition(".")
    solution = getattr(importlib.import_module(f"derivations.topics.{topic}"), function)()
    assert isinstance(solution, Solution)
    return solution


def _answer(entry: str, answer: str) -> Answer:
    return next(a for a in _solution(entry).answers if a.id == answer)


def test_the_library_is_large_enough() -> None:
    assert len(ENTRIES) >= 25
    assert len(set(ENTRIES.values())) == len(ENTRIES)


# ------------------------------------------------------------ functions of a few numbers


def _line_integral(body: Callable[[float], float]) -> float:
    return float(integrate.quad(body, -60, 60, points=[0.0, 1.0], limit=400, epsabs=1e-12)[0])


def _normals(v: Numbers) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Both log densities; a missing second law is the first."""
    return (
        lambda x: _log_normal(x, v["mu"], v["sigma"]),
        lambda x: _log_normal(x, v.get("nu", v["mu"]), v.get("tau", v["sigma"])),
    )


def _log_normal(x: float, mean: float, spread: float) -> float:
    return -(((x - mean) / spread) ** 2) / 2 - math.log(spread) - math.log(2 * math.pi) / 2


def _kl(v: Numbers) -> float:
    p, q = _normals(v)
    return _line_integral(lambda x: math.exp(p(x)) * (p(x) - q(x)))


def _entropy(v: Numbers) -> float:
    return float(stats.norm(v["mu"], v["sigma"]).entropy())


def _cross_entropy(v: Numbers) -> float:
    p, q = _normals(v)
    return _line_integral(lambda x: -math.exp(p(x)) * q(x))


def _chi_square(v: Numbers) -> float:
    p, q = _normals(v)
    return _line_integral(lambda x: math.exp(2 * p(x) - q(x))) - 1


def _overlap(v: Numbers) -> float:
    p, q = _normals(v)
    return _line_integral(lambda x: math.exp((p(x) + q(x)) / 2))


def _renyi(v: Numbers) -> float:
    p, q = _normals(v)
    order = v["alpha"]
    whole = _line_integral(lambda x: math.exp(order * p(x) + (1 - order) * q(x)))
    return math.log(whole) / (order - 1)


def _slope(function: Callable[[float], float], x: float) -> float:
    return float((function(x + 1e-5) - function(x - 1e-5)) / 2e-5)


def _weighted_objective(m: float, v: float, n: Numbers) -> float:
    """The objective of the linear model, by quadrature over the code."""

    def body(z: float) -> float:
        own = _log_normal(z, m, math.sqrt(v))
        ratio = own - _log_normal(z, 0, 1)
        return math.exp(own) * (_log_normal(n["x"], z, n["s"]) - n["beta"] * ratio)

    return _line_integral(body)


def _maximize(function: Callable[[float], float], low: float, high: float) -> float:
    found = optimize.minimize_scalar(
        lambda c: -function(c), bounds=(low, high), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.x)


PAIR = {"mu": 0.5, "sigma": 0.75, "nu": -0.25, "tau": 1.5}
WIDE = {"mu": -0.5, "sigma": 1.25, "nu": 0.5, "tau": 1.0}
BETA = {"x": 0.75, "s": 0.5, "beta": 2.0, "m": 0.25, "v": 0.5}

#: Entry, answer, the numbers at which it is tried, and its value computed in another way.
SCALARS: list[tuple[str, str, Numbers, Callable[[Numbers], float]]] = [
    ("gaussian.kl", "kl", PAIR, _kl),
    ("gaussian.kl", "kl", WIDE, _kl),
    ("gaussian.entropy", "entropy", PAIR, _entropy),
    ("gaussian.cross-entropy", "cross-entropy", WIDE, _cross_entropy),
    ("gaussian.chi-square", "chi-square", PAIR, _chi_square),
    ("gaussian.chi-square", "chi-square", WIDE, _chi_square),
    ("gaussian.hellinger", "overlap", WIDE, _overlap),
    ("gaussian.renyi", "renyi", {**PAIR, "alpha": 0.25}, _renyi),
    ("gaussian.renyi", "renyi", {**WIDE, "alpha": 0.75}, _renyi),
    ("activation.softplus", "difference", {"x": 1.5}, lambda v: v["x"]),
    ("activation.softplus", "derivative", {"x": -0.5}, lambda v: float(special.expit(v["x"]))),
    ("activation.softplus", "inverse", {"z": 1.25}, lambda v: v["z"]),
    ("activation.sigmoid", "reflection", {"x": 0.5}, lambda v: 1 - float(special.expit(v["x"]))),
    ("activation.sigmoid", "derivative", {"x": 0.5}, lambda v: _slope(special.expit, v["x"])),
    ("activation.sigmoid", "inverse", {"y": 0.125}, lambda v: v["y"]),
    ("activation.sigmoid", "logarithm", {"x": -3.0}, lambda v: float(special.log_expit(v["x"]))),
    ("activation.tanh", "by-sigmoid", {"x": 0.75}, lambda v: math.tanh(v["x"])),
    ("activation.tanh", "derivative", {"x": 0.75}, lambda v: _slope(np.tanh, v["x"])),
    ("activation.tanh", "inverse", {"r": -0.25}, lambda v: v["r"]),
    (
        "activation.logits",
        "loss",
        {"x": 1.5, "y": 0.25},
        lambda v: math.log1p(math.exp(v["x"])) - v["x"] * v["y"],
    ),
    (
        "activation.logits",
        "gradient",
        {"x": 1.5, "y": 0.25},
        lambda v: float(special.expit(v["x"])) - v["y"],
    ),
    ("beta.linear", "value", BETA, lambda n: _weighted_objective(n["m"], n["v"], n)),
    (
        "beta.linear",
        "mean",
        BETA,
        lambda n: _maximize(lambda c: _weighted_objective(c, n["v"], n), -2, 2),
    ),
    (
        "beta.linear",
        "variance",
        BETA,
        lambda n: _maximize(lambda c: _weighted_objective(n["m"], c, n), 0.05, 2),
    ),
]


@pytest.mark.parametrize(
    ("entry", "answer", "numbers", "value"),
    SCALARS,
    ids=[f"{entry}-{answer}-{k}" for k, (entry, answer, _, _) in enumerate(SCALARS)],
)
def test_closed_forms_have_the_value_computed_otherwise(
    entry: str, answer: str, numbers: Numbers, value: Callable[[Numbers], float]
) -> None:
    claim = _answer(entry, answer).derivation.claim
    found = predict(claim.closed_form, claim.notation, dict[str, Value](numbers))
    assert found == pytest.approx(value(numbers), rel=1e-6, abs=1e-7)


def test_the_chi_square_divergence_is_infinite_beyond_its_condition() -> None:
    p, q = stats.norm(0, 1.5), stats.norm(0, 1)
    masses = [
        integrate.quad(lambda x: float(p.pdf(x) ** 2 / q.pdf(x)), -r, r)[0] for r in (5, 10, 20)
    ]
    assert masses[1] > 10 * masses[0]
    assert masses[2] > 10 * masses[1]


# ------------------------------------------------------------ the table of f-divergences

#: For each row the end of the conjugate's domain, and the divergence of two discrete laws.
ROWS: Mapping[str, tuple[float, Callable[[np.ndarray, np.ndarray], float]]] = {
    "f.kl": (math.inf, lambda p, q: special.rel_entr(p, q).sum()),
    "f.reverse-kl": (0.0, lambda p, q: special.rel_entr(q, p).sum()),
    "f.pearson": (math.inf, lambda p, q: ((p - q) ** 2 / q).sum()),
    "f.neyman": (1.0, lambda p, q: ((p - q) ** 2 / p).sum()),
    "f.hellinger": (1.0, lambda p, q: ((np.sqrt(p) - np.sqrt(q)) ** 2).sum()),
    "f.jensen-shannon": (math.log(2), lambda p, q: 2 * _jensen_shannon(p, q)),
    "f.gan": (0.0, lambda p, q: 2 * _jensen_shannon(p, q) - math.log(4)),
}


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    m = (p + q) / 2
    return float(special.rel_entr(p, m).sum() + special.rel_entr(q, m).sum()) / 2


def _weights(valuation: Valuation, *laws: str) -> list[np.ndarray]:
    """The probabilities that a valuation gives to the cells of the laws' space."""
    kind = valuation.notation[laws[0]].type
    space = valuation.space(kind.element)  # type: ignore[union-attr]
    cells = valuation.cells(space)
    return [
        np.array([float(valuation.density(law, (), cell) * cell.weight) for cell in cells])
        for law in laws
    ]


def _number(term: Term, valuation: Valuation) -> float:
    ball = balls.evaluate(term, valuation)
    assert isinstance(ball, acb)
    return float(ball.real.mid())


@pytest.mark.parametrize("entry", ROWS)
@pytest.mark.parametrize("answer", ["divergence", "bound"])
@pytest.mark.parametrize("seed", range(3))
def test_divergences_have_the_value_that_numpy_gives(entry: str, answer: str, seed: int) -> None:
    derivation = _answer(entry, answer).derivation
    valuation = draw(derivation.claim.notation, seed)
    p, q = _weights(valuation, "p", "q")
    expected = ROWS[entry][1](p, q)
    for term in (derivation.steps[0].term, derivation.claim.closed_form):
        assert _number(term, valuation) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("entry", ROWS)
@pytest.mark.parametrize("t", [-1.5, -0.5, -0.25])
def test_conjugates_are_largest_values(entry: str, t: float) -> None:
    notation = _solution(entry).notation
    f, conjugate = notation["f"].definition, notation["conjugate"].definition
    assert f is not None and conjugate is not None

    def value(log_u: float) -> float:
        u = math.exp(log_u)
        return u * t - predict(f, notation, {"u": u})

    search = optimize.minimize_scalar(
        lambda c: -value(c), bounds=(-12, 6), method="bounded", options={"xatol": 1e-10}
    )
    assert -search.fun == pytest.approx(predict(conjugate, notation, {"t": t}), abs=1e-7)


@pytest.mark.parametrize("entry", ROWS)
@pytest.mark.parametrize(("p", "q"), [(0.75, 0.25), (0.5, 1.5)])
def test_no_value_of_a_critic_beats_the_optimal_one(entry: str, p: float, q: float) -> None:
    notation = _solution(entry).notation
    conjugate, critic = notation["conjugate"].definition, notation["T"].definition
    assert conjugate is not None and critic is not None

    def at_numbers(here: Term) -> Term | None:
        match here:
            case Apply("density", (Name(law), _)):
                return Name(f"{law}_at")
        return None

    scope = notation.extended(
        Symbol("p_at", REAL, domain=POSITIVE), Symbol("q_at", REAL, domain=POSITIVE)
    )
    best = predict(replace(critic, at_numbers), scope, {"p_at": p, "q_at": q})

    def objective(t: float) -> float:
        return p * t - q * predict(conjugate, notation, {"t": t})

    top = ROWS[entry][0]
    for gap in (-1.0, -0.1, -0.001, 0.001, 0.1):
        if best + gap < top:
            assert objective(best + gap) < objective(best)


# ------------------------------------------------------------ losses, penalties, bounds


def test_the_least_squares_loss_is_least_at_its_discriminator() -> None:
    claim = _answer("loss.least-squares", "minimum").derivation.claim
    valuation = draw(claim.notation, 1)
    p, q = _weights(valuation, "p", "q")
    a, b = (_number(Name(name), valuation) for name in "ab")

    def loss(d: np.ndarray) -> float:
        return float((p * (d - b) ** 2 + q * (d - a) ** 2).sum() / 2)

    found = optimize.minimize(loss, np.zeros_like(p), tol=1e-12)
    assert found.fun == pytest.approx(_number(claim.closed_form, valuation), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_hinge_loss_is_least_at_the_sign(seed: int) -> None:
    claim = _answer("loss.hinge", "minimum").derivation.claim
    valuation = draw(claim.notation, seed)
    p, q = _weights(valuation, "p", "q")
    grid = np.linspace(-3, 3, 601)[:, None]
    pointwise = p * np.maximum(0, 1 - grid) + q * np.maximum(0, 1 + grid)
    assert pointwise.min(axis=0).sum() == pytest.approx(_number(claim.closed_form, valuation))


@pytest.mark.parametrize(
    ("entry", "mean", "spread"), [("penalty.r1", "m", "s"), ("penalty.r2", "theta", "t")]
)
def test_gradient_penalties_agree_with_samples(entry: str, mean: str, spread: str) -> None:
    claim = _answer(entry, "quadratic").derivation.claim
    valuation = draw(claim.notation, 3)
    w, a, centre = (_array(valuation, name) for name in ("w", "A", mean))
    scale, gamma = (_number(Name(name), valuation) for name in (spread, "gamma"))
    noise = np.random.default_rng(0).standard_normal((200_000, len(w)))
    squares = ((w + (centre + scale * noise) @ a.T) ** 2).sum(axis=1) * gamma / 2
    error = squares.std() / math.sqrt(len(squares))
    assert abs(squares.mean() - _number(claim.closed_form, valuation)) < 6 * error


def _array(valuation: Valuation, name: str) -> np.ndarray:
    """The value of a declared vector or matrix."""
    kind = valuation.notation[name].type
    assert isinstance(kind, Array)
    rows, columns = valuation.shape(kind)
    shape = (rows, columns) if len(kind.shape) == 2 else (rows,)
    entries = [
        _number(Apply("entry", (Name(name), *map(_index, place))), valuation)
        for place in np.ndindex(*shape)
    ]
    return np.array(entries).reshape(shape)


def _index(place: int) -> Term:
    return lift(place + 1)


@pytest.mark.parametrize("seed", range(3))
def test_divergences_of_normal_vectors(seed: int) -> None:
    claim = _answer("gaussian.kl-full", "kl").derivation.claim
    valuation = draw(claim.notation, seed)
    mu, nu, left, right = (_array(valuation, name) for name in ("mu", "nu", "L", "M"))
    first, second = left @ left.T, right @ right.T
    gap = mu - nu
    expected = np.trace(np.linalg.solve(second, first)) + gap @ np.linalg.solve(second, gap)
    expected += np.linalg.slogdet(second)[1] - np.linalg.slogdet(first)[1] - len(mu)
    assert _number(claim.closed_form, valuation) == pytest.approx(expected / 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_divergences_of_independent_coordinates(seed: int) -> None:
    claim = _answer("gaussian.kl-diagonal", "kl").derivation.claim
    valuation = draw(claim.notation, seed)
    mu, nu, sigma, tau = (_array(valuation, name) for name in ("mu", "nu", "sigma", "tau"))
    each = np.log(tau / sigma) + (sigma**2 + (mu - nu) ** 2) / (2 * tau**2) - 0.5
    assert _number(claim.closed_form, valuation) == pytest.approx(each.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("entry", "answer", "penalty"),
    [("ridge.primal", "minimizer", "lambda"), ("ridge.prior", "mode", "ratio")],
)
def test_ridge_solves_the_padded_least_squares_problem(
    entry: str, answer: str, penalty: str
) -> None:
    claim = _answer(entry, answer).derivation.claim
    valuation = draw(claim.notation, 2)
    x, y = _array(valuation, "X"), _array(valuation, "y")
    if penalty == "ratio":
        sigma, tau = (_number(Name(name), valuation) for name in ("sigma", "tau"))
        weight = (sigma / tau) ** 2
    else:
        weight = _number(Name(penalty), valuation)
    size = x.shape[1]
    padded = np.vstack([x, math.sqrt(weight) * np.eye(size)])
    expected = np.linalg.lstsq(padded, np.concatenate([y, np.zeros(size)]), rcond=None)[0]
    assert _entries(claim.closed_form, valuation, size) == pytest.approx(expected, rel=1e-8)


def test_the_dual_form_predicts_the_same() -> None:
    claim = _answer("ridge.dual", "prediction").derivation.claim
    valuation = draw(claim.notation, 4)
    x, y, u = (_array(valuation, name) for name in ("X", "y", "u"))
    weight = _number(Name("lambda"), valuation)
    primal = np.linalg.solve(x.T @ x + weight * np.eye(x.shape[1]), x.T @ y)
    assert _number(claim.closed_form, valuation) == pytest.approx(u @ primal, rel=1e-8)


def _entries(vector: Term, valuation: Valuation, size: int) -> np.ndarray:
    return np.array([_number(Apply("entry", (vector, _index(k))), valuation) for k in range(size)])


def _weights_of_draws(valuation: Valuation) -> tuple[np.ndarray, np.ndarray, float]:
    """The encoder's probabilities, the importance weights and the evidence, cell by cell."""
    (q,) = _weights(valuation, "q")
    (prior,) = _weights(valuation, "prior")
    kind = valuation.notation["q"].type
    cells = valuation.cells(valuation.space(kind.element))  # type: ignore[union-attr]
    likelihood = np.array([float(valuation.apply("likelihood", (cell,))) for cell in cells])  # type: ignore[arg-type]
    return q, likelihood * prior / q, float((likelihood * prior).sum())


@pytest.mark.parametrize("seed", range(3))
def test_bounds_rise_with_the_samples_and_stay_below_the_evidence(seed: int) -> None:
    two = _answer("importance.two", "gain").derivation.claim
    three = _answer("importance.three", "gain").derivation.claim
    valuation = draw(two.notation, seed)
    q, w, evidence = _weights_of_draws(valuation)
    pair = (w[:, None] + w) / 2
    triple = (w[:, None, None] + w[:, None] + w) / 3
    bounds = [
        float(q @ np.log(w)),
        float(q @ np.log(pair) @ q),
        float(np.einsum("i,j,k,ijk", q, q, q, np.log(triple))),
    ]
    assert bounds[0] < bounds[1] < bounds[2] < math.log(evidence)
    gains = [_number(claim.closed_form, valuation) for claim in (two, three)]
    assert gains == pytest.approx(np.diff(bounds), rel=1e-8)
    one = _answer("importance.one", "bound").derivation.claim
    assert _number(one.closed_form, valuation) == pytest.approx(bounds[0], rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_weights_have_the_moments_of_the_answers(seed: int) -> None:
    mean = _answer("importance.average", "mean-weight").derivation.claim
    spread = _answer("importance.spread", "variance").derivation.claim
    valuation = draw(mean.notation, seed)
    q, w, _ = _weights_of_draws(valuation)
    assert _number(mean.closed_form, valuation) == pytest.approx(q @ w, rel=1e-9)
    variance = q @ w**2 - (q @ w) ** 2
    assert _number(spread.closed_form, valuation) == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_tempered_posterior_is_the_best_encoder(seed: int) -> None:
    claim = _answer("beta.optimum", "optimum").derivation.claim
    valuation = draw(claim.notation, seed)
    q, w, _ = _weights_of_draws(valuation)
    (prior,) = _weights(valuation, "prior")
    likelihood = w * q / prior
    beta = _number(Name("beta"), valuation)

    def objective(law: np.ndarray) -> float:
        return float(law @ np.log(likelihood) - beta * special.rel_entr(law, prior).sum())

    tempered = likelihood ** (1 / beta) * prior
    tempered /= tempered.sum()
    assert _number(claim.closed_form, valuation) == pytest.approx(objective(q), rel=1e-8)
    assert objective(tempered) >= objective(q)
    generator = np.random.default_rng(seed)
    for other in generator.dirichlet(np.ones_like(q), 50):
        assert objective(tempered) >= objective(other)


@pytest.mark.parametrize(
    ("entry", "answer"), [("beta.objective", "decomposition"), ("beta.annealing", "excess")]
)
def test_weighted_objectives_have_the_value_of_their_definition(entry: str, answer: str) -> None:
    derivation = _answer(entry, answer).derivation
    for seed in range(4):
        valuation = draw(derivation.claim.notation, seed)
        q, w, _ = _weights_of_draws(valuation)
        (prior,) = _weights(valuation, "prior")
        divergence = special.rel_entr(q, prior).sum()
        weight = _number(Name("beta" if answer == "decomposition" else "alpha"), valuation)
        expected = q @ np.log(w * q / prior) - weight * divergence
        if answer == "excess":
            expected = (1 - weight) * divergence
        assert _number(derivation.claim.closed_form, valuation) == pytest.approx(expected, rel=1e-8)
