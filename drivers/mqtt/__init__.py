"""The MQTT driver for native devices (MQTT 3.1.1, SenML)."""

from drivers.mqtt.driver import MqttDriver

__all__ = ["MqttDriver"]
