#!/usr/bin/env python3
"""Runs drill.img on qemu-system-riscv64, as a second opinion beside Sterna's own machine, and plants faults:
a checker that cannot fail is worthless. Needs qemu-system-riscv64; python3 qemu-test.py [NAME ...] runs single tests."""
import contextlib
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 10


class Guest:
    """One QEMU with its serial line and its QMP and gdb sockets."""

    def __init__(self, directory, append="", disk=True, legacy=False, options=()):
        self.directory = directory
        self.disk = os.path.join(directory, "drill.raw")
        self.lines = []
        self.partial = b""
        self.expected = "(no violation)"  # a part of violations that a test brings about by itself
        if disk and not os.path.exists(self.disk):
            with open(self.disk, "wb") as file:
                file.truncate(4 << 20)
        self.names = {name: os.path.join(directory, f"{name}{os.urandom(4).hex()}") for name in ("serial", "qmp", "gdb")}
        command = ["qemu-system-riscv64", "-M", "virt", "-m", "64M", "-display", "none",
                   "-global", f"virtio-mmio.force-legacy={str(legacy).lower()}", "-kernel", os.path.join(HERE, "drill.img"),
                   "-append", append, "-serial", f"unix:{self.names['serial']},server=on,wait=on",
                   "-qmp", f"unix:{self.names['qmp']},server=on,wait=off",
                   "-gdb", f"unix:{self.names['gdb']},server=on,wait=off"]
        if disk:
            command += ["-drive", f"file={self.disk},format=raw,if=none,id=d,file.locking=off,discard=unmap",
                        "-device", "virtio-blk-device,drive=d"]
        self.errors = open(self.names["serial"] + ".log", "w+")
        self.process = subprocess.Popen(command + list(options), stderr=self.errors)
        self.serial = self.connect("serial")
        self.qmp_file = self.connect("qmp").makefile("rw")
        self.qmp_file.readline()
        self.qmp("qmp_capabilities")

    def connect(self, name):
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(self.names[name])
                connection.settimeout(TIMEOUT)
                return connection
            except OSError:
                connection.close()
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def qmp(self, execute, **arguments):
        json.dump({"execute": execute, "arguments": arguments}, self.qmp_file)
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]

    def send(self, line):
        self.serial.sendall(line.encode() + b"\n")

    def read(self, timeout=TIMEOUT):
        """The next line of the drill."""
        end = time.monotonic() + timeout
        while b"\n" not in self.partial:
            if not select.select([self.serial], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("nothing on the serial line; last lines: " + "\n".join(self.lines[-5:]))
            data = self.serial.recv(65536)
            if not data:
                raise EOFError("the machine is off")
            self.partial += data
        line, self.partial = self.partial.split(b"\n", 1)
        line = line.decode("ascii", "replace").rstrip("\r")
        self.lines.append(line)
        return line

    def expect(self, pattern, timeout=TIMEOUT):
        """Reads up to a line that matches; what is read before must not be a violation unless it is looked for."""
        end = time.monotonic() + timeout
        while True:
            line = self.read(max(0, end - time.monotonic()))
            match = re.search(pattern, line)
            if match:
                return match
            if line.startswith("DRILL violation") and "violation" not in pattern and self.expected not in line:
                raise AssertionError("unexpected: " + line)

    def report(self):
        self.send("report")
        match = self.expect(r"^DRILL report (.*)")
        return dict(field.split("=") for field in match.group(1).split())

    def gdb_send(self, packet):
        body = packet.encode()
        self.gdb_socket.sendall(b"$" + body + b"#%02x" % (sum(body) & 0xff))

    def gdb_receive(self):
        while True:
            packet = re.search(rb"\$([^#]*)#..", self.gdb_data)
            if packet:
                self.gdb_data = self.gdb_data[packet.end():]
                self.gdb_socket.sendall(b"+")
                return packet.group(1).decode("latin-1")
            self.gdb_data += self.gdb_socket.recv(65536)

    def gdb(self, packet):
        """One request of the remote serial protocol, and its answer."""
        self.gdb_send(packet)
        return self.gdb_receive()

    def gdb_stop(self):
        """Waits for the notice that the machine has stopped."""
        notice = self.gdb_receive()
        assert notice.startswith("T"), notice

    @contextlib.contextmanager
    def stopped(self):
        """The machine stands still, as a connection makes it, and its physical memory can be changed."""
        self.gdb_socket, self.gdb_data = self.connect("gdb"), b""
        self.gdb_stop()
        assert self.gdb("Qqemu.PhyMemMode:1") == "OK"
        yield
        self.gdb("D")
        self.gdb_socket.close()

    def peek(self, address, length):
        return b"".join(bytes.fromhex(self.gdb(f"m{address + i:x},{min(1024, length - i):x}"))
                        for i in range(0, length, 1024))

    def poke(self, address, data):
        for i in range(0, len(data), 1024):
            piece = data[i:i + 1024]
            assert self.gdb(f"M{address + i:x},{len(piece):x}:{piece.hex()}") == "OK"

    def close(self):
        self.process.kill()
        self.process.wait()


def clean(guest, reports=3):
    """Lets some reports pass without a violation."""
    before = None
    for _ in range(reports):
        match = guest.expect(r"^DRILL report .*checks=(\d+) violations=0 ")
        assert before is None or int(match.group(1)) > before
        before = int(match.group(1))


def test_no_fault_no_violation(start):
    guest = start("drill.pages=2048")
    guest.expect(r"^DRILL disk start=0 blocks=2048 capacity=8192 read-only=no")
    guest.expect(r"^DRILL ram base=0x[0-9a-f]+ pages=2048")
    guest.expect(r"^DRILL ready features=0x130006244")
    clean(guest, 6)
    report = guest.report()
    assert all(int(report[kind]) > 0 for kind in ("ram", "disk", "clock")), report


def test_commands(start):
    guest = start("drill.report=60000")
    guest.expect("^DRILL ready")
    guest.send("rate 50")
    guest.expect("^DRILL rate 50$")
    guest.send("pvclock on")
    guest.expect("^DRILL pvclock missing$")
    guest.send("bogus thing")
    guest.expect("^DRILL unknown bogus thing$")
    guest.serial.sendall(b"".join(b"rate %d\n" % i for i in range(500)))
    guest.expect("^DRILL rate 499$")
    assert guest.report()["violations"] == "0"
    guest.send("stop")
    guest.expect("^DRILL stop$")
    assert guest.process.wait(TIMEOUT) == 0


def test_rate(start):
    """The difference between two rates is what the rates say: two checks per page that is overwritten and swept."""
    guest = start("drill.report=60000 drill.pages=1024 drill.rate=0 drill.disk=off")
    guest.expect("^DRILL ready features=0x0$")
    counts = []
    for rate in (0, 4000):
        guest.send(f"rate {rate}")
        guest.expect("^DRILL rate")
        first = int(guest.report()["ram"])
        began = time.monotonic()
        time.sleep(4)
        counts.append((int(guest.report()["ram"]) - first) / (time.monotonic() - began))
    assert 230 < counts[0] < 280 and 3500 < counts[1] - counts[0] < 4200, counts


def test_features_are_masked(start):
    guest = start("drill.features=0x0")
    guest.expect("^DRILL ready features=0x100000000$")
    clean(guest)


def test_legacy_interface(start):
    """QEMU offers no barrier, VERSION_1 is beyond the legacy feature bits, and all else is as ever."""
    guest = start("", legacy=True)
    guest.expect(r"^DRILL disk .* interface=legacy queues=1$")
    guest.expect(r"^DRILL ready features=0x30006244$")
    clean(guest, 4)
    guest.send("report")
    guest.expect(r"features=0x30006244 barriers=0$")


def test_legacy_interface_without_features(start):
    guest = start("drill.features=0x0", legacy=True)
    guest.expect("^DRILL ready features=0x0$")
    clean(guest)
    assert int(guest.report()["disk"]) > 0


def test_several_queues(start):
    guest = start("", options=["-global", "virtio-blk-device.num-queues=4"])
    guest.expect(r"^DRILL disk .* interface=modern queues=4$")
    guest.expect(r"^DRILL ready features=0x130007244$")
    clean(guest, 4)


def test_several_queues_of_the_legacy_interface(start):
    guest = start("", legacy=True, options=["-global", "virtio-blk-device.num-queues=3"])
    guest.expect(r"^DRILL disk .* interface=legacy queues=3$")
    clean(guest, 4)


def test_lost_interrupt_enable_of_the_legacy_interface(start):
    test_lost_interrupt_enable(lambda append: start(append, legacy=True))


def test_no_devices(start):
    guest = start("", disk=False)
    guest.expect("^DRILL ready features=0x0$")
    clean(guest)
    assert guest.report()["disk"] == "0"


def test_bad_bootarg(start):
    start("drill.rate=12x console=ttyS0").expect(r"^DRILL violation boot bootarg drill.rate=12x ")


def test_read_only_disk(start):
    guest = start("drill.disk-blocks=64", options=["-set", "drive.d.readonly=on"])
    guest.expect("read-only=yes")
    clean(guest)
    with open(guest.disk, "r+b") as file:
        file.seek(10000)
        file.write(b"x")
    guest.expect("^DRILL violation disk corrupt block=2 changed")


def test_disk_outside_region_untouched(start, directory):
    with open(os.path.join(directory, "drill.raw"), "wb") as file:
        file.write(b"\x5a" * (4 << 20))
    guest = start("drill.disk-start=1024 drill.disk-blocks=512")
    clean(guest, 5)
    guest.send("stop")
    guest.process.wait(TIMEOUT)
    with open(guest.disk, "rb") as file:
        content = file.read()
    assert content[:1024 * 512] == b"\x5a" * (1024 * 512)
    assert content[1536 * 512:] == b"\x5a" * (len(content) - 1536 * 512)
    assert b"\x5a" * 4096 not in content[1024 * 512:1536 * 512]


def ram(guest):
    match = guest.expect(r"^DRILL ram base=(0x[0-9a-f]+) pages=(\d+)")
    return int(match.group(1), 16), int(match.group(2))


def test_flipped_byte_of_ram(start):
    guest = start("drill.pages=1024")
    base, _ = ram(guest)
    clean(guest, 2)
    with guest.stopped():
        address = base + 77 * 4096 + 0x123
        guest.poke(address, bytes([guest.peek(address, 1)[0] ^ 0x10]))
    guest.expect(r"^DRILL violation ram corrupt page=77 .*offset=0x120 ")
    guest.expect(r"^DRILL report .* violations=1 ")
    guest.expect(r"^DRILL report .* violations=1 ")


def test_page_rolled_back(start):
    """What a missed entry of the dirty log does: a page keeps an earlier content."""
    guest = start("drill.pages=64")
    base, _ = ram(guest)
    clean(guest, 1)
    with guest.stopped():
        old = guest.peek(base + 5 * 4096, 4096)
    clean(guest, 1)
    with guest.stopped():
        assert guest.peek(base + 5 * 4096, 4096) != old
        guest.poke(base + 5 * 4096, old)
    guest.expect(r"^DRILL violation ram stale page=5 ")


def test_page_and_table_rolled_back(start):
    guest = start("drill.pages=512 drill.rate=100")
    base, pages = ram(guest)
    clean(guest, 1)
    size = 512 * 4096 + 4 * pages
    with guest.stopped():
        old = guest.peek(base, size)
    clean(guest, 2)
    with guest.stopped():
        guest.poke(base, old)
    guest.expect(r"^DRILL violation ram generation table ")


def blocks(content):
    return [content[i:i + 4096] for i in range(0, len(content), 4096)]


def test_lost_disk_write(start):
    """The host takes one block back to what it was before the last write."""
    guest = start("drill.disk-blocks=64")
    clean(guest, 2)
    with open(guest.disk, "rb") as file:
        old = blocks(file.read(64 * 512))
    clean(guest, 2)
    with open(guest.disk, "r+b") as file:
        for index, block in enumerate(old):
            if any(block) and struct.unpack_from("<Q", block)[0]:
                file.seek(index * 4096)
                file.write(block)
    guest.expect(r"^DRILL violation disk (stale|misplaced|corrupt) ?.*block=\d+")


def test_flipped_byte_on_disk(start):
    guest = start("drill.disk-rate=60")
    clean(guest, 8)
    with open(guest.disk, "r+b") as file:
        file.seek(100 * 4096 + 1000)
        byte = file.read(1)
        file.seek(100 * 4096 + 1000)
        file.write(bytes([byte[0] ^ 1]))
    guest.expect(r"^DRILL violation disk corrupt block=100 ")


def test_dropped_disk_writes(start):
    """The back end says done and writes nothing."""
    guest = start("", disk=False, options=["-drive", "driver=null-co,read-zeroes=on,size=4M,if=none,id=d",
                                           "-device", "virtio-blk-device,drive=d"])
    guest.expect(r"^DRILL violation disk corrupt block=\d+ generation=1 ")


def test_disk_errors(start, directory):
    """A back end that fails a write is seen as such."""
    rules = os.path.join(directory, "rules")
    with open(rules, "w") as file:
        file.write('[inject-error]\nevent = "pwritev"\nerrno = "5"\nonce = "on"\n')
    raw = os.path.join(directory, "drill.raw")
    with open(raw, "wb") as file:
        file.truncate(4 << 20)
    guest = start("", disk=False, options=[
        "-drive", f"driver=raw,file.driver=blkdebug,file.config={rules},file.image.driver=file,"
                  f"file.image.filename={raw},if=none,id=d,werror=report", "-device", "virtio-blk-device,drive=d"])
    guest.expect(r"^DRILL violation disk request type=1 .* status=1")
    guest.expect(r"^DRILL report .* violations=[1-9] ")


def test_pause_is_within_the_blackout(start):
    """QEMU's virtual clock stands still while it is stopped, so a pause is no jump."""
    guest = start("")
    clean(guest, 2)
    guest.qmp("stop")
    time.sleep(3)
    guest.qmp("cont")
    clean(guest, 2)
    print("    largest gap after a pause of 3 s:", guest.report()["blackout_ns"], "ns")


def test_hung_processor(start):
    """With the time counter running on, a processor that gets no time for longer than allowed is a jump."""
    guest = start("drill.max-blackout=500")
    clean(guest, 2)
    os.kill(guest.process.pid, 19)
    time.sleep(1.5)
    os.kill(guest.process.pid, 18)
    guest.expect(r"^DRILL violation clock time jumped by ns=1\d{9}")


def test_migration(start, directory):
    """QEMU's own migration, to a file and back. QEMU 7.2 does not arm the timer anew (with the Sstc extension), so the
    guest sleeps on; when a command wakes it up it says so. A release that does arm it must show no violation at all."""
    guest = start("drill.max-blackout=1000")
    clean(guest, 2)
    file = os.path.join(directory, "state")
    guest.qmp("migrate", uri=f"exec:cat > {file}")
    while guest.qmp("query-migrate").get("status") != "completed":
        time.sleep(0.05)
    guest.close()
    other = start("", options=["-incoming", f"exec:cat {file}"])
    lost = 0
    try:
        other.expect("^DRILL report", 4)
    except TimeoutError:
        other.send("report")
        other.expect("^DRILL violation clock time jumped")
        other.expect("^DRILL violation clock no timer interrupt")
        lost = 2
    for _ in range(4):
        other.expect(fr"^DRILL report .* violations={lost} ")
    print("    timer", "lost, and that was seen" if lost else "kept")


def test_time_counter_stepped_back(start):
    mtime = 0x200bff8
    guest = start("")
    clean(guest, 4)
    with guest.stopped():
        now, = struct.unpack("<Q", guest.peek(mtime, 8))
        guest.poke(mtime, struct.pack("<Q", now - 20_000_000))
    guest.expect(r"^DRILL violation clock time went back by ns=1\d{9}:")


def test_time_counter_stepped_forward(start):
    mtime = 0x200bff8
    guest = start("")
    clean(guest, 2)
    with guest.stopped():
        now, = struct.unpack("<Q", guest.peek(mtime, 8))
        guest.poke(mtime, struct.pack("<Q", now + 60_000_000))
    guest.expect(r"^DRILL violation clock time jumped by ns=6\d{9}:")


def test_lost_register(start):
    guest = start("drill.rate=0 drill.disk=off drill.pages=4")
    clean(guest, 2)
    with guest.stopped():
        guest.gdb("qXfer:features:read:target.xml:0,100")  # QEMU writes no register before it was asked for its names
        assert guest.gdb("P14=" + "00" * 8) == "OK"
    guest.expect(r"^DRILL violation cpu registers changed while waiting: set=0x100000$")


def test_lost_interrupt_enable(start):
    """The PLIC forgets that the disk's source is enabled; QEMU's disk is in the last slot but one, or in the last."""
    enable = 0xc002080
    guest = start("drill.max-blackout=500")
    clean(guest, 2)
    with guest.stopped():
        word, = struct.unpack("<I", guest.peek(enable, 4))
        guest.poke(enable, struct.pack("<I", word & ~0x1fe))
    guest.expect(r"^DRILL violation irq register=enable word=0 ")
    guest.expect(r"^DRILL violation disk completed without an interrupt")


class ClockDevice:
    """Plays the device "sterna,pvclock" of a QEMU that has none: its registers are a page of RAM that the device tree
    names, and a watchpoint tells when the guest has written one."""
    BASE = 0x82000000
    FEATURES, SYSTEM_TIME, WALL_CLOCK = 0x08, 0x10, 0x18
    MTIME = 0x200bff8

    def __init__(self, start, directory, append=""):
        blob = os.path.join(directory, "virt.dtb")
        subprocess.run(["qemu-system-riscv64", "-M", f"virt,dumpdtb={blob}", "-m", "64M"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tree = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], check=True, capture_output=True, text=True)
        node = (f"pvclock@{self.BASE:x} {{ compatible = \"sterna,pvclock\"; reg = <0 {self.BASE:#x} 0 0x1000>; }};\n"
                "rtc@101000 {")
        text = tree.stdout.replace("rtc@101000 {", node)
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", blob], check=True, input=text, text=True)
        registers = os.path.join(directory, "registers")
        with open(registers, "wb") as file:
            file.write(struct.pack("<IIIIQQ", 0x4b435650, 1, 3, 0, 0, 0))
        self.guest = start("drill.pages=64 drill.rate=100 " + append, disk=False, options=[
            "-dtb", blob, "-device", f"loader,file={registers},addr={self.BASE:#x},force-raw=on"])
        self.ahead = 10_000_000_000
        self.version = 0
        self.address = None
        self.guest.expected = "pvclock wall clock version"  # later requests than the first find nobody watching
        self.guest.expect("^DRILL ready")
        with self.guest.stopped():
            self.watch(self.SYSTEM_TIME, command="pvclock on")
            self.address = struct.unpack("<Q", self.guest.peek(self.BASE + self.SYSTEM_TIME, 8))[0] & ~1
            self.write()
            self.serve_wall_clock()
        self.guest.expect("^DRILL wall ns=10000000[0-9]{11}")
        match = self.guest.expect("^DRILL pvclock on at=(0x[0-9a-f]+)$")
        assert int(match.group(1), 16) == self.address

    def watch(self, register, command=None):
        """Runs until the guest has written the register, as it does on the command."""
        point = f"2,{self.BASE + register:x},8"
        assert self.guest.gdb("Z" + point) == "OK"
        if command:
            self.guest.send(command)
        self.guest.gdb_send("c")
        self.guest.gdb_stop()
        assert self.guest.gdb("z" + point) == "OK"
        self.guest.gdb_send("s")  # QEMU stops before the access
        self.guest.gdb_stop()

    def write(self, flags=1, stopped=False, odd=False):
        """Writes the structure: 100 ns per tick is 0xc8000000 / 2^32 shifted left by 7."""
        now, = struct.unpack("<Q", self.guest.peek(self.MTIME, 8))
        self.version += 1 if odd else 2
        self.guest.poke(self.address, struct.pack("<IIQQIbBxx", self.version, 0, now, now * 100 + self.ahead, 0xc8000000,
                                                  7, flags | 2 * stopped))

    def serve_wall_clock(self):
        """Answers the next request for the wall clock."""
        self.watch(self.WALL_CLOCK)
        at, = struct.unpack("<Q", self.guest.peek(self.BASE + self.WALL_CLOCK, 8))
        version, = struct.unpack("<I", self.guest.peek(at, 4))
        self.guest.poke(at, struct.pack("<III", version + 2, 1000000000, 0))

    def fault(self, expected, ahead=0, register=None, **flags):
        with self.guest.stopped():
            self.ahead += ahead
            if register is None:
                self.write(**flags)
            else:
                self.guest.poke(self.BASE + self.SYSTEM_TIME, struct.pack("<Q", register))
            if expected is None:
                return
        self.guest.expect(expected)


def test_pvclock_announced_pause_is_accounted(start, directory):
    device = ClockDevice(start, directory)
    device.fault(r"^DRILL stopped ns=300\d{6}$", ahead=300_000_000, stopped=True)
    device.guest.send("report")
    device.guest.expect(r"blackout_ns=300\d{6} pvclock=on ")


def test_pvclock_unannounced_step(start, directory):
    ClockDevice(start, directory).fault(
        r"^DRILL violation clock pvclock moved .* ns=300\d{6} with no pause", ahead=300_000_000)


def test_pvclock_step_beyond_blackout(start, directory):
    ClockDevice(start, directory, "drill.max-blackout=2000").fault(
        r"^DRILL violation clock pvclock moved .* ns=3\d{9}$", ahead=3_000_000_000, stopped=True)


def test_pvclock_stepped_back(start, directory):
    ClockDevice(start, directory).fault(r"^DRILL violation clock pvclock went back by ns=\d+", ahead=-1_000_000_000)


def test_pvclock_version_stays_odd(start, directory):
    ClockDevice(start, directory).fault(r"^DRILL violation clock pvclock version=\d+ stays odd", odd=True)


def test_pvclock_register_lost(start, directory):
    """What pvclock 1.0.0 does in a migration: the new device does not know where the guest's page is."""
    ClockDevice(start, directory).fault(
        r"^DRILL violation clock pvclock register=system-time expected=0x[0-9a-f]+ found=0x0", register=0)


def main():
    names = sys.argv[1:]
    failed = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_") or names and name[5:] not in names:
            continue
        with tempfile.TemporaryDirectory() as directory:
            guests = []

            def start(append="", **options):
                guests.append(Guest(directory, append, **options))
                return guests[-1]

            try:
                test(start, directory) if test.__code__.co_argcount == 2 else test(start)
                print("ok  ", name[5:], flush=True)
            except Exception as e:
                failed += 1
                print("FAIL", name[5:], type(e).__name__, e, flush=True)
                for line in guests[-1].lines[-8:] if guests else ():
                    print("       ", line)
            finally:
                for guest in guests:
                    guest.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
