/* Alarms: who is to be looked at when. */
#ifndef WHEEL_H
#define WHEEL_H

#include "crowd.h"

enum { WHEEL = 8192 };

/* Who is to be looked at in each millisecond to come. */
struct alarm {
  struct person *person;
  uint32_t timer;
};

struct wheel {
  struct { struct alarm *alarms; int count, room; } slots[WHEEL];
  uint64_t done_ms;
};

/* Replaces what was set before. At most eight seconds ahead. */
static void set_alarm(struct wheel *w, struct person *p, uint64_t at_ns) {
  uint64_t ms = at_ns / 1000000 + 1;
  if (ms <= w->done_ms) ms = w->done_ms + 1;
  int slot = ms % WHEEL;
  if (w->slots[slot].count == w->slots[slot].room) {
    w->slots[slot].room = w->slots[slot].room * 2 + 16;
    w->slots[slot].alarms = realloc(w->slots[slot].alarms, w->slots[slot].room * sizeof(struct alarm));
  }
  w->slots[slot].alarms[w->slots[slot].count++] = (struct alarm){p, ++p->timer};
}


/* Calls `ring` for everybody whose time has come. */
static void ring_alarms(struct wheel *w, uint64_t now_ns, void (*ring)(struct person *)) {
  uint64_t ms = now_ns / 1000000;
  if (!w->done_ms) w->done_ms = ms - 1;
  while (w->done_ms < ms) {
    int slot = ++w->done_ms % WHEEL;
    for (int i = 0; i < w->slots[slot].count; i++) {
      struct alarm alarm = w->slots[slot].alarms[i];
      if (alarm.person->timer == alarm.timer && alarm.person->life != GONE) ring(alarm.person);
    }
    w->slots[slot].count = 0;
  }
}

#endif
