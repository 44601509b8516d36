// mqttload PORT CONNECTIONS TOTAL DEVICES WINDOW RATE FORM [USER PASSWORD]
// Publishes TOTAL messages with QoS 1 over CONNECTIONS connections, DEVICES topics in turn, at most WINDOW unacknowledged a
// connection, RATE messages a second (0: as fast as it goes). FORM:
//   json   tele/lamp-000042/telemetry        a flat object of 182 bytes
//   senml  ll/d/gw-000042/up/telemetry       a SenML pack of 50 readings: 10 lamps (gw-000042-0 ..) with 5 metrics each
//   @PATH  as they are in a file: a line with the topic, then DEVICES times the size (4 bytes, big-endian) and the payload
// Prints {"sent","acked","s","rate","cpu"} as JSON when everything is acknowledged.
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>

#include "wire.h"

enum { OUT = 1 << 16, LONGEST = 8192 };

typedef struct {
  unsigned char* bytes;
  int size, id_at, time_at, number_at;
} Message;

typedef struct {
  int socket;
  unsigned char *out, in[65536];
  size_t out_size, out_done, in_size;
  long sent, acked;
  unsigned short id;
} Connection;

static int json_body(char* to, int n) {
  return sprintf(to,
                 "{\"device\":\"lamp-%06d\",\"ts\":1700000000000,\"seq\":100000000,\"power\":%.2f,\"voltage\":%.1f,"
                 "\"current\":0.381,\"energy\":%.3f,\"dim\":%d,\"on\":true,\"temp\":%.1f,\"status\":\"ok\",\"fw\":\"1.4.2\"}",
                 n, 80 + (n % 200) / 10.0, 229 + (n % 30) / 10.0, 12345.678 + n, 10 + n % 90, 35 + (n % 100) / 10.0);
}

static int senml_body(char* to, int n) {
  int at = sprintf(to, "[");
  for (int lamp = 0; lamp < 10; lamp++) {
    at += sprintf(to + at, "%s{\"bn\":\"gw-%06d-%d/\",", lamp ? "," : "", n, lamp);
    if (!lamp) at += sprintf(to + at, "\"bt\":1700000000.000,");
    at += sprintf(to + at,
                  "\"n\":\"power\",\"u\":\"W\",\"v\":%.1f},{\"n\":\"voltage\",\"u\":\"V\",\"v\":%.1f},"
                  "{\"n\":\"current\",\"u\":\"A\",\"v\":0.381},{\"n\":\"energy\",\"u\":\"Wh\",\"v\":%.1f},"
                  "{\"n\":\"level\",\"u\":\"/\",\"v\":0.6}",
                  80 + (n + lamp) % 200 / 10.0, 229 + (n + lamp) % 30 / 10.0, 12345.6 + n + lamp);
  }
  return at + sprintf(to + at, "]");
}

static Message packet(const char* topic, const char* body, int size) {
  Message m = {.bytes = grab(size + strlen(topic) + 16)};
  m.bytes[0] = 0x32;
  int at = put_length(m.bytes, 1, 2 + strlen(topic) + 2 + size);
  m.id_at = put_text(m.bytes, at, topic);
  memcpy(m.bytes + m.id_at + 2, body, size);
  m.size = m.id_at + 2 + size;
  return m;
}

static Message generated(const char* form, int n) {
  char topic[128], body[LONGEST];
  int senml = !strcmp(form, "senml");
  int topic_size = sprintf(topic, senml ? "ll/d/gw-%06d/up/telemetry" : "tele/lamp-%06d/telemetry", n);
  int body_size = senml ? senml_body(body, n) : json_body(body, n);
  Message m = packet(topic, body, body_size);
  int at = m.id_at + 2;
  m.time_at = at + (senml ? strstr(body, "\"bt\":") : strstr(body, "\"ts\":")) - body + 5;
  m.number_at = senml ? 0 : at + (strstr(body, "\"seq\":") - body) + 6;
  return m;
}

static void from_file(const char* path, Message* messages, int count) {
  FILE* file = fopen(path, "rb");
  char topic[128], *body = grab(LONGEST);
  unsigned char size[4];
  if (!file || !fgets(topic, sizeof topic, file)) perror(path), exit(1);
  topic[strcspn(topic, "\n")] = 0;
  for (int n = 0; n < count; n++) {
    int length = fread(size, 1, 4, file) == 4 ? size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3] : -1;
    if (length < 0 || length > LONGEST - 256 || fread(body, 1, length, file) != length) {
      fprintf(stderr, "%s: message %d is cut off or longer than %d bytes\n", path, n, LONGEST - 256);
      exit(1);
    }
    messages[n] = packet(topic, body, length);
  }
  fclose(file);
  free(body);
}

// Put the next message into a connection's buffer, with its packet id; a generated one with its time and number.
static void stamp(Connection* c, Message* m, long number) {
  char text[32];
  long long ms = unix_ms();
  if (m->number_at) {
    memcpy(m->bytes + m->time_at, text, sprintf(text, "%013lld", ms));
    memcpy(m->bytes + m->number_at, text, sprintf(text, "%09ld", 100000000 + number));
  } else if (m->time_at) {
    memcpy(m->bytes + m->time_at, text, sprintf(text, "%010lld.%03lld", ms / 1000, ms % 1000));
  }
  if (++c->id == 0) c->id = 1;
  m->bytes[m->id_at] = c->id >> 8;
  m->bytes[m->id_at + 1] = c->id & 255;
  memcpy(c->out + c->out_size, m->bytes, m->size);
  c->out_size += m->size;
  c->sent++;
}

static void take_acks(Connection* c, long* acked) {
  ssize_t got = read(c->socket, c->in + c->in_size, sizeof c->in - c->in_size);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    fprintf(stderr, "the broker closed a connection after %ld acknowledgements\n", *acked);
    exit(1);
  }
  if (got < 0) return;
  c->in_size += got;
  size_t at = 0;
  while (c->in_size - at >= 2 && c->in_size - at >= 2u + c->in[at + 1]) {
    if ((c->in[at] & 0xf0) == 0x40) c->acked++, (*acked)++;
    at += 2 + c->in[at + 1];
  }
  memmove(c->in, c->in + at, c->in_size - at);
  c->in_size -= at;
}

int main(int count, char** argument) {
  if (count != 8 && count != 10) {
    fprintf(stderr, "usage: mqttload PORT CONNECTIONS TOTAL DEVICES WINDOW RATE FORM [USER PASSWORD]\n");
    return 2;
  }
  int port = atoi(argument[1]), connections = atoi(argument[2]), devices = atoi(argument[4]), window = atoi(argument[5]);
  long total = atol(argument[3]), made = 0, acked = 0;
  double rate = atof(argument[6]);
  const char *user = count > 8 ? argument[8] : NULL, *password = count > 8 ? argument[9] : NULL;
  Message* messages = grab(devices * sizeof *messages);
  const char* form = argument[7];
  if (form[0] == '@') from_file(form + 1, messages, devices);
  else for (int n = 0; n < devices; n++) messages[n] = generated(form, n);
  Connection* all = grab(connections * sizeof *all);
  struct pollfd* polled = grab(connections * sizeof *polled);
  for (int n = 0; n < connections; n++) {
    char client[64];
    sprintf(client, "load-%d-%d", (int)getpid(), n);
    all[n].socket = polled[n].fd = mqtt_connect(port, client, 1, user, password);
    all[n].out = grab(OUT + LONGEST);
    fcntl(all[n].socket, F_SETFL, O_NONBLOCK);
  }
  double begin = monotonic();
  while (acked < total) {
    long due = rate > 0 ? (long)((monotonic() - begin) * rate) + 1 : total;
    if (due > total) due = total;
    int more = 0;
    for (int n = 0; n < connections; n++) {
      Connection* c = &all[n];
      if (c->out_done == c->out_size) {
        c->out_done = c->out_size = 0;
        if (made < due && c->sent - c->acked < window) stamp(c, &messages[made % devices], made), made++;
      }
      if (c->out_size > c->out_done) {
        ssize_t wrote = write(c->socket, c->out + c->out_done, c->out_size - c->out_done);
        if (wrote > 0) c->out_done += wrote;
        else if (errno != EAGAIN) return perror("write"), 1;
      }
      polled[n].events = POLLIN | (c->out_size > c->out_done ? POLLOUT : 0);
      more |= made < due && c->out_size == c->out_done && c->sent - c->acked < window;
    }
    if (poll(polled, connections, more ? 0 : rate > 0 ? 2 : 50) > 0)
      for (int n = 0; n < connections; n++)
        if (polled[n].revents & (POLLIN | POLLHUP | POLLERR)) take_acks(&all[n], &acked);
  }
  double seconds = monotonic() - begin;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"sent\":%ld,\"acked\":%ld,\"s\":%.3f,\"rate\":%.0f,\"cpu\":%.3f}\n", made, acked, seconds, made / seconds,
         used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6);
  return 0;
}
