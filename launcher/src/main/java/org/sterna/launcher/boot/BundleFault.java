package org.sterna.launcher.boot;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.BundleException;

/** Why a bundle is of no use, in one line: the framework's own message nests its reasons on and on. */
final class BundleFault {
    /** {@code missing requirement [bsn [7](R 7.0)] namespace; filter}, the innermost of which is the cause. */
    private static final Pattern MISSING =
        Pattern.compile("missing requirement \\[[^\\[\\]]*\\[\\d+\\]\\([^)]*\\)\\] (\\S+?); (.*?)(?= \\[caused by:| Unresolved|$)");

    private BundleFault() {
    }

    static String of(BundleException exception) {
        Throwable root = exception;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? root.toString() : root.getMessage();
        Matcher matcher = MISSING.matcher(message);
        String missing = null;
        while (matcher.find()) {
            missing = matcher.group(1) + " " + matcher.group(2).strip();
        }
        return missing == null ? message.lines().findFirst().orElse("") : "nothing here offers " + missing;
    }
}
