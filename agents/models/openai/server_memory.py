"""What servers were found not to take, so that each is asked for it only once."""

from __future__ import annotations


class ServerMemory:
    """The features that each endpoint refused for each model. May be shared by many models."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], frozenset[str]] = {}

    def refused(self, endpoint: str, model: str) -> frozenset[str]:
        """What this endpoint refused for this model so far."""
        return self._refused.get((endpoint, model), frozenset())

    def remember(self, endpoint: str, model: str, feature: str) -> None:
        """From now on, this endpoint is not asked for the feature with this model."""
        self._refused[endpoint, model] = self.refused(endpoint, model) | {feature}
