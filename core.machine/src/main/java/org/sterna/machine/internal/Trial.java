package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.Resource;

/**
 * A device for a moment: it shows whether its properties go together, and locks what it reads off
 * the host.
 *
 * @param refusals why it could not be made: a host property is missing or does not work
 * @param open     the guest properties that are still open, and why
 */
record Trial(List<Reason> refusals, List<Reason> open) {
    /**
     * Tries a device.
     *
     * @param keeper whom to ask for a lease on what the device needs for that moment
     * @throws MachineException if its guest properties do not go together
     */
    static Trial of(String path, Blueprint.DeviceBlueprint device, LeaseKeeper keeper) {
        Configuration configuration = device.configuration();
        List<Reason> refusals = new ArrayList<>();
        List<Reason> failures = new ArrayList<>();
        try (var loose = new LooseDevice(path, device, CallLimits.DEFAULT)) {
            DeviceSlot slot = loose.make();
            if (!configuration.open().isEmpty()) {
                attach(path, slot, keeper, failures);
            }
        } catch (MachineException e) {
            if (!e.reasons().stream().allMatch(reason -> isHost(configuration, reason))) {
                throw e;
            }
            refusals.addAll(e.reasons());
        }
        var why = new ArrayList<>(refusals);
        why.addAll(failures);
        return new Trial(refusals, configuration.open().stream().map(property -> open(path, property, why)).toList());
    }

    private static void attach(String path, DeviceSlot slot, LeaseKeeper keeper, List<Reason> failures) {
        try {
            var claim = new Claim(path + " on trial", slot.claims().stream().map(Trial::shared).toList());
            var lease = new HeldLease(keeper, claim, CallLimits.DEFAULT.host(), HeldLease.Watcher.NONE);
            try {
                slot.attach(CallLimits.DEFAULT.host());
                slot.detach(CallLimits.DEFAULT.host());
            } finally {
                slot.whenNothingIsTaken(lease::release);
            }
        } catch (MachineException e) {
            failures.addAll(e.reasons());
        }
    }

    /** It only reads, whatever it takes. */
    private static Resource shared(Resource resource) {
        return new Resource(resource.device(), resource.property(), resource.name(), false);
    }

    private static boolean isHost(Configuration configuration, Reason reason) {
        return configuration.model().property(reason.item()).filter(p -> p.scope() == Property.Scope.HOST).isPresent();
    }

    private static Reason open(String path, Property<?> property, List<Reason> why) {
        return new Reason(path, property.name(), "open: it is read off the host when the machine is created"
            + (why.isEmpty() ? "" : "; now " + String.join("; ", why.stream().map(Reason::cause).toList())), "");
    }
}
