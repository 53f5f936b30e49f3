package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Properties that are no switches: one that an operator may change, and those that an older bundle does not know. */
class ResizeTest {
    @TempDir
    Path folder;
    private Sterna sterna;
    private Path disk;

    @BeforeEach
    void open() throws IOException {
        sterna = new Sterna(folder);
        disk = folder.resolve("disk.img");
        setSize(4 << 20);
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private void setSize(long size) throws IOException {
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    private String capacity() throws Exception {
        return sterna.run("abi", "show", sterna.control("guest"), "--json").json()
            .at("/devices/~1virtio-blk@0/properties/capacity").toString();
    }

    private void refuse(int code, String message, String device, String size) throws Exception {
        String before = capacity();
        var refused = sterna.run("resize", sterna.control("guest"), device, size);
        assertEquals(code, refused.code(), refused.err());
        assertTrue(refused.err().contains(message) && refused.err().lines().count() == 1, refused.err());
        assertEquals(before, capacity());
    }

    @Test
    void aDiskGrowsWhenItsFileHasGrownAndWithItTheGuestAbi() throws Exception {
        var guest = sterna.guest("guest", "virt-1.3", "--device", "virtio-blk,drive=" + disk);
        String fingerprint = sterna.run("status", sterna.control("guest"), "--json").json().get("fingerprint").asText();
        refuse(1, "/virtio-blk@0.capacity: " + disk + " has only 4194304 bytes (enlarge the file first)", "/virtio-blk@0", "8M");
        refuse(1, "is not in 512..4096T in steps of 512", "/virtio-blk@0", "4194305");
        refuse(2, "SIZE: 'x' is not in", "/virtio-blk@0", "x");
        refuse(1, "/nix@0: no such device (known are", "/nix@0", "8M");
        refuse(1, "/serial@0.capacity: no such property of serial", "/serial@0", "8M");

        setSize(8 << 20);
        JsonNode grown = sterna.run("resize", sterna.control("guest"), "/virtio-blk@0", "8M", "--json").json();
        assertEquals("ok", grown.get("result").asText());
        assertNotEquals(fingerprint, grown.get("fingerprint").asText());
        assertEquals("{\"from\":\"user\",\"value\":8388608}", capacity());
        // The drill guest says when the capacity that it was told has changed.
        Sterna.await(guest.out(), text -> text.contains("DRILL violation disk"), guest);
    }

    @Test
    void whatAnOlderBundleDoesNotKnowIsNamedWithItsValue() throws Exception {
        sterna.guest("guest", "virt-1.0", "--device", "serial,backend=stdio", "--device",
            "virtio-blk,registers=legacy,min-io=64K,topology=on,drive=" + disk);
        String old = Sterna.root().resolve("cnf/release/1.0.0").toString();
        var refused = sterna.run("check", sterna.control("guest"), old, "--json");
        assertEquals(1, refused.code(), refused.err());
        assertFalse(refused.err().contains("\tat "), refused.err());
        var causes = new TreeMap<String, String>();
        refused.json().get("reasons").forEach(reason -> causes.put(reason.get("item").asText(), reason.get("cause").asText()
            + "; " + reason.get("remedy").asText()));
        for (String property : new String[] {"registers=legacy", "min-io=65536"}) {
            String told = String.valueOf(causes.get(property.split("=")[0]));
            assertTrue(told.startsWith("the guest has " + property + ", which virtio-blk 1.0.0"), causes.toString());
            assertTrue(told.endsWith("a new machine can go there without " + property), causes.toString());
        }
    }
}
