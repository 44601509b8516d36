/* A Modbus server on libmodbus for tests: modbus_slave tcp PORT [ADDRESSES] | modbus_slave rtu DEVICE UNIT
 *
 * Prints "ready". Then lines on standard input, each answered with "ok":
 *   coil|discrete|holding|input ADDRESS VALUE   set it (the same for all units)
 *   follow 0|1          discrete input n follows coil n (1 at the start)
 *   dead UNIT, alive UNIT                       does not answer, answers again
 *   closes UNIT         closes the connection when this one is asked
 *   refuses UNIT CODE   answers with an exception; 0 ends that
 *   late UNIT MS        answers so many milliseconds later than it could
 *   short FIRST         holding registers from FIRST on do not exist
 *   asked UNIT          prints how many requests it had instead of ok
 */
#include <arpa/inet.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 65536
static int dead[256], closes[256], refuses[256], late[256];
static long asked[256];
static int follow = 1, first_missing = SIZE;
static modbus_mapping_t *map;

static void obey(char *line) {
    char word[32] = "";
    int a = 0, b = 0;
    sscanf(line, "%31s %i %i", word, &a, &b);
    if (!strcmp(word, "coil")) map->tab_bits[a] = b;
    else if (!strcmp(word, "discrete")) map->tab_input_bits[a] = b;
    else if (!strcmp(word, "holding")) map->tab_registers[a] = b;
    else if (!strcmp(word, "input")) map->tab_input_registers[a] = b;
    else if (!strcmp(word, "follow")) follow = a;
    else if (!strcmp(word, "dead")) dead[a] = 1;
    else if (!strcmp(word, "alive")) dead[a] = closes[a] = 0;
    else if (!strcmp(word, "closes")) closes[a] = 1;
    else if (!strcmp(word, "refuses")) refuses[a] = b;
    else if (!strcmp(word, "late")) late[a] = b;
    else if (!strcmp(word, "short")) first_missing = a;
    else if (!strcmp(word, "asked")) { printf("%ld\n", asked[a]); fflush(stdout); return; }
    printf("ok\n");
    fflush(stdout);
}

/* Serve one request; 0 when the connection is to be closed. */
static int serve(modbus_t *ctx) {
    uint8_t query[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(ctx, query);
    if (length == 0) return 1; /* for another unit of the line */
    if (length < 0) return 0;
    int offset = modbus_get_header_length(ctx), unit = query[offset - 1], function = query[offset];
    int address = query[offset + 1] << 8 | query[offset + 2], count = query[offset + 3] << 8 | query[offset + 4];
    asked[unit]++;
    if (dead[unit]) return 1;
    if (closes[unit]) return 0;
    if (late[unit]) usleep(late[unit] * 1000);
    if (refuses[unit]) return modbus_reply_exception(ctx, query, refuses[unit]) >= 0;
    if (function == 3 && address + count > first_missing)
        return modbus_reply_exception(ctx, query, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS) >= 0;
    int sent = modbus_reply(ctx, query, length, map);
    if (follow) memcpy(map->tab_input_bits, map->tab_bits, 8);
    return sent >= 0;
}

/* Listen on 127.0.0.1 and, for more than one, on 127.0.0.2 and so on. */
static int listener(int number, int port) {
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001 + number)};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 16)) exit(2);
    return server;
}

int main(int argc, char **argv) {
    int tcp = argc > 1 && !strcmp(argv[1], "tcp"), servers = 0, most = 0;
    modbus_t *ctx = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 19200, 'E', 8, 1);
    fd_set listening, clients;
    map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
    if (!ctx || !map) return 1;
    FD_ZERO(&listening);
    FD_ZERO(&clients);
    if (tcp) {
        for (servers = 0; servers < (argc > 3 ? atoi(argv[3]) : 1); servers++) {
            most = listener(servers, atoi(argv[2]));
            FD_SET(most, &listening);
        }
    } else {
        modbus_set_slave(ctx, atoi(argv[3]));
        if (modbus_connect(ctx) < 0) return 2;
        most = modbus_get_socket(ctx);
        FD_SET(most, &clients);
    }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        fd_set wanted = clients;
        FD_SET(0, &wanted);
        for (int fd = 0; fd <= most; fd++)
            if (FD_ISSET(fd, &listening)) FD_SET(fd, &wanted);
        if (select(most + 1, &wanted, NULL, NULL, NULL) < 0) return 3;
        int last = most;
        for (int fd = 1; fd <= last; fd++) {
            if (!FD_ISSET(fd, &wanted)) continue;
            if (FD_ISSET(fd, &listening)) {
                int one = 1, client = accept(fd, NULL, NULL);
                if (client < 0 || client >= FD_SETSIZE) continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                FD_SET(client, &clients);
                if (client > most) most = client;
            } else {
                modbus_set_socket(ctx, fd);
                if (!serve(ctx) && tcp) {
                    close(fd);
                    FD_CLR(fd, &clients);
                }
            }
        }
        if (FD_ISSET(0, &wanted)) {
            char line[128];
            int n = 0;
            while (n < 127) {
                if (read(0, line + n, 1) != 1) return 0;
                if (line[n++] == '\n') break;
            }
            line[n] = 0;
            obey(line);
        }
    }
}
