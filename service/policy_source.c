/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/policy_source.h"

#include "base/file.h"

#define POLICY_BYTES_MAX ((size_t)4 << 20)

static const char *name_of(const struct policy_source *source)
{
    return source->file ? source->file : "built-in policy";
}

static enum status read_text(struct buf *out, const struct policy_source *source)
{
    struct policy *policy = NULL;
    enum status status;

    if (!source->file)
        return buf_append_slice(out, policy_builtin_text());
    status = file_read(out, source->file, POLICY_BYTES_MAX);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "policy: %s: no such file", source->file);
    TRY(status);
    /* Checked as a whole before anything of it is taken over. */
    TRY(policy_load(&policy, source->file, buf_slice(out)));
    policy_free(policy);
    return STATUS_OK;
}

enum status policy_source_reload(struct policy_source *source)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct buf old;

    TRY(read_text(&text, source));
    pthread_mutex_lock(&source->lock);
    old = source->text;
    source->text = text;
    text = old;
    atomic_fetch_add(&source->generation, 1);
    pthread_mutex_unlock(&source->lock);
    return STATUS_OK;
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
    buf_fini(&source->text);
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
