package org.sterna.deployment.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/**
 * One machine, as Configuration Admin and its front ends know it. The properties are named as the options of the command line.
 */
@ObjectClassDefinition(name = "Sterna machine", description = "A virtual machine. Host properties, such as where a disk is,"
    + " can be changed while its guest runs; what the guest can see cannot.")
public @interface MachineConfiguration {
    /** The name. */
    @AttributeDefinition(description = "The machine's name in this framework; without it what stands behind the ~ of the PID.",
        required = false)
    String name() default "";

    /** The machine type. */
    @AttributeDefinition(name = "Machine type", description = "The machine type, or the family for its newest one.")
    String machine() default "virt";

    /** Guest memory. */
    @AttributeDefinition(name = "Guest memory", description = "Guest memory, such as 256M.")
    String memory() default "256M";

    /** The number of processors. */
    @AttributeDefinition(description = "How many processors.", min = "1")
    int processors() default 1;

    /** Properties of the board. */
    @AttributeDefinition(name = "Board properties", description = "Properties of the board, each as property=value, such as"
        + " kernel=/images/Image; a comma in a value is written twice.", required = false)
    String[] board() default {};

    /** Properties of the processors. */
    @AttributeDefinition(name = "Processor properties", description = "Properties of the processors, each as property=value.",
        required = false)
    String[] processor() default {};

    /** The devices. */
    @AttributeDefinition(description = "The devices, each as TYPE,property=value,...; the n-th of its type has the path /TYPE@n,"
        + " from 0. An element may hold several, one per line.", required = false)
    String[] devices() default {};

    /** Whether the guest is booted. */
    @AttributeDefinition(name = "Boot at once", description = "Whether the guest is booted as soon as the machine can be made.")
    boolean autostart() default true;

    /** Where the guest comes in. */
    @AttributeDefinition(name = "Wait for the guest at", description = "Where the guest is waited for, which comes by a migration"
        + " instead of being booted: tcp:HOST:PORT or unix:PATH. It must be as it is described here; of its board and devices,"
        + " the host properties given here hold.", required = false)
    String receive() default "";

    /** Where its files may be. */
    @AttributeDefinition(name = "Folders of its files", description = "Of a guest that is waited for, the folders in which files"
        + " may be that its source names and that are not given here.", required = false)
    String[] allow_path() default {};

    /** How much memory machines may have. */
    @AttributeDefinition(name = "Memory of all guests", description = "Of a guest that is waited for, how much guest memory the"
        + " machines here may have together with it, such as 4G; without it what this host has.", required = false)
    String max_memory() default "";

    /** How many machines there may be. */
    @AttributeDefinition(name = "Number of all guests", description = "Of a guest that is waited for, how many machines there may be"
        + " here together with it; without it any number.", required = false)
    String max_machines() default "";

    /** How far its clocks may jump. */
    @AttributeDefinition(name = "Jump of clocks", description = "Of a guest that is waited for, how far the clocks of the"
        + " two hosts may be apart, such as 30s, 5m, 2h or 1d.")
    String max_clock_jump() default "5m";

    /** When devices are swapped. */
    @AttributeDefinition(name = "Newer versions of devices", description = "What to do when a newer version of a device is"
        + " installed: put it under the running guest if nothing is lost (auto), or leave that to the operator (manual).",
        options = {@Option(label = "manual: wait for the operator", value = "manual"),
            @Option(label = "auto: put them under the running guest", value = "auto")})
    String swap() default "manual";

    /** What becomes of the guest when the framework stops. */
    @AttributeDefinition(name = "When the framework stops", description = "What becomes of the guest when the framework, or what"
        + " the machine needs of it, stops: its end (close), or a snapshot from which it goes on when the framework is started"
        + " again (snapshot).",
        options = {@Option(label = "close: the guest ends", value = "close"),
            @Option(label = "snapshot: the guest goes on after the next start", value = "snapshot")})
    String stop() default "close";

    /** What may have changed while the guest was saved. */
    @AttributeDefinition(name = "Accept changed disks", description = "The host resources, such as /virtio-blk@0.drive, that may"
        + " have another content than when the guest was saved. Without it, a guest does not go on from its snapshot if a disk has"
        + " changed meanwhile, since it might destroy what is on it. Take it out again when the guest has gone on.", required = false)
    String[] accept_changed() default {};

    /** Where snapshots are. */
    @AttributeDefinition(name = "Folder of snapshots", description = "The folder of that snapshot, and of the note that the guest"
        + " has left; without it the one that the framework's property org.sterna.snapshots names, or else a folder beside the"
        + " framework's storage.", required = false)
    String snapshots() default "";
}
