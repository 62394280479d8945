"""The prompts of other planners, made by their own code: run by the interpreter that has them installed.

Reads cases as JSON from standard input and writes, for each peer, its messages for each case, or what is
missing. Nothing of Callsheet is imported, because the peers want an environment of their own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, Literal

# Read when the packages are imported: nothing may be sent out of this machine.
os.environ |= {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "LANGSMITH_TRACING": "false",
    "OTEL_SDK_DISABLED": "true",
}

_KINDS: Mapping[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}


def llm_compiler(cases: Sequence[Any]) -> list[list[list[str]]]:
    """The planner's one call."""
    step = import_module("llama_index.packs.agents_llm_compiler.step")
    tools: Any = import_module("llama_index.core.tools")
    prompts: list[list[list[str]]] = []
    for case in cases:
        offered = [
            tools.FunctionTool.from_defaults(
                _do_nothing, name=each["name"], description=each["description"], fn_schema=_arguments(each)
            )
            for each in case["tools"]
        ]
        rules = step.generate_llm_compiler_prompt(offered, example_prompt=step.PLANNER_EXAMPLE_PROMPT)
        prompts.append([[rules, f"Question: {case['goal']}"]])
    return prompts


def plan_and_execute(cases: Sequence[Any]) -> list[list[list[str]]]:
    """The planner's call, which shows no tools, then the executor's first call for each step of the plan."""
    package = import_module("langchain_experimental.plan_and_execute")
    fakes: Any = import_module("langchain_core.language_models.fake_chat_models")
    tools: Any = import_module("langchain_core.tools")
    model = fakes.FakeListChatModel(responses=[""])
    planner = package.load_chat_planner(model).llm_chain.prompt
    prompts: list[list[list[str]]] = []
    for case in cases:
        offered = [
            tools.StructuredTool.from_function(
                _do_nothing,
                name=each["name"],
                description=each["description"],
                args_schema=_arguments(each),
            )
            for each in case["tools"]
        ]
        executor = package.load_agent_executor(model, offered).chain.agent.llm_chain.prompt
        calls = [planner.format_messages(input=case["goal"])]
        for at, objective in enumerate(case["steps"]):
            # What earlier steps gave would stand here too; of that nothing is counted.
            done = [package.executors.base.StepResponse(response="") for _ in range(at)]
            container = package.schema.ListStepContainer()
            for number, response in enumerate(done):
                container.add_step(package.schema.Step(value=case["steps"][number]), response)
            current = package.schema.Step(value=objective)
            calls.append(
                executor.format_messages(previous_steps=container, current_step=current, agent_scratchpad="")
            )
        prompts.append([[str(message.content) for message in call] for call in calls])
    return prompts


def crew_planner(cases: Sequence[Any]) -> list[list[list[str]]]:
    """The planner's one call, for a crew of one agent with all tools and one task, the goal."""
    crewai: Any = import_module("crewai")
    tools: Any = import_module("crewai.tools")
    handler = import_module("crewai.utilities.planning_handler")
    seen: list[list[str]] = []

    class Listening(import_module("crewai.llms.base_llm").BaseLLM):  # type: ignore[misc]
        """A model that keeps what it is asked, and answers with a plan of nothing."""

        def call(self, messages: Any, *_: Any, **__: Any) -> str:
            seen.append([str(message["content"]) for message in messages])
            return json.dumps({"list_of_plans_per_task": [{"task_number": 1, "task": "", "plan": ""}]})

        def supports_function_calling(self) -> bool:
            return False

    class Tool(tools.BaseTool):  # type: ignore[misc]
        """A tool that does nothing."""

        def _run(self, **_: Any) -> str:
            return ""

    model = Listening(model="listening")
    prompts: list[list[list[str]]] = []
    for case in cases:
        offered = [
            Tool(name=each["name"], description=each["description"], args_schema=_arguments(each))
            for each in case["tools"]
        ]
        agent = crewai.Agent(
            role="Assistant", goal="Do what is asked", backstory="", tools=offered, llm=model
        )
        task = crewai.Task(description=case["goal"], expected_output="The answer", agent=agent)
        seen.clear()
        handler.CrewPlanner(tasks=[task], planning_agent_llm=model)._handle_crew_planning()
        prompts.append([seen[0]])
    return prompts


PEERS: Mapping[str, tuple[str, Callable[[Sequence[Any]], list[list[list[str]]]]]] = {
    "LLMCompiler": ("llama-index-packs-agents-llm-compiler", llm_compiler),
    "LangChain plan-and-execute": ("langchain-experimental", plan_and_execute),
    "CrewAI planner": ("crewai", crew_planner),
}
"""Each peer's package, and what makes its prompts: for each case its calls, each a list of messages."""


def _do_nothing(**_: Any) -> str:
    return ""


def _arguments(tool: Any) -> Any:
    """The tool's inputs as a pydantic model, which is what all of the peers take."""
    pydantic: Any = import_module("pydantic")
    schema = tool["inputs"]
    fields: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        kind = _kind(part)
        fields[name] = (kind, ...) if name in schema["required"] else (kind | None, None)
    return pydantic.create_model(tool["name"], **fields)


def _kind(schema: Any) -> Any:
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    match schema["type"]:
        case "array":
            return list[_kind(schema["items"])]  # type: ignore[misc]
        case "object" if "properties" not in schema:
            return dict[str, _kind(schema["additionalProperties"])]  # type: ignore[misc]
        case name:
            return _KINDS[name]


def main() -> None:
    """Answer the cases on standard input."""
    cases = json.load(sys.stdin)
    # Some of the packages print, even when the interpreter ends.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    found: dict[str, Any] = {}
    for name, (package, make) in PEERS.items():
        try:
            found[name] = {"version": version(package), "prompts": make(cases)}
        except ImportError as error:
            found[name] = {"missing": f"{package}: {error}"}
        except Exception as error:  # A release may have moved what is read here; the others can be counted.
            found[name] = {"missing": f"{package} is another release than expected: {error!r}"}
    with answer:
        json.dump(found, answer)


if __name__ == "__main__":
    main()
