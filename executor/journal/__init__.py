"""The append-only store: its seam, SQLite and memory behind it, ownership, signals, blobs, cached results;
imports `run` and clocks."""
