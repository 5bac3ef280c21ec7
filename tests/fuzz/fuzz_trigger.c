/*
 * What senders ask for: whatever the header, the gate lets it pass once the
 * edits have taken it out, and would not let it pass without them.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/gate.h"
#include "gateway/trigger.h"
#include "policy/facts.h"

static const struct gateway_trigger triggers[] = {
    {.name = "a", .subject = "[s]", .header = "", .value = "", .wishes = 1},
    {.name = "b",
	.subject = "plain",
	.position = POSITION_END,
	.header = "",
	.value = "",
	.wishes = 8},
    {.name = "c",
	.subject = "-x-",
	.position = POSITION_ANYWHERE,
	.header = "",
	.value = "",
	.wishes = 2},
    {.name = "d",
	.subject = "\xc3\x9c",
	.position = POSITION_ANYWHERE,
	.header = "",
	.value = "",
	.wishes = 2},
    {.name = "e",
	.subject = "[k]",
	.header = "",
	.value = "",
	.keep = true,
	.wishes = 4},
    {.name = "f", .subject = "", .header = "X-A", .value = "yes", .wishes = 4},
    {.name = "g", .subject = "", .header = "X-B", .value = "", .wishes = 1},
};
#define COUNT (sizeof(triggers) / sizeof(*triggers))

static const struct gateway_config config = {
    .triggers = triggers, .trigger_count = COUNT};

static int
ask_gate(const struct header *header, const struct edits *edits)
{
	const struct plan plan = {.direction = PLAN_OUTBOUND};
	const struct policy_facts facts = {.from_fields = 1};
	const struct gate_copy copy = {.edits = edits};
	const struct gate_case c = {.plan = &plan,
	    .facts = &facts,
	    .header = header,
	    .triggers = {triggers, COUNT},
	    .copies = &copy,
	    .copy_count = 1};
	struct err err;
	int rc = gate_check(&c, &err);

	if (rc < 0 && edits->header_count > 0)
		fprintf(stderr, "%s\n", err.text);
	return rc;
}

static void
check_names(const struct triggers *t)
{
	unsigned wishes = 0;

	FUZZ_CHECK(t->count <= COUNT);
	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < COUNT; k++)
			if (strcmp(t->names[i], triggers[k].name) == 0)
				wishes |= triggers[k].wishes;
	FUZZ_CHECK(wishes == t->wishes);
	FUZZ_CHECK(t->count > 0 || t->edits.header_count == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct triggers t = {0};
	struct edits edits, none;
	struct header header;
	bool complete;

	header_init(&header);
	header_parse(&header, slice_make(data, size), &complete);
	edits_init(&edits);
	edits_init(&none);
	triggers_find(&t, &config, &header);
	triggers_edit(&t, &edits);
	check_names(&t);
	FUZZ_CHECK(t.too_many == (edits.header_count == LIMIT_TRIGGER_FIELDS &&
				     ask_gate(&header, &edits) < 0));
	if (!t.too_many)
		FUZZ_CHECK(ask_gate(&header, &edits) == 0);
	FUZZ_CHECK(
	    (ask_gate(&header, &none) == 0) == (edits.header_count == 0));
	edits_fini(&edits);
	triggers_fini(&t);
	header_fini(&header);
	return 0;
}
