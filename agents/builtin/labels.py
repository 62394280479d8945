"""What a text labels: `replicas: 3`, `"replicas": 3` or `Replicas = 3`, at any depth of a document."""

from __future__ import annotations

import json
from collections.abc import Iterator

_MARKS = " \t\"'`*_#>|-,;"


def labelled_value(text: str, name: str) -> str | None:
    """The value that stands behind this label, as it is written there; None where there is no such label,
    nothing behind it, or two that differ."""
    wanted = _plain(name)
    found = {value for label, value in _pairs(text) if value and wanted and _plain(label) == wanted}
    return found.pop() if len(found) == 1 else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        yield from filter(None, map(_pair, text.splitlines()))
    else:
        yield from _scalars(document)


def _pair(line: str) -> tuple[str, str] | None:
    ends = [at for at in (line.find(":"), line.find("=")) if at >= 0]
    return (line[: min(ends)].strip(_MARKS), line[min(ends) + 1 :].strip(_MARKS)) if ends else None


def _scalars(document: object) -> Iterator[tuple[str, str]]:
    """Each key with a text, a number or a truth value, wherever in the document it stands."""
    waiting = [document]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, list):
            waiting += inner
        elif isinstance(inner, dict):
            waiting += inner.values()
            for key, value in inner.items():
                if isinstance(value, bool):
                    yield key, "true" if value else "false"
                elif isinstance(value, str):
                    yield key, value.strip()


def _plain(label: str) -> str:
    """`Image tag`, `imageTag` and `image_tag` are one label, and `the date` is `date`."""
    return "".join(filter(str.isalnum, label.casefold().strip().removeprefix("the ")))
