package org.sterna.itests.translator.internal;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

record PvclockState3(@Field(1) long clock,
        @Field(id = 3, since = 2) @Default("0") long wallClock,
        @Field(id = 4, since = 3) long timePage,
        @Field(id = 5, since = 3) boolean enabled) {
}
