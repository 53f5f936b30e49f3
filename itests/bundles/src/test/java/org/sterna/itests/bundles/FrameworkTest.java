package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.junit5.context.BundleContextExtension;

/** Which framework these tests run in. */
@ExtendWith(BundleContextExtension.class)
class FrameworkTest {
    @InjectBundleContext
    BundleContext context;

    @Test
    void itIsTheOneThatTheBndrunFileNames() {
        assertEquals(System.getProperty("sterna.framework"), context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getHeaders()
            .get(Constants.BUNDLE_SYMBOLICNAME).replaceAll(";.*", ""));
    }
}
