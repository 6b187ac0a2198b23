"""What is said around an answer: nothing that is passed over turns a wrong answer into a right one.

The formula alone is right in all of these; what stands in front, behind or between decides.
"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from grading.items import Formula
from grading.judge import judge
from grading.judgement import Grade
from grading.references import ids_of, load, sheet_ids
from language.claims import Equality
from language.latex import to_latex

DROPOUT = "assignment/1.2/lambda-dropout"
LAMBDA = "exam/III.1.1/lambda"
LAYERS = "exam/III.2.2/lambdas-std"
DISJOINT = "tutorial/3.optimality.5d/jsd-disjoint"
ROOTS = "assignment/5.3/eigenvalues"
REAL = "assignment/5.6/gamma-real"
RANGE = "lecture/cs230.3/range"
SADDLE = "lecture/cs230.5/saddle"
HYPERBOLA = "lecture/cs230.4/zero-loss-set"
STEADY = "assignment/5.1/stationary-point"
NOISE = "lecture/reparametrization/z"
RIDGE = "assignment/1.3/w-l2"
TWICE = "tutorial/4.lsgan.2/two-C"
DIVERGENCE = "tutorial/3.optimality.5b/kl"

FORMULAS = [
    item
    for sheet in sheet_ids()
    for item in map(load, ids_of(sheet))
    if isinstance(item, Formula) and item.claim.equality is Equality.EXACT
]
HEDGES = (
    "twice", "(with multiplicity 2)", "up to a constant", "or so", "approximately", "roughly",
    ", ignoring constants", ", but not sure", "in most cases", "if p = q", "or maybe not",
    "for small values only", "i.e. about zero", "(times 2)", "squared",
)  # fmt: skip
EQUATIONS = (
    r"{} \lambda", r"-{} \lambda", r"\lambda/{}", r"\lambda + {}", r"\lambda^{}",
    r"\log {}\lambda", r"\frac{{{}}}{{\lambda}}", r"{}^\lambda", r"\lambda_{} + \lambda",
    r"e^{{\lambda - {}}}",
)  # fmt: skip


def grade(identifier: str, text: str) -> Grade:
    return judge(text, load(identifier)).grade


@given(st.sampled_from(FORMULAS), st.sampled_from(HEDGES))
def test_a_hedged_answer_is_not_right(item: Formula, hedge: str) -> None:
    shown = to_latex(item.claim.closed_form, item.claim.notation)
    assert judge(f"{shown} \\text{{ {hedge}}}", item).grade is not Grade.CORRECT


@given(
    st.sampled_from((LAMBDA, DROPOUT)),
    st.sampled_from(EQUATIONS),
    st.integers(2, 9),
)
def test_an_equation_for_the_quantity_is_no_answer(
    identifier: str, equation: str, number: int
) -> None:
    item = load(identifier)
    assert isinstance(item, Formula)
    shown = to_latex(item.claim.closed_form, item.claim.notation)
    found = judge(f"{equation.format(number)} = {shown}", item)
    assert found.grade not in (Grade.CORRECT, Grade.INCORRECT)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (DROPOUT, r"(1-p)/p with multiplicity 1"),
        (DROPOUT, r"\frac{1-p}{p} as required"),
        (DROPOUT, r"\frac{1-p}{p}, which is positive"),
        (DROPOUT, r"\lambda \overset{!}{=} \frac{1-p}{p}"),
        (DROPOUT, r"\underbrace{\frac{1-p}{p}}_{\lambda}"),
        (DROPOUT, r"**λ = (1-p)/p**"),
        (DROPOUT, r"\frac{1-p}{p}\ \square"),
        (DROPOUT, r"\frac{q}{1-q} \text{ with drop rate } q = 1-p"),
        (LAMBDA, r"\lambda(\sigma) = \frac{1}{2\sigma^2}"),
        (LAMBDA, r"\hat\lambda_{L_2} = \frac{1}{2\sigma^2}"),
        (LAMBDA, r"\tau/2 \text{ with precision } \tau = 1/\sigma^2"),
        (LAMBDA, r"1/(2\sigma^2) where sigma^2 is the variance"),
        (LAMBDA, r"1/(2\sigma^2) with \sigma the standard deviation"),
        ("exam/III.1.1/R", r"-\log p(w) = n\log(\sqrt{2\pi}\sigma) + \frac{w^\top w}{2\sigma^2}"),
        (DISJOINT, r"JSD(p\|q) = \log 2 \approx 0.69"),
        (DISJOINT, r"\log 2 = 0.693"),
        (TWICE, r"2C(G)=\int\frac{((b-c)p_{data}+(a-c)p_g)^2}{p_{data}+p_g}dx"),
        ("tutorial/3.optimality.5a/C", r"D^*=\frac12 \Rightarrow C(G) = -\log 4"),
        ("tutorial/3.optimality.5a/C", r"-\log 4 \text{ since } D^* = 1/2"),
        ("lecture/cs230.1/derivative", r"1-\tanh^2(x) because |1 - tanh^2(x)| <= 1 for all x"),
        (NOISE, r"\mu + \sigma\odot\epsilon, \epsilon\sim\mathcal{N}(\mathbf 0_p, \mathbf I_p)"),
        (ROOTS, r"\det(J-\lambda I) = 0 \Rightarrow \lambda = -\tfrac12, \pm\tfrac i2"),
        (ROOTS, r"\sigma(J) = \{-1/2, i/2, -i/2\}"),
        (LAYERS, r"1/(2\sigma_1^2), 1/(2\sigma_2^2) where \sigma_k is the standard deviation"),
    ],
)
def test_what_changes_nothing_is_passed_over(identifier: str, text: str) -> None:
    assert grade(identifier, text) is Grade.CORRECT


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (DROPOUT, r"\lambda \approx \frac{1-p}{p}"),
        (DROPOUT, r"\lambda = p \Rightarrow \lambda = \frac{1-p}{p}"),
        (DROPOUT, r"p \Rightarrow \frac{1-p}{p}"),
        (DROPOUT, r"\frac{1-p}{p} because p = 1/2"),
        (DROPOUT, r"\frac{1-p}{p} \text{ for some } p"),
        (DROPOUT, r"\frac{1-p}{p} (that is, p)"),
        (DROPOUT, r"the opposite: \frac{1-p}{p}"),
        (DROPOUT, r"p = \frac{1-p}{p}"),
        (LAMBDA, r"n = \frac{1}{2\sigma^2}"),
        (LAMBDA, r"R(w) = \frac{1}{2\sigma^2}"),
        (LAMBDA, r"a \text{ where } a = 1/(2\sigma^2), a = \sigma"),
        (LAMBDA, r"1/(2\tau) \text{ where } \tau = \sigma^2 = \sigma"),
        (LAMBDA, r"1/(2\sigma^2) where sigma is the variance"),
        (DISJOINT, r"\log 2 \text{ if } p = q"),
        (DISJOINT, r"\log 2 \text{ when the laws are equal}"),
        (DISJOINT, r"\log 2 \text{ where } p = q = 0"),
        (DISJOINT, r"\log 2 \approx 0.75"),
        (DISJOINT, r"2 JSD = \log 2"),
        (DISJOINT, r"KL(p\|q) = \log 2"),
        (DISJOINT, r"\log 2 + \infty - \infty"),
        (ROOTS, r"\lambda_1 = 7 = -1/2, \lambda_{2,3} = \pm i/2"),
        (NOISE, r"\mu + \sigma\odot\epsilon, \epsilon\sim\mathcal{N}(0, \sigma^2 I)"),
        (NOISE, r"(\mu + \sigma \odot \epsilon)^\top"),
        (RIDGE, r"y^\top X (X^\top X + \lambda I)^{-1}"),
        (REAL, r"\gamma \ge 2 \Rightarrow \gamma \ge 1"),
        (REAL, r"\lambda \in \mathbb{R}"),
        (REAL, r"\{\}"),
    ],
)
def test_what_changes_something_is_not_passed_over(identifier: str, text: str) -> None:
    assert grade(identifier, text) is not Grade.CORRECT


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (LAMBDA, r"2\lambda = \frac{1}{\sigma^2}"),
        (DISJOINT, r"2 JSD = 2\log 2"),
        (ROOTS, r"(\lambda+\frac12)(\lambda^2+\frac14)=0"),
        (ROOTS, r"\lambda^2=-\frac14, \lambda=-\frac12"),
        (ROOTS, r"\lambda_1=-\frac12, \lambda_2 = \overline{\lambda_3} = \frac{i}{2}"),
        (DIVERGENCE, r"\mathbb{E}_{p_{data}}[\log p_{data}(x)/p_g(x)]"),
        (DIVERGENCE, "E_{x~p_data}[log p_data/p_g]"),
        ("tutorial/3.optimality.5a/C", r"\log 1/4"),
        ("exam/III.1.1/R", r"n\log(\sqrt{2\pi}\sigma) + w^\top w/2\sigma^2"),
    ],
)
def test_what_may_be_meant_rightly_is_not_wrong(identifier: str, text: str) -> None:
    assert grade(identifier, text) not in (Grade.CORRECT, Grade.INCORRECT)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (RANGE, r"(0,1)\setminus(0,\tfrac12)"),
        (RANGE, r"(0,1)\cap[1/2,\infty)"),
        (RANGE, r"[1/2, 3/4] \cup [3/4, 1)"),
        (REAL, r"\gamma\in\mathbb{R}\setminus(-1,1)"),
        (REAL, r"\gamma \notin (-1, 1)"),
        (REAL, r"\gamma \not\in (0, 1)"),
        (REAL, r"\gamma\nless 1"),
        (REAL, r"\sqrt{\gamma^2-1} \in \mathbb{R}"),
        (REAL, r"gamma is at least 1"),
        (REAL, r"\gamma^2 \ge 1 \Leftrightarrow \gamma \ge 1"),
        (SADDLE, r"\{w_1=0\}\cap\{w_2=0\}"),
        (HYPERBOLA, r"\{w \in \mathbb{R}^2 \mid w_1w_2=1\}"),
        (HYPERBOLA, r"\{(t, 1/t) \mid t\in\mathbb{R}\setminus\{0\}\}"),
        (HYPERBOLA, r"w_1 = t, w_2 = 1/t"),
        (STEADY, "the only stationary point is the origin (0,0,0)"),
        (STEADY, "(0,0,0), the only one"),
    ],
)
def test_conditions_in_many_words(identifier: str, text: str) -> None:
    assert grade(identifier, text) is Grade.CORRECT


@pytest.mark.parametrize(
    "text",
    [
        r"\gamma < -5 \text{ or } \gamma \ge 1 \text{ and } \gamma \ne 7",
        "gamma < 2 or gamma > 3, gamma != 7",
        r"\gamma \in [1,2] \cup [3,4] \cap [5, 6]",
    ],
)
def test_and_binds_before_or(text: str) -> None:
    assert grade(REAL, text) is not Grade.CORRECT
