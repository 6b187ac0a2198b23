"""Words: a topic's template rendered to blocks, its placeholders resolved to checked formulas.

Templates are Jinja2 in a sandbox. They hold words only; every formula comes, by name, from a
:class:`~numerics.verification.CheckedSolution`. A name that is not there is an error.

A folder of one's own may hold templates of the same names. A block that is missing there is taken
from ours, and ``{{ super() }}`` within a block is what ours says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import TYPE_CHECKING

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from derivations.sheets import Own, near, solution_names, topic_names
from language.claims import Claim, Equality
from language.notation import Notation
from language.terms import Apply, Bind, Name, Term
from language.vocabulary import RELATIONS, TRUE
from numerics.studies import study_names
from numerics.verification import CheckedDerivation, CheckedSolution
from reports.badges import (
    badge_of_derivation,
    badge_of_measurement,
    badge_of_verdict,
    how_measured,
    weakest,
)
from reports.document import (
    Badge,
    BadgeLine,
    Block,
    Boxed,
    Chosen,
    Code,
    Display,
    FactLine,
    FigureBlock,
    Forms,
    Formula,
    Listing,
    Mark,
    Math,
    Measured,
    MeasurementTable,
    Observed,
    Paragraph,
    Relation,
    StepLine,
    Steps,
    Text,
    Topic,
)
from reports.markdown import MarkdownError, Nodes, parse_blocks, parse_inline
from reports.rows import how_observed

if TYPE_CHECKING:
    from numerics.measurements import Experiment, Measurement

__all__ = [
    "LISTINGS",
    "TEMPLATES",
    "Placeholders",
    "WordsError",
    "check_templates",
    "loader_of",
    "render_study",
    "render_words",
    "statement_of",
    "steps_of",
]

TEMPLATES = Path(__file__).parent.parent / "templates"
#: The programs that documents show.
LISTINGS = Path(__file__).parent.parent / "numerics" / "listings"

#: The blocks that a topic's template fills.
_PARTS = tuple(
    part.value for part in (Topic.STATEMENT, Topic.SOLUTION, Topic.REMARKS, Topic.MISTAKES)
)
#: The block that a study's template fills.
_STUDY = "study"

#: Formulas come from terms alone, so TeX in a template is a slip.
_TEX = re.compile(r"\$|\\[A-Za-z(\[]")


class WordsError(ValueError):
    """A template is missing or wrong; the message names the template and, where known, the line."""


class MissingName(LookupError):
    """A placeholder names something that the solution does not have."""


def statement_of(claim: Claim) -> Formula:
    """A claim as the statement it makes."""
    if claim.equality is Equality.CONDITION:
        if claim.closed_form == TRUE:
            return Formula((claim.defined,), claim.notation)
        terms = (claim.defined, claim.closed_form)
        return Formula(terms, claim.notation, Relation.EQUIVALENT)
    relation = (
        Relation.UP_TO_CONSTANT if claim.equality is Equality.UP_TO_CONSTANT else Relation.EQUAL
    )
    return Formula((claim.defined, claim.closed_form), claim.notation, relation)


def steps_of(checked: CheckedDerivation) -> Steps:
    """A checked derivation as numbered steps."""
    claim = checked.derivation.claim
    first, *rest = checked.steps
    lines = tuple(
        StepLine(
            parse_inline(link.step.reason),
            link.step.term,
            link.step.conditions,
            ""
            if link.verdict is None
            else badge_of_verdict(link.verdict).label + f" by {link.verdict.stage}",
        )
        for link in rest
    )
    if all(_is_statement(link.step.term) for link in checked.steps):
        relation = Relation.EQUIVALENT
    elif claim.equality is Equality.UP_TO_CONSTANT:
        relation = Relation.UP_TO_CONSTANT
    else:
        relation = Relation.EQUAL
    return Steps(parse_inline(first.step.reason), first.step.term, lines, claim.notation, relation)


def _is_statement(term: Term) -> bool:
    match term:
        case Apply(head):
            return head in RELATIONS or head in (
                "both either negation implies element true false".split()
            )
        case Bind(head):
            return head == "forall"
    return False


class Placeholders:
    """What a template may call, bound to one checked solution. Each call returns a token."""

    def __init__(self, checked: CheckedSolution, nodes: Nodes) -> None:
        self.checked = checked
        self.nodes = nodes
        self.solution = checked.solution
        self.answers = {answer.id: answer for answer in checked.answers}
        self.choices = {choice.id: choice for choice in checked.solution.choices}
        self.facts = {fact.fact.claim.name: fact for fact in checked.facts}
        self.lemmas = {lemma.derivation.claim.name: lemma for lemma in checked.lemmas}
        self.claims = {
            answer.checked.derivation.claim.name: answer.checked for answer in checked.answers
        }

    def functions(self) -> dict[str, Callable[..., str]]:
        """The names under which templates find the placeholders."""
        return {
            "f": self.f,
            "d": self.d,
            "steps": self.steps,
            "boxed": self.boxed,
            "forms": self.forms,
            "badge": self.badge,
            "fact": self.fact,
            "measured": self.measured,
            "table": self.table,
            "listing": self.listing,
            "figure": self.figure,
        }

    def functions_of_study(self, study: Experiment) -> dict[str, Callable[..., str]]:
        """What a study's template may call: its own measurements and figures by their names."""

        def measured(name: str) -> str:
            measurement = self.measurement(f"{study.name}.{name}")
            badge = badge_of_measurement(measurement)
            return self.nodes.token(Measured(measurement, how_measured(measurement), badge))

        def observed(name: str) -> str:
            for row in study.observations:
                if row.name == name:
                    return self.nodes.token(Observed(row, how_observed(row)))
            raise _missing("observation", name, [row.name for row in study.observations])

        def figure(name: str, caption: str) -> str:
            words = parse_inline(caption, self.nodes)
            return self.nodes.token(FigureBlock(f"{study.name}.{name}", words))

        return {"f": self.f, "measured": measured, "observed": observed, "figure": figure}

    # -------------------------------------------------------------- placeholders

    def f(self, name: str) -> str:
        """A formula within a line."""
        return self.nodes.token(Math(self.formula(name)))

    def d(self, name: str) -> str:
        """A formula on a line of its own."""
        return self.nodes.token(Display(self.formula(name)))

    def steps(self, name: str) -> str:
        """A derivation as numbered steps with their reasons."""
        return self.nodes.token(steps_of(self.derivation(name)))

    def boxed(self, name: str) -> str:
        """An answer or choice in a frame, with its badge."""
        return self.nodes.token(self.result(name))

    def forms(self, name: str) -> str:
        """The accepted equivalent forms of an answer."""
        if name not in self.answers:
            raise _missing("answer", name, self.answers)
        return self.nodes.token(self.forms_of(name))

    def badge(self, name: str) -> str:
        """The badge of anything that was checked."""
        return self.nodes.token(Mark(self.badge_for(name)))

    def fact(self, name: str) -> str:
        """A statement on a line of its own, with its badge."""
        formula = self.formula(name)
        return self.nodes.token(FactLine(formula, self.badge_for(name)))

    def measured(self, name: str) -> str:
        """A measurement within a line: ``experiment.measurement``."""
        measurement = self.measurement(name)
        badge = badge_of_measurement(measurement)
        return self.nodes.token(Measured(measurement, how_measured(measurement), badge))

    def table(self, name: str) -> str:
        """All measurements of an experiment, those of listings left to the listings."""
        experiments = self.checked.experiments
        if name not in experiments:
            raise _missing("experiment", name, experiments)
        rows = tuple(
            (row, badge_of_measurement(row))
            for row in experiments[name].measurements
            if ":" not in row.name
        )
        return self.nodes.token(MeasurementTable(name, experiments[name].device, rows))

    def listing(self, name: str) -> str:
        """A program of ``numerics.listings``, with what its execution measured.

        Measurements of a listing are called ``listing:measurement`` within their experiment.
        """
        known = sorted(path.stem for path in LISTINGS.glob("[!_]*.py"))
        if name not in known:
            raise _missing("listing", name, known)
        text = (LISTINGS / f"{name}.py").read_text(encoding="utf-8")
        runs = tuple(
            (row, badge_of_measurement(row))
            for experiment in self.checked.experiments.values()
            for row in experiment.measurements
            if row.name.partition(":")[0] == name
        )
        return self.nodes.token(Listing(name, text[text.index("def ") :].rstrip(), runs))

    def figure(self, name: str, caption: str) -> str:
        """A figure of the topic, or ``topic.figure`` of another, with a caption in Markdown."""
        if name not in self.solution.figures:
            raise _missing("figure", name, self.solution.figures)
        topic = self.checked.name.partition(".")[0]
        full = name if "." in name else f"{topic}.{name}"
        return self.nodes.token(FigureBlock(full, parse_inline(caption, self.nodes)))

    # -------------------------------------------------------------- what names mean

    def formula(self, name: str) -> Formula:
        """The formula called ``name``: an expression, an answer, a statement, or a symbol."""
        if name in self.solution.formulas:
            return Formula((self.solution.formulas[name],), self.solution.notation)
        if name in self.answers:
            claim = self.answers[name].checked.derivation.claim
            return Formula((claim.closed_form,), claim.notation)
        if name in self.facts:
            return statement_of(self.facts[name].fact.claim)
        for derivations in (self.lemmas, self.claims):
            if name in derivations:
                return statement_of(derivations[name].derivation.claim)
        for notation in self.notations():
            if name in notation:
                return Formula((Name(name),), notation)
        symbols = [symbol.name for symbol in self.solution.notation]
        raise _missing(
            "formula",
            name,
            [*self.solution.formulas, *self.answers, *self.facts, *self.lemmas, *symbols],
        )

    def notations(self) -> Iterator[Notation]:
        """The solution's notation, then those of its claims."""
        yield self.solution.notation
        for derivation in (*self.claims.values(), *self.lemmas.values()):
            yield derivation.derivation.claim.notation
        yield from (fact.fact.claim.notation for fact in self.facts.values())

    def derivation(self, name: str) -> CheckedDerivation:
        """The derivation of the answer, or of the claim, called ``name``."""
        if name in self.answers:
            return self.answers[name].checked
        for derivations in (self.lemmas, self.claims):
            if name in derivations:
                return derivations[name]
        raise _missing("derivation", name, [*self.answers, *self.lemmas])

    def result(self, name: str) -> Boxed | Chosen:
        """The answer or choice called ``name``, ready to be framed."""
        if name in self.answers:
            checked = self.answers[name].checked
            claim = checked.derivation.claim
            return Boxed(statement_of(claim), badge_of_derivation(checked))
        if name in self.choices:
            asked = "statement" if name == "true-false" else name
            return Chosen(asked, self.choices[name].option, self.badges_of_choice(name))
        raise _missing("answer", name, [*self.answers, *self.choices])

    def forms_of(self, name: str) -> Forms:
        """The equivalent forms of an answer, with the weakest of their badges."""
        answer = self.answers[name]
        notation = answer.checked.derivation.claim.notation
        formulas = tuple(Formula((term,), notation) for term, _ in answer.forms)
        if not formulas:
            raise MissingName(f"answer {name!r} has no further forms; leave forms out")
        return Forms(formulas, weakest(badge_of_verdict(verdict) for _, verdict in answer.forms))

    def badges_of_choice(self, name: str) -> tuple[Badge, ...]:
        """The weakest badge of a choice's exact reasons, and the weakest of its measurements."""
        reasons = self.choices[name].because
        measured = [reason for reason in reasons if self.is_measurement(reason)]
        exact = [reason for reason in reasons if reason not in measured]
        return tuple(weakest(map(self.badge_for, kind)) for kind in (exact, measured) if kind)

    def is_measurement(self, name: str) -> bool:
        """Whether ``name`` is of the form ``experiment.measurement``."""
        return "." in name and name.partition(".")[0] in self.checked.experiments

    def badge_for(self, name: str) -> Badge:
        """The badge of the fact, derivation, choice or measurement called ``name``."""
        if name in self.facts:
            return badge_of_verdict(self.facts[name].verdict)
        if name in self.choices:
            return weakest(self.badge_for(reason) for reason in self.choices[name].because)
        if name in self.answers or name in self.lemmas or name in self.claims:
            return badge_of_derivation(self.derivation(name))
        if self.is_measurement(name):
            return badge_of_measurement(self.measurement(name))
        known = [*self.facts, *self.choices, *self.answers, *self.lemmas]
        raise _missing("checked result", name, known)

    def measurement(self, name: str) -> Measurement:
        """The measurement called ``experiment.measurement``."""
        experiment, _, wanted = name.partition(".")
        experiments = {**self.checked.experiments, **self.checked.studies}
        if experiment not in experiments:
            raise _missing("experiment", experiment, experiments)
        measurements = experiments[experiment].measurements
        for measurement in measurements:
            if measurement.name == wanted:
                return measurement
        known = [measurement.name for measurement in measurements]
        raise _missing(f"measurement in {experiment}", wanted, known)


def _missing(kind: str, name: str, known: Iterable[str]) -> MissingName:
    return MissingName(f"no {kind} {name!r}{near(name, list(known))}")


def loader_of(folder: Path) -> BaseLoader:
    """Finds templates in ``folder`` and, where it has none of that name, among ours."""
    return ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(TEMPLATES)])


def check_templates(folder: Path) -> None:
    """Look over a folder of one's own templates, so that no slip in a name goes unnoticed.

    Raises:
        WordsError: it is no folder, or a template in it belongs to no question.
    """
    if not folder.is_dir():
        raise WordsError(f"{folder}: no such folder; --templates takes a folder of templates")
    for path in sorted((folder / "topics").rglob("*")):
        if path.is_dir():
            continue
        topic, name = path.parent.name, path.name
        if path.parent.parent != folder / "topics" or topic not in topic_names():
            raise WordsError(f"{path}: no topic is called {topic!r}{near(topic, topic_names())}")
        known = [f"{function}.md.j2" for function in solution_names(topic)]
        if name not in known:
            raise WordsError(f"{path}: topic {topic} has no template {name!r}{near(name, known)}")
    known = [f"{name}.md.j2" for name in study_names()]
    for path in sorted((folder / "studies").glob("*")):
        if path.name not in known:
            raise WordsError(f"{path}: no study has this template{near(path.name, known)}")


def render_words(
    checked: CheckedSolution, folder: Path = TEMPLATES, own: Own | None = None
) -> dict[Topic, tuple[Block, ...]]:
    """The parts of a question's page.

    Args:
        checked: what its placeholders may name.
        folder: where ``topics/<topic>/<function>.md.j2`` is looked for first.
        own: the question as the sheet states it, which has the template ``own.md.j2``.

    Raises:
        WordsError: the template is missing, is not a template, names something that is not there,
            or holds TeX.
    """
    nodes = Nodes()
    placeholders = Placeholders(checked, nodes)
    names: dict[str, object] = {**placeholders.functions()}
    path = f"topics/{checked.name.replace('.', '/')}.md.j2"
    if own is not None:
        path = "own.md.j2"
        names |= {"statement": _stated(own, placeholders), "answers": own.answers}
    templates = _load(path, folder, _PARTS)
    return {
        Topic(part): _question_blocks(Topic(part), _render(templates, part, names, nodes))
        for part in _PARTS
    }


def render_study(
    checked: CheckedSolution, study: Experiment, folder: Path = TEMPLATES
) -> tuple[Block, ...]:
    """What a study says: its words and figures, then all that it measured.

    Args:
        checked: the solution that the study belongs to.
        study: what was measured.
        folder: where ``studies/<study>.md.j2`` is looked for first.

    Raises:
        WordsError: as for :func:`render_words`.
    """
    nodes = Nodes()
    names = Placeholders(checked, nodes).functions_of_study(study)
    templates = _load(f"studies/{study.name}.md.j2", folder, (_STUDY,))
    rows = tuple((row, badge_of_measurement(row)) for row in study.measurements)
    assert checked.level is not None  # or there would be no study
    where = f"Level {checked.level.value}, on the {study.device.replace('cpu', 'CPU')}."
    table = MeasurementTable(study.name, study.device, rows, study.observations)
    return (
        *_render(templates, _STUDY, names, nodes),
        Paragraph((Code(study.name), Text(f": {where}"))),
        table,
    )


def _question_blocks(part: Topic, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    # a question does not say how its answer was checked
    return tuple(map(_unmarked, blocks)) if part is Topic.STATEMENT else blocks


def _stated(own: Own, placeholders: Placeholders) -> str:
    """The words of a sheet's own question, its formulas replaced by tokens.

    They are the solution's formulas ``statement-1``, ``statement-2`` ... in their order.
    """
    pieces = own.statement.split("$")
    for place in range(1, len(pieces), 2):
        pieces[place] = placeholders.f(f"statement-{place // 2 + 1}")
    return "".join(pieces)


def _load(path: str, folder: Path, parts: Sequence[str]) -> list[Template]:
    """The templates of this path: one whose blocks go first, and what it falls back on."""
    found = []
    for place in dict.fromkeys((folder, TEMPLATES)):
        environment = _environment(place)
        try:
            found.append(environment.get_template(path))
        except TemplateNotFound:
            continue
        except TemplateSyntaxError as error:
            raise WordsError(f"{_shown(place, path)}:{error.lineno}: {error.message}") from None
    if not found:
        raise WordsError(f"{_shown(folder, path)}: no such template; a question needs it")
    expected = set(parts)
    for template in found:
        missing = expected - set().union(*(other.blocks for other in found))
        if wrong := missing | (template.blocks.keys() - expected):
            listed = ", ".join(sorted(expected))
            raise WordsError(
                f"{_where(template)}: expected the blocks {listed}; missing or unknown: "
                + ", ".join(sorted(wrong))
            )
    return found


def _environment(folder: Path) -> Environment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, keep_trailing_newline=True
    )


def _shown(folder: Path, path: str) -> str:
    """A template's place as messages name it: ours by its path among the templates."""
    return f"templates/{path}" if folder == TEMPLATES else str(folder / path)


def _where(template: Template) -> str:
    loader = template.environment.loader
    assert isinstance(loader, FileSystemLoader) and template.name is not None
    return _shown(Path(loader.searchpath[0]), template.name)


def _render(
    templates: Sequence[Template], part: str, names: Mapping[str, object], nodes: Nodes
) -> tuple[Block, ...]:
    first, *others = [template for template in templates if part in template.blocks]
    context = first.new_context(dict(names))
    for other in others:  # what {{ super() }} calls
        context.blocks[part].append(other.blocks[part])
    try:
        text = "".join(first.blocks[part](context))
    except (MissingName, MarkdownError, TemplateError, TypeError) as error:
        where = _line(templates, error.__traceback__) or _where(first)
        raise WordsError(f"{where}: {error}") from None
    where = _where(first)
    if tex := _TEX.search(text):
        around = text[max(0, tex.start() - 20) : tex.end() + 20].strip().replace("\n", " ")
        raise WordsError(f"{where}: block {part} holds TeX ({around!r}); formulas come by name")
    try:
        return tuple(_alone(block) for block in parse_blocks(dedent(text), nodes))
    except MarkdownError as error:
        raise WordsError(f"{where}: block {part}: {error}") from None


def _unmarked(block: Block) -> Block:
    match block:
        case FactLine(formula):
            return Display(formula)
        case Paragraph(content):
            return Paragraph(tuple(word for word in content if not isinstance(word, Mark)))
    return block


def _alone(block: Block) -> Block:
    """A badge that is a paragraph by itself gets a line of its own, with its detail."""
    match block:
        case Paragraph((Mark(badge),)):
            return BadgeLine(badge)
    return block


def _line(templates: Sequence[Template], trace: TracebackType | None) -> str:
    """The template and the line at which the innermost of their frames stands."""
    found = ""
    while trace is not None:
        for template in templates:
            if trace.tb_frame.f_globals.get("__jinja_template__") is template:
                found = f"{_where(template)}:{template.get_corresponding_lineno(trace.tb_lineno)}"
        trace = trace.tb_next
    return found
