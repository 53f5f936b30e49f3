package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.IoError;

/** The data of QMP's event BLOCK_IO_ERROR: a request of the guest that the host could not carry out. */
final class IoErrorJson {
    private IoErrorJson() {
    }

    static ObjectNode write(IoError error) {
        return Json.object().put("device", error.reason().subject())
            .put("operation", StatusJson.word(error.operation())).put("action", StatusJson.word(error.action()))
            .put("nospace", error.noSpace()).put("reason", error.reason().cause())
            .put("x-sterna-property", error.reason().item()).put("x-sterna-remedy", error.reason().remedy());
    }
}
