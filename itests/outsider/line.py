"""The line to a peer: preamble, HELLO, frames and signs of life (sections 3, 4, 5.1, 8 and 9 of the specification)."""

import contextlib
import select
import socket
import struct
import time

import cbor
from crc32c import crc32c
from messages import PeerProblem, Problem, parse

MAGIC = bytes.fromhex("89535452 4E0D0A1A")
PREAMBLE_SIZE = 64
SOCKET = 1
SOURCE, DESTINATION = 1, 2
VERSION = (1, 0)
PRODUCER = b"sterna_peer.py 1.0"
PAGE = 4096
CAPABILITIES = {
    "bulk-pages": {"need": "required", "parameters": {"page-size": [PAGE]}},
    "section-digest": {"need": "required", "parameters": {"algorithm": ["sha-256"]}},
    "zero-pages": {"need": "preferred", "parameters": {}}}

KIB, MIB = 1 << 10, 1 << 20
MANDATORY = 1
FRAMES = {  # type: name, limit of the payload
    1: ("HELLO", 64 * KIB), 2: ("MANIFEST", MIB), 3: ("VERDICT", MIB), 4: ("START", 4 * KIB), 5: ("READY", 4 * KIB),
    6: ("PAGES", MIB + 16 * KIB), 7: ("ROUND", 4 * KIB), 8: ("ROUND_DONE", 4 * KIB), 9: ("SECTION", 4 * MIB),
    10: ("FINISH", 4 * KIB), 11: ("LOADED", MIB), 12: ("COMMIT", 4 * KIB), 13: ("TAKEN", 4 * KIB), 14: ("RUNNING", 4 * KIB),
    15: ("BYE", 4 * KIB), 16: ("CANCEL", 4 * KIB), 17: ("ERROR", 256 * KIB), 18: ("KEEPALIVE", 0)}
TYPES = {name: kind for kind, (name, _) in FRAMES.items()}
IN_FILES_ONLY = range(19, 22)
FIRST_NAMED_TYPE = 256

GREETING_SECONDS, SILENCE_SECONDS, ANSWER_SECONDS, LINGER_SECONDS, KEEPALIVE_SECONDS = 5, 10, 60, 5, 1


class Gone(Exception):
    """The peer has left, is silent, or has cancelled: there is nobody to tell."""


class Line:
    """One end of a conversation. It is used by one thread, which sends a sign of life whenever it waits for the peer."""

    def __init__(self, connected, role):
        self.socket, self.role = connected, role
        self.begun = False       # whether this side's preamble has been sent
        self.greeted = False     # whether the peer's HELLO has come
        self.said = time.monotonic()
        self.crc = 0             # of the last payload sent or received
        connected.settimeout(ANSWER_SECONDS)

    def greet(self):
        """Exchanges preambles and HELLOs. Gives the names of the capabilities that are common."""
        preamble = struct.pack(">8sBBHHHHB41s", MAGIC, SOCKET, self.role, *VERSION, *VERSION, len(PRODUCER), PRODUCER)
        self._write(preamble + struct.pack(">I", crc32c(preamble)))
        self.begun = True
        self._check_preamble(time.monotonic() + GREETING_SECONDS)
        self.send("HELLO", {"capabilities": CAPABILITIES})
        _, hello = self.receive("HELLO", seconds=GREETING_SECONDS)
        self.greeted = True
        return _common(CAPABILITIES, hello["capabilities"])

    def _check_preamble(self, deadline):
        came = b""
        while len(came) < len(MAGIC):
            came += self._read(1, deadline)
            if not MAGIC.startswith(came):
                raise Problem(f"the peer is no Sterna: what it sends begins with {came!r}")
        came += self._read(PREAMBLE_SIZE - len(came), deadline)
        medium, role, low_major, low_minor, high_major, high_minor, length = struct.unpack(">BBHHHHB", came[8:19])
        crc, = struct.unpack(">I", came[60:])
        if crc != crc32c(came[:60]) or length > 41:
            raise Problem("the peer's preamble is damaged")
        if medium != SOCKET or role != SOURCE + DESTINATION - self.role:
            raise Problem(f"the peer is of medium {medium} and role {role}, with which this side has nothing to do")
        if not (low_major, low_minor) <= VERSION <= (high_major, high_minor):
            raise Problem(f"the peer speaks version {low_major}.{low_minor} to {high_major}.{high_minor} of the protocol, "
                          "and this side only 1.0")

    def send(self, name, message=None):
        """Sends a frame; its message is a map, or the bytes of the payload."""
        payload = message if isinstance(message, bytes) else cbor.encode(message or {})
        self.crc = crc32c(payload)
        header = struct.pack(">HHII", TYPES[name], 0 if name == "KEEPALIVE" else MANDATORY, len(payload), self.crc)
        self._write(header + struct.pack(">I", crc32c(header)) + payload)

    def receive(self, *due, seconds=ANSWER_SECONDS):
        """The next frame that says something, which must be one of those due: its name and its message (bytes for PAGES)."""
        deadline = time.monotonic() + seconds
        while True:
            name, message = self._frame(deadline)
            if name in due:
                return name, message
            if name:
                raise Problem(f"the peer has sent {name}, where {' or '.join(due)} has its place")

    def poll(self):
        """Listens while there is still something to say: an ERROR takes effect when it arrives (section 8)."""
        while select.select([self.socket], [], [], 0)[0]:
            name, _ = self._frame(time.monotonic() + ANSWER_SECONDS)
            if name:
                raise Problem(f"the peer has sent {name}, where nothing is due from it")

    def _frame(self, deadline):
        """The next frame, or nothing if it can be passed over."""
        header = self._read(16, deadline)
        kind, flags, size, crc, header_crc = struct.unpack(">HHIII", header)
        if header_crc != crc32c(header[:12]):
            raise Problem("the header of a frame is damaged")
        name, limit = FRAMES.get(kind, (None, MIB))
        if kind in IN_FILES_ONLY:
            raise Problem(f"a frame of type {kind} has its place in files only")
        if size > limit:
            raise Problem(f"a frame {name or kind} claims {size} bytes, more than its limit")
        payload = self._read(size, deadline)
        self.crc = crc32c(payload)
        if crc != self.crc:
            raise Problem(f"the payload of a frame {name or kind} is damaged")
        if name is None and flags & MANDATORY:
            called = payload[1:1 + payload[0]].decode("ascii", "replace") if kind >= FIRST_NAMED_TYPE and payload else ""
            raise Problem(f"the peer insists on a frame of type {kind} {called}, which this side does not know")
        if name is None or name == "KEEPALIVE" and self.greeted:
            return None, None
        if name in ("PAGES", "KEEPALIVE"):
            return name, payload
        message = parse(name, payload)
        if name == "ERROR":
            raise PeerProblem(message["reasons"])
        if name == "CANCEL" and self.role == DESTINATION:
            raise Gone("the migration was cancelled at the source")
        return name, message

    def _write(self, data):
        self.said = time.monotonic()
        try:
            self.socket.sendall(data)
        except OSError:
            self.poll()  # perhaps the peer has said why it does not listen any more
            raise

    def _read(self, size, deadline):
        data = bytearray(size)
        view, heard = memoryview(data), time.monotonic()
        while view:
            ready = select.select([self.socket], [], [], KEEPALIVE_SECONDS)[0]
            now = time.monotonic()
            if self.greeted and now - self.said >= KEEPALIVE_SECONDS:
                self.send("KEEPALIVE", b"")
            if now > deadline or self.greeted and now - heard > SILENCE_SECONDS:
                raise Gone("the peer does not answer")
            if ready:
                count = self.socket.recv_into(view)
                if count == 0:
                    raise Gone("the peer has closed the line")
                view, heard = view[count:], now
        return bytes(data)

    def end(self, problem=None):
        """Ends the conversation in such a way that what was sent last arrives, such as the reasons of a problem (section 8)."""
        with contextlib.suppress(OSError, Gone, Problem), self.socket:
            if problem and self.begun and not isinstance(problem, PeerProblem):
                self.send("ERROR", {"reasons": problem.reasons})
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(LINGER_SECONDS)
            deadline = time.monotonic() + LINGER_SECONDS
            while time.monotonic() < deadline and self.socket.recv(64 * KIB):
                pass


def _common(mine, theirs):
    common = set()
    for name in sorted(mine.keys() | theirs.keys()):
        offers = [side[name] for side in (mine, theirs) if name in side]
        values = [offer["parameters"] for offer in offers]
        if len(offers) == 2 and all(set(values[0][key]) & set(values[1][key]) for key in values[0].keys() & values[1].keys()):
            common.add(name)
        elif any(offer["need"] == "required" for offer in offers):
            raise Problem(f"the capability {name} is required, and the two sides do not have it in common")
    return common
