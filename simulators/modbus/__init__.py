"""Devices that are asked by Modbus."""
