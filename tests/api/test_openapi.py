"""The OpenAPI document is true: generated requests are answered as it says (schemathesis)."""

from __future__ import annotations

from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.hall import Hall

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


def _ask(hall: Hall, operation: Any, session: requests.Session) -> None:
    headers = {"Authorization": f"Bearer {hall.token('admin')}"}

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=hall.url, session=session, headers=headers, checks=CHECKS)

    ask()


def test_answers_are_as_described(hall: Hall) -> None:
    hall.light_up()
    with hall.client() as admin:
        document = admin.get("/openapi.json").json()
    # An open stream never ends; it has tests of its own.
    document["paths"].pop("/api/v1/events")
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    with requests.Session() as session:  # one connection for all of them
        for operation in operations:
            _ask(hall, operation, session)
