"""Whatever stands at a resource: it is read, or it is in quarantine with a reason, and nothing is raised."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.burst import Burst
from drivers.coap.client.build import build_host
from drivers.coap.client.reading import ResourceReader
from drivers.coap.client.schema import HostTable
from drivers.senml import Limits
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City

LAMP = Device("lamp", "lamp", DeviceKind.LIGHT, "own", address="coap://10.0.0.5:5683")
NAMED = {"names": {"x/level": "level", "power": "power"}}
FIELDS = {"fields": [{"field": "level", "metric": "level"}]}
TABLES = {
    "text": {"fields": [{"metric": "level"}]},
    "json": FIELDS,
    "cbor": FIELDS | {"events": [{"field": "fault", "type": "lampFailure", "active": {"true": True}}]},
    "senml": {},
    "named": NAMED,
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["n", "bn", "v", "u", "bt", "t", "level", "fault", 0, 2, -2, -3]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


def reader(form: str) -> ResourceReader:
    table = {"path": "a", "format": "senml" if form == "named" else form} | TABLES[form]
    made = build_host("own", HostTable.model_validate({"title": "t", "kinds": ["light"], "resources": [table]}))
    return ResourceReader(made.resources[0], City(devices=[LAMP]), Limits(), ZoneInfo("UTC"))


@pytest.mark.parametrize("form", TABLES)
@given(raw=st.binary(max_size=60) | VALUES.map(cbor2.dumps) | st.text(max_size=20).map(str.encode))
def test_anything_is_read_or_refused(form: str, raw: bytes) -> None:
    burst = Burst()
    _READERS[form].read(raw, LAMP, "coap://10.0.0.5:5683/a", 1_763_750_000.0, burst)
    assert all(0 <= light.level <= 100 for light in burst.lights)
    assert all(each.reason and each.raw == raw for each in burst.rejected)


_READERS = {form: reader(form) for form in TABLES}
