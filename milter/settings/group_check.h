/*
 * group_check.h: what no single option of a group can tell about it.
 */
#ifndef SETTINGS_GROUP_CHECK_H
#define SETTINGS_GROUP_CHECK_H

#include <stdbool.h>

struct config_setting_t; /* of libconfig */

/* What contradicts itself in a group, or is missing; NULL when nothing does.
 * Static text. */
typedef const char *group_fault_fn(
    const struct config_setting_t *value, const void *group);

group_fault_fn group_disclaimer_fault; /* of a struct gateway_disclaimer */
group_fault_fn group_trigger_fault;    /* of a struct gateway_trigger */
group_fault_fn group_login_fault;      /* of a struct gateway_login */
group_fault_fn group_client_fault;     /* of a struct gateway_client */

/* Do two struct gateway_client speak of the same certificate? */
bool group_client_same(const void *a, const void *b);

#endif
