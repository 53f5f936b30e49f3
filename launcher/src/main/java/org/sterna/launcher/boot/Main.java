package org.sterna.launcher.boot;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.host.StateFolder;

/**
 * The program: an OSGi framework in which everything else is a bundle, the command line included. The arguments are
 * given to the command line as the service property {@code launcher.arguments}, and its service with the property
 * {@code main.thread=true} runs on the main thread and returns the exit code (the convention of bnd's launcher).
 */
public final class Main {
    private Main() {
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        StandardError messages = StandardError.install(new FileOutputStream(FileDescriptor.err));
        Log.open(StateFolder.of(System.getenv()));
        Host host = null;
        int code;
        try {
            TemporaryFolder temporary = TemporaryFolder.create(Path.of(System.getProperty("java.io.tmpdir")));
            // Before anything else makes a temporary file: all of them go with the process, even if it is killed.
            System.setProperty("java.io.tmpdir", temporary.path().toString());
            Thread.ofPlatform().daemon().name("sterna-abandoned").start(temporary::deleteAbandoned);
            Host started = new Host(temporary, Installation.ofThisJar(), BundleFolders.named(args));
            host = started;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                started.close();
                Log.close();
                messages.awaitPassed();
            }, "sterna-stop"));
            host.install();
            code = host.run(args);
        } catch (LaunchException e) {
            System.err.println("sterna: " + e.getMessage());
            code = e.exitCode();
        } catch (Throwable e) {
            // Whatever it is, the process ends: threads of the framework would keep it alive for ever.
            LoggerFactory.getLogger(Main.class).error("something unforeseen went wrong, please report it", e);
            code = 1;
        }
        if (host != null) {
            host.close();
        }
        Log.close();
        messages.awaitPassed();
        System.exit(code);
    }
}
