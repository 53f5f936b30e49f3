package org.sterna.provisioning.internal;

import org.sterna.machine.InstalledModel;
import org.sterna.machine.board.BoardModel;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.processor.ProcessorModel;

/** The namespaces of what bundles offer machines. */
final class Namespaces {
    /** Of machine types. */
    static final String MACHINE_TYPE = "org.sterna.machine.type";

    private Namespaces() {
    }

    /** Of models. */
    static String of(InstalledModel.Kind kind) {
        return switch (kind) {
            case DEVICE -> DeviceModel.NAMESPACE;
            case PROCESSOR -> ProcessorModel.NAMESPACE;
            case BOARD -> BoardModel.NAMESPACE;
        };
    }
}
