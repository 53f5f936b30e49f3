package org.sterna.machine.internal;

import java.util.Collection;
import java.util.Comparator;

/** Names that a user may have meant. */
final class Nearest {
    private Nearest() {
    }

    /** "did you mean …" with the nearest names, or all names if none is near. */
    static String remedy(String wrong, Collection<String> names) {
        if (names.isEmpty()) {
            return "there is none";
        }
        var near = names.stream().distinct().filter(name -> distance(wrong, name) <= 1 + wrong.length() / 3)
            .sorted(Comparator.comparingInt(name -> distance(wrong, name))).limit(3).toList();
        return near.isEmpty() ? "known are " + String.join(", ", names.stream().distinct().sorted().toList())
            : "did you mean " + String.join(" or ", near) + "?";
    }

    /** The Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
