/* A log-linear histogram of nanoseconds: 128 steps an octave, so within 0.8 %. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { STEPS = 128, STEP_BITS = 7, OCTAVES = 40 };

struct histogram {
  uint64_t counts[STEPS * OCTAVES];
  uint64_t total;
  uint64_t max;
};

static inline void histogram_add(struct histogram *h, uint64_t ns) {
  int octave = ns < STEPS ? 0 : 63 - __builtin_clzll(ns) - STEP_BITS + 1;
  if (octave >= OCTAVES) octave = OCTAVES - 1;
  uint64_t step = octave == 0 ? ns : (ns >> (octave - 1)) & (STEPS - 1);
  h->counts[octave * STEPS + step]++;
  h->total++;
  if (ns > h->max) h->max = ns;
}

/* The value that the share `q` (0 to 1) of all values doesn't exceed. */
static inline uint64_t histogram_quantile(const struct histogram *h, double q) {
  if (q >= 1) return h->max;
  uint64_t wanted = (uint64_t)(q * h->total) + 1, seen = 0;
  for (int i = 0; i < STEPS * OCTAVES; i++) {
    seen += h->counts[i];
    if (seen >= wanted) {
      int octave = i / STEPS;
      uint64_t step = i % STEPS;
      uint64_t upper = octave == 0 ? step : ((STEPS | step) + 1) << (octave - 1);
      return upper > h->max ? h->max : upper;
    }
  }
  return h->max;
}

#endif
