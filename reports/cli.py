"""The command line. Everything heavy is imported inside the commands."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reports.options import Edition, Engine, Format

if TYPE_CHECKING:
    from derivations.conventions import Variant
    from derivations.sheets import Sheet
    from numerics.mutants import MutantResult
    from numerics.verification import CheckedSolution
    from reports.document import Block
    from reports.items import Item

__all__ = ["app", "main"]

OK, FINDINGS, USAGE, FAILED, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 3, 130, 141

app = typer.Typer(
    name="closedform",
    help="Derive, check and print closed forms.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _complete_item(incomplete: str) -> list[str]:
    from reports.items import complete

    return complete(incomplete)


def _complete_sheet(incomplete: str) -> list[str]:
    from derivations.sheets import LIBRARY, sheet_names

    return [name for name in (*sheet_names(), LIBRARY) if name.startswith(incomplete)]


def _print_version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        try:
            print(f"closedform {importlib.metadata.version('closedform')}")
        except importlib.metadata.PackageNotFoundError:
            print("closedform, from a checkout that is not installed")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What precedes a command; the version prints itself."""


Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of every draw.")]
Topics = Annotated[
    Path | None,
    typer.Option("--topics", metavar="DIR", help="A folder of topic modules of your own."),
]
Templates = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="A folder whose template blocks replace ours."),
]


# ------------------------------------------------------------------ ends


def _complain(message: object) -> None:
    print(f"closedform: {' '.join(str(message).split())}", file=sys.stderr)


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn whatever can go wrong with the input or the machine into one line and an exit code."""
    from derivations.sheets import SheetError, UnknownName

    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _give_up_output()
        raise typer.Exit(CLOSED_PIPE) from None
    except UnknownName as error:
        _complain(error)
        raise typer.Exit(USAGE) from None
    except SheetError as error:
        _complain(error)
        raise typer.Exit(FAILED) from None
    except _document_errors() as error:
        _complain(error)
        raise typer.Exit(FAILED) from None


def _give_up_output() -> None:
    """Nothing can be written to standard output: keep the interpreter from trying at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _document_errors() -> tuple[type[Exception], ...]:
    """The errors of the parts that were loaded; those that were not cannot have been raised."""
    names = (
        ("numerics.verification", "UnknownName"),
        ("reports.checking", "WorkerEnded"),
        ("reports.words", "WordsError"),
        ("reports.engine", "TeXError"),
        ("reports.output", "OutputError"),
        ("reports.figures", "FigureError"),
        ("reports.figures.curves", "CurveError"),
    )
    return tuple(
        getattr(sys.modules[module], name) for module, name in names if module in sys.modules
    )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error where that is a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(name: str) -> None:
            bar.update(task, description=name, advance=1)

        yield advance


def _print_json(record: object) -> None:
    from reports.evidence import as_text

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale: JSON is UTF-8
    sys.stdout.write(as_text(record))


def _prepare_folders(topics: Path | None, templates: Path | None = None) -> Path:
    """Let topics of one's own be found; the folder in which templates are looked for first."""
    from derivations.sheets import add_topics

    if topics is not None:
        add_topics(topics)
    from reports.words import TEMPLATES, check_templates

    if templates is None:
        return TEMPLATES
    check_templates(templates)
    return templates


def _check(items: Sequence[Item], seed: int) -> list[dict[str, CheckedSolution]]:
    """For each item the checked solutions by name; what several items share is checked once."""
    from derivations.solutions import prepare
    from reports.checking import check

    wanted = []
    for item in items:
        variants = prepare(item.sheet)
        wanted.append({q.solution: variants[q.solution] for q in item.questions})
    different = list(dict.fromkeys(v for variants in wanted for v in variants.values()))
    with _progress(len(different)) as advance:
        checked = check(different, seed, advance)
    return [{name: checked[v] for name, v in variants.items()} for variants in wanted]


# ------------------------------------------------------------------ commands


@app.command("list")
def list_sheets(
    library: Annotated[
        bool, typer.Option("--library", help="What is derived beside the sheets.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the sheets and their questions; as JSON also what can be answered."""
    with _guarded():
        from derivations.sheets import LIBRARY, load_sheet, sheet_names

        sheets = [load_sheet(name) for name in ([LIBRARY] if library else sheet_names())]
        if as_json:
            _print_json([_sheet_record(sheet) for sheet in sheets])
            return
        for sheet in sheets:
            points = f" ({sheet.points} points)" if sheet.points else ""
            print(f"{sheet.id}  {sheet.title}{points}")
            _print_questions(sheet)


def _print_questions(sheet: Sheet) -> None:
    names = [f"{sheet.id}/{question.id}" for question in sheet.questions]
    width = max(map(len, names))
    for name, question in zip(names, sheet.questions, strict=True):
        print(f"  {name:<{width}} {question.points:>2}  {question.title}  [{question.solution}]")


def _sheet_record(sheet: Sheet) -> dict[str, Any]:
    from derivations.conventions import Variant
    from derivations.solutions import derive

    questions = []
    for question in sheet.questions:
        solution = derive(Variant(question.solution))
        answers = [{"answer": answer.id, "kind": "formula"} for answer in solution.answers]
        answers += [{"answer": choice.id, "kind": "choice"} for choice in solution.choices]
        questions.append(
            {
                "question": question.id,
                "title": question.title,
                "points": question.points,
                "solution": question.solution,
                "answers": [
                    answer
                    for answer in answers
                    if not question.answers or answer["answer"] in question.answers
                ],
                "one_of": [list(group) for group in question.one_of],
                "conventions": [[c.kind, c.option] for c in solution.conventions],
            }
        )
    return {
        "sheet": sheet.id,
        "title": sheet.title,
        "points": sheet.points,
        "questions": questions,
    }


@app.command(short_help="Print a question with its derivation.")
def show(
    item: Annotated[
        str,
        typer.Argument(
            metavar="ITEM",
            help="SHEET, SHEET/QUESTION or SHEET/QUESTION/ANSWER; SHEET is a name or a TOML file.",
            autocompletion=_complete_item,
        ),
    ],
    topics: Topics = None,
    templates: Templates = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Show an item: its questions, or its derivation and result, checked on the way."""
    with _guarded():
        from reports.items import parse_item

        folder = _prepare_folders(topics, templates)
        found = parse_item(item)
        if found.question is None:
            _show_sheet(found, as_json)
            return
        (checked,) = _check([found], seed)
        if as_json:
            _print_json(_record(found, checked))
        else:
            sys.stdout.write(_shown(found, checked, folder))
        _fail_with(checked[found.question.solution].findings)


def _show_sheet(item: Item, as_json: bool) -> None:
    sheet = item.sheet
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(sheet))
        return
    print(f"{sheet.title}\n{sheet.subtitle}\n")
    _print_questions(sheet)


def _shown(item: Item, checked: dict[str, CheckedSolution], folder: Path) -> str:
    from dataclasses import replace

    from reports.assemble import assemble
    from reports.markdown import Nodes
    from reports.text_document import write_section, write_text
    from reports.words import Placeholders, steps_of

    if item.answer is None:
        only = replace(item.sheet, questions=item.questions)
        return write_section(assemble(only, checked, folder=folder).sections[0])
    (solution,) = checked.values()
    placeholders = Placeholders(solution, Nodes())
    if item.answer in placeholders.choices:
        return write_text([placeholders.result(item.answer)]) + "\n"
    answer = placeholders.answers[item.answer]
    blocks: list[Block] = [steps_of(answer.checked), placeholders.result(item.answer)]
    if answer.forms:
        blocks.append(placeholders.forms_of(item.answer))
    return write_text(blocks) + "\n"


@app.command(short_help="Decide every step and claim, and say how.")
def verify(
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ITEM",
            help="What to check; every sheet if none is given.",
            autocompletion=_complete_item,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Check every sheet and the library.")
    ] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Also print what became of the wrong variants.")
    ] = False,
    topics: Topics = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Check items: every step, form and fact proved, every experiment run."""
    with _guarded():
        from derivations.sheets import LIBRARY, sheet_names
        from reports.items import parse_item

        _prepare_folders(topics)
        names = [*sheet_names(), LIBRARY] if everything else sheet_names()
        found = [parse_item(text) for text in _either(items, names, everything)]
        checked = _check(found, seed)
        if as_json:
            _print_json([_record(*pair) for pair in zip(found, checked, strict=True)])
        else:
            _print_verdicts(found, checked, mutants)
        _fail_with([text for one in _different(checked) for text in one.findings])


def _either(given: Sequence[str] | None, names: Sequence[str], everything: bool) -> Sequence[str]:
    """What was named, or all there is where nothing was; both are a contradiction."""
    if given and everything:
        raise typer.BadParameter("expected either names or --all, found both")
    return given or names


def _different(checked: Iterable[dict[str, CheckedSolution]]) -> list[CheckedSolution]:
    """The solutions of several items, each once."""
    return list({id(one): one for solutions in checked for one in solutions.values()}.values())


def _record(item: Item, checked: dict[str, CheckedSolution]) -> dict[str, Any]:
    from reports import evidence

    if item.question is None:
        questions = [evidence.of_question(q, checked[q.solution]) for q in item.questions]
        return {"item": str(item), "questions": questions}
    solution = checked[item.question.solution]
    record = evidence.of_question(item.question, solution)
    if item.answer is not None:
        for kind, key in (("answers", "answer"), ("choices", "choice")):
            for part in record[kind]:
                if part[key] == item.answer:
                    record = part
    return {"item": str(item), **record}


def _print_verdicts(
    items: Sequence[Item], checked: Sequence[dict[str, CheckedSolution]], with_mutants: bool
) -> None:
    from rich.console import Console
    from rich.table import Table

    from reports.assemble import COLUMNS, count

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("item", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for item, solutions in zip(items, checked, strict=True):
        for question in item.questions:
            solution = solutions[question.solution]
            mark = "[red]no[/]" if solution.findings else "[green]ok[/]"
            counts = [str(number) for number in count(solution)]
            table.add_row(mark, f"{item.sheet.id}/{question.id}", *counts)
    console = Console(highlight=False)
    # rather lines too long for the window than columns cut short
    unbounded = console.options.update(max_width=1000)
    console.width = max(console.width, console.measure(table, options=unbounded).maximum)
    console.print(table)
    if with_mutants:
        _print_mutants(_different(checked))


def _print_mutants(solutions: Iterable[CheckedSolution]) -> None:
    from language.claims import Status

    judged = [
        (solution.name, claim, mutant)
        for solution in solutions
        for claim, mutants in _mutants(solution)
        for mutant in mutants
    ]
    refuted = sum(mutant.verdict.status is Status.REFUTED for _, _, mutant in judged)
    equivalent = [one for one in judged if one[2].verdict.status is Status.PROVED]
    for name, claim, mutant in equivalent:
        print(f"equivalent: {name}, {claim}: {mutant.name}")
    print(
        f"{len(judged)} wrong variants: {refuted} refuted, {len(equivalent)} proved equivalent,"
        f" {len(judged) - refuted - len(equivalent)} unsettled"
    )


def _mutants(solution: CheckedSolution) -> Iterator[tuple[str, tuple[MutantResult, ...]]]:
    """The claims of a solution by name, each with its mutants."""
    for derivation in (*(answer.checked for answer in solution.answers), *solution.lemmas):
        yield derivation.derivation.claim.name, derivation.mutants
    for fact in solution.facts:
        yield fact.fact.claim.name, fact.mutants


@app.command(short_help="Write the solutions of sheets as PDFs or pages.")
def solve(
    sheets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SHEET",
            help="The name of a sheet, or a TOML file; several are written one by one.",
            autocompletion=_complete_sheet,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Write every sheet.")] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")
    ] = Path(),
    edition: Annotated[
        Edition, typer.Option(help="Full solutions, questions only, or the marking guide.")
    ] = Edition.KEY,
    engine: Annotated[
        Engine, typer.Option(help="The pdfLaTeX that came with pip, the system's, or none.")
    ] = Engine.BUNDLED,
    kind: Annotated[
        Format, typer.Option("--format", help="A PDF for paper, or one page for the screen.")
    ] = Format.PDF,
    topics: Topics = None,
    templates: Templates = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Write a sheet's solutions: the PDF with its source, figures and full evidence beside it."""
    with _guarded():
        import logging
        from contextlib import closing

        from derivations.sheets import load_sheet, sheet_names
        from reports.output import Staging

        folder = _prepare_folders(topics, templates)
        if not sheets and not everything:
            raise typer.BadParameter("expected the name of a sheet, a TOML file, or --all")
        read = [load_sheet(name) for name in _either(sheets, sheet_names(), everything)]
        _distinct([sheet.id for sheet in read])
        with Staging(output):
            pass  # to hear of a folder that cannot be written now, not when all has been checked
        # that it finds no home to keep its caches in is nobody's concern
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        from reports import solve as solving

        records = []
        findings: list[str] = []
        missing = False
        with closing(_check_in_turn(read, seed)) as ready:
            for sheet, checked in ready:
                try:
                    solved = solving.solve(
                        sheet,
                        checked,
                        output,
                        edition=edition,
                        engine=engine,
                        kind=kind,
                        seed=seed,
                        templates=folder,
                    )
                except solving.Unconfirmed as error:
                    records.append(
                        {"sheet": sheet.id, "files": [], "findings": list(error.findings)}
                    )
                    _complain(f"{sheet.id} was not printed: not everything came out as promised")
                    findings += error.findings
                    continue
                files, fit = [str(path) for path in solved.files], list(solved.fit)
                records.append({"sheet": sheet.id, "files": files, "fit": fit, "findings": []})
                if not as_json:
                    for name in files:
                        print(name, flush=True)
                for line in solved.fit:
                    _complain(line)
                if solved.remedy:
                    _complain(f"no PDF: {solved.remedy}")
                    missing = engine is not Engine.NONE
        if as_json:
            _print_json(records if everything or len(read) > 1 else records[0])
        _fail_with(findings)
        if missing:
            raise typer.Exit(FAILED)


def _distinct(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise typer.BadParameter(f"the sheet {name} is given twice")


def _check_in_turn(
    sheets: Sequence[Sheet], seed: int
) -> Generator[tuple[Sheet, dict[str, CheckedSolution]], None, None]:
    """Each sheet with its checked solutions, as soon as it has all, while others are checked."""
    from contextlib import closing

    from derivations.solutions import prepare
    from reports.checking import check_in_turn

    wanted = [prepare(sheet) for sheet in sheets]
    different = list(dict.fromkeys(v for variants in wanted for v in variants.values()))
    done: dict[Variant, CheckedSolution] = {}
    waiting = list(zip(sheets, wanted, strict=True))
    with _progress(len(different)) as advance, closing(check_in_turn(different, seed)) as results:
        for variant, checked in results:
            done[variant] = checked
            advance(str(variant))
            ready = [pair for pair in waiting if all(v in done for v in pair[1].values())]
            waiting = [pair for pair in waiting if pair not in ready]
            for sheet, variants in ready:
                yield sheet, {name: done[v] for name, v in variants.items()}


def _fail_with(findings: Sequence[str]) -> None:
    """Print findings, one to a line, and end with their exit code; nothing if there are none."""
    for finding in findings:
        print(f"finding: {' '.join(finding.split())}", file=sys.stderr)
    if findings:
        sys.stdout.flush()
        raise typer.Exit(FINDINGS)


def _terminated(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _prepare() -> None:
    """Make signals that end us clean up first, and every character and stream printable."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminated)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed before we were started
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), "utf-8"))
        getattr(sys, name).reconfigure(errors="backslashreplace")


def main() -> None:
    """The entry point of the ``closedform`` command."""
    _prepare()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("interrupted")
        sys.exit(INTERRUPTED)
    except OSError as error:
        _give_up_output()
        if isinstance(error, BrokenPipeError):
            sys.exit(CLOSED_PIPE)
        _complain(f"{error.filename or 'the output'}: {error.strerror}")
        sys.exit(FAILED)
