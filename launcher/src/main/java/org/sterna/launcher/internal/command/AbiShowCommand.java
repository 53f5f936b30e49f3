package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.machine.MachineDescription;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what a guest sees: the ABI document of a machine that runs, that a file describes, or that options would make. */
@Command(name = "show", sortOptions = false, description = {"Show the ABI document of a machine, with why each value is what"
    + " it is.", "The machine is the one that ./sterna run would make of the same options, a running one, or a document's."})
final class AbiShowCommand implements Callable<Integer> {
    private static final Set<String> NOT_OF_A_MACHINE = Set.of("--json", "--fingerprint", "--bundles");

    private final Services services;

    @Spec
    private CommandSpec spec;
    @Parameters(paramLabel = "MACHINE", arity = "0..1",
        description = "A running machine's name or control socket, or a file with a document.")
    private String source;
    @Option(names = "--fingerprint", description = "Show only the fingerprint.")
    private boolean fingerprint;
    @Mixin
    private MachineOptions options;
    @Mixin
    private Report report;

    AbiShowCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        MachineDescription shown = source == null ? services.machines().describe(options.definition("abi")) : named();
        AbiDocument abi = shown.abi();
        if (fingerprint || report.json()) {
            shown.open().forEach(reason -> report.note(services, "sterna: " + reason));
        }
        if (fingerprint) {
            ObjectNode document = Json.object().put("fingerprint", abi.fingerprint());
            report.result(services, document, () -> abi.fingerprint() + "\n");
        } else {
            report.canonical(services, abi.toJson(), () -> text(abi, shown.open()));
        }
        return 0;
    }

    private MachineDescription named() {
        spec.commandLine().getParseResult().matchedOptions().stream().map(option -> option.longestName())
            .filter(name -> !NOT_OF_A_MACHINE.contains(name)).findFirst().ifPresent(name -> {
                throw new ParameterException(spec.commandLine(), name + " says what a machine is made of, and so does "
                    + source + "; give one of them");
            });
        return switch (AbiSource.of(services, source)) {
            case AbiSource.Document document -> new MachineDescription(document.document(), List.of());
            case AbiSource.Type type -> throw MachineException.usage(type.name(), "", "a machine type is not a machine yet",
                "write: abi show --machine " + type.name());
        };
    }

    private String text(AbiDocument abi, List<Reason> open) {
        var table = new Table("PART", "ABI", "PROPERTY", "VALUE", "FROM");
        part(table, "/" + abi.board().type(), abi.board(), open);
        part(table, "/" + abi.processor().type(), abi.processor(), open);
        abi.devices().forEach((path, part) -> part(table, path, part, open));
        return String.format("machine type %s, memory %s, processors %d%nfingerprint %s%s%n%n%s", abi.machineType(),
            MachineWords.MEMORY.text(abi.memory()), abi.processors(), abi.fingerprint(),
            open.isEmpty() ? "" : ", which will change when what is open is known", table);
    }

    private void part(Table table, String path, PartAbi part, List<Reason> open) {
        String abi = part.abi().toString();
        List<Reason> here = open.stream().filter(reason -> reason.subject().equals(path)).toList();
        if (part.settings().isEmpty() && here.isEmpty()) {
            table.row(path, abi, "", "", "");
        }
        part.settings().forEach((name, setting) -> table.row(path, abi, name,
            new PropertyText(services, part.type(), name).of(setting.value()), setting.provenance().word()));
        here.forEach(reason -> table.row(path, abi, reason.item(), "open", "").note(reason.cause()));
    }
}
