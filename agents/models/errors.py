"""What can go wrong between a question and a model's answer."""

from __future__ import annotations

from callsheet.agents.errors import AgentError, NotConfigured


class ModelError(AgentError):
    """A model did not give a usable answer. `model` is its name."""

    def __init__(self, model: str, message: str) -> None:
        super().__init__(f"{model}: {message}")
        self.model = model


class ModelUnavailable(ModelError):
    """The model could not be reached, was overloaded, or broke off; trying again may help.

    `retry_after` is how many seconds the server asked to wait, where it did.
    """

    def __init__(self, model: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(model, message)
        self.retry_after = retry_after


class ModelRejected(ModelError):
    """The server will not take this request, now or later: a wrong key, no quota, a malformed request."""


class ModelRefused(ModelError):
    """The model declined to answer; `refusal` is what it said."""

    def __init__(self, model: str, refusal: str) -> None:
        super().__init__(model, f"the model declined: {refusal}")
        self.refusal = refusal


class AnswerTruncated(ModelError):
    """The answer was cut at its token limit; `text` is what there is of it."""

    def __init__(self, model: str, max_tokens: int, text: str) -> None:
        super().__init__(model, f"the answer was cut at {max_tokens} tokens; allow more, or ask for less")
        self.max_tokens = max_tokens
        self.text = text


class AnswerInvalid(ModelError):
    """The model kept answering something else than what its schema asks for.

    `tries` are the answers, each with what was wrong with it.
    """

    def __init__(self, model: str, tries: tuple[tuple[str, str], ...]) -> None:
        last = tries[-1][1] if tries else "nothing was answered"
        super().__init__(model, f"no valid answer in {len(tries)} tries; the last one: {last}")
        self.tries = tries


class ModelNotConfigured(NotConfigured):
    """No model was chosen, and none can be found."""

    def __init__(self, problem: str, *, variable: str = "") -> None:
        super().__init__(variable, problem)


class WeightsUnavailable(AgentError):
    """No source has the weights of an embedded model.

    `failures` are the places that were tried, each with what was wrong there.
    """

    def __init__(self, weights: str, folder: str, failures: tuple[tuple[str, str], ...]) -> None:
        tried = "; ".join(f"{source}: {problem}" for source, problem in failures) or "nowhere to try"
        super().__init__(
            f"the weights of {weights} are not in {folder}, and cannot be fetched ({tried}); "
            "set CALLSHEET_LOCAL_MODEL to a GGUF file, or use another model"
        )
        self.weights = weights
        self.folder = folder
        self.failures = failures
