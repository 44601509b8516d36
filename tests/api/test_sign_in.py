"""Signing in over HTTP."""

from __future__ import annotations

import pytest

from tests.api.hall import PASSWORD, Hall, code


def test_a_token_opens_the_api_and_says_who_one_is(shared: Hall) -> None:
    with shared.client(None) as nobody:
        answer = nobody.post("/auth/token", data={"username": "operator", "password": PASSWORD})
        assert answer.status_code == 200
        body = answer.json()
        assert body["token_type"] == "bearer" and body["expires_in"] == 900
        assert answer.headers["cache-control"] == "no-store"
        me = nobody.get("/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"})
        granted = ["alarms", "approve-signals", "incidents", "notifications", "override", "read", "signals"]
        assert me.json() == {"name": "operator", "role": "operator", "zones": [], "permissions": granted}


def test_refreshing_gives_another_token(shared: Hall) -> None:
    with shared.client("viewer") as viewer:
        token = viewer.post("/auth/refresh").json()["access_token"]
        assert viewer.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).json()["name"] == "viewer"


@pytest.mark.parametrize("user", ["operator", "nobody", "a\0b", "\N{GRINNING FACE}" * 50])
def test_wrong_credentials_get_one_answer(hall: Hall, user: str) -> None:
    with hall.client(None) as nobody:
        answer = nobody.post("/auth/token", data={"username": user, "password": "wrong"})
        assert (answer.status_code, code(answer)) == (401, "bad-credentials")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["detail"] == "no user has this name and password: check both"


def test_the_eleventh_guess_waits(hall: Hall) -> None:
    with hall.client(None) as nobody:
        for _ in range(10):
            assert nobody.post("/auth/token", data={"username": "admin", "password": "guess"}).status_code == 401
        answer = nobody.post("/auth/token", data={"username": "admin", "password": PASSWORD})
        assert (answer.status_code, code(answer)) == (429, "too-many-failures")
        assert 0 < int(answer.headers["retry-after"]) <= 300


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer \xff\xfe"])
def test_without_a_good_token_nothing_opens(shared: Hall, header: str) -> None:
    with shared.client(None) as nobody:
        answer = nobody.get("/zones", headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401
        assert code(answer) in ("no-token", "bad-token")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_changed_password_ends_the_session(hall: Hall) -> None:
    with hall.client("viewer") as viewer:
        assert viewer.get("/auth/me").status_code == 200
        hall.registry.users.set_password("viewer", hall._passwords().hash("a new long password"))
        assert code(viewer.get("/auth/me")) == "bad-token"


def test_a_token_expires_after_fifteen_minutes(hall: Hall) -> None:
    with hall.client("viewer") as viewer:
        assert viewer.get("/auth/me").status_code == 200
        hall.clock.added = 901
        assert "expired" in viewer.get("/auth/me").json()["detail"]
