/* WebSocket framing (RFC 6455 section 5.2): what a load client and a relay need of it, nothing more. */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
enum { FRAME_HEAD_MAX = 14 };

struct frame {
  int opcode;
  int masked;
  size_t head;   /* bytes before the payload, the mask included */
  size_t length; /* of the payload */
};

/* Whether a whole frame stands at `p`; describes it if so. */
static inline int frame_at(const uint8_t *p, size_t available, struct frame *f) {
  if (available < 2) return 0;
  size_t head = 2, length = p[1] & 127;
  if (length == 126) {
    if (available < 4) return 0;
    head = 4;
    length = (size_t)p[2] << 8 | p[3];
  } else if (length == 127) {
    if (available < 10) return 0;
    head = 10;
    length = 0;
    for (int i = 2; i < 10; i++) length = length << 8 | p[i];
  }
  f->masked = p[1] >> 7;
  if (f->masked) head += 4;
  f->opcode = p[0] & 15;
  f->head = head;
  f->length = length;
  return available >= head && available - head >= length;
}

/* Writes the head of a final frame without a mask; returns its length. */
static inline size_t frame_head(uint8_t *p, int opcode, size_t length) {
  p[0] = 0x80 | opcode;
  if (length < 126) {
    p[1] = length;
    return 2;
  }
  if (length < 65536) {
    p[1] = 126;
    p[2] = length >> 8;
    p[3] = length;
    return 4;
  }
  p[1] = 127;
  for (int i = 0; i < 8; i++) p[2 + i] = length >> (56 - 8 * i);
  return 10;
}

/* Masks or unmasks in place; `key` holds the four bytes as they stand in the frame. */
static inline void frame_mask(uint8_t *p, size_t length, uint32_t key) {
  uint64_t wide = (uint64_t)key << 32 | key;
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t word;
    memcpy(&word, p + i, 8);
    word ^= wide;
    memcpy(p + i, &word, 8);
  }
  for (; i < length; i++) p[i] ^= ((uint8_t *)&wide)[i & 7];
}

#endif
