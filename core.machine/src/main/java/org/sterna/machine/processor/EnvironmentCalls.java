package org.sterna.machine.processor;

import org.osgi.annotation.versioning.ConsumerType;

/** Firmware built into a board, which a guest calls by an instruction of its processor. */
@ConsumerType
@FunctionalInterface
public interface EnvironmentCalls {
    /**
     * Serves one call. It is made on the thread of the processor, which has done nothing else than to decode the call;
     * arguments and results are in its registers.
     */
    void call(Processor<?> caller);
}
