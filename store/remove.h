/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Taking back a store that was only begun. */

/*
 * Removes the store's files, and the directory where nothing else lies in it. The store must not
 * be open anywhere. Fails silently: what remains is named when the directory is used again.
 */
void store_remove(const char *dir);
