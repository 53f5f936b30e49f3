"""A machine that nothing runs: schemas and states, ABI document, memory, and how it is kept in a folder."""

import contextlib
import hashlib
import itertools
import json
import mmap
import os
import shutil
import struct

import cbor
from crc32c import crc32c
from line import PAGE
from messages import INTEGER_BITS, UINT, Each, Problem, fit, scalar

# States and their schemas (sections 5.2, 5.7 and 5.8)


def walk(fields, path=(), name=""):
    """All fields of a schema, also those of structures: path of ids, dotted name, field."""
    for field in fields:
        here, dotted = path + (field["id"],), name + field["name"]
        yield here, dotted, field
        inner = field["type"]
        while isinstance(inner, dict) and "list" in inner:
            inner = inner["list"]
        if isinstance(inner, dict):
            yield from walk(inner["fields"], here, dotted + ".")


def matches(value, kind):
    """Whether a value is of a field's type, with no field too many and none missing."""
    if isinstance(kind, dict) and "list" in kind:
        return isinstance(value, list) and all(matches(item, kind["list"]) for item in value)
    if isinstance(kind, dict):
        return (isinstance(value, dict) and value.keys() == {field["id"] for field in kind["fields"]}
                and all(matches(value[field["id"]], field["type"]) for field in kind["fields"]))
    if kind in INTEGER_BITS:
        limit = 1 << INTEGER_BITS[kind] - 1
        return type(value) is int and -limit <= value < limit
    return type(value) is {"bool": bool, "text": str, "bytes": bytes}[kind]


def without(value, gone, path=()):
    """A state without the fields of some paths; lists on the way have no id."""
    if isinstance(value, list):
        return [without(item, gone, path) for item in value]
    if isinstance(value, dict):
        return {key: without(item, gone, path + (key,)) for key, item in value.items() if path + (key,) not in gone}
    return value


def _values_at(value, path):
    if not path:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _values_at(item, path)
    else:
        yield from _values_at(value[path[0]], path[1:])


def not_default(state, schema):
    """The paths of the fields that may be dropped if they have their default, and do not have it."""
    return [path for path, _, field in walk(schema["fields"]) if field["criticality"] == "ignorable-if-default"
            and any(value != field["default"] for value in _values_at(state, path))]


def digest(state, schema):
    """The digest of a state."""
    ignorable = {path for path, _, field in walk(schema["fields"]) if field["criticality"] == "ignorable"}
    return hashlib.sha256(cbor.encode(without(state, ignorable))).digest()


# The ABI document (guest-abi.md, section 8)

PART = {"type": str, "abi": str, "slot": UINT, "properties": Each({"value": scalar, "from": {"machine-type", "user", "host"}})}
DOCUMENT = {"machineType": str, "memory": UINT, "processors": UINT, "board": PART, "processor": PART, "devices": Each(PART)}


def parse_abi(text):
    """Reads an ABI document, which must be in its canonical form and hold nothing unknown. All its keys are ASCII."""
    try:
        document = json.loads(text)
    except ValueError as e:
        raise Problem(f"the ABI document is not JSON: {e}") from e
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if canonical != text or fit(document, DOCUMENT, "the ABI document") != document:
        raise Problem("the ABI document is not in its canonical form, or has keys that nobody knows")
    return document


def parts_of(document):
    """The paths of all parts that have state."""
    processors = (f"/{document['processor']['type']}@{n}" for n in range(document["processors"]))
    return {"/clock", "/" + document["board"]["type"], *processors, *document["devices"]}


# Guest memory (sections 5.5 and 5.8)

DATA, ZERO = 0, 1
ZERO_PAGE = bytes(PAGE)
PAGES_PER_FRAME = 256
MAX_RANGES = 512


class Count:
    """What both sides count of the PAGES frames."""

    def __init__(self):
        self.frames, self.pages, self.crcs = 0, [0, 0], bytearray()

    def add(self, ranges, crc):
        self.frames += 1
        self.crcs += struct.pack(">I", crc)
        for _, pages, kind in ranges:
            self.pages[kind] += pages

    def message(self):
        return {"frames": self.frames, "data-pages": self.pages[DATA], "zero-pages": self.pages[ZERO],
                "checksum": crc32c(self.crcs)}


def pack_pages(ram, first, zero_pages):
    """A payload with the next pages of memory, and its ranges: first page, number of pages, kind."""
    pages = [ram[at:at + PAGE] for at in range(first * PAGE, min((first + PAGES_PER_FRAME) * PAGE, len(ram)), PAGE)]
    ranges, data = [], []
    for kind, run in itertools.groupby(pages, lambda page: ZERO if zero_pages and page == ZERO_PAGE else DATA):
        run = list(run)
        ranges.append((first, len(run), kind))
        first += len(run)
        data += run if kind == DATA else []
    table = b"".join(struct.pack(">QII", *entry) for entry in ranges)
    return struct.pack(">HHI", 0, len(ranges), 0) + table + b"".join(data), ranges


def unpack_pages(payload, ram, zero_pages):
    """Puts the pages of a payload into memory, once all is checked. Gives its ranges."""
    if len(payload) < 8:
        raise Problem("a PAGES frame is too short")
    region, count, reserved = struct.unpack(">HHI", payload[:8])
    at = 8 + 16 * count
    if (region, reserved) != (0, 0) or not 1 <= count <= MAX_RANGES or len(payload) < at:
        raise Problem(f"a PAGES frame is malformed: region {region}, {count} ranges")
    ranges = list(struct.iter_unpack(">QII", payload[8:at]))
    if any(pages < 1 or (first + pages) * PAGE > len(ram) or kind not in (DATA, ZERO) or kind == ZERO and not zero_pages
           for first, pages, kind in ranges):
        raise Problem("a range of a PAGES frame is empty, outside the memory, or of a kind that was not agreed on")
    if len(payload) - at != PAGE * sum(pages for _, pages, kind in ranges if kind == DATA):
        raise Problem("a PAGES frame has more or less data than its ranges say")
    for first, pages, kind in ranges:
        if kind == DATA:
            ram[first * PAGE:(first + pages) * PAGE] = payload[at:at + pages * PAGE]
            at += pages * PAGE
        else:
            for page in range(first * PAGE, (first + pages) * PAGE, PAGE):
                if ram[page:page + PAGE] != ZERO_PAGE:  # else it would become a page of the file
                    ram[page:page + PAGE] = ZERO_PAGE
    return ranges


class Folder:
    """
    A machine in a folder: "ram" is its memory; "machine.cbor" the manifest, the state of each part as it came, and whether the
    guest ran; "abi.json" the ABI document, for people. A guest that was given away has left the file "given-away".
    """

    def __init__(self, path):
        self.path = path

    def file(self, name):
        return os.path.join(self.path, name)

    def create_ram(self, size):
        """Memory of zeroes, which takes no room on the disk."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)
        with open(self.file("ram"), "w+b") as ram:
            ram.truncate(size)
            return mmap.mmap(ram.fileno(), size)

    def write(self, manifest, states, running):
        """Keeps everything but the memory."""
        self._write("abi.json", manifest["abi"].encode())
        self._write("machine.cbor", cbor.encode({"manifest": manifest, "states": states, "running": running}))

    def read(self):
        """The manifest, the decoded states by path, and whether the guest ran."""
        with open(self.file("machine.cbor"), "rb") as file:
            machine = cbor.decode(file.read())
        return machine["manifest"], {path: cbor.decode(data) for path, data in machine["states"].items()}, machine["running"]

    def map_ram(self):
        with open(self.file("ram"), "rb") as ram:
            return mmap.mmap(ram.fileno(), 0, access=mmap.ACCESS_READ)

    def give_away(self, receiver):
        """From here on the guest must not go on from here by itself (section 7.2, step 9)."""
        self._write("given-away", receiver.encode())

    def given_away_to(self):
        with contextlib.suppress(FileNotFoundError), open(self.file("given-away"), encoding="utf-8") as file:
            return file.read()
        return None

    def _write(self, name, content):
        with open(self.file(name), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
