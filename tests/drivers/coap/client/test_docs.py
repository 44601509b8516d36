"""The page that tells how to add a device that hosts resources is right."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from drivers.coap.client.load import SHIPPED, load_hosts
from drivers.coap.client.schema import HostTable
from tests.drivers.coap.client.asking import asking, device
from tests.drivers.coap.client.lamp import Lamp
from tests.drivers.profiles.test_docs import PAGE, keys
from tests.servers.ports import free_udp_port

_WHOLE = (Path(__file__).parents[4] / "docs/devices.md").read_text("utf-8")
HOSTS = _WHOLE[_WHOLE.index("# Devices that host CoAP resources") : _WHOLE.index("# Devices that speak otherwise")]


def test_the_worked_example_works(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", HOSTS, re.DOTALL)
    assert found
    example = re.sub(r"^   ", "", found[1], flags=re.MULTILINE)

    async def scene() -> None:
        port = free_udp_port()
        holds = {"dim": b"128", "meter": b'{"e":{"total":18.25},"p":412}'}
        lamps = [device("lamp", f"coap://127.0.0.1:{port}", "park-lamp")]
        async with Lamp(holds).on(port) as lamp, asking(tmp_path, lamps, {"park-lamp": example}) as hub:
            await hub.until(lambda: hub.levels() and hub.values("energy"))
            assert round(hub.levels()[0], 1) == 50.2
            assert (hub.values("energy"), hub.values("power")) == ([18250.0], [41.2])
            await hub.order(60)
            assert lamp.written == [("dim", b"153", 0)]

    asyncio.run(scene())


def test_every_key_and_every_shipped_profile_is_documented() -> None:
    tables = "\n".join(line for page in (HOSTS, PAGE) for line in page.splitlines() if line.startswith("|"))
    code = " ".join(re.findall(r"`[^`]+`", tables))
    assert [key for key in sorted(set(keys(HostTable))) if not re.search(rf"\b{key}\b", code)] == []
    own = "\n".join(line for line in HOSTS.splitlines() if line.startswith("|"))
    for key in ("path", "observe", "every", "accept", "names", "method", "low", "high", "read_back", "within"):
        assert re.search(rf"\b{key}\b", own), key
    assert [name for name in load_hosts(SHIPPED) if f"`{name}`" not in HOSTS] == []
