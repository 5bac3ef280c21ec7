/*
 * gate_people.c: see gate_people.h.  Pure; any thread.
 *
 * Compares paths byte for byte, as mail servers do (MTA.md d): what is not
 * exactly the name that the server was told removes nobody.  Two recipients
 * whose paths are the same are the same to it; where they are treated alike
 * that does not matter.
 */
#include "gateway/gate_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* --- what the plan says --- */

/* Required by policy itself, whatever the plan says.  Less than what the plan
 * may know: the sender's own wishes are not asked for here. */
static bool
is_required(const struct policy_facts *facts, size_t i)
{
	const struct recipient_facts *r = &facts->recipients[i];

	if (facts->protection == PROTECTION_ENCRYPTED)
		return false;
	return r->level.encrypt == RECEIVE_REQUIRED ||
	       (facts->encrypt == ENCRYPT_REQUIRED && !r->is_local);
}

bool
gate_people_required(const struct policy_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (is_required(facts, i))
			return true;
	return false;
}

static int
check_recipient(const struct gate_case *c, size_t i, struct err *err)
{
	const struct plan_recipient *r = &c->plan->recipients[i];
	bool required = r->required || is_required(c->facts, i);

	if (r->refused)
		return r->group == PLAN_NO_GROUP
			   ? 0
			   : gap(err, "a refused recipient is in a group");
	if (r->group >= c->plan->group_count)
		return gap(err, "a recipient is in no group");
	if (c->plan->groups[r->group].encrypt != r->encrypt)
		return gap(err, "a recipient is in a group that is not his");
	if (required && !r->encrypt)
		return gap(err, "must be encrypted and is not");
	return 0;
}

/* Rule B1, by what To and Cc say. */
static int
check_group(const struct gate_people *p, size_t group, struct err *err)
{
	size_t from = p->first[group], to = p->first[group + 1];

	if (from == to && p->c->plan->recipient_count > 0)
		return gap(err, "a group without recipients");
	for (size_t i = from; i < to && to - from > 1; i++)
		if (p->c->plan->groups[group].encrypt &&
		    !p->c->facts->recipients[p->members[i]].visible)
			return gap(err, "a blind recipient is not alone");
	return 0;
}

static int
check_plan(const struct gate_people *p, struct err *err)
{
	const struct gate_case *c = p->c;

	for (size_t i = 0; i < c->plan->recipient_count; i++)
		if (check_recipient(c, i, err) < 0)
			return -1;
	return 0;
}

/* --- making --- */

static int
compare_names(const void *a, const void *b)
{
	const struct gate_name *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
list_names(struct gate_people *p)
{
	const struct envelope *e = p->c->envelope;
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++)
		count += 1 + e->recipients[i].alias_count;
	p->names = xcalloc(count + 1, sizeof(*p->names));
	for (size_t i = 0; i < e->count; i++) {
		const struct envelope_recipient *r = &e->recipients[i];

		p->names[p->name_count++] = (struct gate_name){r->path, i};
		for (size_t k = 0; k < r->alias_count; k++)
			p->names[p->name_count++] =
			    (struct gate_name){r->aliases[k], i};
	}
	qsort(p->names, p->name_count, sizeof(*p->names), compare_names);
}

/* By counting: how many are in each group, where each begins, who. */
static void
list_members(struct gate_people *p)
{
	const struct plan *plan = p->c->plan;
	size_t *next = xcalloc(plan->group_count + 1, sizeof(*next));

	p->first = xcalloc(plan->group_count + 1, sizeof(*p->first));
	p->members = xcalloc(plan->recipient_count + 1, sizeof(*p->members));
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (!plan->recipients[i].refused)
			p->first[plan->recipients[i].group + 1]++;
	for (size_t g = 0; g < plan->group_count; g++) {
		p->first[g + 1] += p->first[g];
		next[g] = p->first[g];
	}
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (!plan->recipients[i].refused)
			p->members[next[plan->recipients[i].group]++] = i;
	free(next);
}

int
gate_people_init(
    struct gate_people *p, const struct gate_case *c, struct err *err)
{
	*p = (struct gate_people){.c = c};
	if (c->plan->recipient_count != c->facts->recipient_count ||
	    c->plan->recipient_count != c->envelope->count)
		return gap(err, "plan and envelope have other recipients");
	/* What follows relies on this. */
	if (check_plan(p, err) < 0)
		return -1;
	list_names(p);
	list_members(p);
	for (size_t g = 0; g < c->plan->group_count; g++)
		if (check_group(p, g, err) < 0)
			return -1;
	return 0;
}

void
gate_people_fini(struct gate_people *p)
{
	free(p->first);
	free(p->members);
	free(p->names);
}

/* --- the copy that stays in place --- */

/* The first of those with that path; NULL: nobody. */
static const struct gate_name *
find_name(const struct gate_people *p, const char *path)
{
	struct gate_name key = {.path = path};
	const struct gate_name *found =
	    bsearch(&key, p->names, p->name_count, sizeof(key), compare_names);

	while (found && found > p->names && strcmp(found[-1].path, path) == 0)
		found--;
	return found;
}

static int
compare_paths(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Each removed name is that of somebody who is in another group, or in none. */
static int
check_removed(const struct gate_people *p, const char *const *removed,
    size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct gate_name *name = find_name(p, removed[i]);

		if (!name)
			return gap(err, "a stranger is removed");
		if (p->c->plan->recipients[name->recipient].group == 0)
			return gap(err, "a recipient loses his copy");
	}
	return 0;
}

/* Postfix knows a recipient with a source route by nothing but its own name
 * for him, and says nothing when it is told another one (MTA.md d). */
static bool
can_be_removed(const struct gate_people *p, size_t recipient)
{
	const struct envelope_recipient *r =
	    &p->c->envelope->recipients[recipient];
	bool has_route =
	    r->path[0] == '@' || (r->path[0] == '<' && r->path[1] == '@');

	return !has_route || r->alias_count > 0;
}

static int
check_in_place(
    const struct gate_people *p, const struct edits *edits, struct err *err)
{
	size_t count = edits->recipient_count;
	const char **removed = xcalloc(count + 1, sizeof(*removed));
	int rc = -1;

	for (size_t i = 0; i < count; i++)
		removed[i] = edits->recipients[i];
	qsort(removed, count, sizeof(*removed), compare_paths);
	if (check_removed(p, removed, count, err) < 0)
		goto out;
	for (size_t i = 0; i < p->name_count; i++) {
		const struct gate_name *name = &p->names[i];

		if (p->c->plan->recipients[name->recipient].group == 0)
			continue;
		if (!can_be_removed(p, name->recipient)) {
			gap(err, "nobody knows how to remove a recipient");
			goto out;
		}
		if (!bsearch(&name->path, removed, count, sizeof(*removed),
			compare_paths)) {
			gap(err, "a recipient gets what is not for him");
			goto out;
		}
	}
	rc = 0;
out:
	free(removed);
	return rc;
}

/* --- copies that are handed over --- */

static bool
is_same_text(struct slice s, const char *text)
{
	return slice_equal(s, slice_text(text ? text : ""));
}

static bool
is_done(const struct gate_people *p, size_t recipient)
{
	return p->c->done && p->c->done[recipient];
}

size_t
gate_people_waiting(const struct gate_people *p, size_t group)
{
	size_t n = 0;

	for (size_t k = p->first[group]; k < p->first[group + 1]; k++)
		n += !is_done(p, p->members[k]);
	return n;
}

/* The recipient with that path, in that group and not met before; seen is by
 * recipient. */
static int
find_member(const struct gate_people *p, const struct relay_recipient *r,
    size_t group, bool *seen, struct err *err)
{
	const struct envelope *e = p->c->envelope;
	char *path = slice_dup_text(r->path);
	const struct gate_name *name = find_name(p, path);
	const struct gate_name *end = p->names + p->name_count;

	/* Of those with the same name the first who is still without. */
	for (; name && name < end && strcmp(name->path, path) == 0; name++) {
		size_t i = name->recipient;

		if (p->c->plan->recipients[i].group != group || seen[i] ||
		    is_done(p, i))
			continue;
		free(path);
		if (!is_same_text(r->parameters, e->recipients[i].parameters))
			return gap(err, "a recipient with other parameters");
		seen[i] = true;
		return 0;
	}
	free(path);
	return gap(err, "a copy goes to somebody it is not for");
}

static int
check_handed_over(
    const struct gate_people *p, const struct gate_copy *copy, struct err *err)
{
	const struct relay_copy *relay = copy->relay;
	const struct envelope *e = p->c->envelope;
	bool *seen;
	int rc = 0;

	if (!is_same_text(relay->path, e->sender_path) ||
	    !is_same_text(relay->parameters, e->parameters))
		return gap(err, "a copy has another sender");
	/* Each is found once: then all are. */
	if (relay->count != gate_people_waiting(p, copy->group))
		return gap(err, "a copy goes to too many, or too few");
	seen = xcalloc(p->c->plan->recipient_count + 1, sizeof(*seen));
	for (size_t i = 0; i < relay->count && rc == 0; i++)
		rc = find_member(
		    p, &relay->recipients[i], copy->group, seen, err);
	free(seen);
	return rc;
}

int
gate_people_check(
    const struct gate_people *p, const struct gate_copy *copy, struct err *err)
{
	return copy->relay ? check_handed_over(p, copy, err)
			   : check_in_place(p, copy->edits, err);
}

/* --- certificates --- */

static void
add_all(struct certificate_list *out, const struct certificate_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		certificate_list_add(out, list->at[i]);
}

int
gate_people_certificates(const struct gate_people *p,
    const struct gate_copy *copy, struct certificate_list *out, struct err *err)
{
	size_t from = p->first[copy->group], to = p->first[copy->group + 1];

	for (size_t i = from; i < to; i++) {
		const struct certificate_list *his =
		    p->c->certificates ? &p->c->certificates[p->members[i]]
				       : NULL;

		if (!his || his->count == 0)
			return gap(err, "encrypted to nobody");
		add_all(out, his);
	}
	if (from == to)
		return gap(err, "encrypted to nobody");
	if (p->c->escrow)
		add_all(out, p->c->escrow);
	return 0;
}
