package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer that was written in another language, from the specification alone, takes a machine and gives it back. */
class OutsiderTest {
    private static final Path PEER = Sterna.root().resolve("itests/outsider/sterna_peer.py");

    @TempDir
    Path folder;
    private Path kept;
    private String python;
    private Sterna sterna;
    private Sterna.Background guest;

    @BeforeEach
    void start() throws Exception {
        Optional<Path> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .map(place -> Path.of(place, "python3")).filter(Files::isExecutable).findFirst();
        assumeTrue(found.isPresent(), "the outsider needs python3, which is not on the PATH");
        python = found.get().toString();
        kept = folder.resolve("kept");
        Path disk = disk("disk.img");
        sterna = new Sterna(folder);
        guest = sterna.guest("guest", "virt-1.1", "--device", "serial,backend=stdio", "--device", "pvclock",
            "--device", "virtio-blk,drive=" + disk);
    }

    private Path disk(String name) throws IOException {
        Path disk = folder.resolve(name);
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        return disk;
    }

    @AfterEach
    void close() throws InterruptedException {
        if (sterna != null) {
            sterna.close();
        }
    }

    private Sterna.Background outsider(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(python, "-B", PEER.toString()));
        command.addAll(List.of(arguments));
        return sterna.startProgram(command);
    }

    private Sterna.Background outsiderListens(String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("receive", sterna.endpoint("outsider"), kept.toString()));
        arguments.addAll(List.of(more));
        var receiver = outsider(arguments.toArray(String[]::new));
        Sterna.await(receiver.err(), text -> text.contains("listening"), receiver);
        return receiver;
    }

    private static void ends(int code, Sterna.Background program) throws InterruptedException {
        assertTrue(program.process().waitFor(30, TimeUnit.SECONDS), Sterna.text(program.out()) + program.errText());
        assertEquals(code, program.process().exitValue(), Sterna.text(program.out()) + program.errText());
    }

    private static void worksWithoutViolations(Sterna.Background where) throws InterruptedException {
        int reports = Sterna.text(where.out()).split("DRILL report").length;
        Sterna.await(where.out(), text -> text.split("DRILL report").length > reports + 2, where);
        String seen = Sterna.text(where.out());
        assertFalse(seen.contains("DRILL violation"), seen);
        assertTrue(seen.lines().filter(line -> line.startsWith("DRILL report") && line.contains("violations="))
            .allMatch(line -> line.contains("violations=0")), seen);
    }

    private String abi(String machineOrFile) throws Exception {
        var shown = sterna.run("abi", "show", machineOrFile, "--json");
        assertEquals(0, shown.code(), shown.err());
        return shown.out();
    }

    @Test
    void aGuestGoesOnAfterAnOutsiderHasHadIt() throws Exception {
        String before = abi(sterna.control("guest"));
        var keeper = outsiderListens();
        var out = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("outsider"));
        assertEquals(0, out.code(), out.out() + out.err());
        ends(0, keeper);
        ends(0, guest);
        assertEquals(before, abi(kept.resolve("abi.json").toString()));

        var there = sterna.receiver("there");
        ends(0, outsider("send", kept.toString(), sterna.endpoint("there")));
        worksWithoutViolations(there);
        assertEquals(before, abi(sterna.control("there")));

        // It must not run twice.
        var again = outsider("send", kept.toString(), sterna.endpoint("there"));
        ends(1, again);
        assertTrue(again.errText().contains("was given away to " + sterna.endpoint("there")), again.errText());
    }

    /** The ABI document of four disks is a text so long that the first releases did not write it in deterministic CBOR. */
    @Test
    void anOutsiderReadsAMachineWithFourDisks() throws Exception {
        var arguments = new ArrayList<>(List.of("--device", "serial,backend=stdio"));
        for (int i = 0; i < 4; i++) {
            arguments.addAll(List.of("--device", "virtio-blk,drive=" + disk("disk" + i + ".img")));
        }
        sterna.guest("disks", "virt-1.3", arguments.toArray(String[]::new));
        String before = abi(sterna.control("disks"));
        var keeper = outsiderListens();
        var out = sterna.run("migrate", sterna.control("disks"), sterna.endpoint("outsider"));
        assertEquals(0, out.code(), out.out() + out.err());
        ends(0, keeper);
        String document = Files.readString(kept.resolve("abi.json"));
        assertTrue(document.length() > 3996, document);
        assertEquals(before, abi(kept.resolve("abi.json").toString()));

        var there = sterna.receiver("there");
        ends(0, outsider("send", kept.toString(), sterna.endpoint("there")));
        worksWithoutViolations(there);
        assertEquals(before, abi(sterna.control("there")));
    }

    @Test
    void theReasonOfAnOutsiderIsShownWholeAndTheGuestGoesOn() throws Exception {
        outsiderListens("--max-memory", "16");
        for (String command : List.of("check", "migrate")) {
            var refused = sterna.run(command, sterna.control("guest"), sterna.endpoint("outsider"));
            assertEquals(1, refused.code(), refused.out() + refused.err());
            assertTrue(refused.out().contains("guest.memory: it has 64 MiB of memory, and no more than 16 MiB are kept here"),
                refused.out());
            assertTrue(refused.out().contains("remedy: start the receiver with --max-memory 64"), refused.out());
        }
        worksWithoutViolations(guest);
        assertFalse(Files.exists(kept));
    }

    @Test
    void anOutsiderIsToldWhyItsMachineCannotGoOn() throws Exception {
        var keeper = outsiderListens();
        assertEquals(0, sterna.run("migrate", sterna.control("guest"), sterna.endpoint("outsider")).code());
        ends(0, keeper);
        // Its disk is gone, which the destination sees before any memory is sent.
        Files.delete(folder.resolve("disk.img"));
        sterna.receiver("there");
        var sent = outsider("send", kept.toString(), sterna.endpoint("there"));
        ends(1, sent);
        assertTrue(sent.errText().contains("/virtio-blk@0.drive"), sent.errText());
        assertFalse(Files.exists(kept.resolve("given-away")));
    }
}
