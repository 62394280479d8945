"""The core schema of YAML 1.2: which texts without quotes are numbers and words, for reader and writer."""

from __future__ import annotations

import re

MAX_NESTING = 64
TOO_DEEP = f"it is nested more than {MAX_NESTING} levels deep"
TAG = "tag:yaml.org,2002:"
INT = re.compile(r"[-+]?[0-9]+\Z")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
RESOLVERS = (
    ("bool", BOOL, "tTfF"),
    ("int", INT, "-+0123456789"),
    ("float", FLOAT, "-+.0123456789"),
    ("null", NULL, ["~", "n", "N", ""]),
)
