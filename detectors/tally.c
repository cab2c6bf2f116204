/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/tally.h"

#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/rings.h"

struct tally_mark {
    uint32_t subject;
    size_t sequence;
    struct tally_case told;
};

void tally_fini(struct tally *tally)
{
    free(tally->marks);
    *tally = (struct tally){ 0 };
}

enum status tally_mark(struct tally *tally, uint32_t subject, const struct tally_case *told)
{
    TRY(array_reserve(&tally->marks, &tally->capacity, tally->n + 1));
    tally->marks[tally->n] = (struct tally_mark){ subject, tally->n, *told };
    tally->n++;
    return STATUS_OK;
}

static int compare_marks(const void *a, const void *b)
{
    const struct tally_mark *x = a, *y = b;

    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (x->told.via != y->told.via)
        return x->told.via < y->told.via ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* One mark per subject and identifier, in that order. */
static void merge_marks(struct tally *tally)
{
    size_t kept = 0;

    sort_items(tally->marks, tally->n, sizeof *tally->marks, compare_marks);
    for (size_t i = 0; i < tally->n; i++) {
        struct tally_mark *last = kept ? &tally->marks[kept - 1] : NULL, *mark = &tally->marks[i];

        if (last && last->subject == mark->subject && last->told.via == mark->told.via) {
            if (mark->told.level > last->told.level)
                last->told.level = mark->told.level;
        } else {
            tally->marks[kept++] = *mark;
        }
    }
    tally->n = kept;
}

static bool names_subject(const struct findings *findings, struct span edges, struct node_id id)
{
    for (uint32_t i = edges.first; i < edges.first + edges.count; i++)
        if (findings->edges[i].from.value == id.value || findings->edges[i].to.value == id.value)
            return true;
    return false;
}

static enum status copy_edges(struct findings *findings, struct span edges)
{
    for (uint32_t i = edges.first; i < edges.first + edges.count; i++) {
        struct evidence_edge edge = findings->edges[i];

        TRY(findings_edge(findings, &edge));
    }
    return STATUS_OK;
}

/* The one identifier's evidence as it is, or a new run of all of them. */
static enum status gather_edges(struct span *out, struct findings *findings,
                                const struct facts *facts, const struct tally_mark *marks,
                                size_t n)
{
    struct node_id subject = facts_id(facts, marks->subject);
    size_t first = findings->n_edges;

    if (n == 1 && names_subject(findings, marks->told.edges, subject)) {
        *out = marks->told.edges;
        return STATUS_OK;
    }
    for (size_t i = 0; i < n; i++) {
        TRY(copy_edges(findings, marks[i].told.edges));
        if (marks[i].told.own_use && !names_subject(findings, marks[i].told.edges, subject))
            TRY(facts_use_evidence(findings, facts, marks[i].told.own_use));
    }
    return findings_evidence(out, findings, first);
}

static bool stronger(const struct facts *facts, const struct tally_case *a,
                     const struct tally_case *b)
{
    if (a->level != b->level)
        return a->level > b->level;
    if (a->measured != b->measured)
        return a->measured > b->measured;
    return snapshot_key_compare(facts->snapshot, a->via, b->via) < 0;
}

static enum status report_subject(struct findings *findings, const struct facts *facts,
                                  const struct tally_mark *marks, size_t n,
                                  struct finding *finding, tally_text *text)
{
    const struct tally_case *strongest = &marks[0].told;

    for (size_t i = 1; i < n; i++)
        if (stronger(facts, &marks[i].told, strongest))
            strongest = &marks[i].told;
    finding->subject = facts_id(facts, marks->subject);
    finding->level = strongest->level;
    finding->score = finding_score(strongest->level, strongest->measured, strongest->limit);
    finding->numbers = strongest->numbers;
    TRY(gather_edges(&finding->edges, findings, facts, marks, n));
    TRY(text(&finding->text, findings, facts, strongest));
    return findings_add(findings, finding);
}

enum status tally_report(struct tally *tally, struct findings *findings,
                         const struct facts *facts, const char *code, tally_text *text)
{
    AUTO(free_ptr) uint32_t *sets = NULL;
    size_t first = findings->n;

    if (!tally->n)
        return STATUS_OK;
    merge_marks(tally);
    /* rings: subjects and the identifiers that tie them, as components */
    TRY(sets_init(&sets, facts->snapshot->n_nodes));
    for (size_t i = 0; i < tally->n; i++)
        sets_join(sets, tally->marks[i].subject, tally->marks[i].told.via);
    for (size_t i = 0, n; i < tally->n; i += n) {
        struct finding finding = { .code = code,
                                   .ring = sets_find(sets, tally->marks[i].subject) };

        for (n = 1; i + n < tally->n && tally->marks[i + n].subject == tally->marks[i].subject;)
            n++;
        TRY(report_subject(findings, facts, &tally->marks[i], n, &finding, text));
    }
    return rings_name(findings, facts, code, first);
}
