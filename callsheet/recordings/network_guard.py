"""A guard over the network: while it is on, nothing may connect, look up a name, or send to an address.

Python tells its audit hooks what it is about to do, and does not do it where a hook raises. It tells them
too late, or in the wrong place, in two cases. `socket.connect(("name", 1))` looks the name up before it
raises its event; and an asyncio loop looks names up in a thread that does not have the caller's context. So
while a guard is on, these methods ask it themselves.

Not seen is what never passes through Python's sockets: child processes, libraries with sockets of their
own (libpq, uvloop), and asyncio's proactor on Windows. Of a `_socket.socket` that is given a name, the
look-up is not seen, but the connection is.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from threading import Lock
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self, TypeAlias, cast

from callsheet.errors import CallsheetError

What: TypeAlias = Literal["connect", "resolve", "send"]
"""What was tried; to resolve is to look up a name or an address."""

_LONGEST_ADDRESS = 200

_TRIED: Mapping[What, str] = MappingProxyType(
    {"connect": "connect to", "resolve": "look up", "send": "send to"}
)

_Addressed: TypeAlias = tuple[What, Callable[..., object]]
"""What something does, and how the address is found among its arguments; None is no address."""


class NetworkForbidden(CallsheetError):
    """Code tried to use the network while a guard was on: `what` was tried, with which `address`."""

    def __init__(self, what: What, address: str) -> None:
        super().__init__(
            f"the code tried to {_TRIED[what]} {address}, and the network is blocked here; replay a "
            "recording of the answer, fake the agent that connects, or make it live"
        )
        self.what = what
        self.address = address


class NetworkGuard:
    """While it is on, whatever would use the network raises NetworkForbidden, and is not done.

    Loopback and Unix sockets are network too. Making a socket or a pair of them, binding and listening
    are not. It holds for the current context: for tasks that start under it and what they give to
    `asyncio.to_thread`, while other threads, such as a test's server, are free. With `everywhere` it holds
    for every thread of the process. Guards nest; an attempt counts for each that holds.

    On leaving it raises the first attempt, unless another error is being raised: code that catches
    the error does not hide it.
    """

    def __init__(self, everywhere: bool = False) -> None:
        self.everywhere = everywhere
        self._attempts: list[NetworkForbidden] = []

    @property
    def attempts(self) -> tuple[NetworkForbidden, ...]:
        """What was tried while it was on, in order."""
        return tuple(self._attempts)

    def raise_if_tried(self) -> None:
        """Raise the first attempt, if there was any."""
        if self._attempts:
            raise self._attempts[0]

    def add(self, attempt: NetworkForbidden) -> None:
        """Count an attempt."""
        self._attempts.append(attempt)

    def __enter__(self) -> Self:
        _HOOK.enter(self)
        _HERE.set((*_HERE.get(), self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not reset by a token: a fixture may be left in another context than it was entered in.
        _HERE.set(_without(_HERE.get(), self))
        _HOOK.leave(self)
        if error is None:
            self.raise_if_tried()


class _Hook:
    """Hears what Python is about to do, and knows which guards are on."""

    def __init__(self) -> None:
        self._on: tuple[NetworkGuard, ...] = ()
        self._installed = False
        self._detours = ExitStack()
        self._lock = Lock()

    def enter(self, guard: NetworkGuard) -> None:
        with self._lock:
            if not self._installed:
                sys.addaudithook(self._hear)
                self._installed = True
            if not self._on:
                self._lead_past_here()
            self._on = (*self._on, guard)

    def leave(self, guard: NetworkGuard) -> None:
        with self._lock:
            self._on = _without(self._on, guard)
            if not self._on:
                self._detours.close()

    def refuse(self, what: What, address: object) -> None:
        """Raise NetworkForbidden if a guard holds here; a call without an address contacts no host."""
        if address is None:
            return
        here = _HERE.get()
        holding = {guard for guard in self._on if guard.everywhere or guard in here}
        if holding:
            attempt = NetworkForbidden(what, _text(address))
            for guard in holding:
                guard.add(attempt)
            raise attempt

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        # Python calls this for every file that is opened and every module that is imported, to the end of
        # the process, so it leaves at once where no guard is on.
        if self._on and event in _EVENTS:
            what, address = _EVENTS[event]
            self.refuse(what, address(*args))

    def _lead_past_here(self) -> None:
        # Heavy, and needed only once a guard is on.
        from asyncio import BaseEventLoop

        for owner, methods in ((socket.socket, _SOCKET_METHODS), (BaseEventLoop, _LOOP_METHODS)):
            for name in methods.keys() & dir(owner):
                self._detours.enter_context(self._asking(owner, name, *methods[name]))

    @contextmanager
    def _asking(self, owner: type, name: str, what: What, address: Callable[..., object]) -> Generator[None]:
        """Have a method ask here before it does its work."""
        inherited = name not in vars(owner)
        plain = getattr(owner, name)

        def asking(instance: object, *args: Any, **options: Any) -> Any:
            self.refuse(what, address(*args, **options))
            return plain(instance, *args, **options)

        setattr(owner, name, asking)
        try:
            yield
        finally:
            # Another library may have replaced the method meanwhile; leave that in place.
            if vars(owner).get(name) is not asking:
                pass
            elif inherited:
                delattr(owner, name)
            else:
                setattr(owner, name, plain)


def _without(guards: tuple[NetworkGuard, ...], guard: NetworkGuard) -> tuple[NetworkGuard, ...]:
    """All but the last mention of one of them."""
    at = max((at for at, each in enumerate(guards) if each is guard), default=len(guards))
    return guards[:at] + guards[at + 1 :]


def _first(address: Any, *_others: Any, **_options: Any) -> object:
    return address


def _second(_socket: Any, address: Any) -> object:
    return address


def _last(_data: Any, *flags_and_address: Any) -> object:
    return flags_and_address[-1] if flags_and_address else None


def _fourth(_buffers: Any, _ancillary: Any = (), _flags: Any = 0, address: Any = None) -> object:
    return address


def _host_and_port(host: Any, port: Any = None, *_others: Any, **_options: Any) -> object:
    # Without a host a server asks for an address to listen on, which needs no look-up.
    return None if host is None else (host, port)


def _text(address: object) -> str:
    text = _plain(address)
    if isinstance(address, tuple) and address:
        host, *rest = cast("tuple[object, ...]", address)
        text = _plain(host)
        if rest and rest[0] is not None:
            text = f"[{text}]:{rest[0]}" if ":" in text else f"{text}:{rest[0]}"
    return text if len(text) <= _LONGEST_ADDRESS else f"{text[:_LONGEST_ADDRESS]}…"


def _plain(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        host = os.fsdecode(bytes(host))
    # Linux has Unix sockets without a file, whose names begin with a zero; people write that as `@`.
    text = host.replace("\0", "@", 1) if isinstance(host, str) else repr(host)
    return text if text.isprintable() else ascii(text)


_EVENTS: Mapping[str, _Addressed] = MappingProxyType(
    {
        "socket.connect": ("connect", _second),
        "socket.sendto": ("send", _second),
        "socket.sendmsg": ("send", _second),
        "socket.getaddrinfo": ("resolve", _host_and_port),
        "socket.gethostbyname": ("resolve", _first),
        "socket.gethostbyaddr": ("resolve", _first),
        "socket.getnameinfo": ("resolve", _first),
    }
)
"""The audit events that concern us; their arguments are the same in Python 3.11 to 3.14."""

_SOCKET_METHODS: Mapping[str, _Addressed] = MappingProxyType(
    {
        "connect": ("connect", _first),
        "connect_ex": ("connect", _first),
        "sendto": ("send", _last),
        "sendmsg": ("send", _fourth),
    }
)
"""The methods that look up a name before they raise their event."""

_LOOP_METHODS: Mapping[str, _Addressed] = MappingProxyType(
    {"getaddrinfo": ("resolve", _host_and_port), "getnameinfo": ("resolve", _first)}
)
"""The methods that look up names in a thread without the caller's context."""

# A hook cannot be removed, so it is installed once, at first use, and outlives every guard. This is all the
# state there is: the hook, and which guards hold in a context.
_HOOK = _Hook()
_HERE: ContextVar[tuple[NetworkGuard, ...]] = ContextVar("callsheet_network_guard", default=())
