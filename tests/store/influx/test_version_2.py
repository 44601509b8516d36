"""InfluxDB 2.x by its documented API: buckets, retention, InfluxQL mapping, writes and their refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.ports import RowsRefused, StoreUnavailable, Tier
from hub.store.influx import InfluxAccess, InfluxStore
from tests.store.influx.imitation import Imitation, Reply, Request, imitation
from tests.store.rows import MONDAY, row

DAY = 86_400
WRITE = "POST /api/v2/write"


class Buckets:
    """The buckets that there are, by name."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, object]] = {}

    def find(self, request: Request) -> Reply:
        found = self.held.get(request.parameters["name"])
        if found is None:
            return 404, {"code": "not found", "message": f'bucket "{request.parameters["name"]}" not found'}
        return 200, {"links": {}, "buckets": [found]}

    def make(self, request: Request) -> Reply:
        bucket = {**request.json, "id": f"id-{request.json['name']}"}
        self.held[bucket["name"]] = bucket
        return 201, bucket

    def change(self, request: Request) -> Reply:
        bucket = self.held[request.path.rsplit("id-", 1)[1]]
        bucket |= request.json
        return 200, bucket


@pytest.fixture
def buckets() -> Buckets:
    return Buckets()


@pytest.fixture
def server(buckets: Buckets) -> Iterator[Imitation]:
    answers = {
        "GET /ping": lambda request: (204, None),
        "GET /api/v2/orgs": lambda request: (200, {"orgs": [{"id": "0123", "name": request.parameters["org"]}]}),
        "GET /api/v2/buckets": buckets.find,
        "POST /api/v2/buckets": buckets.make,
        "GET /api/v2/dbrps": lambda request: (200, {"content": []}),
        "POST /api/v2/dbrps": lambda request: (201, {"id": "1"}),
        WRITE: lambda request: (204, None),
    }
    for name in ("lamplighter", *(f"lamplighter-{tier.value}" for tier in Tier)):
        answers[f"PATCH /api/v2/buckets/id-{name}"] = buckets.change
    with imitation(answers, X_Influxdb_Version="v2.7.12", X_Influxdb_Build="OSS") as running:
        yield running


def store_on(server: Imitation, days: float = 90, gzip: bool | None = None) -> InfluxStore:
    keep = {None: days, Tier.QUARTER: 400, Tier.HOUR: 1826}
    access = InfluxAccess(server.url, org="city", token="secret", keep=keep, gzip=gzip)
    return InfluxStore(access, lambda device: "ward-1", lambda: MONDAY)


def test_buckets_are_made_with_their_retention_and_mapped_for_influxql(server: Imitation) -> None:
    store = store_on(server)
    assert store.health().ok and "2.7.12" in store.health().detail
    made = {request.json["name"]: request.json for request in server.of("POST /api/v2/buckets")}
    kept = {name: bucket["retentionRules"][0]["everySeconds"] for name, bucket in made.items()}
    assert kept == {
        "lamplighter": 90 * DAY, "lamplighter-15m": 400 * DAY, "lamplighter-1h": 1826 * DAY, "lamplighter-1d": 0,
    }  # fmt: skip
    assert {bucket["orgID"] for bucket in made.values()} == {"0123"}
    mapped = [request.json for request in server.of("POST /api/v2/dbrps")]
    assert [(one["database"], one["bucketID"], one["default"]) for one in mapped] == [
        (name, f"id-{name}", True) for name in made
    ]
    assert all(request.headers["Authorization"] == "Token secret" for request in server.asked)


def test_a_retention_that_differs_is_changed(server: Imitation, buckets: Buckets) -> None:
    store_on(server)
    store_on(server, days=30)
    assert [request.path for request in server.asked if request.method == "PATCH"] == ["/api/v2/buckets/id-lamplighter"]
    assert buckets.held["lamplighter"]["retentionRules"][0]["everySeconds"] == 30 * DAY  # type: ignore[index]


def test_a_bucket_of_a_persons_own_stays_as_it_is(server: Imitation, buckets: Buckets) -> None:
    buckets.held["lamplighter"] = {"id": "id-lamplighter", "name": "lamplighter", "retentionRules": []}
    assert store_on(server).health().ok
    assert not [request for request in server.asked if request.method == "PATCH"]


def test_an_unknown_organisation_is_said(server: Imitation) -> None:
    server.answers["GET /api/v2/orgs"] = lambda request: (
        404,
        {"code": "not found", "message": "organization not found"},
    )
    with pytest.raises(StoreUnavailable, match=r"set influx\.org"):
        store_on(server).append([row("lamp-1", MONDAY, power=1.0)])


def test_a_token_that_may_not_is_said(server: Imitation) -> None:
    server.answers[WRITE] = lambda request: (401, {"code": "unauthorized", "message": "unauthorized access"})
    with pytest.raises(StoreUnavailable, match=r"unauthorized access.*set influx\.token"):
        store_on(server).append([row("lamp-1", MONDAY, power=1.0)])


def test_rows_go_to_the_bucket_as_microseconds(server: Imitation) -> None:
    store_on(server, gzip=True).append([row(f"lamp-{n}", MONDAY, power=1.0) for n in range(50)])
    (write,) = server.of(WRITE)
    assert write.parameters == {"org": "city", "bucket": "lamplighter", "precision": "us"}
    assert write.headers["Content-Encoding"] == "gzip"
    first, *others = write.body.splitlines()
    assert first == "light,device=lamp-0,kind=light,zone=ward-1 power=1.0,received=1763337602.0 1763337600000000"
    assert len(others) == 49


def test_requests_to_a_server_on_the_same_machine_are_not_packed(server: Imitation) -> None:
    store_on(server).append([row(f"lamp-{n}", MONDAY, power=1.0) for n in range(50)])
    (write,) = server.of(WRITE)
    assert "Content-Encoding" not in write.headers


@pytest.mark.parametrize(
    ("url", "packs"),
    [
        ("http://localhost:8086", False),
        ("http://[::1]:8086", False),
        ("http://10.0.0.4:8086", True),
        ("https://influx.city", True),
    ],
)
def test_requests_over_a_network_are_packed(url: str, packs: bool) -> None:
    assert InfluxAccess(url).packs() is packs


def test_a_conflict_refuses_its_rows_and_stores_the_others(server: Imitation) -> None:
    """422: the others of the batch are stored (docs, "Troubleshoot issues writing data")."""

    def conflict(request: Request) -> Reply:
        bad = [line for line in request.body.splitlines() if " power=" in line]
        said = (
            'failure writing points to database: partial write: field type conflict: input field "power" on '
            f'measurement "light" is type float, already exists as type integer dropped={len(bad)}'
        )
        return (422, {"code": "unprocessable entity", "message": said}) if bad else (204, None)

    server.answers[WRITE] = conflict
    with pytest.raises(RowsRefused) as refused:
        store_on(server).append(
            [row(f"lamp-{n}", MONDAY, **{"power" if n in (2, 5) else "level": 1.0}) for n in range(9)]
        )
    assert sorted(refused.value.refused) == [2, 5]
    assert len(server.of(WRITE)[-1].body.splitlines()) == 7


def test_too_many_requests_and_failures_are_for_later(server: Imitation) -> None:
    store = store_on(server)
    for status, said in ((429, "too many requests"), (503, "overloaded"), (500, "internal error")):
        server.answers[WRITE] = lambda request, status=status, said=said: (status, {"code": "x", "message": said})  # type: ignore[misc]
        with pytest.raises(StoreUnavailable, match=f"{status}: {said}"):
            store.append([row("lamp-1", MONDAY, power=1.0)])


def test_a_bucket_that_was_deleted_is_made_again(server: Imitation, buckets: Buckets) -> None:
    store = store_on(server)
    buckets.held.clear()
    server.answers[WRITE] = lambda request: (
        (204, None) if buckets.held else (404, {"code": "not found", "message": 'bucket "lamplighter" not found'})
    )
    store.append([row("lamp-1", MONDAY, power=1.0)])
    assert len(buckets.held) == 4
