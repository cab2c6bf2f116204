/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Integers for products of two times, amounts or counts, which 64 bits do not hold. */

__extension__ typedef __int128 wide_int;
