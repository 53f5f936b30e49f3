package ${package};

import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;

/** Four registers of 32 bits. Nothing that a guest does may make it throw. */
final class ${className}Device implements Device<${className}State> {
    /** Reads as a number by which a driver knows the device. */
    static final int MAGIC = 0x00;
    /** The level, from 0 to the limit; a greater one is cut. At the limit the interrupt line rises. */
    static final int LEVEL = 0x04;
    /** How often the level was written. */
    static final int WRITES = 0x08;
    /** Written to lower the interrupt line. */
    static final int ACKNOWLEDGE = 0x0c;

    static final int MAGIC_VALUE = 0x4544_5645;
    private static final int REGISTER_BYTES = 16;

    private final DeviceContext context;
    private int level;
    private int writes;
    private boolean raised;

    ${className}Device(DeviceContext context) {
        this.context = context;
    }

    @Override
    public long registerBytes() {
        return REGISTER_BYTES;
    }

    @Override
    public DeviceNode node() {
        return DeviceNode.of("${artifactId}", "${groupId},${artifactId}");
    }

    @Override
    public void reset() {
        level = 0;
        writes = 0;
        raise(false);
    }

    @Override
    public long read(long offset, int size) {
        if (size != 4) {
            return 0;
        }
        return switch ((int) offset) {
            case MAGIC -> MAGIC_VALUE;
            case LEVEL -> level;
            case WRITES -> writes;
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        if (size != 4) {
            return;
        }
        switch ((int) offset) {
            case LEVEL -> {
                long limit = context.get(${className}Factory.LIMIT);
                level = (int) Math.min(value & 0xffff_ffffL, limit);
                writes++;
                raise(raised || level == limit);
            }
            case ACKNOWLEDGE -> raise(false);
            default -> { }
        }
    }

    private void raise(boolean high) {
        raised = high;
        context.interrupt().set(high);
    }

    @Override
    public ${className}State state() {
        return new ${className}State(level, writes, raised);
    }

    @Override
    public void restore(${className}State state) {
        level = state.level();
        writes = state.writes();
        raise(state.raised());
    }
}
