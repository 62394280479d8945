"""Recordings: the journal of a run as one file, which people keep, review and diff, and which replays."""
