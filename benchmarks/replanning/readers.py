"""Agents of the small office in which things go wrong: those that look something up, or work it out.

Each goes by what lies in the workspace, and fails in a way that says what there is instead.
"""

from __future__ import annotations

import csv
import io
import re

from pydantic import BaseModel

from callsheet.agents.agent import Context
from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.functions.decorator import agent

_MAX_BYTES = 100_000
_MARKET = {"USD": 1.08, "GBP": 0.84, "CHF": 0.94}
_GERMAN = {"please close the door": "Bitte die Tür schließen", "no smoking": "Rauchen verboten"}
_ROOMS = {"Aalto": "is being painted until Sunday; free on Friday is Eames", "Eames": ""}


class Total(BaseModel):
    """What `column_total` gives."""

    total: float
    rows: int


class Scan(BaseModel):
    """What is read off a scanned page."""

    text: str
    confidence: float


class Hits(BaseModel):
    """What `search_notes` gives."""

    lines: list[str]
    topics: list[str]


@agent(effect="read", main_output="total")
async def column_total(path: str, column: str, context: Context) -> Total:
    """add up one column of a CSV file

    Args:
        path: the CSV file's name, such as sales.csv
        column: the column's name as it stands in the file
    """
    rows = list(csv.reader(io.StringIO(_read(path, context))))
    names, values = rows[0], rows[1:]
    if column not in names:
        raise Permanent(f"{path} has no column {column!r}; its columns are: {', '.join(names)}")
    at = names.index(column)
    return Total(total=sum(float(row[at]) for row in values), rows=len(values))


@agent(effect="read", output="rate")
async def bank_rate(currency: str) -> float:
    """ask the bank how much of a currency one euro is

    Args:
        currency: such as USD
    """
    raise Retryable("the bank's server does not answer (503)")


@agent(effect="read", output="rate")
async def market_rate(currency: str) -> float:
    """ask the stock market how much of a currency one euro is

    Args:
        currency: such as USD
    """
    return _MARKET[currency]


@agent(effect="read", main_output="text")
async def scan_quickly(path: str, context: Context) -> Scan:
    """read the text off a scanned page, fast; good for clean pages only

    Args:
        path: the scan's name, such as page.scan
    """
    blurred = re.sub(r"[1-9]", "?", _read(path, context))
    return Scan(text=blurred, confidence=0.41)


@agent(effect="read", main_output="text")
async def scan_carefully(path: str, context: Context) -> Scan:
    """read the text off a scanned page, slowly; good for blurred and dirty pages too

    Args:
        path: the scan's name, such as page.scan
    """
    return Scan(text=_read(path, context), confidence=0.97)


@agent(effect="read", main_output="lines")
async def search_notes(word: str, context: Context) -> Hits:
    """find the lines of the notes that hold a word, and tell which topics the notes have

    Args:
        word: one word
    """
    notes = [_read(path, context) for path in context.workspace.list("notes/*.md").paths]
    lines = [line for note in notes for line in note.splitlines()]
    return Hits(
        lines=[line for line in lines if word.lower() in line.lower() and not line.startswith("#")],
        topics=[line.lstrip("# ") for line in lines if line.startswith("#")],
    )


@agent(effect="read", output="room")
async def check_room(room: str) -> str:
    """see whether a room can be had on Friday, and give its name

    Args:
        room: the room's name
    """
    if room not in _ROOMS:
        raise Permanent(f"there is no room {room!r}; there are: {', '.join(_ROOMS)}")
    if _ROOMS[room]:
        raise Surprise(f"room {room} {_ROOMS[room]}")
    return room


@agent(effect="read", output="invoice")
async def find_invoice(customer: str, context: Context) -> str:
    """find the open invoice of a customer

    Args:
        customer: the customer's name
    """
    lines = _read("invoices.txt", context).splitlines()
    found = [line for line in lines if customer.lower() in line.split(":")[0].lower()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(line.split(":")[0] for line in found or lines)
    raise Permanent(f"{len(found)} customers are called {customer!r}; customers are: {names}")


@agent(effect="read", output="price")
async def ask_price(article: str) -> float:
    """ask the supplier for the price of an article

    Args:
        article: what it is
    """
    raise Permanent(f"the supplier has gone out of business, and nobody knows its price of {article}")


@agent(effect="pure", output="german")
async def translate_quickly(text: str) -> str:
    """translate a short English text into German, without looking twice

    Args:
        text: the English text
    """
    return _GERMAN[text.lower()]


@agent(effect="pure", output="german")
async def translate_with_care(text: str) -> str:
    """translate a short English text into German, proof-read by a second person

    Args:
        text: the English text
    """
    known = _GERMAN.get(text.strip().lower())
    if known is None:
        raise Permanent(f"nobody here can translate {text!r}")
    return known


@agent(effect="pure", output="short")
async def shorten(text: str, characters: int = 80) -> str:
    """cut a text down to its first sentences

    Args:
        text: the text to shorten
        characters: how many characters may be left at the most
    """
    kept = ""
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        if len(kept) + len(sentence) + 1 > characters:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or text[:characters]


def _read(path: str, context: Context) -> str:
    return context.workspace.read_bytes(path, _MAX_BYTES).decode()
