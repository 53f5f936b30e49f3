package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sterna.testkit.DeviceBench;

/**
 * The window of a virtio device on the MMIO transport (virtio 1.3, section 4.2.2), or with the registers of a legacy one
 * (section 4.2.4).
 *
 * @param legacy whether Version is 1
 */
record VirtioMmioWindow(boolean legacy) implements Protocol {
    static final int MAGIC = 0x7472_6976;
    private static final int ACKNOWLEDGE = 1;
    private static final int DRIVER = 2;
    private static final int DRIVER_OK = 4;
    private static final int FEATURES_OK = 8;
    private static final int VERSION_1 = 32;
    /** How many words of feature bits are looked at; the specification uses two. */
    private static final int FEATURE_WORDS = 4;
    private static final int MOST_QUEUES = 1024;
    /** The entries of a queue that is set up; a few of them show as much as all. */
    private static final int ENTRIES = 64;
    /** The alignment of a legacy queue, and the unit of its address. */
    private static final int PAGE = 4096;

    private static final int DEVICE_FEATURES = 0x010;
    private static final int DRIVER_FEATURES = 0x020;
    private static final int GUEST_PAGE_SIZE = 0x028;
    private static final int QUEUE_SEL = 0x030;
    private static final int QUEUE_SIZE_MAX = 0x034;
    private static final int QUEUE_SIZE = 0x038;
    private static final int QUEUE_ALIGN = 0x03c;
    private static final int QUEUE_PFN = 0x040;
    private static final int QUEUE_READY = 0x044;
    private static final int STATUS = 0x070;
    private static final int QUEUE_DESC = 0x080;
    private static final int QUEUE_DRIVER = 0x090;
    private static final int QUEUE_DEVICE = 0x0a0;

    /** Whether the device on the bench shows the magic value. */
    static boolean isAt(ProbeGuest guest) {
        return guest.bench().device().registerBytes() >= 0x100 && read(guest, 0) == MAGIC;
    }

    static VirtioMmioWindow of(ProbeGuest guest) {
        return new VirtioMmioWindow(read(guest, 4) == 1);
    }

    @Override
    public void report(ProbeGuest guest, Map<String, String> facts) {
        facts.put("virtio version", Long.toString(read(guest, 4)));
        facts.put("virtio device-id", Long.toString(read(guest, 8)));
        facts.put("virtio vendor", Access.hex(read(guest, 0xc), 4));
        for (int word = 0; word < FEATURE_WORDS; word++) {
            facts.put("virtio features " + word, Access.hex(featureWord(guest, word), 4));
        }
        List<Long> sizes = queueSizes(guest);
        facts.put("virtio queues", Integer.toString(sizes.size()));
        for (int i = 0; i < sizes.size(); i++) {
            facts.put("virtio queue " + i + " size-max", Long.toString(sizes.get(i)));
        }
        if (!legacy) {
            facts.put("virtio accepts", Access.hex(accepted(guest), 8));
        }
    }

    /** The features that the device offers, by bit. */
    static long features(ProbeGuest guest) {
        return featureWord(guest, 0) | featureWord(guest, 1) << 32;
    }

    private static long featureWord(ProbeGuest guest, int word) {
        write(guest, DEVICE_FEATURES + 4, word);
        return read(guest, DEVICE_FEATURES);
    }

    private static List<Long> queueSizes(ProbeGuest guest) {
        var sizes = new ArrayList<Long>();
        while (sizes.size() < MOST_QUEUES) {
            write(guest, QUEUE_SEL, sizes.size());
            long size = read(guest, QUEUE_SIZE_MAX);
            if (size == 0) {
                break;
            }
            sizes.add(size);
        }
        return sizes;
    }

    /** The features that a driver may settle on alone, or with VERSION_1 if that is offered. */
    private static long accepted(ProbeGuest guest) {
        long base = features(guest) & 1L << VERSION_1;
        long accepted = 0;
        for (int bit = 0; bit < 64; bit++) {
            guest.prepare(Situation.RESET);
            write(guest, STATUS, ACKNOWLEDGE);
            write(guest, STATUS, ACKNOWLEDGE | DRIVER);
            accept(guest, base | 1L << bit);
            write(guest, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
            if ((read(guest, STATUS) & FEATURES_OK) != 0) {
                accepted |= 1L << bit;
            }
        }
        return accepted;
    }

    private static void accept(ProbeGuest guest, long features) {
        for (int word = 0; word < 2; word++) {
            write(guest, DRIVER_FEATURES + 4, word);
            write(guest, DRIVER_FEATURES, features >>> 32 * word);
        }
    }

    @Override
    public List<Situation> initialisations() {
        return List.of(new Situation("driver-ok", true, this::initialise));
    }

    /** The initialisation of section 3.1.1, with every feature that is offered and every queue. */
    private void initialise(ProbeGuest guest) {
        step(guest, ACKNOWLEDGE, "acknowledge");
        step(guest, DRIVER, "driver");
        if (legacy) {
            write(guest, GUEST_PAGE_SIZE, PAGE);
        }
        accept(guest, features(guest));
        if (!legacy) {
            step(guest, FEATURES_OK, "features-ok");
        }
        List<Long> sizes = queueSizes(guest);
        long memory = DeviceBench.MEMORY_BASE;
        for (int queue = 0; queue < sizes.size(); queue++) {
            int entries = (int) Math.min(sizes.get(queue), ENTRIES);
            write(guest, QUEUE_SEL, queue);
            write(guest, QUEUE_SIZE, entries);
            if (legacy) {
                write(guest, QUEUE_ALIGN, PAGE);
                write(guest, QUEUE_PFN, memory / PAGE);
            } else {
                writePair(guest, QUEUE_DESC, memory);
                writePair(guest, QUEUE_DRIVER, memory + 16L * entries);
                writePair(guest, QUEUE_DEVICE, memory + PAGE);
                write(guest, QUEUE_READY, 1);
            }
            memory += 2 * PAGE;
        }
        guest.observeInterrupt("after queues");
        step(guest, DRIVER_OK, "driver-ok");
    }

    private static void step(ProbeGuest guest, int bit, String name) {
        write(guest, STATUS, read(guest, STATUS) | bit);
        guest.observe("status after " + name, Access.hex(read(guest, STATUS), 1));
        guest.observeInterrupt("after " + name);
    }

    private static long read(ProbeGuest guest, int register) {
        return guest.read(register, 4);
    }

    private static void write(ProbeGuest guest, int register, long value) {
        guest.write(register, 4, value);
    }

    private static void writePair(ProbeGuest guest, int register, long value) {
        write(guest, register, value);
        write(guest, register + 4, value >>> 32);
    }
}
