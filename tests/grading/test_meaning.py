"""Meaning: what the notation and the types make of what syntax leaves open."""

from __future__ import annotations

import pytest

from grading.items import Formula
from grading.reading.errors import ReadError
from grading.reading.meaning import scope_of
from grading.reading.scope import ShapeError
from grading.reading.syntax import parse
from grading.references import load
from language.text import to_text
from language.typecheck import typecheck

DROPOUT = "assignment/1.1/expected-loss"
RIDGE = "assignment/1.3/w-l2"
MIXTURE = "exam/III.3/R"
SPREAD = "exam/III.3.3.3/dR-dsigma2"
PRIOR = "exam/III.1.1/R"
DIRAC = "assignment/5.1/v-psi0"
FLOW = "assignment/3.1/kl"
BAYES = "assignment/2.1/ecll"
RATIO = "assignment/4.2/f1"
GAUSSIAN = "lecture/gaussian-kl/log-variance"
GAN = "tutorial/3.1/V"
INTEGRALS = "tutorial/3.optimality.2/V"
JENSEN = "tutorial/3.optimality.5c/jsd"
EIGEN = "assignment/5.3/eigenvalues"
MINIBATCH = "lecture/gan-objective/minibatch"


def formula(identifier: str) -> Formula:
    item = load(identifier)
    assert isinstance(item, Formula)
    return item


def meant(identifier: str, text: str) -> list[str]:
    """The readings of one expression, as text."""
    item = formula(identifier)
    found = scope_of(text, item).values(parse(text))
    return [to_text(one.term) for one in found]


@pytest.mark.parametrize(
    ("identifier", "text", "expected"),
    [
        # products and calls
        (DROPOUT, "p(1-p)", "p (1 - p)"),
        (DROPOUT, "pXw", "p X w"),
        (DROPOUT, "2pX w", "2 p X w"),
        (GAN, "E_{p_z}[D(G(z))]", "E_{z ~ p_z}[D(G(z))]"),
        (RATIO, r"f_0 D^*", "f0(x) best(x)"),
        (RATIO, r"D^*(x)^2", "best(x)^2"),
        # sigma
        (DIRAC, r"\sigma(\theta)", "logistic(theta)"),
        (DIRAC, r"\sigma^2(\theta)", "logistic(theta)^2"),
        (DIRAC, r"\sigma'(\theta)", "logistic(theta) (1 - logistic(theta))"),
        (PRIOR, r"\sigma(n+1)", "sigma (n + 1)"),
        # transposes, inverses, norms
        (RIDGE, "X^T X", "X^T X"),
        (RIDGE, r"X^{\mathsf T}y", "X^T y"),
        (RIDGE, "X'y", "X^T y"),
        (RIDGE, "Xᵀy", "X^T y"),
        (RIDGE, r"(X^\top X)^{-\top}", "((X^T X)^-1)^T"),
        (DROPOUT, r"\|y\|_2^2", "||y||^2"),
        (DROPOUT, "|p|", "abs(p)"),
        (DROPOUT, "|w|", "||w||"),
        (FLOW, r"E_{p_X}|J_F(F^{-1}(x))|", "E_{x ~ data}[abs(det(JF(Finv(x))))]"),
        (DROPOUT, r"\langle w, w\rangle", "inner(w, w)"),
        (DROPOUT, "w.T @ w", "w^T w"),
        # circle constant, Euler's number, indices
        (MIXTURE, r"2\pi", "2 pi"),
        (PRIOR, r"e^{\sigma}", "exp(sigma)"),
        (PRIOR, r"\sum_i w_i^2", "sum_{i=1}^{n} w_i^2"),
        (PRIOR, r"\sum_k w_k", "sum_{k=1}^{n} w_k"),
        (DROPOUT, r"\sum_{i,j} X_{ij}", "sum_{i=1}^{n} sum_{j=1}^{d} X_{i,j}"),
        (DROPOUT, r"\sum_j (X^T X)_{jj}", "sum_{j=1}^{d} (X^T X)_{j,j}"),
        (SPREAD, r"\sum_i \gamma_j(w_i)", "sum_{i=1}^{n} gamma(j, w_i)"),
        (SPREAD, r"\sum_i \gamma_{ij}", "sum_{i=1}^{n} gamma(j, w_i)"),
        (SPREAD, r"\sum_i \gamma_j", "sum_{i=1}^{n} gamma(j, w_i)"),
        (MINIBATCH, r"\sum_i D(x^{(i)})", "sum_{i=1}^{m} D(x_(i))"),
        (PRIOR, r"\sum_{k\ne 1} w_k", "sum_{k=1}^{n} w_k - w_1"),
        (PRIOR, r"w_1 + \dots + w_n", None),
        # code
        (GAUSSIAN, "torch.sum(1 + logvar)", "sum_{k=1}^{p} (1 + ell_k)"),
        (GAUSSIAN, "mu.pow(2).sum()", "sum_{k=1}^{p} mu_k^2"),
        (RIDGE, "np.linalg.inv(X.T @ X) @ X.T @ y", "(X^T X)^-1 X^T y"),
        # functions
        (PRIOR, r"\log_2 n", "log2(n)"),
        (PRIOR, r"\ln 2\pi\sigma^2", "log(2 pi sigma^2)"),
        (DIRAC, r"\max(0, \theta)", "max(0, theta)"),
        (EIGEN, "1j/2", "1 i / 2"),
        (EIGEN, r"\sqrt{-1}", "i"),
        # laws
        (BAYES, r"\log p(x)", "log(evidence)"),
        (BAYES, r"KL(q(z|x) \| p_\theta(z|x))", "KL(q || posterior)"),
        (BAYES, "H[q]", "H(q)"),
        (BAYES, r"\mathbb{E}_{q(z|x)}[\log q(z|x)]", "E_{z ~ q}[log(q(z))]"),
        (BAYES, r"\mathbb{E}_q[\log q]", "E_{z ~ q}[log(q(z))]"),
        (GAN, r"E_{p_g} \log(1-D(x))", "E_{x ~ p_g}[log(1 - D(x))]"),
        (INTEGRALS, r"\int p_g(t)\,dt", None),
        (JENSEN, r"KL(p_g \| \tfrac12(p_{data}+p_g))", "KL(p_g || (1/2) p_data + (1/2) p_g)"),
        (JENSEN, r"D_{KL}(p_d || (p_d + p_g)/2)", "KL(p_data || (1/2) p_data + (1/2) p_g)"),
    ],
)
def test_one_reading(identifier: str, text: str, expected: str | None) -> None:
    found = meant(identifier, text)
    assert len(found) == 1
    assert expected is None or found == [expected]


@pytest.mark.parametrize("text", ["I", r"\mathbf{1}", r"\mathbb{I}", r"\mathrm{Id}"])
def test_the_identity_has_the_size_that_fits(text: str) -> None:
    assert meant(RIDGE, f"X^T X + {text}") == ["X^T X + I_d"]
    assert meant(RIDGE, f"X X^T + {text}") == ["X X^T + I_n"]


def test_types_are_kept_as_the_type_checker_finds_them() -> None:
    for text in ("X^T X", "pXw", r"\|y\|^2", r"\Gamma^2 w", "1/p", r"w^T \Gamma w"):
        item = formula(DROPOUT)
        for one in scope_of(text, item).values(parse(text)):
            assert one.type == typecheck(one.term, item.claim.notation)


@pytest.mark.parametrize(
    ("identifier", "text", "words"),
    [
        (PRIOR, r"\beta", "there is no"),
        (PRIOR, "w_i", "index that is bound"),
        (DROPOUT, r"\frac{\partial}{\partial w}", "restates"),
        (DIRAC, r"\mathbb{E}_{x}[x]", "expected a distribution"),
        (RATIO, "f_1(x)", "may not occur"),
        (PRIOR, r"\sum_i 2", "what i runs through"),
        (PRIOR, "x.__class__", "expected"),
    ],
)
def test_what_cannot_be_read_says_why(identifier: str, text: str, words: str) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        meant(identifier, text)
    assert not isinstance(caught.value, ShapeError)
    assert 0 <= caught.value.start <= caught.value.end <= len(text)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (RIDGE, r"X X^T + \lambda I_d"),
        (RIDGE, "X y"),
        (DROPOUT, r"\sum_{i=1}^n w_i"),
        (INTEGRALS, r"\int p_z(z) \log(1 - D(z)) dz"),
    ],
)
def test_sizes_that_do_not_fit_are_told_apart(identifier: str, text: str) -> None:
    with pytest.raises(ShapeError):
        meant(identifier, text)


def test_a_restatement_names_what_is_left_to_do() -> None:
    with pytest.raises(ReadError, match="restates the question"):
        meant("tutorial/3.optimality.5b/kl", r"KL(p_{data} \| p_g)")


def test_abbreviations_cannot_be_used_to_grow_without_bound() -> None:
    from grading.reading.reader import read

    text = "f(" * 12 + "p" + ")" * 12 + " where f(x) = x + x + x + x"
    with pytest.raises(ReadError, match="shorter"):
        read(text, formula("assignment/1.2/lambda-dropout"))
