"""What the tokens of a model cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.models.chat import Usage
from callsheet.agents.spending.errors import PriceError
from callsheet.agents.spending.prices import Price, Prices
from callsheet.agents.spending.terms import Terms

AT = 1_790_000_000.0
USAGE = Usage(input_tokens=1_000_000, output_tokens=100_000, cached_tokens=400_000)


def test_the_users_own_table_comes_first() -> None:
    """Over what is published, and for a local model too, whose power the user may want to count."""
    prices = Prices.from_table(
        {"openai/gpt-5": {"input": 1, "cached": 0.1, "output": 10}, "local/*": {"input": 0.5, "output": 0}}
    )
    assert prices.cost("openai/gpt-5", USAGE, AT) == Decimal("0.6") + Decimal("0.04") + Decimal(1)
    assert prices.cost("local/qwen", USAGE, AT) == Decimal("0.5")


def test_names_come_before_patterns_and_patterns_in_their_order() -> None:
    """With or without what stands before the slash."""
    prices = Prices.from_table(
        {
            "gpt-*": {"input": 1, "output": 0},
            "*": {"input": 2, "output": 0},
            "gpt-5": {"input": 3, "output": 0},
        }
    )
    costs = [
        prices.cost(name, Usage(1_000_000), AT)
        for name in ("openai/gpt-5", "gpt-5", "openai/gpt-5-mini", "scripted")
    ]
    assert costs == [3, 3, 1, 2]


def test_published_prices_hold_for_a_provider_that_is_named() -> None:
    """What is cached costs less than what is not, and answers cost more."""
    prices = Prices()
    fresh = prices.cost("openai/gpt-4o-mini", Usage(input_tokens=1_000_000), AT)
    cached = prices.cost("openai/gpt-4o-mini", Usage(1_000_000, cached_tokens=1_000_000), AT)
    answer = prices.cost("openai/gpt-4o-mini", Usage(output_tokens=1_000_000), AT)
    assert fresh and cached and answer
    assert 0 < cached < fresh < answer


@pytest.mark.parametrize("model", ["scripted", "gpt-5", "openai/no-such-model", "nobody/gpt-5", "openai/"])
def test_a_price_that_nobody_knows_is_not_guessed(model: str) -> None:
    """None for an unknown model, an unknown provider, and for a name without its provider."""
    assert Prices().cost(model, USAGE, AT) is None


def test_the_server_decides_what_an_openai_name_costs() -> None:
    """The same name costs something else elsewhere, and on an unknown server the price is unknown."""
    assert Prices(server="https://api.openai.com/v1").cost("openai/gpt-5", USAGE, AT) == Prices().cost(
        "openai/gpt-5", USAGE, AT
    )
    assert Prices(server="http://127.0.0.1:8000/v1").cost("openai/gpt-5", USAGE, AT) is None
    assert Prices(server="https://openrouter.ai/api/v1").cost("openai/openai/gpt-5", USAGE, AT)


def test_a_local_model_costs_nothing() -> None:
    """And so does a call that used no tokens, whatever the model."""
    assert Prices().cost("local/qwen2.5-coder-1.5b", USAGE, AT) == 0
    assert Prices().cost("scripted", Usage(), AT) == 0


@given(st.integers(-5, 10**7), st.integers(-5, 10**7), st.integers(-5, 10**7))
def test_every_usage_has_a_cost_that_is_not_below_nothing(asked: int, answered: int, cached: int) -> None:
    """For every usage that a provider may report, sound or not."""
    usage = Usage(asked, answered, cached)
    for model in ("openai/gpt-5", "local/x", "own"):
        cost = Prices({"own": Price(Decimal(2), Decimal(8), Decimal("0.5"))}).cost(model, usage, AT)
        assert cost is not None and cost >= 0


def test_an_agent_with_token_prices_of_its_own_charges_these() -> None:
    """Instead of the model's; one without charges the model's."""
    prices = Prices.from_table({"m": {"input": 1, "output": 1}})
    assert prices.charge("m", USAGE, AT, Terms(price=5.0)) == Decimal("1.1")
    assert prices.charge("m", USAGE, AT, Terms(input_price=0.1, output_price=0.2)) == Decimal("0.12")
    assert prices.charge("unknown", USAGE, AT, Terms(input_price=0.1)) == Decimal("0.1")


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"input": 1}, "'output' is missing"),
        ({"input": 1, "output": 2, "outptu": 3}, "'outptu' is not an entry"),
        ({"input": -1, "output": 2}, "input is -1"),
        ({"input": "dear", "output": 2}, "input is 'dear'"),
        ({"input": True, "output": 2}, "input is True"),
        ({"input": 1, "output": float("nan")}, "output is nan"),
    ],
)
def test_an_entry_that_is_no_price_is_refused(entry: Mapping[str, object], problem: str) -> None:
    """The error names the model and what is wrong, and shows how to write it."""
    with pytest.raises(PriceError, match=problem) as caught:
        Prices.from_table({"openai/x": entry})
    assert "the price of 'openai/x'" in str(caught.value) and "input = 1.25" in str(caught.value)


@pytest.mark.slow
def test_published_prices_are_loaded_only_where_they_are_needed() -> None:
    """Not on import, and not for a local model or one in the user's table."""
    code = (
        "import sys\n"
        "from callsheet.agents.models.chat import Usage\n"
        "from callsheet.agents.spending.prices import Prices\n"
        "prices = Prices.from_table({'own': {'input': 1, 'output': 1}})\n"
        "prices.cost('own', Usage(1, 1), 0.0), prices.cost('local/x', Usage(1, 1), 0.0)\n"
        "sys.exit('genai_prices' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
