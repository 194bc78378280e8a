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
static const uint64_t QUIET_NS = 100000000, STALL_NS = 3000000000, SETUP_NS = 60000000000, LATE_NS = 200000;

enum phase { SETUP, SETTLE, WAITING, WARM, MEASURE, DRAIN };

static struct plan plan;
static struct traffic traffic;
static struct connection *connections;
static int total, opened, ready, pending, epoll_fd;
static enum phase phase = SETUP;
static uint8_t *chunk;

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

static void on_frame(struct connection *c, const struct frame *f, const uint8_t *payload, uint64_t now) {
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

/* Takes whole frames; what is left of a broken one waits in `in`. */
static void on_readable(struct connection *c, uint64_t now) {
  size_t kept = c->in.length;
  if (kept) memcpy(chunk, c->in.bytes, kept);
  c->in.length = 0;
  if (kept > SPARE) fail("a frame is longer than the client can hold");
  ssize_t got = recv(c->fd, chunk + kept, READ_BYTES, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server ended a connection");
  size_t length = kept + (got > 0 ? got : 0), at = 0;
  if (c->state == HANDSHAKE) at = on_handshake(c, chunk, length);
  struct frame f;
  while (c->state >= SETTING_UP && frame_at(chunk + at, length - at, &f)) {
    on_frame(c, &f, chunk + at + f.head, now);
    at += f.head + f.length;
  }
  if (at < length) buffer_add(&c->in, chunk + at, length - at);
}

static void on_event(struct connection *c, uint32_t events, uint64_t now) {
  if (c->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) fail("the server can't be reached");
    c->state = HANDSHAKE;
    c->waits_for_space = 1;
    connection_ask(c, &plan);
    mark_dirty(&traffic, c);
  } else if (events & EPOLLOUT) {
    mark_dirty(&traffic, c);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c, now);
}

static void flush_dirty(void) {
  for (int i = 0; i < traffic.dirty_count; i++) {
    struct connection *c = traffic.dirty[i];
    c->dirty = 0;
    if (connection_flush(c, epoll_fd) < 0) fail("the server ended a connection while it was written to");
  }
  traffic.dirty_count = 0;
}

static void open_more(void) {
  for (; opened < total && pending < AT_A_TIME; opened++, pending++) {
    struct connection *c = &connections[opened];
    struct buffer self = {0};
    c->number = opened;
    c->room = plan.members ? opened / plan.members : 0;
    c->member = plan.members ? opened % plan.members : 0;
    c->key = 0x5eed1234u + opened * 2654435761u; /* not zero: servers skip the unmasking of zero */
    expand(&self, plan.self, c, "", NULL);
    memcpy(c->self, self.bytes, self.length < ID_MAX ? self.length : ID_MAX - 1);
    free(self.bytes);
    connection_open(c, plan.port, epoll_fd);
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

static void report(double seconds, double cpu, double busy, uint64_t late) {
  char why[160];
  static const double points[] = {0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1};
  if (disagreement(&traffic, why, sizeof why)) fail(why);
  printf("{\"deliveries\":%llu,\"messages\":%llu,\"seconds\":%.6f,\"cpuShare\":%.4f,\"busyShare\":%.4f,\"late\":%llu",
         (unsigned long long)traffic.deliveries, (unsigned long long)traffic.messages, seconds, cpu / seconds,
         busy / seconds, (unsigned long long)late);
  if (traffic.latency.total) {
    printf(",\"latencyNs\":{");
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
      printf("%s\"%g\":%llu", i ? "," : "", points[i] * 100,
             (unsigned long long)histogram_quantile(&traffic.latency, points[i]));
    printf("}");
  }
  printf("}\n");
}

int main(void) {
  struct rlimit files;
  plan_read(&plan, stdin);
  if (!plan.path || !plan.self || (plan.rooms && (!plan.templates || !plan.steps))) give_up("the plan lacks something");
  if (!plan.idle_path) plan.idle_path = plan.path;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  total = plan.rooms * plan.members + plan.idle;
  connections = calloc(total + 1, sizeof *connections);
  chunk = malloc(READ_BYTES + SPARE);
  epoll_fd = epoll_create1(0);
  traffic_make(&traffic, &plan, connections);
  struct epoll_event order = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &order);

  double cpu = 0, seconds = 0;
  uint64_t since = now_ns(), busy_ns = 0, issued = 0, late = 0, progress = 0;
  double gap_ns = plan.rate > 0 ? 1e9 / plan.rate : 0;
  for (;;) {
    int sending = traffic.running && gap_ns > 0;
    int count = epoll_wait(epoll_fd, events, EVENTS, sending ? 0 : 20), worked = count > 0;
    uint64_t now = now_ns(), started = now;
    for (int i = 0; i < count; i++) {
      char word[64];
      if (events[i].data.ptr) on_event(events[i].data.ptr, events[i].events, now);
      else if (read(0, word, sizeof word) <= 0) exit(0); /* nobody is interested any more */
      else if (phase == WAITING && plan.rooms == 0) exit(0);
      else if (phase == WAITING) {
        write_messages();
        phase = WARM;
        now = since = now_ns();
        traffic_start(&traffic, since);
      }
    }
    if (sending)
      for (uint64_t due; due = since + (uint64_t)(issued * gap_ns), due <= now; issued++, worked = 1) {
        if (traffic.measuring && now - due > LATE_NS) late++;
        send_due(&traffic, issued, due);
      }
    if (phase == SETUP) open_more();
    if (traffic.dirty_count) worked = 1, flush_dirty();
    if (worked && traffic.measuring) busy_ns += now_ns() - started;

    uint64_t elapsed = now - since;
    if (phase == SETUP && ready == total) phase = SETTLE, since = now;
    else if (phase == SETUP && elapsed > SETUP_NS) fail("the set-up takes longer than a minute");
    else if (phase == SETTLE && count > 0) since = now;
    else if (phase == SETTLE && elapsed > QUIET_NS) phase = WAITING, say("ready");
    else if (phase == WARM && elapsed > plan.warm * 1e9) {
      phase = MEASURE;
      traffic.measuring = 1;
      traffic.measure_from_ns = now_ns();
      cpu = cpu_seconds();
      say("measuring");
    } else if (phase == MEASURE && now - traffic.measure_from_ns > plan.measure * 1e9) {
      seconds = (now - traffic.measure_from_ns) / 1e9;
      cpu = cpu_seconds() - cpu;
      traffic.measuring = traffic.running = 0;
      phase = DRAIN, since = now;
      say("measured");
    } else if (phase == DRAIN) {
      /* Late duplicates get their chance; what stays away for long is lost. */
      if (count > 0) progress = now;
      uint64_t idle = now - (progress > since ? progress : since);
      if (idle > QUIET_NS && (traffic.in_flight == 0 || idle > STALL_NS)) break;
    }
  }
  report(seconds, cpu, busy_ns / 1e9, late);
  return 0;
}
