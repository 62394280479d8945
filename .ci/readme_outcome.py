"""Check that the README's command did what the README says: the file it wrote, and the journal of its run."""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections import Counter
from pathlib import Path


def _number_behind(name: str, text: str) -> float:
    """The first number behind a name, with or without commas between thousands; NaN without one."""
    found = re.search(rf"{name}\D*?([\d,]+(?:\.\d+)?)", text)
    return math.nan if found is None else float(found[1].replace(",", ""))


clone = Path(sys.argv[1])
written = (clone / "regions.txt").read_text("utf-8").strip()
journal = json.loads((clone / "journal.json").read_text("utf-8"))

print("== regions.txt")
print(written)

steps = {step["id"]: step for step in journal["steps"]}
capabilities = [step["capability"] for step in steps.values()]

revenue: Counter[str] = Counter()
with (clone / "examples/sales/q3.csv").open(encoding="utf-8") as table:
    for row in csv.DictReader(table):
        revenue[row["region"]] += round(100 * float(row["revenue"]))
regions = [region for region, _ in revenue.most_common()]
told = {region: _number_behind(region, written) for region in regions}

checks = {
    f"it has the total revenue of {', '.join(regions)}, to the tenth": all(
        abs(told[region] - cents / 100) < 0.06 for region, cents in revenue.items()
    ),
    "the largest comes first": re.findall("|".join(regions), written)[: len(regions)] == regions,
    "the run completed": journal["status"] == "completed",
    "every step completed": all(step["status"] == "completed" for step in steps.values()),
    "the file was written by a step": "write_file" in capabilities,
    "every attempt has an agent and an end": all(
        attempt["agent"] and attempt["ended"] for step in steps.values() for attempt in step["attempts"]
    ),
    "the embedded model planned": journal["model"].startswith("local/"),
}
for promise, kept in checks.items():
    print("ok  " if kept else "BAD ", promise)
sys.exit(not all(checks.values()))
