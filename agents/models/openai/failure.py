"""What the OpenAI SDK raises, in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from callsheet.agents.models.errors import ModelError, ModelRefused, ModelRejected, ModelUnavailable

if TYPE_CHECKING:
    import openai

MAX_CHARACTERS = 600
_KEY = re.compile(r"\bsk-[\w*.-]+")
_WORTH_TRYING_AGAIN = (408, 409, 425, 429)
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})


class FailureReader:
    """Turns an SDK error into a `ModelError`, without the key that servers like to quote."""

    def __init__(self, model: str, place: str, api_key: str | None, clock: Callable[[], float]) -> None:
        self._model = model
        self._place = place
        self._api_key = api_key
        self._clock = clock

    def problem(self, error: Exception) -> str:
        """What the server said, with no key in it, and not too long."""
        text = _message(error)
        if self._api_key:
            text = text.replace(self._api_key, "[key]")
        return _KEY.sub("[key]", text)[:MAX_CHARACTERS]

    def model_error(self, error: Exception) -> ModelError:
        """The error that the caller gets."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return ModelUnavailable(self._model, f"{self._place} did not answer in time")
        if isinstance(error, openai.APIConnectionError):
            cause = type(error.__cause__).__name__ if error.__cause__ else "no connection"
            return ModelUnavailable(
                self._model,
                f"{self._place} cannot be reached ({cause}); check the base URL and the server",
            )
        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        if _code(error) in _NO_MONEY:
            return self._no_money(error)
        return ModelUnavailable(self._model, f"the answer broke off: {self.problem(error)}")

    def _status(self, error: openai.APIStatusError) -> ModelError:
        status, problem = error.status_code, self.problem(error)
        if _code(error) in _NO_MONEY:
            return self._no_money(error)
        if _code(error) in _FILTERED:
            return ModelRefused(self._model, problem)
        if status in (401, 403):
            return ModelRejected(
                self._model,
                f"{self._place} does not accept the key ({status}: {problem}); check OPENAI_API_KEY",
            )
        if status in _WORTH_TRYING_AGAIN or status >= 500:
            asked = retry_after(error.response.headers, self._clock)
            return ModelUnavailable(self._model, f"{self._place} says {status}: {problem}", retry_after=asked)
        advice = "; check the name of the model, and the base URL" if status == 404 else ""
        return ModelRejected(self._model, f"{self._place} says {status}: {problem}{advice}")

    def _no_money(self, error: Exception) -> ModelError:
        return ModelRejected(self._model, f"the account's quota is used up: {self.problem(error)}")


def retry_after(headers: Mapping[str, str], clock: Callable[[], float]) -> float | None:
    """How many seconds the headers ask to wait, as seconds, milliseconds or a date; None for none."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        text = headers["retry-after"]
        if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
            return float(text)
        return max(0.0, parsedate_to_datetime(text).timestamp() - clock())
    except (ValueError, OverflowError):
        return None


def _message(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    said = cast("dict[str, Any]", body).get("message") if isinstance(body, dict) else None
    return said if isinstance(said, str) and said else str(error)


def _code(error: Exception) -> str | None:
    code, kind = getattr(error, "code", None), getattr(error, "type", None)
    return kind if kind in _NO_MONEY else code
