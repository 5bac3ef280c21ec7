/* number.c: see number.h.  Pure functions. */
#include "settings/number.h"

#include <stdlib.h>
#include <string.h>

/* Ten digits times 2^30 stay below 2^63. */
#define DIGITS_MAX 10

const struct number_unit number_plain[] = {{"", 1}, {NULL, 0}};
const struct number_unit number_size[] = {
    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
const struct number_unit number_time[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {NULL, 0}};

int
number_parse(const char *text, const struct number_unit *units, long long *out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > DIGITS_MAX)
		return -1;
	for (; units->suffix; units++) {
		if (strcmp(text + digits, units->suffix) != 0)
			continue;
		*out = strtoll(text, NULL, 10) * units->factor;
		return 0;
	}
	return -1;
}
