package org.sterna.machine.virt.internal.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import net.jqwik.api.statistics.Statistics;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.ProcessorNode;

/** Whatever a boot image holds: it is loaded into guest memory or refused by a {@link MachineException}. */
class HostileImageTest {
    private static final long BASE = 0x8000_0000L;
    private final GuestMemory memory = new GuestMemory(BASE, 8 << 20);
    private Path file;

    @BeforeProperty
    void open() throws IOException {
        file = Files.createTempFile("image", "");
    }

    @AfterProperty
    void close() throws IOException {
        Files.delete(file);
        memory.close();
    }

    @Property(tries = 2000)
    void anElfIsLoadedOrRefused(@ForAll("elfs") byte[] elf) throws IOException {
        load(elf);
    }

    @Property(tries = 500)
    void aLinuxImageIsLoadedOrRefused(@ForAll("images") byte[] image) throws IOException {
        load(image);
    }

    private void load(byte[] image) throws IOException {
        Files.write(file, image);
        String outcome = "loaded";
        try {
            new BootLoader(new BootImages(null, file.toString(), null, null), memory, DeviceTreeTest.BOARD,
                List.of(ProcessorNode.of("riscv"))).load(List.of());
        } catch (MachineException e) {
            outcome = "refused";
        }
        Statistics.collect(outcome);
    }

    /** Numbers at the borders of what is meant. */
    private static Arbitrary<Long> numbers() {
        return Arbitraries.oneOf(
            Arbitraries.of(0L, 1L, 64L, 120L, 200L, 4096L, BASE, BASE + 0x1000, BASE + (8 << 20) - 1, BASE + (8 << 20)),
            Arbitraries.longs());
    }

    @Provide
    Arbitrary<byte[]> elfs() {
        Arbitrary<byte[]> right = Arbitraries.just(elf());
        Arbitrary<List<Long>> values = numbers().list().ofMaxSize(3);
        Arbitrary<List<Integer>> places = Arbitraries.integers().between(2, 22).list().ofSize(3);
        Arbitrary<Integer> length = Arbitraries.integers().between(1, 400);
        return Combinators.combine(right, values, places, Arbitraries.oneOf(length, Arbitraries.just(400)))
            .as((elf, numbers, words, cut) -> {
                ByteBuffer bytes = ByteBuffer.wrap(elf.clone()).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < numbers.size(); i++) {
                    bytes.putLong(8 * words.get(i), numbers.get(i));
                }
                return Arrays.copyOf(bytes.array(), cut);
            });
    }

    @Provide
    Arbitrary<byte[]> images() {
        return Combinators.combine(numbers(), numbers(), Arbitraries.integers().between(1, 200))
            .as((offset, size, cut) -> {
                ByteBuffer bytes = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
                bytes.putLong(8, offset).putLong(16, size).putInt(56, 0x05435352);
                return Arrays.copyOf(bytes.array(), cut);
            });
    }

    private static byte[] elf() {
        ByteBuffer elf = ByteBuffer.allocate(400).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).putShort(16, (short) 2).putShort(18, (short) 243)
            .putLong(24, BASE).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        for (int program = 64; program <= 120; program += 56) {
            elf.putInt(program, 1).putLong(program + 8, 176).putLong(program + 16, BASE + 0x1000 * (program - 64))
                .putLong(program + 24, BASE + 0x1000 * (program - 64)).putLong(program + 32, 100)
                .putLong(program + 40, 200);
        }
        return elf.array();
    }
}
