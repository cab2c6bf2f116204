/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A fuzz target is one function over bytes, in a file fuzz_<name>.c. It must not crash, leak, hang
 * or break an invariant it checks, whatever the bytes.
 *
 * With clang (`meson setup build-fuzz --native-file fuzz.ini`) it is linked with libFuzzer:
 *     tests/fuzz/run.sh build-fuzz/tests/fuzz/fuzz_json tests/fuzz/corpus/json SECONDS
 * `.ci/run` does that for all of them. What breaks a target goes into its corpus.
 * In every other build it is linked with replay.c, which runs the kept corpus and a fixed number
 * of mutations of it, so that each test run fuzzes a little and always the same.
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
