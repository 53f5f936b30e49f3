package org.sterna.migration;

import java.util.Map;
import java.util.function.Consumer;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;

/**
 * What a receiver does with what comes.
 *
 * @param name    the name that an arriving machine gets in this process
 * @param host    host properties that replace the source's, as text, by path and property name
 * @param arrived called when a machine has been taken over and runs
 * @param failed  called when an attempt has failed, with the reason; the receiver waits again
 */
public record ReceiveOptions(String name, Map<String, Map<String, String>> host, Consumer<Machine> arrived,
        Consumer<Reason> failed) {
}
