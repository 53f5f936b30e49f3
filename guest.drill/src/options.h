/* The settings that come with the bootargs; README.md describes them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	uint64_t rate, pages, features, report, max_blackout, disk_start, disk_blocks, disk_rate;
	bool pvclock, disk, paging;
};

extern struct options options;

/* Cuts the text into words and takes those that start with "drill."; others are for someone else. */
void options_read(char *bootargs);

#endif
