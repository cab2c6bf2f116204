/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Build tool: writes a file's bytes as a C array. Usage: embed INPUT OUTPUT NAME */
#include <stdio.h>
#include <stdlib.h>

static int complain(const char *path)
{
    perror(path);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    FILE *in, *out;
    unsigned long n = 0;
    int byte;

    if (argc != 4) {
        fprintf(stderr, "usage: embed INPUT OUTPUT NAME\n");
        return EXIT_FAILURE;
    }
    in = fopen(argv[1], "rb");
    if (!in)
        return complain(argv[1]);
    out = fopen(argv[2], "wb");
    if (!out)
        return complain(argv[2]);
    fprintf(out, "#include <stddef.h>\nextern const unsigned char %s[];\n"
                 "extern const size_t %s_size;\nconst unsigned char %s[] = {",
            argv[3], argv[3], argv[3]);
    while ((byte = getc(in)) != EOF)
        fprintf(out, "%s%d,", n++ % 20 ? "" : "\n", byte);
    fprintf(out, "0\n};\nconst size_t %s_size = %lu;\n", argv[3], n);
    if (ferror(in) || fclose(in))
        return complain(argv[1]);
    return fclose(out) ? complain(argv[2]) : EXIT_SUCCESS;
}
