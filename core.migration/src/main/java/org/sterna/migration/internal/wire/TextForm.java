package org.sterna.migration.internal.wire;

import org.sterna.machine.cbor.Cbor;

/** How the texts of what is sent are written (specification, section 2). What is received may have either form. */
public enum TextForm {
    /** As the specification has it, for everybody and for files. */
    DEFINITE {
        @Override
        public byte[] encode(Object tree) {
            return Cbor.encode(tree);
        }
    },
    /** As Sterna 1.0 and 1.1 wrote long texts, for these two alone: they know no other form. */
    CHUNKED {
        @Override
        public byte[] encode(Object tree) {
            return Cbor.encodeWithChunkedTexts(tree);
        }
    };

    /** The encoding of a tree, as {@link Cbor#encode} takes it. */
    public abstract byte[] encode(Object tree);
}
