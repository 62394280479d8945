"""Benchmarks: `python -m benchmarks NAME` prints a table, with `--json` the same figures for programs."""
