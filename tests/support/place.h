/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Places on disk for tests: scratch folders, and the optional folder of shared real data. */

/* Makes an empty scratch folder; gives its path (free with place_remove). Aborts on failure. */
char *place_new(void);
/* Removes the folder with all in it and frees the path. Accepts NULL. */
void place_remove(char *path);
void place_removep(char **path);
/* path/name, in one of four rotating buffers: lent until the fourth next call. */
const char *place_in(const char *path, const char *name);

/*
 * The path of a file of the shared data ($RINGFENCE_SHARED/name), or NULL where there is none:
 * then skip visibly (a plain program exits with 77, a Criterion test calls cr_skip_test()).
 * Lent like place_in().
 */
const char *place_shared(const char *name);

/* The exit code that meson reports as "skipped". */
#define EXIT_SKIPPED 77
