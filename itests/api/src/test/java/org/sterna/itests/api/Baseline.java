package org.sterna.itests.api;

import aQute.bnd.differ.Baseline.BundleInfo;
import aQute.bnd.differ.Baseline.Info;
import aQute.bnd.differ.DiffPluginImpl;
import aQute.bnd.osgi.Instructions;
import aQute.bnd.osgi.Jar;
import aQute.bnd.osgi.Processor;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Version;

/** Compares what a bundle exports with what it exported when it was released, by bnd's rules of semantic versions. */
final class Baseline {
    private final Jar newer;
    private final Jar older;
    private final String changelog;

    /**
     * A comparison.
     *
     * @param changelog the text in which whatever breaks others has to be written up
     */
    Baseline(Jar newer, Jar older, String changelog) {
        this.newer = newer;
        this.older = older;
        this.changelog = changelog;
    }

    /** What is not as it should be; nothing if the versions say what has changed. */
    List<String> complaints() throws Exception {
        var complaints = new ArrayList<String>();
        try (var processor = new Processor()) {
            var baseline = new aQute.bnd.differ.Baseline(processor, new DiffPluginImpl());
            for (Info info : baseline.baseline(newer, older, new Instructions("*"))) {
                complain(info, complaints);
            }
            BundleInfo bundle = baseline.getBundleInfo();
            if (complaints.isEmpty() && bundle.mismatch) {
                complaints.add("the bundle " + newer.getBsn() + " has version " + bundle.newerVersion + " and needs "
                    + bundle.suggestedVersion);
            }
        }
        return complaints;
    }

    private void complain(Info info, List<String> complaints) {
        if (info.mismatch) {
            complaints.add(info.packageName + " has version " + info.newerVersion + " and needs " + info.suggestedVersion
                + ", after " + info.packageDiff.getDelta() + " changes since " + info.olderVersion + ":\n" + info.packageDiff);
        }
        int before = major(info.olderVersion);
        int now = major(info.newerVersion);
        if (before > 0 && now > before && !changelog.contains("`" + info.packageName + "` " + now + ".")) {
            complaints.add("CHANGELOG.md does not say what is incompatible in `" + info.packageName + "` " + now + ".0.0");
        }
    }

    private static int major(aQute.bnd.version.Version version) {
        return version == null ? 0 : new Version(version.toStringWithoutQualifier()).getMajor();
    }
}
