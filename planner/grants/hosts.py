"""The one way to write the name of a host."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import unquote

_PORT = re.compile(r":(\d*)\Z")
_USUAL_PORTS = ("", "80", "443")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_AROUND = " \t\"'`()<>{},;!*_|."


def host_of(authority: str) -> str:
    """The host of `host:port`, in small letters and ASCII, with its port where that isn't 80 or 443; empty
    where there is none.

    Percent signs are decoded, full stops of all scripts are dots, other letters are written in punycode
    (RFC 3492) after NFKC. `ß` stays a letter of its own (IDNA 2008): readers disagree about it. So do they
    about numbers in an IP address that begin with 0 or are left out, and these are left as they are.
    """
    text = unicodedata.normalize("NFKC", unquote(authority)[:1_000])
    text = _DOTS.sub(".", text).lower().strip(_AROUND)
    port = _PORT.search(text)
    host = text[: port.start()] if port else text
    shown = "" if port is None or port[1] in _USUAL_PORTS else f":{int(port[1])}"
    return f"{_address(host) or _ascii(host)}{shown}" if host else ""


def _address(host: str) -> str | None:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return f"[{address}]" if address.version == 6 else str(address)


def _ascii(host: str) -> str:
    return ".".join(_label(label) for label in host.rstrip(".").split("."))


def _label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode", errors="replace").decode("ascii")
