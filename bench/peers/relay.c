/* The ceiling: a relay that reads no message. Whoever connects to /NAME gets what others send to /NAME, unmasked.
 * `relay` writes each frame at once; `relay batched` writes once per socket and round of epoll. One thread. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../load/frame.h"

enum { NAME_MAX_BYTES = 32, ROOMS = 1 << 16, EVENTS = 1024, READ_BYTES = 1 << 18, SPARE = 1 << 20 };

struct client;

struct room {
  char name[NAME_MAX_BYTES];
  struct client **members;
  int count, capacity;
};

struct client {
  int fd, position, dirty, blocked;
  struct room *room;
  uint8_t *in, *out;
  size_t in_length, in_room, out_length, out_room;
};

static struct room rooms[ROOMS];
static struct client *dirty[1 << 16];
static int dirty_count, epoll_fd, batched;
static uint8_t *chunk;

static void append(uint8_t **bytes, size_t *length, size_t *room, const void *more, size_t count) {
  if (*length + count > *room) {
    *room = (*length + count) * 2;
    *bytes = realloc(*bytes, *room);
  }
  memcpy(*bytes + *length, more, count);
  *length += count;
}

static void watch(struct client *c, int blocked) {
  if (c->blocked == blocked) return;
  c->blocked = blocked;
  struct epoll_event event = {.events = EPOLLIN | (blocked ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
}

static void flush(struct client *c) {
  ssize_t written = send(c->fd, c->out, c->out_length, MSG_NOSIGNAL);
  if (written > 0) {
    c->out_length -= written;
    memmove(c->out, c->out + written, c->out_length);
  }
  watch(c, c->out_length > 0);
}

static void give(struct client *c, const uint8_t *bytes, size_t length) {
  if (!batched && !c->out_length) {
    ssize_t written = send(c->fd, bytes, length, MSG_NOSIGNAL);
    if (written == (ssize_t)length) return;
    if (written > 0) bytes += written, length -= written;
    append(&c->out, &c->out_length, &c->out_room, bytes, length);
    watch(c, 1);
    return;
  }
  append(&c->out, &c->out_length, &c->out_room, bytes, length);
  if (!c->dirty) c->dirty = 1, dirty[dirty_count++] = c;
}

static void enter(struct client *c, const char *name) {
  unsigned hash = 2166136261u;
  for (const char *p = name; *p; p++) hash = (hash ^ (uint8_t)*p) * 16777619u;
  struct room *room = &rooms[hash % ROOMS];
  while (room->name[0] && strcmp(room->name, name)) room = room + 1 == rooms + ROOMS ? rooms : room + 1;
  strcpy(room->name, name);
  if (room->count == room->capacity) {
    room->capacity = room->capacity ? room->capacity * 2 : 4;
    room->members = realloc(room->members, room->capacity * sizeof *room->members);
  }
  c->room = room;
  c->position = room->count;
  room->members[room->count++] = c;
}

static size_t handshake(struct client *c, uint8_t *bytes, size_t length) {
  static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  char name[NAME_MAX_BYTES] = "";
  uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  sscanf((char *)bytes, "GET /%31[^ ]", name);
  enter(c, name);
  send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
  return end + 4 - bytes;
}

/* The head without a mask is four bytes shorter: it goes right before the payload. */
static void relay(struct client *c, uint8_t *frame, const struct frame *f) {
  uint32_t key;
  uint8_t head[FRAME_HEAD_MAX];
  memcpy(&key, frame + f->head - 4, 4);
  frame_mask(frame + f->head, f->length, key);
  size_t bytes = frame_head(head, f->opcode, f->length);
  uint8_t *start = frame + f->head - bytes;
  memcpy(start, head, bytes);
  for (int i = 0; i < c->room->count; i++)
    if (c->room->members[i] != c) give(c->room->members[i], start, bytes + f->length);
}

static void leave(struct client *c) {
  if (c->room) {
    struct client *last = c->room->members[--c->room->count];
    c->room->members[c->position] = last;
    last->position = c->position;
  }
  for (int i = 0; i < dirty_count; i++)
    if (dirty[i] == c) dirty[i] = dirty[--dirty_count];
  close(c->fd);
  free(c->in);
  free(c->out);
  free(c);
}

static void readable(struct client *c) {
  size_t kept = c->in_length;
  if (kept > SPARE) {
    leave(c);
    return;
  }
  if (kept) memcpy(chunk, c->in, kept);
  c->in_length = 0;
  ssize_t got = recv(c->fd, chunk + kept, READ_BYTES, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    leave(c);
    return;
  }
  size_t length = kept + (got > 0 ? got : 0), at = 0;
  struct frame f;
  if (!c->room) at = handshake(c, chunk, length);
  while (c->room && frame_at(chunk + at, length - at, &f)) {
    if (f.opcode == TEXT && f.masked) relay(c, chunk + at, &f);
    at += f.head + f.length;
  }
  if (at < length) append(&c->in, &c->in_length, &c->in_room, chunk + at, length - at);
}

static void accept_all(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct client *c = calloc(1, sizeof *c);
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  struct rlimit files;
  batched = argc > 1 && !strcmp(argv[1], "batched");
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* ends with the run that started it */
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  chunk = malloc(READ_BYTES + SPARE);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1024) < 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  epoll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      struct client *c = events[i].data.ptr;
      if (!c) accept_all(listener);
      else if (events[i].events & EPOLLIN) readable(c);
      else if (events[i].events & EPOLLOUT) flush(c);
      else leave(c);
    }
    for (int i = 0; i < dirty_count; i++) dirty[i]->dirty = 0, flush(dirty[i]);
    dirty_count = 0;
  }
}
