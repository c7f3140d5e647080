"""Echoes frames: a header of 48 bytes (letters, kind, length of the body), and the body."""
import struct
import sys
import time

inlet, outlet = sys.stdin.buffer, sys.stdout.buffer
while header := inlet.read(48):
    letters, kind, length = struct.unpack_from("<4sIQ", header)
    body = inlet.read(length)
    outlet.write(struct.pack("<4sIQQ24x", letters, 6, length, time.monotonic_ns()) + body)
    outlet.flush()
