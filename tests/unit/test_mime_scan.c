/* Where parts start and end: by the real boundary, nothing lost. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/mime_scan.h"
#include "unit/mime_check.h"

/* Bytes as tests show them: CRLF is "~". */
static void
add_shown(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\r' && i + 1 < s.len &&
		    s.data[i + 1] == '\n') {
			buf_add_char(out, '~');
			i++;
		} else {
			buf_add_char(out, (char)s.data[i]);
		}
	}
}

/* L{body} is a leaf, P(...) a multipart with preamble and epilogue in <>,
 * R(...) a message; "!" a malformed header, "?" a malformed structure. */
static void
show_part(struct buf *out, const struct mime_part *part)
{
	buf_add_char(out, "LPR"[part->kind]);
	if (part->header_malformed)
		buf_add_char(out, '!');
	if (part->structure_malformed)
		buf_add_char(out, '?');
	if (part->kind == MIME_LEAF) {
		buf_add_char(out, '{');
		add_shown(out, part->body);
		buf_add_char(out, '}');
		return;
	}
	buf_add_char(out, '(');
	if (part->preamble.len > 0) {
		buf_add_char(out, '<');
		add_shown(out, part->preamble);
		buf_add_char(out, '>');
	}
	for (const struct mime_part *c = part->child; c; c = c->next)
		show_part(out, c);
	if (part->epilogue.len > 0) {
		buf_add_char(out, '<');
		add_shown(out, part->epilogue);
		buf_add_char(out, '>');
	}
	buf_add_char(out, ')');
}

/* The bytes of a text in which "~" is CRLF. */
static struct buf
bytes_of(const char *text)
{
	struct buf out;

	buf_init(&out, 1u << 24);
	for (; *text; text++)
		if (*text == '~')
			buf_add_text(&out, "\r\n");
		else
			buf_add_char(&out, *text);
	return out;
}

static void
check_shown(const char *header, const char *body, const char *wanted)
{
	struct buf header_bytes = bytes_of(header), body_bytes = bytes_of(body);
	struct mime_tree tree;
	const char *wrong;
	struct buf shown;

	mime_scan(&tree, buf_slice(&header_bytes), buf_slice(&body_bytes));
	wrong = mime_check_tree(
	    &tree, buf_slice(&header_bytes), buf_slice(&body_bytes));
	if (wrong)
		fail_msg("%s: %s", body, wrong);
	buf_init(&shown, 1u << 20);
	show_part(&shown, tree.root);
	assert_string_equal(buf_text(&shown), wanted);
	buf_fini(&shown);
	mime_tree_fini(&tree);
	buf_fini(&header_bytes);
	buf_fini(&body_bytes);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b~"

static void
test_leaves(void **state)
{
	(void)state;
	check_shown("", "", "L{}");
	check_shown("", "hello~", "L{hello~}");
	check_shown("Content-Type: text/html~", "a~--b~c~", "L{a~--b~c~}");
}

static void
test_multiparts(void **state)
{
	static const char *const pairs[][2] = {
	    {"--b~~one~--b~~two~--b--~", "P(L{one}L{two})"},
	    {"--b~~one~--b--", "P(L{one})"},
	    {"pre~--b~~one~--b--~epi~", "P(<pre>L{one}<epi~>)"},
	    {"pre~~--b~~one~~--b--~~epi~", "P(<pre~>L{one~}<~epi~>)"},
	    /* Padding is part of the delimiter. */
	    {"--b  ~~one~--b\t~~two~--b-- \t~epi", "P(L{one}L{two}<epi>)"},
	    /* No header, header only, nothing at all. */
	    {"--b~~~--b~A: b~--b~A: b~~--b~--b~~--b--~", "P(L{}L{}L{}L{}L{})"},
	    {"--b~one~--b--~", "P(L{one})"},
	    {"--b~A: b~no field~~x~--b--~", "P(L{no field~~x})"},
	    /* What only looks like a delimiter. */
	    {"--b~~---b~ --b~-b~b~--x~--~--b--~",
		"P(L{---b~ --b~-b~b~--x~--})"},
	    {"--B~~x~--b~~y~--b--~", "P(<--B~~x>L{y})"},
	    /* After the end nothing counts. */
	    {"--b~~one~--b--~--b~~two~--b--~", "P(L{one}<--b~~two~--b--~>)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_shown(MIXED, pairs[i][0], pairs[i][1]);
}

/* Where others could take a bare CR or LF for a line end, or a part of the
 * line for the whole. */
static void
test_disputed_delimiters(void **state)
{
	static const char *const pairs[][2] = {
	    {"--b~~\n--b~x~--b--~", "P?(L{\n--b~x})"},
	    {"--b~~x~--b\ny~--b--~", "P?(L{x~--b\ny})"},
	    {"--b~~x\n--b--~--b--~", "P?(L{x\n--b--})"},
	    {"--b~~x\r--b--~--b--~", "P?(L{x\r--b--})"},
	    {"--b~~x~--b\ry~--b--~", "P?(L{x~--b\ry})"},
	    {"--b~~x\ry\r--b\t\rz~--b--~", "P?(L{x\ry\r--b\t\rz})"},
	    {"--b~A: x\n--b~~y~--b--~", "P?(L{--b~~y})"},
	    {"x\n--b~--b~~y~--b--~", "P?(<x\n--b>L{y})"},
	    {"--b~~--bx~--b--~", "P?(L{--bx})"},
	    {"--b~~--b-~--b --~--b---~--b--x~--b--~",
		"P?(L{--b-~--b --~--b---~--b--x})"},
	    {"--b~Content-Type: multipart/x; boundary=i~~--bx~--i~~y~--i--~"
	     "--b--~",
		"P?(P(<--bx>L{y}))"},
	    /* No delimiter to anybody. */
	    {"--b~~x\n-b\r--~--b--~", "P(L{x\n-b\r--})"},
	    {"--b~~x\n --b\ry--b\n~--b--~", "P(L{x\n --b\ry--b\n})"},
	    {"--b~~x~--b--~y\n--b~", "P(L{x}<y\n--b~>)"},
	    /* That of the outer multipart, within the inner one. */
	    {"--b~Content-Type: multipart/x; boundary=i~~--i~~x\n--b~--i--~"
	     "--b--~",
		"P?(P(L{x\n--b}))"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_shown(MIXED, pairs[i][0], pairs[i][1]);
}

/* What other programs would not find, or find elsewhere. */
static void
test_disputed_types(void **state)
{
	(void)state;
	check_shown("Content-Type: multipart/mixed; boundary=b (x)~",
	    "--b~~x~--b--~", "P?(<--b~~x~--b--~>)");
	check_shown("Content-Type: multipart/mixed; boundary=\"\\b\"~",
	    "--b~~x~--b--~", "P?(<--b~~x~--b--~>)");
	check_shown("Content-Type: (x) multipart/mixed; boundary=b~",
	    "--b~~x~--b--~", "L!{--b~~x~--b--~}");
	check_shown(
	    "Content-Type: message / rfc822~", "A: b~~x", "L!{A: b~~x}");
	check_shown("Content-Type: (x) text / plain~", "x", "L{x}");
	check_shown("Content-Type: multipart/mixed (x); boundary=b~",
	    "--b~~x~--b--~", "P(L{x})");
}

static void
test_malformed_structures(void **state)
{
	static const char *const pairs[][2] = {
	    {"", "P?()"},
	    {"no delimiter~", "P?(<no delimiter~>)"},
	    {"--b~~one", "P?(L{one})"},
	    {"--b~~one~--b~~two~", "P?(L{one}L{two~})"},
	    {"--b~~one~--b~", "P?(L{one}L{})"},
	    {"--b~~one~--b", "P?(L{one}L{})"},
	    {"--b--~~one~--b~~two~", "P?(<~one~--b~~two~>)"},
	    {"pre~--b--", "P?(<pre>)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_shown(MIXED, pairs[i][0], pairs[i][1]);
	check_shown("Content-Type: multipart/mixed~", "--b~~one~--b--~",
	    "P?(<--b~~one~--b--~>)");
	check_shown("Content-Type: multipart/mixed; boundary=\"\"~",
	    "--~~one~----~", "P?(<--~~one~----~>)");
	check_shown("Content-Type: multipart/mixed; boundary=\"b \"~",
	    "--b ~~one~--b --~", "P?(<--b ~~one~--b --~>)");
	check_shown("Content-Type: multipart/mixed; boundary=\"b\tc\"~",
	    "--b\tc~~one~--b\tc--~", "P?(<--b\tc~~one~--b\tc--~>)");
}

static void
test_nested(void **state)
{
	static const char inner[] = "Content-Type: multipart/x; boundary=";
	static const struct {
		const char *boundary, *body, *wanted;
	} cases[] = {
	    {"i", "--i~~one~--i~~two~--i--~", "P(P(L{one}L{two})L{last})"},
	    {"i", "pre~--i~~one~--i--~epi", "P(P(<pre>L{one}<epi>)L{last})"},
	    /* The outer boundary ends what is still open. */
	    {"i", "--i~~one", "P(P?(L{one})L{last})"},
	    {"i", "never", "P(P?(<never>)L{last})"},
	    {"i", "", "P(P?()L{last})"},
	    /* One is the beginning of the other. */
	    {"bb", "--bb~~one~--bb--", "P(P(L{one})L{last})"},
	    {"b-", "--b-~~one~--b---", "P(P(L{one})L{last})"},
	    {"\"b b\"", "--b b~~one~--b b--", "P(P(L{one})L{last})"},
	    /* The same, or one that cannot be told apart. */
	    {"b", "x", "P(P?(<x>)L{last})"},
	    {"b--", "x", "P(P?(<x>)L{last})"},
	};
	char body[400];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(body, sizeof(body), "--b~%s%s~~%s~--b~~last~--b--~",
		    inner, cases[i].boundary, cases[i].body);
		check_shown(MIXED, body, cases[i].wanted);
	}
	/* Two parts one after the other may use the same one. */
	check_shown(MIXED,
	    "--b~Content-Type: multipart/x; boundary=i~~--i~~one~--i--~"
	    "--b~Content-Type: multipart/x; boundary=i~~--i~~two~--i--~--b--~",
	    "P(P(L{one})P(L{two}))");
	/* An inner boundary as a prefix of the outer one. */
	check_shown("Content-Type: multipart/mixed; boundary=bb~",
	    "--bb~Content-Type: multipart/x; boundary=b~~--b~~one~--b--~"
	    "--bb--~",
	    "P(P(L{one}))");
	/* An inner delimiter after the inner end is epilogue. */
	check_shown(MIXED,
	    "--b~Content-Type: multipart/x; boundary=i~~--i~~one~--i--~"
	    "--i~~two~--b--~",
	    "P(P(L{one}<--i~~two>))");
}

static void
test_messages(void **state)
{
	static const char rfc822[] = "Content-Type: message/rfc822~";
	static const char *const pairs[][2] = {
	    {"Subject: x~~body~", "R(L{body~})"},
	    {"~body~", "R(L{body~})"},
	    {"", "R(L{})"},
	    {"Subject: x", "R(L{})"},
	    {"no header~", "R(L{no header~})"},
	    {"Content-Type: message/global~~A: b~~x", "R(R(L{x}))"},
	    {"Content-Type: multipart/mixed; boundary=b~~--b~~x~--b--~",
		"R(P(L{x}))"},
	    {"Content-Type: message/rfc822~"
	     "Content-Transfer-Encoding: base64~~QQ==~",
		"R(L{QQ==~})"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_shown(rfc822, pairs[i][0], pairs[i][1]);
	/* The delimiter ends messages at any depth, even an unfinished one. */
	check_shown(MIXED,
	    "--b~Content-Type: message/rfc822~~Content-Type: message/rfc822~~"
	    "A: b~~x~--b~Content-Type: message/rfc822~~A: b~"
	    "--b~Content-Type: message/rfc822~~--b~"
	    "Content-Type: message/rfc822~--b--~",
	    "P(R(R(L{x}))R(L{})R(L{})R(L{}))");
	check_shown(
	    "Content-Type: message/partial; id=x~", "A: b~~x", "L{A: b~~x}");
	check_shown(
	    "Content-Type: message/delivery-status~", "A: b~~x", "L{A: b~~x}");
}

/* RFC 2046 5.1.5. */
static void
test_digest(void **state)
{
	(void)state;
	check_shown("Content-Type: multipart/digest; boundary=b~",
	    "--b~~Subject: x~~body~--b~Content-Type: text/plain~~A: b~~c~"
	    "--b--~",
	    "P(R(L{body})L{A: b~~c})");
}

static void
test_malformed_headers(void **state)
{
	static const char *const types[] = {
	    "Content-Type: multipart/mixed; boundary=b~"
	    "Content-Type: multipart/mixed; boundary=c~",
	    "Content-Type: multipart/mixed; boundary=b; boundary=c~",
	    "Content-Type: multipart/mixed; boundary=\"b~",
	    "Content-Type: multipart/mixed; boundary=b c~",
	    "Content-Type: multipart/mixed boundary=b~",
	    "Content-Type: multipart/mixed; boundary=b~"
	    "Content-Transfer-Encoding: base64~",
	    "Content-Type: multipart/mixed; boundary=b~"
	    "Content-Transfer-Encoding: 7bit~"
	    "Content-Transfer-Encoding: 7bit~",
	    "Content-Type: multipart~",
	    "Content-Type: multipart/mixed; boundary=b~no field~",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		check_shown(types[i], "--b~~x~--b--~", "L!{--b~~x~--b--~}");
	check_shown(
	    "Content-Type: text/plain; charset=a; charset=b~", "x", "L!{x}");
}

static void
test_encodings(void **state)
{
	static const struct {
		const char *header;
		enum mime_cte cte;
		bool malformed;
	} cases[] = {
	    {"", MIME_CTE_7BIT, false},
	    {"Content-Transfer-Encoding: 7bit\r\n", MIME_CTE_7BIT, false},
	    {"content-transfer-encoding:8BIT\r\n", MIME_CTE_8BIT, false},
	    {"Content-Transfer-Encoding:\r\n (x) binary (y)\r\n",
		MIME_CTE_BINARY, false},
	    {"Content-Transfer-Encoding: quoted-printable;\r\n", MIME_CTE_QP,
		false},
	    {"Content-Transfer-Encoding: Base64\r\n", MIME_CTE_BASE64, false},
	    {"Content-Transfer-Encoding: x-uuencode\r\n", MIME_CTE_OTHER,
		false},
	    {"Content-Transfer-Encoding: 8bit; x=y\r\n", MIME_CTE_8BIT, false},
	    {"Content-Transfer-Encoding: base64; x\r\n", MIME_CTE_OTHER, true},
	    {"Content-Transfer-Encoding: base64; x=y\r\n", MIME_CTE_OTHER,
		false},
	    {"Content-Transfer-Encoding:\r\n", MIME_CTE_OTHER, true},
	    {"Content-Transfer-Encoding: 8 bit\r\n", MIME_CTE_OTHER, true},
	};
	struct mime_tree tree;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mime_scan(&tree, slice_text(cases[i].header), slice_text("x"));
		assert_int_equal(
		    tree.root->header_malformed, cases[i].malformed);
		if (!cases[i].malformed)
			assert_int_equal(tree.root->cte, cases[i].cte);
		mime_tree_fini(&tree);
	}
}

/* What is odd about a part is known of it and of all around it, only. */
static void
test_textures_of_parts(void **state)
{
	static const char body[] =
	    "pre\xe4\r\n--b \r\n\r\none\xe4\r\n--b\r\n"
	    "Content-Type: message/rfc822\r\n\r\nX: y \r\n\r\nFrom t\0wo\r\n"
	    "--b\r\n\r\nthree\t\r\n--b--\r\nFrom\nme\r\n";
	struct mime_tree tree;
	const struct mime_part *root, *one, *message, *inner, *three;

	(void)state;
	mime_scan(&tree,
	    slice_text("Content-Type: multipart/mixed; boundary=b\r\n"),
	    slice_make(body, sizeof(body) - 1));
	root = tree.root;
	one = root->child;
	message = one->next;
	inner = message->child;
	three = message->next;
	assert_true(mime_texture_is_robust(&root->header_texture));
	assert_true(root->body_texture.has_8bit);
	assert_true(root->body_texture.has_nul);
	assert_true(root->body_texture.has_trailing_blank);
	assert_true(root->body_texture.has_bare_cr_lf);
	assert_false(root->body_texture.has_long_line);
	assert_true(root->glue_texture.has_8bit);
	assert_true(root->glue_texture.has_bare_cr_lf);
	assert_true(root->glue_texture.has_trailing_blank);
	assert_false(root->glue_texture.has_nul);
	assert_true(one->body_texture.has_8bit);
	assert_false(one->body_texture.has_trailing_blank);
	assert_true(mime_texture_is_robust(&message->header_texture));
	assert_true(message->body_texture.has_trailing_blank);
	assert_true(message->body_texture.has_nul);
	assert_true(inner->header_texture.has_trailing_blank);
	assert_false(inner->header_texture.has_nul);
	assert_true(inner->body_texture.has_nul);
	assert_true(inner->body_texture.has_from_line);
	assert_false(inner->header_texture.has_from_line);
	assert_true(three->body_texture.has_trailing_blank);
	assert_false(three->body_texture.has_8bit);
	mime_tree_fini(&tree);
}

static void
test_order(void **state)
{
	static const char body[] =
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nA: 1\r\n\r\nx\r\n"
	    "--b\r\nA: 2\r\n\r\n--b--\r\n";
	struct mime_tree tree;
	const struct mime_part *part;

	(void)state;
	mime_scan(&tree,
	    slice_text("Content-Type: multipart/mixed; boundary=b\r\n"),
	    slice_text(body));
	assert_int_equal(tree.parts, 4);
	assert_int_equal(tree.depth, 2);
	part = mime_part_next(tree.root);
	assert_int_equal(part->kind, MIME_MESSAGE);
	assert_non_null(header_find(&mime_part_after(part)->header, "A", 0));
	part = mime_part_next(part);
	assert_int_equal(part->depth, 2);
	assert_ptr_equal(mime_part_next(part), mime_part_after(part));
	part = mime_part_next(part);
	assert_int_equal(part->depth, 1);
	assert_null(mime_part_next(part));
	assert_null(mime_part_after(part));
	assert_null(mime_part_after(tree.root));
	mime_tree_fini(&tree);
}

static void
test_nothing_at_all(void **state)
{
	struct slice nothing = slice_make(NULL, 0);
	struct mime_tree tree;

	(void)state;
	mime_scan(&tree, nothing, nothing);
	assert_int_equal(tree.parts, 1);
	assert_string_equal(tree.root->type.type, "text");
	mime_tree_fini(&tree);
	mime_scan(
	    &tree, slice_text("Content-Type: message/rfc822\r\n"), nothing);
	assert_int_equal(tree.parts, 2);
	mime_tree_fini(&tree);
	mime_scan(&tree,
	    slice_text("Content-Type: multipart/mixed; boundary=b\r\n"),
	    nothing);
	assert_true(tree.root->structure_malformed);
	mime_tree_fini(&tree);
}

/* Limits: at the limit the tree is whole, one past it is one leaf. */

static void
check_limit(struct buf *body, const char *header, bool over)
{
	struct mime_tree tree;

	mime_scan(&tree, slice_text(header), buf_slice(body));
	assert_null(
	    mime_check_tree(&tree, slice_text(header), buf_slice(body)));
	assert_int_equal(tree.over_limit, over);
	if (over)
		assert_int_equal(tree.parts, 1);
	mime_tree_fini(&tree);
	buf_clear(body);
}

static void
test_part_limit(void **state)
{
	static const char header[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n";
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	for (size_t extra = 0; extra < 2; extra++) {
		/* The root is one of them. */
		for (size_t i = 1; i < LIMIT_MIME_PARTS + extra; i++)
			buf_add_text(&body, "--b\r\n\r\nx\r\n");
		buf_add_text(&body, "--b--\r\n");
		check_limit(&body, header, extra > 0);
	}
	buf_fini(&body);
}

static void
test_header_limit_of_a_part(void **state)
{
	static const char header[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n";
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	for (size_t extra = 0; extra < 2; extra++) {
		buf_add_text(&body, "--b\r\n");
		for (size_t i = 0; i < LIMIT_HEADER_FIELDS + extra; i++)
			buf_add_text(&body, "A:\r\n");
		buf_add_text(&body, "\r\nx\r\n--b--\r\n");
		check_limit(&body, header, extra > 0);
	}
	buf_fini(&body);
}

/* Many small fields cost more memory than they have bytes. */
static void
test_memory_limit(void **state)
{
	static const char header[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n";
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 23);
	for (size_t parts = 20; parts <= 40; parts += 20) {
		for (size_t i = 0; i < parts; i++) {
			buf_add_text(&body, "--b\r\n");
			for (size_t k = 0; k < 19000; k++)
				buf_add_text(&body, "A:\r\n");
			buf_add_text(&body, "\r\nx\r\n");
		}
		buf_add_text(&body, "--b--\r\n");
		check_limit(&body, header, parts > 20);
	}
	buf_fini(&body);
}

/* depth containers, one in the other, and a leaf in the innermost. */
static void
add_deep(struct buf *body, size_t depth, bool messages)
{
	for (size_t i = 1; i < depth; i++)
		if (messages)
			buf_add_text(
			    body, "Content-Type: message/rfc822\r\n\r\n");
		else
			buf_addf(body,
			    "--b%zu\r\nContent-Type: multipart/mixed; "
			    "boundary=b%zu\r\n\r\n",
			    i - 1, i);
	if (!messages && depth > 0)
		buf_addf(body, "--b%zu\r\n", depth - 1);
	buf_add_text(body, "A: b\r\n\r\nx\r\n");
	for (size_t i = messages ? 0 : depth; i-- > 0;)
		buf_addf(body, "--b%zu--\r\n", i);
}

static void
test_depth_limit(void **state)
{
	static const char *const headers[] = {
	    "Content-Type: multipart/mixed; boundary=b0\r\n",
	    "Content-Type: message/rfc822\r\n"};
	static const size_t depths[] = {
	    LIMIT_MIME_DEPTH, LIMIT_MIME_DEPTH + 1, 1000};
	struct mime_tree tree;
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < 3; i++) {
			add_deep(&body, depths[i], m == 1);
			mime_scan(
			    &tree, slice_text(headers[m]), buf_slice(&body));
			assert_null(mime_check_tree(
			    &tree, slice_text(headers[m]), buf_slice(&body)));
			assert_int_equal(tree.depth, LIMIT_MIME_DEPTH);
			assert_int_equal(
			    tree.over_limit, depths[i] > LIMIT_MIME_DEPTH);
			mime_tree_fini(&tree);
			buf_clear(&body);
		}
	buf_fini(&body);
}

static void
test_boundary_limit(void **state)
{
	char boundary[LIMIT_BOUNDARY + 2], body[600], header[400];

	(void)state;
	for (size_t len = LIMIT_BOUNDARY; len < sizeof(boundary); len++) {
		memset(boundary, 'x', len);
		boundary[len] = '\0';
		snprintf(header, sizeof(header),
		    "Content-Type: multipart/mixed; boundary=%s~", boundary);
		snprintf(
		    body, sizeof(body), "--%s~~a~--%s--~", boundary, boundary);
		if (len <= LIMIT_BOUNDARY) {
			check_shown(header, body, "P(L{a})");
		} else {
			struct buf wanted;

			buf_init(&wanted, 1000);
			buf_addf(&wanted, "P?(<%s>)", body);
			check_shown(header, body, buf_text(&wanted));
			buf_fini(&wanted);
		}
	}
}

/* The deepest nesting of open multiparts, followed by what costs most. */
static void
test_hostile(void **state)
{
	static const char *const units[] = {"--b\r\n", "--\r\n", "\r\n", "\n",
	    "--b0\r\n\r\n", "--b0 ", "\r", "--b1\r\n", "--b63--\r\n",
	    "--b63 \r\n", "A:\r\n", "-", "Content-Type: message/rfc822\r\n\r\n",
	    "Content-Type: multipart/mixed; boundary=b0\r\n\r\n--b0\r\n"};
	static const char header[] =
	    "Content-Type: multipart/mixed; boundary=b0\r\n";
	struct mime_tree tree;
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 23);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		for (size_t k = 1; k < LIMIT_MIME_DEPTH; k++)
			buf_addf(&body,
			    "--b%zu\r\nContent-Type: multipart/mixed; "
			    "boundary=b%zu\r\n\r\n",
			    k - 1, k);
		while (body.len < 1u << 19)
			buf_add_text(&body, units[i]);
		mime_scan(&tree, slice_text(header), buf_slice(&body));
		assert_null(mime_check_tree(
		    &tree, slice_text(header), buf_slice(&body)));
		mime_tree_fini(&tree);
		buf_clear(&body);
	}
	buf_fini(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_leaves),
	    cmocka_unit_test(test_multiparts),
	    cmocka_unit_test(test_disputed_delimiters),
	    cmocka_unit_test(test_disputed_types),
	    cmocka_unit_test(test_malformed_structures),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_digest),
	    cmocka_unit_test(test_malformed_headers),
	    cmocka_unit_test(test_encodings),
	    cmocka_unit_test(test_textures_of_parts),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_nothing_at_all),
	    cmocka_unit_test(test_part_limit),
	    cmocka_unit_test(test_header_limit_of_a_part),
	    cmocka_unit_test(test_memory_limit),
	    cmocka_unit_test(test_depth_limit),
	    cmocka_unit_test(test_boundary_limit),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("mime_scan", tests, NULL, NULL);
}
