"""How many requests and tokens an agent may be given in any minute."""

from __future__ import annotations

import math
from collections import deque

WINDOW_SECONDS = 60.0

_NEWEST_SHARE = 0.2
"""How much the latest attempt counts in the mean of tokens that is expected of the next one."""


class RateLimiter:
    """Sliding windows over the requests and the tokens of one agent.

    A request counts when it begins, so that no window of 60 s (without its first instant) holds more of them
    than allowed. Fewer than one a minute widens the window. Tokens are known only when an attempt ends: none
    begins while those counted in the last 60 s, with what is expected of the running attempts (the decaying
    mean of earlier ones), reach the limit. The first attempts, of which nothing can be expected, may
    overshoot it.
    """

    __slots__ = ("_expected", "_log", "_running", "_span", "_starts", "_token_limit", "_tokens")

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        requests = requests_per_minute or math.inf
        self._span = WINDOW_SECONDS if requests >= 1 else WINDOW_SECONDS / requests
        # Only as many starts as there may be in a window matter for when the next one may be.
        self._starts: deque[float] | None = None
        if requests_per_minute is not None:
            self._starts = deque(maxlen=max(1, math.floor(requests_per_minute)))
        self._token_limit = math.inf if tokens_per_minute is None else tokens_per_minute
        self._log: deque[tuple[float, int]] = deque()
        self._tokens = 0
        self._expected = 0.0
        self._running = 0

    def ready_at(self, now: float) -> float:
        """When there is room: `now`, later, or (infinity) not before an attempt has ended."""
        return max(self._requests_ready_at(now), self._tokens_ready_at(now))

    def record_start(self, at: float) -> None:
        """An attempt began."""
        self._running += 1
        if self._starts is not None:
            self._starts.append(at)

    def record_end(self, at: float, tokens: int) -> None:
        """An attempt ended that took so many tokens."""
        self._running -= 1
        if self._token_limit == math.inf:
            return
        self._expected += (tokens - self._expected) * (_NEWEST_SHARE if self._expected else 1.0)
        while self._log and _leaves(self._log[0][0], WINDOW_SECONDS, at) <= at:
            self._tokens -= self._log.popleft()[1]
        if tokens:
            self._log.append((at, tokens))
            self._tokens += tokens

    def _requests_ready_at(self, now: float) -> float:
        starts = self._starts
        if starts is None or len(starts) < (starts.maxlen or 1):
            return now
        return _leaves(starts[0], self._span, now)

    def _tokens_ready_at(self, now: float) -> float:
        counted = self._tokens + self._expected * self._running
        ready = now
        for at, tokens in self._log:
            if counted < self._token_limit:
                return ready
            counted -= tokens
            ready = max(ready, _leaves(at, WINDOW_SECONDS, now))
        return ready if counted < self._token_limit else math.inf


def _leaves(at: float, span: float, now: float) -> float:
    """When what happened at `at` has left the window: `now`, or later.

    What lies further ahead than a window was noted before the clock was set back; it counts no more.
    """
    leaves = at + span
    return leaves if now < leaves <= now + 2 * span else now
