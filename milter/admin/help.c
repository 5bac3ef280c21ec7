/* help.c: see help.h. */
#include "admin/help.h"

#include <stdlib.h>
#include <string.h>

#include "admin/table.h"
#include "base/alloc.h"

static const struct command_option global_options[] = {
    {"config", "FILE",
	"configuration (-c); default: " SYSCONFDIR
	"/smime-milter/smime-milter.conf"},
    {"json", NULL, "print JSON, for programs"},
    {"csv", NULL, "print CSV, for spreadsheets"},
    {"help", NULL, "explain the noun or verb before it (-h)"},
    {"version", NULL, "print the version (-V)"},
    {NULL, NULL, NULL},
};

static char *
command_words(const struct command *c)
{
	return xasprintf("%s%s%s%s%s", c->noun, c->verb ? " " : "",
	    c->verb ? c->verb : "", *c->operands ? " " : "", c->operands);
}

static void
add_row(struct table *table, char *left, const char *right)
{
	table_add(table, (const char *const[]){"", left, right});
	free(left);
}

static struct table *
new_table(void)
{
	static const bool left[] = {false, false, false};

	return table_new(3, left);
}

static void
write_options(FILE *file, const struct command_option *o)
{
	struct table *table = new_table();

	for (; o->name; o++)
		add_row(table,
		    xasprintf("--%s%s%s", o->name, o->argument ? " " : "",
			o->argument ? o->argument : ""),
		    o->help);
	table_write(table, file);
	table_free(table);
}

static void
write_commands(FILE *file, const char *noun)
{
	struct table *table = new_table();
	const struct command *c;

	for (size_t i = 0; i < command_count; i++)
		for (c = command_list[i]; c->noun; c++)
			if (!noun || strcmp(c->noun, noun) == 0)
				add_row(table, command_words(c), c->summary);
	table_write(table, file);
	table_free(table);
}

void
help_all(FILE *file)
{
	(void)fputs("usage: smimectl [-c FILE] [--json | --csv] NOUN VERB "
		    "[OPTIONS] [OPERANDS]\n\n",
	    file);
	write_commands(file, NULL);
	(void)fputs("\nOptions of every verb:\n", file);
	write_options(file, global_options);
	(void)fputs("\n\"smimectl help NOUN VERB\" explains a verb and its "
		    "options, smimectl(8) everything.\n",
	    file);
}

void
help_noun(FILE *file, const char *noun)
{
	write_commands(file, noun);
}

void
help_usage(FILE *file, const struct command *command)
{
	char *words = command_words(command);

	(void)fprintf(
	    file, "smimectl %s%s", words, command->options ? " [OPTIONS]" : "");
	free(words);
}

void
help_command(FILE *file, const struct command *command)
{
	(void)fputs("usage: ", file);
	help_usage(file, command);
	(void)fprintf(file, "\n\n%s.\n", command->summary);
	if (!command->options)
		return;
	(void)fputs("\n", file);
	write_options(file, command->options);
}
