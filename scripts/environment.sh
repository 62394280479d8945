# Virtual environments for scripts/check and scripts/try. Sourced, never run; needs bash 3.2 and Python alone.

say() { printf '%s\n' "$*" >&2; }

die() { say "error: $*"; exit 1; }

# Prints a Python of version 3.11 or later. PYTHON names one; otherwise the versions that are tried in CI
# come before whatever `python3` happens to be. A candidate is run, because a shim on the PATH may stand
# for a version that is not there.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python3.14 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  die "Callsheet needs Python 3.11 or later, and found none (python3 here is: \
$(python3 --version 2>/dev/null || true)). Install one, or name it: PYTHON=/path/to/python3.12 $0 ..."
}

# make_venv FOLDER: a virtual environment with a pip that knows dependency groups. The system's Python may
# refuse pip (PEP 668); its environments don't. Debian ships Python without ensurepip: then a pip that
# the system has can put itself into the new environment.
make_venv() {
  local python
  python=$(find_python) || exit 1
  rm -rf "$1"
  "$python" -m venv "$1" >/dev/null 2>&1 ||
    { "$python" -m venv --clear --without-pip "$1" &&
      "$python" -m pip --quiet --python "$1/bin/python" install pip; } >/dev/null 2>&1 ||
    { rm -rf "$1"
      die "$python cannot make a virtual environment in $1. Is the folder writable? On Debian and Ubuntu \
the module lies in a package of its own: apt install python3-venv"; }
  "$1/bin/python" -m pip -qq --disable-pip-version-check install --upgrade 'pip>=25.1' >&2 ||
    { rm -rf "$1"; die "pip could not be brought up to date; is the package index reachable?"; }
}

# fresh FOLDER STAMP: whether the environment is there, works, and was finished for this very STAMP.
fresh() {
  [ "$(cat "$1/stamp" 2>/dev/null)" = "$2" ] && "$1/bin/python" -c '' 2>/dev/null
}

# install FOLDER STAMP PIP-ARGUMENTS...: into a new environment, unless it is fresh. The stamp is written
# last, so that an interrupted installation starts again.
install() {
  local folder=$1 stamp=$2
  shift 2
  fresh "$folder" "$stamp" && return
  make_venv "$folder"
  "$folder/bin/python" -m pip -qq --disable-pip-version-check install "$@" >&2 ||
    die "pip could not install into $folder; what it said stands above"
  printf '%s' "$stamp" >"$folder/stamp"
}
