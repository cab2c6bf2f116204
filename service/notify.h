/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Tells the service manager what the service does (the protocol of sd_notify(3)). */

/* Sends "READY=1" and the like; does nothing where $NOTIFY_SOCKET is not set. */
void notify(const char *state);
