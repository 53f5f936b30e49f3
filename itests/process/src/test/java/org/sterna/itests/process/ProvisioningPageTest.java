package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goes through docs/provisioning.md, from a new key to a guest that runs on a bundle which came with it. */
class ProvisioningPageTest {
    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void aFolderLikeTheCheckout() throws IOException {
        sterna = new Sterna(folder);
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private Sterna.Background bash(String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && " + command),
            Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "PATH", Path.of(System.getProperty("java.home"), "bin") + File.pathSeparator + System.getenv("PATH")));
    }

    @Test
    void everyLineIsTrue() throws Exception {
        var steps = Transcript.of("docs/provisioning.md");
        assertTrue(steps.size() >= 10, "the page has a transcript");
        for (Transcript.Step step : steps) {
            if (step.command().endsWith("&")) {
                Sterna.Background stays = bash("exec " + step.command().substring(0, step.command().length() - 1));
                Sterna.await(stays.err(), step::isIn, stays);
                if (step.command().contains(" run ")) {
                    Sterna.await(stays.out(), text -> text.contains("DRILL report seq=1"), stays);
                }
            } else {
                Sterna.Background done = bash(step.command());
                assertEquals(step.command().contains(" check ") ? 1 : 0, done.process().waitFor(), step + done.errText());
                String text = Sterna.text(done.out()) + done.errText();
                assertTrue(step.isIn(text), step + " printed\n" + text);
            }
        }
    }

    @Test
    void anUnsignedBundleIsRefusedAndTheGuestRunsOn() throws Exception {
        Sterna.Background guest = sterna.guest("guest", "virt-1.0", "--bundles", release("1.1.0"), "--device", "pvclock");
        Sterna.Background key = bash("keytool -genkeypair -alias me -keyalg EC -dname CN=Me -keystore me.p12 -storepass changeit"
            + " && keytool -exportcert -rfc -alias me -keystore me.p12 -storepass changeit -file me.pem");
        assertEquals(0, key.process().waitFor(), key.errText());
        Files.createDirectory(folder.resolve("few"));
        Files.copy(Path.of(release("1.0.0"), "org.sterna.device.serial-1.0.0.jar"), folder.resolve("few/serial.jar"));
        sterna.receiver("there", "--bundles", folder.resolve("few").toString(), "--repository", release("1.1.0"),
            "--trust", folder.resolve("me.pem").toString());
        Sterna.Result refused = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("there"), "--json");
        assertEquals(1, refused.code(), refused.err());
        String reasons = refused.json().path("reasons").toString();
        assertTrue(reasons.contains("org.sterna.device.pvclock 1.1.0, which is refused: it is not signed"), reasons);
        assertFalse(refused.json().has("provisions"));
        int seen = Sterna.text(guest.out()).split("DRILL report").length;
        Sterna.await(guest.out(), text -> text.split("DRILL report").length > seen + 1, guest);
        assertEquals("running", sterna.run("status", sterna.control("guest"), "--json").json().path("phase").asText());
    }

    private static String release(String version) {
        return Sterna.root().resolve("cnf/release/" + version).toString();
    }
}
