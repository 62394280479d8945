"""`python -m benchmarks executor`: the executor against bare asyncio, a durable limit, and other engines."""

from .suite import add_arguments, run

__all__ = ["add_arguments", "run"]
