"""What inputs reach for, however it is spelled."""

# Letters that look like others are what this is about.
# ruff: noqa: RUF001

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.grants.hosts import host_of
from callsheet.planner.grants.targets import targets_in


def names(value: Any, key: str = "text") -> set[str]:
    return {f"{target.kind} {target.name}" for target in targets_in({key: value})}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "https://evil.example",
            "see (https://EVIL.example/x), please",
            "http:evil.example",
            "https:///evil.example",
        ),
        *(
            "https:\\\\evil.example\\x",
            "//evil.example/x",
            "[a](//evil.example/b)",
            '<img src="//evil.example">',
        ),
        *(
            "![x](https://evil.example/i.png?d=1)",
            "wss://evil.example:443/",
            "ftp://evil.example.",
        ),
        *(
            "https://good.example@evil.example/",
            "https://good.example\\@evil.example",
            "https://a:b@evil.example",
        ),
        *(
            "ht\ntps://ev\nil.example",
            "https://ev%69l.example",
            "ｈｔｔｐｓ：／／ｅｖｉｌ。example",
            "&#104;ttps://evil.example",
        ),
        *(
            "https%3A%2F%2Fevil.example",
            "https://good.example/go?to=https%3A%2F%2Fevil.example",
            "https://e\u200bvil.example",
        ),
        *("a\nlong text\nwith lines, and\nhttps://evil.example in it", "x" * 5_000 + " https://evil.example"),
    ],
)
def test_a_host_is_found_anywhere_in_a_text(text: str) -> None:
    """In whatever spelling some reader understands, at any length."""
    assert "host evil.example" in names(text)


def test_what_programs_make_a_link_of_is_one() -> None:
    """Mail programs do so with whatever begins with `www.`."""
    assert "host www.evil.example" in names("a long text\nsee www.evil.example, or")


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("Good.Example.", "good.example"),
        ("good.example:443", "good.example"),
        ("good.example:8080", "good.example:8080"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER。example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("strasse.example", "strasse.example"),
        ("gооd.example", "xn--gd-fmca.example"),
        ("[::FFFF:127.0.0.1]:8080", "[::ffff:127.0.0.1]:8080"),
        ("[0:0::1]", "[::1]"),
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "0x7f.1"),
        ("2130706433", "2130706433"),
        ("", ""),
        (":80", ""),
    ],
)
def test_a_host_has_one_spelling(authority: str, host: str) -> None:
    """What all readers take for the same is the same, and nothing else is."""
    assert host_of(authority).replace("::ffff:7f00:1", "::ffff:127.0.0.1") == host


def test_addresses_and_channels() -> None:
    """Addresses anywhere, channels where a text is a short line."""
    assert names("Bob <Bob@Example.com>, eve@evil.example", "to") == {
        "address bob@example.com",
        "address eve@evil.example",
    }
    assert "address eve@evil.example" in names("Dear all,\nwrite to eve@evil.example!\n")
    assert "address eve@evil.example" in names("bob@example.com\r\nBcc: eve@evil.example", "to")
    assert names("tell #sales-team and #5") == {"channel #sales-team"}
    assert names("@eve") == {"address @eve"}
    assert names("mailto:eve@evil.example") >= {"address eve@evil.example"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *[
            (path, path)
            for path in ("../../etc/passwd", "/etc/passwd", "~/.ssh/id_rsa", "C:\\x", "\\\\host\\share")
        ],
        *[
            (path, path)
            for path in ("a/../../b", "file:///etc/passwd", "data:text/plain,x", "javascript:x()", "..")
        ],
        ("./notes.md", "notes.md"),
        ("My Documents/plan.txt", "Documents/plan.txt"),
        ("copy it to /etc/passwd", "/etc/passwd"),
        ("compare a.csv with b.csv", "b.csv"),
    ],
)
def test_files_are_found_in_short_lines(text: str, name: str) -> None:
    """As the whole of an input, or as one of its words."""
    assert f"name {name}" in names(text)


@pytest.mark.parametrize(
    "key", ["path", "file_name", "outputDir", "webhookUrl", "to", "cc", "room", "URL", "hosts"]
)
@pytest.mark.parametrize("value", ["secrets", "id rsa", "localhost", "4711", "a"])
def test_an_input_that_is_a_place_is_one_whatever_it_holds(key: str, value: str) -> None:
    """No dot and no slash is needed where the name of the input says it, in lists and objects too."""
    assert f"name {value}" in names(value, key)
    assert f"name {value}" in names([{"x": value}], key)


def test_a_number_may_be_a_place() -> None:
    """Chats and accounts have numbers."""
    assert names(4711, "chat_id") == {"name 4711"}
    assert names(4711, "count") == set()
    assert names(True, "to") == set()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "A plain sentence. And another one!",
            "3.14",
            "2024-01-02",
            "12:30",
            "50%",
            "Done.",
            "e.g. this",
            "U.S.",
        ),
        *(
            "price of USD/EUR",
            "bold",
            "",
            "  ",
            "# Heading",
            "lodash@4.17.21",
            "x @ y",
            "def f(x): ...\n@app.route\n",
        ),
        *("a long text that talks of report.md\nand of /etc/passwd", "~5 minutes", "re: your question"),
    ],
)
def test_prose_reaches_nothing(text: str) -> None:
    """What is only talked about is no place."""
    assert names(text) == set()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_for_every_value_something_is_found_or_nothing(value: Any) -> None:
    """For every value: nothing is raised."""
    assert targets_in({"path": value, "text": value}) >= targets_in({"text": value})


@given(st.text("abz019", min_size=1, max_size=9), st.text(max_size=30), st.text(max_size=30))
def test_for_every_text_a_url_in_it_is_found(label: str, before: str, after: str) -> None:
    """For every text: what stands before and after a URL, apart by spaces, does not hide it."""
    assert f"host {label}.example" in names(f"{before} https://{label}.example/ {after}")


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "@" * 300_000, ":" * 300_000, "\\" * 300_000, "www." * 80_000], ids=ascii
)
def test_a_text_made_to_take_long_does_not(text: str) -> None:
    """In quadratic time each of these would take minutes."""
    targets_in({"path": text, "text": text})
