/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints the picture of a sample, for tests that read it as any XML reader would, and for looking
 * at: draw_sample [NAME]. Without a name, the names. */
#include <stdio.h>
#include <string.h>

#include "report/trace_svg.h"
#include "trace_samples.h"

static int draw(enum sample_kind kind)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	static struct sample sample;
	sample_init(&sample, kind);
	if (hf_trace_svg(&sample.trace, &out) != HF_OK)
		return 1;
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		if (argc < 2)
			puts(sample_name(kind));
		else if (strcmp(argv[1], sample_name(kind)) == 0)
			return draw(kind);
	}
	return argc < 2 ? 0 : 2;
}
