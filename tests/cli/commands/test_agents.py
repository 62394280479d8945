"""`callsheet agents`: capabilities, effects, contracts, and who offers them."""

from __future__ import annotations

import json

from callsheet.agents.contracts.capability import Capability
from callsheet.cli.text.contract import contract_text
from tests.cli.conftest import Invoke


def test_every_capability_is_listed_with_its_contract(invoke: Invoke) -> None:
    """Name, effect, inputs, outputs and agents of a capability stand together, built-in or one's own."""
    done = invoke("agents")
    assert done.exit_code == 0
    assert "send (irreversible): " in done.stdout
    assert "write_file (write): " in done.stdout
    assert "  text: string -> result: string\n  provided by shout\n" in done.stdout


def test_no_builtin_leaves_ones_own(invoke: Invoke) -> None:
    """--no-builtin leaves only the agents that one brought along."""
    document = json.loads(invoke("agents", "--no-builtin", "--json").stdout)
    assert [each["name"] for each in document["capabilities"]] == ["linger", "refuse", "send", "shout"]
    assert document["capabilities"][3]["agents"] == ["shout"]
    assert document["capabilities"][3]["output_schema"]["type"] == "object"


def test_an_agents_flag_replaces_the_configured_ones(invoke: Invoke, tmp_path: object) -> None:
    """A flag wins over callsheet.toml; what is wrong with it ends with 2."""
    done = invoke("agents", "--agents", "gone.py")
    assert done.exit_code == 2
    assert "gone.py" in done.stderr


def test_contracts_read_like_signatures() -> None:
    """Kinds are in words, optional inputs have a question mark, choices are listed."""
    capability = Capability(
        name="try_it",
        description="Try",
        input_schema={
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "mode": {"enum": ["a", "b"]},
                "any": {},
            },
            "required": ["path"],
        },
        output_schema={
            "type": "object",
            "properties": {"ok": {"type": ["boolean", "null"]}},
            "required": ["ok"],
        },
    )
    assert contract_text(capability) == (
        "path: string, limit?: integer or null, tags?: list of string, mode?: a | b, any?: anything"
        " -> ok: boolean or null"
    )
