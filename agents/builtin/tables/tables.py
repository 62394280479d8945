"""The agent that answers questions about a CSV file, its question turned into a checked query."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field, JsonValue

from callsheet.agents.agent import Context
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Permanent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.llm.model_call import MAX_REPAIRS, ask_object, need_model
from callsheet.agents.spending.demand import Demand
from callsheet.prompts.cleaning import clean
from callsheet.prompts.render import render

from .answer import answer
from .query import query_schema, read_query
from .summary import describe_columns
from .table import MAX_BYTES, Table, read_table

_MAX_TOKENS = 700


class TableResult(BaseModel):
    """What `analyze_table` gives."""

    answer: Annotated[str, Field(description="what was computed, and the result as text")]
    rows: Annotated[list[dict[str, JsonValue]], Field(description="the result, one object a row")]
    columns: Annotated[list[str], Field(description="the names of the result's columns")]
    query: Annotated[str, Field(description="what was computed, in words")]


@agent(
    effect=Effect.READ,
    main_output="answer",
    timeout_seconds=300.0,
    demand=Demand.of_calls(1 + MAX_REPAIRS, _MAX_TOKENS),
)
async def analyze_table(path: str, question: str, context: Context) -> TableResult:
    """answer a question about a CSV file with totals, averages, counts, filters or rankings

    Args:
        path: the CSV file's name in the workspace, such as sales.csv
        question: such as which region sold most in September
    """
    model = need_model("analyze_table", context.model)
    if not question.strip():
        raise Permanent("analyze_table was given no question; say what to find out about the table")
    # Reading and computing take seconds for a large table, and must not hold up the event loop.
    table = await asyncio.to_thread(_load, path, context)
    query = await ask_object(
        "analyze_table",
        model,
        _prompt(question, table),
        schema=query_schema(table),
        read=lambda document: read_query(document, table),
        max_tokens=_MAX_TOKENS,
    )
    found = await asyncio.to_thread(answer, query, table)
    return TableResult(
        answer=found.text, rows=list(found.rows), columns=list(found.columns), query=found.query
    )


def _load(path: str, context: Context) -> Table:
    return read_table(context.workspace.read_bytes(path, MAX_BYTES), path)


def _prompt(question: str, table: Table) -> str:
    return render(
        "agents/analyze_table",
        rows=table.frame.height,
        columns=describe_columns(table),
        question=" ".join(clean(question).split()),
    )
