package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** LOADED has the digest of each section that was sent, and no other. */
class LoadedTest {
    private static void check(Set<String> sent, String... loaded) throws Failure {
        var digests = new TreeMap<String, byte[]>();
        for (String path : loaded) {
            digests.put(path, new byte[32]);
        }
        new Messages.Loaded(new Messages.Bulk(1, 1, 1, 1), digests).checkSections("peer", sent);
    }

    @Test
    void aDigestOfEachSectionIsAccepted() throws Failure {
        check(Set.of("/a", "/b"), "/b", "/a");
    }

    @Test
    void aMissingDigestIsNamed() {
        Failure refused = assertThrows(Failure.class, () -> check(Set.of("/a", "/b"), "/a"));
        assertTrue(refused.getMessage().contains("no digest of /b"), refused.getMessage());
    }

    @Test
    void aSurplusDigestIsNamed() {
        Failure refused = assertThrows(Failure.class, () -> check(Set.of("/a"), "/a", "/c"));
        assertTrue(refused.getMessage().contains("a digest of /c, which was not sent"), refused.getMessage());
    }

    @Test
    void aShortDigestIsRefused() {
        var message = Map.of("bulk", new Messages.Bulk(1, 1, 1, 1).tree(), "digests", Map.of("/a", new byte[31]));
        Failure refused = assertThrows(Failure.class, () -> Messages.Loaded.decode(new Node("peer", "LOADED",
            message)));
        assertTrue(refused.getMessage().contains("digest of /a has 31 bytes"), refused.getMessage());
    }
}
