/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage: fuzz_<name> CORPUS_DIR [MUTATIONS]; prints the seed of what is running when it dies. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/rng.h"

#define INPUT_MAX ((size_t)64 << 10)
#define FILES_MAX 512

static struct buf files[FILES_MAX];
static size_t n_files;

static void load_corpus(const char *dir)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && n_files < FILES_MAX &&
            file_read(&files[n_files], path, INPUT_MAX) == STATUS_OK)
            n_files++;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* A heap copy of its own size, so that AddressSanitizer sees a read past its end. */
static void run(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t splice(unsigned char *bytes, size_t size, struct rng *rng)
{
    const struct buf *other = &files[rng_below(rng, n_files)];
    size_t at = rng_below(rng, size + 1), from, n;

    if (!other->size)
        return size;
    from = rng_below(rng, other->size);
    n = 1 + rng_below(rng, other->size - from);
    if (n > 64)
        n = 64;
    if (size + n > INPUT_MAX)
        return size;
    memmove(bytes + at + n, bytes + at, size - at);
    memcpy(bytes + at, other->data + from, n);
    return size + n;
}

static size_t cut(unsigned char *bytes, size_t size, struct rng *rng)
{
    size_t at = rng_below(rng, size), n = 1 + rng_below(rng, size - at);

    n = n > 16 ? 16 : n;
    memmove(bytes + at, bytes + at + n, size - at - n);
    return size - n;
}

static size_t mutate(unsigned char *bytes, size_t size, struct rng *rng)
{
    static const char likely[] = "{}[]()\"':;,.\\/-+*<>=$|\n\r\t 0919eEtfn\xff\xc0\xe4\x80\x7f";

    for (uint64_t k = 1 + rng_below(rng, 5); k; k--) {
        switch (size ? rng_below(rng, 5) : 3) {
        case 0:
            bytes[rng_below(rng, size)] = (unsigned char)rng_next(rng);
            break;
        case 1:
            bytes[rng_below(rng, size)] = (unsigned char)likely[rng_below(rng, sizeof likely)];
            break;
        case 2:
            bytes[rng_below(rng, size)] ^= (unsigned char)(1u << rng_below(rng, 8));
            break;
        case 3:
            size = splice(bytes, size, rng);
            break;
        default:
            size = cut(bytes, size, rng);
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[INPUT_MAX];
    unsigned long mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;

    if (argc < 2)
        return 2;
    load_corpus(argv[1]);
    if (!n_files) {
        fprintf(stderr, "%s: no corpus\n", argv[1]);
        return 1;
    }
    for (size_t i = 0; i < n_files; i++)
        run(files[i].data, files[i].size);
    for (unsigned long i = 0; i < mutations; i++) {
        struct rng rng = rng_at(1, 0, i);
        const struct buf *file = &files[rng_below(&rng, n_files)];
        size_t size = file->size;

        if (size)
            memcpy(bytes, file->data, size);
        run(bytes, mutate(bytes, size, &rng));
    }
    printf("%zu files, %lu mutations\n", n_files, mutations);
    for (size_t i = 0; i < n_files; i++)
        buf_fini(&files[i]);
    return 0;
}
