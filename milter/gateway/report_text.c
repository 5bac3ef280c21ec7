/* report_text.c: see report_text.h.  Pure but for random bytes, any thread. */
#include "gateway/report_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "mail/address.h"
#include "mail/charset.h"
#include "mail/esmtp.h"
#include "mail/header.h"
#include "mail/mime_build.h"

#define LINE_WIDTH 70u

/* RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998u

static bool
is_printable(unsigned char c)
{
	return c >= ' ' && c < 0x7f;
}

static void
add_cleaned(struct buf *out, struct slice s, bool keep_8bit)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.data[i];
		bool keep = is_printable(c) || (keep_8bit && c >= 0x80);

		buf_add_char(out, (char)(keep ? c : '?'));
	}
}

void
report_text_ascii(struct buf *out, struct slice s, size_t max)
{
	add_cleaned(out, slice_part(s, 0, max), false);
}

void
report_text_utf8(struct buf *out, struct slice s, size_t max)
{
	struct slice cut = slice_part(s, 0, max);

	/* A character that was cut makes all of it "?", which is no harm. */
	add_cleaned(out, cut, charset_is_utf8(cut));
}

/* --- addresses --- */

/* The code point of a character of valid UTF-8, and its bytes. */
static unsigned
code_point(const unsigned char *p, size_t *len)
{
	unsigned value;

	*len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	value = p[0] & (0xffu >> (*len + 1));
	for (size_t i = 1; i < *len; i++)
		value = value << 6 | (p[i] & 0x3fu);
	return value;
}

/* utf-8-addr-xtext of RFC 6533 section 3. */
static void
add_utf8_xtext(struct buf *out, struct slice s)
{
	size_t len;

	for (size_t i = 0; i < s.len; i += len) {
		unsigned char c = s.data[i];

		len = 1;
		if (c >= 0x80)
			buf_addf(out, "\\x{%X}", code_point(s.data + i, &len));
		else if (!is_printable(c) || strchr("\\+= ", c))
			buf_addf(out, "\\x{%X}", c);
		else
			buf_add_char(out, (char)c);
	}
}

void
report_text_address(struct buf *out, const char *address)
{
	struct slice s = slice_part(
	    address_bare_path(slice_text(address)), 0, LIMIT_ADDRESS);

	if (slice_is_ascii(s) || !charset_is_utf8(s)) {
		buf_add_text(out, "rfc822; ");
		report_text_ascii(out, s, s.len);
	} else {
		buf_add_text(out, "utf-8; ");
		add_utf8_xtext(out, s);
	}
}

/* --- parameters --- */

struct slice
report_text_parameter(const char *parameters, const char *name)
{
	return esmtp_parameter(slice_text(parameters ? parameters : ""), name);
}

bool
report_text_wants_failure(const char *parameters)
{
	struct slice notify = report_text_parameter(parameters, "NOTIFY");

	for (size_t at = 0, end; at < notify.len; at = end + 1) {
		end = slice_find(notify, ',', at);
		if (slice_equal_text_ci(slice_part(notify, at, end), "FAILURE"))
			return true;
	}
	return notify.len == 0;
}

/* --- for people --- */

void
report_text_wrap(struct buf *out, const char *indent, const char *text)
{
	struct slice all = slice_text(text);
	size_t column = 0;

	for (size_t at = 0, end; at < all.len; at = end + 1) {
		end = slice_find(all, ' ', at);
		if (column == 0) {
			buf_add_text(out, indent);
			column = strlen(indent);
		} else if (column + 1 + end - at > LINE_WIDTH) {
			buf_add_text(out, "\r\n");
			buf_add_text(out, indent);
			column = strlen(indent);
		} else {
			buf_add_char(out, ' ');
			column++;
		}
		report_text_ascii(out, slice_part(all, at, end), LIMIT_LINE);
		column += end - at;
	}
	buf_add_text(out, "\r\n");
}

void
report_text_date(struct buf *out, time_t when)
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm = {.tm_mday = 1};

	gmtime_r(&when, &tm);
	buf_addf(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

/* --- header fields --- */

/* RFC 5322 has no words for an address that nobody can read. */
static void
write_to(struct buf *out, const char *sender)
{
	char *address;
	struct err ignored;

	if (address_canonical(slice_text(sender), &address, &ignored) < 0) {
		buf_add_text(out, "To: undisclosed-recipients:;\r\n");
		return;
	}
	buf_add_text(out, "To: <");
	report_text_utf8(out, slice_text(address), LIMIT_ADDRESS);
	buf_add_text(out, ">\r\n");
	free(address);
}

int
report_text_begin(struct buf *out, const char *host, const char *to, time_t now,
    struct err *err)
{
	char id[MIME_BOUNDARY_SIZE];

	/* The random part is as good for this as for a boundary. */
	if (mime_boundary_make(id, sizeof(id), err) < 0)
		return -1;
	buf_add_text(out, "Date: ");
	report_text_date(out, now);
	buf_addf(
	    out, "\r\nFrom: Mail Delivery System <MAILER-DAEMON@%s>\r\n", host);
	write_to(out, to);
	buf_addf(out, "Message-ID: <%s@%s>\r\n", id + 2, host);
	return 0;
}

struct slice
report_text_message_id(const struct header *header)
{
	const struct header_field *field = header_find(header, "Message-ID", 0);
	struct slice id = field ? slice_trim(field->body) : slice_make(NULL, 0);

	if (id.len < 3 || id.len > HEADER_LINE_MAX / 2 || id.data[0] != '<' ||
	    id.data[id.len - 1] != '>')
		return slice_make(NULL, 0);
	for (size_t i = 1; i + 1 < id.len; i++)
		if (id.data[i] <= ' ' || id.data[i] >= 0x7f ||
		    strchr("<>()", id.data[i]))
			return slice_make(NULL, 0);
	return id;
}
