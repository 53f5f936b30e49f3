package org.sterna.machine.virt.internal.boot;

/**
 * What a user gives a machine to boot; each may be null.
 *
 * @param bios      the path of the guest's own firmware
 * @param kernel    the path of a kernel
 * @param initrd    the path of an initial RAM disk
 * @param arguments the kernel's arguments
 */
public record BootImages(String bios, String kernel, String initrd, String arguments) {
}
