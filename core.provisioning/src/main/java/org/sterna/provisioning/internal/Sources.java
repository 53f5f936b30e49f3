package org.sterna.provisioning.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.osgi.service.repository.Repository;

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

    /** What they hold now. */
    Catalog catalog() {
        return Catalog.of(named, services.get());
    }

    @Override
    public String toString() {
        var all = new ArrayList<>(named);
        if (!services.get().isEmpty()) {
            all.add("a service " + Repository.class.getName());
        }
        return all.isEmpty() ? "a repository, of which there is none now" : String.join(" or ", all);
    }
}
