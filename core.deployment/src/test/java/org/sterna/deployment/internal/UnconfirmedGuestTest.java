package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Ownership;

/** A guest that may run at its destination is kept until somebody decides. */
class UnconfirmedGuestTest {
    @TempDir
    Path folder;

    @Test
    void itIsNoGuestThatGoesOn() throws IOException {
        var saved = new SavedGuest(folder.resolve("guest.sterna"));
        Files.createFile(saved.unconfirmed().file().path());
        assertTrue(saved.unconfirmed().exists());
        assertFalse(saved.exists());
        assertFalse(saved.isInterrupted());
    }

    @Test
    void itsReasonNamesTheFilesAndWhereItHasGone() {
        UnconfirmedGuest guest = new SavedGuest(folder.resolve("guest.sterna")).unconfirmed();
        var reason = guest.reason(Optional.of("tcp:there:1 on 2026-01-01T00:00:00Z"));
        assertTrue(reason.cause().startsWith("its guest was handed over to tcp:there:1 on 2026-01-01T00:00:00Z, "),
            reason.cause());
        assertTrue(reason.cause().endsWith("kept in " + folder.resolve("guest.sterna.unconfirmed")), reason.cause());
        assertTrue(reason.remedy().contains("only if it does not, rename the file to guest.sterna,"), reason.remedy());
        assertTrue(guest.reason(Optional.empty()).cause().startsWith("its guest was handed over, the destination"));
    }

    @Test
    void anotherFolderIsRefusedWhileItIsKept() throws IOException {
        var saved = new SavedGuest(folder.resolve("guest.sterna"));
        var other = new SavedGuest(folder.resolve("elsewhere/guest.sterna"));
        saved.requireStays(other);
        Files.createFile(saved.unconfirmed().file().path());
        var thrown = assertThrows(MachineException.class, () -> saved.requireStays(other));
        assertEquals(saved.unconfirmed().file().path().toString(), thrown.reasons().getFirst().subject());
        saved.requireStays(saved);
    }

    @Test
    void onlyAGuestThatMayRunElsewhereByAMigrationIsUnconfirmed() {
        Set<Ownership> found = EnumSet.noneOf(Ownership.class);
        for (Ownership ownership : Ownership.values()) {
            Machine machine = Fakes.of(Machine.class,
                Map.of("phase", none -> Machine.Phase.PAUSED, "ownership", none -> ownership));
            if (UnconfirmedGuest.isHandedOver(machine)) {
                found.add(ownership);
            }
        }
        assertEquals(EnumSet.of(Ownership.UNCONFIRMED, Ownership.DEPARTED), found);
    }
}
