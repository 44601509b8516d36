"""The text of nats-server's configuration: pure, from settings and accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.broker.settings import BrokerError, BrokerSettings
from hub.broker.subjects import BadTopic, publishing, subscribing
from hub.ports import BrokerAccess, BrokerAccount

_DEVICE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_HASH = re.compile(r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}")
_LOG_FILES = 3
_MEMORY_STORE = 64 * 1024 * 1024
_EVERYTHING = BrokerAccess(("#",), ("#",))  # for the hub: which topics profiles have is for a city to say
_KEEPER_PUBLISH = '["$JS.API.STREAM.INFO.*", "$JS.API.STREAM.UPDATE.*"]'


@dataclass(frozen=True)
class Paths:
    """The files in the broker's folder."""

    folder: Path

    @property
    def configuration(self) -> Path:
        """nats-server's configuration, mode 0600."""
        return self.folder / "nats.conf"

    @property
    def log(self) -> Path:
        """nats-server's own log, rotated."""
        return self.folder / "nats.log"

    @property
    def stderr(self) -> Path:
        """What it said before its log was open, or in a crash; of the last start only."""
        return self.folder / "nats.stderr"

    @property
    def store(self) -> Path:
        """JetStream's files: queued and retained messages, sessions."""
        return self.folder / "jetstream"

    @property
    def ports(self) -> Path:
        """Where nats-server writes which ports it got."""
        return self.folder / "ports"

    @property
    def pid(self) -> Path:
        """The process id of the running nats-server."""
        return self.folder / "nats.pid"

    @property
    def lock(self) -> Path:
        """Held while a hub uses the folder."""
        return self.folder / "lock"


@dataclass(frozen=True)
class Insiders:
    """The accounts that are no devices: (user name, bcrypt hash) each, and the secret path of the monitoring endpoint.

    `keeper` bounds the streams after each start; it may do nothing else.
    """

    hub: tuple[str, str]
    keeper: tuple[str, str]
    monitor_path: str


def configuration(
    settings: BrokerSettings, paths: Paths, insiders: Insiders, accounts: Mapping[str, BrokerAccount]
) -> str:
    """The whole configuration file for {device: account}. Raises BrokerError for an account that cannot be one."""
    q = json.dumps
    users = [
        _user(*insiders.hub, *_permissions(_EVERYTHING)),
        _user(*insiders.keeper, _KEEPER_PUBLISH, '["_INBOX.>"]', '["MQTT", "STANDARD"]'),
        *_devices(insiders.hub[0], accounts),
    ]
    return "\n".join(
        [
            'server_name: "lamplighter"',
            'listen: "127.0.0.1:-1"',
            'http: "127.0.0.1:-1"',
            f"http_base_path: {q('/' + insiders.monitor_path)}",
            f"ports_file_dir: {q(str(paths.ports))}",
            f"log_file: {q(str(paths.log))}",
            f"log_size_limit: {settings.log_size}",
            f"logfile_max_num: {_LOG_FILES}",
            f"max_payload: {settings.max_payload}",
            'write_deadline: "60s"',
            "jetstream {",
            f"  store_dir: {q(str(paths.store))}",
            f"  max_memory_store: {_MEMORY_STORE}",
            f"  max_file_store: {settings.max_store}",
            f"  sync_interval: {q(settings.sync)}",
            "  limits { default_max_consumers: -1 }",
            "}",
            "mqtt {",
            f"  host: {q(settings.host)}",
            f"  port: {settings.mqtt_port}",
            f'  ack_wait: "{settings.ack_wait}s"',
            f"  max_ack_pending: {settings.max_in_flight}",
            "}",
            "authorization {",
            "  timeout: 10",
            "  users = [",
            *users,
            "  ]",
            "}",
            "",
        ]
    )


def _devices(hub_username: str, accounts: Mapping[str, BrokerAccount]) -> Iterable[str]:
    for device, account in sorted(accounts.items()):
        if not _DEVICE.fullmatch(device):
            raise BrokerError(f"{device!r} cannot be a device account: ids are a-z, 0-9 and '-', at most 63 characters")
        if device == hub_username:
            raise BrokerError(f"{device!r} cannot be a device account: it is the hub's own user name")
        if not _HASH.fullmatch(account.hash):
            raise BrokerError(f"the account of {device!r} has no bcrypt hash; make it with hash_secret")
        try:
            yield _user(device, account.hash, *_permissions(account.access))
        except BadTopic as error:
            raise BrokerError(f"{device!r} cannot be a device account: {error}") from error


def _permissions(access: BrokerAccess) -> tuple[str, str]:
    """What may be published and subscribed to, as lists in the configuration's language."""
    return json.dumps(publishing(access.publish)), json.dumps(subscribing(access.subscribe))


def _user(name: str, secret_hash: str, publish: str, subscribe: str, kinds: str = '["MQTT"]') -> str:
    """One account, for MQTT alone: NATS's own protocol offers more than devices need."""
    return (
        f'    {{user: {json.dumps(name)}, password: "{secret_hash}", allowed_connection_types: {kinds}, '
        f"permissions: {{publish: {publish}, subscribe: {subscribe}}}}}"
    )
