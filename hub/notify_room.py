"""Notifications put together: what they know of the alarms and the city, and what sends for each kind of channel."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from hub.alarms.causes import taken_along
from hub.alarms.desk import AlarmDesk
from hub.alarms.listing import Listing
from hub.model.alarms import HUB, Alarm, AlarmKey, AlarmState
from hub.notify.channels import Channel, Email, Webhook
from hub.notify.desk import NotifyDesk
from hub.notify.facts import Facts
from hub.notify.mail import MailCarrier
from hub.notify.picking import Retry
from hub.notify.planning import OWN
from hub.notify.sealing import Seal
from hub.notify.sending import Carrier
from hub.notify.topic import TopicCarrier
from hub.notify.webhook import WebhookCarrier
from hub.ports import Clock, Driver, Publisher
from hub.registry import Registry
from hub.registry.city import City
from hub.settings import Settings


class AlarmFacts:
    """Implements `hub.notify.facts.Lookup` over the book of alarms."""

    def __init__(self, alarms: AlarmDesk, city: City) -> None:
        self._alarms, self._city = alarms, city

    async def settled(self) -> None:
        await self._alarms.settled()

    def of(self, alarm: str) -> Facts | None:
        known = self._alarms.book.alarms.get(alarm)
        return None if known is None else self._facts(known)

    def would_be(self, type: str, device: str, point: str) -> Facts:
        return self._facts(Alarm("", AlarmKey(device, type, point), AlarmState.UNACKNOWLEDGED, times=1))

    def _facts(self, alarm: Alarm) -> Facts:
        rule, city = self._alarms.rules.of(alarm.key.type), self._city
        listing = Listing(self._alarms.book, city)
        device = city.device(alarm.key.device)
        path = city.tree.path(device.zone) if device is not None else ()
        street = listing.street(alarm.key.device)
        beneath = 0
        if rule.explains and alarm.key.device != HUB:
            beneath = len(taken_along(alarm, rule, self._alarms.street))
        return Facts(
            alarm, rule.severity, rule.group, {"en": rule.text.en, "vi": rule.text.vi},
            {"en": rule.response.en, "vi": rule.response.vi}, device.name if device is not None else "",
            {zone: city.tree.zones[zone].name for zone in path},
            city.tree.zones[street].name if street in city.tree.zones else "", listing.cabinet(alarm.key.device) or "",
            max(beneath, len(self._alarms.book.beneath(alarm.id))),
        )  # fmt: skip


def build_notify(
    settings: Settings, registry: Registry, alarms: AlarmDesk, city: City, clock: Clock, key: str, driver: Driver | None
) -> NotifyDesk:
    """The desk, not yet loaded. `driver` publishes for channels of the kind MQTT; `key` seals the secrets of channels."""
    chosen = settings.notify
    publisher = driver if isinstance(driver, Publisher) else None

    def carrier(channel: Channel) -> Carrier:
        if isinstance(channel, Webhook):
            return WebhookCarrier(channel, chosen.timeout)
        if isinstance(channel, Email):
            return MailCarrier(channel, chosen.timeout)
        return TopicCarrier(channel, publisher, chosen.timeout)

    retry = Retry(chosen.retry_first, chosen.retry_most, chosen.fire_retry_most, chosen.give_up_hours * 3600.0)
    return NotifyDesk(
        registry, AlarmFacts(alarms, city), clock, Seal(key), ZoneInfo(settings.lighting.time_zone), carrier,
        settle=chosen.settle_seconds, retry=retry,
    )  # fmt: skip


def notify_parts(desk: NotifyDesk, alarms: AlarmDesk) -> Mapping[tuple[str, str], float]:
    """What the alarms look at of notifications: {(measure, point): seconds}. A channel that was deleted fails no more."""
    gone = {
        ("notification_failing", alarm.key.point): 0.0
        for alarm in alarms.book.standing.values()
        if alarm.key.type == OWN and alarm.key.device == HUB
    }
    return gone | desk.parts()
