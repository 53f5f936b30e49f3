package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.migration.internal.engine.HandoverModel.Adversity;
import org.sterna.migration.internal.engine.HandoverModel.Holder;
import org.sterna.migration.internal.engine.HandoverModel.World;

/**
 * The hand-over as the tables of the specification, section 7.5, have it, searched to its end: every order of steps, whatever
 * becomes of the line, of frames, of processes and of leases.
 */
class HandoverModelTest {
    private static final Set<String> BEFORE_THE_COMMIT = Set.of("RUNS", "STOPPED", "RELEASED", "RECLAIMS");

    private HandoverRules rules;

    @BeforeEach
    void read() throws IOException {
        rules = HandoverRules.ofTheSpecification();
    }

    private static boolean runs(World world) {
        return world.runsAtSource() || world.runsAtDestination();
    }

    /** The first world in which something holds that must not, with how it is reached. */
    private static Optional<String> first(HandoverModel model, String what, Predicate<World> wrong) {
        return model.worlds().stream().filter(wrong).findFirst().map(world -> what + ": " + model.way(world));
    }

    private static Optional<String> theGuestRunsTwice(HandoverModel model) {
        return first(model, "the guest runs twice", world -> world.runsAtSource() && world.runsAtDestination());
    }

    private static Optional<String> runsWithoutTheLease(HandoverModel model) {
        return first(model, "runs without the lease", world -> world.runsAtSource() && world.lease() != Holder.SOURCE
            || world.runsAtDestination() && world.lease() != Holder.DESTINATION);
    }

    /** What the destination's guest has written would be lost. */
    private static Optional<String> theSourceRunsItAgainByItself(HandoverModel model) {
        return first(model, "the source runs it again by itself", world -> world.owned() && model.steps(world).stream()
            .anyMatch(step -> !step.byOperator() && step.after().runsAtSource()));
    }

    /** If nothing more goes wrong it can be let run, before the commit without an operator. */
    private static Optional<String> theGuestIsLost(HandoverModel model) {
        Set<World> withOperator = model.reaching(HandoverModelTest::runs, step -> !step.byFate());
        Set<World> alone = model.reaching(HandoverModelTest::runs, step -> !step.byFate() && !step.byOperator());
        return first(model, "the guest is lost", world -> !withOperator.contains(world))
            .or(() -> first(model, "an operator is needed", world -> BEFORE_THE_COMMIT.contains(world.source())
                && !alone.contains(world)));
    }

    private static Stream<String> wrong(HandoverRules rules) {
        var worst = new HandoverModel(rules, new Adversity(true, true, 2));
        var survivable = new HandoverModel(rules, new Adversity(false, true, 2));
        return Stream.of(theGuestRunsTwice(worst), runsWithoutTheLease(worst), theSourceRunsItAgainByItself(worst),
            theGuestIsLost(survivable)).flatMap(Optional::stream);
    }

    @Test
    void theGuestIsOnExactlyOneSideWhateverHappens() {
        assertEquals(List.of(), wrong(rules).toList());
    }

    @Test
    void everyStateOfTheTablesIsReached() {
        var model = new HandoverModel(rules, new Adversity(true, true, 2));
        assertTrue(model.worlds().size() > 1000, model.worlds().size() + " worlds");
        var states = model.worlds().stream().flatMap(world -> Stream.of("S " + world.source(), "D " + world.destination()))
            .collect(Collectors.toSet());
        rules.source().forEach(row ->
            assertTrue(states.contains("S " + row.state()) && states.contains("S " + row.then()), row.toString()));
        rules.destination().forEach(row ->
            assertTrue(states.contains("D " + row.state()) && states.contains("D " + row.then()), row.toString()));
    }

    /** A killed process loses the guest only if it had it. */
    @Test
    void theOtherSideOfAKilledOneHasTheGuestOrNeverHadIt() {
        var model = new HandoverModel(rules, new Adversity(true, false, 0));
        Set<World> atSource = model.reaching(World::runsAtSource, step -> !step.byFate());
        Set<World> atDestination = model.reaching(World::runsAtDestination, step -> !step.byFate());
        assertEquals(Optional.empty(), first(model, "the source has lost it", world ->
            world.destination().equals(HandoverModel.DEAD) && !Set.of(HandoverModel.DEAD, "CLOSED").contains(world.source())
                && !atSource.contains(world)));
        assertEquals(Optional.empty(), first(model, "the destination has lost it", world ->
            world.source().equals(HandoverModel.DEAD) && world.owned() && !world.destination().equals(HandoverModel.DEAD)
                && !atDestination.contains(world)));
    }

    /** Rules with one mistake. */
    static Stream<HandoverRules> mistakes() throws IOException {
        HandoverRules right = HandoverRules.ofTheSpecification();
        return Stream.of(
            right.changed(true, "COMMITTED", "failure", row -> row.then("RECLAIMS")),
            right.changed(true, "STOPPED", "its turn", row -> row.without("releases the lease")),
            right.changed(true, "RELEASED", "failure", row -> row.then("RUNS")),
            right.changed(true, "UNKNOWN", "operator", row -> row.without("acquires the lease")),
            right.changed(true, "FENCED", "operator", row -> row.without("acquires the lease")),
            right.changed(true, "COMMITTED", "TAKEN", row -> row.then("RECLAIMS")),
            right.changed(true, "RUNS", "lease lost", row -> row.then("RUNS")),
            right.changed(false, "BUILDS", "FINISH", row -> row.without("acquires the lease")),
            right.changed(false, "BUILDS", "FINISH", row -> row.then("RUNS")),
            right.changed(false, "LOADED", "failure", row -> row.without("releases the lease")),
            right.changed(false, "LOADED", "failure", row -> row.then("RUNS")),
            right.changed(false, "LOADED", "lease lost", row -> row.without("closes the line").then("LOADED")),
            right.changed(false, "LOADED", "lease lost", row -> row.then("FENCED")));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsFound(HandoverRules mistaken) {
        assertTrue(wrong(mistaken).findAny().isPresent(), mistaken.toString());
    }

    /** Each row of the tables is an option of the model for spin, and the other way round. */
    @Test
    void theModelForSpinHasTheSameRows() throws IOException {
        String model = Files.readString(HandoverRules.FOLDER.resolve("handover.pml"));
        var there = Pattern.compile("/\\* ([SD] [A-Z]+, [A-Za-z ]+: [A-Z]+) \\*/").matcher(model).results()
            .map(result -> result.group(1)).collect(Collectors.toCollection(TreeSet::new));
        var here = new TreeSet<String>();
        rules.source().forEach(row -> here.add("S " + row));
        rules.destination().forEach(row -> here.add("D " + row));
        assertEquals(here, there);
    }

    /** It even finds as many states. */
    @Test
    void spinFindsNothingEither(@TempDir Path folder) throws Exception {
        assumeTrue(onPath("spin") && onPath("cc"), "spin and a C compiler are not installed");
        Path model = Files.copy(HandoverRules.FOLDER.resolve("handover.pml"), folder.resolve("handover.pml"));
        run(folder, "spin", "-a", model.toString());
        run(folder, "cc", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c");
        String report = run(folder, folder.resolve("pan").toString(), "-m1000000");
        assertTrue(report.contains("errors: 0") && !report.contains("max search depth too small"), report);
        int worlds = new HandoverModel(rules, new Adversity(true, true, 2)).worlds().size();
        assertTrue(report.contains(" " + worlds + " states, stored"), worlds + " states here; there " + report);
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).directory(folder.toFile())
            .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
