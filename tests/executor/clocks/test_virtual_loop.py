"""The loop whose time leaps."""

from __future__ import annotations

import asyncio
import threading

import pytest

from callsheet.executor.clocks.virtual_loop import EPOCH, VirtualClock, held_time, outside_work, run_virtually


def test_sleeping_moves_the_clock() -> None:
    """Sleeps overlap, and the clock says how long they took."""

    async def main() -> float:
        await asyncio.gather(asyncio.sleep(10), asyncio.sleep(86_400 * 365), asyncio.sleep(20))
        return VirtualClock().now()

    assert run_virtually(main()) == pytest.approx(EPOCH + 86_400 * 365)


def test_timeouts_are_virtual_too() -> None:
    """`asyncio.timeout` fires when its virtual time has come."""

    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(3600)


def test_timers_fire_in_order() -> None:
    """However they were set, and with all that happens in between."""

    async def main() -> list[int]:
        seen: list[int] = []

        async def note(after: int) -> None:
            await asyncio.sleep(after)
            seen.append(after)

        await asyncio.gather(*(note(after) for after in (5, 1, 3, 2, 4)))
        return seen

    assert run_virtually(main()) == [1, 2, 3, 4, 5]


def test_a_thread_is_waited_for_and_time_does_not_leap_past_it() -> None:
    """A timeout of an hour does not strike while a function is at work."""
    go_on = threading.Event()

    async def main() -> bool:
        asyncio.get_running_loop().call_soon(go_on.set)
        async with asyncio.timeout(3600):
            return await asyncio.to_thread(go_on.wait, 30)

    assert run_virtually(main())


def test_time_passes_as_on_the_wall_while_something_outside_is_waited_for() -> None:
    """A timeout strikes during outside work that never ends."""

    async def main() -> float:
        with pytest.raises(TimeoutError), outside_work():
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(0.01, abs=1e-4)


def test_time_stands_still_while_it_is_held() -> None:
    """What is written takes no virtual time, whatever timers wait."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        sleeping = asyncio.create_task(asyncio.sleep(1))
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(written.set_result, None))
        with held_time():
            thread.start()
            await written
        now = loop.time()
        thread.join()
        sleeping.cancel()
        return now

    assert run_virtually(main()) == 0.0


async def test_on_an_ordinary_loop_nothing_is_different() -> None:
    """The same code runs in production."""
    with outside_work(), held_time():
        await asyncio.sleep(0)
