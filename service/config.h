/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What `serve --config FILE` reads: YAML, every key optional. Without a file the defaults hold:
 * loopback, port 8080, the built-in policy.
 */

#include "service/peer.h"

#define US_PER_MS 1000 /* settings are in ms, what is counted in us */

/* name, default, least, most */
#define CONFIG_NUMBERS(X)                                                                          \
    X(http_threads, 2, 1, 64)                                                                      \
    X(screening_threads, 2, 1, 64)           /* ... and as many for those that are recorded */     \
    X(query_threads, 1, 1, 64)                                                                     \
    X(max_connections, 4096, 8, 100000)                                                            \
    X(max_connections_per_address, 4096, 1, 100000)                                                \
    X(max_header_bytes, 8192, 1024, 65536)                                                         \
    X(max_body_bytes, 65536, 1024, 16777216)                                                       \
    X(max_events_bytes, 8388608, 1024, 268435456)                                                  \
    X(request_timeout_ms, 2000, 50, 600000)  /* from a request's first byte to its last */         \
    X(response_timeout_ms, 10000, 50, 600000) /* for a client to take its answer */                \
    X(idle_timeout_ms, 30000, 100, 3600000)                                                        \
    X(screening_deadline_ms, 50, 1, 60000)   /* of evaluation: later probes are left out */        \
    X(queue_length, 128, 1, 100000)          /* screenings that wait for a thread */               \
    X(queue_wait_ms, 20, 1, 60000)           /* ... and are expected to wait */                    \
    X(write_queue_length, 512, 1, 100000)    /* recorded screenings and events that wait */        \
    X(write_wait_ms, 250, 1, 60000)                                                                \
    X(query_queue_length, 4, 1, 1000)                                                              \
    X(query_timeout_ms, 2000, 10, 3600000)                                                         \
    X(query_max_rows, 10000, 1, 100000000)                                                         \
    X(query_max_memory_bytes, 67108864, 1048576, 68719476736)                                      \
    X(query_max_expansions, 1000000, 1, INT64_MAX) /* nodes and edges read */                      \
    X(max_in_flight_per_caller, 512, 0, 100000) /* screenings, events and queries; 0: no limit */ \
    X(max_feed_age_s, 0, 0, 31536000)        /* no other change for longer: refuse; 0: no limit */ \
    X(max_tags_age_s, 0, 0, 31536000)        /* ... nor a publication of tags */                   \
    X(drain_timeout_ms, 10000, 0, 600000)                                                          \
    X(min_free_bytes, 67108864, 0, INT64_MAX) /* below this much disk the service is not ready */

#define CONFIG_TEXTS(X)                                                                            \
    X(listen)          /* ADDRESS:PORT, [ADDRESS]:PORT, unix:PATH; port 0: any free one */         \
    X(socket_roles)    /* at unix:PATH: "USER=ROLE, .."; the others need a token */                \
    X(policy)          /* file; none: the built-in policy */                                       \
    X(tokens)          /* file; none: `tokens` in the graph's folder */                            \
    X(access_log)      /* file; none: `access.log` in the graph's folder */                        \
    X(tls_certificate) /* PEM files */                                                             \
    X(tls_key)                                                                                     \
    X(tls_client_ca)   /* clients must show a certificate of this authority */                     \
    X(certificate_roles) /* "NAME=ROLE, .." of their certificates; others need a token, too */

struct config {
#define X(name, preset, least, most) int64_t name;
    CONFIG_NUMBERS(X)
#undef X
#define X(name) const char *name; /* NULL: not given */
    CONFIG_TEXTS(X)
#undef X
    const char *host; /* of `listen`, numeric; NULL: a socket */
    const char *socket_path; /* NULL: TCP */
    uint16_t port;
    bool loopback;    /* not to be reached from other machines */
    struct peer_roles socket_users, certificates; /* as socket_roles, certificate_roles say */
};

/*
 * Reads `text`, texts in `arena`. STATUS_INVALID names `file`, line and key: what base/yaml
 * refuses, numbers out of range, addresses that are none, and an address beyond loopback without
 * TLS and client certificates.
 */
MUST_CHECK enum status config_read(struct config *out, struct arena *arena, const char *file,
                                   struct slice text);
/* Reads a file; NULL: the defaults. */
MUST_CHECK enum status config_load(struct config *out, struct arena *arena, const char *file);
/* Listens at `listen` instead; STATUS_INVALID as above. */
MUST_CHECK enum status config_listen(struct config *config, struct arena *arena,
                                     const char *listen);
/* Appends the configuration in force as YAML. */
MUST_CHECK enum status config_write(struct buf *out, const struct config *config);
