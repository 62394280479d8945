"""The guard over the network: what it refuses, what it lets be, and whom it holds."""

from __future__ import annotations

import _socket
import asyncio
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeAlias

import httpx2
import openai
import pytest

from callsheet.recordings.network_guard import NetworkForbidden, NetworkGuard

NOBODY = "nobody.invalid"
"""A name that no look-up finds (RFC 2606)."""

Try: TypeAlias = Callable[[tuple[str, int]], object]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server's socket; whoever connects waits there to be accepted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """A datagram socket; whatever is sent waits there to be read."""
    with socket.socket(type=socket.SOCK_DGRAM) as box:
        box.bind(("127.0.0.1", 0))
        box.setblocking(False)
        yield box


def connect(address: tuple[str, int]) -> None:
    """Connect, and hang up."""
    with socket.socket() as caller:
        caller.connect(address)


def connect_ex(address: tuple[str, int]) -> int:
    with socket.socket() as caller:
        return caller.connect_ex(address)


def connect_raw(address: tuple[str, int]) -> None:
    caller = _socket.socket()
    try:
        caller.connect(address)
    finally:
        caller.close()


async def open_connection(address: tuple[str, int]) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.close()
    await writer.wait_closed()


async def sock_connect(address: tuple[str, int]) -> None:
    with socket.socket() as caller:
        caller.setblocking(False)
        await asyncio.get_running_loop().sock_connect(caller, address)


def get(address: tuple[str, int]) -> None:
    httpx2.get(f"http://{address[0]}:{address[1]}")


async def get_async(address: tuple[str, int]) -> None:
    async with httpx2.AsyncClient() as client:
        await client.get(f"http://{address[0]}:{address[1]}")


def get_urllib(address: tuple[str, int]) -> None:
    urllib.request.urlopen(f"http://{address[0]}:{address[1]}").close()


def run(work: Callable[[tuple[str, int]], Coroutine[Any, Any, None]]) -> Try:
    return lambda address: asyncio.run(work(address))


def hang_up(address: tuple[str, int]) -> None:
    socket.create_connection(address).close()


WAYS: dict[str, Try] = {
    "connect": connect,
    "connect_ex": connect_ex,
    "raw": connect_raw,
    "create_connection": hang_up,
    "urllib": get_urllib,
    "httpx2": get,
    "httpx2 async": run(get_async),
    "asyncio": run(open_connection),
    "sock_connect": run(sock_connect),
}


def nobody_came(listener: socket.socket) -> bool:
    """Whether no connection was made, accepted or not."""
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def swallowing(work: Callable[[], object], guard: NetworkGuard) -> None:
    """Do the work under a guard, as code does it that lives with whatever happens."""
    with guard, suppress(Exception):
        work()


def test_the_listener_sees_who_connects(listener: socket.socket) -> None:
    """Without a guard, a connection is there to be accepted: the other tests would notice one."""
    connect(listener.getsockname())
    assert not nobody_came(listener)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_connects(way: str, everywhere: bool, listener: socket.socket) -> None:
    """However it is tried, it is an attempt, and the server on loopback sees nobody."""
    guard = NetworkGuard(everywhere)
    with pytest.raises(NetworkForbidden):
        swallowing(lambda: WAYS[way](listener.getsockname()), guard)
    (attempt,) = guard.attempts
    assert attempt.what in ("connect", "resolve")
    assert attempt.address == f"127.0.0.1:{listener.getsockname()[1]}"
    assert nobody_came(listener)


# A raw socket looks a name up by itself, and asyncio takes none for its sockets.
@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"raw", "sock_connect"}))
def test_no_name_is_looked_up(way: str) -> None:
    """A name is refused before anybody is asked for it: else it would be said that nobody knows it."""
    guard = NetworkGuard()
    with pytest.raises(NetworkForbidden):
        swallowing(lambda: WAYS[way]((NOBODY, 80)), guard)
    assert [each.address for each in guard.attempts] == [f"{NOBODY}:80"]


LOOKUPS: dict[str, Callable[[], object]] = {
    "getaddrinfo": lambda: socket.getaddrinfo(NOBODY, None),
    "gethostbyname": lambda: socket.gethostbyname(NOBODY),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(NOBODY),
    "gethostbyaddr": lambda: socket.gethostbyaddr(NOBODY),
    "getnameinfo": lambda: socket.getnameinfo((NOBODY, 80), 0),
    "bytes": lambda: socket.getaddrinfo(NOBODY.encode(), None),
}


@pytest.mark.parametrize("way", LOOKUPS)
def test_looking_up_is_refused_at_the_place(way: str) -> None:
    """The very call raises, with what was tried as fields."""
    with pytest.raises(NetworkForbidden, match="tried to look up nobody") as raised, NetworkGuard():
        LOOKUPS[way]()
    assert raised.value.what == "resolve"
    assert raised.value.address in (NOBODY, f"{NOBODY}:80")


@pytest.mark.parametrize("name", ["getaddrinfo", "getnameinfo"])
async def test_a_loops_look_up_is_refused(name: str) -> None:
    """Though a loop looks up in a thread that does not know of the guard."""
    with pytest.raises(NetworkForbidden, match="look up nobody"), NetworkGuard():
        loop = asyncio.get_running_loop()
        if name == "getaddrinfo":
            await loop.getaddrinfo(host=NOBODY, port=80)
        else:
            await loop.getnameinfo((NOBODY, 80), flags=0)


SENDS: dict[str, Callable[[socket.socket, Any], object]] = {
    "sendto": lambda box, address: box.sendto(b"word", address),
    "sendto with flags": lambda box, address: box.sendto(b"word", 0, address),
    "sendmsg": lambda box, address: box.sendmsg([b"word"], [], 0, address),
    "raw sendto": lambda box, address: _socket.socket.sendto(box, b"word", address),
    "raw sendmsg": lambda box, address: _socket.socket.sendmsg(box, [b"word"], [], 0, address),
}


@pytest.mark.parametrize("way", SENDS)
def test_nothing_is_sent_to_an_address(way: str, receiver: socket.socket) -> None:
    """Datagrams need no connection; they are refused all the same, and none arrives."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sender,
        pytest.raises(NetworkForbidden, match="tried to send to 127") as raised,
        NetworkGuard(),
    ):
        SENDS[way](sender, receiver.getsockname())
    assert raised.value.what == "send"
    with pytest.raises(BlockingIOError):
        receiver.recv(4)


def test_what_a_loop_sends_is_refused_though_it_only_logs_that(receiver: socket.socket) -> None:
    """A datagram transport tells its loop's handler of an error; the guard raises it on leaving."""
    heard: list[dict[str, Any]] = []

    async def send() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: heard.append(told))
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        transport.sendto(b"word", receiver.getsockname())
        transport.close()

    with pytest.raises(NetworkForbidden, match="send to"), NetworkGuard():
        asyncio.run(send())
    assert isinstance(heard[0]["exception"], NetworkForbidden)
    with pytest.raises(BlockingIOError):
        receiver.recv(4)


@pytest.mark.parametrize(
    ("address", "shown"),
    [(b"\0abstract", "@abstract"), ("a\nb", "'a\\nb'"), ("/" + "x" * 90, "/" + "x" * 90)],
)
def test_unix_sockets_are_network(address: str | bytes, shown: str) -> None:
    """Behind a socket file is a database, or Docker; its path is the address, on one line."""
    with (
        socket.socket(socket.AF_UNIX) as caller,
        pytest.raises(NetworkForbidden) as raised,
        NetworkGuard(),
    ):
        caller.connect(address)
    assert raised.value.address == shown
    assert f"connect to {shown}, and" in str(raised.value)


def test_addresses_are_written_as_people_write_them() -> None:
    """IPv6 in brackets, and no more than a line of a name that never ends."""
    guard = NetworkGuard()
    with pytest.raises(NetworkForbidden), socket.socket(socket.AF_INET6) as caller, guard:
        with suppress(NetworkForbidden):
            caller.connect(("::1", 9, 0, 0))
        with suppress(NetworkForbidden):
            caller.connect(("n" * 1000, 9))
    assert [each.address for each in guard.attempts] == ["[::1]:9", "n" * 200 + "…"]


def test_what_stays_inside_is_let_be(listener: socket.socket) -> None:
    """Sockets, pairs of them, listening, and what a connection that is there already says."""
    with socket.create_connection(listener.getsockname()) as caller, NetworkGuard() as guard:
        accepted = listener.accept()[0]
        caller.sendmsg([b"word"])
        assert accepted.recv(4) == b"word"
        accepted.close()
        one, other = socket.socketpair()
        one.sendall(b"more")
        assert other.recv(4) == b"more"
        one.close()
        other.close()
        socket.create_server(("127.0.0.1", 0)).close()
        assert socket.gethostname()
    assert guard.attempts == ()


def test_loops_work_and_servers_listen() -> None:
    """A loop makes a pair of sockets for itself; asyncio's servers may listen, on whatever address."""

    async def serve() -> None:
        for host in ("127.0.0.1", None):
            server = await asyncio.start_server(lambda reader, writer: None, host, 0)
            server.close()
            await server.wait_closed()

    with NetworkGuard() as guard:
        asyncio.run(serve())
    assert guard.attempts == ()


def test_code_that_swallows_the_error_does_not_hide_it(listener: socket.socket) -> None:
    """OpenAI's library tries again, and then tells of another error; the guard knows better."""
    client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    guard = NetworkGuard()
    with client, pytest.raises(NetworkForbidden) as raised:
        swallowing(client.models.list, guard)
    assert raised.value is guard.attempts[0]
    with pytest.raises(NetworkForbidden):
        guard.raise_if_tried()
    assert nobody_came(listener)


def test_another_error_goes_first(listener: socket.socket) -> None:
    """What the code says itself tells more; the attempts are there to be asked for."""
    guard = NetworkGuard()
    with pytest.raises(ZeroDivisionError), guard:
        with suppress(NetworkForbidden):
            connect(listener.getsockname())
        _ = 1 / 0
    assert [each.what for each in guard.attempts] == ["connect"]


def test_nothing_tried_nothing_raised() -> None:
    """A guard under which nobody tried anything goes unnoticed."""
    with NetworkGuard() as guard:
        guard.raise_if_tried()
    guard.raise_if_tried()


async def test_it_holds_for_tasks_and_what_they_give_to_threads(listener: socket.socket) -> None:
    """Both have the context in which they were started."""
    address = listener.getsockname()
    guard = NetworkGuard()
    with pytest.raises(NetworkForbidden), guard:
        outcomes = await asyncio.gather(
            asyncio.create_task(open_connection(address)),
            asyncio.to_thread(connect, address),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes] == [NetworkForbidden, NetworkForbidden]
    assert nobody_came(listener)


async def test_a_task_that_was_there_before_is_free(listener: socket.socket) -> None:
    """Its context is another, also while the guard is on."""
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()
        await open_connection(listener.getsockname())

    task = asyncio.create_task(wait())
    with NetworkGuard():
        go.set()
        await task
    assert not nobody_came(listener)


def in_thread(work: Callable[[], object]) -> None:
    """Do it in a thread of its own, and let no error of it get lost."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_other_threads_are_free(listener: socket.socket) -> None:
    """A test's server may do what it likes, and have its loop look up names."""

    async def look_up() -> None:
        await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)

    with NetworkGuard() as guard:
        in_thread(lambda: connect(listener.getsockname()))
        in_thread(lambda: asyncio.run(look_up()))
    assert guard.attempts == ()
    assert not nobody_came(listener)


def test_everywhere_no_thread_is_free(listener: socket.socket) -> None:
    """Neither one that was there before, nor one that starts under it."""
    guard = NetworkGuard(everywhere=True)
    with ThreadPoolExecutor(1) as pool:
        started = threading.Event()
        pool.submit(started.set).result()
        with pytest.raises(NetworkForbidden), guard:
            with pytest.raises(NetworkForbidden):
                pool.submit(connect, listener.getsockname()).result()
            with pytest.raises(NetworkForbidden):
                in_thread(lambda: connect(listener.getsockname()))
    assert len(guard.attempts) == 2
    assert nobody_came(listener)


def test_guards_nest(listener: socket.socket) -> None:
    """An attempt counts for each that holds; the outer one holds when the inner one is left."""
    outer, inner, everywhere = NetworkGuard(), NetworkGuard(), NetworkGuard(everywhere=True)
    with pytest.raises(NetworkForbidden), outer, everywhere, inner:
        connect(listener.getsockname())
    assert outer.attempts == inner.attempts == everywhere.attempts != ()
    outer = NetworkGuard()
    with pytest.raises(NetworkForbidden), outer:
        with outer, NetworkGuard():
            pass
        connect(listener.getsockname())
    assert len(outer.attempts) == 1
    assert nobody_came(listener)


def test_it_is_off_when_it_is_left(listener: socket.socket) -> None:
    """Also in a context that was copied while it was on; and asyncio and sockets are as they were."""
    before = {**vars(socket.socket)}, {**vars(asyncio.BaseEventLoop)}
    with NetworkGuard():
        copied = copy_context()
        assert before != ({**vars(socket.socket)}, {**vars(asyncio.BaseEventLoop)})
    assert before == ({**vars(socket.socket)}, {**vars(asyncio.BaseEventLoop)})
    copied.run(connect, listener.getsockname())
    assert not nobody_came(listener)


def test_it_may_be_left_in_another_context(listener: socket.socket) -> None:
    """As the fixtures of async tests are."""
    guard = NetworkGuard()
    copy_context().run(guard.__enter__)
    connect(listener.getsockname())
    copy_context().run(guard.__exit__, None, None, None)
    assert not nobody_came(listener)


def test_what_others_replaced_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that somebody replaced before, or while, a guard is on is still replaced afterwards."""

    def mine(instance: object, address: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", mine)
    with NetworkGuard():
        assert vars(socket.socket)["connect"] is not mine
    assert vars(socket.socket)["connect"] is mine
    with NetworkGuard():
        monkeypatch.setattr(socket.socket, "connect", mine)
    assert vars(socket.socket)["connect"] is mine


def run_python(code: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_is_cheap_and_installs_nothing() -> None:
    """No hook until a guard is on, and then one for all; nor anything that is not Python's, or is heavy."""
    printed = run_python(
        "import sys\n"
        "hooks, bare = [], {*sys.modules}\n"
        "sys.addaudithook(lambda event, args: hooks.append(event) if event == 'sys.addaudithook' else None)\n"
        "from callsheet.recordings.network_guard import NetworkGuard\n"
        "names = {name.partition('.')[0] for name in {*sys.modules} - bare}\n"
        "print(len(hooks), 'asyncio' in names, names - sys.stdlib_module_names)\n"
        "for _ in range(3):\n"
        "    with NetworkGuard(), NetworkGuard(): pass\n"
        "print(len(hooks))"
    )
    assert printed.splitlines() == ["0 False {'callsheet'}", "1"]
