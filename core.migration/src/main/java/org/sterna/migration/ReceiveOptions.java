package org.sterna.migration;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;

/**
 * What a receiver does with what comes.
 *
 * @param name       the name that an arriving machine gets in this process
 * @param host       host properties that replace the source's, as text, by path and property name
 * @param arrived    called when a machine has been taken over and runs; the source hears that it runs when this has returned, so it
 *                   must return soon
 * @param failed     called when an attempt has failed, with the reason; the receiver waits again
 * @param objections called with the guest ABI of a machine that might come: reasons why it is not the one that is waited for,
 *                   which block it; none if it is. Several threads may ask at once.
 * @param limits     what it takes in at most
 */
public record ReceiveOptions(String name, Map<String, Map<String, String>> host, Consumer<Machine> arrived,
        Consumer<Reason> failed, Function<AbiDocument, List<Reason>> objections, ReceiveLimits limits) {
    /** With the default limits. */
    public ReceiveOptions(String name, Map<String, Map<String, String>> host, Consumer<Machine> arrived,
            Consumer<Reason> failed, Function<AbiDocument, List<Reason>> objections) {
        this(name, host, arrived, failed, objections, ReceiveLimits.DEFAULT);
    }

    /** For any machine, with the default limits. */
    public ReceiveOptions(String name, Map<String, Map<String, String>> host, Consumer<Machine> arrived,
            Consumer<Reason> failed) {
        this(name, host, arrived, failed, abi -> List.of());
    }

    /**
     * The same with other limits.
     *
     * @since 1.5
     */
    public ReceiveOptions withLimits(ReceiveLimits others) {
        return new ReceiveOptions(name, host, arrived, failed, objections, others);
    }
}
