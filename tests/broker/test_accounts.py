"""The set of device accounts as published is what the broker goes by, at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.broker import BrokerError, hash_secret, make_secret
from hub.ports import BrokerAccount
from tests.broker.house import SECRET, accounts, house, native


def test_a_changed_secret_cuts_the_old_session_and_nobody_else(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            kept = accounts(["lamp-1", "lamp-2"])
            await made.broker.publish(kept)
            hub, old, other = await made.hub(), await made.device("lamp-1"), await made.device("lamp-2")
            new = make_secret()
            await made.broker.publish({**kept, "lamp-1": BrokerAccount(hash_secret(new), native("lamp-1"))})
            old.cut()
            assert await asyncio.to_thread(made.client("lamp-1", SECRET).connect) != 0
            assert await asyncio.to_thread(made.client("lamp-1", new).connect) == 0
            assert hub.connected
            other.publish("ll/d/lamp-2/up/state", "still here")
            assert other.connected

    asyncio.run(play())


def test_a_removed_device_is_cut_and_a_new_one_let_in_on_return(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            kept = accounts(["lamp-1", "lamp-2"])
            await made.broker.publish(kept)
            gone = await made.device("lamp-1")
            await made.broker.publish({"lamp-2": kept["lamp-2"]})
            gone.cut()
            assert await asyncio.to_thread(made.client("lamp-1", SECRET).connect) != 0
            await made.broker.publish(kept)
            await made.device("lamp-1")

    asyncio.run(play())


def test_calls_at_once_end_with_the_newest_set(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            everybody = accounts(f"lamp-{i}" for i in range(30))
            calls = [dict(list(everybody.items())[: i + 1]) for i in range(30)]
            await asyncio.gather(*(made.broker.publish(call) for call in calls))
            await made.device("lamp-29")

    asyncio.run(play())


def test_publishing_the_same_again_disturbs_nobody(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            same = accounts(["lamp-1"])
            await made.broker.publish(same)
            lamp = await made.device("lamp-1")
            await made.broker.publish(same)
            lamp.publish("ll/d/lamp-1/up/state", "still here")
            assert lamp.connected

    asyncio.run(play())


def test_ten_thousand_devices(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            many = accounts(f"lamp-{i}" for i in range(10_000))
            await made.broker.publish(many)
            first, last = await made.device("lamp-0"), await made.device("lamp-9999")
            del many["lamp-0"]
            await made.broker.publish(many)
            first.cut()
            last.publish("ll/d/lamp-9999/up/state", "still here")
            assert "10000" not in made.broker.health().detail
            assert "9999 device accounts" in made.broker.health().detail

    asyncio.run(play())


def test_accounts_published_while_the_broker_is_down_are_there_when_it_is_up(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            await asyncio.gather(made.killed(), made.broker.publish(accounts(["lamp-1"])))
            await made.device("lamp-1")

    asyncio.run(play())


def test_accounts_outlive_a_restart_of_the_broker(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            await made.killed()
            await made.device("lamp-1")

    asyncio.run(play())


def test_a_folder_that_can_no_longer_be_written_is_one_sentence(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            draft = made.settings.folder / "nats.new"
            draft.mkdir()
            with pytest.raises(BrokerError, match=r"nats\.conf cannot be written: Is a directory"):
                await made.broker.publish(accounts(["lamp-1"]))
            draft.rmdir()
            await made.broker.publish(accounts(["lamp-1"]))
            await made.device("lamp-1")

    asyncio.run(play())
