"""InfluxDB 3.x by its documented API: databases, writes and the lines that it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.ports import RowsRefused, StoreUnavailable, Tier
from hub.store.influx import Flavour, InfluxAccess, InfluxStore
from tests.store.influx.imitation import Imitation, Reply, Request, imitation
from tests.store.rows import MONDAY, query, row

WRITE = "POST /api/v2/write"
CREATE = "POST /api/v3/configure/database"


@pytest.fixture
def server() -> Iterator[Imitation]:
    answers = {
        "GET /ping": lambda request: (200, {"version": "3.8.0", "revision": "abcdef", "process_id": "1"}),
        "GET /api/v3/configure/database": lambda request: (
            200,
            [{"iox::database": "_internal"}, {"iox::database": "city"}],
        ),
        CREATE: lambda request: (200, {}),
        WRITE: lambda request: (204, None),
    }
    with imitation(answers) as running:
        yield running


def store_on(server: Imitation) -> InfluxStore:
    access = InfluxAccess(server.url, "city", token="secret", keep={None: 90, Tier.QUARTER: 400})
    return InfluxStore(access, lambda device: "ward-1", lambda: MONDAY)


def test_databases_that_are_missing_are_made(server: Imitation) -> None:
    assert "3.8.0" in store_on(server).health().detail
    assert [request.json for request in server.of(CREATE)] == [
        {"db": "city-15m", "retention_period": "400d"},
        {"db": "city-1h"},
        {"db": "city-1d"},
    ]


def test_lines_that_it_names_are_refused_and_nothing_is_sent_twice_for_them(server: Imitation) -> None:
    """docs.influxdata.com/influxdb3/core/write-data/http-api/v3-write-lp: at most 100 lines are named."""

    def partial(request: Request) -> Reply:
        bad = [n for n, line in enumerate(request.body.splitlines(), 1) if " power=" in line]
        types = "expected iox::column_type::field::integer, got iox::column_type::field::float"
        said = f"invalid column type for column 'power', {types}"
        data = [{"original_line": "light ...", "line_number": n, "error_message": said} for n in bad[:100]]
        return (400, {"error": "partial write of line protocol occurred", "data": data}) if bad else (204, None)

    server.answers[WRITE] = partial
    with pytest.raises(RowsRefused) as refused:
        store_on(server).append([row(f"lamp-{n}", MONDAY, **{"power" if n % 2 else "level": 1.0}) for n in range(300)])
    assert sorted(refused.value.refused) == list(range(1, 300, 2))
    assert [len(request.body.splitlines()) for request in server.of(WRITE)] == [300, 200, 150]


def test_what_is_no_such_server_is_said() -> None:
    with imitation({"GET /metrics": lambda request: (200, "up 1")}) as server:
        with pytest.raises(StoreUnavailable, match=r"is no InfluxDB .* and no VictoriaMetrics: check influx\.url"):
            store_on(server).append([row("lamp-1", MONDAY, power=1.0)])


def test_a_flavour_that_is_set_is_believed() -> None:
    """Behind a proxy that lets nothing through but what is needed."""
    with imitation({WRITE: lambda request: (204, None)}) as server:
        access = InfluxAccess(server.url, "city", Flavour.VICTORIA, username="hub", password="secret")
        InfluxStore(access, lambda device: None, lambda: MONDAY).append([row("lamp-1", MONDAY, power=1.0)])
        (write,) = server.of(WRITE)
        assert write.headers["Authorization"] == "Basic aHViOnNlY3JldA=="


def test_it_is_asked_in_influxql_with_the_token(server: Imitation) -> None:
    held = {"results": [{"statement_id": 0, "series": [{"name": "light", "columns": ["time", "power", "device"],
            "values": [[1763337600000000, 61.5, "lamp-1"]]}]}]}  # fmt: skip
    server.answers["POST /query"] = lambda request: (200, held)
    assert store_on(server).series(query(["lamp-1"])) == [(MONDAY, 61.5)]
    (asked,) = server.of("POST /query")
    assert asked.headers["Authorization"] == "Token secret"
    assert "db=city&" in asked.body and "epoch=u" in asked.body
