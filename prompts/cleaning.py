"""Text from outside without what hides in it, and without what a model could take for a change of speaker."""

from __future__ import annotations

import re
import unicodedata

from .hidden import visible

# Whole escape sequences first, so that nothing of them is left to read.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Where marks may be piled up: no letters, no digits, no ASCII.
_PILES = re.compile(r"[^\w\x00-\x7f]{9,}")
_MAX_MARKS = 8

_SPECIAL_WORDS = (
    "s|bos|eos|pad|unk|mask|cls|sep|sop|gmask|im_start|im_end|eot_id|endoftext|begin_of_text|end_of_text"
    "|start_of_turn|end_of_turn|start_of_image|end_of_image|system|user|assistant|developer|human|think"
    "|tools?|tool_calls?|tool_responses?|tool_results?|functions?|function_calls?|function_results?|invoke"
    "|instructions?|antml:[a-z_]{1,30}"
)
_BRACKETED_WORDS = "INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|gMASK|THINK"
_SPECIAL = re.compile(
    r"<(?=[|\uff5c][^<>|\uff5c\s]{1,64}[|\uff5c]>)"
    rf"|<(?=\s*+/?\s*+(?:{_SPECIAL_WORDS})(?:[\s=][^<>\n]{{0,200}})?>)"
    r"|<(?=</?SYS>>)|(?<=<)<(?=/?SYS>>)",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"\[(?=\s*+/?\s*+(?:{_BRACKETED_WORDS})\s*\])", re.IGNORECASE)
_SPEAKERS = "system|assistant|human|user|developer|instructions?|response|input|tool"
_HEADING = re.compile(rf"^([ \t]*)(?=#{{1,6}} ?(?:{_SPEAKERS})(?: \w+)?:)", re.IGNORECASE | re.MULTILINE)
# What the first chat models were taught with: a speaker after an empty line.
_SPEAKER = re.compile(r"(?:(?<=\n\n)|\A)(?=(?:Human|Assistant|System):)", re.IGNORECASE)


def clean(text: str) -> str:
    """The text in NFC, on lines that end with a line feed, without control characters (but tabs), escape
    sequences, characters that reorder or cannot be seen, and lone surrogates.

    What tokenizers and models take for the ends of messages or for another speaker (`<|im_start|>`, `[INST]`,
    `<tool_call>`, `### System:`) loses its bracket to one that looks like it, or has `> ` put before it, as
    in a quotation. A text without any of that comes back as it is. Once is enough.
    """
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    text = visible(_SURROGATES.sub("\ufffd", text))
    # There are characters that become several marks in NFC.
    return _silence(unpile(unicodedata.normalize("NFC", unpile(text))))


def unpile(text: str) -> str:
    """The text with at most 8 marks on a letter: with thousands, normalizing takes quadratic time."""
    return _PILES.sub(_trim, text)


def _silence(text: str) -> str:
    # Headings first: what is put before them could close a tag.
    text = _SPEAKER.sub("> ", _HEADING.sub(r"\1> ", text))
    return _BRACKETED.sub("\u27e6", _SPECIAL.sub("\u2039", text))


def _trim(found: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in found[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)
