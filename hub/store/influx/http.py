"""HTTP to the server: connections kept alive, and every failure that waiting may mend as StoreUnavailable."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

import certifi
import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from hub.ports import StoreUnavailable
from hub.store.influx.access import InfluxAccess

_PACK = 1400  # bytes; what fits into one packet is not worth packing


class Forbidden(StoreUnavailable):
    """The server knows the account, and it may not do this."""


class Answer(NamedTuple):
    """A server's answer that is not a passing failure: 2xx, or a 4xx about what was asked."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The beginning of the body, for messages."""
        return self.body[:2000].decode(errors="replace").strip()


class Connection:
    """One server. Calls block, come from any thread, and raise StoreUnavailable in a sentence."""

    def __init__(self, access: InfluxAccess) -> None:
        self.access = access
        self.url = access.url.rstrip("/")
        self._headers = _authorization(access)
        self._pool = urllib3.PoolManager(
            maxsize=4,
            retries=False,
            timeout=urllib3.Timeout(connect=min(5.0, access.timeout), read=access.timeout),
            ca_certs=access.ca_file or certifi.where(),
        )
        self._client: InfluxDBClient | None = None
        self._packs = access.packs()

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return self._call("GET", path + _query(parameters))

    def send_json(self, method: str, path: str, body: bytes) -> Answer:
        """POST, PATCH ... of a JSON document."""
        return self._call(method, path, body, {"Content-Type": "application/json"})

    def send_form(self, path: str, form: Mapping[str, str], timeout: float | None = None) -> Answer:
        """POST of a form; `timeout` where an answer may take longer than the setting's seconds."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._call("POST", path, urlencode(form).encode(), headers, timeout)

    def write_v1(self, database: str, lines: bytes) -> Answer:
        """Line protocol with times in microseconds to `/write` of 1.x."""
        body, packed = self._packed(lines)
        path = "/write" + _query({"db": database, "precision": "u"})
        return self._call("POST", path, body, {"Content-Encoding": "gzip"} if packed else {})

    def write_v2(self, bucket: str, lines: bytes) -> Answer:
        """The same to `/api/v2/write`, by influxdb-client's synchronous service.

        Its WriteApi is passed by because it packs at gzip's level 9, five times as slow as level 1 and a tenth smaller.
        """
        body, packed = self._packed(lines)
        options = {"content_encoding": "gzip"} if packed else {}
        try:
            self._service().post_write(org=self.access.org, bucket=bucket, body=body, precision="us", **options)  # type: ignore[no-untyped-call]
        except ApiException as error:
            if not error.status:
                raise StoreUnavailable(f"InfluxDB at {self.url}: {error.reason}") from error
            text = error.body if isinstance(error.body, bytes) else str(error.body or "").encode()
            return self._judged(Answer(int(error.status), text, dict(error.headers or {})))
        except urllib3.exceptions.HTTPError as error:
            raise self._away(error) from error
        return Answer(204, b"", {})

    def close(self) -> None:
        """Let the connections go."""
        self._pool.clear()
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]

    def _packed(self, lines: bytes) -> tuple[bytes, bool]:
        if self._packs and len(lines) > _PACK:
            return gzip.compress(lines, 1, mtime=0), True
        return lines, False

    def _service(self) -> WriteService:
        if self._client is None:
            access = self.access
            milliseconds = (int(min(5.0, access.timeout) * 1000), int(access.timeout * 1000))
            basic = f"{access.username}:{access.password}" if access.username else ""
            self._client = InfluxDBClient(
                self.url, basic or access.token, org=access.org, timeout=milliseconds, retries=False,
                ssl_ca_cert=access.ca_file or None, auth_basic=bool(basic),
            )  # fmt: skip
        return WriteService(self._client.api_client)  # type: ignore[no-untyped-call]

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        more: dict[str, Any] = {} if timeout is None else {"timeout": urllib3.Timeout(connect=5.0, read=timeout)}
        try:
            answer = self._pool.request(
                method, self.url + path, body=body, headers={**self._headers, **(headers or {})}, **more
            )
        except urllib3.exceptions.HTTPError as error:
            raise self._away(error, timeout) from error
        return self._judged(Answer(answer.status, answer.data, answer.headers))

    def _judged(self, answer: Answer) -> Answer:
        if answer.status in (401, 403):
            kind = Forbidden if answer.status == 403 else StoreUnavailable
            raise kind(
                f"InfluxDB at {self.url} does not let the hub in ({answer.status} {message(answer)}): "
                "set influx.token (2.x, 3.x), or influx.username and influx.password (1.x), of an account that may read and write"
            )
        if answer.status == 429 or answer.status >= 500 or 300 <= answer.status < 400:
            raise StoreUnavailable(f"InfluxDB at {self.url} answers {answer.status}: {message(answer)}")
        return answer

    def _away(self, error: Exception, timeout: float | None = None) -> StoreUnavailable:
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            return StoreUnavailable(
                f"InfluxDB at {self.url} gives no answer within {timeout or self.access.timeout:g} s"
            )
        cause = error.__cause__ or error.__context__
        return StoreUnavailable(
            f"InfluxDB at {self.url} cannot be reached: {cause if isinstance(cause, OSError) else error}"
        )


def message(answer: Answer) -> str:
    """What the server says went wrong: `error` (1.x, 3.x) or `message` (2.x) of its JSON, else the text."""
    held: object = None
    with suppress(ValueError):
        held = msgspec.json.decode(answer.body)
    if isinstance(held, dict):
        said = held.get("error") or held.get("message")
        if isinstance(said, str):
            return said.strip()
    return answer.text


def _authorization(access: InfluxAccess) -> dict[str, str]:
    if access.username:
        return dict(urllib3.make_headers(basic_auth=f"{access.username}:{access.password}"))
    return {"Authorization": f"Token {access.token}"} if access.token else {}


def _query(parameters: Mapping[str, str] | None) -> str:
    return "?" + urlencode(parameters) if parameters else ""
