/* One client: its socket, what waits in both directions, its ready-made messages, and its side of the books. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checksum.h"
#include "frame.h"
#include "plan.h"

enum { ID_MAX = 64 };

struct buffer {
  uint8_t *bytes;
  size_t length, room;
};

static inline uint8_t *buffer_more(struct buffer *b, size_t length) {
  if (b->length + length > b->room) {
    b->room = (b->length + length) * 2;
    b->bytes = realloc(b->bytes, b->room);
    if (!b->bytes) give_up("out of memory");
  }
  uint8_t *at = b->bytes + b->length;
  b->length += length;
  return at;
}

static inline void buffer_add(struct buffer *b, const void *bytes, size_t length) {
  memcpy(buffer_more(b, length), bytes, length);
}

/* A message, masked and framed, but for the digits of its sequence number. */
struct ready {
  struct buffer frames;
  size_t sequence_at;
  uint32_t sequence_key; /* the mask, turned to where the digits begin */
};

enum state { CLOSED, CONNECTING, HANDSHAKE, SETTING_UP, READY };

struct connection {
  int fd, port, number, room, member, step, dirty;
  enum state state;
  uint32_t key;
  /* Text frames that came, and how many of them the server knows of. */
  uint64_t seen, acknowledged;
  struct buffer in, out;
  char self[ID_MAX];
  struct ready ready[MAX_TEMPLATES];
  /* The books: what came, what was sent, as counts and as sums of checksums. */
  uint64_t received, received_sum, sent, sent_sum, others;
};

static inline int is_idle(const struct plan *plan, const struct connection *c) {
  return c->number >= plan->rooms * plan->members;
}

/* Puts `text` behind `out` with its placeholders filled in. Returns where %D went, or -1. */
static long expand(struct buffer *out, const char *text, const struct connection *c, const char *to,
                   const struct template *t) {
  long payload_at = -1;
  for (const char *p = text; *p; p++) {
    if (*p != '%' || !p[1]) {
      buffer_add(out, p, 1);
      continue;
    }
    char word[32];
    const char *with = word;
    switch (*++p) {
      case 'R': snprintf(word, sizeof word, "r%06d", c->room); break;
      case 'N': snprintf(word, sizeof word, "%06d", c->number); break;
      case 'S': with = c->self; break;
      case 'T': with = to; break;
      case 'D':
        payload_at = out->length;
        buffer_add(out, t->payload, t->sequence_at);
        buffer_add(out, "0000000000000000", SEQUENCE_DIGITS);
        with = t->payload + t->sequence_at + 2;
        break;
      default: give_up("an unknown placeholder");
    }
    buffer_add(out, with, strlen(with));
  }
  return payload_at;
}

/* Frames `text` as a client does, masked, at the end of `out`. */
static void frame_text(struct buffer *out, uint32_t key, int opcode, const void *text, size_t length) {
  uint8_t head[FRAME_HEAD_MAX];
  size_t bytes = frame_head(head, opcode, length);
  head[1] |= 0x80;
  memcpy(head + bytes, &key, 4);
  buffer_add(out, head, bytes + 4);
  uint8_t *at = buffer_more(out, length);
  memcpy(at, text, length);
  frame_mask(at, length, key);
}

/* Tells the server how many of its frames have come, as real clients do; those that don't count are left out. */
static void acknowledge(struct connection *c, const struct plan *plan) {
  char text[160];
  int length = snprintf(text, sizeof text, "%s%llu%s", plan->ack_before,
                        (unsigned long long)(c->seen - plan->ack_uncounted), plan->ack_after);
  frame_text(&c->out, c->key, TEXT, text, length);
  c->acknowledged = c->seen;
}

static void make_ready(struct connection *c, const struct plan *plan, const char *to) {
  for (int i = 0; i < plan->templates; i++) {
    const struct template *t = &plan->template[i];
    struct ready *ready = &c->ready[i];
    int found = 0;
    for (int k = 0; k < t->frames; k++) {
      struct buffer text = {0};
      long payload_at = expand(&text, t->frame[k], c, to, t);
      frame_text(&ready->frames, c->key, TEXT, text.bytes, text.length);
      if (payload_at >= 0) {
        size_t digits_at = payload_at + t->sequence_at;
        ready->sequence_at = ready->frames.length - text.length + digits_at;
        unsigned turn = 8 * (digits_at & 3);
        ready->sequence_key = turn ? c->key >> turn | c->key << (32 - turn) : c->key;
        found = 1;
      }
      free(text.bytes);
    }
    if (!found) give_up("a template without %D");
  }
}

static void connection_open(struct connection *c, int epoll) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(c->port)};
  int on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) give_up("no more sockets: raise the limit of open files (ulimit -n)");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
    give_up("can't connect");
  /* Edges: a socket that was read empty isn't looked at again until more has come. */
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
  c->state = CONNECTING;
}

static void connection_ask(struct connection *c, const struct plan *plan) {
  struct buffer *out = &c->out;
  char line[64];
  buffer_add(out, "GET ", 4);
  expand(out, is_idle(plan, c) ? plan->idle_path : plan->path, c, "", NULL);
  int length = snprintf(line, sizeof line, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", c->port);
  buffer_add(out, line, length);
  const char *rest = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: c2lnbmFsYm94IGJlbmNoIQ==\r\n";
  buffer_add(out, rest, strlen(rest));
  for (int i = 0; i < plan->headers; i++) {
    buffer_add(out, plan->header[i], strlen(plan->header[i]));
    buffer_add(out, "\r\n", 2);
  }
  buffer_add(out, "\r\n", 2);
}

/* Writes what waits; what the kernel doesn't take, when it has space again. -1 when the socket is broken. */
static int connection_flush(struct connection *c) {
  size_t done = 0;
  while (done < c->out.length) {
    ssize_t written = send(c->fd, c->out.bytes + done, c->out.length - done, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) return -1;
    if (written < 0) break;
    done += written;
  }
  c->out.length -= done;
  if (c->out.length) memmove(c->out.bytes, c->out.bytes + done, c->out.length);
  return 0;
}

#endif
