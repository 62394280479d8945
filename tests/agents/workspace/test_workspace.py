"""The folder that agents may touch, and that nothing they name can lead out of."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callsheet.agents.errors import Permanent, WorkspaceError
from callsheet.agents.workspace.open_folder import FolderKind, HandleFolder, PathFolder
from callsheet.agents.workspace.paths import is_hidden
from callsheet.agents.workspace.workspace import Workspace

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes links and pipes, as POSIX has them")

KINDS = (HandleFolder, PathFolder)


@pytest.fixture(params=KINDS, ids=["by handle", "by path"])
def workspace(request: pytest.FixtureRequest, folder: Path) -> Workspace:
    """The same folder, held in both ways that there are."""
    (folder / "notes.md").write_text("hello")
    (folder / "reports").mkdir()
    (folder / "reports" / "q3.csv").write_text("a,b\n1,2\n")
    return Workspace(folder, kind=request.param)


@pytest.mark.parametrize(
    "path", ["notes.md", "./notes.md", "reports/q3.csv", "reports//q3.csv", "reports/./q3.csv", ".//notes.md"]
)
def test_a_relative_path_means_the_file_below_the_root(workspace: Workspace, path: str) -> None:
    """Ordinary spellings of a path are read."""
    assert workspace.read_bytes(path, 100)
    assert workspace.resolve(path, must_exist=True).is_relative_to(workspace.root)


def test_an_absolute_path_counts_where_it_begins_with_the_root(workspace: Workspace, folder: Path) -> None:
    """People paste whole paths; those inside mean the file, all others are refused."""
    assert workspace.read_bytes(str(folder / "notes.md"), 100) == b"hello"
    for outside in (
        folder.parent / "secret.txt",
        Path(f"{folder}x/notes.md"),
        Path("/etc/passwd"),
        folder / "../secret.txt",
    ):
        with pytest.raises(WorkspaceError):
            workspace.read_bytes(str(outside), 100)


def test_a_root_that_is_a_link_is_followed_once(folder: Path, tmp_path: Path) -> None:
    """The root is the person's own choice; paths may be pasted in its spelling too."""
    (folder / "notes.md").write_text("hello")
    (tmp_path / "link").symlink_to(folder)
    workspace = Workspace(tmp_path / "link")
    assert workspace.root == folder
    assert workspace.read_bytes(str(tmp_path / "link" / "notes.md"), 100) == b"hello"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("..", "goes up"),
        ("../secret.txt", "goes up"),
        ("reports/../../secret.txt", "goes up"),
        ("reports/../notes.md", "goes up"),
        ("/etc/passwd", "outside"),
        ("//etc/passwd", "outside"),
        ("~", "~"),
        ("~/secret.txt", "~"),
        ("~root/x", "~"),
        ("C:\\Windows\\win.ini", "outside"),
        ("C:notes.md", "outside"),
        ("c:/notes.md", "outside"),
        ("reports\\q3.csv", "backslash"),
        ("..\\secret.txt", "backslash"),
        ("\\\\server\\share", "backslash"),
        ("notes.md\0.txt", "control characters"),
        ("notes\n.md", "control characters"),
        ("notes\udce9.md", "Unicode"),
        ("x" * 300, "longer"),
        ("a/" * 3000 + "b", "longer|not exist"),
        (".", "the workspace itself"),
        ("reports", "is a folder"),
        ("absent.md", "does not exist"),
        ("notes.md/x", "not a folder"),
    ],
)
def test_a_path_that_means_no_file_inside_is_refused(workspace: Workspace, path: str, problem: str) -> None:
    """The error names the path, says what is wrong with it, and isn't retried."""
    with pytest.raises(WorkspaceError, match=problem) as caught:
        workspace.read_bytes(path, 100)
    assert caught.value.path == path
    assert isinstance(caught.value, Permanent)
    assert str(caught.value).isprintable()


def test_no_link_is_followed(workspace: Workspace, folder: Path) -> None:
    """Not to a file, not in the middle, not one that dangles, not even to something inside."""
    (folder / "file").symlink_to(folder.parent / "secret.txt")
    (folder / "inside").symlink_to(folder / "notes.md")
    (folder / "dangling").symlink_to(folder.parent / "new.txt")
    (folder / "middle").symlink_to(folder.parent)
    (folder / "loop").symlink_to(folder / "loop")
    for path in ("file", "inside", "dangling", "middle/secret.txt", "loop", "loop/x"):
        with pytest.raises(WorkspaceError, match="link"):
            workspace.read_bytes(path, 100)
        with pytest.raises(WorkspaceError, match="link"):
            workspace.write_atomically(path, b"mine")
        with pytest.raises(WorkspaceError, match="link"):
            workspace.resolve(path)
    with pytest.raises(WorkspaceError, match="link"):
        workspace.write_atomically("middle/deep/new.txt", b"mine")
    assert (folder.parent / "secret.txt").read_text() == "outside"
    assert sorted(each.name for each in folder.parent.iterdir()) == ["secret.txt", "work"]
    assert workspace.list("**").paths == ("notes.md", "reports/q3.csv")


@pytest.mark.parametrize(
    "path", [".git/config", ".callsheet/runs.db", "reports/.git/x", ".GIT/config", ".Git"]
)
def test_project_state_is_not_there(workspace: Workspace, folder: Path, path: str) -> None:
    """The repository and the journal are neither read, written nor listed, in any spelling of case."""
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("token")
    (folder / ".callsheet").mkdir()
    (folder / ".callsheet" / "runs.db").write_text("runs")
    with pytest.raises(WorkspaceError, match="project state"):
        workspace.read_bytes(path, 100)
    with pytest.raises(WorkspaceError, match="project state"):
        workspace.write_atomically(path, b"")
    assert not [found for found in workspace.list("**").paths if found.startswith(".")]
    assert workspace.list(".*/*").paths == ()


@pytest.mark.parametrize(
    "name", [".git ", ".git.", ".g\u200cit", "git~1", ".git::$INDEX_ALLOCATION", "\uff0egit"]
)
def test_project_state_is_known_in_disguise(name: str) -> None:
    """Other file systems read these names as `.git`."""
    assert is_hidden(name)


def test_other_dotted_names_are_no_project_state() -> None:
    """What only resembles it stays usable."""
    assert not any(map(is_hidden, (".gitignore", ".github", "git", "callsheet", ".callsheetrc", "x.git")))


def test_only_ordinary_files_are_read_or_replaced(workspace: Workspace, folder: Path) -> None:
    """A pipe would hang its reader, a socket or a device isn't a document."""
    os.mkfifo(folder / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(folder)  # a socket's path may not be long
        server.bind("socket")
    finally:
        os.chdir(here)
        server.close()
    for path in ("pipe", "socket"):
        with pytest.raises(WorkspaceError, match="not a regular file"):
            workspace.read_bytes(path, 100)
        with pytest.raises(WorkspaceError, match="not a regular file"):
            workspace.write_atomically(path, b"x")


def test_a_large_file_is_refused_not_cut(workspace: Workspace, folder: Path) -> None:
    """The limit is a limit of what is taken in, and both sizes are told."""
    (folder / "large").write_bytes(b"x" * 1_001)
    assert len(workspace.read_bytes("large", 1_001)) == 1_001
    with pytest.raises(WorkspaceError, match="has 1,001 bytes; at most 1,000"):
        workspace.read_bytes("large", 1_000)


def test_writing_makes_folders_and_replaces_whole(workspace: Workspace, folder: Path) -> None:
    """A new file gets the folders it needs, an old one keeps its mode, nothing is left beside it."""
    workspace.write_atomically("a/b/c.txt", b"new")
    (folder / "notes.md").chmod(0o640)
    workspace.write_atomically("notes.md", b"other")
    assert (folder / "a" / "b" / "c.txt").read_bytes() == b"new"
    assert (folder / "notes.md").read_bytes() == b"other"
    assert stat.S_IMODE((folder / "notes.md").stat().st_mode) == 0o640
    assert sorted(each.name for each in folder.iterdir()) == ["a", "notes.md", "reports"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/".join("a" * 65), "has 65 parts; a path has at most 64"),
        ("/".join("a" * 2048), "has 2,048 parts"),
        ("/".join(["ab"] * 5000), "is longer than 4,096 bytes"),
        ("a" * 5_000_000, "is longer than 4,096 bytes"),
        ("\u00e9" * 2049, "is longer than 4,096 bytes"),
        ("/".join(["**"] * 65), "has 65 parts"),
    ],
)
def test_a_path_of_thousands_of_parts_is_refused(workspace: Workspace, path: str, problem: str) -> None:
    """Whatever it is for, before anything is made, and the error stays short."""
    for use in (
        lambda: workspace.write_atomically(path, b"x"),
        lambda: workspace.read_bytes(path, 10),
        lambda: workspace.resolve(path),
        lambda: workspace.list(path),
    ):
        with pytest.raises(WorkspaceError, match=problem) as caught:
            use()
        assert len(str(caught.value)) < 300


def test_a_path_at_the_bound_is_written_and_found(workspace: Workspace) -> None:
    """As deep as a path may be."""
    path = "/".join(["a" * 20] * 63 + ["b"])
    workspace.write_atomically(path, b"deep")
    assert workspace.read_bytes(path, 10) == b"deep"
    assert workspace.list("b*").paths == (path,)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners")
def test_a_file_keeps_its_owner(workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Owner and group are those of the old file, and set before the mode, which a change of owner may cut."""
    called: list[tuple[int, int] | int] = []
    status = os.fstat

    def elsewhere(descriptor: int) -> os.stat_result:
        """As if another user had made the new file."""
        found = list(status(descriptor))
        found[stat.ST_UID] += 1
        found[stat.ST_GID] += 1
        return os.stat_result(found)

    (folder / "notes.md").chmod(0o640)
    old = (folder / "notes.md").stat()
    monkeypatch.setattr("os.fstat", elsewhere)
    monkeypatch.setattr("os.fchown", lambda _, owner, group: called.append((owner, group)))
    monkeypatch.setattr("os.fchmod", lambda _, mode: called.append(mode))
    workspace.write_atomically("notes.md", b"other")
    assert called == [(-1, old.st_gid), (old.st_uid, -1), 0o640]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners")
def test_a_file_is_written_whose_owner_cannot_be_kept(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root may give files away."""

    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.fchown", refuse)
    status = os.fstat
    monkeypatch.setattr(
        "os.fstat", lambda handle: os.stat_result([*status(handle)[:4], 77, 77, *status(handle)[6:10]])
    )
    workspace.write_atomically("notes.md", b"other")
    assert (folder / "notes.md").read_bytes() == b"other"


def test_a_read_only_file_is_left_alone(workspace: Workspace, folder: Path) -> None:
    """Replacing would get round the mark that its owner set on it."""
    (folder / "notes.md").chmod(0o444)
    with pytest.raises(WorkspaceError, match="read-only"):
        workspace.write_atomically("notes.md", b"mine")
    assert (folder / "notes.md").read_bytes() == b"hello"


def test_a_reader_sees_the_old_file_or_the_new_one(workspace: Workspace, folder: Path) -> None:
    """While one thread replaces a file again and again, every read gives one of the two contents whole."""
    contents = (b"a" * 200_000, b"b" * 100_000)
    workspace.write_atomically("f", contents[0])
    seen: set[bytes] = set()

    def write() -> None:
        for number in range(60):
            workspace.write_atomically("f", contents[number % 2])

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.add((folder / "f").read_bytes())
    writer.join()
    assert seen <= set(contents)


_FILL = """
import resource, sys
from callsheet.agents.errors import WorkspaceError
from callsheet.agents.workspace.workspace import Workspace
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    Workspace(sys.argv[1]).write_atomically("notes.md", b"x" * 100_000)
except WorkspaceError as error:
    print(error)
    sys.exit(7)
"""


def test_a_write_that_cannot_be_finished_changes_nothing(workspace: Workspace, folder: Path) -> None:
    """A process that hits a real limit in the middle of a file leaves the old file, nothing beside it,
    and a clear error. (The kernel's limit on file size stands in for a full disk, which needs root.)"""
    # Coverage would want to write in the process too, and fail at the same limit.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(  # the interpreter, and a program written above
        [sys.executable, "-c", _FILL, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (7, "")
    assert "exceeds the maximum file size; no file was changed" in done.stdout
    assert (folder / "notes.md").read_bytes() == b"hello"
    assert sorted(each.name for each in folder.iterdir()) == ["notes.md", "reports"]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """On a file system of 64 kB, writing 1 MB leaves the old file and says that the disk is full."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        workspace = Workspace(small)
        workspace.write_atomically("notes.md", b"hello")
        with pytest.raises(WorkspaceError, match="the disk is full; no file was changed"):
            workspace.write_atomically("notes.md", b"x" * 1_000_000)
        assert [each.name for each in small.iterdir()] == ["notes.md"]
        assert workspace.read_bytes("notes.md", 100) == b"hello"
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**", {"notes.md", "reports/q3.csv", "reports/old/q2.csv"}),
        ("**/*", {"notes.md", "reports/q3.csv", "reports/old/q2.csv"}),
        ("*.csv", {"reports/q3.csv", "reports/old/q2.csv"}),
        ("./*.md", {"notes.md"}),
        ("reports", {"reports/q3.csv"}),
        ("reports/", {"reports/q3.csv"}),
        ("reports/**", {"reports/q3.csv", "reports/old/q2.csv"}),
        ("reports/*.csv", {"reports/q3.csv"}),
        ("**/old/*", {"reports/old/q2.csv"}),
        ("reports/q[12].csv", set()),
        ("q?.csv", {"reports/q3.csv", "reports/old/q2.csv"}),
        ("notes.md", {"notes.md"}),
        (".", {"notes.md"}),
        (".env", {".env"}),
        ("*.txt", set()),
        ("**/" * 40 + "*a*a*a*a*a*b", set()),
    ],
)
def test_a_pattern_finds_files(workspace: Workspace, folder: Path, pattern: str, found: set[str]) -> None:
    """`*` stays within a name, `**` crosses folders, a dotted name wants a dotted pattern, and a name
    alone is looked for everywhere."""
    (folder / ".env").write_text("key")
    (folder / "reports" / "old").mkdir()
    (folder / "reports" / "old" / "q2.csv").write_text("x")
    listing = workspace.list(pattern)
    assert set(listing.paths) == found
    assert list(listing.paths) == sorted(listing.paths)
    assert listing.complete


def test_a_long_list_says_that_it_is_cut(workspace: Workspace, folder: Path) -> None:
    """The first thousand files are not taken for all of them."""
    for number in range(5):
        (folder / f"{number}.txt").write_text("x")
    assert workspace.list("*.txt", limit=5).complete
    cut = workspace.list("*.txt", limit=4)
    assert (len(cut.paths), cut.complete) == (4, False)


def test_a_workspace_is_a_folder_that_is_there(tmp_path: Path) -> None:
    """A missing folder, or a file, is refused when the workspace is made."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="does not exist"):
        Workspace(tmp_path / "absent")
    with pytest.raises(WorkspaceError, match="is not a folder"):
        Workspace(tmp_path / "file")


def test_a_folder_exchanged_for_a_link_leads_nowhere(folder: Path) -> None:
    """While another process keeps exchanging a folder for a link to the outside, reads give the file inside
    or an error, never the one outside (folders by handle)."""
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"outside")
    (folder / "door").mkdir()
    (folder / "door" / "f").write_bytes(b"inside")
    workspace = Workspace(folder, kind=HandleFolder)
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            (folder / "door").rename(folder / "kept")
            (folder / "door").symlink_to(outside)
            (folder / "door").unlink()
            (folder / "kept").rename(folder / "door")

    thread = threading.Thread(target=exchange)
    thread.start()
    seen: set[bytes] = set()
    try:
        for _ in range(2_000):
            try:
                seen.add(workspace.read_bytes("door/f", 100))
            except WorkspaceError:
                continue
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"inside"}


_pieces = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "~",
        "link",
        "in",
        "file",
        "secret.txt",
        ".git",
        "config",
        "C:",
        "\0",
        " ",
        "\u2025",
    ]
) | st.text(max_size=3)
_paths = st.lists(_pieces, max_size=8).map("/".join) | st.lists(_pieces, max_size=8).map("".join) | st.text()


@given(path=_paths, kind=st.sampled_from(KINDS))
@example(path="link/secret.txt", kind=HandleFolder)
@example(path="in/../../secret.txt", kind=PathFolder)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_for_every_path_what_is_opened_lies_inside(
    tmp_path_factory: pytest.TempPathFactory, path: str, kind: FolderKind
) -> None:
    """For every text as a path: reading gives the content of a file inside or a WorkspaceError, writing
    changes nothing outside, and so does listing with it as a pattern."""
    base = tmp_path_factory.getbasetemp() / "every"
    root = base / "root"
    if not root.exists():
        (root / "in").mkdir(parents=True)
        (root / "file").write_bytes(b"inside")
        (root / "in" / "file").write_bytes(b"inside")
        (root / ".git").mkdir()
        (root / ".git" / "config").write_bytes(b"state")
        (base / "secret.txt").write_bytes(b"outside")
        (root / "link").symlink_to(base)
        (root / "in" / "link").symlink_to(base / "secret.txt")
    workspace = Workspace(root, kind=kind)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: workspace.read_bytes(path, 100),
        lambda: workspace.write_atomically(path, b"inside"),
        lambda: {workspace.read_bytes(found, 100) for found in workspace.list(path).paths},
    )
    for attempt in attempts:
        try:
            given_back = attempt()
        except WorkspaceError as error:
            assert re.search(r"\S", error.problem)
        else:
            assert given_back in (b"inside", None, set(), {b"inside"})
    assert sorted(each.name for each in base.iterdir()) == ["root", "secret.txt"]
    assert (base / "secret.txt").read_bytes() == b"outside"
    assert (root / ".git" / "config").read_bytes() == b"state"


@pytest.mark.parametrize("path", ["callsheet.toml", "sub/Callsheet.TOML", "callsheet.toml."])
def test_configuration_is_out_of_reach(folder: Path, path: str) -> None:
    """It names Python code that the next command imports: agents neither read nor write it."""
    (folder / "callsheet.toml").write_text("agents = []")
    workspace = Workspace(folder)
    with pytest.raises(WorkspaceError):
        workspace.read_bytes(path, 100)
    with pytest.raises(WorkspaceError):
        workspace.write_atomically(path, b"agents = ['evil.py']")
    assert (folder / "callsheet.toml").read_text() == "agents = []"


@pytest.mark.parametrize("path", ["pyproject.toml", "PyProject.toml", "new/pyproject.toml"])
def test_project_files_are_read_and_never_written(folder: Path, path: str) -> None:
    """`pyproject.toml` may configure Callsheet too; reading it does no harm."""
    (folder / "pyproject.toml").write_text("[project]")
    workspace = Workspace(folder)
    assert workspace.read_bytes("pyproject.toml", 100) == b"[project]"
    with pytest.raises(WorkspaceError, match="configures"):
        workspace.write_atomically(path, b"[tool.callsheet]")
    assert (folder / "pyproject.toml").read_text() == "[project]"


def made_with_bytes(folder: Path, *names: bytes) -> None:
    """Files of these names, each with its name in it; skips where the file system takes text only."""
    for name in names:
        try:
            (folder / os.fsdecode(name)).write_bytes(name)
        except OSError:
            pytest.skip("this file system keeps names as text")


def test_a_name_that_is_no_text_breaks_no_listing(workspace: Workspace, folder: Path) -> None:
    """Latin-1 names come from old archives: they are listed with U+FFFD, and read under that name."""
    (folder / "old").mkdir()
    made_with_bytes(folder, b"caf\xe9.txt", b"old/na\xefve.txt")
    listing = workspace.list("*.txt")
    assert listing.paths == ("caf\ufffd.txt", "old/na\ufffdve.txt")
    assert [workspace.read_bytes(each, 100) for each in listing.paths] == [
        b"caf\xe9.txt",
        b"old/na\xefve.txt",
    ]
    workspace.write_atomically("caf\ufffd.txt", b"new")
    assert (folder / os.fsdecode(b"caf\xe9.txt")).read_bytes() == b"new"
    assert workspace.read_bytes("caf\ufffd.txt", 100) == b"new"


def test_a_folder_whose_name_is_no_text_is_gone_through(workspace: Workspace, folder: Path) -> None:
    """What lies in it is listed, read and written."""
    (folder / os.fsdecode(b"b\xfccher")).mkdir()
    workspace.write_atomically("b\ufffdcher/a.md", b"1")
    assert workspace.list("b*/**").paths == ("b\ufffdcher/a.md",)
    assert workspace.resolve("b\ufffdcher/a.md", must_exist=True).read_bytes() == b"1"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize(
    "name", ["tab\there.txt", "nl\nx.txt", "esc\x1b[31m.txt", "back\\slash.txt", "c1\x9b.txt"]
)
def test_every_name_that_is_listed_can_be_read(tmp_path: Path, name: str) -> None:
    """A plan that reads what it lists would fail for one file with a name that no path may have (issue 12,
    F4)."""
    (tmp_path / name).write_bytes(b"x")
    workspace = Workspace(tmp_path)
    (told,) = workspace.list("**").paths
    assert told.count("\ufffd") == 1
    assert workspace.read_bytes(told, 10) == b"x"
    workspace.write_atomically(told, b"y")
    assert (tmp_path / name).read_bytes() == b"y"


def test_a_name_that_could_be_two_files_is_refused(workspace: Workspace, folder: Path) -> None:
    """Nothing is chosen between two names of which only the bytes differ."""
    made_with_bytes(folder, b"caf\xe9.txt", b"caf\xe8.txt")
    assert workspace.list("*.txt").paths == ("caf\ufffd.txt",)
    with pytest.raises(WorkspaceError, match="stands for several files"):
        workspace.read_bytes("caf\ufffd.txt", 100)


@pytest.mark.parametrize(("kept", "told"), [("u\u0308ber", "\u00fcber"), ("\u00fcber", "u\u0308ber")])
def test_a_composed_name_and_a_decomposed_one_are_one_file(
    workspace: Workspace, folder: Path, kept: str, told: str
) -> None:
    """macOS keeps names decomposed, models write them composed: either finds the other, in folders too."""
    (folder / kept).mkdir()
    (folder / kept / f"{kept}.md").write_text("old")
    assert workspace.list(f"{told}/*.md").paths == ("\u00fcber/\u00fcber.md",)
    assert workspace.read_bytes(f"{told}/{told}.md", 100) == b"old"
    workspace.write_atomically(f"{told}/{told}.md", b"new")
    assert [each.read_bytes() for each in (folder / kept).iterdir()] == [b"new"]
    assert [each.name for each in folder.iterdir() if each.name.endswith("ber")] == [kept]
