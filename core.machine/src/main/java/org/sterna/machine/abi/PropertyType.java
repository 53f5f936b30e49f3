package org.sterna.machine.abi;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The type of a property: how its text on a command line is read, what range it has, and how it stands in an ABI
 * document (JSON boolean, number or string).
 *
 * @param <T> {@link Boolean}, {@link Long} or {@link String}
 */
public sealed interface PropertyType<T> {
    /** The largest number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3). */
    long MAX_NUMBER = (1L << 53) - 1;

    /**
     * Reads the text of a command line.
     *
     * @throws IllegalArgumentException with a message that names the range, if the text does not fit
     */
    T parse(String text);

    /**
     * Checks a value that came in an ABI document or from a program.
     *
     * @throws IllegalArgumentException with a message that names the range, if the value does not fit
     */
    T check(Object value);

    /** A value as {@link #parse} reads it. */
    default String text(T value) {
        return value.toString();
    }

    /** The type and range in words, such as {@code on|off} or {@code 1..256}. */
    String range();

    /** {@code on} or {@code off}. */
    record Flag() implements PropertyType<Boolean> {
        @Override
        public Boolean parse(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "on", "true", "yes" -> true;
                case "off", "false", "no" -> false;
                default -> throw misfit(text, this);
            };
        }

        @Override
        public Boolean check(Object value) {
            if (value instanceof Boolean flag) {
                return flag;
            }
            throw misfit(value, this);
        }

        @Override
        public String text(Boolean value) {
            return value ? "on" : "off";
        }

        @Override
        public String range() {
            return "on|off";
        }
    }

    /**
     * An integer.
     *
     * @param min the least value, at least -{@link #MAX_NUMBER}
     * @param max the greatest value, at most {@link #MAX_NUMBER}
     */
    record Number(long min, long max) implements PropertyType<Long> {
        /** Checks the bounds. */
        public Number {
            if (min > max || min < -MAX_NUMBER || max > MAX_NUMBER) {
                throw new IllegalArgumentException("not a range: " + min + ".." + max);
            }
        }

        @Override
        public Long parse(String text) {
            try {
                return check(Long.decode(text));
            } catch (NumberFormatException e) {
                throw misfit(text, this);
            }
        }

        @Override
        public Long check(Object value) {
            if (value instanceof Long number && number >= min && number <= max) {
                return number;
            }
            throw misfit(value, this);
        }

        @Override
        public String range() {
            return min + ".." + max;
        }
    }

    /**
     * A number of bytes; {@code K}, {@code M}, {@code G} and {@code T} are powers of 1024.
     *
     * @param min  the least value in bytes
     * @param max  the greatest value in bytes, at most {@link #MAX_NUMBER}
     * @param unit a power of two that every value is a multiple of
     */
    record Size(long min, long max, long unit) implements PropertyType<Long> {
        private static final Map<Character, Integer> SHIFTS = Map.of('K', 10, 'M', 20, 'G', 30, 'T', 40);

        @Override
        public Long parse(String text) {
            String digits = text.strip();
            int shift = 0;
            if (!digits.isEmpty()) {
                Integer suffix = SHIFTS.get(Character.toUpperCase(digits.charAt(digits.length() - 1)));
                if (suffix != null) {
                    shift = suffix;
                    digits = digits.substring(0, digits.length() - 1);
                }
            }
            if (!digits.matches("[0-9]{1,16}") || Long.parseLong(digits) > MAX_NUMBER >> shift) {
                throw misfit(text, this);
            }
            return check(Long.parseLong(digits) << shift);
        }

        @Override
        public Long check(Object value) {
            if (value instanceof Long size && size >= min && size <= max && size % unit == 0) {
                return size;
            }
            throw misfit(value, this);
        }

        @Override
        public String text(Long value) {
            return show(value);
        }

        @Override
        public String range() {
            return show(min) + ".." + show(max) + (unit > 1 ? " in steps of " + show(unit) : "");
        }

        private static String show(long size) {
            for (char suffix : new char[] {'T', 'G', 'M', 'K'}) {
                int shift = SHIFTS.get(suffix);
                if (size != 0 && size % (1L << shift) == 0) {
                    return (size >> shift) + String.valueOf(suffix);
                }
            }
            return Long.toString(size);
        }
    }

    /**
     * Any text of a bounded length.
     *
     * @param maxLength the greatest length in UTF-16 units
     */
    record Text(int maxLength) implements PropertyType<String> {
        @Override
        public String parse(String text) {
            return check(text);
        }

        @Override
        public String check(Object value) {
            if (value instanceof String text && text.length() <= maxLength
                    && StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                return text;
            }
            throw misfit(value, this);
        }

        @Override
        public String range() {
            return "text of at most " + maxLength + " characters";
        }
    }

    /**
     * The path of a file or folder of the host, which need not exist. Only a host property can have it. A migration destination
     * does not use a path that comes from the source unless its operator allows it.
     *
     * @param maxLength the greatest length in UTF-16 units
     * @since 1.1
     */
    record HostPath(int maxLength) implements PropertyType<String> {
        @Override
        public String parse(String text) {
            return check(text);
        }

        @Override
        public String check(Object value) {
            if (value instanceof String text && text.indexOf(0) >= 0) {
                throw new IllegalArgumentException("'" + text + "' has a NUL in it, which no path can have");
            }
            if (value instanceof String text && text.length() <= maxLength
                    && StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                return text;
            }
            throw misfit(value, this);
        }

        @Override
        public String range() {
            return "path of at most " + maxLength + " characters";
        }
    }

    /**
     * Where the host listens, as {@code HOST:PORT}. Only a host property can have it. A migration destination uses only loopback
     * addresses that come from the source, unless its operator gives another one.
     *
     * @since 1.1
     */
    record HostAddress() implements PropertyType<String> {
        private static final int MAX_LENGTH = 255;

        @Override
        public String parse(String text) {
            return check(text);
        }

        /** The form is seen when the address is used, so that the device can say what to do. */
        @Override
        public String check(Object value) {
            if (value instanceof String text && text.length() <= MAX_LENGTH && StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                return text;
            }
            throw misfit(value, this);
        }

        @Override
        public String range() {
            return "HOST:PORT";
        }
    }

    /**
     * One of a few words.
     *
     * @param words the words, in the order in which help prints them
     */
    record Choice(List<String> words) implements PropertyType<String> {
        /** Copies the words. */
        public Choice {
            words = List.copyOf(words);
        }

        @Override
        public String parse(String text) {
            return check(text);
        }

        @Override
        public String check(Object value) {
            if (value instanceof String text && words.contains(text)) {
                return text;
            }
            throw misfit(value, this);
        }

        @Override
        public String range() {
            return String.join("|", words);
        }
    }

    private static IllegalArgumentException misfit(Object value, PropertyType<?> type) {
        return new IllegalArgumentException("'" + value + "' is not in " + type.range());
    }
}
