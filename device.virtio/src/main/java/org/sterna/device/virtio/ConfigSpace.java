package org.sterna.device.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An immutable image of a configuration space (virtio 1.3, section 2.5). Bytes beyond its end read as zero. */
public final class ConfigSpace {
    private final byte[] image;

    /** A copy of an image, little-endian. */
    public ConfigSpace(byte[] image) {
        this.image = image.clone();
    }

    /**
     * Builds an image of zeroes field by field.
     *
     * @param length the number of bytes, at most 256
     */
    public static Builder ofLength(int length) {
        return new Builder(length);
    }

    /** The little-endian value of some bytes; any offset from 0 on. */
    long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            if (offset + i < image.length) {
                value |= (image[(int) offset + i] & 0xffL) << 8 * i;
            }
        }
        return value;
    }

    /** Sets fields by their offset; every method returns this builder. */
    public static final class Builder {
        private final ByteBuffer image;

        private Builder(int length) {
            image = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        }

        /** A field of 8 bits. */
        public Builder u8(int offset, long value) {
            image.put(offset, (byte) value);
            return this;
        }

        /** A field of 16 bits. */
        public Builder le16(int offset, long value) {
            image.putShort(offset, (short) value);
            return this;
        }

        /** A field of 32 bits. */
        public Builder le32(int offset, long value) {
            image.putInt(offset, (int) value);
            return this;
        }

        /** A field of 64 bits. */
        public Builder le64(int offset, long value) {
            image.putLong(offset, value);
            return this;
        }

        /** The image. */
        public ConfigSpace build() {
            return new ConfigSpace(image.array());
        }
    }
}
