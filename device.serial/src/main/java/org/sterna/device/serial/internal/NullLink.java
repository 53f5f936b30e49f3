package org.sterna.device.serial.internal;

/** Nothing at the other end: what is sent is dropped, and nothing comes. */
final class NullLink implements Link {
    @Override
    public int write(byte[] bytes, int count) {
        return count;
    }

    @Override
    public boolean awaitInput() {
        return false;
    }

    @Override
    public int take(byte[] into, int most) {
        return 0;
    }

    @Override
    public void close() {
        // Nothing was taken.
    }
}
