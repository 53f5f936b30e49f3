package org.sterna.device.virtioblk.internal;

import java.util.ArrayList;
import java.util.List;
import org.sterna.device.virtio.TransportProperties;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.abi.PropertyType.Flag;
import org.sterna.machine.abi.PropertyType.HostPath;
import org.sterna.machine.abi.PropertyType.Number;
import org.sterna.machine.abi.PropertyType.Size;
import org.sterna.machine.abi.PropertyType.Text;
import org.sterna.machine.state.StateType;

/** The properties of a block device; the features are those of virtio 1.3, section 5.2.3. */
final class BlockProperties {
    static final String TYPE = "virtio-blk";
    static final String ABI = "1.3";
    /** The unit of capacity, requests and their positions in bytes (section 5.2.4). */
    static final int SECTOR = 512;
    /** The length of the serial number in bytes (section 5.2.6). */
    static final int SERIAL_BYTES = 20;
    static final String WRITE_THROUGH = "writethrough";
    static final String RAW = "raw";
    private static final Size BLOCK = new Size(SECTOR, 32 << 10, SECTOR);
    /** A length that says 0 for what another property makes of it. */
    private static final Size LENGTH_OR_0 = new Size(0, 1L << 31, SECTOR);
    private static final Number COUNT_32 = new Number(1, 0xffff_ffffL);

    static final TransportProperties TRANSPORT = new TransportProperties("1.2");

    static final Property<String> DRIVE = Property.host("drive", new HostPath(4096))
        .meaning("The path of the raw file or block device that is the disk; it must be given.");
    static final Property<String> FORMAT = Property.host("format", new Choice(List.of("auto", RAW))).undecided("auto")
        .meaning("raw: the file is the disk, byte by byte; auto: so too, but one that looks like an image is refused.");
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
    static final Property<Boolean> GEOMETRY = Property.feature("geometry", 4).since("1.2")
        .meaning("Cylinders, heads and sectors, as old disks had them, are told to the driver.");
    static final Property<Long> HEADS = Property.guest("heads", new Number(0, 255)).since("1.2").before(0L)
        .when(GEOMETRY, true).defaultValue(16L).meaning("The number of heads.");
    static final Property<Long> SECTORS = Property.guest("sectors", new Number(0, 255)).since("1.2").before(0L)
        .when(GEOMETRY, true).defaultValue(63L).meaning("The number of sectors of a track.");
    static final Property<Long> CYLINDERS = Property.guest("cylinders", new Number(0, 65535)).since("1.2").before(0L)
        .when(GEOMETRY, true)
        .meaning("The number of cylinders; as many as the capacity has if not given.");
    static final Property<Boolean> READ_ONLY = Property.feature("read-only", 5).defaultValue(false)
        .meaning("The disk cannot be written.");
    static final Property<Boolean> BLK_SIZE = Property.feature("blk-size", 6)
        .meaning("The size of a block, block-size, is told to the driver.");
    static final Property<Long> BLOCK_SIZE = Property.guest("block-size", BLOCK).defaultValue((long) SECTOR)
        .meaning("The size of a logical block, a power of two.");
    static final Property<Boolean> FLUSH = Property.feature("flush", 9)
        .meaning("The disk has a cache that the driver flushes; without it every write goes through.");
    static final Property<Boolean> CONFIG_WCE = Property.feature("config-wce", 11).since("1.2").when(FLUSH, true)
        .meaning("The driver may turn the disk's cache off, so that every write goes through, and on again.");
    static final Property<Boolean> BARRIER = Property.feature("barrier", 0).since("1.3")
        .when(TRANSPORT.registers(), TransportProperties.LEGACY)
        .meaning("The driver may mark requests that all others are ordered before or after, in every queue.");
    static final Property<Boolean> TOPOLOGY = Property.feature("topology", 10)
        .meaning("How requests are best aligned, physical-block-size and more, is told to the driver.");
    static final Property<Long> PHYSICAL_BLOCK_SIZE = Property.guest("physical-block-size", BLOCK).defaultValue(4096L)
        .meaning("The size of a physical block, a power of two, at least block-size.");
    static final Property<Long> ALIGNMENT_OFFSET = Property.guest("alignment-offset", new Number(0, 255)).since("1.2")
        .before(0L).defaultValue(0L).when(TOPOLOGY, true)
        .meaning("The first logical block that begins a physical block.");
    static final Property<Long> MIN_IO = Property.guest("min-io", LENGTH_OR_0).since("1.2").before(0L)
        .defaultValue(0L).when(TOPOLOGY, true)
        .meaning("The least length of a good request, at most 65535 blocks; 0 is a physical block.");
    static final Property<Long> OPT_IO = Property.guest("opt-io", LENGTH_OR_0).since("1.2").before(0L)
        .defaultValue(0L).when(TOPOLOGY, true).meaning("The best length of a request; 0 says nothing.");
    static final Property<Boolean> DISCARD = Property.feature("discard", 13).since("1.1")
        .meaning("The driver may say which sectors it no longer needs; the host gives their space back.");
    static final Property<Long> DISCARD_SECTORS = limit("discard-sectors", DISCARD, 1 << 22)
        .meaning("The most sectors of a range to discard.");
    static final Property<Long> DISCARD_RANGES = limit("discard-ranges", DISCARD, 32)
        .meaning("The most ranges of a request to discard.");
    static final Property<Long> DISCARD_ALIGNMENT = Property.guest("discard-alignment", LENGTH_OR_0).since("1.2")
        .before(0L).defaultValue(0L).when(DISCARD, true)
        .meaning("The alignment at which the driver best splits a range to discard; 0 is a physical block.");
    static final Property<Boolean> WRITE_ZEROES = Property.feature("write-zeroes", 14).since("1.1")
        .meaning("The driver may have sectors filled with zeroes without sending any.");
    static final Property<Long> WRITE_ZEROES_SECTORS = limit("write-zeroes-sectors", WRITE_ZEROES, 1 << 16)
        .meaning("The most sectors of a range to fill with zeroes.");
    static final Property<Long> WRITE_ZEROES_RANGES = limit("write-zeroes-ranges", WRITE_ZEROES, 8)
        .meaning("The most ranges of a request to write zeroes.");
    static final Property<Boolean> WRITE_ZEROES_MAY_UNMAP = Property.guest("write-zeroes-may-unmap", new Flag())
        .since("1.2").before(true).defaultValue(true).when(WRITE_ZEROES, true)
        .meaning("The space of zeroes may be given back to the host where the driver allows it.");
    static final Property<Boolean> LIFETIME = Property.feature("lifetime", 15).since("1.2").defaultValue(false)
        .meaning("The driver may ask how worn the disk is; a file does not know, so the properties below say it.");
    static final Property<Long> PRE_EOL = Property.guest("lifetime-pre-eol", new Number(0, 3)).since("1.2").before(0L)
        .defaultValue(0L).when(LIFETIME, true)
        .meaning("The reserved blocks in use: 0 unknown, 1 below 80 %, 2 at least 80 %, 3 at least 90 %.");
    static final Property<Long> WEAR_A = wear("lifetime-a", "A");
    static final Property<Long> WEAR_B = wear("lifetime-b", "B");
    static final Property<Boolean> SECURE_ERASE = Property.feature("secure-erase", 16).since("1.2").defaultValue(false)
        .meaning("The driver may have sectors overwritten in place, as far as the host's file system does that.");
    static final Property<Long> SECURE_ERASE_SECTORS = limit("secure-erase-sectors", SECURE_ERASE, 1 << 16)
        .meaning("The most sectors of a range to erase.");
    static final Property<Long> SECURE_ERASE_RANGES = limit("secure-erase-ranges", SECURE_ERASE, 8)
        .meaning("The most ranges of a request to erase.");
    static final Property<Long> SECURE_ERASE_ALIGNMENT = Property.guest("secure-erase-alignment", LENGTH_OR_0)
        .since("1.2").before(0L).defaultValue(0L).when(SECURE_ERASE, true)
        .meaning("The alignment at which the driver best splits a range to erase; 0 is a physical block.");
    static final Property<Boolean> MQ = Property.feature("mq", 12).since("1.2")
        .meaning("The number of request queues, queues, is told to the driver.");
    static final Property<Long> QUEUES = Property.guest("queues", new Number(1, 16)).since("1.2").before(1L)
        .defaultValue(1L).when(MQ, true)
        .meaning("The number of request queues; those of different queues are worked on side by side.");
    static final Property<Long> QUEUE_SIZE = Property.guest("queue-size", new Number(1, 1024)).defaultValue(256L)
        .meaning("The greatest size of a request queue, a power of two.");
    static final Property<String> SERIAL = Property.guest("serial", new Text(SERIAL_BYTES)).defaultValue("")
        .meaning("The serial number that the driver may ask for, in ASCII.");
    static final Property<Long> CAPACITY = Property.guest("capacity", new Size(SECTOR, 1L << 52, SECTOR))
        .changeable().meaning("The size of the disk; the size of the file if not given.");

    static final Model MODEL = new Model(TYPE, AbiVersion.parse(ABI), all(), StateType.of(TYPE, BlockState.class));

    private BlockProperties() {
    }

    /** A limit of requests for ranges, which was a constant before it could be chosen. */
    private static Property.Builder<Long> limit(String name, Property<Boolean> feature, long constant) {
        return Property.guest(name, COUNT_32).since("1.2").before(constant).defaultValue(constant).when(feature, true);
    }

    private static Property<Long> wear(String name, String kind) {
        return Property.guest(name, new Number(0, 11)).since("1.2").before(0L).defaultValue(0L).when(LIFETIME, true)
            .meaning("The wear of cells of type " + kind + " in steps of 10 %: 0 unknown, 1 to 10, 11 beyond the end.");
    }

    /** In the order in which help prints them; what a property depends on comes first. */
    private static List<Property<?>> all() {
        var all = new ArrayList<Property<?>>(List.of(DRIVE, FORMAT, CACHE, ErrorPolicy.WERROR,
            ErrorPolicy.RERROR, TRANSPORT.registers(), CAPACITY, SERIAL, READ_ONLY,
            FLUSH, CONFIG_WCE, BARRIER, BLK_SIZE, BLOCK_SIZE, TOPOLOGY, PHYSICAL_BLOCK_SIZE, ALIGNMENT_OFFSET, MIN_IO,
            OPT_IO, GEOMETRY, CYLINDERS, HEADS, SECTORS, SEG_MAX, SEGMENTS, SIZE_MAX, SEGMENT_BYTES, DISCARD,
            DISCARD_SECTORS, DISCARD_RANGES, DISCARD_ALIGNMENT, WRITE_ZEROES, WRITE_ZEROES_SECTORS, WRITE_ZEROES_RANGES,
            WRITE_ZEROES_MAY_UNMAP, LIFETIME, PRE_EOL, WEAR_A, WEAR_B, SECURE_ERASE, SECURE_ERASE_SECTORS,
            SECURE_ERASE_RANGES, SECURE_ERASE_ALIGNMENT, MQ, QUEUES, QUEUE_SIZE));
        all.addAll(TRANSPORT.features());
        return all;
    }
}
