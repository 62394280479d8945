"""The fixture `scripted_model`."""

from __future__ import annotations

from .conftest import Project

pytest_plugins = ["pytester"]


def test_a_script_is_to_be_used_up(project: Project) -> None:
    """A test passes where every turn was asked for, and fails where one is left over; a text is one turn."""
    result = project.test("""
from callsheet.agents.models.chat import ChatRequest, Message

async def ask(model, text="Go on"):
    request = ChatRequest((Message("user", text),))
    return "".join([chunk.text async for chunk in model.stream(request)])

async def test_used_up(scripted_model):
    model = scripted_model(["one", "two"], name="small")
    assert [await ask(model), await ask(model)] == ["one", "two"]
    assert await ask(scripted_model("a whole text")) == "a whole text"

async def test_left_over(scripted_model):
    await ask(scripted_model(["one", "two"]))
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["1 turns of scripted were not used*'two'*", "FAILED *::test_left_over*"])


def test_a_question_without_a_turn_fails_the_test(project: Project) -> None:
    """Also where the code in between swallowed the error."""
    result = project.test("""
from callsheet.agents.models.chat import ChatRequest, Message

async def test_shop(scripted_model):
    try:
        async for _ in scripted_model().stream(ChatRequest((Message("user", "Anybody there?"),))):
            pass
    except callsheet.CallsheetError:
        pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no turn of the script answers this request*'Anybody there?'*"])


def test_a_test_that_failed_is_told_by_its_own_failure(project: Project) -> None:
    """Turns that are left over then are not news."""
    result = project.test("""
def test_shop(scripted_model):
    scripted_model(["never asked for"])
    assert 1 == 2
""")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*were not used*")
