# SPDX-License-Identifier: GPL-2.0-or-later
"""Just enough of msgpack for what the service takes and answers."""
import struct


def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, str):
        data = value.encode()
        return b"\xda" + struct.pack(">H", len(data)) + data
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, list):
        return b"\xdc" + struct.pack(">H", len(value)) + b"".join(map(pack, value))
    return b"\xde" + struct.pack(">H", len(value)) + b"".join(
        pack(key) + pack(part) for key, part in value.items())


FIXED = {0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q", 0xd0: ">b",
         0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}
SIZED = {0xd9: (">B", "text"), 0xda: (">H", "text"), 0xdb: (">I", "text"), 0xdc: (">H", "list"),
         0xdd: (">I", "list"), 0xde: (">H", "map"), 0xdf: (">I", "map")}


def unpack(data):
    value, end = _unpack(data, 0)
    assert end == len(data), "bytes behind the value"
    return value


def _number(data, at, form):
    return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)


def _unpack(data, at):
    first, at = data[at], at + 1
    if first < 0x80 or first >= 0xe0:
        return first - 0x100 if first >= 0xe0 else first, at
    if first in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[first], at
    if first in FIXED:
        return _number(data, at, FIXED[first])
    if first in SIZED:
        size, at = _number(data, at, SIZED[first][0])
        kind = SIZED[first][1]
    else:
        kind, size = (("map", first & 15) if first < 0x90 else ("list", first & 15)
                      if first < 0xa0 else ("text", first & 31))
    if kind == "text":
        return data[at:at + size].decode(), at + size
    items = []
    for _ in range(size * (2 if kind == "map" else 1)):
        item, at = _unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if kind == "map" else items), at
