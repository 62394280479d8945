"""On which line of a plan's file a finding stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import yaml


class SourceLines:
    """The lines of a YAML or JSON text that was read before without an error."""

    def __init__(self, text: str) -> None:
        try:
            # Nodes alone: nothing is constructed. JSON is YAML, but for tabs.
            self._root: Any = yaml.compose(text, yaml.CSafeLoader)
        except yaml.YAMLError:
            self._root = None

    def line(self, pointer: str) -> int | None:
        """The line, from 1, where the value at a JSON pointer begins; of the deepest part that is there."""
        if self._root is None:
            return None
        node = self._root
        for part in pointer.split("/")[1:]:
            child = _children(node).get(part.replace("~1", "/").replace("~0", "~"))
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1


def _children(node: Any) -> Mapping[str, Any]:
    match node:
        case yaml.MappingNode():
            pairs = cast("list[tuple[Any, Any]]", node.value)
            return {str(key.value): value for key, value in pairs}
        case yaml.SequenceNode():
            return {str(at): value for at, value in enumerate(cast("list[Any]", node.value))}
        case _:
            return {}
