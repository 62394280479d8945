"""The files, addresses, pages and channels that a text names, and which of them a goal names, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ENDINGS = (
    "txt|md|csv|tsv|jsonl?|xml|ya?ml|html?|pdf|docx?|odt|rtf|tex|pptx?|odp|xlsx?|ods|png|jpe?g|gif|svg|webp|tiff?|"
    "mp3|mp4|m4a|wav|ogg|flac|mov|avi|zip|tar|gz|log|ini|toml|py|ics|eml|db|sql"
)
_FILE = rf"[\w./~-]*\w\.(?:{_ENDINGS})(?![\w@])"
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PAGE = r"(?:https?://|www\.)[^\s\"'<>(){}\[\]]+"
_DOMAIN = (
    r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|edu|gov|eu|de|es|fr|cn|sa|uk)(?![\w@])(?:/[^\s\"'<>(){}\[\]]*)?"
)
_CHANNEL = r"(?<![\w/&#])#[^\W\d][\w-]*"
_NAME = re.compile(rf"(?P<page>{_PAGE})|(?P<address>{_ADDRESS})|(?P<file>{_FILE})|{_DOMAIN}|{_CHANNEL}")
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_SHORTEST = 2
"""Letters of a name that are enough in a script without blanks between words."""


def find_names(text: str) -> Iterator[tuple[str, bool]]:
    """The names in a text that is `plain`, each with whether it is a file's."""
    for match in _NAME.finditer(text):
        yield match[0].rstrip(".,;:!?/"), match["file"] is not None


def without_names(text: str) -> str:
    """The text without the names in it."""
    return _NAME.sub(" ", text)


def has_name(goal: str, name: str) -> bool:
    """Whether a goal has a name. Both are `plain`."""
    bare = _SCHEME.sub("", name).removeprefix("./")
    if bare in goal or (name.startswith("#") and re.search(rf"(?<!\w){re.escape(name[1:])}(?!\w)", goal)):
        return True
    if bare.isascii():
        return False
    # Without blanks a name has the words around it in front, or, of a channel, behind.
    stem = bare.rpartition(".")[0]
    ends = (bare[at:] for at in range(1, len(stem) - _SHORTEST + 1))
    starts = (bare[:at] for at in range(_SHORTEST + 1, len(bare)))
    return any(each in goal for each in (starts if name.startswith("#") else ends))
