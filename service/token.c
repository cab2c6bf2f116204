/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/emit.h"
#include "base/file.h"
#include "base/json.h"
#include "base/secret.h"

#define PREFIX "rf_"
#define ID_HEX 8
#define SECRET_HEX (2 * HASH_BYTES)
#define TEXT_SIZE (sizeof PREFIX - 1 + ID_HEX + 1 + SECRET_HEX)
#define LINE_MAX_BYTES 4096

static const char *const role_names[ROLE_COUNT_] = {
    [ROLE_NONE] = "none", [ROLE_SCREEN] = "screen", [ROLE_INVESTIGATE] = "investigate",
    [ROLE_WRITE] = "write", [ROLE_ADMIN] = "admin",
};

const char *role_name(enum role role)
{
    return role_names[role];
}

enum status role_parse(enum role *role, struct slice text)
{
    for (enum role r = ROLE_SCREEN; r < ROLE_COUNT_; r++)
        if (slice_equal(text, slice_str(role_names[r]))) {
            *role = r;
            return STATUS_OK;
        }
    return fail(STATUS_INVALID, "\"%.*s\" is no role; roles are screen, investigate, write, admin",
                (int)(text.size < 40 ? text.size : 40), (const char *)text.data);
}

void token_list_fini(struct token_list *list)
{
    if (list->items)
        secret_wipe(list->items, list->n * sizeof *list->items);
    free(list->items);
    *list = (struct token_list){ 0 };
}

/* Reading */

static bool hex_read(unsigned char *out, size_t n_bytes, const char *text)
{
    for (size_t i = 0; i < 2 * n_bytes; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (digit < 0)
            return false;
        out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] << 4 | digit : digit);
    }
    return true;
}

static struct slice field(const struct value *map, const char *name)
{
    const struct value *value = map->type == VALUE_MAP ? value_find(map, slice_str(name)) : NULL;

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

static void copy_text(char *to, size_t size, struct slice from)
{
    snprintf(to, size, "%.*s", (int)from.size, (const char *)from.data);
}

static enum status token_parse(struct token *out, struct slice line)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct token token = { .expires_us = TIME_MAX };
    struct slice hash, id;
    struct value map;

    TRY(json_parse(&map, &arena, line, NULL));
    TRY(role_parse(&token.role, field(&map, "role")));
    TRY(time_parse(&token.created_us, field(&map, "created")));
    if (field(&map, "expires").size)
        TRY(time_parse(&token.expires_us, field(&map, "expires")));
    id = field(&map, "id");
    hash = field(&map, "hash");
    if (id.size != ID_HEX || hash.size != SECRET_HEX ||
        !hex_read(token.hash, HASH_BYTES, hash.data))
        return fail(STATUS_INVALID, "id or hash does not have its form");
    copy_text(token.id, sizeof token.id, id);
    copy_text(token.name, sizeof token.name, field(&map, "name"));
    *out = token;
    return STATUS_OK;
}

static enum status list_append(struct token_list *list, const struct token *token)
{
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = *token;
    return STATUS_OK;
}

static enum status read_lines(struct token_list *list, const char *path)
{
    AUTO(file_lines_stop) struct file_lines lines = { 0 };

    for (file_lines_start(&lines, path, LINE_MAX_BYTES); file_lines_next(&lines);) {
        struct token token;

        if (!lines.line.size && !lines.too_long)
            continue;
        if (lines.too_long || token_parse(&token, lines.line))
            return fail(STATUS_CORRUPT, "%s:%llu: not a token's line: %s; revoke it by removing "
                        "the line", path, (unsigned long long)lines.number,
                        lines.too_long ? "too long" : error_detail());
        TRY(list_append(list, &token));
    }
    return lines.status;
}

enum status token_list_load(struct token_list *out, const char *path)
{
    AUTO(token_list_fini) struct token_list list = { 0 };

    if (access(path, F_OK) == 0)
        TRY(read_lines(&list, path));
    else if (errno != ENOENT)
        return fail_errno(path);
    *out = list;
    list = (struct token_list){ 0 };
    return STATUS_OK;
}

/* Writing */

static enum status token_write(struct buf *out, const struct token *token)
{
    char hex[HASH_HEX_MAX];
    struct emit emit = emit_start(out);

    emit_object(&emit);
    emit_key(&emit, "id");
    emit_string(&emit, token->id);
    emit_key(&emit, "role");
    emit_string(&emit, role_name(token->role));
    emit_key(&emit, "name");
    emit_string(&emit, token->name);
    emit_key(&emit, "created");
    emit_time(&emit, token->created_us);
    emit_key(&emit, "expires");
    emit_time(&emit, token->expires_us);
    emit_key(&emit, "hash");
    emit_string(&emit, hash_hex(hex, token->hash, HASH_BYTES));
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return buf_append_byte(out, '\n');
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static enum status write_durably(const char *path, struct slice text)
{
    AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return fail_errno(path);
    for (size_t done = 0; done < text.size;) {
        ssize_t n = write(fd, (const char *)text.data + done, text.size - done);

        if (n < 0 && errno != EINTR)
            return fail_errno(path);
        done += n > 0 ? (size_t)n : 0;
    }
    return fchmod(fd, 0600) || fsync(fd) ? fail_errno(path) : STATUS_OK;
}

static enum status open_folder(int *out, const char *path)
{
    AUTO(buf_fini) struct buf name = { 0 };
    const char *slash = strrchr(path, '/'), *folder;

    TRY(slash ? buf_append(&name, path, (size_t)(slash - path + 1)) : buf_append(&name, ".", 1));
    TRY(buf_string(&folder, &name));
    *out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out < 0 ? fail_errno(folder) : STATUS_OK;
}

/* The folder's own lock: the file is another one after each change. */
enum status token_lock(int *lock, const char *path)
{
    AUTO(close_fd) int folder = -1;

    TRY(open_folder(&folder, path));
    while (flock(folder, LOCK_EX))
        if (errno != EINTR)
            return fail_errno(path);
    *lock = folder;
    folder = -1;
    return STATUS_OK;
}

void token_unlock(int *lock)
{
    close_fd(lock);
    *lock = -1;
}

/* Or a token that was revoked could come back with the power. */
static enum status sync_folder(const char *path)
{
    AUTO(close_fd) int folder = -1;

    TRY(open_folder(&folder, path));
    return fsync(folder) ? fail_errno(path) : STATUS_OK;
}

enum status token_list_save(const struct token_list *list, const char *path)
{
    AUTO(buf_fini) struct buf text = { 0 };
    AUTO(buf_fini) struct buf name = { 0 };
    const char *temporary;

    for (size_t i = 0; i < list->n; i++)
        TRY(token_write(&text, &list->items[i]));
    TRY(buf_printf(&name, "%s.new", path));
    TRY(buf_string(&temporary, &name));
    TRY(write_durably(temporary, buf_slice(&text)));
    return rename(temporary, path) ? fail_errno(path) : sync_folder(path);
}

/* Tokens */

static void hash_secret(unsigned char out[HASH_BYTES], const char *hex)
{
    hash256(out, slice_of(hex, SECRET_HEX));
}

static bool id_taken(const struct token_list *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].id, id) == 0)
            return true;
    return false;
}

enum status token_add(char text[TOKEN_TEXT_MAX], struct token_list *list, enum role role,
                      struct slice name, int64_t expires_us)
{
    unsigned char bytes[HASH_BYTES], id[ID_HEX / 2];
    struct token token = { .role = role, .created_us = time_now_us(), .expires_us = expires_us };
    char hex[HASH_HEX_MAX];

    if (name.size >= sizeof token.name)
        return fail(STATUS_INVALID, "a token's name has at most %d bytes", TOKEN_NAME_MAX - 1);
    copy_text(token.name, sizeof token.name, name);
    do {
        secret_random(id, sizeof id);
        memcpy(token.id, hash_hex(hex, id, sizeof id), ID_HEX + 1);
    } while (id_taken(list, token.id));
    secret_random(bytes, sizeof bytes);
    hash_hex(hex, bytes, sizeof bytes);
    hash_secret(token.hash, hex);
    TRY(list_append(list, &token));
    snprintf(text, TOKEN_TEXT_MAX, PREFIX "%s_%s", token.id, hex);
    secret_wipe(hex, sizeof hex);
    secret_wipe(bytes, sizeof bytes);
    return STATUS_OK;
}

enum status token_revoke(struct token_list *list, struct slice id)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!slice_equal(id, slice_str(list->items[i].id)))
            continue;
        memmove(&list->items[i], &list->items[i + 1],
                (list->n - i - 1) * sizeof *list->items);
        list->n--;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

const struct token *token_find(const struct token_list *list, struct slice text, int64_t now_us)
{
    static const unsigned char nobody[HASH_BYTES];
    const struct token *candidate = NULL;
    unsigned char hash[HASH_BYTES];
    const char *at = text.data;

    if (text.size != TEXT_SIZE || memcmp(at, PREFIX, sizeof PREFIX - 1) != 0)
        return NULL;
    at += sizeof PREFIX - 1;
    for (size_t i = 0; i < list->n; i++)
        if (memcmp(list->items[i].id, at, ID_HEX) == 0)
            candidate = &list->items[i];
    hash_secret(hash, at + ID_HEX + 1);
    if (!secret_equal(hash, candidate ? candidate->hash : nobody, HASH_BYTES) || !candidate)
        return NULL;
    return candidate->expires_us > now_us && at[ID_HEX] == '_' ? candidate : NULL;
}
