"""Changes to playbooks: checked against the city and its limits, the registry first, then memory; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hub.api.edits.writing import write
from hub.api.problems import Problem, bad_input, not_found
from hub.api.services import Services
from hub.api.versions import Versions, must_be
from hub.incidents.checks import check_playbook, check_routes
from hub.incidents.playbook import BadPlaybook, Playbook
from hub.incidents.toml import from_toml, written
from hub.model.audit import AuditEntry
from hub.registry import Written

MOST = 500


class PlaybookEdits:
    """Everything that changes playbooks through the API. Raises problems ready to be answered."""

    def __init__(self, services: Services) -> None:
        self._hub = services
        self._one_at_a_time = asyncio.Lock()

    async def add(self, playbook: Playbook, by: str) -> None:
        """409 exists, 422."""
        async with self._one_at_a_time:
            await self._put(playbook, by, "added")

    async def replace(self, playbook: Playbook, by: str, wanted: Versions = None) -> None:
        """404, 412, 422. Incidents that run go on as they were opened."""
        async with self._one_at_a_time:
            must_be("playbook", self.before(playbook.id or ""), wanted)
            await self._put(playbook, by, "replaced")

    async def drop(self, id: str, by: str, wanted: Versions = None) -> None:
        """404, 412. Incidents that run go on to their end."""
        async with self._one_at_a_time:
            before = self.before(id)
            must_be("playbook", before, wanted)
            line = AuditEntry(self._hub.clock.now(), by, "playbook.deleted", id, {"body": before.body})
            await write(self._hub.registry.plans.playbooks.delete, id, audit=line)
            self._hub.incidents.drop(id)

    async def take(self, text: str, by: str, may: Callable[[Playbook], None]) -> dict[str, list[str]]:
        """All playbooks of a TOML file, added or replaced; nothing when one of them cannot be used (422), or `may` not be."""
        done: dict[str, list[str]] = {"added": [], "replaced": [], "unchanged": []}
        async with self._one_at_a_time:
            try:
                found = from_toml(text)
                for playbook in found:
                    may(playbook)
                    await self._check(playbook, f"{playbook.id}.")
            except BadPlaybook as error:
                raise bad_playbook(error) from None
            known = self._hub.incidents.written
            for playbook in found:
                id = playbook.id or ""
                what = "replaced" if id in known else "added"
                if id in known and known[id].body == written(playbook):
                    what = "unchanged"
                else:
                    await self._put(playbook, by, what)
                done[what].append(id)
        return done

    def before(self, id: str) -> Written:
        """The playbook of that id as it was written; 404."""
        known = self._hub.incidents.written.get(id)
        if known is None:
            raise not_found("playbook", id)
        return known

    async def _check(self, playbook: Playbook, before: str = "") -> None:
        hub = self._hub
        desk = hub.incidents
        try:
            check_routes(playbook, hub.signals.routes.written, hub.signals.settings.longest_hours)
            await check_playbook(playbook, desk.planner, desk.lights, hub.limits, hub.clock.now())
        except BadPlaybook as error:
            raise BadPlaybook(before + error.place, error.text) from None

    async def _put(self, playbook: Playbook, by: str, what: str) -> None:
        try:
            await self._check(playbook)
        except BadPlaybook as error:
            raise bad_playbook(error) from None
        now, shelf = self._hub.clock.now(), self._hub.registry.plans.playbooks
        if what == "added" and len(self._hub.incidents.written) >= MOST:
            raise bad_input(
                "body.id", f"there are {MOST} playbooks already: delete one that is not needed", "bad-playbook"
            )
        new = Written(playbook.id or "", written(playbook), now, by)
        line = AuditEntry(now, by, f"playbook.{what}", new.id, {"body": new.body})
        async with self._hub.signals.ledger.turn:  # no route is deleted while a playbook that names it is written
            for each in playbook.route:
                self._hub.signals.routes.get(each.route)
            await write(shelf.add if what == "added" else shelf.replace, new, audit=line)
            self._hub.incidents.put(new, playbook)


def bad_playbook(error: BadPlaybook) -> Problem:
    """422 that names the field."""
    where: Sequence[str | int] = [int(each) if each.isdigit() else each for each in error.place.split(".")]
    errors = [{"loc": ["body", *where], "msg": error.text}]
    return Problem(422, "bad-playbook", f"{error.place}: {error.text}", errors=errors)
