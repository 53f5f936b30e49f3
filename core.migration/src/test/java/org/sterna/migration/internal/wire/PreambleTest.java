package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.sterna.migration.internal.wire.Preamble.Role;

/** What a preamble says of its sender. */
class PreambleTest {
    private static Preamble producedBy(String producer) {
        return new Preamble(Preamble.Medium.SOCKET, Role.SOURCE, ProtocolVersion.CURRENT, ProtocolVersion.CURRENT, producer);
    }

    @Test
    void theProducerNamesTheReleaseThatIsBuilt() throws Exception {
        String pom = Files.readString(Path.of("../cnf/pom.xml"));
        String revision = pom.substring(pom.indexOf("<revision>") + "<revision>".length(), pom.indexOf("</revision>"));
        assertTrue(revision.startsWith(Preamble.PRODUCER.replace("Sterna ", "") + "."), revision);
    }

    @Test
    void onlyTheFirstReleasesAreWrittenToInTheirForm() {
        assertEquals(TextForm.CHUNKED, producedBy("Sterna").texts());
        assertEquals(TextForm.DEFINITE, Preamble.socket(Role.SOURCE).texts());
        assertEquals(TextForm.DEFINITE, Preamble.file().texts());
        assertEquals(TextForm.DEFINITE, producedBy("").texts());
        assertEquals(TextForm.DEFINITE, producedBy("sterna").texts());
        assertEquals(TextForm.DEFINITE, producedBy("Sterna ").texts());
    }
}
