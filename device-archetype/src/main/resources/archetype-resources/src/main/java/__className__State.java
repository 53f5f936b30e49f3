package ${package};

import org.sterna.machine.state.Field;

/**
 * All that must get to another process with the guest.
 *
 * @param level  what the driver has written last
 * @param writes how often it has written
 * @param raised whether the interrupt line is high
 */
public record ${className}State(@Field(1) int level, @Field(2) int writes, @Field(3) boolean raised) {
}
