package org.sterna.launcher.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The option {@code --bundles DIR}, and the target of {@code check} if it is a folder: they must be known before there is a framework, and so before the command line. */
final class BundleFolders {
    private static final String OPTION = "--bundles";

    private BundleFolders() {
    }

    /** The folders that the arguments name. */
    static List<Path> named(String[] args) throws LaunchException {
        var folders = new ArrayList<Path>();
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            if (args[i].startsWith(OPTION + "=")) {
                folders.add(folder(args[i].substring(OPTION.length() + 1)));
            } else if (args[i].equals(OPTION) && i + 1 < args.length) {
                folders.add(folder(args[++i]));
            }
        }
        int check = Arrays.asList(args).indexOf("check");
        for (int i = check + 1; check >= 0 && i < args.length; i++) {
            if (!args[i].startsWith("-") && !args[i - 1].equals(OPTION) && Files.isDirectory(Path.of(args[i]))) {
                folders.add(Path.of(args[i]));
            }
        }
        return folders;
    }

    private static Path folder(String name) throws LaunchException {
        Path folder = Path.of(name);
        if (!Files.isDirectory(folder)) {
            throw LaunchException.usage(OPTION + " " + name + ": no such folder");
        }
        return folder;
    }
}
