/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/report.h"

#include <stdlib.h>

void hf_report_free(struct hf_report *report)
{
	if (report == NULL)
		return;
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].detail);
		free(report->findings[i].fix);
	}
	free(report->findings);
	free(report);
}
