/* Turns a disk's write cache off and on: each time that it goes off the device has to flush what was written before. */
#include "disk.h"

#define WRITEBACK 32

void guest_main(void)
{
	uint64_t disk = disk_find();
	disk_start(disk, F_CONFIG_WCE | F_FLUSH);
	disk_go(disk);
	print("HOSTILE begin\n");
	for (;; beat())
		for (int i = 0; i < 1000; i++) {
			write8(disk + CONFIG + WRITEBACK, 0);
			write8(disk + CONFIG + WRITEBACK, 1);
		}
}
