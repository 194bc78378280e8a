/* The payloads carry a sequence number, so each has a checksum of its own, and sums of checksums show what was
 * lost, changed, or delivered twice to whom. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Four lanes, so that a multiplication needn't wait for the one before. */
static inline uint64_t checksum(const uint8_t *p, size_t length) {
  const uint64_t odd = 0x9E3779B97F4A7C15ull;
  uint64_t lanes[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    uint64_t words[4];
    memcpy(words, p + i, 32);
    for (int k = 0; k < 4; k++) lanes[k] = (lanes[k] ^ words[k]) * odd;
  }
  for (; i < length; i++) lanes[i & 3] = (lanes[i & 3] ^ p[i]) * odd;
  uint64_t sum = length;
  for (int k = 0; k < 4; k++) {
    sum = (sum ^ lanes[k] ^ lanes[k] >> 29) * odd;
  }
  return sum ^ sum >> 32;
}

enum { SEQUENCE_DIGITS = 16 };

static inline void put_sequence(uint8_t *p, uint64_t value) {
  static const char digits[] = "0123456789abcdef";
  for (int i = SEQUENCE_DIGITS - 1; i >= 0; i--, value >>= 4) p[i] = digits[value & 15];
}

static inline uint64_t get_sequence(const uint8_t *p) {
  uint64_t value = 0;
  for (int i = 0; i < SEQUENCE_DIGITS; i++) value = value << 4 | ((p[i] & 15) + (p[i] >> 6) * 9);
  return value;
}

#endif
