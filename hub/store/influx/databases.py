"""The databases (1.x, 3.x) or buckets (2.x) of the hub: made at first contact, with the retention that the settings say.

What the hub made is kept to the settings (3.x cannot change a retention: that is said once). What people made is theirs: it is
used as it is, and a retention that differs is said once.
"""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from hub.ports import StoreUnavailable, Tier
from hub.store.influx.access import Flavour, InfluxAccess
from hub.store.influx.asking import Asker, Refused
from hub.store.influx.http import Connection, Forbidden, message
from hub.store.influx.influxql import quoted

log = structlog.get_logger("lamplighter.store")

POLICY = "lamplighter"  # the retention policy (1.x) or the bucket's description (2.x) that says: the hub made this
DAY = 86_400
_SHARDS = {
    None: 7,
    Tier.QUARTER: 28,
    Tier.HOUR: 364,
    Tier.DAY: 3640,
}  # days in one shard group: what dropping frees at once
_UNITS = {"h": 3600, "m": 60, "s": 1}


def prepare(flavour: Flavour, connection: Connection, asker: Asker) -> None:
    """Make what is missing and mend what differs; raises StoreUnavailable."""
    match flavour:
        case Flavour.V1:
            _prepare_1(connection.access, asker)
        case Flavour.V2:
            _prepare_2(connection)
        case Flavour.V3:
            _prepare_3(connection)
        case Flavour.VICTORIA:
            return  # one store for all, with the retention of its command line


# --- 1.x -----------------------------------------------------------------------------------------------------------


def _prepare_1(access: InfluxAccess, asker: Asker) -> None:
    known = {row["name"] for row in asker.rows("SHOW DATABASES")}
    for tier, name in access.homes().items():
        keep = _seconds(access, tier)
        shard = _shard_seconds(tier, keep)
        wanted = f"DURATION {f'{keep}s' if keep else 'INF'} REPLICATION 1 SHARD DURATION {shard}s"
        if name not in known:
            try:
                asker.do(f"CREATE DATABASE {quoted(name)} WITH {wanted} NAME {quoted(POLICY)}")
            except (Refused, Forbidden) as error:
                raise StoreUnavailable(
                    f"the database {name} does not exist and the hub's account may not make it ({error}): "
                    "make it yourself, or give the account ALL PRIVILEGES"
                ) from error
            log.info("made an InfluxDB database", database=name, days=keep / DAY if keep else "for ever")
            continue
        for policy in asker.rows(f"SHOW RETENTION POLICIES ON {quoted(name)}"):
            if not policy["default"]:
                continue
            there, group = _duration(policy["duration"]), _duration(policy["shardGroupDuration"])
            if policy["name"] != POLICY:
                if there != keep:
                    _say_differs(name, there, keep)
            elif (there, group) != (keep, shard):
                asker.do(f"ALTER RETENTION POLICY {quoted(POLICY)} ON {quoted(name)} {wanted}")
                log.info(
                    "changed the retention of an InfluxDB database",
                    database=name,
                    days=keep / DAY if keep else "for ever",
                )


def _duration(text: str) -> int:
    """`2160h0m0s` in seconds."""
    total, number = 0, ""
    for sign in text:
        if sign.isdigit():
            number += sign
        else:
            total, number = total + int(number) * _UNITS[sign], ""
    return total


# --- 2.x -----------------------------------------------------------------------------------------------------------


class _Rule(msgspec.Struct, rename="camel"):
    every_seconds: int = 0


class _Bucket(msgspec.Struct, rename="camel"):
    id: str
    name: str
    description: str = ""
    retention_rules: list[_Rule] = []


class _Buckets(msgspec.Struct):
    buckets: list[_Bucket] = []


class _Org(msgspec.Struct):
    id: str


class _Orgs(msgspec.Struct):
    orgs: list[_Org] = []


class _Mapping(msgspec.Struct):
    database: str = ""


class _Mappings(msgspec.Struct):
    content: list[_Mapping] = []


def _prepare_2(connection: Connection) -> None:
    access = connection.access
    orgs: list[_Org] = []
    for tier, name in access.homes().items():
        keep = _seconds(access, tier)
        rule = {"type": "expire", "everySeconds": keep, "shardGroupDurationSeconds": _shard_seconds(tier, keep)}
        answer = connection.get("/api/v2/buckets", {"org": access.org, "name": name})
        found = msgspec.json.decode(answer.body, type=_Buckets).buckets if answer.ok else []
        if not found:
            orgs = orgs or _organisation(connection)
            bucket = {"orgID": orgs[0].id, "name": name, "description": POLICY, "retentionRules": [rule]}
            made = _done(connection, "POST", "/api/v2/buckets", bucket, f"make the bucket {name}")
            _map(connection, orgs[0].id, msgspec.json.decode(made, type=_Bucket))
            log.info("made an InfluxDB bucket", bucket=name, days=keep / DAY if keep else "for ever")
            continue
        bucket_there = found[0]
        there = bucket_there.retention_rules[0].every_seconds if bucket_there.retention_rules else 0
        if there == keep:
            continue
        if bucket_there.description != POLICY:
            _say_differs(name, there, keep)
            continue
        change = {"retentionRules": [rule]}
        _done(
            connection,
            "PATCH",
            f"/api/v2/buckets/{bucket_there.id}",
            change,
            f"change the retention of the bucket {name}",
        )
        log.info("changed the retention of an InfluxDB bucket", bucket=name, days=keep / DAY if keep else "for ever")


def _organisation(connection: Connection) -> list[_Org]:
    org = connection.access.org
    answer = connection.get("/api/v2/orgs", {"org": org})
    orgs = msgspec.json.decode(answer.body, type=_Orgs).orgs if answer.ok else []
    if not orgs:
        raise StoreUnavailable(
            f"InfluxDB has no organisation {org!r} that the token may use: set influx.org to its name"
        )
    return orgs


def _map(connection: Connection, org: str, bucket: _Bucket) -> None:
    """Let InfluxQL find the bucket under its own name, where the server has not done so itself."""
    answer = connection.get("/api/v2/dbrps", {"orgID": org, "db": bucket.name})
    if answer.ok and msgspec.json.decode(answer.body, type=_Mappings).content:
        return
    mapping = {
        "bucketID": bucket.id, "orgID": org, "database": bucket.name, "retention_policy": "autogen", "default": True,
    }  # fmt: skip
    _done(connection, "POST", "/api/v2/dbrps", mapping, f"map the bucket {bucket.name} for InfluxQL")


# --- 3.x -----------------------------------------------------------------------------------------------------------


def _prepare_3(connection: Connection) -> None:
    access = connection.access
    answer = connection.get("/api/v3/configure/database", {"format": "json"})
    known = _names(answer.body) if answer.ok else set()
    for tier, name in access.homes().items():
        if name in known:
            continue
        keep = _seconds(access, tier)
        wanted = {"db": name} | ({"retention_period": f"{keep // DAY}d"} if keep else {})
        made = connection.send_json("POST", "/api/v3/configure/database", msgspec.json.encode(wanted))
        if made.ok:
            log.info("made an InfluxDB database", database=name, days=keep / DAY if keep else "for ever")
        elif made.status not in (404, 405, 409):  # 404, 405: a 3.x that makes databases as they are written to
            raise StoreUnavailable(f"InfluxDB cannot make the database {name}: {message(made)}")


def _names(body: bytes) -> set[str]:
    """Database names in the answer: a list of objects, of one member each (`iox::database`), or `{"databases": [...]}`."""
    held: Any = msgspec.json.decode(body)
    items = held.get("databases", []) if isinstance(held, dict) else held
    return {str(next(iter(item.values()))) if isinstance(item, dict) else str(item) for item in items if item}


def _done(connection: Connection, method: str, path: str, what: dict[str, Any], doing: str) -> bytes:
    answer = connection.send_json(method, path, msgspec.json.encode(what))
    if not answer.ok:
        raise StoreUnavailable(f"InfluxDB does not {doing}: {message(answer)}")
    return answer.body


def _seconds(access: InfluxAccess, tier: Tier | None) -> int:
    """How long to keep; 0 is for ever, as 2.x writes it."""
    return round(access.keep.get(tier, 0) * DAY)


def _shard_seconds(tier: Tier | None, keep: int) -> int:
    """A shard group's length: never longer than what is kept."""
    return min(_SHARDS[tier] * DAY, keep) if keep else _SHARDS[tier] * DAY


def _say_differs(name: str, there: int, wanted: int) -> None:
    log.warning(
        "an InfluxDB database that the hub did not make keeps data for another time than the settings say; it stays as it is",
        database=name, days=there / DAY if there else "for ever", settings=wanted / DAY if wanted else "for ever",
        to_do="change its retention yourself, or name a database that does not exist in influx.database",
    )  # fmt: skip
