/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The application in the graph: finding its parties there, and writing it.
 *
 * Written are the application with what it states of itself, an APPLIED edge from each applicant,
 * an edge to each identifier, and a GUARANTEES edge from each guarantor. Parties that the graph
 * does not know yet are added; what it knows of the others is not overwritten by a statement.
 */

#include "detectors/probe.h"
#include "screening/request.h"

/* The request as detectors see it; lives in an arena. */
struct resolved {
    struct application application; /* for probe_application() */
    struct node_id *ids;            /* per party of the request; 0: not in the graph */
};

/* Looks every key up. Cost: a seek or two per party, and the edges of an application that is
 * there already. */
MUST_CHECK enum status resolve(struct resolved *out, struct arena *arena, struct graph_txn *txn,
                               const struct request *request);

/* Writes the application in a write transaction. Repeating it changes nothing. */
MUST_CHECK enum status record_application(struct graph_txn *txn, const struct request *request);
