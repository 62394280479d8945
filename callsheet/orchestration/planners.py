"""The planners of an orchestrator: for a first plan, for a revised one, and for one that is still being
written."""

from __future__ import annotations

from callsheet.agents.models.chat import ChatModel
from callsheet.executor.driver.planner_call import MakeDrafter, OnDraft
from callsheet.planner.catalog.shortlist import Shortlist, Shortlists
from callsheet.planner.planning.draft_reader import DraftReader
from callsheet.planner.planning.planner import Planner, default_format
from callsheet.planner.planning.streaming_planner import PlanWriter
from callsheet.planner.replanning.replanner import Replanner

from .equipment import Equipment
from .listeners import Watch

CATALOG_SHARE = 0.4
"""The share of a model's context that the catalog may take."""


class Planners:
    """Makes planners for a model, with the catalog, policy and format of an equipment."""

    def __init__(self, equipment: Equipment) -> None:
        self._registry = equipment.registry
        self._policy = equipment.policy
        self._format = equipment.wire_format
        self._shortlists: dict[int, Shortlists] = {}

    def planner(self, model: ChatModel) -> Planner:
        """Makes a plan for a goal."""
        shortlist = self._shortlist(model)
        return Planner(model, policy=self._policy, wire_format=self._format, shortlist=shortlist)

    def replanner(self, model: ChatModel) -> Replanner:
        """Decides how a run goes on."""
        shortlist = self._shortlist(model)
        return Replanner(model, policy=self._policy, wire_format=self._format, shortlist=shortlist)

    def drafter(self, goal: str, watch: Watch) -> MakeDrafter:
        """Makes the writer of a plan whose run starts meanwhile."""
        catalog = self._registry.catalog

        def make(model: ChatModel, tell: OnDraft) -> PlanWriter:
            wire_format = self._format or default_format(model)
            reader = DraftReader(wire_format, str(goal), catalog, self._policy)
            return PlanWriter(self.planner(model), goal, catalog, reader, tell, watch.on_progress)

        return make

    def _shortlist(self, model: ChatModel) -> Shortlist:
        """What a model is shown of the catalog: all of it, if that fits its share of the context."""
        tokens = int(model.context_tokens * CATALOG_SHARE)
        if tokens not in self._shortlists:
            self._shortlists[tokens] = Shortlists(tokens=tokens)
        return self._shortlists[tokens].of(self._registry.catalog)
