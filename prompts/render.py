"""Renders prompts: the one place where a template becomes text that a model reads.

A template is written by us, or by the developer of an agent. What a model, an agent or a
user wrote goes in as a value, and a value is never looked at for template syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from .errors import PromptError

if TYPE_CHECKING:
    import jinja2

SUFFIX = ".j2"


def render(template: str, /, **values: object) -> str:
    """The text of one of Callsheet's own templates, such as `models/repair`, with the values filled in.

    A name is the path below `prompts/`, with or without its `.j2`. Raises `PromptError` where
    there is no such template, or where it uses a name that `values` lacks.
    """
    import jinja2

    name = template if template.endswith(SUFFIX) else template + SUFFIX
    try:
        return _environment().get_template(name).render(values)
    except jinja2.TemplateNotFound as error:
        raise PromptError(template, f"there is no template {error.name!r}") from None
    except jinja2.TemplateError as error:
        raise PromptError(template, str(error)) from error


def render_text(source: str, values: Mapping[str, object]) -> str:
    """The text of a template that the developer of an agent wrote as its instructions.

    The source is trusted, the values are data. It cannot include Callsheet's own templates. Raises
    `PromptError` where the source is not a template, or uses a name that `values` lacks.
    """
    import jinja2

    try:
        return _new_environment(None).from_string(source).render(values)
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise PromptError("<text>", str(error)) from error


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return _new_environment(jinja2.PackageLoader("callsheet.prompts", ""))


def _new_environment(loader: jinja2.BaseLoader | None) -> jinja2.Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Values may be objects with attributes that must not reach a model: the sandbox keeps even a
    # template written in good faith to plain data.
    return ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
