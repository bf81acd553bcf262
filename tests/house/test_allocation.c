/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The k-th allocation fails, for every k, until the work succeeds: loading, signing, verifying.
 *
 * The linker routes the allocations of our own objects through the functions below (--wrap); those
 * inside OpenSSL, libknot and libzscanner are left alone. Each run must end with HF_ERR_NOMEM or
 * succeed without what it could not get; with the address sanitizer it must not leak either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>

#include "zone/load.h"

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

/* Work that makes and frees everything that it needs. */
typedef enum hf_err work_fn(void *context);

/* Runs `work` with its first, second, … allocation failing, until none is left to fail. */
static void sweep(const char *name, work_fn *work, void *context, enum hf_err expected)
{
	assert_int_equal(work(context), expected);
	long k = 0;
	for (; k < SWEEP_MAX; k++) {
		atomic_store(&fired, false);
		atomic_store(&countdown, k);
		enum hf_err err = work(context);
		atomic_store(&countdown, -1);
		if (err != HF_ERR_NOMEM && err != expected)
			fail_msg("%s: with allocation %ld failing: %s", name, k, hf_err_text(err));
		if (!atomic_load(&fired)) {
			assert_int_equal(err, expected);
			break;
		}
	}
	print_message("%s: %ld allocations\n", name, k);
	/* Fewer would mean that the linker did not route them through here. */
	assert_true(k >= 10 && k < SWEEP_MAX);
}

static const char ZONE[] = "$ORIGIN example.\n"
                           "$TTL 3600\n"
                           "@ SOA ns1 hostmaster 1 7200 1800 1209600 900\n"
                           "@ NS ns1\n"
                           "@ NS ns.elsewhere.test.\n"
                           "ns1 A 192.0.2.1\n"
                           "www A 192.0.2.2\n"
                           "www TXT \"some words\" \"and others\"\n"
                           "*.wild MX 10 www\n"
                           "a.b.c AAAA 2001:db8::1\n"
                           "alias CNAME www\n"
                           "signed NS ns.signed\n"
                           "ns.signed A 192.0.2.3\n"
                           "signed DS 1 13 2 "
                           "0000000000000000000000000000000000000000000000000000000000000000\n"
                           "plain NS ns.elsewhere.test.\n";

static enum hf_err load(const char *text, struct hf_version **ret_version)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_load_options options = {.origin = "example."};
	enum hf_err err =
	        hf_zone_load_text("zone", text, strlen(text), &options, &diag, ret_version);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err load_good(void *context)
{
	struct hf_version *version = NULL;
	enum hf_err err = load(ZONE, &version);
	assert_true((err == HF_OK) == (version != NULL));
	hf_version_unref(version);
	return err;
}

/* Errors have their own allocations: a sentence each. */
static enum hf_err load_bad(void *context)
{
	struct hf_version *version = NULL;
	enum hf_err err = load("@ 3600 A 192.0.2.256\nwww 3600 MX nowhere\n@ NOTYPE 1\n", &version);
	assert_null(version);
	return err;
}

static void test_load(void **state)
{
	sweep("load", load_good, NULL, HF_OK);
}

static void test_load_of_errors(void **state)
{
	sweep("load of errors", load_bad, NULL, HF_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_load),
	        cmocka_unit_test(test_load_of_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
