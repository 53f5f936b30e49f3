package org.sterna.machine.state;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Equality of value trees, in which byte arrays stand for their content. */
final class Trees {
    private Trees() {
    }

    static boolean equal(Object a, Object b) {
        return switch (a) {
            case byte[] x -> b instanceof byte[] y && Arrays.equals(x, y);
            case List<?> x -> b instanceof List<?> y && equalLists(x, y);
            case Map<?, ?> x -> b instanceof Map<?, ?> y && x.keySet().equals(y.keySet())
                && x.keySet().stream().allMatch(key -> equal(x.get(key), y.get(key)));
            case null, default -> a != null && a.equals(b);
        };
    }

    private static boolean equalLists(List<?> x, List<?> y) {
        if (x.size() != y.size()) {
            return false;
        }
        for (int i = 0; i < x.size(); i++) {
            if (!equal(x.get(i), y.get(i))) {
                return false;
            }
        }
        return true;
    }
}
