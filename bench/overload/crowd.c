/* The crowd: calls that signal at a fixed rate, and people who connect, join and publish at rates that change from stage
 * to stage. Open loop: nobody waits for the server. One thread, epoll.
 *
 *   crowd PORT CALLS CALLS_PER_SECOND VISITORS HALLS WORDS GAP PATIENCE DEADLINE STAGE_SECONDS NEWCOMERS VISITS MULTIPLE...
 *
 * It says "ready" when calls and visitors are there, goes on when it is told "go", and writes a line of JSON for each
 * stage, and one about itself. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <time.h>

#include "report.h"
#include "sockets.h"

enum { AT_A_TIME = 64, EVENTS = 1024 };
static const uint64_t SETTLE_NS = 300000000, DRAIN_NS = 6000000000, SETUP_NS = 60000000000;

static uint64_t next_newcomer_ns, next_visit_ns, newcomers, visits, calls_issued, late, busy_ns, random_state = 0x9e3779b97f4a7c15;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static double uniform(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return ((random_state >> 11) + 0.5) / 9007199254740992.0;
}

/* What calls have to say by now: one message after the other, from each end of each call in turn. */
static void calls_due(void) {
  uint64_t due, last = began + (uint64_t)(options.stages * options.stage_seconds * SECOND);
  while (due = began + (uint64_t)(calls_issued * 1e9 / options.calls_per_second), due <= now && due < last) {
    int call = calls_issued % options.calls, side = calls_issued / options.calls & 1;
    struct person *from = &people[2 * call + side], *to = &people[2 * call + 1 - side];
    calls_issued++;
    late += now - due > 200000;
    stages[stage_at(due)].sent++;
    if (from->life != INSIDE) continue;
    char text[512];
    say(from, text, message_text(text, sizeof text, "candidate", from->room, to->id, due));
  }
}

/* Whether the next of a kind is due; moves on to the one after it, never at equal distances. */
static int is_due(uint64_t *next, double per_second, uint64_t *due) {
  uint64_t last = began + (uint64_t)(options.stages * options.stage_seconds * SECOND);
  if (*next > now || *next >= last) return 0;
  int at = stage_at(*next);
  double rate = per_second * stages[at].multiple;
  *due = *next;
  if (rate > 0) *next += 2e9 * uniform() / rate;
  else *next = began + (uint64_t)((at + 1) * options.stage_seconds * SECOND);
  return rate > 0 ? 1 : is_due(next, per_second, due);
}

static void come(uint64_t due) {
  struct stage *stage = &stages[stage_at(due)];
  struct person *p = new_person(NEWCOMER, newcomers++);
  stage->offered++;
  if (!p) {
    stage->gave_up++; /* as many wait already as there can be */
    return;
  }
  p->due_ns = due;
  p->stage = stage_at(due);
  snprintf(p->room, sizeof p->room, "hall%06d", p->number % options.halls);
  dial(p);
  set_alarm(&wheel, p, due + (uint64_t)(options.patience_seconds * SECOND));
}

static void others_due(void) {
  uint64_t due;
  while (is_due(&next_newcomer_ns, options.newcomers_per_second, &due)) come(due);
  while (is_due(&next_visit_ns, options.visits_per_second, &due)) {
    struct person *p = &people[2 * options.calls + visits++ % options.visitors];
    stages[stage_at(due)].visits++;
    if (p->life == INSIDE && p->visit == OUTSIDE) join(p, due);
  }
}

/* Calls first, then visitors. */
static void set_the_stage(void) {
  for (; used < 2 * options.calls + options.visitors && pending < AT_A_TIME; pending++) {
    int is_call = used < 2 * options.calls;
    struct person *p = new_person(is_call ? CALLER : VISITOR, used);
    snprintf(p->room, sizeof p->room, is_call ? "call%06d" : "hall%06d", is_call ? p->number / 2 : p->number % options.halls);
    dial(p);
  }
}

static double cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static double number(char **words, int count, int at) {
  if (at >= count) give_up("too few words: see the top of crowd.c");
  return atof(words[at]);
}

static void prepare(int count, char **words) {
  int at = 1;
  options.port = number(words, count, at++);
  options.calls = number(words, count, at++);
  options.calls_per_second = number(words, count, at++);
  options.visitors = number(words, count, at++);
  options.halls = number(words, count, at++);
  options.words = number(words, count, at++);
  options.gap_seconds = number(words, count, at++);
  options.patience_seconds = number(words, count, at++);
  options.deadline_seconds = number(words, count, at++);
  options.stage_seconds = number(words, count, at++);
  options.newcomers_per_second = number(words, count, at++);
  options.visits_per_second = number(words, count, at++);
  if (2 * options.calls + options.visitors > MAX_PEOPLE / 2 || options.patience_seconds > 8)
    give_up("more people or patience than there is room for");
  for (; at < count && options.stages < MAX_STAGES; at++) stages[options.stages++].multiple = atof(words[at]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct epoll_event order = {.events = EPOLLIN, .data.ptr = NULL};
  chunk = malloc(CHUNK + SPARE);
  epoll_fd = epoll_create1(0);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &order);
}

static void take_order(void) {
  char word[64];
  if (read(0, word, sizeof word) <= 0) exit(0); /* nobody is interested any more */
  if (!began) began = next_newcomer_ns = next_visit_ns = now_ns();
}

/* After the last stage: all have gone who were to go, and nothing has come for a while; or what is missing stays away. */
static int is_over(int heard, uint64_t ended) {
  static uint64_t quiet_since;
  if (heard || present > 2 * options.calls + options.visitors) quiet_since = now;
  if (!quiet_since) quiet_since = now;
  return now - quiet_since > SETTLE_NS || now > ended + DRAIN_NS;
}

int main(int count, char **words) {
  struct epoll_event events[EVENTS];
  prepare(count, words);
  uint64_t started = now_ns(), quiet_since = 0, last_ns = options.stages * options.stage_seconds * SECOND;
  int is_ready = 0;
  double cpu = 0;
  for (;;) {
    int found = epoll_wait(epoll_fd, events, EVENTS, began ? 0 : 20);
    uint64_t since = now = now_ns();
    int had_begun = began != 0;
    for (int i = 0; i < found; i++) {
      if (events[i].data.ptr) on_event(events[i].data.ptr, events[i].events);
      else take_order();
    }
    if (!had_begun && began) cpu = cpu_seconds();
    if (began) calls_due(), others_due();
    else set_the_stage();
    ring_alarms(&wheel, now, on_alarm);
    int worked = found > 0 || dirty_count > 0;
    if (dirty_count) flush_dirty();
    for (; freed; ) {
      struct person *p = freed;
      freed = p->next_free;
      if (p->role == NEWCOMER) p->next_free = free_people, free_people = p;
    }
    if (worked && began) busy_ns += now_ns() - since;
    if (!began && !is_ready && settled == 2 * options.calls + options.visitors) {
      if (!quiet_since || found) quiet_since = now;
      if (now - quiet_since > SETTLE_NS) is_ready = 1, printf("ready\n"), fflush(stdout);
    }
    if (!began && !is_ready && now - started > SETUP_NS) give_up("setting the stage takes longer than a minute");
    if (began && now > began + last_ns && is_over(found > 0, began + last_ns)) break;
  }
  for (int i = 0; i < options.stages; i++) report_stage(&stages[i]);
  double seconds = (now - began) / 1e9;
  printf("{\"cpuShare\":%.4f,\"busyShare\":%.4f,\"late\":%llu,\"lost\":%d}\n", (cpu_seconds() - cpu) / seconds,
         busy_ns / 1e9 / seconds, (unsigned long long)late, lost);
  return 0;
}
