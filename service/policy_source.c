/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/policy_source.h"

#include "base/file.h"
#include "base/json.h"
#include "service/watched.h"

#define POLICY_BYTES_MAX ((size_t)4 << 20)

static const char *name_of(const struct policy_source *source)
{
    return source->file ? source->file : "built-in policy";
}

/* The text and, as a whole before anything of it is taken over, the policy that it is. */
static enum status read_policy(struct buf *text, struct policy **out,
                               const struct policy_source *source)
{
    enum status status;

    if (!source->file) {
        TRY(buf_append_slice(text, policy_builtin_text()));
        return policy_load(out, name_of(source), buf_slice(text));
    }
    /* A pipe would hold up whoever watches over deadlines and signals. */
    if (source->taken.st_mode && !S_ISREG(source->taken.st_mode))
        return fail(STATUS_INVALID, "policy: %s is no regular file", source->file);
    status = file_read(text, source->file, POLICY_BYTES_MAX);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "policy: %s: no such file", source->file);
    TRY(status);
    return policy_load(out, source->file, buf_slice(text));
}

static void take(struct policy_source *source, struct buf *text, struct policy **policy)
{
    struct buf old_text;
    struct policy *old;

    pthread_mutex_lock(&source->lock);
    old_text = source->text;
    old = source->policy;
    source->text = *text;
    source->policy = *policy;
    atomic_store(&source->varies, policy_unavailable_varies(*policy));
    atomic_fetch_add(&source->generation, 1);
    pthread_mutex_unlock(&source->lock);
    *text = old_text;
    *policy = old;
}

enum status policy_source_reload(struct policy_source *source)
{
    AUTO(buf_fini) struct buf text = { 0 };
    AUTO(policy_freep) struct policy *policy = NULL;

    source->taken = source->met = watched_look(source->file);
    TRY(read_policy(&text, &policy, source));
    take(source, &text, &policy);
    return STATUS_OK;
}

bool policy_source_changed(struct policy_source *source)
{
    struct stat seen = watched_look(source->file);
    bool at_rest = watched_same(&seen, &source->met);

    source->met = seen;
    return at_rest && !watched_same(&seen, &source->taken);
}

enum status policy_source_open(struct policy_source *source, const char *file)
{
    *source = (struct policy_source){ .file = file };
    pthread_mutex_init(&source->lock, NULL);
    return policy_source_reload(source);
}

void policy_source_close(struct policy_source *source)
{
    pthread_mutex_destroy(&source->lock);
    policy_free(source->policy);
    buf_fini(&source->text);
}

static struct slice text_of(const struct value *map, const char *name)
{
    const struct value *value =
        map && map->type == VALUE_MAP ? value_find(map, slice_str(name)) : NULL;

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

enum decision policy_source_unavailable(struct policy_source *source, struct slice application)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    enum decision decision = DECISION_REVIEW;
    const struct value *enterprise;
    struct policy_view view;
    struct value root;

    if (json_parse(&root, &arena, application, NULL) || root.type != VALUE_MAP)
        return decision;
    enterprise = value_find(&root, SLICE("enterprise"));
    pthread_mutex_lock(&source->lock);
    if (policy_select(&view, source->policy, text_of(&root, "product"),
                      text_of(enterprise, "industry"),
                      text_of(enterprise, "enterprise_type")) == STATUS_OK)
        decision = view.on_unavailable;
    pthread_mutex_unlock(&source->lock);
    return decision;
}

static enum status build(struct policy **out, unsigned *generation, struct policy_source *source)
{
    enum status status;

    pthread_mutex_lock(&source->lock);
    *generation = atomic_load(&source->generation);
    status = policy_load(out, name_of(source), buf_slice(&source->text));
    pthread_mutex_unlock(&source->lock);
    return status;
}

enum status seat_refresh(struct screening_seat *seat, struct policy_source *source,
                         struct graph *graph)
{
    struct screener *screener = NULL;
    struct policy *policy = NULL;
    unsigned generation;

    if (seat->screener && seat->generation == atomic_load(&source->generation))
        return STATUS_OK;
    TRY(build(&policy, &generation, source));
    TRY(screener_open(&screener, graph, policy));
    screener_close(seat->screener);
    *seat = (struct screening_seat){ screener, generation };
    return STATUS_OK;
}

void seat_fini(struct screening_seat *seat)
{
    screener_close(seat->screener);
    seat->screener = NULL;
}
