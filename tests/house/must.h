/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has to hold for a test to mean anything at all, in code that runs outside of cmocka too. */
#ifndef HF_TESTS_HOUSE_MUST_H
#define HF_TESTS_HOUSE_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
