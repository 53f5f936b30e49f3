package org.sterna.testkit.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.device.DeviceFactory;

/**
 * A JUnit 5 extension for the author of a device: runs a test template once for each frozen state of the device, with the
 * {@link AbiBaseline} as its parameter.
 *
 * {@snippet :
 * class SerialAbiTest {
 *     @RegisterExtension
 *     static final AbiBaselines BASELINES = AbiBaselines.of(new SerialFactory(), Path.of("docs/abi"))
 *         .versions("1.0", "1.1");
 *
 *     @TestTemplate
 *     void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
 *         baseline.verify();
 *     }
 * }
 * }
 *
 * <p>The file of a baseline is {@code FOLDER/NAME/TYPE.txt}, or {@code TYPE-VARIANT.txt} of a variant; the name is that
 * of a machine type, or {@code abi-VERSION}. A file without its machine type or version is a failure too, since what was
 * frozen must stay available.
 */
public final class AbiBaselines implements TestTemplateInvocationContextProvider, AfterAllCallback {
    private final DeviceFactory factory;
    private final Path folder;
    private final SortedMap<String, AbiVersion> frozen = new TreeMap<>();
    private final SortedMap<String, Map<String, String>> variants = new TreeMap<>(Map.of("", Map.of()));
    private final List<ReleasedBundle> releases = new ArrayList<>();
    private UnaryOperator<AbiProbe> fixture = UnaryOperator.identity();

    private AbiBaselines(DeviceFactory factory, Path folder) {
        this.factory = factory;
        this.folder = folder;
    }

    /**
     * The baselines of a device.
     *
     * @param factory makes the device
     * @param folder  where the baselines are
     */
    public static AbiBaselines of(DeviceFactory factory, Path folder) {
        return new AbiBaselines(factory, folder);
    }

    /** Adds ABI versions; for a bundle that belongs to no machine type of its own. */
    public AbiBaselines versions(String... versions) {
        Arrays.stream(versions).forEach(version -> frozen.put("abi-" + version, AbiVersion.parse(version)));
        return this;
    }

    /**
     * Adds each machine type that has the device.
     *
     * @param dataFiles a folder with the data files of machine types, such as a bundle's
     *                  {@code src/main/resources/STERNA-INF/machine-types}
     */
    public AbiBaselines machineTypes(Path dataFiles) {
        for (Path file : files(dataFiles, "glob:**.json")) {
            try {
                MachineType type = MachineType.fromJson(Files.readString(file));
                AbiVersion abi = type.abi().get(factory.model().type());
                if (abi != null) {
                    frozen.put(type.name(), abi);
                }
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(file + " is not a machine type: " + e.getMessage(), e);
            }
        }
        return this;
    }

    /**
     * Adds released jars: each must show the same as today's device, under every frozen ABI version that it offers.
     *
     * @param glob the jars' names, such as {@code org.example.device-*.jar}; looked for in all folders inside
     */
    public AbiBaselines releases(Path releasesFolder, String glob) {
        for (Path jar : files(releasesFolder, "glob:**/" + glob)) {
            try {
                releases.add(new ReleasedBundle(jar));
            } catch (IOException e) {
                throw new IllegalArgumentException(jar + " cannot be read: " + e.getMessage(), e);
            }
        }
        return this;
    }

    /**
     * Adds a device with other properties than the defaults, such as another layout of its registers. It has a baseline of
     * its own, {@code TYPE-VARIANT.txt}, under each ABI version that has the properties.
     *
     * @param variant    lower case words joined by hyphens
     * @param properties the text of each property
     */
    public AbiBaselines variant(String variant, Map<String, String> properties) {
        variants.put("-" + variant, properties);
        return this;
    }

    private static List<Path> files(Path folder, String pattern) {
        var matcher = folder.getFileSystem().getPathMatcher(pattern);
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found = files.filter(matcher::matches).sorted().toList();
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no file " + pattern + " in " + folder.toAbsolutePath());
            }
            return found;
        } catch (IOException e) {
            throw new IllegalArgumentException(folder.toAbsolutePath() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Says what the probe needs: properties that must be given, and the author's own situations.
     *
     * @param configure called for each baseline when its test runs
     */
    public AbiBaselines probe(UnaryOperator<AbiProbe> configure) {
        fixture = configure;
        return this;
    }

    /** All baselines: what the device shows, and what released ones show. */
    public List<AbiBaseline> all() {
        var all = new ArrayList<AbiBaseline>();
        frozen.forEach((name, abi) -> variants.keySet().stream().filter(variant -> exists(variant, abi)).forEach(variant -> {
            all.add(baseline(name, abi, variant, "the code as it is", factory));
            releases.stream().filter(release -> release.factory().model().abi().offers(abi)).forEach(release ->
                all.add(baseline(name, abi, variant, release.toString(), release.factory())));
        }));
        return all;
    }

    private boolean exists(String variant, AbiVersion abi) {
        return variants.get(variant).keySet().stream().allMatch(name -> factory.model().property(name)
            .orElseThrow(() -> new IllegalArgumentException("no property " + name)).since().compareTo(abi) <= 0);
    }

    /** The baseline of a name, for the code as it is. */
    public AbiBaseline named(String name) {
        return all().stream().filter(baseline -> baseline.name().equals(name)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no baseline " + name));
    }

    private AbiBaseline baseline(String name, AbiVersion abi, String variant, String maker, DeviceFactory made) {
        Path file = folder.resolve(name).resolve(made.model().type() + variant + ".txt");
        AbiProbe probe = fixture.apply(AbiProbe.of(made).under(abi).with(variants.get(variant)));
        return new AbiBaseline(name, maker, file, probe);
    }

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return Arrays.asList(context.getRequiredTestMethod().getParameterTypes()).contains(AbiBaseline.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        checkNothingIsLost();
        return all().stream().map(Invocation::new);
    }

    private void checkNothingIsLost() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> names = Files.list(folder)) {
            List<String> lost = names.filter(name -> Files.exists(name.resolve(factory.model().type() + ".txt")))
                .map(name -> name.getFileName().toString()).filter(name -> !frozen.containsKey(name)).sorted().toList();
            if (!lost.isEmpty()) {
                throw new AssertionError("%s was frozen for %s, which no longer exist or no longer have it".formatted(
                    factory.model().type(), String.join(", ", lost)));
            }
        } catch (IOException e) {
            throw new IllegalStateException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        for (ReleasedBundle release : releases) {
            release.close();
        }
    }

    private record Invocation(AbiBaseline baseline) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int index) {
            return baseline.name() + "/" + baseline.file().getFileName() + ", " + baseline.maker();
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new ParameterResolver() {
                @Override
                public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
                    return parameter.getParameter().getType() == AbiBaseline.class;
                }

                @Override
                public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
                    return baseline;
                }
            });
        }
    }
}
