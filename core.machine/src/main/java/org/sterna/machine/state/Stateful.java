package org.sterna.machine.state;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A part of a machine whose state can be carried to another process.
 *
 * @param <S> the record that is the state
 */
@ConsumerType
public interface Stateful<S extends Record> {
    /**
     * The state as it is. While the machine runs it is a glimpse that is consistent in itself; once the machine is
     * paused and the part has no I/O in flight it is the whole state.
     */
    S state();

    /**
     * Takes over a state, as if every guest access that led to it had been made here. The part drives its interrupt
     * lines and arms its timers as the state says.
     *
     * @throws IllegalArgumentException if the state contradicts itself or does not fit the part's properties; the
     *                                  message names the field. The state may come from a hostile peer
     */
    void restore(S state);
}
