/* disclaimer_option.c: see disclaimer_option.h. */
#include "admin/disclaimer_option.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

#define NAMES_MAX 4096u

/* "--disclaimer leagl: FILE has no such text; there is legal, sales (or none,
 * inherit)" */
static enum verb_result
complain(const struct settings *settings, const char *text, struct err *err)
{
	const struct gateway_config *config = &settings->gateway;
	struct buf names;

	buf_init(&names, NAMES_MAX);
	for (size_t i = 0; i < config->disclaimer_count; i++)
		buf_addf(&names, "%s%s", i > 0 ? ", " : "",
		    config->disclaimers[i].name);
	if (config->disclaimer_count > 0)
		(void)err_set(err, ERR_PERMANENT,
		    "--disclaimer %s: %s has no such text; there is %s (or "
		    "none, inherit)",
		    text, settings->file, buf_text(&names));
	else
		(void)err_set(err, ERR_PERMANENT,
		    "--disclaimer %s: %s has no texts; put one into its list "
		    "disclaimers first (or say none, inherit)",
		    text, settings->file);
	buf_fini(&names);
	return VERB_USAGE;
}

enum verb_result
disclaimer_option_read(
    struct admin *a, const struct args *args, char **out, struct err *err)
{
	const char *text = args_option(args, "disclaimer");
	const struct settings *settings;
	bool inherit, none;

	if (!text)
		return VERB_DONE;
	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	inherit = strcmp(text, "inherit") == 0;
	none = strcmp(text, "none") == 0;
	if (!inherit && !none &&
	    !gateway_disclaimer_find(&settings->gateway, text))
		return complain(settings, text, err);
	free(*out);
	*out = xstrdup(inherit ? "" : text);
	return VERB_DONE;
}

const char *
disclaimer_stored_text(const char *stored)
{
	return *stored ? stored : "inherit";
}

const char *
disclaimer_file_text(const char *name)
{
	if (!name)
		return "inherit";
	return *name ? name : "none";
}

json_t *
disclaimer_effective(const char *name)
{
	return *name ? output_text(name) : json_null();
}
