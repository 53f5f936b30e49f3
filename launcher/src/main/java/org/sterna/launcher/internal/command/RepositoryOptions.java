package org.sterna.launcher.internal.command;

import java.nio.file.Path;
import java.util.List;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.MachineException;
import org.sterna.provisioning.SignatureRules;
import picocli.CommandLine.Option;

/** Where bundles may come from that this process lacks for a guest; off unless given. */
final class RepositoryOptions {
    @Option(names = "--repository", paramLabel = "DIR|URI",
        description = "Where to get devices and translators that are missing here: a folder of bundles, or the file"
            + " or URI of an"
            + " index; may be repeated. Without it nothing is installed.")
    private List<String> repositories = List.of();
    @Option(names = "--trust", paramLabel = "FILE",
        description = "Whose signatures are trusted: a key store with certificates (its password in"
            + " STERNA_TRUST_PASSWORD unless"
            + " it is 'changeit'), or a file of certificates (PEM). Needed with --repository.")
    private Path trust;
    @Option(names = "--crl", paramLabel = "FILE",
        description = "A file with revocation lists (PEM or DER), read anew for each question; may be repeated. If"
            + " there is any,"
            + " each certificate that is not itself trusted needs a list of its issuer that is in date.")
    private List<Path> revocationLists = List.of();
    @Option(names = "--tsa", paramLabel = "FILE",
        description = "Whose time stamps on signatures count: a file like that of --trust; may be repeated. Without"
            + " a time stamp"
            + " that counts, certificates must be valid now.")
    private List<Path> timeStampAuthorities = List.of();

    /** Whether any are given. */
    boolean given() {
        return !repositories.isEmpty() || trust != null || !revocationLists.isEmpty()
            || !timeStampAuthorities.isEmpty();
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
        services.lifetime().keep(services.provisioning().provide(repositories,
            new SignatureRules(List.of(trust), revocationLists, timeStampAuthorities)));
    }
}
