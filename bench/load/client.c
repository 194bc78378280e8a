/* The load client: opens many WebSocket connections to 127.0.0.1, keeps windows of messages in flight or sends at a
 * fixed rate, counts and checks every delivery, and says how busy it was itself.
 *
 * It reads its plan (plan.h) from standard input and then speaks in lines: "ready" when every connection is set up;
 * it goes on when it is told "go"; "measuring", "measured", and last one line of JSON. One thread, epoll. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <time.h>

#include "traffic.h"

enum { AT_A_TIME = 128, EVENTS = 1024, READ_BYTES = 1 << 18, SPARE = 1 << 20 };
/* What a client has been sent is acknowledged at the latest after a quarter of a second. */
static const uint64_t ACK_NS = 250000000, QUIET_NS = 100000000, LEAVE_NS = 2000000000, STALL_NS = 3000000000, SETUP_NS = 60000000000, LATE_NS = 200000;

enum phase { SETUP, SETTLE, WAITING, WARM, MEASURE, DRAIN, LEAVE };

static struct plan plan;
static struct traffic traffic;
static struct connection *connections;
static int total, opened, ready, pending, left, epoll_fd;
static enum phase phase = SETUP;
static uint8_t *chunk;
/* The time of this round, and since when the phase lasts; what was measured, and how many messages were due. */
static uint64_t clock_now, since, busy_ns, issued, late, ack_turns;
static double cpu, seconds;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *why) {
  printf("{\"failure\":\"%s\"}\n", why);
  exit(1);
}

/* Goes through the set-up as far as it doesn't have to wait. */
static void advance(struct connection *c) {
  int idle = is_idle(&plan, c), count = idle ? plan.idle_setups : plan.setups;
  struct setup *steps = idle ? plan.idle_setup : plan.setup;
  while (c->step < count && steps[c->step].action == SEND) {
    struct buffer text = {0};
    expand(&text, steps[c->step++].text, c, "", NULL);
    frame_text(&c->out, c->key, TEXT, text.bytes, text.length);
    free(text.bytes);
    mark_dirty(&traffic, c);
  }
  if (c->step < count) return;
  c->state = READY;
  ready++;
  pending--;
}

static void set_up(struct connection *c, const uint8_t *text, size_t length) {
  struct setup *step = is_idle(&plan, c) ? &plan.idle_setup[c->step] : &plan.setup[c->step];
  const uint8_t *found = memmem(text, length, step->text, strlen(step->text));
  if (!found) return;
  if (step->action == CAPTURE) {
    const uint8_t *id = found + strlen(step->text);
    if (step->length >= ID_MAX || id + step->length > text + length) fail("an id is not where it should be");
    memcpy(c->self, id, step->length);
    c->self[step->length] = 0;
  }
  c->step++;
  advance(c);
}

/* A text frame has come: counts it, and says so now and then. */
static void count_frame(struct connection *c) {
  c->seen++;
  if (!plan.ack_every || c->seen - c->acknowledged < (uint64_t)plan.ack_every) return;
  acknowledge(c, &plan);
  mark_dirty(&traffic, c);
}

static void on_frame(struct connection *c, const struct frame *f, const uint8_t *payload, uint64_t now) {
  if (f->opcode == TEXT) count_frame(c);
  if (f->opcode == TEXT && c->state == READY) {
    received(&traffic, c, payload, f->length, now);
  } else if (f->opcode == TEXT) {
    set_up(c, payload, f->length);
  } else if (f->opcode == PING) {
    frame_text(&c->out, c->key, PONG, payload, f->length);
    mark_dirty(&traffic, c);
  } else if (f->opcode == CLOSE) {
    char why[64];
    snprintf(why, sizeof why, "the server closed connection %d with %d", c->number,
             f->length >= 2 ? payload[0] << 8 | payload[1] : 1005);
    fail(why);
  }
}

static size_t on_handshake(struct connection *c, const uint8_t *bytes, size_t length) {
  const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (length < 12 || memcmp(bytes + 9, "101", 3)) {
    char why[64];
    snprintf(why, sizeof why, "the handshake was refused with %.3s", bytes + 9);
    fail(why);
  }
  c->state = SETTING_UP;
  advance(c);
  return end + 4 - bytes;
}

/* The server has ended a connection that has said goodbye. */
static int gone(struct connection *c) {
  if (c->state != CLOSED) left++;
  c->state = CLOSED;
  return 0;
}

/* Takes whole frames; what is left of a broken one waits in `in`. True when there may be more to read. */
static int on_readable(struct connection *c, uint64_t now) {
  size_t kept = c->in.length;
  if (kept) memcpy(chunk, c->in.bytes, kept);
  c->in.length = 0;
  if (kept > SPARE) fail("a frame is longer than the client can hold");
  ssize_t got = recv(c->fd, chunk + kept, READ_BYTES, 0);
  if (phase == LEAVE) return got > 0 || (got < 0 && errno == EAGAIN ? 0 : gone(c));
  if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server ended a connection");
  size_t length = kept + (got > 0 ? got : 0), at = 0;
  if (c->state == HANDSHAKE) at = on_handshake(c, chunk, length);
  struct frame f;
  while (c->state >= SETTING_UP && frame_at(chunk + at, length - at, &f)) {
    on_frame(c, &f, chunk + at + f.head, now);
    at += f.head + f.length;
  }
  if (at < length) buffer_add(&c->in, chunk + at, length - at);
  return got == READ_BYTES;
}

static void on_event(struct connection *c, uint32_t events, uint64_t now) {
  if (c->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) fail("the server can't be reached");
    c->state = HANDSHAKE;
    connection_ask(c, &plan);
    mark_dirty(&traffic, c);
  } else if (events & EPOLLOUT && c->out.length) {
    mark_dirty(&traffic, c);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    while (on_readable(c, now)) continue;
}

static void flush_dirty(void) {
  for (int i = 0; i < traffic.dirty_count; i++) {
    struct connection *c = traffic.dirty[i];
    c->dirty = 0;
    if (connection_flush(c) < 0) fail("the server ended a connection while it was written to");
  }
  traffic.dirty_count = 0;
}

/* Acknowledges what is old, one connection after the other all the time: people don't do so all at once. */
static void acknowledge_old(void) {
  if (!plan.ack_every || !total) return;
  uint64_t turns = (clock_now - since) / (ACK_NS / total + 1);
  for (int i = 0; ack_turns < turns && i < total; ack_turns++, i++) {
    struct connection *c = &connections[ack_turns % total];
    if (c->state != READY || c->seen <= c->acknowledged || c->seen <= (uint64_t)plan.ack_uncounted) continue;
    acknowledge(c, &plan);
    mark_dirty(&traffic, c);
  }
  ack_turns = turns;
}

static void open_more(void) {
  for (; opened < total && pending < AT_A_TIME; opened++, pending++) {
    struct connection *c = &connections[opened];
    struct buffer self = {0};
    c->number = opened;
    c->room = plan.members ? opened / plan.members : 0;
    c->member = plan.members ? opened % plan.members : 0;
    c->port = plan.port[(is_idle(&plan, c) ? opened : c->member) % plan.ports];
    c->key = 0x5eed1234u + opened * 2654435761u; /* not zero: servers skip the unmasking of zero */
    expand(&self, plan.self, c, "", NULL);
    memcpy(c->self, self.bytes, self.length < ID_MAX ? self.length : ID_MAX - 1);
    free(self.bytes);
    connection_open(c, epoll_fd);
  }
}

/* Everybody knows its id by now: messages can be written out. */
static void write_messages(void) {
  for (int i = 0; i < plan.rooms * plan.members; i++) {
    struct connection *c = &connections[i];
    int next = c->room * plan.members + (c->member + 1) % plan.members;
    make_ready(c, &plan, connections[next].self);
    c->others = 0;
  }
}

static void say(const char *word) {
  printf("%s\n", word);
  fflush(stdout);
}

static void report(void) {
  char why[160];
  static const double points[] = {0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1};
  if (disagreement(&traffic, why, sizeof why)) fail(why);
  printf("{\"deliveries\":%llu,\"messages\":%llu,\"seconds\":%.6f,\"cpuShare\":%.4f,\"busyShare\":%.4f,\"late\":%llu",
         (unsigned long long)traffic.deliveries, (unsigned long long)traffic.messages, seconds, cpu / seconds,
         busy_ns / 1e9 / seconds, (unsigned long long)late);
  if (traffic.latency.total) {
    printf(",\"latencyNs\":{");
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
      printf("%s\"%g\":%llu", i ? "," : "", points[i] * 100,
             (unsigned long long)histogram_quantile(&traffic.latency, points[i]));
    printf("}");
  }
  printf("}\n");
  fflush(stdout);
}

/* What standard input says: go on, or end. */
static void take_order(void) {
  char word[64];
  if (read(0, word, sizeof word) <= 0) exit(0); /* nobody is interested any more */
  if (phase != WAITING) return;
  if (plan.rooms == 0) exit(0);
  write_messages();
  phase = WARM;
  clock_now = since = now_ns();
  traffic_start(&traffic, since);
}

/* Open loop: everything that is due by now. True when something was. */
static int send_all_due(void) {
  uint64_t due;
  int sent = 0;
  while (due = since + (uint64_t)(issued * 1e9 / plan.rate), due <= clock_now) {
    if (traffic.measuring && clock_now - due > LATE_NS) late++;
    send_due(&traffic, issued++, due);
    sent = 1;
  }
  return sent;
}

static void begin_measuring(void) {
  phase = MEASURE;
  traffic.measuring = 1;
  traffic.measure_from_ns = now_ns();
  cpu = cpu_seconds();
  say("measuring");
}

static void end_measuring(void) {
  seconds = (clock_now - traffic.measure_from_ns) / 1e9;
  cpu = cpu_seconds() - cpu;
  traffic.measuring = traffic.running = 0;
  phase = DRAIN;
  since = clock_now;
  say("measured");
}

/* Everybody says goodbye, as pages do when they are closed: a server that keeps lost sessions needn't keep these. */
static void leave(void) {
  static const uint8_t normal[] = {1000 >> 8, 1000 & 255};
  phase = LEAVE;
  since = clock_now;
  for (int i = 0; i < total; i++) {
    struct connection *c = &connections[i];
    frame_text(&c->out, c->key, CLOSE, normal, sizeof normal);
    if (connection_flush(c) < 0) gone(c);
    else shutdown(c->fd, SHUT_WR);
  }
}

/* Goes on to the next phase when its time has come; `heard` is whether anything arrived in this round. Returns 0 when
 * all is over: nothing is under way and late duplicates have had their chance, or what is missing stays away; it has
 * been reported, and everybody has left. */
static int turn(int heard) {
  uint64_t elapsed = clock_now - since;
  switch (phase) {
    case SETUP:
      if (elapsed > SETUP_NS) fail("the set-up takes longer than a minute");
      if (ready == total) phase = SETTLE, since = clock_now;
      else open_more();
      break;
    case SETTLE:
      if (heard) since = clock_now;
      else if (elapsed > plan.settle * 1e9 + (plan.rooms ? 0 : ACK_NS)) phase = WAITING, say("ready");
      break;
    case WAITING: break;
    case WARM:
      if (elapsed > plan.warm * 1e9) begin_measuring();
      break;
    case MEASURE:
      if (clock_now - traffic.measure_from_ns > plan.measure * 1e9) end_measuring();
      break;
    case DRAIN:
      if (heard) since = clock_now;
      else if (elapsed > (traffic.in_flight ? STALL_NS : QUIET_NS)) report(), leave();
      break;
    case LEAVE: return left < total && elapsed < LEAVE_NS;
  }
  return 1;
}

static void prepare(void) {
  struct rlimit files;
  struct epoll_event order = {.events = EPOLLIN, .data.ptr = NULL};
  plan_read(&plan, stdin);
  if (!plan.ports || !plan.path || !plan.self || (plan.rooms && (!plan.templates || !plan.steps)))
    give_up("the plan lacks something");
  if (!plan.idle_path) plan.idle_path = plan.path;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  total = plan.rooms * plan.members + plan.idle;
  connections = calloc(total + 1, sizeof *connections);
  chunk = malloc(READ_BYTES + SPARE);
  epoll_fd = epoll_create1(0);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &order);
  traffic_make(&traffic, &plan, connections);
  since = now_ns();
}

int main(void) {
  struct epoll_event events[EVENTS];
  int count;
  prepare();
  do {
    /* An open loop spins: waiting for the next message in the kernel would wake it late. */
    int spins = traffic.running && plan.rate > 0;
    count = epoll_wait(epoll_fd, events, EVENTS, spins ? 0 : 20);
    uint64_t started = clock_now = now_ns();
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr) on_event(events[i].data.ptr, events[i].events, clock_now);
      else take_order();
    }
    int worked = count > 0;
    if (spins && send_all_due()) worked = 1;
    if (phase < LEAVE) acknowledge_old();
    if (traffic.dirty_count) flush_dirty();
    if (worked && traffic.measuring) busy_ns += now_ns() - started;
  } while (turn(count > 0));
  return 0;
}
