"""The what-if flags of a replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import wraps
from typing import Any, TypeAlias

import click

from callsheet.errors import ExitCode
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.json_copy import clean_text

from .command import Callback

_Pairs: TypeAlias = Sequence[tuple[str, str]]


def what_if_options(function: Callback) -> Callback:
    """Give a command `--fail`, `--return`, `--slow` and `--kill`, and pass it their values as `what_ifs`.
    Raises WhatIfInvalid."""

    @click.option(
        "--fail",
        "failing",
        nargs=2,
        multiple=True,
        metavar="STEP[:ATTEMPT] TEXT",
        help="Let STEP fail with this error.",
    )
    @click.option(
        "--return",
        "returning",
        nargs=2,
        multiple=True,
        metavar="STEP JSON",
        help="Let STEP return this output.",
    )
    @click.option(
        "--slow",
        "slowed",
        nargs=2,
        multiple=True,
        metavar="STEP 30s",
        help="Let STEP take this much longer (s, m, h, d, w).",
    )
    @click.option(
        "--kill",
        "killed",
        multiple=True,
        metavar="STEP",
        help="Let the process die while STEP is running.",
    )
    @wraps(function)
    def gather(
        *args: Any,
        failing: _Pairs,
        returning: _Pairs,
        slowed: _Pairs,
        killed: Sequence[str],
        **kwargs: Any,
    ) -> ExitCode:
        what_ifs = tuple(_what_ifs(failing, returning, slowed, killed))
        return function(*args, what_ifs=what_ifs, **kwargs)

    return gather


def _what_ifs(failing: _Pairs, returning: _Pairs, slowed: _Pairs, killed: Sequence[str]) -> Iterator[WhatIf]:
    # In this order, because a step that takes longer may also fail, after the delay.
    yield from (WhatIf.slow(place, text) for place, text in slowed)
    yield from (WhatIf.kill(place) for place in killed)
    yield from (WhatIf.fail(place, clean_text(text)) for place, text in failing)
    yield from (WhatIf.give(place, clean_text(text)) for place, text in returning)
