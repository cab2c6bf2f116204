/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "graph/check_private.h"
#include "graph/pending.h"
#include "store/verify.h"

#define FINDINGS_DEFAULT 100
#define WHAT_BYTES 256
/* Ids are dense: a row far beyond the number of rows has a damaged key. */
#define ID_SLACK ((uint64_t)1 << 20)

const struct check_rule check_rules[CHECK_COUNT_] = {
#define X(name, id, severity, meaning, remedy) { id, CHECK_##severity, meaning, remedy },
    CHECK_RULES(X)
#undef X
};

const char *check_severity_name(enum check_severity severity)
{
    return severity == CHECK_DAMAGE ? "damage" : "derived";
}

static enum status report(struct check *check, const struct check_rule *rule, const char *place,
                          const char *format, va_list args)
{
    char what[WHAT_BYTES];
    struct check_finding finding = { rule, place, what };

    check->result->n_findings++;
    if (check->result->n_findings > check->max_findings) {
        check->result->truncated = true;
        return STATUS_OK;
    }
    vsnprintf(what, sizeof what, format, args);
    return check->options->finding ? check->options->finding(check->options->context, &finding)
                                   : STATUS_OK;
}

enum status check_found(struct check *check, const struct check_rule *rule, const char *place,
                        const char *format, ...)
{
    va_list args;
    enum status status;

    va_start(args, format);
    status = report(check, rule, place, format, args);
    va_end(args);
    return status;
}

enum status check_report(struct check *check, enum check_id id, const char *place,
                         const char *format, ...)
{
    va_list args;
    enum status status;

    va_start(args, format);
    status = report(check, &check_rules[id], place, format, args);
    va_end(args);
    return status;
}

void check_sum_add(struct check_sum *sum, uint64_t hash)
{
    sum->a += hash;
    sum->b += hash_mix64(hash ^ 0x6a09e667f3bcc909u);
    sum->n++;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static enum status on_verify(void *context, enum verify_rule rule, const char *place,
                             const char *what)
{
    static const enum check_id ids[] = {
        [VERIFY_ORDER] = CHECK_PAGE_ORDER, [VERIFY_LOOKUP] = CHECK_PAGE_LOOKUP,
        [VERIFY_COUNT] = CHECK_PAGE_COUNT, [VERIFY_SEAL] = CHECK_PAGE_SEAL,
        [VERIFY_PAGE] = CHECK_PAGE_NUMBER, [VERIFY_FREE] = CHECK_PAGE_FREE,
        [VERIFY_ROOTS] = CHECK_PAGE_ROOTS, [VERIFY_READ] = CHECK_PAGE_READ,
    };

    return check_report(context, ids[rule], place, "%s", what);
}

/* ---- bounds --------------------------------------------------------------------------------- */

static enum status last_id(uint64_t *id, struct graph_txn *txn, enum store_table table)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    *id = 0;
    TRY(store_cursor_open(&cursor, txn->store, table));
    status = store_cursor_seek_before(&key, &value, cursor, (struct slice){ 0 });
    if (status == STATUS_OK && key.size == NODE_KEY_BYTES)
        *id = key_get_node(key.data).value;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status prepare(struct check *check, uint64_t node_rows)
{
    uint64_t bytes;

    TRY(last_id(&check->last_node, check->txn, TABLE_NODE));
    if (check->last_node > 64 * node_rows + ID_SLACK)
        return fail(STATUS_CORRUPT, "the last node has the id %llu among %llu rows",
                    (unsigned long long)check->last_node, (unsigned long long)node_rows);
    bytes = check->last_node / 8 + 1;
    check->n_symbols = catalog_size(check->txn->graph->catalog);
    check->present = calloc(bytes, 1);
    check->named = calloc(bytes, 1);
    check->expected = calloc(check->n_symbols + 1, sizeof *check->expected);
    check->twins = calloc(2 * ((size_t)check->n_symbols + 1), sizeof *check->twins);
    if (!check->present || !check->named || !check->expected || !check->twins)
        return fail_memory(2 * bytes);
    return STATUS_OK;
}

static void finish(struct check *check)
{
    free(check->present);
    free(check->named);
    free(check->expected);
    free(check->twins);
    arena_fini(&check->arena);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static enum status run_parts(struct check *check, const struct check_part *const *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum status status = parts[i]->run(check, check->txn);

        if (status == STATUS_CORRUPT)
            status = check_report(check, CHECK_PAGE_READ, parts[i]->name, "%s", error_detail());
        TRY(status);
    }
    return STATUS_OK;
}

static enum status check_tables(struct check *check)
{
    struct store_stat stat;

    TRY(store_stat(&stat, check->txn->store));
    TRY(prepare(check, stat.tables[TABLE_NODE].entries));
    TRY(check_symbols(check));
    TRY(check_commits(check));
    TRY(check_nodes(check));
    TRY(check_twins(check));
    TRY(check_keys(check));
    TRY(check_past(check));
    TRY(check_index(check));
    TRY(check_counts(check));
    TRY(run_parts(check, check_parts, n_check_parts));
    return run_parts(check, check->options->parts, check->options->n_parts);
}

static enum status check_all(struct check *check)
{
    struct verifier verifier = { .found = on_verify, .context = check };
    enum status status;

    TRY(store_verify(&verifier, check->txn->store));
    check->result->pages = verifier.pages;
    check->result->leaked_pages = verifier.leaked_pages;
    if (verifier.broken)
        return STATUS_OK;
    status = check_tables(check);
    /* A pass that could not go on is a finding, not a failure of the check. */
    return status == STATUS_CORRUPT
               ? check_report(check, CHECK_PAGE_READ, "graph", "%s", error_detail())
               : status;
}

enum status check_graph(struct check_result *result, struct graph *graph,
                        const struct check_options *options)
{
    static const struct check_options defaults = { 0 };
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct check check = { .options = options ? options : &defaults, .result = result };
    enum status status;

    *result = (struct check_result){ 0 };
    check.max_findings = check.options->max_findings ? check.options->max_findings
                                                     : FINDINGS_DEFAULT;
    status = graph_read(&txn, graph, NULL);
    if (status == STATUS_CORRUPT)
        return check_report(&check, CHECK_OPEN, "graph", "%s", error_detail());
    TRY(status);
    store_unlimit(txn->store);
    check.txn = txn;
    check.counts = txn_counts(txn);
    TRY(pending_read(&check.pending, txn->store));
    result->commit_seq = check.counts.commit_seq;
    status = check_all(&check);
    finish(&check);
    return status;
}
