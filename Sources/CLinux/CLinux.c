#include "CLinux.h"

uint32_t quorate_crc32c(uint32_t seed, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint32_t crc = ~seed;
    while (n--) {
        crc ^= *p++;
        for (int k = 0; k < 8; k++) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
    }
    return ~crc;
}
