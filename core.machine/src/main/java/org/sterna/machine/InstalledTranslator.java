package org.sterna.machine;

import java.util.Map;
import java.util.SortedMap;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.translator.Translator;

/**
 * A translator that an installed bundle offers. It translates trees (see {@link StateType}); may be used from any thread, also
 * after the bundle has gone.
 *
 * @param translator the service
 * @param older      its older format
 * @param newer      its newer format, of the same type
 * @param bundle     the symbolic name of the bundle
 * @param version    the version of the bundle
 * @param <O>        the record of the older format
 * @param <N>        the record of the newer format
 */
public record InstalledTranslator<O extends Record, N extends Record>(Translator<O, N> translator, StateType<O> older,
        StateType<N> newer, String bundle, Version version) {
    private static final Logger LOG = LoggerFactory.getLogger(InstalledTranslator.class);

    /** The type whose state it translates. */
    public String type() {
        return older.schema().type();
    }

    /** Its bundle and version, for people. */
    public String name() {
        return bundle + " " + version;
    }

    /**
     * The same state in the newer format.
     *
     * @throws StateException if a value cannot be expressed there, or the translator itself has failed, with its name
     */
    public SortedMap<Long, Object> toNewer(Map<Long, Object> state) throws StateException {
        return convert(older, translator::toNewer, newer, state);
    }

    /**
     * The same state in the older format.
     *
     * @throws StateException as of {@link #toNewer}
     */
    public SortedMap<Long, Object> toOlder(Map<Long, Object> state) throws StateException {
        return convert(newer, translator::toOlder, older, state);
    }

    private interface Conversion<F, T> {
        T convert(F state) throws StateException;
    }

    private <F extends Record, T extends Record> SortedMap<Long, Object> convert(StateType<F> from, Conversion<F, T> conversion,
            StateType<T> to, Map<Long, Object> tree) throws StateException {
        F state = from.fromTree(tree);
        try {
            return to.toTree(conversion.convert(state));
        } catch (RuntimeException | Error e) {
            // A bundle that has gone cannot load any more of its classes.
            LOG.error("The translator {} has failed", name(), e);
            throw new StateException("", "the translator " + name() + " has failed: " + e);
        }
    }
}
