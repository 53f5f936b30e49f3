package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a guest sees, as the command line shows, compares, checks and changes it. */
class GuestAbiTest {
    private static final String OLD = Sterna.root().resolve("cnf/release/1.0.0").toString();
    private static final String CAPACITY = "/devices/~1virtio-blk@0/properties/capacity";

    @TempDir
    Path folder;
    private Sterna sterna;
    private Path disk;

    @BeforeEach
    void open() throws IOException {
        sterna = new Sterna(folder);
        disk = folder.resolve("disk.img");
        enlarge(4 << 20);
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private void enlarge(long size) throws IOException {
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    private JsonNode json(int code, String... arguments) throws Exception {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        var result = sterna.run(all.toArray(String[]::new));
        assertEquals(code, result.code(), result.out() + result.err());
        assertFalse(result.err().contains("\tat "), result.err());
        return result.json();
    }

    private String canonical(String machine) throws Exception {
        return sterna.run("abi", "show", sterna.control(machine), "--json").out();
    }

    /** The options of {@link Sterna#guest}, as far as a guest can see them. */
    private JsonNode described(String machineType) throws Exception {
        return json(0, "abi", "show", "--machine", machineType, "--memory", "64M", "--device", "serial,backend=stdio",
            "--device", "virtio-blk,drive=" + disk);
    }

    private void start(String name, String machineType) throws Exception {
        sterna.guest(name, machineType, "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
    }

    @Test
    void everyTypeExplainsItself() throws Exception {
        var kinds = new TreeMap<String, String>();
        json(0, "device", "help").get("types").forEach(type -> kinds.put(type.get("type").asText(), type.get("kind").asText()));
        assertTrue(kinds.keySet().containsAll(List.of("pvclock", "riscv64", "serial", "virt", "virtio-blk")), kinds.toString());
        for (String type : List.of("virtio-blk", "virt", "riscv64")) {
            JsonNode help = json(0, "device", "help", type);
            assertEquals(kinds.get(type), help.get("kind").asText());
            for (JsonNode property : help.get("properties")) {
                assertFalse(property.get("meaning").asText().isBlank(), property.toString());
                assertFalse(property.get("range").asText().isBlank(), property.toString());
            }
        }
        var old = sterna.run("device", "help", "virtio-blk", "--bundles", OLD);
        assertTrue(old.out().contains("1.0.0") && !old.out().contains("discard"), old.out());
        var unknown = sterna.run("device", "help", "virtio-blok");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("did you mean virtio-blk?"), unknown.err());
    }

    @Test
    void whatOptionsWouldMakeIsWhatTheyMake() throws Exception {
        JsonNode described = described("virt-1.1");
        assertEquals("{\"from\":\"host\",\"value\":4194304}", described.at(CAPACITY).toString());
        start("guest", "virt-1.1");
        assertEquals(described, json(0, "abi", "show", sterna.control("guest")));
        var document = Files.writeString(folder.resolve("document.json"), described.toString());
        assertTrue(json(0, "abi", "diff", document.toString(), sterna.control("guest")).get("same").asBoolean());
        assertEquals(json(0, "status", sterna.control("guest")).get("fingerprint"),
            json(0, "abi", "show", document.toString(), "--fingerprint").get("fingerprint"));
        JsonNode inUse = described("virt-1.1");
        assertTrue(inUse.at(CAPACITY).isMissingNode(), "a disk in use is left alone, and its capacity open");
    }

    @Test
    void whatCannotBeReadNowIsOpen() throws Exception {
        var open = sterna.run("abi", "show", "--device", "virtio-blk");
        assertEquals(0, open.code(), open.err());
        assertTrue(open.out().contains("open: it is read off the host when the machine is created"), open.out());
        assertFalse(Files.exists(folder.resolve("none.img")));
        assertEquals(0, sterna.run("abi", "show", "--device", "virtio-blk,drive=" + folder.resolve("none.img")).code());
        assertFalse(Files.exists(folder.resolve("none.img")));
        var wrong = sterna.run("abi", "show", "--device", "virtio-blk,block-size=1536");
        assertEquals(0, wrong.code(), "what depends on a disk that is not there is not known yet");
        var refused = sterna.run("abi", "show", "--device", "virtio-blk,block-size=1536,drive=" + disk);
        assertEquals(2, refused.code(), refused.out());
    }

    @Test
    void theDifferenceBetweenMachineTypesIsWhatTheSwitchesUndo() throws Exception {
        JsonNode diff = json(1, "abi", "diff", "virt-1.0", "virt-1.1");
        var items = new ArrayList<String>();
        diff.get("differences").forEach(difference -> items.add(difference.get("path").asText() + " "
            + difference.get("item").asText() + " " + difference.get("a").asText() + " " + difference.get("b").asText() + " "
            + difference.get("bit").asInt()));
        assertEquals(List.of("/virtio-blk@0 discard off on 13", "/virtio-blk@0 write-zeroes off on 14"), items);
        assertEquals("[\"--device virtio-blk,discard=on,write-zeroes=on\"]", diff.get("options").toString());
        var same = folder.resolve("switched.json");
        Files.writeString(same, sterna.run("abi", "show", "--machine", "virt-1.0", "--json",
            "--device", "virtio-blk,discard=on,write-zeroes=on,drive=" + disk).out());
        assertTrue(json(0, "abi", "diff", "virt-1.1", same.toString()).get("same").asBoolean());
    }

    @Test
    void aCheckTellsWhetherBundlesOfferAGuestAbi() throws Exception {
        for (String type : List.of("virt-1.0", "virt-1.1")) {
            var file = Files.writeString(folder.resolve(type + ".json"), described(type).toString());
            assertEquals("ok", json(0, "abi", "check", file.toString()).get("result").asText());
            boolean fits = type.equals("virt-1.0");
            JsonNode old = json(fits ? 0 : 1, "abi", "check", file.toString(), "--bundles", OLD);
            assertEquals(fits ? 0 : 2, old.get("reasons").size(), old.toString());
            if (!fits) {
                assertTrue(old.at("/reasons/0/remedy").asText()
                    .endsWith("with --device virtio-blk,discard=off or --machine virt-1.0"), old.toString());
            }
        }
        var refused = sterna.run("run", "--machine", "virt-1.1", "--bundles", OLD, "--device", "virtio-blk,drive=" + disk);
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("needs virtio-blk of ABI 1.1, installed is virtio-blk 1.0.0 of ABI 1.0 (use"
            + " --machine virt-1.0"), refused.err());
    }

    @Test
    void aFileThatIsNoDocumentIsOneLine() throws Exception {
        var file = Files.writeString(folder.resolve("document.json"), described("virt-1.1").toString().replace("\"from\"", "\"form\""));
        for (String command : List.of("show", "check")) {
            var refused = sterna.run("abi", command, file.toString());
            assertEquals(2, refused.code());
            assertTrue(refused.err().contains("has an unknown 'form'") && refused.err().lines().count() == 1, refused.err());
        }
    }

    @Test
    void propertiesOfBoardAndProcessorsAreOptions() throws Exception {
        JsonNode show = json(0, "abi", "show", "--board", "timebase=1000000", "--processors", "2");
        assertEquals("{\"from\":\"user\",\"value\":1000000}", show.at("/board/properties/timebase").toString());
        var wrong = sterna.run("abi", "show", "--board", "timebas=1", "--processor", "isb=1");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("did you mean timebase?") && wrong.err().contains("/riscv64.isb"), wrong.err());
    }

    /** A file that has grown, an older bundle, and the way back: the document is the same, byte for byte. */
    @Test
    void theDocumentSurvivesEveryHopAndABiggerFile() throws Exception {
        start("first", "virt-1.0");
        String document = canonical("first");
        assertTrue(document.contains("\"capacity\":{\"from\":\"host\",\"value\":4194304}"), document);
        enlarge(8 << 20);
        sterna.receiver("old", "--bundles", OLD);
        sterna.receiver("new");
        for (var hop : List.of(List.of("first", "old"), List.of("old", "new"))) {
            json(0, "migrate", sterna.control(hop.getFirst()), sterna.endpoint(hop.getLast()));
            assertEquals(document, canonical(hop.getLast()));
        }
    }
}
