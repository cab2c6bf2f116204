/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/registry.h"

#include <assert.h>

extern const struct detector detector_shared_device,
    detector_shared_phone,
    detector_shared_address,
    detector_gang,
    detector_batch_application,
    detector_dense_block,
    detector_guarantee_cycle,
    detector_guarantee_load,
    detector_hidden_control,
    detector_contagion,
    detector_multi_lending,
    detector_overdue_link,
    detector_shell_takeover,
    detector_tampering,
    detector_bad_intermediary,
    detector_circular_ownership,
    detector_round_trip,
    detector_contradiction;

const struct detector *const registry[] = {
    &detector_shared_device,
    &detector_shared_phone,
    &detector_shared_address,
    &detector_gang,
    &detector_batch_application,
    &detector_dense_block,
    &detector_guarantee_cycle,
    &detector_guarantee_load,
    &detector_hidden_control,
    &detector_contagion,
    &detector_multi_lending,
    &detector_overdue_link,
    &detector_shell_takeover,
    &detector_tampering,
    &detector_bad_intermediary,
    &detector_circular_ownership,
    &detector_round_trip,
    &detector_contradiction,
    NULL,
};

size_t registry_size(void)
{
    return sizeof registry / sizeof registry[0] - 1;
}

size_t detectors_count(const struct detector *const *detectors)
{
    size_t n = 0;

    while (detectors[n])
        n++;
    return n;
}

size_t detector_n_codes(const struct detector *detector)
{
    size_t n = 0;

    while (n < DETECTOR_CODES_MAX && detector->codes[n])
        n++;
    return n;
}

bool detector_has_code(const struct detector *detector, struct slice code)
{
    if (slice_equal(code, slice_str(detector->id)))
        return true;
    for (size_t i = 0; i < DETECTOR_CODES_MAX && detector->codes[i]; i++)
        if (slice_equal(code, slice_str(detector->codes[i])))
            return true;
    return false;
}

const struct detector *registry_find(struct slice name)
{
    for (size_t i = 0; registry[i]; i++)
        if (detector_has_code(registry[i], name))
            return registry[i];
    return NULL;
}

size_t registry_index(const struct detector *detector)
{
    size_t i = 0;

    while (registry[i] && registry[i] != detector)
        i++;
    assert(registry[i]);
    return i;
}
