#include "options.h"
#include "check.h"
#include "memory.h"

struct options options = {
	.rate = 1000, .pages = 4096, .features = UINT64_MAX, .report = 1000, .max_blackout = 5000,
	.disk_start = 0, .disk_blocks = 2048, .disk_rate = 200, .pvclock = false, .disk = true, .paging = true,
};

static bool number(const char *word, const char *name, uint64_t *target)
{
	const char *value = text_after(word, name);
	return value != NULL && text_number(value, target);
}

static bool flag(const char *word, const char *name, bool *target)
{
	const char *value = text_after(word, name);
	if (value == NULL || !(text_equal(value, "on") || text_equal(value, "off")))
		return false;
	*target = text_equal(value, "on");
	return true;
}

static void take(const char *word)
{
	const char *name = text_after(word, "drill.");
	if (name == NULL)
		return;
	bool known = number(name, "rate=", &options.rate) || number(name, "pages=", &options.pages)
		|| number(name, "features=", &options.features) || number(name, "report=", &options.report)
		|| number(name, "max-blackout=", &options.max_blackout) || number(name, "disk-start=", &options.disk_start)
		|| number(name, "disk-blocks=", &options.disk_blocks) || number(name, "disk-rate=", &options.disk_rate)
		|| flag(name, "pvclock=", &options.pvclock) || flag(name, "disk=", &options.disk)
		|| flag(name, "paging=", &options.paging);
	check(BOOT, known, "bootarg %s is unknown or has a bad value", word);
}

void options_read(char *bootargs)
{
	while (*bootargs != 0) {
		while (*bootargs == ' ')
			bootargs++;
		char *word = bootargs;
		while (*bootargs != 0 && *bootargs != ' ')
			bootargs++;
		if (*bootargs != 0)
			*bootargs++ = 0;
		take(word);
	}
}
