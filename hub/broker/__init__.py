"""The embedded MQTT broker (nats-server) and the accounts at it; README.md says what it guarantees."""

from hub.broker.embedded import EmbeddedBroker
from hub.broker.secret import hash_secret, make_secret
from hub.broker.settings import BrokerError, BrokerSettings

__all__ = ["BrokerError", "BrokerSettings", "EmbeddedBroker", "hash_secret", "make_secret"]
