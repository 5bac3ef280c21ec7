/* explain_parts.c: see explain_parts.h. */
#include "admin/explain_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const struct column explain_rule_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"setting", "SETTING", COLUMN_TEXT},
    {"value", "VALUE", COLUMN_TEXT},
    {"level", "SET BY", COLUMN_TEXT},
    {"instead_of", "INSTEAD OF", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

json_t *
explain_reason(enum plan_reason reason)
{
	return reason == REASON_NONE ? json_null()
				     : output_text(plan_reason_name(reason));
}

json_t *
explain_reply(const struct job_reply *reply)
{
	char *text =
	    xasprintf("%s %s %s", reply->code, reply->extended, reply->text);
	json_t *value = output_text(text);

	free(text);
	return value;
}

const char *
explain_name(const struct recipient_facts *r)
{
	return r->address ? r->address : r->envelope;
}

json_t *
explain_copy(size_t group)
{
	char *text;
	json_t *value;

	if (group == PLAN_NO_GROUP)
		return json_null();
	if (group == 0)
		return output_text("in place");
	text = xasprintf("copy %zu", group + 1);
	value = output_text(text);
	free(text);
	return value;
}

void
explain_rows(json_t *list, const char *address, json_t *rows, bool all)
{
	const char *level;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		level = json_string_value(json_object_get(row, "level"));
		if (!all && strcmp(level, "built-in") == 0)
			continue;
		output_set(row, "address", output_text(address));
		(void)json_array_append(list, row);
	}
	json_decref(rows);
}
