package org.sterna.launcher.boot;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program: an OSGi framework in which everything else is a bundle, the command line included. The arguments are
 * given to the command line as the service property {@code launcher.arguments}, and its service with the property
 * {@code main.thread=true} runs on the main thread and returns the exit code (the convention of bnd's launcher).
 */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        Log.open(Log.folder(System.getenv()));
        Host host = null;
        int code;
        try {
            host = new Host(Installation.ofThisJar(), BundleFolders.named(args));
            Runtime.getRuntime().addShutdownHook(new Thread(host::close, "sterna-stop"));
            host.install();
            code = host.run(args);
        } catch (LaunchException e) {
            System.err.println("sterna: " + e.getMessage());
            code = e.exitCode();
        } catch (Throwable e) {
            // Whatever it is, the process ends: threads of the framework would keep it alive for ever.
            LOG.error("something unforeseen went wrong, please report it", e);
            code = 1;
        }
        if (host != null) {
            host.close();
        }
        System.out.flush();
        System.exit(code);
    }
}
