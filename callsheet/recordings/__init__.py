"""Recordings as users meet them: record, replay, and the verdict on both; imports orchestration and below."""
