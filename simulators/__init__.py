"""A city on the wire: lamps, cabinets and environment sensors that speak the hub's public contract.

Written from the contract alone; it imports nothing of the hub, its drivers or its schedules.
"""
