/*
 * store_scene.h: a new store in a folder of its own.
 */
#ifndef TESTS_UNIT_STORE_SCENE_H
#define TESTS_UNIT_STORE_SCENE_H

#include "cert/store.h"

struct store_scene {
	char *folder;
	char *path; /* of the database */
	char *uri;
};

/* The folder and the names; there is no database yet. */
void store_scene_prepare(struct store_scene *s);

/* The same, with a database.  Returns it open; a case may close it, but gives
 * what it opened instead, or NULL, to store_scene_stop. */
struct store *store_scene_start(struct store_scene *s);

/* Closes *store, if there is one, and removes everything. */
void store_scene_stop(struct store_scene *s, struct store **store);

#endif
