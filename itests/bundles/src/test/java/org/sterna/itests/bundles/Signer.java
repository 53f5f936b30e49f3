package org.sterna.itests.bundles;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody who signs jars, with the JDK's own tools.
 *
 * @param store the key store
 * @param name  the name, and that of the key
 */
record Signer(Path store, String name) {
    private static final String PASSWORD = "changeit";

    /** One with a new key and a certificate of its own. */
    static Signer of(Path folder, String name, String... more) throws IOException, InterruptedException {
        var signer = new Signer(folder.resolve(name + ".p12"), name);
        var options = new ArrayList<>(List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=" + name, "-alias", name));
        options.addAll(List.of(more));
        signer.keytool(options.toArray(String[]::new));
        return signer;
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + said);
        }
        return said;
    }

    private static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /** Runs keytool on the key store. */
    void keytool(String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(tool("keytool"), "-keystore", store.toString(), "-storepass", PASSWORD));
        command.addAll(List.of(options));
        run(command);
    }

    /** Signs a jar where it is. */
    void sign(Path jar) throws IOException, InterruptedException {
        run(List.of(tool("jarsigner"), "-keystore", store.toString(), "-storepass", PASSWORD, jar.toString(), name));
    }

    /** Its certificate, as text. */
    Path certificate() throws IOException, InterruptedException {
        Path file = store.resolveSibling(name + ".pem");
        keytool("-exportcert", "-rfc", "-alias", name, "-file", file.toString());
        return file;
    }
}
