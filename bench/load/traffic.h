/* The messages under way, who sends next, and whether the books agree in the end. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "connection.h"
#include "histogram.h"

/* More messages than are ever under way at a time. */
enum { UNDER_WAY = 1 << 20 };

struct message {
  uint64_t sequence, due_ns;
  struct connection *sender, *last;
  int remaining, slot, template;
};

/* A thread of conversation: one message (or one step of a script) after the other. */
struct slot {
  int room, step, outstanding;
  struct connection *owner, *last;
};

struct traffic {
  struct plan *plan;
  struct connection *connections;
  struct message *under_way;
  struct slot *slots;
  struct connection **dirty;
  int dirty_count, in_flight, running, measuring;
  uint64_t next, turn, deliveries, messages, strays, others_due, measure_from_ns;
  uint64_t *room_sent, *room_sum;
  uint8_t *payload[MAX_TEMPLATES];
  uint64_t magic[MAX_TEMPLATES];
  struct histogram latency;
};

static void traffic_make(struct traffic *t, struct plan *plan, struct connection *connections) {
  int total = plan->rooms * plan->members + plan->idle;
  t->plan = plan;
  t->connections = connections;
  t->under_way = calloc(UNDER_WAY, sizeof *t->under_way);
  t->slots = calloc((size_t)plan->rooms * plan->window + 1, sizeof *t->slots);
  t->dirty = calloc(total + 1, sizeof *t->dirty);
  t->room_sent = calloc(plan->rooms + 1, sizeof *t->room_sent);
  t->room_sum = calloc(plan->rooms + 1, sizeof *t->room_sum);
  t->next = 1;
  for (int i = 0; i < plan->templates; i++) {
    struct template *one = &plan->template[i];
    struct buffer text = {0};
    expand(&text, "%D", connections, "", one);
    t->payload[i] = text.bytes;
    memcpy(&t->magic[i], text.bytes, 8); /* distinct in each template, and before the digits */
  }
}

static void mark_dirty(struct traffic *t, struct connection *c) {
  if (c->dirty) return;
  c->dirty = 1;
  t->dirty[t->dirty_count++] = c;
}

static void send_message(struct traffic *t, struct connection *c, int template, int slot, uint64_t due_ns) {
  struct template *one = &t->plan->template[template];
  struct ready *ready = &c->ready[template];
  uint64_t sequence = t->next++;
  struct message *m = &t->under_way[sequence & (UNDER_WAY - 1)];
  if (m->remaining) give_up("the server is so far behind that the client can't keep account");
  *m = (struct message){sequence, due_ns, c, c, t->plan->members - 1 + one->echo, slot, template};

  put_sequence(t->payload[template] + one->sequence_at, sequence);
  uint64_t sum = checksum(t->payload[template], one->length);
  t->room_sent[c->room]++;
  t->room_sum[c->room] += sum;
  if (!one->echo) {
    c->sent++;
    c->sent_sum += sum;
  }
  uint8_t *frames = buffer_more(&c->out, ready->frames.length);
  memcpy(frames, ready->frames.bytes, ready->frames.length);
  uint8_t *digits = frames + ready->sequence_at;
  put_sequence(digits, sequence);
  frame_mask(digits, SEQUENCE_DIGITS, ready->sequence_key);
  mark_dirty(t, c);
  t->in_flight++;
  t->messages++;
  t->others_due += one->others;
}

/* The next step of a slot's script; a script of one step is a window. */
static void next_step(struct traffic *t, struct slot *slot, uint64_t now) {
  struct plan *plan = t->plan;
  struct step *step = &plan->step[slot->step];
  slot->step = (slot->step + 1) % plan->steps;
  if (plan->hop) {
    slot->room = (slot->room + 1) % plan->rooms;
    slot->last = &t->connections[slot->room * plan->members + t->turn++ % plan->members];
  }
  struct connection *last = slot->last;
  for (int i = 0; i < step->sends; i++) slot->outstanding += step->send[i].count;
  for (int i = 0; i < step->sends; i++) {
    struct send *send = &step->send[i];
    struct connection *c = send->member == LAST    ? last
                           : send->member == OWNER ? slot->owner
                                                   : &t->connections[slot->room * plan->members + send->member];
    for (int k = 0; k < send->count; k++) send_message(t, c, send->template, slot - t->slots, now);
  }
}

/* Closed loop: fills every window. With `hop`, the windows of room 0 wander through all rooms. */
static void traffic_start(struct traffic *t, uint64_t now) {
  struct plan *plan = t->plan;
  t->running = 1;
  if (plan->rate > 0) return;
  for (int room = 0; room < (plan->hop ? 1 : plan->rooms); room++)
    for (int i = 0; i < plan->window; i++) {
      struct slot *slot = &t->slots[room * plan->window + i];
      slot->room = room;
      slot->last = slot->owner = &t->connections[room * plan->members + i % plan->members];
      next_step(t, slot, now);
    }
}

/* Open loop: the n-th message, of a room and a member in turn, due at `due_ns` whatever happened to those before. */
static void send_due(struct traffic *t, uint64_t n, uint64_t due_ns) {
  struct plan *plan = t->plan;
  int room = n % plan->rooms, member = n / plan->rooms % plan->members;
  send_message(t, &t->connections[room * plan->members + member], 0, -1, due_ns);
}

static void delivered(struct traffic *t, struct connection *c, int template, const uint8_t *payload,
                      uint64_t now) {
  struct template *one = &t->plan->template[template];
  uint64_t sequence = get_sequence(payload + one->sequence_at);
  struct message *m = &t->under_way[sequence & (UNDER_WAY - 1)];
  c->received++;
  c->received_sum += checksum(payload, one->length);
  if (m->sequence != sequence || m->remaining == 0) {
    t->strays++;
    return;
  }
  if (c != m->sender) {
    m->last = c;
    if (t->measuring) t->deliveries++;
    if (t->plan->rate > 0 && t->measuring && m->due_ns >= t->measure_from_ns)
      histogram_add(&t->latency, now - m->due_ns);
  }
  if (--m->remaining) return;
  t->in_flight--;
  if (m->slot < 0) return;
  struct slot *slot = &t->slots[m->slot];
  slot->last = m->last;
  if (--slot->outstanding == 0 && t->running) next_step(t, slot, now);
}

/* A text frame of the server: a delivery when a payload stands where one must stand. */
static void received(struct traffic *t, struct connection *c, const uint8_t *text, size_t length, uint64_t now) {
  for (int i = 0; i < t->plan->templates; i++) {
    struct template *one = &t->plan->template[i];
    if (length < one->length + one->tail_length) continue;
    const uint8_t *tail = text + length - one->tail_length, *payload = tail - one->length;
    uint64_t magic;
    memcpy(&magic, payload, 8);
    if (magic == t->magic[i] && !memcmp(tail, one->tail, one->tail_length)) {
      delivered(t, c, i, payload, now);
      return;
    }
  }
  c->others++;
}

/* Says into `why` what is wrong with the books; 0 when they agree. Every connection must have got what was sent in
 * its room, each once and unchanged, and nothing else. */
static int disagreement(struct traffic *t, char *why, size_t room) {
  struct plan *plan = t->plan;
  uint64_t others = 0;
  for (int i = 0; i < plan->rooms * plan->members; i++) {
    struct connection *c = &t->connections[i];
    uint64_t due = t->room_sent[c->room] - c->sent;
    others += c->others;
    if (c->received != due) {
      long long more = (long long)(c->received - due);
      snprintf(why, room, "connection %d got %llu deliveries instead of %llu: %lld %s", i,
               (unsigned long long)c->received, (unsigned long long)due, more < 0 ? -more : more,
               more < 0 ? "lost" : "too many");
      return 1;
    }
    if (c->received_sum != t->room_sum[c->room] - c->sent_sum) {
      snprintf(why, room, "connection %d got deliveries that were changed, or one twice and another never", i);
      return 1;
    }
  }
  if (t->strays) {
    snprintf(why, room, "%llu deliveries came after their message was complete", (unsigned long long)t->strays);
    return 1;
  }
  if (others != t->others_due) {
    snprintf(why, room, "%llu frames besides the deliveries instead of %llu", (unsigned long long)others,
             (unsigned long long)t->others_due);
    return 1;
  }
  return 0;
}

#endif
