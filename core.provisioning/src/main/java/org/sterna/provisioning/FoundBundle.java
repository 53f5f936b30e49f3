package org.sterna.provisioning;

import java.net.URI;
import org.osgi.framework.Version;

/**
 * A bundle of a repository.
 *
 * @param name     its symbolic name
 * @param version  its version
 * @param location where its jar is
 */
public record FoundBundle(String name, Version version, URI location) {
}
