package org.sterna.migration;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Is told when the guest of a machine is given to another process, so that whoever makes machines does not make one again whose
 * guest runs elsewhere. Methods are called on the migration's thread, while the guest stands still.
 */
@ConsumerType
public interface DepartureListener {
    /**
     * The guest is about to be given away: once this has returned it may run there, whatever else happens here. What must outlive
     * this process has to be written down now. An exception keeps the guest here.
     */
    void leaving(Endpoint target);

    /** It has not been given away after all. */
    void stays();
}
