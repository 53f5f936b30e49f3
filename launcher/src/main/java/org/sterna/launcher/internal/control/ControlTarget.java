package org.sterna.launcher.internal.control;

import java.util.Optional;
import org.sterna.migration.Endpoint;

/**
 * A control socket as a client sees it.
 *
 * @param endpoint where it is
 * @param token    the secret that it may want, if this client knows it
 */
public record ControlTarget(Endpoint endpoint, Optional<ControlToken> token) {
}
