/* gate_trigger.c: see gate_trigger.h.  Pure; any thread. */
#include "gateway/gate_trigger.h"

#include "gateway/gate_header.h"
#include "gateway/trigger.h"

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

bool
gate_trigger_knows(const struct gate_triggers *t, struct slice name)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct gateway_trigger *trigger = &t->at[i];

		if (!trigger->keep &&
		    slice_equal_text_ci(
			name, *trigger->header ? trigger->header : "Subject"))
			return true;
	}
	return false;
}

bool
gate_trigger_value(const char *value)
{
	if (value[0] != ' ' && value[0] != '\t' && value[0] != '\n')
		return false;
	for (const char *p = value; *p; p++)
		if (*p == '\r' || (*p == '\n' && p[1] != ' ' && p[1] != '\t'))
			return false;
	return true;
}

/* The next field that a trigger knows; NULL: there is none. */
static const struct header_field *
next_field(const struct gate_triggers *t, const struct header_field *fields,
    size_t count, size_t *at)
{
	for (; *at < count; ++*at)
		if (gate_trigger_knows(t, fields[*at].name))
			return &fields[(*at)++];
	return NULL;
}

static bool
is_subject(const struct header_field *field)
{
	return slice_equal_text_ci(field->name, "Subject");
}

/* is: what stands where was stood, or NULL; *gone: was is not there. */
static int
check_field(const struct gate_triggers *t, const struct header_field *was,
    const struct header_field *is, bool *gone, struct err *err)
{
	bool asks = trigger_is_in(t->at, t->count, was);

	*gone = asks && !is_subject(was);
	if (*gone)
		return 0;
	if (!is || !gate_header_same_name(was->name, is->name))
		return gap(err, "a field is missing that asks for nothing");
	if (!asks && !gate_header_same_body(was->body, is->body))
		return gap(err, "a field has changed that asks for nothing");
	if (trigger_is_in(t->at, t->count, is))
		return gap(err, "a keyword is left in the subject");
	return 0;
}

int
gate_trigger_check(const struct gate_triggers *t, const struct header *original,
    const struct header_field *fields, size_t count, struct err *err)
{
	const struct header_field *was, *is;
	size_t i = 0, j = 0;
	bool gone;

	is = next_field(t, fields, count, &j);
	while ((was = next_field(t, original->fields, original->count, &i))) {
		if (check_field(t, was, is, &gone, err) < 0)
			return -1;
		if (!gone)
			is = next_field(t, fields, count, &j);
	}
	return is ? gap(err, "a field is left that asks for something") : 0;
}
