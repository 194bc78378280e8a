/* What a stage came to, for whoever reads it. */
#ifndef REPORT_H
#define REPORT_H

#include "crowd.h"

/* A line of JSON. */
static void report_stage(const struct stage *s) {
  /* What never arrived was later than any: the quantiles are of all that was sent. */
  double arrived = s->sent ? (double)s->received / s->sent : 1;
  struct { const char *name; uint64_t count; } counts[] = {
      {"offered", s->offered},      {"entered", s->entered},      {"refused", s->refused},
      {"gaveUp", s->gave_up},       {"broken", s->broken},        {"visits", s->visits},
      {"visited", s->visited},      {"visitedInTime", s->visited_in_time},
      {"published", s->published},  {"shedJoins", s->shed_joins}, {"shedWords", s->shed_words},
      {"heard", s->heard},          {"heardInTime", s->heard_in_time},
      {"sent", s->sent},            {"received", s->received},    {"inTime", s->in_time},
  };
  printf("{\"multiple\":%g", s->multiple);
  for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
    printf(",\"%s\":%llu", counts[k].name, (unsigned long long)counts[k].count);
  static const double points[] = {0.5, 0.9, 0.99, 0.999};
  for (int k = 0; k < 4; k++) {
    double q = arrived > 0 ? points[k] / arrived : 2;
    printf(",\"p%g\":%.1f", points[k] * 100, q >= 1 ? -1 : histogram_quantile(&s->calls, q) / 1e3);
  }
  printf(",\"entering50\":%.1f,\"entering99\":%.1f,\"joining99\":%.1f}\n", histogram_quantile(&s->entering, 0.5) / 1e3,
         histogram_quantile(&s->entering, 0.99) / 1e3, histogram_quantile(&s->joining, 0.99) / 1e3);
}

#endif
