/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/alg.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define BOTH (HF_ALG_VERIFIES | HF_ALG_SIGNS)

/* IANA's "DNS Security Algorithm Numbers"; those without flags or sizes can only be named. */
static const struct hf_alg algs[] = {
        {1, HF_ALG_DEPRECATED, "RSAMD5", 0, 0, 0, 0, 0},
        {2, 0, "DH", 0, 0, 0, 0, 0},
        {3, HF_ALG_DEPRECATED, "DSA", 0, 41, 0, 0, 0},
        {5, HF_ALG_VERIFIES | HF_ALG_DEPRECATED, "RSASHA1", 0, 0, 2048, 512, 4096},
        {6, HF_ALG_DEPRECATED, "DSA-NSEC3-SHA1", 0, 41, 0, 0, 0},
        {7, HF_ALG_VERIFIES | HF_ALG_DEPRECATED, "RSASHA1-NSEC3-SHA1", 0, 0, 2048, 512, 4096},
        {8, BOTH, "RSASHA256", 0, 0, 2048, 512, 4096},
        {10, BOTH | HF_ALG_DISCOURAGED, "RSASHA512", 0, 0, 2048, 1024, 4096},
        {12, HF_ALG_DEPRECATED, "ECC-GOST", 64, 64, 512, 512, 512},
        {13, BOTH, "ECDSAP256SHA256", 64, 64, 256, 256, 256},
        {14, BOTH, "ECDSAP384SHA384", 96, 96, 384, 384, 384},
        {15, BOTH, "ED25519", 32, 64, 256, 256, 256},
        {16, BOTH, "ED448", 57, 114, 456, 456, 456},
        {17, 0, "SM2SM3", 64, 64, 256, 256, 256},
        {23, 0, "ECC-GOST12", 64, 64, 256, 256, 256},
        {252, 0, "INDIRECT", 0, 0, 0, 0, 0},
        {253, 0, "PRIVATEDNS", 0, 0, 0, 0, 0},
        {254, 0, "PRIVATEOID", 0, 0, 0, 0, 0},
};

/* What else people and other tools call them. */
static const struct {
	const char *name;
	uint8_t number;
} aliases[] = {
        {"NSEC3RSASHA1", 7},
        {"NSEC3DSA", 6},
        {"ECCGOST", 12},
        {"ECDSAP256", 13},
        {"ECDSA256", 13},
        {"P-256", 13},
        {"ECDSAP384", 14},
        {"ECDSA384", 14},
        {"P-384", 14},
};

static const struct {
	uint8_t number;
	uint8_t len; /* 0: we cannot make it */
	const char *name;
} digests[] = {
        {HF_DIGEST_SHA1, 20, "SHA-1"},
        {HF_DIGEST_SHA256, 32, "SHA-256"},
        {3, 0, "GOST R 34.11-94"},
        {HF_DIGEST_SHA384, 48, "SHA-384"},
        {5, 0, "GOST R 34.11-2012"},
        {6, 0, "SM3"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct hf_alg *hf_alg_find(uint8_t number)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		if (algs[i].number == number)
			return &algs[i];
	}
	return NULL;
}

const struct hf_alg *hf_alg_parse(const char *text)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		if (strcasecmp(text, algs[i].name) == 0)
			return &algs[i];
	}
	for (size_t i = 0; i < COUNT(aliases); i++) {
		if (strcasecmp(text, aliases[i].name) == 0)
			return hf_alg_find(aliases[i].number);
	}
	if (text[0] < '0' || text[0] > '9')
		return NULL;
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	return *end == '\0' && number <= UINT8_MAX ? hf_alg_find((uint8_t)number) : NULL;
}

const char *hf_alg_name(uint8_t number, char text[static 32])
{
	const struct hf_alg *alg = hf_alg_find(number);
	if (alg != NULL)
		return alg->name;
	snprintf(text, 32, "algorithm %u", number);
	return text;
}

size_t hf_digest_len(uint8_t digest_type)
{
	for (size_t i = 0; i < COUNT(digests); i++) {
		if (digests[i].number == digest_type)
			return digests[i].len;
	}
	return 0;
}

const char *hf_digest_name(uint8_t digest_type, char text[static 32])
{
	for (size_t i = 0; i < COUNT(digests); i++) {
		if (digests[i].number == digest_type)
			return digests[i].name;
	}
	snprintf(text, 32, "digest type %u", digest_type);
	return text;
}
