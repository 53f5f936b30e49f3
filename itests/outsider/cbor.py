"""The deterministic CBOR of the protocol (section 2 of the specification; RFC 8949, section 4.2.1)."""

import itertools
import re
import struct

MAX_NESTING = 32
MAX_ITEMS = 4096


def encode(value):
    """The encoding of a bool, int, bytes, str, list, or dict with keys of one kind."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    entries = sorted((encode(key), encode(item)) for key, item in value.items())
    return _head(5, len(entries)) + b"".join(itertools.chain.from_iterable(entries))


def _head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for extra, size in enumerate("BHIQ"):
        if argument >> (8 << extra) == 0:
            return struct.pack(">B" + size, major << 5 | 24 + extra, argument)
    raise ValueError("an integer is too large")


def decode(data):
    """The value that some bytes encode. Raises ValueError unless they are its one deterministic encoding."""
    try:
        value, end = _item(data, 0, 0)
    except (IndexError, struct.error) as e:
        raise ValueError("it ends too early") from e
    # Comparing finds all that is left: integers that are not the shortest, keys out of order, a key twice.
    if end != len(data) or encode(value) != data:
        raise ValueError("it is not in the deterministic encoding")
    return value


def _item(data, at, depth):
    major, argument = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7 and argument in (20, 21):
        return argument == 21, at
    if major > 5 or argument > 27:
        raise ValueError(f"it holds an item of kind {major}/{argument}")
    if argument >= 24:
        size = 1 << argument - 24
        argument, = struct.unpack_from(">" + "BHIQ"[argument - 24], data, at)
        at += size
    if major < 2:
        if argument >> 63:
            raise ValueError("an integer is too large")
        return (-1 - argument if major else argument), at
    if major < 4:
        content = data[at:at + argument]
        if len(content) < argument:
            raise IndexError
        return (content if major == 2 else content.decode()), at + argument
    if depth == MAX_NESTING or argument > MAX_ITEMS:
        raise ValueError("it is nested too deep, or a list or map has too many items")
    items = []
    for _ in range(argument if major == 4 else 2 * argument):
        item, at = _item(data, at, depth + 1)
        items.append(item)
    return (items if major == 4 else _map(items)), at


def _map(items):
    keys = items[::2]
    if any(type(key) is not type(keys[0]) or type(key) not in (int, str) for key in keys):
        raise ValueError("the keys of a map are not all integers or all texts")
    if any(isinstance(key, str) and re.fullmatch("-?[0-9]+", key) for key in keys):
        raise ValueError("a text key looks like an integer")
    return dict(zip(keys, items[1::2]))
