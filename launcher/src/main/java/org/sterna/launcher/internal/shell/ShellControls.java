package org.sterna.launcher.internal.shell;

import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.sterna.launcher.internal.control.ControlAddress;
import org.sterna.launcher.internal.control.MachineControls;
import org.sterna.migration.Migrations;

/**
 * The control sockets of the machines of a process that is a shell. They are a component's and not the command's: when a bundle is
 * restarted or refreshed that they need, or their own, they are closed and opened again, while the command goes on.
 */
@Component(immediate = true, service = {})
public final class ShellControls {
    private final MachineControls controls;

    /** Opens the sockets of the machines that are there, and of each that comes. */
    @Activate
    public ShellControls(BundleContext context, @Reference Migrations migrations,
            @Reference(service = Object.class, target = "(launcher.shell=true)") Map<String, Object> shell) {
        controls = new MachineControls(context, migrations, ControlAddress.of(System.getenv()));
    }

    @Deactivate
    void close() {
        controls.close();
    }
}
