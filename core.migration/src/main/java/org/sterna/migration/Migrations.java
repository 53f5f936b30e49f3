package org.sterna.migration;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;

/** The service that checks, sends and receives machines. All methods may be called from any thread. */
@ProviderType
public interface Migrations {
    /**
     * Asks a peer whether it could take a machine over. The guest runs on undisturbed.
     *
     * @throws MachineException if there is no guest that could leave (it has not been started, has ended, or may have
     *                          left already), or the peer cannot be reached or does not speak the protocol
     */
    Verdict check(Machine machine, Endpoint target, MigrationOptions options);

    /** Starts to send a machine to a peer. Whatever goes wrong is in the result. */
    OutgoingMigration migrate(Machine machine, Endpoint target, MigrationOptions options);

    /**
     * Starts to wait for migrations, one at a time.
     *
     * @throws MachineException if it cannot listen there
     */
    Receiver receive(Endpoint listen, ReceiveOptions options);

    /**
     * Starts to write a machine into a file. The guest runs on meanwhile, and stands still only for the last pages and the
     * states. Its disks are not in the file. Until all of it is on the disk the file does not have its name. Whatever goes wrong
     * is in the result. Blocks until the machine is free for it, for at most the
     * {@linkplain SnapshotOptions#patience patience}.
     *
     * <p>A regular file of that name is replaced. Refused, before the guest is touched, is anything else, such as a symbolic link, and a
     * file that is {@linkplain org.sterna.machine.host.FileUse in use}: by a machine of this process, by another snapshot, or by another
     * process that has locked it. Only this user may read the file.
     *
     * @param file its name; its folder exists
     */
    OutgoingMigration snapshot(Machine machine, Path file, SnapshotOptions options);

    /**
     * What a source would declare of a machine, as the protocol has it: the payload of a MANIFEST. The guest runs on undisturbed.
     *
     * @throws MachineException if there is no guest that could leave
     */
    byte[] declare(Machine machine, Set<String> acceptLoss);

    /**
     * What a snapshot declares, likewise.
     *
     * @throws MachineException if the file is not one of a machine, cut, or damaged
     */
    byte[] declared(Path file);

    /**
     * Answers a declaration with what is installed here.
     *
     * @param host host properties that replace those in it, as text, by path and property name
     * @throws MachineException if it is malformed
     */
    Verdict answer(byte[] declaration, Map<String, Map<String, String>> host);

    /**
     * Asks a peer for its verdict on a declaration.
     *
     * @throws MachineException if it is malformed, or the peer cannot be reached or does not speak the protocol
     */
    Verdict check(byte[] declaration, Endpoint target);

    /**
     * Makes a machine from a file, with {@link RestoreOptions#DEFAULT}.
     *
     * @param name the machine's name in this process
     * @param host host properties that replace those in the file, as text, by path and property name
     * @throws MachineException if the file is not one of a machine, cut or damaged, or the machine cannot run here
     */
    default Machine restore(Path file, String name, Map<String, Map<String, String>> host) {
        return restore(file, name, host, RestoreOptions.DEFAULT);
    }

    /**
     * Makes a machine from a file. It runs if its guest ran when the file was written. Guest memory is read from the file when it is
     * touched, so the file must stay as it is until the machine is closed; it is checked meanwhile, and a machine from a file
     * that turns out to be damaged is paused and says where. A machine whose file is cut is paused for good and names
     * the file. No snapshot is put in the place of the file meanwhile.
     *
     * @param name the machine's name in this process
     * @param host host properties that replace those in the file, as text, by path and property name
     * @throws MachineException if the file is not one of a machine, cut or damaged, or the machine cannot run here; of
     *                          the kind {@code USAGE} if a resource is accepted as changed whose content the file does
     *                          not record
     * @since 1.5
     */
    Machine restore(Path file, String name, Map<String, Map<String, String>> host, RestoreOptions options);

    /**
     * Asks whether another installed version of a device could take over from the one that a machine has. The guest runs on
     * undisturbed.
     *
     * @param path    the device
     * @param version of the bundle that would take over
     * @throws MachineException if there is no such device, or no guest that could go on with it
     */
    Verdict check(Machine machine, String path, String version, SwapOptions options);

    /**
     * Puts another installed version of a device in the place of the one that a machine has, while its guest runs or is paused (hot
     * swap): the same negotiation as in a migration, then the state crosses while the guest stands still for a moment. Whatever goes
     * wrong, the old one goes on. Returns when it is done, or why it was not.
     *
     * @param path    the device
     * @param version of the bundle that takes over
     * @throws MachineException if there is no such device or version, or a migration or another swap of the machine is under way
     */
    Swap swap(Machine machine, String path, String version, SwapOptions options);

    /**
     * From now on swaps every device of a machine for the newest version of its bundle as soon as one is installed, if the verdict
     * allows it without accepting any loss.
     *
     * @param told is told of each swap that was done or tried, on another thread; one that the verdict does not allow is tried again
     *             whenever something is installed
     * @return what ends it; it ends with the machine too
     */
    AutoCloseable keepCurrent(Machine machine, Consumer<Swap> told);

    /**
     * From now on tells somebody when the guest of a machine is given to another process.
     *
     * @return what ends it; it ends with the machine too
     * @since 1.4
     */
    AutoCloseable onDeparture(Machine machine, DepartureListener listener);

    /**
     * The last migration or snapshot of a machine, whoever has begun it: under way or ended. Empty if there was none, or if the machine
     * has been closed.
     *
     * @since 1.5
     */
    Optional<OutgoingMigration> outgoing(Machine machine);

    /**
     * From now on tells somebody of each migration or snapshot of a machine that begins, whoever begins it, on the thread that does.
     *
     * @return what ends it; it ends with the machine too
     * @since 1.5
     */
    AutoCloseable onOutgoing(Machine machine, Consumer<OutgoingMigration> listener);

    /**
     * Decodes a snapshot, or a stream that was recorded as one side sent it, be it cut. No bundle of a device is needed.
     *
     * @throws MachineException if the file holds no such stream, or is damaged, or is a snapshot that is cut
     */
    Inspection inspect(Path file);
}
