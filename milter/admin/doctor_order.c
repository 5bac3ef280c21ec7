/* doctor_order.c: see doctor_order.h. */
#include "admin/doctor_order.h"

#include <string.h>

/* --- a list as it should be --- */

/* Where a milter belongs, among the others of its listener: the lowest first.
 * Equal ones stay as they are. */
static unsigned
rank(const struct doctor_listener *l, size_t i)
{
	bool before = i < doctor_listener_find(l, MILTER_OURS);

	switch (l->milters[i].kind) {
	case MILTER_OURS:
		return 1;
	case MILTER_GUARD:
		return 4;
	case MILTER_SIGNER:
		return l->role == ROLE_STRANGERS ? 0 : 3;
	case MILTER_SCANNER:
		return l->role == ROLE_STRANGERS || l->role == ROLE_COPIES ? 2
									   : 0;
	case MILTER_NEUTRAL:
		break;
	case MILTER_UNKNOWN:
		if (l->role == ROLE_COPIES)
			return 2;
		if (l->role != ROLE_STRANGERS)
			return 0;
		break;
	}
	if (l->role == ROLE_COPIES)
		return 2;
	return before ? 0 : 2;
}

/* A list in the making: the milters of a listener, and perhaps more. */
struct order {
	const char *texts[DOCTOR_MILTERS_MAX + 2];
	size_t count;
};

static void
order_add(struct order *o, const char *text)
{
	if (o->count < sizeof(o->texts) / sizeof(*o->texts))
		o->texts[o->count++] = text;
}

/* All milters by their ranks. */
static struct order
order_of(const struct doctor_listener *l)
{
	struct order o = {.count = 0};

	for (unsigned wanted = 0; wanted <= 4; wanted++)
		for (size_t i = 0; i < l->count; i++)
			if (rank(l, i) == wanted)
				order_add(&o, l->milters[i].text);
	return o;
}

static void
set_order(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const struct order *o)
{
	server->set_list(r, n, server, l, o->texts, o->count);
}

/* The list with one more milter at its place. */
static void
set_with(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const char *text,
    enum doctor_milter_kind kind)
{
	struct doctor_listener more = *l;
	struct order o;

	if (!text || l->count == DOCTOR_MILTERS_MAX)
		return;
	more.milters[more.count++] =
	    (struct doctor_milter){.text = text, .name = "", .kind = kind};
	o = order_of(&more);
	set_order(r, n, server, l, &o);
}

/* Whose mail it is, in a sentence. */
static const char *
senders(enum doctor_role role)
{
	return role == ROLE_COMMAND ? "the sendmail command"
				    : doctor_role_name(role);
}

/* --- presence --- */

static void
add_ourselves(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const struct doctor_listener *l)
{
	set_with(r, n, server, l, server->entry(r, server, l, MILTER_OURS),
	    MILTER_OURS);
}

static void
check_presence(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l)
{
	enum doctor_check check =
	    l->role == ROLE_COMMAND ? CHECK_COMMAND : CHECK_MISSING;
	size_t n;

	n = doctor_find(r, check, l->where,
	    "smime-milter is not among the milters of %s%s%s.", l->name,
	    l->role == ROLE_COMMAND ? "" : ", for mail of ",
	    l->role == ROLE_COMMAND ? "" : doctor_role_name(l->role));
	add_ourselves(r, n, server, l);
}

static void
check_once(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l)
{
	size_t first = doctor_listener_find(l, MILTER_OURS), n;
	struct order o = {.count = 0};

	for (size_t i = 0; i < l->count; i++)
		if (i <= first || l->milters[i].kind != MILTER_OURS)
			order_add(&o, l->milters[i].text);
	if (o.count == l->count)
		return;
	n = doctor_find(r, CHECK_TWICE, l->where,
	    "%s asks smime-milter more than once about each mail.", l->name);
	set_order(r, n, server, l, &o);
}

void
doctor_order_presence(
    struct doctor_report *r, const struct doctor_server *server)
{
	const struct doctor_listener *l;
	size_t asked = 0;

	for (size_t i = 0; i < server->count; i++) {
		l = &server->listeners[i];
		if (l->role == ROLE_OTHER || l->role == ROLE_COPIES)
			continue;
		if (doctor_listener_find(l, MILTER_OURS) == l->count) {
			check_presence(r, server, l);
			continue;
		}
		asked++;
		check_once(r, server, l);
	}
	if (asked > 0)
		doctor_fine(r, "smime-milter is asked at %zu listener%s", asked,
		    asked == 1 ? "" : "s");
}

/* --- neighbours --- */

/* What is wrong with milter i of a listener that has us at ours; CHECK_COUNT:
 * nothing. */
static enum doctor_check
wrong_with(const struct doctor_listener *l, size_t i, size_t ours)
{
	enum doctor_milter_kind kind = l->milters[i].kind;

	if (l->role == ROLE_STRANGERS) {
		if (kind == MILTER_SIGNER && i > ours)
			return CHECK_ORDER_VERIFIER;
		if (kind == MILTER_SCANNER && i < ours)
			return CHECK_ORDER_SCANNER;
		return CHECK_COUNT;
	}
	if (kind == MILTER_SIGNER && i < ours)
		return CHECK_ORDER_SIGNER;
	if (kind == MILTER_SCANNER && i > ours)
		return CHECK_ORDER_SCANNER;
	if (kind == MILTER_UNKNOWN && i > ours)
		return CHECK_ORDER_BEHIND;
	return CHECK_COUNT;
}

static void
check_neighbours(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l, size_t ours)
{
	enum doctor_check check;
	struct order o;
	size_t found = 0, n;

	for (size_t i = 0; i < l->count; i++) {
		check = wrong_with(l, i, ours);
		if (check == CHECK_COUNT)
			continue;
		found++;
		n = doctor_find(r, check, l->where,
		    "%s asks %s %s smime-milter about mail of %s.", l->name,
		    l->milters[i].name, i < ours ? "before" : "behind",
		    senders(l->role));
		o = order_of(l);
		set_order(r, n, server, l, &o);
	}
	if (found == 0 && l->count > 1 &&
	    doctor_listener_find(l, MILTER_GUARD) > ours)
		doctor_fine(r, "the order of milters of %s", l->name);
}

/* One list for both directions: only what does not care may be beside us. */
static void
check_shared(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l)
{
	struct doctor_listener strangers = *l;
	struct order o;
	size_t i = 0, n;

	while (i < l->count && l->milters[i].kind != MILTER_SIGNER &&
	       l->milters[i].kind != MILTER_SCANNER)
		i++;
	if (i == l->count)
		return;
	n = doctor_find(r, CHECK_ORDER_SHARED, l->where,
	    "%s takes mail of strangers and of our users, and asks %s about "
	    "both.",
	    l->name, l->milters[i].name);
	doctor_remedy(r, n, DOCTOR_BY_HAND,
	    "Let users send through a listener of their own, and give each its "
	    "list (\"Order of milters\" in smime-milter(8)).");
	if (server->set_strangers)
		server->set_strangers(r, n, server, l);
	strangers.role = ROLE_STRANGERS;
	o = order_of(&strangers);
	set_order(r, n, server, l, &o);
}

void
doctor_order_neighbours(
    struct doctor_report *r, const struct doctor_server *server)
{
	const struct doctor_listener *l;
	size_t ours;

	for (size_t i = 0; i < server->count; i++) {
		l = &server->listeners[i];
		ours = doctor_listener_find(l, MILTER_OURS);
		if (ours == l->count || l->role == ROLE_OTHER ||
		    l->role == ROLE_COPIES)
			continue;
		if (l->role == ROLE_BOTH)
			check_shared(r, server, l);
		else
			check_neighbours(r, server, l, ours);
	}
}

/* --- copies --- */

static const struct doctor_listener *
find_copies(const struct doctor_server *server)
{
	for (size_t i = 0; i < server->count; i++)
		if (server->listeners[i].role == ROLE_COPIES)
			return &server->listeners[i];
	return NULL;
}

/* A milter of this kind at listeners of that role: what it sees there it has
 * to see of copies, too. */
static const struct doctor_milter *
find_milter(const struct doctor_server *server, enum doctor_role role,
    enum doctor_milter_kind kind)
{
	const struct doctor_listener *l;
	size_t i;

	for (size_t k = 0; k < server->count; k++) {
		l = &server->listeners[k];
		i = doctor_listener_find(l, kind);
		if (l->role == role && i < l->count)
			return &l->milters[i];
	}
	return NULL;
}

static void
check_copies_has(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *copies, enum doctor_role role,
    enum doctor_milter_kind kind)
{
	const struct doctor_milter *m = find_milter(server, role, kind);
	size_t n;

	if (!m || doctor_listener_find(copies, kind) < copies->count)
		return;
	n = doctor_find(r,
	    kind == MILTER_SIGNER ? CHECK_COPIES_SIGNER : CHECK_COPIES_SCANNER,
	    copies->where,
	    "%s, the listener for copies, does not ask %s, as is done for mail "
	    "of %s.",
	    copies->name, m->name, senders(role));
	set_with(r, n, server, copies, m->text, kind);
}

/* Copies are signed when they come.  What is no scanner and no signer as far as
 * anybody knows may append to them what it appends elsewhere. */
static void
check_copies_behind(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *copies)
{
	size_t unknown = doctor_listener_find(copies, MILTER_UNKNOWN), n;
	struct order o = {.count = 0};

	if (unknown == copies->count)
		return;
	for (size_t i = 0; i < copies->count; i++)
		if (copies->milters[i].kind != MILTER_UNKNOWN)
			order_add(&o, copies->milters[i].text);
	n = doctor_find(r, CHECK_COPIES_BEHIND, copies->where,
	    "%s, the listener for copies, asks %s.", copies->name,
	    copies->milters[unknown].name);
	set_order(r, n, server, copies, &o);
}

static void
check_copies_open(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *copies)
{
	size_t n;

	if (doctor_host_is_loopback(copies->at.name)) {
		doctor_fine(
		    r, "only this host reaches the listener for copies");
		return;
	}
	n = doctor_find(r, CHECK_COPIES_OPEN, copies->where,
	    "%s, the listener for copies, can be reached from other hosts.",
	    copies->name);
	server->set_loopback(r, n, server, copies);
}

void
doctor_order_copies(struct doctor_report *r, const struct doctor_server *server)
{
	const struct doctor_listener *copies = find_copies(server);
	struct order o;
	size_t ours, n;

	if (!copies)
		return;
	check_copies_open(r, server, copies);
	ours = doctor_listener_find(copies, MILTER_OURS);
	if (ours == copies->count) {
		n = doctor_find(r, CHECK_COPIES_FIRST, copies->where,
		    "smime-milter is not among the milters of %s, the listener "
		    "for copies.",
		    copies->name);
		add_ourselves(r, n, server, copies);
	} else if (ours > 0) {
		n = doctor_find(r, CHECK_COPIES_FIRST, copies->where,
		    "%s, the listener for copies, asks %s before smime-milter.",
		    copies->name, copies->milters[0].name);
		o = order_of(copies);
		set_order(r, n, server, copies, &o);
	} else {
		doctor_fine(r, "the first milter of the listener for copies");
	}
	check_copies_has(r, server, copies, ROLE_SUBMISSION, MILTER_SIGNER);
	check_copies_has(r, server, copies, ROLE_STRANGERS, MILTER_SCANNER);
	check_copies_behind(r, server, copies);
}

/* --- guard --- */

static void
check_guarded(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l)
{
	size_t guard = doctor_listener_find(l, MILTER_GUARD), n;
	struct order o;

	if (guard == l->count) {
		n = doctor_find(r, CHECK_GUARD_MISSING, l->where,
		    "The guard is not among the milters of %s.", l->name);
		set_with(r, n, server, l,
		    server->entry(r, server, l, MILTER_GUARD), MILTER_GUARD);
	} else if (guard + 1 < l->count) {
		n = doctor_find(r, CHECK_GUARD_NOT_LAST, l->where,
		    "%s asks %s behind the guard.", l->name,
		    l->milters[guard + 1].name);
		o = order_of(l);
		set_order(r, n, server, l, &o);
	} else {
		doctor_fine(r, "the guard is the last milter of %s", l->name);
	}
}

void
doctor_order_guard(struct doctor_report *r, const struct doctor_server *server)
{
	const struct doctor_listener *l;

	if (!server->own->guard_file)
		return;
	if (doctor_server_has_guard_apart(server)) {
		doctor_fine(r, "the guard has a listener of its own");
		return;
	}
	for (size_t i = 0; i < server->count; i++) {
		l = &server->listeners[i];
		if (doctor_listener_is_outgoing(l) &&
		    doctor_listener_find(l, MILTER_OURS) < l->count)
			check_guarded(r, server, l);
	}
}

/* --- names --- */

static const struct doctor_listener *
find_daemon(const struct doctor_server *server, const char *name)
{
	for (size_t i = 0; i < server->count; i++)
		if (strcmp(server->listeners[i].daemon_name, name) == 0)
			return &server->listeners[i];
	return NULL;
}

/* The listener that was meant: one of our users' that has no name that is
 * known. */
static void
name_submission(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const char *name)
{
	const struct doctor_listener *l;

	for (size_t i = 0; i < server->count; i++) {
		l = &server->listeners[i];
		if (l->role == ROLE_SUBMISSION &&
		    !doctor_own_has_daemon(server->own, l->daemon_name)) {
			server->set_name(r, n, server, l, name);
			return;
		}
	}
	doctor_remedy(r, n, DOCTOR_BY_HAND,
	    "Give the listener of your users that name, or take it out of "
	    "outbound.submission_daemons.");
}

static void
check_strangers(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l)
{
	size_t n;

	n = doctor_find(r, CHECK_STRANGERS, l->where,
	    "%s takes mail of strangers and has the name \"%s\", which "
	    "outbound.submission_daemons lists.",
	    l->name, l->daemon_name);
	if (doctor_own_has_daemon(server->own, "MX"))
		doctor_remedy(r, n, DOCTOR_BY_HAND,
		    "Give the listener of your users a name that no other "
		    "listener has.");
	else
		server->set_name(r, n, server, l, "MX");
}

void
doctor_order_daemons(
    struct doctor_report *r, const struct doctor_server *server)
{
	const struct doctor_own *own = server->own;
	const char *name;
	size_t n;

	for (size_t i = 0; i < own->submission_daemon_count; i++) {
		name = own->submission_daemons[i];
		if (find_daemon(server, name))
			continue;
		n = doctor_find(r, CHECK_DAEMON, own->file,
		    "No listener has the name \"%s\".", name);
		name_submission(r, n, server, name);
	}
	for (size_t i = 0; i < server->count; i++)
		if (server->listeners[i].role == ROLE_STRANGERS &&
		    doctor_own_has_daemon(
			own, server->listeners[i].daemon_name))
			check_strangers(r, server, &server->listeners[i]);
}
