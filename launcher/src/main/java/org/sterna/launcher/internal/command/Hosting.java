package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.ControlToken;
import org.sterna.launcher.internal.control.MachineControl;
import org.sterna.launcher.internal.control.QmpServer;
import org.sterna.launcher.internal.control.TcpAccess;
import org.sterna.launcher.internal.terminal.RawTerminal;
import org.sterna.launcher.internal.terminal.SwapText;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;
import picocli.CommandLine.Option;

/** What a process needs that has machines: a name, a control socket, and the terminal for the guest. */
final class Hosting {
    private static final Duration LINGER = Duration.ofSeconds(1);

    @Option(names = "--name", paramLabel = "NAME", description = "The machine's name on this host (default: sterna).")
    private String name;
    @Option(names = "--control", paramLabel = "URI",
        description = "Where the control socket is: unix:PATH or tcp:HOST:PORT (default: a socket with the machine's name).")
    private String control;
    @Option(names = "--control-token", paramLabel = "FILE", description = "With --control tcp:...: a file with the token that clients"
        + " must know, for you alone to read (default: a new token, which your other commands on this host find by themselves).")
    private Path tokenFile;
    @Option(names = "--control-remote", description = "With --control tcp:...: other hosts may reach the control socket. What goes"
        + " over it, the token too, is not encrypted.")
    private boolean remote;
    @Option(names = "--swap", paramLabel = "auto|manual", description = "What to do when a newer version of a device is installed: put it"
        + " under the running guest if nothing is lost, or wait for the command swap (manual).")
    private Policy policy = Policy.manual;

    /** When a device is swapped; the names are those on the command line. */
    enum Policy { auto, manual }

    /** The machine's name. */
    String name() {
        return name == null ? "sterna" : name;
    }

    /** Opens the control socket and hands the terminal over. */
    Open open(Services services, Report report) {
        var machineControl = new MachineControl(name(), services.migrations());
        Endpoint.Unix named = services.addresses().named(name());
        QmpServer server = switch (control == null ? named : Endpoint.parse(control)) {
            case Endpoint.Unix unix -> listen(services, unix, machineControl);
            case Endpoint.Tcp tcp -> listen(services, report, tcp, machineControl);
        };
        if (report.json()) {
            // The guest's output must not mix with the document; it waits until it is read, as no message does.
            System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.err), false, System.err.charset()));
        }
        // Before any machine is here: a device may take standard input over as soon as it is attached.
        services.lifetime().keep(RawTerminal.open(machineControl::quit));
        return new Open(services, report, policy, machineControl, server);
    }

    private QmpServer listen(Services services, Endpoint.Unix endpoint, MachineControl machineControl) {
        if (tokenFile != null || remote) {
            throw MachineException.usage(tokenFile != null ? "--control-token" : "--control-remote", "",
                "the permissions of a Unix domain socket say who may use it", "leave it out, or add --control tcp:HOST:PORT");
        }
        if (control == null) {
            services.addresses().prepare();
        }
        return services.lifetime().keep(new QmpServer(endpoint, machineControl));
    }

    private QmpServer listen(Services services, Report report, Endpoint.Tcp endpoint, MachineControl machineControl) {
        ControlToken token = tokenFile == null ? ControlToken.random() : services.addresses().token(tokenFile);
        services.addresses().prepare();
        QmpServer server = services.lifetime().keep(new QmpServer(endpoint, machineControl, new TcpAccess(token, remote)));
        services.lifetime().keep(services.addresses().publish(name(), (Endpoint.Tcp) server.endpoint(), token));
        report.note(services, "sterna: warning: the control socket " + server.endpoint() + " is on TCP: whoever knows its token commands"
            + " this machine, and the connection is not encrypted" + (remote ? ", though other hosts may reach it" : ""));
        return server;
    }

    /** A process with a control socket. */
    record Open(Services services, Report report, Policy policy, MachineControl control, QmpServer server) {
        /** Where the control socket is. */
        Endpoint endpoint() {
            return server.endpoint();
        }

        /** Has a machine closed at the latest when the process ends. */
        HostedMachine keep(Machine machine) {
            return services.lifetime().keep(new HostedMachine(services, control, machine));
        }

        /**
         * Has a machine here until its stay ends, closes it, and keeps nothing of it: others may come for as long as the process
         * runs.
         *
         * @param start what lets it run, once everything is ready for it
         */
        Stay host(HostedMachine hosted, Runnable start) {
            CompletableFuture<MachineControl.End> stay = control.take(hosted.machine());
            start.run();
            Stay result = host(hosted, stay);
            linger(result);
            return result;
        }

        /** Has a machine here that runs and is under control, as {@link #host(HostedMachine, Runnable)} does. */
        Stay host(HostedMachine hosted, CompletableFuture<MachineControl.End> stay) {
            Machine machine = hosted.machine();
            if (policy == Policy.auto) {
                services.migrations().keepCurrent(machine, swap -> report.note(services, "machine " + machine.name() + ": "
                    + SwapText.of(swap).stripTrailing()));
            }
            MachineControl.End end = stay.join();
            control.settle(machine, end);
            var result = new Stay(machine.name(), end, machine.why(), machine.instructions());
            hosted.close();
            services.lifetime().release(hosted);
            return result;
        }

        /** Before the process ends, lets clients still learn how its last machine has left. */
        void linger(Stay last) {
            server.linger(last.end() == MachineControl.End.MIGRATED ? LINGER : Duration.ZERO);
        }
    }

    /**
     * A machine's stay in this process.
     *
     * @param machine      its name
     * @param end          how it ended
     * @param why          what the machine says about it
     * @param instructions how many instructions were executed here
     */
    record Stay(String machine, MachineControl.End end, String why, long instructions) {
        /** One object for the documents of commands. */
        ObjectNode json() {
            return Json.object().put("name", machine).put("end", end.name().toLowerCase(Locale.ROOT)).put("why", why)
                .put("instructions", instructions);
        }

        /** Whether the machine has ended in another way than its guest or its operator wanted. */
        boolean failed() {
            return end == MachineControl.End.PANICKED || end == MachineControl.End.FAILED;
        }

        @Override
        public String toString() {
            return "machine " + machine + switch (end) {
                case STOPPED, PANICKED -> " has stopped" + (why.isEmpty() ? "" : ": " + why);
                case FAILED -> " could not go on: " + why;
                case MIGRATED -> " runs at its destination now";
                case QUIT -> " was told to quit";
            };
        }
    }
}
