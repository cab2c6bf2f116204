/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "cli/command.h"
#include "service/service.h"

struct serve_options {
    const char *config;
    const char *listen;
    bool print;
};

static void say_ready(void *context, uint16_t port)
{
    const struct config *config = context;

    if (config->socket_path) {
        log_line("listening at %s", config->socket_path);
        return;
    }
    log_line("listening on %s://%s%s%s:%u", config->tls_certificate ? "https" : "http",
             strchr(config->host, ':') ? "[" : "", config->host,
             strchr(config->host, ':') ? "]" : "", port);
}

static enum status print_config(struct output *output, const struct config *config)
{
    AUTO(buf_fini) struct buf text = { 0 };

    TRY(config_write(&text, config));
    return output_text(output, buf_slice(&text));
}

static enum status listen_instead(struct config *config, struct arena *arena, const char *listen)
{
    enum status status = config_listen(config, arena, listen);

    return status == STATUS_INVALID ? fail_context(STATUS_USAGE, "--listen") : status;
}

static enum status serve_run(struct cli *cli, const void *options)
{
    const struct serve_options *chosen = options;
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(graph_closep) struct graph *graph = NULL;
    struct config config;

    TRY(config_load(&config, &arena, chosen->config));
    if (chosen->listen)
        TRY(listen_instead(&config, &arena, chosen->listen));
    if (chosen->print)
        return print_config(&cli->output, &config);
    TRY(graph_open(&graph, cli->db, NULL));
    return service_run(graph, &config, say_ready, &config);
}

static const struct command_option options[] = {
    { "config", 0, OPTION_TEXT, offsetof(struct serve_options, config), "FILE",
      "settings in YAML (default: those that --print-config shows)" },
    { "listen", 0, OPTION_TEXT, offsetof(struct serve_options, listen), "ADDRESS:PORT",
      "where to listen, instead of what the file says; port 0: any free one; or unix:PATH" },
    { "print-config", 0, OPTION_FLAG, offsetof(struct serve_options, print), NULL,
      "print the settings in force and end" },
    { 0 },
};

const struct command command_serve = {
    .name = "serve",
    .usage = "[--config FILE] [--listen ADDRESS:PORT] [--print-config]",
    .summary = "answer the approval flow over HTTP",
    .details =
        "Listens on 127.0.0.1:8080 unless told otherwise; beyond this machine only with\n"
        "TLS and client certificates. A policy file that changes is read again, at once on\n"
        "SIGHUP; SIGTERM answers what is under way and ends. Callers need a token:\n"
        "ringfence token add.",
    .options = options,
    .options_size = sizeof(struct serve_options),
    .run = serve_run,
};
