"""How long the engine takes to decide the claims of a sheet, and each link of its derivations.

    python -m benchmarks.decisions [SHEET]

Every decision is made once to warm the valuations, which are cached for each question, and then
timed; the median of five is its time. Printed: the median and the slowest over all decisions.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from derivations.sheets import load_sheet
from language.claims import Claim, Status, Verdict
from numerics.engine import decide, decide_equal
from numerics.verification import find_solution

REPEATS = 5


def decisions(sheet: str) -> Iterator[tuple[str, Callable[[], Verdict]]]:
    """Every decision that checking a sheet makes, by name."""
    for question in load_sheet(sheet).questions:
        solution = find_solution(question.solution)()
        chains = [answer.derivation for answer in solution.answers] + list(solution.lemmas)
        for chain in chains:
            claim = chain.claim
            yield f"{question.id} {claim.name}", lambda claim=claim: decide(claim)
            for before, step in zip(chain.steps, chain.steps[1:], strict=False):
                yield (
                    f"{question.id} {claim.name}: {step.rule}",
                    lambda claim=claim, a=before.term, b=step.term: decide_equal(
                        a, b, claim.notation
                    ),
                )
        for answer in solution.answers:
            for form in answer.forms:
                reference = answer.derivation.claim
                changed = replace(reference, defined=reference.closed_form, closed_form=form)
                yield f"{question.id} {answer.id}: form", lambda c=changed: decide(c)
        for fact in solution.facts:
            yield f"{question.id} {fact.claim.name}", lambda claim=fact.claim: decide(claim)


def milliseconds(decision: Callable[[], Verdict]) -> float:
    """The median time of one decision."""
    decision()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        decision()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    sheet = sys.argv[1] if len(sys.argv) > 1 else "assignment"
    timed = sorted(
        ((milliseconds(decision), name, decision().status) for name, decision in decisions(sheet)),
        reverse=True,
    )
    times = [time_ for time_, _, _ in timed]
    proved = sum(status is Status.PROVED for _, _, status in timed)
    refuted = sum(status is Status.REFUTED for _, _, status in timed)
    print(f"{len(times)} decisions: {proved} proved, {refuted} refuted")
    print(f"median {statistics.median(times):.2f} ms, slowest {times[0]:.2f} ms")
    for time_, name, status in timed[:15]:
        print(f"{time_:8.2f} ms  {status.value:8s} {name}")


if __name__ == "__main__":
    main()
