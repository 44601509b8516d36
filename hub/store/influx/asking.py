"""InfluxQL over `/query`, which 1.x, 2.x and 3.x speak alike: one statement a request, answers in chunks, times in us."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.ports import StoreUnavailable
from hub.store.influx.http import Connection, Forbidden, message


class Series(msgspec.Struct):
    """Rows of one measurement and one combination of the tags grouped by. The first column is mostly `time`."""

    columns: list[str]
    name: str = ""
    tags: dict[str, str] = {}
    values: list[list[Any]] = []


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str | None = None


class _Document(msgspec.Struct):
    results: list[_Result] = []
    error: str | None = None


_decoder = msgspec.json.Decoder(_Document)


class Refused(StoreUnavailable):
    """The server understood a statement and will not carry it out."""


class Asker:
    """Statements to one server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, statement: str, database: str = "", timeout: float | None = None) -> Iterator[Series]:
        """The answer, a chunk at a time; nothing when the database or the measurement does not exist."""
        form = {"q": statement, "db": database, "epoch": "u", "chunked": "true", "chunk_size": "10000"}
        answer = self._connection.send_form("/query", form, timeout)
        if not answer.ok:
            said = message(answer)
            if answer.status == 404 or _nothing_there(said):
                return
            raise Refused(f"InfluxDB answers {answer.status} to a query: {said[:300]}")
        for result in self._results(answer.body):
            if result.error is not None:
                if _nothing_there(result.error):
                    return
                raise _refusal(result.error)
            yield from result.series

    def do(self, statement: str) -> None:
        """Carry out a statement that answers nothing."""
        for _ in self.ask(statement):
            pass

    def rows(self, statement: str, database: str = "", timeout: float | None = None) -> Iterator[dict[str, Any]]:
        """The answer row by row: {column or tag: value}."""
        for series in self.ask(statement, database, timeout):
            for values in series.values:
                yield {**series.tags, **dict(zip(series.columns, values, strict=True))}

    def _results(self, body: bytes) -> Iterator[_Result]:
        for part in io.BytesIO(body):
            if not part.strip():
                continue
            try:
                document = _decoder.decode(part)
            except msgspec.DecodeError as error:
                raise StoreUnavailable(
                    f"InfluxDB at {self._connection.url} answers a query with what is no JSON: {error}"
                ) from error
            if document.error is not None:
                raise _refusal(document.error)
            yield from document.results


def _refusal(said: str) -> StoreUnavailable:
    kind = Forbidden if "not authorized" in said else Refused
    return kind(f"InfluxDB refuses a query: {said[:300]}")


def _nothing_there(said: str) -> bool:
    text = said.lower()
    return "not found" in text and ("database" in text or "bucket" in text or "measurement" in text or "table" in text)
