# ruff: noqa: RUF001 (signs that students type)
"""Answers made to fool the judge: none that is wrong is called right, none that is right wrong.

``NEVER_RIGHT`` and ``NEVER_WRONG`` are tables of answers by hand. Below them every reference is
changed by a hair, made undefined, or replaced by the question, and must not count; and every
reference and form is written in many ways, and must.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from grading.items import UNEVALUATED, Formula
from grading.judge import judge
from grading.judgement import Grade
from grading.references import ids_of, load, sheet_ids
from language.claims import Claim, Equality, Status
from language.latex import to_latex
from language.terms import Apply, Bind, Name, Number, Term, walk
from language.text import to_text
from language.typecheck import typecheck
from language.types import Collection, Scalar, Truth
from language.vocabulary import INFINITY, absolute, log, number, sqrt, tanh
from numerics.engine import decide, types_differ
from numerics.mutants import mutants

FORMULAS = [
    identifier
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(load(identifier), Formula)
]


def formula(identifier: str) -> Formula:
    item = load(identifier)
    assert isinstance(item, Formula)
    return item


# by hand ----------------------------------------------------------------------------------------

NEVER_RIGHT = {
    # the right answer is 1/(2 sigma^2)
    "exam/III.1.1/lambda": r"""
        \lambda
        \lambda = \lambda
        \lambda = \frac{1}{2\sigma^2} = \frac{1}{\sigma^2}
        \lambda = \frac{1}{\sigma^2} = \frac{1}{2\sigma^2}
        \frac{1}{\sigma^2} = \frac{1}{2\sigma^2}
        1 = \frac{1}{2\sigma^2}
        \sigma = \frac{1}{2\sigma^2}
        n = \frac{1}{2\sigma^2}
        -\lambda = \frac{1}{2\sigma^2}
        2\lambda = \frac{1}{2\sigma^2}
        1/\lambda = \frac{1}{2\sigma^2}
        \lambda^2 = \frac{1}{2\sigma^2}
        \log\lambda = \frac{1}{2\sigma^2}
        \lambda - 1 = \frac{1}{2\sigma^2}
        \frac{1}{2\sigma^2} \text{ or } \frac{1}{\sigma^2}
        \frac{1}{2\sigma^2}, \frac{1}{\sigma^2}
        \frac{1}{\sigma^2}, \frac{1}{2\sigma^2}
        \frac{1}{2\sigma^2}; \sigma^2
        \frac{1}{\sigma^2} \text{ and } \frac{1}{2\sigma^2}
        \left\{\frac{1}{2\sigma^2}, \frac{1}{\sigma^2}\right\}
        1/(2\sigma) \text{ where } \sigma = \sigma^2
        1/(2\sigma) \text{ where } \sigma := \sigma^2
        \frac{1}{2} \text{ where } \sigma = 1
        \frac{1}{2\sigma^2} \text{ for } \sigma > 1
        \frac{1}{2\sigma^2} \text{ for } \sigma < 0
        \frac{1}{2\sigma^2} \text{ if } 1 = 2
        \frac{1}{2\sigma^2} \text{ if } \sigma = 1
        a \text{ where } a = a
        a \text{ where } a = \lambda
        a \text{ where } a = b, b = a
        a \text{ where } a = 1/(2\sigma^2), a = \sigma
        1/(2\tau) \text{ where } \tau = \sigma^2, \tau = 1
        \frac{1}{2\sigma^2} \text{ is wrong}
        \text{not } \frac{1}{2\sigma^2}
        \lambda \ne \frac{1}{2\sigma^2}
        \lambda > \frac{1}{2\sigma^2}
        \lambda \le \frac{1}{2\sigma^2}
        \lambda \propto \frac{1}{2\sigma^2}
        \lambda = \frac{1}{2\sigma^2} + c
        \lambda = \frac{1}{2\sigma^2} + O(1)
        \frac{1}{2\sigma^2} + \ldots
        \frac{1}{2\sigma^2}!
        \frac{1}{2\sigma^2} ?
        \lambda = \pm \frac{1}{2\sigma^2}
        \frac{1}{2\sigma_i^2}
        \frac{1}{2\Sigma^2}
        \frac{1}{2 s^2}
        \frac{1}{2\sigma^2} \pm 0.1
        \max_\sigma \frac{1}{2\sigma^2}
        \mathbb{E}[\frac{1}{2\sigma^2}]
        \left.\frac{1}{2\sigma^2}\right|_{\sigma=1}
        \frac{1}{2\sigma^2} + \infty - \infty
        \frac{1}{2\sigma^2} \cdot \frac{\infty}{\infty}
        \frac{1}{2\sigma^2} + \frac{1}{\infty}
        \frac{1}{2\sigma^2} + \sqrt{-1} - \sqrt{-1}
        \begin{pmatrix} \frac{1}{2\sigma^2} & 0 \end{pmatrix}
        \frac{1}{2\sigma^2} I
        \begin{cases} \frac{1}{2\sigma^2} & \sigma > 1 \end{cases}
        \begin{cases} \frac{1}{2\sigma^2} & \sigma > 1 \\ 0 & \text{otherwise} \end{cases}
        \newcommand{\sigma}{2}\frac{1}{2\sigma^2}
    """,
    # gamma >= 1, for positive gamma
    "assignment/5.6/gamma-real": r"""
        \gamma > 1
        (1, \infty)
        \gamma = 1
        1
        0 < 1
        1 < 0
        \text{true}
        \text{false}
        \text{always}
        \text{for all } \gamma
        \text{when the eigenvalues are real}
        \lambda \in \mathbb{R}
        \gamma \in \mathbb{R}
        \gamma \ge \gamma
        \gamma > 0 \text{ or } \gamma < 1
        \gamma \ge 1 \text{ and } \gamma < 1
        \gamma \ge 1 \text{ and } \gamma \ge 2
        \gamma \ge 1, \gamma \ge 2
        \{\}
        \emptyset
        \log(\gamma - 5) \ge 0
        \gamma \ge 1 \text{ or } \sqrt{\gamma - 5} \ge 0
        \gamma \ge 1 \text{ and } \sqrt{\gamma - 5} \ge 0
        \gamma \ge 1 - 10^{-300}
        \gamma > 1 - 10^{-30}
        \gamma \ge 0.99999999999999999999999
        1 \le \gamma \le 10^{100}
        [1, 10^{300}]
        \gamma \ge 1 \text{ or } \gamma = 1/7
        \gamma \ge 1 \text{ and } \gamma \ne 10^{40}
        \gamma \ge 1 \text{ for } \gamma > 5
        \gamma \ge 1 \text{ unless } \gamma = 2
        \gamma \ge 1 \text{ except } \gamma = 2
        \text{not } \gamma \ge 1
        \gamma \ge 1 \iff \gamma \ge 2
        \gamma < -5 \text{ or } \gamma \ge 1 \text{ and } \gamma \ne 7
        \gamma < 1
        \gamma \not\ge 1
        |\gamma - 1| \ge 0
        (\gamma - 1)^2 \ge 0
        \frac{\gamma - 1}{\gamma - 1} = 1
        \gamma \ge 1 \text{ or } \frac{1}{\gamma - 1/2} < 0
    """,
    "assignment/5.6/eigenvalues": r"""
        -\frac{1}{2}
        -\frac{\gamma}{2} \pm \frac{\sqrt{\gamma^2-1}}{2}
        -\frac{1}{2}, -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{\gamma^2-1}}{2}
        -\frac{1}{2}, \frac{-\gamma + \sqrt{\gamma^2-1}}{2}, \frac{-\gamma + \sqrt{\gamma^2-1}}{2}
        \frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{\gamma^2-1}}{2}
        -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{|\gamma^2-1|}}{2}
        -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{1-\gamma^2}}{2}
        -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{\gamma^2-1+10^{-300}}}{2}
        -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\gamma \sqrt{1-\gamma^2}}{2}
        -\frac{1}{2}, \ldots
    """,
    "assignment/5.3/eigenvalues": r"""
        -\frac{1}{2}, \frac{1}{2}, \frac{i}{2}
        -\frac{1}{2}, \frac{1}{2}, -\frac{1}{2}
        -\frac{1}{2}, \frac{i}{2}
        -\frac{1}{2}, \frac{i}{2}, -\frac{i}{2}, \frac{i}{2}
        \pm\frac{i}{2}
        -\frac{1}{2}, \frac{\pm i}{2}, 0
    """,
    "lecture/cs230.4/zero-loss-set": r"""
        w_1 w_2^2 = w_2
        w_1 w_2 w_1 w_2 = 1
        \frac{w_1 w_2 - 1}{w_1 w_2 - 1} = 0
        (w_1 w_2 - 1)(w_1 - w_2) = 0
        w_1 = w_2 = 1
        w_1 w_2 \ge 1
        |w_1 w_2| = 1
        \log(w_1) + \log(w_2) = 0
        \sqrt{w_1 w_2} = -1
        w_1 = 1/w_2 \text{ and } w_2 > 0
        w_1 w_2 = 1 + 10^{-300}
        \|x\| = 0 \text{ or } w_1 w_2 = 1 \text{ and } w_1 > 0
        w_1 w_2 = 1 \text{ or } w_1 = 7
    """,
    "assignment/5.1/stationary-point": r"""
        0
        (0, 0)
        (0, 0, 0, 0)
        \psi_0 = 0
        \psi_0 = 0, \psi_1 = 0
        \theta = 0
        (0, 0, \theta)
        (\psi_0, \psi_1, \theta) = (0, 0, 10^{-100})
        (0, 0, 1 - 1 + 10^{-50})
        \psi_0 \psi_1 \theta = 0
        \psi_0 + \psi_1 + \theta = 0
        (0, 0, 0/0)
        \psi_0 = \psi_1 = \theta
        \psi_0 = \psi_1 = \theta = 0 \text{ or } \theta = 1
    """,
    "tutorial/3.optimality.5d/jsd-disjoint": r"""
        0.6931
        0.7
        0.693149
        0.693150
        0.6931471805599453094172321214581765680755001343602552541206811
        0.693147 \pm 0.1
        69.3147\%
        \log 2 \pm 1
        \log 2, 1
        \{\log 2, 1\}
        \text{at most } \log 2
        \le \log 2
        < \log 2
        [0, \log 2]
        \log 2 \text{ if } p = q
        \log 2 \text{ when the laws are equal}
        \log 2 \approx 0.75
        \log 2 = 1
        0 = \log 2
        1 \text{ bit}
        \log_2 2
        \log_{10} 2
        \log(-2)
        \log 2 + 10^{-300}
        \ln(2.0000000000000000001)
        \frac{6931471805599453}{10^{16}}
        JSD(p \| q)
        -JSD = \log 2
        JSD/2 = \log 2
        \infty
        \log 2 + \log 0 - \log 0
        \log(2 + 0/0)
    """,
    "tutorial/4.wgan.1/uniform-shift": r"""
        \theta
        -\theta
        \pm\theta
        \theta^2
        \sqrt{\theta}^2
        \sqrt{\theta^2 + 10^{-100}}
        \frac{\theta^2}{\theta}
        \exp(\log\theta)
        \exp(\log(\theta^2)) / \theta
        \theta \tanh(10^{30} \theta)
        \max(0, \theta)
        \theta \text{ for } \theta > 0
        |\theta| \text{ for } \theta > 0
        \theta \text{ if } \theta > 0 \text{ and } \theta \text{ if } \theta < 0
        \begin{cases} \theta & \theta > 0 \\ \theta & \theta \le 0 \end{cases}
    """,
    "assignment/1.3/w-l2": r"""
        (X^\top X + \lambda I)^{-1}
        (X^\top X + \lambda I) X^\top y
        X^\top y (X^\top X + \lambda I)^{-1}
        y^\top X (X^\top X + \lambda I)^{-1}
        ((X^\top X + \lambda I)^{-1} X^\top y)^\top
        (X X^\top + \lambda I)^{-1} X^\top y
        (X^\top X + \lambda I)^{-1} X y
        (X^\top X + \lambda)^{-1} X^\top y + 10^{-40} w
        X^{-1} y
        (X^\top X)^{-1} X^\top y
        \frac{X^\top y}{\|X\|^2 + \lambda}
        (X^\top X + \lambda I + 10^{-300} I)^{-1} X^\top y
        \frac{\infty}{\infty} (X^\top X + \lambda I)^{-1} X^\top y
        w
        \arg\min_w \|y - X w\|^2 + \lambda \|w\|^2
    """,
    "assignment/5.2/jacobian": r"""
        \begin{pmatrix} 0 & 0 & -\frac12 \\ 0 & -\frac12 & 0 \end{pmatrix}
        \begin{pmatrix} 0 & 0 & \frac12 \\ 0 & -\frac12 & 0 \\ -\frac12 & 0 & 0 \end{pmatrix}
        \begin{pmatrix} 0 & 0 & -\frac12 \\ 0 & -\frac12 & 0 \\ \frac12 & 0 & 10^{-99} \end{pmatrix}
        0, 0, -\frac12, 0, -\frac12, 0, \frac12, 0, 0
        -\frac12
        \nabla v
    """,
    "assignment/4.1/jsd": r"""
        \mathrm{JSD}(p_0, p_1)
        \frac12 KL(p_0 \| \frac{p_0 + p_1}{2}) + \frac12 KL(p_1 \| \frac{p_0 + p_1}{2})
        \log 2
        0
        \mathrm{JSD}(p_0, p_1) \cdot 1
        \mathrm{JSD}(p_1, p_0)
    """,
    "assignment/3.1/kl": r"""
        KL(p \| q)
        0
        \mathbb{E}[\log p - \log q]
    """,
    "exercises/2/variance-map": r"""
        1
        49
        h
        h^2
        |h|
        \log h
        \sqrt{h^2}
        \max(h, 0)
        \tanh(h) + 1 - 10^{-9}
        -\exp(h)
        \exp(h) - 10^{-300}
        \exp(h) + 0/0
        \sqrt{h}^2 + 1
        \infty
        0^0
    """,
    # a question on which the options are true and false, where false is right
    "exam/II/1": r"""
        {0.__class__}
        0.5
        f(x)
        n!
        f, t
        f; t
        n. a.
        f.a.q.
        true
        true or false
        false or true
        not false
        false, no wait: t
    """,
}  # fmt: skip

NEVER_WRONG = {
    "exam/III.1.1/lambda": r"""
        \lambda = \frac{1}{2\sigma^2} = \lambda
        2\lambda = \frac{1}{\sigma^2}
        \lambda\sigma^2 = \frac{1}{2}
        \lambda \in \{\frac{1}{2\sigma^2}\}
        \sigma^2 = \frac{1}{2\lambda}
        \max(\frac{1}{2\sigma^2}, 0)
        \sqrt{\frac{1}{4\sigma^4}}
        0.5\sigma^{-2}
        \frac{1}{2\sigma^2} \text{ for all } \sigma
        \frac{1}{2\sigma^2} \text{ for } \sigma > 0
        \exp(-\log(2\sigma^2))
        \frac{1}{2\sigma^2}\frac{n}{n}
        \frac{1}{2\sigma^2}\cdot\frac{\|w\|^2}{\|w\|^2}
        \frac{w^\top w}{2\sigma^2 \|w\|^2}
        1/(2 sigma**2)
        lambda: 1/(2*sigma**2)
        1/(2σ²) – 1/(2σ²) + 1/(2σ²)
    """,
    "assignment/5.6/gamma-real": r"""
        \gamma \ge 1
        [1, \infty)
        \gamma \in [1, \infty)
        |\gamma| \ge 1
        \gamma^2 \ge 1
        \gamma^2 - 1 \ge 0
        \sqrt{\gamma^2 - 1} \in \mathbb{R}
        \sqrt{\gamma^2 - 1} \ge 0
        \gamma \ge 1/\gamma
        \log\gamma \ge 0
        \gamma \ge 1 \text{ or } \gamma \le -1
        \gamma \ge 1 \text{ or } \gamma \ge 2
        \gamma > 1 \text{ or } \gamma = 1
        1 \le \gamma < \infty
        \gamma \not< 1
        \text{not } \gamma < 1
        1 - \gamma \le 0
        \gamma^2 - 1 \ge 0 \Rightarrow \gamma \ge 1
        \gamma \ge 1 \iff \gamma^2 \ge 1
    """,
    "assignment/5.6/eigenvalues": r"""
        -\frac{1}{2}, -\frac{\gamma}{2} \pm \frac{\sqrt{\gamma^2-1}}{2}
        -\frac{\gamma}{2} \mp \frac{\sqrt{\gamma^2-1}}{2}, -\frac{1}{2}
        -\frac{1}{2}, \frac{-\gamma \pm i\sqrt{1 - \gamma^2}}{2}
        \lambda_1 = -0.5, \lambda_{2,3} = \frac{-\gamma \pm \sqrt{\gamma^2 - 1}}{2}
        \{-\frac{1}{2}, \frac{-\gamma-\sqrt{\gamma^2-1}}{2}, \frac{-\gamma+\sqrt{\gamma^2-1}}{2}\}
    """,
    "assignment/5.3/eigenvalues": r"""
        -\frac{1}{2}, \pm\frac{i}{2}
        \{-\frac{1}{2}, \frac{i}{2}, -\frac{i}{2}\}
        -1/2, j/2, -j/2
        -\frac{1}{2}, \pm\frac{\sqrt{-1}}{2}
    """,
    "lecture/cs230.5/eigenvalues": r"""
        \pm 2m
        2m, -2m
        -2m, 2m
        \{-2m, 2m\}
        \lambda_{1,2} = \pm 2m
    """,
    "lecture/cs230.4/zero-loss-set": r"""
        w_1 w_2 = 1
        w_1 = 1/w_2
        w_1 = \frac{1}{w_2}, w_2 \ne 0
        w_2 = w_1^{-1}
        1 - w_1 w_2 = 0
        (1 - w_1 w_2)^2 = 0
        \frac{w_1 w_2 - 1}{w_1} = 0
        \{(w_1, w_2) : w_1 w_2 = 1\}
    """,
    "lecture/cs230.4/gradient": r"""
        [-2 m w2 (1 - w1 w2); -2 m w1 (1 - w1 w2)]
        (-2m w_2(1 - w_1 w_2), -2m w_1(1 - w_1 w_2))
        \begin{pmatrix} -2m w_2(1 - w_1 w_2) \\ -2m w_1(1 - w_1 w_2) \end{pmatrix}
    """,
    "assignment/5.1/stationary-point": r"""
        (0, 0, 0)
        \psi_0 = \psi_1 = \theta = 0
        \psi_0 = 0, \psi_1 = 0, \theta = 0
        \theta = \psi_0 = \psi_1 = 0
        (\psi_0, \psi_1, \theta) = (0, 0, 0)
        \psi_0^2 + \psi_1^2 + \theta^2 = 0
    """,
    "tutorial/3.optimality.5d/jsd-disjoint": r"""
        \log 2
        \ln 2
        0.693147
        .693147
        0.69314718
        6.93147e-1
        JSD = \log 2
        2 JSD = 2 \log 2
        \log 2 \approx 0.69
        \log 2 \approx 0.693
        \log 2 = 0.693147
        -\log\frac12
        |\log 2|
        \frac12\log 4
    """,
    "tutorial/4.wgan.1/uniform-shift": r"""
        |\theta|
        \sqrt{\theta^2}
        \max(\theta, -\theta)
        \theta \text{ sign}(\theta)
        |-\theta|
        \begin{cases} \theta & \theta \ge 0 \\ -\theta & \theta < 0 \end{cases}
        \lVert\theta\rVert
        \exp(\frac{1}{2}\log(\theta^2))
    """,
    "exercises/2/variance-map": r"""
        \exp(h)
        e^{2h}
        \log(1 + e^h)
        \operatorname{softplus}(h)
        h^2 + 1
        \exp(h) + 10^{-6}
        1 + |h|
        \sigma(h)
    """,
    "assignment/1.3/w-l2": r"""
        (X^\top X + \lambda I)^{-1} X^\top y
        X^\top (X X^\top + \lambda I)^{-1} y
        (\lambda I + X'X)^{-1} X'y
        \lambda^{-1} (X^\top X/\lambda + I)^{-1} X^\top y
    """,
}  # fmt: skip


def rows(table: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (identifier, line.strip())
        for identifier, lines in table.items()
        for line in lines.strip().splitlines()
    ]


@pytest.mark.parametrize(("identifier", "text"), rows(NEVER_RIGHT))
def test_is_not_called_right(identifier: str, text: str) -> None:
    found = judge(text, load(identifier))
    assert found.grade is not Grade.CORRECT, f"{found.understood}: {found.feedback}"
    assert found.stage != "internal", found.feedback


@pytest.mark.parametrize(("identifier", "text"), rows(NEVER_WRONG))
def test_is_not_called_wrong(identifier: str, text: str) -> None:
    found = judge(text, load(identifier))
    assert found.grade is not Grade.INCORRECT, f"{found.understood}: {found.feedback}"
    assert found.stage != "internal", found.feedback


# every reference, changed by a hair --------------------------------------------------------------

TINY = (Fraction(1, 10**300), Fraction(1, 10**40), Fraction(-1, 10**60), Fraction(1, 10**9))
ZERO, ONE, MINUS = number(0), number(1), number(-1)


def scalars(item: Formula) -> list[Name]:
    """The real numbers that an answer may name, and that are no shorthand."""
    symbols = item.claim.notation
    return [
        Name(s.name)
        for s in symbols
        if s.name in item.names and s.type == Scalar("real") and s.definition is None
    ][:3]


def hairs(item: Formula) -> Iterator[Term]:
    """Numbers that are zero, but not quite."""
    yield from map(Number, TINY)
    yield ONE - tanh(number(100))
    yield log(ONE + Number(TINY[1]))
    for x in scalars(item):
        yield Number(TINY[0]) * x
        yield Number(TINY[0]) * Apply("power", (x, number(40)))
        # zero at many points that one might choose
        yield Number(TINY[1]) * Apply(
            "multiply", tuple(x - Number(Fraction(k, 12)) for k in range(-36, 37, 3))
        )
        # zero but in a hole
        hole = Number(TINY[3]) - absolute(x - Number(Fraction(1, 3)))
        yield Apply("relu", (hole,))


def nothings(item: Formula) -> Iterator[Term]:
    """What is written like a zero, and is no number anywhere."""
    yield ZERO / ZERO
    yield ZERO * (ONE / ZERO)
    yield INFINITY - INFINITY
    yield ZERO * INFINITY
    if item.claim.equality is not Equality.MULTISET:  # complex eigenvalues are welcome
        yield ZERO * log(ZERO)
        yield sqrt(MINUS) - sqrt(MINUS)
        yield log(MINUS) - log(MINUS)
    for x in scalars(item):
        yield ZERO / (x - x)
        if item.claim.equality is not Equality.MULTISET:
            below = MINUS - x**2
            yield sqrt(below) - sqrt(below)
            yield log(below) - log(below)


def plus(item: Formula, hair: Term) -> Term:
    """The reference with a hair added, or multiplied where a sum would not count."""
    reference = item.claim.closed_form
    match typecheck(reference, item.claim.notation):
        case Scalar() if item.claim.equality is not Equality.UP_TO_CONSTANT:
            return reference + hair
        case Collection():
            assert isinstance(reference, Apply)
            first, *others = reference.args
            return Apply(reference.head, (first + hair, *others))
    return reference * (ONE + hair)


def near(item: Formula) -> Iterator[Term]:
    """Statements that hold at most of the right places, or at a few others too."""
    right = item.claim.closed_form
    never, always = Apply("less", (ONE, ZERO)), Apply("less", (ZERO, ONE))
    yield never
    yield always
    yield Apply("either", (right, always))
    yield Apply("both", (right, never))
    for x in scalars(item):
        yield Apply("either", (Apply("greater", (x, ZERO)), Apply("less", (x, ONE))))
        yield Apply("either", (right, Apply("equal", (x, Number(Fraction(1, 7))))))
        yield Apply("both", (right, Apply("greater_equal", (sqrt(MINUS - x**2), ZERO))))
        yield Apply("both", (right, Apply("equal", (log(MINUS - x**2), log(MINUS - x**2)))))
        yield Apply("both", (right, Apply("greater", (x, Number(Fraction(5, 3))))))


def written(term: Term, item: Formula) -> Iterator[str]:
    yield to_latex(term, item.claim.notation)
    yield to_text(term, item.claim.notation)


def is_statement(item: Formula) -> bool:
    return isinstance(typecheck(item.claim.closed_form, item.claim.notation), Truth)


@pytest.mark.slow
@pytest.mark.quality
@pytest.mark.parametrize("identifier", FORMULAS)
def test_a_hair_off_is_not_right(identifier: str) -> None:
    item = formula(identifier)
    if item.accepts is not None:
        return
    changed = near(item) if is_statement(item) else (plus(item, hair) for hair in hairs(item))
    for term in changed:
        text = to_latex(term, item.claim.notation)
        if judge(text, item).grade is Grade.CORRECT:
            # a hole at 1/3 is none for a negative number
            assert against(item, term) is Status.PROVED, text


@pytest.mark.slow
@pytest.mark.quality
@pytest.mark.parametrize("identifier", FORMULAS)
def test_what_is_defined_nowhere_is_not_right(identifier: str) -> None:
    item = formula(identifier)
    if is_statement(item):
        return
    for nothing in nothings(item):
        text = to_latex(plus(item, nothing), item.claim.notation)
        assert judge(text, item).grade is not Grade.CORRECT, text


def claimed(item: Formula, term: Term) -> Claim:
    return replace(item.claim, defined=item.claim.closed_form, closed_form=term)


def against(item: Formula, term: Term) -> Status:
    return decide(claimed(item, term)).status


# every mistake of the table ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.quality
@pytest.mark.parametrize("identifier", FORMULAS)
def test_a_mistake_is_read_as_it_was_made(identifier: str) -> None:
    item = formula(identifier)
    if item.accepts is not None:
        return
    for mutant in mutants(item.claim.closed_form, item.claim.notation):
        if types_differ(claimed(item, mutant.term)):
            continue  # as text it means something else: w^2 is the squared norm of a vector
        status = against(item, mutant.term)
        for text in written(mutant.term, item):
            grade = judge(text, item).grade
            if grade is Grade.CORRECT:
                assert status is Status.PROVED, f"{mutant.name}: {text}"
            if grade is Grade.INCORRECT:
                assert status is not Status.PROVED, f"{mutant.name}: {text}"


# the question over again -------------------------------------------------------------------------


def unevaluated(term: Term) -> set[str]:
    return {p.head for p in walk(term) if isinstance(p, Apply | Bind)} & UNEVALUATED


#: Questions whose definition uses only what an answer may use, and is still no answer.
RESTATED = ("assignment/2.1/ecll",)


def asked(item: Formula) -> Iterator[Term]:
    """The definition, as it is and dressed up."""
    question, reference = item.claim.defined, item.claim.closed_form
    yield question
    if isinstance(typecheck(reference, item.claim.notation), Scalar):
        yield question + ZERO
        yield question * ONE
        yield question + reference - reference
        yield number(2) * question - question
        yield (question + reference) / number(2)


@pytest.mark.parametrize("identifier", FORMULAS)
def test_the_question_is_no_answer(identifier: str) -> None:
    item = formula(identifier)
    given = {head for form in (item.claim.closed_form, *item.forms) for head in unevaluated(form)}
    if unevaluated(item.claim.defined) <= given and identifier not in RESTATED:
        return
    for term in asked(item):
        for text in written(term, item):
            found = judge(text, item)
            assert found.grade is not Grade.CORRECT, text


# right answers, in many ways ---------------------------------------------------------------------


def replaced(pattern: str, by: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


LATEX_STYLES: dict[str, Callable[[str], str]] = {
    "as printed": lambda text: text,
    "dfrac": replaced(r"\\frac", r"\\dfrac"),
    "tfrac": replaced(r"\\frac", r"\\tfrac"),
    "bm": replaced(r"\\mathbf", r"\\bm"),
    "boldsymbol": replaced(r"\\mathbf", r"\\boldsymbol "),
    "ln": replaced(r"\\log(?!_)", r"\\ln"),
    "operators": replaced(r"\\(log|exp)(?![A-Za-z_])", r"\\operatorname{\1}"),
    "T": replaced(r"\^\{\\top\}", "^T"),
    "sans serif T": replaced(r"\^\{\\top\}", r"^{\\mathsf T}"),
    "short superscripts": replaced(r"\^\{(\w)\}", r"^\1"),
    "short subscripts": replaced(r"_\{(\w)\}", r"_\1"),
    "no left and right": lambda text: text.replace(r"\left", "").replace(r"\right", ""),
    "big": lambda text: text.replace(r"\left(", r"\Big(").replace(r"\right)", r"\Big)"),
    "no spaces": replaced(r"(?<![A-Za-z]) | (?![A-Za-z0-9\\])", ""),
    "thin spaces": lambda text: text.replace(" + ", r"\,+\,").replace(" - ", r"\;-\;"),
    "dollars": lambda text: f"${text}$",
    "display": lambda text: rf"\[{text}\]",
    "equation": lambda text: rf"\begin{{equation*}}{text}\end{{equation*}}",
    "aligned": lambda text: rf"\begin{{aligned}} &= {text} \end{{aligned}}",
    "boxed": lambda text: rf"\boxed{{{text}}}",
    "period": lambda text: f"{text}.",
    "equals": lambda text: f"= {text}",
    "slashes": replaced(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
    "upright d": replaced(r"\\mathrm\{d\}", "d"),
    "plain E": replaced(r"\\mathbb\{E\}", "E"),
    "bar": replaced(r"\\mid(?![A-Za-z])", "|"),
    "Vert": lambda text: text.replace(r"\|", r"\Vert "),
    "parallel": lambda text: text.replace(r"\,\|\,", r"\parallel "),
    "Greek letters": lambda text: text.replace(r"\lambda", "λ").replace(r"\sigma", "σ"),
    "times": lambda text: text.replace(r"\cdot", r"\times") if r"(\cdot" not in text else text,
    "remark": lambda text: rf"{text} \quad\text{{as required}}",
}

TEXT_STYLES: dict[str, Callable[[str], str]] = {
    "as printed": lambda text: text,
    "stars": lambda text: text.replace("^", "**"),
    "no spaces": lambda text: text.replace(" + ", "+").replace(" - ", "-").replace(" / ", "/"),
    "equals": lambda text: f"= {text}",
    "period": lambda text: f"{text}.",
    "ln": replaced(r"\blog\b", "ln"),
    "prime": replaced(r"\^T\b", "'"),
}


@pytest.mark.parametrize("identifier", FORMULAS)
def test_the_reference_is_right_however_written(identifier: str) -> None:
    item = formula(identifier)
    forms = (item.claim.closed_form, *item.forms)
    for styles, printed in ((LATEX_STYLES, to_latex), (TEXT_STYLES, to_text)):
        for term in forms:
            plain = printed(term, item.claim.notation)
            for text in dict.fromkeys(style(plain) for style in styles.values()):
                found = judge(text, item)
                assert found.grade is Grade.CORRECT, f"{text}: {found.grade} {found.feedback}"
