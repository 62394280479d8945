"""`python -m benchmarks replanning`: goals in which something goes wrong, and what becomes of them."""

from .suite import add_arguments, run

__all__ = ["add_arguments", "run"]
