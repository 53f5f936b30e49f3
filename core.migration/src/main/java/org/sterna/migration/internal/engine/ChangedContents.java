package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.Manifest;

/**
 * What a saved guest's host resources had as their content when it was saved, compared with what they have now: a guest that goes on
 * with a disk that has moved on destroys what is on it.
 *
 * @param accepted what may have changed, each as {@code /path.property}
 */
record ChangedContents(Set<String> accepted) {
    /** A reason for each resource that has changed and is not accepted. */
    List<Reason> reasons(Manifest manifest, Map<String, List<ContentIdentity>> now, Map<String, Map<String, Object>> host) {
        var reasons = new ArrayList<Reason>();
        manifest.contents().forEach((path, identities) -> {
            for (ContentIdentity then : identities) {
                String name = path + "." + then.property();
                now.getOrDefault(path, List.of()).stream().filter(other -> other.property().equals(then.property())).findFirst()
                    .flatMap(then::difference).filter(difference -> !accepted.contains(name))
                    .ifPresent(difference -> reasons.add(new Reason(path, then.property(),
                        Objects.toString(host.getOrDefault(path, Map.of()).get(then.property()), then.property())
                            + " is not as it was when the guest was saved: it " + difference,
                        "give it as it was then; or, if the guest may go on with what it is now, accept that: --accept-changed "
                            + name + ", in a configuration accept.changed")));
            }
        });
        return reasons;
    }
}
