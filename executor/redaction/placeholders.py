"""What stands in the place of a secret text: `<secret:NAME>` of a variable, `<secret-1>` of what else was
found."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"(<secret(?::\w{1,256}|-\d{1,9})>)", re.ASCII)
NUMBERED = re.compile(r"<secret-(\d{1,9})>", re.ASCII)
