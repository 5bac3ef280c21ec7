/* complain.c: see complain.h. */
#include "admin/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/table.h"
#include "base/err.h"
#include "base/suggest.h"

void
complain(const char *format, ...)
{
	char line[2 * ERR_TEXT_MAX], *text;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text = table_printable(line);
	(void)fprintf(stderr, "smimectl: %s\n", text);
	free(text);
}

void
complain_word(const struct complain_words *words, const char *word)
{
	const char *meant = suggest(word, words->known, words->count);

	if (meant)
		complain("no %s \"%s\": did you mean \"%s\"?", words->what,
		    word, meant);
	else
		complain("no %s \"%s\"; see: smimectl help%s%s", words->what,
		    word, *words->see ? " " : "", words->see);
}
