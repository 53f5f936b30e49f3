package org.sterna.launcher.internal;

import java.io.PrintStream;
import java.nio.file.Path;
import org.sterna.launcher.internal.control.ControlAddress;
import org.sterna.machine.Machines;
import org.sterna.migration.Migrations;
import org.sterna.provisioning.Provisioning;

/**
 * What commands work with.
 *
 * @param machines   builds machines
 * @param migrations moves them
 * @param provisioning finds bundles in repositories
 * @param addresses  where control sockets are
 * @param home       the folder of the installation
 * @param guests     the folder in which a guest is kept that would be lost with the process; it need not be there yet
 * @param out        the standard output of the process, for results
 * @param err        the standard error of the process, for everything else
 * @param lifetime   what ends with the command
 */
public record Services(Machines machines, Migrations migrations, Provisioning provisioning, ControlAddress addresses,
        Path home, Path guests, PrintStream out, PrintStream err, Lifetime lifetime) {
}
