package org.sterna.gogo.internal;

import java.util.Collection;
import org.apache.felix.service.command.CommandSession;

/** The commands of one scope, which know what may be typed next. */
interface Completes {
    /**
     * What may come where a line has been typed to.
     *
     * @param session where it is typed
     * @param line    all that comes before
     * @return words, or what gogo.jline has in their place
     */
    Collection<?> next(CommandSession session, Line line) throws Exception;
}
