"""Badges: how a result was checked, in a short label and one line of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from language.claims import Status, Verdict, Witness
from numerics.measurements import Measurement
from numerics.verification import CheckedDerivation
from reports import numbers
from reports.document import Badge

__all__ = [
    "badge_of_derivation",
    "badge_of_measurement",
    "badge_of_verdict",
    "how_measured",
    "weakest",
]

_LABELS = {
    Status.PROVED: "proved",
    Status.REFUTED: "refuted",
    Status.STATISTICAL: "statistical",
    Status.EVIDENCE: "evidence",
    Status.UNDECIDED: "undecided",
}

#: Said once, on the last page, and with the results; a remark's line need not repeat it.
_UNDERSTOOD = "wherever both sides are defined"

#: Characters of a witness that still fit in a badge's line.
_LONGEST = 150
_LONG_DECIMAL = re.compile(r"\d+\.\d{7,}(?:[eE][+-]?\d+)?")

#: From the strongest to the weakest.
_STRENGTH = (
    Status.PROVED,
    Status.REFUTED,
    Status.STATISTICAL,
    Status.EVIDENCE,
    Status.UNDECIDED,
)


def badge_of_verdict(verdict: Verdict) -> Badge:
    """The badge of a single decision."""
    return Badge(verdict.status, _LABELS[verdict.status], _detail(verdict))


def badge_of_derivation(checked: CheckedDerivation) -> Badge:
    """The badge of a derivation: its weakest link, and the stages that decided the links."""
    verdict = checked.verdict
    if verdict.status is not Status.PROVED:
        return badge_of_verdict(verdict)
    links = [step.verdict for step in checked.steps if step.verdict is not None]
    stages = _listed(dict.fromkeys([*(link.stage for link in links), verdict.stage]))
    steps = {0: "", 1: "the step and "}.get(len(links), f"each of {len(links)} steps and ")
    parts = [f"{steps}the whole by {stages}", verdict.scope]
    if checked.mutants:
        refuted = sum(mutant.verdict.status is Status.REFUTED for mutant in checked.mutants)
        same = len(checked.mutants) - refuted
        parts.append(f"{refuted} wrong variants refuted" + (f", {same} equivalent" if same else ""))
    if checked.replays:
        held = sum(replay.status is Status.PROVED for replay in checked.replays)
        parts.append(f"replayed in components for {held} of {len(checked.replays)} shapes")
    return Badge(verdict.status, _LABELS[verdict.status], _sentence(parts))


def badge_of_measurement(measurement: Measurement) -> Badge:
    """The badge of a measurement: interval, draws, seed, and what the verdict guarantees."""
    verdict = measurement.verdict
    detail = _sentence([how_measured(measurement), _detail(verdict)])
    return Badge(verdict.status, _LABELS[verdict.status], detail)


def how_measured(measurement: Measurement) -> str:
    """Interval, number of draws and seed, as far as there are such, and the error probability."""
    low, high = numbers.interval(measurement.estimate, measurement.lower, measurement.upper)
    parts = []
    if low != high:
        parts.append(f"in [{low}, {high}]")
    if measurement.samples:
        parts.append(f"N = {numbers.count(measurement.samples)}")
    if measurement.seed is not None:
        parts.append(f"seed {measurement.seed}")
    alpha, digits = measurement.verdict.alpha, measurement.verdict.digits
    if alpha is not None:
        parts.append(f"wrong with probability below {numbers.plain(alpha, 2)}")
    elif digits is not None:
        parts.append(f"{digits} digit{'' if digits == 1 else 's'} as predicted")
    return ", ".join(parts)


def weakest(badges: Iterable[Badge]) -> Badge:
    """The badge of the weakest kind among several, of which there must be one."""
    return max(badges, key=lambda badge: _STRENGTH.index(badge.status))


def _detail(verdict: Verdict) -> str:
    parts = [verdict.stage]
    if verdict.status is Status.STATISTICAL:
        if verdict.epsilon is not None:
            parts.append(f"within {numbers.plain(verdict.epsilon)} of the prediction")
    elif verdict.status is Status.EVIDENCE and verdict.digits is not None:
        parts.append(f"agrees to {verdict.digits} digits")
        if verdict.valuations:
            parts.append(f"at {verdict.valuations} valuations")
    elif verdict.status is Status.REFUTED and verdict.witness is not None:
        return _sentence([verdict.stage, _witness(verdict.witness)])
    parts.extend(
        part.removesuffix(f", {_UNDERSTOOD}")
        for part in verdict.scope.rstrip(".").split("; ")
        if part != _UNDERSTOOD
    )
    return _sentence(parts)


def _witness(witness: Witness) -> str:
    """Where the sides differ; drawn laws and functions are left to the evidence file."""
    left, right = _short(witness.left), _short(witness.right)
    if left == right:  # they differ only further on
        left, right = witness.left, witness.right
    text = str(replace(witness, left=left, right=right))
    if len(text) <= _LONGEST:
        return text
    return f"{left} against {right}, at the point given in the evidence file"


def _short(value: str) -> str:
    """The same with six significant digits for every long decimal."""
    return _LONG_DECIMAL.sub(lambda found: f"{float(found[0]):.6g}", value)


def _sentence(parts: list[str]) -> str:
    return "; ".join(part.strip().rstrip(".") for part in parts if part.strip())


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
