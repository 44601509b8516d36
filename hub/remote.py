"""Commands that talk to a running hub through its REST API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer

from hub.secret_file import write_private

device = typer.Typer(no_args_is_help=True, help="Devices of a running hub.")


@device.command("import")
def device_import(
    file: Annotated[Path, typer.Argument(help="CSV: id,name,kind,profile,zone,lat,lon,rated_power,address,feed")],
    hub: Annotated[str, typer.Option(help="address of the running hub")] = "http://127.0.0.1:8080",
    user: Annotated[str, typer.Option(help="an administrator")] = "admin",
    password_file: Annotated[Path | None, typer.Option(help="file with the password; asked for otherwise")] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="file for the new devices' sign-ins (JSON, mode 0600)")
    ] = None,
) -> None:
    """Register or update devices from a CSV file. Bad rows are named and left out; exit code 1 when there were any."""
    content = _read(file)
    password = _read(password_file).decode().strip() if password_file else typer.prompt("password", hide_input=True)
    try:
        with httpx.Client(base_url=f"{hub.rstrip('/')}/api/v1", timeout=600) as api:
            grant = _checked(api.post("/auth/token", data={"username": user, "password": password}))
            headers = {"Authorization": f"Bearer {grant['access_token']}", "Content-Type": "text/csv; charset=utf-8"}
            result = _checked(api.post("/devices/import", content=content, headers=headers))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        stop(f"{hub} does not answer ({error}): start the hub, or name it with --hub")
    for item in result["items"]:
        if item["outcome"] == "error":
            typer.echo(f"line {item['line']}: {item['detail']}", err=True)
    typer.echo(f"{result['created']} created, {result['updated']} updated, {result['errors']} with errors")
    secrets = {item["id"]: item["credentials"] for item in result["items"] if item.get("credentials")}
    if secrets and credentials is not None:
        known = json.loads(_read(credentials)) if credentials.exists() else {}
        write_private(credentials, json.dumps(known | secrets, indent=2))
        typer.echo(f"{len(secrets)} sign-ins written to {credentials}")
    elif secrets:
        typer.echo(json.dumps(secrets, indent=2))
    raise typer.Exit(1 if result["errors"] else 0)


def stop(sentence: str) -> NoReturn:
    """One line on stderr and exit code 2."""
    print(f"lamplighter: {sentence}", file=sys.stderr)
    raise typer.Exit(2)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        stop(f"cannot read {path}: {error.strerror or error}")


def _checked(answer: httpx.Response) -> Any:
    """The body of a good answer; otherwise the problem's own sentence ends the command."""
    if answer.is_success:
        return answer.json()
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"the hub answered {answer.status_code}"
    stop(detail)
