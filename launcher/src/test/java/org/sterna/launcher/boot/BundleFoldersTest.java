package org.sterna.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
        assertEquals(List.of(folder, folder), BundleFolders.named(new String[] {"--bundles", name, "run", "--bundles=" + name}).devices());
        assertEquals(List.of(), BundleFolders.named(new String[] {"run", "--", "--bundles", name}).devices());
        assertEquals(List.of(), BundleFolders.named(new String[] {"run", "--bundles"}).devices(), "left to the command line to refuse");
    }

    @Test
    void theTargetOfACheckMayBeOne() throws LaunchException {
        assertEquals(List.of(folder), BundleFolders.named(new String[] {"check", "guest", folder.toString(), "--json"}).devices());
        assertEquals(List.of(folder), BundleFolders.named(new String[] {"check", "guest", "--bundles", folder.toString()}).devices());
        assertEquals(List.of(), BundleFolders.named(new String[] {"check", "guest", "tcp:h:1"}).devices());
        assertEquals(List.of(), BundleFolders.named(new String[] {"abi", "check"}).devices());
        assertEquals(List.of(),
            BundleFolders.named(new String[] {"check", "guest", "--repository", folder.toString()}).devices());
    }

    @Test
    void theWatchedOnesAreOthers() throws LaunchException {
        var folders = BundleFolders.named(new String[] {"check", "guest", "--watch", folder.toString()});
        assertEquals(new BundleFolders(List.of(), List.of(folder), false, List.of()), folders);
    }

    @Test
    void aShellIsACommandAndNotAnyWord() throws LaunchException {
        String name = folder.toString();
        assertEquals(new BundleFolders(List.of(), List.of(folder), true, List.of(folder)),
            BundleFolders.named(new String[] {"--watch", name, "shell", "--machines", name}));
        assertFalse(BundleFolders.named(new String[] {"status", "shell"}).shell());
        assertEquals(List.of(), BundleFolders.named(new String[] {"run", "--machines", name}).machines(),
            "left to the command line to refuse");
    }

    @Test
    void aFolderThatIsNotThereIsWrongUsage() {
        var refusal = assertThrows(LaunchException.class, () -> BundleFolders.named(new String[] {"--bundles", "/no/such"}));
        assertEquals(2, refusal.exitCode());
    }
}
