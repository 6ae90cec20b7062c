// System calls and intrinsics that Swift's Glibc module lacks.
#ifndef CLINUX_H
#define CLINUX_H
#include <stddef.h>
#include <stdint.h>

// CRC32C (Castagnoli) of n bytes, continued from seed; 0 starts afresh.
uint32_t quorate_crc32c(uint32_t seed, const void *bytes, size_t n);

#endif
