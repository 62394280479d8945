"""What can go wrong while a prompt is made."""

from __future__ import annotations

from callsheet.errors import CallsheetError


class PromptError(CallsheetError):
    """A prompt could not be rendered. `template` is its name, or `<text>` where it has none."""

    def __init__(self, template: str, problem: str) -> None:
        super().__init__(f"prompt {template!r}: {problem}")
        self.template = template
        self.problem = problem
