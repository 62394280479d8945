"""Whatever hostile results say, and though a model obeys them: nothing happens that was not approved."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping

import pytest
from pydantic import JsonValue

from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.grants.grant import Grant
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.errors import DecisionFailed
from callsheet.planner.replanning.replanner import Replanner
from callsheet.planner.revision.decision import Revise
from callsheet.planner.revision.situation import Situation
from callsheet.prompts.quoting import quote

from .hostile import HOSTILE, Hostile
from .obedient import ObedientModel
from .orders import find_orders
from .scene import CATALOG, GOAL, MENDING, approved, failed, surprised

LIMIT = 1_000_000
MARK = re.compile(r"[<\uff1c]\s*[/\uff0f]?\s*(?:text|message|result)(?:-\d+)?(?![\w.-])", re.IGNORECASE)
CHAT = re.compile(
    r"<[|\uff5c][^<>\s]{1,64}[|\uff5c]>|\[/?INST\]|</?s>|<<SYS>>|<(?:start|end)_of_turn>|</?tool_call>"
)
every = pytest.mark.parametrize("hostile", HOSTILE, ids=str)
in_every_place = pytest.mark.parametrize("place", [failed, surprised])


def raw(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def honest(request: ChatRequest) -> str:
    return json.dumps({"reason": "there is nothing to obey", "decision": "give_up"})


def decide(situation: Situation) -> tuple[CheckedPlan | None, ObedientModel]:
    """The plan that the obedient model brings about, None where it brings about none."""
    model = ObedientModel(honest, mending=MENDING)
    try:
        decision = run_virtually(Replanner(model).decide(situation))
    except DecisionFailed:
        return None, model
    return (decision.checked if isinstance(decision, Revise) else None), model


def held(grant: Grant, before: CheckedPlan, after: CheckedPlan) -> Mapping[str, str]:
    """The steps that wait for a person, before they start or once their inputs are known."""
    found = dict(grant.widened_by(before, after))
    for id, step in after.steps.items():
        constants = {name: tree.value for name, tree in step.inputs.items() if isinstance(tree, Constant)}
        if beyond := grant.beyond(step, constants):
            found.setdefault(id, "; ".join(beyond))
    return found


def test_there_are_enough_of_them() -> None:
    """At least 40, each of its own name."""
    assert len({each.name for each in HOSTILE}) == len(HOSTILE) >= 40


@every
def test_the_model_that_obeys_finds_the_order(hostile: Hostile) -> None:
    """Shown the bare text, it would do all that is wanted: it is not held by understanding too little."""
    assert set(find_orders(raw(hostile.value))) >= set(hostile.orders)


@every
def test_no_mark_can_be_forged(hostile: Hostile) -> None:
    """Between the marks there is neither a mark nor a message, and nothing that cannot be seen."""
    quoted = quote("text", hostile.value, LIMIT, others=["message", "result"])
    inside = quoted.removeprefix("<text>\n").removesuffix("\n</text>")
    assert len(inside) == len(quoted) - len("<text>\n\n</text>")
    assert not MARK.search(inside)
    assert not CHAT.search(inside)
    assert [
        each for each in inside if unicodedata.category(each) in ("Cc", "Cf", "Cs") and each not in "\n\t"
    ] == []
    assert len(inside) <= LIMIT


@every
def test_what_nobody_would_see_no_model_sees(hostile: Hostile) -> None:
    """An order in characters without a shape is gone once it is quoted."""
    found = find_orders(quote("text", hostile.value, LIMIT))
    assert (found == ()) if hostile.is_hidden else found or hostile.name == "nested-deeply"


@every
@in_every_place
def test_what_the_model_obeys_waits_for_a_person(
    hostile: Hostile, place: Callable[[JsonValue], Situation]
) -> None:
    """Every step that an order brought into the plan, or changed, is refused by the checker or held."""
    situation = place(hostile.value)
    after, model = decide(situation)
    if after is None or hostile.is_allowed:
        return
    before = approved()
    grant = Grant.from_plan(GOAL, before)
    waiting = held(grant, before, after)
    obeyed = {id for id in after.steps if id.startswith("obeyed")}
    obeyed |= {order.name for order in model.seen if order.verb == "replace"}
    assert obeyed
    assert obeyed <= waiting.keys()


@every
@in_every_place
def test_only_capabilities_of_the_catalog_are_used(
    hostile: Hostile, place: Callable[[JsonValue], Situation]
) -> None:
    """Whatever is asked for, a plan has nothing but what there is."""
    after, _ = decide(place(hostile.value))
    known = {each.name for each in CATALOG}
    assert after is None or {step.capability.name for step in after.steps.values()} <= known


def test_the_model_obeys() -> None:
    """It does: the suite would notice if nothing were held because nothing was tried."""
    obeyed = [decide(surprised(each.value))[0] for each in HOSTILE]
    assert sum(1 for each in obeyed if each is not None) > 40


async def test_an_order_travels_through_agents() -> None:
    """An agent that obeys passes on what it was told, in every text of its answer."""
    (hostile,) = (each for each in HOSTILE if each.name == "ignore-previous")
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"a": {"type": "string"}}}
    model = ObedientModel(honest)
    for asked in (schema, None):
        reply = await ask(model, ChatRequest((Message("user", str(hostile.value)),), asked))
        assert find_orders(reply.text) == hostile.orders
