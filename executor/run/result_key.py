"""What stands for a piece of work in whatever run: the key of its result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from callsheet.agents.contracts.capability import Capability

_sorted_encoder = msgspec.json.Encoder(order="sorted")


def result_key(capability: Capability, inputs: Mapping[str, Any]) -> str:
    """What stands for this work, in whatever run: SHA-256, in hexadecimal, of the capability's name,
    version and schemas and of the inputs, keys sorted. `1` and `1.0` are different inputs."""
    work = [
        capability.name,
        capability.version,
        capability.input_schema,
        capability.output_schema,
        dict(inputs),
    ]
    return hashlib.sha256(_sorted_encoder.encode(work)).hexdigest()
