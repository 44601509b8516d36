// mqttsub PORT FILTER COUNT IDLE
// A bare subscriber (QoS 1, clean session) that acknowledges and counts: what the broker itself lets through is the limit of
// everything behind it. Ends after COUNT messages or IDLE seconds of silence; prints "ready" on stderr once subscribed, then
// {"received","s","rate"} as JSON.
#define _GNU_SOURCE
#include <poll.h>

#include "wire.h"

static unsigned char in[1 << 20], acks[1 << 20];

int main(int count, char** argument) {
  if (count != 5) {
    fprintf(stderr, "usage: mqttsub PORT FILTER COUNT IDLE\n");
    return 2;
  }
  long wanted = atol(argument[3]), received = 0;
  int idle_ms = (int)(atof(argument[4]) * 1000);
  int socket_ = mqtt_connect(atoi(argument[1]), "counting-subscriber", 1, NULL, NULL);
  unsigned char packet[512] = {0x82};
  int at = put_length(packet, 1, 2 + 2 + strlen(argument[2]) + 1);
  packet[at++] = 0;
  packet[at++] = 1;
  at = put_text(packet, at, argument[2]);
  packet[at++] = 1;
  if (write(socket_, packet, at) != at) return perror("write"), 1;
  size_t have = 0;
  double first = 0, last = 0;
  struct pollfd polled = {socket_, POLLIN, 0};
  while (received < wanted && poll(&polled, 1, idle_ms) > 0) {
    ssize_t got = read(socket_, in + have, sizeof in - have);
    if (got <= 0) break;
    have += got;
    size_t done = 0, ack_size = 0;
    while (have - done >= 2) {
      size_t body = done + 1, length = 0;
      int shift = 0, whole = 0;
      while (body < have && !whole) {
        length |= (size_t)(in[body] & 127) << shift;
        shift += 7;
        whole = in[body++] < 128;
      }
      if (!whole || have - body < length) break;
      if (in[done] >> 4 == 9) fprintf(stderr, "ready\n");
      if (in[done] >> 4 == 3) {
        if (!received++) first = monotonic();
        unsigned char* id = in + body + 2 + (in[body] << 8 | in[body + 1]);
        if (in[done] & 6) memcpy(acks + ack_size, (unsigned char[]){0x40, 2, id[0], id[1]}, 4), ack_size += 4;
      }
      done = body + length;
    }
    memmove(in, in + done, have - done);
    have -= done;
    last = monotonic();
    for (size_t sent = 0; sent < ack_size;) {
      ssize_t wrote = write(socket_, acks + sent, ack_size - sent);
      if (wrote <= 0) return perror("write"), 1;
      sent += wrote;
    }
  }
  printf("{\"received\":%ld,\"s\":%.3f,\"rate\":%.0f}\n", received, last - first,
         received > 1 ? received / (last - first) : 0.0);
  return 0;
}
