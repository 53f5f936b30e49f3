package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Reason;

/**
 * What the content of a machine's disks was when it gave them back for a destination. It tells whether the guest has run there since:
 * then what the guest here knows of its disks is not true any more.
 *
 * @param contents by device path; empty if nothing was given back, or nothing is known
 */
record ReleasedContents(Map<String, List<ContentIdentity>> contents) {
    /** Nothing is known. */
    static final ReleasedContents NONE = new ReleasedContents(Map.of());

    /** A reason for each resource that has another content now. */
    List<Reason> changes(Map<String, List<ContentIdentity>> now) {
        var changes = new ArrayList<Reason>();
        contents.forEach((path, identities) -> {
            for (ContentIdentity then : identities) {
                Optional<ContentIdentity> found = now.getOrDefault(path, List.of()).stream()
                    .filter(other -> other.property().equals(then.property())).findFirst();
                Optional<String> difference = found.isEmpty() ? Optional.of("cannot be seen") : then.difference(found.get());
                difference.ifPresent(what -> changes.add(new Reason(path, then.property(), "it is not as it was when the guest was handed"
                    + " over: it " + what + "; if the guest has run since, it would damage it here",
                    "let the guest go on where it ran last")));
            }
        });
        return changes;
    }
}
