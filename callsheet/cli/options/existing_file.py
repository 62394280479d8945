"""A file that must not be overwritten."""

from __future__ import annotations
