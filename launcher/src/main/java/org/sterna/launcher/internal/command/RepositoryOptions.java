package org.sterna.launcher.internal.command;

import java.nio.file.Path;
import java.util.List;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.MachineException;
import picocli.CommandLine.Option;

/** Where bundles may come from that this process lacks for a guest; off unless given. */
final class RepositoryOptions {
    @Option(names = "--repository", paramLabel = "DIR|URI",
        description = "Where to get devices and translators that are missing here: a folder of bundles, or the file or URI of an"
            + " index; may be repeated. Without it nothing is installed.")
    private List<String> repositories = List.of();
    @Option(names = "--trust", paramLabel = "FILE",
        description = "Whose signatures are trusted: a key store with certificates (its password in STERNA_TRUST_PASSWORD unless"
            + " it is 'changeit'), or a file of certificates (PEM). Needed with --repository.")
    private Path trust;

    /** Whether any are given. */
    boolean given() {
        return !repositories.isEmpty() || trust != null;
    }

    /** Has bundles brought from there as long as the command runs. */
    void open(Services services) {
        if (!given()) {
            return;
        }
        if (repositories.isEmpty() || trust == null) {
            throw MachineException.usage(repositories.isEmpty() ? "--trust" : "--repository", "",
                "bundles come from a repository, and only if somebody has signed them who is trusted here",
                "give both --repository and --trust");
        }
        services.lifetime().keep(services.provisioning().provide(repositories, trust));
    }
}
