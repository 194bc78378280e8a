/* What people do: callers receive, visitors and newcomers join a hall, publish a few words, and leave it. */
#ifndef VISITS_H
#define VISITS_H

#include "people.h"

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

#endif
