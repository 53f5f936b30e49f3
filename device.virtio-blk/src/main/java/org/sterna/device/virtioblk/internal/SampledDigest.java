package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A digest of samples of a file: both ends, where partition tables and file systems have their headers, and some in equal distances
 * between. All of a large disk cannot be read while a guest stands still.
 */
final class SampledDigest {
    /** Names the way in which samples are taken; another way has another name. */
    static final String METHOD = "sha-256-of-64-samples";
    private static final int END_BYTES = 64 << 10;
    private static final int SAMPLES = 62;
    private static final int SAMPLE_BYTES = 4 << 10;

    private SampledDigest() {
    }

    /** The digest in hexadecimal digits. */
    static String of(FileChannel file) throws IOException {
        long size = file.size();
        MessageDigest digest = sha256();
        update(digest, file, 0, END_BYTES);
        for (int i = 1; i <= SAMPLES; i++) {
            update(digest, file, size / (SAMPLES + 1) * i / SAMPLE_BYTES * SAMPLE_BYTES, SAMPLE_BYTES);
        }
        update(digest, file, Math.max(0, size - END_BYTES), END_BYTES);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, FileChannel file, long position, int length) throws IOException {
        ByteBuffer sample = ByteBuffer.allocate(length);
        while (sample.hasRemaining() && file.read(sample, position + sample.position()) > 0) {
            // The next part.
        }
        digest.update(sample.flip());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
