/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/sha256_lanes.h"

#include <stdbool.h>
#include <string.h>

#define LANES HF_SHA256_LANES
#define WORDS 16 /* of a block */
#define STATE 8

#define INLINE static inline __attribute__((always_inline))

/* One 32-bit word of each message. */
typedef uint32_t word __attribute__((vector_size(64)));

static const uint32_t START[STATE] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
        0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint32_t ROUND[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
        0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
        0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
        0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
        0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
        0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
        0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

INLINE word rotate(word x, unsigned bits)
{
	return x >> bits | x << (32 - bits);
}

/* The 16 rounds from `at` on, and the words of the next 16. What the standard calls a … h move one
 * place a round: here their names move instead. */
INLINE void rounds(word s[STATE], word w[WORDS], unsigned at)
{
#pragma GCC unroll 16
	for (unsigned i = 0; i < WORDS; i++) {
		word a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7];
		word e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7];
		word sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
		word sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
		word choice = (e & f) | (~e & g), majority = (a & b) | (c & (a | b));
		word t = s[(7 - i) & 7] + sum1 + choice + ROUND[at + i] + w[i];
		s[(3 - i) & 7] += t;
		s[(7 - i) & 7] = t + sum0 + majority;
		word early = w[(i + 1) % WORDS], late = w[(i + 14) % WORDS];
		w[i] += (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) + w[(i + 9) % WORDS] +
		        (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	}
}

/* Halves and quarters of two vectors. */
INLINE word first_halves(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

INLINE word last_halves(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

INLINE word even_quarters(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}

INLINE word odd_quarters(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

/* Within each quarter: words of two vectors in turn, and pairs of words. */
INLINE word first_words(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
}

INLINE word last_words(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
}

INLINE word first_pairs(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
}

INLINE word last_pairs(word x, word y)
{
	return __builtin_shufflevector(
	        x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
}

INLINE word swap_bytes(word x)
{
	return (rotate(x, 8) & UINT32_C(0xff00ff00)) | (rotate(x, 24) & UINT32_C(0x00ff00ff));
}

/* Word i of all blocks into w[i]: a matrix of numbers turned round. */
INLINE void load(const uint8_t *const blocks[LANES], word w[WORDS])
{
	word a[WORDS], b[WORDS];
#pragma GCC unroll 16
	for (unsigned i = 0; i < WORDS; i++) {
		word row;
		memcpy(&row, blocks[i], sizeof(row));
		a[i] = swap_bytes(row);
	}
	/* Quarter q of rows i, i + 4, i + 8 and i + 12 into row 4q + i. */
#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++) {
		word low01 = first_halves(a[i], a[i + 4]),
		     low23 = first_halves(a[i + 8], a[i + 12]);
		word high01 = last_halves(a[i], a[i + 4]),
		     high23 = last_halves(a[i + 8], a[i + 12]);
		b[i] = even_quarters(low01, low23);
		b[i + 4] = odd_quarters(low01, low23);
		b[i + 8] = even_quarters(high01, high23);
		b[i + 12] = odd_quarters(high01, high23);
	}
	/* Word m of each quarter of rows i … i + 3 into row i + m. */
#pragma GCC unroll 4
	for (unsigned i = 0; i < WORDS; i += 4) {
		word low01 = first_words(b[i], b[i + 1]), low23 = first_words(b[i + 2], b[i + 3]);
		word high01 = last_words(b[i], b[i + 1]), high23 = last_words(b[i + 2], b[i + 3]);
		w[i] = first_pairs(low01, low23);
		w[i + 1] = last_pairs(low01, low23);
		w[i + 2] = first_pairs(high01, high23);
		w[i + 3] = last_pairs(high01, high23);
	}
}

static void compress(word state[STATE], const uint8_t *const blocks[LANES], word active)
{
	word s[STATE], w[WORDS];
	load(blocks, w);
	memcpy(s, state, sizeof(s));
	for (unsigned at = 0; at < 64; at += WORDS)
		rounds(s, w, at);
	for (unsigned i = 0; i < STATE; i++)
		state[i] += s[i] & active;
}

void hf_sha256_lanes_add(
        struct hf_sha256_lanes *lanes, const void *message, size_t len, uint8_t *ret_digest)
{
	const size_t lane = lanes->count++;
	const size_t blocks = (len + 9 + HF_SHA256_BLOCK - 1) / HF_SHA256_BLOCK;
	uint8_t *text = lanes->text[lane], *end = text + blocks * HF_SHA256_BLOCK;
	memcpy(text, message, len);
	text[len] = 0x80;
	memset(text + len + 1, 0, (size_t)(end - text) - len - 1);
	const size_t bits = 8 * len; /* fits into two bytes */
	end[-2] = (uint8_t)(bits >> 8);
	end[-1] = (uint8_t)bits;
	lanes->blocks[lane] = blocks;
	lanes->digest[lane] = ret_digest;
}

static void put_digest(const word state[STATE], size_t lane, uint8_t *ret_digest)
{
	for (unsigned i = 0; i < STATE; i++) {
		uint32_t value = state[i][lane];
		for (unsigned j = 0; j < 4; j++)
			ret_digest[4 * i + j] = (uint8_t)(value >> (24 - 8 * j));
	}
}

void hf_sha256_lanes_run(struct hf_sha256_lanes *lanes)
{
	const size_t count = lanes->count;
	word state[STATE];
	size_t most = 0;
	for (unsigned i = 0; i < STATE; i++)
		state[i] = (word){0} + START[i];
	for (size_t l = 0; l < count; l++)
		most = lanes->blocks[l] > most ? lanes->blocks[l] : most;
	for (size_t block = 0; block < most; block++) {
		const uint8_t *at[LANES];
		word active = {0};
		/* Lanes whose message has ended work on, for nothing. */
		for (size_t l = 0; l < LANES; l++) {
			bool goes_on = l < count && block < lanes->blocks[l];
			at[l] = lanes->text[l] + (goes_on ? block * HF_SHA256_BLOCK : 0);
			active[l] = goes_on ? UINT32_MAX : 0;
		}
		compress(state, at, active);
	}
	for (size_t l = 0; l < count; l++)
		put_digest(state, l, lanes->digest[l]);
	lanes->count = 0;
}
