"""`python -m benchmarks executor`: the executor beside bare asyncio, a durable limit, and its peers."""

from .suite import add_arguments, run

__all__ = ["add_arguments", "run"]
