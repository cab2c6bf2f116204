/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/policy_file.h"

#include "base/yaml.h"

#include <stdio.h>

static enum status read_file(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    char block[4096];
    enum status status = STATUS_OK;
    size_t n;

    if (!file)
        return fail_errno(path);
    while (status == STATUS_OK && (n = fread(block, 1, sizeof block, file)) > 0)
        status = out->size > YAML_BYTES_MAX
                     ? fail(STATUS_INVALID, "%s: longer than %zu bytes", path, YAML_BYTES_MAX)
                     : buf_append(out, block, n);
    if (status == STATUS_OK && ferror(file))
        status = fail_errno(path);
    fclose(file);
    return status;
}

enum status policy_open(struct policy **out, const char *path)
{
    AUTO(buf_fini) struct buf text = { 0 };

    if (!path)
        return policy_load(out, "built-in policy", policy_builtin_text());
    TRY(read_file(&text, path));
    return policy_load(out, path, buf_slice(&text));
}
