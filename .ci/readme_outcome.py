"""Check that the README's command did what the README says: the file it wrote, and the journal of its run."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from pathlib import Path

clone = Path(sys.argv[1])
summary = (clone / "summary.md").read_text("utf-8").strip()
journal = json.loads((clone / "journal.json").read_text("utf-8"))

print("== summary.md")
print(summary)

sentences = [part for part in re.split(r"(?<=[.!?])\s+", summary) if re.search(r"\w", part)]
steps = {step["id"]: step for step in journal["steps"]}
capabilities = [step["capability"] for step in steps.values()]

revenue: Counter[str] = Counter()
with (clone / "examples/sales/q3.csv").open(encoding="utf-8") as table:
    for row in csv.DictReader(table):
        revenue[row["region"]] += round(100 * float(row["revenue"]))
best = revenue.most_common(1)[0][0]
named = re.findall("|".join(revenue), summary)

checks = {
    f"the first region that the summary names is the one that sold most, {best}": named[:1] == [best],
    "it has about three sentences": 2 <= len(sentences) <= 4,
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
