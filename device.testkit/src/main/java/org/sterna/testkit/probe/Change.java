package org.sterna.testkit.probe;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.abi.Model;

/**
 * A fact that is another than it was.
 *
 * @param fact   its name
 * @param before its value before, or null if there was no such fact
 * @param now    its value now, or null if there is no such fact any more
 */
public record Change(String fact, String before, String now) {
    private static final String FEATURES = "virtio features ";
    private static final int MANY = 8;

    /** The change in words, with the bits that it is about; a feature's bit with the name of its property. */
    public String describe(Model model) {
        if (before == null) {
            return fact + ": is new, " + now;
        }
        return fact + ": was " + before + (now == null ? ", is gone" : ", is " + now + bits(model));
    }

    private String bits(Model model) {
        if (before.length() != now.length() || !(before + now).matches("[0-9a-f]{2,32}")) {
            return "";
        }
        var old = new BigInteger(before, 16);
        BigInteger changed = old.xor(new BigInteger(now, 16));
        if (changed.bitCount() > MANY) {
            return "";
        }
        var words = new ArrayList<String>();
        for (int bit = 0; bit < changed.bitLength(); bit++) {
            if (changed.testBit(bit)) {
                words.add("bit " + bit + name(model, bit) + (old.testBit(bit) ? " is now 0" : " is now 1"));
            }
        }
        return " (" + String.join(", ", words) + ")";
    }

    private String name(Model model, int bit) {
        if (!fact.startsWith(FEATURES)) {
            return "";
        }
        int number = 32 * Integer.parseInt(fact.substring(FEATURES.length())) + bit;
        List<String> names = model.features().stream().filter(feature -> feature.bit().getAsInt() == number)
            .map(feature -> feature.name()).toList();
        return names.isEmpty() ? ", a feature of no property," : ", the feature " + names.getFirst() + ",";
    }
}
