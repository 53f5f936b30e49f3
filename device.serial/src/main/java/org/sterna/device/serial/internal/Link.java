package org.sterna.device.serial.internal;

import java.io.IOException;
import org.sterna.machine.device.Connections;

/** An open back end. */
sealed interface Link extends AutoCloseable permits NullLink, FileLink, SpecialFileLink, StandardLink, SocketLink {
    /** No bytes. */
    byte[] NOTHING = {};

    /**
     * Sends the first bytes of an array. It may block only as long as the host's own storage does; where whoever takes
     * it may be slow or absent it does not block at all.
     *
     * @return how many bytes were sent or dropped for good; the others are to be offered again later
     */
    int write(byte[] bytes, int count) throws IOException;

    /**
     * Waits until input may be there; for one thread at a time.
     *
     * @return false if there will never be any more
     */
    boolean awaitInput() throws IOException, InterruptedException;

    /**
     * Takes input without blocking.
     *
     * @return how many bytes, possibly none
     */
    int take(byte[] into, int most) throws IOException;

    /**
     * Closes it but for what a successor in this process can go on with; whoever waits for input comes back.
     *
     * @param unsent what the peer is still to get
     */
    default Connections passOn(byte[] unsent) {
        close();
        return Connections.NONE;
    }

    /** What the peer is still to get from a predecessor; only once. */
    default byte[] unsent() {
        return NOTHING;
    }

    /** Closes it; whoever waits for input comes back. Not an error when closed. */
    @Override
    void close();
}
