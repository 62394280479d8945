"""What stands in the place of a secret text: `<secret:NAME>` of a variable, `<secret-1>` of what else was
found; another number in the place of a number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from types import MappingProxyType

from .index import Secret, SecretIndex
from .substitutes import digits_of, end_of, is_substitute, substitute, substitutes_in
from .texts import Scalar

PLACEHOLDER = re.compile(r"(<secret(?::\w{1,256}|-\d{1,9})>)", re.ASCII)
NUMBERED = re.compile(r"<secret-(\d{1,9})>", re.ASCII)


class Placeholders:
    """Gives each secret its placeholder, the same every time, and none that stands anywhere else."""

    def __init__(self, secrets: SecretIndex) -> None:
        self._secrets = secrets
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()
        self._latest: defaultdict[int, int] = defaultdict(int)
        self._given: dict[str, str] = {}

    @property
    def given(self) -> Mapping[str, str]:
        """What was put anywhere so far, each with the kind of thing that it stands for."""
        return MappingProxyType(self._given)

    def __contains__(self, text: str) -> bool:
        """Whether one is in the text, or the text is a number that looks like one."""
        return text in self._taken or is_substitute(text) or PLACEHOLDER.search(text) is not None

    def avoid(self, value: Scalar) -> None:
        """Give to no secret what stands in a document already."""
        self._taken.update(substitutes_in(value))
        if isinstance(value, str):
            self._taken.update(found[0] for found in NUMBERED.finditer(value))

    def put(self, secret: Secret) -> str:
        """What stands for a secret, from now on in a document too."""
        placeholder = self.keep(secret)
        self._given.setdefault(placeholder, secret.kind)
        return placeholder

    def keep(self, secret: Secret) -> str:
        """What is to stand for a secret."""
        if secret.text not in self._of:
            self._of[secret.text] = self._new(secret)
        return self._of[secret.text]

    def _new(self, secret: Secret) -> str:
        digits = digits_of(secret.text)
        if secret.variable and not digits:
            return f"<secret:{secret.variable}>"
        latest = end_of(secret.variable, digits) if secret.variable else self._latest[digits]
        candidates = (
            (place, substitute(secret.text, place) if digits else f"<secret-{place}>")
            for place in count(latest + 1)
        )
        place, text = next(each for each in candidates if self._is_free(each[1]))
        if not secret.variable:
            self._latest[digits] = place
        self._taken.add(text)
        return text

    def _is_free(self, text: str) -> bool:
        return text not in self._taken and text not in self._secrets
