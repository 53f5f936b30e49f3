package org.sterna.provisioning;

import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;

/**
 * The service that finds bundles in repositories. All methods may be called from any thread; they read the repositories
 * anew, and wait for them for a bounded time.
 *
 * <p>A repository is named by a folder of jars, or by the path or URI ({@code file:}, {@code http:}, {@code https:}) of
 * an XML index as the OSGi Repository Service Specification has it, compressed by gzip or not. An index that refers to
 * others is not followed. An index on a server may name bundles on that server only; one in a file, bundles below its
 * folder and on servers.
 */
@ProviderType
public interface Provisioning {
    /**
     * Resolves what a machine needs to the bundles that offer it, with all that these need in turn; of each the newest
     * version that will do. The framework itself is not among them, and nothing of what is installed here is taken into
     * account.
     *
     * @param definition   the machine; the table of its machine type is looked up among what is installed here
     * @param subject      what reasons call the definition, such as its file
     * @param repositories where to look
     * @return the bundles, by name
     * @throws MachineException if the machine type is unknown, a repository cannot be read, or something is missing:
     *                          then with the whole chain, from what the machine needs to what nobody offers
     */
    List<FoundBundle> resolve(MachineDefinition definition, String subject, List<String> repositories);

    /**
     * From now on, has bundles brought from repositories that this host lacks for a guest which comes here: registers a
     * service {@link org.sterna.migration.Provisioner}. A jar is installed only if its SHA-256 is that of the index,
     * and all of it is signed as the rules demand. What has been installed stays.
     *
     * @return what ends it
     * @throws MachineException (usage) if a file of the rules cannot be read or does not hold what it should; whether a
     *                          repository can be read shows when it is needed
     */
    AutoCloseable provide(List<String> repositories, SignatureRules rules);

    /**
     * Has bundles brought under rules without revocation lists and time stamps.
     *
     * @param trust a file with the certificates of signers or of those who vouch for them
     * @return what ends it
     * @throws MachineException (usage) if that file cannot be read or holds no certificate
     */
    default AutoCloseable provide(List<String> repositories, Path trust) {
        return provide(repositories, SignatureRules.trusting(trust));
    }
}
