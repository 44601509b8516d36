"""What the API takes and shows keeps its promises: models round-trip, answers fit their description."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from hub.api.schemas.common import PlainText, Slug
from hub.api.schemas.orders import CommandShown, OverrideIn, OverrideShown, TargetShown
from hub.api.schemas.places import DeviceIn, DevicePatch, DeviceShown, ZoneIn, ZoneShown
from hub.api.schemas.quarantine import RejectedShown
from hub.api.views import things
from hub.control.board import Counts
from hub.model.commands import Command, CommandState, Operation, Outcome, Target
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.ids import SLUG
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.zones import Location, Zone
from hub.registry import QuarantineRow

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=100)
LOCATIONS = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))
POSITIONS = st.none() | st.fixed_dictionaries({"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)})
TIMES = st.floats(0, 7e9)
ZONES_IN = st.fixed_dictionaries(
    {"id": SLUGS, "name": TEXT, "kind": SLUGS},
    optional={
        "parent": st.none() | SLUGS,
        "location": POSITIONS,
        "path": st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(list), max_size=5),
    },
)
DEVICES_IN = st.fixed_dictionaries(
    {"id": SLUGS, "kind": st.sampled_from([kind.value for kind in DeviceKind])},
    optional={
        "name": TEXT,
        "profile": SLUGS,
        "zone": st.none() | SLUGS,
        "location": POSITIONS,
        "rated_power": st.none() | st.floats(0, 1e7),
        "address": st.none() | TEXT.filter(bool),
        "status": st.sampled_from([status.value for status in DeviceStatus]),
    },
)
OVERRIDES_IN = st.fixed_dictionaries(
    {"level": st.floats(0, 100) | st.integers(0, 100)},
    optional={
        "zones": st.lists(SLUGS, max_size=5),
        "devices": st.lists(SLUGS, max_size=5),
        "ramp": st.floats(0, 3600),
        "reason": TEXT,
        "until": st.datetimes(timezones=st.timezones())
        .map(lambda moment: moment.isoformat())
        .filter(lambda text: "1970" < text < "2199" and len(text.rsplit("+", 1)[-1].rsplit("-", 1)[-1]) == 5),
        "for": st.sampled_from(["PT2H", "15m", "P1DT1H"]),
    },
)


def _round_trip(model: type[BaseModel], sent: dict[str, Any]) -> None:
    read = model.model_validate(sent)
    text = read.model_dump_json(by_alias=True)
    assert model.model_validate_json(text) == read
    again = msgspec.json.decode(text)
    assert {name: again[name] for name in sent} == msgspec.json.decode(msgspec.json.encode(sent))


@given(ZONES_IN)
def test_zones_round_trip(sent: dict[str, Any]) -> None:
    _round_trip(ZoneIn, sent)


@given(DEVICES_IN)
def test_devices_round_trip(sent: dict[str, Any]) -> None:
    _round_trip(DeviceIn, sent)


@given(OVERRIDES_IN)
def test_overrides_round_trip(sent: dict[str, Any]) -> None:
    _round_trip(OverrideIn, sent)


def _fits(model: type[BaseModel], shown: things.Json) -> None:
    body = msgspec.json.encode(shown)
    read = model.model_validate_json(body)
    assert msgspec.json.decode(read.model_dump_json()) == msgspec.json.decode(body)


@given(
    st.builds(
        Zone, SLUGS, TEXT, SLUGS, st.none() | SLUGS, st.none() | LOCATIONS, st.lists(LOCATIONS, max_size=4).map(tuple)
    )
)
def test_zones_are_shown_as_described(zone: Zone) -> None:
    _fits(ZoneShown, things.zone(zone, Counts(4, 3, 2, 1)))


@given(st.builds(Device, SLUGS, TEXT, st.sampled_from(DeviceKind), SLUGS, st.none() | SLUGS, st.none() | LOCATIONS))
def test_devices_are_shown_as_described(device: Device) -> None:
    _fits(DeviceShown, things.device(device))


@given(
    st.builds(
        Command,
        SLUGS,
        st.sampled_from(Operation),
        TIMES,
        SLUGS,
        TIMES,
        st.none() | st.floats(0, 100),
        st.just(5.0),
        st.none() | TIMES,
        st.none() | SLUGS,
        st.sampled_from(CommandState),
    ),
    st.dictionaries(st.sampled_from(Outcome), st.integers(0, 10**6)),
)
def test_commands_are_shown_as_described(command: Command, outcomes: dict[Outcome, int]) -> None:
    shown = things.command(command, outcomes)
    _fits(CommandShown, shown)
    assert shown["targets"] == sum(shown["outcomes"].values()) and len(shown["outcomes"]) == len(Outcome)


@given(st.builds(Target, SLUGS, st.sampled_from(Outcome), TEXT, TIMES))
def test_targets_are_shown_as_described(target: Target) -> None:
    _fits(TargetShown, things.target(target))


@given(
    st.builds(
        Override,
        SLUGS,
        st.floats(0, 100),
        st.floats(0, 60),
        TIMES,
        TIMES,
        TEXT,
        SLUGS,
        SLUGS,
        st.just(("a",)),
        st.just(()),
        st.sampled_from(Cause),
        st.none() | TIMES,
    ),
    TIMES,
)
def test_overrides_are_shown_as_described(override: Override, now: float) -> None:
    shown = things.override(override, 3, now)
    _fits(OverrideShown, shown)
    assert (shown["ended"] is None) == (override.ended is None and now < override.until)


@given(st.binary(max_size=400))
def test_any_rejected_bytes_can_be_shown(raw: bytes) -> None:
    row = QuarantineRow(1, time.time(), "ll/d/x", None, "bad-json", "send JSON", len(raw), raw)
    shown = things.rejected(row)
    _fits(RejectedShown, shown)
    assert len(shown["preview"]) <= 122


@given(st.text(max_size=70))
def test_slugs_are_exactly_the_models_slugs(text: str) -> None:
    try:
        TypeAdapter(Slug).validate_python(text)
        taken = True
    except ValidationError:
        taken = False
    assert taken == bool(SLUG.fullmatch(text))


@pytest.mark.parametrize("text", ["a\0b", "\x1b[31m", "\x7f", "half \ud800"])
def test_text_that_a_screen_or_a_database_would_choke_on_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PlainText).validate_python(text)


def test_a_patch_knows_what_was_written() -> None:
    assert DevicePatch.model_validate({"zone": None}).model_fields_set == {"zone"}
    with pytest.raises(ValidationError, match="cannot be null"):
        DevicePatch.model_validate({"status": None})
