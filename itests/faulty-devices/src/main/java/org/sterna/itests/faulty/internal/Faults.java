package org.sterna.itests.faulty.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.DeviceContext;

/**
 * What is to fail, in a folder. A file TYPE.METHOD, such as {@code virtio-blk.attach}, says how that method fails as
 * long as the file is there: {@code EXCEPTION}, {@code ERROR}, or {@code HANG}, which returns when the file is gone.
 * After a space may follow PROPERTY=VALUE, by which one device is meant only. The method {@code io} is what the device
 * submits as I/O. When a call begins to hang, the file TYPE.METHOD.hangs is made.
 */
record Faults(Path folder) {
    private static final long LOOK_NANOS = 20_000_000;

    /** Those of one device. */
    record OfDevice(Faults faults, Model model, DeviceContext context) {
        /** Fails, or hangs, if it was told to. */
        void meet(String method) {
            Path file = faults.folder.resolve(model.type() + "." + method);
            if (!Files.exists(file)) {
                return;
            }
            String[] words = text(file).split(" ", 2);
            if (words.length > 1 && !has(words[1])) {
                return;
            }
            switch (words[0]) {
                case "EXCEPTION" -> throw new IllegalStateException("broken");
                case "ERROR" -> throw new NoClassDefFoundError("org/example/Missing");
                case "HANG" -> hang(file);
                case "" -> { }
                default -> throw new IllegalArgumentException(file + " says " + words[0]);
            }
        }

        private boolean has(String wanted) {
            return model.properties().stream().anyMatch(property ->
                wanted.equals(property.name() + "=" + context.get(property)));
        }
    }

    OfDevice of(Model model, DeviceContext context) {
        return new OfDevice(this, model, context);
    }

    /** What the file says; nothing if it has just been deleted. */
    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void hang(Path file) {
        try {
            Files.write(file.resolveSibling(file.getFileName() + ".hangs"), new byte[0]);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        while (Files.exists(file)) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
