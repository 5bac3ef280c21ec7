/*
 * keyd_constant_time.h: choosing without branching.
 *
 * Masks are all ones or all zeros.  The barrier keeps the compiler from
 * seeing that, and turning it back into a branch.
 */
#ifndef KEYD_KEYD_CONSTANT_TIME_H
#define KEYD_KEYD_CONSTANT_TIME_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t
ct_barrier(uint32_t x)
{
	__asm__("" : "+r"(x));
	return x;
}

/* All ones when x is 0. */
static inline uint32_t
ct_is_zero(uint32_t x)
{
	x = ct_barrier(x);
	return ct_barrier(0u - ((~x & (x - 1u)) >> 31));
}

static inline uint32_t
ct_equal(uint32_t a, uint32_t b)
{
	return ct_is_zero(a ^ b);
}

/* out[i] = mask ? yes[i] : no[i] */
static inline void
ct_select(uint32_t mask, unsigned char *out, const unsigned char *yes,
    const unsigned char *no, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)((ct_barrier(mask) & yes[i]) |
					 (~ct_barrier(mask) & no[i]));
}

#endif
