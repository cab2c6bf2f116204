/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/event_answer.h"

#include "base/emit.h"

enum status event_answer_write(struct buf *out, uint64_t line, const struct apply_answer *answer)
{
    struct emit emit = emit_start(out);

    emit_object(&emit);
    emit_key(&emit, "line");
    emit_uint(&emit, line);
    emit_key(&emit, answer->error ? "error" : "status");
    emit_string(&emit, answer->error ? answer->error : "ok");
    if (answer->duplicate) {
        emit_key(&emit, "duplicate");
        emit_bool(&emit, true);
    }
    emit_end(&emit);
    return emit_finish(&emit);
}
