"""The agents of a replay: stand-ins for the recorded ones, and today's for what is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.errors import Permanent, UnknownCapability
from callsheet.agents.registry import Registry
from callsheet.agents.spending.demand import Demand, demand_of
from callsheet.agents.spending.terms import FREE, Terms, terms_of
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.liveness import Liveness


class RecordedAgent:
    """Stands in for an agent of a recorded run: it has the same contracts and terms, and does nothing."""

    isolation = Isolation.LOOP

    def __init__(
        self,
        name: str,
        capabilities: Sequence[Capability],
        terms: Terms,
        demand: Demand | None,
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self.terms = terms
        self.demand = demand

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Never called: the runner of a replay has the recorded outcome. Raises Permanent."""
        raise Permanent(f"{self.name} only stands in for an agent of a recorded run")


class RecordedTeam:
    """The agents of a replay: the recorded ones, with their recorded contracts; and if the planner is live,
    today's contracts for the capabilities that are live.

    Raises UnknownCapability if no agent of today provides a capability that is to be live.
    """

    def __init__(self, recording: Recording, today: Registry | None, live: Liveness) -> None:
        self._today = today
        if today is not None:
            for name in live.capabilities:
                today.capability(name)
        elif live.capabilities:
            raise UnknownCapability(min(live.capabilities), ())
        contracts = {each.name: each for each in recording.capabilities}
        stand_ins: dict[str, RecordedAgent] = {}
        for agent in recording.equipped.agents:
            offers = [contracts[name] for name in agent.capabilities if not _is_todays(contracts[name], live)]
            if offers:
                stand_ins[agent.name] = RecordedAgent(agent.name, offers, agent.terms or FREE, agent.demand)
        for performer in () if today is None else today.agents:
            live_offers = [each for each in performer.capabilities if _is_todays(each, live)]
            if not live_offers:
                continue
            stand_in = stand_ins.get(performer.name)
            if stand_in is None:
                stand_ins[performer.name] = RecordedAgent(
                    performer.name, live_offers, terms_of(performer), demand_of(performer)
                )
            else:
                stand_in.capabilities = (*stand_in.capabilities, *live_offers)
        self.registry = Registry(stand_ins.values())

    def today(self, agent: str, capability: str) -> Agent | None:
        """The agent that does this work today: the one of that name, else the first that offers it."""
        if self._today is None or capability not in self._today.capabilities:
            return None
        offers = self._today.agents_for(capability)
        return next((each for each in offers if each.name == agent), offers[0])


def _is_todays(capability: Capability, live: Liveness) -> bool:
    """Whether the planner is shown today's contract."""
    return live.replans and live.has(capability.name, capability.effect)
