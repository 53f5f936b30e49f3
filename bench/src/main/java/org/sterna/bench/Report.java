package org.sterna.bench;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs benchmarks and prints their scores: a table for people, one JSON document for programs. */
final class Report {
    /**
     * One line.
     *
     * @param key   its name in JSON
     * @param label its name in the table, with its unit
     * @param score how it follows from the results
     */
    record Line(String key, String label, ToDoubleFunction<Collection<RunResult>> score) {
        /** The score of one benchmark method. */
        static Line of(String key, String label, Class<?> benchmark, String method) {
            return new Line(key, label, results -> find(results, benchmark, method));
        }
    }

    private Report() {
    }

    private static double find(Collection<RunResult> results, Class<?> benchmark, String method) {
        String name = benchmark.getName() + "." + method;
        return results.stream().filter(result -> result.getParams().getBenchmark().equals(name))
            .findFirst().orElseThrow().getPrimaryResult().getScore();
    }

    /** Does what the main methods do. Returns the exit code. */
    static int run(String[] arguments, List<Class<?>> benchmarks, List<Line> lines, PrintStream out, PrintStream err) {
        boolean json = List.of(arguments).equals(List.of("--json"));
        if (!json && arguments.length > 0) {
            err.println("usage: bench NAME [--json]");
            return 2;
        }
        var options = new OptionsBuilder().verbosity(VerboseMode.SILENT).shouldFailOnError(true)
            .jvmArgsAppend("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
        benchmarks.forEach(benchmark -> options.include(benchmark.getName().replace(".", "\\.") + "\\."));
        err.println("Measuring ...");
        var done = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (!done.get()) {
                err.println("sterna: told to end");
            }
        }));
        List<Double> scores = new ArrayList<>();
        try {
            Collection<RunResult> results = new Runner(options.build()).run();
            done.set(true);
            lines.forEach(line -> scores.add(line.score().applyAsDouble(results)));
        } catch (RunnerException e) {
            done.set(true);
            err.println("the benchmark has failed: " + e.getMessage());
            return 1;
        }
        out.print(json ? document(lines, scores) : table(lines, scores));
        return 0;
    }

    private static String table(List<Line> lines, List<Double> scores) {
        var text = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            text.append("%-60s %10.1f%n".formatted(lines.get(i).label(), scores.get(i)));
        }
        return text.toString();
    }

    private static String document(List<Line> lines, List<Double> scores) {
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            for (int i = 0; i < lines.size(); i++) {
                json.writeNumberField(lines.get(i).key(), Math.round(scores.get(i) * 10) / 10.0);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text + System.lineSeparator();
    }
}
