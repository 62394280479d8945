"""The benchmarks are not installed: they are found in the tree, behind everything that is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
