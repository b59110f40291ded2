"""Faults built into a running websockets connection: what no library does unless it is broken.

Each takes the connection after its opening handshake. Everything else stays as the library does it.
"""
