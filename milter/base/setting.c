/* setting.c: see setting.h.  Pure functions. */
#include "base/setting.h"

#include <stddef.h>
#include <string.h>

static const char *const switch_names[] = {"inherit", "off", "on"};
static const char *const encrypt_names[] = {
    "inherit", "off", "if-possible", "required"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int
find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

int
setting_switch_parse(const char *text, enum setting_switch *out)
{
	int i = find_name(switch_names, COUNT(switch_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_switch)i;
	return 0;
}

const char *
setting_switch_name(enum setting_switch value)
{
	return switch_names[value];
}

int
setting_encrypt_parse(const char *text, enum setting_encrypt *out)
{
	int i = find_name(encrypt_names, COUNT(encrypt_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_encrypt)i;
	return 0;
}

const char *
setting_encrypt_name(enum setting_encrypt value)
{
	return encrypt_names[value];
}
