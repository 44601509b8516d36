"""One channel at work: sends what waits for it, each attempt on record before it is made. Slow or dead, it delays no other."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import structlog

from hub.background import Background
from hub.clock import SteadyClock
from hub.model.ids import new_id
from hub.model.notify import Attempt, Delivery, DeliveryState, Outcome
from hub.model.untold import UNTOLD
from hub.notify.channels import Channel
from hub.notify.picking import Lane, Pick, Retry, pick
from hub.notify.sealing import scrubbed
from hub.notify.sending import Carrier, Letter, Sent
from hub.notify.wording import fields, payload, text
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable, Settled

log = structlog.get_logger("lamplighter.notify")
_LONGEST_SLEEP = 1.0
_SWEEP = 5.0
_AGAIN = 1.0  # seconds between two tries to write down how an attempt ended


@dataclass(slots=True)
class _Lane:
    in_flight: set[str] = field(default_factory=set)
    rests: float = 0.0
    failures: int = 0
    not_before: dict[str, float] = field(default_factory=dict)
    sent: deque[float] = field(default_factory=lambda: deque(maxlen=200))


@dataclass(slots=True)
class Counters:
    """What a channel has done since the start."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0


class Outbox:
    """The messages of one channel that wait. `secrets` are opened; `problem`: why it cannot send at all."""

    def __init__(
        self, id: str, channel: Channel, carrier: Carrier, secrets: dict[str, str], registry: Registry, clock: Clock,
        zone: tzinfo, retry: Retry, problem: str = "",
    ) -> None:  # fmt: skip
        self.id, self.channel, self._carrier, self._secrets = id, channel, carrier, secrets
        self._registry, self._clock, self._zone, self._retry, self.problem = registry, clock, zone, retry, problem
        self._waiting: dict[int, Delivery] = {}
        self._left: dict[str, tuple[str, ...]] = {}
        self._tries: dict[str, int] = {}
        self._lanes = {True: _Lane(), False: _Lane()}
        self._steady = SteadyClock(clock)  # by which ages and waits are told: a clock that is set makes nothing old
        self._since: dict[int, float] = {}  # when each of those that wait was due, by it
        self._failing: float | None = None
        self._woken = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._swept = -_SWEEP
        self._task = Background(f"notifications to {id}", self._turn, expected=(RegistryUnavailable,))
        self.last_failure = ""
        self.counters = Counters()

    def start(self) -> None:
        """Begin to send."""
        self._task.start()

    async def stop(self) -> None:
        """End at once: what is under way goes again next time."""
        await self._task.stop()
        for task in list(self._attempts):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._attempts, return_exceptions=True)

    @property
    def failing_since(self) -> float | None:
        """When it began to deliver nothing (Unix seconds); None when it delivers."""
        return None if self._failing is None else self._clock.now() - (self._steady.now() - self._failing)

    @failing_since.setter
    def failing_since(self, at: float | None) -> None:
        self._failing = None if at is None else self._steady.at(at)

    # --- what waits ------------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> Sequence[Delivery]:
        """In the order of planning."""
        return sorted(self._waiting.values(), key=lambda each: each.id)

    def put(self, deliveries: Iterable[Delivery], left: dict[str, tuple[str, ...]] | None = None) -> None:
        """These are to be sent; `left` are recipients of messages that some have got already."""
        for delivery in deliveries:
            self._waiting[delivery.id] = delivery
            self._since[delivery.id] = self._steady.at(delivery.due)
        self._left |= left or {}
        self._woken.set()

    def clock_set(self, by: float) -> None:
        """The clock was set by so many seconds: what waits was planned and due so much later, by the new one."""
        for id, delivery in self._waiting.items():
            self._waiting[id] = replace(delivery, created=delivery.created + by, due=delivery.due + by)

    def drop(self, id: int) -> None:
        """That one is not to be sent any more."""
        self._waiting.pop(id, None)
        self._since.pop(id, None)

    def hurry(self) -> None:
        """Try what waits now."""
        for lane in self._lanes.values():
            lane.rests = 0.0
            lane.not_before.clear()
        self._woken.set()

    # --- its work --------------------------------------------------------------------------------------------------------

    async def _turn(self) -> None:
        await self._give_up()
        again = [at for fire in (True, False) if (at := self._go_on(fire)) is not None]
        now = self._steady.now()
        sleep = min([_LONGEST_SLEEP, *(max(0.0, at - now) / self._clock.rate for at in again)])
        with suppress(TimeoutError):
            async with asyncio.timeout(max(sleep, 0.005)):  # not wait_for, which may swallow that it is cancelled
                await self._woken.wait()
        self._woken.clear()

    def _go_on(self, fire: bool) -> float | None:
        """Send whatever may go; when to look again."""
        lane, digest = self._lanes[fire], self.channel.digest
        while True:
            now = self._steady.now()
            waiting = [each for each in self.waiting if each.fire is fire]
            fresh = fire and not all(map(self._old, waiting))  # it does not wait for as long as old ones do
            lane.rests = min(lane.rests, self._steady.ahead(self._retry.fire_most if fresh else self._retry.most))
            view = Lane(fire, lane.in_flight, lane.rests, lane.failures > 0, lane.not_before, lane.sent)
            chosen = pick(waiting, view, digest, now)
            if not isinstance(chosen, Pick):
                return chosen
            self._send(chosen, lane, now)

    def _send(self, chosen: Pick, lane: _Lane, now: float) -> None:
        message = new_id("msg") if chosen.fresh else chosen.deliveries[0].message
        if not chosen.deliveries[0].attempts:
            lane.sent.append(now)
        marked = [replace(each, message=message, attempts=each.attempts + 1) for each in chosen.deliveries]
        for each in marked:
            self._waiting[each.id] = each
        lane.in_flight.add(message)
        task = asyncio.create_task(self._attempt(message, marked, lane))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _attempt(self, message: str, deliveries: Sequence[Delivery], lane: _Lane) -> None:
        hurried = deliveries[0].fire and not self._old(deliveries[0])
        try:
            sent, final = await self._on_record(message, deliveries)
            tries = self._tries[message] = self._tries.get(message, 0) + 1
            if sent.delivered or final:
                for each in deliveries:
                    self.drop(each.id)
                for kept in (lane.not_before, self._left, self._tries):
                    kept.pop(message, None)
            else:
                wait = self._retry.wait(tries, hurried, random.random())
                lane.not_before[message] = self._steady.ahead(max(wait, sent.retry_after or 0.0))
            lane.failures = lane.failures + 1 if sent.away else 0
            if sent.away:
                wait = self._retry.wait(lane.failures, hurried, random.random())
                lane.rests = self._steady.ahead(max(wait, sent.retry_after or 0.0))
                lane.not_before.pop(message, None)
        except RegistryUnavailable:
            lane.rests = self._steady.ahead(_AGAIN)
        except Exception:
            log.exception("an attempt to send failed for an unforeseen reason", channel=self.id)
            lane.not_before[message] = self._steady.ahead(self._retry.most)
        finally:
            lane.in_flight.discard(message)
            self._woken.set()

    async def test(self, delivery: Delivery) -> None:
        """One attempt beside what waits; not delivered, it is given up. Raises RegistryUnavailable."""
        await self._on_record(delivery.message, [delivery], only=True)
        self._left.pop(delivery.message, None)

    async def _on_record(
        self, message: str, deliveries: Sequence[Delivery], *, only: bool = False
    ) -> tuple[Sent, bool]:
        """One attempt, written down before and after; returns how it ended and whether it was the last."""
        record, ids = self._registry.deliveries, [each.id for each in deliveries]
        begun = self._clock.now()
        number = await asyncio.to_thread(record.begin, ids, message, self.id, begun)
        started = time.perf_counter()
        sent = await self._tried(message, deliveries)
        took = time.perf_counter() - started
        now = self._clock.now()
        final = not sent.delivered and (only or any(self._old(each) for each in deliveries if not each.fire))
        outcome = Outcome.DELIVERED if sent.delivered else Outcome.FAILED
        self._noted(sent, final, len(deliveries))
        if sent.left is not None:
            self._left[message] = sent.left
        attempt = Attempt(number, message, self.id, begun, outcome, took, sent.status, sent.detail, sent.left)
        reason = "" if sent.delivered else self._why(sent, tried_once=only)
        while True:
            try:
                await asyncio.to_thread(record.end, attempt, ids, now, reason=reason, final=final)
                return sent, final
            except RegistryUnavailable:
                await asyncio.sleep(_AGAIN)

    async def _tried(self, message: str, deliveries: Sequence[Delivery]) -> Sent:
        if self.problem:
            return Sent(False, detail=self.problem, away=True)
        try:
            sent = await self._carrier.send(self._letter(message, deliveries))
        except Exception as error:  # what the other side may do is foreseen: it is this message's, others go on
            log.exception("a message could not be sent for an unforeseen reason", channel=self.id)
            sent = Sent(False, detail=UNTOLD.say("unforeseen", error=type(error).__name__))
        return sent._replace(detail=scrubbed(sent.detail, self._secrets.values())[:300])

    def _letter(self, message: str, deliveries: Sequence[Delivery]) -> Letter:
        language, known = self.channel.language, self.channel.recipients
        left = tuple(
            each for each in self._left.get(message, ()) if each in known
        )  # whoever was taken out is told no more
        return Letter(
            message, payload(deliveries, message), text(deliveries, language, self._zone),
            fields(deliveries, message, language, self._zone), self._secrets, left or known,
        )  # fmt: skip

    def _noted(self, sent: Sent, final: bool, count: int) -> None:
        if sent.delivered:
            self.counters.delivered += count
            if self._failing is not None:
                log.info("messages are delivered again", channel=self.id)
            self._failing, self.last_failure = None, ""
            return
        self.counters.failed += 1
        self.counters.given_up += count * final
        self.last_failure = f"{sent.status} {sent.detail}".strip()
        if self._failing is None:
            self._failing = self._steady.now()
            log.warning("messages are not delivered", channel=self.id, reason=self.last_failure)

    def _old(self, delivery: Delivery) -> bool:
        """Whether it has waited for as long as anything is tried. Fire is tried on, at longer intervals."""
        since = self._since.get(delivery.id)
        return since is not None and self._steady.now() - since > self._retry.give_up * self._clock.rate

    def _why(self, sent: Sent, *, tried_once: bool = False) -> str:
        said = f"{sent.status} {sent.detail}".strip() or "no answer"
        return said if tried_once else self._too_old(said)

    def _too_old(self, answer: str) -> str:
        return UNTOLD.say("too-old", hours=f"{self._retry.give_up / 3600:g}", answer=answer)

    async def _give_up(self) -> None:
        """What has waited too long, most of it behind others: it says so and is tried no more. Fire never is."""
        if self._clock.monotonic() - self._swept < _SWEEP:
            return
        self._swept = self._clock.monotonic()
        under_way = {message for lane in self._lanes.values() for message in lane.in_flight}
        late = [
            each for each in self._waiting.values()
            if not each.fire and self._old(each) and each.message not in under_way
            and self._lanes[False].failures  # else it goes now, or its own attempt says so: the hub may have been away
        ]  # fmt: skip
        if not late:
            return
        reason = self._too_old(self.last_failure or "no answer")
        settled = [Settled(each.id, DeliveryState.GIVEN_UP, reason) for each in late]
        await asyncio.to_thread(self._registry.deliveries.settle, settled, self._clock.now())
        self.counters.given_up += len(late)
        for each in late:
            self.drop(each.id)
