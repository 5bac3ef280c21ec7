/* doctor_endpoint.c: see doctor_endpoint.h. */
#include "admin/doctor_endpoint.h"

#include <string.h>

/* False when it does not fit, or holds a NUL. */
static bool
copy(struct slice s, char *out, size_t size)
{
	if (s.len >= size || slice_find(s, '\0', 0) < s.len)
		return false;
	if (s.len > 0)
		memcpy(out, s.data, s.len);
	out[s.len] = '\0';
	return true;
}

static struct slice
behind(struct slice s, size_t n)
{
	return slice_part(s, n, s.len);
}

static void
set_path(struct slice path, struct doctor_endpoint *out)
{
	if (path.len > 0 && copy(path, out->name, sizeof(out->name)))
		out->kind = ENDPOINT_UNIX;
}

static void
set_address(struct slice host, struct slice port, struct doctor_endpoint *out)
{
	if (host.len >= 2 && host.data[0] == '[' &&
	    host.data[host.len - 1] == ']')
		host = slice_part(host, 1, host.len - 1);
	if (port.len > 0 && copy(host, out->name, sizeof(out->name)) &&
	    copy(port, out->port, sizeof(out->port)))
		out->kind = ENDPOINT_INET;
}

/* Offset of the last colon, or s.len. */
static size_t
last_colon(struct slice s)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.data[i - 1] == ':')
			return i - 1;
	return s.len;
}

void
doctor_endpoint_listener(struct slice text, struct doctor_endpoint *out)
{
	size_t colon;

	*out = (struct doctor_endpoint){.kind = ENDPOINT_NONE};
	text = slice_trim(text);
	colon = last_colon(text);
	if (colon == text.len)
		set_address(slice_text(""), text, out);
	else
		set_address(
		    slice_part(text, 0, colon), behind(text, colon + 1), out);
}

void
doctor_endpoint_postfix(struct slice text, struct doctor_endpoint *out)
{
	*out = (struct doctor_endpoint){.kind = ENDPOINT_NONE};
	text = slice_trim(text);
	if (slice_has_prefix(text, "unix:"))
		set_path(behind(text, 5), out);
	else if (slice_has_prefix(text, "inet:"))
		doctor_endpoint_listener(behind(text, 5), out);
}

void
doctor_endpoint_milter(struct slice text, struct doctor_endpoint *out)
{
	struct slice at;
	size_t sign;

	*out = (struct doctor_endpoint){.kind = ENDPOINT_NONE};
	text = slice_trim(text);
	if (slice_has_prefix(text, "unix:"))
		set_path(behind(text, 5), out);
	else if (slice_has_prefix(text, "local:"))
		set_path(behind(text, 6), out);
	else if (slice_has_prefix(text, "/"))
		set_path(text, out);
	if (slice_has_prefix(text, "inet:"))
		at = behind(text, 5);
	else if (slice_has_prefix(text, "inet6:"))
		at = behind(text, 6);
	else
		return;
	sign = slice_find(at, '@', 0);
	set_address(behind(at, sign + 1), slice_part(at, 0, sign), out);
}

bool
doctor_host_is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 ||
	       strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
	       strcmp(host, "[::1]") == 0 || strcmp(host, "IPv6:::1") == 0 ||
	       strcmp(host, "loopback-only") == 0;
}

const char *
doctor_port_number(const char *port)
{
	static const char *const known[][2] = {
	    {"smtp", "25"},
	    {"submission", "587"},
	    {"submissions", "465"},
	    {"smtps", "465"},
	    {"ssmtp", "465"},
	    {"urd", "465"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(port, known[i][0]) == 0)
			return known[i][1];
	return port;
}

/* The same file, as far as names tell: doubled slashes, "/./" and /var/run. */
static const char *
next_step(const char *path, size_t *len)
{
	do {
		path += strspn(path, "/");
		*len = strcspn(path, "/");
		if (*len != 1 || *path != '.')
			break;
		path++;
	} while (*path);
	return path;
}

static bool
same_path(const char *a, const char *b)
{
	size_t m, n;

	if (strncmp(a, "/var/run/", 9) == 0)
		a += 4;
	if (strncmp(b, "/var/run/", 9) == 0)
		b += 4;
	if ((*a == '/') != (*b == '/'))
		return false;
	for (;;) {
		a = next_step(a, &m);
		b = next_step(b, &n);
		if (m != n || memcmp(a, b, m) != 0)
			return false;
		if (m == 0)
			return true;
		a += m;
		b += n;
	}
}

bool
doctor_endpoint_same(
    const struct doctor_endpoint *a, const struct doctor_endpoint *b)
{
	if (a->kind != b->kind || a->kind == ENDPOINT_NONE)
		return false;
	if (a->kind == ENDPOINT_UNIX)
		return same_path(a->name, b->name);
	if (strcmp(doctor_port_number(a->port), doctor_port_number(b->port)) !=
	    0)
		return false;
	return strcmp(a->name, b->name) == 0 ||
	       (doctor_host_is_loopback(a->name) &&
		   doctor_host_is_loopback(b->name)) ||
	       (!*a->name && doctor_host_is_loopback(b->name)) ||
	       (!*b->name && doctor_host_is_loopback(a->name));
}

const char *
doctor_path_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	if (strncmp(path, root, len) != 0 || path[len] != '/')
		return NULL;
	return path + len;
}
