"""The Modbus driver (TCP, RTU over TCP, RTU on serial lines)."""

from drivers.modbus.driver import ModbusDriver

__all__ = ["ModbusDriver"]
