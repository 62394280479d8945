"""The dependencies between steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.plan.graph import Node, find_cycles, needed_for, order, skippable
from callsheet.planner.plan.plan import Join

NAMES = "abcdefgh"


def graph(text: str) -> dict[str, Node]:
    """`b:a c?:ab d:bc:any` is a graph: its steps, `?` where fickle, what they depend on, and the join."""
    nodes: dict[str, Node] = {}
    for word in text.split():
        name, needs, join = f"{word}::all".split(":")[:3] if word.count(":") < 2 else word.split(":")
        nodes[name.rstrip("?")] = Node(tuple(needs), Join(join or "all"), name.endswith("?"))
    return nodes


@st.composite
def graphs(draw: st.DrawFn, *, cyclic: bool) -> dict[str, Node]:
    """A random graph; where it may not be cyclic, each step depends on earlier ones only."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    return {
        name: Node(
            tuple(
                draw(st.lists(st.sampled_from(names if cyclic else names[:at]), unique=True))
                if at or cyclic
                else ()
            ),
            draw(st.sampled_from(Join)),
            draw(st.booleans()),
        )
        for at, name in enumerate(names)
    }


def reaches(nodes: dict[str, Node], start: str, end: str) -> bool:
    """Whether a way of one step or more leads from start to end."""
    return end in needed_for(nodes, nodes[start].dependencies)


def test_cycles_are_named_in_full() -> None:
    """Every group of steps that wait for each other is one way round, beginning with its first step."""
    assert find_cycles(graph("a:c b:a c:b d:d e:a")) == [["a", "c", "b"], ["d"]]
    assert find_cycles(graph("a b:a c:ab")) == []


@given(graphs(cyclic=True))
def test_cycles(nodes: dict[str, Node]) -> None:
    """For every graph: a cycle is a real way round, and each step that waits for itself waits for one."""
    cycles = find_cycles(nodes)
    for cycle in cycles:
        assert len(set(cycle)) == len(cycle)
        for step, waited_for in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert waited_for in nodes[step].dependencies
    for name in nodes:
        if reaches(nodes, name, name):
            assert any(reaches(nodes, name, cycle[0]) and reaches(nodes, cycle[0], name) for cycle in cycles)


@given(graphs(cyclic=False))
def test_order(nodes: dict[str, Node]) -> None:
    """For every graph without cycles, each step stands behind what it depends on, once."""
    found = order(nodes)
    assert sorted(found) == sorted(nodes)
    for name, node in nodes.items():
        assert all(found.index(each) < found.index(name) for each in node.dependencies)


@given(graphs(cyclic=False), st.data())
def test_skippable(nodes: dict[str, Node], data: st.DataObject) -> None:
    """For every graph, and whatever becomes of the fickle steps: a step that ends without a result was
    named as one that may."""
    named = skippable(nodes)
    done: set[str] = set()
    for name in order(nodes):
        node = nodes[name]
        completed = [each in done for each in node.dependencies]
        met = {Join.ALL: all(completed), Join.ANY: any(completed) or not completed, Join.DONE: True}
        if met[node.join] and not (node.fickle and data.draw(st.booleans())):
            done.add(name)
        else:
            assert name in named


def test_what_a_skip_reaches() -> None:
    """`all` is lost with one dependency, `any` with all of them, `done` never."""
    assert skippable(graph("a? b c:ab d:ab:any e:a:any f:a:done g:c")) == {"a", "c", "e", "g"}


def test_a_long_chain_is_no_recursion() -> None:
    """Graphs are as deep as they like."""
    nodes = {"s0": Node(("s49999",), Join.ALL, False)}
    nodes |= {f"s{at}": Node((f"s{at - 1}",), Join.ALL, False) for at in range(1, 50_000)}
    (cycle,) = find_cycles(nodes)
    assert len(cycle) == 50_000
    nodes["s0"] = Node((), Join.ALL, True)
    assert len(skippable(nodes)) == 50_000
