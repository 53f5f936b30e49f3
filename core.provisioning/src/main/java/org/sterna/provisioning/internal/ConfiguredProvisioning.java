package org.sterna.provisioning.internal;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.repository.Repository;
import org.osgi.service.resolver.Resolver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.Provisioner;
import org.sterna.provisioning.SignatureRules;
import org.sterna.provisioning.internal.signature.Trust;

/**
 * Provisioning for as long as there is a configuration of it. One that is wrong is refused as a whole, and then nothing
 * is provided: whom the one before it trusted may be just what was to change.
 */
@Component(service = {}, immediate = true, configurationPid = ConfiguredProvisioning.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ProvisioningConfiguration.class)
public final class ConfiguredProvisioning {
    static final String PID = "org.sterna.provisioning";
    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredProvisioning.class);

    private final BundleContext context;
    private final Machines machines;
    private final Resolver resolver;
    /** Those of the configuration's filter, which Declarative Services takes as it is. */
    @Reference(name = "services", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<Repository> services = List.of();
    private ServiceRegistration<Provisioner> provided;

    /** Not yet providing. */
    @Activate
    public ConfiguredProvisioning(BundleContext context, @Reference Machines machines, @Reference Resolver resolver) {
        this.context = context;
        this.machines = machines;
        this.resolver = resolver;
    }

    @Activate
    @Modified
    void configure(ProvisioningConfiguration configuration) {
        end();
        try {
            provide(configuration);
        } catch (MachineException e) {
            LOG.error("the configuration {} is refused, so nothing is provided: {}", PID,
                e.reasons().stream().map(Reason::toString).collect(Collectors.joining("; ")));
        }
    }

    private void provide(ProvisioningConfiguration configuration) {
        List<String> named = elements(configuration.repositories());
        String filter = configuration.services_target();
        var wrong = new ArrayList<Reason>();
        if (named.isEmpty() && filter.equals(ProvisioningConfiguration.NONE)) {
            wrong.add(Reason.of("repositories", "there is none", "give repositories, or services.target"));
        }
        try {
            FrameworkUtil.createFilter(filter);
        } catch (InvalidSyntaxException e) {
            wrong.add(Reason.of("services.target", "'" + filter + "' is no filter: " + Reason.causeOf(e), ""));
        }
        try {
            Catalog.check(named);
        } catch (MachineException e) {
            wrong.addAll(e.reasons());
        }
        var trusted = new ArrayList<Trust>();
        try {
            trusted.add(Trust.of(new SignatureRules(paths("trust", configuration.trust()),
                paths("crl", configuration.crl()),
                paths("tsa", configuration.tsa()))));
        } catch (MachineException e) {
            wrong.addAll(e.reasons());
        }
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
        var sources = new Sources(named, () -> services);
        provided = context.registerService(Provisioner.class,
            new RepositoryProvisioner(context, machines, resolver, sources, trusted.getFirst()), null);
        LOG.info("bundles that a guest needs here may come from {}, if somebody trusted has signed them", sources);
    }

    /** Formats that have no lists, such as a .cfg file, have lines. */
    private static List<String> elements(String[] texts) {
        return Arrays.stream(texts).flatMap(String::lines).map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    private static List<Path> paths(String property, String[] texts) {
        return elements(texts).stream().map(text -> path(property, text)).toList();
    }

    private static Path path(String property, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw MachineException.usage(property + " " + text, "", "this names no file: " + Reason.causeOf(e), "");
        }
    }

    @Deactivate
    void end() {
        if (provided != null) {
            provided.unregister();
            provided = null;
        }
    }
}
