package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.abi.Property;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what is installed. */
@Command(name = "devices",
    description = "List the devices, processors, boards and translators that are installed, in every version.")
final class DevicesCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private Report report;

    DevicesCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        List<InstalledModel> models = services.machines().models();
        List<InstalledTranslator<?, ?>> translators = services.machines().translators();
        ObjectNode document = Json.object();
        document.set("installed", Json.array(models, DevicesCommand::json));
        document.set("translators", Json.array(translators, DevicesCommand::json));
        report.result(services, document, () -> text(models, translators));
        return 0;
    }

    private static ObjectNode json(InstalledModel installed) {
        ObjectNode json = Json.object().put("kind", kind(installed)).put("type", installed.model().type())
            .put("bundle", installed.bundle()).put("version", installed.version().toString())
            .put("abi", installed.model().abi().toString()).put("state", installed.model().state().schema().version());
        json.set("features", Json.texts(features(installed)));
        return json;
    }

    private static ObjectNode json(InstalledTranslator<?, ?> installed) {
        return Json.object().put("type", installed.type()).put("bundle", installed.bundle())
            .put("version", installed.version().toString()).put("older", installed.older().schema().version())
            .put("newer", installed.newer().schema().version());
    }

    private static String text(List<InstalledModel> models, List<InstalledTranslator<?, ?>> translators) {
        var table = new Table("KIND", "TYPE", "VERSION", "ABI", "STATE", "BUNDLE", "FEATURES");
        for (InstalledModel installed : models) {
            table.row(kind(installed), installed.model().type(), installed.version().toString(),
                installed.model().abi().toString(), Integer.toString(installed.model().state().schema().version()),
                installed.bundle(), String.join(" ", features(installed)));
        }
        for (InstalledTranslator<?, ?> installed : translators) {
            table.row("translator", installed.type(), installed.version().toString(), "",
                installed.older().schema().version() + " <-> " + installed.newer().schema().version(), installed.bundle(), "");
        }
        return table.toString();
    }

    private static String kind(InstalledModel installed) {
        return installed.kind().name().toLowerCase(Locale.ROOT);
    }

    private static List<String> features(InstalledModel installed) {
        return installed.model().features().stream().map(Property::name).toList();
    }
}
