package org.sterna.deployment.internal;

import java.io.IOException;
import java.util.List;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in configurations that have a machine's PID and belong to no factory, so that no component ever hears of them. File
 * Install leaves such ones behind when a configuration is deleted right after a change of it, which it hears of too late and asks
 * for by its PID alone (FELIX-6812); whoever creates the configuration again gets what was left behind.
 */
@Component(immediate = true)
public final class StrayConfigurations implements ConfigurationListener {
    private static final String PREFIX = ManagedMachine.PID + "~";
    private static final Logger LOG = LoggerFactory.getLogger(StrayConfigurations.class);

    private final ConfigurationAdmin admin;

    /** Takes in what is there already. */
    @Activate
    public StrayConfigurations(@Reference ConfigurationAdmin admin) {
        this.admin = admin;
        takeIn(PREFIX + "*");
    }

    @Override
    public void configurationEvent(ConfigurationEvent event) {
        if (event.getType() == ConfigurationEvent.CM_UPDATED && event.getFactoryPid() == null
                && event.getPid().startsWith(PREFIX)) {
            takeIn(event.getPid());
        }
    }

    private void takeIn(String pids) {
        try {
            Configuration[] found = admin.listConfigurations("(&(service.pid=" + pids + ")(!(service.factoryPid=*)))");
            for (Configuration stray : found == null ? List.<Configuration>of() : List.of(found)) {
                String name = stray.getPid().substring(PREFIX.length());
                var properties = stray.getProperties();
                stray.delete();
                Configuration proper = admin.getFactoryConfiguration(ManagedMachine.PID, name, "?");
                // Somebody may have been faster.
                if (proper.getProperties() == null) {
                    proper.update(properties);
                    LOG.info("the configuration {} belonged to no factory and has been made again", proper.getPid());
                }
            }
        } catch (IOException | InvalidSyntaxException e) {
            LOG.warn("configurations that belong to no factory cannot be looked for", e);
        } catch (IllegalStateException e) {
            LOG.debug("somebody has deleted it meanwhile", e);
        }
    }
}
