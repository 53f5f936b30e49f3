package org.sterna.provisioning.internal;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.osgi.service.repository.Repository;
import org.sterna.provisioning.internal.download.Download;

/**
 * Where bundles are looked for, each time anew.
 *
 * @param named    repositories by folder, path or URI
 * @param services those that are services of this framework, as of now
 */
record Sources(List<String> named, Supplier<List<Repository>> services) {
    /** Copies the list. */
    Sources {
        named = List.copyOf(named);
    }

    /** Without services. */
    static Sources named(List<String> named) {
        return new Sources(named, List::of);
    }

    /**
     * What they hold now.
     *
     * @throws org.sterna.machine.MachineException if one cannot be read
     */
    Catalog catalog(Download download) {
        return Catalog.of(download, named, services.get());
    }

    /** Peers are told these names too: what may be a secret in an address stays here. */
    private static String shown(String repository) {
        return repository.matches("https?:.*") ? Download.shown(URI.create(repository)) : repository;
    }

    @Override
    public String toString() {
        var all = new ArrayList<>(named.stream().map(Sources::shown).toList());
        if (!services.get().isEmpty()) {
            all.add("a service " + Repository.class.getName());
        }
        return all.isEmpty() ? "a repository, of which there is none now" : String.join(" or ", all);
    }
}
