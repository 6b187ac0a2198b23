"""Verification: everything a solution says, decided, replayed, mutated and measured.

The way of the data: a topic's function gives a :class:`~derivations.derivation.Solution`; here
every pair of neighbouring steps, every form and every fact goes through the engine, every
experiment runs, and what did not come out as promised is a *finding*. A report is printed only
from a :class:`CheckedSolution` without findings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

import numerics.experiments
from derivations.conventions import Variant
from derivations.derivation import Answer, Derivation, Fact, Solution, Step
from derivations.sheets import near
from derivations.solutions import derive, find_solution
from language.claims import Claim, Status, Verdict
from language.terms import Term, same
from language.types import Array
from numerics.engine import decide, decide_equal
from numerics.measurements import Experiment
from numerics.mutants import MutantResult, judge_mutants
from numerics.replays import replay_claim
from numerics.settings import Level

__all__ = [
    "CheckedAnswer",
    "CheckedDerivation",
    "CheckedFact",
    "CheckedSolution",
    "CheckedStep",
    "UnknownName",
    "check_solution",
    "find_solution",
    "with_studies",
]

#: Sizes at which chains over symbolic shapes are replayed in components.
REPLAY_SIZES: tuple[Mapping[str, int], ...] = ({"n": 2, "d": 3}, {"n": 3, "d": 2}, {"n": 1, "d": 2})


class UnknownName(LookupError):
    """An experiment is not there; the message lists near names."""


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step and the verdict on its equality with the previous one; None for the first."""

    step: Step
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class CheckedDerivation:
    """A derivation with all verdicts.

    Attributes:
        derivation: what was checked.
        steps: each step with the verdict on the link before it.
        verdict: on the whole: PROVED if every link is.
        replays: verdicts of the replays in components, one for each concrete shape.
        mutants: the generated mistakes and what became of them.
    """

    derivation: Derivation
    steps: tuple[CheckedStep, ...]
    verdict: Verdict
    replays: tuple[Verdict, ...] = ()
    mutants: tuple[MutantResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A gradable answer: its derivation, and each accepted form with its verdict."""

    id: str
    checked: CheckedDerivation
    forms: tuple[tuple[Term, Verdict], ...]


@dataclass(frozen=True, slots=True)
class CheckedFact:
    """A fact and its verdict."""

    fact: Fact
    verdict: Verdict
    mutants: tuple[MutantResult, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether the verdict is the one that the text relies on."""
        wanted = Status.PROVED if self.fact.holds else Status.REFUTED
        return self.verdict.status is wanted


@dataclass(frozen=True, slots=True)
class CheckedSolution:
    """A solution with everything that was found out about it.

    Attributes:
        name: the topic's function, as in "dropout.expected_loss".
        findings: what did not come out as promised, one sentence each; empty for a sound solution.
        conventions: kind and option of each convention that is not the topic's own.
        studies: what the solution's studies measured, where they were carried out.
        left_out: the studies that were wanted and could not be carried out.
        level: how thoroughly they were; None where none were wanted.
    """

    name: str
    solution: Solution
    answers: tuple[CheckedAnswer, ...]
    lemmas: tuple[CheckedDerivation, ...]
    facts: tuple[CheckedFact, ...]
    experiments: Mapping[str, Experiment]
    findings: tuple[str, ...]
    conventions: tuple[tuple[str, str], ...] = ()
    studies: Mapping[str, Experiment] = field(default_factory=lambda: MappingProxyType({}))
    left_out: tuple[str, ...] = ()
    level: Level | None = None

    @property
    def mutants(self) -> tuple[MutantResult, ...]:
        """Every mutant of every claim."""
        chains = [*(answer.checked for answer in self.answers), *self.lemmas]
        of_chains = [m for chain in chains for m in chain.mutants]
        return (*of_chains, *(m for fact in self.facts for m in fact.mutants))


@cache
def run_experiment(name: str, seed: int) -> Experiment:
    """Run ``numerics.experiments.<name>``, once for each seed: several questions may show it.

    Raises:
        UnknownName: naming near ones.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(numerics.experiments.__path__))
    if name not in known:
        raise UnknownName(f"no experiment is called {name!r}{near(name, known)}")
    module = importlib.import_module(f"numerics.experiments.{name}")
    outcome: Experiment = module.run(seed)
    return outcome


def check_solution(
    wanted: str | Variant,
    seed: int = 0,
    on_progress: Callable[[str], None] | None = None,
    *,
    with_mutants: bool = True,
) -> CheckedSolution:
    """Check everything that a solution says.

    Args:
        wanted: the topic's function, ``topic.function``, or that in other conventions.
        seed: of the experiments' generators.
        on_progress: called with a short phrase before each part.
        with_mutants: whether the claims' mutants are judged too.
    """
    tell = on_progress or (lambda _: None)
    variant = Variant(wanted) if isinstance(wanted, str) else wanted
    tell(f"deriving {variant}")
    solution = derive(variant)
    answers = []
    for answer in solution.answers:
        tell(f"proving {answer.id}")
        answers.append(_check_answer(answer, with_mutants))
    lemmas = []
    for lemma in solution.lemmas:
        tell(f"proving {lemma.claim.name}")
        lemmas.append(_check_derivation(lemma, with_mutants))
    facts = []
    for fact in solution.facts:
        tell(f"deciding {fact.claim.name}")
        mutants = judge_mutants(fact.claim) if with_mutants and fact.holds else ()
        facts.append(CheckedFact(fact, decide(fact.claim), mutants))
    experiments = {}
    for experiment in solution.experiments:
        tell(f"running {experiment}")
        experiments[experiment] = run_experiment(experiment, seed)
    checked = CheckedSolution(
        variant.solution,
        solution,
        tuple(answers),
        tuple(lemmas),
        tuple(facts),
        MappingProxyType(experiments),
        (),
        variant.conventions,
    )
    return replace(checked, findings=tuple(_findings(checked)))


def with_studies(
    checked: CheckedSolution,
    level: Level,
    found: Mapping[str, Experiment],
    left_out: Iterable[str] = (),
) -> CheckedSolution:
    """The same with what its studies measured; what does not agree there is a finding too.

    Args:
        checked: a solution.
        level: how thoroughly the studies were carried out.
        found: the studies that were carried out, by name, others among them.
        left_out: those that could not be.
    """
    names = checked.solution.studies
    studies = {name: found[name] for name in names if name in found}
    findings = [text for study in studies.values() for text in _measurement_findings(study)]
    return replace(
        checked,
        studies=MappingProxyType(studies),
        left_out=tuple(name for name in names if name in left_out),
        level=level,
        findings=(*checked.findings, *findings),
    )


def _check_answer(answer: Answer, with_mutants: bool) -> CheckedAnswer:
    checked = _check_derivation(answer.derivation, with_mutants)
    claim = answer.derivation.claim
    forms = tuple(
        (form, decide(replace(claim, defined=claim.closed_form, closed_form=form)))
        for form in answer.forms
    )
    return CheckedAnswer(answer.id, checked, forms)


def _check_derivation(derivation: Derivation, with_mutants: bool) -> CheckedDerivation:
    claim = derivation.claim
    steps = [CheckedStep(derivation.steps[0], None)]
    for before, step in zip(derivation.steps, derivation.steps[1:], strict=False):
        steps.append(CheckedStep(step, _link(claim, before, step)))
    overall = _overall(derivation, steps)
    proved = overall.status is Status.PROVED
    return CheckedDerivation(
        derivation,
        tuple(steps),
        overall,
        _replays(claim),
        judge_mutants(claim, proved=proved) if with_mutants else (),
    )


def _link(claim: Claim, before: Step, step: Step) -> Verdict:
    """The verdict on two neighbouring steps, under the claim's and the step's conditions."""
    conditions = (*claim.conditions, *step.conditions)
    link = decide_equal(before.term, step.term, claim.notation, f"{claim.name}: {step.rule}")
    if link.settled or not conditions:
        return link
    return decide(replace(claim, defined=before.term, closed_form=step.term, conditions=conditions))


def _overall(derivation: Derivation, steps: list[CheckedStep]) -> Verdict:
    """PROVED if every link is, and the chain runs from the definition to the closed form."""
    claim = derivation.claim
    whole = decide(claim)
    links = [step.verdict for step in steps if step.verdict is not None]
    weak = next((link for link in links if link.status is not Status.PROVED), None)
    if whole.status is Status.REFUTED:
        return whole
    ends = (derivation.steps[0].term, derivation.steps[-1].term)
    if not (same(ends[0], claim.defined) and same(ends[1], claim.closed_form)):
        return Verdict(
            Status.UNDECIDED, "chain", "nothing", "The steps do not join definition and result."
        )
    if weak is not None:
        return weak
    if whole.status is Status.PROVED:
        return whole
    stages = ", ".join(dict.fromkeys(link.stage for link in links))
    scope = "; ".join(dict.fromkeys(part for link in links for part in link.scope.split("; ")))
    return Verdict(
        Status.PROVED,
        stages,
        scope,
        f"Each of the {len(links)} steps from the definition is proved.",
    )


def _replays(claim: Claim) -> tuple[Verdict, ...]:
    """The claim in components, by SymPy, where it has symbolic shapes."""
    symbolic = {
        size
        for symbol in claim.notation
        if isinstance(symbol.type, Array)
        for size in symbol.type.shape
        if isinstance(size, str)
    }
    found = []
    for sizes in REPLAY_SIZES:
        if symbolic and symbolic <= sizes.keys():
            verdict = replay_claim(claim, sizes)
            if verdict is not None:
                found.append(verdict)
    return tuple(found)


def _findings(checked: CheckedSolution) -> Iterable[str]:
    for answer in checked.answers:
        yield from _chain_findings(checked.name, answer.id, answer.checked)
        for form, verdict in answer.forms:
            if verdict.status is not Status.PROVED:
                yield f"{checked.name}: a form of {answer.id} is not proved: {verdict} ({form})"
    for lemma in checked.lemmas:
        yield from _chain_findings(checked.name, lemma.derivation.claim.name, lemma)
    for fact in checked.facts:
        if not fact.confirmed:
            wanted = "proved" if fact.fact.holds else "refuted"
            yield f"{checked.name}: {fact.fact.claim.name} is not {wanted}: {fact.verdict}"
        yield from _mutant_findings(checked.name, fact.fact.claim.name, fact.mutants)
    for experiment in checked.experiments.values():
        yield from _measurement_findings(experiment)


def _measurement_findings(experiment: Experiment) -> Iterable[str]:
    for measurement in experiment.measurements:
        if measurement.verdict.status not in (Status.STATISTICAL, Status.EVIDENCE, Status.PROVED):
            yield f"{experiment.name}: {measurement.name} does not agree: {measurement.verdict}"


def _chain_findings(name: str, claim: str, checked: CheckedDerivation) -> Iterable[str]:
    for k, step in enumerate(checked.steps):
        if step.verdict is not None and step.verdict.status is not Status.PROVED:
            yield f"{name}: step {k} of {claim} ({step.step.rule}) is not proved: {step.verdict}"
    if checked.verdict.status is not Status.PROVED:
        yield f"{name}: {claim} is not proved: {checked.verdict}"
    for verdict in checked.replays:
        if verdict.status is Status.REFUTED:
            yield f"{name}: the replay of {claim} fails: {verdict}"
    yield from _mutant_findings(name, claim, checked.mutants)


def _mutant_findings(name: str, claim: str, results: tuple[MutantResult, ...]) -> Iterable[str]:
    for mutant in results:
        if not mutant.settled:
            yield f"{name}: a mutant of {claim} is not settled ({mutant.name}): {mutant.verdict}"
