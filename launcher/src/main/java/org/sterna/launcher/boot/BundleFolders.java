package org.sterna.launcher.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folders that the arguments name for the framework; they must be known before there is one, and so before the command line.
 *
 * @param devices of {@code --bundles DIR}, and the target of {@code check} if it is a folder: these in place of the installed devices
 * @param watched of {@code --watch DIR}: whatever bundle is put there while the process runs is used
 * @param shell   whether the command is {@code shell}, which has bundles of its own
 * @param machines of its {@code --machines DIR}: whatever configuration of a machine is put there is used
 */
record BundleFolders(List<Path> devices, List<Path> watched, boolean shell, List<Path> machines) {
    private static final String DEVICES = "--bundles";
    private static final String WATCHED = "--watch";
    private static final String MACHINES = "--machines";
    /** The options whose value may be a folder. */
    private static final Set<String> FOLDERS = Set.of(DEVICES, WATCHED, MACHINES, "--repository");

    /** Those that the arguments name. */
    static BundleFolders named(String[] args) throws LaunchException {
        List<Path> devices = named(DEVICES, args);
        List<String> words = words(args);
        String command = words.isEmpty() ? "" : words.getFirst();
        if (command.equals("check")) {
            words.stream().skip(1).map(Path::of).filter(Files::isDirectory).forEach(devices::add);
        }
        boolean shell = command.equals("shell");
        return new BundleFolders(devices, named(WATCHED, args), shell, shell ? named(MACHINES, args) : List.of());
    }

    /** The arguments that are neither options nor folders that belong to options: the command first. */
    private static List<String> words(String[] args) {
        var words = new ArrayList<String>();
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("-") && (i == 0 || !FOLDERS.contains(args[i - 1]))) {
                words.add(args[i]);
            }
        }
        return words;
    }

    /** The folders of bundles and of configurations that are watched. */
    List<Path> allWatched() {
        return Stream.concat(watched.stream(), machines.stream()).toList();
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
