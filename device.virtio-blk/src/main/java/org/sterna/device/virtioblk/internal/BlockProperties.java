package org.sterna.device.virtioblk.internal;

import java.util.ArrayList;
import java.util.List;
import org.sterna.device.virtio.RingFeatures;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.abi.PropertyType.Number;
import org.sterna.machine.abi.PropertyType.Size;
import org.sterna.machine.abi.PropertyType.Text;
import org.sterna.machine.state.StateType;

/** The properties of a block device; the features are those of virtio 1.3, section 5.2.3. */
final class BlockProperties {
    static final String TYPE = "virtio-blk";
    static final String ABI = "1.1";
    /** The unit of capacity, requests and their positions in bytes (section 5.2.4). */
    static final int SECTOR = 512;
    /** The length of the serial number in bytes (section 5.2.6). */
    static final int SERIAL_BYTES = 20;
    static final String WRITE_THROUGH = "writethrough";
    private static final Size BLOCK = new Size(SECTOR, 32 << 10, SECTOR);

    static final Property<String> DRIVE = Property.host("drive", new Text(4096))
        .meaning("The path of the raw file or block device that is the disk; it must be given.");
    static final Property<String> CACHE = Property.host("cache", new Choice(List.of("writeback", WRITE_THROUGH)))
        .defaultValue("writeback").meaning("Whether a write is complete in the host's cache or only on the disk.");
    static final Property<Boolean> SIZE_MAX = Property.feature("size-max", 1).defaultValue(false)
        .meaning("The greatest length of a segment, segment-bytes, is told to the driver.");
    static final Property<Long> SEGMENT_BYTES = Property.guest("segment-bytes", new Size(4096, 1L << 31, SECTOR))
        .defaultValue(1L << 20).meaning("The greatest length of a segment of a request.");
    static final Property<Boolean> SEG_MAX = Property.feature("seg-max", 2)
        .meaning("The greatest number of segments, segments, is told to the driver.");
    static final Property<Long> SEGMENTS = Property.guest("segments", new Number(1, 1022)).defaultValue(254L)
        .meaning("The greatest number of segments of a request, never more than queue-size less 2.");
    static final Property<Boolean> READ_ONLY = Property.feature("read-only", 5).defaultValue(false)
        .meaning("The disk cannot be written.");
    static final Property<Boolean> BLK_SIZE = Property.feature("blk-size", 6)
        .meaning("The size of a block, block-size, is told to the driver.");
    static final Property<Long> BLOCK_SIZE = Property.guest("block-size", BLOCK).defaultValue((long) SECTOR)
        .meaning("The size of a logical block, a power of two.");
    static final Property<Boolean> FLUSH = Property.feature("flush", 9)
        .meaning("The disk has a cache that the driver flushes; without it every write goes through.");
    static final Property<Boolean> TOPOLOGY = Property.feature("topology", 10)
        .meaning("The size of a physical block, physical-block-size, is told to the driver.");
    static final Property<Long> PHYSICAL_BLOCK_SIZE = Property.guest("physical-block-size", BLOCK).defaultValue(4096L)
        .meaning("The size of a physical block, a power of two, at least block-size.");
    static final Property<Boolean> DISCARD = Property.feature("discard", 13).since("1.1")
        .meaning("The driver may say which sectors it no longer needs; the host gives their space back.");
    static final Property<Boolean> WRITE_ZEROES = Property.feature("write-zeroes", 14).since("1.1")
        .meaning("The driver may have sectors filled with zeroes without sending any.");
    static final Property<Long> QUEUE_SIZE = Property.guest("queue-size", new Number(1, 1024)).defaultValue(256L)
        .meaning("The greatest size of the request queue, a power of two.");
    static final Property<String> SERIAL = Property.guest("serial", new Text(SERIAL_BYTES)).defaultValue("")
        .meaning("The serial number that the driver may ask for, in ASCII.");
    static final Property<Long> CAPACITY = Property.guest("capacity", new Size(SECTOR, 1L << 52, SECTOR))
        .meaning("The size of the disk; the size of the file if not given.");

    static final Model MODEL = new Model(TYPE, AbiVersion.parse(ABI), all(), StateType.of(TYPE, BlockState.class));

    private BlockProperties() {
    }

    private static List<Property<?>> all() {
        var all = new ArrayList<Property<?>>(List.of(DRIVE, CACHE, CAPACITY, SERIAL, READ_ONLY, FLUSH, BLK_SIZE,
            BLOCK_SIZE, TOPOLOGY, PHYSICAL_BLOCK_SIZE, SEG_MAX, SEGMENTS, SIZE_MAX, SEGMENT_BYTES, DISCARD,
            WRITE_ZEROES, QUEUE_SIZE));
        all.addAll(RingFeatures.ALL);
        return all;
    }
}
