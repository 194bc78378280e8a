/* The people of an overload: who they are, what they say, and when they do something next. */
#ifndef CROWD_H
#define CROWD_H

#include "../load/connection.h"
#include "../load/histogram.h"

enum { MAX_STAGES = 64, PEER_ID = 16 };
static const uint64_t SECOND = 1000000000;

/* Calls go on all the time; newcomers connect, join a hall, publish a few words, and go; visitors do the same and stay
 * connected. */
enum role { CALLER, VISITOR, NEWCOMER };
enum visit { OUTSIDE, JOINING, VISITING };
enum stage_of_life { GONE, DIALLING, ASKING, ENTERING, INSIDE, LEAVING };

struct person {
  int fd, number, dirty, said, stage;
  enum role role;
  enum stage_of_life life;
  enum visit visit;
  uint32_t key, timer;
  uint64_t due_ns, seen, acknowledged;
  struct buffer in, out;
  char id[PEER_ID + 1], room[16];
  struct person *next_free;
};

/* What a stage of the ramp came to. What was due in it counts here, whenever it arrived. */
struct stage {
  double multiple;
  uint64_t offered, entered, refused, gave_up, broken;
  uint64_t visits, visited, visited_in_time, published, shed_joins, shed_words;
  uint64_t sent, received, in_time, heard, heard_in_time;
  struct histogram calls, entering, joining;
};

struct options {
  int port, calls, visitors, halls, words, stages;
  double calls_per_second, stage_seconds, gap_seconds, patience_seconds, deadline_seconds;
  /* At once the capacity. */
  double newcomers_per_second, visits_per_second;
};

/* A message that says when it was due, as long as a candidate. The clock is the reader's own. */
static int message_text(char *text, size_t room, const char *type, const char *name, const char *to, uint64_t due_ns) {
  return snprintf(text, room,
                  "{\"type\":\"%s\",\"room\":\"%s\",%s%s%s\"data\":{\"candidate\":\"candidate:842163049 1 udp 1677729535 "
                  "203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EsAw network-id 1 "
                  "network-cost 999\",\"sdpMid\":\"0\",\"due\":\"%016llx\"}}",
                  type, name, to ? "\"to\":\"" : "", to ? to : "", to ? "\"," : "", (unsigned long long)due_ns);
}

/* When the message was due that is in this frame; 0 when it says nothing of it. */
static uint64_t due_of(const uint8_t *text, size_t length) {
  const uint8_t *found = memmem(text, length, "\"due\":\"", 7);
  if (!found || found + 7 + 16 > text + length) return 0;
  char digits[17] = {0};
  memcpy(digits, found + 7, 16);
  return strtoull(digits, NULL, 16);
}

/* Copies the sixteen characters behind `key`; 0 when they aren't there. */
static int id_behind(char *id, const uint8_t *text, size_t length, const char *key) {
  const uint8_t *found = memmem(text, length, key, strlen(key));
  if (!found || found + strlen(key) + PEER_ID > text + length) return 0;
  memcpy(id, found + strlen(key), PEER_ID);
  id[PEER_ID] = 0;
  return 1;
}

static int begins(const uint8_t *text, size_t length, const char *with) {
  return length >= strlen(with) && !memcmp(text, with, strlen(with));
}

#endif
