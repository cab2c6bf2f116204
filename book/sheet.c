/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/sheet.h"

const struct sheet sheets[N_SHEETS] = {
#define X(symbol, file_, is_node_, header_)                                                        \
    [SHEET_##symbol] = { .file = (file_), .header = (header_), .is_node = (is_node_) },
    SHEETS(X)
#undef X
};

enum status sheets_open(struct csv files[N_SHEETS], int folder_fd)
{
    for (int i = 0; i < N_SHEETS; i++)
        TRY(csv_open(&files[i], folder_fd, sheets[i].file, sheets[i].header));
    return STATUS_OK;
}

enum status sheets_close(struct csv files[N_SHEETS])
{
    enum status first = STATUS_OK;

    for (int i = 0; i < N_SHEETS; i++) {
        enum status status = csv_close(&files[i]);
        if (first == STATUS_OK)
            first = status;
    }
    return first;
}

enum status sheets_check(const struct csv files[N_SHEETS])
{
    for (int i = 0; i < N_SHEETS; i++)
        TRY(files[i].status);
    return STATUS_OK;
}

void sheets_fini(struct csv files[N_SHEETS])
{
    for (int i = 0; i < N_SHEETS; i++)
        csv_fini(&files[i]);
}
