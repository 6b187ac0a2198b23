"""The command line. Everything heavy is imported inside the commands."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from numerics.settings import Level
from reports.options import Edition, Engine, Format
from reports.progress import progress, study_progress

if TYPE_CHECKING:
    from derivations.conventions import Variant
    from derivations.sheets import Sheet
    from grading.items import Choice, Item as GradedItem
    from numerics.mutants import MutantResult
    from numerics.verification import CheckedSolution
    from reports.document import Block
    from reports.items import Item
    from reports.studying import Studied

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


Studies = Annotated[
    Level | None,
    typer.Option(
        "--level",
        help="Also carry out the studies: quick ones of seconds, or full ones of a minute each.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Where studies run: cpu, cuda, cuda:1; a GPU, if there is one, unless they are quick.",
    ),
]


# ------------------------------------------------------------------ ends


def _complain(message: object) -> None:
    print(f"closedform: {' '.join(str(message).split())}", file=sys.stderr)


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn whatever can go wrong with the input or the machine into one line and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _give_up_output()
        raise typer.Exit(CLOSED_PIPE) from None
    except _loaded(*_MISUSE) as error:
        _complain(error)
        raise typer.Exit(USAGE) from None
    except _loaded(*_FAILURES) as error:
        _complain(error)
        raise typer.Exit(FAILED) from None


def _give_up_output() -> None:
    """Nothing can be written to standard output: keep the interpreter from trying at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


#: What ends a command with one line, and the exit code of misuse or of failure: modules, and
#: their errors.
_MISUSE = (
    ("derivations.sheets", "UnknownName"),
    ("grading.references", "UnknownItem"),
    ("numerics.training", "DeviceMissing"),
)
_FAILURES = (
    ("derivations.sheets", "SheetError"),
    ("numerics.verification", "UnknownName"),
    ("reports.pool", "WorkerEnded"),
    ("reports.studying", "StudyFailed"),
    ("reports.words", "WordsError"),
    ("reports.engine", "TeXError"),
    ("reports.output", "OutputError"),
    ("reports.figures", "FigureError"),
    ("reports.figures.curves", "CurveError"),
)


def _loaded(*names: tuple[str, str]) -> tuple[type[Exception], ...]:
    """The errors of those modules that were loaded; the others cannot have raised any."""
    return tuple(
        getattr(sys.modules[module], name) for module, name in names if module in sys.modules
    )


def _with_studies(
    checked: Sequence[dict[str, CheckedSolution]],
    level: Level | None,
    device: str | None,
    seed: int,
) -> tuple[list[dict[str, CheckedSolution]], Studied | None]:
    """The solutions with what their studies measured, if that is wanted."""
    if level is None:
        return list(checked), None
    from numerics.settings import Setting
    from numerics.store import Store, default_folder
    from numerics.verification import with_studies
    from reports.studying import resolve_device, study

    names = [name for one in _different(checked) for name in one.solution.studies]
    names = list(dict.fromkeys(names))
    setting = Setting(level, seed, resolve_device(level, device))
    store = Store(default_folder())
    try:
        with study_progress(names) as watch:
            studied = study(names, setting, store, watch)
    except KeyboardInterrupt:
        kept = sum(store.holds(name, setting) for name in names)
        _complain(f"what {kept} of {len(names)} studies found is kept")
        raise
    if not all(store.holds(name, setting) for name in studied.found):
        _complain(f"what studies found could not all be kept in {store.folder}")
    with_them = [
        {
            name: with_studies(one, level, studied.found, studied.left_out)
            for name, one in solutions.items()
        }
        for solutions in checked
    ]
    return with_them, studied


def _print_json(record: object) -> None:
    from reports.evidence import as_text

    _print_utf_8()
    sys.stdout.write(as_text(record))


def _print_utf_8() -> None:
    """Let standard output be UTF-8 whatever the locale: JSON is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # of half a surrogate pair it makes the escape that JSON has for it
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


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
    from grading.own import prepare
    from reports.checking import check

    wanted = []
    for item in items:
        variants = prepare(item.sheet)
        wanted.append({q.solution: variants[q.solution] for q in item.questions})
    different = list(dict.fromkeys(v for variants in wanted for v in variants.values()))
    with progress(len(different)) as advance:
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
    level: Studies = None,
    device: Device = None,
    topics: Topics = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Check items: every step, form and fact proved, every experiment run.

    With --level every study is carried out, too; what studies find is kept, see closedform cache.
    """
    with _guarded():
        from derivations.sheets import LIBRARY, sheet_names
        from reports.items import parse_item

        _prepare_folders(topics)
        names = [*sheet_names(), LIBRARY] if everything else sheet_names()
        found = [parse_item(text) for text in _either(items, names, everything)]
        _check_device(level, device)
        checked, studied = _with_studies(_check(found, seed), level, device, seed)
        if as_json:
            records = [_record(*pair) for pair in zip(found, checked, strict=True)]
            if studied is not None:
                _add_times(records, studied)
            _print_json(records)
        else:
            _print_verdicts(found, checked, mutants)
            if studied is not None:
                _print_studies(studied, seed)
        _fail_with([text for one in _different(checked) for text in one.findings])


def _check_device(level: Level | None, device: str | None) -> None:
    """Hear of a device that is not there before anything is checked."""
    if device is not None:
        if level is None:
            raise typer.BadParameter("--device goes with --level: only studies choose a device")
        from numerics.training import device_name

        device_name(device)


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


def _add_times(records: Sequence[dict[str, Any]], studied: Studied) -> None:
    """Say how long each study took, which documents do not: they must be reproducible."""
    for record in records:
        for question in record.get("questions", [record]):
            for found in question.get("studies", ()):
                found["seconds"] = round(studied.found[found["experiment"]].seconds, 3)


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


def _print_studies(studied: Studied, seed: int) -> None:
    from numerics.training import LEFT_OUT
    from reports.text_document import study_lines

    for name, found in studied.found.items():
        time = f"{found.seconds:.1f} s" + (", kept" if name in studied.kept else "")
        how = f"{studied.level.value}, {found.device}, seed {seed}, {time}"
        print("\n" + "\n".join(study_lines(found, how)))
    for name in studied.left_out:
        print(f"\n{name} is left out: {LEFT_OUT}")


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
    level: Studies = None,
    device: Device = None,
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
        _check_device(level, device)
        with Staging(output):
            pass  # to hear of a folder that cannot be written now, not when all has been checked
        # that it finds no home to keep its caches in is nobody's concern
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        from reports import solve as solving

        records = []
        findings: list[str] = []
        missing = False
        with closing(_check_in_turn(read, seed)) as ready:
            for sheet, proved in ready:
                (checked,), _ = _with_studies([proved], level, device, seed)
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

    from grading.own import prepare
    from reports.checking import check_in_turn

    wanted = [prepare(sheet) for sheet in sheets]
    different = list(dict.fromkeys(v for variants in wanted for v in variants.values()))
    done: dict[Variant, CheckedSolution] = {}
    waiting = list(zip(sheets, wanted, strict=True))
    with progress(len(different)) as advance, closing(check_in_turn(different, seed)) as results:
        for variant, checked in results:
            done[variant] = checked
            advance(str(variant))
            ready = [pair for pair in waiting if all(v in done for v in pair[1].values())]
            waiting = [pair for pair in waiting if pair not in ready]
            for sheet, variants in ready:
                yield sheet, {name: done[v] for name, v in variants.items()}


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove what is kept.")] = False,
    as_json: Json = False,
) -> None:
    """Show what studies found and is kept, so that nothing is trained twice."""
    with _guarded():
        from numerics.store import VARIABLE, Store, default_folder

        store = Store(default_folder())
        entries = store.entries()
        removed = store.clear() if clear else 0
        if as_json:
            kept = [] if clear else [{"study": one.study, "bytes": one.size} for one in entries]
            _print_json({"folder": str(store.folder), "removed": removed, "kept": kept})
            return
        if clear:
            print(f"removed {_results(removed)} from {store.folder}")
            return
        for entry in entries:
            print(f"{entry.size / 1024:8.0f} KiB  {entry.study}")
        print(f"{_results(len(entries))} in {store.folder}; {VARIABLE} names another folder")


def _results(number: int) -> str:
    return f"{number} result{'' if number == 1 else 's'}"


# ------------------------------------------------------------------ answers


ItemToAnswer = Annotated[
    str | None,
    typer.Argument(
        metavar="ITEM",
        help="SHEET/QUESTION/ANSWER; SHEET is a name or a TOML file.",
        autocompletion=_complete_item,
    ),
]
Answer = Annotated[
    str | None,
    typer.Argument(
        metavar="ANSWER",
        help="In LaTeX or plain text; - or nothing: what stands on standard input.",
    ),
]


@app.command(short_help="Say whether an answer is right, and if not, why.")
def check(
    item: ItemToAnswer = None,
    answer: Answer = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            "--batch", metavar="FILE", help="Judge the submissions in a file of JSON lines; - too."
        ),
    ] = None,
    sheets: Annotated[
        list[Path] | None,
        typer.Option("--sheet", metavar="FILE", help="A sheet of your own that --batch names."),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Also show the answer that is expected.")
    ] = False,
    topics: Topics = None,
    as_json: Json = False,
) -> None:
    """Judge an answer: correct or incorrect, each proved; or invalid, unsure, timeout."""
    with _guarded():
        if batch is not None:
            if item is not None or reveal:
                raise typer.BadParameter("--batch takes everything from its file")
            _check_batch(batch, sheets or [], topics)
            return
        if sheets:
            raise typer.BadParameter("--sheet goes with --batch; otherwise name the file in ITEM")
        found, text = _item_to_answer(item, topics), _answer_text(answer)
        from grading.batch import bound_memory
        from grading.judge import judge
        from grading.judgement import Grade
        from reports.judging import lines_of, record_of, references_of

        bound_memory()
        judgement = judge(text, found)
        expected = list(references_of(found)) if reveal else []
        if as_json:
            _print_json(record_of(judgement) | ({"expected": expected} if reveal else {}))
        else:
            print("\n".join([*lines_of(judgement), *(f"expected: {one}" for one in expected)]))
        if judgement.grade is Grade.INCORRECT:
            raise typer.Exit(FINDINGS)
        if judgement.grade is not Grade.CORRECT:
            raise typer.Exit(FAILED)


@app.command(short_help="Show how an answer is understood.")
def read(
    item: ItemToAnswer = None,
    answer: Answer = None,
    topics: Topics = None,
    as_json: Json = False,
) -> None:
    """Echo an answer as it is read, in LaTeX and in words, without judging it."""
    with _guarded():
        found, text = _item_to_answer(item, topics), _answer_text(answer)
        from grading.items import Choice
        from grading.reading.errors import ReadError
        from grading.reading.reader import read as understand
        from reports.judging import problem_lines, reading_lines, understood

        if isinstance(found, Choice):
            option = _option(text, found)
            if as_json:
                _print_json({"option": option})
            else:
                print(f"the option {option}")
            return
        try:
            readings = understand(text, found)
        except ReadError as error:
            print("\n".join(problem_lines(error)))
            raise typer.Exit(FAILED) from None
        if as_json:
            _print_json(understood(found, readings))
        else:
            print("\n".join(reading_lines(found, readings)))


def _option(text: str, choice: Choice) -> str:
    from derivations.sheets import listed
    from grading.choices import chosen

    option = chosen(text, choice.spellings)
    if option is None:
        options = listed(list(dict.fromkeys(choice.spellings.values())), "or")
        _complain(f"expected one of the options, {options}")
        raise typer.Exit(FAILED)
    return option


def _item_to_answer(name: str | None, topics: Path | None) -> GradedItem:
    if name is None:
        raise typer.BadParameter("expected an item, such as assignment/1.2/lambda-dropout")
    from grading.check import find

    if topics is not None:
        from derivations.sheets import add_topics

        add_topics(topics)
    return find(name)


def _answer_text(answer: str | None) -> str:
    if answer not in (None, "-"):
        return answer or ""
    if sys.stdin.isatty():
        _complain("type the answer, and end it with Ctrl-D")
    return _standard_input().read()


def _standard_input() -> TextIO:
    """Standard input as UTF-8, with or without a mark at its front; what is none can be seen."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
    return sys.stdin


def _check_batch(file: Path, sheets: Sequence[Path], topics: Path | None) -> None:
    import json
    from contextlib import closing, nullcontext

    from derivations.sheets import add_topics, load_sheet
    from grading.batch import judge_lines
    from grading.own import items_of

    if topics is not None:
        add_topics(topics)
    items = {name: item for path in sheets for name, item in items_of(load_sheet(path)).items()}
    try:
        opened = (
            nullcontext(_standard_input())
            if str(file) == "-"
            else file.open(encoding="utf-8-sig", errors="replace")
        )
    except OSError as error:
        _complain(f"{file}: cannot be read: {error.strerror}")
        raise typer.Exit(FAILED) from None
    _print_utf_8()
    with opened as lines, closing(judge_lines(lines, items)) as records:
        judged = refused = 0
        for record in records:
            judged += 1
            refused += record["stage"] == "input"
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    if refused:
        _complain(f"{refused} of {judged} lines were no submissions; see the stage input")
        raise typer.Exit(FAILED)


# ------------------------------------------------------------------ ends of a run


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
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed before we were started
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, mode), "utf-8"))
        getattr(sys, name).reconfigure(errors="backslashreplace")


def _dashed_answers_last(arguments: list[str]) -> list[str]:
    """The arguments of ``check`` and ``read``, an answer that starts with a minus behind ``--``.

    >>> _dashed_answers_last(["check", "a/1/b", "-x", "--json"])
    ['check', 'a/1/b', '--json', '--', '-x']
    """
    if arguments[:1] not in (["check"], ["read"]) or "--" in arguments:
        return arguments
    answers = [one for one in arguments if one.startswith("-") and not _OPTION.fullmatch(one)]
    return [*(one for one in arguments if one not in answers), "--", *answers]


#: What is an option, or misspelled to be one, or stands for standard input.
_OPTION = re.compile(r"-|-h|--[a-z]+(=.*)?", re.DOTALL)


def main() -> None:
    """The entry point of the ``closedform`` command."""
    _prepare()
    try:
        try:
            app(_dashed_answers_last(sys.argv[1:]))
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
