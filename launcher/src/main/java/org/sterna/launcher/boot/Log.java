package org.sterna.launcher.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * The log of this process: one line for each entry on standard error, without stack traces, which no user has asked for; and the
 * same entries with their stack traces in files, which are made when there is something to write.
 */
final class Log {
    /** Whether entries are still to be written, also while the process ends. */
    private static volatile boolean open;

    static {
        // Before the first logger is asked for, by which the manager is chosen.
        System.setProperty("java.util.logging.manager", Manager.class.getName());
    }

    /** Loggers that say more than warnings: what is installed from repositories is to be seen. */
    private static final Map<String, Level> LEVELS = Map.of("org.sterna.provisioning", Level.INFO);
    private static final int FILE_BYTES = 1 << 20;
    private static final int FILES = 3;
    /** The log manager holds loggers weakly, and with them their levels. */
    private static final Logger[] KEPT = LEVELS.entrySet().stream().map(entry -> {
        Logger logger = Logger.getLogger(entry.getKey());
        logger.setLevel(entry.getValue());
        return logger;
    }).toArray(Logger[]::new);

    private Log() {
    }

    /** Directs everything that is logged to standard error, and to files in a folder. */
    static void open(Path folder) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        for (Logger logger : KEPT) {
            logger.setLevel(LEVELS.get(logger.getName()));
        }
        var files = new LogFiles(folder);
        root.addHandler(files);
        root.addHandler(new Terminal(files));
        open = true;
    }

    /** Ends it, when everything else in the process has ended. */
    static void close() {
        open = false;
        LogManager.getLogManager().reset();
    }

    /**
     * Java's own one takes the handlers away as soon as the process is told to end, and what is said of guests that
     * cannot be saved then would be lost. This one leaves them until the log is closed.
     */
    public static final class Manager extends LogManager {
        @Override
        public void reset() {
            if (!open) {
                super.reset();
            }
        }
    }

    private static final class Terminal extends Handler {
        private final LogFiles files;

        Terminal(LogFiles files) {
            this.files = files;
        }

        @Override
        public void publish(LogRecord entry) {
            String name = entry.getLoggerName() == null ? "" : entry.getLoggerName();
            String message = new SimpleFormatter().formatMessage(entry);
            Throwable thrown = entry.getThrown();
            System.err.println(entry.getLevel().getName() + " " + name.substring(name.lastIndexOf('.') + 1) + " - " + message
                + (thrown == null ? "" : ": " + thrown + files.place()));
        }

        @Override
        public void flush() {
            System.err.flush();
        }

        @Override
        public void close() {
        }
    }

    /** Files that are made with the first entry. */
    private static final class LogFiles extends Handler {
        private final Path folder;
        private FileHandler file;
        private boolean failed;

        LogFiles(Path folder) {
            this.folder = folder;
        }

        /** Where a reader finds more. */
        synchronized String place() {
            return file == null ? "" : " (stack trace in " + folder + ")";
        }

        @Override
        public synchronized void publish(LogRecord entry) {
            if (file == null && !failed) {
                try {
                    Files.createDirectories(folder,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                    // One file for each process that runs at the same time.
                    file = new FileHandler(folder + "/sterna-%u.%g.log", FILE_BYTES, FILES, true);
                    file.setFormatter(new SimpleFormatter());
                } catch (IOException e) {
                    failed = true;
                    System.err.println("sterna: there is no log in " + folder + ": " + e.getMessage());
                }
            }
            if (file != null) {
                file.publish(entry);
            }
        }

        @Override
        public synchronized void flush() {
            if (file != null) {
                file.flush();
            }
        }

        @Override
        public synchronized void close() {
            if (file != null) {
                file.close();
            }
        }
    }
}
