"""What people install: the wheel holds all of Callsheet and nothing else, and keeps out of others' way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import callsheet

ROOT = Path(__file__).parent.parent
WHEEL = os.environ.get("CALLSHEET_TEST_WHEEL")
INNER = ("agents", "executor", "planner", "prompts")
FOLDERS = {"callsheet": "callsheet", **{f"callsheet/{name}": name for name in INNER}}

installed_only = pytest.mark.skipif(WHEEL is None, reason="only where scripts/check installed the wheel")


def _tree_files() -> set[str]:
    """Everything that lies in the installed folders, under the name it should have in a wheel."""
    found = set[str]()
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            through_link = folder == "callsheet" and inside.parts[0] in FOLDERS.values()
            if path.is_file() and not through_link and "__pycache__" not in inside.parts:
                found.add(f"{package}/{inside.as_posix()}")
    return found


def _wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _modules(files: set[str]) -> set[str]:
    return {name for name in files if ".dist-info/" not in name}


def _build(source: Path, target: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution with the wheel made from it, and in `direct/` a wheel made from the tree."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("packaging")
    copy = folder / "tree"
    ignored = shutil.ignore_patterns(
        "build", "dist", "*.egg-info", ".venv*", ".git", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    _build(copy, folder)
    _build(copy, folder / "direct", "--wheel")
    return folder


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_template(built: Path) -> None:
    """Every file of the five installed folders is in the wheel, under `callsheet`, and nothing else is."""
    (wheel,) = built.glob("*.whl")
    assert _modules(_wheel_files(wheel)) == _tree_files()


@pytest.mark.slow
def test_only_callsheet_lands_in_site_packages(built: Path) -> None:
    """At the top of site-packages the wheel puts `callsheet` and its dist-info, and nothing else."""
    (wheel,) = built.glob("*.whl")
    tops = {name.split("/")[0] for name in _wheel_files(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"callsheet"}
    assert len(tops) == 2


@pytest.mark.slow
def test_the_wheel_carries_its_licence_and_types(built: Path) -> None:
    """The licence travels with the wheel, and type checkers are told that it is typed."""
    (wheel,) = built.glob("*.whl")
    files = _wheel_files(wheel)
    assert "callsheet/py.typed" in files
    assert any(name.endswith("/licenses/LICENSE") for name in files)


@pytest.mark.slow
def test_a_wheel_from_the_sdist_is_the_same(built: Path) -> None:
    """Whoever builds from the source distribution gets the files that we get from the tree."""
    (from_sdist,) = built.glob("*.whl")
    (direct,) = (built / "direct").glob("*.whl")
    assert _wheel_files(from_sdist) == _wheel_files(direct)


def test_every_folder_with_modules_is_a_package() -> None:
    """A folder without `__init__.py` would work in the tree and be lost in the wheel."""
    for folder in FOLDERS.values():
        for module in (ROOT / folder).rglob("*.py"):
            assert (module.parent / "__init__.py").exists(), f"{module.parent} lacks __init__.py"


def test_the_links_lead_to_the_folders() -> None:
    """From a fresh clone, `callsheet/NAME` is the folder NAME, so that tools see what gets installed."""
    for name in INNER:
        link = ROOT / "callsheet" / name
        assert link.is_symlink()
        assert link.readlink() == Path("..") / name


@installed_only
def test_the_wheel_is_what_is_tested() -> None:
    """Under scripts/check, `import callsheet` is the installed wheel, here and in child processes, and not
    the tree that the tests lie in."""
    assert WHEEL is not None
    child = subprocess.run(
        [sys.executable, "-c", "import callsheet.planner as inner; print(inner.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    for origin in (str(callsheet.__file__), child.stdout.strip()):
        assert Path(origin).is_relative_to(sys.prefix), origin
        assert "site-packages" in Path(origin).parts, origin
    package = Path(str(callsheet.__file__)).parent
    assert _modules(_wheel_files(Path(WHEEL))) <= {
        f"callsheet/{path.relative_to(package).as_posix()}" for path in package.rglob("*")
    }


@pytest.mark.slow
@installed_only
def test_it_lives_beside_openai_agents() -> None:
    """The OpenAI Agents SDK owns the name `agents`; both work in one environment and one process."""
    code = (
        "import agents, callsheet.agents, callsheet.agents.agent\n"
        "from agents import Runner\n"
        "assert agents.__file__ != callsheet.agents.__file__\n"
        "assert callsheet.agents.__name__ == 'callsheet.agents'\n"
        "print(agents.__file__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(sys.prefix)
