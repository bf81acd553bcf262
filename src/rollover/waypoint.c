/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/waypoint.h"

unsigned hf_keys_count(hf_keys keys)
{
	return (unsigned)__builtin_popcountll(keys);
}

bool hf_waypoint_same_zone(const struct hf_waypoint *a, const struct hf_waypoint *b)
{
	return a->published == b->published && a->revoked == b->revoked &&
	       a->sign_keys == b->sign_keys && a->sign_data == b->sign_data &&
	       a->denial.kind == b->denial.kind && a->denial.opt_out == b->denial.opt_out;
}

bool hf_waypoint_same(const struct hf_waypoint *a, const struct hf_waypoint *b)
{
	return hf_waypoint_same_zone(a, b) && a->ds == b->ds && a->anchors == b->anchors;
}
