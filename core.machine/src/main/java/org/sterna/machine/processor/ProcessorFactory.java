package org.sterna.machine.processor;

import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.abi.Model;

/** A processor type, contributed by a bundle as a service. Methods are called from any thread. */
@ConsumerType
public interface ProcessorFactory {
    /** What it implements; always the same. */
    Model model();

    /** A new processor, halted. */
    Processor<?> create(ProcessorContext context);
}
