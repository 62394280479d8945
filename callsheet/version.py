"""The version of Callsheet."""

__version__ = "0.1.0"
