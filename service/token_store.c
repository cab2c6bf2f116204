/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/token_store.h"

#include <stdlib.h>

#include "base/log.h"
#include "service/watched.h"

static enum status load(struct token_list *out, const char *path, const struct stat *seen)
{
    if (seen->st_mode && !S_ISREG(seen->st_mode))
        return fail(STATUS_INVALID, "%s is no regular file", path);
    if (seen->st_mode & 077)
        return fail(STATUS_INVALID, "%s may be read by others; chmod 600 it", path);
    return token_list_load(out, path);
}

enum status token_store_open(struct token_store *store, const char *path)
{
    *store = (struct token_store){ 0 };
    pthread_rwlock_init(&store->lock, NULL);
    store->path = strdup(path);
    if (!store->path)
        return fail_memory(strlen(path));
    store->seen = watched_look(path);
    return load(&store->list, path, &store->seen);
}

void token_store_close(struct token_store *store)
{
    if (!store->path)
        return;
    pthread_rwlock_destroy(&store->lock);
    token_list_fini(&store->list);
    free(store->path);
}

void token_store_refresh(struct token_store *store)
{
    struct token_list list = { 0 }, old;
    struct stat seen = watched_look(store->path);

    if (watched_same(&seen, &store->seen))
        return;
    if (load(&list, store->path, &seen)) {
        if (!watched_same(&seen, &store->refused))
            log_warning("%s; the tokens known before stay in force", error_detail());
        store->refused = seen;
        return;
    }
    store->seen = seen;
    store->refused = (struct stat){ 0 };
    if (!list.n)
        log_warning("%s: no tokens are left, so nobody can call", store->path);
    pthread_rwlock_wrlock(&store->lock);
    old = store->list;
    store->list = list;
    pthread_rwlock_unlock(&store->lock);
    token_list_fini(&old);
}

void token_store_find(struct caller *caller, struct token_store *store, struct slice text)
{
    const struct token *token;

    pthread_rwlock_rdlock(&store->lock);
    token = token_find(&store->list, text, time_now_us());
    if (token) {
        caller->role = token->role;
        memcpy(caller->id, token->id, sizeof token->id);
    }
    pthread_rwlock_unlock(&store->lock);
}
