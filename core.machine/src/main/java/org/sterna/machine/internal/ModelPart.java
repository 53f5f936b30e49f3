package org.sterna.machine.internal;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.osgi.framework.Version;
import org.sterna.machine.Part;
import org.sterna.machine.abi.Model;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;
import org.sterna.machine.state.StateType;
import org.sterna.machine.state.Stateful;

/**
 * A part of a machine.
 *
 * @param model        what its bundle implements, if it is a bundle's
 * @param acknowledged gives the features that the driver has acknowledged
 * @param access       runs what touches the part's state in the way that the part needs: under its lock, at a safe point
 */
record ModelPart<S extends Record>(String path, Optional<Model> model, Version version, StateType<S> stateType,
        Stateful<S> stateful, Set<String> after, Supplier<Set<String>> features, Access access) implements Part {
    /** How a part's state may be touched. */
    interface Access {
        /**
         * Does what touches the state.
         *
         * @param where the method that is called, such as {@code state()}
         */
        <T, X extends Exception> T call(String where, Body<T, X> body) throws X;

        /** What touches the state. */
        interface Body<T, X extends Exception> {
            T run() throws X;
        }
    }

    /** For parts that do their own locking. */
    static final Access DIRECT = new Access() {
        @Override
        public <T, X extends Exception> T call(String where, Body<T, X> body) throws X {
            return body.run();
        }
    };

    /** A part of which it is only known that its model is the model of its state. */
    @SuppressWarnings("unchecked")
    static <S extends Record> ModelPart<S> of(String path, Installed<?> installed, Stateful<?> stateful, Set<String> after,
            Supplier<Set<String>> features, Access access) {
        return new ModelPart<>(path, Optional.of(installed.model()), installed.version(),
            (StateType<S>) installed.model().state(), (Stateful<S>) stateful, after, features, access);
    }

    @Override
    public String type() {
        return stateType.schema().type();
    }

    @Override
    public StateSchema schema() {
        return stateType.schema();
    }

    @Override
    public Set<String> acknowledged() {
        return features.get();
    }

    @Override
    public SortedMap<Long, Object> state() {
        return stateType.toTree(access.call("state()", stateful::state));
    }

    @Override
    public void restore(Map<Long, Object> tree) throws StateException {
        S state = stateType.fromTree(tree);
        try {
            access.call("restore()", () -> {
                stateful.restore(state);
                return null;
            });
        } catch (IllegalArgumentException e) {
            throw new StateException("", e.getMessage());
        }
    }
}
