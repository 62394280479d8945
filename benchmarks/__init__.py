"""Benchmarks: `python -m benchmarks NAME` prints a table for people, with `--json` for programs."""
