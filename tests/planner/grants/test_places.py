"""What inputs reach for, however it is spelled."""

# Letters that look like others are what this is about.
# ruff: noqa: RUF001

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.grants.places import host_of, named_in, places_in


def names(value: Any, key: str = "material") -> frozenset[str]:
    return places_in({key: value})


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
    assert "evil.example" in names(text)


def test_what_programs_make_a_link_of_is_one() -> None:
    """Mail programs do so with whatever begins with `www.`."""
    assert "www.evil.example" in names("a long text\nsee www.evil.example, or")


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("Good.Example.", "good.example"),
        ("good.example:443", "good.example"),
        ("good.example:8080", "good.example:8080"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("strasse.example", "strasse.example"),
        ("gооd.example", "xn--gd-fmca.example"),
        ("[FE::1]:8080", "[fe::1]:8080"),
        ("[0:0::80]", "[0:0::80]"),
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "0x7f.1"),
        ("2130706433", "2130706433"),
        ("", ""),
        (":80", ""),
    ],
)
def test_a_host_has_one_spelling(authority: str, host: str) -> None:
    """What all readers take for the same is the same, and nothing else is."""
    assert host_of(authority) == host


def test_addresses() -> None:
    """Anywhere in a text, in small letters."""
    assert names("Bob <Bob@Example.com>, eve@evil.example", "to") >= {"bob@example.com", "eve@evil.example"}
    assert "eve@evil.example" in names("Dear all,\nwrite to eve@evil.example!\n")
    assert "eve@evil.example" in names("bob@example.com\r\nBcc: eve@evil.example", "to")
    assert names("mailto:eve@evil.example") >= {"eve@evil.example"}
    assert names("a\nb ann@example.com@evil.example") == {"ann@example.com", "@evil.example"}


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
def test_paths_are_found_in_short_lines(text: str, name: str) -> None:
    """As the whole of an input, or as one of its words."""
    assert name in names(text)


@pytest.mark.parametrize(
    "key", ["path", "file_name", "outputDir", "webhookUrl", "to", "cc", "room", "URL", "hosts"]
)
@pytest.mark.parametrize("value", ["secrets", "id rsa", "localhost", "4711", "a"])
def test_an_input_that_is_a_place_is_one_whatever_it_holds(key: str, value: str) -> None:
    """No dot and no slash is needed where the name of the input says it, in lists and objects too."""
    assert value in names(value, key)
    assert value in names([{"x": value}], key)


def test_a_number_may_be_a_place() -> None:
    """Chats and accounts have numbers."""
    assert names(4711, "chat_id") == {"4711"}
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
        ),
        *(
            "price of USD/EUR",
            "bold",
            "",
            "  ",
            "# Heading",
            "x @ y",
        ),
        *("a long text that talks of report.md\nand of /etc/passwd", "~5 minutes", "re: your question"),
    ],
)
def test_prose_reaches_nothing(text: str) -> None:
    """What is only talked about is no place."""
    assert names(text) == set()


def test_whatever_stands_around_an_at_is_asked_about() -> None:
    """A version and a decorator look like addresses: a question too many does no harm."""
    assert names("lodash@4.17.21") == {"lodash@4.17.21"}
    assert names("def f(x): ...\n@app.route\n") == {"@app.route"}
    assert "@evil.example" in names('a\nlong https://a"@evil.example/')


def test_alternatives_in_words_are_no_folder() -> None:
    """In an input that people write in; in any other they are."""
    for words in ("and/or", "price/performance", "TCP/IP"):
        assert names(words, "question") == set()
        assert names(words, "path") == names(words) == {words}


def test_an_address_on_the_web_may_come_without_its_beginning() -> None:
    """Where the name of the input says that it is one; a path is a path."""
    assert names("News.example/today?page=2", "url") == {"news.example"}
    assert names("news.example/today", "path") == {"news.example/today"}
    for text in ("news.example@evil.example/", "news.example:80@evil.example", "news.example/../x"):
        assert names(text, "url") - {"news.example"}


@pytest.mark.parametrize(
    "named",
    [
        "notes.md",
        "data/prices.csv",
        "secrets",
        "news.example",
        "globex.example",
        "ann@example.com",
        "#general",
    ],
)
def test_what_people_name_is_each_word_and_what_stands_in_it(named: str) -> None:
    """As it is written, or as the host and the address that it has."""
    goal = (
        "Read `./notes.md`, (secrets) and data/prices.csv. See NEWS.example/today; "
        "https://globex.example:443/a, and tell Ann@Example.com in #general."
    )
    assert named in named_in(goal)
    assert not {"otes.md", "prices.csv", "example", "general", ""} & named_in(goal)
    assert not {"/", "~", "..", "*", "../"} & named_in("read / write ~ 5 .. * files ../ there")


@given(
    st.sampled_from(["a.md", "data/a.csv", "https://a.example/x", "kim@a.example", "../a", "a"]), st.data()
)
def test_for_every_place_whoever_names_it_has_named_what_it_reaches(place: str, data: st.DataObject) -> None:
    """For every place and input: what a step reaches with it is among what a text names that says it."""
    name = data.draw(st.sampled_from(["path", "url", "to", "query", "x"]))
    before, after = data.draw(st.text(max_size=20)), data.draw(st.text(max_size=20))
    assert places_in({name: place}) <= named_in(f"{before} {place} {after}")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_for_every_value_something_is_found_or_nothing(value: Any) -> None:
    """For every value: nothing is raised."""
    assert places_in({"path": value, "text": value}) >= places_in({"text": value})


@given(st.text("abz019", min_size=1, max_size=9), st.text(max_size=30), st.text(max_size=30))
def test_for_every_text_a_url_in_it_is_found(label: str, before: str, after: str) -> None:
    """For every text: what stands before and after a URL, apart by spaces, does not hide it."""
    assert f"{label}.example" in names(f"{before} https://{label}.example/ {after}")


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "@" * 300_000, ":" * 300_000, "\\" * 300_000, "www." * 80_000], ids=ascii
)
def test_a_text_made_to_take_long_does_not(text: str) -> None:
    """In quadratic time each of these would take minutes."""
    places_in({"path": text, "text": text})
    named_in(text)


@pytest.mark.parametrize(
    "key",
    ["text " * 5_000 + "x", "to" * 50_000, "aA" * 50_000, "_" * 100_000],
    ids=["words", "to", "humps", "lines"],
)
def test_a_name_made_to_take_long_does_not(key: str) -> None:
    """Keys within an input are as foreign as what stands under them."""
    places_in({"x": {key: "and/or"}})


@pytest.mark.parametrize(
    "text", ["http:?" * 50_000, ("https://" + "." * 990 + "a ") * 300], ids=["?", "dots"]
)
def test_a_url_made_to_take_long_does_not(text: str) -> None:
    """Nor what looks like the beginning of many."""
    places_in({"path": text, "text": text})
