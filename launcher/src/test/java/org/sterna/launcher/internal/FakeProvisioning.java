package org.sterna.launcher.internal;

import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.osgi.framework.Version;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.provisioning.FoundBundle;
import org.sterna.provisioning.Provisioning;
import org.sterna.provisioning.SignatureRules;

/** A repository with one bundle. */
public final class FakeProvisioning implements Provisioning {
    /** What has been asked for. */
    public final BlockingQueue<MachineDefinition> definitions = new LinkedBlockingQueue<>();
    /** Where it has been looked for. */
    public final BlockingQueue<List<String>> repositories = new LinkedBlockingQueue<>();

    @Override
    public List<FoundBundle> resolve(MachineDefinition definition, String subject, List<String> where) {
        if (definition.machineType().equals("virtue")) {
            throw MachineException.failed(subject, "", "it needs virtue", "add a --repository");
        }
        definitions.add(definition);
        repositories.add(where);
        return List.of(new FoundBundle("com.example.device", new Version("1.2.3"), URI.create("file:/device.jar")));
    }

    /** Under which rules bundles may come. */
    public final BlockingQueue<SignatureRules> rules = new LinkedBlockingQueue<>();
    /** Whether bundles are brought from there. */
    public volatile boolean open;

    @Override
    public AutoCloseable provide(List<String> where, SignatureRules given) {
        repositories.add(where);
        rules.add(given);
        open = true;
        return () -> open = false;
    }
}
