package org.sterna.machine.board;

import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.abi.Model;

/** A board type, contributed by a bundle as a service. Methods are called from any thread. */
@ConsumerType
public interface BoardFactory {
    /** What it implements; always the same. */
    Model model();

    /** The guest-physical address of guest memory. */
    long memoryBase();

    /** A new board, which has put its own registers on the bus. */
    Board<?> create(BoardContext context);
}
