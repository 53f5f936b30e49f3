package org.sterna.device.virtio;

/** The registers of virtio 1.3, section 4.2.2. */
final class ModernRegisters extends MmioRegisters {
    /** The length and base of a shared memory region that does not exist (section 4.2.2.1). */
    private static final int NO_REGION = -1;

    ModernRegisters(DriverSession session, int deviceId) {
        super(session, deviceId);
    }

    @Override
    int version() {
        return 2;
    }

    @Override
    int readOwn(int offset) {
        return switch (offset) {
            // A queue that still has chains with the device has not stopped (section 4.2.2.2).
            case 0x044 -> selected() != null && (selected().ready() || selected().draining()) ? 1 : 0;
            case 0x0b0, 0x0b4, 0x0b8, 0x0bc -> NO_REGION;
            case 0x0fc -> session().configGeneration();
            default -> 0;
        };
    }

    @Override
    void writeOwn(int offset, int value) {
        Virtqueue queue = selected();
        if (queue == null) {
            return;
        }
        if (offset == 0x044) {
            writeReady(queue, value);
        } else if (!queue.ready()) {
            QueueState r = queue.state();
            queue.program(QueueState.stopped(r.size(), half(r.descriptorArea(), offset - 0x080, value),
                half(r.driverArea(), offset - 0x090, value), half(r.deviceArea(), offset - 0x0a0, value)));
        }
    }

    private void writeReady(Virtqueue queue, int value) {
        if (value == 0 && queue.ready()) {
            queue.stop();
        } else if (value == 1 && !queue.ready() && session().featuresOk()) {
            queue.enable();
        }
    }

    /** A 64-bit register of which one half is written, if the distance says so. */
    private static long half(long register, int distance, int value) {
        return switch (distance) {
            case 0 -> register & ~0xffff_ffffL | value & 0xffff_ffffL;
            case 4 -> register & 0xffff_ffffL | (long) value << 32;
            default -> register;
        };
    }

    @Override
    LegacyState legacyState() {
        return LegacyState.UNUSED;
    }

    @Override
    void restore(TransportState state, LegacyState legacy) {
        if (!legacy.equals(LegacyState.UNUSED)) {
            throw new IllegalArgumentException("legacy: this device has the modern registers");
        }
        super.restore(state, legacy);
    }
}
