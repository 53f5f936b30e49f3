package org.sterna.itests.translator.internal;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

record PvclockState2(@Field(1) long clock,
        @Field(id = 2, since = 2) @Default("0") long systemTime,
        @Field(id = 3, since = 2) @Default("0") long wallClock) {
}
