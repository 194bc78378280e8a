/* Who there is: how people come and go, and what they say. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include <netinet/in.h>

#include "wheel.h"

enum { ACK_EVERY = 16, MAX_PEOPLE = 18000 };

static struct options options;
static struct stage stages[MAX_STAGES];
static struct wheel wheel;
static struct person people[MAX_PEOPLE], *free_people, *freed, *dirty[MAX_PEOPLE];
/* How many have been made, are set up, are to be set up, are there; and callers and visitors whom the server has cut off. */
static int dirty_count, used, settled, pending, present, lost, epoll_fd;
/* The time of this round, and when the first stage began. */
static uint64_t now, began;

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
  present++;
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
  if (p->role != NEWCOMER) lost++;
  if (p->role != NEWCOMER && !began) give_up("the server ended a connection while the stage was set");
  close(p->fd);
  present--;
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

#endif
