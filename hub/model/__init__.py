"""The vocabulary: metrics and units, devices, zones, readings, reports, light states, commands, overrides.

Plain frozen data and pure functions; nothing here does I/O or reads a clock. Times are Unix seconds (float, UTC).
"""
