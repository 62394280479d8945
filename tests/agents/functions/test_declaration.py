"""Several agents for one capability: the contract that they share."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.agent import Isolation
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.functions.decorator import agent
from callsheet.agents.llm.llm_agent import LLMAgent
from callsheet.agents.registry import Registry
from callsheet.agents.spending.terms import FREE, Terms, terms_of


@agent(capability="translate", effect="read", max_retries=5, cache="1h")
def careful(text: str, language: str = "French") -> str:
    """Translate a text.

    Args:
        text: what to translate
    """
    return f"{text} in {language}"


def test_an_agent_may_offer_a_capability_of_another_name() -> None:
    """Its own name is the function's, or the one it is given; the capability's is what plans say."""
    assert careful.name == "careful"
    assert careful.capability.name == "translate"

    @agent(effect="pure", name="quick one", capability="translate")
    def quick(text: str) -> str:
        return text

    model = LLMAgent("gpt", "translate", "Translate.", input={"text": str}, capability="translate")
    assert (quick.name, quick.capability.name) == ("quick one", "translate")
    assert (model.name, model.capability.name) == ("gpt", "translate")


def test_two_agents_keep_one_contract() -> None:
    """Given the capability itself, the second's wording and policy are the first's, and its one bare
    result is called what the capability calls it."""

    @agent(capability=careful.capability)
    def quick(text: str, language: str = "French") -> str:
        """Another wording."""
        return text

    registry = Registry([careful, quick])
    assert [each.name for each in registry.agents_for("translate")] == ["careful", "quick"]
    assert quick.capability is careful.capability


@agent(effect="pure", capability="answer", output="reply")
def plain(question: str) -> str:
    return question


QUESTION = {"question": str}


def test_a_model_may_keep_the_contract_of_a_function() -> None:
    """Its one text is the field that the capability names; what it asks is its own."""
    terms = Terms(input_price=2.0)
    model = LLMAgent("gpt", "", "Answer.", input=QUESTION, capability=plain.capability, terms=terms)
    assert model.capability is plain.capability
    assert model.terms is terms
    assert list(plain.capability.output_schema["properties"]) == ["reply"]  # type: ignore[arg-type]
    assert [each.name for each in Registry([plain, model]).agents_for("answer")] == ["plain", "gpt"]


def other_input(text: int, language: str = "French") -> str:
    return str(text)


def other_default(text: str, language: str = "German") -> str:
    return text


def required_input(text: str, language: str) -> str:
    return text


def further_input(text: str, language: str = "French", tone: str = "") -> str:
    return text


def missing_input(text: str) -> str:
    return text


def other_output(text: str, language: str = "French") -> int:
    return 1


@pytest.mark.parametrize(
    ("function", "differing"),
    [
        (other_input, r"input `text`;"),
        (other_default, r"input `language`;"),
        (required_input, r"input `language`;"),
        (further_input, r"input `tone`;"),
        (missing_input, r"input `language` \(not there\);"),
        (other_output, r"output `result`;"),
    ],
)
def test_types_that_differ_from_the_contract_are_refused(function: Any, differing: str) -> None:
    """When the agent is made, with the fields in question."""
    with pytest.raises(CapabilityError, match=f"agent '{function.__name__}' .* it differs in {differing}"):
        agent(capability=careful.capability)(function)


def test_a_given_contract_is_not_changed_in_passing() -> None:
    """An effect or a policy beside a whole capability would be ignored; it is refused."""
    with pytest.raises(CapabilityError, match="given another effect, max_retries; only the capability"):
        agent(capability=careful.capability, effect="write", max_retries=0)(careful.__wrapped__)
    with pytest.raises(CapabilityError, match="given another cache"):
        LLMAgent("gpt", "", "Answer.", input=QUESTION, capability=plain.capability, cache="1d")


def test_isolation_and_terms_are_the_agents_own() -> None:
    """A sync function runs in a thread, and in a process if told so; terms are free unless named."""
    terms = Terms(max_concurrency=2)

    @agent(effect="pure", isolation="process", terms=terms)
    def crunch(number: int) -> int:
        return number

    assert crunch.isolation is Isolation.PROCESS
    assert crunch.terms is terms
    assert terms_of(crunch) is terms
    assert careful.isolation is Isolation.THREAD
    assert careful.terms is FREE
    assert (crunch.__module__, crunch.__qualname__.rpartition(".")[2]) == (__name__, "crunch")
    with pytest.raises(CapabilityError, match="isolation 'moon' is unknown; use one of loop, thread, pro"):
        agent(effect="pure", isolation="moon")(other_input)


@pytest.mark.parametrize("given", [{}, {"capability": "delete_everything"}, {"max_retries": 0}])
def test_an_agent_without_an_effect_is_refused(given: dict[str, Any]) -> None:
    """In one sentence that explains the four; a forgotten word would let it run unasked."""

    def delete_everything(folder: str) -> str:
        """Delete a folder."""
        return folder

    decorate: Any = agent
    with pytest.raises(CapabilityError, match="say what it does to the world") as caught:
        decorate(**given)(delete_everything)
    assert all(f'"{effect}"' in str(caught.value) for effect in ("pure", "read", "write", "irreversible"))
    with pytest.raises(CapabilityError, match="say what it does to the world"):
        decorate(delete_everything)
