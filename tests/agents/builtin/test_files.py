"""The agents that list, read and write files of the workspace."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.agent import Context
from callsheet.agents.builtin.errors import TextError
from callsheet.agents.builtin.files import MAX_BYTES, list_files, read_file, write_file
from callsheet.agents.builtin.text import decode
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import WorkspaceError

MakeContext = Callable[..., Context]


def test_their_effects_are_declared() -> None:
    """Asking before something is written depends on it."""
    assert [each.capability.effect for each in (list_files, read_file, write_file)] == [
        Effect.READ,
        Effect.READ,
        Effect.WRITE,
    ]


async def test_files_are_listed(make_context: MakeContext, folder: Path) -> None:
    """Paths come sorted, with their number; all of them where no pattern is given."""
    (folder / "b.csv").write_text("x")
    (folder / "in").mkdir()
    (folder / "in" / "a.csv").write_text("x")
    everything = {"paths": ["b.csv", "in/a.csv"], "count": 2, "complete": True}
    assert await list_files.perform("list_files", {}, make_context()) == everything
    assert await list_files.perform("list_files", {"pattern": "*.csv"}, make_context()) == everything


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.md", "markdown"),
        ("a.MD", "markdown"),
        ("a.csv", "csv"),
        ("a.json", "json"),
        ("a.txt", "text"),
        ("csv", "text"),
    ],
)
async def test_a_file_is_read_as_it_is(make_context: MakeContext, folder: Path, name: str, kind: str) -> None:
    """The text, untouched, with what kind of file it is and its size in bytes."""
    (folder / name).write_bytes("# Grüße\r\n".encode())
    output = await read_file.perform("read_file", {"path": name}, make_context())
    assert output == {"text": "# Grüße\r\n", "path": name, "kind": kind, "bytes": 11}
    assert read_file.capability.main_output == "text"


@pytest.mark.parametrize(
    "data",
    [
        "Grüße".encode(),
        codecs.BOM_UTF8 + "Grüße".encode(),
        codecs.BOM_UTF16_LE + "Grüße".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "Grüße".encode("utf-32-le"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding(data: bytes) -> None:
    """The mark is obeyed and is no part of the text."""
    assert decode(data, "f") == "Grüße"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a binary file"),
        (b"plain\0zero", "is a binary file"),
        ("Grüße ".encode() + b"\xfc", r"is not UTF-8 text \(byte 8 is out of place\); save it as UTF-8"),
        ("Привет".encode("cp1251"), r"is not UTF-8 text \(byte 0 is out of place\); save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"x", "is not UTF-16-LE text"),
    ],
)
async def test_what_is_no_text_is_refused(
    make_context: MakeContext, folder: Path, data: bytes, problem: str
) -> None:
    """Nothing is guessed and nothing replaced by question marks."""
    (folder / "f.txt").write_bytes(data)
    with pytest.raises(TextError, match=problem) as caught:
        await read_file.perform("read_file", {"path": "f.txt"}, make_context())
    assert caught.value.path == "f.txt"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le"])
async def test_western_text_is_read_and_said(
    make_context: MakeContext, folder: Path, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing speaks against it; what was taken for granted is logged (issue 12, F3)."""
    (folder / "f.txt").write_bytes("Grüße, déjà vu: façade\n".encode(encoding))
    output = await read_file.perform("read_file", {"path": "f.txt"}, make_context())
    assert output["text"] == "Grüße, déjà vu: façade\n"
    name = "UTF-16-LE" if encoding == "utf-16-le" else "Windows-1252"
    assert caplog.messages == [f"f.txt is not UTF-8, and was read as {name}"]


@given(st.binary(max_size=60))
def test_for_every_file_there_is_text_or_a_text_error(data: bytes) -> None:
    """Bytes are text or are refused, with nothing else in between."""
    try:
        text = decode(data, "f")
    except TextError:
        return
    assert "\0" not in text


async def test_a_file_beyond_the_limit_is_refused(make_context: MakeContext, folder: Path) -> None:
    """No model could read it, and half a file would mislead."""
    (folder / "large.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(WorkspaceError, match="at most 1,000,000"):
        await read_file.perform("read_file", {"path": "large.txt"}, make_context())


async def test_text_is_written_exactly(make_context: MakeContext, folder: Path) -> None:
    """What was read can be written back, byte for byte."""
    output = await write_file.perform("write_file", {"path": "out/ü.md", "content": "é\r\n"}, make_context())
    assert output == {"path": "out/ü.md", "bytes": 4}
    assert (folder / "out" / "ü.md").read_bytes() == "é\r\n".encode()


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "link/x"])
async def test_nothing_is_written_outside(make_context: MakeContext, folder: Path, path: str) -> None:
    """The agents go through the workspace, which nothing leads out of."""
    (folder / "link").symlink_to(folder.parent)
    with pytest.raises(WorkspaceError):
        await write_file.perform("write_file", {"path": path, "content": "x"}, make_context())
    assert not (folder.parent / "x").exists()


async def test_text_that_is_no_unicode_is_refused(make_context: MakeContext) -> None:
    """A lone surrogate has no UTF-8; no file appears."""
    with pytest.raises(TextError, match="not valid Unicode"):
        await write_file.perform("write_file", {"path": "x", "content": "\ud800"}, make_context())
    assert make_context().workspace.list("**").paths == ()
