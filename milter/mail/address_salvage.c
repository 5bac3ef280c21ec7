/*
 * address_salvage.c: address_list_salvage() of address_list.h.
 *
 * A strict reader finds nobody in a field that is broken in the right way, and
 * mail programs, which are forgiving, still show somebody.  Pure, linear, any
 * thread.
 */
#include "mail/address_list.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/encoded_text.h"

/* What people see of it: encoded words read, nothing that is not printed. */
static void
shown_text(struct slice field_body, struct buf *out)
{
	struct encoded_text text;
	struct slice shown;

	encoded_text_read(&text, field_body);
	shown = buf_slice(&text.text);
	buf_init(out, shown.len + 1);
	for (size_t i = 0; i < shown.len; i++)
		if (shown.data[i] >= ' ' && shown.data[i] != 0x7f)
			buf_add_char(out, (char)shown.data[i]);
	encoded_text_fini(&text);
}

static bool
is_local(unsigned char c)
{
	return c > ' ' && !strchr("()<>[]:;@\\,\"", c);
}

static bool
is_domain(unsigned char c)
{
	return c >= 0x80 || c == '-' || c == '.' || c == '_' ||
	       (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static void
take(struct address_list *list, struct slice local, struct slice domain)
{
	struct buf text;
	struct err ignored;
	char *address;
	int rc;

	buf_init(&text, 2 * LIMIT_ADDRESS);
	buf_add_slice(&text, local);
	buf_add_char(&text, '@');
	buf_add_slice(&text, domain);
	rc = buf_ok(&text)
		 ? address_canonical(buf_slice(&text), &address, &ignored)
		 : -1;
	if (rc < 0) {
		buf_clear(&text);
		buf_add_text(&text, "?@");
		buf_add_slice(&text, domain);
		rc = buf_ok(&text) ? address_canonical(
					 buf_slice(&text), &address, &ignored)
				   : -1;
	}
	if (rc == 0)
		address_list_take(list, address);
	buf_fini(&text);
}

/* Around the "@" at pos. */
static void
take_around(struct address_list *list, struct slice text, size_t pos)
{
	size_t start = pos, from = pos + 1, end;

	while (start > 0 && is_local(text.data[start - 1]))
		start--;
	while (from < text.len && strchr(" [", text.data[from]))
		from++;
	for (end = from; end < text.len && is_domain(text.data[end]);)
		end++;
	take(list, slice_part(text, start, pos), slice_part(text, from, end));
}

void
address_list_salvage(struct address_list *list, struct slice field_body)
{
	struct slice text;
	struct buf shown;
	size_t count = 0;

	shown_text(field_body, &shown);
	text = buf_slice(&shown);
	for (size_t at = slice_find(text, '@', 0);
	     at < text.len && count < LIMIT_ADDRESSES; count++) {
		take_around(list, text, at);
		at = slice_find(text, '@', at + 1);
	}
	buf_fini(&shown);
}
