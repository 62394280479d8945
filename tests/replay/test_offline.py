"""Strict replays use no network, and no agent and no model of today."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatChunk, ChatRequest
from callsheet.agents.registry import Registry
from callsheet.prompts.render import render
from callsheet.recordings.network_guard import NetworkForbidden
from callsheet.recordings.replay import ReplayTerms, Team, replay

from .shop import Shop, live, recorded


def call_home() -> None:
    """Connect to somebody who is not there."""
    socket.create_connection(("127.0.0.1", 9), timeout=0.1).close()


def test_nobody_of_today_is_asked() -> None:
    """A team that is there to be compared does no work."""
    shop = Shop()
    replay(recorded(), ReplayTerms(team=shop.team())).assert_no_drift()
    assert not shop.done


def test_whatever_tries_to_use_the_network_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it happens in the middle of planning, and nobody hears of it."""
    recording = recorded()

    def leak(name: str, **words: object) -> str:
        with suppress(OSError, NetworkForbidden):
            call_home()
        return render(name, **words)

    monkeypatch.setattr("callsheet.planner.planning.prompt.render", leak)
    with pytest.raises(NetworkForbidden, match=r"127\.0\.0\.1"):
        replay(recording, ReplayTerms())


def test_who_is_live_may_use_it() -> None:
    """That is what live means."""
    tried: list[str] = []

    @agent(effect="read")
    async def stock(article: str) -> int:
        """Look up how many pieces of an article there are."""
        try:
            call_home()
        except ConnectionError:
            tried.append(article)
        return 12

    _, *others = Shop().agents()
    team = Team(Registry([stock, *others]))
    terms = live("stock")
    replay(recorded(), ReplayTerms(terms.live, team))
    assert tried


class Wire:
    """A model at the end of a wire."""

    name = "wire"
    context_tokens = 8_000

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Never asked."""
        call_home()
        yield ChatChunk("nobody")


def test_a_model_at_hand_is_not_asked() -> None:
    """Where nothing is live it is only there."""
    replay(recorded(), ReplayTerms(model=Wire())).assert_no_drift()
