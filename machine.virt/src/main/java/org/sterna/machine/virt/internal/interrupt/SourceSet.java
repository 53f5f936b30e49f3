package org.sterna.machine.virt.internal.interrupt;

import java.util.Arrays;
import java.util.List;

/** A set of interrupt sources in the layout of the registers that show it: words of 32 sources. */
final class SourceSet {
    private final int[] words;
    /** The sources of the last word that exist. */
    private final int last;

    /**
     * An empty set.
     *
     * @param sources the number of the last source
     */
    SourceSet(int sources) {
        words = new int[sources / 32 + 1];
        last = -1 >>> 31 - sources % 32;
    }

    boolean has(int source) {
        return (words[source >>> 5] >>> source & 1) != 0;
    }

    void set(int source, boolean member) {
        int bit = 1 << source;
        words[source >>> 5] = member ? words[source >>> 5] | bit : words[source >>> 5] & ~bit;
    }

    /** The number of words. */
    int size() {
        return words.length;
    }

    int word(int index) {
        return words[index];
    }

    /** Sets one word; source 0 and those behind the last do not exist and stay out. */
    void setWord(int index, int value) {
        words[index] = value & (index == 0 ? ~1 : -1) & (index == words.length - 1 ? last : -1);
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
