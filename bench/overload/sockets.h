/* From bytes to what people hear, and back. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "visits.h"

enum { CHUNK = 1 << 18, SPARE = 1 << 20 };

static uint8_t *chunk;

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

#endif
