package org.sterna.gogo.internal;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.CommandSessionListener;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Parameter;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Completion of the commands in the shells of Gogo that have it, with no package of theirs: gogo.jline has a command
 * {@code complete}, as its own profile uses it, and each of its sessions a variable with what has been said to that. A session is
 * seen when it does something, the first of which is to read its profile. Other shells lack the variable, and nothing is done.
 */
@Component
public final class Completion implements CommandSessionListener {
    private static final String COMPLETIONS = ".completions";
    /** The variable of a session with the function that has the words. The underscores hide it from completion. */
    private static final String WORDS = "__sterna_words";

    /** By scope and name, as in {@code machine:list}. */
    private final Map<String, Completes> commands = new ConcurrentHashMap<>();
    private final Set<CommandSession> sessions = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    /** Those that are being told, which is to do something too. */
    private final Set<CommandSession> told = ConcurrentHashMap.newKeySet();

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addCommands(Completes scope, Map<String, Object> properties) {
        names(properties).forEach(name -> commands.put(name, scope));
    }

    void removeCommands(Map<String, Object> properties) {
        Set<String> gone = names(properties).collect(Collectors.toSet());
        commands.keySet().removeAll(gone);
        forget(gone);
    }

    private static Stream<String> names(Map<String, Object> properties) {
        return Arrays.stream((String[]) properties.get(CommandProcessor.COMMAND_FUNCTION))
            .map(function -> properties.get(CommandProcessor.COMMAND_SCOPE) + ":" + function);
    }

    @Deactivate
    void close() {
        forget(commands.keySet());
        sessions.forEach(session -> session.put(WORDS, null));
    }

    private void forget(Set<String> names) {
        sessions.forEach(session -> completions(session).ifPresent(completions -> completions.keySet().removeAll(names)));
    }

    private static Optional<Map<?, ?>> completions(CommandSession session) {
        return session.get(COMPLETIONS) instanceof Map<?, ?> completions ? Optional.of(completions) : Optional.empty();
    }

    @Override
    public void beforeExecute(CommandSession session, CharSequence command) {
        tell(session);
    }

    /** What has been installed by a command is completed after it. */
    @Override
    public void afterExecute(CommandSession session, CharSequence command, Object result) {
        tell(session);
    }

    @Override
    public void afterExecute(CommandSession session, CharSequence command, Exception exception) {
        tell(session);
    }

    private void tell(CommandSession session) {
        Optional<Map<?, ?>> completions = completions(session);
        if (completions.isEmpty() || completions.get().keySet().containsAll(commands.keySet()) || !told.add(session)) {
            return;
        }
        try {
            session.put(WORDS, (Function) (asking, arguments) -> words(asking, arguments));
            sessions.add(session);
            for (var command : commands.entrySet()) {
                if (!completions.get().containsKey(command.getKey())) {
                    session.execute(program(command.getKey(), method(command.getKey(), command.getValue())));
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("completion is not possible", e);
        } finally {
            told.remove(session);
        }
    }

    /** The function of a command: of several with the same name, which differ in their parameters, any. */
    private static Method method(String name, Completes scope) {
        String function = name.substring(name.indexOf(':') + 1);
        return Arrays.stream(scope.getClass().getMethods()).filter(method -> method.getName().equals(function)
            && method.isAnnotationPresent(Descriptor.class)).findFirst().orElseThrow();
    }

    /** What gogo.jline is told of a command. */
    private static String program(String name, Method method) {
        // Without its scope, which is another in Karaf's shell.
        String complete = "complete -c " + name;
        var lines = new ArrayList<String>();
        lines.add(complete + " -d " + quoted(method.getAnnotation(Descriptor.class).value()));
        for (var parameter : method.getParameters()) {
            Parameter option = parameter.getAnnotation(Parameter.class);
            if (option != null) {
                lines.add(complete + Arrays.stream(option.names())
                    .map(text -> text.startsWith("--") ? " -l " + text.substring(2) : " -s " + text.substring(1))
                    .collect(Collectors.joining()) + " -d " + quoted(parameter.getAnnotation(Descriptor.class).value()));
            }
        }
        lines.add(complete + " -a '" + WORDS + " " + name + " ($.commandLine words) ($.commandLine wordIndex)'");
        return String.join("\n", lines);
    }

    private static String quoted(String text) {
        return '"' + text.replaceAll("[\\\\\"$%]", "\\\\$0") + '"';
    }

    /** What gogo.jline asks: for the name of a command, the words of its line, and the index of the one to be completed. */
    private Collection<?> words(CommandSession session, List<Object> arguments) throws Exception {
        String name = arguments.get(0).toString();
        Completes scope = commands.get(name);
        if (scope == null) {
            return List.of();
        }
        int index = ((Number) arguments.get(2)).intValue();
        List<String> typed = ((List<?>) arguments.get(1)).subList(1, index).stream().map(Object::toString).toList();
        List<Parameter> options = Arrays.stream(method(name, scope).getParameters())
            .map(parameter -> parameter.getAnnotation(Parameter.class)).filter(option -> option != null).toList();
        return scope.next(session, Line.of(name.substring(name.indexOf(':') + 1), options, typed));
    }
}
