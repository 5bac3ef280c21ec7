/*
 * smtp_command.c: see smtp_command.h.  RFC 5321 4.1.1.2, 4.1.1.3 and 4.1.2.
 * Pure functions, any thread.
 *
 * A path is taken as the server took it the first time: source routes,
 * missing domains, odd dots and all.  Only what two programs could read
 * differently is refused: blanks, brackets, comments and backslashes outside
 * quotes.
 */
#include "relay/smtp_command.h"

#include <inttypes.h>
#include <string.h>

#include "mail/esmtp.h"

/* What becomes of a parameter whose extension the server lacks. */
enum otherwise {
	REFUSE = 0, /* it means something that must not get lost */
	DROP,	    /* as its RFC says */
	DROP_IF_7BIT
};

struct parameter {
	const char *name;
	unsigned extension; /* enum smtp_extension; 0: never goes out */
	enum otherwise otherwise;
};

static const struct parameter mail_parameters[] = {
    {"SIZE", 0, DROP}, /* ours goes out instead */
    {"AUTH", 0, DROP},
    {"RET", SMTP_DSN, DROP},
    {"ENVID", SMTP_DSN, DROP},
    {"BODY", SMTP_8BITMIME, DROP_IF_7BIT},
    {"SMTPUTF8", SMTP_SMTPUTF8, DROP_IF_7BIT},
    {"BY", SMTP_DELIVERBY, REFUSE},
    {"REQUIRETLS", SMTP_REQUIRETLS, REFUSE},
    {NULL, 0, REFUSE},
};

static const struct parameter rcpt_parameters[] = {
    {"NOTIFY", SMTP_DSN, DROP},
    {"ORCPT", SMTP_DSN, DROP},
    {NULL, 0, REFUSE},
};

static int
refuse(struct err *err, struct slice what, const char *why)
{
	char shown[101];

	slice_show(what, shown, sizeof(shown));
	return err_set(err, ERR_PERMANENT, "\"%s\": %s", shown, why);
}

static bool
has_8bit(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] > 127)
			return true;
	return false;
}

static bool
is_control(unsigned char c)
{
	return c < ' ' || c == 127;
}

/* May stand outside quotes: atext, dots, and what domains, literals and
 * source routes need.  UTF-8 is for the server to judge. */
static bool
is_plain(unsigned char c)
{
	return c > ' ' && c != 127 && !strchr("()<>\\;\"", c);
}

/* The bytes of a quoted string at the beginning, with its quotes; 0 when
 * there is none (RFC 5321 4.1.2, Quoted-string). */
static size_t
quoted_length(struct slice s)
{
	size_t i = 1;

	while (i < s.len && s.data[i] != '"') {
		if (s.data[i] == '\\' && i + 1 < s.len)
			i++;
		if (is_control(s.data[i]))
			return 0;
		i++;
	}
	return i < s.len ? i + 1 : 0;
}

/* The path without its angle brackets. */
static int
read_path(struct slice path, struct slice *inner, struct err *err)
{
	bool opened = slice_has_prefix(path, "<");
	bool closed = path.len > 0 && path.data[path.len - 1] == '>';
	size_t n;

	if (opened != closed)
		return refuse(err, path, "brackets that do not match");
	*inner = opened ? slice_part(path, 1, path.len - 1) : path;
	for (size_t i = 0; i < inner->len; i += n) {
		n = 1;
		if (inner->data[i] == '"')
			n = quoted_length(slice_part(*inner, i, inner->len));
		else if (!is_plain(inner->data[i]))
			n = 0;
		if (n == 0)
			return refuse(err, path,
			    "not a path that can be sent: it holds a "
			    "character that must not be there");
	}
	return 0;
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value].  "=" inside a value is
 * against the syntax, harmless, and was accepted before. */
static int
read_parameter(
    struct slice word, struct slice *name, struct slice *value, struct err *err)
{
	size_t equals = slice_find(word, '=', 0);

	*name = slice_part(word, 0, equals);
	*value = slice_part(word, equals + 1, word.len);
	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] == ' ' || is_control(word.data[i]))
			return refuse(err, word, "not a parameter");
	for (size_t i = 0; i < name->len; i++) {
		unsigned char c = ascii_lower(name->data[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-')
			return refuse(err, word, "not a parameter");
	}
	if (name->len == 0 || (equals < word.len && value->len == 0))
		return refuse(err, word, "not a parameter");
	return 0;
}

static const struct parameter *
find_parameter(const struct parameter *known, struct slice name)
{
	while (known->name && !slice_equal_text_ci(name, known->name))
		known++;
	return known;
}

/* A parameter whose extension the server lacks: 0 when it may be dropped. */
static int
do_without(const struct parameter *parameter, struct slice word,
    struct smtp_terms *terms, struct err *err)
{
	if (parameter->otherwise == REFUSE)
		return refuse(err, word,
		    "the server does not know this parameter, and it must "
		    "not get lost");
	if (parameter->otherwise == DROP_IF_7BIT && terms->has_8bit)
		return refuse(err, word,
		    "the message is not 7-bit, and the server does not "
		    "announce the extension for that");
	if (parameter->extension == SMTP_DSN)
		terms->dsn_dropped = true;
	return 0;
}

/* " " and the parameter, unless it is one that stays behind. */
static int
add_parameter(struct buf *out, const struct parameter *known, struct slice word,
    struct smtp_terms *terms, struct err *err)
{
	const struct parameter *parameter;
	struct slice name, value;

	if (read_parameter(word, &name, &value, err))
		return -1;
	parameter = find_parameter(known, name);
	if (!parameter->name)
		return refuse(err, word, "an unknown parameter");
	if (slice_equal_text_ci(name, "BODY") &&
	    !slice_equal_text_ci(value, "7BIT") &&
	    !slice_equal_text_ci(value, "8BITMIME"))
		return refuse(err, word, "cannot be sent with DATA");
	if (parameter->extension == 0)
		return 0;
	if (!(terms->server->has & parameter->extension))
		return do_without(parameter, word, terms, err);
	buf_add_char(out, ' ');
	buf_add_slice(out, word);
	return 0;
}

/* Parameters with blanks between. */
static int
add_parameters(struct buf *out, const struct parameter *known,
    struct slice words, struct smtp_terms *terms, struct err *err)
{
	size_t end;

	for (size_t i = 0; i < words.len; i = end + 1) {
		end = slice_find(words, ' ', i);
		if (end > i && add_parameter(out, known,
				   slice_part(words, i, end), terms, err))
			return -1;
	}
	return 0;
}

/* Does a path or a parameter of the envelope need SMTPUTF8? */
static bool
envelope_is_utf8(const struct relay_copy *copy)
{
	if (has_8bit(copy->path) || has_8bit(copy->parameters))
		return true;
	for (size_t i = 0; i < copy->count; i++)
		if (has_8bit(copy->recipients[i].path) ||
		    has_8bit(copy->recipients[i].parameters))
			return true;
	return false;
}

/* Did the client of the message say anything of its body? */
static bool
says_body(struct slice words)
{
	return esmtp_parameter(words, "BODY").data != NULL;
}

bool
smtp_mail_wants_texture(
    const struct relay_copy *copy, const struct smtp_extensions *server)
{
	return !(server->has & SMTP_8BITMIME) || !says_body(copy->parameters) ||
	       (!(server->has & SMTP_SMTPUTF8) &&
		   esmtp_has(copy->parameters, "SMTPUTF8"));
}

/* What the client of the message did not say, or not of this copy. */
static int
add_own_parameters(struct buf *out, const struct relay_copy *copy,
    const struct smtp_terms *terms, struct err *err)
{
	unsigned has = terms->server->has;

	if (envelope_is_utf8(copy)) {
		if (!(has & SMTP_SMTPUTF8))
			return err_set(err, ERR_PERMANENT,
			    "the envelope is not ASCII, and the server does "
			    "not announce SMTPUTF8");
		if (!esmtp_has(copy->parameters, "SMTPUTF8"))
			buf_add_text(out, " SMTPUTF8");
	}
	if (terms->has_8bit && !(has & SMTP_8BITMIME))
		return err_set(err, ERR_PERMANENT,
		    "the content is not 7-bit, and the server does not "
		    "announce 8BITMIME");
	if (terms->has_8bit && !says_body(copy->parameters))
		buf_add_text(out, " BODY=8BITMIME");
	if (has & SMTP_SIZE)
		buf_addf(out, " SIZE=%" PRIu64, terms->size);
	return 0;
}

/* The end of a command that began at start. */
static int
finish(struct buf *out, size_t start, struct err *err)
{
	buf_add_text(out, "\r\n");
	if (!buf_ok(out) || out->len - start > LIMIT_RELAY_COMMAND)
		return err_set(err, ERR_PERMANENT,
		    "an envelope command of more than %u bytes",
		    LIMIT_RELAY_COMMAND);
	return 0;
}

int
smtp_mail_write(struct buf *out, const struct relay_copy *copy,
    struct smtp_terms *terms, struct err *err)
{
	size_t start = out->len;
	struct slice path;

	if (read_path(copy->path, &path, err))
		return err_prefix(err, "sender");
	buf_add_text(out, "MAIL FROM:<");
	buf_add_slice(out, path);
	buf_add_text(out, ">");
	if (add_parameters(
		out, mail_parameters, copy->parameters, terms, err) ||
	    add_own_parameters(out, copy, terms, err) ||
	    finish(out, start, err))
		return err_prefix(err, "sender");
	return 0;
}

int
smtp_rcpt_write(struct buf *out, const struct relay_recipient *recipient,
    struct smtp_terms *terms, struct err *err)
{
	size_t start = out->len;
	struct slice path = {.len = 0};

	if (read_path(recipient->path, &path, err))
		return err_prefix(err, "recipient");
	if (path.len == 0)
		return err_set(err, ERR_PERMANENT, "a recipient without path");
	buf_add_text(out, "RCPT TO:<");
	buf_add_slice(out, path);
	buf_add_text(out, ">");
	if (add_parameters(
		out, rcpt_parameters, recipient->parameters, terms, err) ||
	    finish(out, start, err))
		return err_prefix(err, "recipient");
	return 0;
}
