package org.sterna.machine.translator;

import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;

/**
 * Converts the state of one type between two formats that the rules for single fields cannot bridge, such as a field whose
 * meaning has changed under a new id. A bundle contributes it as a service, annotated with {@link Translates}; the bundle
 * has copies of the two records, so it needs neither version of the type's own bundle.
 *
 * <p>It is used by whoever reads a state, in whichever direction is needed: where only the older format is known it reads the
 * newer one, and the other way round. It is asked only where the rules for fields would lose something.
 *
 * <p>A translation says the same in the other format's own terms and loses nothing: what that cannot express is refused, and
 * of each state it is checked that it comes back as it was. Both states may come from a hostile peer. Methods are called by
 * any thread, several at once; a translator has no state of its own.
 *
 * @param <O> the record of the older format
 * @param <N> the record of the newer format
 */
@ConsumerType
public interface Translator<O extends Record, N extends Record> {
    /** The older format; its type is that of {@link #newer()}. Asked once. */
    StateType<O> older();

    /** The newer format. Asked once. */
    StateType<N> newer();

    /**
     * The same state in the newer format.
     *
     * @throws StateException with the field if the newer format cannot express a value
     */
    N toNewer(O state) throws StateException;

    /**
     * The same state in the older format.
     *
     * @throws StateException with the field if the older format cannot express a value
     */
    O toOlder(N state) throws StateException;
}
