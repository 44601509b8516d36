"""Every operation of the API, from its own OpenAPI document."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.api.hall import Hall

OPEN = {"POST /api/v1/auth/token", "GET /api/v1/about", "GET /healthz", "GET /readyz", "GET /metrics"}


class Operation(NamedTuple):
    """One method of one address."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def operations(hall: Hall) -> list[Operation]:
    """All of them."""
    with hall.client(None) as nobody:
        paths = nobody.get("/openapi.json").json()["paths"]
    return [
        Operation(method.upper(), path, said) for path, methods in paths.items() for method, said in methods.items()
    ]
