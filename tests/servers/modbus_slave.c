/* A Modbus server on libmodbus for tests: modbus_slave tcp PORT | modbus_slave rtu DEVICE UNIT
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
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
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

int main(int argc, char **argv) {
    int tcp = argc > 1 && !strcmp(argv[1], "tcp"), server = -1, client = -1;
    modbus_t *ctx = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 19200, 'E', 8, 1);
    map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
    if (!ctx || !map) return 1;
    if (tcp) {
        server = modbus_tcp_listen(ctx, 8);
        if (server < 0) return 2;
    } else {
        modbus_set_slave(ctx, atoi(argv[3]));
        if (modbus_connect(ctx) < 0) return 2;
        client = modbus_get_socket(ctx);
    }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        fd_set wanted;
        FD_ZERO(&wanted);
        FD_SET(0, &wanted);
        if (server >= 0) FD_SET(server, &wanted);
        if (client >= 0) FD_SET(client, &wanted);
        int most = server > client ? server : client;
        if (select(most + 1, &wanted, NULL, NULL, NULL) < 0) return 3;
        if (client >= 0 && FD_ISSET(client, &wanted) && !serve(ctx) && tcp) {
            close(client);
            client = -1;
            continue;
        }
        if (server >= 0 && FD_ISSET(server, &wanted)) {
            if (client >= 0) close(client);
            client = modbus_tcp_accept(ctx, &server);
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
