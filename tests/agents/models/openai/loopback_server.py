"""A process with a real OpenAI-compatible HTTP server on loopback; it ends when its input does.

Run with the path of a GGUF file and the tokens of its context; prints the address that it listens on.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any


def main(weights: str, context_tokens: int) -> None:
    """Serve until the other end of standard input is closed."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    xllamacpp: Any = import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.n_ctx = context_tokens
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    parameters.cache_ram_mib = 0
    parameters.warmup = False
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
