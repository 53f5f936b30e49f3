package org.sterna.cpu.riscv64.internal.suite;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.osgi.service.component.annotations.Component;

/**
 * The command {@code riscv-tests}: runs every ELF file of a directory, such as the public suite of that name, and
 * prints which passed.
 */
@Component(service = ToIntFunction.class, property = {
    "org.sterna.command.name=riscv-tests",
    "org.sterna.command.description=Runs each RISC-V test (ELF file) of a directory: riscv-tests DIR [--json]"})
public final class RiscvTests implements ToIntFunction<List<String>> {
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @Override
    public int applyAsInt(List<String> arguments) {
        return run(arguments, System.out, System.err);
    }

    int run(List<String> arguments, PrintStream out, PrintStream err) {
        boolean json = arguments.contains("--json");
        List<String> names = arguments.stream().filter(argument -> !argument.equals("--json")).toList();
        if (names.size() != 1 || names.getFirst().startsWith("-")) {
            err.println("usage: riscv-tests DIR [--json]");
            return USAGE;
        }
        List<Path> files;
        try {
            files = executables(Path.of(names.getFirst()));
        } catch (IOException e) {
            err.println("cannot read the directory " + names.getFirst() + ": " + e.getMessage());
            return FAILED;
        }
        var results = new ArrayList<SuiteRun.Result>();
        for (Path file : files) {
            SuiteRun.Result result = SuiteRun.of(file);
            results.add(result);
            if (!json) {
                out.println((result.passed() ? "pass  " : "FAIL  ") + result.file()
                    + (result.passed() ? "" : ": " + result.detail()));
            }
        }
        long passed = results.stream().filter(SuiteRun.Result::passed).count();
        out.println(json ? document(results, passed) : passed + " of " + results.size() + " passed");
        return passed == results.size() && passed > 0 ? DONE : FAILED;
    }

    private static List<Path> executables(Path directory) throws IOException {
        var files = new ArrayList<Path>();
        try (var entries = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            for (Path file : entries) {
                if (ElfFile.looksLike(file)) {
                    files.add(file);
                }
            }
        }
        files.sort(null);
        return files;
    }

    private static String document(List<SuiteRun.Result> results, long passed) {
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("passed", passed);
            json.writeNumberField("total", results.size());
            json.writeArrayFieldStart("files");
            for (SuiteRun.Result result : results) {
                json.writeStartObject();
                json.writeStringField("file", result.file());
                json.writeBooleanField("passed", result.passed());
                json.writeStringField("detail", result.detail());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
