package org.sterna.testkit.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.probe.ReleasedBundle;

/**
 * The checks that every device must pass, with what they need to know of one. {@link DeviceConformance} runs them as tests.
 *
 * {@snippet :
 * Conformance.of(new GaugeFactory(), guest -> {
 *     guest.write(0, 4, 7);
 *     guest.note("level", guest.read(0, 4));
 * }).releases(Path.of("releases"), "com.acme.gauge-*.jar");
 * }
 *
 * <p>Chance comes from a seed, so that a failure happens again. A failure is an {@link AssertionError}.
 */
public final class Conformance {
    private static final int SINGLE_ROUNDS = 16;
    private static final int POINTS_PER_SWAP = 4;
    private static final int[] DENSITIES = {16, 4, 2, 1};

    private final DeviceFactory factory;
    private final DriverScript script;
    private final List<Path> releases = new ArrayList<>();
    private Supplier<Map<String, String>> properties = Map::of;
    private boolean oneWay;
    private long seed = 1;
    private int swaps = 500;
    private int hostileRounds = 200;
    private Duration patience = Duration.ofSeconds(30);

    private Conformance(DeviceFactory factory, DriverScript script) {
        this.factory = factory;
        this.script = script;
    }

    /**
     * The checks of a device.
     *
     * @param factory makes it
     * @param script  how its driver uses it
     */
    public static Conformance of(DeviceFactory factory, DriverScript script) {
        return new Conformance(factory, script);
    }

    /**
     * Gives the device properties.
     *
     * @param text the text of each, asked for before each run: for a device that changes what it is given, such as a disk, a
     *             new one each time
     */
    public Conformance with(Supplier<Map<String, String>> text) {
        properties = text;
        return this;
    }

    /**
     * Adds released jars of the device, between which and the code as it is a guest must be able to go to and fro.
     *
     * @param folder where they are, or in folders inside
     * @param glob   their names, such as {@code com.acme.gauge-*.jar}
     * @throws IllegalArgumentException if there are none
     */
    public Conformance releases(Path folder, String glob) {
        var matcher = folder.getFileSystem().getPathMatcher("glob:**/" + glob);
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found = files.filter(matcher::matches).sorted().toList();
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no file " + glob + " in " + folder.toAbsolutePath());
            }
            releases.addAll(found);
        } catch (IOException e) {
            throw new IllegalArgumentException(folder.toAbsolutePath() + " cannot be read: " + e.getMessage(), e);
        }
        return this;
    }

    /** Says that there is no way back to the releases: only that a guest gets from each to the code as it is will be checked. */
    public Conformance upgradesOnly() {
        oneWay = true;
        return this;
    }

    /** Another seed than 1, from which chance comes. */
    public Conformance seed(long newSeed) {
        seed = newSeed;
        return this;
    }

    /** How many swaps the {@linkplain #swapSoak soak} makes, 500 by itself. */
    public Conformance swaps(int number) {
        swaps = number;
        return this;
    }

    /** How many hostile guests there are for each layout of the queues, 200 by itself. */
    public Conformance hostileGuests(int number) {
        hostileRounds = number;
        return this;
    }

    /** How long a device may take to come back from a hostile guest, and to end what it has running in the background. */
    Conformance patience(Duration longest) {
        patience = longest;
        return this;
    }

    /**
     * Stops the guest between any two of its accesses, takes the state, and has a new device go on from it: the guest must not
     * notice. Every write to guest memory must be marked in the dirty log, and the state be the same however often it is asked
     * for.
     */
    public void stateRoundTrip() {
        Implementation device = Implementation.current(factory);
        Run undisturbed = run(device, device.abi(), Run.Disturbance.NONE);
        if (undisturbed.notes().isEmpty()) {
            throw new AssertionError("the script notes nothing, so no check could ever fail");
        }
        var random = new Random(seed);
        for (int i = 0; i < SINGLE_ROUNDS; i++) {
            int only = random.nextInt(undisturbed.points());
            roundTrip(device, undisturbed, (point, current) -> point == only ? current : null);
        }
        for (int density : DENSITIES) {
            roundTrip(device, undisturbed, (point, current) -> random.nextInt(density) == 0 ? current : null);
        }
    }

    private void roundTrip(Implementation device, Run undisturbed, Swaps.Plan plan) {
        compare(undisturbed, device, device.abi(), new Swaps(device, plan), "state, a new device, and its restore");
    }

    /**
     * Has the guest go from each release to the code as it is and back, again and again, under the newest ABI version that both
     * offer. The negotiation is that of every migration. No release may be refused an upgrade; the way back must be possible
     * somewhere.
     */
    public void versionSkew() throws IOException {
        for (Path jar : releases) {
            try (var bundle = new ReleasedBundle(jar)) {
                skew(Implementation.released(bundle), Implementation.current(factory));
            }
        }
    }

    private void skew(Implementation old, Implementation current) {
        AbiVersion abi = common(old, current);
        Run undisturbed = run(current, abi, Run.Disturbance.NONE);
        var random = new Random(seed);
        int up = 0;
        int down = 0;
        var refusals = new ArrayList<String>();
        for (int i = 0; i < SINGLE_ROUNDS; i++) {
            int only = random.nextInt(undisturbed.points());
            var upgrade = new Swaps(old, (point, from) -> point == only ? current : null);
            compare(undisturbed, old, abi, upgrade, "the upgrade from " + old.name());
            if (!upgrade.refusals().isEmpty()) {
                throw new AssertionError("the upgrade from " + old.name() + " before access " + only + " is refused: "
                    + String.join("; ", upgrade.refusals()));
            }
            up += upgrade.done().size();
            if (!oneWay) {
                var way = new Swaps(current, (point, from) -> random.nextInt(4) != 0 ? null : from.equals(old) ? current : old);
                compare(undisturbed, current, abi, way, "swaps to " + old.name() + " and back");
                refusals.addAll(way.refusals());
                down += way.done().size();
            }
        }
        if (up == 0 || down == 0 && !oneWay) {
            throw new AssertionError("nothing ever got " + (up == 0 ? "from " : "to ") + old.name() + ": "
                + String.join("; ", refusals));
        }
    }

    private static AbiVersion common(Implementation old, Implementation current) {
        if (current.abi().offers(old.abi())) {
            return old.abi();
        }
        if (old.abi().offers(current.abi())) {
            return current.abi();
        }
        throw new AssertionError(old.name() + " has ABI " + old.abi() + ", which the code as it is no longer offers");
    }

    /**
     * Has guests do whatever they can, with registers, queues and memory; with the queues of a virtio device in each layout that
     * its properties have, unless these say one. Nothing may be thrown or hang, nothing written where no guest has ever pointed
     * to, or after a reset that the device has acknowledged; a new device must take the state, and a reset bring the device back
     * to what it was.
     */
    public void hostileGuest() {
        Implementation device = Implementation.current(factory);
        for (Map<String, String> layout : VirtioLayouts.of(factory.model(), properties.get().keySet())) {
            for (int i = 0; i < hostileRounds; i++) {
                var all = new HashMap<>(properties.get());
                all.putAll(layout);
                new HostileGuest(device, all, seed + i, patience).verify();
            }
        }
    }

    /** Replaces the device before each access of the guest, by itself and by each release that can hold its state, many times. */
    public void swapSoak() throws IOException {
        var opened = new ArrayList<ReleasedBundle>();
        try {
            for (Path jar : oneWay ? List.<Path>of() : releases) {
                opened.add(new ReleasedBundle(jar));
            }
            soak(opened.stream().map(Implementation::released).toList());
        } finally {
            for (ReleasedBundle bundle : opened) {
                bundle.close();
            }
        }
    }

    private void soak(List<Implementation> old) {
        Implementation device = Implementation.current(factory);
        AbiVersion abi = old.stream().map(release -> common(release, device)).min(AbiVersion::compareTo).orElse(device.abi());
        var all = new ArrayList<>(old);
        all.add(device);
        Run undisturbed = run(device, abi, Run.Disturbance.NONE);
        for (int done = 0; done < swaps; ) {
            var round = new Swaps(device, (point, current) -> all.get((all.indexOf(current) + 1) % all.size()));
            compare(undisturbed, device, abi, round, "a swap before each access");
            if (round.done().isEmpty()) {
                throw new AssertionError("nothing was ever swapped: " + String.join("; ", round.refusals()));
            }
            done += round.done().size();
        }
    }

    /**
     * Replaces the device at some accesses of the guest, and detaches it in the end: what it has running in the {@linkplain
     * org.sterna.machine.device.DeviceContext#background background} must end when it is told to, and may throw nothing before
     * that. How it ends is its own affair: a blocking call that throws because of the interrupt will do.
     *
     * @since 1.1
     */
    public void backgroundReaders() {
        Implementation device = Implementation.current(factory);
        var swaps = new Swaps(device, (point, current) -> point % POINTS_PER_SWAP == 0 ? current : null);
        run(device, device.abi(), (point, bench) -> {
            swaps.before(point, bench);
            bench.awaitEndOfReaders(patience);
        });
        DeviceBench bench = device.bench(device.abi(), properties.get());
        bench.close();
        bench.awaitEndOfReaders(patience);
    }

    /**
     * Loads the device's classes once more, runs the script, replaces the device and lets go of it: nothing may keep its class
     * loader, so that a bundle that was uninstalled is really gone.
     */
    public void leak() throws IOException, InterruptedException {
        new LeakCheck(this, LeakCheck.PATIENCE).verify();
    }

    /** Runs the script on another implementation of the same device until the device as it is takes over in the midst of it. */
    void runAndReplace(DeviceFactory again) {
        Implementation device = Implementation.current(factory);
        var first = new Implementation("the same classes, loaded once more", device.version(), again);
        run(first, device.abi(), new Swaps(first, (point, current) -> point == 0 ? first : null));
        run(first, device.abi(), new Swaps(first, (point, current) -> point == 1 ? device : null));
    }

    DeviceFactory factory() {
        return factory;
    }

    private Run run(Implementation first, AbiVersion abi, Run.Disturbance disturbance) {
        return Run.of(script, seed, first, abi, properties.get(), disturbance);
    }

    private void compare(Run undisturbed, Implementation first, AbiVersion abi, Swaps swapped, String what) {
        String difference;
        try {
            difference = undisturbed.difference(run(first, abi, swapped));
        } catch (AssertionError e) {
            throw new AssertionError(message(swapped, what) + e.getMessage(), e);
        }
        if (!difference.isEmpty()) {
            throw new AssertionError(message(swapped, what) + difference);
        }
    }

    private String message(Swaps swapped, String what) {
        String points = swapped.done().size() > 5 ? swapped.done().subList(0, 5) + " and more" : swapped.done().toString();
        return what + " (seed " + seed + ", before the accesses " + points + "): ";
    }
}
