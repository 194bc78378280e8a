/* The crowd: calls that signal at a fixed rate, and people who connect, join and publish at rates that change from stage
 * to stage. Open loop: nobody waits for the server. One thread, epoll.
 *
 *   crowd PORT CALLS CALLS_PER_SECOND VISITORS HALLS WORDS GAP PATIENCE DEADLINE STAGE_SECONDS NEWCOMERS VISITS MULTIPLE...
 *
 * It says "ready" when calls and visitors are there, goes on when it is told "go", and writes a line of JSON for each
 * stage, and one about itself. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/resource.h>
#include <time.h>

#include "report.h"
#include "wheel.h"

enum { AT_A_TIME = 64, EVENTS = 1024, CHUNK = 1 << 18, SPARE = 1 << 20, ACK_EVERY = 16, MAX_PEOPLE = 18000 };
static const uint64_t SECOND = 1000000000, SETTLE_NS = 300000000, DRAIN_NS = 6000000000, SETUP_NS = 60000000000;

static struct options options;
static struct stage stages[MAX_STAGES];
static struct wheel wheel;
static struct person people[MAX_PEOPLE], *free_people, *freed, *dirty[MAX_PEOPLE];
static int dirty_count, used, settled, epoll_fd, lost_calls, pending;
static uint64_t now, began, next_newcomer_ns, next_visit_ns, newcomers, visits, calls_issued, late, busy_ns, random_state = 0x9e3779b97f4a7c15;
static uint8_t *chunk;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static double uniform(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return ((random_state >> 11) + 0.5) / 9007199254740992.0;
}

static int stage_at(uint64_t at) {
  if (!began || at < began) return 0;
  uint64_t stage = (at - began) / (uint64_t)(options.stage_seconds * SECOND);
  return stage < (uint64_t)options.stages ? stage : options.stages - 1;
}

static void mark(struct person *p) {
  if (p->dirty) return;
  p->dirty = 1;
  dirty[dirty_count++] = p;
}

static void say(struct person *p, const char *text, int length) {
  frame_text(&p->out, p->key, TEXT, text, length);
  mark(p);
}

static struct person *new_person(enum role role, int number) {
  struct person *p = free_people;
  if (p) free_people = p->next_free;
  else if (used < MAX_PEOPLE) p = &people[used++];
  else return NULL;
  struct buffer in = p->in, out = p->out;
  uint32_t timer = p->timer;
  int was_dirty = p->dirty;
  *p = (struct person){.role = role, .number = number, .in = in, .out = out, .timer = timer + 1, .dirty = was_dirty};
  p->in.length = p->out.length = 0;
  p->key = 0x5eed1234u + number * 2654435761u;
  return p;
}

/* Newcomers are from two hundred addresses, so that there are ports enough. */
static void dial(struct person *p) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(options.port)};
  struct sockaddr_in from = {.sin_family = AF_INET};
  int on = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + p->number % 200);
  p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (p->fd < 0) give_up("no more sockets: raise the limit of open files (ulimit -n)");
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(p->fd, (struct sockaddr *)&from, sizeof from) < 0) give_up("can't bind an address of the loopback");
  if (connect(p->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) give_up("can't connect");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = p};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &event);
  p->life = DIALLING;
}

static void ask(struct person *p) {
  char text[512];
  int length = snprintf(text, sizeof text,
                        "GET /signal%s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: "
                        "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2lnbmFsYm94IGJlbmNoIQ==\r\n"
                        "Sec-WebSocket-Protocol: signalbox.v1\r\n\r\n",
                        p->role == CALLER ? "?room=" : "", p->role == CALLER ? p->room : "", options.port);
  buffer_add(&p->out, text, length);
  p->life = ASKING;
  mark(p);
}

/* Its place is free when this round is over: events that are still to be handled may mean it. */
static void end(struct person *p) {
  if (p->life == GONE) return;
  if (p->role != NEWCOMER) lost_calls++;
  if (p->role != NEWCOMER && !began) give_up("the server ended a connection while the stage was set");
  close(p->fd);
  p->life = GONE;
  p->timer++;
  p->next_free = freed;
  freed = p;
}

static void leave(struct person *p) {
  static const uint8_t normal[] = {1000 >> 8, 1000 & 255};
  frame_text(&p->out, p->key, CLOSE, normal, sizeof normal);
  mark(p);
  p->life = LEAVING;
  set_alarm(&wheel, p, now + SECOND);
}

static void publish(struct person *p, uint64_t due) {
  char text[512];
  stages[stage_at(due)].published++;
  say(p, text, message_text(text, sizeof text, "publish", p->room, NULL, due));
}

/* Asks for a hall. `due` is when it came. */
static void join(struct person *p, uint64_t due) {
  char text[64];
  p->due_ns = due;
  p->stage = stage_at(due);
  p->visit = JOINING;
  p->said = 0;
  say(p, text, snprintf(text, sizeof text, "{\"type\":\"join\",\"room\":\"%s\"}", p->room));
}

/* The next word, or goodbye: of a newcomer for good, of a visitor until the next time. */
static void speak(struct person *p) {
  char text[64];
  if (p->said++ < options.words) {
    publish(p, now);
    set_alarm(&wheel, p, now + (uint64_t)(options.gap_seconds * SECOND));
    return;
  }
  p->visit = OUTSIDE;
  if (p->role == NEWCOMER) leave(p);
  else say(p, text, snprintf(text, sizeof text, "{\"type\":\"leave\",\"room\":\"%s\"}", p->room));
}

static void on_alarm(struct person *p) {
  if (p->visit == VISITING) {
    speak(p);
    return;
  }
  if (p->life != LEAVING) stages[p->stage].gave_up++;
  end(p);
}

static void on_joined(struct person *p) {
  struct stage *stage = &stages[p->stage];
  p->visit = VISITING;
  if (p->role == NEWCOMER) {
    stage->entered++;
    histogram_add(&stage->entering, now - p->due_ns);
  } else {
    stage->visited++;
    stage->visited_in_time += now - p->due_ns <= options.deadline_seconds * SECOND;
    histogram_add(&stage->joining, now - p->due_ns);
  }
  speak(p);
}

/* It is connected, and in its room if it calls. */
static void inside(struct person *p) {
  p->life = INSIDE;
  if (p->role == NEWCOMER) {
    join(p, p->due_ns);
  } else {
    settled++;
    pending--;
  }
}

/* A message with the time at which it was due. */
static void on_message(struct person *p, const uint8_t *text, size_t length) {
  uint64_t due = due_of(text, length), deadline = options.deadline_seconds * SECOND;
  if (!due) return;
  struct stage *stage = &stages[stage_at(due)];
  if (p->role == CALLER) {
    stage->received++;
    stage->in_time += now - due <= deadline;
    histogram_add(&stage->calls, now - due);
    return;
  }
  stage->heard++;
  stage->heard_in_time += now - due <= deadline;
}

/* A join or a word is refused. Who isn't let into the hall goes. */
static void on_error(struct person *p) {
  if (p->visit != JOINING) {
    stages[stage_at(now)].shed_words++;
    return;
  }
  stages[p->stage].shed_joins++;
  p->visit = OUTSIDE;
  if (p->role == NEWCOMER) leave(p);
}

static void on_text(struct person *p, const uint8_t *text, size_t length) {
  if (begins(text, length, "{\"type\":\"welcome\"")) {
    id_behind(p->id, text, length, "\"peer\":\"");
    if (p->role != CALLER) inside(p);
    return;
  }
  if (begins(text, length, "{\"type\":\"error\"")) {
    on_error(p);
    return;
  }
  p->seen++;
  if (!begins(text, length, "{\"type\":\"joined\"")) on_message(p, text, length);
  else if (p->life == ENTERING) inside(p);
  else if (p->visit == JOINING) on_joined(p);
  if (p->seen - p->acknowledged < ACK_EVERY) return;
  char ack[64];
  p->acknowledged = p->seen;
  say(p, ack, snprintf(ack, sizeof ack, "{\"type\":\"ack\",\"seen\":%llu}", (unsigned long long)p->seen));
}

/* The answer to the handshake. Returns what it took of the bytes; 0 when it isn't whole. */
static size_t on_answer(struct person *p, const uint8_t *bytes, size_t length) {
  const uint8_t *last = memmem(bytes, length, "\r\n\r\n", 4);
  if (!last) return 0;
  if (!memcmp(bytes + 9, "101", 3)) {
    p->life = ENTERING;
  } else {
    if (p->role != NEWCOMER) give_up("a handshake was refused while the stage was set");
    if (!memcmp(bytes + 9, "503", 3)) stages[p->stage].refused++;
    else stages[p->stage].broken++;
    end(p);
  }
  return last + 4 - bytes;
}

static void on_end(struct person *p) {
  if (p->life != LEAVING && p->role == NEWCOMER) stages[p->stage].broken++;
  end(p);
}

/* True when there may be more to read. */
static int on_readable(struct person *p) {
  size_t kept = p->in.length;
  if (kept > SPARE) give_up("a frame is longer than the client can hold");
  if (kept) memcpy(chunk, p->in.bytes, kept);
  p->in.length = 0;
  ssize_t got = recv(p->fd, chunk + kept, CHUNK, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    on_end(p);
    return 0;
  }
  size_t length = kept + (got > 0 ? got : 0), at = 0;
  if (p->life == ASKING) at = on_answer(p, chunk, length);
  struct frame f;
  while (p->life >= ENTERING && frame_at(chunk + at, length - at, &f)) {
    if (f.opcode == TEXT) on_text(p, chunk + at + f.head, f.length);
    at += f.head + f.length;
  }
  if (p->life == GONE) return 0;
  if (at < length) buffer_add(&p->in, chunk + at, length - at);
  return got == CHUNK;
}

static void on_event(struct person *p, uint32_t events) {
  if (p->life == GONE) return;
  if (p->life == DIALLING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      on_end(p);
      return;
    }
    ask(p);
  } else if (events & EPOLLOUT && p->out.length) {
    mark(p);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    while (on_readable(p)) continue;
}

static void flush_dirty(void) {
  for (int i = 0; i < dirty_count; i++) {
    struct person *p = dirty[i];
    p->dirty = 0;
    size_t done = 0;
    if (p->life == GONE) continue;
    while (done < p->out.length) {
      ssize_t written = send(p->fd, p->out.bytes + done, p->out.length - done, MSG_NOSIGNAL);
      if (written < 0 && errno == EAGAIN) break;
      if (written < 0) {
        on_end(p);
        break;
      }
      done += written;
    }
    p->out.length -= done;
    if (p->out.length) memmove(p->out.bytes, p->out.bytes + done, p->out.length);
  }
  dirty_count = 0;
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
    if (began && now > began + last_ns + DRAIN_NS) break;
  }
  for (int i = 0; i < options.stages; i++) report_stage(&stages[i]);
  double seconds = (now - began) / 1e9;
  printf("{\"cpuShare\":%.4f,\"busyShare\":%.4f,\"late\":%llu,\"lost\":%d}\n", (cpu_seconds() - cpu) / seconds,
         busy_ns / 1e9 / seconds, (unsigned long long)late, lost_calls);
  return 0;
}
