"""Signal controllers of junctions: they run fixed-time programs, watch their own lamps, and fail to flash."""
