"""The deterministic CBOR of the protocol (section 2 of the specification; RFC 8949, section 4.2.1)."""

import itertools
import re
import struct

MAX_NESTING = 32
MAX_ITEMS = 262144
MAX_KEY = 4096
CHUNK = 3996
INDEFINITE, BREAK = 31, 0xFF


def encode(value):
    """The encoding of a bool, int, bytes, str, list, or dict with keys of one kind."""
    return _encode(value, _definite)


def encode_as_first_releases(value):
    """The encoding as Sterna 1.0 and 1.1 wrote it: long texts in chunks."""
    return _encode(value, _chunked)


def _encode(value, text):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(_encode(item, text) for item in value)
    # The order is that of keys of definite length, in both forms.
    entries = sorted((encode(key), _encode(key, text), _encode(item, text)) for key, item in value.items())
    return _head(5, len(entries)) + b"".join(itertools.chain.from_iterable(entry[1:] for entry in entries))


def _definite(text):
    utf8 = text.encode()
    return _head(3, len(utf8)) + utf8


def _chunked(text):
    units = text.encode("utf-16-be")  # two bytes each
    if len(units) <= 2 * CHUNK:
        return _definite(text)
    chunks = bytearray()
    while units:
        end = 2 * CHUNK
        if len(units) > end and units[end - 2] & 0xFC == 0xD8:  # the first of a surrogate pair
            end -= 2
        chunks += _definite(units[:end].decode("utf-16-be"))
        units = units[end:]
    return b"\x7f" + chunks + bytes([BREAK])


def _head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for extra, size in enumerate("BHIQ"):
        if argument >> (8 << extra) == 0:
            return struct.pack(">B" + size, major << 5 | 24 + extra, argument)
    raise ValueError("an integer is too large")


def decode(data):
    """
    The value that some bytes encode. Raises ValueError unless they are its one deterministic encoding, or the one that the first
    releases of Sterna wrote.
    """
    try:
        value, end = _item(data, 0, 0, [MAX_ITEMS])
    except (IndexError, struct.error) as e:
        raise ValueError("it ends too early") from e
    # Comparing finds all that is left: integers that are not the shortest, keys out of order, a key twice, other chunks.
    if end != len(data) or data not in (encode(value), encode_as_first_releases(value)):
        raise ValueError("it is not in the deterministic encoding")
    return value


def _item(data, at, depth, left, key=False):
    left[0] -= not key
    if left[0] < 0:
        raise ValueError("it has too many items")
    major, argument = data[at] >> 5, data[at] & 31
    at += 1
    if (major, argument) == (3, INDEFINITE):
        return _chunks(data, at)
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
    if depth == MAX_NESTING:
        raise ValueError("it is nested too deep")
    items = []
    for number in range(argument if major == 4 else 2 * argument):
        item, at = _item(data, at, depth + 1, left, major == 5 and number % 2 == 0)
        items.append(item)
    return (items if major == 4 else _map(items)), at


def _chunks(data, at):
    text = ""
    while data[at] != BREAK:
        if data[at] >> 5 != 3 or data[at] & 31 == INDEFINITE:
            raise ValueError("a chunk of a text is no text of definite length")
        chunk, at = _item(data, at, 0, [1])
        text += chunk
    return text, at + 1


def _map(items):
    keys = items[::2]
    if any(isinstance(key, str) and len(key.encode()) > MAX_KEY for key in keys):
        raise ValueError("a key is too long")
    if any(type(key) is not type(keys[0]) or type(key) not in (int, str) for key in keys):
        raise ValueError("the keys of a map are not all integers or all texts")
    if any(isinstance(key, str) and re.fullmatch("-?[0-9]+", key) for key in keys):
        raise ValueError("a text key looks like an integer")
    return dict(zip(keys, items[1::2]))
