/* Fields of incoming mail that only we may write. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/mark.h"

static const struct gateway_config config = {.authserv_id = "mx.example.org",
    .tags = {.signed_ = "", .encrypted = "", .problem = ""}};
static const struct gateway_config config_all = {
    .authserv_id = "mx.example.org",
    .mark = MARK_OFF,
    .remove_results = REMOVE_ALL,
    .tags = {.signed_ = "", .encrypted = "", .problem = ""}};

static void
add_field(struct header *header, const char *line)
{
	struct slice s = slice_text(line);
	size_t colon = slice_find(s, ':', 0);
	struct err err;

	assert_int_equal(header_add(header, slice_part(s, 0, colon),
			     slice_part(s, colon + 1, s.len), &err),
	    0);
}

static void
make_header(struct header *header, const char *const *lines)
{
	header_init(header);
	for (; *lines; lines++)
		add_field(header, *lines);
}

/* The header once forged fields are gone, "|" for each line end. */
static void
check_removed(const struct gateway_config *c, const char *const *lines,
    const char *wanted)
{
	struct header header;
	struct edits edits;
	struct buf out, shown;
	struct err err;

	make_header(&header, lines);
	edits_init(&edits);
	buf_init(&out, EDITS_HEADER_MAX);
	buf_init(&shown, EDITS_HEADER_MAX);
	assert_int_equal(mark_remove(c, &header, &edits, &err), 0);
	assert_int_equal(mark_is_claimed(c, &header), !edits_are_empty(&edits));
	edits_write_header(&edits, &header, &out);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] != '\r')
			buf_add_char(&shown,
			    out.data[i] == '\n' ? '|' : (char)out.data[i]);
	assert_string_equal(buf_text(&shown), wanted);
	buf_fini(&shown);
	buf_fini(&out);
	edits_fini(&edits);
	header_fini(&header);
}

static void
test_removed(void **state)
{
	const char *const lines[] = {"Received: x",
	    "Authentication-Results: mx.example.org; smime=pass",
	    "X-SMIME-Status: valid", "From: a@example.net",
	    "authentication-results: mx.example.org; dkim=pass",
	    "x-smime-STATUS:",
	    "Authentication-Results: mx.example.net; smime=pass",
	    "AUTHENTICATION-RESULTS: \"MX.example.org\"; smime=fail",
	    "X-SMIME-Statu: s",
	    "Old-Authentication-Results: mx.example.org; x=y", NULL};

	(void)state;
	check_removed(&config, lines,
	    "Received: x|From: a@example.net|"
	    "authentication-results: mx.example.org; dkim=pass|"
	    "Authentication-Results: mx.example.net; smime=pass|"
	    "X-SMIME-Statu: s|"
	    "Old-Authentication-Results: mx.example.org; x=y|");
	check_removed(&config_all, lines,
	    "Received: x|From: a@example.net|"
	    "Authentication-Results: mx.example.net; smime=pass|"
	    "X-SMIME-Statu: s|"
	    "Old-Authentication-Results: mx.example.org; x=y|");
}

static void
test_nothing(void **state)
{
	const char *const lines[] = {"From: a", "To: b", "Subject: [signed] x",
	    "X-SMIME-Statux: valid", "Authentication-Resultx: mx.example.org",
	    NULL};
	const char *const none[] = {NULL};

	(void)state;
	check_removed(&config, lines,
	    "From: a|To: b|Subject: [signed] x|X-SMIME-Statux: valid|"
	    "Authentication-Resultx: mx.example.org|");
	check_removed(&config, none, "");
}

/* Without a name of its own the gateway has that of the host. */
static void
test_host_name(void **state)
{
	const struct gateway_config nameless = {.authserv_id = ""};
	char host[256], line[512];
	const char *lines[] = {
	    line, "Authentication-Results: mx.example.org; smime=pass", NULL};

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(
	    line, sizeof(line), "Authentication-Results: %s; smime=pass", host);
	check_removed(&nameless, lines,
	    "Authentication-Results: mx.example.org; smime=pass|");
}

/* As many as can be removed, and one more: then none may pass for removed. */
static void
test_too_many(void **state)
{
	struct header header;
	struct edits edits;
	struct err err;

	(void)state;
	header_init(&header);
	edits_init(&edits);
	for (unsigned i = 0; i < LIMIT_FORGED_FIELDS; i++)
		add_field(&header,
		    i % 2
			? "X-SMIME-Status: valid"
			: "Authentication-Results: mx.example.org; smime=pass");
	assert_int_equal(mark_remove(&config, &header, &edits, &err), 0);
	assert_int_equal(edits.header_count, LIMIT_FORGED_FIELDS);
	edits_fini(&edits);
	add_field(&header, "x-smime-status: valid");
	edits_set_header(&edits, "Other", 1, " x");
	assert_int_equal(mark_remove(&config, &header, &edits, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(edits.header_count, 1);
	assert_true(mark_is_claimed(&config, &header));
	edits_fini(&edits);
	header_fini(&header);
}

/* Nobody knows what stands behind the last field that was kept. */
static void
test_over_limit(void **state)
{
	struct header header;
	struct edits edits;
	struct err err;

	(void)state;
	header_init(&header);
	edits_init(&edits);
	for (unsigned i = 0; i < LIMIT_HEADER_FIELDS; i++)
		add_field(&header, "X: y");
	assert_false(mark_is_claimed(&config, &header));
	assert_int_equal(mark_remove(&config, &header, &edits, &err), 0);
	assert_int_equal(header_add(&header, slice_text("X-SMIME-Status"),
			     slice_text(" valid"), &err),
	    -1);
	assert_true(mark_is_claimed(&config, &header));
	assert_int_equal(mark_remove(&config, &header, &edits, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_true(edits_are_empty(&edits));
	edits_fini(&edits);
	header_fini(&header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_removed),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_host_name),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_over_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
