package org.sterna.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleFoldersTest {
    @TempDir
    private Path folder;

    @Test
    void mayStandAnywhereAndMoreThanOnce() throws LaunchException {
        String name = folder.toString();
        assertEquals(List.of(folder, folder), BundleFolders.named(new String[] {"--bundles", name, "run", "--bundles=" + name}));
        assertEquals(List.of(), BundleFolders.named(new String[] {"run", "--", "--bundles", name}));
        assertEquals(List.of(), BundleFolders.named(new String[] {"run", "--bundles"}), "left to the command line to refuse");
    }

    @Test
    void theTargetOfACheckMayBeOne() throws LaunchException {
        assertEquals(List.of(folder), BundleFolders.named(new String[] {"check", "guest", folder.toString(), "--json"}));
        assertEquals(List.of(folder), BundleFolders.named(new String[] {"check", "guest", "--bundles", folder.toString()}));
        assertEquals(List.of(), BundleFolders.named(new String[] {"check", "guest", "tcp:h:1"}));
        assertEquals(List.of(), BundleFolders.named(new String[] {"abi", "check"}));
    }

    @Test
    void aFolderThatIsNotThereIsWrongUsage() {
        var refusal = assertThrows(LaunchException.class, () -> BundleFolders.named(new String[] {"--bundles", "/no/such"}));
        assertEquals(2, refusal.exitCode());
    }
}
