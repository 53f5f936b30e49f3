package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.MachineControl;
import org.sterna.machine.Machine;
import org.sterna.migration.Endpoint;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Waits for machines and runs what arrives, one after the other. */
@Command(name = "receive", description = {"Wait for a migration and run the machine that arrives; then wait again.",
    "Of the files that the source names, those are used that are mapped or in an allowed folder, and no others."})
final class ReceiveCommand implements Callable<Integer> {
    private final Services services;

    @Option(names = "--listen", paramLabel = "URI", required = true,
        description = "Where to listen: tcp:HOST:PORT (port 0 chooses one) or unix:PATH.")
    private String listen;
    @Option(names = "--map", paramLabel = "PATH.PROPERTY=VALUE",
        description = "A host property to use here in place of the source's; may be repeated.")
    private List<String> mappings = List.of();
    @Option(names = "--once", description = "Take one machine only, and end when it ends or leaves.")
    private boolean once;
    @Mixin
    private ReceiveLimitOptions limits;
    @Mixin
    private Hosting hosting;
    @Mixin
    private RepositoryOptions repositories;
    @Mixin
    private Report report;

    ReceiveCommand(Services services) {
        this.services = services;
    }

    /** A machine that is here and under control, and what completes when its stay ends. */
    private record Arrival(Machine machine, CompletableFuture<MachineControl.End> stay) {
    }

    @Override
    public Integer call() throws InterruptedException {
        Endpoint endpoint = Endpoint.parse(listen);
        BlockingQueue<Optional<Arrival>> arrivals = new LinkedBlockingQueue<>();
        repositories.open(services);
        Hosting.Open open = hosting.open(services, report);
        var options = new ReceiveOptions(hosting.name(), HostMapping.parse(mappings),
            // From its first moment here it is the machine that the control socket speaks of.
            machine -> arrivals.add(Optional.of(new Arrival(machine, open.control().take(machine)))),
            reason -> report.note(services, "sterna: an attempt has failed: " + reason)).withLimits(limits.limits());
        Receiver receiver = services.lifetime().keep(services.migrations().receive(endpoint, options));
        open.control().quitRequest().thenRun(() -> arrivals.add(Optional.empty()));
        open.control().waitsAt(receiver.endpoint());
        report.note(services, "listening on " + receiver.endpoint() + ", control " + open.endpoint());
        List<Hosting.Stay> stays = host(open, receiver, arrivals);
        boolean failed = stays.stream().anyMatch(Hosting.Stay::failed);
        ObjectNode document = Json.object().put("result", failed ? "failed" : "ok");
        document.set("machines", Json.array(stays, Hosting.Stay::json));
        report.last(services, document);
        return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    private List<Hosting.Stay> host(Hosting.Open open, Receiver receiver, BlockingQueue<Optional<Arrival>> arrivals)
            throws InterruptedException {
        var stays = new ArrayList<Hosting.Stay>();
        Optional<Arrival> arrival = arrivals.take();
        while (arrival.isPresent()) {
            if (once) {
                // Who would look after another one?
                receiver.close();
                open.control().waitsAt(null);
            }
            report.note(services, "machine " + arrival.get().machine().name() + " has arrived");
            Hosting.Stay stay = open.host(open.keep(arrival.get().machine()), arrival.get().stay());
            stays.add(stay);
            report.note(services, stay.toString());
            if (once || stay.end() == MachineControl.End.QUIT) {
                receiver.close();
                // One that has come before that must not be lost.
                arrival = arrivals.stream().flatMap(Optional::stream).findFirst();
                arrivals.clear();
                open.linger(stay);
            } else {
                arrival = arrivals.take();
            }
        }
        return stays;
    }
}
