package org.sterna.itests.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Runs the one command as its users do. */
final class Sterna {
    private static final long PATIENCE_SECONDS = 60;
    private final Path folder;
    private final List<Process> started = new ArrayList<>();
    private int files;

    /** Processes whose output is kept in a folder. */
    Sterna(Path folder) {
        this.folder = folder;
    }

    /** What a command printed, and its exit code. */
    record Result(int code, String out, String err) {
        JsonNode json() {
            try {
                return new ObjectMapper().readTree(out);
            } catch (IOException e) {
                throw new AssertionError("not one JSON document: " + out, e);
            }
        }
    }

    /** A process in the background. */
    record Background(Process process, Path out, Path err) {
        String errText() {
            return text(err);
        }
    }

    /** The root of the checkout. */
    static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("sterna"))) {
                return folder;
            }
        }
        throw new IllegalStateException("not inside a checkout");
    }

    /** Runs a command to its end. */
    Result run(String... arguments) throws IOException, InterruptedException {
        return run(Map.of(), arguments);
    }

    /** Runs a command with some variables in its environment to its end. */
    Result run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        Background background = startProgram(command(arguments), environment);
        if (!background.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError(String.join(" ", arguments) + " does not end: " + text(background.out()) + background.errText());
        }
        return new Result(background.process().exitValue(), text(background.out()), background.errText());
    }

    /** Starts a command. */
    Background start(String... arguments) throws IOException {
        return startProgram(command(arguments));
    }

    /** Starts a command with some variables in its environment. */
    Background start(Map<String, String> environment, String... arguments) throws IOException {
        return startProgram(command(arguments), environment);
    }

    private static List<String> command(String... arguments) {
        var command = new ArrayList<>(List.of(root().resolve("sterna").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Starts another program. */
    Background startProgram(List<String> command) throws IOException {
        return startProgram(command, Map.of());
    }

    /** Starts another program with some variables in its environment. */
    Background startProgram(List<String> command, Map<String, String> environment) throws IOException {
        return startProgram(command, environment, ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    }

    /** Starts a command that reads what is written to the process's input. */
    Background startWithInput(Map<String, String> environment, String... arguments) throws IOException {
        return startProgram(command(arguments), environment, ProcessBuilder.Redirect.PIPE);
    }

    /** Starts a shell's command at a terminal of its own, where it is typed to through the process's input. */
    Background startAtTerminal(String command, Map<String, String> environment) throws IOException {
        return startProgram(List.of("script", "-qfec", "stty cols 200 rows 50; " + command, "/dev/null"), environment,
            ProcessBuilder.Redirect.PIPE);
    }

    private Background startProgram(List<String> command, Map<String, String> environment, ProcessBuilder.Redirect input)
            throws IOException {
        Path out = folder.resolve("out" + ++files);
        Path err = folder.resolve("err" + files);
        var builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        // Maven is building this tree, so nothing must build into it now.
        builder.environment().put("STERNA_NO_BUILD", "1");
        builder.environment().putAll(environment);
        builder.redirectInput(input);
        Process process = builder.start();
        started.add(process);
        return new Background(process, out, err);
    }

    /** Starts a machine with the drill guest and waits until it works. */
    Background guest(String name, String machineType, String... more) throws IOException, InterruptedException {
        return working(start(drill(name, machineType, more)));
    }

    /** Like {@link #guest} with some variables in its environment. */
    Background guestIn(Map<String, String> environment, String name, String machineType, String... more)
            throws IOException, InterruptedException {
        return working(startProgram(command(drill(name, machineType, more)), environment));
    }

    /** Like {@link #guest}, in a process that can write no file longer than so many bytes. */
    Background limited(String name, String machineType, long bytes) throws IOException, InterruptedException {
        return working(limitedTo(bytes, drill(name, machineType)));
    }

    /** Starts a command in a process that can write no file longer than so many bytes, until that is changed (prlimit(1)). */
    Background limitedTo(long bytes, String... arguments) throws IOException {
        // The limit is in blocks of 1024 bytes; a write beyond it raises a signal, which would end the process.
        var command = new ArrayList<>(List.of("bash", "-c", "ulimit -Sf " + bytes / 1024
            + " && trap '' XFSZ && exec \"$@\"", "bash"));
        command.addAll(command(arguments));
        return startProgram(command);
    }

    private static Background working(Background guest) throws InterruptedException {
        await(guest.out(), text -> text.contains("DRILL report seq=2"), guest);
        return guest;
    }

    /** The command that runs the drill guest. */
    String[] drill(String name, String machineType, String... more) {
        return drillWith("", name, machineType, more);
    }

    /** The command that runs the drill guest with more bootargs. */
    String[] drillWith(String bootargs, String name, String machineType, String... more) {
        var arguments = new ArrayList<>(List.of("run", "--name", name, "--machine", machineType, "--memory", "64M",
            "--kernel", root().resolve("guest.drill/drill.img").toString(),
            "--append", "drill.rate=500 drill.pages=2048 drill.report=200 " + bootargs, "--control", control(name)));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /** The control socket of a machine. */
    String control(String name) {
        return "unix:" + folder.resolve(name + ".sock");
    }

    /** The command of a receiver. The guests' disks and consoles are in the folder, their kernel in the checkout. */
    private String[] receiving(String name, String... more) {
        var arguments = new ArrayList<>(List.of("receive", "--name", name, "--listen", endpoint(name), "--control", control(name),
            "--allow-path", folder.toString(), "--allow-path", root().resolve("guest.drill").toString()));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /** Starts a receiver and waits until it listens; gives its endpoint. */
    Background receiver(String name, String... more) throws IOException, InterruptedException {
        Background receiver = start(receiving(name, more));
        await(receiver.err(), text -> text.contains("listening"), receiver);
        return receiver;
    }

    /** The same with some variables in its environment. */
    Background receiverIn(Map<String, String> environment, String name, String... more) throws IOException, InterruptedException {
        Background receiver = startProgram(command(receiving(name, more)), environment);
        await(receiver.err(), text -> text.contains("listening"), receiver);
        return receiver;
    }

    /** Where a receiver listens. */
    String endpoint(String name) {
        return "unix:" + folder.resolve(name + ".in");
    }

    /** Waits until pages of a machine are on their way. */
    void awaitPrecopy(String name) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        JsonNode answer;
        do {
            answer = qmp(name, "query-migrate");
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no pages are on their way: " + answer);
            }
        } while (!answer.at("/return/status").asText().equals("active"));
    }

    /** The answer of a machine's control socket to the request to move the guest; that goes on afterwards. */
    JsonNode migrate(String name, String target) throws IOException {
        return ask(name, "\"execute\":\"migrate\",\"arguments\":{\"uri\":\"" + target + "\"}");
    }

    /** The answer of a machine's control socket to a command without arguments. */
    JsonNode qmp(String name, String command) throws IOException {
        return ask(name, "\"execute\":\"" + command + "\"");
    }

    /** The answer of a machine's control socket to the request to let a guest run that may run elsewhere. */
    JsonNode force(String name) throws IOException {
        return ask(name, "\"execute\":\"cont\",\"arguments\":{\"x-sterna-force\":true}");
    }

    private JsonNode ask(String name, String command) throws IOException {
        var address = UnixDomainSocketAddress.of(folder.resolve(name + ".sock"));
        try (var channel = connect(address);
                var in = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            channel.write(StandardCharsets.UTF_8.encode("{\"execute\":\"qmp_capabilities\"}\n"
                + "{" + command + ",\"id\":1}\n"));
            // Before it come the greeting, the answer to the first command, and events.
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonNode message = new ObjectMapper().readTree(line);
                if (message.has("id")) {
                    return message;
                }
            }
            throw new IOException("the control socket of " + name + " was closed before it answered: " + command);
        }
    }

    /** The file of a socket is there a moment before anybody listens. */
    static SocketChannel connect(UnixDomainSocketAddress address) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (true) {
            try {
                return SocketChannel.open(address);
            } catch (ConnectException refused) {
                if (System.nanoTime() > deadline) {
                    throw refused;
                }
                LockSupport.parkNanos(10_000_000);
            }
        }
    }

    static void await(Path file, Predicate<String> condition, Background from) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.test(text(file))) {
            if (System.nanoTime() > deadline || !from.process().isAlive()) {
                throw new AssertionError("in vain: " + text(file) + from.errText());
            }
            LockSupport.parkNanos(10_000_000);
        }
    }

    static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Ends whatever still runs. */
    void close() throws InterruptedException {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }
}
