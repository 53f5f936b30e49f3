package org.sterna.machine.virt.internal.interrupt;

import java.util.Arrays;
import java.util.List;

/** A set of interrupt sources in the layout of the registers that show it: words of 32 sources. */
final class SourceSet {
    private final int[] words = new int[Plic.WORDS];

    boolean has(int source) {
        return (words[source >>> 5] >>> source & 1) != 0;
    }

    void set(int source, boolean member) {
        int bit = 1 << source;
        words[source >>> 5] = member ? words[source >>> 5] | bit : words[source >>> 5] & ~bit;
    }

    int word(int index) {
        return words[index];
    }

    /** Sets one word; source 0 does not exist and stays out. */
    void setWord(int index, int value) {
        words[index] = index == 0 ? value & ~1 : value;
    }

    List<Integer> words() {
        return Arrays.stream(words).boxed().toList();
    }

    void setWords(List<Integer> values) {
        for (int i = 0; i < words.length; i++) {
            setWord(i, values.get(i));
        }
    }
}
