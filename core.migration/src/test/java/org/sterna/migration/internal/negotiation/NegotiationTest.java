package org.sterna.migration.internal.negotiation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.Ignorable;
import org.sterna.machine.state.Mandatory;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.translator.Translator;
import org.sterna.migration.Verdict.Condition;
import org.sterna.migration.Verdict.Loss;
import org.sterna.migration.Verdict.Outcome;

/** Each rule of the specification, section 6. */
class NegotiationTest {
    record V1(@Field(1) long clock) {
    }

    record V2(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime,
            @Field(id = 3, since = 2) @Default("0") long wallClock) {
    }

    record WithMandatory(@Field(1) long clock, @Field(id = 2, since = 2) long deadline) {
    }

    record WithMandatoryDefault(@Field(1) long clock, @Field(id = 2, since = 2) @Mandatory @Default("0") long deadline) {
    }

    record WithHint(@Field(1) long clock, @Field(id = 4, since = 2) @Default("0") @Ignorable("a cache") long cache) {
    }

    record OtherType(@Field(1) String clock) {
    }

    record OldItem(@Field(1) int number) {
    }

    record NewItem(@Field(1) int number, @Field(id = 2, since = 2) @Default("false") boolean urgent) {
    }

    record OldList(@Field(1) List<OldItem> items, @Field(2) OldItem one) {
    }

    record NewList(@Field(1) List<NewItem> items, @Field(2) NewItem one) {
    }

    private final List<Reason> obstacles = new ArrayList<>();
    private final Set<String> accepted = new TreeSet<>();
    private final Set<String> acked = new TreeSet<>();
    private final Set<String> features = new TreeSet<>();
    private final List<InstalledTranslator<?, ?>> translators = new ArrayList<>();

    private static <S extends Record> StateType<S> type(Class<S> record) {
        return StateType.of("timer", record);
    }

    private <S extends Record> Answer ask(S state, Class<? extends Record> readerRecord) {
        @SuppressWarnings("unchecked")
        var writer = type((Class<S>) state.getClass());
        var abi = new AbiVersion(1, 0);
        var document = new AbiDocument("fake-1.0", 1 << 20, 1, new PartAbi("board", abi, 0, new TreeMap<>()),
            new PartAbi("cpu", abi, 0, new TreeMap<>()),
            new TreeMap<>(Map.of("/timer@0", new PartAbi("timer", abi, 0, new TreeMap<>()))));
        var section = new Manifest.Section("/timer@0", "timer", "1.1.0", writer.schema(),
            Fields.notDefault(writer.schema().fields(), writer.toTree(state)), acked, Set.of());
        var manifest = new Manifest("guest", document, List.of(section), List.of(), Map.of(), accepted);
        return Negotiation.answer(manifest, new Reader() {
            @Override
            public List<Reason> obstacles(Manifest asked) {
                return obstacles;
            }

            @Override
            public List<InstalledTranslator<?, ?>> translators(String type) {
                return translators;
            }

            @Override
            public Optional<Part> part(AbiDocument asked, Manifest.Section of) {
                return Optional.ofNullable(readerRecord)
                    .map(record -> new Part(type(record).schema(), "1.0.0", features));
            }
        });
    }

    private static Reason only(Answer answer, Outcome outcome) {
        assertEquals(outcome, answer.verdict().outcome());
        assertEquals(1, answer.verdict().reasons().size(), answer.verdict().toString());
        return answer.verdict().reasons().getFirst();
    }

    @Test
    void equalSchemasAreOk() {
        Answer answer = ask(new V2(1, 2, 3), V2.class);
        assertEquals(Outcome.OK, answer.verdict().outcome());
        assertEquals(new Answer.Plan(new TreeSet<>(), new TreeSet<>(), Optional.empty()), answer.plans().get("/timer@0"));
    }

    @Test
    void newFieldsWithTheirDefaultsAreOkIf() {
        var verdict = ask(new V2(1, 0, 0), V1.class).verdict();
        assertEquals(Outcome.OK_IF, verdict.outcome());
        assertEquals(List.of(new Condition("/timer@0", "systemTime"), new Condition("/timer@0", "wallClock")),
            verdict.conditions());
        assertEquals(List.of("systemTime", "wallClock"),
            verdict.sections().getFirst().dropped().stream().map(dropped -> dropped.field()).toList());
        assertTrue(verdict.reasons().isEmpty());
    }

    @Test
    void aNewFieldInUseBlocksAndNamesTheRemedies() {
        Reason reason = only(ask(new V2(1, 5, 0), V1.class), Outcome.BLOCKED);
        assertEquals("/timer@0", reason.subject());
        assertEquals("systemTime", reason.item());
        assertTrue(reason.cause().contains("would forget") && reason.cause().contains("timer 1.0.0"), reason.cause());
        assertTrue(reason.remedy().contains("timer >= 1.1.0")
            && reason.remedy().contains("--accept-loss /timer@0.systemTime"), reason.remedy());
    }

    @Test
    void allReasonsComeAtOnce() {
        obstacles.add(Reason.of("/disk@0", "no disk is installed there", ""));
        acked.add("discard");
        var verdict = ask(new V2(1, 5, 6), V1.class).verdict();
        assertEquals(Outcome.BLOCKED, verdict.outcome());
        assertEquals(4, verdict.reasons().size(), verdict.toString());
    }

    @Test
    void anAcceptedLossIsNoObstacleAndIsNamed() {
        accepted.add("/timer@0.systemTime");
        var verdict = ask(new V2(1, 5, 0), V1.class).verdict();
        assertEquals(Outcome.LOSSY_ACCEPTED, verdict.outcome());
        assertTrue(verdict.allowed());
        assertEquals(Outcome.LOSSY_ACCEPTED, verdict.sections().getFirst().outcome());
        assertEquals(List.of(new Loss("/timer@0", "systemTime")), verdict.losses());
        assertEquals(List.of(new Condition("/timer@0", "wallClock")), verdict.conditions());
        assertEquals("it is lost, which the operator accepts", verdict.sections().getFirst().dropped().getFirst().why());
    }

    /** No condition keeps the guest from changing it until it stands still, so nobody can say that nothing is lost. */
    @Test
    void anAcceptedFieldWithItsDefaultMayStillBeLost() {
        accepted.add("/timer@0.systemTime");
        var verdict = ask(new V2(1, 0, 0), V1.class).verdict();
        assertEquals(Outcome.LOSSY_ACCEPTED, verdict.outcome());
        assertEquals(List.of(new Loss("/timer@0", "systemTime")), verdict.losses());
        assertTrue(verdict.sections().getFirst().dropped().getFirst().why().startsWith("it has its default now"));
    }

    @Test
    void whatIsNotDroppedIsNoLoss() {
        accepted.add("/timer@0.systemTime");
        var verdict = ask(new V2(1, 5, 0), V2.class).verdict();
        assertEquals(Outcome.OK, verdict.outcome());
        assertEquals(List.of(), verdict.losses());
    }

    @Test
    void lossesThatAreOnlyPartlyAcceptedAreLossy() {
        accepted.add("/timer@0.systemTime");
        assertEquals("wallClock", only(ask(new V2(1, 5, 6), V1.class), Outcome.LOSSY).item());
    }

    @Test
    void acceptingWhatIsNotLostMakesNothingLossy() {
        accepted.add("/timer@0.wallClock");
        assertEquals("systemTime", only(ask(new V2(1, 5, 0), V1.class), Outcome.BLOCKED).item());
    }

    @Test
    void aMandatoryFieldBlocksAndCannotBeAccepted() {
        accepted.add("/timer@0.deadline");
        assertTrue(only(ask(new WithMandatory(1, 2), V1.class), Outcome.BLOCKED).cause().contains("mandatory"));
        assertTrue(only(ask(new WithMandatoryDefault(1, 0), V1.class), Outcome.BLOCKED).cause().contains("mandatory"));
    }

    @Test
    void aHintIsDroppedAndReported() {
        var verdict = ask(new WithHint(1, 9), V1.class).verdict();
        assertEquals(Outcome.OK, verdict.outcome());
        assertEquals("a hint: a cache", verdict.sections().getFirst().dropped().getFirst().why());
    }

    @Test
    void theReaderFillsItsOwnFieldsWithDefaults() throws StateException {
        var answer = ask(new V1(1), V2.class);
        assertEquals(Outcome.OK, answer.verdict().outcome());
        assertEquals(List.of("systemTime", "wallClock"), answer.verdict().sections().getFirst().defaulted());
        assertEquals(Map.of(1L, 1L), answer.plans().get("/timer@0").received(type(V2.class).toTree(new V2(1, 0, 0))));
    }

    @Test
    void aReadersFieldWithoutDefaultBlocks() {
        Reason reason = only(ask(new V1(1), WithMandatory.class), Outcome.BLOCKED);
        assertEquals("deadline", reason.item());
    }

    @Test
    void aFieldOfAnotherTypeBlocks() {
        assertTrue(only(ask(new V1(1), OtherType.class), Outcome.BLOCKED).cause().contains("another type"));
    }

    @Test
    void theRulesHoldInsideStructuresAndLists() {
        var quiet = new NewList(List.of(new NewItem(1, false), new NewItem(2, false)), new NewItem(3, false));
        var answer = ask(quiet, OldList.class);
        assertEquals(Outcome.OK_IF, answer.verdict().outcome());
        assertEquals(List.of("items.urgent", "one.urgent"),
            answer.verdict().conditions().stream().map(Condition::field).toList());
        var old = type(OldList.class);
        assertEquals(old.toTree(new OldList(List.of(new OldItem(1), new OldItem(2)), new OldItem(3))),
            answer.plans().get("/timer@0").sent(type(NewList.class).toTree(quiet)));
        var loud = new NewList(List.of(new NewItem(1, false), new NewItem(2, true)), new NewItem(3, false));
        assertEquals("items.urgent", only(ask(loud, OldList.class), Outcome.BLOCKED).item());
    }

    @Test
    void anAcknowledgedFeatureThatIsMissingBlocksWithTheSwitch() {
        acked.add("discard");
        Reason reason = only(ask(new V1(1), V1.class), Outcome.BLOCKED);
        assertEquals("discard", reason.item());
        assertTrue(reason.remedy().contains("--device timer,discard=off"), reason.remedy());
        features.add("discard");
        assertEquals(Outcome.OK, ask(new V1(1), V1.class).verdict().outcome());
    }

    @Test
    void anObstacleAboutTheSameFeatureIsSaidOnce() {
        acked.add("discard");
        obstacles.add(new Reason("/timer@0", "discard", "is not known", "use --machine older"));
        assertEquals("use --machine older", only(ask(new V1(1), V1.class), Outcome.BLOCKED).remedy());
    }

    @Test
    void aMissingTypeBlocks() {
        Answer answer = ask(new V1(1), null);
        assertTrue(only(answer, Outcome.BLOCKED).cause().contains("nothing of type timer"));
        assertEquals(0, answer.verdict().sections().getFirst().readerVersion());
    }

    /** The clock as two fields, which is what plain rules cannot make of V2's, and which can say what V2 cannot. */
    record Split(@Field(id = 5, since = 3) long seconds, @Field(id = 6, since = 3) int nanos,
            @Field(id = 2, since = 2) @Default("0") long systemTime, @Field(id = 3, since = 2) @Default("0") long wallClock) {
    }

    /** What a stable branch added to {@link Split}. */
    record SplitFixed(@Field(id = 5, since = 3) long seconds, @Field(id = 6, since = 3) int nanos,
            @Field(id = 2, since = 2) @Default("0") long systemTime, @Field(id = 3, since = 2) @Default("0") long wallClock,
            @Field(id = 7, extension = "fix") @Default("0") int fix,
            @Field(id = 8, extension = "fix") @Default("0") @Ignorable("a cache") int cache) {
    }

    record V2More(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime,
            @Field(id = 3, since = 2) @Default("0") long wallClock, @Field(id = 9, since = 4) @Default("7") int more) {
    }

    /** A translator between V2 and Split. */
    private static class Splitter implements Translator<V2, Split> {
        @Override
        public StateType<V2> older() {
            return type(V2.class);
        }

        @Override
        public StateType<Split> newer() {
            return type(Split.class);
        }

        @Override
        public Split toNewer(V2 state) throws StateException {
            return new Split(Math.floorDiv(state.clock(), 1_000_000_000L), (int) Math.floorMod(state.clock(), 1_000_000_000L),
                state.systemTime(), state.wallClock());
        }

        @Override
        public V2 toOlder(Split state) throws StateException {
            if (state.nanos() < 0 || state.nanos() >= 1_000_000_000) {
                throw new StateException("nanos", state.nanos() + " is a second or more");
            }
            return new V2(state.seconds() * 1_000_000_000L + state.nanos(), state.systemTime(), state.wallClock());
        }
    }

    private <O extends Record, N extends Record> void install(Translator<O, N> translator) {
        translators.add(new InstalledTranslator<>(translator, translator.older(), translator.newer(), "acme.translator",
            new Version("1.2.3")));
    }

    private static void assertTranslated(Answer answer, Outcome outcome) {
        assertEquals(outcome, answer.verdict().outcome(), answer.verdict().toString());
        assertEquals(List.of(), answer.verdict().reasons());
        assertEquals("acme.translator 1.2.3", answer.verdict().sections().getFirst().translator());
    }

    @Test
    void aTranslatorBridgesWhatFieldsCannotInBothDirections() throws StateException {
        assertEquals(Outcome.BLOCKED, ask(new Split(5, 6, 0, 0), V2.class).verdict().outcome());
        install(new Splitter());
        var newer = type(Split.class).toTree(new Split(5, 6, 7, 0));
        var older = type(V2.class).toTree(new V2(5_000_000_006L, 7, 0));
        Answer down = ask(new Split(5, 6, 7, 0), V2.class);
        assertTranslated(down, Outcome.OK);
        assertEquals(older, down.plans().get("/timer@0").restored(newer));
        assertEquals(newer, down.plans().get("/timer@0").received(older));
        Answer up = ask(new V2(5_000_000_006L, 7, 0), Split.class);
        assertTranslated(up, Outcome.OK);
        assertEquals(newer, up.plans().get("/timer@0").restored(older));
        assertEquals(older, up.plans().get("/timer@0").received(newer));
    }

    @Test
    void aTranslatorIsNotAskedWhereFieldsAreEnough() {
        install(new Splitter());
        var verdict = ask(new V2(1, 0, 0), V1.class).verdict();
        assertEquals(Outcome.OK_IF, verdict.outcome());
        assertEquals("", verdict.sections().getFirst().translator());
    }

    /** Shifts what V1 has no place for into the clock. */
    private static final class Packer implements Translator<V1, V2> {
        @Override
        public StateType<V1> older() {
            return type(V1.class);
        }

        @Override
        public StateType<V2> newer() {
            return type(V2.class);
        }

        @Override
        public V2 toNewer(V1 state) {
            return new V2(state.clock() & 0xff, state.clock() >>> 8, 0);
        }

        @Override
        public V1 toOlder(V2 state) {
            return new V1(state.clock() | state.systemTime() << 8);
        }
    }

    @Test
    void aTranslatorIsBetterThanALossThatWouldBeAccepted() {
        accepted.add("/timer@0.systemTime");
        assertEquals("", ask(new V2(1, 5, 0), V1.class).verdict().sections().getFirst().translator());
        install(new Packer());
        assertTranslated(ask(new V2(1, 5, 0), V1.class), Outcome.OK);
    }

    @Test
    void theRulesForFieldsHoldForWhatATranslatorReads() throws StateException {
        install(new Splitter());
        Answer quiet = ask(new SplitFixed(1, 2, 3, 0, 0, 9), V2.class);
        assertTranslated(quiet, Outcome.OK_IF);
        assertEquals(List.of(new Condition("/timer@0", "fix")), quiet.verdict().conditions());
        var plan = quiet.plans().get("/timer@0");
        var sent = plan.sent(type(SplitFixed.class).toTree(new SplitFixed(1, 2, 3, 0, 0, 9)));
        assertEquals(type(V2.class).toTree(new V2(1_000_000_002L, 3, 0)), plan.restored(sent));
        assertEquals(sent, plan.received(plan.restored(sent)));
    }

    @Test
    void aTranslatorServesAReaderThatKnowsMore() throws StateException {
        install(new Splitter());
        Answer answer = ask(new Split(1, 2, 3, 0), V2More.class);
        assertTranslated(answer, Outcome.OK);
        var split = type(Split.class).toTree(new Split(1, 2, 3, 0));
        var held = type(V2More.class).toTree(new V2More(1_000_000_002L, 3, 0, 7));
        assertEquals(split, answer.plans().get("/timer@0").received(held));
    }

    @Test
    void aTranslatorForAnotherFormatSaysSo() {
        install(new Splitter());
        var reasons = ask(new SplitFixed(1, 2, 3, 0, 4, 0), V2.class).verdict().reasons();
        Reason last = reasons.getLast();
        assertEquals("fix", last.item());
        assertTrue(last.cause().contains("acme.translator 1.2.3") && last.cause().contains("state version 3"), last.cause());
    }

    private static String refusal(Answer answer, SortedMap<Long, Object> sent) {
        return assertThrows(StateException.class, () -> answer.plans().get("/timer@0").restored(sent)).getMessage();
    }

    @Test
    void whatTheOtherFormatCannotExpressIsRefused() {
        install(new Splitter());
        var impossible = new Split(1, 1_000_000_000, 0, 0);
        assertEquals("nanos: 1000000000 is a second or more",
            refusal(ask(impossible, V2.class), type(Split.class).toTree(impossible)));
    }

    @Test
    void aTranslatorThatLosesSomethingIsNamed() {
        install(new Splitter() {
            @Override
            public V2 toOlder(Split state) {
                return new V2(state.seconds() * 1_000_000_000L, state.systemTime(), 0);
            }
        });
        var state = new Split(1, 2, 0, 0);
        assertEquals("nanos: the translator acme.translator 1.2.3 does not give back what it was given",
            refusal(ask(state, V2.class), type(Split.class).toTree(state)));
    }

    @Test
    void aTranslatorThatThrowsIsNamed() {
        install(new Splitter() {
            @Override
            public V2 toOlder(Split state) {
                throw new IllegalStateException("a defect");
            }
        });
        var state = new Split(1, 2, 0, 0);
        assertEquals("the translator acme.translator 1.2.3 has failed: java.lang.IllegalStateException: a defect",
            refusal(ask(state, V2.class), type(Split.class).toTree(state)));
    }

    @Test
    void aTranslatorThatReturnsNothingIsNamed() {
        install(new Splitter() {
            @Override
            public V2 toOlder(Split state) {
                return null;
            }
        });
        var state = new Split(1, 2, 0, 0);
        assertTrue(refusal(ask(state, V2.class), type(Split.class).toTree(state)).startsWith(
            "the translator acme.translator 1.2.3 has failed: "));
    }
}
