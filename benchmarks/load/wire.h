// What load generator and counting subscriber share of MQTT 3.1.1 over TCP on 127.0.0.1. Linux, C11.
#ifndef LAMPLIGHTER_WIRE_H
#define LAMPLIGHTER_WIRE_H
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static long long unix_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void* grab(size_t size) {
  void* memory = calloc(1, size);
  if (!memory) {
    perror("memory");
    exit(1);
  }
  return memory;
}

// Append the remaining length of a packet (MQTT 3.1.1 section 2.2.3); returns the position after it.
static int put_length(unsigned char* to, int at, int length) {
  do {
    unsigned char byte = length % 128;
    length /= 128;
    to[at++] = length ? byte | 128 : byte;
  } while (length);
  return at;
}

static int put_text(unsigned char* to, int at, const char* text) {
  int length = strlen(text);
  to[at++] = length >> 8;
  to[at++] = length & 255;
  memcpy(to + at, text, length);
  return at + length;
}

// A signed-in connection; ends the program when the broker refuses.
static int mqtt_connect(int port, const char* client, int clean, const char* user, const char* password) {
  int socket_ = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(socket_, (void*)&address, sizeof address)) {
    perror("connect");
    exit(1);
  }
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  unsigned char packet[1024], answer[4];
  int body = 12 + strlen(client) + (user ? 4 + strlen(user) + strlen(password) : 0);
  packet[0] = 0x10;
  int at = put_length(packet, 1, body);
  at = put_text(packet, at, "MQTT");
  packet[at++] = 4;
  packet[at++] = (clean ? 2 : 0) | (user ? 0xc0 : 0);
  packet[at++] = 0;
  packet[at++] = 240;  // keepalive, seconds
  at = put_text(packet, at, client);
  if (user) at = put_text(packet, put_text(packet, at, user), password);
  if (write(socket_, packet, at) != at || recv(socket_, answer, 4, MSG_WAITALL) != 4 || answer[3]) {
    fprintf(stderr, "the broker refuses client %s\n", client);
    exit(1);
  }
  return socket_;
}
#endif
