"""Recordings: the journal of a run as one file that people keep, review and diff, and that replays; imports
`machine`, `run` and redaction."""
