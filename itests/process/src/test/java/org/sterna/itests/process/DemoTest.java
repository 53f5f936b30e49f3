package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    @Test
    void theDemoDoesSternasMainJob(@TempDir Path folder) throws Exception {
        var sterna = new Sterna(folder);
        try {
            var result = sterna.run("demo", "--json");
            assertEquals(0, result.code(), result.err());
            var json = result.json();
            assertEquals("ok", json.get("result").asText());
            assertEquals("OK-IF", json.at("/migrations/0/verdict").asText());
            assertEquals("OK", json.at("/migrations/1/verdict").asText());
            for (var migration : json.get("migrations")) {
                assertTrue(migration.get("ram_bytes").asLong() > 0);
                assertTrue(migration.get("downtime_ms").asLong() < 5000, migration.toString());
            }
            assertEquals("/pvclock@0", json.at("/refused/0/reasons/0/subject").asText());
            assertEquals("systemTime", json.at("/refused/0/reasons/0/item").asText());
            assertEquals("discard", json.at("/refused/1/reasons/0/item").asText());
            for (var refused : json.get("refused")) {
                assertEquals("BLOCKED", refused.get("verdict").asText());
                assertEquals(0, refused.get("bulk_bytes_sent").asLong());
            }
            assertTrue(json.at("/guest/checks").asLong() > 1000);
            assertEquals(0, json.at("/guest/violations").asLong());
        } finally {
            sterna.close();
        }
    }
}
