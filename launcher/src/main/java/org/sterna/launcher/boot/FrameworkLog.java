package org.sterna.launcher.boot;

import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.LoggerFactory;

/** The framework's log, which would otherwise go to standard output. */
final class FrameworkLog extends Logger {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger("framework");

    @Override
    protected void doLog(Bundle bundle, ServiceReference service, int level, String message, Throwable thrown) {
        switch (level) {
            case LOG_ERROR -> LOG.error(message, thrown);
            case LOG_WARNING -> LOG.warn(message, thrown);
            default -> LOG.debug(message, thrown);
        }
    }
}
