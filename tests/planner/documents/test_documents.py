"""Documents are data: what is written is read back, and what is no plain data is refused with its place."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.documents.core_schema import MAX_NESTING
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import MAX_BYTES, read_document, read_json, read_yaml
from callsheet.planner.documents.writer import write_yaml

proper_text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | proper_text,
    lambda inner: st.lists(inner) | st.dictionaries(proper_text, inner),
)
printable = st.characters(
    exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"
)
awkward_text = st.text(
    st.sampled_from(
        " \t\n\n\r\x85\u2028\ufeff\x00\x1b\x7f\xa0é漢\U0001f600:#{}[],&*!|>'\"%@`-?=<~.01enotx_\\/"
    ),
    max_size=14,
) | st.sampled_from(
    ["", "1", "1.0", "null", "true", "no", "a: b", "---", "...", "k" * 1_100, "é " * 700, "a  b" * 60, "\n\n"]
)
awkward_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | awkward_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(awkward_text, inner, max_size=5),
)

SAMPLE = """\
# A comment, with ümlauts.
recording: 1
events:
- {at: 0.5, event: chunk, step: s1, text: "a \\"quoted\\" text", ok: true, of: [1, -2.5e3, null]}
- at: 1.25
  event: answer
  text: |2-
      indented 漢字

    and the rest
  "a key: with a colon":
    - - x
      - 'it''s'
    - >-
      folded
      text
tail: {a: {b: {c: [[], {}]}}}
"""


def exactly(value: JsonValue) -> str:
    """JSON tells apart what Python takes for equal: 1, 1.0 and true."""
    return json.dumps(value)


@given(json_values)
def test_every_json_value_survives_yaml(value: JsonValue) -> None:
    """For every JSON value: what is written as YAML is read back the same."""
    assert read_yaml(write_yaml(value)) == value


@pytest.mark.parametrize(
    "text", ["no", "on", "1e3", "2024-01-31", "12:30:00", "~", "<<", "=", "0o7", "", "a\nb\n"]
)
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    """A text that some reader of YAML would take for another value is quoted."""
    assert read_yaml(write_yaml({"key": text})) == {"key": text}


@pytest.mark.parametrize("text", ["no", "on", "yes", "2024-01-31", "12:30:00", "1_000"])
def test_plain_words_are_texts(text: str) -> None:
    """YAML 1.2: what a person writes plainly is not turned into a date or a boolean."""
    assert read_yaml(f"key: {text}") == {"key": text}


@given(st.text())
def test_every_text_is_read_or_refused(text: str) -> None:
    """For every text: a value, or a DocumentError."""
    for read in (read_yaml, read_json):
        with contextlib.suppress(DocumentError):
            read(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("&a [*a]", "line 1: aliases"),
        ("a: &x 1\nb: *x", "line 2: aliases"),
        ("a: &x b\n*x : 1", "line 2: aliases"),
        ("a: *gone", "line 1: aliases"),
        ("a: 1\na: 2", "line 2: this is not valid YAML: this key occurs twice"),
        ("1: 2", "keys must be strings"),
        ("a: 1\n? [b]\n: 2", "line 2: this is not valid YAML: keys must be strings"),
        ("a: 1\n? {b: c}\n: 2", "line 2: this is not valid YAML: keys must be strings"),
        ("a: 1\n~: 2", "line 2: this is not valid YAML: keys must be strings"),
        ("!!python/object:os.system x", "is not allowed"),
        ("x: !!timestamp 2024-01-01", "is not allowed"),
        ("x: !!set {a, b}", "is not allowed"),
        ("x: !!binary aGVsbG8=", "is not allowed"),
        ("x: !mine {a: 1}", "is not allowed"),
        ("x: !!map [a]", "is not allowed"),
        ("x: !!str [a]", "is not allowed"),
        ("x:\n- !!bool maybe", "line 2: this is not valid YAML: 'maybe' is not a valid bool"),
        ("x: !!int 1.5", "'1.5' is not a valid int"),
        ("x: !!float nan", "'nan' is not a valid float"),
        ("x: !!null gone", "'gone' is not a valid null"),
        ("a: 1\n---\nb: 2", "line 2: this is not valid YAML: only one document is allowed"),
        ("[" * 100_000, "line 1: it is nested more than"),
        ("- " * 5_000 + "a", "nested more than"),
        ("{a: " * 5_000, "nested more than"),
        ("? " * 5_000, "nested more than"),
        ("a: 1\nb: " + "[" * 10_000 + "]" * 10_000, "line 2: it is nested more than"),
        ("a:\n" + "".join(f"{'  ' * at}- a:\n" for at in range(1, 2_000)), "line 33: it is nested more than"),
        ("a: " + "9" * 5_000, "line 1: it has a number"),
        ("a: 1\nb: 1e999", "line 2: it has a number"),
        ("a: [", "line 2"),
        ("a:\n\tb: 1", "line 2"),
        ("a: 1\n\tb: 1", "line 2"),
        ("a: 1\nb: \x00", "line 2: this is not valid YAML: control characters"),
        ("a: 1\nb: '\x1b'", "line 2: this is not valid YAML: control characters"),
        ("a: 1\nb: '\ud800'", "line 2: it has a lone surrogate"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, problem: str) -> None:
    """Tags, aliases, repeated keys, bombs and half documents: each a clear error."""
    with pytest.raises(DocumentError, match=problem):
        read_yaml(text)


def test_nesting_is_bounded_where_it_says() -> None:
    """As deep as is allowed is read, one deeper is not."""
    read_yaml("[" * MAX_NESTING + "]" * MAX_NESTING)
    with pytest.raises(DocumentError, match="nested"):
        read_yaml("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "a": 2}', "'a' occurs twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1\n"b"}', "line 2"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "number"),
        ("[1e999]", "number"),
        ("[\n\x00]", "line 2"),
    ],
)
def test_json_is_read_strictly(text: str, problem: str) -> None:
    """Repeated keys and NaN are refused, as is what is no JSON at all."""
    with pytest.raises(DocumentError, match=problem):
        read_json(text)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8: the error names the file and the reason."""
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, problem in [
        (tmp_path / "none.yaml", "No such file"),
        (tmp_path, "directory"),
        (binary, "UTF-8"),
    ]:
        with pytest.raises(DocumentError, match=problem) as caught:
            read_document(path)
        assert str(path) in str(caught.value)


def test_the_ending_says_which_format(tmp_path: Path) -> None:
    """A .json file is JSON, and everything else YAML; a byte order mark is no part of it."""
    (tmp_path / "plan.json").write_text('\ufeff{"a": [1]}', "utf-8")
    (tmp_path / "plan.yaml").write_text("a: [1]", "utf-8")
    assert read_document(tmp_path / "plan.json") == read_document(tmp_path / "plan.yaml") == {"a": [1]}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_an_end_is_refused() -> None:
    """What says nothing of its size, as a device or a pipe does, is read up to the bound and no further."""
    with pytest.raises(DocumentError, match="larger than"):
        read_document(Path("/dev/zero"))


@given(json_values | awkward_values)
def test_every_json_value_survives_compact_yaml(value: JsonValue) -> None:
    """For every JSON value: it is read back with its types, and by readers of YAML 1.1, too."""
    text = write_yaml(value, compact=True)
    assert exactly(read_yaml(text)) == exactly(value)
    assert exactly(yaml.load(text, yaml.CSafeLoader)) == exactly(value)


@given(awkward_values)
def test_every_awkward_value_survives_yaml_as_it_was(value: JsonValue) -> None:
    """For every JSON value of texts that mean something in YAML: written at length, it is read back."""
    assert exactly(read_yaml(write_yaml(value))) == exactly(value)


@given(
    st.lists(st.text(st.sampled_from(" \t\xa0\u200d-#:|>'\"\\é漢\U0001f600") | printable), min_size=2)
    .map("\n".join)
    .filter(lambda text: "\n" in text.rstrip("\n"))
)
def test_every_text_of_several_lines_is_a_block(text: str) -> None:
    """For every text without controls: it stands as it is, whatever its lines begin or end with."""
    written = write_yaml({"key": text}, compact=True)
    assert written.startswith("key: |")
    rows = written.split("\n")[1:]
    assert "\n".join(row.removeprefix("  ") for row in rows) in (text, text + "\n")
    assert read_yaml(written) == {"key": text}


def test_compact_yaml_is_laid_out_to_be_reviewed() -> None:
    """What is small stands on a line, texts stand as they are, and what is long is folded."""
    written = write_yaml(
        {
            "events": [
                {"at": 0.5, "event": "retry_due", "step": "s1"},
                {"at": 1e-7, "event": "text \n\n x\n"},
            ],
            "lists": [[1, 2], ["a\nb", []], {}],
            "like others": [True, "true", 1, "1", 1.0, "null", None, "", "a, b", "a: b", "#", "no"],
            "shown": "\x1b[1mred\nand bold",
            "long": "a word " * 16,
            " led by spaces": "  x\ny\n\n",
        },
        compact=True,
    )
    assert written == (
        "events:\n"
        "- {at: 0.5, event: retry_due, step: s1}\n"
        "- at: 1.0e-07\n"
        "  event: |\n"
        "    text \n"
        "\n"
        "     x\n"
        "lists:\n"
        "- [1, 2]\n"
        "- - |-\n"
        "    a\n"
        "    b\n"
        "  - []\n"
        "- {}\n"
        'like others: [true, "true", 1, "1", 1.0, "null", null, "", "a, b", "a: b", "#", "no"]\n'
        'shown: "\\u001b[1mred\\nand bold"\n'
        'long: "a word a word a word a word a word a word a word a word a word a word a word a word a word\n'
        '  a word a word a word "\n'
        '" led by spaces": |2+\n'
        "    x\n"
        "  y\n"
        "\n"
    )


def test_what_takes_more_than_ninety_characters_is_no_longer_on_one_line() -> None:
    """A mapping of exactly 90 characters is the longest one."""
    fits: JsonObject = {"a": "x" * 40, "b": "y" * 40}
    assert write_yaml([fits], compact=True) == f"- {{a: {'x' * 40}, b: {'y' * 40}}}\n"
    assert write_yaml([fits | {"b": "y" * 41}], compact=True) == f"- a: {'x' * 40}\n  b: {'y' * 41}\n"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", {"\udfff": 1}, ["a\n\ud800b"]])
def test_what_yaml_cannot_say_is_not_written_compactly(value: Any) -> None:
    """Infinity and halves of characters would be read back as something else, or not at all."""
    with pytest.raises(ValueError):
        write_yaml(value, compact=True)


def test_compact_yaml_is_never_too_deep_to_be_read() -> None:
    """As deep as is read is written, and no deeper, however it is laid out."""
    innermost: list[JsonValue] = [1, "a\nb", {"a": "b" * 100}]
    for value in innermost:
        levels = MAX_NESTING - isinstance(value, dict)
        for _ in range(levels):
            value = [value]
        assert read_yaml(write_yaml(value, compact=True)) == value
        with pytest.raises(ValueError, match="nested"):
            write_yaml([value], compact=True)


_MEASURE = """
import resource, sys
from callsheet.planner.check.checker import check
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import read_source
from pathlib import Path

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

check({}, [])
before, path = peak(), Path(sys.argv[1])
try:
    document = read_source(path)
    for each in check(document, []).diagnostics:
        document.line(each.pointer)
except DocumentError as error:
    print(error.problem)
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say how much memory was used")
@pytest.mark.parametrize(
    "text",
    [
        "- []\n" * 1_600_000,
        "- a\n" * 2_000_000,
        "-\n" * 4_000_000,
        f"[{'a: ,' * 2_000_000}]",
        f"[{'{},' * 2_600_000}]",
        f"[{'[[[[[]]]]],' * 720_000}]",
        "".join(f"{number}a:\n" for number in range(900_000)),
        f"[{'é,' * 2_600_000}]",
    ],
    ids=["lists", "texts", "nulls", "pairs", "objects", "nested", "keys", "letters"],
)
def test_eight_megabytes_of_yaml_take_a_hundred_at_most(tmp_path: Path, text: str) -> None:
    """Whether they are read and checked, or refused: what the values take is counted while they are read."""
    file = tmp_path / "many.yaml"
    file.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(file)], capture_output=True, text=True, check=True
    )
    *refused, size = done.stdout.splitlines()
    assert int(size) < 100_000_000
    assert refused in ([], ["it has so many values that they take many times its size in memory; divide it"])


def test_a_large_document_of_texts_is_read() -> None:
    """The bound is for what takes many times its size."""
    value: list[JsonValue] = [{"text": "word " * 20_000, "number": number} for number in range(80)]
    text = json.dumps(value)
    assert len(text) > 8_000_000
    assert read_yaml(text) == read_json(text) == value


def test_json_of_nothing_but_brackets_is_refused() -> None:
    """Lists are counted before they are read, objects while they are."""
    for text in (f"[{','.join(['[]'] * 1_000_000)}]", f"[{','.join(['{}'] * 1_000_000)}]"):
        with pytest.raises(DocumentError, match="so many values"):
            read_json(text)


class TestHostileFiles:
    """What is refused names the file, and the line where there is one."""

    @staticmethod
    def refusal(path: Path) -> DocumentError:
        with pytest.raises(DocumentError) as caught:
            read_document(path)
        assert str(path) in str(caught.value)
        return caught.value

    def test_a_bomb_of_aliases_is_told_by_its_first_alias(self, tmp_path: Path) -> None:
        """Its line is known, and nothing of it is built."""
        rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60))]
        (tmp_path / "bomb.yaml").write_text("\n".join(rows))
        error = self.refusal(tmp_path / "bomb.yaml")
        assert (error.line, error.problem) == (2, "aliases (*name) are not allowed; repeat the value instead")

    @pytest.mark.parametrize("name", ["large.yaml", "large.json"])
    def test_a_file_of_200_mb_is_not_read(self, tmp_path: Path, name: str) -> None:
        """No more of it than the bound."""
        with (tmp_path / name).open("wb") as file:
            file.truncate(200_000_000)
        error = self.refusal(tmp_path / name)
        assert error.problem == f"the file is larger than {MAX_BYTES // 1_000_000} MB"

    @pytest.mark.parametrize("name", ["zeros.yaml", "zeros.json"])
    def test_nothing_but_nul_bytes(self, tmp_path: Path, name: str) -> None:
        """As a disk leaves a file that was never written."""
        (tmp_path / name).write_bytes(bytes(10_000))
        assert self.refusal(tmp_path / name).line == 1

    def test_a_character_cut_in_two(self, tmp_path: Path) -> None:
        """The line where the bytes are no text is told, behind a byte order mark, too."""
        for mark in (b"", b"\xef\xbb\xbf"):
            (tmp_path / "cut.yaml").write_bytes(mark + "a: 1\nb: ü".encode()[:-1])
            assert self.refusal(tmp_path / "cut.yaml").line == 2

    @pytest.mark.parametrize("at", range(0, len(SAMPLE.encode()), 50))
    def test_a_file_cut_short(self, tmp_path: Path, at: int) -> None:
        """Wherever it ends: it says on which line it goes wrong, or it is a shorter document."""
        (tmp_path / "cut.yaml").write_bytes(SAMPLE.encode()[:at])
        whole = read_yaml(SAMPLE)
        assert isinstance(whole, dict)
        try:
            value = read_document(tmp_path / "cut.yaml")
        except DocumentError as error:
            assert error.line is not None
            assert error.source == str(tmp_path / "cut.yaml")
        else:
            assert value is None or (isinstance(value, dict) and value.keys() <= whole.keys())

    def test_the_first_of_many_keys_that_stands_twice_is_found(self, tmp_path: Path) -> None:
        """Also as the last of fifty thousand, which no comparison of each with each would find in time."""
        keys = [*map(str, range(50_000)), "49999"]
        entries = ",\n".join(f'"{key}": 1' for key in keys)
        for name in ("keys.json", "keys.yaml"):
            (tmp_path / name).write_text(f"{{{entries}}}")
            assert "'49999'" in self.refusal(tmp_path / name).problem


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_ends_of_lines_and_a_byte_order_mark_mean_nothing(tmp_path: Path, ending: str, mark: str) -> None:
    """A file that was edited on another system says the same, and errors have the same line."""
    path = tmp_path / "edited.yaml"
    path.write_bytes((mark + SAMPLE.replace("\n", ending)).encode())
    assert read_document(path) == read_yaml(SAMPLE)
    path.write_bytes((mark + (SAMPLE + "tail: 1\n").replace("\n", ending)).encode())
    with pytest.raises(DocumentError, match="occurs twice") as caught:
        read_document(path)
    assert caught.value.line == SAMPLE.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n", None),
        ("--- a\n...\n", "a"),
        ("a:\tb\n", {"a": "b"}),
        ("a: [1,\t2]\n", {"a": [1, 2]}),
        ("a: &x 1\nb: &x 2\n", {"a": 1, "b": 2}),
        ("[!!str 1, !!int '2', !!float 3, ! 'e', ! ]", ["1", 2, 3.0, "e", ""]),
        ("a: !!map {b: !!seq [!!null ~, !!bool TRUE]}", {"a": {"b": [None, True]}}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
    ],
)
def test_what_is_unusual_and_does_no_harm_is_read(text: str, value: JsonValue) -> None:
    """Tags that say what a value is anyway, anchors that nothing refers to, and the marks of a document."""
    assert exactly(read_yaml(text)) == exactly(value)


def test_a_figure_with_more_digits_than_a_line_has_is_kept() -> None:
    """Among figures that stand together."""
    value: list[JsonValue] = [[10**200], [1]]
    assert read_yaml(write_yaml(value, compact=True)) == value
