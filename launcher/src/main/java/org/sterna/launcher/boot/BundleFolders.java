package org.sterna.launcher.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The folders of bundles that the arguments name; they must be known before there is a framework, and so before the command line.
 *
 * @param devices of {@code --bundles DIR}, and the target of {@code check} if it is a folder: these in place of the installed devices
 * @param watched of {@code --watch DIR}: whatever is put there while the process runs is used
 */
record BundleFolders(List<Path> devices, List<Path> watched) {
    private static final String DEVICES = "--bundles";
    private static final String WATCHED = "--watch";
    /** The options whose value may be a folder. */
    private static final Set<String> FOLDERS = Set.of(DEVICES, WATCHED, "--repository");

    /** Those that the arguments name. */
    static BundleFolders named(String[] args) throws LaunchException {
        List<Path> devices = named(DEVICES, args);
        int check = Arrays.asList(args).indexOf("check");
        for (int i = check + 1; check >= 0 && i < args.length; i++) {
            if (!args[i].startsWith("-") && !FOLDERS.contains(args[i - 1])
                    && Files.isDirectory(Path.of(args[i]))) {
                devices.add(Path.of(args[i]));
            }
        }
        return new BundleFolders(devices, named(WATCHED, args));
    }

    private static List<Path> named(String option, String[] args) throws LaunchException {
        var folders = new ArrayList<Path>();
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            if (args[i].startsWith(option + "=")) {
                folders.add(folder(option, args[i].substring(option.length() + 1)));
            } else if (args[i].equals(option) && i + 1 < args.length) {
                folders.add(folder(option, args[++i]));
            }
        }
        return folders;
    }

    private static Path folder(String option, String name) throws LaunchException {
        Path folder = Path.of(name);
        if (!Files.isDirectory(folder)) {
            throw LaunchException.usage(option + " " + name + ": no such folder");
        }
        return folder;
    }
}
