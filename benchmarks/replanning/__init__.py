"""`python -m benchmarks replanning`: goals in which something goes wrong, and how their runs end."""

from .suite import add_arguments, run

__all__ = ["add_arguments", "run"]
