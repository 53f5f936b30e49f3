package org.sterna.machine.lease;

import java.util.List;

/**
 * What a machine asks a lease for.
 *
 * @param machine   its name in this process. It is for people: a machine may have another name at the destination of a migration
 * @param resources what its devices need, all or nothing; empty if none of them needs anything
 */
public record Claim(String machine, List<Resource> resources) {
    /** Copies the list. */
    public Claim {
        resources = List.copyOf(resources);
    }
}
