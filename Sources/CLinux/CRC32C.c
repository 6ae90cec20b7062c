// CRC-32C (Castagnoli polynomial, reflected): by the processor's instruction, in three lanes for long buffers, or by table.
//
// The instruction has a latency of three cycles and a throughput of one, so one chain of it leaves two thirds of the
// processor idle. Long buffers are cut into three lanes of equal length whose sums are computed side by side and then
// joined: the sum of a first part, carried over the length of the next, is a linear map of its 32 bits, kept here as four
// tables of 256 entries for each of two lane lengths.
#include "CLinux.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u
#define LONG_LANE 4096
#define SHORT_LANE 256

static uint32_t slice_table[8][256];
static uint32_t carry_long[4][256];
static uint32_t carry_short[4][256];
static int has_instruction;

static void fill_slices(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t sum = i;
        for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
        slice_table[0][i] = sum;
    }
    for (int slice = 1; slice < 8; slice++)
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t before = slice_table[slice - 1][i];
            slice_table[slice][i] = (before >> 8) ^ slice_table[0][before & 0xff];
        }
}

// Slicing by eight: one look-up per byte, but eight of them independent of each other.
static uint32_t by_table(uint32_t sum, const unsigned char *p, size_t length) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (length >= 8) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + 4, 4);
        low ^= sum;
        sum = slice_table[7][low & 0xff] ^ slice_table[6][(low >> 8) & 0xff] ^ slice_table[5][(low >> 16) & 0xff] ^
              slice_table[4][low >> 24] ^ slice_table[3][high & 0xff] ^ slice_table[2][(high >> 8) & 0xff] ^
              slice_table[1][(high >> 16) & 0xff] ^ slice_table[0][high >> 24];
        p += 8;
        length -= 8;
    }
#endif
    while (length--) sum = (sum >> 8) ^ slice_table[0][(sum ^ *p++) & 0xff];
    return sum;
}

static void fill_carry(uint32_t table[4][256], size_t lane) {
    uint32_t basis[32];
    static const unsigned char zeros[SHORT_LANE];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t sum = (uint32_t)1 << bit;
        for (size_t done = 0; done < lane; done += SHORT_LANE) sum = by_table(sum, zeros, SHORT_LANE);
        basis[bit] = sum;
    }
    for (int byte = 0; byte < 4; byte++)
        for (uint32_t value = 0; value < 256; value++) {
            uint32_t sum = 0;
            for (int bit = 0; bit < 8; bit++)
                if (value >> bit & 1) sum ^= basis[byte * 8 + bit];
            table[byte][value] = sum;
        }
}

static inline uint32_t carry(uint32_t table[4][256], uint32_t sum) {
    return table[0][sum & 0xff] ^ table[1][(sum >> 8) & 0xff] ^ table[2][(sum >> 16) & 0xff] ^ table[3][sum >> 24];
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define INSTRUCTION __attribute__((target("sse4.2")))
#define STEP8(sum, word) ((uint32_t)_mm_crc32_u64((sum), (word)))
#define STEP1(sum, byte) _mm_crc32_u8((sum), (byte))
static int detect(void) { return __builtin_cpu_supports("sse4.2") != 0; }
static const char *const method = "sse4.2";
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define INSTRUCTION __attribute__((target("+crc")))
#define STEP8(sum, word) __crc32cd((sum), (word))
#define STEP1(sum, byte) __crc32cb((sum), (byte))
static int detect(void) { return (getauxval(AT_HWCAP) & (1u << 7)) != 0; }
static const char *const method = "armv8";
#endif

#ifdef INSTRUCTION
static inline uint64_t word_at(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

INSTRUCTION static uint32_t three_lanes(uint32_t sum, const unsigned char *p, size_t lane, uint32_t table[4][256]) {
    uint32_t second = 0, third = 0;
    for (size_t i = 0; i < lane; i += 8) {
        sum = STEP8(sum, word_at(p + i));
        second = STEP8(second, word_at(p + lane + i));
        third = STEP8(third, word_at(p + 2 * lane + i));
    }
    return carry(table, carry(table, sum) ^ second) ^ third;
}

INSTRUCTION static uint32_t by_instruction(uint32_t sum, const unsigned char *p, size_t length) {
    while (length >= 3 * LONG_LANE) {
        sum = three_lanes(sum, p, LONG_LANE, carry_long);
        p += 3 * LONG_LANE;
        length -= 3 * LONG_LANE;
    }
    while (length >= 3 * SHORT_LANE) {
        sum = three_lanes(sum, p, SHORT_LANE, carry_short);
        p += 3 * SHORT_LANE;
        length -= 3 * SHORT_LANE;
    }
    while (length >= 8) {
        sum = STEP8(sum, word_at(p));
        p += 8;
        length -= 8;
    }
    while (length--) sum = STEP1(sum, *p++);
    return sum;
}
#else
static int detect(void) { return 0; }
static const char *const method = "table";
static uint32_t by_instruction(uint32_t sum, const unsigned char *p, size_t length) { return by_table(sum, p, length); }
#endif

// Runs before main, so that no caller on any thread ever meets half-filled tables.
__attribute__((constructor)) static void prepare(void) {
    fill_slices();
    fill_carry(carry_long, LONG_LANE);
    fill_carry(carry_short, SHORT_LANE);
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    has_instruction = detect();
}

uint32_t quorate_crc32c(uint32_t seed, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    return ~(has_instruction ? by_instruction(~seed, p, length) : by_table(~seed, p, length));
}

uint32_t quorate_crc32c_portable(uint32_t seed, const void *bytes, size_t length) { return ~by_table(~seed, bytes, length); }

const char *quorate_crc32c_method(void) { return has_instruction ? method : "table"; }
