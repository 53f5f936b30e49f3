package org.sterna.machine;

import java.time.Instant;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Something that is being done to a machine and that excludes everything it would conflict with. A machine has at most one at a
 * time, see {@link Machine#begin}; whoever has begun it closes it, on every path. All methods may be called from any thread.
 *
 * <p>What the operator wants ({@link Machine#pause()}, {@link Machine#resume()}) is kept apart from what the operation needs:
 * an operation that {@linkplain #hold() holds} the guest and then {@linkplain #release() releases} it lets it run only if the
 * operator still wants it to run.
 */
@ProviderType
public interface Operation extends AutoCloseable {
    /** What is being done. */
    enum Kind {
        /** The guest is being sent to another process. */
        MIGRATION("a migration"),
        /** The guest is being written into a file. */
        SNAPSHOT("a snapshot"),
        /** A device is being replaced by another implementation. */
        SWAP("a swap"),
        /** The guest is arriving from another process. */
        ARRIVAL("an arrival"),
        /** The guest is being read from a file. */
        RESTORE("a restore");

        private final String phrase;

        Kind(String phrase) {
            this.phrase = phrase;
        }

        /** The kind for messages, with its article, such as {@code a migration}. */
        public String phrase() {
            return phrase;
        }
    }

    /** What is being done. */
    Kind kind();

    /** What it is done with, such as the destination; never null, may be empty. */
    String detail();

    /** When it was begun. */
    Instant since();

    /**
     * Stops the guest at a safe point until {@link #release()}, whatever the operator wants meanwhile. Does nothing if it is held.
     *
     * @throws MachineException if I/O is still in flight after a bounded time; the guest is not held then
     */
    void hold();

    /** Ends {@link #hold()}: the guest runs if the operator wants it to run and nothing else stands in its way. */
    void release();

    /**
     * Gives the host resources back while the guest is held, so that the destination of a migration can take them. From then on
     * the machine is {@link Ownership#RELEASED}, also if a device fails to give something back.
     *
     * @throws MachineException if the guest is not this machine's to give
     */
    void relinquish();

    /**
     * Takes the host resources again after {@link #relinquish()}, for a migration that has failed before its commit.
     *
     * @throws MachineException if a resource is missing or in use; the machine stays {@link Ownership#RELEASED}
     */
    void reattach();

    /**
     * From now on the destination may run the guest: the machine becomes {@link Ownership#UNCONFIRMED}.
     *
     * @throws MachineException if the guest is not held and {@linkplain Ownership#RELEASED released}, so that it must not be
     *                          given away
     */
    void commit();

    /** The destination has confirmed that it has the guest: the machine becomes {@link Ownership#DEPARTED}. */
    void confirm();

    /**
     * The guest that was arriving belongs to this machine from now on. It stays held until {@link #release()}.
     *
     * @param running whether it is to run
     * @throws MachineException if the machine has lost its lease meanwhile
     */
    void arrive(boolean running);

    /** Ends the operation and, if it still holds the guest, {@linkplain #release() releases} it. Does nothing if it has ended. */
    @Override
    void close();

    /** One phrase for messages, such as {@code a migration to tcp:127.0.0.1:7000}. */
    default String describe() {
        return detail().isEmpty() ? kind().phrase() : kind().phrase() + " " + detail();
    }
}
