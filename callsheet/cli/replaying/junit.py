"""Replays as JUnit XML, which CI servers read: one test case a recording.

The elements are those of Jenkins' schema (github.com/jenkinsci/xunit-plugin, junit-10.xsd), in the shape
that pytest writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from callsheet.cli.options.existing_file import FileInTheWay
from callsheet.cli.text.drift import drift_lines, kinds_text
from callsheet.errors import CallsheetError, ExitCode

from .replay_session import Outcome
from .text import error_text

SUITE = "callsheet replay"
# Everything but the characters of XML 1.0, section 2.2.
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>\s*)?<testsuites[\s/>]")
"""How a report begins, whoever wrote it."""
_LONGEST_BEGINNING = 1_000
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ReportNotWritten(CallsheetError):
    """A report cannot be written to a `file`. `problem` is what the system says."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(f"{file}: the report cannot be written: {problem}; name another file")
        self.file = file
        self.problem = problem


def require_replaceable(file: Path) -> None:
    """See that nothing but another report is lost by writing one there. Raises FileInTheWay,
    ReportNotWritten."""
    try:
        if file.is_file() and not _is_report(file):
            raise FileInTheWay(file, "report")
    except OSError as error:
        raise ReportNotWritten(file, error.strerror or str(error)) from None


def write_junit(file: Path, outcomes: Sequence[Outcome], shown: Callable[[str], str] = str) -> None:
    """Write the report, its texts as they are `shown`, and the folders that it lies in. Raises
    ReportNotWritten."""
    report = tostring(junit(outcomes, shown), encoding="utf-8", xml_declaration=True)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(report)
    except OSError as error:
        raise ReportNotWritten(file, error.strerror or str(error)) from None


def junit(outcomes: Sequence[Outcome], shown: Callable[[str], str] = str) -> Element:
    """The report: a recording that is not in order is a failure, one that could not be replayed an error."""
    root = Element("testsuites")
    suite = SubElement(
        root,
        "testsuite",
        name=SUITE,
        tests=str(len(outcomes)),
        failures=str(sum(each.error is None and not each.is_in_order for each in outcomes)),
        errors=str(sum(each.error is not None for each in outcomes)),
        skipped="0",
        time=_seconds(sum(each.seconds for each in outcomes)),
    )
    for outcome in outcomes:
        _case(suite, outcome, shown)
    indent(root)
    return root


def _is_report(file: Path) -> bool:
    with file.open("rb") as opened:
        return _BEGINNING.match(opened.read(_LONGEST_BEGINNING)) is not None


def _case(suite: Element, outcome: Outcome, shown: Callable[[str], str]) -> None:
    folder = _dotted(outcome.file.parent)
    case = SubElement(
        suite, "testcase", classname=folder, name=_legal(outcome.file.stem), time=_seconds(outcome.seconds)
    )
    if outcome.error is not None:
        text = _legal(shown(error_text(outcome)))
        told = SubElement(case, "error", type=type(outcome.error).__name__, message=text.split("\n")[0])
        told.text = text
    elif outcome.replay is not None and not outcome.is_in_order:
        drifts = outcome.slips or outcome.replay.drifts
        told = SubElement(case, "failure", type=kinds_text(drifts), message=_legal(shown(drifts[0].summary)))
        told.text = _legal("\n".join(map(shown, drift_lines(drifts))))


def _dotted(folder: Path) -> str:
    """The folder as a class is named; the suite's name for the working folder."""
    parts = (part.replace(".", "_") for part in folder.parts if part not in (folder.anchor, ".", ".."))
    return _legal(".".join(parts)) or SUITE


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _legal(text: str) -> str:
    """The text without what XML does not allow."""
    return _ILLEGAL.sub("", text)
