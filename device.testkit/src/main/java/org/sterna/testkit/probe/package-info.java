/**
 * Measures what a guest can see of a device, and compares it with what was frozen.
 *
 * <p>{@link org.sterna.testkit.probe.AbiProbe} drives a device as a guest would and gives a
 * {@link org.sterna.testkit.probe.ProbeReport}; {@link org.sterna.testkit.probe.AbiBaselines} is a JUnit 5 extension
 * that compares reports with committed files; {@link org.sterna.testkit.probe.PropertyCheck} compares the declared
 * properties with what is measured; {@link org.sterna.testkit.probe.Mutant} plants a change, to prove a gate.
 */
@Export
@Version("1.0.0")
package org.sterna.testkit.probe;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
