"""nats-server's monitoring endpoint: a free loopback port, behind a path that only the hub knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

_STORES_NOTHING = ("write error", "JetStream not enabled")


class Monitor:
    """Asks the running nats-server about itself."""

    def __init__(self, ports: Path, path: str) -> None:
        self._ports = ports
        self._path = path
        self._client = httpx.AsyncClient(trust_env=False, timeout=5.0)

    async def ready(self, pid: int) -> bool:
        """True once it serves with its store open."""
        return await self._get(pid, "healthz") is not None

    async def refusal(self, pid: int) -> str | None:
        """Why its store takes nothing more, in its own words; None while all is well or it does not answer.

        After an error in writing, a full disk above all, nats-server acknowledges nothing until it is started again.
        """
        answer = await self._ask(pid, "healthz")
        if answer is None or answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return None
        error = str(answer.json().get("error", ""))
        return error.rpartition(": ")[2] if any(sign in error for sign in _STORES_NOTHING) else None

    async def configured(self, pid: int) -> str | None:
        """When the configuration in force was loaded, in its own words; None while it does not answer."""
        facts = await self._get(pid, "varz")
        return None if facts is None else str(facts["config_load_time"])

    async def stored(self, pid: int) -> int | None:
        """Bytes that queued and retained messages and sessions take; None while it does not answer."""
        facts = await self._get(pid, "varz")
        return None if facts is None else int(facts["jetstream"]["stats"]["storage"])

    def nats(self, pid: int) -> tuple[str, int]:
        """The address of its NATS listener, loopback. Raises OSError before there is one."""
        host, _, port = urlsplit(self._listed(pid)["nats"][0]).netloc.rpartition(":")
        return host, int(port)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()

    async def _get(self, pid: int, what: str) -> dict[str, Any] | None:
        answer = await self._ask(pid, what)
        return dict(answer.json()) if answer is not None and answer.status_code == httpx.codes.OK else None

    async def _ask(self, pid: int, what: str) -> httpx.Response | None:
        """Its answer, which is JSON; None when there is none."""
        try:
            answer = await self._client.get(f"{self._listed(pid)['monitoring'][0]}/{self._path}/{what}")
            answer.json()
        except (FileNotFoundError, ValueError, KeyError, IndexError, httpx.HTTPError):
            return None
        return answer

    def _listed(self, pid: int) -> dict[str, list[str]]:
        listed: dict[str, list[str]] = json.loads((self._ports / f"nats-server_{pid}.ports").read_text())
        return listed
