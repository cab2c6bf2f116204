/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/make.h"
#include "cli/command.h"
#include "detectors/registry.h"

static struct value text_value(const char *text)
{
    return text ? value_text(slice_str(text)) : value_null();
}

static struct value param_value(const struct param *param, int64_t number)
{
    return param->type == PARAM_DECIMAL ? value_float((double)number / (double)DECIMAL_ONE)
                                        : value_int(number);
}

static const struct column param_columns[] = {
    { "detector" },          { "name" },              { "default", COLUMN_RIGHT },
    { "min", COLUMN_RIGHT }, { "max", COLUMN_RIGHT }, { "unit" },
    { "meaning" },
};

#define N_PARAM_COLUMNS (sizeof param_columns / sizeof *param_columns)

static void param_cells(struct value cells[N_PARAM_COLUMNS], const char *owner,
                        const struct param *param)
{
    cells[0] = text_value(owner);
    cells[1] = text_value(param->name);
    cells[2] = param_value(param, param->fallback);
    cells[3] = param_value(param, param->min);
    cells[4] = param_value(param, param->max);
    cells[5] = text_value(param->unit);
    cells[6] = text_value(param->meaning);
}

/* The default is said by the meaning. */
static void text_cells(struct value cells[N_PARAM_COLUMNS], const char *owner,
                       const struct param_text *param)
{
    cells[0] = text_value(owner);
    cells[1] = text_value(param->name);
    cells[2] = cells[3] = cells[4] = value_null();
    cells[5] = text_value(param->form);
    cells[6] = text_value(param->meaning);
}

static enum status param_map(struct value *out, struct arena *arena,
                             const struct value cells[N_PARAM_COLUMNS])
{
    struct value_pair pairs[N_PARAM_COLUMNS - 1];

    for (size_t k = 1; k < N_PARAM_COLUMNS; k++)
        pairs[k - 1] = (struct value_pair){ slice_str(param_columns[k].name), cells[k] };
    return make_map(out, arena, pairs, N_PARAM_COLUMNS - 1);
}

/* A list of maps, one per parameter; `texts` may be NULL. */
static enum status params_value(struct value *out, struct arena *arena, const struct param *params,
                                const struct param_text *texts)
{
    struct value *items, cells[N_PARAM_COLUMNS];
    size_t n = 0, n_texts = 0;

    while (params && params[n].name)
        n++;
    while (texts && texts[n_texts].name)
        n_texts++;
    items = arena_array(arena, n + n_texts, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        param_cells(cells, NULL, &params[i]);
        TRY(param_map(&items[i], arena, cells));
    }
    for (size_t i = 0; i < n_texts; i++) {
        text_cells(cells, NULL, &texts[i]);
        TRY(param_map(&items[n + i], arena, cells));
    }
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)(n + n_texts), .items = items };
    return STATUS_OK;
}

/* In a table the codes stand side by side. */
static enum status codes_text(struct value *out, struct arena *arena, const char *const *codes)
{
    AUTO(buf_fini) struct buf text = { 0 };

    for (size_t n = 0; n < DETECTOR_CODES_MAX && codes[n]; n++)
        TRY(buf_printf(&text, "%s%s", n ? " " : "", codes[n]));
    return make_text(out, arena, buf_slice(&text));
}

static enum status codes_list(struct value *out, struct arena *arena, const char *const *codes)
{
    struct value items[DETECTOR_CODES_MAX];
    size_t n = 0;

    for (; n < DETECTOR_CODES_MAX && codes[n]; n++)
        items[n] = text_value(codes[n]);
    return make_list(out, arena, items, n);
}

static const struct column columns[] = {
    { "id" }, { "codes" }, { "family" }, { "live" }, { "summary" }, { "parameters" },
};

/* In a table the parameters follow as a table of their own. */
static size_t n_columns(const struct output *output)
{
    return output->format == FORMAT_TABLE ? 5 : 6;
}

static enum status print_detector(struct output *output, struct arena *arena,
                                  const struct detector *detector)
{
    struct value cells[6] = { text_value(detector->id), value_null(),
                              text_value(detector->family), value_bool(detector->gather != NULL),
                              text_value(detector->summary) };

    if (output->format == FORMAT_TABLE)
        TRY(codes_text(&cells[1], arena, detector->codes));
    else
        TRY(codes_list(&cells[1], arena, detector->codes));
    TRY(params_value(&cells[5], arena, detector->params, NULL));
    return output_row(output, cells);
}

static enum status print_shared(struct output *output, struct arena *arena)
{
    struct value cells[6] = { text_value("SHARED"), value_null(), text_value("shared"),
                              value_bool(true), text_value("what several detectors use") };

    if (output->format != FORMAT_TABLE)
        TRY(make_list(&cells[1], arena, NULL, 0));
    TRY(params_value(&cells[5], arena, params_shared(), params_shared_texts()));
    return output_row(output, cells);
}

static enum status print_params(struct output *output, const char *owner,
                                const struct param *params)
{
    struct value cells[N_PARAM_COLUMNS];

    for (; params && params->name; params++) {
        param_cells(cells, owner, params);
        TRY(output_row(output, cells));
    }
    return STATUS_OK;
}

static enum status print_texts(struct output *output)
{
    struct value cells[N_PARAM_COLUMNS];

    for (const struct param_text *param = params_shared_texts(); param->name; param++) {
        text_cells(cells, "SHARED", param);
        TRY(output_row(output, cells));
    }
    return STATUS_OK;
}

static enum status print_param_table(struct output *output, const struct detector *only)
{
    TRY(output_start(output, param_columns, N_PARAM_COLUMNS));
    for (const struct detector *const *at = registry; *at; at++)
        if (!only || *at == only)
            TRY(print_params(output, (*at)->id, (*at)->params));
    if (!only) {
        TRY(print_params(output, "SHARED", params_shared()));
        TRY(print_texts(output));
    }
    return output_finish(output);
}

static enum status detectors_run(struct cli *cli, const void *options)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct detector *only = NULL;

    (void)options;
    if (cli->n_operands) {
        only = registry_find(slice_str(cli->operands[0]));
        if (!only)
            return fail(STATUS_USAGE, "there is no detector \"%s\"; ringfence detectors lists them",
                        cli->operands[0]);
    }
    if (cli->output.format == FORMAT_CSV) /* one table only */
        return print_param_table(&cli->output, only);
    TRY(output_start(&cli->output, columns, n_columns(&cli->output)));
    for (const struct detector *const *at = registry; *at; at++)
        if (!only || *at == only)
            TRY(print_detector(&cli->output, &arena, *at));
    if (!only)
        TRY(print_shared(&cli->output, &arena));
    TRY(output_finish(&cli->output));
    if (n_columns(&cli->output) == 6)
        return STATUS_OK;
    TRY(output_text(&cli->output, SLICE("\n")));
    return print_param_table(&cli->output, only);
}

const struct command command_detectors = {
    .name = "detectors",
    .usage = "[ID or CODE]",
    .summary = "list the detectors with their parameters",
    .details = "Parameters are set per run: ringfence retag --set CODE.name=value. \"live\" says\n"
               "whether screening evaluates the detector around each application; the others are\n"
               "consulted through the tags of the last retag.",
    .max_operands = 1,
    .run = detectors_run,
};
