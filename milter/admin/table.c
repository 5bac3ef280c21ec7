/*
 * table.c: see table.h.  One thread.  UTF-8 is decoded here (RFC 3629): the
 * C library's decoder depends on the locale, which is "C" under cron and in
 * maintenance scripts.
 */
#include "admin/table.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/alloc.h"
#include "base/buf.h"

#define COLUMN_GAP 2
#define CELL_MAX   ((size_t)64 * 1024)

struct table {
	size_t columns;
	bool *right;
	char **cells; /* row by row */
	size_t count; /* of cells */
	size_t size;
};

/* Bytes of the sequence that begins so; 0: none does. */
static size_t
sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc0 || lead >= 0xf8)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static bool
is_code_point(int32_t c, size_t len)
{
	static const int32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};

	return c >= lowest[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* One code point; what is no UTF-8 counts as one byte and gives -1.  The NUL
 * behind the text ends every sequence. */
static int32_t
decode(const unsigned char *p, size_t *len)
{
	static const unsigned char bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t n = sequence_length(*p);
	int32_t c = *p & bits[n];

	*len = 1;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n == 0 || !is_code_point(c, n))
		return -1;
	*len = n;
	return c;
}

/* The width tables of a UTF-8 locale for this thread. */
static locale_t
enter_utf8(locale_t *made)
{
	*made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return *made ? uselocale(*made) : (locale_t)0;
}

static void
leave_utf8(locale_t made, locale_t old)
{
	if (!made)
		return;
	uselocale(old);
	freelocale(made);
}

/* Marks that turn the direction of text around make a line read as something
 * else than what it says. */
static bool
is_harmless(int32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if (c == 0x61c || (c >= 0x200b && c <= 0x200f))
		return false;
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0xfeff;
}

char *
table_printable(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	struct buf out;
	int32_t c;
	size_t n;

	buf_init(&out, CELL_MAX);
	for (; *p && buf_ok(&out); p += n) {
		c = decode(p, &n);
		if (is_harmless(c))
			buf_add(&out, p, n);
		else
			buf_add_char(&out, '?');
	}
	return buf_take_text(&out);
}

static size_t
width_here(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t width = 0, n;
	int32_t c;
	int w;

	for (; *p; p += n) {
		c = decode(p, &n);
		w = c < 0x80 ? 1 : wcwidth((wchar_t)c);
		/* unknown to this C library: one column is the best guess */
		width += w < 0 ? 1 : (size_t)w;
	}
	return width;
}

struct table *
table_new(size_t columns, const bool *right)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->right = xcalloc(columns, sizeof(*t->right));
	memcpy(t->right, right, columns * sizeof(*right));
	return t;
}

void
table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->right);
	free(t);
}

void
table_add(struct table *t, const char *const *cells)
{
	if (t->count + t->columns > t->size) {
		t->size = 2 * (t->size + t->columns);
		t->cells = xreallocarray(t->cells, t->size, sizeof(*t->cells));
	}
	for (size_t i = 0; i < t->columns; i++)
		t->cells[t->count++] = table_printable(cells[i]);
}

static size_t *
column_widths(const struct table *t)
{
	size_t *widths = xcalloc(t->columns, sizeof(*widths)), w;

	for (size_t i = 0; i < t->count; i++) {
		w = width_here(t->cells[i]);
		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	return widths;
}

static void
write_blanks(FILE *file, size_t count)
{
	while (count-- > 0)
		(void)fputc(' ', file);
}

/* Blanks are owed until something stands behind them. */
static void
write_row(
    const struct table *t, char *const *row, const size_t *widths, FILE *file)
{
	size_t owed = 0, pad;

	for (size_t i = 0; i < t->columns; i++) {
		pad = widths[i] - width_here(row[i]);
		if (t->right[i])
			owed += pad;
		if (row[i][0]) {
			write_blanks(file, owed);
			(void)fputs(row[i], file);
			owed = 0;
		}
		owed += COLUMN_GAP + (t->right[i] ? 0 : pad);
	}
	(void)fputc('\n', file);
}

void
table_write(const struct table *t, FILE *file)
{
	locale_t made, old = enter_utf8(&made);
	size_t *widths = column_widths(t);

	for (size_t i = 0; i < t->count; i += t->columns)
		write_row(t, t->cells + i, widths, file);
	free(widths);
	leave_utf8(made, old);
}
