/* What the client is told to do: lines of tab-separated words on standard input, up to a line "end".
 *
 *   port 8080 8081 …       path /signal?room=%R     header Name: value     self p%N
 *   rooms 125  members 4   window 4    rate 0    hop 0    idle 0    idlepath /signal
 *   settle 0.1    warm 0.4    measure 1     (seconds: of silence before the first message; of each phase)
 *   ack EVERY UNCOUNTED BEFORE AFTER        (of every so many text frames; how many come first that don't count)
 *   setup send TEXT | setup expect WORDS | setup capture PREFIX LENGTH      (idlesetup …: of idle connections)
 *   template TAIL OTHERS ECHO PAYLOAD FRAME…       step MEMBER TEMPLATE COUNT …
 *
 * The members of a room connect to the ports in turn, and so do idle connections.
 * In texts: %R the room, %N the connection's number, %S its own id, %T the id of the next member of its room,
 * %D the template's payload, and in a payload %Q sixteen digits that count messages. A backslash escapes: \n \r \t \\.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 64, MAX_STEPS = 64, MAX_TEMPLATES = 8, MAX_FRAMES = 4, MAX_SENDS = 8, MAX_HEADERS = 8, MAX_PORTS = 8 };

enum action { SEND, EXPECT, CAPTURE };

struct setup {
  enum action action;
  char *text;
  int length;
};

struct template {
  char *tail; /* what stands behind the payload in a delivered frame */
  size_t tail_length;
  int others; /* frames that a message causes besides its deliveries */
  int echo;   /* whether the sender receives it too */
  char *payload;
  int sequence_at; /* of %Q in the payload */
  size_t length;   /* of the payload, digits included */
  int frames;
  char *frame[MAX_FRAMES];
};

/* Who sends: a member by its number, whoever received the last copy of the message before, or whose window it is. */
enum { LAST = -1, OWNER = -2 };

struct send {
  int member;
  int template;
  int count;
};

struct step {
  int sends;
  struct send send[MAX_SENDS];
};

struct plan {
  int port[MAX_PORTS], ports, rooms, members, window, hop, idle, headers, setups, idle_setups, templates, steps;
  int ack_every, ack_uncounted;
  double rate, settle, warm, measure;
  char *path, *idle_path, *self, *ack_before, *ack_after;
  char *header[MAX_HEADERS];
  struct setup setup[MAX_STEPS], idle_setup[MAX_STEPS];
  struct template template[MAX_TEMPLATES];
  struct step step[MAX_STEPS];
};

static void give_up(const char *why) {
  fprintf(stderr, "load client: %s\n", why);
  exit(2);
}

static void unescape(char *text) {
  char *to = text;
  for (char *from = text; *from; from++) {
    if (*from == '\\' && from[1]) {
      from++;
      *to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from == 't' ? '\t' : *from;
    } else {
      *to++ = *from;
    }
  }
  *to = 0;
}

static struct setup read_setup(char **words, int count) {
  struct setup setup = {SEND, words[1], 0};
  if (!strcmp(words[0], "expect")) setup.action = EXPECT;
  if (!strcmp(words[0], "capture")) {
    if (count < 3) give_up("capture needs a length");
    setup.action = CAPTURE;
    setup.length = atoi(words[2]);
  }
  return setup;
}

static void read_template(struct template *t, char **words, int count) {
  t->tail = words[0];
  t->tail_length = strlen(t->tail);
  t->others = atoi(words[1]);
  t->echo = atoi(words[2]);
  t->payload = words[3];
  char *sequence = strstr(t->payload, "%Q");
  if (!sequence) give_up("a payload without %Q");
  t->sequence_at = sequence - t->payload;
  t->length = strlen(t->payload) - 2 + 16;
  t->frames = count - 4;
  if (t->frames > MAX_FRAMES) give_up("too many frames in a template");
  for (int i = 0; i < t->frames; i++) t->frame[i] = words[4 + i];
}

static void read_step(struct step *step, char **words, int count) {
  step->sends = count / 3;
  if (step->sends > MAX_SENDS) give_up("too many sends in a step");
  for (int i = 0; i < step->sends; i++)
    step->send[i] = (struct send){atoi(words[3 * i]), atoi(words[3 * i + 1]), atoi(words[3 * i + 2])};
}

static void plan_line(struct plan *plan, char **words, int count) {
  const char *name = words[0];
  struct { const char *name; int *value; } integers[] = {
      {"rooms", &plan->rooms}, {"members", &plan->members}, {"window", &plan->window},
      {"hop", &plan->hop},     {"idle", &plan->idle},
  };
  struct { const char *name; double *value; } reals[] = {
      {"rate", &plan->rate}, {"settle", &plan->settle}, {"warm", &plan->warm}, {"measure", &plan->measure}};
  struct { const char *name; char **value; } texts[] = {
      {"path", &plan->path}, {"idlepath", &plan->idle_path}, {"self", &plan->self}};
  if (count < 2) give_up("a line of the plan says nothing");
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
    if (!strcmp(name, integers[i].name)) { *integers[i].value = atoi(words[1]); return; }
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
    if (!strcmp(name, reals[i].name)) { *reals[i].value = atof(words[1]); return; }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!strcmp(name, texts[i].name)) { *texts[i].value = words[1]; return; }
  if (!strcmp(name, "port") && count <= MAX_PORTS + 1) {
    for (plan->ports = 0; plan->ports < count - 1; plan->ports++)
      plan->port[plan->ports] = atoi(words[plan->ports + 1]);
  } else if (!strcmp(name, "ack") && count == 5) {
    plan->ack_every = atoi(words[1]);
    plan->ack_uncounted = atoi(words[2]);
    plan->ack_before = words[3];
    plan->ack_after = words[4];
    if (strlen(words[3]) + strlen(words[4]) > 100) give_up("an acknowledgement is too long");
  } else if (!strcmp(name, "header") && plan->headers < MAX_HEADERS)
    plan->header[plan->headers++] = words[1];
  else if (!strcmp(name, "setup") && count > 2 && plan->setups < MAX_STEPS)
    plan->setup[plan->setups++] = read_setup(words + 1, count - 1);
  else if (!strcmp(name, "idlesetup") && count > 2 && plan->idle_setups < MAX_STEPS)
    plan->idle_setup[plan->idle_setups++] = read_setup(words + 1, count - 1);
  else if (!strcmp(name, "template") && count > 5 && plan->templates < MAX_TEMPLATES)
    read_template(&plan->template[plan->templates++], words + 1, count - 1);
  else if (!strcmp(name, "step") && count > 3 && plan->steps < MAX_STEPS)
    read_step(&plan->step[plan->steps++], words + 1, count - 1);
  else
    give_up("a line of the plan makes no sense");
}

/* Reads the plan; what it points to is never freed. */
static void plan_read(struct plan *plan, FILE *from) {
  char *line = NULL;
  size_t room = 0;
  for (;;) {
    ssize_t length = getline(&line, &room, from);
    if (length < 0) give_up("the plan has no end");
    if (line[length - 1] == '\n') line[length - 1] = 0;
    if (!strcmp(line, "end")) break;
    char *words[MAX_WORDS], *rest = strdup(line), *word;
    int count = 0;
    while ((word = strsep(&rest, "\t")) && count < MAX_WORDS) words[count++] = word;
    for (int i = 0; i < count; i++) unescape(words[i]);
    plan_line(plan, words, count);
  }
  free(line);
  for (int i = 0; i < plan->steps; i++)
    for (int k = 0; k < plan->step[i].sends; k++)
      if (plan->step[i].send[k].template >= plan->templates) give_up("a step sends an unknown template");
}

#endif
