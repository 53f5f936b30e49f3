#!/usr/bin/env python3
"""
A peer of the Sterna migration protocol that is no virtual machine: it takes a machine, keeps it, and gives it back.

    sterna_peer.py receive ENDPOINT FOLDER     waits for one machine and keeps it in a folder
    sterna_peer.py send FOLDER ENDPOINT        sends it on, so that its guest goes on there

Sections in comments are those of docs/spec/migration-protocol.md, from which all of this was written.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import socket
import sys
import time

import cbor
from line import DESTINATION, GREETING_SECONDS, MIB, PAGE, SOURCE, Gone, Line
from machine import Count, Folder, digest, matches, not_default, pack_pages, parse_abi, parts_of, unpack_pages, walk, without
from messages import PeerProblem, Problem

MAX_STATE_BYTES = 32 * MIB


class Receiver:
    """The destination of a migration: keeps any machine that is not too large."""

    def __init__(self, folder, max_memory):
        self.folder, self.max_memory = folder, max_memory

    def serve(self, line):
        """One conversation (section 5). Gives whether there is a machine now."""
        zero_pages = "zero-pages" in line.greet()
        _, manifest = line.receive("MANIFEST")
        verdict = self.verdict(manifest)
        line.send("VERDICT", verdict)
        said, _ = line.receive("START", "BYE")
        if said == "BYE":
            return False
        if verdict["outcome"] != "OK":
            raise Problem("START has come, although the answer was BLOCKED")
        part = Folder(self.folder.path + ".part")
        try:
            self.take(line, manifest, part, zero_pages)
            line.receive("COMMIT")
            os.rename(part.path, self.folder.path)
        finally:
            shutil.rmtree(part.path, ignore_errors=True)
        # From here on the guest is here, whatever becomes of the line (section 7.2, step 10). Nothing here can run it.
        with contextlib.suppress(OSError, Gone, Problem):
            line.send("TAKEN")
            line.send("RUNNING", {"running": False, "wall-time": time.time_ns()})
        return True

    def verdict(self, manifest):
        """The answer to a manifest (section 6): every section can be kept, whatever its type and its state version."""
        document = parse_abi(manifest["abi"])
        memory = document["memory"]
        paths = [offer["path"] for offer in manifest["sections"]]
        if len(set(paths)) < len(paths) or set(paths) != parts_of(document):
            raise Problem("the sections are not those of the machine in the ABI document")
        if [(region["name"], region["page-size"], region["size"]) for region in manifest["bulk"]] != [("ram", PAGE, memory)]:
            raise Problem("the bulk regions are not the memory of the machine in the ABI document")
        reasons = [] if memory <= self.max_memory else Problem(
            f"it has {memory // MIB} MiB of memory, and no more than {self.max_memory // MIB} MiB are kept here",
            f"start the receiver with --max-memory {memory // MIB}", manifest["name"], "memory").reasons
        return {"outcome": "BLOCKED" if reasons else "OK", "reasons": reasons, "conditions": [],
                "sections": list(map(self.answer, manifest["sections"]))}

    @staticmethod
    def answer(offer):
        state = offer["schema"]["version"]
        return {"path": offer["path"], "type": offer["type"], "outcome": "OK", "dropped": [], "defaulted": [],
                "writer": {"state": state, "bundle": offer["version"]}, "reader": {"state": state, "bundle": "outsider"},
                "plan": {"drop": [], "default": []}}

    @staticmethod
    def take(line, manifest, part, zero_pages):
        """From READY to LOADED (sections 5.4 to 5.8): all of the machine is in the folder then."""
        schemas = {offer["path"]: offer["schema"] for offer in manifest["sections"]}
        with part.create_ram(manifest["bulk"][0]["size"]) as ram:
            line.send("READY")
            name, arrived, count, states = None, bytearray(len(ram) // PAGE), Count(), {}
            while name != "FINISH":
                due = ("SECTION", "FINISH") if states else ("PAGES", "ROUND", "SECTION", "FINISH")
                name, message = line.receive(*due, seconds=float("inf"))
                if name == "PAGES":
                    ranges = unpack_pages(message, ram, zero_pages)
                    count.add(ranges, line.crc)
                    for first, pages, _ in ranges:
                        arrived[first:first + pages] = b"\1" * pages
                elif name == "ROUND":
                    line.send("ROUND_DONE", message)
                elif name == "SECTION":
                    check_section(message, schemas, states)
                    states[message["path"]] = message["data"]
            if 0 in arrived or message["bulk"] != count.message():
                raise Problem("pages are missing, or the source has counted others than have come")
            if len(states) != len(schemas) or message["sections"] != len(states):
                raise Problem("sections are missing")
            ram.flush()
        part.write(manifest, states, message["running"])
        _, kept, _ = part.read()
        line.send("LOADED", {"bulk": count.message(),
                             "digests": {path: digest(state, schemas[path]) for path, state in kept.items()}})


def check_section(section, schemas, states):
    """Whether a section is one of the manifest's, and whole (section 5.7)."""
    path, data = section["path"], section["data"]
    schema = schemas.get(path)
    if schema is None or path in states or (section["type"], section["version"]) != (schema["type"], schema["version"]):
        raise Problem("the section is not one of the manifest's, or has come twice", subject=path)
    if section["size"] != len(data) or section["sha-256"] != hashlib.sha256(data).digest():
        raise Problem("the size or SHA-256 of the section is wrong", subject=path)
    if sum(map(len, states.values())) + len(data) > MAX_STATE_BYTES:
        raise Problem("the sections hold too much data", subject=path)
    try:
        state = cbor.decode(data)
    except ValueError as e:
        raise Problem(f"the CBOR of the section is wrong: {e}", subject=path) from e
    if not matches(state, {"fields": schema["fields"]}):
        raise Problem("the section does not hold what its schema says", subject=path)


class Sender:
    """The source of a migration: a kept machine. It stands still, so there is no pre-copy."""

    def __init__(self, folder, accept_loss):
        self.folder = folder
        self.committed = False
        self.manifest, self.states, self.running = folder.read()
        self.schemas = {offer["path"]: offer["schema"] for offer in self.manifest["sections"]}
        # Not what the first source has glimpsed while the guest ran, but how it is.
        self.in_use = {path: not_default(state, self.schemas[path]) for path, state in self.states.items()}
        self.manifest["accept-loss"] = accept_loss
        for offer in self.manifest["sections"]:
            offer["not-default"] = list(map(list, self.in_use[offer["path"]]))

    def serve(self, line, receiver):
        """The whole conversation (section 5)."""
        zero_pages = "zero-pages" in line.greet()
        line.send("MANIFEST", self.manifest)
        _, verdict = line.receive("VERDICT")
        if verdict["outcome"] not in ("OK", "OK-IF"):
            line.send("BYE")
            raise PeerProblem(verdict["reasons"])
        states = self.plan(verdict)
        line.send("START")
        line.receive("READY")
        count = self.send_ram(line, zero_pages)
        for path, state in states.items():
            self.send_section(line, path, cbor.encode(state))
        line.send("FINISH", {"bulk": count, "sections": len(states), "running": self.running})
        _, loaded = line.receive("LOADED")
        if loaded != {"bulk": count, "digests": {path: digest(state, self.schemas[path]) for path, state in states.items()}}:
            raise Problem("what the destination has restored is not what was sent")
        self.folder.give_away(receiver)
        self.committed = True
        try:
            line.send("COMMIT")
            line.receive("TAKEN")
            line.receive("RUNNING")
        except (Problem, Gone, OSError) as e:
            raise Problem(f"its guest was handed over to {receiver}, which has not confirmed it: {e}",
                          "see whether the guest is there", self.folder.path) from e

    def plan(self, verdict):
        """What is to be sent of each state. A plan by which anything would be lost is refused (section 5.3)."""
        plans = {section["path"]: section.get("plan") for section in verdict["sections"]}
        states = {}
        for path, state in self.states.items():
            if plans.get(path) is None:
                raise Problem("the destination's verdict has no plan for it", subject=path)
            drop = set(map(tuple, plans[path]["drop"]))
            fields = {ids: (name, field["criticality"]) for ids, name, field in walk(self.schemas[path]["fields"])}
            for ids in drop:
                name, criticality = fields.get(ids, (str(ids), "mandatory"))
                accepted = f"{path}.{name}" in self.manifest["accept-loss"]
                if criticality == "mandatory" or ids in self.in_use[path] and not accepted:
                    raise Problem("it must not be lost, and the destination's plan drops it", subject=path, item=name)
            states[path] = without(state, drop)
        return states

    def send_ram(self, line, zero_pages):
        """Sends every page once. Gives the counts."""
        count = Count()
        with self.folder.map_ram() as ram:
            first = 0
            while first < len(ram) // PAGE:
                payload, ranges = pack_pages(ram, first, zero_pages)
                line.send("PAGES", payload)
                count.add(ranges, line.crc)
                line.poll()
                first += sum(pages for _, pages, _ in ranges)
        return count.message()

    def send_section(self, line, path, data):
        schema = self.schemas[path]
        extensions = sorted({field["extension"] for _, _, field in walk(schema["fields"]) if "extension" in field})
        line.send("SECTION", {"path": path, "type": schema["type"], "version": schema["version"], "extensions": extensions,
                              "size": len(data), "sha-256": hashlib.sha256(data).digest(), "data": data})


def receive(endpoint, folder, max_memory):
    """Waits at an endpoint until a machine is here. Whatever fails, it says why and waits again (section 8)."""
    if os.path.exists(folder.path):
        raise Problem("it exists", "name a new folder", folder.path)
    receiver, taken = Receiver(folder, max_memory), False
    with listen(endpoint) as server:
        print(f"listening on {endpoint_of(server)}", file=sys.stderr, flush=True)
        while not taken:
            line, problem = Line(server.accept()[0], DESTINATION), None
            try:
                taken = receiver.serve(line)
            except (Problem, Gone, OSError) as e:
                print(f"an attempt has failed: {e}", file=sys.stderr, flush=True)
                problem = e if isinstance(e, Problem) else None
            line.end(problem)
    print(f"the machine is in {folder.path}")


def send(folder, endpoint, accept_loss):
    """Sends the machine in a folder to a destination."""
    if not os.path.exists(folder.file("machine.cbor")):
        raise Problem("there is no machine in it", subject=folder.path)
    if receiver := folder.given_away_to():
        raise Problem(f"its guest was given away to {receiver}",
                      "only if the guest is not there, remove the file given-away", folder.path)
    sender, problem = Sender(folder, accept_loss), None
    line = Line(connect(endpoint), SOURCE)
    try:
        sender.serve(line, endpoint)
    except Problem as e:
        # An ERROR would overtake the COMMIT (section 7.2, step 9).
        problem = None if sender.committed else e
        raise
    finally:
        line.end(problem)
    print(f"the guest is at {endpoint} now")


def _address(endpoint):
    if endpoint.startswith("unix:"):
        return socket.AF_UNIX, endpoint[len("unix:"):]
    host, _, port = endpoint.removeprefix("tcp:").rpartition(":")
    if not host or not port.isdigit():
        raise Problem("it is no endpoint", "give HOST:PORT or unix:PATH", endpoint)
    return socket.AF_INET6 if ":" in host else socket.AF_INET, (host.strip("[]"), int(port))


def listen(endpoint):
    family, address = _address(endpoint)
    server = socket.socket(family)
    if family != socket.AF_UNIX:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(address)
    server.listen(1)
    return server


def connect(endpoint):
    family, address = _address(endpoint)
    line = socket.socket(family)
    line.settimeout(GREETING_SECONDS)
    try:
        line.connect(address)
    except OSError as e:
        raise Problem(f"it cannot be reached: {e.strerror or e}", "see whether a receiver listens there", endpoint) from e
    return line


def endpoint_of(server):
    name = server.getsockname()
    return f"tcp:{name[0]}:{name[1]}" if isinstance(name, tuple) else f"unix:{name}"


def main():
    parser = argparse.ArgumentParser(description="Takes a machine from a Sterna host, keeps it, and gives it back.",
                                     epilog="An endpoint is HOST:PORT, also after tcp:, or unix:PATH.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("receive", help="wait for one machine and keep it")
    command.add_argument("endpoint")
    command.add_argument("folder")
    command.add_argument("--max-memory", type=int, default=1024, metavar="MIB", help="refuse larger machines (default: 1024)")
    command = commands.add_parser("send", help="send a kept machine to where its guest shall go on")
    command.add_argument("folder")
    command.add_argument("endpoint")
    command.add_argument("--accept-loss", action="append", default=[], metavar="/PATH.FIELD", help="what may be lost")
    given = parser.parse_args()
    try:
        if given.command == "receive":
            receive(given.endpoint, Folder(given.folder), given.max_memory * MIB)
        else:
            send(Folder(given.folder), given.endpoint, given.accept_loss)
    except (Problem, Gone, OSError) as e:
        sys.exit(f"sterna_peer.py: {e}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
