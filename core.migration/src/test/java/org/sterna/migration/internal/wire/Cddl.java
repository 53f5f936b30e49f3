package org.sterna.migration.internal.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of CDDL (RFC 8610) as the specification uses: maps, lists, choices, {@code ?}, {@code *} and {@code +}, literal texts,
 * {@code .size}, and the types int, uint, bool, tstr, bytes. A map may have text keys besides, if it has no others that
 * are open, as the specification says in its section 2.
 */
final class Cddl {
    private static final Pattern TOKEN =
        Pattern.compile("\"[^\"]*\"|\\.size|=>|[a-zA-Z][a-zA-Z0-9-]*|[0-9]+|[{}\\[\\]():,/=?*+]");

    /** Whether a value is of a type. */
    private interface Type {
        boolean matches(Object value);
    }

    /** A member of a map, or the item of a list, of which there may be none or many. */
    private record Member(boolean optional, boolean many, Type key, String literal, Type value) {
    }

    private final Map<String, Type> rules = new TreeMap<>();
    private final List<String> tokens = new ArrayList<>();
    private int at;

    Cddl(String text) {
        Matcher found = TOKEN.matcher(text.replaceAll("(?m);.*$", ""));
        while (found.find()) {
            tokens.add(found.group());
        }
        while (at < tokens.size()) {
            String name = tokens.get(at++);
            expect("=");
            rules.put(name, choice());
        }
    }

    /** Whether a tree is what a rule says. */
    boolean matches(String rule, Object tree) {
        return rules.get(rule).matches(tree);
    }

    private String peek() {
        return at < tokens.size() ? tokens.get(at) : "";
    }

    private boolean take(String token) {
        boolean there = peek().equals(token);
        at += there ? 1 : 0;
        return there;
    }

    private void expect(String token) {
        if (!take(token)) {
            throw new IllegalArgumentException(token + " expected before " + tokens.subList(at, Math.min(tokens.size(), at + 8)));
        }
    }

    private Type choice() {
        Type first = type();
        while (take("/")) {
            Type one = first;
            Type other = type();
            first = value -> one.matches(value) || other.matches(value);
        }
        return first;
    }

    private Type type() {
        String token = tokens.get(at++);
        Type type = switch (token) {
            case "{" -> map(members("}"));
            case "[" -> list(members("]"));
            case "(" -> {
                Type inner = choice();
                expect(")");
                yield inner;
            }
            case "int" -> Long.class::isInstance;
            case "uint" -> value -> value instanceof Long number && number >= 0;
            case "bool" -> Boolean.class::isInstance;
            case "tstr" -> String.class::isInstance;
            case "bytes" -> byte[].class::isInstance;
            default -> token.startsWith("\"") ? unquoted(token)::equals : reference(token);
        };
        if (take(".size")) {
            int size = Integer.parseInt(tokens.get(at++));
            return value -> type.matches(value) && ((byte[]) value).length == size;
        }
        return type;
    }

    private Type reference(String name) {
        return value -> {
            if (!rules.containsKey(name)) {
                throw new IllegalArgumentException("there is no rule " + name);
            }
            return rules.get(name).matches(value);
        };
    }

    private static String unquoted(String token) {
        return token.startsWith("\"") ? token.substring(1, token.length() - 1) : token;
    }

    private List<Member> members(String end) {
        var members = new ArrayList<Member>();
        while (!take(end)) {
            boolean star = take("*");
            boolean plus = !star && take("+");
            boolean maybe = !star && !plus && take("?");
            String literal = at + 1 < tokens.size() && tokens.get(at + 1).equals(":") ? unquoted(tokens.get(at)) : null;
            at += literal == null ? 0 : 2;
            Type first = choice();
            Type value = take("=>") ? choice() : null;
            members.add(new Member(star || maybe, star || plus, value == null ? null : first, literal,
                value == null ? first : value));
            take(",");
        }
        return members;
    }

    private static Type list(List<Member> members) {
        Member item = members.getFirst();
        return value -> value instanceof List<?> list && (item.optional() || !list.isEmpty())
            && list.stream().allMatch(item.value()::matches);
    }

    private static Type map(List<Member> members) {
        if (members.stream().anyMatch(member -> member.key() != null)) {
            Member open = members.getFirst();
            return value -> value instanceof Map<?, ?> map && map.entrySet().stream()
                .allMatch(entry -> open.key().matches(entry.getKey()) && open.value().matches(entry.getValue()));
        }
        return value -> value instanceof Map<?, ?> map && map.keySet().stream().allMatch(String.class::isInstance)
            && members.stream().allMatch(member -> map.containsKey(member.literal())
                ? member.value().matches(map.get(member.literal())) : member.optional());
    }
}
