"""Who wants to hear about what: callbacks under a name, each called on the event loop that it came from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

Notify: TypeAlias = Callable[[], None]


@dataclass(slots=True, eq=False)
class _Watch:
    notify: Notify
    loop: asyncio.AbstractEventLoop
    going: bool = True

    def call(self) -> None:
        if self.going:
            self.notify()


class Subscriptions:
    """Callbacks by name. May be told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, list[_Watch]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def subscribe(self, name: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called on the running event loop whenever `name` is told. Returns a way to stop
        that; it is not called after."""
        watch = _Watch(notify, asyncio.get_running_loop())
        with self._lock:
            self._by_name.setdefault(name, []).append(watch)

        def stop() -> None:
            watch.going = False
            with self._lock:
                rest = [each for each in self._by_name.get(name, ()) if each is not watch]
                if rest:
                    self._by_name[name] = rest
                else:
                    self._by_name.pop(name, None)

        return stop

    def names(self) -> list[str]:
        """What is being watched."""
        with self._lock:
            return list(self._by_name)

    def notify(self, name: str) -> None:
        """Call everybody who watches `name`, soon."""
        with self._lock:
            watches = list(self._by_name.get(name, ()))
        for watch in watches:
            # Nothing waits in a loop that is closed.
            with suppress(RuntimeError):
                watch.loop.call_soon_threadsafe(watch.call)
