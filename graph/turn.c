/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"

/* Shorter slices would not be held shorter: a commit and its sync take what they take. */
#define WORK_MIN_US 1000

static int64_t work_us(const struct turn_pace *pace)
{
    return pace->work_us ? pace->work_us : WORK_MIN_US;
}

bool turn_over(const struct turn_pace *pace, int64_t start_us)
{
    return time_monotonic_us() - start_us >= work_us(pace);
}

void turn_rest(struct turn_pace *pace, int64_t held_us)
{
    struct timespec pause = { held_us / US_PER_SECOND, held_us % US_PER_SECOND * 1000 };
    int64_t work = work_us(pace);

    work = held_us > TURN_HOLD_US ? work * TURN_HOLD_US / held_us : work + work / 4;
    pace->work_us = work < WORK_MIN_US ? WORK_MIN_US : work > TURN_HOLD_US ? TURN_HOLD_US : work;
    nanosleep(&pause, NULL);
}

enum status turn_take(int *lock, const char *dir, const char *name, const char *busy)
{
    char path[PATH_MAX];
    int file;

    TRY(file_path(path, dir, name));
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fail_errno(path);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;

        close(file);
        errno = error;
        return error == EWOULDBLOCK ? fail(STATUS_CONFLICT, "%s: %s", dir, busy)
                                    : fail_errno(path);
    }
    *lock = file;
    return STATUS_OK;
}

void turn_leave(int lock)
{
    if (lock >= 0)
        close(lock);
}
