/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>

#include "failing.h"

enum { SWEEP_MAX = 100000 };

static atomic_long countdown = -1; /* allocations until one fails; negative: none does */
static atomic_bool fired;

static bool refused(void)
{
	if (atomic_load(&countdown) < 0 || atomic_fetch_sub(&countdown, 1) != 0)
		return false;
	atomic_store(&fired, true);
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **ret_block, size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
int __real_vasprintf(char **ret_text, const char *format, va_list arguments);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **ret_block, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments);
int __wrap_asprintf(char **ret_text, const char *format, ...);

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return refused() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
	return refused() ? NULL : __real_reallocarray(block, count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return refused() ? NULL : __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **ret_block, size_t alignment, size_t size)
{
	return refused() ? ENOMEM : __real_posix_memalign(ret_block, alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return refused() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
	return refused() ? NULL : __real_strndup(text, max);
}

int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
{
	return refused() ? -1 : __real_vasprintf(ret_text, format, arguments);
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int len = __wrap_vasprintf(ret_text, format, arguments);
	va_end(arguments);
	return len;
}

long sweep_some(
        work_fn *work, const void *context, enum hf_err expected, unsigned first, unsigned step)
{
	assert_int_equal(work(context), expected);
	long k = first;
	for (; k < SWEEP_MAX; k += step) {
		atomic_store(&fired, false);
		atomic_store(&countdown, k);
		enum hf_err err = work(context);
		atomic_store(&countdown, -1);
		if (err != HF_ERR_NOMEM && err != expected)
			fail_msg("with allocation %ld failing: %s", k, hf_err_text(err));
		if (!atomic_load(&fired)) {
			assert_int_equal(err, expected);
			break;
		}
	}
	/* Fewer would mean that the linker did not route them through here. */
	assert_true(k >= 10 && k < SWEEP_MAX);
	return k;
}

void sweep(const char *name, work_fn *work, const void *context, enum hf_err expected)
{
	print_message("%s: ", name);
	print_message("%ld allocations\n", sweep_some(work, context, expected, 0, 1));
}
